"""Shapes and small constants in a graph: ``TensorShapeProto`` and ``TensorProto``.

Field numbers: tensor_shape.proto and tensor.proto in
https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework
"""

from __future__ import annotations

import struct
from functools import lru_cache
from typing import Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

from ...network.shapes import elements
from ...wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT, Field, Message, float_of, signed
from ..description import Dims
from . import types

#: Constants of more elements than this are weights, not sizes or axes, and stay unread.
MOST_VALUES = 1024
#: So much of a tensor's beginning holds its type and the usual shapes.
TENSOR_HEAD = 96
_MOST_DIMENSIONS = 254
# Shapes up to this size are taken apart in memory; the same ones come again and again.
_SHORT_SHAPE = 128

Number = Union[int, float]

# How the elements of a TensorProto lie in its `tensor_content`.
_CONTENT: Dict[int, str] = {
    types.FLOAT: "f",
    types.DOUBLE: "d",
    types.INT32: "i",
    4: "B",
    5: "h",
    6: "b",
    types.INT64: "q",
    types.BOOL: "?",
}
# The field of a TensorProto's elements by their type; that of the other whole numbers.
_VALUE_FIELDS: Dict[int, int] = {types.FLOAT: 5, types.DOUBLE: 6, types.INT64: 10, types.BOOL: 11}
_INT_VAL = 7


class TensorHead(NamedTuple):
    """Element type and shape of a constant, and where it lies."""

    data_type: int
    shape: Optional[Dims]
    message: Message
    values: Optional[Field] = None
    """The field of its elements, where it is known to be the only one."""


def read_shape(message: Message) -> Optional[Dims]:
    """A ``TensorShapeProto``; None when its rank is unknown.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it has more dimensions than TensorFlow allows.
    """
    if message.size <= _SHORT_SHAPE:
        quick = quick_shape(message.source.read(message.start, message.size, "a shape"))
        if quick is not None:
            return quick
    sizes: List[Optional[int]] = []
    for field in message.fields():
        if field.number == 3 and field.wire == VARINT and field.value:
            return None
        if field.number == 2 and field.wire == LENGTH:
            size = 0
            for part in message.child(field, "a dimension").fields():
                if part.number == 1 and part.wire == VARINT:
                    size = signed(part.value)
            sizes.append(None if size < 0 else size)
            if len(sizes) > _MOST_DIMENSIONS:
                raise message.wrong(f"a tensor has more than {_MOST_DIMENSIONS} dimensions")
    return tuple(sizes)


@lru_cache(maxsize=512)
def quick_shape(raw: bytes) -> Optional[Dims]:
    """A shape whose dimensions are sizes and nothing else; None when it takes the careful way."""
    sizes: List[Optional[int]] = []
    position, size = 0, len(raw)
    while position < size:
        if raw[position] != 0x12 or position + 2 > size:
            return None
        length = raw[position + 1]
        position += 2
        end = position + length
        if not length:
            sizes.append(0)
            continue
        if length > 11 or end > size or raw[position] != 0x08:
            return None
        value = shift = 0
        for byte in raw[position + 1 : end]:
            value |= (byte & 0x7F) << shift
            shift += 7
        if raw[end - 1] >= 0x80 or any(byte < 0x80 for byte in raw[position + 1 : end - 1]):
            return None
        whole = signed(value & 0xFFFFFFFFFFFFFFFF)
        sizes.append(None if whole < 0 else whole)
        position = end
    return tuple(sizes)


def quick_length(raw: bytes, position: int) -> Optional[Tuple[int, int]]:
    """A length of up to five bytes and the position after it; None for longer ones."""
    length = shift = 0
    for byte in raw[position : position + 5]:
        position += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length, position
        shift += 7
    return None


def read_tensor(message: Message, raw: bytes = b"") -> TensorHead:
    """The head of a ``TensorProto``; its elements are skipped.

    Parameters
    ----------
    raw
        How the message starts, where it was read already.
    """
    quick = quick_tensor(message, raw[: message.size])
    if quick is not None:
        return quick
    data_type, shape = 0, None
    for field in message.fields():
        if field.number == 1 and field.wire == VARINT:
            data_type = types.plain(field.value)
        elif field.number == 2 and field.wire == LENGTH:
            shape = read_shape(message.child(field, "a constant's shape"))
        elif shape is not None and field.number > 3:
            break  # Elements follow: type and shape come first in every file seen.
    return TensorHead(data_type, () if shape is None else shape, message)


def quick_tensor(message: Message, raw: bytes) -> Optional[TensorHead]:
    """A constant of type, shape and one field of elements; None when it takes the careful way."""
    if len(raw) < 6 or raw[0] != 0x08 or raw[1] >= 0x80 or raw[2] != 0x12:
        return None
    after = 4 + raw[3]
    if raw[3] > _SHORT_SHAPE or after + 1 >= len(raw):
        return None
    elements_tag = raw[after]
    if elements_tag & 7 != LENGTH or not 3 < elements_tag >> 3 < 16:
        return None
    head = quick_length(raw, after + 1)
    shape = quick_shape(raw[4:after])
    if head is None or shape is None or head[0] + head[1] != message.size:
        return None
    values = Field(elements_tag >> 3, LENGTH, head[0], message.start + head[1])
    return TensorHead(types.plain(raw[1]), shape, message, values)


def tensor_values(head: TensorHead) -> Optional[Tuple[Number, ...]]:
    """The elements of a small constant of numbers, in row-major order; None for any other."""
    count = elements(head.shape)
    layout = _CONTENT.get(head.data_type)
    if count is None or count > MOST_VALUES or layout is None:
        return None
    values: List[Number] = []
    number = _VALUE_FIELDS.get(head.data_type, _INT_VAL)
    message = head.message
    fields: Iterable[Field] = message.fields() if head.values is None else (head.values,)
    for field in fields:
        if field.number == 4 and field.wire == LENGTH and field.value:
            width = struct.calcsize(f"<{layout}")
            if field.value != count * width:
                return None
            return struct.unpack(f"<{count}{layout}", message.bytes_of(field, MOST_VALUES * 8))
        if field.number == number:
            values += _typed(message, field, head.data_type)
    if len(values) > count:
        return None
    # Missing elements repeat the last one; a constant without any is all zeros.
    values += [values[-1] if values else 0] * (count - len(values))
    return tuple(values)


def _typed(message: Message, field: Field, data_type: int) -> List[Number]:
    if data_type in (types.FLOAT, types.DOUBLE):
        if field.wire in (FIXED32, FIXED64):
            return [float_of(field)]
        if field.wire == LENGTH:
            layout, width = ("f", 4) if data_type == types.FLOAT else ("d", 8)
            raw = message.bytes_of(field, MOST_VALUES * width)
            return list(
                struct.unpack(f"<{len(raw) // width}{layout}", raw[: len(raw) // width * width])
            )
        return []
    if field.wire in (VARINT, LENGTH):
        return list(message.integers_of(field, MOST_VALUES))
    return []
