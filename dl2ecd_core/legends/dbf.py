"""dBASE tables (.dbf), above all ArcGIS's attribute tables of rasters (.tif.vat.dbf).

The layout of dBASE III: https://www.loc.gov/preservation/digital/formats/fdd/fdd000325.shtml.
Texts are in the encoding of the .cpg file beside it, or of the language driver in the header.
"""

from __future__ import annotations

import struct
from typing import List, NamedTuple, Optional, Tuple

from ..files.plain_files import open_plain
from ..findings.wording import quoted
from .candidate import Candidate
from .columns import Table, entries_of
from .entries import Entries, Note

_KIND = "attribute table (dBASE)"
_HEADER, _FIELD = 32, 32
_VERSIONS = frozenset({0x03, 0x04, 0x05, 0x30, 0x31, 0x32, 0x43, 0x83, 0x8B, 0xF5})
_MOST_FIELDS = 255
_MOST_RECORDS = 200_000
#: Language drivers: https://www.clicketyclick.dk/databases/xbase/format/dbf.html
_DRIVERS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253", 0x13: "cp932", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950",
}  # fmt: skip
_END_OF_FIELDS, _DELETED = 0x0D, 0x2A


class _Field(NamedTuple):
    name: bytes
    type: str
    length: int


class _Layout(NamedTuple):
    records: int
    start: int
    length: int
    driver: int
    fields: Tuple[_Field, ...]


def recognises(candidate: Candidate) -> bool:
    """Whether the header is that of a dBASE table, and its sizes go together."""
    return _layout(candidate.head) is not None


def _layout(head: bytes) -> Optional[_Layout]:
    if len(head) < _HEADER + _FIELD + 1 or head[0] not in _VERSIONS:
        return None
    _, _, month, day, records, start, length = struct.unpack_from("<BBBBIHH", head)
    if not (month <= 12 and day <= 31 and _HEADER < start <= len(head)):
        return None
    fields: List[_Field] = []
    place = _HEADER
    while head[place] != _END_OF_FIELDS:
        if place + _FIELD >= start or len(fields) >= _MOST_FIELDS:
            return None
        name, kind, size = head[place : place + 11], chr(head[place + 11]), head[place + 16]
        if not kind.isalpha() and kind not in "@+":
            return None
        fields.append(_Field(name.split(b"\0")[0].strip(), kind, size))
        place += _FIELD
    if not fields or sum(one.length for one in fields) + 1 != length:
        return None
    return _Layout(records, start, length, head[29], tuple(fields))


def read(candidate: Candidate) -> Entries:
    """The classes of the table."""
    data = candidate.data
    layout = _layout(candidate.head)
    if layout is None or layout.records > _MOST_RECORDS:
        raise candidate.unknown(
            f"{quoted(candidate.name, 400)} is a table of more than {_MOST_RECORDS} rows."
        )
    if layout.start + layout.records * layout.length > len(data):
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} ends inside its table: {layout.records} rows are "
            f"said, {(len(data) - layout.start) // layout.length} are there."
        )
    encoding, guessed = _encoding(candidate, layout)
    header = [one.name.decode(encoding, "replace") for one in layout.fields]
    rows = []
    for number in range(layout.records):
        start = layout.start + number * layout.length
        if data[start] != _DELETED:
            rows.append(_record(data, start + 1, layout.fields, encoding))
    found = entries_of(Table(header, rows), _KIND) if rows else None
    if found is None:
        raise candidate.no_classes(
            _KIND, "has no column of class values or names.", "Give the raster's attribute table."
        )
    if guessed and any(item.name and not item.name.isascii() for item in found.classes):
        found.notes.append(
            Note(
                "legend-encoding",
                f"{{file}} does not say the encoding of its texts; they were read as {encoding}.",
                "Look whether the names are right.",
            )
        )
    return found


def _record(data: bytes, start: int, fields: Tuple[_Field, ...], encoding: str) -> List[object]:
    cells: List[object] = []
    for one in fields:
        raw = data[start : start + one.length]
        start += one.length
        if one.type in "I+" and one.length == 4:
            cells.append(struct.unpack("<i", raw)[0])
        elif one.type in "BO" and one.length == 8:
            cells.append(struct.unpack("<d", raw)[0])
        else:
            cells.append(raw.decode(encoding, "replace").rstrip(" \0"))
    return cells


def _encoding(candidate: Candidate, layout: _Layout) -> Tuple[str, bool]:
    """The texts' encoding, and whether it is a guess."""
    told = _code_page(candidate)
    for name in (told, _DRIVERS.get(layout.driver)):
        if name is not None:
            return name, False
    data = candidate.data[layout.start :]
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252", True
    return "utf-8", False


def _code_page(candidate: Candidate) -> Optional[str]:
    """What the .cpg file beside the table says: "UTF-8", "1252", "ANSI 1252"."""
    try:
        with open_plain(candidate.path.with_suffix(".cpg")) as file:
            told = file.read(40).decode("ascii", "replace").strip().lower()
    except OSError:
        return None
    number = told.replace("ansi", "").replace("cp", "").strip()
    if told in ("utf-8", "utf8", "65001"):
        return "utf-8"
    pages = {*_DRIVERS.values(), "cp1257", "cp1258"}
    return f"cp{number}" if f"cp{number}" in pages else None
