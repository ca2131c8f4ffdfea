"""``-`` in place of a file: standard input, and standard output."""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Iterable, Iterator, Optional, Tuple

from ..files.output import write_failure
from ..files.scratch import scratch_folder
from ..findings import Finding, Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import printable

STANDARD = "-"
#: Bytes that are kept at a time.
_PIECE = 1 << 20


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

        Raises
        ------
        Dl2EcdError
            ``file-unreadable`` where standard input can't be read; ``output-disk-full`` or
            ``output-not-writable`` where there is no room to keep it.
        """
        if given != STANDARD:
            return given
        if self._kept is not None:
            return self._kept
        try:
            kept = Path(_temporary(self._stack), STANDARD)
            with kept.open("wb") as copy:
                for piece in _pieces(most):
                    copy.write(piece)
        except OSError as error:
            raise _no_room(error) from error
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
            try:
                folder = _temporary(self._stack)
            except OSError as error:
                raise _no_room(error) from error
            self.path = Path(folder, STANDARD + self._ending)
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    @property
    def content(self) -> bytes:
        """What was written; nothing when nothing was."""
        return self.path.read_bytes() if self.path.exists() else b""


def _temporary(stack: ExitStack) -> Path:
    return stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))


def _no_room(error: OSError) -> Dl2EcdError:
    """What is said where the folder for temporary files, or all of them, can't be written to."""
    return write_failure(error, tempfile.tempdir or "the folder for temporary files")


def _pieces(most: Optional[int]) -> Iterator[bytes]:
    """Standard input, as far as it is wanted."""
    left = sys.maxsize if most is None else most
    while left:
        try:
            piece = sys.stdin.buffer.read(min(left, _PIECE))
        except OSError as error:
            reason = printable(error.strerror or str(error))
            raise Dl2EcdError(
                [
                    finding(
                        "file-unreadable",
                        f"Standard input can't be read: {reason}.",
                        where=Place(file=STANDARD),
                    )
                ]
            ) from error
        if not piece:
            return
        left -= len(piece)
        yield piece
