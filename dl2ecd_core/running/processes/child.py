"""Processes that this project starts: Python, with modules of its own, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Mapping, Sequence, cast

#: Says to a process, in its environment, that its standard input ends with its parent.
_WATCHES = "DL2ECD_ENDS_WITH_PARENT"
#: The bytes of a wide pipe, the most that anybody may ask for; and how Linux is asked, for which
#: Python has a name from 3.10 on: https://man7.org/linux/man-pages/man2/fcntl.2.html
_PIPE, _SET_PIPE_SIZE = 1 << 20, 1031
#: Seconds that a process has to tidy up when its parent is gone.
_PATIENCE = 5.0


@dataclass(frozen=True)
class ModuleProcess:
    """A process that answers questions.

    Attributes
    ----------
    questions, answers
        Its standard input and output; whoever reads the answers closes them.
    """

    process: subprocess.Popen[bytes]
    questions: BinaryIO
    answers: BinaryIO

    def end(self) -> None:
        """End it, whatever it is doing."""
        # First of all: a thread that is writing to it lets go of the stream then.
        self.process.kill()
        self.process.wait()
        with suppress(OSError, ValueError):
            # Something was still to be said, or another thread closes it at this moment.
            self.questions.close()


def module_process(
    module: str, arguments: Sequence[str], environment: Mapping[str, str] = {}
) -> ModuleProcess:
    """Start a module of this package in a Python of its own.

    Parameters
    ----------
    environment
        What it finds there unless the person says otherwise.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**environment, **os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    questions, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    _widen(questions)
    _widen(answers)
    return ModuleProcess(process, questions, answers)


def _widen(pipe: BinaryIO) -> None:
    """Let a pipe hold a tile, where the system can: both sides take turns less often."""
    if sys.platform == "linux":
        import fcntl

        # There is a limit for all pipes of a person's.
        with suppress(OSError):
            fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE)


def command_process(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start this project's command line, with a word in its environment; it ends with this process.

    Its output streams are this process's. Its standard input is a pipe into which nothing is ever
    written: the system closes it when this process ends, however that comes about.
    """
    # The end that would be written into is held as long as this process lives.
    end, _ = os.pipe()
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "dl2ecd_core.cli", *arguments],
            env={**os.environ, _WATCHES: "1", **environment},
            stdin=end,
        )
    finally:
        os.close(end)


def end_with_parent() -> None:
    """End this process when the one that started it by :func:`command_process` ends.

    What it does is tidied away as when the system asks it to end; if that takes too long, or a
    runtime does not let go, it ends all the same. Any other process is left alone.
    """
    if os.environ.pop(_WATCHES, None) is None:
        return
    # The pipe is this process's alone: what it starts itself gets an empty input.
    pipe = os.dup(0)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    threading.Thread(target=_wait_for_end, args=(pipe,), name="dl2ecd-parent", daemon=True).start()


def _wait_for_end(pipe: int) -> None:
    os.read(pipe, 1)
    # Where the system has no signals, this ends the process at once.
    os.kill(os.getpid(), signal.SIGTERM)
    threading.main_thread().join(_PATIENCE)
    os._exit(1)
