"""Which objects have data under them: what a model sees in no data is nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array


def with_data(objects: Objects, valid: Array) -> Array:
    """``(n,)``: which objects of a tile have data in any of their pixels.

    Parameters
    ----------
    objects
        In the tile's pixels. One that lies beside these altogether stays: nothing is known there.
    valid
        ``(rows, columns)``: where the tile has data.
    """
    import numpy

    size = numpy.array(valid.shape[::-1])
    bounds = objects.bounds
    low = numpy.clip(numpy.floor(bounds[:, :2]), 0, size).astype("int64")
    high = numpy.clip(numpy.ceil(bounds[:, 2:]), 0, size).astype("int64")
    # How many pixels with data lie to the left of and above each corner of a pixel.
    sums = numpy.pad(valid.astype("int64").cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    (left, top), (right, bottom) = low.T, high.T
    counts = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    areas = (high - low).prod(1)
    found: Array = (counts > 0) | (areas == 0)
    if objects.turned or objects.outlines is not None:
        # In the corners of their boxes may be data that they don't reach.
        for place in numpy.flatnonzero(found & (counts < areas)).tolist():
            part = valid[top[place] : bottom[place], left[place] : right[place]]
            found[place] = _reaches(_shape(objects, place), part, left[place], top[place])
    return found


def _shape(objects: Objects, place: int) -> object:
    import shapely

    if objects.outlines is not None:
        return objects.outlines[place]
    return shapely.polygons(objects.corners[place])


def _reaches(shape: object, valid: Array, left: int, top: int) -> bool:
    """Whether a shape covers the middle of any pixel with data, or lies in one."""
    import numpy
    import shapely

    rows, columns = numpy.nonzero(valid)
    if shapely.contains_xy(shape, left + columns + 0.5, top + rows + 0.5).any():
        return True
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    column, row = numpy.floor(middle).astype("int64") - (left, top)
    inside = 0 <= row < valid.shape[0] and 0 <= column < valid.shape[1]
    return bool(inside and valid[row, column])
