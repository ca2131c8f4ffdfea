"""The stack machine of Python's pickles, with stand-ins for everything that could do something."""

from __future__ import annotations

import re
import struct
from typing import Dict, List, Optional, Set, Tuple

from .part import MemorySource
from .pickle_stack import Budget, PickleStack
from .pickle_stream import Stopped
from .pickle_values import (
    EncodedText,
    Global,
    Made,
    Persistent,
    PickledDict,
    Unordered,
    Unread,
)
from .source import ByteSource

_LONGEST_DIGITS = 640
_MOST_NESTED = 64
_WHOLE = re.compile(rb"[+-]?(0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|[0-9][0-9_]*)")
_ESCAPE = re.compile(rb"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|[^0-7])", re.DOTALL)
_ESCAPED = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"a": b"\a", b"b": b"\b", b"f": b"\f",
            b"v": b"\v", b"\\": b"\\", b"'": b"'", b'"': b'"'}  # fmt: skip


class Machine(PickleStack):
    """The stack machine; one method for each group of opcodes."""

    def __init__(
        self, source: ByteSource, offset: int, end: int, budget: Budget, drops: bool = False
    ) -> None:
        super().__init__(source, offset, end, budget, drops)
        self.imports: Dict[Tuple[str, str], Global] = {}
        self.called: Set[str] = set()
        #: Byte strings that look like pickles: source, start, end.
        self.inner: List[Tuple[ByteSource, int, int]] = []

    # Values

    def decimal(self) -> int:
        """The number of a kept value."""
        line = _digits(self.line())
        number = None if line is None else line.lstrip(b"0") or line[-1:]
        if number is None or len(number) > _LONGEST_DIGITS:
            raise Stopped("it numbers what it keeps with endless digits", broken=False)
        try:
            return int(number)
        except ValueError:
            raise self._no_number() from None

    def _no_number(self) -> Stopped:
        return Stopped(f"a number before byte {self.place()} is none")

    def int_line(self) -> None:
        start = self.place()
        line = self.line()
        if line in (b"00", b"01"):
            self.push(line == b"01")
        elif line is not None and line[:1] == b"\0":
            self.push(0)  # as C reads it
        else:
            self._push_whole(start, _digits(line))

    def long_line(self) -> None:
        start = self.place()
        line = _digits(self.line())
        self._push_whole(start, line[:-1] if line and line.endswith(b"L") else line)

    def _push_whole(self, start: int, digits: Optional[bytes]) -> None:
        """A whole number as Python's source has it, or octal as that of C."""
        if digits is None or len(digits) > _LONGEST_DIGITS:
            if digits is not None and not _WHOLE.fullmatch(digits):
                raise self._no_number()
            self.push(Unread(start, self.place() - start))
            return
        for base in (0, 8, 10):
            try:
                self.push(int(digits, base))
                return
            except ValueError:
                continue
        raise self._no_number()

    def float_line(self) -> None:
        line = _digits(self.line())
        try:
            self.push(0.0 if line is None else float(line))
        except ValueError:
            raise self._no_number() from None

    def long_bytes(self, length: int) -> None:
        place = self.place()
        raw = self.chunk(length)
        if raw is None or length > _LONGEST_DIGITS:
            self.push(Unread(place, length))
        else:
            self.push(int.from_bytes(raw, "little", signed=True), 32 + length)

    def float_8(self) -> None:
        self.push(struct.unpack(">d", self.take(8))[0])

    def text(self, length: int) -> None:
        place = self.place()
        raw = self.chunk(length)
        if raw is None:
            self.push(Unread(place, length), 48)
            return
        try:
            text = raw.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            text = raw.decode("utf-8", "replace")
        self.push(text, 60 + (length if raw.isascii() else 4 * length))

    def bytes_(self, length: int) -> None:
        raw = self.chunk(length, joined=True)
        place = self.place() - length
        self.push(
            Unread(place, length) if raw is None else raw, 48 + (0 if raw is None else length)
        )
        start = raw[:2] if raw is not None else self._source.read_up_to(place, 2)
        if _looks_pickled(start):
            self._note_inner(self._source, place, length)

    def _note_inner(self, source: ByteSource, start: int, length: int) -> None:
        if len(self.inner) < _MOST_NESTED:
            self.inner.append((source, start, start + length))
        else:
            self.doubt = "it holds too many pickles inside itself"

    def string(self, length: int) -> None:
        """Text of Python 2."""
        place = self.place()
        raw = self.chunk(length)
        if raw is None:
            self.push(Unread(place, length), 48)
        else:
            self.push(_old_text(raw), 60 + 2 * length)

    def string_line(self) -> None:
        start = self.place()
        line = self.line()
        if line is None:
            self.push(Unread(start, self.place() - start), 48)
            return
        if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
            raise Stopped(f"a text before byte {self.place()} has no quotes")
        self.push(_old_text(_ESCAPE.sub(_unescaped, line[1:-1])), 60 + 2 * len(line))

    def unicode_line(self) -> None:
        start = self.place()
        line = self.line()
        if line is None:
            self.push(Unread(start, self.place() - start), 48)
            return
        try:
            self.push(line.decode("raw-unicode-escape"), 60 + 4 * len(line))
        except UnicodeDecodeError:
            raise Stopped(f"a text before byte {self.place()} is none") from None

    # Containers

    def tuple_of(self, count: int) -> None:
        items = [self._pop() for _ in range(count)]
        self.push(tuple(reversed(items)), 56 + 8 * count)

    def tuple_to_mark(self) -> None:
        items = self._to_mark()
        self.push(tuple(items), 56 + 8 * len(items))

    def list_to_mark(self) -> None:
        items = self._to_mark()
        self.push(items, 72 + 8 * len(items))

    def set_to_mark(self) -> None:
        items = self._to_mark()
        self.push(Unordered(items), 120 + 8 * len(items))

    def dict_to_mark(self) -> None:
        items = self._to_mark()
        self.push(PickledDict(), 150)
        self._fill(items)

    def append(self) -> None:
        item = self._pop()
        self._extend([item])

    def appends(self) -> None:
        self._extend(self._to_mark())

    def _extend(self, items: List[object]) -> None:
        target = self._top()
        if not items:
            return
        self._budget.room -= 16 * len(items)
        if isinstance(target, Made):
            if target.items is None:
                self._budget.room -= 72
                target.items = []
            target = target.items
        elif isinstance(target, Unordered):
            target = target.items
        if isinstance(target, list):
            target.extend(items)
        elif isinstance(target, (Global, Persistent)):
            self._changes()
        elif not isinstance(target, (bytes, Unread)):
            # Bytes may be a bytearray: its content matters to nobody.
            raise Stopped(f"it extends something at byte {self.place()} that is no list")

    def set_item(self) -> None:
        value = self._pop()
        self._fill([self._pop(), value])

    def set_items(self) -> None:
        self._fill(self._to_mark())

    def _fill(self, items: List[object]) -> None:
        target = self._top()
        if not items:
            return
        if isinstance(target, Made):
            if target.entries is None:
                self._budget.room -= 150
                target.entries = PickledDict()
            target = target.entries
        if isinstance(target, (Global, Persistent)):
            self._changes()
            return
        if isinstance(target, (list, bytes, Unread)) and len(items) % 2 == 0:
            self._replace(target, items)
            return
        if not isinstance(target, PickledDict) or len(items) % 2:
            raise Stopped(f"it fills something at byte {self.place()} that is no dictionary")
        if not target.text:
            self._budget.room -= 170
        self._budget.room -= 50 * len(items)
        for index in range(0, len(items), 2):
            target.put(items[index], items[index + 1])

    def _replace(self, target: object, items: List[object]) -> None:
        """Set items of a list by their places; of bytes they matter to nobody."""
        for index, value in zip(items[::2], items[1::2]):
            if isinstance(target, list) and isinstance(index, int):
                if not -len(target) <= index < len(target):
                    raise Stopped(f"it fills a place at byte {self.place()} that the list lacks")
                target[index] = value

    def _changes(self) -> None:
        self.doubt = self.doubt or "it changes something that it did not make itself"

    # What loading would import and call

    def _import(self, module: str, name: str) -> Global:
        key = (module, name)
        found = self.imports.get(key)
        if found is None:
            found = self.imports[key] = Global(module, name)
            self._budget.room -= 300 + len(module) + len(name)
        return found

    def global_lines(self) -> Global:
        module, name = self.line(), self.line()
        if module is None or name is None:
            raise Stopped("the name of something it imports is endless", broken=False)
        return self._import(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))

    def push_global(self) -> None:
        self.push(self.global_lines(), 8)

    def stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        worked_out = "the name of something it imports is worked out on loading"
        if isinstance(name, str) and isinstance(module, str):
            if isinstance(name, EncodedText) or isinstance(module, EncodedText):
                self.doubt = self.doubt or worked_out
            self.push(self._import(module, name), 8)
        elif all(isinstance(item, (str, Made, Persistent, Unread)) for item in (name, module)):
            # Go on: what else it imports can be told.
            self.doubt = self.doubt or worked_out
            self.push(Persistent(None), 48)
        else:
            raise Stopped(worked_out, broken=False)

    def extension(self, layout: str) -> None:
        number = self.number(layout)
        self.doubt = self.doubt or f"it imports number {number} of a private register of names"
        self.push(Persistent(number))

    def _make(self, callee: object, args: object) -> None:
        if isinstance(callee, Persistent):
            callee = _class_by_id(callee.id)
        if isinstance(callee, Global):
            self.called.add(callee.path)
            if callee.path == "_codecs.encode" and isinstance(args, tuple) and len(args) == 2:
                text, encoding = args
                if isinstance(text, str) and encoding in ("latin1", "latin-1"):
                    self._bytes_of(text)
                    return
        else:
            # A function that another call would return may be any function.
            self.doubt = self.doubt or "it calls something that is worked out on loading"
        self.push(Made(callee, args), 88)

    def _bytes_of(self, text: str) -> None:
        """How protocol 2 of Python 3 writes byte strings."""
        raw = text.encode("latin-1", "replace")
        self.push(raw, 40 + len(raw))
        if _looks_pickled(raw[:2]):
            inside = MemorySource(self._source, "a byte string", self.place(), raw)
            self._note_inner(inside, 0, len(raw))

    def reduce(self) -> None:
        args, callee = self._pop(), self._pop()
        self._make(callee, args)

    def new_object_ex(self) -> None:
        self._pop()  # keyword arguments
        self.reduce()

    def instance_line(self) -> None:
        found = self.global_lines()
        self._make(found, tuple(self._to_mark()))

    def object_to_mark(self) -> None:
        items = self._to_mark()
        if not items:
            raise Stopped(f"it makes an object of nothing at byte {self.place()}")
        self._make(items[0], tuple(items[1:]))

    def build(self) -> None:
        state, target = self._pop(), self._top()
        if isinstance(target, Made):
            target.state = state
        else:
            self._changes()

    def persistent_line(self) -> None:
        line = self.line()
        self.push(Persistent(None if line is None else _old_text(line)), 100)

    def persistent(self) -> None:
        self.push(Persistent(self._pop()), 48)

    def protocol(self) -> None:
        number = self.number("<B")
        if number > 5:
            raise Stopped(f"its protocol {number} is newer than 5", broken=False)

    def buffer(self) -> None:
        self.doubt = self.doubt or "part of it is kept outside the file"
        self.push(Persistent(None))


def _looks_pickled(start: bytes) -> bool:
    return len(start) == 2 and start[0] == 0x80 and start[1] <= 5


def _class_by_id(identity: object) -> object:
    """The class in a persistent id, as PyTorch before 1.6 wrote classes of modules with source."""
    if isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module":
        return identity[1]
    return None


def _digits(line: Optional[bytes]) -> Optional[bytes]:
    """A number in a line, as C reads it: up to a zero byte, white space left out."""
    return None if line is None else line.partition(b"\0")[0].strip(b" \t\n\r\v\f")


def _old_text(raw: bytes) -> str:
    """Text of Python 2, as most loaders decode it."""
    if raw.isascii():
        return raw.decode("ascii")
    try:
        return EncodedText(raw.decode("utf-8"))
    except UnicodeDecodeError:
        return EncodedText(raw.decode("latin-1"))


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match.group(1)
    if code[:1] == b"x" and len(code) == 3:
        return bytes([int(code[1:], 16)])
    if code[:1].isdigit() and code[0] < ord("8"):
        return bytes([int(code, 8) & 0xFF])
    return _ESCAPED.get(code, b"\\" + code)
