"""The list of contents at the end of a zip archive, and the rules it has to keep to.

Layout from PKWARE's APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT),
sections 4.3.7 (local file header), 4.3.12 (central directory), 4.3.14 to 4.3.16 (end records) and
4.5.3 (zip64 extra field).
"""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ..findings.errors import ModelFileError
from ..findings.wording import counted, quoted
from .part import PartSource
from .source import ByteSource

#: Entries that an archive may have: a large network with its optimizer has about 20 000 tensors.
MOST_ENTRIES = 32_768
LONGEST_NAME = 512
#: An entry or archive may be this many times larger than its packed bytes ...
LARGEST_RATIO = 250
#: ... once it is larger than this.
RATIO_MATTERS = 4 * 1024 * 1024
#: Archives within archives: one inside another is common (an .mlpackage, a .dlpk), more is not.
DEEPEST = 1

STORED, DEFLATED = 0, 8
LOCAL_HEADER = b"PK\x03\x04"
_CENTRAL_HEADER = b"PK\x01\x02"
_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x06"
_LOCATOR_64 = b"PK\x06\x07"
_LONGEST_COMMENT = 0xFFFF

ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_UTF8 = 0x0800
_DOS_FOLDER = 0x10
_DRIVE = re.compile(r"[A-Za-z]:")

_HINT = (
    "Tools that export models do not write such archives. Fetch the model again from a source "
    "that you trust, or export it again."
)


class Entry(NamedTuple):
    """One entry of an archive, as its central directory lists it.

    Attributes
    ----------
    header
        Where its local header begins in the file.
    end
        Where the next entry (or the directory) begins: its bytes end before.
    """

    name: str
    size: int
    packed_size: int
    method: int
    crc: int
    flags: int
    header: int
    end: int

    @property
    def is_folder(self) -> bool:
        """Whether it only names a folder."""
        return self.name.endswith("/")


def refused(source: ByteSource, why: str, offset: int = 0) -> ModelFileError:
    """An error for an archive that breaks a rule, for the caller to raise."""
    place = source.inside if isinstance(source, PartSource) else f"'{source.name}'"
    return ModelFileError(
        "archive-refused",
        f"The archive {place} is not opened: {why}",
        hint=_HINT,
        file=source.name,
        offset=offset,
    )


def read_directory(source: ByteSource) -> Dict[str, Entry]:
    """The entries of an archive by name, in the order in which they are listed.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the end of the archive is missing or makes no sense,
        ``archive-refused`` when it breaks one of the rules above.
    """
    if isinstance(source, PartSource) and source.level > DEEPEST:
        raise refused(source, "it lies in an archive that itself lies in an archive.")
    count, start, size = _end_record(source)
    if count > MOST_ENTRIES:
        raise refused(source, f"it lists {count} entries, more than {MOST_ENTRIES}.", start)
    entries: List[Entry] = list(_central_headers(source, count, start, size))
    by_name: Dict[str, Entry] = {}
    seen: Dict[str, str] = {}
    packed = unpacked = 0
    last = start
    for entry in sorted(entries, key=lambda item: item.header, reverse=True):
        # Walking from the back, each entry has to end before the one behind it begins.
        if entry.header + 30 + entry.packed_size > last:
            raise refused(
                source,
                f"entry {quoted(entry.name)} overlaps the one after it.",
                entry.header,
            )
        by_name[entry.name] = entry._replace(end=last)
        last = entry.header
    for entry in entries:
        same = _folded(entry.name)
        if same in seen:
            raise refused(source, _twice(seen[same], entry.name), entry.header)
        seen[same] = entry.name
        packed += entry.packed_size
        unpacked += entry.size
    if unpacked > RATIO_MATTERS and unpacked > LARGEST_RATIO * packed:
        raise refused(source, f"its {packed} packed bytes claim to unpack to {unpacked}.", start)
    return {entry.name: by_name[entry.name] for entry in entries}


