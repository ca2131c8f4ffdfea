"""The border that a network crops, from which input pixels change which output pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import List, NamedTuple, Optional, Sequence, Set, Tuple

#: For each output pixel along an axis, the first and the last input pixel that changes it.
Looks = Sequence[Optional[Tuple[int, int]]]


class Shown(NamedTuple):
    """What pushing pixels through a network shows along one axis.

    Attributes
    ----------
    lost
        Pixels that come out less than went in.
    slope
        Input pixels for each output pixel, away from the edges.
    shift
        How far behind the output pixel's place, counted from the middle of the tile, the middle
        of what it looks at lies; on average.
    """

    lost: int
    slope: Optional[Fraction]
    shift: Optional[Fraction]

    @property
    def borders(self) -> Set[Optional[int]]:
        """Borders that may be told: pixels cropped from each side, None for none.

        With even kernels, what a pixel looks at has its middle half a pixel beside it. Up to a
        pixel beside, either is right: a reader weighs the middles, which here nobody does.
        """
        if self.lost <= 0 or self.lost % 2 or self.slope != 1 or self.shift is None:
            return {None}
        if abs(self.shift) > 1:
            return {None}
        return {self.lost // 2} if abs(self.shift) < Fraction(1, 2) else {self.lost // 2, None}


def shown(looks: Looks, size: int, period: int = 12) -> Shown:
    """What the pixels along one axis show, away from the edges.

    Parameters
    ----------
    period
        A multiple of the network's own; twice as many pixels are asked.
    """
    lost = size - len(looks)
    shifts: List[Fraction] = []
    for pixel, seen in enumerate(looks):
        if seen is not None and seen[0] > 0 and seen[1] < size - 1:
            shifts.append(Fraction(sum(seen), 2) - pixel - Fraction(lost, 2))
    start = (len(shifts) - 2 * period) // 2
    if start < 0:
        return Shown(lost, None, None)
    middle = shifts[start : start + 2 * period]
    first, second = sum(middle[:period], Fraction(0)), sum(middle[period:], Fraction(0))
    slope = 1 + (second - first) / period**2
    return Shown(lost, slope, (first + second) / (2 * period))


def borders_shown(axes: Sequence[Looks], size: int, period: int = 12) -> Set[Optional[int]]:
    """What may be told of rows and columns together."""
    rows, columns = (shown(looks, size, period).borders for looks in axes)
    return rows & columns or {None}
