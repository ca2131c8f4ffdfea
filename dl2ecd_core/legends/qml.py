"""QGIS styles (.qml), layer definitions (.qlr) and projects (.qgs) with a raster of classes.

Paletted, or pseudocolor with exact values:
https://github.com/qgis/QGIS/blob/release-3_22/src/core/raster/qgspalettedrasterrenderer.cpp and
qgscolorrampshader.cpp (there ``colorRampType="EXACT"``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import List

from ..findings.wording import counted, listed
from ..wire.xml import Element
from .candidate import Candidate
from .entries import Entries
from .xml_elements import elements_of, root_name

_KIND = "QGIS style"
_LAYERS = ("maplayer", "qgis", "qlr")
_SHADERS = {
    "INTERPOLATED": "its colors are shades between its values (interpolation 'Linear')",
    "DISCRETE": "each of its colors goes for all values up to its own (interpolation 'Discrete')",
}


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is QGIS's."""
    return root_name(candidate.start) in ("qgis", "qlr")


@dataclass
class _Layer:
    """What was read of a layer."""

    name: str = ""
    paletted: Entries = field(default_factory=lambda: Entries(_KIND))
    exact: Entries = field(default_factory=lambda: Entries(_KIND))
    shader: str = ""

    def take(self, element: Element) -> None:
        """An element inside the layer that ended."""
        if element.tag == "layername":
            self.name = element.text
        elif element.tag == "paletteEntry":
            label = element.get("label") or None
            self.paletted.add_written(element.get("value"), label, element.get("color"))
        elif element.tag == "item" and element.parent == "colorrampshader":
            label = element.get("label") or None
            self.exact.add_written(element.get("value"), label, element.get("color"))
        elif element.tag == "colorrampshader":
            self.shader = element.get("colorRampType") or "INTERPOLATED"

    @property
    def entries(self) -> Entries:
        """Its classes; none when its colors are no single values'."""
        return self.paletted or (self.exact if self.shader == "EXACT" else Entries(_KIND))


def read(candidate: Candidate) -> Entries:
    """The classes of the only layer that has them."""
    layers = _layers(candidate)
    found = [layer for layer in layers if layer.entries]
    if len(found) > 1:
        raise candidate.no_classes(
            _KIND,
            f"has {len(found)} rasters with classes: {listed(map(_described, found))}.",
            "Save the style of the one layer that is meant: Layer Properties, Style, Save Style.",
        )
    if found:
        return found[0].entries
    shaders = [layer.shader for layer in layers if layer.shader]
    if shaders:
        raise candidate.no_classes(
            _KIND,
            f"lists no values of a raster: {_SHADERS.get(shaders[0], _SHADERS['INTERPOLATED'])}.",
            "Choose 'Paletted/Unique values' in QGIS and save the style again.",
        )
    raise candidate.no_classes(
        _KIND,
        "lists no values of a raster: it is neither 'Paletted/Unique values' nor exact "
        "pseudocolor.",
        "Give the style of the classified raster.",
    )


def _layers(candidate: Candidate) -> List[_Layer]:
    layers: List[_Layer] = []
    layer = _Layer()
    for element in elements_of(candidate):
        layer.take(element)
        if element.tag in _LAYERS:
            layers.append(layer)
            layer = _Layer()
    return layers


def _described(layer: _Layer) -> str:
    count = counted(len(layer.entries.classes), "class", "classes")
    first = layer.entries.classes[0] if layer.entries.classes else None
    return f"{layer.name or (first.name if first else '') or 'without a name'} ({count})"
