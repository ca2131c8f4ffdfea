"""The protobuf text format (.pbtxt), turned into the binary one while it is read.

Long texts and long rows of numbers, which are weights, are left out, so what remains is small
whatever the model's size. Everything else reads that remainder as it reads a binary file.
"""

from __future__ import annotations

import math
import re
import struct
from enum import Enum
from typing import Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...wire.part import MemorySource
from ...wire.protobuf import FIXED32, FIXED64, LENGTH, VARINT
from ...wire.prototext import END, START, Event, events
from ...wire.source import ByteSource
from .text_schema import ENUMS, SCHEMAS, FieldKind

# Texts beyond this are tensors' contents.
_LONGEST_TEXT = 1 << 15
_MOST_BINARY = 48 * 1024 * 1024
# Rows of numbers in a tensor beyond this are weights.
_MOST_REPEATED = 1100
_FLAGS = {
    **dict.fromkeys(("true", "True", "t", "1"), 1),
    **dict.fromkeys(("false", "False", "f", "0"), 0),
}


class TextKind(Enum):
    """What a text file holds."""

    GRAPH = "GraphDef"
    SAVED_MODEL = "SavedModel"


_STARTS = {
    TextKind.GRAPH: re.compile(
        rb"(?:node|library|versions)\s*:?\s*[{<]|version\s*:\s*\d", re.DOTALL
    ),
    TextKind.SAVED_MODEL: re.compile(
        rb"(?:saved_model_schema_version\s*:\s*\d+\s*meta_graphs|meta_graphs)\s*:?\s*[{<]",
        re.DOTALL,
    ),
}
_GRAPH_NODE = re.compile(rb"node\s*:?\s*[{<][^{}<>]*?(?:name|op)\s*:\s*[\"']", re.DOTALL)


def text_kind(source: ByteSource) -> Optional[TextKind]:
    """What TensorFlow message the file spells out as text, judged by its beginning."""
    start = source.read_up_to(0, 4096)
    if b"\0" in start:
        return None
    text = re.sub(rb"\A(?:\xef\xbb\xbf)?(?:\s+|#[^\n]*\n)*", b"", start)
    if _STARTS[TextKind.SAVED_MODEL].match(text):
        return TextKind.SAVED_MODEL
    if _STARTS[TextKind.GRAPH].match(text) and (
        (_GRAPH_NODE.search(text) and b"op:" in re.sub(rb"\s+:", b":", text))
        or text.startswith((b"library", b"versions"))
    ):
        return TextKind.GRAPH
    return None


def text_as_binary(source: ByteSource, message: str) -> MemorySource:
    """A text file's message in binary form, weights left out.

    Raises
    ------
    ModelFileError
        ``model-damaged`` at the byte where the text breaks its grammar, ``model-too-complex``
        when it holds more than anybody writes beside the weights.
    """
    levels: List[_Level] = [_Level(SCHEMAS[message], 0)]
    written = 0
    for event in events(source, "the text"):
        level = levels[-1]
        kind = level.schema.get(event.name)
        if event.kind == START:
            levels.append(_Level(*_inside(kind)))
        elif event.kind == END:
            levels.pop()
            if level.number:
                levels[-1].write(level.number, LENGTH, _varint(len(level.data)) + level.data)
        elif kind is not None and kind.message is None:
            try:
                written += level.scalar(kind, event)
            except ValueError as error:
                raise source.damaged(
                    event.offset, f"{quoted(event.text()[:80])} is not a value of this field."
                ) from error
            if written > _MOST_BINARY:
                raise ModelFileError(
                    "model-too-complex",
                    f"The text spells out more than {_MOST_BINARY} bytes beside the weights.",
                    hint="Save the model in binary form, and give that.",
                    file=source.name,
                    offset=event.offset,
                )
    return MemorySource(source, "the text", 0, bytes(levels[0].data))


class _Level:
    """A message that is being written, and how often each of its fields came."""

    __slots__ = ("counts", "data", "number", "schema")

    def __init__(self, schema: Dict[str, FieldKind], number: int) -> None:
        self.schema = schema
        self.number = number
        self.data = bytearray()
        self.counts: Dict[int, int] = {}

    def scalar(self, kind: FieldKind, event: Event) -> int:
        """Write a text or a number, unless it is one of many; the bytes that it took."""
        value = event.value
        if isinstance(value, bytes) != (kind.type == "text"):
            raise ValueError(value)
        if isinstance(value, bytes):
            content = value if len(value) <= _LONGEST_TEXT else b""
            return self.write(kind.number, LENGTH, _varint(len(content)) + content)
        count = self.counts[kind.number] = self.counts.get(kind.number, 0) + 1
        if count > _MOST_REPEATED:
            return 0
        if kind.type == "float":
            return self.write(kind.number, FIXED32, _single(_real(value)))
        if kind.type == "double":
            return self.write(kind.number, FIXED64, struct.pack("<d", _real(value)))
        whole = _whole(kind, event, value)
        return self.write(kind.number, VARINT, _varint(whole & 0xFFFFFFFFFFFFFFFF))

    def write(self, number: int, wire: int, content: bytes) -> int:
        """Add a field."""
        tag = _varint(number << 3 | wire)
        self.data += tag
        self.data += content
        return len(tag) + len(content)


def _inside(kind: Optional[FieldKind]) -> Tuple[Dict[str, FieldKind], int]:
    """What a message of this kind may hold, and its number; nothing where nobody asks for it."""
    if kind is None or kind.message is None:
        return {}, 0
    return SCHEMAS[kind.message], kind.number


def _whole(kind: FieldKind, event: Event, value: str) -> int:
    if kind.type == "flag":
        if value not in _FLAGS:
            raise ValueError(value)
        return _FLAGS[value]
    number = event.integer()
    if number is not None:
        return number
    if kind.type != "enum":
        raise ValueError(value)
    return ENUMS.get(value, 0)


def _real(text: str) -> float:
    text = text.replace(" ", "")
    return float(text if "inf" in text.lower() else text.rstrip("fF"))


def _single(value: float) -> bytes:
    try:
        return struct.pack("<f", value)
    except OverflowError:
        return struct.pack("<f", math.copysign(math.inf, value))


def _varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)
