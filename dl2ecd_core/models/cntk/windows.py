"""CNTK's convolutions, poolings and normalisations in ONNX's operators.

How windows are padded: https://github.com/microsoft/CNTK/blob/master/Source/Math/ConvolveGeometry.h
(GetLowerPad, GetUpperPad).
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from .attributes import integer, number_of, shape_attribute
from .geometry import Along, Geometry, convolution_geometry, pooling_geometry
from .model_graph import UNKNOWN_SHAPE, Op
from .step import Operand, Rule, Step, product, rows
from .v1_bodies import AVERAGE_POOLING, MAX_POOLING

_TO_THE_END = (1 << 63) - 1


class _Padded(NamedTuple):
    """An image, cut where padding is negative, and how a window over it is padded."""

    image: Operand
    attributes: Dict[str, object]


def _padded(step: Step, x: Operand, axes: Sequence[Along], sizes: Dims) -> _Padded:
    """Explicit padding, or what means the same where a size is free.

    Parameters
    ----------
    axes
        The last ones of the image, over which the window moves.
    sizes
        What comes out along each.
    """
    first = len(step.dims(x)) - len(axes)
    lengths = step.dims(x)[first:]
    before: List[int] = []
    after: List[int] = []
    cut: List[int] = []
    for place, (along, length, size) in enumerate(zip(axes, lengths, sizes), start=1):
        if length is None or size is None:
            return _Padded(x, _padding_of_free_sizes(step, axes))
        low, high = along.pads(length, size)
        last = (size - 1) * along.stride
        if not along.same:
            # A window more where sizes are rounded up.
            high += max(0, last + along.reach + 1 - (length + low + high))
        # What lies in memory then is CNTK's own result; along rows a window is counted from its
        # middle, and its result is good for as long as it holds a pixel.
        beyond = last - low >= length
        middle = along.same and last + 1 > length
        if beyond or (middle and place < len(axes)):
            raise NotConvertibleError("a window of it lies outside of the image")
        before.append(max(low, 0))
        after.append(max(high, 0))
        cut.append(max(-low, 0))
    if any(cut):
        places = range(first + x.batched, first + x.batched + len(axes))
        ends = step.whole([_TO_THE_END] * len(cut))
        # As CNTK names axes: the last one first.
        x = step.add("Slice", x, step.whole(cut[::-1]), ends, step.whole(places[::-1]))
    return _Padded(x, {"pads": [*before, *after]})


def _padding_of_free_sizes(step: Step, axes: Sequence[Along]) -> Dict[str, object]:
    if step.attributes.get("ceilOutDim") is True:
        raise NotConvertibleError("sizes that are free are rounded up")
    before: List[int] = []
    after: List[int] = []
    words = set()
    explicit = False
    for along in axes:
        reach, stride = along.reach, along.stride
        low, high = (reach // 2, reach - reach // 2) if along.same else (along.lower, along.upper)
        before.append(low)
        after.append(high)
        if along.same and stride > 1:
            if stride - 1 > reach and (reach or stride > 2):
                raise NotConvertibleError("it leaves out pixels of a free size")
            if not reach:
                continue
            words.add("SAME_UPPER" if reach % 2 else "SAME_LOWER")
        elif low or high:
            # The same in either word, where it is what keeps the size.
            if along.same:
                words |= {"SAME_UPPER"} if reach % 2 else set()
            else:
                explicit = True
        elif stride > 1 or reach:
            explicit = True
    if not any(along.same and along.stride > 1 and along.reach for along in axes):
        return {"pads": [*before, *after]}
    if explicit or len(words) > 1:
        raise NotConvertibleError("its axes are padded in different ways at free sizes")
    return {"auto_pad": words.pop()}


def _window_attributes(axes: Sequence[Along]) -> Dict[str, object]:
    return {
        "kernel_shape": [along.kernel for along in axes],
        "strides": [along.stride for along in axes],
    }


def _convolution(step: Step) -> Operand:
    attributes = step.attributes
    kernel, x = step.operand(0), step.operand(1)
    # Old files keep the kernel as a matrix and tell its shape aside.
    told = shape_attribute(attributes, "mapShape")
    tensor, dims = rows(told) if told else step.dims(kernel), step.dims(x)
    geometry = convolution_geometry(tensor, dims, attributes)
    if geometry is None:
        raise NotConvertibleError("its window is not known")
    result = step.expect(geometry.output(dims))
    if attributes.get("sequential") is True:
        raise NotConvertibleError("it runs along the steps of a sequence")
    sharing = attributes.get("sharing")
    if any(along.maps != 1 for along in geometry.space):
        raise NotConvertibleError("it makes several maps along an axis of space")
    if isinstance(sharing, list) and not all(sharing):
        raise NotConvertibleError("it has a kernel of its own for each pixel")
    lower = _transposed if geometry.transposed else _forward
    made = lower(step, x, tensor[-len(dims) :], geometry, result)
    return made if x.batched else step.unbatched(made)


def _kernel(step: Step, count: int, sizes: Dims) -> Operand:
    """The kernels: as many of them, of these sizes each."""
    dims = (count, *sizes)
    stored = step.values.weight(step.function.inputs[0], [size or 0 for size in dims])
    if stored is not None:
        return stored
    made = step.reshaped(step.operand(0), dims)
    if made.batched:
        raise NotConvertibleError("its kernel is computed anew for each image")
    return made


def _forward(step: Step, x: Operand, kernel: Dims, geometry: Geometry, result: Dims) -> Operand:
    channels = kernel[0]
    if channels is None or channels * geometry.groups != step.dims(x)[0]:
        # CNTK 2.7 refuses such windows itself, but writes grouped ones into v1 files so.
        raise NotConvertibleError("its kernel is narrower than the image, and no groups are told")
    x, padding = _padded(step, step.batched(x), geometry.space, result[1:])
    return step.add(
        "Conv",
        x,
        _kernel(step, geometry.axes[0].maps, kernel),
        **_window_attributes(geometry.space),
        dilations=[along.dilation for along in geometry.space],
        group=geometry.groups,
        **padding,
    )


def _transposed(step: Step, x: Operand, kernel: Dims, geometry: Geometry, result: Dims) -> Operand:
    image, count = step.dims(x), geometry.axes[0].maps
    if image[0] != count:
        raise NotConvertibleError("its kernels are more or fewer than the image has channels")
    if any(along.dilation != 1 for along in geometry.axes):
        raise NotConvertibleError("it is dilated, which CNTK leaves out when it works out sizes")
    before: List[int] = []
    after: List[int] = []
    grown: List[int] = []
    front: List[int] = []
    for along, longer, shorter in zip(geometry.space, result[1:], image[1:]):
        if longer is None or shorter is None:
            if geometry.fixed is not None:
                raise NotConvertibleError("how much it cuts off depends on a size that is free")
            low, high, more, empty = _cut_of_free_sizes(along)
        else:
            low, high, more, empty = _cut(along, longer, shorter)
        before.append(low)
        after.append(high)
        grown.append(more)
        front.append(empty)
    made = step.add(
        "ConvTranspose",
        step.batched(x),
        _kernel(step, count, kernel),
        **_window_attributes(geometry.space),
        pads=[*before, *after],
        output_padding=grown if any(grown) else None,
        group=geometry.groups,
    )
    if any(front):
        amounts = [0, 0, *front, *[0] * len(image) + [0]]
        made = step.add("Pad", made, step.whole(amounts), step.number(0), mode="constant")
    return made


def _cut_of_free_sizes(along: Along) -> Tuple[int, int, int, int]:
    if along.same:
        return along.reach // 2, along.reach - along.reach // 2, 0, 0
    return along.lower, along.upper, 0, 0


def _cut(along: Along, longer: int, shorter: int) -> Tuple[int, int, int, int]:
    """What a transposed window loses in front and behind, and the zeros behind and in front."""
    low, _ = along.pads(longer, shorter)
    whole = (shorter - 1) * along.stride + along.reach + 1
    empty = max(-low, 0)
    low = max(low, 0)
    high = whole - low - (longer - empty)
    return low, max(high, 0), max(-high, 0), empty


def _pooling(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.dims(x)
    kind = integer(step.attributes.get("poolingType", MAX_POOLING))
    mean = kind == AVERAGE_POOLING
    geometry = pooling_geometry(dims, step.attributes)
    if geometry is not None:
        step.expect(geometry.output(dims))
    if kind not in (MAX_POOLING, AVERAGE_POOLING):
        raise NotConvertibleError("it pools in a way that is not known")
    if geometry is None:
        # Over all of an image whose size is free.
        whole = shape_attribute(step.attributes, "poolingWindowShape") == UNKNOWN_SHAPE
        if not whole or len(dims) < 2 or not x.batched:
            raise NotConvertibleError("its window is not known")
        return step.add("GlobalAveragePool" if mean else "GlobalMaxPool", x)
    result = step.expect(geometry.output(dims))
    channels = geometry.axes[0]
    over_channels = channels.kernel != 1 or channels.stride != 1
    axes = geometry.axes if over_channels else geometry.space
    moved = step.batched(x)
    if over_channels:
        moved = step.reshaped(moved, (1, *dims))
    moved, padding = _padded(step, moved, axes, result[-len(axes) :])
    attributes = {**_window_attributes(axes), **padding}
    moved = moved._replace(name=step.lowering.apart(moved.name))
    if mean:
        counted = bool(step.attributes.get("includePad", False))
        made = step.add("AveragePool", moved, count_include_pad=int(counted), **attributes)
    else:
        made = step.add("MaxPool", moved, **attributes)
    if over_channels:
        made = step.reshaped(made, result)
    return made if x.batched else step.unbatched(made)


def _unpooling(step: Step) -> Operand:
    """Values go back to where a pooling of the second operand found the largest ones."""
    values, image = step.operand(0), step.operand(1)
    dims = step.expect(step.dims(image))
    geometry = pooling_geometry(dims, step.attributes, "unpoolingWindowShape")
    result = None if geometry is None else geometry.output(dims)
    if geometry is None or result is None or geometry.axes[0].kernel != 1:
        raise NotConvertibleError("its window is not known")
    if not (values.batched and image.batched):
        raise NotConvertibleError("it puts back what no image gave")
    padded, padding = _padded(step, image, geometry.space, result[1:])
    if padded != image or "pads" not in padding:
        raise NotConvertibleError("its window leaves out pixels in front")
    told = {**_window_attributes(geometry.space), **padding}
    _, places = step.lowering.add_several("MaxPool", [image.name], 2, **told)  # type: ignore[arg-type]
    sizes = step.add("Shape", image)
    return step.add("MaxUnpool", values, Operand(places, True), sizes, **told)


def _roi_pooling(step: Step) -> Operand:
    x, regions = step.operand(0), step.operand(1)
    image, dims = step.dims(x), step.dims(regions)
    told = shape_attribute(step.attributes, "roiOutputShape")
    if told is None or len(told) != 2 or len(image) < 3 or len(dims) < 2:
        raise NotConvertibleError("the size that it pools to is not known")
    size = rows(told)
    step.expect((dims[-2], image[-3], *size))
    if integer(step.attributes.get("poolingType", MAX_POOLING)) != MAX_POOLING:
        raise NotConvertibleError("it takes the mean of a region")
    scale = step.attributes.get("spatialScale")
    if not isinstance(scale, (int, float)):
        raise NotConvertibleError("the scale of its regions is not in the file")
    if not regions.batched or len(dims) != 2 or dims[1] != 4:
        raise NotConvertibleError("its regions are not four numbers each")
    # The number of the image goes in front of each region.
    first = step.add("Slice", regions, step.whole([0]), step.whole([1]), step.whole([2]))
    ones = step.add("Add", step.add("Mul", first, step.number(0)), step.number(1))
    along = Operand(step.lowering.constant([0], "int64", ()), False)
    number = step.add("Sub", step.add("CumSum", ones, along), step.number(1))
    table = step.add("Concat", number, regions, axis=2)
    rows_of = step.add("Reshape", table, step.whole([-1, 5]))
    pooled = step.add("MaxRoiPool", x, rows_of, pooled_shape=size, spatial_scale=float(scale))
    if dims[0] is None or image[0] is None:
        raise NotConvertibleError("the number of its regions is free")
    return step.add("Reshape", pooled, step.whole([-1, dims[0], image[0], *told[::-1]]))


def _batch_normalization(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.expect(step.dims(x))
    spatial = step.attributes.get("spatial") is True
    inner: Dims = dims if spatial or len(dims) == 1 else (product(dims),)
    size = inner[0] if inner else None
    if size is None:
        raise NotConvertibleError("the number of values that it normalises is free")
    statistics = []
    for index in range(1, 5):
        if product(step.dims(step.operand(index))) != size:
            raise NotConvertibleError("it has statistics for another number of channels")
        stored = step.values.weight(step.function.inputs[index], [size])
        statistics.append(stored or step.reshaped(step.operand(index), (size,)))
    epsilon = number_of(step.attributes, "epsilon", 1e-5)
    if step.attributes.get("inverseDeviation") is True:
        # CNTK takes the variance to be 1 / d^2 + epsilon, and adds epsilon to that.
        squared = step.add("Mul", statistics[3], statistics[3])
        variance = step.add("Add", step.add("Reciprocal", squared), step.number(epsilon))
        statistics[3] = variance
    flat = step.batched(step.reshaped(x, inner))
    made = step.add("BatchNormalization", flat, *statistics, epsilon=epsilon)
    made = made if x.batched else step.unbatched(made)
    return step.reshaped(made, dims)


RULES: Dict[int, Rule] = {
    Op.CONVOLUTION: _convolution,
    Op.POOLING: _pooling,
    Op.UNPOOLING: _unpooling,
    Op.ROI_POOLING: _roi_pooling,
    Op.BATCH_NORMALIZATION: _batch_normalization,
}
