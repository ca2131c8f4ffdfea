"""GDAL's side files (.aux.xml): raster attribute table, else category names and color table.

https://github.com/OSGeo/gdal/blob/master/gcore/gdal_rat.cpp; the numbers of GDALRATFieldUsage in
gcore/gdal.h. The first band that has any is taken.
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ..findings.wording import quoted
from .candidate import Candidate, Entries, color_of
from .description import Color
from .xml_elements import Element, finished_elements, root_name

_KIND = "GDAL side file"
_ROOTS = ("PAMDataset", "GDALRasterAttributeTable")
#: What a field holds, by its usage or, in files that give none, by its name.
_USAGES = {"5": "value", "3": "value", "2": "name", "6": "red", "7": "green", "8": "blue"}
_NAMES = {
    "value": "value",
    "class": "name",
    "classname": "name",
    "class_name": "name",
    "name": "name",
    "label": "name",
    "red": "red",
    "green": "green",
    "blue": "blue",
}
_MOST_FIELDS = 1000


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is GDAL's."""
    return root_name(candidate.start) in _ROOTS


def read(candidate: Candidate) -> Entries:
    """The classes of the first band that has any."""
    band = _Band()
    for path, element in finished_elements(candidate):
        band.take(path, element)
        if path[-1] == "PAMRasterBand" or len(path) == 1:
            entries = band.entries()
            if entries.classes or entries.skipped:
                return entries
            band = _Band()
    raise candidate.unknown(
        f"{quoted(candidate.name, 400)} is a side file of GDAL without an attribute table, "
        "category names or a color table."
    )


class _Band:
    """What was read of one band so far."""

    def __init__(self) -> None:
        self._field: Dict[str, str] = {}
        self._fields: List[Dict[str, str]] = []
        self._row: List[str] = []
        self._table = Entries(_KIND)
        self._columns: Optional[Dict[str, int]] = None
        self._names: List[Optional[str]] = []
        self._colors: List[Optional[Color]] = []

    def take(self, path: Tuple[str, ...], element: Element) -> None:
        """An element that ended."""
        tag, parent = path[-1], path[-2] if len(path) > 1 else ""
        if parent == "FieldDefn":
            self._field[tag] = (element.text or "").strip()
        elif tag == "FieldDefn":
            if len(self._fields) < _MOST_FIELDS:
                self._fields.append(self._field)
            self._field = {}
        elif tag == "F" and parent == "Row":
            self._row.append(element.text or "")
        elif tag == "Row":
            self._end_row()
        elif tag == "Category" and parent == "CategoryNames":
            self._names.append(element.text)
        elif tag == "Entry" and parent == "ColorTable":
            self._colors.append(_entry(element))

    def _end_row(self) -> None:
        if self._columns is None:
            self._columns = _columns(self._fields)
        row = {what: self._at(place) for what, place in self._columns.items()}
        self._row = []
        if "value" in row:
            color = color_of(row.get("red"), row.get("green"), row.get("blue"))
            self._table.add(row["value"], row.get("name") or None, color)

    def _at(self, place: int) -> str:
        return self._row[place] if place < len(self._row) else ""

    def entries(self) -> Entries:
        """The attribute table, completed by the other two, or else what those say."""
        found = Entries(_KIND, skipped=self._table.skipped)
        for item in self._table.classes:
            name = item.name or self._name(item.value)
            found.add(item.value, name, item.color or self._color(item.value))
        if found.classes or found.skipped:
            return found
        named = any(self._names)
        for value in range(max(len(self._names), len(self._colors))):
            name, color = self._name(value), self._color(value)
            # Unnamed values between named ones, and transparent ones, are no classes.
            if name or (color is not None and not named):
                found.add(value, name, color)
        return found

    def _name(self, value: int) -> Optional[str]:
        return (self._names[value] or None) if 0 <= value < len(self._names) else None

    def _color(self, value: int) -> Optional[Color]:
        return self._colors[value] if 0 <= value < len(self._colors) else None


def _columns(fields: List[Dict[str, str]]) -> Dict[str, int]:
    """Which column holds what: usages first, since names are anyone's."""
    columns: Dict[str, int] = {}
    for place, field in enumerate(fields):
        columns.setdefault(_USAGES.get(field.get("Usage", ""), ""), place)
    for place, field in enumerate(fields):
        columns.setdefault(_NAMES.get(field.get("Name", "").lower(), ""), place)
    columns.pop("", None)
    return columns


def _entry(element: Element) -> Optional[Color]:
    if element.get("c4") == "0":
        return None
    return color_of(element.get("c1"), element.get("c2"), element.get("c3"))
