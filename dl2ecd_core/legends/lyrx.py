"""ArcGIS Pro layer files (.lyrx): the classes of a layer with unique values or a color map.

https://github.com/Esri/cim-spec (docs/v3/CIMImageLayers.md, CIMRenderers.md, CIMColor.md): RGB and
gray go from 0 to 255, hue to 360, the rest to 100.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterator, List, Mapping, Optional

from ..color import Color, from_channels, from_cmyk, from_hsl, from_hsv, number_from
from ..findings.wording import counted, listed
from .candidate import Candidate
from .entries import Entries, whole
from .json_documents import document_of

_KIND = "ArcGIS Pro layer file"
_SIGNATURE = '"CIMLayerDocument"'
_OTHERS = {
    "CIMRasterClassifyColorizer": "its colors go for ranges of values (Classify)",
    "CIMRasterClassBreaksColorizer": "its colors go for ranges of values (class breaks)",
    "CIMClassBreaksRenderer": "its colors go for ranges of values (class breaks)",
    "CIMRasterStretchColorizer": "its colors are shades (Stretch)",
    "CIMRasterDiscreteColorColorizer": "its colors are dealt out anew for each value (Discrete)",
    "CIMRasterRGBColorizer": "it shows an image in its own colors (RGB)",
    "CIMSimpleRenderer": "it has one symbol for everything",
}
_MOST_DEEP = 10


def recognises(candidate: Candidate) -> bool:
    """Whether the type of the document is at its beginning, where ArcGIS Pro puts it."""
    return candidate.start.lstrip()[:1] == "{" and _SIGNATURE in candidate.start


@dataclass
class _Layer:
    """A layer and its classes."""

    name: str
    kind: str
    entries: Entries = field(default_factory=lambda: Entries(_KIND))


def read(candidate: Candidate) -> Entries:
    """The classes of the only layer that has them."""
    document = document_of(candidate)
    layers = [
        _layer(definition)
        for definition in _objects(document, "layerDefinitions")
        if isinstance(definition.get("colorizer", definition.get("renderer")), dict)
    ]
    found = [layer for layer in layers if layer.entries]
    if len(found) > 1:
        raise candidate.no_classes(
            _KIND,
            f"has {len(found)} layers with classes: {listed(map(_described, found))}.",
            "Save the one layer that is meant as a layer file of its own.",
        )
    if found and found[0].entries.classes:
        return found[0].entries
    if found:
        raise candidate.no_classes(
            _KIND,
            f"has unique values that are texts ({listed(found[0].entries.skipped, most=3)}): the "
            "layer does not say which pixel values they stand for.",
            "Choose the field Value in the layer's symbology, or give the raster's attribute table "
            "(.vat.dbf, .aux.xml).",
        )
    others = [_OTHERS[layer.kind] for layer in layers if layer.kind in _OTHERS]
    why = f": {others[0]}" if others else ""
    raise candidate.no_classes(
        _KIND,
        f"has no raster layer with unique values or a color map{why}.",
        "Choose Unique Values in the layer's symbology and save the layer file again.",
    )


def _layer(definition: Mapping[str, Any]) -> _Layer:
    colorizer = definition.get("colorizer", definition.get("renderer"))
    kind = _type(colorizer)
    layer = _Layer(str(definition.get("name") or ""), kind)
    if kind in ("CIMRasterUniqueValueColorizer", "CIMUniqueValueRenderer"):
        for group in _objects(colorizer, "groups"):
            for entry in _objects(group, "classes"):
                _take(entry, layer.entries)
    elif kind == "CIMRasterColorMapColorizer":
        _take_color_map(colorizer, layer.entries)
    return layer


def _take(entry: Mapping[str, Any], found: Entries) -> None:
    """A class, which may stand for several values."""
    label = entry.get("label")
    name = label if isinstance(label, str) and label else None
    shown = entry.get("color", entry.get("symbol"))
    values = entry.get("values")
    for value in values if isinstance(values, list) and values else [None]:
        if isinstance(value, dict):
            fields = value.get("fieldValues")
            value = fields[0] if isinstance(fields, list) and len(fields) == 1 else None
        _add(found, value, name, shown)


def _take_color_map(colorizer: Any, found: Entries) -> None:
    values, colors, labels = (_list(colorizer, key) for key in ("values", "colors", "labels"))
    for place, value in enumerate(values):
        label = labels[place] if place < len(labels) else None
        name = label if isinstance(label, str) and label.strip() else None
        # A label that only repeats the value is no name.
        if name is not None and whole(name) == whole(value):
            name = None
        _add(found, value, name, colors[place] if place < len(colors) else None)


def _add(found: Entries, value: object, name: Optional[str], shown: Any) -> None:
    written = _color_in(shown)
    color = None if written is None else _color(written)
    if written is not None and color is None:
        found.unread.append(_type(written) or "a color")
    found.add(value, name, color)


def _color_in(shown: Any, depth: int = 0) -> Optional[Mapping[str, Any]]:
    """The color itself, or that of the fill of a symbol."""
    if not isinstance(shown, dict) or depth > _MOST_DEEP:
        return None
    if _type(shown).endswith("Color"):
        return shown
    if "symbol" in shown:
        return _color_in(shown["symbol"], depth + 1)
    layers = list(_objects(shown, "symbolLayers"))
    for layer in sorted(layers, key=lambda one: "Fill" not in _type(one)):
        color = _color_in(layer.get("color"), depth + 1)
        if color is not None:
            return color
    return None


def _color(written: Mapping[str, Any]) -> Optional[Color]:
    """A color of any of the models that have one meaning."""
    numbers: List[float] = []
    for value in _list(written, "values"):
        number = number_from(value)
        if number is None:
            return None
        numbers.append(number)
    kind = _type(written)
    if kind == "CIMGrayColor" and numbers:
        return from_channels([numbers[0]] * 3, fractions=False)
    if kind == "CIMCMYKColor" and len(numbers) >= 4:
        return from_cmyk(*numbers[:4])
    if len(numbers) < 3:
        return None
    if kind == "CIMRGBColor":
        return from_channels(numbers[:3], fractions=False)
    if kind == "CIMHSVColor":
        return from_hsv(*numbers[:3])
    return from_hsl(*numbers[:3]) if kind == "CIMHSLColor" else None


def _list(parent: Any, key: str) -> List[Any]:
    listed_there = parent.get(key) if isinstance(parent, dict) else None
    return listed_there if isinstance(listed_there, list) else []


def _objects(parent: Any, key: str) -> Iterator[Mapping[str, Any]]:
    for item in _list(parent, key):
        if isinstance(item, dict):
            yield item


def _type(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else ""


def _described(layer: _Layer) -> str:
    count = counted(len(layer.entries.classes), "class", "classes")
    return f"{layer.name or 'without a name'} ({count})"
