"""The steps of a scaling, done to pixels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..scaling.steps import Number, Scaling, Step

if TYPE_CHECKING:
    from .sessions import Array


def scaled(pixels: Array, scaling: Scaling, data_type: str = "float32") -> Array:
    """Pixels ``(bands, rows, columns)`` as the model takes them.

    Computed in 32-bit floats, or in the model's own type where that is wider.
    """
    if not scaling.steps:
        return pixels.astype(data_type, copy=False)
    result = pixels.astype("float64" if data_type == "float64" else "float32")
    for step in scaling.steps:
        _apply(step, result)
    return result.astype(data_type, copy=False)


def _apply(step: Step, pixels: Array) -> None:
    """Do a step to pixels of floats, in place."""
    import numpy

    values = [_spread(value, pixels) for value in step.values]
    if step.kind == "clip":
        numpy.clip(pixels, values[0], values[1], out=pixels)
    elif step.kind == "clip-min":
        numpy.maximum(pixels, values[0], out=pixels)
    elif step.kind == "clip-max":
        numpy.minimum(pixels, values[0], out=pixels)
    else:
        if step.kind != "scale" and numpy.any(values[0]):
            pixels -= values[0]
        if step.kind == "min-max":
            pixels /= values[1] - values[0]
        elif step.kind != "offset":
            pixels /= values[-1]


def _spread(value: Number, pixels: Array) -> Array:
    """A number, or one for each band, so that it goes together with pixels."""
    import numpy

    return numpy.asarray(value, pixels.dtype).reshape(-1, 1, 1)
