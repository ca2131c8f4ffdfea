"""How far a model looks, by its network: operation by operation, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Dict, FrozenSet, Optional

from ...findings.errors import Dl2EcdError
from ...models.outlooks import read_outlook
from ...network.footprints import Footprint, Source
from ...network.outlook import Outlook
from .placement import Placement, first_place

if TYPE_CHECKING:
    from ..sessions import Session

#: Rows and columns of an image whose size is left free: a multiple of whatever networks divide by.
_MANY = 2**8 * 3**2 * 5**2 * 7**2
#: Result pixels from a tile's end that are asked what they look at; no margin is wider.
_MOST_MARGIN = 4096


@dataclass(frozen=True)
class Look:
    """What result pixels look at along one axis.

    Attributes
    ----------
    footprint
        Where they lie, and what they look at; None where that can't be followed through the
        network.
    whole
        Whether all of them look at the axis from end to end; without a footprint, whether they
        look at it in ways that can't be followed, as across an image that is cut into blocks.
    """

    footprint: Optional[Footprint]
    whole: bool

    def placement(self, tile: int, output: int) -> Optional[Placement]:
        """How so many result pixels lie over a tile; None where that can't be told."""
        footprint = self.footprint
        if footprint is None:
            return None
        scale, stride = footprint.scale, footprint.alignment
        start = first_place(tile, output, scale)
        if self.whole:
            return Placement(tile, output, scale, start, stride or scale.numerator, None)
        if stride is None:
            return None
        before, after = _margin_before(footprint), _margin_after(footprint, tile, output)
        if before is None or after is None:
            return Placement(tile, output, scale, start, stride, None)
        end = start + output * scale
        nothing = Fraction(0)
        reach = max(before * scale + start, nothing), max(tile - end + after * scale, nothing)
        return Placement(tile, output, scale, start, stride, reach)


def _margin_before(footprint: Footprint) -> Optional[int]:
    """Result pixels at a tile's beginning that look before it."""
    period = len(footprint.reach or ())
    margin = 0
    for pixel in range(_MOST_MARGIN):
        looks = footprint.looks_at(pixel)
        if looks is not None and looks[0] < 0:
            margin = pixel + 1
        elif pixel - margin > period:
            return margin
    return None


def _margin_after(footprint: Footprint, tile: int, output: int) -> Optional[int]:
    """Result pixels at a tile's end that look behind it."""
    period = len(footprint.reach or ())
    margin = 0
    for place in range(_MOST_MARGIN):
        looks = footprint.looks_at(output - 1 - place)
        if looks is not None and looks[1] >= tile:
            margin = place + 1
        elif place - margin > period:
            return margin
    return None


def looks_of(outlook: Outlook, output: Optional[str]) -> Dict[str, Look]:
    """What an output's pixels look at along rows (``H``) and columns (``W``), as far as is known.

    Parameters
    ----------
    output
        Its name; None for the only one.
    """
    value = outlook.output(output)
    found: Dict[str, Look] = {}
    for axis in value.axes if value is not None else ():
        if axis.letter not in ("H", "W") or value is None:
            continue
        along = _along(outlook, axis.letter)
        sources = frozenset() if axis.footprint is None else axis.footprint.sources
        if along & value.whole:
            found[axis.letter] = Look(axis.footprint, whole=True)
        elif sources and sources <= along:
            found[axis.letter] = Look(axis.footprint, whole=False)
    return found


def _along(outlook: Outlook, letter: str) -> FrozenSet[Source]:
    """The axes of inputs that are rows, or columns."""
    return frozenset(
        (name, letters.index(letter))
        for name, letters in outlook.letters.items()
        if letter in letters
    )


def read_looks(model: Path, output: Optional[str]) -> Dict[str, Look]:
    """What the pixels of a model's output look at; empty where its network can't be read."""
    try:
        return looks_of(read_outlook(model, assumed=_MANY), output)
    except Dl2EcdError:
        return {}


def told_looks(session: Session, output: Optional[str]) -> Dict[str, Look]:
    """The same as the runtime's own network tells it; empty where it does not."""
    outlook = session.outlook(_MANY)
    return {} if outlook is None else looks_of(outlook, output)
