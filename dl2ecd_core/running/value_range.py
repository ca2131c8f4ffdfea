"""Whether a scene's values lie where their scaling takes them to lie: a guess from its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..scaling.steps import Scaling, Step
from .rasters import RasterReader, Window
from .scaling import scaled

if TYPE_CHECKING:
    from .sessions import Array

#: Rows and columns that are looked at: a block or two of most files.
_MIDDLE = 256
#: The share of values outside of the range from which on the range is hardly meant.
_MOST = 0.75
#: Between what values lie when such a step is done; hardly any is ten standard deviations from the
#: mean, and what divides bytes, or reflectance, leaves little above 1.
_MADE = {"min-max": (0.0, 1.0), "z-score": (-10.0, 10.0), "scale": (-2.0, 2.0)}
#: What values of 8 bits are divided by; those of more bits by more.
_BYTE = 255


def said_of_range(reader: RasterReader, bands: Sequence[int], scaling: Scaling) -> List[Finding]:
    """Of a step that is hardly meant for most of a scene's values, by what it makes of them.

    The middle of the scene is read, and only where its type holds values outside of the range.
    """
    place = _telling(scaling.steps)
    if place is None or _holds_all(scaling, place, reader.data_type, len(bands)):
        return []
    pixels = _middle(reader, bands)
    outside = _outside(pixels, scaling, place)
    share = float(outside.mean()) if outside.size else 0.0
    if share <= _MOST:
        return []
    step = scaling.steps[place]
    where = "lie outside of the range of" if step.kind == "min-max" else "are far from those of"
    return [
        finding(
            "scaling-unlikely",
            f"{share:.0%} of the values in the middle of {quoted(reader.name, 400)} {where} "
            f"{quoted(str(step))} ({scaling.source}): they go from {float(pixels.min()):g} to "
            f"{float(pixels.max()):g}.",
            hint="This is a guess, and nothing was changed. See whether these are the steps that "
            "the model was trained with (--scale).",
            where=Place(file=reader.name),
        )
    ]


def _telling(steps: Sequence[Step]) -> Optional[int]:
    """The step that tells most about the values it is meant for; None where none does."""
    for kind in ("min-max", "z-score"):
        for place, step in enumerate(steps):
            if step.kind == kind:
                return place
    if not steps or steps[-1].kind != "scale":
        return None
    divisor = steps[-1].values[0]
    # A smaller one may be for anything.
    lowest = min(divisor) if isinstance(divisor, tuple) else divisor
    return len(steps) - 1 if lowest >= _BYTE else None


def _holds_all(scaling: Scaling, place: int, data_type: str, bands: int) -> bool:
    """Whether no value of a type lies outside."""
    import numpy

    kind = numpy.dtype(data_type)
    if kind.kind not in "iu":
        return False
    ends = numpy.array([numpy.iinfo(kind).min, numpy.iinfo(kind).max], "float64")
    return not _outside(numpy.tile(ends, (bands, 1)), scaling, place).any()


def middle_of(reader: RasterReader) -> Window:
    """A window of a few blocks in the middle of a scene."""
    top, left = (max(size - _MIDDLE, 0) // 2 for size in (reader.height, reader.width))
    bottom, right = min(top + _MIDDLE, reader.height), min(left + _MIDDLE, reader.width)
    return Window(top, bottom, left, right)


def _middle(reader: RasterReader, bands: Sequence[int]) -> Array:
    """The values ``(bands, pixels)`` of pixels with data in the middle of a scene."""
    import numpy

    block = reader.read(middle_of(reader), bands)
    seen = numpy.isfinite(block.pixels).all(0)
    if block.valid is not None:
        seen &= block.valid
    pixels: Array = block.pixels[:, seen]
    return pixels


def _outside(pixels: Array, scaling: Scaling, place: int) -> Array:
    """Which of the values ``(bands, pixels)`` lie outside of the range of a step."""
    before = Scaling(scaling.steps[: place + 1], scaling.source)
    low, high = _MADE[scaling.steps[place].kind]
    made = scaled(pixels[:, None, :], before, "float64")
    outside: Array = (made < low) | (made > high)
    return outside


__all__ = ["middle_of", "said_of_range"]
