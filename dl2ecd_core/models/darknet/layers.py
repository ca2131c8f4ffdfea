"""What a Darknet layer says of itself, and how many weights it keeps.

From the ``parse_*`` and ``load_*_weights`` functions of src/ in
https://github.com/pjreddie/darknet and https://github.com/AlexeyAB/darknet .
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Callable, Dict, Optional, Tuple

from .config import Section

#: Channels, height, width.
Size = Tuple[int, int, int]


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


def input_size(net: Section) -> Optional[Size]:
    """The input that [net] declares; None when it is not an image."""
    size = (net.whole("channels", 0), net.whole("height", 0), net.whole("width", 0))
    return size if min(size) > 0 else None


def strides(section: Section) -> Tuple[int, int]:
    """Vertical and horizontal step, at least 1."""
    both = section.whole("stride", 1)
    return max(1, section.whole("stride_y", both)), max(1, section.whole("stride_x", both))


def is_normalised(section: Section) -> bool:
    """Whether a layer keeps scales, means and variances beside its biases."""
    return bool(section.whole("batch_normalize", 0))


def weights_of(section: Section, before: Size, after: Optional[Size]) -> Optional[int]:
    """Values that the weights file holds for a layer; None when not known.

    Parameters
    ----------
    before, after
        What goes in and what comes out.
    """
    rule = _COUNTS.get(section.kind)
    return 0 if rule is None else rule(section, before, after)


def _per_filter(section: Section, filters: int) -> int:
    return filters * (4 if is_normalised(section) else 1)


def _convolutional(section: Section, before: Size, _: Optional[Size]) -> Optional[int]:
    if "share_index" in section.options or section.has("antialiasing"):
        return None
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    groups = max(1, section.whole("groups", 1))
    return _per_filter(section, filters) + filters * (before[0] // groups) * size * size


def _deconvolutional(section: Section, before: Size, _: Optional[Size]) -> Optional[int]:
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    return _per_filter(section, filters) + before[0] * filters * size * size


def _local(section: Section, before: Size, after: Optional[Size]) -> Optional[int]:
    if after is None:
        return None
    filters, size = section.whole("filters", 1), section.whole("size", 1)
    places = after[1] * after[2]
    return filters * places + before[0] * filters * size * size * places


def _connected(section: Section, before: Size, _: Optional[Size]) -> Optional[int]:
    outputs = section.whole("output", 1)
    return _per_filter(section, outputs) + before[0] * before[1] * before[2] * outputs


def _batchnorm(_: Section, __: Size, ___: Optional[Size]) -> Optional[int]:
    # The two lineages of Darknet store three or four lists.
    return None


def _shortcut(section: Section, before: Size, _: Optional[Size]) -> Optional[int]:
    lists = len(section.wholes("from")) + 1
    counts = {
        "none": 0,
        "per_feature": lists,
        "per_layer": lists,
        "per_channel": lists * before[0],
    }
    return counts.get(section.text("weights_type", "none"))


_COUNTS: Dict[str, Callable[[Section, Size, Optional[Size]], Optional[int]]] = {
    "convolutional": _convolutional,
    "conv": _convolutional,
    "deconvolutional": _deconvolutional,
    "deconv": _deconvolutional,
    "local": _local,
    "connected": _connected,
    "conn": _connected,
    "batchnorm": _batchnorm,
    "shortcut": _shortcut,
}
