"""Tables as text: commas, semicolons, tabs or bars between the cells, with a header or without.

RFC 4180, and what spreadsheets and people make of it: a ``sep=;`` line, a title above, comments,
a header behind a hash, colors in brackets, Markdown's bars.
"""

from __future__ import annotations

import csv
import re
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..color import number_from
from ..findings.wording import printable, quoted
from .candidate import Candidate
from .column_words import NAME, VALUE, WORDS, bare, is_known
from .columns import Table, entries_of, is_empty, with_header
from .entries import Entries

KIND = "table"
_DELIMITERS = ("\t", ";", "|", ",")
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+")
_SEPARATOR_LINE = re.compile(r"sep=(.)", re.IGNORECASE)
_REMARK = re.compile(r"\s*(?:#(?![0-9a-fA-F]{6}\b)|//)")
_RULE = re.compile(r"[\s|:+-]*-[\s|:+-]*")
_COLOR_IN_BRACKETS = re.compile(
    r"(?<![\"'\w])((?:rgba?)?\s?[(\[]\s*\d{1,3}\s*,\s*\d{1,3}\s*,\s*\d{1,3}\s*(?:,\s*[\d.]+\s*)?[)\]])"
)
_MOST_ROWS = 200_000
_LONGEST_LINE = 4000
_MOST_COLUMNS = 200
_MOST_TITLES = 5


class _Grid(NamedTuple):
    delimiter: str
    rows: List[List[str]]
    #: Of the first line that has another number of cells; 0 where there is none.
    odd_line: int


def read(candidate: Candidate) -> Optional[Entries]:
    """The classes of a table; None when the text is none.

    Raises
    ------
    Dl2EcdError
        ``legend-damaged`` when it is plainly a table, but one of its lines has other cells.
    """
    lines = _LINE.findall(candidate.text.lstrip("\ufeff"))
    if not lines or len(lines) > _MOST_ROWS or max(map(len, lines)) > _LONGEST_LINE:
        return None
    separator = _SEPARATOR_LINE.fullmatch(lines[0].strip().strip('"'))
    delimiters: Tuple[str, ...] = _DELIMITERS
    if separator is not None:
        delimiters, lines = (separator.group(1),), ["\n", *lines[1:]]
    grids = [_grid(lines, delimiter) for delimiter in delimiters]
    for grid in grids:
        found = None if grid is None or grid.odd_line else _entries(grid.rows, lines)
        if found is not None:
            return found
    for grid in grids:
        if grid is not None and grid.odd_line and _plainly_table(grid):
            line = lines[grid.odd_line - 1]
            raise candidate.damaged(
                f"Line {grid.odd_line} of the table {quoted(candidate.name, 400)} has other cells "
                f"than the lines before it: '{printable(line.strip())}'.",
                f"Put a name with '{printable(grid.delimiter)}' in it in double quotes.",
                line=grid.odd_line,
            )
    if _is_header_alone(lines):
        raise candidate.no_classes(KIND, "is a header without rows.", "Add a row for each class.")
    return _one_column(lines)


def _is_header_alone(lines: Sequence[str]) -> bool:
    """Whether the only line with something in it is a row of known headers."""
    filled = [line for line in lines if line.strip() and not _REMARK.match(line)]
    if len(filled) != 1:
        return False
    cells = re.split(r"[,;\t|]", filled[0])
    return len(cells) > 1 and all(map(is_known, cells))


def _entries(rows: List[List[str]], lines: Sequence[str]) -> Optional[Entries]:
    table = with_header(rows)
    if table.header is None:
        hidden = _hidden_header(lines, table.width)
        table = Table(hidden, table.rows) if hidden is not None else table
    known = table.header is not None and sum(map(is_known, table.header)) >= 1
    if not known and not _has_data(table):
        return None
    return entries_of(table, KIND)


def _has_data(table: Table) -> bool:
    """Whether a column holds numbers or colors: two texts side by side are no table."""
    return any(
        all(number_from(cell) is not None or str(cell).strip().startswith("#") for cell in cells)
        for cells in map(table.column, range(table.width))
        if cells
    )


