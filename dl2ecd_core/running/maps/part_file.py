"""A result that is being made: rows on disk, and how many of them there are.

Rows lie one after the other in a plain file, so that a run that was killed goes on where it
stopped. A journal beside it says what the rows are the result of; another scene, model or option
begins anew.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Dict, Iterator, List, Mapping, Optional, Protocol

from ...files.output import refused, write_failure
from ...files.strays import LOCK, held_alone
from ...findings import Finding
from ...findings.errors import Cancelled, ConversionRefused
from ...findings.rules import finding
from ...findings.wording import printable
from ..extras import RunningRefused

if TYPE_CHECKING:
    from ..sessions import Array

#: Bytes, and seconds, after which what is written is made to last.
_SYNCED, _PATIENCE = 64 << 20, 5.0
_STRIP = 8 << 20
_JOURNAL = "journal.json"


class Part(Protocol):
    """A file of an unfinished result."""

    @property
    def unsynced(self) -> int:
        """Bytes that were written and may not last yet."""
        ...

    def sync(self) -> None:
        """Make what was written last."""
        ...

    def close(self) -> None:
        """Close the file."""
        ...


@contextmanager
def part_folder(target: Path, key: Mapping[str, Any]) -> Iterator[PartFolder]:
    """The folder of an unfinished result, for as long as it is worked on.

    It goes when the result is made, and when the run ends in a way that the same command would end
    in again: cancelled, or refused. What a killed run leaves, and one without room to write, stays.
    """
    folder = PartFolder(target, key)
    try:
        yield folder
    except (Cancelled, KeyboardInterrupt, RunningRefused):
        folder.remove()
        raise
    finally:
        folder.close()
    folder.remove()


class PartFolder:
    """The folder of an unfinished result, beside the target.

    Parameters
    ----------
    target
        The raster that is being made.
    key
        What it is the result of; what was begun with another key is thrown away.
    """

    def __init__(self, target: Path, key: Mapping[str, Any]) -> None:
        self.path = folder_of(target)
        self._target = target
        self._journal = self.path / _JOURNAL
        self._key = json.loads(json.dumps(key))
        self._files: List[Part] = []
        self._lock: Optional[BinaryIO] = None
        self._noted = time.monotonic()
        self.done = 0
        try:
            self._open()
        except OSError as error:
            self.close()
            raise self.failure(error) from error

    def failure(self, error: OSError) -> ConversionRefused:
        """What a failed write means; of a full disk, that nothing is lost."""
        said = write_failure(error, self._target)
        return no_room(self._target) if said.findings[0].rule == "output-disk-full" else said

    def _open(self) -> None:
        self.path.mkdir(exist_ok=True)
        self._lock = held_alone(self.path / LOCK)
        if self._lock is None:
            raise refused(
                "output-in-the-making",
                f"Another run makes '{printable(str(self._target), 400)}' right now.",
                "Wait until it is done, or choose another output.",
                self._target,
            )
        known = self._read_journal()
        rows = known.get("rows")
        if known.get("key") == self._key and isinstance(rows, int):
            self.done = max(rows, 0)
            return
        for left in self.path.iterdir():
            if left.name != LOCK:
                left.unlink()
        self._write_journal(0)

    def _read_journal(self) -> Dict[str, Any]:
        try:
            known = json.loads(self._journal.read_text(encoding="ascii"))
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    def _write_journal(self, rows: int) -> None:
        new = self._journal.with_suffix(".new")
        new.write_text(json.dumps({"key": self._key, "rows": rows}), encoding="ascii")
        new.replace(self._journal)

    def file(self, name: str, width: int, layers: int, data_type: str) -> PartFile:
        """A file of rows in this folder; what is beyond the finished rows is thrown away."""
        part = PartFile(self, self.path / name, width, layers, data_type)
        self.holds(part)
        return part

    def holds(self, part: Part) -> None:
        """Another file is of this folder."""
        self._files.append(part)

    def finished(self, rows: int) -> None:
        """So many rows are written in all files: note it when much was written since."""
        unsynced = sum(part.unsynced for part in self._files)
        if unsynced >= _SYNCED or time.monotonic() - self._noted >= _PATIENCE:
            self.note(rows)

    def note(self, rows: int) -> None:
        """Make what is written last, and note that it is there."""
        try:
            for part in self._files:
                part.sync()
            self._write_journal(rows)
            self._noted = time.monotonic()
        except OSError as error:
            raise self.failure(error) from error

    def close(self) -> None:
        """Close the files and leave them; where there is nothing in them, they go."""
        for part in self._files:
            part.close()
        if self._lock is not None:
            bare = _size_of(self.path) == 0
            self._lock.close()
            self._lock = None
            if bare:
                shutil.rmtree(self.path, ignore_errors=True)

    def remove(self) -> None:
        """Take the folder away; what another program holds, as a virus scanner may, stays.

        The result is made by then, and the next run for the same target takes the folder up.
        """
        self.close()
        shutil.rmtree(self.path, ignore_errors=True)


class PartFile:
    """Rows of one raster; all layers of a row lie together.

    It is a :class:`~dl2ecd_core.running.rasters.raster.RasterWriter`.
    """

    def __init__(
        self, folder: PartFolder, path: Path, width: int, layers: int, data_type: str
    ) -> None:
        import numpy

        self.path, self.width, self.layers, self.data_type = path, width, layers, data_type
        self._folder = folder
        self._row = width * layers * numpy.dtype(data_type).itemsize
        self.unsynced = 0
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            self._handle: Optional[BinaryIO] = os.fdopen(
                os.open(path, flags, 0o666), "r+b", 1 << 20
            )
            size = os.fstat(self._handle.fileno()).st_size
        except OSError as error:
            raise folder.failure(error) from error
        folder.done = min(folder.done, size // self._row) if self._row else 0

    def write(self, top: int, strip: Array) -> None:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterWriter`."""
        import numpy

        if strip.ndim == 3:
            strip = strip.transpose(1, 0, 2)
        handle = self._open_handle()
        data = numpy.ascontiguousarray(strip, numpy.dtype(self.data_type).newbyteorder("<"))
        try:
            handle.seek(top * self._row)
            handle.write(data.tobytes())
        except OSError as error:
            raise self._folder.failure(error) from error
        self.unsynced += data.nbytes

    def rows(self, bottom: int) -> Iterator[Array]:
        """The rows up to `bottom`, in strips ``(rows, layers, columns)``, to be read again."""
        import numpy

        handle = self._open_handle()
        handle.flush()
        step = max(_STRIP // max(self._row, 1), 1)
        for top in range(0, bottom, step):
            count = min(step, bottom - top)
            handle.seek(top * self._row)
            data = handle.read(count * self._row)
            kind = numpy.dtype(self.data_type).newbyteorder("<")
            yield numpy.frombuffer(data, kind).reshape(count, self.layers, self.width)

    def _open_handle(self) -> BinaryIO:
        if self._handle is None:
            raise ValueError("the file of rows is closed")
        return self._handle

    def sync(self) -> None:
        """Make what was written last."""
        handle = self._open_handle()
        handle.flush()
        os.fsync(handle.fileno())
        self.unsynced = 0

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            # What could not be written was said when it was tried.
            with suppress(OSError):
                self._handle.close()
            self._handle = None


def no_room(target: Path) -> ConversionRefused:
    """What to say of a full disk, where nothing is lost."""
    folder = folder_of(target)
    size = _size_of(folder)
    kept = (
        f" What is done so far lies in the hidden folder '{printable(str(folder), 400)}' and takes "
        f"{max(size / (1 << 20), 0.1):,.1f} MiB: delete it if the result is not wanted any more."
        if size
        else ""
    )
    return refused(
        "output-disk-full",
        f"There is no room left to write '{printable(str(target), 400)}'.",
        f"Free some space and give the same command again: it goes on where it stopped.{kept} An "
        "older output was left as it was.",
        target,
    )


def _size_of(folder: Path) -> int:
    """Bytes of an unfinished result; 0 where there is nothing to go on with."""
    notes = (LOCK, _JOURNAL, str(Path(_JOURNAL).with_suffix(".new")))
    return sum(path.stat().st_size for path in folder.glob("*") if path.name not in notes)


def is_begun(target: Path) -> bool:
    """Whether there is something of a result that the next run for the same target goes on with.

    A folder of many results has those that are made, and what is unfinished of others.
    """
    return target.is_dir() or folder_of(target).exists()


def said_of_begun(done: int, total: int, unit: str) -> List[Finding]:
    """What to say where an earlier run has done a part of a result already.

    Parameters
    ----------
    done, total
        How many rows or tiles there are already, and in the end.
    unit
        One of them, in a word.
    """
    if not done:
        return []
    # Where all are there, what was missing is the file that is made of them.
    here = f"at {unit} {done + 1:,} of {total:,}" if done < total else f"after the last {unit}"
    return [
        finding(
            "result-continued",
            f"An earlier run of the same command was stopped; this one goes on {here}.",
        )
    ]


def folder_of(target: Path) -> Path:
    """Where an unfinished result lies; the same for every run that makes this target."""
    import hashlib

    real = Path(os.path.realpath(target))
    digest = hashlib.sha256(os.fsencode(real.name)).hexdigest()[:16]
    return real.parent / f".dl2ecd-{digest}.part"
