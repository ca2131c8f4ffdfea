"""The protobuf text format (.pbtxt), turned into the binary one while it is read.

The text is tokenised in pieces; long texts and long rows of numbers, which are weights, are left
out, so what remains is small whatever the model's size. Everything else reads that remainder as
it reads a binary file.

The text format: https://protobuf.dev/reference/protobuf/textformat-spec/
"""

from __future__ import annotations

import re
import struct
from enum import Enum
from typing import Dict, Iterator, List, NamedTuple, Optional, Pattern, Tuple

from ...errors import ModelFileError
from ...wording import quoted
from ..wire.source import ByteSource
from .text_schema import ENUMS, SCHEMAS, FieldKind

_PIECE = 256 * 1024
_LONGEST_TOKEN = 1 << 16
_DEEPEST = 64
_MOST_BINARY = 48 * 1024 * 1024
# Rows of numbers in a tensor beyond this are weights.
_MOST_REPEATED = 1100

_TOKEN = re.compile(
    rb"""(?P<space>(?:[ \t\r\n\f\v,;]+|\#[^\n]*\n)+)
    |(?P<name>[A-Za-z_][A-Za-z0-9_.]*)
    |(?P<number>-?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fF]?|inf(?:inity)?|nan))
    |(?P<mark>[{}<>:\[\]/-])
    |(?P<text>"[^"\\\n]*(?:\\.[^"\\\n]*)*"|'[^'\\\n]*(?:\\.[^'\\\n]*)*')
    """,
    re.VERBOSE | re.DOTALL,
)


class TextKind(Enum):
    """What a text file holds."""

    GRAPH = "GraphDef"
    SAVED_MODEL = "SavedModel"


class Token(NamedTuple):
    """A piece of the text; `offset` is its byte in the file."""

    kind: str
    text: bytes
    offset: int


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


class MemorySource(ByteSource):
    """The binary form of a text file, kept in memory; named after that file."""

    def __init__(self, source: ByteSource, data: bytes) -> None:
        self.path = source.path
        self.name = source.name
        self.size = len(data)
        self._data = data

    def close(self) -> None:
        """Nothing to let go of."""

    def read(self, offset: int, length: int, what: str = "data") -> bytes:
        """As :meth:`ByteSource.read`."""
        if offset < 0 or length < 0 or offset + length > self.size:
            raise self.damaged(0, f"The text ends inside {what}.")
        return self._data[offset : offset + length]

    def window(self, offset: int) -> Tuple[bytes, int]:
        """All of it."""
        return self._data, 0


def text_as_binary(source: ByteSource, message: str) -> MemorySource:
    """A text file's message in binary form, weights left out.

    Raises
    ------
    ModelFileError
        ``model-damaged`` at the byte where the text breaks its grammar.
    """
    return MemorySource(source, bytes(_Transcriber(source).run(message)))


def tokens(source: ByteSource) -> Iterator[Token]:
    """The words of the file; texts longer than any name come out empty."""
    buffer, base, position = b"", 0, 0
    ended = False
    while True:
        if not ended and len(buffer) - position < _LONGEST_TOKEN:
            offset = base + len(buffer)
            piece = source.read_up_to(offset, _PIECE)
            ended = offset + len(piece) >= source.size
            buffer, base, position = buffer[position:] + piece, base + position, 0
        if position >= len(buffer):
            return
        match = _TOKEN.match(buffer, position)
        if match is not None and (match.end() < len(buffer) or ended):
            kind = match.lastgroup or ""
            if kind != "space":
                yield Token(kind, match.group(), base + position)
            position = match.end()
        elif buffer[position : position + 1] in (b'"', b"'"):
            # A text longer than the buffer: skip to its end without keeping it.
            start = base + position
            end = _end_of_text(source, start)
            yield Token("long", b"", start)
            buffer, base, position = b"", end, 0
            ended = end >= source.size
        elif buffer[position : position + 1] == b"#":
            end = _end_of_line(source, base + position)
            buffer, base, position = b"", end, 0
            ended = end >= source.size
        elif match is not None and match.lastgroup == "space":
            position = match.end()
        else:
            raise source.damaged(
                base + position,
                f"The text has {quoted(buffer[position : position + 12].decode('latin-1'))} "
                "where a field or a value is expected.",
            )