def ends_as_archive(source: ByteSource) -> bool:
    """Whether a file that begins as something else ends with the directory of a zip archive.

    Readers that search from the end, Python's ``zipfile`` among them, take it for one.
    """
    start = max(0, source.size - 22 - _LONGEST_COMMENT)
    tail = source.read_up_to(start, source.size - start)
    found = tail.rfind(_END)
    if found < 0 or found + 22 > len(tail):
        return False
    (size,) = struct.unpack_from("<L", tail, found + 12)
    end = start + found
    wide = source.read_up_to(max(0, end - 20), 4) == _LOCATOR_64
    return wide or (0 < size <= end and source.read_up_to(end - size, 4) == _CENTRAL_HEADER)


def _folded(name: str) -> str:
    """The same for names that Windows or macOS take for one."""
    return unicodedata.normalize("NFC", name.rstrip("/")).casefold()


def _twice(first: str, second: str) -> str:
    if first == second:
        return f"it has two entries named {quoted(first)}."
    return f"its entries {quoted(first)} and {quoted(second)} differ in case only."


def _end_record(source: ByteSource) -> Tuple[int, int, int]:
    """Number of entries, start and size of the central directory."""
    tail_length = min(source.size, 22 + _LONGEST_COMMENT)
    tail_start = source.size - tail_length
    tail = source.read(tail_start, tail_length)
    found = tail.rfind(_END, 0, max(0, len(tail) - 18))
    if found < 0:
        raise source.damaged(
            source.size,
            f"'{source.name}' starts as a zip archive but has no end record.",
        )
    offset = tail_start + found
    disk, first_disk, here, count, size, start, comment = struct.unpack_from(
        "<4H2LH", tail, found + 4
    )
    if offset + 22 + comment != source.size:
        raise source.damaged(offset, "The archive's end record does not reach the end of the file.")
    end = offset
    # The other end record would be taken by a reader that searches from the front.
    if tail.find(_END, found + 1) >= 0:
        raise refused(source, "it has two end records.", offset)
    if offset >= 20 and source.read(offset - 20, 4) == _LOCATOR_64:
        end, *wide = _end_record_64(source, offset - 20)
        narrow = (disk, first_disk, here, count, size, start)
        limits = (0xFFFF,) * 4 + (0xFFFFFFFF,) * 2
        for small, large, most in zip(narrow, wide, limits):
            if small not in (large, most):
                raise refused(source, "its two end records contradict each other.", offset)
        disk, first_disk, here, count, size, start = wide
    if disk or first_disk or here != count:
        raise refused(source, "it is one part of an archive split over several files.", offset)
    if start + size != end:
        raise source.damaged(
            offset,
            f"The archive's directory should fill bytes {start} to {end} but claims "
            f"{counted(size, 'byte')}.",
        )
    return count, start, size


def _end_record_64(source: ByteSource, locator: int) -> Tuple[int, int, int, int, int, int, int]:
    """Where the zip64 end record lies, and its numbers."""
    _, offset, disks = source.unpack("<LQL", locator + 4, "the zip64 locator")
    if disks > 1 or offset + 56 > locator or source.read(offset, 4) != _END_64:
        raise source.damaged(locator, "The archive's zip64 end record is not where it should be.")
    length, _, _, disk, first_disk, here, count, size, start = source.unpack(
        "<QHHLLQQQQ", offset + 4, "the zip64 end record"
    )
    if offset + 12 + length != locator:
        raise source.damaged(offset, "The archive's zip64 end record has a wrong length.")
    return offset, disk, first_disk, here, count, size, start


