"""QGIS layer style (.qml): a paletted raster renderer on band 1.

The elements are those that QGIS 3.22 saves and loads (QgsPalettedRasterRenderer::writeXml,
https://github.com/qgis/QGIS/blob/release-3_22/src/core/raster/qgspalettedrasterrenderer.cpp).
Pixels with other values stay transparent.
"""

from __future__ import annotations

from pathlib import Path
from typing import Tuple

from ..color import hex_of
from ..ecd.content import Ecd
from ..findings import Finding
from ..progress import Listener
from .earlier_xml import holds_no_more
from .legend import Legend, legend_of
from .xml_text import Element, child, root_element, said_of, write_xml, xml_text

ENDINGS = (".qml",)
_VERSION = "3.22.0"
# Every style that QGIS saves begins with it; nobody fetches it.
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a style with nothing in it but a palette; QGIS itself saves more."""
    return holds_no_more(path, _style(legend_of(ecd, "qml")))


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the style to `target`."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "qml")
    write_xml(_style(legend), target, doctype=_DOCTYPE)
    return (*legend.findings, *said_of(ecd, (row.name for row in legend.rows)))


def _style(legend: Legend) -> Element:
    root = root_element("qgis", version=_VERSION, styleCategories="Symbology")
    pipe = child(root, "pipe")
    renderer = child(
        pipe, "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1",
        nodataColor="",
    )  # fmt: skip
    palette = child(renderer, "colorPalette")
    for row in legend.rows:
        child(
            palette, "paletteEntry", value=str(row.value), color=hex_of(row.color),
            alpha="255", label=xml_text(row.name),
        )  # fmt: skip
    child(root, "blendMode", "0")
    return root
