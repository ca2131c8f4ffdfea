"""Which tiles a model is given: of the size that its file states, or of any where it takes any."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, List, Mapping, Optional, Tuple

from .example_tiles import example_tile
from .extras import RunningRefused
from .fitted import Fitted
from .placement import Placement
from .probing import probe, probe_along
from .scores import Scores
from .walking import Look

if TYPE_CHECKING:
    from .sessions import Array

#: Rows and columns of a tile where any size goes in: of smaller ones more is margin, larger ones
#: leave the processor's caches.
USUAL = (256, 320)
#: Tiles that are tried where a model states no size and takes no usual one: sizes that networks are
#: made for, of which some forget to say that they take no other.
COMMON = (256, 512, 224, 128, 1024, 640, 384, 320, 192, 96, 64, 32)
#: The largest tile that is made where a model looks far,
LARGEST = 1024
#: and where it looks so far that only a part of such a tile, or nothing, would be left.
FARTHEST = 3072
#: A tile has at least this many times as many pixels along an axis as its margins.
_TIMES_MARGIN = 8
#: Of the largest score: what sums in another order differ by at most.
_SAME = 1e-5
#: Networks halve a tile no more often than to this part of it.
_UNIT = 64


def fit_tiles(scores: Scores, looks: Mapping[str, Look] = {}) -> Fitted:
    """Choose the tiles of a model and find out how its output lies over them.

    A model that looks no farther than some pixels gets tiles of a size of its own where it takes
    any; one that looks at the whole tile keeps the size that it was made for.

    Parameters
    ----------
    looks
        What its network tells, for rows (``H``) and columns (``W``); what it does not tell, is
        tried.

    Raises
    ------
    RunningRefused
        When the model does not run on a tile of the size that it states.
    """
    if scores.per_pixel:
        rows, columns = (Placement(size, size) for size in USUAL)
        return Fitted(scores, rows, columns)
    height, width = scores.tile
    free = _freed(scores)
    if free is not None:
        strides = _stride(looks.get("H")), _stride(looks.get("W"))
        sizes = _near(height, USUAL[0], strides[0]), _near(width, USUAL[1], strides[1])
        fitted = _fitted_free(free, sizes, (_unit(strides[0]), _unit(strides[1])), looks)
        if fitted is not None and (fitted.is_exact or None in scores.tile):
            return _flexible(fitted)
    sizes = _taken(scores)
    walked = _walked(scores, sizes, _output(scores, *sizes), looks) if looks else None
    if walked is not None:
        return walked
    found = probe(scores, example_tile(scores, *sizes), (None, None))
    return Fitted(scores, found.rows, found.columns, probed=True)


def _taken(scores: Scores) -> Tuple[int, int]:
    """Rows and columns of a tile that a model takes.

    Raises
    ------
    RunningRefused
        When there is none; says what is wrong with the usual one.
    """
    height, width = scores.tile
    usual = height or USUAL[0], width or USUAL[1]
    if height is not None and width is not None:
        return usual
    try:
        _output(scores, *usual)
    except RunningRefused:
        for size in COMMON:
            try:
                _output(scores, height or size, width or size)
            except RunningRefused:
                continue
            return height or size, width or size
        raise
    return usual


def fitted_to(fitted: Fitted, height: int, width: int) -> Fitted:
    """A model with tiles that fit a scene: as many, and no larger than the scene needs.

    One pass over a scene that is smaller than a tile sees the scene's border where it is, and not a
    tile's. Where the model takes no tile as small, it keeps to the usual ones, and the scene is
    made longer.
    """
    if not fitted.flexible:
        return _around(fitted, height, width)
    rows, columns = (
        one if one.result_size(size) >= one.output else one.shortened(size, 1)
        for one, size in zip((fitted.rows, fitted.columns), (height, width))
    )
    if (rows, columns) == (fitted.rows, fitted.columns) or not _runs(fitted.scores, rows, columns):
        return fitted
    return replace(fitted, shortest=(rows.tile, columns.tile))


def _around(fitted: Fitted, height: int, width: int) -> Fitted:
    """A model that sees the whole of any tile, with one that ends where a small scene does.

    By how much it halves its tile is not known: the smallest that it takes is tried.
    """
    if fitted.halo is not None or fitted.scores.tile != (None, None):
        return fitted
    placements = fitted.rows, fitted.columns
    for halved in range(_UNIT.bit_length()):
        rows, columns = (
            _ending(one, size, math.lcm(one.stride, 1 << halved))
            for one, size in zip(placements, (height, width))
        )
        if (rows, columns) == placements:
            break
        if _runs(fitted.scores, rows, columns):
            return replace(fitted, shortest=(rows.tile, columns.tile))
    return fitted


def _ending(placement: Placement, size: int, unit: int) -> Placement:
    """With a tile shorter by so many pixels as often as it goes beyond a scene."""
    beyond = int((placement.output - placement.result_size(size)) * placement.scale)
    return placement.grown(placement.tile - max(beyond, 0) // unit * unit)


def _flexible(fitted: Fitted) -> Fitted:
    """Whether tiles may be shorter: tried with one that is shorter than a usual one by a stride."""
    if not fitted.is_exact:
        return fitted
    rows, columns = (
        placement.grown(placement.tile - placement.stride)
        for placement in map(_brief, (fitted.rows, fitted.columns))
    )
    return replace(fitted, flexible=_runs(fitted.scores, rows, columns))


def _brief(placement: Placement) -> Placement:
    """With a tile hardly longer than a usual one: trials of long ones take their time."""
    strides = max(placement.tile - USUAL[0], 0) // placement.stride
    return placement.grown(placement.tile - strides * placement.stride)


def _runs(scores: Scores, rows: Placement, columns: Placement) -> bool:
    """Whether a model takes such tiles, and gives what it should."""
    try:
        result = scores(example_tile(scores, rows.tile, columns.tile))
    except RunningRefused:
        return False
    return result.shape[1:] == (rows.output, columns.output)


def _walked(
    scores: Scores, sizes: Tuple[int, int], output: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """With tiles of these sizes and such an output, by what the network tells.

    None where it does not tell all.
    """
    if not {"H", "W"} <= set(looks):
        return None
    rows = looks["H"].placement(sizes[0], output[0])
    columns = looks["W"].placement(sizes[1], output[1])
    if rows is None or columns is None:
        return None
    return Fitted(scores, rows, columns)


def _freed(scores: Scores) -> Optional[Scores]:
    """The model with tiles of any size; None where it holds to its own."""
    if scores.tile == (None, None):
        return scores
    session = scores.session.freed()
    if session is None:
        return None
    free = replace(scores, session=session, tile=(None, None))
    height, width = scores.tile
    if height is not None and width is not None:
        example = example_tile(scores, height, width)
        try:
            same = _alike(scores(example), free(example))
        except RunningRefused:
            return None
        return free if same else None
    return free


def _alike(one: Array, other: Array) -> bool:
    """Whether two results are the same but for the order of their sums.

    A runtime may arrange a network in another way where it does not know its sizes. One of both
    is run throughout, so that this is no difference between tiles.
    """
    import numpy

    if one.shape != other.shape:
        return False
    if one.dtype.kind != "f":
        return bool(numpy.array_equal(one, other))
    most = _SAME * float(numpy.nanmax(numpy.abs(one), initial=0))
    return bool(numpy.allclose(one, other, rtol=0, atol=most, equal_nan=True))


def _fitted_free(
    scores: Scores, sizes: Tuple[int, int], units: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """A model that takes any size with tiles of its own; None where other sizes don't go."""
    try:
        output = _output(scores, *sizes)
        larger = _output(scores, sizes[0] + units[0], sizes[1] + units[1])
        scales = _scales(output, larger, units)
        if scales is None:
            return None
        walked = _walked(scores, sizes, output, looks)
        if walked is not None:
            tried = replace(walked, rows=_least(walked.rows), columns=_least(walked.columns))
            if (walked.rows.scale, walked.columns.scale) == scales and _is_seamless(tried):
                return _with_grown(walked)
        rows = _probed(scores, sizes, 1, scales[0], looks.get("H"))
        columns = _probed(scores, sizes, 2, scales[1], looks.get("W"))
    except RunningRefused:
        return None
    return _with_grown(Fitted(scores, rows, columns, probed=True))


