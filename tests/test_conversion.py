"""The main job, end to end, on small real models."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from pathlib import Path
from typing import Any, Dict, List

import jsonschema
import pytest

import dl2ecd_core
from dl2ecd_core import DeepLearningModelToEcd, check_model, convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings import Finding, Severity
from dl2ecd_core.findings.errors import Cancelled, ConversionRefused
from dl2ecd_core.progress import Listener
from dl2ecd_core.schemas import load as load_schema
from tests.conftest import NO_POSIX


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    """A folder with a real CNTK model and class information that fits it."""
    unpack(tmp_path)
    return tmp_path


def converted(folder: Path, **options: Any) -> Dict[str, Any]:
    convert(folder / MODEL, folder / CLASS_INFO, folder / "a.ecd", **options)
    return read(folder / "a.ecd")


def read(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_text(encoding="ascii"))


def change(folder: Path, **changes: Any) -> None:
    path = folder / CLASS_INFO
    path.write_text(
        json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8"
    )


class TestResult:
    def test_is_a_valid_ecd_with_the_model_inside(self, demo: Path) -> None:
        document = converted(demo)
        jsonschema.validate(document, load_schema("ecd.schema.json"))
        (entry,) = document["Definitions"][0]["Model"]["Files"]
        model = (demo / MODEL).read_bytes()
        assert base64.b64decode(entry["Data"], validate=True) == model
        assert entry["SHA256"] == hashlib.sha256(model).hexdigest()
        assert entry["Size"] == len(model)

    def test_says_what_the_model_says(self, demo: Path) -> None:
        document = converted(demo)
        assert document["ModelPadding"] == 2
        assert document["ImageHeight"] == document["ImageWidth"] == 64
        model = document["Definitions"][0]["Model"]
        assert model["Format"] == "cntk-v2"
        assert model["Inputs"][0]["Name"] == "image"
        assert model["Inputs"][0]["Shape"] == [4, 64, 64]
        assert model["Outputs"][0]["Shape"] == [3, 60, 60]

    def test_has_unix_line_ends_and_no_path_of_the_machine(self, demo: Path) -> None:
        converted(demo)
        content = (demo / "a.ecd").read_bytes()
        assert b"\r" not in content
        assert content.endswith(b"}\n")
        assert os.fsencode(str(demo)) not in content

    def test_is_the_same_every_time(self, demo: Path) -> None:
        converted(demo)
        first = (demo / "a.ecd").read_bytes()
        converted(demo)
        assert (demo / "a.ecd").read_bytes() == first

    def test_a_referenced_model_keeps_size_and_digest(self, demo: Path) -> None:
        document = converted(demo, storage="referenced")
        (entry,) = document["Definitions"][0]["Model"]["Files"]
        assert entry == {
            "Path": MODEL,
            "Size": (demo / MODEL).stat().st_size,
            "SHA256": hashlib.sha256((demo / MODEL).read_bytes()).hexdigest(),
        }

    def test_class_information_may_ask_for_a_reference_and_the_option_wins(
        self, demo: Path
    ) -> None:
        change(demo, ModelStorage="referenced")
        storages = [
            converted(demo, storage=asked)["Definitions"][0]["Model"]["Storage"]
            for asked in (None, "embedded")
        ]
        assert storages == ["referenced", "embedded"]

    def test_an_unknown_storage_is_refused(self, demo: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            converted(demo, storage="zipped")
        assert error.value.findings[0].rule == "storage-unknown"


class TestScript:
    def test_the_sample_of_esris_page(self, demo: Path) -> None:
        names: Dict[str, Any] = {}
        exec("from dl2ecd_core import *", names)
        result = names["DeepLearningModelToEcd"](
            str(demo / MODEL), str(demo / CLASS_INFO), str(demo / "cntk.ecd")
        )
        assert str(result) == str(demo / "cntk.ecd")
        assert os.fspath(result) == str(result)
        assert result.findings == ()
        assert (demo / "cntk.ecd").exists()

    def test_names_are_those_of_the_tool(self, demo: Path) -> None:
        result = DeepLearningModelToEcd(
            in_deep_learning_model=demo / MODEL,
            in_classification_info_json=demo / CLASS_INFO,
            out_classifier_definition=demo / "cntk.ecd",
        )
        assert Path(str(result)).exists()

    def test_an_error_says_all_of_them(self, demo: Path) -> None:
        change(demo, Classifier="TensorFlow", NumberRasterBands=7)
        with pytest.raises(ConversionRefused) as error:
            DeepLearningModelToEcd(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert "framework-mismatch" in str(error.value)
        assert "band-count-mismatch" in str(error.value)

    def test_public_names(self) -> None:
        assert set(dl2ecd_core.__all__) <= set(dir(dl2ecd_core))
        with pytest.raises(AttributeError, match="no attribute 'nothing'"):
            _ = dl2ecd_core.nothing


class TestRefusal:
    def test_leaves_the_older_output_and_nothing_else(self, demo: Path) -> None:
        (demo / "a.ecd").write_text("old", encoding="utf-8")
        before = sorted(os.listdir(demo))
        change(demo, NumberRasterBands=3)
        with pytest.raises(ConversionRefused):
            converted(demo)
        assert (demo / "a.ecd").read_text(encoding="utf-8") == "old"
        assert sorted(os.listdir(demo)) == before

    def test_strict_refuses_for_warnings(self, demo: Path) -> None:
        change(demo, Classifier="MyNet")
        converted(demo)
        (demo / "a.ecd").unlink()
        with pytest.raises(ConversionRefused) as error:
            converted(demo, strict=True)
        assert error.value.findings[0].severity is Severity.WARNING
        assert not (demo / "a.ecd").exists()

    def test_all_problems_come_in_one_run(self, demo: Path) -> None:
        change(demo, NumberRasterBands="4", Classifier="TensorFlow")
        with pytest.raises(ConversionRefused) as error:
            convert(demo / MODEL, demo / CLASS_INFO, demo / "none" / "a.ecd")
        rules = {item.rule for item in error.value.findings}
        assert {"framework-mismatch", "output-folder-missing"} <= rules
        assert len(rules) == 3

    @pytest.mark.parametrize("name", [MODEL, CLASS_INFO])
    def test_the_output_may_not_be_an_input(self, demo: Path, name: str) -> None:
        content = (demo / name).read_bytes()
        with pytest.raises(ConversionRefused) as error:
            convert(demo / MODEL, demo / CLASS_INFO, demo / name)
        assert "output-is-input" in {item.rule for item in error.value.findings}
        assert (demo / name).read_bytes() == content

    def test_the_output_takes_no_other_models_or_documents_place(self, demo: Path) -> None:
        for name, other in ((MODEL, "other.model"), (CLASS_INFO, "other.json")):
            (demo / other).write_bytes((demo / name).read_bytes())
            with pytest.raises(ConversionRefused) as error:
                convert(demo / MODEL, demo / CLASS_INFO, demo / other)
            assert {item.rule for item in error.value.findings} == {
                "output-ending",
                "output-is-another-file",
            }
            assert (demo / other).read_bytes() == (demo / name).read_bytes()

    @pytest.mark.parametrize("name", ["classifier.ecd", "CLASSIFIER.ECD"])
    def test_an_older_ecd_is_replaced(self, demo: Path, name: str) -> None:
        for _ in range(2):
            convert(demo / MODEL, demo / CLASS_INFO, demo / name)

    @pytest.mark.parametrize("name", ["classifier.txt", "lc.tif", "-", "ecd", ".ecd", "a.ecd.json"])
    def test_an_ecd_has_its_ending(self, demo: Path, name: str) -> None:
        for overwrite in (False, True):
            with pytest.raises(ConversionRefused) as error:
                convert(demo / MODEL, demo / CLASS_INFO, demo / name, overwrite=overwrite)
            assert [item.rule for item in error.value.findings] == ["output-ending"]
        assert not (demo / name).exists()

    @pytest.mark.skipif(NO_POSIX, reason="Windows has no such names")
    @pytest.mark.parametrize("name", ["a:b.model", "what?.model", "nul", "a\\b.model", "dot."])
    def test_names_that_windows_can_not_hold(self, demo: Path, name: str) -> None:
        (demo / MODEL).rename(demo / name)
        with pytest.raises(ConversionRefused) as error:
            convert(demo / name, demo / CLASS_INFO, demo / "a.ecd")
        assert [item.rule for item in error.value.findings] == ["model-file-name"]

    def test_missing_inputs_are_findings(self, demo: Path) -> None:
        found = check_model(demo / "no.model", demo / "no.json")
        assert [item.rule for item in found] == ["file-not-found", "file-not-found"]
        with pytest.raises(ConversionRefused):
            convert(demo / "no.model", demo / "no.json", demo / "a.ecd")


class TestListener:
    def test_hears_findings_and_progress(self, demo: Path) -> None:
        change(demo, Classifier="MyNet")
        heard: List[Finding] = []
        moves: List[tuple] = []

        class Hearing(Listener):
            def found(self, finding: Finding) -> None:
                heard.append(finding)

            def progressed(self, done: int, total: int, doing: str) -> None:
                moves.append((done, total))

        converted(demo, messages=Hearing())
        assert [item.rule for item in heard] == ["framework-unlisted"]
        size = (demo / MODEL).stat().st_size
        assert moves[-1] == (size, size)

    @pytest.mark.parametrize("patience", [0, 1])
    def test_cancelling_leaves_nothing_behind(self, demo: Path, patience: int) -> None:
        before = sorted(os.listdir(demo))

        class Impatient(Listener):
            asked = 0

            def cancelled(self) -> bool:
                self.asked += 1
                return self.asked > patience

        with pytest.raises(Cancelled):
            converted(demo, messages=Impatient())
        assert sorted(os.listdir(demo)) == before


def test_a_model_that_changes_between_inspection_and_reading_is_refused(
    demo: Path,
) -> None:
    class Meddling(Listener):
        def cancelled(self) -> bool:
            os.utime(demo / MODEL, ns=(1, 1))
            return False

    with pytest.raises(ConversionRefused) as error:
        converted(demo, messages=Meddling())
    assert error.value.findings[0].rule == "file-changed"
    assert not (demo / "a.ecd").exists()


def test_a_much_too_large_model_is_embedded_with_a_warning(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.conversion._LARGE", (demo / MODEL).stat().st_size - 1)
    result = convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
    (item,) = result.findings
    assert (item.rule, item.severity) == ("embedding-large", Severity.WARNING)
    assert item.message.startswith("The model has 0.0 GiB, and Esri's readers load the whole .ecd")
    assert convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd", storage="referenced")
    monkeypatch.setattr("dl2ecd_core.conversion._LARGE", (demo / MODEL).stat().st_size)
    assert convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd").findings == ()


def test_a_model_of_another_size_than_inspected_is_refused(demo: Path) -> None:
    class Meddling(Listener):
        def cancelled(self) -> bool:
            with (demo / MODEL).open("ab") as handle:
                handle.write(b"more")
            return False

    with pytest.raises(ConversionRefused) as error:
        converted(demo, messages=Meddling())
    assert error.value.findings[0].rule == "file-changed"
    assert not (demo / "a.ecd").exists()


def test_a_model_that_may_not_be_looked_at_is_a_finding(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = demo / ("n" * 300)
    found = check_model(long, demo / CLASS_INFO)
    assert len(found) == 1
    with pytest.raises(ConversionRefused) as error:
        convert(long, demo / CLASS_INFO, demo / "a.ecd")
    assert [item.rule for item in error.value.findings] == [found[0].rule]
