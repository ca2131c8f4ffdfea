"""The tools that run a definition: what a person sees while filling them in, and what is said."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from threading import Event
from typing import Any, List, Tuple

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.headless._dialog import Dialog
from dl2ecd_core.headless._loading import LoadedToolbox, standing_in
from dl2ecd_core.headless._log import Log, Messages
from dl2ecd_core.headless._running import parameters_of
from dl2ecd_core.pane import CLASSIFY, DETECT, execution, model_runs
from dl2ecd_core.pane.model_runs import in_pane, missing, run_model, update_run_parameters
from dl2ecd_core.pane.preview import Examiner
from tests.conftest import FIXTURES

from ..toolboxes import REAL, needs_no_arcgis, needs_what_pro_brings

pytestmark = needs_no_arcgis

CLASSIFYING, DETECTING = "ClassifyRasterUsingEcd", "DetectObjectsUsingEcd"
OUTPUTS = {CLASSIFYING: "out_classified_raster", DETECTING: "out_objects"}
ERROR, WARNING = 2, 1
NEEDED = ("numpy", "onnxruntime", "rasterio", "shapely", "pyogrio")
needs_extras = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, NEEDED)), reason="needs the extras run and detect"
)


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    from dl2ecd_core.conversion import convert
    from tests.running.scenes import pixels, write_scene

    unpack(tmp_path)
    classes = json.loads((tmp_path / CLASS_INFO).read_text(encoding="utf-8"))
    del classes["InputScaling"]
    (tmp_path / CLASS_INFO).write_text(json.dumps(classes), encoding="utf-8")
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    write_scene(tmp_path / "scene.tif", pixels(40, 50))
    return tmp_path


@pytest.fixture(params=[CLASSIFYING, DETECTING])
def dialog(request: Any, monkeypatch: pytest.MonkeyPatch) -> Dialog:
    monkeypatch.setattr(model_runs, "examiner", Examiner(patience=10))
    return Dialog(REAL, request.param)


def output_of(dialog: Dialog) -> str:
    return dialog.parameters[2].name


@needs_extras
class TestDialog:
    def test_good_files_have_no_errors(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_raster=demo / "scene.tif", in_model_definition=demo / "a.ecd")
        dialog.fill_in(bands="4,1,2,3", scaling="min-max 0 255; none")
        assert [text for severity, text in dialog.messages().values() if severity == ERROR] == []

    def test_a_name_beside_the_raster_is_proposed(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_raster=demo / "scene.tif")
        name = {"out_objects": "scene_objects.gpkg"}.get(output_of(dialog), "scene_classified.tif")
        assert dialog.parameters[2].valueAsText == str(demo / name)
        shutil.copy(demo / "scene.tif", demo / "other.tif")
        dialog.fill_in(in_raster=demo / "other.tif")
        name = name.replace("scene_", "other_")
        assert dialog.parameters[2].valueAsText == str(demo / name)
        dialog.fill_in(**{output_of(dialog): demo / f"mine{Path(name).suffix}"})
        dialog.fill_in(in_raster=demo / "scene.tif")
        assert dialog.parameters[2].valueAsText == str(demo / f"mine{Path(name).suffix}")

    def test_what_is_no_raster(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_raster=demo / CLASS_INFO)
        severity, text = dialog.messages()["in_raster"]
        assert severity == ERROR
        assert "[raster-not-readable]" in text

    @pytest.mark.parametrize("name", ["damaged.ecd", "damaged.emd"])
    def test_what_is_no_definition(self, name: str, dialog: Dialog, demo: Path) -> None:
        (demo / name).write_text('{"EsriClassifierDefinitionFile"' if "ecd" in name else "{")
        dialog.fill_in(in_model_definition=demo / name)
        severity, text = dialog.messages()["in_model_definition"]
        assert severity == ERROR
        assert "[json-truncated]" in text

    def test_an_emd_is_read_too(self, dialog: Dialog, demo: Path) -> None:
        from dl2ecd_core.ecd.reader import read_ecd
        from dl2ecd_core.exports import export

        export(read_ecd(demo / "a.ecd"), "emd", demo / "b.emd")
        dialog.fill_in(in_raster=demo / "scene.tif", in_model_definition=demo / "b.emd")
        dialog.fill_in(bands="1,2")
        assert "names 2 bands, the model takes 4" in dialog.messages()["bands"][1]

    def test_wrong_bands_and_scaling(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(in_raster=demo / "scene.tif", in_model_definition=demo / "a.ecd")
        dialog.fill_in(bands="1,2,3,9", scaling="min-max 0 255; stretch")
        messages = dialog.messages()
        assert messages["bands"][0] == messages["scaling"][0] == ERROR
        assert "[bands-missing]" in messages["bands"][1]
        assert "by name: Bands" in messages["bands"][1]
        assert messages["scaling"][1].startswith("'stretch' can't be used: a step is")

    def test_a_raster_of_too_few_bands(self, dialog: Dialog, demo: Path) -> None:
        from tests.running.scenes import pixels, write_scene

        write_scene(demo / "rgb.tif", pixels(40, 50, bands=3))
        dialog.fill_in(in_raster=demo / "rgb.tif", in_model_definition=demo / "a.ecd")
        assert "[bands-missing]" in dialog.messages()["bands"][1]

    def test_another_ending(self, dialog: Dialog, demo: Path) -> None:
        dialog.fill_in(**{output_of(dialog): demo / "result.shp"})
        severity, text = dialog.messages()[output_of(dialog)]
        assert severity == ERROR
        assert "must end in" in text

    def test_what_is_not_known_yet_is_said(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = Event()

        def slow(*_: Any, **__: Any) -> None:
            read.wait()
            raise RuntimeError

        monkeypatch.setattr("dl2ecd_core.running.rasters.scene.opened_scene", slow)
        monkeypatch.setattr(model_runs, "examiner", Examiner(patience=0))
        dialog = Dialog(REAL, CLASSIFYING)
        try:
            dialog.fill_in(in_raster=demo / "scene.tif")
            assert dialog.messages()["in_raster"][1].startswith("Not checked yet")
        finally:
            read.set()

    @pytest.mark.parametrize("reader", ["_read_raster", "_read_definition"])
    def test_a_surprise_is_a_sentence(
        self, reader: str, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise KeyError("x")

        name, module = {
            "_read_raster": ("opened_scene", "dl2ecd_core.running.rasters.scene"),
            "_read_definition": ("described", "dl2ecd_core.running.opening"),
        }[reader]
        monkeypatch.setattr(f"{module}.{name}", fail)
        monkeypatch.setattr(model_runs, "examiner", Examiner(patience=10))
        dialog = Dialog(REAL, CLASSIFYING)
        dialog.fill_in(in_raster=demo / "scene.tif", in_model_definition=demo / "a.ecd")
        texts = [text for _, text in dialog.messages().values()]
        assert sum("failed unexpectedly (KeyError" in text for text in texts) == 1

    def test_validation_never_raises(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise RuntimeError("x")

        monkeypatch.setattr(model_runs, "_shown", fail)
        monkeypatch.setattr(model_runs, "proposed_beside", fail)
        dialog = Dialog(REAL, CLASSIFYING)
        dialog.fill_in(in_raster=demo / "scene.tif")
        severity, text = dialog.messages()["in_raster"]
        assert severity == WARNING
        assert text.startswith("Classifying failed unexpectedly (RuntimeError")


@needs_what_pro_brings
@pytest.mark.parametrize("tool", [CLASSIFYING, DETECTING])
class TestWithoutTheExtra:
    def test_the_dialog_and_a_script_say_what_is_missing(
        self, tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = importlib.util.find_spec

        def without(name: str, package: Any = None) -> Any:
            if name == "onnxruntime":
                return None
            if name == "rasterio":
                raise ValueError("rasterio.__spec__ is not set")
            return real(name, package)

        monkeypatch.setattr(importlib.util, "find_spec", without)
        dialog = Dialog(REAL, tool)
        severity, text = dialog.messages()["in_raster"]
        assert severity == ERROR
        assert "needs onnxruntime, rasterio, which ArcGIS Pro does not bring" in text
        assert "pip install onnxruntime rasterio" in text
        log = Log()
        assert not run_model(
            CLASSIFY if tool == CLASSIFYING else DETECT, arcpy, dialog.parameters, Messages(log)
        )
        assert log.text(ERROR) == text


def test_one_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model_runs, "_is_there", lambda name: name != "shapely")
    assert missing(CLASSIFY) is None
    assert "needs shapely, which ArcGIS Pro does not bring: it is missing" in str(missing(DETECT))


def run(tool: str, *values: Any) -> Tuple[bool, Log]:
    """A run whose parameters are taken as they are."""
    with standing_in():
        parameters = parameters_of(LoadedToolbox(REAL).tool(tool))
    for parameter, value in zip(parameters, values):
        parameter._assign(str(value) if isinstance(value, Path) else value)
    log = Log()
    kind = CLASSIFY if tool == CLASSIFYING else DETECT
    return run_model(kind, arcpy, parameters, Messages(log)), log


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


BYTES = "min-max 0 255"


@needs_extras
class TestRuns:
    def test_a_map_is_written_and_told(self, demo: Path) -> None:
        done, log = run(
            CLASSIFYING, demo / "scene.tif", demo / "a.ecd", demo / "map.tif", "", BYTES, 9, 0.5
        )
        assert done
        texts = [text for _, text in log.entries]
        assert texts[-1] == f"Written: {demo / 'map.tif'}"
        (how,) = (text for text in texts if text.startswith("Run by ONNX Runtime"))
        assert "; bands 1, 2, 3 and 4 of 4; pixel values scaled: min-max 0 255 (Scaling)." in how
        assert sum(text.endswith(" pixels") for text in texts) == 3
        assert (demo / "map.tif.aux.xml").exists()

    def test_objects_are_written_and_told(self, tmp_path: Path) -> None:
        pytest.importorskip("onnx")
        from dl2ecd_core.conversion import convert
        from tests.running.objects.test_detect import Place, model_of

        place = Place(tmp_path)
        convert(model_of("yolov8", tmp_path)[0], place.classes, tmp_path / "a.ecd")
        out = tmp_path / "objects.gpkg"
        done, log = run(DETECTING, place.scene, tmp_path / "a.ecd", out, "1,2,3", BYTES, 0.3, 16)
        assert done
        texts = [text for _, text in log.entries]
        assert texts[-3:] == ["10 Tree: 3 objects", "20 Car: 3 objects", f"Written: {out}"]
        done, log = run(DETECTING, place.scene, tmp_path / "a.ecd", tmp_path / "b.gpkg", "", BYTES)
        assert done

    def test_what_nobody_says_is_asked_for_by_its_label(self, demo: Path) -> None:
        before = names(demo)
        done, log = run(CLASSIFYING, demo / "scene.tif", demo / "a.ecd", demo / "map.tif")
        assert not done
        assert "[scaling-unknown]" in log.text(ERROR)
        assert "give Scaling" in log.text(ERROR)
        assert "--" not in log.text(ERROR)
        assert names(demo) == before

    def test_an_output_that_is_there_stays_unless_told(self, demo: Path) -> None:
        (demo / "map.tif").write_text("older")
        paths = demo / "scene.tif", demo / "a.ecd", demo / "map.tif"
        done, log = run(CLASSIFYING, *paths, "", BYTES)
        assert not done
        assert log.text(ERROR).startswith("ERROR 000725: Output Classified Raster: Dataset ")
        assert (demo / "map.tif").read_text() == "older"
        arcpy.env.overwriteOutput = True
        assert run(CLASSIFYING, *paths, "", BYTES)[0]
        assert (demo / "map.tif").read_bytes()[:2] == b"II"

    def test_cancel_leaves_nothing_behind(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from tests.running.scenes import pixels, write_scene

        write_scene(demo / "scene.tif", pixels(900, 300))
        before = names(demo)
        during: List[List[str]] = []

        def cancel(position: int) -> None:
            during.append(names(demo))
            arcpy.env._cancelled(True)

        monkeypatch.setattr(execution, "_ASK_EVERY", 0)
        monkeypatch.setattr(arcpy, "SetProgressorPosition", cancel)
        paths = demo / "scene.tif", demo / "a.ecd", demo / "map.tif"
        done, log = run(CLASSIFYING, *paths, "", BYTES)
        assert not done
        assert during
        assert log.text(ERROR).startswith("Cancelled. Nothing was written")
        assert names(demo) == before

    def test_a_model_that_is_a_program(self, tmp_path: Path) -> None:
        from dl2ecd_core.conversion import convert
        from tests.running.scenes import pixels, write_classes, write_scene

        shutil.copy(FIXTURES / "pytorch" / "unet_scripted.pt", tmp_path)
        info = write_classes(tmp_path / "c.json", (1, 2), Classifier="PyTorch")
        convert(tmp_path / "unet_scripted.pt", info, tmp_path / "a.ecd")
        write_scene(tmp_path / "scene.tif", pixels(40, 50))
        done, log = run(CLASSIFYING, tmp_path / "scene.tif", tmp_path / "a.ecd", tmp_path / "m.tif")
        assert not done
        assert "Such models run in a terminal alone" in log.text(ERROR)

    def test_a_surprise_is_a_sentence(self, demo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise ImportError("DLL load failed", name="rasterio")

        monkeypatch.setattr("dl2ecd_core.running.classify.classify", fail)
        done, log = run(CLASSIFYING, demo / "scene.tif", demo / "a.ecd", demo / "map.tif")
        assert not done
        assert "needs a part that could not be loaded (DLL load failed)" in log.text(ERROR)
        assert "pip install 'dl2ecd[run]'" in log.text(ERROR)

    def test_a_scripted_call_that_fails_raises(self, demo: Path) -> None:
        arcpy.ImportToolbox(REAL)
        for tool in (CLASSIFYING, DETECTING):
            function = getattr(arcpy.deeplearningtools, tool)
            out = demo / ("m.tif" if tool == CLASSIFYING else "m.gpkg")
            with pytest.raises(arcpy.ExecuteError):
                function(str(demo / "scene.tif"), str(demo / "a.ecd"), str(out))
            assert not out.exists()


class TestWithoutThePackage:
    @pytest.mark.parametrize("tool", [CLASSIFYING, DETECTING])
    def test_the_tools_say_so(self, tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
        import sys

        with standing_in():
            made: Any = LoadedToolbox(REAL).tool(tool)()
            parameters = parameters_of(LoadedToolbox(REAL).tool(tool))
        monkeypatch.setitem(sys.modules, "jsonschema", None)
        dialog = Dialog(REAL, tool)
        assert "package jsonschema is missing" in dialog.messages()["in_raster"][1]
        made.updateParameters(parameters)
        assert made.isLicensed()
        log = Log()
        with standing_in():
            fresh: Any = LoadedToolbox(REAL).tool(tool)()
            with pytest.raises(arcpy.ExecuteError):
                fresh.execute(parameters, Messages(log))
        assert "package jsonschema is missing" in log.text(ERROR)


def test_labels_stand_for_options() -> None:
    text = in_pane(finding("bands-count", "--bands names 2.", hint="Give --overlap or --scale."))
    assert text == "[bands-count] Bands names 2. Give Overlap or Scaling."
    update_run_parameters(CLASSIFY, [])
