"""Tables of classes: which column holds what, by its header, else by what stands in it.

One way for all tables: CSV, Excel, dBASE, attribute tables of rasters, lists of objects in JSON.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Dict, List, Optional, Sequence

from ..color import are_fractions, color_from, from_channels, number_from
from ..findings.wording import listed
from .column_words import (
    ALPHA,
    CHANNEL_ROLES,
    COLOR,
    NAME,
    OTHER,
    RED,
    VALUE,
    is_known,
    is_sure,
    rank,
)  # fmt: skip
from .entries import Entries, Note, is_given, whole

Row = Sequence[object]

_SIX_DIGITS = re.compile(r"[0-9a-fA-F]{6}")


@dataclass(frozen=True)
class Table:
    """Rows of cells, texts or numbers.

    Attributes
    ----------
    header
        None where the columns have no names.
    rows
        All of the header's length.
    """

    header: Optional[Sequence[str]]
    rows: Sequence[Row]

    @property
    def width(self) -> int:
        """How many columns it has."""
        return len(self.rows[0]) if self.rows else 0

    def column(self, place: int) -> List[object]:
        """The cells of a column that are not empty."""
        return [row[place] for row in self.rows if not is_empty(row[place])]


def is_empty(cell: object) -> bool:
    """Whether nothing stands in a cell."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def with_header(rows: Sequence[Row]) -> Table:
    """A table whose first row may be its header."""
    if len(rows) > 1 and _is_header(rows):
        return Table([str(cell).strip() for cell in rows[0]], rows[1:])
    return Table(None, rows)


def _is_header(rows: Sequence[Row]) -> bool:
    first, rest = rows[0], Table(None, rows[1:])
    if any(whole(cell) is not None or _is_plain_color(cell) for cell in first):
        return False
    if any(is_known(cell) for cell in first):
        return True
    # Texts over a column of numbers or colors.
    return any(
        _all(rest.column(place), _is_number) or _are_colors(rest.column(place))
        for place in range(rest.width)
    )


def entries_of(table: Table, kind: str) -> Optional[Entries]:
    """The classes of a table; None when no column is plainly one of values, names or colors."""
    roles = _Roles(table)
    if not roles.found & {VALUE, NAME}:
        return None
    found = Entries(kind, notes=list(roles.notes))
    fractions = _are_fractions(table, roles.places)
    count = 0
    for row in table.rows:
        if all(is_empty(row[place]) for place in roles.places.values()):
            continue
        name = roles.cell(row, NAME)
        text = None if is_empty(name) else str(name)
        value = roles.cell(row, VALUE) if VALUE in roles.places else count
        count += 1
        if COLOR in roles.places:
            found.add_written(value, text, roles.cell(row, COLOR))
            continue
        if RED not in roles.places:
            found.add(value, text, None)
            continue
        channels = [roles.cell(row, role) for role in CHANNEL_ROLES]
        color = from_channels(channels, fractions=fractions)
        if color is None and any(map(is_given, channels)) and not _left_open(channels):
            found.unread.append(", ".join(map(str, channels)))
        found.add(value, text, color)
    if VALUE not in roles.places:
        found.counted_from_0()
    return found if found else None


def _left_open(channels: Sequence[object]) -> bool:
    """Whether all are -1, Esri's word for no color."""
    return all(number_from(channel) == -1 for channel in channels)


def _are_fractions(table: Table, places: Dict[str, int]) -> bool:
    """Whether 1 is the brightest: told from the three columns together."""
    if RED not in places:
        return False
    cells = [cell for role in CHANNEL_ROLES for cell in table.column(places[role])]
    numbers = [number for number in map(number_from, cells) if number is not None]
    if are_fractions(numbers):
        return True
    # 0.0 and 1.0 alone: whoever writes decimals means fractions.
    written = all(isinstance(cell, float) or "." in str(cell) for cell in cells)
    return written and bool(numbers) and 0 < max(numbers) <= 1


