"""Where a block of pixels lies in its scene, and which tiles give the pixels that are wanted of it.

A block has the pixels that are wanted with a padding on each side. ArcGIS tells the block's corner
and the size of the whole raster; so results are those of the whole, also at its edges.
"""

from __future__ import annotations

import math
from typing import Any, Iterator, List, Mapping, NamedTuple, Sequence, Tuple

import numpy as np

#: Pixels of a block along an axis, without its padding: at least, and at most unless a tile has
#: more.
_USUAL, _MOST = 1024, 4096


#: First row and column, rows and columns: where a block begins, and the size of its scene.
Place = NamedTuple("Place", [("top", int), ("left", int), ("height", int), ("width", int)])


def pixels_and_valid(blocks: Mapping[str, Any], bands: int) -> Tuple[Any, Any]:
    """The pixels of a block ``(bands, rows, columns)``, and where there is data.

    Raises
    ------
    ValueError
        When there are none, or of another number of bands than the model takes.
    """
    if blocks.get("raster_pixels") is None:
        raise ValueError("There is no input raster.")
    pixels = np.asarray(blocks["raster_pixels"])
    pixels = pixels[None] if pixels.ndim == 2 else pixels
    if pixels.ndim != 3 or len(pixels) != bands:
        raise ValueError(f"The raster gives {len(pixels)} bands, the model takes {bands}.")
    mask = blocks.get("raster_mask")
    valid = np.ones(pixels.shape, bool) if mask is None else np.asarray(mask) != 0
    # What is no number is not equal to itself.
    return pixels, (valid.any(0) if valid.ndim == 3 else valid) & (pixels == pixels).all(0)


def place_of(tlc: Any, shape: Any, props: Mapping[str, Any], valid: Any) -> Place:
    """Where a block lies in its scene.

    Parameters
    ----------
    tlc
        Column and row of the first pixel that is wanted.
    shape
        Of what is wanted; the last two are rows and columns.
    props
        ``height`` and ``width`` of the whole raster.
    valid
        ``(rows, columns)`` of the block: where there is data.

    Returns
    -------
    Place
        Where ArcGIS does not tell it, or what it tells does not go together with where there is
        data, the part of the block that has data is a scene of its own.
    """
    rows, columns = (int(size) for size in valid.shape)
    height, width = props.get("height"), props.get("width")
    corner = [float(one) for one in tlc]
    if isinstance(height, int) and isinstance(width, int) and all(map(float.is_integer, corner)):
        top = int(corner[1]) - (rows - int(shape[-2])) // 2
        left = int(corner[0]) - (columns - int(shape[-1])) // 2
        inside = valid[max(-top, 0) : max(height - top, 0), max(-left, 0) : max(width - left, 0)]
        if inside.size and int(inside.sum()) == int(valid.sum()):
            return Place(top, left, height, width)
    part = part_with_data(valid)
    return Place(-part.top, -part.left, part.height, part.width)


def part_with_data(valid: Any) -> Place:
    """The part of a block outside of which there is no data, where there is any."""
    down, across = valid.any(1).nonzero()[0], valid.any(0).nonzero()[0]
    (top, bottom), (left, right) = ((int(one[0]), int(one[-1]) + 1) for one in (down, across))
    return Place(top, left, bottom - top, right - left)


def window_spans(axis: Any, size: int, first: int, end: int) -> Iterator[Tuple[int, ...]]:
    """The fewest tiles along an axis that give the result pixels ``[first, end)`` of a scene.

    Parameters
    ----------
    axis
        How the model's output lies over its input: a
        :class:`~dl2ecd_core.running.tiles.placement.Placement` with a step, or a scene of one tile.
    size
        Of the whole scene.

    Yields
    ------
    tuple of int
        Origin, first and end of what is kept, and how much of the tile's output lies before it:
        as in :class:`~dl2ecd_core.running.tiles.planning.Span`.
    """
    unit, result = axis.outputs_per_stride, axis.result_size(size)
    before, after = axis.margins
    last = -(-max(result - axis.output, 0) // unit)
    while first < end:
        place = min(max(first - before, 0) // unit, last)
        stop = end if place == last else min(place * unit + axis.output - after, end)
        yield place * axis.stride - axis.lead, first, stop, first - place * unit
        first = stop


def padding_of(axes: Sequence[Any], asked: int) -> int:
    """The padding of blocks: all that any tile of theirs sees."""
    needed: int = max(axis.tile + axis.lead for axis in axes)
    return max(asked, needed)


def inner_size(axis: Any, batch: int) -> int:
    """Pixels of a block along an axis, without its padding: whole tiles, about as many as asked."""
    step = axis.step // axis.outputs_per_stride * axis.stride or axis.tile
    wanted = max(math.ceil(math.sqrt(max(batch, 1))) * step, _USUAL)
    size: int = max(min(wanted, _MOST) // step, 1) * step
    return size


def block_of_tiles(tile: int, overlap: int, batch: int) -> int:
    """The same for a detector, whose blocks are padded by what tiles share."""
    step = tile - overlap
    wanted = min(max(math.ceil(math.sqrt(max(batch, 1))) * step, _USUAL), max(_MOST, tile))
    return tile + max(wanted + 2 * overlap - tile, 0) // step * step - 2 * overlap


def result_places(
    axis: Any, first: int, whole: int, block: int, wanted: int
) -> Tuple[List[int], List[int]]:
    """Along an axis, which of the wanted pixels the scene has, and the result pixel under each.

    Parameters
    ----------
    first, whole
        Where the block begins, and the size of the scene.
    block, wanted
        Pixels of the block, and of its middle.
    """
    start = first + (block - wanted) // 2
    inside = range(max(start, 0), min(start + wanted, whole))
    return [place - start for place in inside], [math.floor(one / axis.scale) for one in inside]
