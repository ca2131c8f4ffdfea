"""OGC Styled Layer Descriptor 1.0.0: a RasterSymbolizer whose ColorMap lists the values.

https://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd
``type="values"`` on the ColorMap is not in that schema: GeoServer introduced it and QGIS writes it
(https://docs.geoserver.org/stable/en/user/styling/sld/reference/rastersymbolizer.html#colormap).
Without it a reader shades between the listed values, and other values get colors of no class.
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

ENDINGS = (".sld",)
_NAMESPACE = "http://www.opengis.net/sld"


def is_earlier(path: Path, ecd: Ecd) -> bool:
    """Whether a file is a descriptor of one color map, with nothing beside it."""
    return holds_no_more(path, _descriptor(legend_of(ecd, "sld")))


def write(ecd: Ecd, target: Path, listener: Listener, *, overwrite: bool) -> Tuple[Finding, ...]:
    """Write the descriptor to `target`."""
    del listener, overwrite  # Over in an instant; nothing lies beside it.
    legend = legend_of(ecd, "sld")
    write_xml(_descriptor(legend), target)
    return (*legend.findings, *said_of(ecd, (row.name for row in legend.rows)))


def _descriptor(legend: Legend) -> Element:
    title = xml_text(legend.title)
    root = root_element(
        f"{{{_NAMESPACE}}}StyledLayerDescriptor", prefixes={None: _NAMESPACE}, version="1.0.0"
    )
    layer = _child(root, "NamedLayer")
    _child(layer, "Name", title)
    style = _child(layer, "UserStyle")
    _child(style, "Name", title)
    _child(style, "Title", title)
    symbolizer = _child(_child(_child(style, "FeatureTypeStyle"), "Rule"), "RasterSymbolizer")
    _child(symbolizer, "Opacity", "1")
    gray = _child(_child(symbolizer, "ChannelSelection"), "GrayChannel")
    _child(gray, "SourceChannelName", "1")
    colors = _child(symbolizer, "ColorMap", type="values")
    for row in legend.rows:
        _child(
            colors, "ColorMapEntry", color=hex_of(row.color), quantity=str(row.value),
            label=xml_text(row.name), opacity="1",
        )  # fmt: skip
    return root


def _child(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    return child(parent, f"{{{_NAMESPACE}}}{tag}", text or None, **attributes)