def _least(placement: Placement) -> Placement:
    """With a longer tile, where this one has no inner part: as much as a trial needs."""
    if placement.reach is None or placement.step:
        return placement
    lost = sum(placement.margins) - placement.output
    return placement.grown(
        placement.tile + (lost // placement.outputs_per_stride + 2) * placement.stride
    )


def _with_grown(fitted: Fitted) -> Fitted:
    return replace(fitted, rows=_grown(fitted.rows), columns=_grown(fitted.columns))


def _is_seamless(fitted: Fitted) -> bool:
    """Whether two tiles on end are one longer tile; what a network tells, held to what it does."""
    if not fitted.is_exact:
        return True
    import numpy

    tile = (fitted.rows.tile, fitted.columns.tile)
    along = (fitted.rows, fitted.columns)
    lengths = [one.step // one.outputs_per_stride * one.stride for one in along]
    scene = example_tile(fitted.scores, tile[0] + lengths[0], tile[1] + lengths[1])

    def scores_from(*ends: Tuple[int, int]) -> Array:
        (top, bottom), (left, right) = ends
        return fitted.scores(numpy.ascontiguousarray(scene[:, top:bottom, left:right]))

    corner = scores_from((0, tile[0]), (0, tile[1]))
    for axis, (placement, length) in enumerate(zip(along, lengths)):
        longer, moved = [(0, size) for size in tile], [(0, size) for size in tile]
        longer[axis] = (0, tile[axis] + length)
        moved[axis] = (length, tile[axis] + length)
        before, after = placement.margins
        seam = placement.output - after
        first = numpy.take(corner, range(seam), axis + 1)
        kept = range(seam - placement.step, placement.output)
        rest = numpy.take(scores_from(*moved), kept, axis + 1)
        joined = numpy.concatenate([first, rest], axis + 1)
        if seam - placement.step < before or not numpy.array_equal(joined, scores_from(*longer)):
            return False
    return True


def _probed(
    scores: Scores, sizes: Tuple[int, int], axis: int, scale: Fraction, look: Optional[Look]
) -> Placement:
    """What trying tells along an axis, on a tile so long that there is an end to what is seen.

    Where the network lets expect that there is none, the longest ones are not tried.
    """
    most = LARGEST // 2 if look is not None and look.whole else LARGEST
    found = first = probe_along(scores, example_tile(scores, *sizes), axis, scale)
    longer = list(sizes)
    while not found.step and longer[axis - 1] < most:
        longer[axis - 1] += _up(longer[axis - 1])
        found = probe_along(scores, example_tile(scores, *longer), axis, scale)
    return found if found.step else first


def _up(size: int) -> int:
    """About as many pixels more, by what every network takes."""
    return -(-size // _UNIT) * _UNIT


def _output(scores: Scores, height: int, width: int) -> Tuple[int, int]:
    """Rows and columns of the result of a tile."""
    rows, columns = scores(example_tile(scores, height, width)).shape[1:]
    return rows, columns


def _scales(
    small: Tuple[int, int], large: Tuple[int, int], units: Tuple[int, int]
) -> Optional[Tuple[Fraction, Fraction]]:
    """The width of a result pixel, from how much the result grows with the tile."""
    found: List[Fraction] = []
    for one, other, unit in zip(small, large, units):
        more = other - one
        if more <= 0 or (unit % more and more % unit):
            return None
        found.append(Fraction(unit, more))
    return found[0], found[1]


def _grown(placement: Placement) -> Placement:
    """With a longer tile, where much of this one is margin."""
    margin = int(sum(placement.margins) * placement.scale)
    wanted = min(_TIMES_MARGIN * margin, LARGEST)
    if wanted < 2 * margin and margin < FARTHEST * 3 // 4:
        wanted = min(2 * margin, FARTHEST)
    if placement.reach is None or wanted <= placement.tile:
        return placement
    strides = -(-(wanted - placement.tile) // placement.stride)
    return placement.grown(placement.tile + strides * placement.stride)


def _near(stated: Optional[int], usual: int, stride: int) -> int:
    """A usual size that differs from the stated one by what the network takes."""
    if stated is None:
        return -(-usual // stride) * stride
    unit = _unit(stride)
    return stated + -(-max(usual - stated, 0) // unit) * unit


def _unit(stride: int) -> int:
    """Pixels by which tiles may be longer: what most networks take, and this one."""
    return -(-_UNIT // stride) * stride


def _stride(look: Optional[Look]) -> int:
    """Pixels of which a tile has whole multiples, as far as the network tells."""
    footprint = None if look is None else look.footprint
    alignment = None if footprint is None else footprint.alignment
    return 1 if alignment is None else alignment


def trial_tile(fitted: Fitted) -> Array:
    """Pixels of no meaning that a model takes, no more than a trial needs."""
    rows, columns = fitted.rows, fitted.columns
    if fitted.flexible:
        rows, columns = _brief(rows), _brief(columns)
    return example_tile(fitted.scores, rows.tile, columns.tile)
