"""The Processing provider."""

from __future__ import annotations

from typing import Any, List

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ...help.text import TOOLBOX
from ...version import __version__
from .. import PLUGIN
from .algorithm import ICON
from .definitions import DeepLearningModelToEcd, ExportEcd, InspectModel, VerifyEcd
from .imagery import ClassifyRaster, DetectObjects

ALGORITHMS: List[type] = [
    DeepLearningModelToEcd,
    InspectModel,
    VerifyEcd,
    ExportEcd,
    ClassifyRaster,
    DetectObjects,
]


class Provider(QgsProcessingProvider):
    """Deep Learning Tools."""

    def id(self) -> str:
        return PLUGIN

    def name(self) -> str:
        return TOOLBOX.label

    def longName(self) -> str:
        return f"{TOOLBOX.label} (dl2ecd {__version__})"

    def versionInfo(self) -> str:
        return __version__

    def icon(self) -> Any:
        return QIcon(ICON)

    def svgIconPath(self) -> str:
        return ICON

    def supportedOutputRasterLayerExtensions(self) -> Any:
        return ["tif", "tiff"]

    def supportedOutputVectorLayerExtensions(self) -> Any:
        return ["gpkg", "geojson"]

    def loadAlgorithms(self) -> None:
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm())
