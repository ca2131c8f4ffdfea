"""The folder of an unfinished result, where writing fails."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.running.maps.part_file import (
    PartFile,
    PartFolder,
    folder_of,
    is_begun,
    no_room,
    said_of_begun,
)

np = pytest.importorskip("numpy")

KEY = {"model": "a"}


def failing(number: int) -> Any:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_a_folder_that_can_not_be_made_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PartFolder, "_open", failing(errno.EACCES))
    with pytest.raises(ConversionRefused, match=r"[Pp]ermission|may not"):
        PartFolder(tmp_path / "out.tif", KEY)


@pytest.mark.parametrize(
    ("number", "rule"), [(errno.ENOSPC, "output-disk-full"), (errno.EIO, "output-not-writable")]
)
def test_what_can_not_be_written_is_a_sentence(
    number: int, rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = PartFolder(tmp_path / "out.tif", KEY)
    file = PartFile(folder, folder.path / "rows", 8, 1, "uint8")
    file.write(0, np.zeros((1, 8), "uint8"))
    file.sync()
    monkeypatch.setattr(file, "_handle", Failing(number))
    with pytest.raises(ConversionRefused) as caught:
        file.write(1, np.zeros((1, 8), "uint8"))
    assert [item.rule for item in caught.value.findings] == [rule]
    monkeypatch.undo()
    file.close()
    folder.close()
    # What was done is kept for the next run.
    assert folder_of(tmp_path / "out.tif").is_dir()


class Failing:
    """A file that can't be written."""

    def __init__(self, number: int) -> None:
        self.seek = lambda place: place
        self.write = failing(number)


def test_rows_that_can_not_be_opened_are_a_sentence(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "out.tif", KEY)
    with pytest.raises(ConversionRefused):
        PartFile(folder, folder.path / "none" / "rows", 8, 1, "uint8")
    folder.close()


def test_rows_that_are_closed_are_not_written(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "out.tif", KEY)
    file = PartFile(folder, folder.path / "rows", 8, 1, "uint8")
    file.close()
    with pytest.raises(ValueError, match="closed"):
        file.write(0, np.zeros((1, 8), "uint8"))
    folder.close()


def test_a_disk_that_is_full_from_the_beginning_gets_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, *arguments: object, **more: object) -> int:
        self.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(ConversionRefused) as caught:
        PartFolder(tmp_path / "out.tif", KEY)
    assert "it goes on where it stopped" in caught.value.findings[0].hint
    assert not list(tmp_path.iterdir())


def test_a_disk_that_fills_up_later_says_what_takes_the_room(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "out.tif", KEY)
    assert "hidden" not in no_room(tmp_path / "out.tif").findings[0].hint
    (folder.path / "rows").write_bytes(bytes(3 << 20))
    hint = no_room(tmp_path / "out.tif").findings[0].hint
    assert f"in the hidden folder '{folder.path}' and takes 3.0 MiB: delete it if" in hint
    folder.remove()


def test_a_folder_with_notes_and_nothing_else_goes(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "out.tif", KEY)
    (folder.path / "rows").touch()
    folder.close()
    assert not folder.path.exists()
    # Another run's is not taken away by one that has ended.
    another = PartFolder(tmp_path / "out.tif", KEY)
    folder.close()
    assert another.path.exists()
    another.remove()


@pytest.mark.parametrize(
    ("done", "words"),
    [
        (1866, ["goes on at row 1,867 of 8,000."]),
        (8000, ["goes on after the last row."]),
        (0, []),
    ],
)
def test_it_is_said_where_a_run_goes_on(done: int, words: List[str]) -> None:
    said = [item.message for item in said_of_begun(done, 8000, "row")]
    assert [one[one.index("goes on") :] for one in said] == words


def test_what_is_begun_is_gone_on_with(tmp_path: Path) -> None:
    target = tmp_path / "map.tif"
    assert not is_begun(target)
    folder_of(target).mkdir()
    assert is_begun(target)
    # Of many maps, in a folder of them.
    assert is_begun(tmp_path)
