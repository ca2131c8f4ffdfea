"""ONNX tensors: their heads, and the values of small ones.

Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
External data: https://github.com/onnx/onnx/blob/main/docs/ExternalData.md
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ...network.data_types import BITS, DATA_TYPES, LAYOUTS, Number
from ...wire.protobuf import FIXED32, FIXED64, Field, Message, float_of

#: Tensors with more elements are never looked into.
MOST_VALUES = 4096

# A tensor whose numbers stand in so many separate fields is not written by any exporter.
_MOST_FIELDS = 1 << 17


@dataclass(frozen=True)
class ExternalData:
    """Where a tensor's values lie outside the model file."""

    location: str
    offset: int
    length: Optional[int]


@dataclass(frozen=True)
class TensorHead:
    """What a TensorProto says about its values, and where they are.

    Attributes
    ----------
    name
        Empty when it has none.
    dims
        Sizes; an empty tuple for a scalar.
    type_number
        Number of the element type.
    message
        The TensorProto itself.
    numbers
        The fields that hold values, in file order.
    external
        Set when the values lie in another file.
    """

    name: str
    dims: Tuple[int, ...]
    type_number: int
    message: Message
    numbers: Tuple[Field, ...]
    external: Optional[ExternalData]

    @property
    def elements(self) -> int:
        """The number of values."""
        total = 1
        for size in self.dims:
            total *= size
        return total

    @property
    def data_type(self) -> Optional[str]:
        """NumPy's name of the element type; None when it is an unknown one."""
        return DATA_TYPES.get(self.type_number)

    @property
    def bytes_needed(self) -> Optional[int]:
        """Length of the values as raw bytes; None where the type has no fixed size."""
        bits = BITS.get(self.type_number)
        return None if bits is None else (self.elements * bits + 7) // 8

    def values(self) -> Optional[Tuple[Number, ...]]:
        """The values of a small numeric tensor that lies in the model file, else None."""
        if self.external is not None or self.elements > MOST_VALUES:
            return None
        found: List[Number] = []
        for field in self.numbers:
            if field.number == 9:
                found += self._raw(field)
            elif field.number in (4, 10):
                found += self._floats(field)
            else:
                found += self.message.integers_of(field, MOST_VALUES)
        return tuple(found) if len(found) == self.elements else None

    def _raw(self, field: Field) -> List[Number]:
        layout = LAYOUTS.get(self.type_number)
        if layout is None:
            return []
        data = self.message.bytes_of(field)
        if len(data) != struct.calcsize(f"<{layout}") * self.elements:
            return []
        return list(struct.unpack(f"<{self.elements}{layout}", data))

    def _floats(self, field: Field) -> List[Number]:
        if field.wire in (FIXED32, FIXED64):
            return [float_of(field)]
        if field.number == 4:
            return list(self.message.floats_of(field, MOST_VALUES))
        data = self.message.bytes_of(field)
        return list(struct.unpack(f"<{len(data) // 8}d", data[: len(data) // 8 * 8]))


def tensor_head(message: Message) -> TensorHead:
    """What a TensorProto says, without its values.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when a size is negative or the message is broken.
    """
    name = ""
    dims: List[int] = []
    type_number = 0
    numbers: List[Field] = []
    entries: Dict[str, str] = {}
    is_external = False
    for count, field in enumerate(message.fields()):
        if count > _MOST_FIELDS or len(dims) > 64:
            raise message.wrong("it has too many fields for a tensor")
        number = field.number
        if number == 1:
            dims += message.integers_of(field, 64)
        elif number == 2:
            type_number = field.value
        elif number == 8:
            name = message.text_of(field)
        elif number in (4, 5, 7, 9, 10, 11):
            if len(numbers) <= MOST_VALUES:
                numbers.append(field)
        elif number == 13:
            key, value = entry_of(message.child(field, "an external data entry"))
            entries[key] = value
        elif number == 14:
            is_external = field.value == 1
    if any(size < 0 for size in dims):
        raise message.wrong(f"tensor sizes of {min(dims)}")
    external = _external(message, entries) if is_external else None
    return TensorHead(name, tuple(dims), type_number, message, tuple(numbers), external)


def sparse_head(message: Message) -> Optional[TensorHead]:
    """The dense form's head of a SparseTensorProto; None when it has no values part."""
    values: Optional[TensorHead] = None
    dims: List[int] = []
    for field in message.fields():
        if field.number == 1:
            values = tensor_head(message.child(field, "a sparse tensor's values"))
        elif field.number == 3:
            dims += message.integers_of(field, 64)
    if values is None or len(dims) > 64 or any(size < 0 for size in dims):
        return None
    return TensorHead(values.name, tuple(dims), values.type_number, message, (), values.external)


def _external(message: Message, entries: Dict[str, str]) -> ExternalData:
    if not entries.get("location"):
        raise message.wrong("its values lie in another file, but it does not name that file")
    offset, length = (_count(message, entries, key) for key in ("offset", "length"))
    return ExternalData(entries["location"], offset or 0, length)


def _count(message: Message, entries: Dict[str, str], key: str) -> Optional[int]:
    text = entries.get(key, "").strip()
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise message.wrong(f"the {key} of its values in another file is no number")
    return int(text)


def entry_of(message: Message) -> Tuple[str, str]:
    """A StringStringEntryProto."""
    key = value = ""
    for field in message.fields():
        if field.number == 1:
            key = message.text_of(field)
        elif field.number == 2:
            value = message.text_of(field)
    return key, value
