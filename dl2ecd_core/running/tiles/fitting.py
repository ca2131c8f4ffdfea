"""Which tiles a model is given: of the size that its file states, or of any where it takes any."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, List, Mapping, Optional, Tuple

from ..extras import RunningRefused
from ..sessions.scores import Scores
from .example_tiles import example_tile
from .fitted import Fitted
from .placement import Placement
from .probing import probe, probe_along
from .trying import gives_the_same, is_seamless, output_size, runs, sizes_alike
from .walking import Look

if TYPE_CHECKING:
    from ..sessions import Array

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
#: Networks halve a tile no more often than to this part of it.
_UNIT = 64
#: A model that is tried may take whole multiples of so many of its strides alone,
_TIMES_STRIDE = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64)
#: of up to `_UNIT` pixels, or of so many strides at least;
_FEWEST_STRIDES = 7
#: tiles are tried that are longer so many times, and by so many strides at most.
_TIMES_HELD, _MOST_HELD = 3, 128


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
        units = _unit(strides[0]), _unit(strides[1])
        fitted = _fitted_free(free, sizes, units, looks)
        if fitted is not None and fitted.is_exact and scores.tile == (None, None):
            # A network that fills its tiles up to whole strides has nothing to fill in these.
            whole = _up(sizes[0], fitted.rows.stride), _up(sizes[1], fitted.columns.stride)
            fitted = fitted if whole == sizes else _fitted_free(free, whole, units, looks)
        if fitted is not None and (fitted.is_exact or None in scores.tile):
            return fitted
    sizes = _taken(scores)
    walked = _walked(scores, sizes, output_size(scores, *sizes), looks) if looks else None
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
        output_size(scores, *usual)
    except RunningRefused:
        for size in COMMON:
            try:
                output_size(scores, height or size, width or size)
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
    if (rows, columns) == (fitted.rows, fitted.columns):
        return fitted
    if not runs(fitted.scores, _brief(rows), _brief(columns)):
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
        if runs(fitted.scores, rows, columns):
            return replace(fitted, shortest=(rows.tile, columns.tile))
    return fitted


def _ending(placement: Placement, size: int, unit: int) -> Placement:
    """With a tile shorter by so many pixels as often as it goes beyond a scene."""
    beyond = int((placement.output - placement.result_size(size)) * placement.scale)
    beyond = min(beyond, placement.tile - placement.lead - size)
    return placement.grown(placement.tile - max(beyond, 0) // unit * unit)


def _flexible(fitted: Fitted) -> Fitted:
    """Whether tiles may be shorter: tried with one that is shorter than a usual one by a stride."""
    if not fitted.is_exact:
        return fitted
    rows, columns = (
        _brief(placement.grown(placement.tile - placement.stride))
        for placement in (fitted.rows, fitted.columns)
    )
    return replace(fitted, flexible=runs(fitted.scores, rows, columns))


def _brief(placement: Placement) -> Placement:
    """With a tile hardly longer than a usual one, which can be halved as often.

    Trials of long ones take their time.
    """
    return placement.grown(_down(placement.tile, USUAL[0], math.lcm(placement.stride, _UNIT)))


def _walked(
    scores: Scores, sizes: Tuple[int, int], output: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """With tiles of these sizes and such an output, by what the network tells.

    None where it does not tell all, or nothing comes out.
    """
    if not {"H", "W"} <= set(looks) or 0 in output:
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
        try:
            same = gives_the_same(scores, free, height, width)
        except RunningRefused:
            return None
        return free if same else None
    return free


def _fitted_free(
    scores: Scores, sizes: Tuple[int, int], units: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """A model that takes any size with tiles of its own; None where other sizes don't go."""
    walked = _walked_free(scores, sizes, units, looks)
    if walked is not None:
        return walked
    try:
        scales = _scales(scores, sizes, units)
        if scales is None:
            return None
        rows = _probed(scores, sizes, 1, scales[0], looks.get("H"))
        columns = _probed(scores, sizes, 2, scales[1], looks.get("W"))
        found = Fitted(scores, rows, columns, probed=True)
        for axis in (1, 2) if found.is_exact else ():
            found = _held(found, axis)
    except RunningRefused:
        return None
    return _flexible(_with_grown(found))


