"""QGIS layer style (.qml) for objects: an outline and a light fill for each class.

The elements are those that QGIS 3.22 saves and loads (QgsCategorizedSymbolRenderer::save,
https://github.com/qgis/QGIS/blob/release-3_22/src/core/symbology/qgscategorizedsymbolrenderer.cpp).
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Sequence, Tuple

from ...exports.legend import LegendRow
from ...exports.xml_text import Element, child, root_element, write_xml, xml_text
from ...files.replacing import OutputKind
from .layer import VALUE

_VERSION = "3.22.0"
_DOCTYPE = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>"
#: QGIS keeps no attribute that it does not know: what a person changed and saved is not ours.
_OURS = 'madeBy="dl2ecd"'
#: Of 255: how much of the scene the fill covers.
_FILL = 48


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        return _OURS.encode() in file.read(1024)


STYLE = OutputKind("style of dl2ecd", (".qml",), _is_ours)


def write_style(target: Path, legend: Sequence[LegendRow], *, points: bool = False) -> None:
    """Write a style that tells classes apart by the field of their values."""
    write_xml(_style(legend, points=points), target, doctype=_DOCTYPE)


def _style(legend: Sequence[LegendRow], *, points: bool) -> Element:
    root = root_element("qgis", version=_VERSION, styleCategories="Symbology", madeBy="dl2ecd")
    renderer = child(
        root, "renderer-v2", type="categorizedSymbol", attr=VALUE, symbollevels="0",
        enableorderby="0", forceraster="0",
    )  # fmt: skip
    categories = child(renderer, "categories")
    symbols = child(renderer, "symbols")
    for place, row in enumerate(legend):
        child(
            categories, "category", value=str(row.value), symbol=str(place),
            label=xml_text(row.name), render="true", type="long",
        )  # fmt: skip
        symbol = child(
            symbols, "symbol", name=str(place), type="marker" if points else "fill", alpha="1",
            clip_to_extent="1", force_rhr="0",
        )  # fmt: skip
        layer = child(
            symbol, "layer", enabled="1", locked="0",
            **{"class": "SimpleMarker" if points else "SimpleFill", "pass": "0"},
        )  # fmt: skip
        color = ",".join(map(str, row.color))
        for key, value in _marker(color) if points else _fill(color):
            child(layer, "prop", k=key, v=value)
    child(root, "blendMode", "0")
    child(root, "layerGeometryType", "0" if points else "2")
    return root


def _fill(color: str) -> Iterator[Tuple[str, str]]:
    yield "color", f"{color},{_FILL}"
    yield "outline_color", f"{color},255"
    yield "outline_style", "solid"
    yield "outline_width", "0.46"
    yield "outline_width_unit", "MM"
    yield "style", "solid"


def _marker(color: str) -> Iterator[Tuple[str, str]]:
    yield "color", f"{color},255"
    yield "name", "circle"
    yield "outline_color", "35,35,35,255"
    yield "outline_style", "solid"
    yield "size", "2.5"
    yield "size_unit", "MM"
