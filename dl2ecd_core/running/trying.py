"""What a model does on a few tiles: what is told of it is held to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Tuple

from .example_tiles import example_tile
from .extras import RunningRefused
from .fitted import Fitted
from .placement import Placement
from .scores import Scores

if TYPE_CHECKING:
    from .sessions import Array

#: Of the largest score: what sums in another order differ by at most.
_SAME = 1e-5


def output_size(scores: Scores, height: int, width: int) -> Tuple[int, int]:
    """Rows and columns of the result of a tile.

    Raises
    ------
    RunningRefused
        Where the model does not run on it.
    """
    rows, columns = scores(example_tile(scores, height, width)).shape[1:]
    return rows, columns


def runs(scores: Scores, rows: Placement, columns: Placement) -> bool:
    """Whether a model takes such tiles, and gives what it should."""
    try:
        return output_size(scores, rows.tile, columns.tile) == (rows.output, columns.output)
    except RunningRefused:
        return False


def gives_the_same(one: Scores, other: Scores, height: int, width: int) -> bool:
    """Whether two sessions of a model give the same but for the order of their sums.

    A runtime may arrange a network in another way where it does not know its sizes. One of both
    is run throughout, so that this is no difference between tiles.

    Raises
    ------
    RunningRefused
        Where one of them does not run.
    """
    example = example_tile(one, height, width)
    return _alike(one(example), other(example))


def _alike(one: Array, other: Array) -> bool:
    import numpy

    if one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return bool(numpy.array_equal(one, other))
    most = _SAME * float(numpy.nanmax(numpy.abs(one), initial=0))
    return bool(numpy.allclose(one, other, rtol=0, atol=most, equal_nan=True))


def is_seamless(fitted: Fitted) -> bool:
    """Whether two tiles on end are one longer tile, of a model that does not see all of them.

    Along each axis on tiles just as long as that takes, and as wide as these tiles are: a network
    that looks far would take seconds for square ones.

    Raises
    ------
    RunningRefused
        Where the model does not run on a tile of another length.
    """
    return all(
        _is_seamless_along(fitted.scores, axis, one, other.tile)
        for axis, one, other in (
            (1, fitted.rows, fitted.columns),
            (2, fitted.columns, fitted.rows),
        )
    )


def _is_seamless_along(scores: Scores, axis: int, short: Placement, width: int) -> bool:
    import numpy

    placement = _with_inner_part(short)
    more = placement.step // placement.outputs_per_stride * placement.stride
    length = placement.tile + more
    scene = example_tile(scores, *((length, width) if axis == 1 else (width, length)))

    def scores_from(first: int, end: int) -> Array:
        part = scene[:, first:end] if axis == 1 else scene[:, :, first:end]
        return scores(numpy.ascontiguousarray(part))

    seam = placement.output - placement.margins[1]
    rest = range(seam - placement.step, placement.output)
    first = numpy.take(scores_from(0, placement.tile), range(seam), axis)
    second = numpy.take(scores_from(more, length), rest, axis)
    joined = numpy.concatenate([first, second], axis)
    return bool(numpy.array_equal(joined, scores_from(0, length)))


def _with_inner_part(placement: Placement) -> Placement:
    """With a longer tile, where this one is all margin: as much as a trial needs."""
    if placement.step:
        return placement
    lost = sum(placement.margins) - placement.output
    return placement.grown(
        placement.tile + (lost // placement.outputs_per_stride + 2) * placement.stride
    )
