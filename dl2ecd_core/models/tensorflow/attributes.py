"""The attributes of a node: ``AttrValue``, ``TensorShapeProto`` and small ``TensorProto`` values.

Field numbers: attr_value.proto, tensor_shape.proto and tensor.proto in
https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework
"""

from __future__ import annotations

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ...errors import ModelFileError
from ..description import Dims
from ..graph.shapes import elements
from ..wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT, Field, Message, float_of, signed
from . import types

#: Constants of more elements than this are weights, not sizes or axes, and stay unread.
MOST_VALUES = 1024
_MOST_DIMENSIONS = 254
_LONGEST_TEXT = 1 << 16
_MOST_ATTRIBUTES = 4096
# So much of a node is taken apart in memory, which is several times quicker.
_SMALL = 4096
# Where a value's only field is a tensor, its tag and length are here.
_HEAD = 16

Number = Union[int, float]

_LIST, _TEXT, _INTEGER, _FLOAT, _FLAG, _TYPE, _SHAPE, _TENSOR, _FUNCTION = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    10,
)

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
# The typed value fields of a TensorProto: float, double, int, int64, bool.
_VALUE_FIELDS = (5, 6, 7, 10, 11)


class TensorHead(NamedTuple):
    """Element type and shape of a constant, and where it lies."""

    data_type: int
    shape: Optional[Dims]
    message: Message


class Attributes:
    """The attributes of one node, decoded when asked for.

    Every accessor answers its default when the attribute is absent or of another kind:
    what can't be understood is unknown, not an error.
    """

    __slots__ = ("_heads", "_values")

    def __init__(self, values: Dict[str, Message]) -> None:
        self._values = values
        self._heads: Dict[str, TensorHead] = {}

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def _fields(self, name: str, number: int) -> Iterator[Tuple[Message, Field]]:
        value = self._values.get(name)
        if value is not None:
            for field in value.fields():
                if field.number == number:
                    yield value, field

    def _last(self, name: str, number: int, wire: int) -> Optional[Tuple[Message, Field]]:
        value = self._values.get(name)
        if value is None:
            return None
        if value.size >= 2:
            # Nearly always a value is one field with a short head.
            raw = value.source.read(value.start, min(value.size, _HEAD), "an attribute")
            head = quick_length(raw, 1)
            if head is not None:
                kind = raw[0] & 7
                end = head[1] + (head[0] if kind == LENGTH else 0)
                if kind in (VARINT, LENGTH) and raw[0] < 0x80 and end == value.size:
                    if raw[0] != number << 3 | wire:
                        return None
                    return value, Field(number, wire, head[0], value.start + head[1])
        found = None
        for inner, field in self._fields(name, number):
            if field.wire == wire:
                found = inner, field
        return found

    def text(self, name: str, default: str = "") -> str:
        """A text, such as ``padding``."""
        found = self._last(name, _TEXT, LENGTH)
        return default if found is None else found[0].text_of(found[1], _LONGEST_TEXT)

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        found = self._last(name, _INTEGER, VARINT)
        return default if found is None else signed(found[1].value)

    def optional_integer(self, name: str) -> Optional[int]:
        """A whole number, None when absent."""
        found = self._last(name, _INTEGER, VARINT)
        return None if found is None else signed(found[1].value)

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        found = self._last(name, _FLAG, VARINT)
        return default if found is None else bool(found[1].value)

    def type(self, name: str) -> Optional[int]:
        """An element type's number."""
        found = self._last(name, _TYPE, VARINT)
        return None if found is None else types.plain(found[1].value)

    def _list(self, name: str) -> Iterator[Tuple[Message, Field]]:
        for value, field in self._fields(name, _LIST):
            if field.wire == LENGTH:
                inner = value.child(field, "a list attribute")
                for entry in inner.fields():
                    yield inner, entry

    def integers(self, name: str) -> Optional[List[int]]:
        """A list of whole numbers, None when the attribute is absent."""
        if name not in self._values:
            return None
        numbers: List[int] = []
        for message, field in self._list(name):
            if field.number == _INTEGER:
                numbers += message.integers_of(field, MOST_VALUES)
        return numbers

    def types(self, name: str) -> List[int]:
        """A list of element types."""
        numbers: List[int] = []
        for message, field in self._list(name):
            if field.number == _TYPE:
                numbers += message.integers_of(field, MOST_VALUES)
        return [types.plain(number) for number in numbers]

    def shape(self, name: str) -> Optional[Dims]:
        """A shape; None when absent or of unknown rank."""
        found = self._last(name, _SHAPE, LENGTH)
        return None if found is None else read_shape(found[0].child(found[1], "a shape"))

    def shapes(self, name: str) -> List[Optional[Dims]]:
        """A list of shapes, such as ``_output_shapes``."""
        return [
            read_shape(message.child(field, "a shape"))
            for message, field in self._list(name)
            if field.number == _SHAPE and field.wire == LENGTH
        ]

    def tensor(self, name: str) -> Optional[TensorHead]:
        """Type and shape of a constant."""
        if name not in self._heads:
            found = self._last(name, _TENSOR, LENGTH)
            if found is None:
                return None
            self._heads[name] = read_tensor(found[0].child(found[1], "a constant"))
        return self._heads[name]

    def function(self, name: str) -> Optional[str]:
        """The name of a function that the node calls."""
        found = self._last(name, _FUNCTION, LENGTH)
        if found is None:
            return None
        for field in found[0].child(found[1], "a function call").fields():
            if field.number == 1 and field.wire == LENGTH:
                return found[0].text_of(field, _LONGEST_TEXT)
        return None


