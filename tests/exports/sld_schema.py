"""The published schema of OGC SLD 1.0.0, with stand-ins for what it imports and no export uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lxml import etree

_SCHEMA = Path(__file__).parent / "schemas" / "sld-1.0.0" / "StyledLayerDescriptor.xsd"
_XSD = "http://www.w3.org/2001/XMLSchema"
_STAND_INS = {
    "xlink.xsd": f"""
        <schema xmlns="{_XSD}" targetNamespace="http://www.w3.org/1999/xlink">
          <attributeGroup name="simpleAttrs"/>
        </schema>""",
    "filter.xsd": f"""
        <schema xmlns="{_XSD}" targetNamespace="http://www.opengis.net/ogc">
          <element name="Filter"/>
          <element name="PropertyName"/>
          <element name="expression"/>
        </schema>""",
}


class _StandIns(etree.Resolver):
    """Nothing is fetched."""

    def resolve(self, url: str, public_id: Any, context: Any) -> Any:
        name = url.rsplit("/", 1)[-1]
        if name in _STAND_INS:
            return self.resolve_string(_STAND_INS[name], context)
        return None


def sld_schema() -> Any:
    """The schema, ready to validate."""
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_StandIns())
    return etree.XMLSchema(etree.parse(str(_SCHEMA), parser))
