"""Datatypes and dataspaces: what the values of an attribute or dataset are, and how many.

Chapters IV.A.2.b (dataspace message) and IV.A.2.d (datatype message) of the specification.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Tuple

from .frame import Cursor

_KINDS = (
    "int",
    "float",
    "time",
    "string",
    "bitfield",
    "opaque",
    "compound",
    "reference",
    "enum",
    "vlen",
    "array",
)
#: More dimensions than HDF5 itself allows.
_MOST_DIMENSIONS = 32


@dataclass(frozen=True)
class DataType:
    """The type of one value.

    Attributes
    ----------
    kind
        HDF5's class: ``int``, ``float``, ``string``, ``enum``, ``compound`` ...; a string of
        variable length is ``text``, another sequence of variable length ``vlen``; ``other`` is
        a class newer than this reader.
    size
        Bytes of one value where it stands (a reference into a heap for ``text``).
    name
        NumPy's name for plain numbers, else None.
    big_endian, signed
        For numbers.
    """

    kind: str
    size: int
    name: Optional[str] = None
    big_endian: bool = False
    signed: bool = False


def read_type(cursor: Cursor) -> DataType:
    """The type that a datatype message describes."""
    first = cursor.unsigned(1)
    number, version = first & 0x0F, first >> 4
    if not 1 <= version <= 5:
        raise cursor.wrong(f"has the unknown version {version}")
    bits = cursor.unsigned(3)
    size = cursor.unsigned(4)
    kind = _KINDS[number] if number < len(_KINDS) else "other"
    name: Optional[str] = None
    signed = False
    if kind == "int":
        signed = bool(bits & 8)
        if size in (1, 2, 4, 8):
            name = f"{'' if signed else 'u'}int{8 * size}"
    elif kind == "float":
        exponent = cursor.take(12)[5]
        # bfloat16 has the exponent of a float32; NumPy knows it by that name from ml_dtypes.
        name = {(2, 5): "float16", (2, 8): "bfloat16", (4, 8): "float32", (8, 11): "float64"}.get(
            (size, exponent)
        )
    elif kind == "vlen" and bits & 0x0F == 1:
        kind = "text"
    elif kind == "enum" and size == 1:
        # How h5py stores booleans.
        name = "bool"
    return DataType(kind, size, name, bool(bits & 1), signed)


def read_space(cursor: Cursor) -> Optional[Tuple[int, ...]]:
    """The sizes that a dataspace message gives; None for "no values at all" (a null space)."""
    version = cursor.version(1, 2)
    rank = cursor.unsigned(1)
    cursor.take(1)
    if rank > _MOST_DIMENSIONS:
        raise cursor.wrong(f"has {rank} dimensions")
    if version == 1:
        cursor.take(5)
    elif cursor.unsigned(1) == 2:
        return None
    return tuple(cursor.length() for _ in range(rank))