def _held(fitted: Fitted, axis: int) -> Fitted:
    """With a stride along an axis so long that tiles are alike however many strides they measure.

    What was tried is the inner part of a tile, which does not show what becomes of its end: in a
    network that fills its tiles up to a multiple of 32, that depends on the size. Where there is no
    such stride, the model sees the whole tile.
    """
    along, across = (fitted.rows, fitted.columns) if axis == 1 else (fitted.columns, fitted.rows)
    most = max(_UNIT // along.stride, _FEWEST_STRIDES)
    alike = sizes_alike(_narrow(fitted, axis), axis, min(_TIMES_HELD * most, _MOST_HELD))
    fitting = (times for times in _TIMES_STRIDE if times <= most and all(alike[times - 1 :: times]))
    times = next(fitting, None)
    found = (
        replace(along, reach=None) if times is None else replace(along, stride=along.stride * times)
    )
    rows, columns = (found, across) if axis == 1 else (across, found)
    return replace(fitted, rows=rows, columns=columns)


def _narrow(fitted: Fitted, axis: int) -> Fitted:
    """With tiles that are narrow across an axis, where the model takes such: for trials."""
    rows, columns = (
        one if axis == place else one.grown(_down(one.tile, _UNIT, math.lcm(one.stride, _UNIT)))
        for place, one in ((1, fitted.rows), (2, fitted.columns))
    )
    if runs(fitted.scores, rows, columns):
        return replace(fitted, rows=rows, columns=columns)
    return fitted


def _walked_free(
    scores: Scores, sizes: Tuple[int, int], units: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """By what the network tells, where it does as it tells.

    Small tiles show that in less time; some models take none, and one that sees all of its tile
    is not the same on all.
    """
    rows, columns = (_down(size, _UNIT, unit) for size, unit in zip(sizes, units))
    for tried in ((rows, columns), sizes):
        try:
            fitted = _walked_as_tried(scores, tried, units, looks)
        except RunningRefused:
            continue
        if fitted is None or (fitted.halo is None and tried != sizes):
            continue
        usual = fitted.rows.grown(sizes[0]), fitted.columns.grown(sizes[1])
        grown = _flexible(_with_grown(replace(fitted, rows=usual[0], columns=usual[1])))
        if tried == sizes or grown.flexible or runs(scores, *usual):
            return grown
    return None


def _walked_as_tried(
    scores: Scores, tile: Tuple[int, int], units: Tuple[int, int], looks: Mapping[str, Look]
) -> Optional[Fitted]:
    """With tiles of such a size, by what the network tells; None where it does something else."""
    if not {"H", "W"} <= set(looks):
        return None
    walked = _walked(scores, tile, output_size(scores, *tile), looks)
    if walked is None or (walked.rows.scale, walked.columns.scale) != _scales(scores, tile, units):
        return None
    return walked if walked.halo is None or is_seamless(walked) else None


def _with_grown(fitted: Fitted) -> Fitted:
    return replace(fitted, rows=_grown(fitted.rows), columns=_grown(fitted.columns))


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


def _up(size: int, unit: int = _UNIT) -> int:
    """At least so many pixels; a multiple of what every network takes."""
    return -(-size // unit) * unit


def _down(size: int, least: int, unit: int) -> int:
    """As much less by whole units as is not below the least."""
    return size - max(size - least, 0) // unit * unit


def _scales(
    scores: Scores, tile: Tuple[int, int], units: Tuple[int, int]
) -> Optional[Tuple[Fraction, Fraction]]:
    """The width of a result pixel, from how much the result grows with the tile."""
    small = output_size(scores, *tile)
    large = output_size(scores, tile[0] + units[0], tile[1] + units[1])
    found: List[Fraction] = []
    for one, other, unit in zip(small, large, units):
        more = other - one
        if more <= 0 or (unit % more and more % unit):
            return None
        found.append(Fraction(unit, more))
    return found[0], found[1]


def _grown(placement: Placement) -> Placement:
    """With a longer tile, where much of this one is margin."""
    margin = placement.margin
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
        return _up(usual, stride)
    unit = _unit(stride)
    return stated + -(-max(usual - stated, 0) // unit) * unit


def _unit(stride: int) -> int:
    """Pixels by which tiles may be longer: what most networks take, and this one."""
    return _up(_UNIT, stride)


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
