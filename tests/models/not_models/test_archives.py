"""Zip archives that are no model: what they hold is said, and what pickles in them would do."""

from __future__ import annotations

import pickle
import struct
import zipfile
from pathlib import Path
from typing import Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model

CALL = b"\x80\x02cos\nsystem\n(S'true'\ntR."


def refused(folder: Path, members: Dict[str, bytes]) -> ModelFileError:
    path = folder / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"
    return caught.value


def test_what_lies_in_the_archive_is_listed(tmp_path: Path) -> None:
    error = refused(tmp_path, {"folder/": b"", "folder/a.tif": b"II*\0", "b": b"\x80x", "c": b""})
    assert "'folder/a.tif'" in error.finding.message
    assert len(error.findings) == 1


def test_an_archive_whose_directory_lists_nothing_is_said_to_be_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(b"PK\3\4" + bytes(26) + b"PK\5\6" + bytes(12) + struct.pack("<IH", 30, 0))
    with pytest.raises(ModelFileError, match="it is empty"):
        inspect_model(path)


def test_pickles_in_it_are_looked_into(tmp_path: Path) -> None:
    plain = pickle.dumps({"a": 1}, 4)
    error = refused(tmp_path, {"a.pkl": plain, "b.pkl": CALL})
    assert error.findings[1].rule == "pickle-runs-code"
    assert "os.system" in error.findings[1].message


def test_of_very_many_pickles_the_first_are_looked_into(tmp_path: Path) -> None:
    plain = pickle.dumps({"a": 1}, 4)
    error = refused(tmp_path, {f"{number}.pkl": plain for number in range(12)})
    assert [item.rule for item in error.findings[1:]] == ["pickle-not-analysed"]
