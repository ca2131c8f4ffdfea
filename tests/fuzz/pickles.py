"""Mutations of pickles: opcodes dropped, doubled, swapped, invented and given other arguments."""

from __future__ import annotations

import pickletools
import random
import struct
from functools import lru_cache
from typing import List, Tuple

from .numbers import edge, text_bytes

_CODES = tuple(item.code.encode("latin-1") for item in pickletools.opcodes)
_MOST = 5000


@lru_cache(maxsize=256)
def steps(data: bytes) -> Tuple[Tuple[int, int], ...]:
    """Start and end of every opcode, also of pickles that follow the first."""
    found: List[Tuple[int, int]] = []
    start = 0
    while start < len(data) and len(found) < _MOST:
        begin = len(found)
        place = start
        try:
            for _, _, at in pickletools.genops(memoryview(data)[start:].tobytes()):
                if at is not None:
                    if len(found) > begin or at:
                        found.append((place, start + at))
                    place = start + at
                if len(found) >= _MOST:
                    break
        except Exception:
            # Not a pickle from here on.
            break
        found.append((place, place + 1))
        if place + 1 <= start:
            break
        start = place + 1
    return tuple(item for item in found if item[0] < item[1] <= len(data))


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One opcode changed."""
    places = steps(data)
    if not places:
        return _invented(chance) + data[1:]
    start, end = chance.choice(places)
    whole = data[start:end]
    kind = chance.randrange(8)
    if kind == 0:
        return data[:start] + data[end:]
    if kind == 1:
        return data[:end] + whole * chance.choice((1, 2, 10, 1000)) + data[end:]
    if kind == 2:
        return data[:start] + _invented(chance) + data[end:]
    if kind == 3:
        return data[:start] + _invented(chance) + data[start:]
    if kind == 4:
        elsewhere = steps(other) if chance.random() < 0.5 else places
        source = other if elsewhere is not places else data
        if not elsewhere:
            return data
        first = chance.randrange(len(elsewhere))
        last = min(len(elsewhere) - 1, first + chance.choice((0, 1, 5, 30)))
        return data[:start] + source[elsewhere[first][0] : elsewhere[last][1]] + data[start:]
    if kind == 5 and len(whole) > 1:
        lie = edge(chance).to_bytes(9, "little")[: len(whole) - 1]
        return data[:start] + (whole[:1] + lie).ljust(len(whole), b"\0")[: len(whole)] + data[end:]
    if kind == 6:
        return data[:start] + chance.choice(_CODES) + whole[1:] + data[end:]
    return data[:start] + _text(text_bytes(chance)) + data[end:]


def _text(text: bytes) -> bytes:
    return b"X" + struct.pack("<I", len(text)) + text


_GLOBALS = (
    (b"os", b"system"),
    (b"builtins", b"eval"),
    (b"collections", b"OrderedDict"),
    (b"torch._utils", b"_rebuild_tensor_v2"),
    (b"torch", b"FloatStorage"),
    (b"numpy.core.multiarray", b"_reconstruct"),
    (b"a" * 300, b"\xff\x1b[31m"),
)


def _invented(chance: random.Random) -> bytes:
    kind = chance.randrange(9)
    if kind == 0:
        module, name = chance.choice(_GLOBALS)
        return b"c" + module + b"\n" + name + b"\n"
    if kind == 1:
        return (
            chance.choice((b"p", b"g", b"I", b"L", b"F", b"P", b"V", b"S"))
            + (str(edge(chance)).encode() if chance.random() < 0.6 else text_bytes(chance))
            + chance.choice((b"\n", b"L\n", b""))
        )
    if kind == 2:
        return (
            chance.choice((b"B", b"X", b"\x8e", b"\x8d", b"\x8b", b"T", b"r", b"j"))
            + edge(chance).to_bytes(9, "little")[: chance.choice((4, 8))]
        )
    if kind == 3:
        return chance.choice((b"(", b"]", b"}", b")", b"N", b"0", b"1", b"2")) * chance.choice(
            (1, 2, 100, 5000)
        )
    if kind == 4:
        # A list in itself, a dict in itself: memoized, fetched, appended.
        return chance.choice((b"]q\x00h\x00a", b"}q\x01h\x01h\x01s", b"(lp9\ng9\na", b"]\x94h\0a"))
    if kind == 5:
        # Doubling: the billion laughs of pickles.
        return b")" + b"2\x86" * chance.choice((5, 30, 200))
    if kind == 6:
        return chance.choice(
            (b"R", b"b", b"o", b"\x81", b"\x92", b"\x93", b"e", b"u", b"\x90", b"t")
        )
    if kind == 7:
        inner = b"\x80\x02" + chance.choice((b"]", b"cos\nsystem\n", b")")) + b"."
        return b"C" + bytes([len(inner)]) + inner
    return chance.choice(_CODES)
