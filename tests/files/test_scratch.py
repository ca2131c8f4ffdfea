"""Folders for as long as work lasts, and what killed runs leave of them."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Optional

import pytest

from dl2ecd_core.files import scratch, windows
from dl2ecd_core.files.output import write_failure
from dl2ecd_core.files.scratch import scratch_failure, scratch_folder
from dl2ecd_core.files.scratch_beside import scratch_beside
from dl2ecd_core.files.strays import LOCK, new_name, remove_strays
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.findings.rules import finding
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="about POSIX locks and links")


def test_it_is_there_and_gone_afterwards(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert folder.parent.parent == tmp_path
        assert list(folder.iterdir()) == []
        (folder / "sub").mkdir()
        (folder / "sub" / "a").write_bytes(b"content")
    assert list(tmp_path.iterdir()) == []


def test_an_exception_takes_it_away_too(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), scratch_folder(tmp_path):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_is_none_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), scratch_folder(tmp_path / "none"):
        raise AssertionError("there was a folder")


@posix
@pytest.mark.parametrize(
    ("place", "code", "words"),
    [
        (
            "/a/place",
            errno.ENOSPC,
            "for a copy of it in the folder for temporary files, '/a/place'",
        ),
        ("/a/place", errno.EACCES, "'/a/place' can't be written"),
        (None, errno.ENOSPC, "'folder for temporary files'"),
    ],
)
def test_what_does_not_go_into_one_is_said(
    monkeypatch: pytest.MonkeyPatch, place: Optional[str], code: int, words: str
) -> None:
    monkeypatch.setattr("tempfile.tempdir", place)
    (said,) = scratch_failure(OSError(code, "Some reason"), "a copy of it").findings
    assert words in said.message


def test_nobody_else_may_look_into_it(tmp_path: Path) -> None:
    with scratch_folder(tmp_path) as folder:
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700


@posix
def test_what_a_killed_run_leaves_the_next_one_removes(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from dl2ecd_core.files.scratch import scratch_folder
        with scratch_folder(Path(sys.argv[1])) as folder:
            (folder / "a.model").write_bytes(b"half")
            print("writing", flush=True)
            time.sleep(60)
        """
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"writing"
        (stray,) = tmp_path.iterdir()
        remove_strays(tmp_path)
        assert os.listdir(stray / "files") == ["a.model"], "a folder in use was removed"
        process.send_signal(signal.SIGKILL)
    assert stray.exists()
    with scratch_folder(tmp_path) as folder:
        assert list(tmp_path.iterdir()) == [folder.parent]


def test_a_removal_that_was_broken_off_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = new_name(tmp_path)
    stray.mkdir()
    (stray / LOCK).touch()
    (stray / "a.model").touch()

    def broken_off(path: Path) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("shutil.rmtree", broken_off)
        remove_strays(tmp_path)
    assert len(os.listdir(tmp_path)) == 1
    remove_strays(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_one_that_is_just_made_is_removed_only_while_it_is_empty(tmp_path: Path) -> None:
    empty, filled = new_name(tmp_path), new_name(tmp_path)
    empty.mkdir()
    filled.mkdir()
    (filled / "a.model").touch()
    remove_strays(tmp_path)
    assert list(tmp_path.iterdir()) == [filled]


@posix
def test_many_at_once_never_take_each_others(tmp_path: Path) -> None:
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from dl2ecd_core.files.output import whole_file
        from dl2ecd_core.files.scratch import scratch_folder
        for _ in range(150):
            with scratch_folder(Path(sys.argv[1])) as folder:
                (folder / "a.model").write_bytes(b"model")
                assert (folder / "a.model").read_bytes() == b"model"
            with whole_file(Path(sys.argv[1], sys.argv[2])) as handle:
                handle.write(b"model")
        """
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", program, str(tmp_path), str(number)])
        for number in range(4)
    ]
    assert [run.wait(600) for run in runs] == [0] * 4
    remove_strays(tmp_path)
    assert sorted(os.listdir(tmp_path)) == ["0", "1", "2", "3"]


@posix
def test_nothing_but_what_this_program_made_is_removed(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "a").touch()
    new_name(tmp_path).symlink_to(kept)
    os.mkfifo(new_name(tmp_path))
    (tmp_path / ".dl2ecd-folder.tmp").mkdir()
    odd = new_name(tmp_path)
    odd.mkdir()
    # Whoever opens it waits.
    os.mkfifo(odd / LOCK)
    before = sorted(os.listdir(tmp_path))
    remove_strays(tmp_path)
    assert sorted(os.listdir(tmp_path)) == before
    assert (kept / "a").exists()


@pytest.mark.parametrize("taken", ["folder", "lock"])
@posix
def test_one_that_another_run_takes_for_a_stray_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: str
) -> None:
    made = []
    real = scratch._locked

    def locked(path: Path) -> object:
        made.append(path)
        if len(made) == 1 and taken == "folder":
            path.parent.rmdir()
        return real(path)

    def lock(handle: object) -> bool:
        if len(made) == 1:
            made[0].unlink()
        return True

    monkeypatch.setattr(scratch, "_locked", locked)
    if taken == "lock":
        monkeypatch.setattr(scratch, "lock", lock)
    with scratch_folder(tmp_path) as folder:
        assert folder.parent == made[1].parent


@posix
def test_where_there_are_no_locks_folders_are_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stray = new_name(tmp_path)
    stray.mkdir()
    (stray / LOCK).touch()

    def none(*arguments: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", none)
    with scratch_folder(tmp_path) as folder:
        assert folder.exists()
    assert list(tmp_path.iterdir()) == [stray]


def test_without_locks_an_open_file_is_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "ON_WINDOWS", True)
    used, stray = new_name(tmp_path), new_name(tmp_path)
    for folder in (used, stray):
        folder.mkdir()
        (folder / LOCK).touch()
        (folder / "a.model").touch()
    real = Path.rename

    def rename(path: Path, target: Path) -> Path:
        if path == used:
            raise PermissionError(errno.EACCES, "The process cannot access the file")
        return real(path, target)

    monkeypatch.setattr(Path, "rename", rename)
    remove_strays(tmp_path)
    assert not stray.exists()
    assert sorted(os.listdir(used)) == ["a.model", LOCK]


def test_beside_an_output_only_what_fails_there_is_said_of_it(tmp_path: Path) -> None:
    elsewhere = write_failure(OSError(errno.ENOSPC, "full"), tmp_path / "b")
    elsewhere.__cause__ = OSError(errno.ENOSPC, "full")
    not_of_a_disk = ConversionRefused([finding("output-exists", "b is there.")])
    for error in (elsewhere, not_of_a_disk):
        with pytest.raises(ConversionRefused) as raised, scratch_beside(tmp_path / "a"):
            raise error
        assert raised.value is error
    with pytest.raises(ConversionRefused) as raised, scratch_beside(tmp_path / "a") as folder:
        (folder / "nowhere" / "b").write_bytes(b"")
    (item,) = raised.value.findings
    assert (item.rule, item.where.file) == ("output-folder-missing", str(tmp_path / "a"))
    assert list(tmp_path.iterdir()) == []
