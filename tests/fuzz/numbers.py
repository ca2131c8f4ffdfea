"""Numbers and texts on which readers of files have always stumbled."""

from __future__ import annotations

import random
from typing import Sequence, Tuple

_EDGES: Tuple[int, ...] = tuple(
    sorted(
        {
            value
            for power in (0, 1, 2, 4, 7, 8, 12, 15, 16, 20, 24, 28, 31, 32, 40, 48, 62, 63, 64)
            for value in ((1 << power) - 1, 1 << power, (1 << power) + 1)
        }
    )
)

#: Names and texts that do harm where they are printed, matched or used as a path.
TEXTS: Tuple[str, ...] = (
    "",
    " ",
    "\0",
    "a\0b",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202egnp.exe",
    "\u200b\ufeff",
    "line\nbreak\r\ttab",
    "../../../etc/passwd",
    "/dev/zero",
    "C:\\Windows\\win.ini",
    "\\\\server\\share",
    "con.txt",
    "%s%n{0}{name!r}",
    "<script>alert(1)</script>",
    "&entity;",
    "=1+1",
    "null",
    "NaN",
    "-1",
    "1e999",
    "0x7fffffffffffffff",
    "9" * 40,
    "9" * 5000,
    "é" * 300,
    "\ud83d",
    "x" * 70_000,
    "[" * 2000,
    "(" * 2000,
    "{'a': " * 500,
)


def edge(chance: random.Random) -> int:
    """A number near a power of two, a small one, or any."""
    kind = chance.random()
    if kind < 0.5:
        return chance.choice(_EDGES)
    if kind < 0.8:
        return chance.randrange(256)
    return chance.getrandbits(chance.choice((8, 16, 32, 64)))


def packed(chance: random.Random, value: int, widths: Sequence[int] = (1, 2, 4, 8)) -> bytes:
    """A number in one of the usual widths and byte orders; too large ones lose their top."""
    width = chance.choice(widths)
    order = "little" if chance.random() < 0.85 else "big"
    return (value & ((1 << (8 * width)) - 1)).to_bytes(width, order)  # type: ignore[arg-type]


def text_bytes(chance: random.Random) -> bytes:
    """A harmful text in UTF-8, lone surrogates included."""
    return chance.choice(TEXTS).encode("utf-8", "surrogatepass")
