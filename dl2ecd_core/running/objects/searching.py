"""A scene tile by tile: each object once, and whole where tiles share as much as it is long.

Tiles are read in one thread and run in as many as there are cores. What the edge of a tile cuts
lies whole in its neighbour, if it is no longer than tiles share; the piece then goes.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Deque, List, Optional, Sequence, Tuple

from ...findings.errors import Cancelled
from ...progress import Listener
from ..engine import cores, pools
from ..rasters import Block, RasterReader, Window
from .detector import Detector
from .found import Objects, joined
from .suppression import suppressed_across
from .tiling import tile_starts

if TYPE_CHECKING:
    from ..sessions import Array

#: What a listener hears while tiles are searched.
DETECTING = "Detecting"
#: An object that ends so near to a tile's edge is cut by it, in pixels.
_NEAR = 2.0


@dataclass(frozen=True)
class Search:
    """What was found in a scene.

    Attributes
    ----------
    objects
        In the scene's pixels, the best first.
    cut
        How many of them are pieces of something longer than tiles share.
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
    workers: Optional[int] = None,
    listener: Optional[Listener] = None,
) -> Search:
    """Find all objects of a scene.

    Raises
    ------
    RunningRefused
        When the model does not run.
    Cancelled
        When the listener says so.
    """
    heard = listener or Listener()
    size = reader.height, reader.width
    windows = tiles_of(size, detector)
    waiting = deque(windows)
    many = workers or cores()
    parts: List[Objects] = []
    cuts: List[Array] = []
    with pools(many) as (ahead, pool):
        reading: Deque[Tuple[Window, Future[Block]]] = deque()
        running: Deque[Tuple[Window, Future[Objects]]] = deque()
        while waiting or reading or running:
            while waiting and len(reading) < 2:
                window = waiting.popleft()
                reading.append((window, ahead.submit(reader.read, window, detector.bands)))
            while reading and len(running) <= many:
                window, block = reading.popleft()
                running.append((window, pool.submit(objects_in, detector, block.result(), window)))
            window, future = running.popleft()
            found = future.result()
            parts.append(found)
            cuts.append(cut_by(found, window, size))
            if heard.cancelled():
                raise Cancelled
            heard.progressed(len(parts), len(windows), DETECTING)
    return best_of(parts, cuts, size, detector.iou)


def best_of(
    parts: Sequence[Objects], cuts: Sequence[Array], size: Tuple[int, int], iou: float
) -> Search:
    """What stays of the objects of all tiles.

    Parameters
    ----------
    parts, cuts
        The objects of each tile in the order of :func:`tiles_of`, and which of them its edge cuts.
    size
        Rows and columns of the scene.
    """
    import numpy

    together = joined(parts)
    tiles = numpy.repeat(numpy.arange(len(parts)), [len(part) for part in parts])
    cut = numpy.concatenate(cuts)
    stays = suppressed_across(together, tiles, cut, iou)
    best = stays[numpy.argsort(-together.scores[stays], kind="stable")]
    return Search(_inside(together.taken(best), size), int(cut[best].sum()), len(parts))


def tiles_of(size: Tuple[int, int], detector: Detector) -> List[Window]:
    """Tiles row by row, as far as they lie in the scene."""
    (height, width), (rows, columns) = size, detector.tile
    return [
        Window(top, min(top + rows, height), left, min(left + columns, width))
        for top in tile_starts(height, rows, detector.overlap)
        for left in tile_starts(width, columns, detector.overlap)
    ]


def objects_in(detector: Detector, block: Block, window: Window) -> Objects:
    """A tile's objects in the scene's pixels; tiles of no data alone are not run."""
    if block.valid is not None and not bool(block.valid.any()):
        return joined(())
    return detector.objects(block.pixels).moved(window.left, window.top)


def cut_by(objects: Objects, window: Window, size: Tuple[int, int]) -> Array:
    """Whether an edge of its tile that is no edge of the scene cuts an object."""
    left, top, right, bottom = objects.bounds.T
    near: Array = (left < window.left + _NEAR) & (window.left > 0)
    near |= (top < window.top + _NEAR) & (window.top > 0)
    near |= (right > window.right - _NEAR) & (window.right < size[1])
    near |= (bottom > window.bottom - _NEAR) & (window.bottom < size[0])
    return near


def _inside(objects: Objects, size: Tuple[int, int]) -> Objects:
    """Upright outlines end with the scene; what lies outside of it altogether is nothing."""
    import numpy

    height, width = size
    low, high = objects.bounds[:, :2], objects.bounds[:, 2:]
    touching = (high > 0) & (low < (width, height)) & (high > low)
    if not objects.turned:
        corners = numpy.clip(objects.corners, 0, (width, height))
        objects = replace(objects, corners=corners)
    return objects.taken(numpy.flatnonzero(numpy.all(touching, axis=1)))
