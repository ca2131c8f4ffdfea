"""How a result is cut into windows, one task each: along its tiles, so that no tile runs twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterator, List, Sequence, Tuple

from ..classifier import Classifier
from ..rasters.raster import Window
from ..tiles.placement import Placement
from ..tiles.planning import Plan, Span

#: Rows and columns of the scene under a window. Smaller ones read more around them; larger ones
#: take longer to do again, and leave workers idle at the end.
SIDE = 1024
#: Where tiles overlap by half, those at a window's border run for each side: so there are fewer.
_BLENDED_SIDE = 4096
#: Windows of a scene, about, at most: of larger scenes, windows are larger.
_MOST = 1 << 16


@dataclass(frozen=True)
class Grid:
    """The windows of a result: each between two cuts of the rows, and two of the columns."""

    rows: Tuple[int, ...]
    columns: Tuple[int, ...]

    def __len__(self) -> int:
        return (len(self.rows) - 1) * (len(self.columns) - 1)

    def windows(self) -> Iterator[Window]:
        """Row by row, from the left to the right; one at a time, whatever their number."""
        for top, bottom in zip(self.rows, self.rows[1:]):
            for left, right in zip(self.columns, self.columns[1:]):
                yield Window(top, bottom, left, right)


def grid_of(classifier: Classifier, plan: Plan, wanted: Window, side: int = 0) -> Grid:
    """The windows of the wanted part of a plan.

    Parameters
    ----------
    side
        Rows and columns of the scene under a window, about; by default what suits the scene.
    """
    fitted = classifier.fitted
    if not side:
        side = _BLENDED_SIDE if plan.blended else SIDE
        area = wanted.height * fitted.rows.scale * wanted.width * fitted.columns.scale
        side = max(side, math.isqrt(int(area) // _MOST))
    return Grid(
        _cuts(plan.rows, plan.blended, fitted.rows, (wanted.top, wanted.bottom), side),
        _cuts(plan.columns, plan.blended, fitted.columns, (wanted.left, wanted.right), side),
    )


def _cuts(
    spans: Sequence[Span], blended: bool, placement: Placement, wanted: Tuple[int, int], side: int
) -> Tuple[int, ...]:
    """Where windows end along one axis, both ends of what is wanted among them."""
    first, end = wanted
    step = max(int(side / placement.scale), 1)
    places: Sequence[int] = range(first, end, step) if blended else [one.first for one in spans]
    cuts: List[int] = [first]
    for place in places:
        # The last window is not left with a sliver.
        if place >= cuts[-1] + step and end - place > step // 4:
            cuts.append(place)
    return (*cuts, end)
