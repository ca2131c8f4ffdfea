"""Which grids of cells lie behind so many rows of candidates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

# Strides of the grids that known detectors look at, the most usual first.
_STRIDES: Tuple[Tuple[int, ...], ...] = (
    (8, 16, 32),
    (8, 16, 32, 64),
    (4, 8, 16, 32),
    (8, 16, 32, 64, 128),
    (16, 32),
    (8, 16),
    (8,),
    (16,),
    (32,),
)
#: Anchors for each cell: none to choose from, YOLO's, RetinaNet's.
_ANCHORS = (1, 3, 9)


@dataclass(frozen=True)
class Grids:
    """Grids that together have so many cells.

    Attributes
    ----------
    strides
        Pixels of the tile for a cell, finest grid first.
    anchors
        Candidates for each cell.
    """

    strides: Tuple[int, ...]
    anchors: int

    @property
    def certain(self) -> bool:
        """Whether nothing but a detector has rows for such a number: three grids in one."""
        return len(self.strides) > 2


def grids_of(rows: Optional[int], tile: Tuple[Optional[int], Optional[int]]) -> Optional[Grids]:
    """The grids that give so many rows for a tile; None when none do or sizes are free.

    Examples
    --------
    >>> grids_of(8400, (640, 640)), grids_of(25200, (640, 640))
    (Grids(strides=(8, 16, 32), anchors=1), Grids(strides=(8, 16, 32), anchors=3))
    """
    height, width = tile
    if rows is None or height is None or width is None:
        return None
    for anchors in _ANCHORS:
        for strides in _STRIDES:
            cells = sum(-(-height // step) * -(-width // step) for step in strides)
            if rows == anchors * cells:
                return Grids(strides, anchors)
    return None
