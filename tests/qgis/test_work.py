"""What the algorithms do and say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, List

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.legends import read_legend
from dl2ecd_core.models import ClassNames
from dl2ecd_core.pane.speech import CANCELLED, sentence
from dl2ecd_core.qgis import work
from dl2ecd_core.qgis.reporting import Failure
from dl2ecd_core.qgis.work import (
    convert_model,
    export_ecd,
    inspect,
    model_lines,
    style_file,
    verify,
)
from tests.documents import description
from tests.qgis.feedback import Recorded

#: An .ecd that may be replaced.
OLDER = '{"EsriClassifierDefinitionFile": 0, "Generator": {"Name": "dl2ecd"}}'


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def ecd(demo: Path) -> Path:
    convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
    return demo / "a.ecd"


def converted(demo: Path, feedback: Recorded, out: str = "b.ecd") -> Path:
    convert_model(str(demo / MODEL), str(demo / CLASS_INFO), str(demo / out), feedback)
    return demo / out


class TestConversion:
    def test_the_bytes_of_the_other_doors(self, demo: Path, ecd: Path) -> None:
        feedback = Recorded()
        assert converted(demo, feedback).read_bytes() == ecd.read_bytes()
        assert feedback.texts("info")[-2:] == [
            "Model: CNTK (cntk-v2), input 'image' of 4 x 64 x 64, "
            "output 'landcover' of 3 x 60 x 60.",
            f"Written: {demo / 'b.ecd'}",
        ]

    def test_shows_progress_to_the_end(self, demo: Path) -> None:
        feedback = Recorded()
        converted(demo, feedback)
        assert feedback.positions == sorted(set(feedback.positions))
        assert feedback.positions[-1] == 100
        assert feedback.texts("doing") == [f"Embedding {MODEL}"]

    def test_says_warnings_once_and_errors_as_the_failure(
        self, demo: Path, change: Callable[..., None]
    ) -> None:
        change(NumberRasterBands=3, Whose="mine", BatchSize=1)
        feedback = Recorded()
        with pytest.raises(Failure) as failure:
            converted(demo, feedback)
        with pytest.raises(ConversionRefused) as refusal:
            convert(demo / MODEL, demo / CLASS_INFO, demo / "c.ecd")
        by_severity: Any = {"error": [], "warning": [], "information": []}
        for item in refusal.value.findings:
            by_severity[item.severity.value].append(sentence(item))
        assert str(failure.value).split("\n") == by_severity["error"]
        assert feedback.texts("warning") == by_severity["warning"]
        assert feedback.texts("info") == by_severity["information"]
        assert names(demo) == sorted([MODEL, CLASS_INFO])

    def test_cancelled(self, demo: Path) -> None:
        (demo / "b.ecd").write_text(OLDER)
        for percent in (0, 1):
            with pytest.raises(Failure) as failure:
                converted(demo, Recorded(cancel_at=percent))
            assert str(failure.value) == CANCELLED
        assert (demo / "b.ecd").read_text() == OLDER
        assert names(demo) == sorted(["b.ecd", MODEL, CLASS_INFO])

    def test_a_folder_that_is_not_there(self, demo: Path) -> None:
        with pytest.raises(Failure, match=r"^\[output-folder-missing\]"):
            converted(demo, Recorded(), "no/b.ecd")

    @pytest.mark.parametrize(
        ("error", "words"),
        [
            (ZeroDivisionError("by 0"), "The conversion failed unexpectedly (ZeroDivisionError"),
            (
                ImportError("no jsonschema"),
                "(no jsonschema). Install the plugin again from its zip",
            ),
        ],
    )
    def test_surprises_are_sentences(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, words: str
    ) -> None:
        def surprising(*files: object, **options: object) -> None:
            raise error

        monkeypatch.setattr(work, "convert", surprising)
        with pytest.raises(Failure) as failure:
            converted(demo, Recorded())
        assert words in str(failure.value)


class TestInspection:
    def test_says_what_the_model_says(self, demo: Path) -> None:
        feedback = Recorded()
        known = inspect(str(demo / MODEL), "", feedback)
        assert known == {"FORMAT": "cntk-v2", "FRAMEWORK": "CNTK", "BANDS": 4, "CLASSES": 3}
        assert feedback.texts("info")[0].startswith("Model: CNTK (cntk-v2), input 'image'")
        assert any(line.startswith("Parameters: ") for line in feedback.texts("info"))

    def test_what_is_unknown_is_left_out(self, fixtures: Path) -> None:
        files = sorted((fixtures / "pytorch").glob("*state*"))
        known = inspect(str(files[0]), "", Recorded())
        assert None not in known.values()

    def test_report(self, demo: Path) -> None:
        feedback = Recorded()
        inspect(str(demo / MODEL), str(demo / "a.json"), feedback)
        document = json.loads((demo / "a.json").read_text())
        assert document["framework"] == "CNTK"
        assert feedback.texts("info")[-1] == f"Written: {demo / 'a.json'}"

    def test_report_never_replaces_the_model(self, demo: Path) -> None:
        before = (demo / MODEL).read_bytes()
        with pytest.raises(Failure, match=r"\[output-is-input\]"):
            inspect(str(demo / MODEL), str(demo / MODEL), Recorded())
        assert (demo / MODEL).read_bytes() == before

    def test_no_model(self, demo: Path) -> None:
        with pytest.raises(Failure, match=r"^\[model-not-a-model\]"):
            inspect(str(demo / CLASS_INFO), "", Recorded())

    def test_errors_in_a_readable_model_fail_after_all_is_said(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from dl2ecd_core.findings.rules import finding

        bad = description(findings=(finding("pickle-runs-code", "It runs os.system."),))
        monkeypatch.setattr(work, "inspect_model", lambda path: bad)
        feedback = Recorded()
        with pytest.raises(Failure, match=r"^\[pickle-runs-code\] It runs os.system\.$"):
            inspect("a.model", "", feedback)
        assert feedback.texts("info")[0].startswith("Model: CNTK")

    def test_lines_of_all_that_is_known(self) -> None:
        model = description(
            producer="CNTK 2.7",
            parameters=12_345,
            padding=2,
            class_names=(ClassNames(("Water", "Land"), "the metadata"),),
            missing_files=("weights.bin",),
        )
        assert model_lines(model)[1:] == [
            "Made by: CNTK 2.7",
            "Parameters: 12,345",
            "Cropped border: 2 pixels",
            "Class names in the the metadata: Water, Land",
            "Missing file: weights.bin",
        ]


class TestVerification:
    def test_whole(self, ecd: Path) -> None:
        feedback = Recorded()
        verify(str(ecd), feedback)
        assert feedback.texts("info")[-1] == f"{ecd} is whole, and the model is what it says."
        assert feedback.positions[-1] == 100

    def test_damaged(self, ecd: Path) -> None:
        ecd.write_text(ecd.read_text().replace('"SHA256": "', '"SHA256": "0'))
        with pytest.raises(Failure, match=r"^\[ecd-"):
            verify(str(ecd), Recorded())

    def test_cancelled(self, ecd: Path) -> None:
        with pytest.raises(Failure) as failure:
            verify(str(ecd), Recorded(cancel_at=0))
        assert str(failure.value) == CANCELLED

    def test_a_classic_definition_has_no_model(self, tmp_path: Path) -> None:
        path = tmp_path / "a.ecd"
        path.write_text(json.dumps({"EsriClassifierDefinitionFile": 0, "Definitions": [{}]}))
        feedback = Recorded()
        verify(str(path), feedback)
        assert [text.split("]")[0] for text in feedback.texts("info")] == ["[ecd-classic"]


class TestExport:
    def test_into_a_file(self, ecd: Path) -> None:
        feedback = Recorded()
        out = ecd.parent / "a.clr"
        content, written = export_ecd(str(ecd), "clr", str(out), feedback)
        assert written == str(out)
        assert [item.name for item in content.classes] == [
            item["Name"] for item in json.loads((ecd.parent / CLASS_INFO).read_text())["Classes"]
        ]
        assert feedback.texts("info")[-1] == f"Written: {out}"
        assert len(out.read_text().splitlines()) == 3

    def test_beside_a_raster_the_name_is_the_side_files(self, ecd: Path) -> None:
        feedback = Recorded()
        raster = ecd.parent / "map.tif"
        raster.touch()
        _, written = export_ecd(str(ecd), "aux-xml", str(raster), feedback)
        assert written == f"{raster}.aux.xml"
        assert feedback.texts("info")[-1] == f"Written: {written}"

    def test_not_onto_itself(self, ecd: Path) -> None:
        with pytest.raises(Failure, match=r"\[output-is-input\]"):
            export_ecd(str(ecd), "clr", str(ecd), Recorded())

    def test_no_definition(self, demo: Path) -> None:
        with pytest.raises(Failure, match=r"^\[document-not-json"):
            export_ecd(str(demo / MODEL), "clr", None, Recorded())

    def test_a_style_for_a_layer(self, ecd: Path, tmp_path: Path) -> None:
        content, written = export_ecd(str(ecd), "qml", None, Recorded())
        assert written is None
        style = style_file(content, tmp_path)
        legend = read_legend(style)
        assert [(item.value, item.name, item.color) for item in legend.classes] == [
            (item.value, item.name, item.color) for item in content.classes
        ]


def test_a_report_replaces_a_report_and_nothing_else(demo: Path) -> None:
    report = demo / "a.json"
    for _ in range(2):
        inspect(str(demo / MODEL), str(report), Recorded())
    for content in ("my notes", "{}", "[]"):
        report.write_text(content)
        with pytest.raises(Failure, match=r"\[output-is-another-file\]"):
            inspect(str(demo / MODEL), str(report), Recorded())
        assert report.read_text() == content
    with pytest.raises(Failure, match=r"\[output-ending\]"):
        inspect(str(demo / MODEL), str(demo / "a.tif"), Recorded())
