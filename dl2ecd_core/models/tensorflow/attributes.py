"""The attributes of a node: ``AttrValue``.

Field numbers: attr_value.proto and node_def.proto in
https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core/framework
"""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ...wire.protobuf import LENGTH, VARINT, Field, Message, signed
from ...wire.source import ByteSource
from ..description import Dims
from . import types
from .constants import MOST_VALUES, TENSOR_HEAD, TensorHead, quick_length, read_shape, read_tensor

_LONGEST_TEXT = 1 << 16
_MOST_ATTRIBUTES = 4096
# Nodes up to this size are taken apart in memory, which is several times quicker.
_SMALL = 4096
# Of larger ones, which are constants, this much is: the rest are the elements.
_HEAD = 512

_ATTRIBUTE = 5
_ATTRIBUTE_TAG = _ATTRIBUTE << 3 | LENGTH

_LIST, _TEXT, _INTEGER, _FLAG, _TYPE, _SHAPE, _TENSOR, _FUNCTION = 1, 2, 3, 5, 6, 7, 8, 10
# Kinds of lists, by the field of their elements.
_INTEGERS, _TYPES, _SHAPES = 103, 106, 107
_LISTED = {_INTEGERS: _INTEGER, _TYPES: _TYPE, _SHAPES: _SHAPE}


class Attributes:
    """The attributes of one node, or of all nodes that have the same, decoded when asked for.

    Every accessor answers its default when the attribute is absent or of another kind:
    what can't be understood is unknown, not an error.

    Parameters
    ----------
    source
        The file.
    base, raw
        Where the node's attributes begin, and the bytes there, as far as they were read.
    spans
        Start and end of each attribute's ``AttrValue`` in the file.
    """

    __slots__ = ("_base", "_decoded", "_raw", "_source", "_spans")

    def __init__(
        self, source: ByteSource, base: int, raw: bytes, spans: Dict[str, Tuple[int, int]]
    ) -> None:
        self._source = source
        self._base = base
        self._raw = raw
        self._spans = spans
        self._decoded: Dict[Tuple[str, int], Any] = {}

    def __len__(self) -> int:
        return len(self._spans)

    def _get(self, name: str, kind: int) -> Any:
        """An attribute's value of one kind, None when there is none; decoded once."""
        key = (name, kind)
        if key not in self._decoded:
            decoded = self._decode(name, kind) if name in self._spans else None
            self._decoded[key] = decoded
            return decoded
        return self._decoded[key]

    def _decode(self, name: str, kind: int) -> Any:
        if kind in _LISTED:
            return self._listed(name, _LISTED[kind])
        wire = VARINT if kind in (_INTEGER, _FLAG, _TYPE) else LENGTH
        field = self._last(name, kind, wire)
        if field is None:
            return None
        if wire == VARINT:
            return field.value
        if kind == _TEXT:
            return self._text(field)
        inside = Message(self._source, field.start, field.start + field.value, "an attribute")
        if kind == _SHAPE:
            return read_shape(inside)
        if kind == _TENSOR:
            at = field.start - self._base
            return read_tensor(inside, self._raw[at : at + TENSOR_HEAD])
        return self._called(inside)

    def _value(self, name: str) -> Message:
        return Message(self._source, *self._spans[name], "an attribute")

    def _last(self, name: str, number: int, wire: int) -> Optional[Field]:
        start, end = self._spans[name]
        raw, at = self._raw, start - self._base
        if at < len(raw) and raw[at] < 0x80:
            # Nearly always a value is one field with a short head.
            head = quick_length(raw, at + 1)
            if head is not None:
                kind = raw[at] & 7
                after = head[1] + (head[0] if kind == LENGTH else 0)
                if kind in (VARINT, LENGTH) and after == end - self._base:
                    if raw[at] != number << 3 | wire:
                        return None
                    return Field(number, wire, head[0], self._base + head[1])
        found = None
        for field in self._value(name).fields():
            if field.number == number and field.wire == wire:
                found = field
        return found

    def _text(self, field: Field) -> str:
        at = field.start - self._base
        if at + field.value <= len(self._raw):
            return self._raw[at : at + field.value].decode("utf-8", "replace")
        whole = Message(self._source, field.start, field.start + field.value, "an attribute")
        return whole.text_of(field, _LONGEST_TEXT)

    def _listed(self, name: str, number: int) -> List[Any]:
        found: List[Any] = []
        value = self._value(name)
        for field in value.fields():
            if field.number != _LIST or field.wire != LENGTH:
                continue
            inner = value.child(field, "a list attribute")
            for entry in inner.fields():
                if entry.number != number:
                    continue
                if number != _SHAPE:
                    found += inner.integers_of(entry, MOST_VALUES)
                elif entry.wire == LENGTH:
                    found.append(read_shape(inner.child(entry, "a shape")))
        return found

    def _called(self, call: Message) -> Optional[str]:
        for field in call.fields():
            if field.number == 1 and field.wire == LENGTH:
                return call.text_of(field, _LONGEST_TEXT)
        return None

    def text(self, name: str, default: str = "") -> str:
        """A text, such as ``padding``."""
        found: Optional[str] = self._get(name, _TEXT)
        return default if found is None else found

    def integer(self, name: str, default: int) -> int:
        """A whole number."""
        found: Optional[int] = self._get(name, _INTEGER)
        return default if found is None else signed(found)

    def flag(self, name: str, default: bool = False) -> bool:
        """A truth value."""
        found: Optional[int] = self._get(name, _FLAG)
        return default if found is None else bool(found)

    def type(self, name: str) -> Optional[int]:
        """An element type's number."""
        found: Optional[int] = self._get(name, _TYPE)
        return None if found is None else types.plain(found)

    def integers(self, name: str) -> Optional[Sequence[int]]:
        """A list of whole numbers, None when the attribute is absent."""
        found: Optional[List[int]] = self._get(name, _INTEGERS)
        return found

    def types(self, name: str) -> List[int]:
        """A list of element types."""
        found: Optional[List[int]] = self._get(name, _TYPES)
        return [types.plain(number) for number in found or ()]

    def shape(self, name: str) -> Optional[Dims]:
        """A shape; None when absent or of unknown rank."""
        found: Optional[Dims] = self._get(name, _SHAPE)
        return found

    def shapes(self, name: str) -> Sequence[Optional[Dims]]:
        """A list of shapes, such as ``_output_shapes``."""
        found: Optional[List[Optional[Dims]]] = self._get(name, _SHAPES)
        return found or ()

    def tensor(self, name: str) -> Optional[TensorHead]:
        """Type and shape of a constant."""
        found: Optional[TensorHead] = self._get(name, _TENSOR)
        return found

    def function(self, name: str) -> Optional[str]:
        """The name of a function that the node calls."""
        found: Optional[str] = self._get(name, _FUNCTION)
        return found


