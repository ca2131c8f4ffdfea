"""Protocol Buffers messages written by hand, field by field."""

from __future__ import annotations

from tests.fuzz.protobufs import varint


def piece(field: int, content: bytes) -> bytes:
    """A text, a message inside, or packed numbers."""
    return varint(field << 3 | 2) + varint(len(content)) + content


def number(field: int, value: int) -> bytes:
    """A whole number."""
    return varint(field << 3) + varint(value)


def entry(key: str, value: bytes) -> bytes:
    """An entry of a map from text to message."""
    return piece(1, key.encode("ascii")) + piece(2, value)
