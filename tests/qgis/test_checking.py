"""What is said before a run starts."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path
from typing import Callable

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.examination import check_model
from dl2ecd_core.findings import errors_in
from dl2ecd_core.pane.speech import sentence
from dl2ecd_core.qgis import checking
from dl2ecd_core.qgis.checking import conversion_problem, definition_problem

#: No test waits for its outcome this long.
LONG = 60.0


def problem(folder: Path, output: str = "") -> str:
    told = conversion_problem(str(folder / MODEL), str(folder / CLASS_INFO), output, LONG)
    return told or ""


def test_nothing_where_all_is_well(demo: Path) -> None:
    assert problem(demo, str(demo / "a.ecd")) == ""
    assert problem(demo) == ""


def test_the_words_of_the_other_doors(demo: Path, change: Callable[..., None]) -> None:
    change(NumberRasterBands=3, Classes=[{"Value": 1, "Name": "One", "Color": [1, 2, 3]}])
    lines = problem(demo).split("\n")
    errors = errors_in(check_model(str(demo / MODEL), str(demo / CLASS_INFO)))
    assert len(errors) == 2
    assert lines == ["This can't be converted:", *map(sentence, errors)]


def test_warnings_stop_nothing(demo: Path, change: Callable[..., None]) -> None:
    change(MiniBatchSize=7)
    assert problem(demo) == ""


def test_missing_files(tmp_path: Path) -> None:
    text = problem(tmp_path)
    assert text.count("[file-not-found]") == 2


def test_an_output_that_is_something_else(demo: Path) -> None:
    assert "[output-is-input]" in problem(demo, str(demo / MODEL))
    assert "[output-folder-missing]" in problem(demo, str(demo / "no" / "a.ecd"))
    shutil.copy(demo / MODEL, demo / "other.model")
    assert "[output-is-another-file]" in problem(demo, str(demo / "other.model"))


def test_what_is_not_ours_is_not_replaced_and_no_option_is_named(demo: Path) -> None:
    (demo / "a.ecd").write_text("somebody's")
    text = problem(demo, str(demo / "a.ecd"))
    assert "[output-is-another-file]" in text
    assert "Give the output another name, or remove the file first." in text
    assert "--" not in text


def test_a_name_that_looks_like_html_is_not_in_the_first_line(demo: Path) -> None:
    first, _, rest = problem(demo / "<b>").partition("\n")
    assert "<" not in first
    assert "<b>" in rest


def test_what_takes_too_long_is_left_to_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    def slow(*files: object) -> None:
        release.wait(LONG)

    monkeypatch.setattr(checking, "examine", slow)
    try:
        assert conversion_problem("slow.model", "a.json", "", 0.05) is None
    finally:
        release.set()


def test_what_nobody_expected_is_left_to_the_run(
    demo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def surprising(*files: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(checking, "examine", surprising)
    assert problem(demo) == ""


class TestDefinitions:
    @pytest.fixture
    def ecd(self, demo: Path) -> Path:
        convert(demo / MODEL, demo / CLASS_INFO, demo / "a.ecd")
        return demo / "a.ecd"

    def problem(self, ecd: Path, output: str = "") -> str:
        return definition_problem(str(ecd), output, LONG) or ""

    def test_nothing_where_all_is_well(self, ecd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(checking, "is_there", lambda module: module == "onnxruntime")
        assert self.problem(ecd, str(ecd.parent / "map.tif")) == ""

    def test_a_missing_runtime_and_how_to_get_it(
        self, ecd: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checking, "is_there", lambda module: False)
        heading, line = self.problem(ecd).split("\n")
        assert heading == "This can't be run:"
        assert line.startswith("[runtime-missing] ONNX Runtime is needed to run this model")
        assert "pip install onnxruntime" in line
        assert "dl2ecd[run]" not in line

    def test_no_definition(self, demo: Path, tmp_path: Path) -> None:
        assert "[file-not-found]" in self.problem(tmp_path / "none.ecd")
        # Whether another file is an .emd or a package, the run finds out.
        assert self.problem(demo / MODEL) == ""

    def test_an_output_in_the_definitions_place(
        self, ecd: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(checking, "is_there", lambda module: True)
        assert "[output-is-input]" in self.problem(ecd, str(ecd))
        assert "[output-folder-missing]" in self.problem(ecd, str(ecd.parent / "no" / "a.tif"))
