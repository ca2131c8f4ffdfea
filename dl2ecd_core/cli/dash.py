"""``-`` in place of a file: standard input, and standard output."""

from __future__ import annotations

import shutil
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Iterable, Optional, Tuple

from ..files.scratch import scratch_folder
from ..findings import Finding

STANDARD = "-"


class StandardInput:
    """Lets ``-`` stand for one input, which is kept in a temporary file meanwhile.

    Readers need to go back and forth in a file, which no pipe can. The file bears the name ``-``.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._kept: Optional[str] = None

    def __enter__(self) -> StandardInput:
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def path(self, given: str, *, most: Optional[int] = None) -> str:
        """The path to read from for what was given.

        Parameters
        ----------
        most
            Bytes after which no more is read: the reader refuses so many.
        """
        if given != STANDARD:
            return given
        if self._kept is not None:
            return self._kept
        folder = self._stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        kept = Path(folder, STANDARD)
        with kept.open("wb") as copy:
            if most is None:
                shutil.copyfileobj(sys.stdin.buffer, copy)
            else:
                copy.write(sys.stdin.buffer.read(most))
        self._kept = str(kept)
        return self._kept

    def told(self, findings: Iterable[Finding]) -> Tuple[Finding, ...]:
        """Findings that name ``-``, as the person did, instead of the temporary file."""
        return tuple(self._renamed(item) for item in findings)

    def _renamed(self, item: Finding) -> Finding:
        kept = self._kept
        if kept is None:
            return item
        file = item.where.file
        return replace(
            item,
            message=item.message.replace(kept, STANDARD),
            hint=item.hint.replace(kept, STANDARD),
            where=replace(item.where, file=file and file.replace(kept, STANDARD)),
        )


class Output:
    """A file to write, where ``-`` stands for standard output.

    Attributes
    ----------
    path
        Where to write; the name for standard output has the ending of its kind.
    """

    def __init__(self, given: str, ending: str = "") -> None:
        self._stack = ExitStack()
        self._ending = ending
        self.path = Path(given)

    def __enter__(self) -> Output:
        if str(self.path) == STANDARD:
            folder = scratch_folder(Path(tempfile.gettempdir()))
            self.path = Path(self._stack.enter_context(folder), STANDARD + self._ending)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def content(self) -> bytes:
        """What was written; nothing when nothing was."""
        return self.path.read_bytes() if self.path.exists() else b""
