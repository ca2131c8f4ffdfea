"""Protocol buffers, written: the bytes of single fields.

The wire format: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

import struct
from typing import Union

from .protobuf import FIXED32, LENGTH, VARINT

#: The longest message there is: lengths are 31 bits.
LONGEST_MESSAGE = (1 << 31) - 1


def varint(value: int) -> bytes:
    """A whole number; negative ones take ten bytes.

    Examples
    --------
    >>> varint(300).hex()
    'ac02'
    """
    value &= 0xFFFFFFFFFFFFFFFF
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number_field(number: int, value: int) -> bytes:
    """A field with a whole number."""
    return varint(number << 3 | VARINT) + varint(value)


def float_field(number: int, value: float) -> bytes:
    """A field with a 32-bit float."""
    return varint(number << 3 | FIXED32) + struct.pack("<f", value)


def head_of_field(number: int, length: int) -> bytes:
    """What stands in front of a field's content of so many bytes."""
    return varint(number << 3 | LENGTH) + varint(length)


def field_of(number: int, content: Union[bytes, str]) -> bytes:
    """A field with a text, bytes or a message."""
    data = content.encode("utf-8") if isinstance(content, str) else content
    return head_of_field(number, len(data)) + data
