"""QGIS layer styles (.qml) of rasters: paletted, or pseudocolor with exact values.

https://github.com/qgis/QGIS/blob/release-3_22/src/core/raster/qgspalettedrasterrenderer.cpp and
qgscolorrampshader.cpp (there ``colorRampType="EXACT"``).
"""

from __future__ import annotations

import re
from typing import Optional

from ..findings.wording import quoted
from .candidate import Candidate, Entries, color_of
from .description import Color
from .xml_elements import finished_elements, root_name

_HEX = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_LIST = re.compile(r"(\d{1,3}),(\d{1,3}),(\d{1,3})(?:,.*)?")


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is QGIS's."""
    return root_name(candidate.start) == "qgis"


def read(candidate: Candidate) -> Entries:
    """The entries of the raster renderer."""
    paletted, exact = Entries("QGIS style"), Entries("QGIS style")
    is_exact = False
    for path, element in finished_elements(candidate):
        if path[-1] == "paletteEntry":
            label = element.get("label")
            paletted.add(element.get("value"), label or None, color_from(element.get("color")))
        elif path[-1] == "item" and path[-2:-1] == ("colorrampshader",):
            label = element.get("label")
            exact.add(element.get("value"), label or None, color_from(element.get("color")))
        elif path[-1] == "colorrampshader":
            is_exact = element.get("colorRampType") == "EXACT"
    if paletted.classes or paletted.skipped:
        return paletted
    if is_exact:
        return exact
    raise candidate.unknown(
        f"The QGIS style {quoted(candidate.name, 400)} lists no values of a raster: it is neither "
        "'Paletted/Unique values' nor exact pseudocolor."
    )


def color_from(text: Optional[str]) -> Optional[Color]:
    """A color as QGIS writes it, ``#rrggbb`` or ``r,g,b,a``.

    Examples
    --------
    >>> color_from("#0102ff"), color_from("1,2,255,255"), color_from("red")
    ((1, 2, 255), (1, 2, 255), None)
    """
    found = _HEX.fullmatch(text or "")
    if found is not None:
        red, green, blue = (int(part, 16) for part in found.groups())
        return red, green, blue
    found = _LIST.fullmatch(text or "")
    return None if found is None else color_of(*found.groups())
