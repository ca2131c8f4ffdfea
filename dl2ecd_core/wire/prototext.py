"""Protocol buffers in their text format, read as a stream of events.

The text format: https://protobuf.dev/reference/protobuf/textformat-spec/
Nothing is kept but the current piece of the file and the names of the open messages, and nothing
recurses, so neither long tensors nor deep nesting cost memory or the stack.
"""

from __future__ import annotations

import re
from typing import Iterator, List, NamedTuple, Optional, Tuple, Union

from ..findings.errors import ModelFileError
from ..findings.wording import printable
from .source import ByteSource

START, END, SCALAR = range(3)

#: Bytes of a string that are kept; of longer ones (tensors) only the beginning.
LONGEST_STRING = 64 * 1024
#: Messages inside messages; protobuf's own readers stop at 100.
DEEPEST = 100
#: Values and messages in one file.
MOST_EVENTS = 5_000_000

_PIECE = 256 * 1024
_LONGEST_WORD = 512

_SPACE = re.compile(rb"\s+")
_SPACE_BETWEEN_FIELDS = re.compile(rb"[\s,;]+")
_COMMENT = re.compile(rb"[^\n]*")
_NAME = re.compile(rb"[A-Za-z_][A-Za-z0-9_]*")
_TYPE_NAME = re.compile(rb"\[[\sA-Za-z0-9_./\-]+\]")
_WORD = re.compile(rb"-?[ \t]*(?:[A-Za-z_]\w*|[0-9.](?:[eE][+\-]|[\w.])*)")
_PLAIN = {b'"': re.compile(rb'[^"\\\n]*'), b"'": re.compile(rb"[^'\\\n]*")}
#: Past what is kept of a string, escapes need no decoding.
_SKIPPED = {
    b'"': re.compile(rb'(?:[^"\\\n]+|\\[^\n])*'),
    b"'": re.compile(rb"(?:[^'\\\n]+|\\[^\n])*"),
}
_ESCAPE = re.compile(
    rb"\\(?:[0-7]{1,3}|[xX][0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[abfnrtv?'\"\\])"
)
_LETTERS = {
    b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
}  # fmt: skip
_CLOSING = {b"{": b"}", b"<": b">", b"[": b"]"}


class Event(NamedTuple):
    """One step through a text-format file.

    Attributes
    ----------
    kind
        START of a message, END of it, or a SCALAR value.
    name
        The field's name; of an END, the name of the message that ends.
    value
        A SCALAR's value: bytes of a quoted string (only the first :data:`LONGEST_STRING`),
        text of a number, truth value or enumeration value; empty otherwise.
    offset
        Where in the file the value, or the message, stands.
    """

    kind: int
    name: str
    value: Union[str, bytes]
    offset: int

    def integer(self) -> Optional[int]:
        """The value as an integer; None when it is not one."""
        if not isinstance(self.value, str):
            return None
        digits = self.value.replace(" ", "").rstrip("uUlL")
        try:
            if len(digits.lstrip("-")) > 1 and digits.lstrip("-")[0] == "0":
                return int(digits, 16 if "x" in digits.lower() else 8)
            return int(digits)
        except ValueError:
            return None

    def text(self) -> str:
        """The value as text; undecodable bytes become U+FFFD."""
        if isinstance(self.value, bytes):
            return self.value.decode("utf-8", "replace")
        return self.value


def events(source: ByteSource, what: str = "the text") -> Iterator[Event]:
    """The fields of a text-format message in file order.

    Elements of a list (``dim: [1, 2]``) come as repeated fields.

    Parameters
    ----------
    source
        The file; a byte order mark at its start is skipped.
    what
        What the file is, for messages to people.

    Raises
    ------
    ModelFileError
        ``model-damaged`` at the byte where the text breaks its rules, ``model-too-complex``
        past the limits above.
    """
    return _Parser(source, what).events()