def _end_of_text(source: ByteSource, start: int) -> int:
    mark = source.read(start, 1)
    special = re.compile(rb"[\\\n" + mark + rb"]")
    position = start + 1
    while position < source.size:
        piece = source.read_up_to(position, _PIECE)
        found = special.search(piece)
        if found is None:
            position += len(piece)
        elif found.group() == mark:
            return position + found.end()
        elif found.group() == b"\n":
            raise source.damaged(position + found.start(), "A quoted text does not end.")
        else:
            position = _after_escapes(source, position, piece, found.start(), special)
    raise source.damaged(source.size, "The file ends inside a quoted text.")


def _after_escapes(
    source: ByteSource, position: int, piece: bytes, at: int, special: Pattern[bytes]
) -> int:
    """Where the search goes on: behind the escapes of a piece, at what else ends the text."""
    while at < len(piece) and piece[at : at + 1] == b"\\":
        found = special.search(piece, at + 2)
        at = max(len(piece), at + 2) if found is None else found.start()
    return min(position + at, source.size)


def _end_of_line(source: ByteSource, start: int) -> int:
    position = start
    while position < source.size:
        piece = source.read_up_to(position, _PIECE)
        found = piece.find(b"\n")
        if found >= 0:
            return position + found + 1
        position += len(piece)
    return source.size


class _Level:
    """A message that is being written; what belongs in it counts how often each field came."""

    __slots__ = ("closing", "counts", "data", "number", "schema")

    def __init__(self, schema: Optional[Dict[str, FieldKind]], number: int, closing: bytes) -> None:
        self.schema = schema
        self.number = number
        self.closing = closing
        self.data = bytearray()
        self.counts: Dict[int, int] = {}


