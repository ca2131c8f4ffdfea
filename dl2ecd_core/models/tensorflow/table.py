"""Sorted string tables, which TensorFlow's checkpoints are kept in.

The layout is LevelDB's: blocks of keys that share prefixes, an index block, a footer.
https://github.com/google/leveldb/blob/main/doc/table_format.md
"""

from __future__ import annotations

from typing import Iterator, NamedTuple, Tuple

from ...findings.errors import ModelFileError
from ...wire.part import MemorySource
from ...wire.snappy import unpacked
from ...wire.source import ByteSource

MAGIC = bytes.fromhex("57fb808b247547db")
FOOTER = 48
_TRAILER = 5  # A byte for the compression, four for a checksum.
_LONGEST_KEY = 1 << 16
_PLAIN, _SNAPPY = b"\0", b"\1"
#: Blocks hold a few kilobytes unless their values are tensors.
_LONGEST_PACKED = 4 * 1024 * 1024
_MOST_BLOCKS = 200_000


class Entry(NamedTuple):
    """A key and where its value lies: in the file, or in a block of it that was unpacked."""

    source: ByteSource
    key: bytes
    start: int
    size: int


def is_table(source: ByteSource) -> bool:
    """Whether the file ends as a table does."""
    return source.size > FOOTER and source.read(source.size - 8, 8) == MAGIC


def entries(source: ByteSource) -> Iterator[Entry]:
    """The entries of what :func:`is_table`, in order of their keys.

    Raises
    ------
    ModelFileError
        ``model-damaged`` at the byte where the table breaks.
    """
    footer = source.size - FOOTER
    raw = source.read(footer, FOOTER - 8)
    _, _, after = _handle(source, raw, 0, footer)
    offset, size, _ = _handle(source, raw, after, footer)
    previous_end = 0
    for count, entry in enumerate(_block(source, offset, size)):
        if count >= _MOST_BLOCKS:
            raise _complex(source, "blocks", _MOST_BLOCKS, entry.start)
        handle = entry.source.read(entry.start, min(entry.size, 20), "a block's place")
        start, length, _ = _handle(source, handle, 0, entry.start)
        if start < previous_end:
            raise source.damaged(entry.start, "The checkpoint's blocks overlap.")
        previous_end = start + length
        yield from _block(source, start, length)


def _complex(source: ByteSource, what: str, most: int, offset: int) -> ModelFileError:
    return ModelFileError(
        "model-too-complex",
        f"The checkpoint has more than {most} {what}.",
        file=source.name,
        offset=offset,
    )


def _number(source: ByteSource, raw: bytes, position: int, base: int) -> Tuple[int, int]:
    value = shift = 0
    while position < len(raw) and shift < 70:
        byte = raw[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
        shift += 7
    raise source.damaged(base, "The checkpoint's table holds a number that does not end.")


def _handle(source: ByteSource, raw: bytes, position: int, base: int) -> Tuple[int, int, int]:
    """Offset and size of a block, and the position after them."""
    offset, position = _number(source, raw, position, base)
    size, position = _number(source, raw, position, base)
    if offset + size + _TRAILER > source.size:
        raise source.damaged(base, "The checkpoint's table points beyond the end of the file.")
    return offset, size, position


def _block(source: ByteSource, offset: int, size: int) -> Iterator[Entry]:
    packing = source.read(offset + size, 1, "a block's end")
    if packing == _SNAPPY:
        yield from _block_of(*_unpacked(source, offset, size))
    elif packing == _PLAIN:
        yield from _block_of(source, offset, size)
    else:
        raise ModelFileError(
            "model-unsupported",
            f"The checkpoint's table is packed in a way ({packing[0]}) that can't be read here.",
            hint="Save the checkpoint again with a current TensorFlow.",
            file=source.name,
            offset=offset + size,
        )


def _unpacked(source: ByteSource, offset: int, size: int) -> Tuple[ByteSource, int, int]:
    packed = source.read(offset, min(size, _LONGEST_PACKED + 1), "a packed block")
    content = unpacked(packed, _LONGEST_PACKED) if len(packed) == size else None
    if content is None:
        raise source.damaged(offset, "A packed block of the checkpoint is damaged or too large.")
    return MemorySource(source, "a packed block", offset, content), 0, len(content)


def _block_of(source: ByteSource, offset: int, size: int) -> Iterator[Entry]:
    if size < 4:
        raise source.damaged(offset, "A block of the checkpoint is too short.")
    restarts = int(source.unpack("<I", offset + size - 4)[0])
    end = size - 4 - 4 * restarts
    if end < 0:
        raise source.damaged(offset + size - 4, "A block of the checkpoint is damaged.")
    key = b""
    position = 0
    while position < end:
        # Three lengths, then what the key adds; read piece by piece since values may be long.
        head = source.read(offset + position, min(30, end - position), "a table entry")
        shared, at = _number(source, head, 0, offset + position)
        added, at = _number(source, head, at, offset + position)
        length, at = _number(source, head, at, offset + position)
        start = position + at + added
        if shared > len(key) or added > _LONGEST_KEY or start + length > end:
            raise source.damaged(offset + position, "An entry of the checkpoint is damaged.")
        key = key[:shared] + source.read(offset + position + at, added, "a key")
        if len(key) > _LONGEST_KEY:
            raise source.damaged(offset + position, "A name in the checkpoint is too long.")
        yield Entry(source, key, offset + start, length)
        position = start + length
