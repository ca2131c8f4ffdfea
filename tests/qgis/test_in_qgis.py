"""The algorithms in QGIS: from qgis_process, from Python, and what they leave behind.

Needs QGIS with its Python (Debian: ``apt install qgis python3-qgis``).
``python -m pytest -m qgis`` runs these alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Callable, Dict

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.exports import usual_ending
from dl2ecd_core.help.further_tools import EXPORT, INSPECT, VERIFY
from dl2ecd_core.help.qgis_run_tools import CLASSIFY, DETECT
from dl2ecd_core.help.text import CONVERT
from dl2ecd_core.pane.speech import CANCELLED
from dl2ecd_core.version import __version__
from tests.qgis.installed import Qgis, run

pytestmark = pytest.mark.qgis

TOOLS = (CONVERT, INSPECT, VERIFY, EXPORT, CLASSIFY, DETECT)
TO_ECD = "dl2ecd:deeplearningmodeltoecd"

#: An .ecd that may be replaced.
OLDER = '{"EsriClassifierDefinitionFile": 0, "Generator": {"Name": "dl2ecd"}}'


@pytest.fixture
def ecd(demo: Path) -> Path:
    convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
    return demo / "a.ecd"


def inputs(demo: Path, out: str = "b.ecd") -> Dict[str, object]:
    return {
        "in_deep_learning_model": demo / MODEL,
        "in_classification_info_json": demo / CLASS_INFO,
        "out_classifier_definition": demo / out,
    }


class TestToolbox:
    def test_every_tool_is_listed_by_its_id(self, qgis: Qgis) -> None:
        listed = qgis.call("list").stdout
        for tool in TOOLS:
            assert f"\tdl2ecd:{tool.name.lower()}\t{tool.label}\n" in listed
        assert listed.count("\tdl2ecd:") == len(TOOLS)

    def test_names_labels_and_help_are_the_one_sources(self, qgis: Qgis) -> None:
        told = qgis.script(
            """
provider = QgsApplication.processingRegistry().providerById("dl2ecd")
assert not provider.icon().isNull() and os.path.isfile(provider.svgIconPath())
tell({
    algorithm.name(): {
        "label": algorithm.displayName(),
        "group": [algorithm.group(), algorithm.groupId()],
        "short": algorithm.shortDescription(),
        "help": algorithm.shortHelpString(),
        "tags": algorithm.tags(),
        "icon": not algorithm.icon().isNull(),
        "background": not algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagNoThreading,
        "batch": bool(algorithm.flags() & QgsProcessingAlgorithm.Flag.FlagSupportsBatch),
        "parameters": [
            [item.name(), item.description(), item.help(), item.isDestination()]
            for item in algorithm.parameterDefinitions()
        ],
    }
    for algorithm in provider.algorithms()
})
"""
        )
        assert set(told) == {tool.name.lower() for tool in TOOLS}
        for tool in TOOLS:
            algorithm = told[tool.name.lower()]
            assert algorithm["label"] == tool.label
            assert algorithm["group"] in (
                ["Classifier definitions", "classifierdefinitions"],
                ["Image analysis", "imageanalysis"],
            )
            assert str(tool.summary[0]).startswith(algorithm["short"])
            assert tool.summary[0] in algorithm["help"]
            assert algorithm["parameters"] == [
                [
                    item.name,
                    item.label,
                    " ".join(map(str, item.in_dialog)),
                    item.direction == "Output",
                ]
                for item in tool.parameters
            ]
            assert algorithm["icon"]
            assert algorithm["background"]
            assert algorithm["batch"]
            assert {"deep learning", "ecd"} <= set(algorithm["tags"])

    def test_the_provider_says_who_it_is(self, qgis: Qgis) -> None:
        told = qgis.script(
            """
provider = QgsApplication.processingRegistry().providerById("dl2ecd")
tell([provider.name(), provider.longName(), provider.versionInfo(),
      provider.supportedOutputRasterLayerExtensions()])
"""
        )
        version = __version__
        assert told == [
            "Deep Learning Tools",
            f"Deep Learning Tools (dl2ecd {version})",
            version,
            ["tif", "tiff"],
        ]

    def test_the_plugin_can_be_switched_off_and_on(self, qgis: Qgis) -> None:
        told = qgis.script(
            """
