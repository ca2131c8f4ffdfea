"""Mutations of zip archives: other content, other names, headers that contradict each other."""

from __future__ import annotations

import io
import random
import re
import warnings
import zipfile
from functools import lru_cache
from typing import Callable, List, Tuple

from .numbers import TEXTS, edge
from .plain import Mutation

_HEADERS = re.compile(rb"PK(?:\x01\x02|\x03\x04|\x05\x06|\x06\x06|\x06\x07)")
_LENGTHS = {b"\x01\x02": 46, b"\x03\x04": 30, b"\x05\x06": 22, b"\x06\x06": 56, b"\x06\x07": 20}
_MOST = 3000

#: Name, content and method of an entry.
Entry = Tuple[str, bytes, int]


@lru_cache(maxsize=256)
def entries(data: bytes) -> Tuple[Entry, ...]:
    """The entries of an intact archive; none where the standard library refuses it."""
    found: List[Entry] = []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for info in archive.infolist()[:_MOST]:
                if info.file_size < 1 << 20:
                    found.append((info.filename, archive.read(info), info.compress_type))
    except Exception:
        # Damaged by earlier mutations in one of the many ways it may be.
        return ()
    return tuple(found)


@lru_cache(maxsize=256)
def headers(data: bytes) -> Tuple[Tuple[int, int], ...]:
    """Where headers stand, and how long their fixed part is."""
    return tuple((found.start(), _LENGTHS[found[0][2:]]) for found in _HEADERS.finditer(data))


def packed(items: List[Entry]) -> bytes:
    """An archive of these entries, whatever their names."""
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as archive:
        # Two entries of one name are on purpose.
        warnings.simplefilter("ignore", UserWarning)
        for name, content, method in items:
            info = zipfile.ZipInfo("x", (1980, 1, 1, 0, 0, 0))
            info.filename = name
            info.compress_type = method if method in (0, 8) else 0
            archive.writestr(info, content, compresslevel=1)
    return out.getvalue()


def mutation(inside: Callable[[str, bytes], Mutation]) -> Mutation:
    """Mutations of archives whose entries are mutated by what `inside` gives for them."""

    def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
        if chance.random() < 0.3:
            return _other_header(data, chance)
        items = list(entries(data))
        if not items:
            return _other_header(data, chance)
        _change(items, chance, other, inside)
        try:
            return packed(items)
        except (UnicodeError, ValueError, zipfile.LargeZipFile):
            return data

    return mutated


def _change(
    items: List[Entry],
    chance: random.Random,
    other: bytes,
    inside: Callable[[str, bytes], Mutation],
) -> None:
    index = chance.randrange(len(items))
    name, content, method = items[index]
    kind = chance.randrange(12)
    if kind < 7:
        # Small entries hold what is read; tensors are skipped.
        small = [place for place, item in enumerate(items) if 0 < len(item[1]) < 60_000] or [index]
        index = chance.choice(small)
        name, content, method = items[index]
        taken = [item[1] for item in entries(other)] or [content]
        content = inside(name, content)(content, chance, chance.choice(taken))
        items[index] = (name, content, method)
    elif kind == 7:
        text = chance.choice([*TEXTS, name.upper(), name + "/", "data.pkl", "config.json"])[:600]
        items[index] = (text, content, method)
    elif kind == 8:
        del items[index]
    elif kind == 9:
        items.insert(chance.randrange(len(items) + 1), items[index])
    elif kind == 10:
        items += [item for item in entries(other) if item[0] != name][:50]
    else:
        items[index] = (name, content, 8 - method if method in (0, 8) else 0)


def _other_header(data: bytes, chance: random.Random) -> bytes:
    places = headers(data)
    if not places:
        return data
    start, length = chance.choice(places)
    place = start + chance.randrange(2, length)
    width = chance.choice((1, 2, 2, 4, 4, 8))
    value = edge(chance)
    if chance.random() < 0.5:
        value = int.from_bytes(data[place : place + width], "little") + chance.randint(-40, 40)
    elif chance.random() < 0.3:
        value = chance.choice(places)[0]
    new = (value & ((1 << (8 * width)) - 1)).to_bytes(width, "little")
    return data[:place] + new + data[place + width :]
