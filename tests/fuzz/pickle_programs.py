"""Programs for the stack machine of pickles: written by chance, yet mostly such that they run.

What a random walk over opcodes would break off at once goes on here, because a sketch of the stack
says which opcodes can follow: names kept and recalled under odd numbers, put together from texts of
every kind, behind frames that keep their promise and frames that do not.
"""

from __future__ import annotations

import collections
import datetime
import functools
import io
import os
import pickle
import random
import struct
from typing import Any, Callable, Dict, List, Sequence, Tuple

_MODULES = ("os", "os", "posix", "posix", "collections", "collections", "a", "a.b", "\u00e9", "")
_NAMES = ("system", "system", "x", "x", "OrderedDict", "OrderedDict", "b.c", "\u00fc", "")
_INDEXES = (0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 255)
_FAR_INDEXES = (256, 1000, 70_000)
_CALLABLE = "gip"


class _Sketch:
    """What kinds of things lie on the stack and in the memo, roughly.

    ``s`` text, ``b`` bytes, ``n`` a number or the like, ``l`` list, ``d`` dictionary, ``e`` set,
    ``t`` tuple, ``g`` global, ``i`` instance, ``p`` kept outside, ``(`` a mark.
    """

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.steps: List[bytes] = []
        self.stack: List[str] = []
        self.memo: Dict[int, str] = {}

    def add(self, code: bytes, pops: int = 0, pushes: str = "") -> None:
        self.steps.append(code)
        if pops:
            del self.stack[-pops:]
        self.stack.extend(pushes)

    def items(self) -> int:
        """How many things lie above the last mark, or above the bottom."""
        count = 0
        for kind in reversed(self.stack):
            if kind == "(":
                return count
            count += 1
        return count

    def to_mark(self, code: bytes, below: int, pushes: str) -> None:
        """An opcode that takes what is above the last mark, and so many below it."""
        self.add(code, self.items() + 1 + below, pushes)

    def fits(self, kinds: Sequence[str]) -> bool:
        """Whether such things lie on top, the last one topmost; each text lists what will do."""
        if self.items() < len(kinds):
            return False
        top = self.stack[len(self.stack) - len(kinds) :]
        return all(kind in wanted for kind, wanted in zip(top, kinds))


def _text(chance: random.Random, text: str) -> bytes:
    """A text in one of the ways to write it."""
    raw = text.encode("utf-8")
    kind = chance.randrange(8)
    if kind == 0:
        return b"V" + text.encode("raw-unicode-escape") + b"\n"
    if kind == 1:
        quote = chance.choice((b"'", b'"'))
        return b"S" + quote + _escaped(chance, raw) + quote + b"\n"
    if kind == 2:
        return b"U" + bytes([len(raw)]) + raw
    if kind == 3:
        return b"T" + struct.pack("<i", len(raw)) + raw
    if kind == 4:
        return b"X" + struct.pack("<I", len(raw)) + raw
    if kind == 5:
        return b"\x8d" + struct.pack("<Q", len(raw)) + raw
    if kind == 6:
        return b"V" + "".join(f"\\u{ord(letter):04x}" for letter in text).encode() + b"\n"
    return b"\x8c" + bytes([len(raw)]) + raw


def _escaped(chance: random.Random, raw: bytes) -> bytes:
    ways: Tuple[Callable[[int], bytes], ...] = (
        lambda byte: bytes([byte]),
        lambda byte: bytes([byte]),
        lambda byte: b"\\x%02x" % byte,
        lambda byte: b"\\%03o" % byte,
        lambda byte: b"\\" + bytes([byte]),
    )
    return b"".join(chance.choice(ways)(byte) for byte in raw)


_NUMBERS = (
    b"I1\n", b"I00\n", b"I01\n", b"I0x10\n", b"I-3\n", b"I 7 \n", b"I1_0\n", b"I010\n",
    b"I1\0x\n", b"I\0\n", b"L12L\n", b"L5\n", b"L0x1fL\n", b"L" + b"9" * 700 + b"L\n",
    b"I" + b"9" * 5000 + b"\n", b"F1.5\n", b"F1e3\0\n", b"Fnan\n", b"F-inf\n", b"F 1\n",
    b"K\1", b"M\1\2", b"J\1\0\0\0", b"\x8a\2\1\1", b"\x8a\0", b"\x8b\2\0\0\0\1\1", b"N",
    b"\x88", b"\x89", b"G?\xf8\0\0\0\0\0\0", b"I\n", b"Ix\n", b"F1.5x\n", b"L\n", b"LL\n",
)  # fmt: skip
_BYTES = (b"C\1a", b"C\0", b"B\2\0\0\0ab", b"\x8e\1\0\0\0\0\0\0\0x", b"\x96\2\0\0\0\0\0\0\0ab")
_ODD = (
    b"\x97", b"\x98", b"\x82\1", b"\x83\1\0", b"\x84\1\0\0\0", b"\x80\6", b"\xff", b"\0", b"\n",
    b"U\xff", b"X\xff\xff\xff\xffa", b"T\xff\xff\xff\xff", b"\x8b\xff\xff\xff\xff", b"S'\\x'\n",
    b"Sa\n", b"V\\u12\n", b"p-1\n", b"g-1\n", b"p1_0\n", b"g 1\n", b"p1\0z\n", b"g1L\n", b".",
)  # fmt: skip


