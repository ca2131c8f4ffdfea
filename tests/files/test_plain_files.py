"""Opening files, and nothing but files."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from dl2ecd_core.files import plain_files
from dl2ecd_core.files.plain_files import NotPlainFile, is_folder, is_plain, open_plain
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="there are no such files there")


def refusal(path: object) -> OSError:
    with pytest.raises(NotPlainFile) as error:
        open_plain(path)  # type: ignore[arg-type]
    return error.value


def open_descriptors() -> int:
    return len(os.listdir("/dev/fd"))


def test_a_file_is_read_as_it_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    with open_plain(tmp_path / "a") as raw, open_plain(str(tmp_path / "a"), buffering=-1) as large:
        assert not hasattr(raw, "peek")
        assert hasattr(large, "peek")
        assert raw.read() == large.read() == b"content"


def test_a_missing_file_is_said_as_opening_says_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        open_plain(tmp_path / "none")


@posix
def test_a_folder(tmp_path: Path) -> None:
    error = refusal(tmp_path)
    assert (error.errno, error.strerror) == (errno.EISDIR, "it is a folder")
    assert error.filename == str(tmp_path)


@posix
def test_what_is_no_file_is_said_before_it_can_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    error = refusal(tmp_path / "pipe")
    assert (error.errno, error.strerror) == (errno.EINVAL, "it is a pipe, not a file")
    assert refusal("/dev/null").strerror == "it is a device, not a file"


@posix
def test_what_comes_into_a_files_place_meanwhile_is_closed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").touch()
    before = os.stat(tmp_path / "a")  # noqa: PTH116
    (tmp_path / "a").unlink()
    os.mkfifo(tmp_path / "a")
    monkeypatch.setattr(plain_files.os, "stat", lambda path: before)
    opened = open_descriptors()
    assert refusal(tmp_path / "a").strerror == "it is a pipe, not a file"
    assert open_descriptors() == opened


def test_a_path_that_no_file_can_have() -> None:
    error = refusal("a\0b")
    assert (error.errno, error.filename) == (errno.EINVAL, "a\0b")
    assert error.strerror == "its path has a character that no path can have"


@pytest.mark.parametrize("path", ["", "none", "a\0b", "x" * 5000])
def test_paths_that_make_no_sense_lead_to_nothing(path: str) -> None:
    assert not is_plain(path)
    assert not is_folder(path)


def test_files_and_folders_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    assert (is_plain(tmp_path / "a"), is_folder(tmp_path / "a")) == (True, False)
    assert (is_plain(tmp_path), is_folder(tmp_path)) == (False, True)
