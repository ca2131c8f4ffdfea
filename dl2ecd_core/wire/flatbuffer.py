"""FlatBuffers, read lazily: a field is looked up when it is asked for, every offset is checked.

The binary format: https://flatbuffers.dev/internals/ . A table starts with the signed distance
back to its vtable; the vtable holds its own size, the table's size, and for each field the
distance from the table's start (0 when absent). Strings and vectors start with their length.
Nothing here recurses, and nothing is read on the word of a length before the length is checked.
"""

from __future__ import annotations

import struct
from typing import List, Optional, Tuple

from ..findings.errors import ModelFileError
from .source import ByteSource

#: Vectors of tables or of numbers longer than this are refused.
MOST_ITEMS = 1 << 20
_LONGEST_TEXT = 1 << 16

_LAYOUTS = {"b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "Q": 8, "f": 4, "d": 8}


class Vector:
    """A vector in the buffer: where its items lie and how many there are.

    Attributes
    ----------
    start
        Offset of the first item.
    length
        Number of items; their bytes are known to lie inside the buffer.
    """

    __slots__ = ("length", "source", "start", "what")

    def __init__(self, source: ByteSource, start: int, length: int, what: str) -> None:
        self.source = source
        self.start = start
        self.length = length
        self.what = what

    def __len__(self) -> int:
        return self.length

    def table(self, index: int, what: str) -> Table:
        """The table that item `index` of a vector of tables points to.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when there is no such item or it points outside the buffer.
        """
        if not 0 <= index < self.length:
            raise self.source.damaged(
                self.start, f"{what.capitalize()} has number {index} of {self.length}."
            )
        place = self.start + 4 * index
        return Table(self.source, place + _u32(self.source, place, what), what)

    def text(self, index: int) -> str:
        """The string that item `index` of a vector of strings points to."""
        place = self.start + 4 * index
        return _text(self.source, place + _u32(self.source, place, self.what), self.what)


class Table:
    """One table of a FlatBuffer.

    Parameters
    ----------
    source
        The buffer: offsets count from its first byte.
    start
        Where the table begins.
    what
        What the table is, for messages to people.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the table or its vtable lies outside the buffer.
    """

    __slots__ = ("_fields", "_size", "source", "start", "what")

    def __init__(self, source: ByteSource, start: int, what: str) -> None:
        self.source = source
        self.start = start
        self.what = what
        (back,) = struct.unpack("<i", source.read(start, 4, what))
        vtable = start - back
        if vtable < 0 or vtable + 4 > source.size:
            raise source.damaged(
                start, f"{what.capitalize()} has its list of fields outside the file."
            )
        length, self._size = struct.unpack("<HH", source.read(vtable, 4, what))
        if length < 4 or length % 2 or self._size < 4 or start + self._size > source.size:
            raise source.damaged(vtable, f"{what.capitalize()} has a broken list of fields.")
        self._fields: Tuple[int, ...] = struct.unpack(
            f"<{(length - 4) // 2}H", source.read(vtable + 4, length - 4, what)
        )

    def _place(self, field: int, width: int) -> Optional[int]:
        """Where a field's own bytes lie; None when it is absent."""
        offset = self._fields[field] if field < len(self._fields) else 0
        if not offset:
            return None
        if offset < 4 or offset + width > self._size:
            raise self.source.damaged(
                self.start, f"{self.what.capitalize()} has field {field} outside itself."
            )
        return self.start + offset

    def has(self, field: int) -> bool:
        """Whether a field is stored."""
        return self._place(field, 1) is not None

    def integer(self, field: int, layout: str = "i", default: int = 0) -> int:
        """A whole number; `layout` is one of struct's letters."""
        width = _LAYOUTS[layout]
        place = self._place(field, width)
        if place is None:
            return default
        raw = self.source.read(place, width, self.what)
        return int.from_bytes(raw, "little", signed=layout.islower())

    def _target(self, field: int) -> Optional[int]:
        """What an offset field points to."""
        place = self._place(field, 4)
        if place is None:
            return None
        return place + _u32(self.source, place, self.what)

    def table(self, field: int, what: str) -> Optional[Table]:
        """A nested table; None when absent."""
        target = self._target(field)
        return None if target is None else Table(self.source, target, what)

    def text(self, field: int, longest: int = _LONGEST_TEXT) -> Optional[str]:
        """A string; None when absent, undecodable bytes become U+FFFD."""
        target = self._target(field)
        return None if target is None else _text(self.source, target, self.what, longest)

    def vector(self, field: int, width: int = 4, what: str = "", most: int = MOST_ITEMS) -> Vector:
        """A vector whose items are `width` bytes (4 for tables and strings); empty when absent.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when its items reach beyond the buffer, ``model-too-complex`` when
            there are more than `most`.
        """
        what = what or self.what
        target = self._target(field)
        if target is None:
            return Vector(self.source, self.start, 0, what)
        length = _u32(self.source, target, what)
        if target + 4 + length * width > self.source.size:
            raise self.source.damaged(
                target, f"The list of {what} claims {length} items, more than the file holds."
            )
        if length > most:
            raise ModelFileError(
                "model-too-complex",
                f"The list of {what} has {length} items; at most {most} are read.",
                file=self.source.name,
                offset=target,
            )
        return Vector(self.source, target + 4, length, what)

    def integers(self, field: int, layout: str = "i", most: int = MOST_ITEMS) -> List[int]:
        """A vector of whole numbers; empty when absent."""
        vector = self.vector(field, _LAYOUTS[layout], most=most)
        raw = self.source.read(vector.start, vector.length * _LAYOUTS[layout], self.what)
        return list(struct.unpack(f"<{vector.length}{layout}", raw))


def root(source: ByteSource, what: str) -> Table:
    """The root table of a buffer that starts at the source's first byte.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when it is not inside.
    """
    return Table(source, _u32(source, 0, what), what)


def _u32(source: ByteSource, place: int, what: str) -> int:
    return int.from_bytes(source.read(place, 4, what), "little")


def _text(source: ByteSource, target: int, what: str, longest: int = _LONGEST_TEXT) -> str:
    length = _u32(source, target, what)
    if length > longest:
        raise ModelFileError(
            "model-too-complex",
            f"{what.capitalize()} holds a text of {length} bytes; at most {longest} are read.",
            file=source.name,
            offset=target,
        )
    return source.read(target + 4, length, what).decode("utf-8", "replace")
