"""Where the values of a dataset lie: in one piece, or in chunks that may be packed.

Chapters IV.A.2.i (data layout message), IV.A.2.l (filter pipeline message) and III.A.1 (version 1
B-trees) of the specification.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Dict, Iterator, List, Optional, Set, Tuple

from ...findings.errors import ModelFileError
from .frame import Cursor, Frame

_COMPACT, _CONTIGUOUS, _CHUNKED = 0, 1, 2
_DEFLATE, _SHUFFLE, _CHECKSUM = 1, 2, 3
_CHUNK_NODES = 1
_FILTERED = 2
_NAMED_FILTERS = 256
#: Chunks that begin in the same row are put together before they are handed on.
LARGEST_BAND = 64 * 1024 * 1024


@dataclass(frozen=True)
class Storage:
    """Where the values of a dataset lie.

    Attributes
    ----------
    offset, length
        In the source, where they stand in one piece; an offset of None means that they were never
        written.
    chunk
        Sizes of a chunk; None where they stand in one piece.
    index
        Where the tree of chunks lies, or the only chunk; None where none was written.
    only
        Bytes and filter mask of the only chunk, where there is no tree.
    filters
        What was done to chunks, in order.
    """

    offset: Optional[int] = None
    length: int = 0
    chunk: Optional[Tuple[int, ...]] = None
    index: Optional[int] = None
    only: Optional[Tuple[int, int]] = None
    filters: Tuple[int, ...] = ()


def read_storage(layout: Cursor, filters: Optional[Cursor]) -> Optional[Storage]:
    """What the layout message says; None for a way of storing that is not known here."""
    layout.place = 0
    version = layout.unsigned(1)
    if version not in (3, 4):
        return None
    kind = layout.unsigned(1)
    frame = layout.frame
    if kind == _COMPACT:
        size = layout.unsigned(2)
        start = frame.base + layout.address
        layout.skip(size)
        return Storage(start, size)
    if kind == _CONTIGUOUS:
        address = layout.location()
        return Storage(None if address is None else frame.base + address, layout.length())
    done = () if filters is None else _filters(filters)
    if kind != _CHUNKED or done is None:
        return None
    return _tree(layout, done) if version == 3 else _single(layout, done)


def _tree(layout: Cursor, filters: Tuple[int, ...]) -> Storage:
    rank = layout.unsigned(1)
    index = layout.location()
    sizes = tuple(layout.unsigned(4) for _ in range(rank))
    return Storage(chunk=sizes[:-1], index=index, filters=filters)


def _single(layout: Cursor, filters: Tuple[int, ...]) -> Optional[Storage]:
    flags, rank, width = (layout.unsigned(1) for _ in range(3))
    sizes = tuple(layout.unsigned(width) for _ in range(rank))
    if layout.unsigned(1) != 1:
        return None
    length, mask = 1, 0
    if flags & _FILTERED:
        length, mask = layout.length(), layout.unsigned(4)
    else:
        for size in sizes:
            length *= size
    return Storage(chunk=sizes[:-1], index=layout.location(), only=(length, mask), filters=filters)


def _filters(message: Cursor) -> Optional[Tuple[int, ...]]:
    """What was done to chunks; None for anything that is not known here."""
    message.place = 0
    version = message.version(1, 2)
    count = message.unsigned(1)
    if version == 1:
        message.take(6)
    found: List[int] = []
    for _ in range(count):
        number = message.unsigned(2)
        named = version == 1 or number >= _NAMED_FILTERS
        length = message.unsigned(2) if named else 0
        message.take(2)
        values = message.unsigned(2)
        message.skip(-(-length // 8) * 8 if version == 1 else length)
        message.skip(4 * values + (4 if version == 1 and values % 2 else 0))
        if number not in (_DEFLATE, _SHUFFLE, _CHECKSUM):
            return None
        found.append(number)
    return tuple(found)


def chunked_values(
    frame: Frame, storage: Storage, shape: Tuple[int, ...], width: int
) -> Iterator[bytes]:
    """The values of a dataset in chunks, the last axis fastest, a row of chunks at a time.

    Parameters
    ----------
    width
        Bytes of a value.

    Raises
    ------
    ModelFileError
        ``model-damaged``; ``model-too-complex`` where a row of chunks is too large.
    """
    chunk = storage.chunk or ()
    if len(chunk) != len(shape) or not shape or 0 in chunk or 0 in shape:
        raise frame.damaged(0, "the chunks of a dataset have no size")
    row = width
    for size in shape[1:]:
        row *= size
    inside = width
    for size in chunk:
        inside *= size
    if row * min(chunk[0], shape[0]) > LARGEST_BAND or inside > LARGEST_BAND:
        raise frame.too_complex("larger chunks than any network needs")
    bands: Dict[int, List[Tuple[Tuple[int, ...], int, int, int]]] = {}
    for place, address, length, mask in _chunks(frame, storage, len(shape)):
        bands.setdefault(place[0], []).append((place, address, length, mask))
    for start in range(0, shape[0], chunk[0]):
        rows = min(chunk[0], shape[0] - start)
        band = bytearray(rows * row)
        for place, address, length, mask in bands.get(start, ()):
            packed = frame.source.read(frame.base + address, length, "a chunk of weights")
            data = _unpacked(frame, address, packed, storage.filters, mask, inside, width)
            _placed(band, data, (0, *place[1:]), (rows, *shape[1:]), chunk, width)
        yield bytes(band)


def _chunks(
    frame: Frame, storage: Storage, rank: int
) -> Iterator[Tuple[Tuple[int, ...], int, int, int]]:
    """Where each chunk begins in the dataset, its address, its bytes and its filter mask."""
    if storage.index is None:
        return
    if storage.only is not None:
        yield (0,) * rank, storage.index, storage.only[0], storage.only[1]
        return
    waiting: List[int] = [storage.index]
    seen: Set[int] = set()
    key, width = 8 + 8 * (rank + 1), frame.address_size
    while waiting:
        address = waiting.pop()
        frame.spend()
        if address in seen:
            raise frame.damaged(address, "a tree of chunks runs in a circle")
        seen.add(address)
        head = frame.cursor(address, 8 + 2 * width, "a tree of chunks")
        head.signature(b"TREE")
        if head.unsigned(1) != _CHUNK_NODES:
            raise head.wrong("is not that of a dataset")
        level, count = head.unsigned(1), head.unsigned(2)
        frame.spend(count)
        body = frame.cursor(address + 8 + 2 * width, count * (key + width), "a tree of chunks")
        for _ in range(count):
            length, mask = body.unsigned(4), body.unsigned(4)
            place = tuple(body.unsigned(8) for _ in range(rank + 1))[:-1]
            child = body.location()
            if child is None:
                raise body.wrong("points nowhere")
            if level:
                waiting.append(child)
            else:
                yield place, child, length, mask


def _unpacked(
    frame: Frame,
    address: int,
    data: bytes,
    filters: Tuple[int, ...],
    mask: int,
    size: int,
    width: int,
) -> bytes:
    """A chunk as it was before the filters were run over it."""
    for number in reversed(range(len(filters))):
        if mask >> number & 1:
            continue
        if filters[number] == _CHECKSUM:
            data = data[:-4]
        elif filters[number] == _DEFLATE:
            stream = zlib.decompressobj()
            try:
                # A checksum may follow inside.
                data = stream.decompress(data, size + 4)
            except zlib.error as error:
                raise _broken(frame, address) from error
        else:
            count = len(data) // width
            data = b"".join(data[place::count] for place in range(count)) if count else data
    if len(data) != size:
        raise _broken(frame, address)
    return data


def _broken(frame: Frame, address: int) -> ModelFileError:
    return frame.damaged(address, "a chunk of weights does not unpack to its size")


def _placed(
    band: bytearray,
    data: bytes,
    place: Tuple[int, ...],
    shape: Tuple[int, ...],
    chunk: Tuple[int, ...],
    width: int,
) -> None:
    """Copy what a chunk has in a dataset's rows, line by line; chunks may reach beyond it."""
    if any(start >= size for start, size in zip(place, shape)):
        return
    kept = [min(part, size - start) for part, size, start in zip(chunk, shape, place)]
    line = kept[-1] * width
    # Bytes between neighbours along each axis, in the rows and in the chunk.
    outer, inner = [width], [width]
    for size, part in zip(shape[:0:-1], chunk[:0:-1]):
        outer.insert(0, outer[0] * size)
        inner.insert(0, inner[0] * part)
    start = sum(one * step for one, step in zip(place, outer))
    lines = 1
    for size in kept[:-1]:
        lines *= size
    for number in range(lines):
        to, source, rest = start, 0, number
        for axis in reversed(range(len(kept) - 1)):
            rest, index = divmod(rest, kept[axis])
            to += index * outer[axis]
            source += index * inner[axis]
        band[to : to + line] = data[source : source + line]
