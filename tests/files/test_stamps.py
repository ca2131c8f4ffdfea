"""Whether a file is still the one that was looked at."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dl2ecd_core.files.stamps import check_unchanged, stamp, stamps_before
from dl2ecd_core.findings.errors import ConversionRefused, ModelFileError
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="Windows keeps no time of the last change")


def test_a_file_that_nobody_touches_stays_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    before = stamps_before([path, str(path)])
    assert path.read_bytes() == b"content"
    assert before == [(path, stamp(path))] * 2
    check_unchanged(before)


@posix
def test_a_change_in_place_with_size_and_time_kept_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"content")
    before = stamps_before([path])
    with path.open("r+b") as handle:
        handle.write(b"C")
    os.utime(path, ns=(0, before[0][1].modified))
    with pytest.raises(ConversionRefused) as error:
        check_unchanged(before)
    (item,) = error.value.findings
    assert (item.rule, item.where.file) == ("file-changed", str(path))
    assert item.message == f"The file '{path}' changed while it was read."


def test_a_file_that_goes_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.touch()
    before = stamps_before([path])
    path.unlink()
    with pytest.raises(ModelFileError, match="file-unreadable"):
        check_unchanged(before)


def test_what_is_no_file_has_no_stamp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stamps_before([tmp_path, tmp_path / "none", "a\0b"]) == []
    (tmp_path / "a").touch()

    def unseen(path: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("dl2ecd_core.files.stamps.is_plain", lambda path: True)
    monkeypatch.setattr("os.stat", unseen)
    assert stamps_before([tmp_path / "a"]) == []