class _Transcriber:
    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.tokens = tokens(source)
        self.written = 0
        self._waiting: Optional[Token] = None

    def _next(self) -> Optional[Token]:
        if self._waiting is not None:
            token, self._waiting = self._waiting, None
            return token
        return next(self.tokens, None)

    def _need(self) -> Token:
        token = self._next()
        if token is None:
            raise self.source.damaged(self.source.size, "The text ends inside a message.")
        return token

    def run(self, message: str) -> bytearray:
        levels: List[_Level] = [_Level(SCHEMAS[message], 0, b"")]
        while True:
            token = self._next()
            if token is None:
                if len(levels) > 1:
                    raise self.source.damaged(self.source.size, "The text ends inside a message.")
                return levels[0].data
            if token.text in (b"}", b">"):
                self._close(levels, token)
            else:
                self._field(levels, token)

    def _close(self, levels: List[_Level], token: Token) -> None:
        level = levels.pop()
        if not levels or token.text != level.closing:
            raise self.source.damaged(token.offset, "A message is closed that was not opened.")
        if level.number and levels[-1].schema is not None:
            self._write(levels[-1], level.number, 2, _varint(len(level.data)) + level.data)

    def _field(self, levels: List[_Level], token: Token) -> None:
        level = levels[-1]
        if token.text == b"[":
            kind = None
            while self._need().text != b"]":
                pass  # An extension's or a stored message's full name: not one of ours.
        elif token.kind == "name":
            name = token.text.decode("ascii")
            kind = None if level.schema is None else level.schema.get(name)
        else:
            raise self.source.damaged(token.offset, "A field's name is expected.")
        after = self._need()
        if after.text == b":":
            after = self._need()
        if after.text in (b"{", b"<"):
            self._open(levels, kind, after)
        elif after.text == b"[":
            self._row(levels, kind)
        else:
            self._value(level, kind, after)

    def _open(self, levels: List[_Level], kind: Optional[FieldKind], token: Token) -> None:
        if len(levels) >= _DEEPEST:
            raise ModelFileError(
                "model-too-complex",
                f"Messages are nested more than {_DEEPEST} deep.",
                file=self.source.name,
                offset=token.offset,
            )
        closing = b"}" if token.text == b"{" else b">"
        if kind is None or kind.message is None:
            levels.append(_Level(None, 0, closing))
        else:
            levels.append(_Level(SCHEMAS[kind.message], kind.number, closing))

    def _row(self, levels: List[_Level], kind: Optional[FieldKind]) -> None:
        """Values in square brackets; messages in them are closed before the next one opens."""
        depth = len(levels)
        while True:
            token = self._need()
            if token.text == b"]" and len(levels) == depth:
                return
            if token.text in (b"{", b"<") and len(levels) == depth:
                self._open(levels, kind, token)
            elif len(levels) > depth:
                if token.text in (b"}", b">"):
                    self._close(levels, token)
                else:
                    self._field(levels, token)
            else:
                self._value(levels[-1], kind, token)

    def _value(self, level: _Level, kind: Optional[FieldKind], token: Token) -> None:
        if token.kind == "mark" and token.text == b"-":
            number = self._need()
            token = Token(number.kind, b"-" + number.text, token.offset)
        if token.kind not in ("name", "number", "text", "long"):
            raise self.source.damaged(token.offset, "A value is expected.")
        text = token.text
        if token.kind in ("text", "long"):
            # Texts that follow each other are one.
            pieces = [text]
            length = len(text)
            while True:
                following = self._next()
                if following is None or following.kind not in ("text", "long"):
                    self._waiting = following
                    break
                length += len(following.text)
                if length <= _LONGEST_TOKEN:
                    pieces.append(following.text)
            if kind is None or kind.message is not None or kind.type != "text":
                return
            content = b"".join(_unescaped(piece[1:-1]) for piece in pieces if piece)
            self._write(level, kind.number, 2, _varint(len(content)) + content)
            return
        if kind is None or kind.message is not None:
            return
        count = level.counts[kind.number] = level.counts.get(kind.number, 0) + 1
        if count > _MOST_REPEATED:
            return
        try:
            self._number(level, kind, text.decode("ascii"))
        except (ValueError, OverflowError, struct.error) as error:
            raise self.source.damaged(
                token.offset, f"{quoted(text.decode('latin-1'))} is not a value of this field."
            ) from error

    def _number(self, level: _Level, kind: FieldKind, text: str) -> None:
        if kind.type == "float" or kind.type == "double":
            value = _real(text)
            layout, wire = ("<f", 5) if kind.type == "float" else ("<d", 1)
            self._write(level, kind.number, wire, struct.pack(layout, value))
            return
        if kind.type == "flag":
            if text not in ("true", "false", "True", "False", "t", "f", "0", "1"):
                raise ValueError(text)
            whole = int(text in ("true", "True", "t", "1"))
        elif kind.type == "enum" and not text.lstrip("-").isdecimal():
            whole = ENUMS.get(text, 0)
        elif kind.type == "text":
            raise ValueError(text)
        else:
            whole = int(text, 0) if not text.lstrip("-").startswith("0") else _with_base(text)
        self._write(level, kind.number, 0, _varint(whole & 0xFFFFFFFFFFFFFFFF))

    def _write(self, level: _Level, number: int, wire: int, content: bytes) -> None:
        level.data += _varint(number << 3 | wire)
        level.data += content
        self.written += len(content) + 2
        if self.written > _MOST_BINARY * 8 or len(level.data) > _MOST_BINARY:
            raise ModelFileError(
                "model-too-complex",
                f"The text spells out more than {_MOST_BINARY} bytes beside the weights.",
                hint="Save the model in binary form, and give that.",
                file=self.source.name,
            )


def _with_base(text: str) -> int:
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("-")
    if digits[:2].lower() == "0x":
        return sign * int(digits, 16)
    return sign * (int(digits, 8) if len(digits) > 1 else int(digits))


def _real(text: str) -> float:
    return float(text.rstrip("fF") if "inf" not in text.lower() else text)


def _varint(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    result.append(value)
    return bytes(result)


_ESCAPE = re.compile(rb"\\(?:[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|.)", re.DOTALL)
_ESCAPED = {
    b"n": b"\n",
    b"r": b"\r",
    b"t": b"\t",
    b"a": b"\a",
    b"b": b"\b",
    b"f": b"\f",
    b"v": b"\v",
}


def _unescaped(text: bytes) -> bytes:
    if b"\\" not in text:
        return text

    def replaced(match: re.Match[bytes]) -> bytes:
        body = match.group()[1:]
        if body[:1] in (b"0", b"1", b"2", b"3", b"4", b"5", b"6", b"7"):
            return bytes((int(body, 8) & 0xFF,))
        if body[:1] in b"xX" and len(body) > 1:
            return bytes((int(body[1:], 16),))
        return _ESCAPED.get(body, body)

    return _ESCAPE.sub(replaced, text)
