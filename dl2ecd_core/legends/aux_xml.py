"""GDAL's side files (.aux.xml) and virtual rasters (.vrt): attribute table, names, color table.

https://github.com/OSGeo/gdal/blob/master/gcore/gdal_rat.cpp: the numbers of GDALRATFieldUsage and
GDALRATFieldType; a table without a column of values has its value at Row0Min + row * BinSize. The
first band that has any classes is taken.
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ..color import Color, are_fractions, from_channels, number_from
from ..wire.xml import Element
from .candidate import Candidate
from .column_words import BLUE, GREEN, NAME, RED, VALUE, rank
from .entries import Entries
from .xml_elements import elements_of, root_name

_KIND = "GDAL side file"
_TABLE = "GDALRasterAttributeTable"
_ROOTS = ("PAMDataset", _TABLE, "VRTDataset")
_BANDS = ("PAMRasterBand", "VRTRasterBand")
_COUNT, _LOWEST, _HIGHEST = "count", "lowest", "highest"
#: GDALRATFieldUsage.
_USAGES = {
    "1": _COUNT, "2": NAME, "3": _LOWEST, "4": _HIGHEST, "5": VALUE, "6": RED, "7": GREEN,
    "8": BLUE,
}  # fmt: skip
_REAL, _STRING = "1", "2"
_MOST_FIELDS = 1000
_INDEX = re.compile(r"\d{1,7}")


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is GDAL's."""
    return root_name(candidate.start) in _ROOTS


def read(candidate: Candidate) -> Entries:
    """The classes of the first band that has any."""
    band = _Band()
    ranges = False
    for element in elements_of(candidate, frozenset({_TABLE})):
        band.take(element)
        if not element.begins and (element.tag in _BANDS or len(element.path) == 1):
            entries = band.entries()
            if entries:
                return entries
            ranges = ranges or band.has_ranges
            band = _Band()
    if ranges:
        raise candidate.no_classes(
            _KIND,
            "has an attribute table whose rows are ranges of values, not single ones.",
            "Give a legend of single class values.",
        )
    raise candidate.no_classes(
        _KIND, "is without an attribute table, category names or a color table."
    )


