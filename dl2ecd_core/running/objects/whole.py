"""Objects of several tiles become those of the scene: each once, and whole.

What the edge of a tile cuts lies whole in its neighbour, if it is no longer than tiles share; the
piece then goes. Pieces that no whole object covers are put together where neighbouring tiles saw
the same of them: in the band that both tiles show, their boxes must agree.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, List, Sequence, Tuple

from ..rasters.raster import Window
from .found import Objects, joined
from .suppression import overlaps, suppressed_across

if TYPE_CHECKING:
    from ..sessions import Array

#: An object that ends so near to a tile's edge is cut by it, in pixels.
NEAR = 2.0
#: How much two pieces of one object have in common of what both tiles show of them (intersection
#: over union).
_AGREE = 0.5


@dataclass(frozen=True)
class Gathered:
    """The objects of several tiles.

    Attributes
    ----------
    objects
        In the scene's pixels.
    pieced
        ``(n,)``: which are, or were put together of, what edges of tiles cut.
    cut
        ``(n,)``: which of these still end where a tile does.
    """

    objects: Objects
    pieced: Array
    cut: Array

    def taken(self, chosen: Array) -> Gathered:
        """Those at these places, or where a mask is true, in that order."""
        return Gathered(self.objects.taken(chosen), self.pieced[chosen], self.cut[chosen])


def gathered(
    parts: Sequence[Objects], windows: Sequence[Window], size: Tuple[int, int], iou: float
) -> Gathered:
    """All objects of the scene, the best first.

    Parameters
    ----------
    parts
        The objects of each tile, in the scene's pixels.
    windows
        Where each tile lies.
    size
        Rows and columns of the scene.
    iou
        As in :func:`~dl2ecd_core.running.objects.suppression.suppressed`.
    """
    import numpy

    together = joined(parts)
    tiles = numpy.repeat(numpy.arange(len(parts)), [len(part) for part in parts])
    edges = edges_of(windows)[tiles]
    sides = cut_sides(together.bounds, edges, size)
    cut: Array = numpy.any(sides, axis=1)
    stays = suppressed_across(together, tiles, cut, iou, by_pieces=False)
    whole, pieces = stays[~cut[stays]], stays[cut[stays]]
    merged, still = _merged(together.taken(pieces), tiles[pieces], edges[pieces], sides[pieces])
    result = Gathered(
        joined([together.taken(whole), merged]),
        numpy.arange(len(whole) + len(merged)) >= len(whole),
        numpy.concatenate([numpy.zeros(len(whole), bool), still]),
    )
    # What was put together is of no tile.
    origin = numpy.concatenate([tiles[whole], len(parts) + numpy.arange(len(merged))])
    stays = suppressed_across(result.objects, origin, result.cut, iou)
    best = stays[numpy.argsort(-result.objects.scores[stays], kind="stable")]
    return result.taken(best)


def edges_of(windows: Sequence[Window]) -> Array:
    """``(n, 4)``: left, top, right, bottom of each."""
    import numpy

    sides = [(one.left, one.top, one.right, one.bottom) for one in windows]
    return numpy.array(sides, "float64").reshape(-1, 4)


def cut_sides(bounds: Array, edges: Array, size: Tuple[int, int]) -> Array:
    """``(n, 4)``: which edges of its tile, that are none of the scene, cut each object."""
    import numpy

    height, width = size
    inside = numpy.concatenate([edges[:, :2] > 0, edges[:, 2:] < (width, height)], 1)
    reached = [bounds[:, :2] < edges[:, :2] + NEAR, bounds[:, 2:] > edges[:, 2:] - NEAR]
    found: Array = inside & numpy.concatenate(reached, 1)
    return found


def confirming(objects: Objects, pieces: Objects) -> Array:
    """Which objects have half of some piece of their class in them."""
    import numpy
    import shapely

    tree = shapely.STRtree(shapely.box(*pieces.bounds.T))
    mine, piece = tree.query(shapely.box(*objects.bounds.T))
    both = joined([objects, pieces])
    shared, _, own = overlaps(both, mine, piece + len(objects))
    alike = (objects.labels[mine] == pieces.labels[piece]) & (2 * shared > own)
    found = numpy.zeros(len(objects), bool)
    found[mine[alike]] = True
    return found


def _merged(pieces: Objects, tiles: Array, edges: Array, sides: Array) -> Tuple[Objects, Array]:
    """Pieces that belong together become one; which of them still end where a tile does."""
    import numpy

    groups = _groups(len(pieces), _links(pieces, tiles, edges, sides))
    merged: List[Objects] = []
    still: List[bool] = []
    for members in groups:
        part = pieces.taken(members)
        low, high = part.bounds[:, :2].min(0), part.bounds[:, 2:].max(0)
        ends = numpy.concatenate([low, high])
        # An end is one where any tile sees beyond it.
        there = numpy.abs(part.bounds - ends) < NEAR
        still.append(bool((sides[members] | ~there).all(0).any()))
        merged.append(part if len(members) == 1 else _union(part, ends))
    return joined(merged), numpy.array(still, bool)


def _union(part: Objects, ends: Array) -> Objects:
    """One object of all pieces; its score is that of the best."""
    import numpy
    import shapely

    best = part.taken(numpy.argsort(-part.scores, kind="stable")[:1])
    left, top, right, bottom = ends
    corners = numpy.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    if part.turned:
        around = shapely.oriented_envelope(shapely.multipoints(part.corners.reshape(-1, 2)))
        corners = shapely.get_coordinates(around)[:4]
    outlines = part.outlines
    if outlines is not None:
        whole = shapely.union_all(outlines)
        outlines = numpy.empty(1, object)
        outlines[0] = shapely.multipolygons(shapely.get_parts(whole))
    return replace(best, corners=corners[None], outlines=outlines)


def _links(pieces: Objects, tiles: Array, edges: Array, sides: Array) -> Tuple[Array, Array]:
    """Pairs of pieces of neighbouring tiles that are of one object."""
    import numpy
    import shapely

    # Up to the edge that cuts it.
    bounds = numpy.where(sides, edges, pieces.bounds)
    rectangles = shapely.box(*bounds.T)
    these, those = shapely.STRtree(rectangles).query(rectangles, predicate="intersects")
    near = (tiles[these] < tiles[those]) & (pieces.labels[these] == pieces.labels[those])
    these, those = these[near], those[near]
    low = numpy.maximum(edges[these, :2], edges[those, :2])
    high = numpy.minimum(edges[these, 2:], edges[those, 2:])
    # Of tiles that only touch, each shows one side of a line, along which pieces must agree.
    thin = high - low < NEAR
    bands = shapely.box(*(low - NEAR * thin).T, *(high + NEAR * thin).T)
    shapes = rectangles
    if pieces.outlines is not None:
        shapes = pieces.outlines
    elif pieces.turned:
        shapes = shapely.polygons(pieces.corners)
    first, second = (shapely.intersection(shapes[one], bands) for one in (these, those))
    agree = _agreement(first, second, thin)
    # Of several in one tile, the one that agrees most.
    order = numpy.argsort(-agree, kind="stable")
    order = order[agree[order] >= _AGREE]
    for one, other in ((these, those), (those, these)):
        pair = numpy.stack([one[order], tiles[other[order]]], 1)
        best = numpy.unique(pair, axis=0, return_index=True)[1]
        order = order[numpy.sort(best)]
    return these[order], those[order]


def _agreement(first: Array, second: Array, thin: Array) -> Array:
    """How much of both lies in both, along the axes in which bands are not thin: 0 to 1."""
    import numpy
    import shapely

    one, other = (shapely.bounds(shapes) for shapes in (first, second))
    shared = numpy.minimum(one[:, 2:], other[:, 2:]) - numpy.maximum(one[:, :2], other[:, :2])
    lengths = [shared, one[:, 2:] - one[:, :2], other[:, 2:] - other[:, :2]]
    both, mine, its = (numpy.where(thin, 1, numpy.maximum(each, 0)).prod(1) for each in lengths)
    whole = mine + its - both
    # What has no part in the band agrees with nothing.
    found: Array = numpy.where(whole > 0, both / numpy.where(whole > 0, whole, 1), 0)
    return found


def _groups(count: int, links: Tuple[Array, Array]) -> List[Array]:
    """The places of pieces, those that are linked together, in order of their first."""
    import numpy

    group = numpy.arange(count)
    while True:
        least = group.copy()
        for one, other in (links, links[::-1]):
            numpy.minimum.at(least, one, group[other])
        if (least == group).all():
            break
        group = least
    order = numpy.argsort(group, kind="stable")
    starts = numpy.flatnonzero(numpy.diff(group[order], prepend=-1))
    return numpy.split(order, starts[1:]) if count else []
