"""How far a model looks, by its network: operation by operation, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Dict, Optional

from ..findings.errors import Dl2EcdError
from ..models.networks import read_network
from ..network.footprints import Footprint
from ..network.lowering import Network
from .placement import Placement, first_place

#: Result pixels from a tile's end that are asked what they look at; no margin is wider.
_MOST_MARGIN = 4096


@dataclass(frozen=True)
class Look:
    """What result pixels look at along one axis.

    Attributes
    ----------
    footprint
        Where they lie, and what they look at.
    whole
        Whether all of them look at the axis from end to end.
    """

    footprint: Footprint
    whole: bool

    def placement(self, tile: int, output: int) -> Optional[Placement]:
        """How so many result pixels lie over a tile; None where that can't be told."""
        scale, stride = self.footprint.scale, self.footprint.alignment
        start = first_place(tile, output, scale)
        if self.whole or stride is None:
            whole = max(scale.numerator, 1)
            return Placement(tile, output, scale, start, whole, None) if self.whole else None
        before, after = self._margin_before(), self._margin_after(tile, output)
        if before is None or after is None:
            return Placement(tile, output, scale, start, stride, None)
        end = start + output * scale
        nothing = Fraction(0)
        reach = max(before * scale + start, nothing), max(tile - end + after * scale, nothing)
        return Placement(tile, output, scale, start, stride, reach)

    def _margin_before(self) -> Optional[int]:
        """Result pixels at a tile's beginning that look before it."""
        period = len(self.footprint.reach or ())
        margin = 0
        for pixel in range(_MOST_MARGIN):
            looks = self.footprint.looks_at(pixel)
            if looks is not None and looks[0] < 0:
                margin = pixel + 1
            elif pixel - margin > period:
                return margin
        return None

    def _margin_after(self, tile: int, output: int) -> Optional[int]:
        """Result pixels at a tile's end that look behind it."""
        period = len(self.footprint.reach or ())
        margin = 0
        for place in range(_MOST_MARGIN):
            looks = self.footprint.looks_at(output - 1 - place)
            if looks is not None and looks[1] >= tile:
                margin = place + 1
            elif place - margin > period:
                return margin
        return None


def looks_of(network: Network, output: Optional[str]) -> Dict[str, Look]:
    """What an output's pixels look at along rows (``H``) and columns (``W``), as far as is known.

    Parameters
    ----------
    output
        Its name; None for the only one.
    """
    names = [output] if output is not None else list(network.graph.outputs)
    value = network.values.get(names[0]) if len(names) == 1 else None
    found: Dict[str, Look] = {}
    for axis in value.axes if value is not None else ():
        footprint = axis.footprint
        if axis.letter not in ("H", "W") or footprint is None or value is None:
            continue
        along = {
            source
            for source in footprint.sources
            if network.letters.get(source[0], "")[source[1] : source[1] + 1] == axis.letter
        }
        if along == footprint.sources and along:
            found[axis.letter] = Look(footprint, bool(along & value.whole))
    return found


def read_looks(model: Path, output: Optional[str]) -> Dict[str, Look]:
    """What the pixels of a model's output look at; empty where its network can't be read."""
    try:
        return looks_of(read_network(model).network, output)
    except Dl2EcdError:
        return {}
