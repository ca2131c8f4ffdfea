"""The files of a model in an .ecd, wherever their bytes are: inside it or beside it."""

from __future__ import annotations

import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Iterator, Optional, Union

from ..files.plain_files import open_plain
from ..files.stamps import Stamp
from ..files.windows import followed
from ..findings import Place
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import counted, quoted
from .payload import behind, decoded

#: Characters decoded at once; a multiple of 4, so that pieces stand alone.
_CHARACTERS = 1 << 20


@dataclass(frozen=True)
class Embedded:
    """Where a file's base64 stands in an .ecd."""

    ecd: Path
    offset: int
    length: int


@dataclass(frozen=True)
class StoredFile:
    """One file of a model.

    Attributes
    ----------
    path
        Relative to the first file's folder, with forward slashes.
    size
        In bytes, as the document states it.
    sha256
        As the document states it; None for a file that is not in a document yet.
    source
        Where its bytes are: in an .ecd, or a file of their own.
    stamp
        What a file of their own was when it was inspected, where that is known.
    """

    path: str
    size: int
    sha256: Optional[str]
    source: Union[Embedded, Path]
    stamp: Optional[Stamp] = None

    def chunks(self) -> Iterator[bytes]:
        """The file's bytes in pieces of about a megabyte, checked against size and digest.

        Raises
        ------
        EcdFileError
            ``ecd-data-damaged``, ``ecd-size-differs``, ``ecd-file-missing``, or, only after all
            pieces were given, ``ecd-digest-differs`` or ``file-changed``.
        """
        digest = hashlib.sha256()
        with behind(self.size) as later:
            for piece in self._raw():
                later(digest.update, piece)
                yield piece
            later.finish()
        found = digest.hexdigest()
        if self.sha256 is not None and found != self.sha256:
            raise self._error(
                "ecd-digest-differs",
                f"The bytes of {quoted(self.path)} are not those that the .ecd was made with: "
                f"their SHA-256 is {found}, the document says {self.sha256}.",
                hint="Fetch the file again, or convert the model anew.",
            )

    def _raw(self) -> Iterator[bytes]:
        place = self.source.ecd if isinstance(self.source, Embedded) else self.source
        try:
            with open_plain(place, buffering=-1) as handle:
                if isinstance(self.source, Embedded):
                    yield from self._decoded(handle, self.source)
                else:
                    yield from self._unchanged(handle, self.source)
        except OSError as error:
            raise self._error(
                "ecd-file-missing",
                f"The file {quoted(str(place), 400)} can't be read: {error.strerror}.",
                hint="Put the model where the .ecd says it lies, or convert it anew.",
            ) from error

    def _decoded(self, handle: BinaryIO, source: Embedded) -> Iterator[bytes]:
        handle.seek(source.offset)
        left, size = source.length, 0
        while left:
            text = handle.read(min(_CHARACTERS, left))
            try:
                piece = decoded(text)
            except binascii.Error as error:
                raise self._damaged(source.offset + source.length - left) from error
            # A file that got shorter gives nothing; padding ends the bytes before their time.
            if not text or (left > len(text) and text.endswith(b"=")):
                raise self._damaged(source.offset + source.length - left)
            left -= len(text)
            size += len(piece)
            yield piece
        if size != self.size:
            raise self._size_error(size)

    def _unchanged(self, handle: BinaryIO, source: Path) -> Iterator[bytes]:
        before = Stamp.of(os.fstat(handle.fileno()))
        yield from self._plain(handle)
        after = Stamp.of(os.stat(followed(source)))  # noqa: PTH116
        if self.stamp not in (None, before) or after != before:
            raise self._error(
                "file-changed",
                f"The file {quoted(str(source), 400)} changed while it was read.",
                hint="Wait until nothing writes to it any more and try again.",
            )

    def _plain(self, handle: BinaryIO) -> Iterator[bytes]:
        size = 0
        while size <= self.size:
            piece = handle.read(_CHARACTERS)
            if not piece:
                break
            size += len(piece)
            yield piece
        if size != self.size:
            raise self._size_error(size)

    def _damaged(self, offset: int) -> EcdFileError:
        return self._error(
            "ecd-data-damaged",
            f"The embedded bytes of {quoted(self.path)} are damaged: they are not the canonical "
            f"base64 that an .ecd holds, at or after byte {offset}.",
            hint="Fetch the .ecd again, or convert the model anew.",
            offset=offset,
        )

    def _size_error(self, size: int) -> EcdFileError:
        rule = "ecd-data-damaged" if isinstance(self.source, Embedded) else "ecd-size-differs"
        # A file beside the .ecd is read no further than that it is too long.
        longer = size > self.size and not isinstance(self.source, Embedded)
        has = f"more than {counted(self.size, 'byte')}" if longer else counted(size, "byte")
        return self._error(
            rule,
            f"{quoted(self.path)} has {has}, but the .ecd says {self.size}.",
            hint="Fetch the file again, or convert the model anew.",
        )

    def _error(
        self, rule: str, message: str, *, hint: str, offset: Optional[int] = None
    ) -> EcdFileError:
        place = self.source.ecd if isinstance(self.source, Embedded) else self.source
        where = Place(file=str(place), offset=offset)
        return EcdFileError([finding(rule, message, hint=hint, where=where)])
