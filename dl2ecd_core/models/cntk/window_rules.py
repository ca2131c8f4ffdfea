"""Output shapes of CNTK's convolutions and poolings, and where their pixels lie.

What each attribute does: ConvolutionOpOutputShape in
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/PrimitiveFunction.cpp and
https://github.com/microsoft/CNTK/blob/master/Source/Math/ConvolveGeometry.h.
Shapes are column-major.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from .model_graph import INFERRED, Shape
from .signal_rules import Attributes, integer, integers, shape_attribute


@dataclass(frozen=True)
class Window:
    """How a kernel moves over its operand, one number per axis of the operand.

    Attributes
    ----------
    maps
        What the output's sizes are multiplied with: the number of kernels on the last axis.
    same
        Whether an axis is padded so that only the stride shrinks it.
    fixed
        The output shape of a transposed convolution that states it.
    """

    kernel: Tuple[int, ...]
    maps: Tuple[int, ...]
    strides: Tuple[int, ...]
    dilation: Tuple[int, ...]
    same: Tuple[bool, ...]
    lower: Tuple[int, ...]
    upper: Tuple[int, ...]
    transposed: bool = False
    ceil: bool = False
    grouped: bool = False
    fixed: Optional[Shape] = None


def _filled(
    values: Optional[Sequence[int]],
    filter_rank: int,
    rank: int,
    default: int,
    operand: Sequence[int] = (),
) -> Optional[Tuple[int, ...]]:
    """A list stretched over all axes: the last value repeated, then a default."""
    if values is None or len(values) > rank:
        return None
    result = list(values)
    if not result:
        return (default,) * rank
    while len(result) < min(filter_rank, rank):
        result.append(result[-1])
    while len(result) < rank:
        result.append(operand[len(result)] if operand else default)
    return tuple(result)


def _window(
    kernel: Sequence[int],
    maps: Sequence[int],
    operand: Shape,
    attributes: Attributes,
    *,
    from_operand: bool,
) -> Optional[Window]:
    rank = len(operand)
    transposed = attributes.get("transpose") is True
    sizes = list(kernel)
    if sizes and sizes[-1] == INFERRED:
        sizes.pop()
    if not sizes or len(sizes) > rank:
        return None
    filter_rank = len(sizes) - 1 if transposed else len(sizes)
    source = operand if from_operand else ()
    full = [
        _filled(sizes, filter_rank, rank, 1, source),
        _filled(integers(attributes.get("strides")), filter_rank, rank, 1, source),
        _filled(integers(attributes.get("dilation", [1])), filter_rank, rank, 1),
        _filled(integers(attributes.get("autoPadding")), filter_rank, rank, 0),
        _filled(integers(attributes.get("lowerPad")), filter_rank, rank, 0),
        _filled(integers(attributes.get("upperPad")), filter_rank, rank, 0),
    ]
    if any(item is None for item in full):
        return None
    kernels, strides, dilation, same, lower, upper = (item or () for item in full)
    if any(step < 1 for step in strides) or any(step < 1 for step in dilation):
        return None
    fixed = shape_attribute(attributes, "outputShape") if transposed else None
    return Window(
        kernels,
        tuple(maps),
        strides,
        dilation,
        tuple(bool(item) for item in same),
        lower,
        upper,
        transposed=transposed,
        ceil=attributes.get("ceilOutDim") is True,
        grouped=(integer(attributes.get("groups", 1)) or 1) > 1,
        fixed=fixed if fixed and len(fixed) == rank and fixed[0] > 0 else None,
    )


def convolution_window(kernel: Shape, operand: Shape, attributes: Attributes) -> Optional[Window]:
    """The window of a Convolution whose kernel tensor and operand have these shapes."""
    rank = len(operand)
    if rank == 0 or len(kernel) < rank or len(kernel) > 2 * rank:
        return None
    maps: List[int] = [1] * rank
    counts = kernel[rank:]
    for back, count in enumerate(reversed(counts), start=1):
        maps[-back] = count
    if INFERRED in maps:
        if attributes.get("transpose") is not True or maps.index(INFERRED) != rank - 1:
            return None
        maps[-1] = operand[-1]
    return _window(kernel[:rank], maps, operand, attributes, from_operand=True)


def pooling_window(operand: Shape, attributes: Attributes) -> Optional[Window]:
    """The window of a Pooling; an unknown window covers all of the image."""
    kernel = shape_attribute(attributes, "poolingWindowShape")
    if kernel is None or not operand:
        return None
    if kernel == (-2,):
        kernel = operand[:-1]
        if any(size < 0 for size in kernel):
            return None
        if not kernel:
            return None
    return _window(kernel, (1,) * len(operand), operand, attributes, from_operand=False)


def output_shape(operand: Shape, window: Window) -> Optional[Shape]:
    """What comes out of the window; free and inferred sizes stay what they are."""
    if window.fixed is not None:
        return window.fixed
    sizes = []
    for axis, size in enumerate(operand):
        last = axis == len(operand) - 1
        if size < 0:
            sizes.append(size)
            continue
        if last and window.grouped:
            sizes.append(window.maps[axis])
            continue
        one = _axis_output(size, axis, window)
        if one is None or one < 1:
            return None
        sizes.append(one)
    return tuple(sizes)


def _axis_output(size: int, axis: int, window: Window) -> Optional[int]:
    kernel, stride = window.kernel[axis], window.strides[axis]
    if kernel < 1:
        return None
    reach = window.dilation[axis] * (kernel - 1) + 1
    pads = window.lower[axis] + window.upper[axis]
    if window.transposed:
        if window.maps[axis] < 1 or size % window.maps[axis]:
            return None
        grown = (size // window.maps[axis] - 1) * stride
        return grown + 1 if window.same[axis] else grown + kernel - pads
    room = size - 1 if window.same[axis] else size + pads - reach
    if room < 0 or kernel > size:
        return None
    steps = -(-room // stride) if window.ceil else room // stride
    return (steps + 1) * window.maps[axis]