def head_size(size: int) -> int:
    """How much of a node of `size` bytes is taken apart in memory."""
    return size if size <= _SMALL else _HEAD


def read_attributes(node: Message, raw: Optional[bytes] = None) -> Attributes:
    """The attributes in a ``NodeDef``, or in the part of one that begins with them.

    Parameters
    ----------
    raw
        How the part starts, where it was read already.
    """
    if raw is None:
        raw = node.source.read(node.start, head_size(node.size), "a node")
    quick = quick_spans(raw, node)
    if quick is not None:
        return Attributes(node.source, node.start, raw, quick)
    spans: Dict[str, Tuple[int, int]] = {}
    for field in node.fields():
        if field.number != _ATTRIBUTE or field.wire != LENGTH:
            continue
        entry = node.child(field, "an attribute")
        key: Optional[str] = None
        span = (entry.end, entry.end)
        for part in entry.fields():
            if part.number == 1 and part.wire == LENGTH:
                key = entry.text_of(part, _LONGEST_TEXT)
            elif part.number == 2 and part.wire == LENGTH:
                span = (part.start, part.start + part.value)
        if key is not None and len(spans) < _MOST_ATTRIBUTES:
            spans[key] = span
    return Attributes(node.source, node.start, raw, spans)


def quick_spans(raw: bytes, node: Message) -> Optional[Dict[str, Tuple[int, int]]]:
    """Where the values of a node's attributes lie; None when they take the careful way.

    Parameters
    ----------
    raw
        How the node starts; what follows may be the end of its last attribute and no more.
    """
    spans: Dict[str, Tuple[int, int]] = {}
    base = node.start
    position, size, known = 0, node.size, len(raw)
    while position < size:
        if position + 1 >= known:
            return None
        tag, length = raw[position], raw[position + 1]
        position += 2
        if length >= 0x80:
            head = quick_length(raw, position - 1)
            if head is None:
                return None
            length, position = head
        end = position + length
        if tag & 7 != LENGTH or tag >= 0x80 or end > size:
            return None
        if tag == _ATTRIBUTE_TAG:
            seen = min(end, known)
            if position + 1 >= seen or raw[position] != 0x0A or raw[position + 1] >= 0x80:
                return None
            split = position + 2 + raw[position + 1]
            if split + 1 >= seen or raw[split] != 0x12:
                return None
            length, value = raw[split + 1], split + 2
            if length >= 0x80:
                head = quick_length(raw, split + 1)
                if head is None:
                    return None
                length, value = head
            if value + length != end:
                return None
            key = raw[position + 2 : split].decode("utf-8", "replace")
            spans[key] = (base + value, base + end)
        position = end
    return spans
