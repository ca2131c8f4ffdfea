"""Mutations of FlatBuffers: offsets that lead elsewhere, vtables that lie."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import Tuple

from .numbers import edge


@lru_cache(maxsize=256)
def offsets(data: bytes) -> Tuple[int, ...]:
    """Where numbers stand that could be offsets: they lead to a place inside the file."""
    found = []
    for place in range(0, len(data) - 3, 4):
        value = int.from_bytes(data[place : place + 4], "little")
        if value > 0 and place + value < len(data):
            found.append(place)
    return tuple(found)


def mutated(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """One offset, length or field position changed."""
    places = offsets(data)
    if not places or len(data) < 8:
        return data
    place = chance.choice(places)
    kind = chance.randrange(7)
    if kind == 0:
        # Where another offset leads to.
        other = chance.choice(places)
        target = other + int.from_bytes(data[other : other + 4], "little")
        value = target - place
    elif kind == 1:
        value = chance.choice((0, 4, -4, 8)) + chance.choice(places) - place
    elif kind == 2:
        value = int.from_bytes(data[place : place + 4], "little") + chance.randint(-8, 8)
    elif kind == 3:
        # Lengths and vtables stand where an offset leads to.
        place += int.from_bytes(data[place : place + 4], "little")
        value = edge(chance)
    elif kind == 4:
        place = chance.randrange(0, len(data) - 1, 2)
        field = chance.choice((0, 4, 6, 8, 12, edge(chance))) & 0xFFFF
        return data[:place] + field.to_bytes(2, "little") + data[place + 2 :]
    elif kind == 5:
        # The same as elsewhere: shared tables, endless lists of one entry.
        other = chance.choice(places)
        value = int.from_bytes(data[other : other + 4], "little")
    else:
        value = edge(chance)
    return data[:place] + (value & 0xFFFFFFFF).to_bytes(4, "little") + data[place + 4 :]