def _step(sketch: _Sketch) -> None:
    """One more opcode, mostly one that can follow."""
    chance = sketch.chance
    kind = chance.randrange(100)
    if kind < 22:
        sketch.add(_text(chance, chance.choice(chance.choice((_MODULES, _NAMES)))), 0, "s")
    elif kind < 30:
        _new(sketch)
    elif kind < 48:
        _keep(sketch)
    elif kind < 62:
        _import(sketch)
    elif kind < 80:
        _call(sketch)
    elif kind < 90:
        _fill(sketch)
    elif kind < 97:
        _shift(sketch)
    elif kind < 98:
        sketch.add(b"\x80" + bytes([chance.randrange(6)]))
    elif chance.random() < 0.15:
        sketch.add(chance.choice(_ODD))
    else:
        sketch.add(chance.choice(_NUMBERS), 0, "n")


def _new(sketch: _Sketch) -> None:
    chance = sketch.chance
    code, kind = chance.choice(
        (
            (b"]", "l"), (b"}", "d"), (b")", "t"), (b"\x8f", "e"), (chance.choice(_NUMBERS), "n"),
            (chance.choice(_BYTES), "b"), (b"(", "("), (b"(", "("), (b"P1\n", "p"),
        )
    )  # fmt: skip
    sketch.add(code, 0, kind)


def _keep(sketch: _Sketch) -> None:
    """Something put into the memo or taken out of it."""
    chance = sketch.chance
    index = chance.choice(_FAR_INDEXES if chance.random() < 0.03 else _INDEXES)
    if sketch.memo and chance.random() < 0.45:
        index = chance.choice(list(sketch.memo)) if chance.random() < 0.95 else index
        code = chance.choice(
            (b"g%d\n" % index, b"h" + bytes([index & 255]), b"j" + struct.pack("<I", index))
        )
        sketch.add(code, 0, sketch.memo.get(index, "n"))
    elif sketch.items():
        way = chance.randrange(4)
        if way == 0:
            index = len(sketch.memo)
            code = b"\x94"
        elif way == 1:
            code = b"p%d\n" % index
        elif way == 2 and index < 256:
            code = b"q" + bytes([index])
        else:
            code = b"r" + struct.pack("<I", index)
        sketch.memo[index] = sketch.stack[-1]
        sketch.add(code)


def _import(sketch: _Sketch) -> None:
    chance = sketch.chance
    if sketch.fits(("s", "s")) and chance.random() < 0.8:
        sketch.add(b"\x93", 2, "g")
        return
    module, name = chance.choice(_MODULES), chance.choice(_NAMES)
    line = module.encode() + b"\n" + name.encode() + b"\n"
    if chance.random() < 0.02:
        line = b"m" * chance.choice((4090, 4097, 9000)) + b"\n" + name.encode() + b"\n"
    if "(" in sketch.stack and chance.random() < 0.2:
        sketch.to_mark(b"i" + line, 0, "i")
    elif chance.random() < 0.5:
        sketch.add(b"c" + line, 0, "g")
    else:
        sketch.add(_text(chance, module), 0, "s")
        sketch.add(_text(chance, name), 0, "s")
        sketch.add(b"\x93", 2, "g")


def _call(sketch: _Sketch) -> None:
    chance = sketch.chance
    ways: List[Tuple[bytes, Tuple[str, ...], str]] = [
        (b"R", ("g" if chance.random() < 0.9 else _CALLABLE, "t"), "i"),
        (b"\x81", ("g", "t"), "i"),
        (b"\x92", ("g", "t", "d"), "i"),
        (b"b", ("ip", "dnlts"), ""),
        (b"b", ("gld" if chance.random() < 0.1 else "i", "dn"), ""),
        (b"Q", ("stn",), "p"),
    ]
    possible = [way for way in ways if sketch.fits(way[1])]
    if possible:
        code, kinds, pushes = chance.choice(possible)
        sketch.add(code, 1 if code == b"b" else len(kinds), pushes)
    elif "(" in sketch.stack and sketch.items() and sketch.stack[-sketch.items()] == "g":
        sketch.to_mark(b"o", 0, "i")
    elif sketch.items() and sketch.stack[-1] == "g":
        sketch.add(b")", 0, "t")
        sketch.add(b"R", 2, "i")


