"""The border that a network crops, from which input pixels change which output pixels."""

from __future__ import annotations

from fractions import Fraction
from typing import List, NamedTuple, Optional, Sequence, Tuple

#: For each output pixel along an axis, the first and the last input pixel that changes it.
Looks = Sequence[Optional[Tuple[int, int]]]
#: A multiple of all periods of the networks that are tried.
PERIOD = 24


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
    def border(self) -> Optional[int]:
        """Pixels cropped from each side; None unless all that is left lies in the middle."""
        if self.lost <= 0 or self.lost % 2 or self.slope != 1 or self.shift is None:
            return None
        return self.lost // 2 if abs(self.shift) < 1 else None


def shown(looks: Looks, size: int) -> Shown:
    """What the pixels along one axis show; the middle ones are asked, which no edge reaches."""
    lost = size - len(looks)
    start = (len(looks) - PERIOD) // 2
    middle: List[Fraction] = []
    for pixel in range(max(start - PERIOD // 2, 0), start + PERIOD // 2 + PERIOD):
        seen = looks[pixel] if pixel < len(looks) else None
        if seen is None or seen[0] <= 0 or seen[1] >= size - 1:
            continue
        middle.append(Fraction(sum(seen), 2) - pixel - Fraction(lost, 2))
    if len(middle) < 2 * PERIOD:
        return Shown(lost, None, None)
    first, second = sum(middle[:PERIOD], Fraction(0)), sum(middle[PERIOD:], Fraction(0))
    slope = 1 + (second - first) / PERIOD**2
    return Shown(lost, slope, (first + second) / (2 * PERIOD))


def border_shown(axes: Sequence[Looks], size: int) -> Optional[int]:
    """The border that rows and columns both show."""
    borders = {shown(looks, size).border for looks in axes}
    return borders.pop() if len(borders) == 1 else None
