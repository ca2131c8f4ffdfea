"""GDAL's side file of a raster (.aux.xml): color table, category names, attribute table.

Elements as GDAL's persistent auxiliary metadata writes them
(https://github.com/OSGeo/gdal/blob/master/gcore/gdalpamrasterband.cpp, gdal_rat.cpp; the numbers of
GDALRATFieldType and GDALRATFieldUsage in gcore/gdal.h).
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from lxml import etree

from ..ecd.content import Ecd
from ..files.output import write_failure
from ..files.plain_files import is_plain
from ..findings import Finding
from ..findings.errors import Dl2EcdError
from ..progress import Listener
from .aux_xml_merge import ROOT, existing, merge
from .legend import Legend, LegendRow, adjusted, legend_of
from .xml_text import Element, child, root_element, said_of, write_xml, xml_text

ENDINGS = (".aux.xml",)
_INTEGER, _STRING = "0", "2"
#: Fields of the attribute table: name, type, usage.
_FIELDS: Tuple[Tuple[str, str, str], ...] = (
    ("Value", _INTEGER, "5"),  # GFU_MinMax: this value and no range
    ("Class", _STRING, "2"),  # GFU_Name
    ("Red", _INTEGER, "6"),
    ("Green", _INTEGER, "7"),
    ("Blue", _INTEGER, "8"),
)
#: Color tables belong to bands of 8 bits; category names are listed from 0 without gaps.
_MOST_COLORS = 256
_MOST_NAMES = 65_536
_BLANKS = " \t\r\n"


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a side file, which keeps all else that it holds."""
    del ecd  # Of any raster.
    return existing(path) is not None


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the side file to `target`, RASTER.tif.aux.xml; one that is there is added to."""
    del listener  # Over in an instant.
    legend = legend_of(ecd, "aux-xml")
    lowest = min(row.value for row in legend.rows)
    highest = max(row.value for row in legend.rows)
    by_value = {row.value: row for row in legend.rows}
    left_out = []
    root = _root(target, overwrite)
    band = root_element("PAMRasterBand", band="1")
    if lowest >= 0 and highest < _MOST_COLORS:
        _color_table(band, by_value, highest)
    else:
        left_out.append("a color table (values from 0 to 255 only)")
    if lowest >= 0 and highest < _MOST_NAMES:
        _category_names(band, by_value, highest)
    else:
        left_out.append("category names (values from 0 to 65535 only)")
    _attribute_table(band, legend.rows)
    merge(root, band)
    _keep_blanks(root)
    # GDAL up to 3.6 at least finds nothing behind an XML declaration.
    write_xml(root, target, declaration=False, indent=False)
    return (*legend.findings, *_said(ecd, legend, left_out))


def _root(target: Path, overwrite: bool) -> Element:
    """The side file that is there, or a new one."""
    try:
        if is_plain(target) and target.stat().st_size:
            return existing(target)
    except OSError as error:
        raise write_failure(error, target) from error
    except Dl2EcdError:
        if not overwrite:
            raise
    return root_element(ROOT)


def _said(ecd: Ecd, legend: Legend, left_out: Sequence[str]) -> List[Finding]:
    findings = said_of(ecd, (row.name for row in legend.rows))
    if left_out:
        findings.append(
            adjusted(
                ecd,
                f"The class values don't fit {' and '.join(left_out)}: names and colors are in "
                "the raster attribute table alone.",
            )
        )
    return findings


def _color_table(band: Element, by_value: Dict[int, LegendRow], highest: int) -> None:
    child(band, "ColorInterp", "Palette")
    table = child(band, "ColorTable")
    for value in range(highest + 1):
        row = by_value.get(value)
        # Values of no class are transparent.
        red, green, blue, alpha = (0, 0, 0, 0) if row is None else (*row.color, 255)
        child(table, "Entry", c1=str(red), c2=str(green), c3=str(blue), c4=str(alpha))


def _category_names(band: Element, by_value: Dict[int, LegendRow], highest: int) -> None:
    names = child(band, "CategoryNames")
    for value in range(highest + 1):
        row = by_value.get(value)
        child(names, "Category", None if row is None else xml_text(row.name))


def _attribute_table(band: Element, rows: Sequence[LegendRow]) -> None:
    table = child(band, "GDALRasterAttributeTable", tableType="thematic")
    for index, (name, kind, usage) in enumerate(_FIELDS):
        field = child(table, "FieldDefn", index=str(index))
        child(field, "Name", name)
        child(field, "Type", kind)
        child(field, "Usage", usage)
    for index, row in enumerate(rows):
        entry = child(table, "Row", index=str(index))
        for text in (str(row.value), xml_text(row.name), *map(str, row.color)):
            child(entry, "F", text)


def _keep_blanks(root: Element) -> None:
    """Write the first blank of a name by its number: GDAL drops it where it stands as it is."""
    for element in root.iter("Category", "F"):
        text = element.text or ""
        if text.startswith(tuple(_BLANKS)) and text.strip() and not len(element):
            blank = etree.Entity(f"#{ord(text[0])}")
            blank.tail = text[1:]
            element.text = None
            element.append(blank)
