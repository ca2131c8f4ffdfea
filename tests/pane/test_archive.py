"""The toolbox's zip, for people who have no checkout and no pip."""

from __future__ import annotations

import runpy
import sys
import zipfile
from pathlib import Path

import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core.demo import CLASS_INFO, ECD, MODEL, unpack
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.headless._dialog import Dialog
from dl2ecd_core.pane import archive
from tests.toolboxes import TOOL, needs_no_arcgis, needs_what_pro_brings


def pack(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> None:
    monkeypatch.setattr(sys, "argv", ["pane", *arguments])
    runpy.run_module("dl2ecd_core.pane", run_name="__main__")


@needs_no_arcgis
@needs_what_pro_brings
def test_what_is_unpacked_converts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pack(monkeypatch, str(tmp_path / "a.zip"))
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        assert not [name for name in zipped.namelist() if "__pycache__" in name or "/esri/" in name]
        zipped.extractall(tmp_path)
    folder = tmp_path / "DeepLearningTools"
    assert {path.name for path in folder.iterdir()} == {
        "DeepLearningTools.pyt",
        "DeepLearningTools.pyt.xml",
        "DeepLearningTools.ClassifyRasterUsingEcd.pyt.xml",
        "DeepLearningTools.DeepLearningModelToEcd.pyt.xml",
        "DeepLearningTools.DetectObjectsUsingEcd.pyt.xml",
        "dl2ecd_core",
    }
    unpack(tmp_path)
    dialog = Dialog(folder / "DeepLearningTools.pyt", TOOL)
    dialog.fill_in(
        in_deep_learning_model=tmp_path / MODEL, in_classification_info_json=tmp_path / CLASS_INFO
    )
    assert str(dialog.run()) == str(tmp_path / ECD)
    assert arcpy.GetMaxSeverity() == 0


def test_the_same_content_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.zip", "b.zip"):
        archive.write_archive(tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_an_installed_toolbox_is_packed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toolboxes").mkdir()
    (tmp_path / "toolboxes" / "DeepLearningTools.pyt").write_bytes(b"# mine")
    monkeypatch.setattr(archive, "PLACES", (tmp_path, tmp_path / "toolboxes"))
    archive.write_archive(tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as zipped:
        assert zipped.read("DeepLearningTools/DeepLearningTools.pyt") == b"# mine"


def test_without_a_toolbox_there_is_nothing_to_pack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "PLACES", (tmp_path,))
    with pytest.raises(ConversionRefused, match="nothing to pack"):
        archive.write_archive(tmp_path / "a.zip")
    with pytest.raises(SystemExit, match="nothing to pack"):
        pack(monkeypatch, str(tmp_path / "a.zip"))


class TestCommand:
    def test_says_how_it_is_called(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for arguments, code in ((["-h"], 0), (["--help"], 0), ([], 2), (["a", "b"], 2)):
            with pytest.raises(SystemExit) as ended:
                pack(monkeypatch, *arguments)
            assert ended.value.code == code
            said = capsys.readouterr()
            assert "usage: python -m dl2ecd_core.pane [-h] [--overwrite] zip" in said[code // 2]

    def test_replaces_another_file_only_when_asked_to(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        target = tmp_path / "a.zip"
        target.write_bytes(b"mine")
        with pytest.raises(SystemExit, match="--overwrite"):
            pack(monkeypatch, str(target))
        assert target.read_bytes() == b"mine"
        pack(monkeypatch, str(target), "--overwrite")
        assert zipfile.is_zipfile(target)
        assert capsys.readouterr().out == f"Wrote {target}\n"
        # An earlier one needs no asking.
        pack(monkeypatch, str(target))
