"""Zip archives from strangers: entries by name, read by position, within fixed limits.

The standard library's ``zipfile`` believes what an archive says; here the directory is checked
against rules first (see :mod:`.zip_directory`), nothing is ever unpacked to disk, and an entry
that is not compressed is read in place, so that a tensor of a gigabyte costs nothing.
"""

from __future__ import annotations

import zlib
from typing import Dict, Iterator, Optional, Tuple

from ..findings.errors import ModelFileError
from ..findings.wording import quoted
from .part import MemorySource, PartSource
from .source import ByteSource
from .zip_directory import (
    DEFLATED,
    ENCRYPTED,
    LOCAL_HEADER,
    STORED,
    Entry,
    decoded_name,
    read_directory,
    refused,
    wide_numbers,
)

__all__ = ["Archive", "Entry", "is_archive", "open_archive"]

#: What a compressed entry may unpack to; larger ones can be read only where they are not packed.
LONGEST_UNPACKED = 16 * 1024 * 1024
# Up to this many entries, every local header is compared with the directory when the archive is
# opened; beyond it, those of the entries that are read.
_COMPARED_AT_ONCE = 2048
_PIECE = 256 * 1024
_LARGE_PIECE = 1024 * 1024
_STREAMED = 0x0008


def is_archive(source: ByteSource) -> bool:
    """Whether a file starts as a zip archive."""
    return source.read_up_to(0, 4) == LOCAL_HEADER


def open_archive(source: ByteSource) -> Archive:
    """The archive in a source; opened once, however many formats ask.

    Raises
    ------
    ModelFileError
        As :class:`Archive` raises it.
    """
    known = source.known.get(Archive)
    if not isinstance(known, Archive):
        known = Archive(source)
        source.known[Archive] = known
    return known


