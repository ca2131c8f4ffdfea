"""The Dictionary that CNTK v2 saves everything in, decoded without its tensors.

Field numbers: https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/proto/CNTK.proto
(map entries are messages of their own: key 1, value 2).
Small pieces are decoded from one read in memory; pieces that may hold a tensor are walked, and the
tensor's bytes are stepped over.
"""

from __future__ import annotations

import struct
from typing import Dict, Iterator, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...network.weights import Span, Stored
from ...wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT, Message, float_of, signed
from .model_graph import DATA_TYPES, FREE, MOST_AXES, Array, Axis, Numbers, Shape, Value

#: Dictionaries within vectors within dictionaries: real models need nine levels.
_DEEPEST = 40
#: Pieces up to this size are decoded in memory.
_SMALL = 32 * 1024
#: Array data up to this size may be a scalar worth reading.
_SCALAR_BYTES = 16

_DICTIONARY, _VECTOR, _SHAPE, _AXIS, _ARRAY = 12, 11, 9, 10, 13
# Fields of an NDArrayView: its storage, and the lists that numbers are kept in.
_SPARSE = 2
_NUMBERS = {4: "float32", 5: "float64"}


def dictionary_of(message: Message, depth: int = 0) -> Dict[str, Value]:
    """All entries of a Dictionary.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    return {key: value_of(value, depth + 1) for key, value in entries_of(message)}


def entries_of(message: Message) -> Iterator[Tuple[str, Message]]:
    """The keys of a Dictionary with their values, still undecoded."""
    for field in message.fields():
        if field.number != 2:
            continue
        entry = message.child(field, f"an entry of {message.what}")
        key: Optional[str] = None
        value: Optional[Message] = None
        for part in entry.fields():
            if part.number == 1:
                key = entry.text_of(part, 4096)
            elif part.number == 2:
                value = entry.child(part, f"the value of {key!r}" if key else "a value")
        if key is None or value is None:
            raise entry.wrong("a key and a value", entry.start)
        yield key, value


def items_of(message: Message) -> Iterator[Message]:
    """The elements of a value that is a Vector, still undecoded."""
    for field in message.fields():
        if field.number == _VECTOR:
            vector = message.child(field, message.what)
            for item in vector.fields():
                if item.number == 1:
                    yield vector.child(item, f"an element of {message.what}")


def value_of(message: Message, depth: int = 0) -> Value:
    """What a DictionaryValue holds."""
    if message.size <= _SMALL:
        data = message.source.read(message.start, message.size, message.what)
        return _Decoder(message, data).value(0, len(data), depth)
    if depth > _DEEPEST:
        raise _too_deep(message)
    result: Value = None
    for field in message.fields():
        if field.number in (1, 2):
            continue
        if field.number == _DICTIONARY:
            result = dictionary_of(message.child(field, message.what), depth)
        elif field.number == _VECTOR:
            result = [value_of(item, depth + 1) for item in items_of(message)]
        elif field.number == _ARRAY:
            result = _array_of(message.child(field, message.what))
        elif field.number == 8:
            result = message.text_of(field)
        else:
            raise message.wrong(f"a field {field.number} of {field.value} bytes", field.start)
    return result


def _array_of(message: Message) -> Array:
    shape: Shape = ()
    data_type: Optional[str] = None
    stored: Optional[Numbers] = None
    dense = True
    for field in message.fields():
        if field.number == 1 and field.wire == VARINT:
            data_type = DATA_TYPES.get(field.value)
        elif field.number == 3:
            nested = message.child(field, "a shape")
            data = nested.source.read(nested.start, min(nested.size, 4096), "a shape")
            shape = _Decoder(nested, data).shape(0, len(data))
        elif field.number in _NUMBERS and field.wire == LENGTH:
            stored = _numbers(message.child(field, "numbers"), _NUMBERS[field.number])
        dense = dense and not (field.number == _SPARSE and field.value)
    return Array(shape, data_type, stored=stored if dense else None)


def _numbers(values: Message, data_type: str) -> Optional[Numbers]:
    """Where numbers lie; None where one does not follow the other."""
    spans: List[Span] = []
    try:
        for field in values.fields():
            if field.number != 1 or field.wire != LENGTH:
                return None
            spans.append(Span(field.start, field.value))
    except ModelFileError:
        # Only who needs the numbers has to know that they are damaged.
        return None
    return Numbers(Stored(values.source.path, tuple(spans)), data_type)


def _too_deep(message: Message) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"The model's dictionaries are nested more than {_DEEPEST} deep.",
        hint="No model that CNTK saves is: fetch or export it again.",
        file=message.source.name,
        offset=message.start,
    )


class _Decoder:
    """Decodes the bytes of one small DictionaryValue."""

    __slots__ = ("data", "message")

    def __init__(self, message: Message, data: bytes) -> None:
        self.message = message
        self.data = data

    def value(self, position: int, end: int, depth: int) -> Value:
        """The DictionaryValue in ``data[position:end]``."""
        if depth > _DEEPEST:
            raise _too_deep(self.message)
        result: Value = None
        data = self.data
        if end - position > 4 and data[position] == 0x08 and data[position + 2] == 0x10:
            # Nearly all values start with a one-byte version and type, and most are short texts.
            version, kind = data[position + 1], data[position + 3]
            if version < 0x80 and kind < 0x80:
                result = _DEFAULTS.get(kind)
                position += 4
                text = position + 2
                short = text <= end < text + 0x80
                if short and data[position] == 0x42 and data[position + 1] == end - text:
                    return data[text:end].decode("utf-8", "replace")
                if text == end and data[position] in _WHOLE and data[position + 1] < 0x80:
                    found = data[position + 1]
                    return bool(found) if data[position] == 0x18 else found
        for number, wire, value, start in self._fields(position, end):
            if number <= 2:
                # An absent oneof is its default: the type alone then tells what it is.
                if number == 2 and wire == VARINT and result is None:
                    result = _DEFAULTS.get(value)
            elif wire == VARINT:
                result = bool(value) if number == 3 else _int32(value) if number == 4 else value
            elif wire == FIXED32:
                result = float(struct.unpack("<f", value.to_bytes(4, "little"))[0])
            elif wire == FIXED64:
                result = float(struct.unpack("<d", value.to_bytes(8, "little"))[0])
            elif number == 8:
                result = self.data[start : start + value].decode("utf-8", "replace")
            elif number == _SHAPE:
                result = self.shape(start, start + value)
            elif number == _AXIS:
                result = self._axis(start, start + value)
            elif number == _VECTOR:
                result = [
                    self.value(item, item + length, depth + 1)
                    for kind, of, length, item in self._fields(start, start + value)
                    if kind == 1 and of == LENGTH
                ]
            elif number == _DICTIONARY:
                result = self._dictionary(start, start + value, depth)
            elif number == _ARRAY:
                result = self._array(start, start + value)
        return result

    def _dictionary(self, position: int, end: int, depth: int) -> Dict[str, Value]:
        result: Dict[str, Value] = {}
        for number, wire, length, start in self._fields(position, end):
            if number != 2 or wire != LENGTH:
                continue
            key = None
            value: Value = None
            short = self._short_entry(start, start + length)
            if short:
                key = self.data[start + 2 : short - 2].decode("utf-8", "replace")
                result[key] = self.value(short, start + length, depth + 1)
                continue
            for part, of, size, inside in self._fields(start, start + length):
                if of != LENGTH:
                    continue
                if part == 1:
                    key = self.data[inside : inside + size].decode("utf-8", "replace")
                elif part == 2:
                    value = self.value(inside, inside + size, depth + 1)
            if key is not None:
                result[key] = value
        return result

    def _short_entry(self, start: int, end: int) -> int:
        """Where the value of a map entry begins whose lengths take a byte each; 0 for others."""
        data = self.data
        if end - start < 4 or data[start] != 0x0A or data[start + 1] >= 0x80:
            return 0
        value = start + 2 + data[start + 1] + 2
        if value > end or data[value - 2] != 0x12 or data[value - 1] != end - value:
            return 0
        return value if end - value < 0x80 else 0

    def shape(self, position: int, end: int) -> Shape:
        """An NDShape: packed or single sizes."""
        sizes: List[int] = []
        for number, wire, value, start in self._fields(position, end):
            if number != 1:
                continue
            if wire == VARINT:
                sizes.append(signed(value))
            elif wire == LENGTH:
                inside = start
                while inside < start + value:
                    size, inside = self._varint(inside, start + value)
                    sizes.append(signed(size))
                    if len(sizes) > MOST_AXES:
                        break
        if len(sizes) > MOST_AXES:
            raise self._wrong(position, f"a shape of more than {MOST_AXES} sizes")
        if any(size < FREE for size in sizes):
            raise self._wrong(position, "a size that is no number of elements")
        return tuple(sizes)

    def _axis(self, position: int, end: int) -> Axis:
        index, name = 0, ""
        for number, wire, value, start in self._fields(position, end):
            if number == 1 and wire == VARINT:
                index = _int32(value)
            elif number == 2 and wire == LENGTH:
                name = self.data[start : start + value].decode("utf-8", "replace")
        return Axis(index, name)

    def _array(self, position: int, end: int) -> Array:
        shape: Shape = ()
        data_type: Optional[str] = None
        scalar: Optional[float] = None
        stored: Optional[Numbers] = None
        dense = True
        for number, wire, value, start in self._fields(position, end):
            if number == 1 and wire == VARINT:
                data_type = DATA_TYPES.get(value)
            elif number == 3 and wire == LENGTH:
                shape = self.shape(start, start + value)
            elif number in _NUMBERS and wire == LENGTH:
                stored = self._numbers(start, value, _NUMBERS[number])
                if value <= _SCALAR_BYTES:
                    scalar = self._scalar(start, value)
            dense = dense and not (number == _SPARSE and value)
        return Array(shape, data_type, scalar, stored if dense else None)

    def _numbers(self, start: int, length: int, data_type: str) -> Optional[Numbers]:
        begin = self.message.start + start
        inside = Message(self.message.source, begin, begin + length, "numbers")
        return _numbers(inside, data_type)

    def _scalar(self, start: int, length: int) -> Optional[float]:
        values = self.message
        inside = Message(
            values.source, values.start + start, values.start + start + length, "a number"
        )
        for field in inside.fields():
            if field.wire in (FIXED32, FIXED64):
                return float_of(field)
            if field.wire == LENGTH and field.value in (4, 8):
                layout = "<f" if field.value == 4 else "<d"
                return float(inside.source.unpack(layout, field.start, "a number")[0])
        return None

    def _fields(self, position: int, end: int) -> Iterator[Tuple[int, int, int, int]]:
        """Number, wire type, value (or length) and start of each field."""
        data = self.data
        while position < end:
            begin = position
            tag = data[position]
            position += 1
            if tag >= 0x80:
                tag, position = self._varint(begin, end)
            wire = tag & 7
            if wire == LENGTH or wire == VARINT:
                if position >= end:
                    raise self._wrong(begin, "a field that is cut off")
                value = data[position]
                position += 1
                if value >= 0x80:
                    value, position = self._varint(position - 1, end)
                if wire == VARINT:
                    yield tag >> 3, wire, value, position
                    continue
            elif wire == FIXED32 or wire == FIXED64:
                value = 4 if wire == FIXED32 else 8
            else:
                raise self._wrong(begin, f"an unknown wire type {wire}")
            if value > end - position:
                raise self._wrong(
                    begin, f"a field of {value} bytes where {end - position} are left"
                )
            if wire == LENGTH:
                yield tag >> 3, wire, value, position
            else:
                raw = int.from_bytes(data[position : position + value], "little")
                yield tag >> 3, wire, raw, position
            position += value

    def _varint(self, position: int, end: int) -> Tuple[int, int]:
        value = shift = 0
        for index in range(position, min(end, position + 10)):
            byte = self.data[index]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, index + 1
            shift += 7
        raise self._wrong(position, "a number that does not end")

    def _wrong(self, position: int, found: str) -> ModelFileError:
        message = self.message
        return message.source.damaged(
            message.start + position, f"{message.what.capitalize()} holds {found}."
        )


def _int32(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


# Tags of a truth value, an int and a size_t.
_WHOLE = frozenset((0x18, 0x20, 0x28))

# value_type of DictionaryValue -> what stands for it when the field itself is left out.
_DEFAULTS: Dict[int, Value] = {1: False, 2: 0, 3: 0, 4: 0.0, 5: 0.0, 6: ""}
