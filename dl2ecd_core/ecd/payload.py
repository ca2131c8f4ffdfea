"""The bytes of model files on their way into an .ecd: read once, hashed and encoded together."""

from __future__ import annotations

import binascii
import hashlib
import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterator, Optional

from ..errors import Cancelled, ConversionRefused, ModelFileError
from ..findings import Place
from ..models import ModelPart
from ..plain_files import open_plain
from ..progress import Listener
from ..rules import finding
from ..wording import printable

_encode_fast: Optional[Callable[[bytes], bytes]]
try:
    from pybase64 import b64encode as _encode_fast
except ImportError:  # the extra "fast" is not installed
    _encode_fast = None

# A multiple of 3, so that base64 pieces join without padding; from this size on hashlib and
# pybase64 let other threads run while they work.
CHUNK = 768 * 1024
# binascii is quickest on pieces that stay in the processor's cache.
_SLICE = 48 * 1024

#: Below this a second thread costs more than it saves.
_WORTH_A_THREAD = 4 * CHUNK


def encoded(data: bytes) -> bytes:
    """Canonical base64 (RFC 4648, section 4)."""
    if _encode_fast is not None:
        return _encode_fast(data)
    if len(data) <= _SLICE:
        return binascii.b2a_base64(data, newline=False)
    view = memoryview(data)
    return b"".join(
        binascii.b2a_base64(view[start : start + _SLICE], newline=False)
        for start in range(0, len(data), _SLICE)
    )


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is still the one that was looked at."""

    size: int
    modified: int
    inode: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp in a file's status."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ino)


def stamp(location: Path) -> Stamp:
    """The stamp of a file as it is now.

    Raises
    ------
    ModelFileError
        ``file-unreadable`` when it is gone or may not be looked at.
    """
    try:
        return Stamp.of(location.stat())
    except OSError as error:
        raise _unreadable(location, error) from error


def changed(location: Path) -> ConversionRefused:
    """The refusal of a file that changed while it was used."""
    return ConversionRefused(
        [
            finding(
                "file-changed",
                f"The model file '{printable(str(location), 400)}' changed while it was read.",
                hint="Wait until nothing writes to it any more and try again.",
                where=Place(file=str(location)),
            )
        ]
    )


def _unreadable(location: Path, error: OSError) -> ModelFileError:
    return ModelFileError(
        "file-unreadable",
        f"The model file '{printable(str(location), 400)}' can't be read: "
        f"{printable(error.strerror or str(error))}.",
        hint="Check that you may read it and that no other program holds it.",
        file=str(location),
    )


@dataclass
class Progress:
    """How far the bytes of all files have come, and whether to stop."""

    listener: Listener
    total: int
    done: int = 0

    def advance(self, amount: int, doing: str) -> None:
        """Tell the listener; raises :class:`~dl2ecd_core.errors.Cancelled` when it wants so."""
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
            if Stamp.of(os.fstat(source.fileno())) != expected:
                raise changed(part.location)
    except OSError as error:
        raise _unreadable(part.location, error) from error
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
    digest = hashlib.sha256()
    doing = ("Embedding " if write is not None else "Checking ") + printable(part.path)
    # The next chunk is read and encoded while the last one is hashed.
    with ThreadPoolExecutor(1) as hasher:
        pending: Optional[Future[None]] = None
        for chunk in _chunks(part, expected):
            if expected.size < _WORTH_A_THREAD:
                digest.update(chunk)
            else:
                if pending is not None:
                    pending.result()
                pending = hasher.submit(digest.update, chunk)
            if write is not None:
                write(encoded(chunk))
            progress.advance(len(chunk), doing)
        if pending is not None:
            pending.result()
    return digest.hexdigest()
