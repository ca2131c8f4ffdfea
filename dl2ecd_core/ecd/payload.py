"""The bytes of model files on their way into an .ecd: read once, hashed and encoded together."""

from __future__ import annotations

import binascii
import hashlib
import os
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Deque, Iterator, Optional

from ..files.plain_files import open_plain
from ..files.stamps import Stamp, changed, stamp, unreadable
from ..findings.errors import Cancelled
from ..models import ModelPart
from ..progress import Listener

if TYPE_CHECKING:
    from concurrent.futures import Future

_encode_fast: Optional[Callable[[bytes], bytes]]
_decode_fast: Optional[Callable[..., bytes]]
try:
    import pybase64
except ImportError:  # the extra "fast" is not installed
    _encode_fast = _decode_fast = None
else:
    _encode_fast, _decode_fast = pybase64.b64encode, pybase64.b64decode

# A multiple of 3, so that base64 pieces join without padding; from this size on hashlib and
# pybase64 let other threads run while they work.
CHUNK = 768 * 1024

#: Below this a second thread costs more than it saves.
_WORTH_A_THREAD = 4 * CHUNK
#: Calls that may wait in the other thread: binascii keeps it from running at times.
_WAITING = 3


def encoded(data: bytes) -> bytes:
    """Canonical base64 (RFC 4648, section 4)."""
    if _encode_fast is not None:
        return _encode_fast(data)
    return binascii.b2a_base64(data, newline=False)


def decoded(text: bytes) -> bytes:
    """The bytes of canonical base64.

    Raises
    ------
    binascii.Error
        When it is not canonical.
    """
    data = binascii.a2b_base64(text) if _decode_fast is None else _decode_fast(text, validate=True)
    # Decoders pass over stray characters and unused bits; encoding again does not.
    if encoded(data) != text:
        raise binascii.Error
    return data


@dataclass
class Progress:
    """How far the bytes of all files have come, and whether to stop."""

    listener: Listener
    total: int
    done: int = 0

    def advance(self, amount: int, doing: str) -> None:
        """Tell the listener, who may raise :class:`~dl2ecd_core.findings.errors.Cancelled`."""
        self.done += amount
        self.listener.progressed(self.done, self.total, doing)
        if self.listener.cancelled():
            raise Cancelled


def _chunks(part: ModelPart, expected: Stamp) -> Iterator[bytes]:
    """A file's bytes, in chunks; refused when it is not, or does not stay, the expected one."""
    try:
        with open_plain(part.location) as source:
            if Stamp.of(os.fstat(source.fileno())) != expected:
                raise changed(part.location)
            left = expected.size
            while left:
                chunk = _full_read(source.read, min(CHUNK, left))
                if len(chunk) < min(CHUNK, left):
                    raise changed(part.location)
                left -= len(chunk)
                yield chunk
    except OSError as error:
        raise unreadable(part.location, error) from error
    # Of the path, not of what is open: another file may have come into its place.
    if stamp(part.location) != expected:
        raise changed(part.location)


def _full_read(read: Callable[[int], Optional[bytes]], length: int) -> bytes:
    """As many bytes as asked for, unless the file ends: raw reads may give fewer."""
    data = read(length) or b""
    while 0 < len(data) < length:
        more = read(length - len(data))
        if not more:
            break
        data += more
    return data


class Behind:
    """Calls made one after the other, in another thread where that pays."""

    def __init__(self, submit: Optional[Callable[..., Future[object]]] = None) -> None:
        self._submit = submit
        self._waiting: Deque[Future[object]] = deque()

    def __call__(self, action: Callable[[bytes], object], chunk: bytes) -> None:
        """Make this call, now or soon; raises what an earlier one raised."""
        if self._submit is None:
            action(chunk)
            return
        self._waiting.append(self._submit(action, chunk))
        if len(self._waiting) > _WAITING:
            self._waiting.popleft().result()

    def finish(self) -> None:
        """Wait for the calls that are left; raises what one of them raised."""
        while self._waiting:
            self._waiting.popleft().result()


@contextmanager
def behind(size: int) -> Iterator[Behind]:
    """Calls beside reading and encoding so many bytes: in a thread of their own if it pays."""
    if size < _WORTH_A_THREAD:
        yield Behind()
        return
    # Costs more to import than a small model to convert.
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as thread:
        yield Behind(thread.submit)


def pass_on(
    part: ModelPart,
    expected: Stamp,
    progress: Progress,
    write: Optional[Callable[[bytes], object]] = None,
) -> str:
    """Read a file once: its SHA-256 as hex, its bytes as base64 to `write` where given.

    Raises
    ------
    ConversionRefused
        ``file-changed`` when it is not the file that was inspected, or changes meanwhile.
    Cancelled
        When the listener says so.
    """
    doing = ("Embedding " if write is not None else "Checking ") + part.path
    digest = hashlib.sha256()
    # Reading alone is too quick for hashing beside it to save anything.
    beside = 0 if write is None else expected.size
    with behind(beside) as hashing, behind(beside) as writing:
        for chunk in _chunks(part, expected):
            hashing(digest.update, chunk)
            if write is not None and _encode_fast is not None:
                write(encoded(chunk))
            elif write is not None:
                # binascii takes about as long as hashing or writing: each beside the others.
                writing(write, encoded(chunk))
            progress.advance(len(chunk), doing)
        hashing.finish()
        writing.finish()
    return digest.hexdigest()
