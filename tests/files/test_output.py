"""Output files appear whole or not at all."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from dl2ecd_core.files import output, strays, windows
from dl2ecd_core.files.output import check_target, whole_file
from dl2ecd_core.files.strays import remove_strays
from dl2ecd_core.findings.errors import ConversionRefused
from tests.conftest import NO_POSIX

posix = pytest.mark.skipif(NO_POSIX, reason="about POSIX permissions, links and locks")


def rule_of(error: pytest.ExceptionInfo[ConversionRefused]) -> str:
    return error.value.findings[0].rule


class TestReadOnly:
    """A disk that can't be written is told from a folder that its owner closed."""

    @posix
    @pytest.mark.parametrize(
        ("flags", "reason", "hint"),
        [
            (1, "Read-only file system", "choose a folder on another one"),
            (0, "Permission denied", "that you may write to its folder"),
        ],
    )
    def test_the_reason_is_the_right_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: int, reason: str, hint: str
    ) -> None:
        assert os.ST_RDONLY == 1
        monkeypatch.setattr(output.os, "access", lambda path, mode: False)
        monkeypatch.setattr(output.os, "statvfs", lambda path: SimpleNamespace(f_flag=flags))
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / "a.ecd")
        assert rule_of(error) == "output-not-writable"
        assert f"can't be written: {reason}." in error.value.findings[0].message
        assert hint in error.value.findings[0].hint

    def test_on_windows_nobody_knows(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(output.os, "access", lambda path, mode: False)
        monkeypatch.setattr(windows, "ON_WINDOWS", True)
        with pytest.raises(ConversionRefused, match="Permission denied"):
            check_target(tmp_path / "a.ecd")


class TestWriting:
    def test_the_content_is_there_afterwards(self, tmp_path: Path) -> None:
        with whole_file(tmp_path / "a.ecd") as handle:
            handle.write(b"new")
        assert (tmp_path / "a.ecd").read_bytes() == b"new"
        assert os.listdir(tmp_path) == ["a.ecd"]

    def test_an_older_file_is_replaced(self, tmp_path: Path) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"something longer than the new content")
        with whole_file(target) as handle:
            handle.write(b"new")
        assert target.read_bytes() == b"new"

    def test_an_exception_leaves_the_older_file_and_nothing_else(self, tmp_path: Path) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")
        with pytest.raises(RuntimeError), whole_file(target) as handle:
            handle.write(b"half of the n")
            raise RuntimeError
        assert target.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a.ecd"]

    def test_a_name_as_long_as_the_system_allows(self, tmp_path: Path) -> None:
        target = tmp_path / ("n" * 251 + ".ecd")
        with whole_file(target) as handle:
            handle.write(b"new")
        assert Path(windows.followed(target)).read_bytes() == b"new"

    def test_a_longer_name_is_refused_in_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / ("n" * 300))
        assert rule_of(error) == "output-not-writable"

    @pytest.mark.parametrize("name", ["mit Leerzeichen.ecd", "Landnutzung Ümläut.ecd", "土地.ecd"])
    def test_names_of_any_kind(self, tmp_path: Path, name: str) -> None:
        with whole_file(tmp_path / name) as handle:
            handle.write(b"new")
        assert (tmp_path / name).read_bytes() == b"new"

    def test_a_full_disk_is_said_and_leaves_the_older_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")

        def full(descriptor: int) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(output.os, "fsync", full)
        with pytest.raises(ConversionRefused) as error, whole_file(target) as handle:
            handle.write(b"new")
        assert rule_of(error) == "output-disk-full"
        assert target.read_bytes() == b"old"
        assert os.listdir(tmp_path) == ["a.ecd"]

    @posix
    def test_a_folder_that_vanishes_is_said(self, tmp_path: Path) -> None:
        folder = tmp_path / "soon gone"
        folder.mkdir()
        with pytest.raises(ConversionRefused) as error, whole_file(folder / "a.ecd") as handle:
            handle.write(b"new")
            for entry in folder.iterdir():
                entry.unlink()
            folder.rmdir()
        assert rule_of(error) == "output-folder-missing"

    @posix
    def test_permissions_of_a_replaced_file_are_kept(self, tmp_path: Path) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")
        target.chmod(0o640)
        with whole_file(target) as handle:
            handle.write(b"new")
        assert stat.S_IMODE(target.stat().st_mode) == 0o640

    @posix
    def test_a_new_file_follows_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            with whole_file(tmp_path / "a.ecd") as handle:
                handle.write(b"new")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "a.ecd").stat().st_mode) == 0o640

    @posix
    def test_a_link_is_followed_and_stays(self, tmp_path: Path) -> None:
        (tmp_path / "real").mkdir()
        (tmp_path / "link.ecd").symlink_to(tmp_path / "real" / "a.ecd")
        with whole_file(tmp_path / "link.ecd") as handle:
            handle.write(b"new")
        assert (tmp_path / "link.ecd").is_symlink()
        assert (tmp_path / "real" / "a.ecd").read_bytes() == b"new"


