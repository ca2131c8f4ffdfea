"""ArcGIS Pro layer files (.lyrx): the classes of a raster layer with unique values.

https://github.com/Esri/cim-spec (docs/v3/CIMImageLayers.md, CIMRasterUniqueValueColorizer)
"""

from __future__ import annotations

from typing import Any, Iterator, Mapping, Optional

from ..findings import errors_in, in_order
from ..findings.errors import Dl2EcdError
from ..findings.wording import quoted
from ..json_text import read_json
from .candidate import Candidate, Entries, color_of
from .description import Color

_SIGNATURE = '"CIMLayerDocument"'


def recognises(candidate: Candidate) -> bool:
    """Whether the type of the document is at its beginning, where ArcGIS Pro puts it."""
    return candidate.start.lstrip()[:1] == "{" and _SIGNATURE in candidate.start


def read(candidate: Candidate) -> Entries:
    """The classes of the first layer that has unique values."""
    text = read_json(candidate.path)
    if errors_in(text.findings):
        raise Dl2EcdError(in_order(text.findings))
    for layer in _objects(text.value, "layerDefinitions"):
        found = Entries("ArcGIS Pro layer file")
        colorizer = layer.get("colorizer")
        if _type(colorizer) != "CIMRasterUniqueValueColorizer":
            continue
        for group in _objects(colorizer, "groups"):
            for entry in _objects(group, "classes"):
                _take(entry, found)
        if found.classes or found.skipped:
            return found
    raise candidate.unknown(
        f"The layer file {quoted(candidate.name, 400)} has no raster layer with unique values."
    )


def _take(entry: Mapping[str, Any], found: Entries) -> None:
    label = entry.get("label")
    values = entry.get("values")
    for value in values if isinstance(values, list) else [None]:
        name = label if isinstance(label, str) and label else None
        found.add(value, name, _color(entry.get("color")))


def _objects(parent: Any, key: str) -> Iterator[Mapping[str, Any]]:
    listed = parent.get(key) if isinstance(parent, dict) else None
    for item in listed if isinstance(listed, list) else ():
        if isinstance(item, dict):
            yield item


def _type(value: Any) -> object:
    return value.get("type") if isinstance(value, dict) else None


def _color(value: Any) -> Optional[Color]:
    """Red, green and blue, which may be fractions; other color models are left to the palette."""
    channels = value.get("values") if _type(value) == "CIMRGBColor" else None
    if not isinstance(channels, list) or len(channels) < 3:
        return None
    return color_of(*(_rounded(channel) for channel in channels[:3]))


def _rounded(channel: object) -> object:
    return round(channel) if isinstance(channel, float) and 0 <= channel <= 255 else channel
