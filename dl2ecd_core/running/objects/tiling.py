"""Where a detector's tiles lie: inside the scene, so far over each other that objects fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Tuple

from ..rasters.raster import Window

if TYPE_CHECKING:
    from ..sessions import Array

#: Of pixels, where tiles begin that are laid around objects: the strides of most networks.
_STRIDE = 32


def tile_starts(size: int, tile: int, overlap: int) -> Tuple[int, ...]:
    """The first pixels of the tiles along an axis of `size` pixels.

    Neighbours share at least `overlap` pixels, so whatever is no longer than that lies whole in
    one of them. The last tile ends with the scene; a scene shorter than a tile has one.

    Examples
    --------
    >>> tile_starts(100, 40, 10)
    (0, 30, 60)
    >>> tile_starts(90, 40, 10), tile_starts(30, 40, 10)
    ((0, 25, 50), (0,))
    """
    if size <= tile:
        return (0,)
    count = -(-(size - overlap) // (tile - overlap))
    return tuple((size - tile) * place // (count - 1) for place in range(count))


def tile_windows(size: Tuple[int, int], tile: Tuple[int, int], overlap: int) -> List[Window]:
    """Tiles row by row, as far as they lie in the scene; `size` and `tile` are rows, columns."""
    (height, width), (rows, columns) = size, tile
    return [
        Window(top, min(top + rows, height), left, min(left + columns, width))
        for top in tile_starts(height, rows, overlap)
        for left in tile_starts(width, columns, overlap)
    ]


def windows_around(
    bounds: Array, size: Tuple[int, int], tile: Tuple[int, int], margin: float
) -> List[Window]:
    """Few tiles in which every one of these boxes lies whole, if it is so short.

    Parameters
    ----------
    bounds
        ``(n, 4)``: left, top, right, bottom, in the scene's pixels.
    margin
        Between a box and an edge of its tile that is none of the scene.
    """
    import numpy

    tall, wide = min(tile[0], size[0]), min(tile[1], size[1])
    low = numpy.maximum(bounds[:, :2] - margin, 0)
    high = numpy.minimum(bounds[:, 2:] + margin, (size[1], size[0]))
    rest = numpy.concatenate([low, high], 1)
    found: List[Window] = []
    while len(rest):
        left, top, right, bottom = rest[0].tolist()
        across = _start_around(left, right, wide, size[1])
        down = _start_around(top, bottom, tall, size[0])
        inside = (rest[:, :2] >= (across, down)) & (rest[:, 2:] <= (across + wide, down + tall))
        served: Array = numpy.all(inside, axis=1)
        if served[0]:
            found.append(Window(down, down + tall, across, across + wide))
            rest = rest[~served]
        else:
            rest = rest[1:]
    return found


def _start_around(low: float, high: float, tile: int, size: int) -> int:
    """Where a tile begins that has a span in its middle, as far as the scene and strides let it."""
    start = round(min(max((low + high - tile) / 2, 0), size - tile))
    stepped = start - start % _STRIDE
    return stepped if high <= stepped + tile else start
