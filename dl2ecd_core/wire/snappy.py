"""Snappy, in which TensorFlow packs the tables of checkpoints on some systems.

https://github.com/google/snappy/blob/main/format_description.txt
"""

from __future__ import annotations

from typing import Optional, Tuple

_LITERAL = 0
#: Lengths of a literal from this tag value on stand in 1 to 4 bytes of their own.
_LONG_LITERAL = 60


def unpacked(packed: bytes, longest: int) -> Optional[bytes]:
    r"""What was packed; None when it is damaged or longer than `longest`.

    Examples
    --------
    >>> unpacked(b"\x06\x04ab\x01\x02", 100)
    b'ababab'
    """
    size, place = _length(packed)
    if size is None or size > longest:
        return None
    result = bytearray()
    while place < len(packed) and len(result) <= size:
        tag = packed[place]
        place += 1
        if tag & 3 == _LITERAL:
            length = tag >> 2
            if length >= _LONG_LITERAL:
                extra = length - _LONG_LITERAL + 1
                length = int.from_bytes(packed[place : place + extra], "little")
                place += extra
            length += 1
            if place + length > len(packed) or len(result) + length > size:
                return None
            result += packed[place : place + length]
            place += length
            continue
        extra = (0, 1, 2, 4)[tag & 3]
        back = int.from_bytes(packed[place : place + extra], "little")
        place += extra
        if tag & 3 == 1:
            length, back = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | back
        else:
            length = (tag >> 2) + 1
        if not 0 < back <= len(result) or len(result) + length > size:
            return None
        for _ in range(length):
            result.append(result[-back])
    return bytes(result) if len(result) == size and place == len(packed) else None


def _length(packed: bytes) -> Tuple[Optional[int], int]:
    value = 0
    for index, byte in enumerate(packed[:5]):
        value |= (byte & 0x7F) << (7 * index)
        if byte < 0x80:
            return value, index + 1
    return None, 0
