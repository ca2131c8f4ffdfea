"""Larger tiles for a model that looks far, as far as there is memory: less of them is margin.

A U-Net over a ResNet-34 looks 543 pixels around: of a tile of 2,172 pixels a quarter is kept, of
one of 4,096 half. Where not as many of them have room as there are cores, one runs at a time, with
all cores.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Optional

from ..models import ModelDescription
from .estimating import estimate, tile_of
from .processes.cores import cores
from .processes.memory import free_memory
from .processes.own_process import is_own_process
from .tiles.fitted import Fitted
from .tiles.fitting import USUAL
from .tiles.placement import Placement

#: Pixels on a side of the largest tile.
LARGEST = 4096
#: How many times its margins a tile measures: of one that is not large yet more,
_TIMES_MARGIN = 12
_NOT_LARGE = 1280
#: of others so many, since memory grows with the square.
_TIMES_FAR = 6
#: Tiles of so many usual ones and more are worth sharing out among cores.
_SHARED = 4
#: Of the memory that is free, so much may be taken for tiles; and in somebody else's process.
_SHARE, _SHARE_AS_GUEST = 0.5, 0.25
#: And so much for strips of the scene with what comes out of them, so many of which are held.
_SHARE_OF_STRIPS, _STRIPS = 0.125, 4
#: Runtimes take up to so many times what the values of a network take at least (4 to 9 measured).
_TIMES_NEED = 8
#: Bytes for a pixel of a tile where nothing is known of the network.
_UNKNOWN = 1024


def with_room(
    fitted: Fitted, model: ModelDescription, workers: Optional[int] = None, *, row: int = 0
) -> Fitted:
    """A model with tiles as large as its sight asks for and memory allows.

    The result is the same: of models alone that may take tiles of any size, whose tiles are put
    side by side without a difference to one pass.

    Parameters
    ----------
    model
        What its file says, with the places of its files.
    workers
        Cores to use; all by default.
    row
        Bytes of a row of the scene, with those of what comes out of it.
    """
    session = fitted.scores.session
    if not fitted.flexible or session.batch > 1:
        return fitted
    wanted = [max(_wanted(one), one.tile) for one in (fitted.rows, fitted.columns)]
    free = free_memory()
    if free is None or math.prod(wanted) < _SHARED * math.prod(USUAL):
        return fitted
    share = _SHARE if is_own_process() else _SHARE_AS_GUEST
    pixels = int(free * share) // _bytes_a_pixel(model)
    longest = int(free * _SHARE_OF_STRIPS) // _STRIPS // max(row, 1)
    rows = _lengthened(fitted.rows, min(wanted[0], math.isqrt(pixels), longest))
    columns = _lengthened(fitted.columns, min(wanted[1], pixels // rows.tile))
    threads, area = workers or cores(), rows.tile * columns.tile
    scores = fitted.scores
    if area * threads > pixels and area >= _SHARED * math.prod(USUAL) and session.threads == 1:
        scores = replace(scores, session=session.threaded(threads))
    return replace(fitted, scores=scores, rows=rows, columns=columns)


def _wanted(placement: Placement) -> int:
    margin = placement.margin
    return min(max(min(_TIMES_MARGIN * margin, _NOT_LARGE), _TIMES_FAR * margin), LARGEST)


def _lengthened(placement: Placement, size: int) -> Placement:
    """With a tile of about so many pixels, where this one is shorter."""
    strides = max(size - placement.tile, 0) // placement.stride
    return placement.grown(placement.tile + strides * placement.stride)


def _bytes_a_pixel(model: ModelDescription) -> int:
    need = estimate(model)
    if need is None:
        return _UNKNOWN
    return max(need.tile * _TIMES_NEED // math.prod(tile_of(model).values()), 1)