class _Band:
    """What was read of one band so far."""

    def __init__(self) -> None:
        self._field: Dict[str, str] = {}
        self._fields: List[Dict[str, str]] = []
        self._cells: List[str] = []
        self._rows: List[List[str]] = []
        self._places: List[int] = []
        self._first: Optional[float] = None
        self._step: Optional[float] = None
        self._names: List[Optional[str]] = []
        self._colors: List[Optional[Color]] = []
        self.has_ranges = False

    def take(self, element: Element) -> None:
        """An element that began or ended."""
        tag, parent = element.tag, element.parent
        if element.begins:
            self._first = number_from(element.get("Row0Min"))
            self._step = number_from(element.get("BinSize"))
        elif parent == "FieldDefn":
            self._field[tag] = element.text.strip()
        elif tag == "FieldDefn":
            if len(self._fields) < _MOST_FIELDS:
                self._fields.append(self._field)
            self._field = {}
        elif tag == "F" and parent == "Row":
            self._cells.append(element.text)
        elif tag == "Row":
            index = element.get("index") or ""
            self._places.append(int(index) if _INDEX.fullmatch(index) else len(self._rows))
            self._rows.append(self._cells)
            self._cells = []
        elif tag == "Category" and parent == "CategoryNames":
            self._names.append(element.text or None)
        elif tag == "Entry" and parent == "ColorTable":
            self._colors.append(_entry(element))

    def entries(self) -> Entries:
        """The attribute table, completed by the other two, or else what those say."""
        table = self._table()
        if table:
            found = Entries(_KIND, skipped=table.skipped, unread=table.unread)
            for item in table.classes:
                name = item.name or self._name(item.value)
                found.add(item.value, name, item.color or self._color(item.value))
            return found
        found = Entries(_KIND)
        named = any(self._names)
        for value in range(max(len(self._names), len(self._colors))):
            name, color = self._name(value), self._color(value)
            # Unnamed values between named ones, and transparent ones, are no classes.
            if name or (color is not None and not named):
                found.add(value, name, color)
        return found

    def _table(self) -> Entries:
        found = Entries(_KIND)
        columns = self._columns()
        if not self._has_values(columns):
            return found
        fractions = self._are_fractions(columns)
        named = NAME in columns and any(self._at(row, columns[NAME]) for row in self._rows)
        for place, row in zip(self._places, self._rows):
            name = self._at(row, columns[NAME]) if NAME in columns else ""
            if named and not name.strip() and self._is_unused(row, columns):
                continue
            channels = [
                self._at(row, columns[role]) for role in (RED, GREEN, BLUE) if role in columns
            ]
            color = None
            if len(channels) == 3:
                color = from_channels(channels, fractions=fractions)
                if color is None:
                    found.unread.append(", ".join(channels))
            value = self._value(place, row, columns)
            if value is None and self.has_ranges:
                low, high = (self._at(row, columns[role]) for role in (_LOWEST, _HIGHEST))
                found.skipped.append(f"{name} ({low} to {high})".strip())
            else:
                found.add(value, name or None, color)
        if self.has_ranges and not found.classes:
            return Entries(_KIND)
        return found

    def _has_values(self, columns: Dict[str, int]) -> bool:
        return bool({VALUE, _LOWEST} & set(columns)) or self._first is not None

    def _value(self, place: int, row: List[str], columns: Dict[str, int]) -> object:
        """A row's only value; None when it is a range."""
        if VALUE in columns:
            return self._at(row, columns[VALUE])
        if _LOWEST in columns:
            low = self._at(row, columns[_LOWEST])
            high = self._at(row, columns[_HIGHEST]) if _HIGHEST in columns else low
            if number_from(low) == number_from(high):
                return low
            self.has_ranges = True
            return None
        step = 1.0 if self._step is None else self._step
        return (self._first or 0.0) + place * step

    def _is_unused(self, row: List[str], columns: Dict[str, int]) -> bool:
        """Whether the table says that no pixel has a row's value."""
        return _COUNT in columns and not number_from(self._at(row, columns[_COUNT]))

    def _are_fractions(self, columns: Dict[str, int]) -> bool:
        """Whether colors go to 1: reals of which none is above."""
        places = [columns[role] for role in (RED, GREEN, BLUE) if role in columns]
        numbers = [number_from(self._at(row, place)) for row in self._rows for place in places]
        plain = [number for number in numbers if number is not None]
        reals = bool(places) and all(self._fields[place].get("Type") == _REAL for place in places)
        return are_fractions(plain) or (reals and bool(plain) and 0 < max(plain) <= 1)

    def _columns(self) -> Dict[str, int]:
        """Which column holds what: usages first, since names are anyone's."""
        columns: Dict[str, int] = {}
        for place, one in enumerate(self._fields):
            role = _USAGES.get(one.get("Usage", ""))
            if role is not None:
                columns.setdefault(role, place)
        for role in (VALUE, NAME, RED, GREEN, BLUE):
            fitting = [
                (rank(one.get("Name", ""), role), place)
                for place, one in enumerate(self._fields)
                if rank(one.get("Name", ""), role) is not None
                and place not in columns.values()
                and (role != NAME or one.get("Type", _STRING) == _STRING)
                and (role != VALUE or _is_value_word(one.get("Name", "")))
            ]
            if fitting and not (role == VALUE and (_LOWEST in columns or self._first is not None)):
                columns.setdefault(role, min(fitting)[1])
        texts = [place for place, one in enumerate(self._fields) if one.get("Type") == _STRING]
        if len(texts) == 1:
            columns.setdefault(NAME, texts[0])
        return columns

    def _at(self, row: List[str], place: int) -> str:
        return row[place] if place < len(row) else ""

    def _name(self, value: int) -> Optional[str]:
        return self._names[value] if 0 <= value < len(self._names) else None

    def _color(self, value: int) -> Optional[Color]:
        return self._colors[value] if 0 <= value < len(self._colors) else None


def _is_value_word(name: str) -> bool:
    """Whether a field's name can only be that of values: "Class" is that of names here."""
    return rank(name, NAME) is None


def _entry(element: Element) -> Optional[Color]:
    if element.get("c4") == "0":
        return None
    return from_channels([element.get(channel) for channel in ("c1", "c2", "c3")], fractions=False)