class _Parser:
    """The state of one walk: the piece of the file in memory, and what is open."""

    def __init__(self, source: ByteSource, what: str) -> None:
        self._source = source
        self._what = what
        self._base = 3 if source.read_up_to(0, 3) == b"\xef\xbb\xbf" else 0
        self._piece = b""
        self._at = 0
        #: (closing character, field name) of every open message and list.
        self._open: List[Tuple[bytes, str]] = []

    @property
    def _offset(self) -> int:
        return self._base + self._at

    def _wrong(self, message: str, offset: Optional[int] = None) -> ModelFileError:
        place = self._offset if offset is None else offset
        return self._source.damaged(place, f"{self._what.capitalize()} {message}.")

    def _too_complex(self, message: str) -> ModelFileError:
        return ModelFileError(
            "model-too-complex",
            f"{self._what.capitalize()} {message}.",
            file=self._source.name,
            offset=self._offset,
        )

    def _ahead(self, length: int) -> None:
        """Have `length` bytes from the current place in memory, or all that are left."""
        if len(self._piece) - self._at >= length:
            return
        self._base += self._at
        self._at = 0
        self._piece = self._source.read_up_to(self._base, max(length, _PIECE))

    def _skip_space(self, pattern: re.Pattern[bytes]) -> None:
        while True:
            self._ahead(1)
            space = pattern.match(self._piece, self._at)
            if space:
                self._at = space.end()
            elif self._piece[self._at : self._at + 1] == b"#":
                self._skip_comment()
            else:
                return

    def _skip_comment(self) -> None:
        while self._piece[self._at : self._at + 1] not in (b"\n", b""):
            comment = _COMMENT.match(self._piece, self._at)
            self._at = comment.end() if comment else self._at
            self._ahead(1)

    def _peek(self, space: re.Pattern[bytes] = _SPACE) -> bytes:
        """The next character after white space; empty at the end of the file."""
        self._skip_space(space)
        return self._piece[self._at : self._at + 1]

    def _matched(self, pattern: re.Pattern[bytes], expected: str) -> str:
        self._ahead(_LONGEST_WORD)
        match = pattern.match(self._piece, self._at)
        if match is None:
            found = self._piece[self._at : self._at + 12].decode("latin-1")
            where = f"has '{printable(found)}'" if found else "ends"
            raise self._wrong(f"{where} where {expected} is expected")
        if match.end() - match.start() >= _LONGEST_WORD:
            raise self._wrong(f"has {expected} of more than {_LONGEST_WORD} letters")
        self._at = match.end()
        return match.group().decode("ascii", "replace")

    def events(self) -> Iterator[Event]:
        """The walk itself."""
        count = 0
        while True:
            next_ = self._peek(_SPACE_BETWEEN_FIELDS)
            count += 1
            if count > MOST_EVENTS:
                raise self._too_complex(f"holds more than {MOST_EVENTS} values")
            if next_ == b"":
                break
            if self._open and next_ == self._open[-1][0]:
                closing, name = self._open.pop()
                self._at += 1
                if closing != b"]":
                    yield Event(END, name, "", self._offset)
            elif self._open and self._open[-1][0] == b"]":
                yield self._value(self._open[-1][1], next_)
            else:
                name = self._field_name(next_)
                colon = self._peek() == b":"
                if colon:
                    self._at += 1
                next_ = self._peek()
                if next_ == b"[":
                    self._enter(next_, name)
                elif colon or next_ in (b"{", b"<"):
                    yield self._value(name, next_)
                else:
                    raise self._wrong(f"has no value for '{printable(name)}'")
        if self._open:
            raise self._wrong(f"ends inside '{printable(self._open[-1][1])}'")

    def _field_name(self, next_: bytes) -> str:
        if next_ == b"[":
            return self._matched(_TYPE_NAME, "a type's name").strip("[] \t\r\n")
        return self._matched(_NAME, "a field's name")

    def _enter(self, opening: bytes, name: str) -> None:
        if len(self._open) >= DEEPEST:
            raise self._too_complex(f"nests messages more than {DEEPEST} deep")
        self._open.append((_CLOSING[opening], name))
        self._at += 1

    def _value(self, name: str, next_: bytes) -> Event:
        offset = self._offset
        if next_ in (b"{", b"<"):
            self._enter(next_, name)
            return Event(START, name, "", offset)
        if next_ in (b'"', b"'"):
            return Event(SCALAR, name, self._strings(), offset)
        return Event(SCALAR, name, self._matched(_WORD, "a value"), offset)

    def _strings(self) -> bytes:
        """Quoted strings that follow each other, as one."""
        kept = bytearray()
        while True:
            quote = self._peek()
            if quote not in _PLAIN:
                return bytes(kept)
            self._at += 1
            self._string(quote, kept)

    def _string(self, quote: bytes, kept: bytearray) -> None:
        start = self._offset
        while True:
            self._ahead(16)
            full = len(kept) >= LONGEST_STRING
            plain = (_SKIPPED if full else _PLAIN)[quote].match(self._piece, self._at)
            if plain is not None and plain.end() > self._at:
                if not full:
                    kept += plain.group()[: LONGEST_STRING - len(kept)]
                self._at = plain.end()
                continue
            next_ = self._piece[self._at : self._at + 1]
            if next_ == quote:
                self._at += 1
                return
            escape = _ESCAPE.match(self._piece, self._at)
            if next_ != b"\\" or escape is None:
                raise self._wrong("holds a text in quotes that does not end", start)
            self._at = escape.end()
            kept += _unescaped(escape.group()[1:])


def _unescaped(code: bytes) -> bytes:
    """What stands behind a backslash, as the byte or character it means."""
    first = code[:1]
    if first in b"01234567":
        return bytes([int(code, 8) & 0xFF])
    if first in b"xX":
        return bytes([int(code[1:], 16)])
    if first in b"uU":
        point = int(code[1:], 16)
        return (chr(point) if point <= 0x10FFFF else "\ufffd").encode("utf-8", "replace")
    return _LETTERS.get(first, first)