def _hidden_header(lines: Sequence[str], width: int) -> Optional[List[str]]:
    """A header behind a hash, as numerical programs write it."""
    for line in lines[:_MOST_TITLES]:
        if not line.lstrip().startswith("#"):
            continue
        for delimiter in (*_DELIMITERS, None):
            cells = [cell.strip() for cell in line.lstrip("# \t").split(delimiter)]
            if len(cells) == width and all(map(is_known, cells)):
                return cells
    return None


def _grid(lines: Sequence[str], delimiter: str) -> Optional[_Grid]:
    """The cells of a text; None when they are not the same number in nearly all lines."""
    rows: List[List[str]] = []
    numbers: List[int] = []
    kept = _without_remarks(lines, delimiter)
    reader = csv.reader(kept, delimiter=delimiter, skipinitialspace=delimiter != "\t")
    try:
        for cells in reader:
            if any(not is_empty(cell) for cell in cells):
                rows.append(_trimmed(cells) if delimiter == "|" else cells)
                numbers.append(reader.line_num)
    except csv.Error:
        # A quote that never ends takes in more than a cell may hold.
        return None
    if not rows:
        return None
    titles = _titles(rows)
    rows, numbers = rows[titles:], numbers[titles:]
    width = len(rows[0])
    while width > 2 and all(len(row) < width or is_empty(row[width - 1]) for row in rows):
        width -= 1
    if not 2 <= width <= _MOST_COLUMNS:
        return None
    odd = 0
    whole = []
    for row, number in zip(rows, numbers):
        if any(not is_empty(cell) for cell in row[width:]) or (
            len(row) < width - 1 and sum(not is_empty(cell) for cell in row) < 2
        ):
            odd = odd or number
        whole.append((row + [""] * width)[:width])
    return _Grid(delimiter, whole, odd)


def _without_remarks(lines: Sequence[str], delimiter: str) -> List[str]:
    """The lines with their ends; comments are empty, but not inside quotes."""
    kept: List[str] = []
    quoted_part = False
    for line in lines:
        if not quoted_part and (
            _REMARK.match(line) or (delimiter == "|" and _RULE.fullmatch(line.rstrip()))
        ):
            kept.append("\n")
            continue
        quoted_part ^= line.count('"') % 2 == 1
        kept.append(_COLOR_IN_BRACKETS.sub(r'"\1"', line) if delimiter == "," else line)
    return kept


def _trimmed(cells: List[str]) -> List[str]:
    """A line of a Markdown table without the cells before its first bar and behind its last."""
    inner = cells[1:] if is_empty(cells[0]) else cells
    inner = inner[:-1] if len(inner) > 1 and is_empty(inner[-1]) else inner
    return [cell.strip() for cell in inner]


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many lines above the table hold one cell alone."""
    for place, row in enumerate(rows[: _MOST_TITLES + 1]):
        if sum(not is_empty(cell) for cell in row) > 1:
            return place
    return 0


def _plainly_table(grid: _Grid) -> bool:
    """Whether most lines begin with a number or a known header stands above."""
    starts = [row[0] for row in grid.rows]
    numbered = sum(number_from(cell) is not None for cell in starts)
    return numbered * 2 > len(starts) or sum(map(is_known, grid.rows[0])) >= 2


def _one_column(lines: Sequence[str]) -> Optional[Entries]:
    """Names or values below a header that says so, and nothing else."""
    kept = [line.strip().strip('"') for line in lines if line.strip() and not _REMARK.match(line)]
    if len(kept) < 2 or bare(kept[0]) not in {**WORDS[NAME], **WORDS[VALUE]}:
        return None
    cells = [[line] for line in kept[1:]]
    is_name = bare(kept[0]) in WORDS[NAME] and all(number_from(cell) is None for (cell,) in cells)
    is_value = all(number_from(cell) is not None for (cell,) in cells)
    return entries_of(Table([kept[0]], cells), KIND) if is_name or is_value else None
