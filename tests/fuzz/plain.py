"""Mutations that know nothing of a format: flips, cuts, copies, numbers, pieces of other seeds."""

from __future__ import annotations

import random
from typing import Callable, Tuple

from .numbers import edge, packed, text_bytes

#: Mutated files don't grow beyond this.
LONGEST = 1 << 18

#: Bytes, the source of chance, and another seed to take pieces from.
Mutation = Callable[[bytes, random.Random, bytes], bytes]


def flip_bit(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """One bit turned over."""
    if not data:
        return data
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ (1 << chance.randrange(8))]) + data[place + 1 :]


def set_byte(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """One byte replaced."""
    if not data:
        return b"\0"
    place = chance.randrange(len(data))
    return data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]


def set_number(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """A number written over what is there."""
    number = packed(chance, edge(chance))
    place = chance.randrange(len(data) + 1)
    return data[:place] + number + data[place + len(number) :]


def shift_number(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """A little-endian number made a little larger or smaller."""
    width = chance.choice((1, 2, 4, 8))
    if len(data) < width:
        return data
    place = chance.randrange(len(data) - width + 1)
    value = int.from_bytes(data[place : place + width], "little") + chance.randint(-16, 16)
    new = (value & ((1 << (8 * width)) - 1)).to_bytes(width, "little")
    return data[:place] + new + data[place + width :]


def cut(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """The file ends early."""
    return data[: chance.randrange(len(data) + 1)]


def remove(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """A piece left out."""
    start, end = _piece(data, chance)
    return data[:start] + data[end:]


def repeat(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """A piece several times over."""
    start, end = _piece(data, chance)
    times = chance.choice((2, 2, 3, 8, 64, 512))
    return data[:start] + data[start:end] * times + data[end:]


def copy_over(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A piece of this or another seed written somewhere."""
    source = other if chance.random() < 0.5 else data
    start, end = _piece(source, chance)
    place = chance.randrange(len(data) + 1)
    over = end - start if chance.random() < 0.7 else 0
    return data[:place] + source[start:end] + data[place + over :]


def splice(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The start of one seed and the end of another."""
    return data[: chance.randrange(len(data) + 1)] + other[chance.randrange(len(other) + 1) :]


def insert_text(data: bytes, chance: random.Random, _: bytes) -> bytes:
    """A harmful text put in."""
    place = chance.randrange(len(data) + 1)
    return data[:place] + text_bytes(chance) + data[place:]


def _piece(data: bytes, chance: random.Random) -> Tuple[int, int]:
    start = chance.randrange(len(data) + 1)
    length = chance.choice((1, 2, 4, 8, 16, 64, 256, 4096))
    return start, min(len(data), start + chance.randint(1, length))


_ALL: Tuple[Mutation, ...] = (
    flip_bit,
    flip_bit,
    set_byte,
    set_number,
    set_number,
    shift_number,
    shift_number,
    cut,
    remove,
    repeat,
    copy_over,
    splice,
    insert_text,
)


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One mutation of any kind."""
    return chance.choice(_ALL)(data, chance, other)[:LONGEST]
