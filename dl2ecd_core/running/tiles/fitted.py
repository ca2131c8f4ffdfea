"""A model with its tiles, and how its output lies over the tiles of a scene."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Optional, Tuple

from ..sessions.scores import Scores
from .placement import Placement


@dataclass(frozen=True)
class Fitted:
    """A model with the tiles that it is given.

    Attributes
    ----------
    scores
        Gives the scores of such a tile.
    rows, columns
        How its output lies over its input.
    probed
        Whether that was found out by trying.
    flexible
        Whether tiles may be shorter by whole strides.
    shortest
        Rows and columns of the smallest tile that is known to run, for scenes that are smaller than
        the usual one; None where there is no other.
    """

    scores: Scores
    rows: Placement
    columns: Placement
    probed: bool = False
    flexible: bool = False
    shortest: Optional[Tuple[int, int]] = None

    @property
    def is_exact(self) -> bool:
        """Whether tiles can be put together without a difference to one pass over the whole."""
        return self.rows.step > 0 and self.columns.step > 0

    @property
    def halo(self) -> Optional[int]:
        """Input pixels that the model looks beyond a pixel; None where it sees the whole tile."""
        if self.rows.reach is None or self.columns.reach is None:
            return None
        return math.ceil(max(*self.rows.reach, *self.columns.reach))

    def placements(self, height: int, width: int) -> Tuple[Placement, Placement]:
        """How the output lies over the tiles of a scene of this size."""
        shortest = self.shortest or (self.rows.tile, self.columns.tile)
        rows, columns = (
            placement.shortened(size, 1)
            if self.flexible and placement.result_size(size) > placement.output
            else placement.shortened(size, least)
            for placement, size, least in zip((self.rows, self.columns), (height, width), shortest)
        )
        return rows, columns
