"""Mutations of Protocol Buffers messages that keep the lengths around the changed field right."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import List, NamedTuple, Optional, Tuple

from .numbers import edge, text_bytes

_MOST_FIELDS = 3000
_DEEPEST = 12


class Place(NamedTuple):
    """A field: where it begins, where its value begins and ends, and what it lies in."""

    start: int
    value: int
    end: int
    wire: int
    number: int
    parents: Tuple[Tuple[int, int], ...]  # length's place and value's start, outermost first


def varint(value: int) -> bytes:
    """A number as Protocol Buffers write it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, at: int, end: int) -> Optional[Tuple[int, int]]:
    value = shift = 0
    while at < end and shift < 70:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    return None


@lru_cache(maxsize=1024)
def places(data: bytes) -> Tuple[Place, ...]:
    """The fields at every level, as far as bytes look like messages."""
    found: List[Place] = []
    pending: List[Tuple[int, int, Tuple[Tuple[int, int], ...]]] = [(0, len(data), ())]
    while pending and len(found) < _MOST_FIELDS:
        start, end, parents = pending.pop()
        level = _level(data, start, end, parents)
        if level is None and parents:
            continue
        for place in level or ():
            found.append(place)
            if place.wire == 2 and place.end - place.value > 1 and len(parents) < _DEEPEST:
                length_at = _read_varint(data, place.start, place.end)
                assert length_at is not None
                inner = (*parents, (length_at[1], place.value))
                pending.append((place.value, place.end, inner))
    return tuple(found)


def _level(
    data: bytes, start: int, end: int, parents: Tuple[Tuple[int, int], ...]
) -> Optional[List[Place]]:
    found: List[Place] = []
    at = start
    while at < end and len(found) < _MOST_FIELDS:
        key = _read_varint(data, at, end)
        if key is None or not key[0] >> 3:
            return None if parents else found
        wire, value = key[0] & 7, key[1]
        stop: Optional[int] = None
        if wire == 0:
            read = _read_varint(data, value, end)
            stop = read[1] if read else None
        elif wire == 1:
            stop = value + 8
        elif wire == 5:
            stop = value + 4
        elif wire == 2:
            read = _read_varint(data, value, end)
            if read:
                value = read[1]
                stop = value + read[0]
        if stop is None or stop > end:
            return None if parents else found
        found.append(Place(at, value, stop, wire, key[0] >> 3, parents))
        at = stop
    return found


def replaced(data: bytes, start: int, end: int, new: bytes, place: Place) -> bytes:
    """Bytes inside a field's parents replaced, the parents' lengths kept right."""
    data = data[:start] + new + data[end:]
    delta = len(new) - (end - start)
    for length_at, value_at in reversed(place.parents):
        old = _read_varint(data, length_at, value_at)
        if old is None:
            break
        length = varint(old[0] + delta)
        data = data[:length_at] + length + data[value_at:]
        delta += len(length) - (value_at - length_at)
    return data


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One field changed, dropped, repeated, taken from elsewhere, or nested in itself."""
    fields = places(data)
    if not fields:
        return data
    place = chance.choice(fields)
    whole = data[place.start : place.end]
    kind = chance.randrange(11)
    if kind == 0:
        return replaced(data, place.start, place.end, b"", place)
    if kind == 1:
        times = chance.choice((2, 2, 3, 10, 100))
        return replaced(data, place.start, place.end, whole * times, place)
    if kind == 2:
        return replaced(data, place.start, place.end, _taken(data, other, chance), place)
    if kind == 3:
        return replaced(data, place.start, place.start, _taken(data, other, chance), place)
    if kind == 4:
        number = chance.choice((place.number + 1, place.number - 1, chance.randrange(1, 30)))
        key = varint(max(1, number) << 3 | place.wire)
        old = _read_varint(data, place.start, place.end)
        assert old is not None
        return replaced(data, place.start, old[1], key, place)
    if kind == 5:
        return replaced(data, place.start, place.end, _field(place.number, chance), place)
    if kind == 6:
        return _nested(data, place, chance)
    if kind == 7 and place.wire == 2:
        # A length that lies.
        lie = varint((place.end - place.value) + chance.choice((-1, 1, 7, 1 << 31, -(1 << 31))))
        key = varint(place.number << 3 | 2)
        return replaced(data, place.start, place.value, key + lie, place)
    return replaced(data, place.start, place.end, _new_value(data, place, chance), place)


def _taken(data: bytes, other: bytes, chance: random.Random) -> bytes:
    source = other if chance.random() < 0.5 and len(other) < 1 << 16 else data
    fields = places(source)
    if not fields:
        return b""
    place = chance.choice(fields)
    return source[place.start : place.end][:20_000]


def _field(number: int, chance: random.Random) -> bytes:
    wire = chance.choice((0, 1, 2, 3, 4, 5, 6, 7))
    key = varint(number << 3 | wire)
    if wire == 0:
        return key + varint(edge(chance))
    if wire in (1, 5):
        return key + edge(chance).to_bytes(9, "little")[: 8 if wire == 1 else 4]
    if wire == 2:
        text = text_bytes(chance)
        return key + varint(len(text)) + text
    return key


def _new_value(data: bytes, place: Place, chance: random.Random) -> bytes:
    key = varint(place.number << 3 | place.wire)
    if place.wire == 0:
        return key + varint(edge(chance))
    if place.wire in (1, 5):
        return key + chance.randbytes(8 if place.wire == 1 else 4)
    content = data[place.value : place.end]
    kind = chance.randrange(4)
    if kind == 0:
        content = text_bytes(chance)
    elif kind == 1:
        content = content[: chance.randrange(len(content) + 1)]
    elif kind == 2:
        # Packed numbers, as shapes and permutations are kept.
        content = b"".join(varint(edge(chance)) for _ in range(chance.choice((1, 2, 4, 8))))
    else:
        content *= chance.choice((2, 3, 50))
    content = content[:100_000]
    return key + varint(len(content)) + content


def _nested(data: bytes, place: Place, chance: random.Random) -> bytes:
    """A field put inside itself again and again: depth is what recursion dies of."""
    inner = data[place.start : place.end][:200]
    for _ in range(chance.choice((1, 3, 30, 200, 1200))):
        inner = varint(place.number << 3 | 2) + varint(len(inner)) + inner
    return replaced(data, place.start, place.end, inner, place)
