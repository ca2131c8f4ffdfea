"""The bytes of a pickle, taken one argument after the other within limits and frames.

A frame (PEP 3154) promises that the next so many bytes are whole opcodes with their arguments.
Where one is not, Python's own unpicklers differ: from bytes in memory the C one reads on as if
there were no frames; from a file without ``peek`` it drops the rest of the frame and takes the
argument from behind it; from a file with ``peek`` it does either, by the frame's length; the one
written in Python refuses most of it (``_Unframer`` in Lib/pickle.py, ``_Unpickler_ReadImpl`` and
``load_frame`` in Modules/_pickle.c). No pickler writes such frames, so meeting one is a doubt about
the whole pickle, and :attr:`PickleBytes.drops` says which of the two ways is followed from there.
"""

from __future__ import annotations

import struct
from typing import Optional

from .source import ByteSource

#: Longer texts and byte strings are skipped: names and shapes are short.
LONGEST_TEXT = 64 * 1024
#: So many bytes are searched for the ends of lines that lie outside the window.
_MOST_SEARCHED = 32 * 1024 * 1024
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
    """A window that moves over the bytes of a pickle.

    Parameters
    ----------
    drops
        Whether an argument that does not fit into its frame is taken from behind the frame
        instead of across its end.

    Attributes
    ----------
    doubt
        Why what was taken may not be what a loader takes; None while there is no reason.
    odd_frames
        Whether a frame did not keep its promise.
    """

    def __init__(self, source: ByteSource, offset: int, end: int, drops: bool = False) -> None:
        self.doubt: Optional[str] = None
        self.odd_frames = False
        self._source = source
        self._drops = drops
        self._end = min(end, source.size)
        self._frame_end: Optional[int] = None
        self._searched = 0
        self._window = b""
        self._window_at = offset
        self._at = 0
        #: Where the usable bytes of the window end: at its end or the frame's.
        self._stop = 0

    def place(self) -> int:
        """The offset of the next byte."""
        return self._window_at + self._at

    def opcode(self) -> int:
        """The next byte."""
        at = self._at
        if at >= self._stop:
            self._need(1)
            at = self._at
        self._at = at + 1
        return self._window[at]

    def take(self, length: int) -> bytes:
        """The next bytes, at most :data:`LONGEST_TEXT`."""
        at = self._at
        if at + length > self._stop:
            self._need(length)
            at = self._at
        self._at = at + length
        return self._window[at : at + length]

    def number(self, layout: str) -> int:
        """The next whole number, by its :mod:`struct` layout."""
        (value,) = struct.unpack(layout, self.take(struct.calcsize(layout)))
        return int(value)

    def chunk(self, length: int, *, joined: bool = False) -> Optional[bytes]:
        """A counted argument; None when it is so long that it was skipped.

        Parameters
        ----------
        joined
            Whether every unpickler takes it across a frame's end (byte strings).
        """
        if length < 0:
            raise Stopped(f"it has a length below zero before byte {self.place()}")
        self._reach(length, joined)
        if length <= LONGEST_TEXT:
            return self.take(length)
        self._move(self.place() + length)
        return None

    def line(self) -> Optional[bytes]:
        """The bytes before the next line end; None when they are so many that they were skipped."""
        newline = self._window.find(b"\n", self._at, self._stop)
        if newline >= 0:
            line = self._window[self._at : newline]
            self._at = newline + 1
            return line
        if self.place() == self._frame_end:
            self._frame_end = None
        end = self._line_end()
        if end is None and self._frame_end is not None:
            self._leave_frame()
            end = self._line_end()
        place = self.place()
        after = self._end if end is None else end + 1
        # At the file's end Python's unpickler takes the last byte for the missing line end.
        length = max(0, after - 1 - place)
        line_read = self._source.read(place, length) if length <= LONGEST_TEXT else None
        self._move(after)
        return line_read

    def frame(self) -> None:
        """The promise that the next bytes are whole opcodes."""
        length = self.number("<Q")
        place = self.place()
        if self.odd_frames and not self._drops:
            return
        if self._frame_end is not None and place < self._frame_end:
            fits = place + length <= self._frame_end
            self._odd("one of its frames lies in another")
            if self._frame_end is None or fits:
                # From memory frames mean nothing; from a file one that fits is part of the outer.
                self._move(place)
                return
            place = self._frame_end
        if length > self._end - place:
            self._odd("it ends inside one of its frames")
            self._frame_end = None
        else:
            self._frame_end = place + length
        self._move(place)

    def finish(self) -> None:
        """Note what is left of the last frame when the pickle ends."""
        if self._frame_end is not None and self.place() < self._frame_end:
            self._odd("bytes are left in its last frame")

    def _odd(self, why: str) -> None:
        self.odd_frames = True
        if not self._drops:
            self._frame_end = None
        self.doubt = self.doubt or f"{why}, which unpicklers read in different ways"

    def _leave_frame(self) -> None:
        """Go on after an argument did not fit into its frame."""
        self._odd(f"an argument does not fit into its frame at byte {self.place()}")
        place = self.place() if self._frame_end is None else self._frame_end
        self._frame_end = None
        self._move(place)

    def _reach(self, length: int, joined: bool = False) -> None:
        """See that so many bytes are there."""
        if self._frame_end is not None:
            left = self._frame_end - self.place()
            if not left:
                self._frame_end = None
            elif length > left and joined and self._drops:
                self._odd(f"an argument does not fit into its frame at byte {self.place()}")
                self._frame_end = None
            elif length > left:
                self._leave_frame()
        if length > self._end - self.place():
            raise Stopped(f"it ends inside an argument at byte {self.place()}")

    def _need(self, length: int) -> None:
        """Have so many bytes in the window."""
        self._reach(length)
        self._move(self.place())
        if self._at + length > self._stop:
            place = self.place()
            size = min(max(_WINDOW, length), self._end - place)
            self._window, self._window_at = self._source.read(place, size), place
            self._move(place)

    def _move(self, place: int) -> None:
        """Go to a place: within the window where it lies there."""
        if not self._window_at <= place <= self._window_at + len(self._window):
            self._window, self._window_at = b"", place
        self._at = place - self._window_at
        limit = self._end if self._frame_end is None else self._frame_end
        self._stop = min(len(self._window), limit - self._window_at)

    def _line_end(self) -> Optional[int]:
        """Where the line ends within the frame, or within the pickle outside of frames."""
        limit = self._end if self._frame_end is None else self._frame_end
        newline = self._window.find(b"\n", self._at, limit - self._window_at)
        if newline >= 0:
            return self._window_at + newline
        at = min(limit, self._window_at + len(self._window))
        while at < limit:
            block = self._source.read(at, min(_WINDOW, limit - at))
            newline = block.find(b"\n")
            if newline >= 0:
                return at + newline
            at += len(block)
            self._searched += len(block)
            if self._searched > _MOST_SEARCHED:
                raise Stopped("its lines are longer than is looked at", broken=False)
        return None
