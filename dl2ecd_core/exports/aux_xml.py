"""GDAL's side file of a raster (.aux.xml): color table, category names, attribute table.

Elements as GDAL's persistent auxiliary metadata writes them
(https://github.com/OSGeo/gdal/blob/master/gcore/gdalpamrasterband.cpp, gdal_rat.cpp; the numbers of
GDALRATFieldType and GDALRATFieldUsage in gcore/gdal.h).
"""

from __future__ import annotations

from pathlib import Path
from typing import Dict, List, Sequence, Tuple

from ..ecd.content import Ecd
from ..findings import Finding
from ..findings.wording import listed, quoted
from ..progress import Listener
from .legend import Legend, LegendRow, adjusted, incomplete, legend_of
from .xml_text import Element, child, root_element, said_of, write_xml, xml_text

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


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the side file to `target`, which belongs beside RASTER.tif as RASTER.tif.aux.xml."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "aux-xml")
    lowest = min(row.value for row in legend.rows)
    highest = max(row.value for row in legend.rows)
    by_value = {row.value: row for row in legend.rows}
    left_out = []
    root = root_element("PAMDataset")
    band = child(root, "PAMRasterBand", band="1")
    if lowest >= 0 and highest < _MOST_COLORS:
        _color_table(band, by_value, highest)
    else:
        left_out.append("a color table (values from 0 to 255 only)")
    if lowest >= 0 and highest < _MOST_NAMES:
        _category_names(band, by_value, highest)
    else:
        left_out.append("category names (values from 0 to 65535 only)")
    _attribute_table(band, legend.rows)
    # GDAL up to 3.6 at least finds nothing behind an XML declaration.
    write_xml(root, target, declaration=False)
    return (*legend.findings, *_said(ecd, legend, left_out, target))


def _said(ecd: Ecd, legend: Legend, left_out: Sequence[str], target: Path) -> List[Finding]:
    findings = said_of(ecd, (row.name for row in legend.rows))
    shortened = [row.name for row in legend.rows if row.name != row.name.lstrip(_BLANKS)]
    if shortened:
        findings.append(
            adjusted(ecd, f"GDAL drops the blanks at the start of {listed(shortened)}.")
        )
    if left_out:
        findings.append(
            adjusted(
                ecd,
                f"The class values don't fit {' and '.join(left_out)}: names and colors are in "
                "the raster attribute table alone.",
            )
        )
    if not target.name.lower().endswith(".aux.xml"):
        findings.append(
            incomplete(
                ecd,
                f"GDAL won't find {quoted(target.name)}: a side file is named like its raster.",
                "Put it beside the raster and name it, for example, landcover.tif.aux.xml.",
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