class _Roles:
    """Which column is what."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.places: Dict[str, int] = {}
        self.notes: List[Note] = []
        self._open = [place for place in range(table.width) if table.column(place)]
        self._guessed: List[str] = []
        if table.header is not None:
            self._by_title(table.header)
        self._by_content()
        if self._guessed:
            self.notes.append(
                Note(
                    "legend-columns-guessed",
                    "Which columns of {file} are meant is told by what they hold: "
                    f"{', '.join(self._guessed)}.",
                    "Compare the document with the table, or name the columns Value, Name and "
                    "Color.",
                )
            )

    @property
    def found(self) -> set[str]:
        """The roles that have a column."""
        return set(self.places)

    def cell(self, row: Row, role: str) -> object:
        """A row's cell in the column of a role; None where there is none."""
        return row[self.places[role]] if role in self.places else None

    def _take(self, role: str, place: int) -> None:
        self.places[role] = place
        self._open.remove(place)

    def _by_title(self, header: Sequence[str]) -> None:
        self._take_channels(header)
        for role, fits in ((COLOR, _may_be_color), (VALUE, _may_be_value), (NAME, _may_be_name)):
            candidates = [
                (rank(header[place], role), place)
                for place in self._open
                if rank(header[place], role) is not None
                and (fits(self.table.column(place)) or (role == NAME and is_sure(header[place])))
            ]
            if role == COLOR and RED in self.places:
                # Both say the same; the channels are plainer.
                for _, place in candidates:
                    self._open.remove(place)
            elif role == NAME and candidates:
                self._take(role, self._most_telling([place for _, place in sorted(candidates)]))
            elif candidates:
                self._take(role, min(candidates)[1])
        for place in list(self._open):
            if rank(header[place], OTHER) is not None or rank(header[place], ALPHA) is not None:
                self._open.remove(place)

    def _take_channels(self, header: Sequence[str]) -> None:
        places: Dict[str, int] = {}
        for role in CHANNEL_ROLES:
            for place in self._open:
                numeric = _all(self.table.column(place), _is_number)
                if rank(header[place], role) is not None and numeric:
                    places.setdefault(role, place)
        if len(set(places.values())) == 3:
            for role, place in places.items():
                self._take(role, place)

    def _most_telling(self, places: List[int]) -> int:
        """The first of the best words, unless a later column tells more classes apart."""
        header = self.table.header or ()
        ranks = {place: rank(header[place], NAME) for place in places}
        best = [place for place in places if ranks[place] == ranks[places[0]]]
        return max(best, key=lambda place: (len(set(map(str, self.table.column(place)))), -place))

    def _by_content(self) -> None:
        """Columns without a word that is known: colors, values and texts by their looks."""
        columns = {place: self.table.column(place) for place in self._open}
        if COLOR not in self.places and RED not in self.places:
            color = [place for place in columns if _are_colors(columns[place])]
            if color:
                self._guess(COLOR, color)
            else:
                self._channels_by_content(columns)
        numbers = [place for place in self._open if _may_be_value(columns[place])]
        if VALUE not in self.places and numbers:
            self._guess(VALUE, numbers)
        texts = [place for place in self._open if _may_be_name(columns[place])]
        if NAME not in self.places and texts:
            self._guess(NAME, texts)

    def _guess(self, role: str, places: List[int]) -> None:
        place = places[0]
        self._take(role, place)
        if self.table.header is not None:
            self._guessed.append(f"{role}s in {listed([self.table.header[place]])}")
        elif len(places) > 1:
            self._guessed.append(f"{role}s in column {place + 1}")

    def _channels_by_content(self, columns: Dict[int, List[object]]) -> None:
        """Three numbers side by side, behind a value: red, green and blue."""
        runs = _runs([place for place in self._open if _all(columns[place], _is_channel)])
        value_elsewhere = VALUE in self.places
        for run in sorted(runs, key=len, reverse=True):
            others = [place for place in self._open if place not in run]
            numbers = [place for place in others if _may_be_value(columns[place])]
            first = run[:3]
            if len(run) >= 4 and not (value_elsewhere or numbers):
                first = run[1:4]
            if len(run) < 3 or len(run) > first[-1] - run[0] + 2:
                # Neither channels alone, nor with opacity behind them.
                continue
            for role, place in zip(CHANNEL_ROLES, first):
                self._take(role, place)
            if len(run) > 3 and run[-1] not in first:
                # The fourth is opacity.
                self._open.remove(run[-1])
            if self.table.header is not None:
                names = [self.table.header[place] for place in first]
                self._guessed.append(f"red, green and blue in {listed(names)}")
            return


def _runs(places: List[int]) -> List[List[int]]:
    """Places side by side."""
    runs: List[List[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    return runs


def _all(cells: List[object], fits: Callable[[object], bool]) -> bool:
    return bool(cells) and all(map(fits, cells))


def _is_number(cell: object) -> bool:
    return number_from(cell) is not None


def _may_be_value(cells: List[object]) -> bool:
    """Whether most are whole numbers."""
    return sum(whole(cell) is not None for cell in cells) * 2 > len(cells)


def _may_be_name(cells: List[object]) -> bool:
    """Whether most are texts with a letter in them, and no colors."""
    texts = [cell for cell in cells if isinstance(cell, str) and any(map(str.isalpha, cell))]
    return len(texts) * 2 > len(cells) and not _are_colors(cells)


def _may_be_color(cells: List[object]) -> bool:
    return any(color_from(cell) is not None for cell in cells)


def _is_channel(cell: object) -> bool:
    number = number_from(cell)
    return number is not None and 0 <= number <= 255


def _are_colors(cells: List[object]) -> bool:
    """Whether all are colors, and one of them plainly; six digits alone may be anything."""
    return any(map(_is_plain_color, cells)) and all(
        _is_plain_color(cell) or (isinstance(cell, str) and _SIX_DIGITS.fullmatch(cell.strip()))
        for cell in cells
    )


def _is_plain_color(cell: object) -> bool:
    """A color that can be nothing else: with a hash, or three numbers in one cell."""
    if isinstance(cell, (list, dict)):
        return color_from(cell) is not None
    if not isinstance(cell, str) or number_from(cell) is not None or cell.strip().isalpha():
        return False
    return color_from(cell) is not None
