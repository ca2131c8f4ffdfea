"""CNTK's convolutions, poolings and normalisations in ONNX's operators.

How windows are padded: https://github.com/microsoft/CNTK/blob/master/Source/Math/ConvolveGeometry.h
(GetLowerPad, GetUpperPad).
"""

from __future__ import annotations

from typing import Dict, List, NamedTuple, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from .model_graph import Op, Shape
from .operations import kernel_shape
from .signal_rules import integer, shape_attribute
from .step import Operand, Rule, Step, axis_in, columns, number_of, product, rows
from .v1_bodies import AVERAGE_POOLING, MAX_POOLING
from .window_rules import Window, convolution_window, output_shape, pooling_window

_TO_THE_END = (1 << 63) - 1
_ALL_OF_IT = (-2,)


class _Padded(NamedTuple):
    """An image, cut where padding is negative, and how a window over it is padded."""

    image: Operand
    attributes: Dict[str, object]


def _reach(window: Window, axis: int) -> int:
    """How far the last pixel of a window lies from its first."""
    return (window.kernel[axis] - 1) * window.dilation[axis]


def _pads(window: Window, axis: int, longer: int, shorter: int) -> Tuple[int, int]:
    """Padding in front and behind of the longer side, negative where pixels are left out."""
    if not window.same[axis]:
        return window.lower[axis], window.upper[axis]
    reach = _reach(window, axis)
    extra = longer - ((shorter - 1) * window.strides[axis] + 1)
    # C++ rounds towards zero.
    half = int(extra / 2)
    return reach // 2 - half, reach - reach // 2 - (extra - half)


def _padded(
    step: Step, x: Operand, window: Window, axes: Sequence[int], sizes: Sequence[int]
) -> _Padded:
    """Explicit padding, or what means the same where a size is free.

    Parameters
    ----------
    axes
        CNTK's, over which the window moves.
    sizes
        What comes out along each.
    """
    dims = step.dims(x)
    lengths = [dims[axis_in(len(dims), axis)] for axis in axes]
    if None in lengths:
        return _Padded(x, _padding_of_free_sizes(window, axes))
    before: List[int] = []
    after: List[int] = []
    cut: List[int] = []
    for axis, length, size in zip(axes, lengths, sizes):
        length = length or 0
        low, high = _pads(window, axis, length, size)
        end = (size - 1) * window.strides[axis] + _reach(window, axis) + 1
        if not window.same[axis]:
            # A window more where sizes are rounded up.
            high += max(0, end - (length + low + high))
        # What lies in memory then is CNTK's own result; along rows a window is counted from its
        # middle, and its result is good for as long as it holds a pixel.
        beyond = (size - 1) * window.strides[axis] - low >= length
        middle = window.same[axis] and (size - 1) * window.strides[axis] + 1 > length
        if beyond or (middle and axis > 0):
            raise NotConvertibleError("a window of it lies outside of the image")
        before.append(max(low, 0))
        after.append(max(high, 0))
        cut.append(max(-low, 0))
    if any(cut):
        places = [axis_in(len(dims), axis) + x.batched for axis in axes]
        ends = step.whole([_TO_THE_END] * len(cut))
        x = step.add("Slice", x, step.whole(cut), ends, step.whole(places))
    return _Padded(x, {"pads": [*reversed(before), *reversed(after)]})


def _padding_of_free_sizes(window: Window, axes: Sequence[int]) -> Dict[str, object]:
    if window.ceil:
        raise NotConvertibleError("sizes that are free are rounded up")
    before: List[int] = []
    after: List[int] = []
    words = set()
    explicit = False
    for axis in axes:
        reach, stride = _reach(window, axis), window.strides[axis]
        if window.same[axis]:
            low, high = reach // 2, reach - reach // 2
        else:
            low, high = window.lower[axis], window.upper[axis]
        before.append(low)
        after.append(high)
        if window.same[axis] and stride > 1:
            if stride - 1 > reach and (reach or stride > 2):
                raise NotConvertibleError("it leaves out pixels of a free size")
            if not reach:
                continue
            words.add("SAME_UPPER" if reach % 2 else "SAME_LOWER")
        elif low or high:
            # The same in either word, where it is what keeps the size.
            if window.same[axis]:
                words |= {"SAME_UPPER"} if reach % 2 else set()
            else:
                explicit = True
        elif stride > 1 or _reach(window, axis):
            explicit = True
    strided = any(
        window.same[axis] and window.strides[axis] > 1 and _reach(window, axis) for axis in axes
    )
    if not strided:
        return {"pads": [*reversed(before), *reversed(after)]}
    if explicit or len(words) > 1:
        raise NotConvertibleError("its axes are padded in different ways at free sizes")
    return {"auto_pad": words.pop()}


