"""Protocol buffers, read lazily: fields are walked, nested messages and tensors are skipped over.

The wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import Dict, Iterator, List, NamedTuple, Optional, Tuple

from ..findings.errors import ModelFileError
from .source import ByteSource

VARINT, FIXED64, LENGTH, GROUP_START, GROUP_END, FIXED32 = range(6)

_MOST_FIELD_NUMBER = (1 << 29) - 1


class Field(NamedTuple):
    """One field of a message.

    Attributes
    ----------
    number
        Field number of the message's definition.
    wire
        Wire type: VARINT, FIXED64, LENGTH or FIXED32.
    value
        The unsigned integer of a VARINT or of the raw bits of a FIXED32/FIXED64;
        a LENGTH field's length in bytes.
    start
        Offset of the value; a LENGTH field's content is ``[start, start + value)``.
    """

    number: int
    wire: int
    value: int
    start: int

    @property
    def end(self) -> int:
        """Where a LENGTH field's content ends."""
        return self.start + self.value


class Message:
    """The fields of one message that spans part of a file.

    Nothing is read before it is asked for. Groups (deprecated, unused by model formats) are
    refused.

    Parameters
    ----------
    source
        The file.
    start, end
        The message's span in bytes; the whole file by default.
    what
        What the message is, for messages to people: "the graph's node 12".
    """

    __slots__ = ("end", "source", "start", "what")

    def __init__(
        self, source: ByteSource, start: int = 0, end: Optional[int] = None, what: str = "message"
    ) -> None:
        self.source = source
        self.start = start
        self.end = source.size if end is None else end
        self.what = what

    @property
    def size(self) -> int:
        """Length in bytes."""
        return self.end - self.start

    def fields(self) -> Iterator[Field]:
        """The fields in file order.

        Raises
        ------
        ModelFileError
            ``model-damaged`` at the byte where the encoding is broken.
        """
        position, end = self.start, self.end
        window, base = b"", 0
        top = 0
        while position < end:
            field_start = position
            if not base <= position < top:
                window, base = self.source.window(position)
                top = base + len(window)
                if position >= top:
                    # The message claims to go on beyond the file.
                    raise self._broken(position, "the end of the file")
            tag = window[position - base]
            position += 1
            if tag >= 0x80:
                tag, position = self._varint(field_start)
            wire = tag & 7
            number = tag >> 3
            if number == 0 or number > _MOST_FIELD_NUMBER:
                raise self._broken(field_start, f"a field number of {number}")
            if wire == VARINT or wire == LENGTH:
                value = 0x80
                if base <= position < top and position < end:
                    value = window[position - base]
                    position += 1
                    if value >= 0x80 and position < top and position < end:
                        # Two bytes hold the length of most messages; one more look saves a read.
                        high = window[position - base]
                        if high < 0x80:
                            value = value & 0x7F | high << 7
                            position += 1
                        else:
                            value, position = self._varint(position - 1)
                    elif value >= 0x80:
                        value, position = self._varint(position - 1)
                else:
                    value, position = self._varint(position)
                if wire == VARINT:
                    yield Field(number, wire, value, position)
                    continue
                if value > end - position:
                    raise self._broken(
                        field_start,
                        f"a field of {value} bytes where {end - position} are left",
                    )
                yield Field(number, wire, value, position)
                position += value
            elif wire == FIXED32 or wire == FIXED64:
                length = 4 if wire == FIXED32 else 8
                if length > end - position:
                    raise self._broken(field_start, "a number that is cut off")
                raw = self.source.read(position, length, self.what)
                yield Field(number, wire, int.from_bytes(raw, "little"), position)
                position += length
            else:
                raise self._broken(field_start, f"an unknown wire type {wire}")

    def _varint(self, position: int) -> Tuple[int, int]:
        raw = self.source.read(position, min(10, self.end - position), self.what)
        value = 0
        for index, byte in enumerate(raw):
            value |= (byte & 0x7F) << (7 * index)
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, position + index + 1
        raise self._broken(position, "a number that does not end")

    def _broken(self, offset: int, found: str) -> ModelFileError:
        return self.source.damaged(offset, f"{self.what.capitalize()} holds {found}.")

    def wrong(self, expected: str, offset: Optional[int] = None) -> ModelFileError:
        """An error that says what was expected of this message, for the caller to raise."""
        return self.source.damaged(
            self.start if offset is None else offset,
            f"{self.what.capitalize()} is not as expected: {expected}.",
        )

    def child(self, field: Field, what: str) -> Message:
        """The nested message in a LENGTH field."""
        if field.wire != LENGTH:
            raise self.wrong(f"{what} has wire type {field.wire}", field.start)
        return Message(self.source, field.start, field.start + field.value, what)

    def bytes_of(self, field: Field, longest: int = 1 << 20) -> bytes:
        """The content of a LENGTH field that is not a tensor."""
        if field.wire != LENGTH:
            raise self.wrong(f"field {field.number} has wire type {field.wire}", field.start)
        if field.value > longest:
            raise ModelFileError(
                "model-too-complex",
                f"{self.what.capitalize()} holds a text of {field.value} bytes; "
                f"at most {longest} are read.",
                file=self.source.name,
                offset=field.start,
            )
        return self.source.read(field.start, field.value, self.what)

    def text_of(self, field: Field, longest: int = 1 << 20) -> str:
        """The UTF-8 text in a LENGTH field; undecodable bytes become U+FFFD."""
        return self.bytes_of(field, longest).decode("utf-8", "replace")

    def integers_of(self, field: Field, most: int = 1 << 20) -> List[int]:
        """The signed 64-bit values of a repeated varint field, packed or not."""
        if field.wire == VARINT:
            return [signed(field.value)]
        raw = self.bytes_of(field, most * 10)
        values: List[int] = []
        value = shift = 0
        for index, byte in enumerate(raw):
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                values.append(signed(value & 0xFFFFFFFFFFFFFFFF))
                value = shift = 0
            else:
                shift += 7
                if shift > 63:
                    raise self._broken(field.start + index, "a number that does not end")
        if shift:
            raise self._broken(field.start + len(raw), "a number that does not end")
        return values

    def floats_of(self, field: Field, most: int = 1 << 20) -> List[float]:
        """The values of a repeated 32-bit float field, packed or not."""
        if field.wire == FIXED32:
            return [float_of(field)]
        raw = self.bytes_of(field, most * 4)
        return list(struct.unpack(f"<{len(raw) // 4}f", raw[: len(raw) // 4 * 4]))

    def by_number(self) -> Dict[int, List[Field]]:
        """All fields, grouped by their number: for small messages."""
        groups: Dict[int, List[Field]] = {}
        for field in self.fields():
            groups.setdefault(field.number, []).append(field)
        return groups


def signed(value: int) -> int:
    """A varint's value as int64 (also int32: protobuf sign-extends it)."""
    return value - (1 << 64) if value >= 1 << 63 else value


def float_of(field: Field) -> float:
    """The float or double in a FIXED32 or FIXED64 field."""
    if field.wire == FIXED32:
        return float(struct.unpack("<f", field.value.to_bytes(4, "little"))[0])
    return float(struct.unpack("<d", field.value.to_bytes(8, "little"))[0])


def fields_present(source: ByteSource, start: int, end: int, most: int) -> Iterator[Field]:
    """The fields that begin inside the file, though the last may reach past its end.

    For recognising files that are cut short: what is broken ends the walk and raises nothing.

    Parameters
    ----------
    most
        Fields to look at; a recogniser needs few.
    """
    if start >= source.size:
        return
    try:
        for count, field in enumerate(Message(source, start, end).fields()):
            yield field
            stop = field.start + (field.value if field.wire == LENGTH else 0)
            if stop >= min(end, source.size) or count > most:
                return
    except ModelFileError:
        return
