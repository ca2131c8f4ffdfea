"""Snappy blocks unpack to what was packed, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.wire.snappy import unpacked


def as_literals(data: bytes) -> bytes:
    """Packed without any copy, in literals of at most 60 bytes."""
    size, length = bytearray(), len(data)
    while True:
        size.append(length & 0x7F | (0x80 if length > 0x7F else 0))
        length >>= 7
        if not length:
            break
    pieces = [data[start : start + 60] for start in range(0, len(data), 60)]
    return bytes(size) + b"".join(bytes([len(piece) - 1 << 2]) + piece for piece in pieces)


@given(st.binary(max_size=2000))
def test_literals(data: bytes) -> None:
    assert unpacked(as_literals(data), 2000) == data


@pytest.mark.parametrize(
    ("packed", "content"),
    [
        (b"\x06\x04ab\x01\x02", b"ababab"),  # one byte of distance
        (b"\x07\x04ab\x12\x02\x00", b"abababa"),  # two bytes
        (b"\x07\x04ab\x13\x02\x00\x00\x00", b"abababa"),  # four bytes
        (b"\x41\xf0\x40" + b"x" * 65, b"x" * 65),  # a literal with a length of its own
    ],
)
def test_copies_and_long_literals(packed: bytes, content: bytes) -> None:
    assert unpacked(packed, 100) == content


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\xff\xff\xff\xff\xff",
        b"\x06\x04ab\x01\x03",  # from before the beginning
        b"\x06\x04ab\x01\x00",  # from nowhere
        b"\x05\x04ab\x01\x02",  # longer than it says
        b"\x07\x04ab\x01\x02",  # shorter
        b"\x06\x10ab",  # a literal that is cut off
        b"\x06\x04ab\x01\x02\x00",  # more behind it
    ],
)
def test_damage_is_seen(packed: bytes) -> None:
    assert unpacked(packed, 100) is None


def test_no_more_than_the_limit_is_unpacked() -> None:
    assert unpacked(as_literals(b"x" * 101), 100) is None


@given(st.binary(max_size=300))
def test_any_bytes_give_something_or_nothing(data: bytes) -> None:
    assert unpacked(data, 1000) is None or len(unpacked(data, 1000) or b"") <= 1000
