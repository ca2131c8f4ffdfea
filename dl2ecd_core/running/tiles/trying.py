"""What a model does on a few tiles: what is told of it is held to that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, List, Tuple

from ..extras import RunningRefused
from ..sessions.scores import Scores
from .example_tiles import example_tile
from .fitted import Fitted
from .placement import Placement

if TYPE_CHECKING:
    from ..sessions import Array

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
    return all(_is_seamless_along(fitted, axis) for axis in (1, 2))


def _is_seamless_along(fitted: Fitted, axis: int) -> bool:
    import numpy

    placement = _with_inner_part(_along(fitted, axis))
    # Also of tiles that lie a stride apart: that shows whether the size of a tile matters.
    moves = sorted({placement.step, placement.outputs_per_stride})
    scores_of = _cut_of_an_example(fitted, axis, placement.tile + _pixels(placement, moves[-1]))
    seam = placement.output - placement.margins[1]
    first = numpy.take(scores_of(0, placement.tile), range(seam), axis)

    def is_moved_by(moved: int) -> bool:
        more = _pixels(placement, moved)
        end = placement.tile + more
        second = numpy.take(scores_of(more, end), range(seam - moved, placement.output), axis)
        joined = numpy.concatenate([first, second], axis)
        # A runtime may take its sums in another order from some size of tile on: what is blended
        # for that would differ by more.
        return _alike(joined, scores_of(0, end))

    return all(is_moved_by(moved) for moved in moves)


def sizes_alike(fitted: Fitted, axis: int, strides: int) -> List[bool]:
    """Whether a model gives the same at the ends of tiles that are longer by 1, 2, ... strides.

    One that fills its tiles up to a multiple of some size does not.

    Parameters
    ----------
    axis
        Along which they are: 1 for rows, 2 for columns.
    strides
        By how many the longest one is longer.

    Raises
    ------
    RunningRefused
        Where the model does not run on the shortest of these tiles.
    """
    import numpy

    placement = _with_inner_part(_along(fitted, axis))
    length = placement.tile + strides * placement.stride
    scores_of = _cut_of_an_example(fitted, axis, length)

    def end(longer: int) -> Array:
        result = scores_of(length - placement.tile - longer * placement.stride, length)
        size = result.shape[axis]
        return numpy.take(result, range(size - placement.output + placement.margins[0], size), axis)

    shortest = end(0)

    def is_alike(longer: int) -> bool:
        try:
            return _alike(shortest, end(longer))
        except RunningRefused:
            return False

    return [is_alike(longer) for longer in range(1, strides + 1)]


def _along(fitted: Fitted, axis: int) -> Placement:
    return fitted.rows if axis == 1 else fitted.columns


def _cut_of_an_example(fitted: Fitted, axis: int, length: int) -> Callable[[int, int], Array]:
    """Gives the scores of parts of an example along an axis, as wide as the model's tiles are."""
    import numpy

    size = (length, fitted.columns.tile) if axis == 1 else (fitted.rows.tile, length)
    scene = example_tile(fitted.scores, *size)

    def scores_of(first: int, end: int) -> Array:
        part = scene[:, first:end] if axis == 1 else scene[:, :, first:end]
        return fitted.scores(numpy.ascontiguousarray(part))

    return scores_of


def _pixels(placement: Placement, moved: int) -> int:
    """Input pixels by which a tile moves when its result does by so many of its own."""
    return moved // placement.outputs_per_stride * placement.stride


def _with_inner_part(placement: Placement) -> Placement:
    """With a longer tile, where this one is all margin: as much as a trial needs."""
    if placement.step:
        return placement
    lost = sum(placement.margins) - placement.output
    return placement.grown(
        placement.tile + (lost // placement.outputs_per_stride + 2) * placement.stride
    )
