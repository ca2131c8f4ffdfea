"""MXNet's list of arrays (.params): shapes and names, the values are skipped.

Layout from ``NDArray::Save`` and ``NDArray::Load`` in src/ndarray/ndarray.cc of
https://github.com/apache/mxnet (1.9.1), little-endian throughout: the number 0x112, a reserved
u64, the number of arrays, the arrays, the number of names, the names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Tuple

from ...findings.errors import ModelFileError
from ...wire.source import ByteSource

MAGIC = b"\x12\x01\0\0\0\0\0\0"
MOST_ARRAYS = 50_000
_LONGEST_NAME = 4096
_LARGEST_RANK = 32

_V1, _V2, _V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_ROW_SPARSE, _CSR = 1, 2
_INDEX_LISTS = {-1: 0, 0: 0, _ROW_SPARSE: 1, _CSR: 2}
# enum TypeFlag of mshadow/base.h
_TYPES = {
    0: ("float32", 4),
    1: ("float64", 8),
    2: ("float16", 2),
    3: ("uint8", 1),
    4: ("int32", 4),
    5: ("int8", 1),
    6: ("int64", 8),
    7: ("bool", 1),
    8: ("int16", 2),
    9: ("uint16", 2),
    10: ("uint32", 4),
    11: ("uint64", 8),
    12: ("bfloat16", 2),
}


@dataclass(frozen=True)
class Array:
    """One array of the list; an empty place in it has no shape.

    Attributes
    ----------
    offset
        Where its values begin in the file; None for a sparse one.
    width
        Bytes of a value.
    """

    shape: Optional[Tuple[int, ...]]
    data_type: Optional[str] = None
    offset: Optional[int] = None
    width: int = 4

    @property
    def length(self) -> int:
        """Bytes of all values."""
        return self.size * self.width

    @property
    def size(self) -> int:
        """Number of values, of a sparse array also those that are not stored."""
        if self.shape is None:
            return 0
        total = 1
        for length in self.shape:
            total *= length
        return total


@dataclass(frozen=True)
class ArrayList:
    """The arrays in file order, and their names where they have some."""

    arrays: Tuple[Array, ...]
    names: Tuple[str, ...]

    def by_name(self) -> Dict[str, Array]:
        """The arrays by their names without the prefix ``arg:`` or ``aux:``."""
        return {plain_name(name): array for name, array in zip(self.names, self.arrays)}


def plain_name(name: str) -> str:
    """A name without the prefix that says what kind of parameter it is."""
    kind, colon, rest = name.partition(":")
    return rest if colon and kind in ("arg", "aux") else name


def read_arrays(source: ByteSource) -> ArrayList:
    """Shapes and names of all arrays.

    Raises
    ------
    ModelFileError
        ``model-damaged`` where the list or an array in it is cut short or makes no sense.
    """
    (count,) = source.unpack("<Q", 16, "the number of arrays")
    if count > MOST_ARRAYS:
        raise ModelFileError(
            "model-too-complex",
            f"The file claims to hold {count} arrays; at most {MOST_ARRAYS} are read.",
            file=source.name,
            offset=16,
        )
    offset = 24
    arrays: List[Array] = []
    for index in range(count):
        array, offset = _array(source, offset, f"array {index}")
        arrays.append(array)
    (named,) = source.unpack("<Q", offset, "the number of names")
    if named not in (0, count):
        raise source.damaged(offset, f"The file has {count} arrays but {named} names.")
    offset += 8
    names: List[str] = []
    for index in range(named):
        (length,) = source.unpack("<Q", offset, f"name {index}")
        if length > _LONGEST_NAME:
            raise source.damaged(offset, f"The name of array {index} claims {length} bytes.")
        raw = source.read(offset + 8, length, f"name {index}")
        names.append(raw.decode("utf-8", "replace"))
        offset += 8 + length
    return ArrayList(tuple(arrays), tuple(names))


def _array(source: ByteSource, offset: int, what: str) -> Tuple[Array, int]:
    """One array's shape, and where the next begins."""
    (magic,) = source.unpack("<I", offset, what)
    storage = 0
    stored_shape: Optional[Tuple[int, ...]] = None
    if magic in (_V2, _V3):
        (storage,) = source.unpack("<i", offset + 4, what)
        offset += 8
        if storage not in _INDEX_LISTS:
            raise source.damaged(offset - 4, f"{what.capitalize()} is stored in an unknown way.")
        if _INDEX_LISTS[storage]:
            stored_shape, offset = _shape(source, offset, what)
        shape, offset = _shape(source, offset, what)
        if shape is None or (magic == _V2 and not shape):
            return Array(None), offset
    elif magic == _V1:
        shape, offset = _shape(source, offset + 4, what)
        if not shape:
            return Array(None), offset
    else:
        # The oldest form has no number of its own: the rank comes first, sizes have 4 bytes.
        shape, offset = _oldest_shape(source, offset, magic, what)
        if not shape:
            return Array(None), offset
    _, _, code = source.unpack("<iii", offset, what)
    offset += 12
    if code not in _TYPES:
        raise source.damaged(offset - 4, f"{what.capitalize()} has an unknown data type {code}.")
    data_type, width = _TYPES[code]
    index_bytes = 0
    for _ in range(_INDEX_LISTS[storage]):
        (index_code,) = source.unpack("<i", offset, what)
        index_shape, offset = _shape(source, offset + 4, what)
        if index_code not in _TYPES or index_shape is None:
            raise source.damaged(offset, f"{what.capitalize()} has a broken list of indices.")
        index_bytes += _TYPES[index_code][1] * Array(index_shape).size
    array = Array(shape, data_type, offset if stored_shape is None else None, width)
    stored = array if stored_shape is None else Array(stored_shape)
    end = offset + stored.size * width + index_bytes
    if end > source.size:
        raise source.damaged(
            offset, f"{what.capitalize()} should end at byte {end}; the file has {source.size}."
        )
    return array, end


def _shape(source: ByteSource, offset: int, what: str) -> Tuple[Optional[Tuple[int, ...]], int]:
    (rank,) = source.unpack("<i", offset, what)
    if rank == -1:
        return None, offset + 4
    _check_rank(source, offset, rank, what)
    sizes = source.unpack(f"<{rank}q", offset + 4, what)
    if any(size < 0 for size in sizes):
        raise source.damaged(offset + 4, f"{what.capitalize()} has a size below zero.")
    return sizes, offset + 4 + 8 * rank


def _oldest_shape(
    source: ByteSource, offset: int, rank: int, what: str
) -> Tuple[Tuple[int, ...], int]:
    _check_rank(source, offset, rank, what)
    return source.unpack(f"<{rank}I", offset + 4, what), offset + 4 + 4 * rank


def _check_rank(source: ByteSource, offset: int, rank: int, what: str) -> None:
    if not 0 <= rank <= _LARGEST_RANK:
        raise source.damaged(offset, f"{what.capitalize()} claims {rank} dimensions.")