def _central_headers(source: ByteSource, count: int, start: int, size: int) -> Iterator[Entry]:
    offset, end = start, start + size
    for _ in range(count):
        if offset + 46 > end:
            raise source.damaged(
                offset, f"The archive's directory ends before its {count} entries."
            )
        fixed = source.read(offset, 46, "the archive's directory")
        if fixed[:4] != _CENTRAL_HEADER:
            raise source.damaged(
                offset, "The archive's directory has no entry where one should be."
            )
        (
            flags,
            method,
            _,
            crc,
            packed,
            full,
            names,
            extras,
            comments,
            disk,
            _,
            attributes,
            header,
        ) = struct.unpack_from("<HHLLLLHHHHHLL", fixed, 8)
        length = names + extras + comments
        if offset + 46 + length > end:
            raise source.damaged(offset, "An entry reaches beyond the archive's directory.")
        rest = source.read(offset + 46, names + extras, "the archive's directory")
        name = decoded_name(source, rest[:names], flags, offset)
        full, packed, header = wide_numbers(source, rest[names:], [full, packed, header], offset)
        entry = Entry(name, full, packed, method, crc, flags, header, start)
        _check(source, entry, disk, attributes, start)
        yield entry
        offset += 46 + length
    if offset != end:
        raise source.damaged(offset, f"The archive's directory has more than its {count} entries.")


def decoded_name(source: ByteSource, raw: bytes, flags: int, offset: int) -> str:
    """An entry's name: UTF-8 where the flag says so, else the code page of old DOS tools."""
    try:
        return raw.decode("utf-8" if flags & _UTF8 else "cp437")
    except UnicodeDecodeError:
        raise refused(
            source, "the name of an entry is not the text it claims to be.", offset
        ) from None


def wide_numbers(source: ByteSource, extra: bytes, numbers: List[int], offset: int) -> List[int]:
    """Sizes and positions with those taken from the zip64 extra field that don't fit 32 bits."""
    result = list(numbers)
    wanted = [index for index, number in enumerate(result) if number == 0xFFFFFFFF]
    if not wanted:
        return result
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        field = extra[at + 4 : at + 4 + length]
        at += 4 + length
        if kind != 0x0001:
            continue
        if len(field) != length or length < 8 * len(wanted):
            break
        for place, index in enumerate(wanted):
            (result[index],) = struct.unpack_from("<Q", field, 8 * place)
        return result
    raise source.damaged(offset, "An entry's sizes are not where a zip64 archive keeps them.")


def _check(source: ByteSource, entry: Entry, disk: int, attributes: int, limit: int) -> None:
    """Refuse an entry that no honest tool writes."""
    name = entry.name
    mode = attributes >> 16
    why = _wrong_name(name)
    if not why and entry.flags & ENCRYPTED:
        why = "is encrypted."
    if not why and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        why = "is a symbolic link." if stat.S_ISLNK(mode) else "is not a plain file."
    if not why and disk:
        why = "lies in another file."
    if not why and entry.method == STORED and entry.size != entry.packed_size:
        why = f"is not packed, yet claims {entry.size} bytes in {entry.packed_size}."
    if not why and entry.size > RATIO_MATTERS and entry.size > LARGEST_RATIO * entry.packed_size:
        why = f"claims to unpack {entry.packed_size} bytes to {entry.size}."
    if not why and entry.is_folder and entry.size:
        why = "is a folder with content of its own."
    if not why and attributes & _DOS_FOLDER and entry.size:
        # PyTorch's reader unpacks nothing then, and takes what happens to lie in memory.
        why = "is marked as a folder, yet has content."
    if why:
        raise refused(source, f"entry {quoted(name)} {why}", min(entry.header, source.size))
    if entry.header + 30 + entry.packed_size > limit:
        raise source.damaged(
            min(entry.header, source.size),
            f"Entry {quoted(name)} should lie before byte {limit}, where the archive's "
            "directory begins.",
        )


def _wrong_name(name: str) -> str:
    if not name:
        return "has no name."
    if len(name) > LONGEST_NAME:
        return f"has a name of {len(name)} letters, more than {LONGEST_NAME}."
    if any(ord(letter) < 32 or letter == "\x7f" for letter in name):
        return "has control characters in its name."
    if name.startswith("/") or _DRIVE.match(name):
        return "is named by an absolute path."
    if "\\" in name:
        return (
            "has a backslash in its name, where the format wants a slash. Windows PowerShell's old "
            "Compress-Archive wrote such archives; pack the folder again with the Explorer "
            "(Send to, Compressed folder), 7-Zip or a newer PowerShell."
        )
    if ".." in name.split("/"):
        return "would leave the folder it is unpacked into."
    return ""
