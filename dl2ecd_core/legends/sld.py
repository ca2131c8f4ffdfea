"""OGC styled layer descriptors (.sld): the ColorMap of a RasterSymbolizer that lists values.

https://schemas.opengis.net/sld/1.0.0/StyledLayerDescriptor.xsd, and GeoServer's ``type``:
https://docs.geoserver.org/stable/en/user/styling/sld/reference/rastersymbolizer.html#colormap
"""

from __future__ import annotations

from ..findings.wording import quoted
from .candidate import Candidate, Entries
from .qml import color_from
from .xml_elements import finished_elements, root_name


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is SLD's."""
    return root_name(candidate.start) == "StyledLayerDescriptor"


def read(candidate: Candidate) -> Entries:
    """The entries of the first ColorMap whose entries are values."""
    found = Entries("styled layer descriptor")
    for path, element in finished_elements(candidate):
        if path[-1] == "ColorMapEntry":
            color = color_from(element.get("color"))
            found.add(element.get("quantity"), element.get("label") or None, color)
        elif path[-1] == "ColorMap":
            if element.get("type") == "values" and (found.classes or found.skipped):
                return found
            found = Entries(found.kind)
    raise candidate.unknown(
        f"{quoted(candidate.name, 400)} has no ColorMap of type 'values': its colors are shades, "
        "or for vectors."
    )
