"""Closed streams, broken pipes and Ctrl-C: the work is done, and the exit code tells what was."""

from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from pathlib import Path
from typing import List, Optional

import pytest

from dl2ecd_core import cli
from dl2ecd_core.cli import main, streams
from dl2ecd_core.cli.exit_codes import INTERRUPTED, PIPE_CLOSED, REFUSED
from dl2ecd_core.demo import CLASS_INFO, MODEL
from dl2ecd_core.files import windows
from tests.conftest import NO_POSIX, hears_ctrl_c

posix = pytest.mark.skipif(NO_POSIX, reason="about descriptors and pipes of POSIX")

ROOT = Path(__file__).parents[2]

#: Every command that writes a file, and what it writes.
WRITING = {
    "convert": (["convert", MODEL, CLASS_INFO, "a.ecd"], "a.ecd"),
    "export": (["export", MODEL, CLASS_INFO, "--to", "qml", "a.qml"], "a.qml"),
    "init": (["init", MODEL, "b.json"], "b.json"),
    "extract": (["extract", "given.ecd", "out"], "out/landcover.model"),
    "demo": (["demo", "shown"], "shown/landcover.ecd"),
}


def started(
    arguments: List[str], closed: List[int], out: Optional[int] = None
) -> subprocess.CompletedProcess[bytes]:
    """The command line with these descriptors closed from its start."""

    def close() -> None:
        for descriptor in closed:
            os.close(descriptor)

    return subprocess.run(
        [sys.executable, "-m", "dl2ecd_core.cli", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=close if closed else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if out is None else out,
        stderr=subprocess.PIPE,
        timeout=600,
        check=False,
    )


@pytest.fixture
def given(demo: Path) -> Path:
    from dl2ecd_core import convert

    convert(MODEL, CLASS_INFO, "given.ecd")
    return demo


@posix
class TestClosed:
    @pytest.mark.parametrize("command", list(WRITING))
    def test_the_work_is_done_without_any_stream(self, given: Path, command: str) -> None:
        arguments, written = WRITING[command]
        done = started(arguments, [0, 1, 2])
        assert done.returncode == 0
        assert (given / written).stat().st_size > 100

    @pytest.mark.parametrize("closed", [1, 2])
    def test_the_other_stream_says_what_it_says_else(self, given: Path, closed: int) -> None:
        done = started(["convert", MODEL, CLASS_INFO, "a.ecd"], [closed])
        assert done.returncode == 0
        assert (b"Wrote a.ecd" in done.stdout) is (closed == 2)
        assert done.stderr == b""

    def test_what_is_said_never_lands_in_the_output(self, given: Path) -> None:
        started(["convert", MODEL, CLASS_INFO, "a.ecd"], [0, 1, 2])
        assert (given / "a.ecd").read_bytes() == (given / "given.ecd").read_bytes()

    def test_a_refusal_keeps_its_exit_code(self, given: Path) -> None:
        assert started(["convert", "none", CLASS_INFO, "a.ecd"], [1, 2]).returncode == REFUSED
        assert started(["convert"], [1, 2]).returncode == 2


@posix
class TestBrokenPipe:
    def broken(self, arguments: List[str]) -> subprocess.CompletedProcess[bytes]:
        reading, writing = os.pipe()
        os.close(reading)
        try:
            return started(arguments, [], writing)
        finally:
            os.close(writing)

    @pytest.mark.parametrize("command", list(WRITING))
    def test_is_141_and_the_work_is_done(self, given: Path, command: str) -> None:
        arguments, written = WRITING[command]
        done = self.broken(arguments)
        assert (done.returncode, done.stderr) == (PIPE_CLOSED, b"")
        # The demo shows what it does while it does it.
        assert (given / written).exists() or command == "demo"

    @pytest.mark.parametrize(
        "arguments",
        [["--version"], ["-h"], ["convert", "-h"], ["show", "given.ecd"], ["inspect", MODEL]],
    )
    def test_is_141_where_nothing_is_written(self, given: Path, arguments: List[str]) -> None:
        done = self.broken(arguments)
        assert (done.returncode, done.stderr) == (PIPE_CLOSED, b"")

    def test_is_141_for_what_was_refused(self, given: Path) -> None:
        assert self.broken(["convert", "none", CLASS_INFO, "a.ecd"]).returncode == PIPE_CLOSED

    @pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device here")
    def test_a_full_disk_behind_the_output_is_said_in_a_sentence(self, given: Path) -> None:
        with Path("/dev/full").open("wb") as full:
            done = started(["convert", MODEL, CLASS_INFO, "a.ecd", "--json"], [], full.fileno())
        assert done.returncode == REFUSED
        assert done.stderr == b"The output can't be shown: No space left on device.\n"
        assert (given / "a.ecd").exists()


class Closed(io.StringIO):
    """A stream whose reader has gone, as this system says it."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error

    def flush(self) -> None:
        raise self.error


class TestInThisProcess:
    def code(self, arguments: List[str]) -> object:
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        return ended.value.code

    @pytest.mark.parametrize("arguments", [["--version"], ["-h"], ["inspect", MODEL], ["conver"]])
    def test_a_pipe_that_broke(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, arguments: List[str]
    ) -> None:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, Closed(BrokenPipeError(errno.EPIPE, "Broken pipe")))
        assert self.code(arguments) == PIPE_CLOSED

    @pytest.mark.parametrize("arguments", [["-h"], ["inspect", MODEL]])
    def test_windows_has_another_word_for_it(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch, arguments: List[str]
    ) -> None:
        gone = OSError(errno.EINVAL, "Invalid argument")
        monkeypatch.setattr(sys, "stdout", Closed(gone))
        monkeypatch.setattr(windows, "ON_WINDOWS", False)
        assert self.code(arguments) == REFUSED
        assert not streams.pipe_is_closed(gone)
        monkeypatch.setattr(windows, "ON_WINDOWS", True)
        assert self.code(arguments) == PIPE_CLOSED

    def test_ctrl_c_before_the_command_began(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def interrupted(arguments: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(cli, "_run", interrupted)
        assert self.code([]) == INTERRUPTED

    def test_streams_that_are_not_there_at_all(
        self, demo: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("stdin", "stdout", "stderr"):
            monkeypatch.setattr(sys, name, None)
        try:
            assert not self.code(["convert", MODEL, CLASS_INFO, "a.ecd"])
        finally:
            for stream in (sys.stdin, sys.stdout, sys.stderr):
                stream.close()
        assert (demo / "a.ecd").exists()

    def test_a_stream_with_a_number_is_led_nowhere(self, monkeypatch: pytest.MonkeyPatch) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "w") as stream:
            stream.write("what nobody reads")
            monkeypatch.setattr(sys, "stdout", stream)
            streams.give_up_streams()
            # Closing writes it out, without an error now.


@posix
@pytest.mark.parametrize("command", ["convert", "extract", "export", "init"])
def test_ctrl_c_is_130_whatever_is_written(
    given: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    program = (
        "import os, signal, sys\n"
        "from dl2ecd_core.files import output\n"
        "def stop(*arguments):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "output.os.fsync = stop\n"
        "from dl2ecd_core.cli import main\n"
        "main(sys.argv[1:])\n"
    )
    before = sorted(os.listdir(given))
    done = subprocess.run(
        [sys.executable, "-c", program, *WRITING[command][0]],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=600,
        check=False,
        preexec_fn=hears_ctrl_c,
    )
    assert done.returncode == INTERRUPTED
    assert done.stderr == b"Cancelled; no output was left half-written.\n"
    assert sorted(os.listdir(given)) == before


def test_a_closed_number_is_taken_by_the_null_device(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def closed(descriptor: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")

    with monkeypatch.context() as patch:
        patch.setattr(streams.os, "fstat", closed)
        patch.setattr(streams.os, "open", lambda path, flags: opened.append(path))
        streams.open_closed_streams()
    assert opened == [os.devnull] * 3
