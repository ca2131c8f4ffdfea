"""The classes of a layer's symbology."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from qgis.core import QgsCategorizedSymbolRenderer, QgsRasterLayer, QgsVectorLayer

from ...findings.errors import Dl2EcdError
from ...legends import Legend, LegendClass, read_legend
from ..draft import category_value, unreadable_layer


def legend_of_layer(layer: Any) -> Legend:
    """Values, names and colors of a raster's or categorized vector layer's classes.

    Raises
    ------
    Dl2EcdError
        When its symbology has no single values.
    """
    if isinstance(layer, QgsVectorLayer) and isinstance(
        layer.renderer(), QgsCategorizedSymbolRenderer
    ):
        return _of_categories(layer)
    if not isinstance(layer, QgsRasterLayer):
        raise Dl2EcdError([unreadable_layer(layer.name())])
    with tempfile.TemporaryDirectory(prefix="dl2ecd-") as folder:
        style = str(Path(folder) / "layer.qml")
        layer.saveNamedStyle(style)
        try:
            return read_legend(style)
        except Dl2EcdError as error:
            raise Dl2EcdError([unreadable_layer(layer.name())]) from error


def _of_categories(layer: Any) -> Legend:
    classes = []
    for category in layer.renderer().categories():
        value = category_value(category.value())
        if value is not None:
            color = category.symbol().color()
            classes.append(
                LegendClass(
                    value, category.label() or None, (color.red(), color.green(), color.blue())
                )
            )
    if not classes:
        raise Dl2EcdError([unreadable_layer(layer.name())])
    return Legend(layer.name(), "layer", tuple(classes))
