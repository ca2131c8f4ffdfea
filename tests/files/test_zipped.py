"""Zips that are handed on replace earlier ones of this tool's and nothing else."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from dl2ecd_core.files.zipped import write_zip
from dl2ecd_core.findings.errors import ConversionRefused


def test_an_earlier_one_is_replaced(tmp_path: Path) -> None:
    for content in (b"one", b"two"):
        write_zip(tmp_path / "a.zip", {"sub/a.txt": content})
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.read("sub/a.txt") == b"two"


def test_another_file_is_not(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt", (2024, 5, 6, 7, 8, 10)), "mine")
    (tmp_path / "b.zip").write_bytes(b"mine")
    for name in ("a.zip", "b.zip", "c.tif"):
        before = {path: path.read_bytes() for path in tmp_path.iterdir()}
        with pytest.raises(ConversionRefused, match="output-"):
            write_zip(tmp_path / name, {"a.txt": b"new"})
        assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
