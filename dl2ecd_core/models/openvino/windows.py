"""Layers that move a window over an image or change its size, in ONNX's operators.

https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets.html
"""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence

from ...network.following import NotFollowedError
from ...network.graph import AttributeValue
from ...network.shapes import Dims
from .step import Step

#: ``auto_pad``, and what it is in ONNX.
_AUTO_PAD = {
    "explicit": "NOTSET",
    "notset": "NOTSET",
    "valid": "VALID",
    "same_upper": "SAME_UPPER",
    "same_lower": "SAME_LOWER",
}
#: ``rounding_type``, and how lengths are rounded (:class:`~dl2ecd_core.network.window.Rounding`).
_ROUNDING = {"floor": "floor", "ceil": "ceil-always", "ceil_torch": "ceil"}


def _convolution(step: Step) -> List[str]:
    """Convolution, GroupConvolution: of the latter, the weights' first axis counts groups."""
    grouped = step.layer.type.startswith("Group")
    weights = step.weights(1)
    shape = _joined(weights) if grouped else weights
    kernel = step.following.weights(shape)
    return [step.add("Conv", [step.input(0), kernel], **_window(step, shape[2:]))]


def _transposed(step: Step) -> List[str]:
    """ConvolutionBackpropData and its grouped kind; a third input spells the length."""
    grouped = step.layer.type.startswith("Group")
    weights = step.weights(1)
    shape = _joined(weights) if grouped else weights
    attributes = _window(step, shape[2:])
    if grouped and weights[0] is not None:
        attributes["group"] = weights[0]
    extra = step.integers("output_padding")
    if extra:
        attributes["output_padding"] = extra
    told = attributes["auto_pad"] in ("NOTSET", "VALID")
    wanted = step.numbers(2) if step.has(2) else None
    if wanted is not None and not told:
        attributes["output_shape"] = wanted
    inputs = [step.input(0), step.following.weights(shape)]
    made = step.add("ConvTranspose", inputs, **attributes)
    # With padding of its own, the wanted length must be the one that comes of it.
    if wanted is not None and told and step.following.shape(made)[2:] != wanted:
        raise NotFollowedError
    return [made]


def _joined(weights: Dims) -> Dims:
    """Groups of channels as one axis."""
    if len(weights) < 2:
        raise NotFollowedError
    groups, each, *rest = weights
    return (None if groups is None or each is None else groups * each, *rest)


def _pool(step: Step) -> List[str]:
    """MaxPool, AvgPool; MaxPool's second output holds indices."""
    rounding = _ROUNDING[step.one_of("rounding_type", tuple(_ROUNDING), "floor")]
    op = "MaxPool" if step.layer.type == "MaxPool" else "AveragePool"
    attributes = {**_window(step, step.integers("kernel")), "rounding": rounding}
    outputs = len(step.layer.ports)
    return list(step.following.add_several(op, [step.input(0)], outputs, **attributes))


def _window(step: Step, kernel: Sequence[object]) -> Dict[str, AttributeValue]:
    sizes = tuple(size for size in kernel if isinstance(size, int))
    auto_pad = _AUTO_PAD[step.one_of("auto_pad", tuple(_AUTO_PAD), "explicit")]
    if len(sizes) != len(kernel) or not sizes:
        raise NotFollowedError
    none = (0,) * len(sizes)
    before, after = step.integers("pads_begin") or none, step.integers("pads_end") or none
    attributes: Dict[str, AttributeValue] = {
        "kernel_shape": sizes,
        "pads": (*before, *after),
        "auto_pad": auto_pad,
    }
    for name in ("strides", "dilations"):
        numbers = step.integers(name)
        if numbers:
            attributes[name] = numbers
    return attributes


def _adaptive_pool(step: Step) -> List[str]:
    """AdaptiveAvgPool, AdaptiveMaxPool to one pixel."""
    if set(step.numbers(1)) != {1}:
        raise NotFollowedError
    outputs = len(step.layer.ports)
    return [step.add("GlobalAveragePool", [step.input(0)]) for _ in range(outputs)]


def _pad(step: Step) -> List[str]:
    """Pad: amounts in front, then behind, in inputs of their own."""
    amounts = step.following.numbers((*step.numbers(1), *step.numbers(2)))
    return [step.add("Pad", [step.input(0), amounts])]


def _depth_to_space(step: Step) -> List[str]:
    """DepthToSpace, SpaceToDepth: in either order of the channels."""
    size = step.integer("block_size", 1)
    return [step.add(step.layer.type, [step.input(0)], blocksize=size)]


LAYERS: Dict[str, Callable[[Step], List[str]]] = {
    "Convolution": _convolution,
    "GroupConvolution": _convolution,
    "ConvolutionBackpropData": _transposed,
    "GroupConvolutionBackpropData": _transposed,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "AdaptiveAvgPool": _adaptive_pool,
    "AdaptiveMaxPool": _adaptive_pool,
    "Pad": _pad,
    "DepthToSpace": _depth_to_space,
    "SpaceToDepth": _depth_to_space,
}
