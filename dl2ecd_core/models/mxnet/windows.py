"""MXNet's operators that move a window over an image, change its size, or sum all of it up.

From src/operator/nn of https://github.com/apache/mxnet (1.9.1).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from ...network.value import Axis, Value, shaped
from ...network.window import TransposedWindow, Window, transposed_output
from .step import Rule, Step, as_before, channels_first, layout

_LARGEST = 1 << 31


def _per_axis(step: Step, key: str, count: int, default: int) -> Tuple[int, ...]:
    values = step.node.wholes(key) or ()
    return tuple(values[axis] if axis < len(values) else default for axis in range(count))


def _space(step: Step, kernel: Optional[Tuple[int, ...]]) -> Tuple[int, ...]:
    """The kernel, once it fits what goes in; what is known of the output where it does not."""
    if not kernel or min(kernel) < 1 or max(kernel) > _LARGEST:
        raise NotConvertibleError("its kernel makes no window")
    return kernel


def _filters(step: Step) -> int:
    filters, groups = step.node.whole("num_filter"), step.node.whole("num_group", 1)
    if filters is None or filters < 1 or not groups or groups < 1 or filters % groups:
        raise NotConvertibleError("its number of filters or groups is not sound")
    return filters


def _image(step: Step, rank: int, filters: int) -> Dims:
    """The shape of what goes in, channels behind the images."""
    shape = step.lowering.value(step.x()).shape
    channels, _ = layout(step.node)
    if shape is None:
        known: List[Optional[int]] = [None] * rank
        known[channels] = filters
        raise NotConvertibleError(
            "what goes into it is of an unknown shape", values=[step.known(tuple(known))]
        )
    if len(shape) != rank:
        raise NotConvertibleError("its kernel has another number of axes than what goes in")
    return shape if channels == 1 else (shape[0], shape[-1], *shape[1:-1])


def _kernel(step: Step, dims: Tuple[int, ...]) -> str:
    """The weights; where channels are last in the image, they are last here, too."""
    weights = step.x(1)
    array = step.array(1)
    given = None if array is None else array.shape
    wanted = dims if layout(step.node)[0] == 1 else (dims[0], *dims[2:], dims[1])
    if given is not None and given != wanted:
        raise NotConvertibleError("its weights are of another size")
    return channels_first(step, weights, len(dims))


def _weighted(step: Step, op: str, kernel: str, attributes: Dict[str, Any], rank: int) -> str:
    inputs = [channels_first(step, step.x(), rank), kernel]
    if not step.node.truth("no_bias", op == "ConvTranspose") and len(step.inputs) > 2:
        inputs.append(step.x(2))
    return as_before(step, step.add(op, inputs, **attributes), rank)


def _convolution(step: Step) -> Sequence[str]:
    kernel, filters = _space(step, step.node.wholes("kernel")), _filters(step)
    rank, groups = len(kernel) + 2, step.node.whole("num_group", 1) or 1
    shape = _image(step, rank, filters)
    count = len(kernel)
    strides, dilations = _per_axis(step, "stride", count, 1), _per_axis(step, "dilate", count, 1)
    pads = _per_axis(step, "pad", count, 0)
    windows = [
        Window(size, stride, dilation, pad, pad)
        for size, stride, dilation, pad in zip(kernel, strides, dilations, pads)
    ]
    if not all(window.is_sound for window in windows) or min(pads) < 0:
        raise NotConvertibleError("its stride, dilation or padding makes no window")
    after: Dims = tuple(window.output(size) for window, size in zip(windows, shape[2:]))
    if any(size is not None and one is None for size, one in zip(shape[2:], after)):
        known = [shape[0], *after]
        known.insert(layout(step.node)[0] % rank, filters)
        value = step.known(tuple(known))
        raise NotConvertibleError("its kernel is larger than the image", values=[value])
    array = step.array(1)
    channels = shape[1] or (0 if array is None or array.shape is None else (
        array.shape[layout(step.node)[0]] * groups
    ))  # fmt: skip
    if channels % groups:
        raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
    if len(step.inputs) > 1:
        weights = _kernel(step, (filters, channels // groups, *kernel))
    else:
        # Without weights only sizes are wanted.
        weights = step.lowering.weight("weights", (filters, channels // groups, *kernel))
    attributes = {
        "kernel_shape": kernel, "strides": strides, "dilations": dilations,
        "pads": (*pads, *pads), "group": groups,
    }  # fmt: skip
    return [_weighted(step, "Conv", weights, attributes, rank)]


def _deconvolution(step: Step) -> Sequence[str]:
    kernel, filters = _space(step, step.node.wholes("kernel")), _filters(step)
    rank, groups, count = len(kernel) + 2, step.node.whole("num_group", 1) or 1, len(kernel)
    shape = _image(step, rank, filters)
    strides, dilations = _per_axis(step, "stride", count, 1), _per_axis(step, "dilate", count, 1)
    pads, extra = _per_axis(step, "pad", count, 0), _per_axis(step, "adj", count, 0)
    target = _per_axis(step, "target_shape", count, 0)
    if min(*strides, *dilations) < 1 or min(*pads, *extra) < 0:
        raise NotConvertibleError("its stride, dilation or padding makes no window")
    if any(wanted > 0 for wanted in target):
        pads, extra = _for_target(step, shape, kernel, strides, dilations, target, filters)
    windows = [
        TransposedWindow(size, stride, dilation, pad, pad, more)
        for size, stride, dilation, pad, more in zip(kernel, strides, dilations, pads, extra)
    ]
    if any(size is not None and not w.output(size) for w, size in zip(windows, shape[2:])):
        raise NotConvertibleError("nothing would come out of it")
    channels = shape[1] or groups
    if channels % groups:
        raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
    dims = (channels, filters // groups, *kernel)
    if len(step.inputs) < 2:
        weights = step.lowering.weight("weights", dims)
    elif layout(step.node)[0] != 1:
        known = (shape[0], *(w.output(one) for w, one in zip(windows, shape[2:])), filters)
        raise NotConvertibleError(
            "it is transposed with the channels last", values=[step.known(known)]
        )
    else:
        weights = _kernel(step, dims)
    attributes = {
        "kernel_shape": kernel, "strides": strides, "dilations": dilations,
        "pads": (*pads, *pads), "group": groups,
        "output_padding": extra if any(extra) else None,
    }  # fmt: skip
    return [_weighted(step, "ConvTranspose", weights, attributes, rank)]


def _for_target(
    step: Step,
    shape: Dims,
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
    target: Sequence[int],
    filters: int,
) -> Tuple[Tuple[int, ...], Tuple[int, ...]]:
    """Padding and what is added behind, so that the output has the size that is asked for."""
    pads, extra = [], []
    for before, size, stride, dilation, wanted in zip(
        shape[2:], kernel, strides, dilations, target
    ):
        whole = transposed_output(before, size, stride, dilation)
        if whole is None or whole < wanted:
            # The size itself is known all the same.
            raise NotConvertibleError(
                "how much it cuts off depends on the size of the image",
                values=[step.known((shape[0], filters, *(one or None for one in target)))],
            )
        cut = whole - wanted
        pads.append((cut + 1) // 2)
        extra.append(cut % 2)
    return tuple(pads), tuple(extra)


def _pooling(step: Step) -> Sequence[str]:
    shape, node = step.shape(), step.node
    rank, kind = len(shape), step.text("pool_type", "max")
    if rank < 3:
        raise NotConvertibleError("it is told for images only")
    x = channels_first(step, step.lowering.apart(step.x()), rank)
    if node.truth("global_pool"):
        op = {"max": "GlobalMaxPool", "avg": "GlobalAveragePool"}.get(kind)
        made = step.add(op or "GlobalMaxPool", [x])
        if op is None:
            known = [step.known(step.lowering.value(as_before(step, made, rank)).shape)]
            raise NotConvertibleError(f"it pools by '{kind}'", values=known)
        return [as_before(step, made, rank)]
    kernel = _space(step, node.wholes("kernel"))
    count = rank - 2
    if len(kernel) != count:
        raise NotConvertibleError("its kernel has another number of axes than what goes in")
    strides, pads = _per_axis(step, "stride", count, 1), _per_axis(step, "pad", count, 0)
    convention = step.text("pooling_convention", "valid")
    if min(strides) < 1 or min(pads) < 0:
        raise NotConvertibleError("its stride or padding makes no window")
    if convention not in ("valid", "full"):
        # MXNet itself stops at its third, "same".
        open_ = [shape[0], *[None] * (rank - 1)]
        open_[layout(node)[0]] = shape[layout(node)[0]]
        raise NotConvertibleError(
            f"its convention is '{convention}'", values=[step.known(tuple(open_))]
        )
    # A row and column more of stride behind the image, less one, rounds up.
    more = [stride - 1 if convention == "full" else 0 for stride in strides]
    windows = [
        Window(size, stride, 1, pad, pad + extra)
        for size, stride, pad, extra in zip(kernel, strides, pads, more)
    ]
    made = _pooled(step, x, kind, windows, more)
    return [as_before(step, made, rank)]


def _pooled(step: Step, x: str, kind: str, windows: Sequence[Window], more: Sequence[int]) -> str:
    kernel = tuple(window.kernel or 1 for window in windows)
    attributes = {
        "kernel_shape": kernel,
        "strides": tuple(window.stride for window in windows),
        "pads": tuple(w.before for w in windows) + tuple(w.after for w in windows),
    }
    sized = step.lowering.value(step.add("MaxPool", [x], **attributes))
    known = [step.known(sized.shape)]
    if any(window.after >= (window.kernel or 1) for window in windows):
        raise NotConvertibleError("a window of it lies outside of the image", values=known)
    if kind == "max":
        return step.add("MaxPool", [x], **attributes)
    if kind not in ("avg", "sum"):
        raise NotConvertibleError(f"it pools by '{kind}'", values=known)
    counted = kind == "sum" or step.node.truth("count_include_pad", True)
    if counted and any(more) and any(window.before for window in windows):
        raise NotConvertibleError("it rounds up what it pads before it averages", values=known)
    # What lies beyond the padding is never counted.
    include = 1 if counted and not any(more) else 0
    if kind == "sum" and any(more):
        raise NotConvertibleError("it rounds up before it adds up", values=known)
    made = step.add("AveragePool", [x], count_include_pad=include, **attributes)
    if kind == "sum":
        count = 1
        for size in kernel:
            count *= size
        made = step.add("Mul", [made, step.lowering.scalar(float(count))])
    return made


def _row(units: int) -> Value:
    return shaped((None, units), "float32", [Axis("N"), Axis("C")])


def _dense(step: Step) -> Sequence[str]:
    units, flatten = step.node.whole("num_hidden"), step.node.truth("flatten", True)
    if units is None or units < 1:
        raise NotConvertibleError("its number of outputs is not sound")
    x = step.lowering.value(step.x())
    if x.shape is None or not x.shape:
        known = _row(units) if flatten and x.shape is None else step.known(None)
        raise NotConvertibleError("what goes into it is of an unknown shape", values=[known])
    if len(step.inputs) < 2:
        shape = (x.shape[0], units) if flatten else (*x.shape[:-1], units)
        raise NotConvertibleError("its weights are not known", values=[step.known(shape)])
    bias = [] if step.node.truth("no_bias") or len(step.inputs) < 3 else [step.x(2)]
    if flatten or len(x.shape) == 2:
        row = step.x() if len(x.shape) == 2 else step.add("Flatten", [step.x()], axis=1)
        return [step.add("Gemm", [row, step.x(1), *bias], transB=1)]
    turned = step.add("Transpose", [step.x(1)], perm=(1, 0))
    made = step.add("MatMul", [step.x(), turned])
    return [step.add("Add", [made, *bias]) if bias else made]


def _upsampling(step: Step) -> Sequence[str]:
    shape, scale = step.shape(), step.node.whole("scale")
    nearest = step.text("sample_type", "") == "nearest"
    if len(shape) != 4 or not scale or scale < 1 or (nearest and len(step.inputs) > 1):
        raise NotConvertibleError("it is told for one image only")
    sides = [None if size is None else size * scale for size in shape[2:]]
    if not nearest:
        known = [step.known((*shape[:2], *sides))]
        raise NotConvertibleError("it interpolates with weights of its own", values=known)
    scales = step.lowering.constant([1.0, 1.0, float(scale), float(scale)], "float32")
    return [
        step.add(
            "Resize", [step.x(), "", scales],
            mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor",
        )
    ]  # fmt: skip


def _resized(step: Step) -> Sequence[str]:
    shape, node = step.shape(), step.node
    height, width = node.whole("height"), node.whole("width")
    if len(shape) != 4 or len(step.inputs) > 1 or "scale_height" in node.attributes:
        raise NotConvertibleError("the size that it gives depends on the image")
    if not height or not width or step.text("mode", "size") != "size":
        raise NotConvertibleError("the size that it gives is not told")
    whole = step.add("Shape", [step.x()])
    first = step.add("Slice", [whole, *(step.lowering.constant([n]) for n in (0, 2))])
    sizes = step.add("Concat", [first, step.lowering.constant([height, width])], axis=0)
    corners = node.truth("align_corners", True)
    way = "align_corners" if corners else "half_pixel"
    made = step.add(
        "Resize", [step.x(), "", "", sizes], mode="linear", coordinate_transformation_mode=way
    )
    return [made]


def _pooled_to(step: Step) -> Sequence[str]:
    shape, sizes = step.shape(), step.node.wholes("output_size")
    if len(shape) != 4 or not sizes:
        raise NotConvertibleError("the size that it gives is not told")
    wanted = (sizes[0], sizes[-1])
    if wanted == (1, 1):
        return [step.add("GlobalAveragePool", [step.x()])]
    known = [step.known((*shape[:2], *wanted))]
    if any(size is None or one < 1 or size % one for size, one in zip(shape[2:], wanted)):
        raise NotConvertibleError("its windows differ in size", values=known)
    sides = tuple((size or 1) // one for size, one in zip(shape[2:], wanted))
    return [step.add("AveragePool", [step.x()], kernel_shape=sides, strides=sides)]


RULES: Dict[str, Rule] = {
    "Convolution": _convolution,
    "Convolution_v1": _convolution,
    "Deconvolution": _deconvolution,
    "Pooling": _pooling,
    "Pooling_v1": _pooling,
    "FullyConnected": _dense,
    "UpSampling": _upsampling,
    "_contrib_BilinearResize2D": _resized,
    "_contrib_AdaptiveAvgPooling2D": _pooled_to,
}