registry = QgsApplication.processingRegistry()
plugin.unload()
plugin.unload()
without = registry.providerById("dl2ecd") is None
plugin.initProcessing()
tell([without, registry.providerById("dl2ecd") is not None])
"""
        )
        assert told == [True, True]


class TestConversion:
    def test_from_qgis_process(self, qgis: Qgis, demo: Path, ecd: Path) -> None:
        done = qgis.process(TO_ECD, **inputs(demo))
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["results"] == {
            "out_classifier_definition": str(demo / "b.ecd")
        }
        assert (demo / "b.ecd").read_bytes() == ecd.read_bytes()

    def test_qgis_process_fails_in_the_words_of_the_other_doors(
        self, qgis: Qgis, demo: Path, change: Callable[..., None]
    ) -> None:
        change(Classes=[{"Value": 1, "Name": "One", "Color": [1, 2, 3]}])
        before = sorted(os.listdir(demo))
        done = qgis.process(TO_ECD, **inputs(demo))
        assert done.returncode == 1
        assert "[class-count-mismatch]" in done.stderr
        assert sorted(os.listdir(demo)) == before

    def test_from_python(self, qgis: Qgis, demo: Path, ecd: Path) -> None:
        results, failed, said, positions = run(qgis, TO_ECD, inputs(demo))
        assert failed is None
        assert results == {"out_classifier_definition": str(demo / "b.ecd")}
        assert ["info", f"Written: {demo / 'b.ecd'}"] in said
        assert positions[-1] == 100
        assert (demo / "b.ecd").read_bytes() == ecd.read_bytes()

    def test_into_a_temporary_file(self, qgis: Qgis, demo: Path) -> None:
        parameters = {**inputs(demo), "out_classifier_definition": "TEMPORARY_OUTPUT"}
        results, failed, _, _ = run(qgis, TO_ECD, parameters)
        assert failed is None
        written = Path(results["out_classifier_definition"])
        assert written.suffix == ".ecd"
        assert json.loads(written.read_text())["EsriClassifierDefinitionFile"] == 0
        written.unlink()

    def test_a_wrong_model(self, qgis: Qgis, demo: Path) -> None:
        (demo / MODEL).write_bytes(b"GIF89a")
        before = sorted(os.listdir(demo))
        _, failed, _, _ = run(qgis, TO_ECD, inputs(demo))
        assert "[model-not-" in failed
        assert sorted(os.listdir(demo)) == before

    def test_a_missing_parameter(self, qgis: Qgis, demo: Path) -> None:
        parameters = inputs(demo)
        del parameters["in_deep_learning_model"]
        _, failed, _, _ = run(qgis, TO_ECD, parameters)
        assert "in_deep_learning_model" in failed

    @pytest.mark.parametrize("percent", [0, 1])
    def test_a_cancelled_run_leaves_nothing(self, qgis: Qgis, demo: Path, percent: int) -> None:
        (demo / "b.ecd").write_text(OLDER)
        before = sorted(os.listdir(demo))
        results, failed, _, _ = run(qgis, TO_ECD, inputs(demo), percent)
        assert results is None
        assert failed == CANCELLED
        assert (demo / "b.ecd").read_text() == OLDER
        assert sorted(os.listdir(demo)) == before

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
    def test_an_output_that_can_not_be_written(self, qgis: Qgis, demo: Path) -> None:
        parameters = {**inputs(demo), "out_classifier_definition": "/dev/full"}
        _, failed, _, _ = run(qgis, TO_ECD, parameters)
        assert "[output-not-writable]" in failed


class TestOthers:
    def test_inspect(self, qgis: Qgis, demo: Path) -> None:
        parameters = {
            "in_deep_learning_model": demo / MODEL,
            "out_report": demo / "a.json",
        }
        results, failed, said, _ = run(qgis, "dl2ecd:inspectmodel", parameters)
        assert failed is None
        assert results == {
            "BANDS": 4,
            "CLASSES": 3,
            "FORMAT": "cntk-v2",
            "FRAMEWORK": "CNTK",
            "out_report": str(demo / "a.json"),
        }
        assert said[0][1].startswith("Model: CNTK (cntk-v2), input 'image' of 4 x 64 x 64")
        assert json.loads((demo / "a.json").read_text())["format"] == "cntk-v2"

    def test_inspect_without_a_report(self, qgis: Qgis, demo: Path) -> None:
        before = sorted(os.listdir(demo))
        parameters: Dict[str, object] = {"in_deep_learning_model": demo / MODEL}
        results, failed, _, _ = run(qgis, "dl2ecd:inspectmodel", parameters)
        assert failed is None
        assert "out_report" not in results
        assert sorted(os.listdir(demo)) == before

    def test_verify(self, qgis: Qgis, ecd: Path) -> None:
        parameters: Dict[str, object] = {"in_classifier_definition": ecd}
        results, failed, said, _ = run(qgis, "dl2ecd:verifyecd", parameters)
        assert (results, failed) == ({}, None)
        assert ["info", f"{ecd} is whole, and the model is what it says."] in said
        ecd.write_text(ecd.read_text().replace('"SHA256": "', '"SHA256": "0'))
        _, failed, _, _ = run(qgis, "dl2ecd:verifyecd", parameters)
        assert failed.startswith("[ecd-")

    def test_export(self, qgis: Qgis, ecd: Path) -> None:
        out = ecd.parent / "a.clr"
        parameters = {"in_classifier_definition": ecd, "format": "clr", "out_file": out}
        results, failed, _, _ = run(qgis, "dl2ecd:exportecd", parameters)
        assert (results, failed) == ({"out_file": str(out)}, None)
        assert len(out.read_text().splitlines()) == 3

    @pytest.mark.parametrize("name", ["qml", "clr", "aux-xml", "html"])
    def test_export_into_a_temporary_file(self, qgis: Qgis, ecd: Path, name: str) -> None:
        parameters = {
            "in_classifier_definition": ecd,
            "format": name,
            "out_file": "TEMPORARY_OUTPUT",
        }
        results, failed, _, _ = run(qgis, "dl2ecd:exportecd", parameters)
        assert failed is None
        assert results["out_file"].endswith(usual_ending(name))
        assert Path(results["out_file"]).stat().st_size > 0

    def test_export_wants_a_layer_or_a_file(self, qgis: Qgis, ecd: Path) -> None:
        _, failed, _, _ = run(qgis, "dl2ecd:exportecd", {"in_classifier_definition": ecd})
        assert "Give a layer to style, an output file, or both." in failed

    def test_a_layer_gets_names_and_colors(self, qgis: Qgis, ecd: Path) -> None:
        raster = ecd.parent / "map.asc"
        raster.write_text(
            "ncols 3\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\nNODATA_value -9999\n0 1 2\n"
        )
        told = qgis.script(
            """
