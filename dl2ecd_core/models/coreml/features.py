"""Inputs and outputs as a Core ML model describes them.

https://github.com/apple/coremltools/blob/main/mlmodel/format/FeatureTypes.proto
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...wire.protobuf import Message, signed
from ..description import Dims, Evidence, Tensor

_ARRAY_TYPES = {65552: "float16", 65568: "float32", 65600: "float64", 131104: "int32",
                131080: "int8"}  # fmt: skip
#: Number of channels and element type of an image, by color space.
_COLORS = {10: (1, "uint8"), 20: (3, "uint8"), 30: (3, "uint8"), 40: (1, "float16")}
_PLAIN = {1: "int64", 2: "float64", 3: "string"}


def feature(message: Message) -> Tensor:
    """A FeatureDescription; axes of arrays are left open, those of images are told."""
    name = ""
    tensor = Tensor(None)
    for field in message.fields():
        if field.number == 1:
            name = message.text_of(field)
        elif field.number == 3:
            tensor = _typed(message.child(field, "a feature's type"))
    return Tensor(name, tensor.shape, tensor.axes, tensor.data_type, tensor.evidence)


def _typed(message: Message) -> Tensor:
    for field in message.fields():
        if field.number in _PLAIN:
            return Tensor(None, data_type=_PLAIN[field.number])
        if field.number == 4:
            return _image(message.child(field, "an image's type"))
        if field.number == 5:
            return _array(message.child(field, "an array's type"))
        if field.number == 6:
            return Tensor(None, data_type=_dictionary(message.child(field, "a dictionary's type")))
        if field.number == 7:
            return Tensor(None, data_type="sequence")
        if field.number == 8:
            for inner in message.child(field, "a state's type").fields():
                if inner.number == 1:
                    return _array(message.child(inner, "an array's type"))
    return Tensor(None)


def _dictionary(message: Message) -> str:
    keys = {1: "int64", 2: "string"}
    for field in message.fields():
        if field.number in keys:
            return f"dictionary({keys[field.number]}, float64)"
    return "dictionary"


def _array(message: Message) -> Tensor:
    shape: List[Optional[int]] = []
    data_type: Optional[str] = None
    free: Optional[Dims] = None
    flexible = False
    for field in message.fields():
        if field.number == 1:
            shape += message.integers_of(field, 64)
        elif field.number == 2:
            data_type = _ARRAY_TYPES.get(field.value)
        elif field.number == 21:
            flexible, free = True, _enumerated(message.child(field, "a list of shapes"))
        elif field.number == 31:
            flexible, free = True, _ranges(message.child(field, "ranges of a shape"))
    if len(shape) > 32:
        raise message.wrong("an array of more than 32 dimensions")
    sizes: Optional[Dims] = free if flexible else tuple(shape)
    if not sizes:
        return Tensor(None, data_type=data_type)
    # coremltools writes 0, or less, for a size that is free.
    sizes = tuple(None if size is None or size <= 0 else size for size in sizes)
    return Tensor(None, sizes, "?" * len(sizes), data_type, Evidence.DECLARED)


def _enumerated(message: Message) -> Optional[Dims]:
    """What is common to a list of shapes."""
    common: Optional[Tuple[Optional[int], ...]] = None
    for field in message.fields():
        if field.number != 1:
            continue
        shape: List[Optional[int]] = []
        inner = message.child(field, "a shape")
        for size in inner.fields():
            if size.number == 1:
                shape += inner.integers_of(size, 64)
        if common is None:
            common = tuple(shape)
        elif len(common) != len(shape):
            return None
        else:
            common = tuple(one if one == other else None for one, other in zip(common, shape))
    return common


def _ranges(message: Message) -> Optional[Dims]:
    sizes = [
        _range(message.child(field, "a range")) for field in message.fields() if field.number == 1
    ]
    return tuple(sizes) if len(sizes) <= 32 else None


def _range(message: Message) -> Optional[int]:
    """The size when a range leaves only one."""
    low, high = 0, 0
    for field in message.fields():
        if field.number == 1:
            low = field.value
        elif field.number == 2:
            high = signed(field.value)
    return low if low == high and low > 0 else None


def _image(message: Message) -> Tensor:
    """An image, as channels, rows and columns."""
    width: Optional[int] = None
    height: Optional[int] = None
    channels: Optional[int] = None
    data_type: Optional[str] = None
    sizes: Optional[Tuple[Optional[int], Optional[int]]] = None
    for field in message.fields():
        if field.number == 1:
            width = field.value or None
        elif field.number == 2:
            height = field.value or None
        elif field.number == 3:
            channels, data_type = _COLORS.get(field.value, (None, None))
        elif field.number == 21:
            sizes = _listed_sizes(message.child(field, "a list of image sizes"))
        elif field.number == 31:
            sizes = _size_ranges(message.child(field, "ranges of image sizes"))
    if sizes is not None:
        width, height = sizes
    return Tensor(None, (channels, height, width), "CHW", data_type, Evidence.DECLARED)


def _listed_sizes(message: Message) -> Tuple[Optional[int], Optional[int]]:
    """Width and height where all listed sizes have the same."""
    widths, heights = set(), set()
    for field in message.fields():
        if field.number == 1:
            inner = message.child(field, "an image size")
            size: Dict[int, int] = {one.number: one.value for one in inner.fields()}
            widths.add(size.get(1))
            heights.add(size.get(2))
    return (
        widths.pop() if len(widths) == 1 else None,
        heights.pop() if len(heights) == 1 else None,
    )


def _size_ranges(message: Message) -> Tuple[Optional[int], Optional[int]]:
    """Width and height where their ranges leave only one."""
    found: Dict[int, Optional[int]] = {}
    for field in message.fields():
        if field.number in (1, 2):
            found[field.number] = _range(message.child(field, "a range"))
    return found.get(1), found.get(2)
