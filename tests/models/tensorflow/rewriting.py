"""The same message written in another way: protobuf leaves the order and much else free."""

from __future__ import annotations

from typing import Callable, Dict, Iterator, List, Tuple

from dl2ecd_core.models.tensorflow.text_schema import SCHEMAS
from tests.models.cntk.writers import varint

# Field number, wire type, content: the bytes behind the tag (and behind the length).
Part = Tuple[int, int, bytes]
Style = Callable[[str, List[Part]], bytes]


def _number(data: bytes, at: int) -> Tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def parts(data: bytes) -> Iterator[Part]:
    """The fields of a message."""
    at = 0
    while at < len(data):
        tag, at = _number(data, at)
        wire, start = tag & 7, at
        if wire == 0:
            _, at = _number(data, at)
        elif wire == 2:
            length, start = _number(data, at)
            at = start + length
        else:
            at += 4 if wire == 5 else 8
        yield tag >> 3, wire, data[start:at]


def rewritten(data: bytes, message: str, style: Style) -> bytes:
    """A message of TensorFlow's in another style, and all messages in it."""
    nested: Dict[int, str] = {
        kind.number: kind.message for kind in SCHEMAS[message].values() if kind.message
    }
    return style(
        message,
        [
            (number, wire, rewritten(content, nested[number], style))
            if wire == 2 and number in nested
            else (number, wire, content)
            for number, wire, content in parts(data)
        ],
    )


def written(fields: List[Part], padding: int = 0) -> bytes:
    """Fields as bytes, their lengths with so many more bytes than they need."""
    out = b""
    for number, wire, content in fields:
        out += varint(number << 3 | wire)
        if wire == 2:
            length = varint(len(content))
            if padding:
                length = length[:-1] + bytes([length[-1] | 0x80]) + b"\x80" * (padding - 1) + b"\0"
            out += length
        out += content
    return out


def padded(by: int) -> Style:
    """Lengths that take more bytes than they need."""
    return lambda message, fields: written(fields, by)


def reversed_fields(message: str, fields: List[Part]) -> bytes:
    """The highest field first; what is repeated stays in order."""
    return written(sorted(fields, key=lambda part: -part[0]))


def unpacked(message: str, fields: List[Part]) -> bytes:
    """Rows of whole numbers one by one, as older programs write them."""
    rows = {"ListValue": (3, 5, 6), "TensorProto": (7, 10, 11)}.get(message, ())
    found: List[Part] = []
    for number, wire, content in fields:
        if wire == 2 and number in rows:
            at = 0
            while at < len(content):
                start = at
                _, at = _number(content, at)
                found.append((number, 0, content[start:at]))
        else:
            found.append((number, wire, content))
    return written(found)


def with_more(message: str, fields: List[Part]) -> bytes:
    """With a field of the future in every message but the outermost."""
    future: List[Part] = [] if message == "GraphDef" else [(100, 0, b"\1"), (101, 2, b"x")]
    return written([*future, *fields])