def _window_attributes(window: Window, axes: Sequence[int]) -> Dict[str, object]:
    return {
        "kernel_shape": [window.kernel[axis] for axis in reversed(axes)],
        "strides": [window.strides[axis] for axis in reversed(axes)],
    }


def _convolution(step: Step) -> Operand:
    attributes = step.attributes
    if attributes.get("sequential") is True:
        raise NotConvertibleError("it runs along the steps of a sequence")
    x = step.operand(1)
    image = columns(step.dims(x))
    kernel = kernel_shape(step.function, step.shape(0))
    window = convolution_window(kernel, image, attributes)
    if window is None:
        raise NotConvertibleError("its window is not known")
    last = len(image) - 1
    sharing = attributes.get("sharing")
    if any(count != 1 for count in window.maps[:last]):
        raise NotConvertibleError("it makes several maps along an axis of space")
    if isinstance(sharing, list) and not all(sharing):
        raise NotConvertibleError("it has a kernel of its own for each pixel")
    made = _transposed(step, x, kernel, window) if window.transposed else _forward(
        step, x, kernel, window
    )  # fmt: skip
    return made if x.batched else step.unbatched(made)


def _kernel(step: Step, dims: Sequence[int]) -> Operand:
    stored = step.values.weight(step.function.inputs[0], dims)
    if stored is not None:
        return stored
    made = step.reshaped(step.operand(0), tuple(dims))
    if made.batched:
        raise NotConvertibleError("its kernel is computed anew for each image")
    return made


def _forward(step: Step, x: Operand, kernel: Shape, window: Window) -> Operand:
    image = columns(step.dims(x))
    last = len(image) - 1
    groups = integer(step.attributes.get("groups", 1)) or 1
    result = output_shape(image, window)
    if result is None:
        raise NotConvertibleError("the size of what comes out of it is not known")
    if kernel[last] * groups != image[last]:
        # CNTK 2.7 refuses such windows itself, but writes grouped ones into v1 files so.
        raise NotConvertibleError("its kernel is narrower than the image, and no groups are told")
    axes = range(last)
    dims = [window.maps[last], *reversed(kernel[: last + 1])]
    x, padding = _padded(step, step.batched(x), window, axes, result)
    return step.add(
        "Conv",
        x,
        _kernel(step, dims),
        **_window_attributes(window, axes),
        dilations=[window.dilation[axis] for axis in reversed(axes)],
        group=groups,
        **padding,
    )


def _transposed(step: Step, x: Operand, kernel: Shape, window: Window) -> Operand:
    image = columns(step.dims(x))
    last = len(image) - 1
    result = output_shape(image, window)
    if result is None:
        raise NotConvertibleError("the size of what comes out of it is not known")
    if any(one != 1 for one in window.dilation):
        raise NotConvertibleError("it is dilated, which CNTK leaves out when it works out sizes")
    before: List[int] = []
    after: List[int] = []
    grown: List[int] = []
    front: List[int] = []
    for axis in reversed(range(last)):
        low, high, more, empty = _cut(window, axis, result[axis], image[axis])
        before.append(low)
        after.append(high)
        grown.append(more)
        front.append(empty)
    groups = integer(step.attributes.get("groups", 1)) or 1
    made = step.add(
        "ConvTranspose",
        step.batched(x),
        _kernel(step, [image[last], *reversed(kernel[: last + 1])]),
        **_window_attributes(window, range(last)),
        pads=[*before, *after],
        output_padding=grown if any(grown) else None,
        group=groups,
    )
    if any(front):
        amounts = [0, 0, *front, *[0] * len(image) + [0]]
        made = step.add("Pad", made, step.whole(amounts), step.number(0), mode="constant")
    return made


def _cut(window: Window, axis: int, longer: int, shorter: int) -> Tuple[int, int, int, int]:
    """What a transposed window loses in front and behind, and the zeros behind and in front."""
    if longer < 0 or shorter < 0:
        if window.fixed is not None:
            raise NotConvertibleError("how much it cuts off depends on a size that is free")
        reach = _reach(window, axis)
        if window.same[axis]:
            return reach // 2, reach - reach // 2, 0, 0
        return window.lower[axis], window.upper[axis], 0, 0
    low, _ = _pads(window, axis, longer, shorter)
    whole = (shorter - 1) * window.strides[axis] + _reach(window, axis) + 1
    empty = max(-low, 0)
    low = max(low, 0)
    high = whole - low - (longer - empty)
    return low, max(high, 0), max(-high, 0), empty


