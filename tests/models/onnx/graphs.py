"""ONNX files put together field by field, for what no exporter writes.

Numbers of the fields: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List, Optional, Sequence


def varint(number: int) -> bytes:
    out = bytearray()
    number &= (1 << 64) - 1
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def piece(number: int, content: bytes) -> bytes:
    """A field of some bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def count(number: int, value_: int) -> bytes:
    """A field of a whole number."""
    return varint(number << 3) + varint(value_)


def integer(name: bytes, number: int) -> bytes:
    """An attribute."""
    return piece(1, name) + count(3, number) + count(20, 2)


def integers(name: bytes, *numbers: int) -> bytes:
    return piece(1, name) + b"".join(count(8, number) for number in numbers) + count(20, 7)


def text(name: bytes, words: bytes) -> bytes:
    return piece(1, name) + piece(4, words) + count(20, 3)


def tensor(name: bytes, content: bytes) -> bytes:
    return piece(1, name) + piece(5, content) + count(20, 4)


def graph_in(name: bytes, content: bytes) -> bytes:
    return piece(1, name) + piece(6, content) + count(20, 5)


def node(
    op: bytes, inputs: Sequence[bytes], outputs: Sequence[bytes], *attributes: bytes,
    domain: bytes = b"",
) -> bytes:  # fmt: skip
    names = [piece(1, one) for one in inputs] + [piece(2, one) for one in outputs]
    given = b"".join(piece(5, attribute) for attribute in attributes)
    return piece(1, b"".join(names) + piece(4, op) + given + (piece(7, domain) if domain else b""))


def value(number: int, name: bytes, sizes: Optional[Sequence[int]] = None) -> bytes:
    """A graph's input (11), output (12) or inner value (13); of floats where sizes are given."""
    if sizes is None:
        return piece(number, piece(1, name))
    shape = b"".join(piece(1, count(1, size) if size >= 0 else b"") for size in sizes)
    return piece(number, piece(1, name) + piece(2, piece(1, b"\x08\x01" + piece(2, shape))))


def numbers_tensor(numbers: Sequence[int], name: bytes = b"") -> bytes:
    """A vector of 64-bit numbers."""
    raw = struct.pack(f"<{len(numbers)}q", *numbers)
    return count(1, len(numbers)) + count(2, 7) + piece(8, name) + piece(9, raw)


def numbers(name: bytes, *values: int) -> bytes:
    """An initializer that is a vector of 64-bit numbers."""
    return piece(5, numbers_tensor(values, name))


def float_tensor(sizes: Sequence[int], name: bytes = b"") -> bytes:
    """A tensor of zeros."""
    elements = 1
    for size in sizes:
        elements *= size
    dims = b"".join(b"\x08" + varint(size) for size in sizes)
    return dims + b"\x10\x01" + (piece(8, name) if name else b"") + piece(9, bytes(4 * elements))


def zeros(name: bytes, *sizes: int) -> bytes:
    """An initializer of zeros."""
    return piece(5, float_tensor(sizes, name))


def constant(name: bytes, sizes: List[int]) -> bytes:
    """A Constant node of zeros."""
    return node(b"Constant", [], [name], tensor(b"value", float_tensor(sizes)))


def model(graph: bytes, *parts: bytes) -> bytes:
    """A whole file: the graph and what else is given."""
    return b"\x08\x08" + piece(7, graph) + piece(8, b"\x10\x11") + b"".join(parts)


def write(path: Path, graph: bytes, *parts: bytes) -> Path:
    path.write_bytes(model(graph, *parts))
    return path
