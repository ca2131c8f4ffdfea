"""Rows of values: what parameters of several values and value tables hold."""

from __future__ import annotations

import re
from typing import Iterable, Iterator, List, Sequence, Union

#: A value in a row: in single or double quotes where it has blanks or semicolons.
_VALUE = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^\s;]+)")
_PLAIN = re.compile(r"[^\s;'\"]+")

Rows = Union[str, Sequence[object]]


class ValueTable:
    """``arcpy.ValueTable``: rows of texts in a number of columns.

    Examples
    --------
    >>> table = ValueTable(2)
    >>> table.addRow("'c:/my data/a.csv' 1")
    >>> table.rowCount, table.getValue(0, 0), table.exportToString()
    (1, 'c:/my data/a.csv', "'c:/my data/a.csv' 1")
    """

    def __init__(self, columns: int = 1) -> None:
        self._columns = columns
        self._rows: List[List[str]] = []

    @property
    def columnCount(self) -> int:
        """How many columns there are."""
        return self._columns

    @property
    def rowCount(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def addRow(self, value: Rows) -> None:
        """Add a row at the end."""
        self._rows.append(self._row(value))

    def setRow(self, row: int, value: Rows) -> None:
        """Replace a row."""
        self._rows[row] = self._row(value)

    def removeRow(self, row: int) -> None:
        """Take a row away."""
        del self._rows[row]

    def getRow(self, row: int) -> str:
        """A row as text."""
        return " ".join(map(quoted, self._rows[row]))

    def getTrueRow(self, row: int) -> List[str]:
        """A row as a list."""
        return [*self._rows[row]]

    def getValue(self, row: int, column: int) -> str:
        """One value."""
        return self._rows[row][column]

    def setValue(self, row: int, column: int, value: object) -> None:
        """Replace one value."""
        self._rows[row][column] = str(value)

    def loadFromString(self, value_table: str) -> None:
        """Take the rows of a text, parted by semicolons."""
        self._rows = [self._row(row) for row in rows_of(value_table)]

    def exportToString(self) -> str:
        """The rows as text, parted by semicolons."""
        return ";".join(self.getRow(row) for row in range(self.rowCount))

    def __iter__(self) -> Iterator[List[str]]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __str__(self) -> str:
        return self.exportToString()

    def _row(self, value: Rows) -> List[str]:
        if not isinstance(value, str):
            cells = [str(cell) for cell in value]
        elif self._columns == 1:
            cells = [unquoted(value)]
        else:
            cells = ["".join(match.groups("")) for match in _VALUE.finditer(value)]
        if len(cells) > self._columns:
            raise ValueError(f"a row of {len(cells)} values in a table of {self._columns} columns")
        return cells + [""] * (self._columns - len(cells))


def rows_of(text: str) -> List[str]:
    """The rows of a text, parted by the semicolons that stand in no quotes.

    Examples
    --------
    >>> rows_of("a b;'c; d' 1;")
    ['a b', "'c; d' 1"]
    """
    rows, start, quote = [], 0, ""
    for position, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == ";":
            rows.append(text[start:position])
            start = position + 1
    return [row for row in (*rows, text[start:]) if row.strip()]


def quoted(text: str) -> str:
    """A value as a row holds it."""
    return text if _PLAIN.fullmatch(text) else f"'{text}'"


def unquoted(text: str) -> str:
    """A value that stands alone in its row."""
    text = text.strip()
    in_quotes = len(text) >= 2 and text[0] == text[-1] and text[0] in "'\""
    return text[1:-1] if in_quotes else text


def table_of(rows: Iterable[object], columns: int) -> ValueTable:
    """A table with these rows; a value that is no list is a row of its own."""
    table = ValueTable(columns)
    for row in rows:
        table.addRow([row] if isinstance(row, str) or not isinstance(row, Sequence) else row)
    return table
