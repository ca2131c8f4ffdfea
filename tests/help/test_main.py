"""Writing the help files from the command line."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from dl2ecd_core import help as help_package
from dl2ecd_core.help import help_files


def run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["help", *arguments])
    runpy.run_module("dl2ecd_core.help", run_name="__main__", alter_sys=True)


def test_into_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(monkeypatch, str(tmp_path))
    written = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert written == help_files()


def test_beside_the_toolbox_they_are_up_to_date(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Path(str(help_package.__file__)).parents[2]
    if not (beside / "DeepLearningTools.pyt").is_file():
        with pytest.raises(SystemExit, match="name the folder"):
            run(monkeypatch)
        return
    before = {name: (beside / name).read_bytes() for name in help_files()}
    run(monkeypatch)
    assert {name: (beside / name).read_bytes() for name in help_files()} == before


def test_without_a_toolbox_the_folder_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "is_file", lambda path: path.suffix != ".pyt")
    with pytest.raises(SystemExit, match="name the folder to write to"):
        run(monkeypatch)