class Archive:
    """The entries of a zip archive.

    Parameters
    ----------
    source
        The file, or an entry of another archive as :meth:`source` returns it.

    Raises
    ------
    ModelFileError
        ``archive-refused``, with the rule and the entry that breaks it: a name that is absolute,
        has a drive or leaves the folder, a link, two names that differ in case only, encryption,
        overlapping entries, a local header that contradicts the directory, too many entries,
        absurd compression, archives too deep inside archives.
        ``model-damaged`` when it is cut short or makes no sense.

    Examples
    --------
    >>> archive = Archive(source)  # doctest: +SKIP
    >>> archive.read("archive/version")  # doctest: +SKIP
    b'3\\n'
    """

    def __init__(self, source: ByteSource) -> None:
        self._source = source
        self._entries: Dict[str, Entry] = read_directory(source)
        self._starts: Dict[str, int] = {}
        if len(self._entries) <= _COMPARED_AT_ONCE:
            for entry in self._entries.values():
                self._start(entry)

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def names(self) -> Tuple[str, ...]:
        """The names of all entries, in the directory's order; folders end with a slash."""
        return tuple(self._entries)

    def entry(self, name: str) -> Entry:
        """What the directory says about an entry.

        Raises
        ------
        ModelFileError
            ``model-damaged`` when there is none of this name.
        """
        found = self._entries.get(name)
        if found is None:
            raise self._source.damaged(
                self._source.size, f"The archive has no entry {quoted(name)}."
            )
        return found

    def find(self, name: str) -> Optional[Entry]:
        """The entry of this name; None when there is none."""
        return self._entries.get(name)

    def read(self, name: str, longest: int = LONGEST_UNPACKED) -> bytes:
        """The whole content of an entry, unpacked, its checksum compared.

        Parameters
        ----------
        longest
            Refused when it has more bytes than this.

        Raises
        ------
        ModelFileError
            ``model-too-complex`` when it is longer, ``model-damaged`` when the content is not what
            the directory says, ``model-unsupported`` for a rare way of packing.
        """
        entry = self.entry(name)
        if entry.size > longest:
            raise ModelFileError(
                "model-too-complex",
                f"Entry {quoted(name)} of the archive has {entry.size} bytes, more than the "
                f"{longest} that are taken at once.",
                file=self._source.name,
                offset=entry.header,
            )
        content = self._first(entry, entry.size)
        # PyTorch can be told not to compute checksums; it then writes 0.
        if entry.crc and zlib.crc32(content) != entry.crc:
            raise self._source.damaged(
                entry.header, f"The checksum of entry {quoted(name)} does not fit its content."
            )
        return content

    def read_up_to(self, name: str, length: int) -> bytes:
        """The first bytes of an entry, at most `length`, unpacked, without their checksum."""
        entry = self.entry(name)
        return self._first(entry, min(length, entry.size))

    def source(self, name: str, longest: int = LONGEST_UNPACKED) -> ByteSource:
        """An entry as a source of its own: in place when it is stored, else unpacked in memory.

        Parameters
        ----------
        longest
            Limit for one that has to be unpacked.
        """
        entry = self.entry(name)
        inside = f"entry {quoted(name)} of '{self._source.name}'"
        start = self._start(entry)
        if entry.method == STORED:
            return PartSource(self._source, inside, start, entry.size)
        return MemorySource(self._source, inside, start, self.read(name, longest))

    def chunks(self, name: str) -> Iterator[bytes]:
        """The content of an entry of any size, piece by piece, its checksum compared at the end.

        Raises
        ------
        ModelFileError
            As :meth:`read`; after pieces that came before the damage.
        """
        entry = self.entry(name)
        start = self._start(entry)
        if entry.method == STORED:
            pieces = self._stored(entry, start)
        elif entry.method == DEFLATED:
            pieces = self._unpacked(entry, start)
        else:
            raise self._unknown_method(entry)
        checksum = size = 0
        for piece in pieces:
            checksum = zlib.crc32(piece, checksum)
            size += len(piece)
            if size > entry.size:
                raise self._not_as_claimed(entry)
            yield piece
        if size != entry.size or (entry.crc and checksum != entry.crc):
            raise self._not_as_claimed(entry)

    def _stored(self, entry: Entry, start: int) -> Iterator[bytes]:
        for place in range(start, start + entry.size, _LARGE_PIECE):
            length = min(_LARGE_PIECE, start + entry.size - place)
            yield self._source.read(place, length, f"entry {quoted(entry.name)}")

    def _unpacked(self, entry: Entry, start: int) -> Iterator[bytes]:
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        at, end = start, start + entry.packed_size
        try:
            while not stream.eof:
                packed = stream.unconsumed_tail
                if not packed:
                    if at >= end:
                        return
                    packed = self._source.read(at, min(_PIECE, end - at), "a packed entry")
                    at += len(packed)
                yield stream.decompress(packed, _LARGE_PIECE)
        except zlib.error as error:
            raise self._not_as_claimed(entry) from error

    def _not_as_claimed(self, entry: Entry) -> ModelFileError:
        return self._source.damaged(
            entry.header,
            f"Entry {quoted(entry.name)} does not unpack to the {entry.size} bytes it claims.",
        )

    def _unknown_method(self, entry: Entry) -> ModelFileError:
        return ModelFileError(
            "model-unsupported",
            f"Entry {quoted(entry.name)} is packed by method {entry.method}, which models do "
            "not use.",
            hint="Unpack the archive and pack it again with the usual method (deflate).",
            file=self._source.name,
            offset=entry.header,
        )

    def _start(self, entry: Entry) -> int:
        """Where the bytes of an entry begin, once its local header agrees with the directory."""
        known = self._starts.get(entry.name)
        if known is not None:
            return known
        source, offset = self._source, entry.header
        signature, _, flags, method, _, crc, packed, size, names, extras = source.unpack(
            "<4sHHHLLLLHH", offset, "an archive entry"
        )
        if signature != LOCAL_HEADER:
            raise source.damaged(
                offset, f"Entry {quoted(entry.name)} of the archive does not begin where it should."
            )
        rest = source.read(offset + 30, names + extras, "an archive entry")
        name = decoded_name(source, rest[:names], flags, offset)
        size, packed = wide_numbers(source, rest[names:], [size, packed], offset)
        start: int = offset + 30 + names + extras
        claims = [(crc, entry.crc), (packed, entry.packed_size), (size, entry.size)]
        if flags & _STREAMED:
            # Written in one go: the sizes were not known yet and follow the content.
            claims = [claim for claim in claims if claim[0]]
        if (
            name != entry.name
            or method != entry.method
            or (flags ^ entry.flags) & (ENCRYPTED | _STREAMED)
        ):
            what = "name or kind"
        elif any(here != there for here, there in claims):
            what = "sizes"
        elif start + entry.packed_size > entry.end:
            raise refused(source, f"entry {quoted(entry.name)} overlaps the one after it.", offset)
        else:
            self._starts[entry.name] = start
            return start
        raise refused(
            source,
            f"the {what} of entry {quoted(entry.name)} differ between its header and the "
            "archive's directory.",
            offset,
        )

    def _first(self, entry: Entry, length: int) -> bytes:
        start = self._start(entry)
        if entry.method == STORED:
            return self._source.read(start, length, f"entry {quoted(entry.name)}")
        if entry.method != DEFLATED:
            raise self._unknown_method(entry)
        return self._inflated(entry, start, length)

    def _inflated(self, entry: Entry, start: int, length: int) -> bytes:
        """The first `length` bytes of a deflated entry; never a byte more is produced."""
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        result = bytearray()
        at, end = start, start + entry.packed_size
        try:
            while len(result) < length and not stream.eof:
                packed = stream.unconsumed_tail
                if not packed:
                    if at >= end:
                        break
                    packed = self._source.read(at, min(_PIECE, end - at), "a packed entry")
                    at += len(packed)
                result += stream.decompress(packed, min(_PIECE, length - len(result)))
            if length == entry.size:
                # One byte more than promised would show here.
                whole = len(result) == length and not stream.decompress(
                    stream.unconsumed_tail or self._source.read(at, min(_PIECE, end - at)), 1
                )
            else:
                whole = len(result) == length
        except zlib.error:
            whole = False
        if not whole:
            raise self._not_as_claimed(entry)
        return bytes(result)
