"""Groups of the first kind: a version 1 B-tree of symbol table nodes, names in a local heap.

Chapters III.A.1 (version 1 B-trees), III.B (symbol table nodes) and III.D (local heaps) of the
specification.
"""

from __future__ import annotations

from typing import Iterator, List, Set, Tuple

from .frame import LONGEST_BLOCK, Frame

_GROUP_NODES = 0
_LONGEST_NAME = 64 * 1024
_SOFT_LINK = 2


def symbols(frame: Frame, tree: int, heap: int) -> Iterator[Tuple[str, int]]:
    """Names and object header addresses of a group's hard links.

    Raises
    ------
    ModelFileError
        When a node is damaged or hangs in the tree twice.
    """
    names = _heap_data(frame, heap)
    seen: Set[int] = set()
    waiting: List[int] = [tree]
    while waiting:
        address = waiting.pop()
        frame.spend()
        if address in seen:
            raise frame.damaged(address, "a group's tree runs in a circle")
        seen.add(address)
        if frame.read(address, 4, "a group") == b"SNOD":
            yield from _leaf(frame, address, names)
        else:
            # Taken from the end: pushed in reverse, the names come in their order.
            waiting.extend(reversed(_children(frame, address)))


def _children(frame: Frame, address: int) -> List[int]:
    head = frame.cursor(address, 8 + 2 * frame.address_size, "a group's tree")
    head.signature(b"TREE")
    if head.unsigned(1) != _GROUP_NODES:
        raise head.wrong("is not that of a group")
    head.take(1)
    count = head.unsigned(2)
    key, width = frame.length_size, frame.address_size
    start = address + 8 + 2 * width
    entries = frame.read(start, count * (key + width), "a group's tree")
    children: List[int] = []
    for place in range(key, count * (key + width), key + width):
        child = frame.defined(int.from_bytes(entries[place : place + width], "little"))
        if child is not None:
            children.append(child)
    return children


def _leaf(frame: Frame, address: int, names: bytes) -> Iterator[Tuple[str, int]]:
    head = frame.cursor(address, 8, "a group's node")
    head.signature(b"SNOD")
    head.version(1)
    head.take(1)
    count = head.unsigned(2)
    width = frame.address_size
    size = 2 * width + 24
    entries = frame.read(address + 8, count * size, "a group's node")
    frame.spend(count)
    for start in range(0, count * size, size):
        middle = start + width
        place = int.from_bytes(entries[start:middle], "little")
        target = frame.defined(int.from_bytes(entries[middle : middle + width], "little"))
        kind = int.from_bytes(entries[middle + width : middle + width + 4], "little")
        end = names.find(b"\0", place, place + _LONGEST_NAME) if place < len(names) else -1
        if end < 0:
            raise frame.damaged(address + 8 + start, "a group names a link outside its heap")
        if target is not None and kind != _SOFT_LINK:
            frame.spend_text(end - place)
            yield names[place:end].decode("utf-8", "replace"), target


def _heap_data(frame: Frame, address: int) -> bytes:
    cursor = frame.cursor(
        address, 8 + 2 * frame.length_size + frame.address_size, "a group's heap of names"
    )
    cursor.signature(b"HEAP")
    cursor.version(0)
    cursor.take(3)
    size = cursor.length()
    cursor.length()
    data = cursor.location()
    if data is None or size > LONGEST_BLOCK:
        raise cursor.wrong("has no place or an impossible size")
    return frame.read(data, size, "a group's heap of names")
