"""Object headers: the list of messages that says what a group or dataset is.

Chapter IV.A of the specification, versions 1 and 2 of the header.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Iterator, List, Tuple

from .frame import LONGEST_BLOCK, Cursor, Frame

DATASPACE, LINK_INFO, DATATYPE, LINK, LAYOUT, FILTERS = 0x01, 0x02, 0x03, 0x06, 0x08, 0x0B
ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO = 0x0C, 0x10, 0x11, 0x15

_SHARED = 0x02
_ABOUT_VALUES = (DATASPACE, DATATYPE, LAYOUT, FILTERS)
_KNOWN = frozenset(
    (*_ABOUT_VALUES, LINK_INFO, LINK, ATTRIBUTE, CONTINUATION, SYMBOL_TABLE, ATTRIBUTE_INFO)
)
_START = struct.Struct("<BxH4xI4x")
_PREFIX = struct.Struct("<HHB3x")


@dataclass(frozen=True)
class Message:
    """One message of an object header.

    Attributes
    ----------
    kind
        Number of the message type.
    shared
        The body is not the message but says where it is kept.
    body
        The bytes of the message, to be read once.
    """

    kind: int
    shared: bool
    body: Cursor


def messages(frame: Frame, address: int) -> Iterator[Message]:
    """The messages of the object header at an address that matter here, continuations included."""
    if frame.read(address, 4, "an object header") == b"OHDR":
        yield from _version_2(frame, address)
    else:
        yield from _version_1(frame, address)


def _version_1(frame: Frame, address: int) -> Iterator[Message]:
    version, count, length = _START.unpack(frame.read(address, 16, "an object header"))
    if version != 1:
        raise frame.damaged(address, f"an object header has the unknown version {version}")
    blocks: List[Tuple[int, int]] = [(address + 16, length)]
    room = LONGEST_BLOCK
    for start, size in blocks:  # grows while continuations are found
        room -= size
        if room < 0:
            raise frame.damaged(address, "an object header is endless")
        cursor = frame.cursor(start, size, "an object header")
        while count > 0 and cursor.left >= 8:
            frame.spend()
            count -= 1
            kind, size, flags = _PREFIX.unpack_from(cursor.data, cursor.place)
            cursor.place += 8
            if kind not in _KNOWN:
                cursor.skip(size)
                continue
            body = cursor.part(size, "a header message")
            if kind == CONTINUATION:
                blocks.append(_continued(body))
            else:
                yield Message(kind, bool(flags & _SHARED), body)


def _version_2(frame: Frame, address: int) -> Iterator[Message]:
    head = frame.cursor(address, 6, "an object header")
    head.take(4)
    head.version(2)
    flags = head.unsigned(1)
    before = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    length = frame.cursor(address + before, width, "an object header").unsigned(width)
    before += width
    order = 2 if flags & 4 else 0
    blocks: List[Tuple[int, int]] = [(address + before, length)]
    room = LONGEST_BLOCK
    for number, (start, size) in enumerate(blocks):  # grows while continuations are found
        room -= size
        if room < 0:
            raise frame.damaged(address, "an object header is endless")
        cursor = frame.cursor(start, size, "an object header")
        if number:
            cursor.signature(b"OCHK")
            cursor = cursor.part(cursor.left - 4, "an object header")  # without the checksum
        while cursor.left >= 4 + order:  # less than that is a gap
            frame.spend()
            kind, size, bits = cursor.unsigned(1), cursor.unsigned(2), cursor.unsigned(1)
            cursor.take(order)
            if kind not in _KNOWN:
                cursor.skip(size)
                continue
            body = cursor.part(size, "a header message")
            if kind == CONTINUATION:
                blocks.append(_continued(body))
            else:
                yield Message(kind, bool(bits & _SHARED), body)


def _continued(body: Cursor) -> Tuple[int, int]:
    start = body.location()
    if start is None:
        raise body.wrong("continues nowhere")
    return start, body.length()
