"""The bytes of weights: where they lie, and how they become what a graph wants, piece by piece.

A tensor is never held whole: every kind of content hands out pieces of at most a mebibyte.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator, Optional, Protocol, Tuple

from ..wire.source import ByteSource
from .data_types import Number, layout_of

#: Bytes of a piece.
PIECE = 1 << 20


class Content(Protocol):
    """Bytes of a tensor, little-endian, the last axis fastest."""

    @property
    def size(self) -> int:
        """In bytes."""

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order.

        Raises
        ------
        ModelFileError
            When the file can't be read or has become shorter.
        """


@dataclass(frozen=True)
class Span:
    """A part of a file."""

    offset: int
    length: int


@dataclass(frozen=True)
class Stored:
    """Bytes that are copied as they stand in a file.

    Attributes
    ----------
    path
        The file: the model's own or one of its companions.
    spans
        Where in it, in order.
    """

    path: Path
    spans: Tuple[Span, ...]

    @property
    def size(self) -> int:
        """In bytes."""
        return sum(span.length for span in self.spans)

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order."""
        with ByteSource(self.path) as source:
            for span in self.spans:
                at, end = span.offset, span.offset + span.length
                while at < end:
                    length = min(PIECE, end - at)
                    yield source.read(at, length, "weights")
                    at += length


def stored(path: Path, offset: int, length: int) -> Stored:
    """Bytes in one place of a file."""
    return Stored(path, (Span(offset, length),))


@dataclass(frozen=True)
class Literal:
    """Bytes of a small constant that a lowering makes."""

    data: bytes

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.data)

    def pieces(self) -> Iterator[bytes]:
        """The bytes."""
        yield self.data

    def numbers(self, data_type: str) -> Optional[Tuple[Number, ...]]:
        """The elements; None for a type without numbers, or where the last is cut off."""
        layout = layout_of(data_type)
        width = 0 if layout is None else struct.calcsize(f"<{layout}")
        if not width or len(self.data) % width:
            return None
        return struct.unpack(f"<{len(self.data) // width}{layout}", self.data)


@dataclass(frozen=True)
class Repeated:
    """One element again and again: ones of a scale that a file leaves out.

    Attributes
    ----------
    element
        Its bytes.
    count
        How often.
    """

    element: bytes
    count: int

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.element) * self.count

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order."""
        most = max(1, PIECE // max(1, len(self.element)))
        left = self.count
        while left > 0:
            yield self.element * min(most, left)
            left -= most


@dataclass(frozen=True)
class Converted:
    """Numbers of another type or byte order than the graph wants.

    Attributes
    ----------
    content
        The numbers as stored.
    stored_type, data_type
        NumPy's names of both element types.
    big_endian
        Whether the stored ones have their high byte first.
    """

    content: Content
    stored_type: str
    data_type: str
    big_endian: bool = False

    @property
    def size(self) -> int:
        """In bytes."""
        before, after = self._layouts()
        return self.content.size // struct.calcsize(f"={before}") * struct.calcsize(f"={after}")

    def _layouts(self) -> Tuple[str, str]:
        before, after = layout_of(self.stored_type), layout_of(self.data_type)
        if before is None or after is None:
            raise ValueError(f"{self.stored_type} can't be written as {self.data_type}")
        return before, after

    def pieces(self) -> Iterator[bytes]:
        """The bytes, in order."""
        before, after = self._layouts()
        order = ">" if self.big_endian else "<"
        width = struct.calcsize(f"={before}")
        whole = after not in "efd"
        rest = b""
        for piece in self.content.pieces():
            data = rest + piece
            count = len(data) // width
            rest = data[count * width :]
            numbers = struct.unpack(f"{order}{count}{before}", data[: count * width])
            if whole and before in "efd":
                numbers = tuple(int(number) for number in numbers)
            yield _packed(after, numbers)


def _packed(layout: str, numbers: Tuple[Number, ...]) -> bytes:
    if layout != "f":
        return struct.pack(f"<{len(numbers)}{layout}", *numbers)
    # An array makes too large numbers infinite, as NumPy does; struct refuses them.
    made = array("f", numbers)
    if sys.byteorder == "big":  # pragma: no cover
        made.byteswap()
    return made.tobytes()