class TestStrays:
    @posix
    def test_what_a_killed_run_left_is_removed_by_the_next(self, tmp_path: Path) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")
        program = textwrap.dedent(
            """
            import sys, time
            from dl2ecd_core.files.output import whole_file
            with whole_file(sys.argv[1]) as handle:
                handle.write(b"half")
                handle.flush()
                print("writing", flush=True)
                time.sleep(60)
            """
        )
        with subprocess.Popen(
            [sys.executable, "-c", program, str(target)], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == b"writing"
            in_use = set(os.listdir(tmp_path))
            assert len(in_use) == 2
            remove_strays(tmp_path)
            assert set(os.listdir(tmp_path)) == in_use, "a file in use was removed"
            process.send_signal(signal.SIGKILL)
        assert target.read_bytes() == b"old"
        assert set(os.listdir(tmp_path)) == in_use
        with whole_file(target) as handle:
            handle.write(b"new")
        assert os.listdir(tmp_path) == ["a.ecd"]
        assert target.read_bytes() == b"new"

    def test_files_of_others_are_left_alone(self, tmp_path: Path) -> None:
        names = {".dl2ecd-notes.txt", "dl2ecd-1.tmp", "a.tmp"}
        for name in names:
            (tmp_path / name).write_bytes(b"")
        remove_strays(tmp_path)
        assert set(os.listdir(tmp_path)) == names

    def test_a_folder_that_is_gone_has_none(self, tmp_path: Path) -> None:
        remove_strays(tmp_path / "gone")


class TestTwoAtOnce:
    @posix
    def test_the_result_is_one_of_both_whole(self, tmp_path: Path) -> None:
        target = tmp_path / "a.ecd"
        program = textwrap.dedent(
            """
            import sys
            from dl2ecd_core.files.output import whole_file
            letter = sys.argv[2].encode()
            for _ in range(30):
                with whole_file(sys.argv[1]) as handle:
                    for _ in range(50):
                        handle.write(letter * 1000)
            """
        )
        writers = [
            subprocess.Popen([sys.executable, "-c", program, str(target), letter])
            for letter in "ab"
        ]
        seen = set()
        while any(writer.poll() is None for writer in writers):
            if target.exists():
                seen.add(target.read_bytes())
            time.sleep(0.005)
        assert [writer.returncode for writer in writers] == [0, 0]
        assert seen <= {b"a" * 50_000, b"b" * 50_000}
        assert os.listdir(tmp_path) == ["a.ecd"]


class TestTargets:
    def test_a_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path)
        assert rule_of(error) == "output-is-folder"

    def test_a_missing_folder(self, tmp_path: Path) -> None:
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / "none" / "a.ecd")
        assert rule_of(error) == "output-folder-missing"

    def test_a_folder_that_nobody_may_write_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # Also for whoever may write everywhere.
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
        with pytest.raises(ConversionRefused, match="Permission denied") as error:
            check_target(tmp_path / "a.ecd")
        assert rule_of(error) == "output-not-writable"

    def test_an_input(self, tmp_path: Path) -> None:
        model = tmp_path / "a.model"
        model.write_bytes(b"model")
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / "." / "a.model", [model])
        assert rule_of(error) == "output-is-input"

    @posix
    def test_an_input_under_another_name(self, tmp_path: Path) -> None:
        model = tmp_path / "a.model"
        model.write_bytes(b"model")
        os.link(model, tmp_path / "b.ecd")
        (tmp_path / "c.ecd").symlink_to(model)
        for name in ("b.ecd", "c.ecd"):
            with pytest.raises(ConversionRefused) as error:
                check_target(tmp_path / name, [model])
            assert rule_of(error) == "output-is-input"

    @posix
    def test_a_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / "pipe")
        assert rule_of(error) == "output-not-writable"

    def test_a_new_file_in_a_folder_is_fine(self, tmp_path: Path) -> None:
        check_target(tmp_path / "a.ecd", [tmp_path / "b.model"])


