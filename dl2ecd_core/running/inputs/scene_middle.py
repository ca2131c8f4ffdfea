"""The middle of a scene, which is looked at where its values tell what nothing else says."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ..rasters.raster import NoPixels, RasterReader, Window

if TYPE_CHECKING:
    from ..sessions import Array

#: Rows and columns that are looked at: a block or two of most files.
_MIDDLE = 256
#: Between what reflectance lies, glints included, and what is scaled already.
_SHARE = 2
#: The highest value of 8 bits, and of 16.
_BYTE, _WORD = 255, 65_535
#: Reflectance in ten-thousandths, with clouds that are brighter than white paper.
_REFLECTANCE = 20_000


def middle_of(reader: RasterReader) -> Window:
    """A window of a few blocks in the middle of a scene."""
    top, left = (max(size - _MIDDLE, 0) // 2 for size in (reader.height, reader.width))
    bottom, right = min(top + _MIDDLE, reader.height), min(left + _MIDDLE, reader.width)
    return Window(top, bottom, left, right)


def values_of_middle(reader: RasterReader, bands: Sequence[int]) -> Array:
    """The values ``(bands, pixels)`` of pixels with data in the middle of a scene."""
    import numpy

    block = reader.read(middle_of(reader), bands)
    seen = numpy.isfinite(block.pixels).all(0)
    if block.valid is not None:
        seen &= block.valid
    pixels: Array = block.pixels[:, seen]
    return pixels


def ends_of_middle(reader: RasterReader, bands: Sequence[int]) -> Optional[Tuple[float, float]]:
    """The lowest and the highest value there; None where they tell nothing."""
    try:
        values = values_of_middle(reader, bands)
    except NoPixels:
        return None
    if not values.size or values.min() == values.max():
        return None
    return float(values.min()), float(values.max())


def likely_steps(ends: Optional[Tuple[float, float]], data_type: str) -> List[str]:
    """Steps that scenes of such values are often scaled by, the likeliest first: a guess.

    Parameters
    ----------
    ends
        As :func:`ends_of_middle` gives them; None where nobody has looked.
    data_type
        NumPy's name of the type of the scene's pixels.

    Examples
    --------
    >>> likely_steps((0.01, 0.9), "float32")[0]
    "'none' (values as they are)"
    >>> likely_steps((180, 9_300), "uint16")[0]
    "'scale 10000' (reflectance in ten-thousandths)"
    """
    none, byte = "'none' (values as they are)", "'min-max 0 255' (the range of 8 bits)"
    reflectance = "'scale 10000' (reflectance in ten-thousandths)"
    word = "'min-max 0 65535' (the range of 16 bits)"
    own = "'min-max LOWEST HIGHEST' of the bands, as their statistics say"
    if data_type == "uint8":
        return [byte, none]
    whole = data_type == "uint16"
    if ends is None:
        return [reflectance, *([word] if whole else []), own, none]
    low, high = ends
    if low >= -_SHARE and high <= _SHARE:
        return [none, own]
    if low >= 0 and high <= _BYTE:
        return [byte, reflectance, own, none]
    if low >= -_REFLECTANCE and high <= _REFLECTANCE:
        return [reflectance, own, *([word] if whole else []), none]
    return [*([word] if whole and high <= _WORD else []), own, none]


__all__ = ["ends_of_middle", "likely_steps", "middle_of", "values_of_middle"]
