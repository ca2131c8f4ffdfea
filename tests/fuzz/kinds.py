"""Which mutations fit a file, by how it starts."""

from __future__ import annotations

import json
import random

from . import flatbuffers, hdf5_files, pickles, plain, protobufs, tokens, zips
from .plain import Mutation


def _safetensors(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """The JSON header changed, its length kept right."""
    length = int.from_bytes(data[:8], "little")
    header = tokens.mutated(data[8 : 8 + length], chance, other[8:])
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


def _json(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """A value exchanged in the parsed text, so that what comes out is JSON still."""
    if chance.random() < 0.6:
        return tokens.mutated(data, chance, other)
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return tokens.mutated(data, chance, other)
    spots = []
    pending = [document]
    while pending and len(spots) < 2000:
        holder = pending.pop()
        steps = holder if isinstance(holder, dict) else range(len(holder))
        if isinstance(holder, (dict, list)):
            for step in steps:
                spots.append((holder, step))
                if isinstance(holder[step], (dict, list)):
                    pending.append(holder[step])
    if not spots:
        return tokens.mutated(data, chance, other)
    holder, step = chance.choice(spots)
    source, place = chance.choice(spots)
    values = (None, True, "", "x" * 500, "\u202e\x1b[2J", -1, 1.5, 1 << 80, 1e300, [], {}, [[]])
    try:
        value = source[place] if chance.random() < 0.4 else chance.choice(values)
        if isinstance(holder, dict) and chance.random() < 0.3:
            holder[chance.choice(["x", "Name", "\x1b[31m", step + "s"])] = holder.pop(step)
        elif chance.random() < 0.2:
            del holder[step]
        elif isinstance(holder, list) and chance.random() < 0.4:
            holder.extend([value] * chance.choice((1, 2, 40)))
        else:
            holder[step] = value
        return json.dumps(document).encode()
    except (ValueError, RecursionError, KeyError, IndexError):
        # A value put inside itself.
        return tokens.mutated(data, chance, other)


def _inside(name: str, content: bytes) -> Mutation:
    return structured(content, nested=True)


_ZIP = zips.mutation(_inside)


def structured(data: bytes, *, nested: bool = False) -> Mutation:
    """The mutations that know the format of these bytes; plain ones where none does."""
    head = data[:16]
    if head.startswith(b"PK\x03\x04") and not nested:
        return _ZIP
    if b"\x89HDF" in data[:2052]:
        return hdf5_files.mutated
    if head[4:8] == b"TFL3":
        return flatbuffers.mutated
    if head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return pickles.mutated
    if head[8:9] == b"{":
        return _safetensors
    if head.lstrip()[:1] in (b"{", b"["):
        return _json
    if _is_text(data):
        return tokens.mutated
    fields = protobufs.places(data)
    if fields and max(place.end for place in fields) > len(data) // 2:
        return protobufs.mutated
    if pickles.steps(data):
        return pickles.mutated
    return plain.mutated


def _is_text(data: bytes) -> bool:
    start = data[:2000]
    return not any(byte < 9 or 13 < byte < 32 for byte in start) and bool(start)


def mutate(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One to a handful of mutations, most of them of the file's own structure."""
    first = structured(data)
    result = first(data, chance, other) if chance.random() < 0.85 else data
    if result is data or chance.random() < 0.25:
        for _ in range(chance.choice((1, 1, 2, 4))):
            result = plain.mutated(result, chance, other)
    elif chance.random() < 0.2 and len(result) < 20_000:
        result = structured(result)(result, chance, other)
    return result[: plain.LONGEST]
