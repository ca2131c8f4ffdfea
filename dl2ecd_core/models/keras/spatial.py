"""Layers that move a window over rows and columns, or change how many there are.

Size arithmetic from keras/src/ops/operation_utils.py and keras/src/backend/common/backend_utils.py
(Keras 3) and keras/utils/conv_utils.py (Keras 2).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from ...network.footprints import Footprint
from ...network.window import Padding, Window
from ..description import Activation, Dims
from .config import Call, whole
from .flow import UNKNOWN, Flow, Footprints, Rule, Settings, letters, sizes

#: Per axis: the size before it -> after it, and the same for its footprint.
AxisStep = Callable[
    [int, Optional[int], Optional[Footprint]], Tuple[Optional[int], Optional[Footprint]]
]
_START: Footprints = (Footprint(), Footprint())
_PADDING: Dict[str, Padding] = {
    "valid": Padding.VALID,
    "same": Padding.SAME_UPPER,
    "causal": Padding.SAME_UPPER,
}


def step(
    settings: Settings,
    flow: Flow,
    spatial: int,
    each: AxisStep,
    channels: Optional[Callable[[Optional[int]], Optional[int]]] = None,
) -> Flow:
    """An image, volume or series after something was done along each spatial axis.

    Parameters
    ----------
    spatial
        Number of spatial axes.
    each
        What happens along one of them.
    channels
        What happens to the number of channels; nothing when left out.
    """
    first = settings.channels_first
    rank = spatial + 2
    shape: Dims = flow.shape if flow.shape is not None else (None,) * rank
    if first is None or len(shape) != rank:
        return Flow(data_type=flow.data_type)
    start = 2 if first else 1
    footprints: List[Optional[Footprint]] = [None] * spatial
    if spatial == 2 and flow.shape is not None:
        known = flow.footprints if flow.footprints is not None else None
        footprints = list(known) if known is not None else [None, None]
    results = [each(number, shape[start + number], footprints[number]) for number in range(spatial)]
    middle = tuple(size for size, _ in results)
    depth = shape[1] if first else shape[-1]
    depth = channels(depth) if channels is not None else depth
    after: Dims = (shape[0], depth, *middle) if first else (shape[0], *middle, depth)
    placed: Optional[Footprints] = None
    if spatial == 2:
        placed = (results[0][1], results[1][1])
    return Flow(
        after,
        flow.data_type,
        letters(rank, first),
        Activation.NONE,
        placed,
        unsure=flow.unsure if flow.shape is not None else flow.unsure or settings.layer.name,
    )


def _convolution(
    spatial: int, channels: Callable[[Settings], Callable[[Optional[int]], Optional[int]]]
) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        each = _window(settings, "kernel_size", spatial, 1)
        if each is None:
            return (UNKNOWN,)
        result = step(settings, inputs[0], spatial, each, channels(settings))
        return (replace(result, activation=settings.activation),)

    return rule


def _filters(settings: Settings) -> Callable[[Optional[int]], Optional[int]]:
    filters = settings.whole("filters")
    return lambda before: filters


def _multiplied(settings: Settings) -> Callable[[Optional[int]], Optional[int]]:
    times = settings.whole("depth_multiplier") if "depth_multiplier" in settings.values else 1
    return lambda before: None if before is None or times is None else before * times


def _window(settings: Settings, kernel: str, spatial: int, stride: Any) -> Optional[AxisStep]:
    """What a convolution or pooling does along an axis."""
    kernels = settings.sizes(kernel, spatial)
    strides = settings.sizes("strides", spatial, stride)
    dilations = settings.sizes("dilation_rate", spatial, 1)
    padding = settings.text("padding", "valid")
    if kernels is None or strides is None or dilations is None:
        return None
    if padding not in _PADDING or 0 in strides or 0 in kernels:
        return None

    def each(
        number: int, size: Optional[int], footprint: Optional[Footprint]
    ) -> Tuple[Optional[int], Optional[Footprint]]:
        window = Window(
            kernels[number], strides[number], dilations[number], padding=_PADDING[padding]
        )
        # What is causal looks at nothing behind it: where its pixels lie is a matter of taste.
        place = None if padding == "causal" else window.footprint(footprint, size)
        return window.output(size), place

    return each


def _pooling(spatial: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        stride = settings.values.get("pool_size")
        each = _window(settings, "pool_size", spatial, stride)
        return (UNKNOWN,) if each is None else (step(settings, inputs[0], spatial, each),)

    return rule


def _transposed(spatial: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        kernels = settings.sizes("kernel_size", spatial)
        strides = settings.sizes("strides", spatial, 1)
        dilations = settings.sizes("dilation_rate", spatial, 1)
        padding = settings.text("padding", "valid")
        extra = settings.values.get("output_padding")
        extras = None if extra is None else sizes(extra, spatial)
        if kernels is None or strides is None or dilations is None:
            return (UNKNOWN,)
        if padding not in ("valid", "same") or (extra is not None and extras is None):
            return (UNKNOWN,)

        def each(
            number: int, size: Optional[int], footprint: Optional[Footprint]
        ) -> Tuple[Optional[int], Optional[Footprint]]:
            stride, dilation = strides[number], dilations[number]
            reach = dilation * (kernels[number] - 1) + 1
            more = None if extras is None else extras[number]
            before: Optional[int] = 0
            if padding == "valid":
                cut = -max(0, stride - reach) if more is None else -more
            elif more is None:
                cut = reach - stride
                before = max(0, cut) // 2
            else:
                cut = reach - reach % 2 - more
                before = None
            after = None if size is None else (size - 1) * stride + reach - cut
            if footprint is not None:
                footprint = footprint.transposed(kernels[number], stride, dilation, before)
            return (None if after is not None and after < 0 else after), footprint

        result = step(settings, inputs[0], spatial, each, _filters(settings))
        return (replace(result, activation=settings.activation),)

    return rule


def _global(spatial: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        flow, first = inputs[0], settings.channels_first
        if first is None or (flow.rank is not None and flow.rank != spatial + 2):
            return (UNKNOWN,)
        shape: Dims = flow.shape if flow.shape is not None else (None,) * (spatial + 2)
        depth = shape[1] if first else shape[-1]
        if not settings.flag("keepdims"):
            return (Flow((shape[0], depth), flow.data_type, "NC", Activation.NONE),)
        ones = (1,) * spatial
        after: Dims = (shape[0], depth, *ones) if first else (shape[0], *ones, depth)
        return (Flow(after, flow.data_type, letters(spatial + 2, first), Activation.NONE),)

    return rule


def _adaptive(spatial: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        target = settings.sizes("output_size", spatial)
        if target is None:
            return (UNKNOWN,)
        return (step(settings, inputs[0], spatial, lambda n, size, _: (target[n], None)),)

    return rule


def _enlarged(spatial: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        times = settings.sizes("size", spatial, 2)
        if times is None:
            return (UNKNOWN,)
        # Before TensorFlow 2, pixels were blended from the corners of the image on, not from the
        # pixels' middles; only what Keras 3 wrote, or the last of Keras 2, names its module.
        blended = settings.text("interpolation", "nearest") != "nearest"
        certain = not blended or settings.layer.module is not None

        def each(
            number: int, size: Optional[int], footprint: Optional[Footprint]
        ) -> Tuple[Optional[int], Optional[Footprint]]:
            after = None if size is None else size * times[number]
            if footprint is not None:
                footprint = footprint.resized(1, times[number]) if certain else None
            return after, footprint

        return (_still(step(settings, inputs[0], spatial, each), inputs[0]),)

    return rule


def _still(result: Flow, before: Flow) -> Flow:
    """Classes are read from pixels that were copied or blended as from those before."""
    return replace(result, activation=before.activation)


def _margins(name: str, spatial: int, sign: int) -> Rule:
    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        margins = pairs_of(settings.values.get(name), spatial)
        if margins is None:
            return (UNKNOWN,)

        def each(
            number: int, size: Optional[int], footprint: Optional[Footprint]
        ) -> Tuple[Optional[int], Optional[Footprint]]:
            before, behind = margins[number]
            after = None if size is None else size + sign * (before + behind)
            if footprint is not None:
                footprint = footprint.cropped(-sign * before)
            return (None if after is not None and after < 0 else after), footprint

        result = step(settings, inputs[0], spatial, each)
        return (_still(result, inputs[0]) if sign < 0 else replace(result, activation=None),)

    return rule


def pairs_of(value: Any, spatial: int) -> Optional[List[Tuple[int, int]]]:
    """Margins in front and behind per axis, from the ways in which Keras writes them."""
    single = whole(value)
    if single is not None:
        return [(single, single)] * spatial
    if not isinstance(value, list):
        return None
    if spatial == 1 and len(value) == 2 and all(whole(item) is not None for item in value):
        value = [value]
    if len(value) != spatial:
        return None
    pairs: List[Tuple[int, int]] = []
    for item in value:
        pair = sizes(item, 2)
        if pair is None:
            return None
        pairs.append((pair[0], pair[1]))
    return pairs


def _resized(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    target = (settings.whole("height"), settings.whole("width"))
    distorts = not any(
        settings.flag(name) for name in ("crop_to_aspect_ratio", "pad_to_aspect_ratio")
    )
    if None in target:
        return (UNKNOWN,)
    if inputs[0].rank == 3:  # an image without a batch
        return (Flow(data_type=inputs[0].data_type),)

    def each(
        number: int, size: Optional[int], footprint: Optional[Footprint]
    ) -> Tuple[Optional[int], Optional[Footprint]]:
        if footprint is None or not distorts:
            return target[number], None
        return target[number], footprint.resized(size, target[number])

    return (_still(step(settings, inputs[0], 2, each), inputs[0]),)


def _cropped(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    # Images smaller than the target are enlarged, so where pixels lie is known only with sizes.
    target = (settings.whole("height"), settings.whole("width"))
    if None in target or inputs[0].rank != 4:
        return (UNKNOWN,)
    return (_still(step(settings, inputs[0], 2, lambda n, size, _: (target[n], None)), inputs[0]),)


def _recurrent(spatial: int) -> Rule:
    """A convolution over each image of a series (ConvLSTM)."""

    def rule(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
        flow, first = inputs[0], settings.channels_first
        each = _window(settings, "kernel_size", spatial, 1)
        if each is None or first is None or settings.flag("return_state"):
            return (UNKNOWN,)
        shape: Optional[Dims] = flow.shape
        if shape is not None and len(shape) != spatial + 3:
            return (UNKNOWN,)
        one = Flow(None if shape is None else (shape[0], *shape[2:]), flow.data_type)
        result = step(settings, one, spatial, each, _filters(settings))
        if settings.flag("return_sequences") and result.shape is not None:
            time = None if shape is None else shape[1]
            axes = f"N?{result.axes[1:]}" if result.axes else None
            result = replace(result, shape=(result.shape[0], time, *result.shape[1:]), axes=axes)
        return (replace(result, activation=settings.activation),)

    return rule


RULES: Dict[str, Rule] = {
    "Resizing": _resized,
    "CenterCrop": _cropped,
    "Convolution1D": _convolution(1, _filters),
    "Convolution2D": _convolution(2, _filters),
    "Convolution3D": _convolution(3, _filters),
    "AtrousConvolution1D": _convolution(1, _filters),
    "AtrousConvolution2D": _convolution(2, _filters),
}
for _n in (1, 2, 3):
    RULES[f"Conv{_n}D"] = _convolution(_n, _filters)
    RULES[f"SeparableConv{_n}D"] = _convolution(_n, _filters)
    RULES[f"SeparableConvolution{_n}D"] = _convolution(_n, _filters)
    RULES[f"LocallyConnected{_n}D"] = _convolution(_n, _filters)
    RULES[f"DepthwiseConv{_n}D"] = _convolution(_n, _multiplied)
    RULES[f"Conv{_n}DTranspose"] = _transposed(_n)
    RULES[f"Convolution{_n}DTranspose"] = _transposed(_n)
    RULES[f"UpSampling{_n}D"] = _enlarged(_n)
    RULES[f"ZeroPadding{_n}D"] = _margins("padding", _n, 1)
    RULES[f"Cropping{_n}D"] = _margins("cropping", _n, -1)
    RULES[f"ConvLSTM{_n}D"] = _recurrent(_n)
    for _kind in ("Max", "Average"):
        RULES[f"{_kind}Pooling{_n}D"] = _pooling(_n)
        RULES[f"Global{_kind}Pooling{_n}D"] = _global(_n)
        RULES[f"Adaptive{_kind}Pooling{_n}D"] = _adaptive(_n)
