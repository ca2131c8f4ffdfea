"""Mutations of texts - JSON, XML, prototxt, .cfg, tables of classes - token by token."""

from __future__ import annotations

import random
import re
from functools import lru_cache
from typing import Tuple

from .numbers import edge, text_bytes

_TOKEN = re.compile(rb'"(?:[^"\\]|\\.){0,300}"|[A-Za-z_][\w.-]*|[+-]?\d[\w.+-]*|\s+|[\s\S]')
_LONGEST = 1 << 17

_PIECES: Tuple[bytes, ...] = (
    b"[" * 50,
    b"]",
    b"{",
    b"}",
    b'{"a":' * 300,
    b"[" * 100_000,
    b"{ " * 20_000,
    b",",
    b":",
    b"null",
    b"true",
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-0",
    b"1" + b"0" * 400,
    b"9" * 5000,
    b"0.1e-9999999",
    b'"\\ud800"',
    b'"\\u0000"',
    b'"\\u202e"',
    b'"\xff\xfe"',
    b'"',
    b"'",
    b"\\",
    b"//",
    b"/*",
    b"#",
    b"\xef\xbb\xbf",
    b"\0",
    b"<",
    b">",
    b"</",
    b"/>",
    b"<!--",
    b"-->",
    b"<![CDATA[",
    b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;&b;&b;&b;&b;">]>',
    b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
    b'<?xml version="1.0" encoding="utf-16"?>',
    b"&d;",
    b"&#27;",
    b"<a>" * 5000,
    b" " * 3000,
    b"\n#" * 1000,
    b"<!--a-->" * 400,
    b"-" * 3000,
    b'<layer id="0" name="x" type="Parameter"/>',
)


@lru_cache(maxsize=512)
def tokens(data: bytes) -> Tuple[Tuple[int, int], ...]:
    """Start and end of each token."""
    return tuple(found.span() for found in _TOKEN.finditer(data[:_LONGEST]))


def mutated(data: bytes, chance: random.Random, other: bytes) -> bytes:
    """One token or a row of them changed."""
    places = tokens(data)
    if not places:
        return chance.choice(_PIECES)
    first = chance.randrange(len(places))
    last = min(len(places) - 1, first + chance.choice((0, 0, 0, 1, 3, 10, 50)))
    start, end = places[first][0], places[last][1]
    kind = chance.randrange(9)
    if kind == 0:
        new = b""
    elif kind == 1:
        new = data[start:end] * chance.choice((2, 2, 3, 20, 300))
    elif kind == 2:
        new = chance.choice(_PIECES)
    elif kind == 3:
        new = data[start:end] + chance.choice(_PIECES)
    elif kind == 4:
        new = str(chance.choice((1, -1)) * edge(chance)).encode()
    elif kind == 5:
        new = b'"' + text_bytes(chance).replace(b'"', b"").replace(b"\\", b"\\\\") + b'"'
    elif kind == 6:
        source, elsewhere = (other, tokens(other)) if chance.random() < 0.5 else (data, places)
        if not elsewhere:
            return data
        begin = chance.randrange(len(elsewhere))
        stop = min(len(elsewhere) - 1, begin + chance.choice((0, 0, 2, 10, 100)))
        new = source[elsewhere[begin][0] : elsewhere[stop][1]]
    elif kind == 7:
        swap = places[chance.randrange(len(places))]
        new = data[swap[0] : swap[1]]
    else:
        new = data[start : start + (end - start) // 2]
    return (data[:start] + new + data[end:])[: 4 * _LONGEST]
