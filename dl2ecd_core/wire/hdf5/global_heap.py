"""Global heaps: where strings of variable length are kept.

Chapter III.E of the specification.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from .frame import Frame

_LARGEST = 1 << 32


class GlobalHeap:
    """The objects of all heap collections of one file, found as they are asked for."""

    def __init__(self, frame: Frame) -> None:
        self._frame = frame
        self._collections: Dict[int, Dict[int, Tuple[int, int]]] = {}

    def value(self, address: Optional[int], index: int, length: int) -> bytes:
        """The first `length` bytes of an object; nothing for the address "nowhere".

        Raises
        ------
        ModelFileError
            When there is no such object, or it is shorter.
        """
        if address is None or not length:
            return b""
        objects = self._collections.get(address)
        if objects is None:
            objects = self._collections[address] = self._read(address)
        place, size = objects.get(index, (0, -1))
        if length > size:
            raise self._frame.damaged(address, "a text is not where it should be")
        self._frame.spend_text(length)
        return self._frame.read(place, length, "a text")

    def _read(self, address: int) -> Dict[int, Tuple[int, int]]:
        """Place and size of every object in a collection."""
        frame = self._frame
        head_length = 8 + frame.length_size
        head = frame.cursor(address, head_length, "a heap of texts")
        head.signature(b"GCOL")
        head.version(1)
        head.take(3)
        size = head.length()
        if size > _LARGEST:
            raise head.wrong("has an impossible size")
        objects: Dict[int, Tuple[int, int]] = {}
        # Blocks begin at multiples of eight bytes.
        place, end = address + (head_length + 7) // 8 * 8, address + size
        each = 8 + frame.length_size
        while place + each <= end:
            frame.spend()
            cursor = frame.cursor(place, each, "a text")
            index = cursor.unsigned(2)
            cursor.take(6)
            length = cursor.length()
            if index == 0:  # the free space, which is always last
                break
            place += (each + 7) // 8 * 8
            if place + length > end:
                raise cursor.wrong("leaves its heap")
            objects[index] = (place, length)
            place += (length + 7) // 8 * 8
        return objects
