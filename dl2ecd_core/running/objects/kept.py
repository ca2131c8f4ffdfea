"""What tiles showed so far, in a file: a run that was killed goes on after the last whole tile.

Each tile's objects lie one after the other: a head of fixed length, the numbers, then the outlines
as well-known binary. What is cut off in the middle was never finished.
"""

from __future__ import annotations

import os
import struct
from typing import TYPE_CHECKING, BinaryIO, Callable, Iterable, Iterator, List, Optional, Sequence

from ...findings import Finding
from ..maps.part_file import PartFolder, said_of_begun
from ..rasters.raster import Window
from .found import Objects
from .searching import DETECTING, Runner

if TYPE_CHECKING:
    from ..sessions import Array

#: Objects, whether they are turned, whether they have outlines, bytes of these.
_HEAD = struct.Struct("<I??Q")
_CORNERS, _NUMBER = 64, 8
_LENGTH = "<u4"


class TileFile:
    """Objects of tiles, in the order of the tiles.

    It is a :class:`~dl2ecd_core.running.maps.part_file.Part` of its folder.
    """

    def __init__(self, folder: PartFolder, name: str) -> None:
        self._folder = folder
        self.unsynced = 0
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
        path = folder.path / name
        try:
            self._handle: BinaryIO = os.fdopen(os.open(path, flags, 0o666), "r+b", 1 << 20)
            self._size = os.fstat(self._handle.fileno()).st_size
        except OSError as error:
            raise folder.failure(error) from error
        folder.holds(self)

    def tiles(self) -> Iterator[Objects]:
        """Those that were finished; what comes after them is thrown away."""
        end = 0
        try:
            for _ in range(self._folder.done):
                part = self._read(end)
                if part is None:
                    break
                end = self._handle.tell()
                yield part
            self._handle.seek(end)
            self._handle.truncate()
        except OSError as error:
            raise self._folder.failure(error) from error

    def append(self, part: Objects) -> None:
        """The objects of the next tile."""
        import numpy
        import shapely

        shapes: Sequence[bytes] = ()
        if part.outlines is not None:
            shapes = shapely.to_wkb(part.outlines, output_dimension=2).tolist()
        lengths = numpy.array([len(shape) for shape in shapes], _LENGTH)
        drawn = lengths.tobytes() + b"".join(shapes)
        head = _HEAD.pack(len(part), part.turned, part.outlines is not None, len(drawn))
        numbers = (part.corners, part.scores, part.labels)
        data = [one.astype(kind).tobytes() for one, kind in zip(numbers, ("<f8", "<f8", "<i8"))]
        whole = b"".join((head, *data, drawn))
        try:
            self._handle.write(whole)
        except OSError as error:
            raise self._folder.failure(error) from error
        self.unsynced += len(whole)

    def sync(self) -> None:
        """Make what was written last."""
        self._handle.flush()
        os.fsync(self._handle.fileno())
        self.unsynced = 0

    def close(self) -> None:
        """Close the file."""
        self._handle.close()

    def _read(self, start: int) -> Optional[Objects]:
        """The tile that begins here; None where it is not whole, or makes no sense."""
        import numpy
        import shapely

        self._handle.seek(start)
        head = self._handle.read(_HEAD.size)
        if len(head) < _HEAD.size:
            return None
        count, turned, outlined, drawn = _HEAD.unpack(head)
        numbers = count * (_CORNERS + 2 * _NUMBER)
        if start + _HEAD.size + numbers + drawn > self._size:
            return None

        def array(kind: str, many: int) -> Array:
            found: Array = numpy.frombuffer(self._handle.read(8 * many), kind)
            return found

        corners = array("<f8", 8 * count).reshape(count, 4, 2)
        scores, labels = array("<f8", count), array("<i8", count)
        outlines = None
        if outlined:
            shapes = self._handle.read(drawn)
            lengths = numpy.frombuffer(shapes[: 4 * count], _LENGTH).astype("int64")
            ends = (4 * count + numpy.cumsum(lengths)).tolist()
            outlines = numpy.empty(count, object)
            parts = [shapes[end - size : end] for end, size in zip(ends, lengths.tolist())]
            try:
                outlines[:] = shapely.from_wkb(parts)
            except shapely.errors.ShapelyError:
                return None
        return Objects(corners, scores, labels, turned, outlines=outlines)


def kept(run: Runner, folder: PartFolder, tell: Callable[[Finding], object]) -> Runner:
    """Runs tiles, and keeps what those of the first round show.

    Parameters
    ----------
    tell
        Hears where an earlier run is gone on with.
    """
    file = TileFile(folder, "objects")

    def running(windows: Sequence[Window], doing: str) -> Iterable[Objects]:
        if doing != DETECTING:
            yield from run(windows, doing)
            return
        done: List[Objects] = list(file.tiles())
        for item in said_of_begun(len(done), len(windows), "tile"):
            tell(item)
        yield from done
        for count, part in enumerate(run(windows[len(done) :], doing), len(done) + 1):
            file.append(part)
            folder.finished(count)
            yield part
        folder.note(len(windows))

    return running