class TestSystems:
    """What systems without something do; played here by taking it away."""

    def write(self, target: Path) -> None:
        with whole_file(target) as handle:
            handle.write(b"new")
        assert target.read_bytes() == b"new"
        assert [name for name in os.listdir(target.parent) if name != target.name] == []

    def refuse(self, monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
        def refusing(*arguments: object, **options: object) -> None:
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(name, refusing)

    @posix
    @pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
    def test_a_disk_without_locks_can_be_written_to(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
    ) -> None:
        stray = tmp_path / ".dl2ecd-0123456789abcdef.tmp"
        stray.touch()
        self.refuse(monkeypatch, "fcntl.flock", number)
        with whole_file(tmp_path / "a.ecd") as handle:
            handle.write(b"new")
        assert (tmp_path / "a.ecd").read_bytes() == b"new"
        # Whether it is in use can't be told.
        assert stray.exists()

    @posix
    @pytest.mark.parametrize("name", ["os.fsync", "os.open"])
    def test_folders_that_can_not_be_synchronised_are_left_at_that(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        self.refuse(monkeypatch, name, errno.EINVAL)
        output.sync_folder(tmp_path)

    @posix
    def test_another_owner_is_kept_where_that_is_allowed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")
        given = []
        real = os.fstat

        def of_another(descriptor: int) -> os.stat_result:
            status = list(real(descriptor))
            status[4] += 1
            return os.stat_result(status)

        monkeypatch.setattr("os.fstat", of_another)
        monkeypatch.setattr("os.fchown", lambda _, owner, group: given.append((owner, group)))
        self.write(target)
        assert given == [(target.stat().st_uid, target.stat().st_gid)]
        self.refuse(monkeypatch, "os.fchown", errno.EPERM)
        self.write(target)

    @posix
    def test_a_temporary_file_that_another_run_takes_is_made_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        locked: list = []

        def lock(handle: object) -> bool:
            locked.append(handle)
            if len(locked) == 2:
                # Taken for a stray between creation and locking.
                for path in tmp_path.glob(".dl2ecd-*"):
                    path.unlink()
            return len(locked) > 1

        monkeypatch.setattr(output, "lock", lock)
        with whole_file(tmp_path / "a.ecd") as handle:
            handle.write(b"new")
        assert (tmp_path / "a.ecd").read_bytes() == b"new"
        assert len(locked) == 3

    @posix
    def test_a_lock_that_another_run_holds_is_respected(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with (tmp_path / "a").open("wb") as handle:
            assert strays.lock(handle)
            self.refuse(monkeypatch, "fcntl.flock", errno.EWOULDBLOCK)
            assert not strays.lock(handle)

    @posix
    def test_a_vanished_folder_takes_the_temporary_file_along(self, tmp_path: Path) -> None:
        folder = tmp_path / "here"
        folder.mkdir()
        with pytest.raises(RuntimeError), whole_file(folder / "a.ecd"):
            for path in folder.iterdir():
                path.unlink()
            folder.rmdir()
            raise RuntimeError

    @posix
    def test_strays_that_can_not_be_removed_are_left(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / ".dl2ecd-0123456789abcdef.tmp").touch()
        self.refuse(monkeypatch, "pathlib.Path.unlink", errno.EACCES)
        remove_strays(tmp_path)
        assert len(os.listdir(tmp_path)) == 1

    @posix
    def test_without_posix_locks_and_permissions(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # As on Windows, where an open file can't be removed and has no owner of this kind.
        target = tmp_path / "a.ecd"
        target.write_bytes(b"old")
        stray = tmp_path / ".dl2ecd-0123456789abcdef.tmp"
        stray.touch()
        with monkeypatch.context() as patch:
            patch.setattr(windows, "ON_WINDOWS", True)
            patch.setitem(sys.modules, "fcntl", None)
            with whole_file(target) as handle:
                handle.write(b"new")
        assert target.read_bytes() == b"new"
        assert os.listdir(tmp_path) == ["a.ecd"]

    def test_an_error_while_looking_at_the_target_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.refuse(monkeypatch, "pathlib.Path.is_dir", errno.EIO)
        with pytest.raises(ConversionRefused) as error:
            check_target(tmp_path / "a.ecd")
        assert rule_of(error) == "output-not-writable"
        assert "Input/output error" in error.value.findings[0].message
