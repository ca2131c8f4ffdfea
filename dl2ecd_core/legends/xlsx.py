"""Excel workbooks (.xlsx) with a table of classes, through openpyxl, imported on first use.

Nothing of a workbook is executed: formulas give the values that Excel saved with them. Its parts
are measured and looked through for entities before openpyxl sees them.
"""

from __future__ import annotations

import io
from typing import Any, List, Optional

from ..findings.errors import ModelFileError
from ..findings.wording import listed, quoted
from ..wire.zip import Archive
from .candidate import Candidate
from .columns import entries_of, is_empty, with_header
from .entries import Entries

_KIND = "Excel workbook"
_WORKBOOK = "xl/workbook.xml"
_MOST_UNPACKED = 64 << 20
_MOST_SHEETS = 50
_MOST_ROWS = 100_000
_MOST_COLUMNS = 200
_MOST_TITLES = 20


def recognises(candidate: Candidate) -> bool:
    """Whether it is a ZIP archive with a workbook."""
    if not candidate.head.startswith(b"PK\x03\x04"):
        return False
    try:
        return _WORKBOOK in Archive(candidate.source)
    except ModelFileError:
        return False


def read(candidate: Candidate) -> Entries:
    """The classes of the only sheet that is a table of them."""
    try:
        import openpyxl
    except ImportError as error:
        raise candidate.unknown(
            f"{quoted(candidate.name, 400)} is an Excel workbook, and the Python package openpyxl, "
            "which reads it, is not installed here.",
            "Install it (pip install dl2ecd[excel]), or save the sheet as CSV.",
        ) from error
    _look_through(candidate)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(candidate.data), read_only=True, data_only=True, keep_links=False
        )
        sheets = [(str(sheet.title), _rows(sheet)) for sheet in book.worksheets[:_MOST_SHEETS]]
    except Exception as error:
        # Whatever a library makes of a damaged file, it is one.
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} is a damaged Excel workbook: openpyxl can't read it "
            f"({type(error).__name__}).",
            "Open it in Excel and save it again, or save the sheet as CSV.",
        ) from error
    found = []
    for title, rows in sheets:
        entries = _entries(rows)
        if entries is not None:
            found.append((title, entries))
    if len(found) > 1:
        raise candidate.no_classes(
            _KIND,
            f"has tables of classes in {len(found)} sheets: {listed(title for title, _ in found)}.",
            "Save the sheet that is meant as CSV.",
        )
    if found:
        return found[0][1]
    raise candidate.no_classes(
        _KIND,
        "has no sheet that is a table of classes.",
        "Give the columns the headers Value, Name and Color.",
    )


def _look_through(candidate: Candidate) -> None:
    """Refuse what unpacks to too much, or brings entities into its XML."""
    archive = Archive(candidate.source)
    total = 0
    for name in archive.names():
        before = b""
        is_xml = name.lower().endswith((".xml", ".rels", ".vml"))
        for piece in archive.chunks(name):
            total += len(piece)
            if total > _MOST_UNPACKED:
                raise candidate.damaged(
                    f"{quoted(candidate.name, 400)} unpacks to more than "
                    f"{_MOST_UNPACKED >> 20} MiB.",
                    "Save the sheet with the classes as CSV.",
                )
            if is_xml and (b"<!ENTITY" in before + piece or b"<!DOCTYPE" in before + piece):
                raise candidate.damaged(
                    f"{quoted(candidate.name, 400)} declares entities in its XML, which Excel "
                    "never does and which are not followed.",
                )
            before = piece[-16:]


def _rows(sheet: Any) -> List[List[object]]:
    rows: List[List[object]] = []
    for row in sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS, values_only=True):
        cells = [_plain(cell) for cell in row]
        if not all(map(is_empty, cells)):
            rows.append(cells)
    return rows


def _plain(cell: object) -> object:
    """A cell as text, number or nothing."""
    if cell is None or (isinstance(cell, (int, float, str)) and not isinstance(cell, bool)):
        return cell
    return str(cell)


def _entries(rows: List[List[object]]) -> Optional[Entries]:
    """The classes of a sheet's rows; titles above the table are passed over."""
    filled = [sum(not is_empty(cell) for cell in row) for row in rows]
    first = next((place for place, count in enumerate(filled[:_MOST_TITLES]) if count > 1), 0)
    table_rows = rows[first:]
    if not table_rows:
        return None
    width = max(map(len, table_rows))
    used = [
        place
        for place in range(width)
        if any(place < len(row) and not is_empty(row[place]) for row in table_rows)
    ]
    # Empty columns before the table, and between its parts, are none.
    whole = [[row[place] if place < len(row) else None for place in used] for row in table_rows]
    table = with_header(whole)
    numbers = any(isinstance(cell, (int, float)) for row in table.rows for cell in row)
    if table.header is None and not numbers:
        return None
    return entries_of(table, _KIND)
