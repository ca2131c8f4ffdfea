"""Names and colors of classes on layers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qgis.core import QgsProcessingException


def style_layer(layer: Any, style: Path) -> str:
    """Load a style onto a layer; what to say of it.

    Raises
    ------
    QgsProcessingException
        When QGIS does not take it.
    """
    message, loaded = layer.loadNamedStyle(str(style))
    if not loaded:
        raise QgsProcessingException(f"The layer could not be styled: {message}")
    layer.triggerRepaint()
    return f"Styled: {layer.name()}"