def _pooling(step: Step) -> Operand:
    x = step.operand(0)
    kind = integer(step.attributes.get("poolingType", MAX_POOLING))
    if kind not in (MAX_POOLING, AVERAGE_POOLING):
        raise NotConvertibleError("it pools in a way that is not known")
    mean = kind == AVERAGE_POOLING
    image = columns(step.dims(x))
    window = pooling_window(image, {**step.attributes, "transpose": False})
    if window is None:
        # Over all of an image whose size is free.
        whole = shape_attribute(step.attributes, "poolingWindowShape") == _ALL_OF_IT
        if not whole or len(image) < 2 or not x.batched:
            raise NotConvertibleError("its window is not known")
        return step.add("GlobalAveragePool" if mean else "GlobalMaxPool", x)
    result = output_shape(image, window)
    if result is None:
        raise NotConvertibleError("the size of what comes out of it is not known")
    last = len(image) - 1
    over_channels = window.kernel[last] != 1 or window.strides[last] != 1
    axes = range(last + 1 if over_channels else last)
    moved = step.batched(x)
    if over_channels:
        moved = step.reshaped(moved, (1, *step.dims(moved)))
    moved, padding = _padded(step, moved, window, axes, result)
    attributes = {**_window_attributes(window, axes), **padding}
    moved = moved._replace(name=step.lowering.apart(moved.name))
    if mean:
        counted = bool(step.attributes.get("includePad", False))
        made = step.add("AveragePool", moved, count_include_pad=int(counted), **attributes)
    else:
        made = step.add("MaxPool", moved, **attributes)
    if over_channels:
        made = step.reshaped(made, rows(result))
    return made if x.batched else step.unbatched(made)


def _unpooling(step: Step) -> Operand:
    """Values go back to where a pooling of the second operand found the largest ones."""
    values, image = step.operand(0), step.operand(1)
    attributes = dict(step.attributes)
    attributes["poolingWindowShape"] = attributes.get("unpoolingWindowShape")
    attributes["transpose"] = False
    shape = columns(step.dims(image))
    window = pooling_window(shape, attributes)
    result = None if window is None else output_shape(shape, window)
    last = len(shape) - 1
    if window is None or result is None or window.kernel[last] != 1:
        raise NotConvertibleError("its window is not known")
    if not (values.batched and image.batched):
        raise NotConvertibleError("it puts back what no image gave")
    padded, padding = _padded(step, image, window, range(last), result)
    if padded != image or "pads" not in padding:
        raise NotConvertibleError("its window leaves out pixels in front")
    told = {**_window_attributes(window, range(last)), **padding}
    _, places = step.lowering.add_several("MaxPool", [image.name], 2, **told)  # type: ignore[arg-type]
    sizes = step.add("Shape", image)
    return step.add("MaxUnpool", values, Operand(places, True), sizes, **told)


def _roi_pooling(step: Step) -> Operand:
    x, regions = step.operand(0), step.operand(1)
    size = shape_attribute(step.attributes, "roiOutputShape")
    if size is None or len(size) != 2:
        raise NotConvertibleError("the size that it pools to is not known")
    if integer(step.attributes.get("poolingType", MAX_POOLING)) != MAX_POOLING:
        raise NotConvertibleError("it takes the mean of a region")
    scale = step.attributes.get("spatialScale")
    if not isinstance(scale, (int, float)):
        raise NotConvertibleError("the scale of its regions is not in the file")
    dims = step.dims(regions)
    if not regions.batched or len(dims) != 2 or dims[1] != 4:
        raise NotConvertibleError("its regions are not four numbers each")
    # The number of the image goes in front of each region.
    first = step.add("Slice", regions, step.whole([0]), step.whole([1]), step.whole([2]))
    ones = step.add("Add", step.add("Mul", first, step.number(0)), step.number(1))
    along = Operand(step.lowering.constant([0], "int64", ()), False)
    number = step.add("Sub", step.add("CumSum", ones, along), step.number(1))
    table = step.add("Concat", number, regions, axis=2)
    rows_of = step.add("Reshape", table, step.whole([-1, 5]))
    width, height = size
    pooled = step.add(
        "MaxRoiPool", x, rows_of, pooled_shape=[height, width], spatial_scale=float(scale)
    )
    channels = step.dims(x)[0]
    if dims[0] is None or channels is None:
        raise NotConvertibleError("the number of its regions is free")
    return step.add("Reshape", pooled, step.whole([-1, dims[0], channels, height, width]))


def _batch_normalization(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.dims(x)
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
