"""Mutations of HDF5 files: addresses that lead elsewhere, sizes that lie."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import Tuple

from .numbers import edge

_SIGNATURES = re.compile(rb"OHDR|OCHK|TREE|SNOD|HEAP|GCOL|FRHP|FHDB|FHIB|BTHD|BTLF|BTIN|\x89HDF")

# Eight bytes of which the later four are zero, the earlier ones not.
_SMALL_NUMBERS = re.compile(rb"(?=(?!\0{4})[\s\S]{4}\0{4})")


@lru_cache(maxsize=256)
def structures(data: bytes) -> Tuple[int, ...]:
    """Where structures with a signature begin."""
    return tuple(found.start() for found in _SIGNATURES.finditer(data))


@lru_cache(maxsize=256)
def addresses(data: bytes) -> Tuple[int, ...]:
    """Where numbers of 8 bytes stand that could be addresses or sizes."""
    found = []
    # Object headers of version 1 begin at multiples of 8; later ones anywhere.
    for place in (match.start() for match in _SMALL_NUMBERS.finditer(data)):
        value = int.from_bytes(data[place : place + 4], "little")
        if 48 <= value <= len(data) and value % 4 == 0:
            found.append(place)
    return tuple(found)


def mutated(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """One address, size or number in a structure changed."""
    places = addresses(data)
    starts = structures(data)
    if not places or not starts:
        return data
    kind = chance.randrange(6)
    width = 8
    if kind == 0:
        place, value = chance.choice(places), chance.choice(starts)
    elif kind == 1:
        other = chance.choice(places)
        place, value = chance.choice(places), int.from_bytes(data[other : other + 8], "little")
    elif kind == 2:
        place = chance.choice(places)
        value = int.from_bytes(data[place : place + 8], "little") + chance.randint(-64, 64)
    elif kind == 3:
        place, value = chance.choice(places), edge(chance)
    else:
        place = chance.choice(starts) + chance.choice((4, 5, 6, 7, 8, 12, 16, 20, 24, 32))
        place += chance.randrange(16) if kind == 5 else 0
        width = chance.choice((1, 2, 4, 8))
        value = edge(chance)
    new = (value & ((1 << (8 * width)) - 1)).to_bytes(width, "little")
    return data[:place] + new + data[place + width :]
