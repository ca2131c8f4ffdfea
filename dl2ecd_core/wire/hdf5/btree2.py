"""Version 2 B-trees: the records that index dense links, dense attributes and huge heap objects.

Chapter III.A.2 of the specification.
"""

from __future__ import annotations

from typing import Iterator, List, Set, Tuple

from .frame import Frame

# Signature, version, type and checksum around the records of a node.
_AROUND = 10
_DEEPEST = 16
# HDF5 writes nodes of 512 and 2048 bytes.
_LARGEST_NODE = 64 * 1024


def records(frame: Frame, address: int, kind: int) -> Iterator[bytes]:
    """The records of a tree, each as its bytes, in no promised order.

    Parameters
    ----------
    kind
        The type of records that the tree must hold.
    """
    cursor = frame.cursor(
        address, 22 + frame.address_size + frame.length_size, "the header of a tree"
    )
    cursor.signature(b"BTHD")
    cursor.version(0)
    if cursor.unsigned(1) != kind:
        raise cursor.wrong(f"does not hold records of type {kind}")
    node_size, record_size, depth = cursor.unsigned(4), cursor.unsigned(2), cursor.unsigned(2)
    cursor.take(2)
    root = cursor.location()
    count = cursor.unsigned(2)
    if root is None:
        return
    if not record_size or not _AROUND < node_size <= _LARGEST_NODE or depth > _DEEPEST:
        raise cursor.wrong("has impossible sizes")
    widths = _pointer_widths(frame, node_size, record_size, depth)
    waiting: List[Tuple[int, int, int]] = [(root, count, depth)]
    seen: Set[int] = set()
    while waiting:
        place, count, level = waiting.pop()
        frame.spend(1 + count)
        if place in seen:
            raise frame.damaged(place, "a tree runs in a circle")
        seen.add(place)
        node = frame.cursor(place, node_size, "a node of a tree")
        node.signature(b"BTIN" if level else b"BTLF")
        node.version(0)
        node.take(1)
        for _ in range(count):
            yield node.take(record_size)
        if level:
            counted, summed = widths[level]
            for _ in range(count + 1):
                child = node.location()
                inside = node.unsigned(counted)
                node.unsigned(summed)
                if child is None:
                    raise node.wrong("points nowhere")
                waiting.append((child, inside, level - 1))


def _pointer_widths(
    frame: Frame, node_size: int, record_size: int, depth: int
) -> List[Tuple[int, int]]:
    """Per level, the bytes of a child's number of records and of the sum below the child.

    Both are as narrow as the fullest possible tree allows.
    """
    most = (node_size - _AROUND) // record_size
    counted = _width(most)
    widths = [(counted, 0)]
    below = most
    for level in range(1, depth + 1):
        summed = 0 if level == 1 else _width(below)
        widths.append((counted, summed))
        pointer = frame.address_size + counted + summed
        fits = (node_size - _AROUND - pointer) // (record_size + pointer)
        if fits < 1:
            raise frame.damaged(0, "the nodes of a tree are too small for their records")
        below = (fits + 1) * below + fits
    return widths


def _width(most: int) -> int:
    """Bytes that hold every number up to `most`."""
    return max(1, (most.bit_length() + 7) // 8)
