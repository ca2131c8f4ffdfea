"""How the kernels of CNTK's convolutions and poolings move over their operand.

What each attribute does: ConvolutionOpOutputShape in
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/PrimitiveFunction.cpp; how
much is padded: GetLowerPad and GetUpperPad in
https://github.com/microsoft/CNTK/blob/master/Source/Math/ConvolveGeometry.h.
Sizes stand in ONNX's order; attributes stand in CNTK's, and so they are read here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import List, Optional, Sequence, Tuple

from ...network.shapes import Dims
from ...network.window import transposed_output, window_output
from .attributes import Attributes, integer, integers, shape_attribute
from .model_graph import UNKNOWN_SHAPE


@dataclass(frozen=True)
class Along:
    """A kernel's way along one axis.

    Attributes
    ----------
    maps
        What the output's size is multiplied with: the number of kernels on the axis of channels.
    same
        Whether it is padded so that only the stride shrinks it.
    lower, upper
        Padding in front and behind where it is not.
    """

    kernel: int
    stride: int
    dilation: int
    same: bool
    lower: int
    upper: int
    maps: int

    @property
    def reach(self) -> int:
        """How far the last pixel of the kernel lies from its first."""
        return (self.kernel - 1) * self.dilation

    def output(self, size: int, *, ceil: bool) -> Optional[int]:
        """The length of what comes out; None where the kernel does not fit."""
        if not 1 <= self.kernel <= size:
            return None
        if self.same:
            count = window_output(size, 1, self.stride, ceil=ceil)
        else:
            pads = self.lower + self.upper
            count = window_output(size, self.kernel, self.stride, self.dilation, pads, ceil=ceil)
        return None if count is None or self.maps < 1 else count * self.maps

    def transposed_output(self, size: int) -> Optional[int]:
        """The length of what comes out where the kernel goes back."""
        if self.kernel < 1 or self.maps < 1 or size % self.maps:
            return None
        # CNTK leaves dilation out here.
        if self.same:
            return transposed_output(size // self.maps, 1, self.stride)
        pads = self.lower + self.upper
        return transposed_output(size // self.maps, self.kernel, self.stride, 1, pads)

    def pads(self, longer: int, shorter: int) -> Tuple[int, int]:
        """Padding in front and behind of the longer side, negative where pixels are left out."""
        if not self.same:
            return self.lower, self.upper
        extra = longer - ((shorter - 1) * self.stride + 1)
        # C++ rounds towards zero.
        half = int(extra / 2)
        return self.reach // 2 - half, self.reach - self.reach // 2 - (extra - half)


@dataclass(frozen=True)
class Geometry:
    """How a kernel moves over its operand.

    Attributes
    ----------
    axes
        One for each axis of the operand: channels, then space.
    fixed
        The sizes that a transposed convolution states itself.
    """

    axes: Tuple[Along, ...]
    transposed: bool
    ceil: bool
    groups: int
    fixed: Optional[Dims]

    @property
    def space(self) -> Tuple[Along, ...]:
        """All axes but that of the channels."""
        return self.axes[1:]

    def output(self, dims: Dims) -> Optional[Dims]:
        """The sizes of what comes out; free ones stay free. None where that can't be."""
        if self.fixed is not None:
            return self.fixed
        sizes: List[Optional[int]] = []
        for place, (along, size) in enumerate(zip(self.axes, dims)):
            found: Optional[int]
            if size is None:
                sizes.append(None)
                continue
            if place == 0 and self.groups > 1:
                found = along.maps
            elif self.transposed:
                found = along.transposed_output(size)
            else:
                found = along.output(size, ceil=self.ceil)
            if found is None or found < 1:
                return None
            sizes.append(found)
        return tuple(sizes)


