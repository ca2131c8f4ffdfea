"""Which of overlapping objects stay: the best first, then what does not overlap those that stay.

The plain rule compares every object with all that stay. Here only those are compared whose bounds
meet, found in a tree of rectangles; the result is the same. Objects of different classes never
suppress one another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional, Tuple

from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array

#: So many objects look for their neighbours at first, and at most; and the pairs that may give.
#: Of those that lie in a heap few are asked at once, since most of the others go by that.
_FIRST, _MOST, _PAIRS = 64, 4096, 500_000
#: A piece of an object that a tile's edge cuts goes where so much of it lies in one that stays.
COVERED = 0.5


def suppressed(objects: Objects, iou: float) -> Array:
    """The places of objects that stay, the best first.

    Parameters
    ----------
    iou
        What overlaps by more than this (intersection over union) with a better one of its class
        goes.
    """
    import numpy

    order = numpy.argsort(-objects.scores, kind="stable")
    return order[_greedy(objects.taken(order), iou)]


def suppressed_across(
    objects: Objects, tiles: Array, cut: Array, iou: float, *, by_pieces: bool = True
) -> Array:
    """The places of objects that stay, where tiles overlap and each has been suppressed by itself.

    Parameters
    ----------
    tiles
        Which tile each object is of: those of one tile leave one another alone.
    cut
        Whether the edge of its tile cuts an object. Whole ones come first, and a piece goes also
        where half of it lies in an object that stays.
    by_pieces
        Whether pieces make others go, too.
    """
    import numpy

    order = numpy.lexsort((tiles, -objects.scores, cut))
    greedy = _greedy(objects.taken(order), iou, tiles[order], cut[order], by_pieces=by_pieces)
    return order[greedy]


def _greedy(
    objects: Objects,
    iou: float,
    tiles: Optional[Array] = None,
    cut: Optional[Array] = None,
    *,
    by_pieces: bool = True,
) -> Array:
    """The places of those that stay, of objects the best of which come first."""
    import numpy
    import shapely

    stays = numpy.ones(len(objects), bool)
    rectangles = shapely.box(*objects.bounds.T)
    # What is not decided yet, the best first; and what the tree holds.
    rest = held = numpy.arange(len(objects))
    tree, many = shapely.STRtree(rectangles), _FIRST
    while len(rest):
        asked, rest = rest[:many], rest[many:]
        places, neighbours = tree.query(rectangles[asked])
        many = int(min(max(many * _PAIRS // max(len(places), 1), 1), _MOST))
        better, others = asked[places], held[neighbours]
        wanted = (others > better) & stays[others]
        wanted &= objects.labels[better] == objects.labels[others]
        if tiles is not None:
            wanted &= tiles[better] != tiles[others]
        if cut is not None and not by_pieces:
            wanted &= ~cut[better]
        better, others = better[wanted], others[wanted]
        shared, union, own = overlaps(objects, better, others)
        goes = shared > iou * union
        if cut is not None:
            goes |= cut[others] & (shared > COVERED * own)
        _suppress(better[goes], others[goes], stays)
        rest = rest[stays[rest]]
        if 2 * len(rest) < len(held):
            held = rest
            tree = shapely.STRtree(rectangles[held])
    return numpy.flatnonzero(stays)


def _suppress(better: Array, others: Array, stays: Array) -> None:
    """In the order of the better ones: each that stays makes those others go."""
    import numpy

    sorting = numpy.argsort(better, kind="stable")
    better, others = better[sorting], others[sorting]
    starts = numpy.flatnonzero(numpy.diff(better, prepend=-1))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(better)]):
        if stays[better[start]]:
            stays[others[start:end]] = False


def overlaps(objects: Objects, these: Array, those: Array) -> Tuple[Array, Array, Array]:
    """Areas of pairs: of the intersection, of the union, and of the second alone."""
    import numpy
    import shapely

    if objects.turned:
        first, second = (shapely.polygons(objects.corners[one]) for one in (these, those))
        shared = shapely.area(shapely.intersection(first, second))
        mine, other = shapely.area(first), shapely.area(second)
    else:
        # Upright outlines go from their left upper corner to their right lower one.
        low, high = objects.corners[:, 0], objects.corners[:, 2]
        sides = numpy.minimum(high[these], high[those]) - numpy.maximum(low[these], low[those])
        shared = numpy.maximum(sides, 0).prod(1)
        area = numpy.maximum(high - low, 0).prod(1)
        mine, other = area[these], area[those]
    return shared, mine + other - shared, other
