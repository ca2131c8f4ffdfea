"""Darknet's layers that move a window over an image, or sum all of it up.

From the ``make_*_layer`` and ``forward_*_layer`` functions of src/ in
https://github.com/pjreddie/darknet and https://github.com/AlexeyAB/darknet .
"""

from __future__ import annotations

from typing import Any, Dict, List, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.window import TransposedWindow, Window
from .activations import activated
from .layers import is_normalised, strides
from .step import Rule, Step

#: What Darknet adds to a variance. Its lineages differ (0.000001 behind the root in one, 0.00001
#: under it in the other); this is what OpenCV, which reads both, takes.
EPSILON = 1e-6

# Options with which a convolution computes something else.
_OTHER = ("binary", "xnor", "flipped", "stretch", "sway", "rotate", "stretch_sway", "deform")


def _convolutional(step: Step) -> Sequence[str]:
    section = step.section
    channels = step.image()[0]
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    groups = max(1, section.whole("groups", 1))
    dilation = 1 if size == 1 else max(1, section.whole("dilation", 1))
    padding = size // 2 if section.whole("pad", 0) else section.whole("padding", 0)
    if section.has("antialiasing"):
        raise NotConvertibleError("it blurs before it leaves pixels out")
    windows = [
        Window(size, stride, dilation, padding * dilation, padding * dilation)
        for stride in strides(section)
    ]
    _check(windows)
    if filters < 1 or channels % groups or filters % groups:
        raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
    made = _normalised(step, "Conv", (filters, channels // groups, size, size), filters, {
        "kernel_shape": (size, size),
        "strides": tuple(window.stride for window in windows),
        "pads": (padding * dilation,) * 4,
        "dilations": (dilation, dilation),
        "group": groups,
    })  # fmt: skip
    known = [step.lowering.value(made)]
    if "share_index" in section.options:
        raise NotConvertibleError("it takes the weights of another layer", values=known)
    for option in _OTHER:
        if section.has(option):
            raise NotConvertibleError(f"'{option}' changes what it computes", values=known)
    return [activated(step.lowering, section.text("activation", "logistic"), made)]


def _deconvolutional(step: Step) -> Sequence[str]:
    section = step.section
    channels = step.image()[0]
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    stride = strides(section)[0]
    padding = size // 2 if section.whole("pad", 0) else section.whole("padding", 0)
    if size < 1 or filters < 1 or padding < 0:
        raise NotConvertibleError("its kernel, filters or padding make no window")
    window = TransposedWindow(size, stride, before=padding, after=padding)
    if any((window.output(length) or 0) < 1 for length in step.image()[1:]):
        raise NotConvertibleError("nothing would come out of it")
    made = _normalised(step, "ConvTranspose", (channels, filters, size, size), filters, {
        "kernel_shape": (size, size),
        "strides": (stride, stride),
        "pads": (padding,) * 4,
    })  # fmt: skip
    return [activated(step.lowering, section.text("activation", "logistic"), made)]


def _check(windows: Sequence[Window]) -> None:
    if not all(window.is_sound and window.before >= 0 for window in windows):
        raise NotConvertibleError("its kernel, stride or padding makes no window")


def _normalised(
    step: Step, op: str, kernel: Tuple[int, ...], filters: int, attributes: Dict[str, Any]
) -> str:
    """A convolution, its weights in the order of the file: biases, statistics, kernel."""
    bias = step.weight("biases", (filters,))
    if not is_normalised(step.section):
        inputs = [step.x, step.weight("weights", kernel), bias]
        return step.lowering.add(op, inputs, **attributes)
    statistics = [step.weight(name, (filters,)) for name in ("scales", "means", "variances")]
    made = step.lowering.add(op, [step.x, step.weight("weights", kernel)], **attributes)
    return _batch_normalisation(step, made, bias, statistics)


def _batch_normalisation(step: Step, x: str, bias: str, statistics: Sequence[str]) -> str:
    scale, mean, variance = statistics
    return step.lowering.add(
        "BatchNormalization", [x, scale, bias, mean, variance], epsilon=EPSILON
    )


def _local(step: Step) -> Sequence[str]:
    height, width = step.image()[1:]
    section = step.section
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    stride = strides(section)[0]
    lost = 1 if section.whole("pad", 0) else size
    after = (filters, (height - lost) // stride + 1, (width - lost) // stride + 1)
    raise NotConvertibleError(
        "it has a kernel of its own for each pixel", values=[step.sized(after)]
    )


def _pool_windows(step: Step) -> List[Window]:
    section = step.section
    size = section.whole("size", section.whole("stride", 1))
    padding = section.whole("padding", size - 1)
    windows = []
    for length, stride in zip(step.image()[1:], strides(section)):
        # Half of the padding lies in front; behind is as much as the last window takes.
        before = padding // 2
        count = (length + padding - size) // stride + 1
        after = max(0, (count - 1) * stride + size - length - before)
        windows.append(Window(size, stride, before=before, after=after))
        if count < 1 or before >= size or after >= size:
            raise NotConvertibleError("a window of it lies outside of the image")
    _check(windows)
    return windows


def _pooling(op: str) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        if step.section.whole("maxpool_depth", 0):
            raise NotConvertibleError("it takes the largest of several channels")
        windows = _pool_windows(step)
        made = step.lowering.add(
            op,
            [step.x],
            kernel_shape=tuple(window.kernel or 0 for window in windows),
            strides=tuple(window.stride for window in windows),
            pads=tuple(w.before for w in windows) + tuple(w.after for w in windows),
        )
        if step.section.has("antialiasing"):
            known = [step.lowering.value(made)]
            raise NotConvertibleError("it blurs before it leaves pixels out", values=known)
        return [made]

    return rule


def _average_of_all(step: Step) -> Sequence[str]:
    return [step.lowering.add("GlobalAveragePool", [step.x])]


def _connected(step: Step) -> Sequence[str]:
    channels, height, width = step.image()
    section, outputs = step.section, step.section.whole("output", 1)
    if outputs < 1:
        raise NotConvertibleError("nothing would come out of it")
    bias = step.weight("biases", (outputs,))
    kernel = step.weight("weights", (outputs, channels * height * width))
    row = step.lowering.add("Flatten", [step.x], axis=1)
    if is_normalised(section):
        statistics = [step.weight(name, (outputs,)) for name in ("scales", "means", "variances")]
        made = step.lowering.add("Gemm", [row, kernel], transB=1)
        made = _batch_normalisation(step, made, bias, statistics)
    else:
        made = step.lowering.add("Gemm", [row, kernel, bias], transB=1)
    made = activated(step.lowering, section.text("activation", "logistic"), made)
    # Every layer behind takes it for an image of one pixel.
    return [step.lowering.add("Reshape", [made, step.lowering.constant([0, outputs, 1, 1])])]


RULES: Dict[str, Rule] = {
    "convolutional": _convolutional,
    "conv": _convolutional,
    "deconvolutional": _deconvolutional,
    "deconv": _deconvolutional,
    "local": _local,
    "maxpool": _pooling("MaxPool"),
    "max": _pooling("MaxPool"),
    "local_avgpool": _pooling("AveragePool"),
    "avgpool": _average_of_all,
    "avg": _average_of_all,
    "connected": _connected,
    "conn": _connected,
}
