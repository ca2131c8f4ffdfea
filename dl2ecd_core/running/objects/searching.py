"""A scene tile by tile, and once more around what the edges of tiles cut.

Tiles are read in one thread and run in as many as there are cores.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import (
    TYPE_CHECKING,
    Callable,
    Deque,
    Iterable,
    Iterator,
    List,
    Optional,
    Sequence,
    Tuple,
)

from ...findings.errors import Cancelled
from ...progress import Listener
from ..engine import pools
from ..processes.cores import cores
from ..rasters.raster import Block, RasterReader, Window
from .detector import Detector
from .found import Objects, joined
from .measured import with_data
from .region import Region
from .tiling import tile_windows, windows_around
from .whole import NEAR, Gathered, confirming, cut_sides, edges_of, gathered

if TYPE_CHECKING:
    from ..sessions import Array

#: What a listener hears while tiles are searched, and while some are looked at again.
DETECTING, AGAIN = "Detecting", "Looking again at what tiles cut"
_ALL = Region()
#: In pixels: what is less broad is none but by rounding, and to a line where it is written.
_BREADTH = 0.01


@dataclass(frozen=True)
class Search:
    """What was found in a scene.

    Attributes
    ----------
    objects
        In the scene's pixels, the best first.
    cut
        How many of them end where a tile does: pieces of something longer.
    tiles
        How many tiles there are.
    """

    objects: Objects
    cut: int
    tiles: int


def search(
    reader: RasterReader,
    detector: Detector,
    *,
    region: Optional[Region] = None,
    workers: Optional[int] = None,
    listener: Optional[Listener] = None,
) -> Search:
    """Find all objects of a scene, or of a part of it.

    Raises
    ------
    RunningRefused
        When the model does not run.
    Cancelled
        When the listener says so.
    """
    run = runner(reader, detector, workers, listener)
    return found_by(run, (reader.height, reader.width), detector, region or _ALL)


#: Gives the objects of one tile after the other, in the scene's pixels; and is told what for.
Runner = Callable[[Sequence[Window], str], Iterable[Objects]]


def runner(
    reader: RasterReader,
    detector: Detector,
    workers: Optional[int] = None,
    listener: Optional[Listener] = None,
) -> Runner:
    """Runs tiles in this process, as many at once as there are cores by default."""
    return _Running(reader, detector, workers or cores(), listener or Listener()).parts


def found_by(
    run: Runner, size: Tuple[int, int], detector: Detector, region: Region = _ALL
) -> Search:
    """What is found by whatever runs tiles, here or on other machines.

    Parameters
    ----------
    run
        Is asked twice: for the tiles of :func:`tiles_of`, and for some around what their edges cut.
    size
        Rows and columns of the scene.
    region
        The part of it that is wanted.
    """
    import numpy

    windows = region.touched(tiles_of(size, detector))
    parts = list(run(windows, DETECTING))
    found = gathered(parts, windows, size, detector.iou)
    pieces = found.objects.taken(found.pieced)
    near = pieces.bounds[region.meets(pieces.bounds)]
    closer = windows_around(near, size, detector.tile, NEAR)
    if closer:
        again = zip(closer, list(run(closer, AGAIN)))
        parts += [_whole(part, window, size, pieces) for window, part in again]
        found = gathered(parts, [*windows, *closer], size, detector.iou)
    found = found.taken(numpy.flatnonzero(region.has(found.objects)))
    objects, cut = _inside(found, size)
    return Search(objects, cut, len(parts))


def tiles_of(size: Tuple[int, int], detector: Detector) -> List[Window]:
    """Tiles row by row, as far as they lie in the scene."""
    return tile_windows(size, detector.tile, detector.overlap)


@dataclass(frozen=True)
class _Running:
    """Runs tiles in this process."""

    reader: RasterReader
    detector: Detector
    workers: int
    heard: Listener

    def parts(self, windows: Sequence[Window], doing: str) -> Iterator[Objects]:
        waiting = deque(windows)
        reader, detector, done = self.reader, self.detector, 0
        with pools(self.workers) as (ahead, pool):
            reading: Deque[Tuple[Window, Future[Block]]] = deque()
            running: Deque[Future[Objects]] = deque()
            while waiting or reading or running:
                while waiting and len(reading) < 2:
                    window = waiting.popleft()
                    reading.append((window, ahead.submit(reader.read, window, detector.bands)))
                while reading and len(running) <= self.workers:
                    window, block = reading.popleft()
                    running.append(pool.submit(objects_in, detector, block.result(), window))
                part = running.popleft().result()
                if self.heard.cancelled():
                    raise Cancelled
                done += 1
                yield part
                self.heard.progressed(done, len(windows), doing)


def objects_in(detector: Detector, block: Block, window: Window) -> Objects:
    """A tile's objects in the scene's pixels; of no data alone there are none, nor is it run."""
    if block.valid is not None and not bool(block.valid.any()):
        return joined(())
    found = detector.objects(block.pixels)
    measured = block.valid if block.measured is None else block.measured
    if measured is not None:
        found = found.taken(with_data(found, measured))
    return found.moved(window.left, window.top)


def _whole(part: Objects, window: Window, size: Tuple[int, int], pieces: Objects) -> Objects:
    """Of what a second look shows, the whole objects that pieces were of, and nothing else."""
    import numpy

    edges = edges_of([window]).repeat(len(part), 0)
    cut = numpy.any(cut_sides(part.bounds, edges, size), axis=1)
    part = part.taken(numpy.flatnonzero(~cut))
    return part.taken(numpy.flatnonzero(confirming(part, pieces)))


def _inside(found: Gathered, size: Tuple[int, int]) -> Tuple[Objects, int]:
    """Upright outlines end with the scene; what has no breadth in it is nothing."""
    import numpy
    import shapely

    objects, (height, width) = found.objects, size
    low, high = objects.bounds[:, :2], objects.bounds[:, 2:]
    stays: Array = numpy.all((high > 0) & (low < (width, height)), axis=1)
    outlines = objects.outlines
    if not objects.turned:
        corners = numpy.clip(objects.corners, 0, (width, height))
        objects = replace(objects, corners=corners)
    if outlines is not None:
        outlines = outlines.copy()
        scene = shapely.box(0, 0, width, height)
        for place in numpy.flatnonzero(~shapely.covered_by(outlines, scene)).tolist():
            parts = shapely.get_parts(shapely.intersection(outlines[place], scene))
            areas = parts[shapely.get_dimensions(parts) == 2]
            outlines[place] = shapely.multipolygons(areas)
        stays &= ~shapely.is_empty(outlines)
        objects = replace(objects, outlines=outlines)
    sides = objects.corners[:, 1:3] - objects.corners[:, :2]
    stays &= numpy.all(numpy.linalg.norm(sides, axis=2) >= _BREADTH, axis=1)
    return objects.taken(stays), int(found.cut[stays].sum())
