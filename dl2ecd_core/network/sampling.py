"""Which pixels a resize makes an output pixel of.

https://github.com/onnx/onnx/blob/main/docs/Operators.md, Resize
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Callable, Iterator, Optional

from .footprints import Taps

_HALF = Fraction(1, 2)


def sampled(
    factor: Fraction, mode: str, coordinates: str, rounding: str = "round_prefer_floor"
) -> Optional[Taps]:
    """Pixels that an output pixel is made of; None where that depends on the image's size.

    Parameters
    ----------
    factor
        Output pixels for each input pixel.
    mode
        ``nearest``, ``linear`` or ``cubic``.
    coordinates
        ONNX's ``coordinate_transformation_mode``.
    rounding
        ONNX's ``nearest_mode``.

    Examples
    --------
    >>> taps = sampled(Fraction(2), "linear", "half_pixel")
    >>> list(taps(0)), list(taps(1))
    ([-1, 0], [0, 1])
    """
    if coordinates in ("half_pixel", "pytorch_half_pixel", "half_pixel_symmetric"):
        shift = _HALF / factor - _HALF
    elif coordinates == "tf_half_pixel_for_nn":
        shift = _HALF / factor
    elif coordinates == "asymmetric":
        shift = Fraction(0)
    else:
        return None
    if mode == "nearest":
        rule = _NEAREST.get(rounding)
        return None if rule is None else _nearest(factor, shift, rule)
    reach = {"linear": 1, "bilinear": 1, "cubic": 2}.get(mode)
    return None if reach is None else _interpolated(factor, shift, reach)


def _nearest(factor: Fraction, shift: Fraction, rule: Callable[[Fraction], int]) -> Taps:
    return lambda pixel: iter((rule(pixel / factor + shift),))


def _interpolated(factor: Fraction, shift: Fraction, reach: int) -> Taps:
    def taps(pixel: int) -> Iterator[int]:
        place = pixel / factor + shift
        first = math.floor(place)
        # On a pixel's middle, its neighbours weigh nothing.
        return iter((first,) if first == place else range(first - reach + 1, first + reach + 1))

    return taps


_NEAREST = {
    "round_prefer_floor": lambda place: math.ceil(place - _HALF),
    "round_prefer_ceil": lambda place: math.floor(place + _HALF),
    "floor": math.floor,
    "ceil": math.ceil,
}
