"""A child process that looks at files of strangers in the way their own loaders do."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Iterator, List, Optional, Sequence, Type

_ROOT = Path(__file__).parents[2]


class Child:
    """Answers about pieces of content, one JSON value each; started again when one kills it.

    Parameters
    ----------
    module
        Run by its name: reads names of files from its standard input, which hold pieces, each
        after its length (u32), and writes a line for each.
    folder
        Where the pieces are laid down for it.
    """

    def __init__(self, module: str, folder: Path) -> None:
        self.died = 0
        self._module = module
        self._batch = folder / "batch"
        self._child = self._started()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self._child.communicate()

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", self._module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
        )

    def answers(self, pieces: Sequence[bytes]) -> List[Any]:
        """What it says about each; None for a piece that kills the process."""
        told: List[Any] = []
        while len(told) < len(pieces):
            left = pieces[len(told) :]
            self._batch.write_bytes(b"".join(struct.pack("<I", len(data)) + data for data in left))
            told += self._asked(len(left))
        return told

    def _asked(self, count: int) -> Iterator[Any]:
        """The answers up to the first that does not come."""
        child = self._child
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(bytes(self._batch) + b"\n")
        child.stdin.flush()
        for _ in range(count):
            line = child.stdout.readline()
            if not line:
                self.died += 1
                child.communicate()
                self._child = self._started()
                yield None
                return
            yield json.loads(line)


def pieces(batch: Path) -> Iterator[bytes]:
    """The pieces of a file, for the child."""
    content = batch.read_bytes()
    at = 0
    while at < len(content):
        (length,) = struct.unpack_from("<I", content, at)
        at += 4 + length
        yield content[at - length : at]
