"""The bytes of a pickle, taken one argument after the other within limits."""

from __future__ import annotations

import struct
from typing import Optional

from .source import ByteSource

#: Longer texts and byte strings are skipped: names and shapes are short.
LONGEST_TEXT = 64 * 1024
_LONGEST_LINE = 4096
_WINDOW = 64 * 1024


class Stopped(Exception):
    """The walk can't go on; the message says why.

    Attributes
    ----------
    broken
        Whether the bytes are no well-formed pickle.
    """

    def __init__(self, why: str, *, broken: bool = True) -> None:
        super().__init__(why)
        self.broken = broken


class PickleBytes:
    """A window that moves over the bytes of a pickle."""

    def __init__(self, source: ByteSource, offset: int, end: int) -> None:
        self._source = source
        self._end = min(end, source.size)
        self._window = b""
        self._window_at = offset
        self._at = 0

    def place(self) -> int:
        """The offset of the next byte."""
        return self._window_at + self._at

    def opcode(self) -> int:
        """The next byte."""
        at = self._at
        if at >= len(self._window):
            self._refill(1)
            at = 0
        self._at = at + 1
        return self._window[at]

    def _refill(self, length: int) -> None:
        place = self.place()
        if length > self._end - place:
            raise Stopped(f"it ends inside an argument at byte {place}")
        self._window = self._source.read(place, min(max(_WINDOW, length), self._end - place))
        self._window_at, self._at = place, 0

    def take(self, length: int) -> bytes:
        """The next bytes, at most :data:`LONGEST_TEXT`."""
        at = self._at
        if at + length > len(self._window):
            self._refill(length)
            at = 0
        self._at = at + length
        return self._window[at : at + length]

    def number(self, layout: str) -> int:
        """The next whole number, by its :mod:`struct` layout."""
        (value,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return int(value)

    def line(self) -> bytes:
        """The bytes before the next line end."""
        newline = self._window.find(b"\n", self._at)
        if newline < 0:
            self._refill(1)
            newline = self._window.find(b"\n")
        if newline < 0 or newline - self._at > _LONGEST_LINE:
            raise Stopped(f"a line at byte {self.place()} has no end")
        return self.take(newline + 1 - self._at)[:-1]

    def chunk(self, length: int) -> Optional[bytes]:
        """A counted argument; None when it is so long that it was skipped."""
        if length < 0 or length > self._end - self.place():
            raise Stopped(f"it ends inside an argument at byte {self.place()}")
        if length <= LONGEST_TEXT:
            return self.take(length)
        place = self.place()
        self._window, self._window_at, self._at = b"", place + length, 0
        return None
