"""What a person is told by a run, and what a run leaves behind."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, List, Tuple

import pytest

import dl2ecd_core.conversion
import dl2ecd_core.headless as arcpy
import dl2ecd_core.pane.execution as pane_run
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings import Place
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.headless._loading import LoadedToolbox
from dl2ecd_core.headless._log import Log, Messages
from dl2ecd_core.headless._progressor import progressor
from dl2ecd_core.headless._running import parameters_of

from ..toolboxes import REAL, TOOL, needs_no_arcgis, needs_what_pro_brings

pytestmark = needs_no_arcgis


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


def run(model: Path, info: Path, output: Path) -> Tuple[bool, Log]:
    """A run whose parameters are taken as they are, as if the files changed after validation."""
    from dl2ecd_core.headless._loading import standing_in

    with standing_in():
        parameters = parameters_of(LoadedToolbox(REAL).tool(TOOL))
    for parameter, path in zip(parameters, (model, info, output)):
        parameter._assign(str(path))
    log = Log()
    return pane_run.run(arcpy, parameters, Messages(log)), log


def names(folder: Path) -> List[str]:
    return sorted(path.name for path in folder.iterdir())


class TestGoodRun:
    def test_writes_and_says_so(self, demo: Path) -> None:
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert done
        assert log.entries[-2:] == [
            (
                0,
                "Model: CNTK (cntk-v2), input 'image' of 4 x 64 x 64, "
                "output 'landcover' of 3 x 60 x 60.",
            ),
            (0, f"Written: {demo / 'a.ecd'}"),
        ]
        assert (
            json.loads((demo / "a.ecd").read_text(encoding="utf-8"))["EsriClassifierDefinitionFile"]
            == 0
        )
        assert log.max_severity < 2

    def test_says_each_finding_once_with_its_severity(self, demo: Path) -> None:
        document = json.loads((demo / CLASS_INFO).read_text(encoding="utf-8"))
        document["Classes"][0]["Name"] += " "
        (demo / CLASS_INFO).write_text(json.dumps(document), encoding="utf-8")
        _, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        said = [text for severity, text in log.entries if severity == 1]
        assert sum("[class-name-blanks]" in text for text in said) == 1
        assert len(set(log.entries)) == len(log.entries)

    def test_shows_progress_to_the_end(self, demo: Path) -> None:
        progressor.begin()
        run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        positions = [position for _, position in progressor.shown]
        assert positions == sorted(positions)
        assert positions[0] == 0
        assert positions[-1] == 100
        assert progressor.shown[0][0] == "Reading the model and the class information"
        assert progressor.kind is None

    def test_replaces_when_told_to(self, demo: Path) -> None:
        (demo / "a.ecd").write_text("older", encoding="utf-8")
        arcpy.env.overwriteOutput = True
        assert run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")[0]
        assert (demo / "a.ecd").read_text(encoding="utf-8") != "older"


class TestRefusal:
    def test_errors_are_said_and_nothing_is_written(self, demo: Path) -> None:
        (demo / CLASS_INFO).write_text("{", encoding="utf-8")
        before = names(demo)
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        assert log.max_severity == 2
        assert "[json-truncated]" in log.text(2)
        assert "Traceback" not in log.text()
        assert names(demo) == before

    def test_an_output_that_appeared_since_is_left_alone(self, demo: Path) -> None:
        (demo / "a.ecd").write_text("older", encoding="utf-8")
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        assert log.entries == [
            (
                2,
                "ERROR 000725: Output Classifier Definition File: Dataset "
                f"{demo / 'a.ecd'} already exists",
            )
        ]
        assert (demo / "a.ecd").read_text(encoding="utf-8") == "older"

    @pytest.mark.parametrize(
        ("lost", "label"),
        [(MODEL, "Input Deep Learning Model File"), (CLASS_INFO, "Input Esri Extra Info File")],
    )
    def test_an_input_that_went_since_has_arcgis_own_message(
        self, demo: Path, lost: str, label: str
    ) -> None:
        (demo / lost).unlink()
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        expected = (
            f"ERROR 000732: {label}: Dataset {demo / lost} does not exist or is not supported"
        )
        assert expected in log.text(2).split("\n")

    def test_findings_that_come_with_the_exception_alone_are_said(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        late = finding("file-changed", "The model changed.", where=Place(file="a.model"))

        def fail(*_: Any, **__: Any) -> None:
            raise ConversionRefused([late])

        monkeypatch.setattr(dl2ecd_core.conversion, "convert", fail)
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        assert log.entries == [(2, "[file-changed] The model changed. (a.model)")]

    @pytest.mark.parametrize("error", [KeyError("x"), MemoryError(), OSError(5, "I/O error")])
    def test_a_surprise_is_a_sentence(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        def fail(*_: Any, **__: Any) -> None:
            raise error

        monkeypatch.setattr(dl2ecd_core.conversion, "convert", fail)
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        ((severity, text),) = log.entries
        assert severity == 2
        assert text.startswith(f"The conversion failed unexpectedly ({type(error).__name__}")
        assert "Traceback" not in text


class TestCancelling:
    def test_before_writing(self, demo: Path) -> None:
        before = names(demo)
        arcpy.env._cancelled(True)
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        assert log.text(2) == "Cancelled. Nothing was written; an output from before is as it was."
        assert names(demo) == before

    def test_while_writing_leaves_the_older_output_and_nothing_else(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (demo / "a.ecd").write_text("older", encoding="utf-8")
        before = names(demo)
        arcpy.env.overwriteOutput = True
        during: List[List[str]] = []

        def cancel(position: int) -> None:
            during.append(names(demo))
            arcpy.env._cancelled(True)

        monkeypatch.setattr(pane_run, "_ASK_EVERY", 0)
        monkeypatch.setattr(arcpy, "SetProgressorPosition", cancel)
        done, log = run(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        assert not done
        assert during[0] != before, "the run was not cancelled while it wrote"
        assert log.text(2).startswith("Cancelled.")
        assert names(demo) == before
        assert (demo / "a.ecd").read_text(encoding="utf-8") == "older"

    @needs_what_pro_brings
    def test_a_scripted_call_fails(self, demo: Path) -> None:
        arcpy.ImportToolbox(REAL)
        arcpy.env._cancelled(True)
        arcpy.env.autoCancelling = False
        with pytest.raises(arcpy.ExecuteError, match=r"Cancelled\. Nothing was written"):
            arcpy.deeplearningtools.DeepLearningModelToEcd(
                str(demo / MODEL), str(demo / CLASS_INFO), str(demo / "a.ecd")
            )
        assert not (demo / "a.ecd").exists()

    @pytest.mark.parametrize("automatic", [True, False])
    @pytest.mark.parametrize("good", [True, False])
    def test_the_setting_is_put_back(self, demo: Path, automatic: bool, good: bool) -> None:
        arcpy.env.autoCancelling = automatic
        assert run(demo / (MODEL if good else "no"), demo / CLASS_INFO, demo / "a.ecd")[0] is good
        assert arcpy.env.autoCancelling is automatic


class TestTelling:
    def listener(self) -> Tuple[pane_run.PaneListener, Log]:
        log = Log()
        with_labels = parameters_of_the_tool()
        return pane_run.PaneListener(arcpy, Messages(log), with_labels), log

    def test_a_finding_is_said_once(self) -> None:
        listener, log = self.listener()
        item = finding("class-name-blanks", "The name has blanks.")
        listener.found(item)
        listener.found(item)
        assert [entry[0] for entry in log.entries] == [1]

    def test_each_severity_has_a_message_of_its_own(self) -> None:
        listener, log = self.listener()
        listener.found(finding("band-count-unknown", "Not told."))
        listener.found(finding("class-name-blanks", "Blanks."))
        listener.found(finding("class-count-mismatch", "Wrong."))
        assert log.entries == [
            (0, "[band-count-unknown] Not told."),
            (1, "[class-name-blanks] Blanks."),
            (2, "[class-count-mismatch] Wrong."),
        ]

    def test_progress_moves_only_when_that_is_to_be_seen(self, monkeypatch: Any) -> None:
        listener, _ = self.listener()
        moves: List[Any] = []
        monkeypatch.setattr(arcpy, "SetProgressorLabel", moves.append)
        monkeypatch.setattr(arcpy, "SetProgressorPosition", moves.append)
        for done in (0, 1, 1000, 1001, 100_000):
            listener.progressed(done, 100_000, "Embedding a.model")
        listener.progressed(0, 0, "Done")
        assert moves == ["Embedding a.model", 0, 1, 100, "Done"]


def parameters_of_the_tool() -> Any:
    from dl2ecd_core.headless._loading import standing_in

    with standing_in():
        return parameters_of(LoadedToolbox(REAL).tool(TOOL))
