"""What the layers of a Darknet network do to sizes, and how many weights they keep.

From the ``make_*_layer`` and ``load_*_weights`` functions of src/ in
https://github.com/pjreddie/darknet and https://github.com/AlexeyAB/darknet .
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.names import operators
from .config import Section

#: Channels, height, width.
Size = Tuple[int, int, int]
_LARGEST = 1 << 31


@dataclass(frozen=True)
class Layer:
    """A layer and what comes out of it.

    Attributes
    ----------
    size
        None when not known.
    weights
        Values that the weights file holds for it; None when not known.
    """

    section: Section
    size: Optional[Size]
    weights: Optional[int] = 0


_Made = Tuple[Optional[Size], Optional[int]]
_Rule = Callable[[Section, Size, Sequence[Layer]], _Made]


def input_size(net: Section) -> Optional[Size]:
    """The input that [net] declares; None when it is not an image."""
    size = (net.whole("channels", 0), net.whole("height", 0), net.whole("width", 0))
    return size if min(size) > 0 else None


def walk(sections: Sequence[Section]) -> List[Layer]:
    """The layers in order, each with the size of its output."""
    layers: List[Layer] = []
    before = input_size(sections[0])
    for section in sections[1:]:
        rule = _RULES.get(section.kind)
        if rule is None or (before is None and section.kind != "route"):
            size, weights = (None, None)
        else:
            size, weights = rule(section, before or (0, 0, 0), layers)
            if size is not None and not (min(size) > 0 and max(size) <= _LARGEST):
                size = None
        layers.append(Layer(section, size, weights))
        before = size
    return layers


def _stride(section: Section, default: int = 1) -> Tuple[int, int]:
    """Vertical and horizontal step, at least 1."""
    both = section.whole("stride", default)
    return max(1, section.whole("stride_y", both)), max(1, section.whole("stride_x", both))


def _normalised(section: Section, filters: int) -> int:
    """Biases, and with batch normalisation scales, means and variances."""
    return filters * (4 if section.whole("batch_normalize", 0) else 1)


def _convolutional(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    channels, height, width = before
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    groups = max(1, section.whole("groups", 1))
    dilation = 1 if size == 1 else max(1, section.whole("dilation", 1))
    padding = section.whole("padding", 0)
    if section.whole("pad", 0):
        padding = size // 2
    reach = dilation * (size - 1) + 1
    down, right = _stride(section)
    after = (
        filters,
        (height + 2 * padding * dilation - reach) // down + 1,
        (width + 2 * padding * dilation - reach) // right + 1,
    )
    if (
        section.whole("share_index", -1000000000) != -1000000000
        or "antialiasing" in section.options
    ):
        return None if "antialiasing" in section.options else after, None
    return after, _normalised(section, filters) + filters * (channels // groups) * size * size


def _deconvolutional(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    channels, height, width = before
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    stride, _right = _stride(section)
    padding = size // 2 if section.whole("pad", 0) else section.whole("padding", 0)
    after = (
        filters,
        (height - 1) * stride + size - 2 * padding,
        (width - 1) * stride + size - 2 * padding,
    )
    return after, _normalised(section, filters) + channels * filters * size * size


def _local(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    channels, height, width = before
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    stride, _right = _stride(section)
    lost = 1 if section.whole("pad", 0) else size
    after = (filters, (height - lost) // stride + 1, (width - lost) // stride + 1)
    places = after[1] * after[2]
    return after, filters * places + channels * filters * size * size * places


def _maxpool(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    channels, height, width = before
    down, right = _stride(section)
    size = section.whole("size", section.whole("stride", 1))
    padding = section.whole("padding", size - 1)
    if section.whole("maxpool_depth", 0):
        return None, 0
    after = (channels, (height + padding - size) // down + 1, (width + padding - size) // right + 1)
    return after, 0


def _avgpool(_: Section, before: Size, __: Sequence[Layer]) -> _Made:
    return (before[0], 1, 1), 0


def _connected(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    outputs = section.whole("output", 1)
    inputs = before[0] * before[1] * before[2]
    return (outputs, 1, 1), _normalised(section, outputs) + inputs * outputs


def _same(_: Section, before: Size, __: Sequence[Layer]) -> _Made:
    return before, 0


def _batchnorm(_: Section, before: Size, __: Sequence[Layer]) -> _Made:
    # The two lineages of Darknet store three or four lists.
    return before, None


def _earlier(layers: Sequence[Layer], number: int) -> Optional[Layer]:
    """A layer by its number from the start, or counted back from here when negative."""
    place = len(layers) + number if number < 0 else number
    return layers[place] if 0 <= place < len(layers) else None


def _route(section: Section, _: Size, layers: Sequence[Layer]) -> _Made:
    sizes: List[Size] = []
    for number in section.wholes("layers"):
        origin = _earlier(layers, number)
        if origin is None or origin.size is None:
            return None, 0
        sizes.append(origin.size)
    if not sizes or any(size[1:] != sizes[0][1:] for size in sizes):
        return None, 0
    groups = max(1, section.whole("groups", 1))
    return (sum(size[0] for size in sizes) // groups, *sizes[0][1:]), 0


def _shortcut(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    kind = section.options.get("weights_type", "none").lower()
    lists = len(section.wholes("from")) + 1
    weights = {
        "none": 0,
        "per_feature": lists,
        "per_layer": lists,
        "per_channel": lists * before[0],
    }
    return before, weights.get(kind)


def _scaled_from(section: Section, _: Size, layers: Sequence[Layer]) -> _Made:
    origin = _earlier(layers, (section.wholes("from") or (0,))[0])
    return (None if origin is None else origin.size), 0


def _upsample(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    stride = section.whole("stride", 2)
    if stride < 0:
        return (before[0], before[1] // -stride, before[2] // -stride), 0
    return (before[0], before[1] * stride, before[2] * stride), 0


def _reorg(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    stride = max(1, section.whole("stride", 1))
    if section.whole("extra", 0) or section.whole("flatten", 0):
        return None, 0
    if section.whole("reverse", 0):
        return (before[0] // stride**2, before[1] * stride, before[2] * stride), 0
    return (before[0] * stride**2, before[1] // stride, before[2] // stride), 0


def _crop(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    return (before[0], section.whole("crop_height", 1), section.whole("crop_width", 1)), 0


def _yolo(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    masks = len(section.wholes("mask")) or section.whole("num", 1)
    coordinates = 8 if section.kind == "gaussian_yolo" else 4
    channels = masks * (section.whole("classes", 20) + coordinates + 1)
    # Darknet stops when the convolution before does not fit.
    return (before if channels == before[0] else None), 0


def _region(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    count = section.whole("classes", 20) + section.whole("coords", 4) + 1
    return (before if section.whole("num", 1) * count == before[0] else None), 0


def _detection(section: Section, before: Size, _: Sequence[Layer]) -> _Made:
    cells = section.whole("side", 7) ** 2
    boxes = section.whole("num", 1) * (1 + section.whole("coords", 1))
    outputs = cells * (boxes + section.whole("classes", 1))
    return ((outputs, 1, 1) if outputs == before[0] * before[1] * before[2] else None), 0


_RULES: Dict[str, _Rule] = {
    "convolutional": _convolutional,
    "conv": _convolutional,
    "deconvolutional": _deconvolutional,
    "deconv": _deconvolutional,
    "local": _local,
    "maxpool": _maxpool,
    "max": _maxpool,
    "local_avgpool": _maxpool,
    "avgpool": _avgpool,
    "avg": _avgpool,
    "connected": _connected,
    "conn": _connected,
    "batchnorm": _batchnorm,
    "route": _route,
    "shortcut": _shortcut,
    "scale_channels": _scaled_from,
    "sam": _scaled_from,
    "upsample": _upsample,
    "reorg": _reorg,
    "reorg3d": _reorg,
    "crop": _crop,
    "yolo": _yolo,
    "gaussian_yolo": _yolo,
    "region": _region,
    "detection": _detection,
}
_UNCHANGED = operators(
    "softmax soft dropout cost sse activation logistic l2norm normalization lrn empty silence"
)
_RULES.update((kind, _same) for kind in _UNCHANGED)
#: Kinds of layers whose sizes can be worked out.
KINDS = frozenset(_RULES)