ecd, raster = arguments
layer = QgsRasterLayer(raster, "map")
QgsProject.instance().addMapLayer(layer)
layer.setCustomProperty("mine", "kept")
results = processing.run(
    "dl2ecd:exportecd", {"in_classifier_definition": ecd, "layer": layer}
)
tell([
    results,
    [[item.value, item.label, list(item.color.getRgb())] for item in layer.renderer().classes()],
    layer.customProperty("mine"),
])
QgsProject.instance().clear()
""",
            ecd,
            raster,
        )
        listed = json.loads((ecd.parent / CLASS_INFO).read_text())["Classes"]
        assert told == [
            {},
            [[item["Value"], item["Name"], [*item["Color"], 255]] for item in listed],
            "kept",
        ]

    def test_a_style_that_qgis_does_not_take_is_said(self, qgis: Qgis, tmp_path: Path) -> None:
        raster = tmp_path / "map.asc"
        raster.write_text("ncols 1\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 1\n1\n")
        told = qgis.script(
            """
from pathlib import Path
from dl2ecd.dl2ecd_core.qgis.desktop.styling import style_layer
try:
    style_layer(QgsRasterLayer(arguments[0], "map"), Path("none.qml"))
except QgsProcessingException as error:
    tell(str(error))
""",
            raster,
        )
        assert told.startswith("The layer could not be styled: ")
