"""Caffe's layers that move a window over an image, or sum all of it up."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.shapes import elements
from ...network.window import Rounding, Window
from .layer import Lowered, Rule
from .network import Settings, flag, integers


def _per_axis(settings: Settings, name: str, default: Optional[int]) -> List[Optional[int]]:
    """A setting for rows and columns: one for both, one each, or under its own name."""
    short = {"kernel_size": "kernel", "pad": "pad", "stride": "stride"}.get(name, name)
    both = integers(settings, name)
    found: List[Optional[int]] = []
    for axis, letter in enumerate("hw"):
        own = integers(settings, f"{short}_{letter}")
        if own:
            found.append(own[-1])
        elif both:
            found.append(both[axis] if len(both) > 1 else both[0])
        else:
            found.append(default)
    return found


def _windows(settings: Settings, rounding: Rounding = Rounding.FLOOR) -> Tuple[Window, Window]:
    kernels = _per_axis(settings, "kernel_size", None)
    strides, pads = _per_axis(settings, "stride", 1), _per_axis(settings, "pad", 0)
    dilations = _per_axis(settings, "dilation", 1)
    made = []
    for kernel, stride, dilation, pad in zip(kernels, strides, dilations, pads):
        window = Window(kernel, stride or 1, dilation or 1, pad or 0, pad or 0, rounding=rounding)
        if kernel is None or not window.is_sound or window.before < 0:
            raise NotConvertibleError("its kernel, stride, padding or dilation makes no window")
        made.append(window)
    return made[0], made[1]


def _attributes(windows: Sequence[Window]) -> Dict[str, Any]:
    return {
        "kernel_shape": tuple(window.kernel or 0 for window in windows),
        "strides": tuple(window.stride for window in windows),
        "pads": tuple(w.before for w in windows) + tuple(w.after for w in windows),
    }


def _convolution(one: Lowered) -> Sequence[str]:
    return _windowed(one, "Conv")


def _depthwise(one: Lowered) -> Sequence[str]:
    """Each channel by itself, in forks; without a number of groups there are as many as these."""
    return _windowed(one, "Conv", depthwise=True)


def _deconvolution(one: Lowered) -> Sequence[str]:
    return _windowed(one, "ConvTranspose")


def _windowed(one: Lowered, op: str, *, depthwise: bool = False) -> Sequence[str]:
    settings = one.settings("convolution_param")
    channels = integers(settings, "num_output")
    if not channels or channels[-1] < 1 or integers(settings, "axis") not in ([], [1]):
        raise NotConvertibleError("its number of channels or its axis is not as in other networks")
    windows = _windows(settings)
    given = integers(settings, "group")
    results = []
    weights: List[str] = []
    for index, bottom in enumerate(one.bottoms):
        before = one.image(index)[1]
        group = given[-1] if given else before or 1 if depthwise else 1
        if not weights:
            weights = _kernel(one, op, windows, before, channels[-1], group)
        results.append(
            one.add(
                op,
                [bottom, *weights],
                group=group,
                dilations=tuple(window.dilation for window in windows),
                **_attributes(windows),
            )
        )
    return results


def _kernel(
    one: Lowered,
    op: str,
    windows: Sequence[Window],
    before: Optional[int],
    after: int,
    group: int,
) -> List[str]:
    """Weights and what is added, as ONNX has them; Caffe's lie in the same order."""
    if group < 1 or after % group or (before or 0) % group:
        raise NotConvertibleError(f"its channels can't be parted into {group} groups")
    kernel = tuple(window.kernel or 0 for window in windows)
    # Without the number of channels that go in, only shapes are wanted.
    entering = before or group
    dims = (after, entering // group) if op == "Conv" else (entering, after // group)
    weights = [one.weight(0, (*dims, *kernel))]
    return weights + _bias(one, "convolution_param", after)


def _bias(one: Lowered, settings: str, count: int) -> List[str]:
    told = one.settings(settings).get("bias_term", ["true"])[-1]
    wanted = told not in (0, "0", "false", "False", "f")
    return [one.weight(1, (count,))] if wanted else []


def _pooling(one: Lowered) -> Sequence[str]:
    settings, shape = one.settings("pooling_param"), one.image()
    kind = str(settings.get("pool", ["MAX"])[-1])
    largest, mean = kind in ("MAX", "0"), kind in ("AVE", "1")
    if flag(settings, "global_pooling"):
        if not (largest or mean):
            pixel = one.value((*shape[:2], 1, 1))
            raise NotConvertibleError("its result is random", values=[pixel])
        return [one.add("GlobalMaxPool" if largest else "GlobalAveragePool", one.bottoms[:1])]
    windows = _rounded(settings)
    whole = [_without_rounding(window, size) for window, size in zip(windows, shape[2:])]
    exact = [window for window in whole if window is not None]
    if len(exact) < 2 or not (largest or mean):
        attributes = {**_attributes(windows), "rounding": windows[0].rounding.value}
        known = one.lowering.value(one.add("MaxPool", one.bottoms[:1], **attributes))
        reason = "the size of what goes in is not known" if largest or mean else (
            "its result is random"
        )  # fmt: skip
        raise NotConvertibleError(reason, values=[known] * len(one.layer.tops))
    if any(window.after >= (window.kernel or 0) for window in exact):
        known = one.lowering.value(one.add("MaxPool", one.bottoms[:1], **_attributes(exact)))
        raise NotConvertibleError(
            "a window of it lies outside of the image", values=[known] * len(one.layer.tops)
        )
    if mean:
        return [_average(one, windows, exact)]
    return _largest(one, exact)


def _rounded(settings: Settings) -> Tuple[Window, Window]:
    """Caffe takes in what is left at the end; with padding, a window begins inside the image."""
    floor = settings.get("round_mode", [""])[-1] in ("FLOOR", 1, "1") or (
        # SSD's fork turns rounding up off.
        settings.get("ceil_mode", ["true"])[-1] in ("false", "False", "0", 0)
    )
    windows = _windows(settings)
    if floor:
        return windows
    padded = any(window.before for window in windows)
    return _windows(settings, Rounding.CEIL if padded else Rounding.CEIL_ALWAYS)


def _without_rounding(window: Window, size: Optional[int]) -> Optional[Window]:
    """The window with so much padding behind that nothing is left to be rounded."""
    count = window.output(size)
    if count is None or size is None or window.kernel is None:
        return None
    after = max(0, (count - 1) * window.stride + window.kernel - size - window.before)
    return Window(window.kernel, window.stride, 1, window.before, after)


def _largest(one: Lowered, windows: Sequence[Window]) -> Sequence[str]:
    if len(one.layer.tops) < 2:
        return [one.add("MaxPool", one.bottoms[:1], **_attributes(windows))]
    pooled, places = one.lowering.add_several("MaxPool", one.bottoms[:1], 2, **_attributes(windows))
    rows, columns = one.image()[2:]
    # Caffe counts places in each channel anew, and has no whole numbers.
    pixels = one.lowering.constant([(rows or 1) * (columns or 1)], dims=())
    return [pooled, one.add("Cast", [one.add("Mod", [places, pixels])], to=1)]


def _average(one: Lowered, windows: Sequence[Window], exact: Sequence[Window]) -> str:
    """The mean of what a window has of image and padding; what is beyond is not counted."""
    if all(window.after == given.after for window, given in zip(exact, windows)):
        return one.add("AveragePool", one.bottoms[:1], count_include_pad=1, **_attributes(exact))
    if not any(window.before for window in windows):
        return one.add("AveragePool", one.bottoms[:1], **_attributes(exact))
    # ONNX counts padding everywhere or nowhere: what lies beyond is taken out of the mean again.
    made = one.add("AveragePool", one.bottoms[:1], count_include_pad=1, **_attributes(exact))
    for axis, (window, given, size) in enumerate(zip(exact, windows, one.image()[2:])):
        if window.after > given.after:
            factors = _shares(window, (size or 0) + given.before + given.after, size)
            dims = (len(factors), 1) if axis == 0 else (len(factors),)
            made = one.add("Mul", [made, one.lowering.constant(factors, "float32", dims)])
    return made


def _shares(window: Window, end: int, size: Optional[int]) -> List[float]:
    """For each window, its length by as much of it as lies in image and padding."""
    kernel = window.kernel or 0
    starts = [at * window.stride for at in range(window.output(size) or 0)]
    return [kernel / (min(start + kernel, end) - start) for start in starts]


def _inner_product(one: Lowered) -> Sequence[str]:
    settings, shape = one.settings("inner_product_param"), one.shape()
    outputs, axis = integers(settings, "num_output"), (integers(settings, "axis") or [1])[-1]
    if not outputs or outputs[-1] < 1 or not 0 <= axis <= len(shape):
        raise NotConvertibleError("its number of outputs or its axis is not as in other networks")
    after = outputs[-1]
    entering = elements(shape[axis:])
    if axis == 0 or (axis > 1 and (entering is None or None in shape[1:axis])):
        raise NotConvertibleError(
            "it is laid over an axis of unknown size", values=[one.value((*shape[:axis], after))]
        )
    turned = flag(settings, "transpose")
    # Without the number that goes in, only shapes are wanted.
    count = entering or 1
    weights = [one.weight(0, (count, after) if turned else (after, count))]
    weights += _bias(one, "inner_product_param", after)
    x = one.bottoms[0]
    if axis > 1:
        x = one.add("Reshape", [x, one.lowering.constant([-1, count])])
    elif len(shape) > 2:
        x = one.add("Flatten", [x], axis=1)
    made = one.add("Gemm", [x, *weights], transB=0 if turned else 1)
    if axis > 1:
        sizes = [-1, *(size or 0 for size in shape[1:axis]), after]
        made = one.add("Reshape", [made, one.lowering.constant(sizes)])
    return [made]


RULES: Dict[str, Rule] = {
    "Convolution": _convolution,
    "ConvolutionDepthwise": _depthwise,
    "DepthwiseConvolution": _depthwise,
    "Deconvolution": _deconvolution,
    "Pooling": _pooling,
    "InnerProduct": _inner_product,
}
