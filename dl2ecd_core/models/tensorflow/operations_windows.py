"""Shape rules: convolutions, pooling, batch normalisation."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ...network import window
from ...network.footprints import Footprint
from ..description import Dims
from .known import Operation, Unclear, product, same_size

Shapes = Sequence[Optional[Dims]]


class Layout(NamedTuple):
    """Where batch, channels and space stand in a tensor."""

    batch: int
    channel: int
    space: Tuple[int, ...]

    def letters(self) -> str:
        """One letter per dimension."""
        names = ["?"] * (2 + len(self.space))
        names[self.batch], names[self.channel] = "N", "C"
        for axis, letter in zip(self.space[-2:], "HW" if len(self.space) > 1 else "W"):
            names[axis] = letter
        return "".join(names)


def layout_of(operation: Operation, rank: int = 4) -> Layout:
    """The order of a convolution's or pooling's dimensions by its ``data_format``."""
    text = operation.attributes.text("data_format") or "NHWC"
    if text in ("NHWC", "NDHWC"):
        return Layout(0, rank - 1, tuple(range(1, rank - 1)))
    if text in ("NCHW", "NCDHW"):
        return Layout(0, 1, tuple(range(2, rank)))
    raise Unclear


class Window(NamedTuple):
    """A convolution's or pooling's movement along one axis."""

    kernel: Optional[int]
    stride: int
    dilation: int
    pads: Optional[Tuple[int, int]]
    """Explicit padding before and after; None for a padding by name."""
    same: bool

    def along(self) -> window.Window:
        """The same in the words of all frameworks."""
        before, after = self.pads or (0, 0)
        padding = window.Padding.SAME_UPPER if self.same else window.Padding.EXPLICIT
        return window.Window(self.kernel, self.stride, self.dilation, before, after, padding)

    def output(self, size: Optional[int]) -> Optional[int]:
        """The output's length; the kernel's is not needed where padding makes up for it."""
        after = self.along().output(size)
        if after is None and size is not None and self.kernel is not None:
            raise Unclear
        return after

    def footprint(self, before: Optional[Footprint], size: Optional[int]) -> Optional[Footprint]:
        """Where the output's pixels lie; None when that depends on a free size."""
        return self.along().footprint(before, size)


def _per_axis(numbers: Optional[Sequence[int]], layout: Layout, default: int) -> List[int]:
    rank = 2 + len(layout.space)
    if not numbers:
        return [default] * len(layout.space)
    if len(numbers) != rank:
        raise Unclear
    return [numbers[axis] for axis in layout.space]


def windows(operation: Operation, kernels: Sequence[Optional[int]], layout: Layout) -> List[Window]:
    """The movement along each spatial axis."""
    attributes = operation.attributes
    strides = _per_axis(attributes.integers("strides"), layout, 1)
    dilations = _per_axis(attributes.integers("dilations"), layout, 1)
    if min(strides) < 1 or min(dilations) < 1:
        raise Unclear
    padding = attributes.text("padding")
    pads: List[Optional[Tuple[int, int]]] = [None] * len(layout.space)
    if padding == "EXPLICIT":
        numbers = attributes.integers("explicit_paddings") or []
        if len(numbers) != 2 * (2 + len(layout.space)):
            raise Unclear
        pads = [(numbers[2 * axis], numbers[2 * axis + 1]) for axis in layout.space]
    elif padding not in ("SAME", "VALID"):
        raise Unclear
    return [Window(*parts, padding == "SAME") for parts in zip(kernels, strides, dilations, pads)]


def _placed(
    layout: Layout, batch: Optional[int], channel: Optional[int], space: Sequence[Optional[int]]
) -> Dims:
    sizes: List[Optional[int]] = [None] * (2 + len(layout.space))
    sizes[layout.batch], sizes[layout.channel] = batch, channel
    for axis, size in zip(layout.space, space):
        sizes[axis] = size
    return tuple(sizes)


def convolution_kernels(operation: Operation, rank: int) -> Dims:
    """The filter's spatial sizes."""
    return operation.ranked(1, rank)[: rank - 2]


def _convolution(rank: int) -> Callable[[Operation], Shapes]:
    def rule(operation: Operation) -> Shapes:
        layout = layout_of(operation, rank)
        image, weights = operation.ranked(0, rank), operation.ranked(1, rank)
        moves = windows(operation, weights[: rank - 2], layout)
        space = [move.output(image[axis]) for move, axis in zip(moves, layout.space)]
        return (_placed(layout, image[layout.batch], weights[-1], space),)

    return rule


