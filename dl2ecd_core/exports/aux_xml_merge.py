"""Putting a legend into a side file that is there already: everything else in it stays.

Statistics, histograms, metadata of any domain, other bands, and further columns of the attribute
table are the raster's; only what shows the classes is exchanged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Mapping, Sequence

from lxml import etree

from ..files.plain_files import open_plain
from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..json_text import LARGEST_TEXT
from .xml_text import Element, child

ROOT = "PAMDataset"
_INDENT = "  "
_BAND = "PAMRasterBand"
_TABLE = "GDALRasterAttributeTable"
#: What shows classes; the attribute table comes last, as GDAL writes it.
_OF_LEGENDS = ("ColorInterp", "ColorTable", "CategoryNames", _TABLE)

# The usage of each of the new table's fields, and names that others give them.
_USAGES = frozenset("25678")
_NAMES = frozenset({"value", "class", "red", "green", "blue"})
#: GDALRATFieldUsage of a column of single values.
_VALUE_USAGE = "5"


def existing(path: Path) -> Element:
    """The root of a side file that is there.

    Raises
    ------
    Dl2EcdError
        ``legend-damaged`` when it is no side file of GDAL's that can be read.
    OSError
        When it can't be read.
    """
    with open_plain(path, buffering=-1) as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        raise _damaged(path, f"it has more than {LARGEST_TEXT >> 20} MiB")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )
    try:
        root: Element = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _damaged(path, f"it breaks off ({printable(str(error.msg), 200)})") from error
    if root.tag != ROOT:
        raise _damaged(path, f"it is a document of another kind ({quoted(str(root.tag))})")
    if root.getroottree().docinfo.internalDTD is not None:
        raise _damaged(path, "it declares a document type, which no side file has")
    return root


def _damaged(path: Path, why: str) -> Dl2EcdError:
    return Dl2EcdError(
        [
            finding(
                "legend-damaged",
                f"The side file '{printable(str(path), 400)}' can't be added to: {why}.",
                hint="Remove it, or have it replaced with --overwrite.",
                where=Place(file=str(path)),
            )
        ]
    )


def merge(root: Element, band: Element) -> None:
    """Exchange what a side file's first band says of classes for what a new band says.

    Parameters
    ----------
    root
        The side file, which is changed.
    band
        A band that holds a legend and nothing else.
    """
    if not len(root):
        root.append(band)
        etree.indent(root, _INDENT)
        return
    # What is the raster's keeps its blanks as well, which may mean something in its domains.
    etree.indent(band, _INDENT, level=1)
    root[-1].tail = band.tail = f"\n{_INDENT}"
    old = next((item for item in root.iterchildren(_BAND) if item.get("band") == "1"), None)
    if old is None:
        root.append(band)
        band.tail = "\n"
        return
    root[-1].tail = "\n"
    for table in old.findall(_TABLE):
        _keep_columns(table, band.find(_TABLE))
    for tag in _OF_LEGENDS:
        for item in old.findall(tag):
            old.remove(item)
    if len(old):
        old[-1].tail = f"\n{_INDENT * 2}"
    old.extend(list(band))


def _keep_columns(old: Element, new: Element) -> None:
    """Add the columns to a table that the old one has beside values, names and colors."""
    fields = old.findall("FieldDefn")
    usages = [_text(field, "Usage") for field in fields]
    names = [_text(field, "Name").lower() for field in fields]
    kept = [
        place
        for place in range(len(fields))
        if usages[place] not in _USAGES and names[place] not in _NAMES
    ]
    value = next(
        (place for place in range(len(fields)) if usages[place] == _VALUE_USAGE),
        names.index("value") if "value" in names else None,
    )
    if value is None or not kept:
        return
    cells = _cells_by_value(old, value)
    first_row = new.find("Row")
    for number, place in enumerate(kept, len(new.findall("FieldDefn"))):
        field = fields[place]
        field.set("index", str(number))
        first_row.addprevious(field)
    for row in new.findall("Row"):
        known = cells.get(_number(row[0].text or ""), ())
        for place in kept:
            default = "" if _text(fields[place], "Type") == "2" else "0"
            child(row, "F", known[place] if place < len(known) else default)


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _cells_by_value(table: Element, value: int) -> Mapping[str, Sequence[str]]:
    found: Dict[str, List[str]] = {}
    for row in table.findall("Row"):
        cells = [cell.text or "" for cell in row.findall("F")]
        if value < len(cells):
            found.setdefault(_number(cells[value]), cells)
    return found


def _number(text: str) -> str:
    """A pixel value as text, in one way: tables of whole and of broken numbers differ in it."""
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text
