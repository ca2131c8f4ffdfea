"""Layers that move a window over an image, a volume or a series.

Padding and sizes are TensorFlow's: what "same" can't halve goes behind, and a transposed
convolution is the gradient of the convolution that makes its input of its output.
keras/src/ops/operation_utils.py, keras/src/backend/common/backend_utils.py (Keras 3),
keras/utils/conv_utils.py (Keras 2).
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ....network.lowering import NotConvertibleError
from ....network.window import Padding, Window
from ..settings import sizes
from .activations import activated
from .step import Rule, Step
from .tensors import Tensor

_THEANO = "its kernels are Theano's, which are turned around"


def _made(step: Step, name: str) -> Sequence[Tensor]:
    """What a convolution made, after its own activation function."""
    return [activated(step, step.settings.values.get("activation"), step.image_made(name))]


def _windows(step: Step, name: str, spatial: int, stride: Any = 1) -> List[Window]:
    """The window along each axis, without padding where none is told."""
    kernels = step.settings.sizes(name, spatial)
    strides = step.settings.sizes("strides", spatial, stride)
    dilations = step.settings.sizes("dilation_rate", spatial, 1)
    if kernels is None or strides is None or dilations is None:
        raise NotConvertibleError("its kernel, stride or dilation makes no window")
    padding = step.settings.text("padding", "valid")
    if padding not in ("valid", "same", "causal"):
        raise NotConvertibleError(f"padding '{padding}' is not known here")
    same = Padding.SAME_UPPER if padding == "same" else Padding.EXPLICIT
    windows = [
        Window(
            kernel,
            stride,
            dilation,
            before=dilation * (kernel - 1) if padding == "causal" else 0,
            padding=same,
        )
        for kernel, stride, dilation in zip(kernels, strides, dilations)
    ]
    if not all(window.is_sound for window in windows):
        raise NotConvertibleError("its kernel, stride or dilation makes no window")
    return windows


def _attributes(step: Step, x: str, windows: Sequence[Window]) -> Dict[str, Any]:
    """Attributes of a node; padding is worked out where it does not depend on a free size."""
    lengths = step.lowering.shape(x)[2:]
    pads = [window.pads(length) for window, length in zip(windows, lengths)]
    attributes: Dict[str, Any] = {
        "kernel_shape": tuple(window.kernel or 0 for window in windows),
        "strides": tuple(window.stride for window in windows),
    }
    if any(window.dilation != 1 for window in windows):
        attributes["dilations"] = tuple(window.dilation for window in windows)
    before = tuple(one for one, _ in pads if one is not None)
    after = tuple(other for _, other in pads if other is not None)
    if len(before) == len(after) == len(windows):
        attributes["pads"] = before + after
    else:
        attributes["auto_pad"] = Padding.SAME_UPPER.value
        if "dilations" in attributes:
            step.cannot("its padding depends on the size of the image, which is free")
    return attributes


def _check_lineage(step: Step) -> None:
    if step.generation.backend == "theano":
        step.cannot(_THEANO)


def _with_bias(step: Step, inputs: List[str], filters: Optional[int]) -> List[str]:
    return [*inputs, step.weight("bias", (filters,))] if step.has("bias") else inputs


def _convolution(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        _check_lineage(step)
        x = step.image(step.x, spatial)
        channels, filters = step.channels(x), step.whole("filters")
        groups = step.settings.whole("groups") or 1
        if not filters or (channels or 0) % groups or filters % groups:
            raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
        windows = _windows(step, "kernel_size", spatial)
        lengths = tuple(window.kernel or 0 for window in windows)
        parts = None if channels is None else channels // groups
        if step.generation.major == 1 and step.channels_first and spatial > 1:
            kernel = step.weight("kernel", (filters, parts, *lengths))
        else:
            dims = (*lengths, parts, filters)
            # Keras 1 took a series for an image of one column.
            old = step.generation.major == 1 and spatial == 1
            kernel = step.weight(
                "kernel", dims, (*lengths, 1, parts or 0, filters) if old else None
            )
            kernel = step.ordered(kernel, (spatial + 1, spatial, *range(spatial)))
        inputs = _with_bias(step, [x, kernel], filters)
        attributes = _attributes(step, x, windows)
        return _made(step, step.add("Conv", inputs, group=groups, **attributes))

    return rule


def _each_channel(
    step: Step, x: str, spatial: int, windows: Sequence[Window]
) -> Tuple[str, Optional[int]]:
    """The kernel of a convolution of each channel by itself, and how many channels it makes."""
    channels = step.channels(x)
    times = step.whole("depth_multiplier") if "depth_multiplier" in step.settings.values else 1
    lengths = tuple(window.kernel or 0 for window in windows)
    kernel = step.weight("depthwise_kernel", (*lengths, channels, times))
    order = (spatial, spatial + 1, *range(spatial))
    made = None if channels is None else channels * times
    return step.ordered(kernel, order, (made, 1, *lengths)), made


def _depthwise(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        _check_lineage(step)
        x = step.image(step.x, spatial)
        windows = _windows(step, "kernel_size", spatial)
        kernel, filters = _each_channel(step, x, spatial, windows)
        inputs = _with_bias(step, [x, kernel], filters)
        attributes = _attributes(step, x, windows)
        return _made(step, step.add("Conv", inputs, group=step.channels(x), **attributes))

    return rule


def _separable(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        _check_lineage(step)
        x = step.image(step.x, spatial)
        windows, filters = _windows(step, "kernel_size", spatial), step.whole("filters")
        kernel, between = _each_channel(step, x, spatial, windows)
        attributes = _attributes(step, x, windows)
        made = step.add("Conv", [x, kernel], group=step.channels(x), **attributes)
        ones = (1,) * spatial
        mixing = step.weight("pointwise_kernel", (*ones, between, filters))
        mixing = step.ordered(mixing, (spatial + 1, spatial, *range(spatial)))
        inputs = _with_bias(step, [made, mixing], filters)
        return _made(step, step.add("Conv", inputs, kernel_shape=ones))

    return rule


def _transposed(spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        _check_lineage(step)
        if step.generation.major == 1:
            step.cannot("Keras 1 kept its kernel in another order")
        x = step.image(step.x, spatial)
        channels, filters = step.channels(x), step.whole("filters")
        windows = _windows(step, "kernel_size", spatial)
        lengths = tuple(window.kernel or 0 for window in windows)
        given = step.settings.values.get("output_padding")
        extras = None if given is None else sizes(given, spatial)
        if given is not None and extras is None:
            raise NotConvertibleError("its 'output_padding' has no known form")
        ends = [
            _cut(step, window, None if extras is None else extras[axis])
            for axis, window in enumerate(windows)
        ]
        kernel = step.weight("kernel", (*lengths, filters, channels))
        kernel = step.ordered(kernel, (spatial + 1, spatial, *range(spatial)))
        inputs = _with_bias(step, [x, kernel], filters)
        made = step.add(
            "ConvTranspose",
            inputs,
            kernel_shape=lengths,
            strides=tuple(window.stride for window in windows),
            dilations=tuple(window.dilation for window in windows),
            pads=tuple(before for before, _, _ in ends) + tuple(after for _, after, _ in ends),
            output_padding=tuple(extra for _, _, extra in ends),
        )
        return _made(step, made)

    return rule


def _cut(step: Step, window: Window, extra: Optional[int]) -> Tuple[int, int, int]:
    """What a transposed convolution cuts off in front and behind, and what it adds behind."""
    stride = window.stride
    reach = window.dilation * ((window.kernel or 0) - 1) + 1
    same = window.padding is Padding.SAME_UPPER
    # How much shorter the result is than all that the windows cover.
    if same:
        lost = reach - stride if extra is None else reach - reach % 2 - extra
    else:
        lost = min(0, reach - stride) if extra is None else -extra
    before = max(0, lost) // 2 if same else 0
    after = lost - before
    if after < 0 and -after >= max(stride, window.dilation):
        step.cannot("it adds more pixels behind than its stride")
    return before, max(0, after), max(0, -after)


def _pooling(op: str, spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        x = step.lowering.apart(step.image(step.x, spatial))
        windows = _windows(step, "pool_size", spatial, step.settings.values.get("pool_size"))
        attributes = _attributes(step, x, windows)
        if op == "AveragePool":
            attributes["count_include_pad"] = 0
        return [step.image_made(step.add(op, [x], **attributes))]

    return rule


def _own_kernels(spatial: int) -> Rule:
    """A convolution with a kernel of its own for each pixel."""

    def rule(step: Step) -> Sequence[Tensor]:
        step.cannot("it has a kernel of its own for each pixel")
        return _convolution(spatial)(step)

    return rule


def _adaptive(spatial: int) -> Rule:
    """A pooling to a given size, from windows of different sizes."""

    def rule(step: Step) -> Sequence[Tensor]:
        step.cannot("its windows depend on the size of the image")
        target = step.settings.sizes("output_size", spatial)
        x = step.image(step.x, spatial)
        if target is None:
            raise NotConvertibleError("its 'output_size' is no size")
        # Only the sizes of this operation are those of the layer.
        made = step.add(
            "CenterCropPad", [x, step.lowering.constant(target)], axes=tuple(range(2, 2 + spatial))
        )
        return [step.scores(step.image_made(made))]

    return rule


def _global(op: str, spatial: int) -> Rule:
    def rule(step: Step) -> Sequence[Tensor]:
        x = step.image(step.x, spatial)
        made = step.add(op, [x])
        if step.settings.flag("keepdims"):
            return [step.image_made(made)]
        return [Tensor(step.add("Flatten", [made], axis=1))]

    return rule


RULES: Dict[str, Rule] = {
    "Convolution1D": _convolution(1),
    "Convolution2D": _convolution(2),
    "Convolution3D": _convolution(3),
    "AtrousConvolution1D": _convolution(1),
    "AtrousConvolution2D": _convolution(2),
}
for _n in (1, 2, 3):
    RULES[f"Conv{_n}D"] = _convolution(_n)
    RULES[f"DepthwiseConv{_n}D"] = _depthwise(_n)
    RULES[f"SeparableConv{_n}D"] = _separable(_n)
    RULES[f"SeparableConvolution{_n}D"] = _separable(_n)
    RULES[f"Conv{_n}DTranspose"] = _transposed(_n)
    RULES[f"Convolution{_n}DTranspose"] = _transposed(_n)
    RULES[f"MaxPooling{_n}D"] = _pooling("MaxPool", _n)
    RULES[f"AveragePooling{_n}D"] = _pooling("AveragePool", _n)
    RULES[f"LocallyConnected{_n}D"] = _own_kernels(_n)
    RULES[f"AdaptiveMaxPooling{_n}D"] = RULES[f"AdaptiveAveragePooling{_n}D"] = _adaptive(_n)
    RULES[f"GlobalMaxPooling{_n}D"] = _global("GlobalMaxPool", _n)
    RULES[f"GlobalAveragePooling{_n}D"] = _global("GlobalAveragePool", _n)