def _depthwise(operation: Operation) -> Shapes:
    layout = layout_of(operation)
    image, weights = operation.ranked(0, 4), operation.ranked(1, 4)
    inward = same_size(image[layout.channel], weights[2])
    moves = windows(operation, weights[:2], layout)
    space = [move.output(image[axis]) for move, axis in zip(moves, layout.space)]
    return (_placed(layout, image[layout.batch], product(inward, weights[3]), space),)


def _transposed(rank: int) -> Callable[[Operation], Shapes]:
    def rule(operation: Operation) -> Shapes:
        sizes = operation.sizes(0)
        if sizes is None:
            return ((None,) * rank,)
        if len(sizes) != rank:
            raise Unclear
        return (sizes,)

    return rule


def pooling_kernels(operation: Operation, layout: Layout) -> List[int]:
    """The window's spatial sizes, from the attribute or (in newer operations) from an input."""
    numbers: Optional[Sequence[int]] = operation.attributes.integers("ksize")
    if numbers is None and len(operation.inputs) > 1:
        numbers = operation.numbers(1)
    if not numbers or len(numbers) != 2 + len(layout.space):
        raise Unclear
    if numbers[layout.batch] != 1 or numbers[layout.channel] != 1:
        raise Unclear
    return [numbers[axis] for axis in layout.space]


def _pooling(rank: int) -> Callable[[Operation], Shapes]:
    def rule(operation: Operation) -> Shapes:
        layout = layout_of(operation, rank)
        image = operation.ranked(0, rank)
        moves = pooling_windows(operation, layout)
        space = [move.output(image[axis]) for move, axis in zip(moves, layout.space)]
        shape = _placed(layout, image[layout.batch], image[layout.channel], space)
        return (shape, shape) if operation.op == "MaxPoolWithArgmax" else (shape,)

    return rule


def pooling_windows(operation: Operation, layout: Layout) -> List[Window]:
    """The movement of a pooling along each spatial axis."""
    kernels = pooling_kernels(operation, layout)
    if operation.op != "MaxPoolV2":
        return windows(operation, kernels, layout)
    strides = operation.numbers(2)
    if strides is None or len(strides) != 4:
        raise Unclear
    same = operation.attributes.text("padding") == "SAME"
    return [Window(k, strides[axis], 1, None, same) for k, axis in zip(kernels, layout.space)]


def _normalisation(operation: Operation) -> Shapes:
    image = operation.shape(0)
    rank = 4 if image is None else len(image)
    layout = layout_of(operation, rank)
    sizes = list(operation.ranked(0, rank))
    for index in (1, 2) if operation.attributes.flag("is_training", True) else (1, 2, 3, 4):
        vector = operation.ranked(index, 1)
        sizes[layout.channel] = same_size(sizes[layout.channel], vector[0])
    channel: Dims = (sizes[layout.channel],)
    return (tuple(sizes), channel, channel, channel, channel, None)


def _quantized(rule: Callable[[Operation], Shapes]) -> Callable[[Operation], Shapes]:
    def with_range(operation: Operation) -> Shapes:
        return (rule(operation)[0], (), ())

    return with_range


#: Operations by what they do, for the other tables.
CONVOLUTIONS: Dict[str, int] = {
    "Conv2D": 4,
    "_FusedConv2D": 4,
    "QuantizedConv2D": 4,
    "Conv3D": 5,
    "DepthwiseConv2dNative": 4,
    "_FusedDepthwiseConv2dNative": 4,
}
TRANSPOSED: Dict[str, int] = {
    "Conv2DBackpropInput": 4,
    "DepthwiseConv2dNativeBackpropInput": 4,
    "Conv3DBackpropInputV2": 5,
}
POOLINGS: Dict[str, int] = {
    "MaxPool": 4,
    "MaxPoolV2": 4,
    "AvgPool": 4,
    "MaxPoolWithArgmax": 4,
    "QuantizedMaxPool": 4,
    "QuantizedAvgPool": 4,
    "MaxPool3D": 5,
    "AvgPool3D": 5,
}
NORMALISATIONS = (
    "FusedBatchNorm",
    "FusedBatchNormV2",
    "FusedBatchNormV3",
    "_FusedBatchNormEx",
)

RULES: Dict[str, Callable[[Operation], Shapes]] = {
    **{op: _convolution(rank) for op, rank in CONVOLUTIONS.items()},
    **{op: _transposed(rank) for op, rank in TRANSPOSED.items()},
    **{op: _pooling(rank) for op, rank in POOLINGS.items()},
    **dict.fromkeys(NORMALISATIONS, _normalisation),
    "DepthwiseConv2dNative": _depthwise,
    "_FusedDepthwiseConv2dNative": _depthwise,
    "QuantizedConv2D": _quantized(_convolution(4)),
    "QuantizedMaxPool": _quantized(_pooling(4)),
    "QuantizedAvgPool": _quantized(_pooling(4)),
}