def _filled(
    values: Optional[Sequence[Optional[int]]],
    kernel_rank: int,
    rank: int,
    default: int,
    operand: Sequence[Optional[int]] = (),
) -> Optional[List[Optional[int]]]:
    """A list stretched over all axes: the last value repeated, then a default."""
    if values is None or len(values) > rank:
        return None
    result = list(values)
    if not result:
        return [default] * rank
    while len(result) < min(kernel_rank, rank):
        result.append(result[-1])
    while len(result) < rank:
        result.append(operand[len(result)] if operand else default)
    return result


def _geometry(
    kernel: Sequence[Optional[int]],
    maps: Sequence[int],
    dims: Dims,
    attributes: Attributes,
    *,
    from_operand: bool,
) -> Optional[Geometry]:
    """Where a kernel of these sizes moves.

    Parameters
    ----------
    kernel, maps
        In CNTK's order.
    from_operand
        Whether a kernel of fewer axes covers the others from end to end.
    """
    rank = len(dims)
    transposed = attributes.get("transpose") is True
    sizes = list(kernel)
    if sizes and sizes[-1] is None:
        sizes.pop()
    if not sizes or len(sizes) > rank:
        return None
    kernel_rank = len(sizes) - 1 if transposed else len(sizes)
    source = dims[::-1] if from_operand else ()
    full = [
        _filled(sizes, kernel_rank, rank, 1, source),
        _filled(integers(attributes.get("strides")), kernel_rank, rank, 1, source),
        _filled(integers(attributes.get("dilation", [1])), kernel_rank, rank, 1),
        _filled(integers(attributes.get("autoPadding")), kernel_rank, rank, 0),
        _filled(integers(attributes.get("lowerPad")), kernel_rank, rank, 0),
        _filled(integers(attributes.get("upperPad")), kernel_rank, rank, 0),
    ]
    axes: List[Along] = []
    for position in range(rank):
        told = [None if numbers is None else numbers[position] for numbers in full]
        known = [number for number in told if number is not None]
        if len(known) < len(told):
            return None
        size, stride, dilation, same, lower, upper = known
        if stride < 1 or dilation < 1:
            return None
        axes.append(Along(size, stride, dilation, bool(same), lower, upper, maps[position]))
    fixed = shape_attribute(attributes, "outputShape") if transposed else None
    stated = fixed is not None and len(fixed) == rank and fixed[0] > 0
    return Geometry(
        tuple(reversed(axes)),
        transposed,
        attributes.get("ceilOutDim") is True,
        integer(attributes.get("groups", 1)) or 1,
        tuple(reversed(fixed)) if fixed is not None and stated else None,
    )


def convolution_geometry(kernel: Dims, dims: Dims, attributes: Attributes) -> Optional[Geometry]:
    """Where the kernel of a Convolution moves.

    Parameters
    ----------
    kernel, dims
        The sizes of the kernel tensor, the numbers of kernels first, and of its operand.
    """
    rank = len(dims)
    if rank == 0 or not rank <= len(kernel) <= 2 * rank:
        return None
    counts = list(kernel[: len(kernel) - rank]) + [1] * (2 * rank - len(kernel))
    if attributes.get("transpose") is True and counts[0] is None:
        counts[0] = dims[0]
    maps = [count for count in counts if count is not None]
    if len(maps) < rank:
        return None
    return _geometry(kernel[-rank:][::-1], maps[::-1], dims, attributes, from_operand=True)


def pooling_geometry(
    dims: Dims, attributes: Attributes, name: str = "poolingWindowShape"
) -> Optional[Geometry]:
    """Where the window of a Pooling moves; an unknown window covers all of the image."""
    window = shape_attribute(attributes, name)
    if window is None or not dims:
        return None
    kernel: Sequence[Optional[int]] = window
    if window == UNKNOWN_SHAPE:
        kernel = dims[:0:-1]
        if not kernel or None in kernel:
            return None
    told = {**attributes, "transpose": False}
    return _geometry(kernel, [1] * len(dims), dims, told, from_operand=False)
