"""The client's side of the folder in which pieces are gathered: what is done, and who wants it."""

from __future__ import annotations

import hashlib
import json
import time
import uuid
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Dict, Mapping, Optional, Tuple

from ..maps.part_file import PartFolder
from .orders import Plain
from .pieces import MARK, PieceFolder

_JOURNAL = "pieces.jsonl"
#: Seconds for workers to notice that nobody wants their work.
_STOPPING = 5.0


class Unfinished:
    """A result that is being made of pieces.

    Parameters
    ----------
    target
        What is made.
    key
        What it is the result of; what was begun with another key is thrown away.

    Attributes
    ----------
    pieces
        The folder, as workers are told of it.
    done
        What workers told of the pieces that are there, by their names.
    """

    def __init__(self, target: Path, key: Mapping[str, Any]) -> None:
        self._folder = PartFolder(target, key)
        text = json.dumps(key, sort_keys=True)
        digest = hashlib.sha256(text.encode("ascii")).hexdigest()
        self.pieces = PieceFolder(self._folder.path, uuid.uuid4().hex, digest)
        self._path = self._folder.path / _JOURNAL
        self.done: Dict[str, Plain] = {}
        try:
            self._take_up()
            self._journal: Optional[IO[str]] = self._path.open("a", encoding="ascii")
            (self._folder.path / MARK).write_text(self.pieces.mark, encoding="ascii")
        except OSError as error:
            self._folder.close()
            raise self._folder.failure(error) from error

    def _take_up(self) -> None:
        """What earlier runs have noted, as far as the pieces are there."""
        for stray in self._folder.path.glob("new-*"):
            stray.unlink(missing_ok=True)
        if not self._path.exists():
            return
        text = self._path.read_text(encoding="ascii", errors="replace")
        # A line that was cut off is not counted, and the next one begins anew.
        whole, _, torn = text.rpartition("\n")
        for line in whole.splitlines():
            try:
                name, told = json.loads(line)
            except ValueError:
                continue
            if (self._folder.path / name).exists():
                self.done[name] = told
        if torn:
            with self._path.open("a", encoding="ascii") as journal:
                journal.write("\n")

    def note(self, piece: Path, told: Plain) -> None:
        """A piece is there."""
        if self._journal is None:
            raise ValueError("the journal is closed")
        try:
            self._journal.write(f"{json.dumps([piece.name, told])}\n")
            self._journal.flush()
        except OSError as error:
            raise self._folder.failure(error) from error
        self.done[piece.name] = told

    def close(self) -> None:
        """Let workers stop, and leave what is done for the next run."""
        (self._folder.path / MARK).unlink(missing_ok=True)
        if self._journal is not None:
            # What can't be written any more was said when it was tried.
            with suppress(OSError):
                self._journal.close()
            self._journal = None
        self._folder.close()

    def remove(self) -> None:
        """Take it away; a worker that is at it still stops within a tile."""
        self.close()
        end = time.monotonic() + _STOPPING
        self._folder.remove()
        while self._folder.path.exists() and time.monotonic() < end:
            time.sleep(0.05)
            self._folder.remove()


def counted(told: Plain) -> Tuple[Dict[int, int], str]:
    """How many pixels of a piece have which value, and what ran the model."""
    values, numbers = told["counts"]
    return dict(zip(values, numbers)), told["runtime"]
