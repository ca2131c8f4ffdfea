"""Interpolate in ONNX's words, of all versions.

https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets.html ; where the first
version takes pixels from, which is not written there, is what OpenVINO 2025.3 and 2026.4 do.
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ...network.data_types import Number
from ...network.following import NotFollowedError
from ...network.graph import AttributeValue
from .step import Step

#: Modes, and ONNX's that takes the same pixels. Pillow's take more where an image gets smaller.
_MODES = {"nearest": "nearest", "linear": "linear", "linear_onnx": "linear", "cubic": "cubic"}
#: Ways to round to the nearest pixel that ONNX has.
_NEAREST = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")


def _interpolate(step: Step) -> List[str]:
    """Interpolate: by sizes or scales, along all axes or those that are listed."""
    if any((*step.integers("pads_begin"), *step.integers("pads_end"))):
        raise NotFollowedError
    shape, by_scales, index, last = step.shape(0), False, 1, 2
    if step.layer.version != "opset1":
        by_scales = step.one_of("shape_calculation_mode", ("sizes", "scales")) == "scales"
        if step.layer.version == "opset4":
            # Later ones have a single input for sizes or scales.
            index, last = (2 if by_scales else 1), 3
        axes = step.numbers(last) if step.has(last) else tuple(range(len(shape)))
    else:
        axes = step.integers("axes")
    amounts = step.value(index).numbers
    if amounts is None or len(amounts) != len(axes):
        raise NotFollowedError
    x = step.input(0)
    for axis, amount in zip(axes, amounts):
        x = _resized(step, x, axis, amount, by_scales, _coordinates(step, axes))
    return [x]


def _coordinates(step: Step, axes: Sequence[int]) -> str:
    """Where pixels are taken from."""
    if step.layer.version != "opset1":
        return step.text("coordinate_transformation_mode", "half_pixel")
    if step.truth("align_corners", True):
        return "align_corners"
    of_image = len(step.shape(0)) == 4 and tuple(axes) == (2, 3)
    return "half_pixel" if "linear" in step.text("mode", "") and not of_image else "asymmetric"


def _resized(
    step: Step, x: str, axis: int, amount: Optional[Number], by_scale: bool, coordinates: str
) -> str:
    """One axis of an image with another size."""
    data_type = "float32" if by_scale else "int64"
    number = step.following.weights((1,), data_type, [amount])
    size = step.following.value(x).size(axis)
    smaller: Optional[bool] = None
    if amount is not None and (by_scale or size is not None):
        smaller = amount < (1 if by_scale else size or 0)
    inputs = [x, "", number] if by_scale else [x, "", "", number]
    return step.add(
        "Resize",
        inputs,
        axes=(axis,),
        coordinate_transformation_mode=coordinates,
        **_sampling(step, smaller),
    )


def _sampling(step: Step, smaller: Optional[bool]) -> Dict[str, AttributeValue]:
    """Which pixels are taken, in ONNX's words.

    Parameters
    ----------
    smaller
        Whether the axis gets shorter; None where that is not known.
    """
    mode = step.one_of("mode", tuple(_MODES))
    nearest = "simple"
    if step.layer.version != "opset1":
        nearest = step.one_of("nearest_mode", ("simple", *_NEAREST), "round_prefer_floor")
    if nearest == "simple":
        if smaller is None:
            raise NotFollowedError
        nearest = "ceil" if smaller else "floor"
    return {
        "mode": _MODES[mode],
        "nearest_mode": nearest,
        # What smooths an image in other modes is not looked at.
        "antialias": int(mode == "linear" and step.truth("antialias", False)),
    }


LAYERS: Dict[str, Callable[[Step], List[str]]] = {"Interpolate": _interpolate}