def _fill(sketch: _Sketch) -> None:
    chance = sketch.chance
    marked = "(" in sketch.stack
    plain = chance.random() < 0.95
    target = "".join(sketch.stack[-sketch.items() - 2 :][:1]) if marked else ""
    if marked and target and target != "(" and chance.random() < 0.6:
        if sketch.items() % 2 == 0 and target in "dil" and chance.random() < 0.5:
            sketch.to_mark(b"u", 0, "")
        elif target in "e":
            sketch.to_mark(b"\x90", 0, "")
        else:
            sketch.to_mark(chance.choice((b"e", b"\x90") if target == "i" else (b"e",)), 0, "")
    elif (
        sketch.items() >= 3
        and sketch.stack[-3] in ("dil" if plain else "dilgb")
        and chance.random() < 0.6
    ):
        sketch.add(b"s", 2)
    elif sketch.items() >= 2 and sketch.stack[-2] in ("li" if plain else "ligbp"):
        sketch.add(b"a", 1)
    elif marked:
        code, kind = chance.choice(((b"t", "t"), (b"l", "l"), (b"\x91", "e"), (b"1", "")))
        if sketch.items() % 2 == 0 and chance.random() < 0.3:
            code, kind = b"d", "d"
        sketch.to_mark(code, 0, kind)


def _shift(sketch: _Sketch) -> None:
    """Things doubled, dropped, or put into tuples."""
    chance = sketch.chance
    count = chance.randrange(1, 4)
    if sketch.items() >= count and chance.random() < 0.5:
        sketch.add((b"\x85", b"\x86", b"\x87")[count - 1], count, "t")
    elif sketch.items() and chance.random() < 0.6:
        sketch.add(b"2", 0, sketch.stack[-1])
    elif sketch.stack:
        sketch.add(b"0", 1)


def _framed(steps: List[bytes], chance: random.Random) -> bytes:
    """The opcodes in frames, of which some lie about their length."""
    out: List[bytes] = []
    at = 0
    honest = chance.random() < 0.5
    while at < len(steps):
        count = chance.choice((1, 2, 5, 20, 1000))
        part = b"".join(steps[at : at + count])
        at += count
        if chance.random() < 0.25:
            out.append(part)
            continue
        length = len(part)
        if not honest and chance.random() < 0.4:
            length = max(0, length + chance.choice((-3, -2, -1, 1, 2, 3, 10, 100, 1 << 20)))
        out.append(b"\x95" + struct.pack("<Q", length) + part)
    return b"".join(out)


def program(chance: random.Random) -> bytes:
    """A pickle of some protocol."""
    sketch = _Sketch(chance)
    if chance.random() < 0.7:
        sketch.add(b"\x80" + bytes([chance.randrange(6)]))
    for _ in range(chance.choice((3, 8, 20, 40))):
        _step(sketch)
    sketch.add(b".")
    if chance.random() < 0.35:
        return _framed(sketch.steps, chance)
    return b"".join(sketch.steps)


def _value(chance: random.Random, depth: int) -> Any:
    """A value whose pickle imports something now and then."""
    kind = chance.randrange(16 if depth else 8)
    plain: Tuple[Any, ...] = (
        None, True, -70_000, 1.5, "water", b"bytes", os.getcwd, collections.OrderedDict,
    )  # fmt: skip
    if kind < 8:
        return plain[kind]
    parts = [_value(chance, depth - 1) for _ in range(chance.randrange(4))]
    named = [(f"k{index}", part) for index, part in enumerate(parts)]
    made: Tuple[Callable[[], Any], ...] = (
        lambda: parts,
        lambda: tuple(parts),
        lambda: dict(named),
        lambda: collections.OrderedDict(named),
        lambda: functools.partial(print, *parts),
        lambda: datetime.timedelta(len(parts)),
        lambda: bytearray(len(parts)),
        lambda: {repr(part)[:9] for part in parts},
    )
    return made[kind - 8]()


def written(chance: random.Random) -> bytes:
    """A pickle that Python wrote itself."""
    value, protocol = _value(chance, 4), chance.randrange(pickle.HIGHEST_PROTOCOL + 1)
    if chance.random() < 0.5:
        return pickle.dumps(value, protocol)
    out = io.BytesIO()
    pickle._Pickler(out, protocol).dump(value)  # type: ignore[attr-defined]
    return out.getvalue()
