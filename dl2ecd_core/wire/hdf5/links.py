"""Links: the names under which a group holds its members.

Chapters IV.A.2.c (link info message), IV.A.2.g (link message) and IV.A.2.r (symbol table message)
of the specification. Only hard links are followed: soft and external ones lead to places that are
not part of the model, or are reached anyway.
"""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from .btree1 import symbols
from .btree2 import records
from .fractal_heap import FractalHeap
from .frame import Cursor, Frame

_BY_NAME = 5
_HASH = 4
_HARD = 0


def table_links(frame: Frame, body: Cursor) -> Iterator[Tuple[str, int]]:
    """Members of a group that has a symbol table."""
    tree, heap = body.location(), body.location()
    if tree is not None and heap is not None:
        yield from symbols(frame, tree, heap)


def dense_links(frame: Frame, info: Cursor) -> Iterator[Tuple[str, int]]:
    """Members of a group that keeps its links in a heap."""
    info.version(0)
    if info.unsigned(1) & 1:
        info.take(8)
    heap_address, tree = info.location(), info.location()
    if heap_address is None or tree is None:
        return
    heap = FractalHeap(frame, heap_address)
    for record in records(frame, tree, _BY_NAME):
        data, address = heap.value(record[_HASH : _HASH + heap.id_length])
        link = read_link(Cursor(frame, data, address, "a link"))
        if link is not None:
            yield link


def read_link(body: Cursor) -> Optional[Tuple[str, int]]:
    """Name and object header address of a hard link; None for another kind of link."""
    body.version(1)
    flags = body.unsigned(1)
    kind = body.unsigned(1) if flags & 8 else _HARD
    if flags & 4:
        body.take(8)
    if flags & 16:
        body.take(1)
    name = body.take(body.unsigned(1 << (flags & 3)))
    if kind != _HARD:
        return None
    target = body.location()
    if target is None:
        return None
    return name.decode("utf-8", "replace"), target
