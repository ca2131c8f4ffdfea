"""The steps of a scaling, done to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Sequence

from ...scaling.steps import Number, Scaling

if TYPE_CHECKING:
    from ..sessions import Array


def scaled(pixels: Array, scaling: Scaling, data_type: str = "float32") -> Array:
    """Pixels ``(bands, rows, columns)`` as the model takes them.

    Computed in 32-bit floats, or in wider ones where the model's own type needs them. Of a model
    that takes whole numbers, what lies between two of them becomes the nearer one, and what lies
    beyond them all the last. Band by band, all steps at once: a band of a tile stays in the
    processor's cache, in half the time.
    """
    import numpy

    if not scaling.steps:
        return _cast(pixels, data_type)
    wide = data_type in ("float64", "int32", "uint32", "int64", "uint64")
    result = numpy.empty(pixels.shape, "float64" if wide else "float32")
    for band, layer in enumerate(result):
        layer[...] = pixels[band]
        for step in scaling.steps:
            _apply(step.kind, [_of_band(value, band, result) for value in step.values], layer)
    return _cast(result, data_type)


def _cast(pixels: Array, data_type: str) -> Array:
    """Pixels in another type; where it holds not all of them, the nearest that it holds."""
    import numpy

    kind, own = numpy.dtype(data_type), pixels.dtype
    if kind.kind in "iu" and not numpy.can_cast(own, kind):
        limits = numpy.iinfo(kind)
        if own.kind == "f":
            low, high = own.type(limits.min), own.type(limits.max)
            if int(high) > limits.max:
                high = numpy.nextafter(high, own.type(0))
            pixels = numpy.clip(numpy.rint(pixels), low, high)
        else:
            mine = numpy.iinfo(own)
            pixels = numpy.clip(pixels, max(limits.min, mine.min), min(limits.max, mine.max))
    return pixels.astype(kind, copy=False)


def _of_band(value: Number, band: int, pixels: Array) -> Any:
    """A step's number for a band, in the type of the pixels."""
    return pixels.dtype.type(value[band] if isinstance(value, tuple) else value)


def _apply(kind: str, values: Sequence[Any], pixels: Array) -> None:
    """Do a step to a band of floats, in place."""
    import numpy

    if kind == "clip":
        numpy.clip(pixels, values[0], values[1], out=pixels)
    elif kind == "clip-min":
        numpy.maximum(pixels, values[0], out=pixels)
    elif kind == "clip-max":
        numpy.minimum(pixels, values[0], out=pixels)
    else:
        if kind != "scale" and values[0]:
            pixels -= values[0]
        if kind == "min-max":
            pixels /= values[1] - values[0]
        elif kind != "offset":
            pixels /= values[-1]
