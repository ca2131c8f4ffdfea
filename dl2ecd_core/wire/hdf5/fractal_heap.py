"""Fractal heaps: where groups with many links and objects with many attributes keep them.

Chapter III.G of the specification. A heap is an address space of its own, cut into blocks whose
sizes double row by row of a table; an object's id says where in that space it lies.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from .btree2 import records
from .frame import Frame

_MANAGED, _HUGE, _TINY = 0, 1, 2
_HUGE_INDIRECT = 1
_LARGEST_OBJECT = 8 * 1024 * 1024
_DEEPEST = 64


class FractalHeap:
    """The objects of one heap.

    Parameters
    ----------
    address
        Of the heap's header.

    Raises
    ------
    ModelFileError
        When the header is damaged, or the heap is compressed (nothing that writes models does
        that).
    """

    def __init__(self, frame: Frame, address: int) -> None:
        self._frame = frame
        lengths = 12 * frame.length_size + 3 * frame.address_size
        cursor = frame.cursor(address, 22 + lengths, "a heap")
        cursor.signature(b"FRHP")
        cursor.version(0)
        self.id_length = cursor.unsigned(2)
        filters = cursor.unsigned(2)
        self._checksums = bool(cursor.unsigned(1) & 2)
        self._largest = cursor.unsigned(4)
        cursor.length()
        self._huge_tree = cursor.location()
        cursor.length()
        cursor.location()
        for _ in range(8):  # statistics
            cursor.length()
        self._width = cursor.unsigned(2)
        self._starting = cursor.length()
        self._largest_direct = cursor.length()
        bits = cursor.unsigned(2)
        cursor.take(2)
        self._root = cursor.location()
        self._root_rows = cursor.unsigned(2)
        if filters:
            raise cursor.wrong("is compressed, which no model is known to use")
        powers = (self._width, self._starting, self._largest_direct)
        if any(size < 1 or size & (size - 1) for size in powers) or not 8 <= bits <= 64:
            raise cursor.wrong("has impossible block sizes")
        if self._largest_direct < self._starting or not 3 <= self.id_length <= 64:
            raise cursor.wrong("has impossible block sizes")
        self._offset_width = (bits + 7) // 8
        longest = min(self._largest_direct, self._largest)
        self._length_width = (max(1, longest).bit_length() + 7) // 8
        # Signature, version, address of the header, and the block's own place in the heap.
        self._block_head = 5 + frame.address_size + self._offset_width
        self._direct_rows = self._largest_direct.bit_length() - self._starting.bit_length() + 2
        self._huge: Optional[Dict[int, Tuple[int, int]]] = None

    def value(self, identifier: bytes) -> Tuple[bytes, int]:
        """The bytes of an object and the address at which they stand.

        Raises
        ------
        ModelFileError
            When the id is of no known kind or leads outside the heap.
        """
        frame = self._frame
        frame.spend()
        if len(identifier) < self.id_length:
            raise frame.damaged(0, "a heap id is cut short")
        kind = identifier[0] >> 4 & 3
        if identifier[0] >> 6:
            raise frame.damaged(0, "a heap id has an unknown version")
        if kind == _TINY:
            return self._tiny(identifier)
        if kind == _HUGE:
            address, length = self._huge_place(identifier)
        elif kind == _MANAGED:
            first = 1 + self._offset_width
            offset = int.from_bytes(identifier[1:first], "little")
            length = int.from_bytes(identifier[first : first + self._length_width], "little")
            address = self._managed(offset, length)
        else:
            raise frame.damaged(0, "a heap id is of an unknown kind")
        if length > _LARGEST_OBJECT:
            raise frame.damaged(address, "an object of a heap is endless")
        frame.spend_text(length)
        return frame.read(address, length, "an object of a heap"), address

    def _tiny(self, identifier: bytes) -> Tuple[bytes, int]:
        if self.id_length <= 17:
            start, length = 1, (identifier[0] & 15) + 1
        else:
            start, length = 2, (((identifier[0] & 15) << 8) | identifier[1]) + 1
        if start + length > len(identifier):
            raise self._frame.damaged(0, "a heap id is cut short")
        return identifier[start : start + length], 0

    def _huge_place(self, identifier: bytes) -> Tuple[int, int]:
        frame = self._frame
        direct = frame.address_size + frame.length_size
        if self.id_length > direct:
            address = int.from_bytes(identifier[1 : 1 + frame.address_size], "little")
            length = identifier[1 + frame.address_size : 1 + direct]
            return address, int.from_bytes(length, "little")
        if self._huge is None:
            self._huge = {}
            if self._huge_tree is not None:
                for record in records(frame, self._huge_tree, _HUGE_INDIRECT):
                    parts = record[: frame.address_size], record[frame.address_size : direct]
                    number = int.from_bytes(record[direct:], "little")
                    self._huge[number] = (
                        int.from_bytes(parts[0], "little"),
                        int.from_bytes(parts[1], "little"),
                    )
        number = int.from_bytes(identifier[1 : 1 + frame.length_size], "little")
        if number not in self._huge:
            raise frame.damaged(0, "a large object of a heap is missing")
        return self._huge[number]

    def _managed(self, offset: int, length: int) -> int:
        """The address of an object that lies at an offset of the heap's own space."""
        frame = self._frame
        block, rows = self._root, self._root_rows
        size = self._starting
        while block is not None:  # each block has fewer rows than the one above it
            if not rows:
                # The offset counts from the block's own beginning, its head included.
                if offset < self._block_head or offset + length > size:
                    break
                return block + offset
            block, offset, size, rows = self._child(block, rows, offset)
        raise frame.damaged(block or 0, "an object lies outside its heap")

    def _child(self, block: int, rows: int, offset: int) -> Tuple[Optional[int], int, int, int]:
        """Of an indirect block's children the one at an offset.

        Returns its address, the offset in it, its size, and its rows (0: a direct block).
        """
        frame = self._frame
        row_start = 0
        for row in range(min(rows, _DEEPEST)):
            size = self._starting << max(0, row - 1)
            if offset < row_start + size * self._width:
                column, inside = divmod(offset - row_start, size)
                entry = row * self._width + column
                place = block + self._block_head + entry * frame.address_size
                head = frame.cursor(block, 5, "a block of a heap")
                head.signature(b"FHIB")
                child = frame.cursor(place, frame.address_size, "a block of a heap").location()
                below = 0
                if row >= self._direct_rows:
                    below = size.bit_length() - (self._starting * self._width).bit_length() + 1
                return child, inside, size, max(0, below)
            row_start += size * self._width
        return None, 0, 0, 0