def read_attributes(node: Message, number: int = 5) -> Attributes:
    """The attributes in a ``NodeDef`` (field 5)."""
    raw = node.source.read(node.start, min(node.size, _SMALL), "a node")
    quick = quick_spans(raw, number, node)
    if quick is not None:
        return Attributes(quick)
    values: Dict[str, Message] = {}
    for field in node.fields():
        if field.number != number or field.wire != LENGTH:
            continue
        entry = node.child(field, "an attribute")
        key: Optional[str] = None
        value = Message(node.source, entry.end, entry.end, "an attribute")
        for part in entry.fields():
            if part.number == 1 and part.wire == LENGTH:
                key = entry.text_of(part, _LONGEST_TEXT)
            elif part.number == 2 and part.wire == LENGTH:
                value = entry.child(part, "an attribute's value")
        if key is not None and len(values) < _MOST_ATTRIBUTES:
            values[key] = value
    return Attributes(values)


def quick_spans(raw: bytes, number: int, node: Message) -> Optional[Dict[str, Message]]:
    """The values of a node's attributes; None when they take the careful way.

    Parameters
    ----------
    raw
        How the node starts; what follows may be the end of its last attribute and no more.
    """
    values: Dict[str, Message] = {}
    wanted = number << 3 | LENGTH
    source, base = node.source, node.start
    position, size = 0, node.size
    while position < size:
        if position >= len(raw):
            return None
        tag = raw[position]
        head = quick_length(raw, position + 1)
        if head is None or tag & 7 != LENGTH or tag >= 0x80 or head[0] + head[1] > size:
            return None
        length, position = head
        end = position + length
        if tag == wanted:
            seen = min(end, len(raw))
            if position + 1 >= seen or raw[position] != 0x0A or raw[position + 1] >= 0x80:
                return None
            split = position + 2 + raw[position + 1]
            if split >= seen or raw[split] != 0x12:
                return None
            inner = quick_length(raw, split + 1)
            if inner is None or inner[0] + inner[1] != end:
                return None
            key = raw[position + 2 : split].decode("utf-8", "replace")
            values[key] = Message(source, base + inner[1], base + end, "an attribute")
        position = end
    return values


def quick_length(raw: bytes, position: int) -> Optional[Tuple[int, int]]:
    """A length of up to five bytes and the position after it; None for a longer one."""
    if position < len(raw) and raw[position] < 0x80:
        return raw[position], position + 1
    length = shift = 0
    for byte in raw[position : position + 5]:
        position += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return length, position
        shift += 7
    return None


def read_shape(message: Message) -> Optional[Dims]:
    """A ``TensorShapeProto``; None when its rank is unknown.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it has more dimensions than TensorFlow allows.
    """
    if message.size <= _SMALL:
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


def quick_shape(raw: bytes) -> Optional[Dims]:
    """A shape whose dimensions are sizes and nothing else; None when it takes the careful way."""
    sizes: List[Optional[int]] = []
    position, size = 0, len(raw)
    while position < size:
        if raw[position] != 0x12 or position + 2 > size or len(sizes) >= _MOST_DIMENSIONS:
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


def read_tensor(message: Message) -> TensorHead:
    """The head of a ``TensorProto``; its elements are skipped."""
    data_type, shape = 0, None
    for field in message.fields():
        if field.number == 1 and field.wire == VARINT:
            data_type = types.plain(field.value)
        elif field.number == 2 and field.wire == LENGTH:
            shape = read_shape(message.child(field, "a constant's shape"))
        elif shape is not None and field.number > 3:
            break  # Elements follow: type and shape come first in every file seen.
    return TensorHead(data_type, () if shape is None else shape, message)


def tensor_values(head: TensorHead) -> Optional[Tuple[Number, ...]]:
    """The elements of a small constant of numbers, in row-major order; None for any other."""
    count = elements(head.shape)
    layout = _CONTENT.get(head.data_type)
    if count is None or count > MOST_VALUES or layout is None:
        return None
    values: List[Number] = []
    message = head.message
    for field in message.fields():
        if field.number == 4 and field.wire == LENGTH and field.value:
            width = struct.calcsize(f"<{layout}")
            if field.value != count * width:
                return None
            return struct.unpack(f"<{count}{layout}", message.bytes_of(field, MOST_VALUES * 8))
        if field.number in _VALUE_FIELDS:
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


def is_readable(message: Message) -> bool:
    """Whether every field of a message can be walked."""
    try:
        for _ in message.fields():
            pass
    except ModelFileError:
        return False
    return True
