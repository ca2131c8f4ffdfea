"""Processes that this project starts: Python, with modules of its own, and nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from typing import BinaryIO, Mapping, Sequence, cast


@dataclass(frozen=True)
class ModuleProcess:
    """A process that answers questions.

    Attributes
    ----------
    questions, answers
        Its standard input and output.
    """

    process: subprocess.Popen[bytes]
    questions: BinaryIO
    answers: BinaryIO

    def end(self) -> None:
        """End it, whatever it is doing."""
        for stream in (self.questions, self.answers):
            try:
                stream.close()
            except OSError:
                # It is gone already, with something still to be said.
                continue
        self.process.kill()
        self.process.wait()


def module_process(module: str, arguments: Sequence[str]) -> ModuleProcess:
    """Start a module of this package in a Python of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    questions, answers = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
    return ModuleProcess(process, questions, answers)


def command_process(
    arguments: Sequence[str], environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start this project's command line, with the same streams and a word in its environment."""
    return subprocess.Popen(
        [sys.executable, "-m", "dl2ecd_core.cli", *arguments], env={**os.environ, **environment}
    )
