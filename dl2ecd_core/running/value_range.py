"""Whether a scene's values lie where their scaling takes them to lie: a guess from its middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence

from ..findings import Finding, Place
from ..findings.rules import finding
from ..findings.wording import quoted
from ..scaling.steps import Scaling
from .rasters import RasterReader, Window
from .scaling import scaled

if TYPE_CHECKING:
    from .sessions import Array

#: Rows and columns that are looked at: a block or two of most files.
_MIDDLE = 256
#: The share of values outside of the range from which on the range is hardly meant.
_MOST = 0.75


def said_of_range(reader: RasterReader, bands: Sequence[int], scaling: Scaling) -> List[Finding]:
    """Of a ``min-max`` whose range most of a scene's values lie outside of: it is hardly meant.

    The middle of the scene is read, and only where its type holds values outside of the range.
    """
    places = [place for place, step in enumerate(scaling.steps) if step.kind == "min-max"]
    if not places or _holds_all(scaling, places[0], reader.data_type, len(bands)):
        return []
    pixels = _middle(reader, bands)
    outside = _outside(pixels, scaling, places[0])
    share = float(outside.mean()) if outside.size else 0.0
    if share <= _MOST:
        return []
    return [
        finding(
            "scaling-unlikely",
            f"{share:.0%} of the values in the middle of {quoted(reader.name, 400)} lie outside of "
            f"the range of {quoted(str(scaling.steps[places[0]]))} ({scaling.source}): they go "
            f"from {float(pixels.min()):g} to {float(pixels.max()):g}.",
            hint="This is a guess, and nothing was changed. See whether these are the steps that "
            "the model was trained with (--scale).",
            where=Place(file=reader.name),
        )
    ]


def _holds_all(scaling: Scaling, place: int, data_type: str, bands: int) -> bool:
    """Whether no value of a type lies outside."""
    import numpy

    kind = numpy.dtype(data_type)
    if kind.kind not in "iu":
        return False
    ends = numpy.array([numpy.iinfo(kind).min, numpy.iinfo(kind).max], "float64")
    return not _outside(numpy.tile(ends, (bands, 1)), scaling, place).any()


def _middle(reader: RasterReader, bands: Sequence[int]) -> Array:
    """The values ``(bands, pixels)`` of pixels with data in the middle of a scene."""
    import numpy

    top, left = (max(size - _MIDDLE, 0) // 2 for size in (reader.height, reader.width))
    bottom, right = min(top + _MIDDLE, reader.height), min(left + _MIDDLE, reader.width)
    block = reader.read(Window(top, bottom, left, right), bands)
    seen = numpy.isfinite(block.pixels).all(0)
    if block.valid is not None:
        seen &= block.valid
    pixels: Array = block.pixels[:, seen]
    return pixels


def _outside(pixels: Array, scaling: Scaling, place: int) -> Array:
    """Which of the values ``(bands, pixels)`` lie outside of the range of a step."""
    before = Scaling(scaling.steps[: place + 1], scaling.source)
    shares = scaled(pixels[:, None, :], before, "float64")
    outside: Array = (shares < 0) | (shares > 1)
    return outside


__all__ = ["said_of_range"]
