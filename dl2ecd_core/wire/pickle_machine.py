"""The stack machine of Python's pickles, with stand-ins for everything that could do something."""

from __future__ import annotations

import re
import struct
from typing import Callable, Dict, List, Optional, Set, Tuple

from .part import MemorySource
from .pickle_stream import PickleBytes, Stopped
from .pickle_values import Global, Made, Persistent, PickledDict, Unordered, Unread
from .source import ByteSource

_LONGEST_DIGITS = 640
_MOST_NESTED = 64
_ESCAPE = re.compile(r"\\(x[0-9a-fA-F]{2}|[0-7]{1,3}|.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Budget:
    """What a walk may still use up, the pickles inside its byte strings included.

    Attributes
    ----------
    steps
        Opcodes.
    room
        Bytes of memory, roughly.
    """

    def __init__(self, steps: int, room: int) -> None:
        self.steps = steps
        self.room = room


class Machine(PickleBytes):
    """The stack machine; one method for each group of opcodes."""

    def __init__(self, source: ByteSource, offset: int, end: int, budget: Budget) -> None:
        super().__init__(source, offset, end)
        self.imports: Dict[Tuple[str, str], Global] = {}
        self.called: Set[str] = set()
        self.doubt: Optional[str] = None
        #: Byte strings that look like pickles: source, start, end.
        self.inner: List[Tuple[ByteSource, int, int]] = []
        self._stack: List[object] = []
        self._marks: List[int] = []
        self._fence = 0
        self._memo: List[object] = []
        self._far_memo: Dict[int, object] = {}
        self._budget = budget

    # The stack

    def push(self, value: object, cost: int = 32) -> None:
        self._budget.room -= cost
        if self._budget.room < 0:
            raise Stopped("it builds too much", broken=False)
        self._stack.append(value)

    def _pop(self) -> object:
        if len(self._stack) <= self._fence:
            raise Stopped(f"its stack is empty at byte {self.place()}")
        return self._stack.pop()

    def _top(self) -> object:
        if len(self._stack) <= self._fence:
            raise Stopped(f"its stack is empty at byte {self.place()}")
        return self._stack[-1]

    def mark(self) -> None:
        self._budget.room -= 8
        self._fence = len(self._stack)
        self._marks.append(self._fence)

    def _to_mark(self) -> List[object]:
        if not self._marks:
            raise Stopped(f"a mark is missing at byte {self.place()}")
        start = self._marks.pop()
        self._fence = self._marks[-1] if self._marks else 0
        items = self._stack[start:]
        del self._stack[start:]
        return items

    def result(self) -> object:
        """What is on top when the pickle ends."""
        return self._pop()

    def pop(self) -> None:
        if self._marks and len(self._stack) == self._fence:
            self._to_mark()
        else:
            self._pop()

    def pop_mark(self) -> None:
        self._to_mark()

    def duplicate(self) -> None:
        self.push(self._top(), 8)

    # Memo

    def put(self, index: int) -> None:
        value = self._top()
        self._budget.room -= 16
        if index == len(self._memo):
            self._memo.append(value)
        elif 0 <= index < len(self._memo):
            self._memo[index] = value
        else:
            self._budget.room -= 100
            self._far_memo[index] = value
        if self._budget.room < 0:
            raise Stopped("it keeps too much", broken=False)

    def memoize(self) -> None:
        self.put(len(self._memo) + len(self._far_memo))

    def get(self, index: int) -> None:
        if 0 <= index < len(self._memo):
            self.push(self._memo[index], 8)
        elif index in self._far_memo:
            self.push(self._far_memo[index], 8)
        else:
            raise Stopped(f"it recalls a value at byte {self.place()} that it never kept")

    def decimal(self) -> int:
        return self._parsed(int, self.line())

    def _parsed(self, kind: Callable[[str], int], line: bytes) -> int:
        try:
            if len(line) <= _LONGEST_DIGITS:
                return kind(line.decode("ascii"))
        except ValueError:
            pass
        raise Stopped(f"a number before byte {self.place()} is none")

    # Values

    def int_line(self) -> None:
        line = self.line()
        self.push(line == b"01" if line in (b"00", b"01") else self._parsed(int, line))

    def long_line(self) -> None:
        self.push(self._parsed(int, self.line().rstrip(b"L")))

    def float_line(self) -> None:
        line = self.line()
        try:
            self.push(float(line))
        except ValueError:
            raise Stopped(f"a number before byte {self.place()} is none") from None

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
        else:
            self.push(
                raw.decode("utf-8", "replace"), 60 + (length if raw.isascii() else 4 * length)
            )

    def bytes_(self, length: int) -> None:
        place = self.place()
        raw = self.chunk(length)
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
        line = self.line()
        if len(line) < 2 or line[:1] not in (b"'", b'"') or line[-1:] != line[:1]:
            raise Stopped(f"a text before byte {self.place()} has no quotes")
        self.push(_ESCAPE.sub(_unescaped, _old_text(line[1:-1])), 60 + 2 * len(line))

    def unicode_line(self) -> None:
        line = self.line()
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
        self._budget.room -= 16 * len(items)
        if isinstance(target, Made):
            if target.items is None:
                self._budget.room -= 72
                target.items = []
            target = target.items
        elif isinstance(target, Unordered):
            target = target.items
        if not isinstance(target, list):
            raise Stopped(f"it extends something at byte {self.place()} that is no list")
        target.extend(items)

    def set_item(self) -> None:
        value = self._pop()
        self._fill([self._pop(), value])

    def set_items(self) -> None:
        self._fill(self._to_mark())

    def _fill(self, items: List[object]) -> None:
        target = self._top()
        if isinstance(target, Made):
            if target.entries is None:
                self._budget.room -= 150
                target.entries = PickledDict()
            target = target.entries
        if not isinstance(target, PickledDict) or len(items) % 2:
            raise Stopped(f"it fills something at byte {self.place()} that is no dictionary")
        if items and not target.text:
            self._budget.room -= 170
        self._budget.room -= 50 * len(items)
        for index in range(0, len(items), 2):
            target.put(items[index], items[index + 1])

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
        return self._import(module.decode("utf-8", "replace"), name.decode("utf-8", "replace"))

    def push_global(self) -> None:
        self.push(self.global_lines(), 8)

    def stack_global(self) -> None:
        name, module = self._pop(), self._pop()
        if not isinstance(name, str) or not isinstance(module, str):
            raise Stopped("the name of something it imports is worked out on loading", broken=False)
        self.push(self._import(module, name), 8)

    def extension(self, layout: str) -> None:
        number = self.number(layout)
        self.doubt = f"it imports number {number} of a private register of names"
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
            self.doubt = self.doubt or "it changes something that it did not make itself"

    def persistent_line(self) -> None:
        self.push(Persistent(_old_text(self.line())), 100)

    def persistent(self) -> None:
        self.push(Persistent(self._pop()), 48)

    def protocol(self) -> None:
        number = self.number("<B")
        if number > 5:
            raise Stopped(f"its protocol {number} is newer than 5", broken=False)

    def buffer(self) -> None:
        self.doubt = "part of it is kept outside the file"
        self.push(Persistent(None))


def _looks_pickled(start: bytes) -> bool:
    return len(start) == 2 and start[0] == 0x80 and 0 < start[1] <= 5


def _class_by_id(identity: object) -> object:
    """The class in a persistent id, as PyTorch before 1.6 wrote classes of modules with source."""
    if isinstance(identity, tuple) and len(identity) == 4 and identity[0] == "module":
        return identity[1]
    return None


def _old_text(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _unescaped(match: re.Match[str]) -> str:
    code = match.group(1)
    if code[0] == "x":
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _ESCAPED.get(code, code)
