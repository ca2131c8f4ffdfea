"""OGC styled layer descriptors (.sld): the ColorMap of a RasterSymbolizer that lists values.

https://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd, and GeoServer's ``type``:
https://docs.geoserver.org/stable/en/user/styling/sld/reference/rastersymbolizer.html#colormap
Without a type the colors are a ramp, there and in the standard.
"""

from __future__ import annotations

from typing import List

from ..findings.wording import counted
from .candidate import Candidate
from .entries import Entries
from .xml_elements import elements_of, root_name

_KIND = "styled layer descriptor"
_OTHERS = {
    "intervals": "each of its colors goes for all values below its quantity (type 'intervals')",
    "ramp": "its colors are shades between its quantities (type 'ramp')",
    "Categorize": "each of its colors goes for all values up to a threshold (Categorize)",
    "Interpolate": "its colors are shades between its values (Interpolate)",
}


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is SLD's."""
    return root_name(candidate.start) in ("StyledLayerDescriptor", "FeatureTypeStyle", "ColorMap")


def read(candidate: Candidate) -> Entries:
    """The entries of the only ColorMap whose entries are values."""
    found = Entries(_KIND)
    whole: List[Entries] = []
    other = ""
    for element in elements_of(candidate, frozenset(_OTHERS)):
        if element.begins:
            other = other or element.tag
        elif element.tag == "ColorMapEntry":
            label = element.get("label") or None
            found.add_written(element.get("quantity"), label, element.get("color"))
        elif element.tag == "ColorMap":
            kind = element.get("type") or "ramp"
            if kind == "values" and found:
                whole.append(found)
            elif found:
                other = other or kind
            found = Entries(_KIND)
    if len(whole) > 1:
        counts = ", ".join(counted(len(one.classes), "value") for one in whole)
        raise candidate.no_classes(
            _KIND,
            f"has {len(whole)} color maps of type 'values' ({counts}).",
            "Save the style of the one layer that is meant.",
        )
    if whole:
        return whole[0]
    if other:
        raise candidate.no_classes(
            _KIND,
            f"has no ColorMap of type 'values': {_OTHERS.get(other, _OTHERS['ramp'])}, so its "
            "quantities are no class values.",
            "Give the layer unique values (QGIS: Paletted/Unique values) and save its style again.",
        )
    raise candidate.no_classes(
        _KIND,
        "has no ColorMap: it is a style for vectors or for images.",
        "Give the style of the classified raster.",
    )
