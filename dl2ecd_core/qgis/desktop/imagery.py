"""The algorithms that run a model on a raster."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

from qgis.core import (
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterExtent,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProviderRegistry,
)

from ...help.further_tools import CLASSIFY
from .algorithm import Algorithm, given_path
from .styling import style_raster

_DEFINITIONS = "Definitions (*.ecd *.emd *.dlpk);;All files (*.*)"


class ClassifyRaster(Algorithm):
    """Every pixel gets a class."""

    help = CLASSIFY
    group_name = "Image analysis"
    words = "classify segmentation land cover raster onnx inference"

    def __init__(self) -> None:
        super().__init__()
        self._scene = ""
        self._extent: Optional[Tuple[float, float, float, float]] = None
        self._styles: List[MapStyle] = []

    def initAlgorithm(self, configuration: Any = None) -> None:
        def label(name: str) -> str:
            return self.described(name).label

        self.add(QgsProcessingParameterRasterLayer("in_raster", label("in_raster")))
        self.add_file("in_model_definition", file_filter=_DEFINITIONS)
        for name in ("bands", "scaling"):
            self.add(QgsProcessingParameterString(name, label(name), "", False, True))
        self.add(QgsProcessingParameterExtent("extent", label("extent"), None, True))
        self.add_advanced(QgsProcessingParameterNumber("nodata", label("nodata"), optional=True))
        self.add_advanced(
            QgsProcessingParameterNumber(
                "threshold",
                label("threshold"),
                QgsProcessingParameterNumber.Double,
                optional=True,
                minValue=0,
                maxValue=1,
            )
        )
        self.add_advanced(QgsProcessingParameterBoolean("overwrite", label("overwrite"), False))
        for name, optional in (("out_classified_raster", False), ("out_probabilities", True)):
            self.add(
                QgsProcessingParameterRasterDestination(
                    name, label(name), None, optional, not optional
                )
            )

    def checkParameterValues(self, parameters: Any, context: Any) -> Tuple[bool, str]:
        sound, text = super().checkParameterValues(parameters, context)
        if not sound:
            return sound, text
        from ..checking import definition_problem

        problem = definition_problem(
            self.parameterAsFile(parameters, "in_model_definition", context),
            given_path(parameters.get("out_classified_raster")),
        )
        return problem is None, problem or ""

    def prepareAlgorithm(self, parameters: Any, context: Any, feedback: Any) -> bool:
        layer = self.parameterAsRasterLayer(parameters, "in_raster", context)
        if layer is None:
            raise QgsProcessingException(self.invalidRasterError(parameters, "in_raster"))
        self._scene = file_of(layer)
        rectangle = self.parameterAsExtent(parameters, "extent", context, layer.crs())
        if not rectangle.isNull():
            self._extent = (
                rectangle.xMinimum(),
                rectangle.yMinimum(),
                rectangle.xMaximum(),
                rectangle.yMaximum(),
            )
        return True

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import Wanted, classify_scene, style_file
        from .gdal_library import GdalLibrary

        def number(name: str, read: Any) -> Any:
            return None if parameters.get(name) is None else read(parameters, name, context)

        raster = self.parameterAsOutputLayer(parameters, "out_classified_raster", context)
        shares = self.parameterAsOutputLayer(parameters, "out_probabilities", context)
        wanted = Wanted(
            self.parameterAsString(parameters, "bands", context),
            self.parameterAsString(parameters, "scaling", context),
            self._extent,
            number("nodata", self.parameterAsInt),
            number("threshold", self.parameterAsDouble),
            shares,
            self.parameterAsBool(parameters, "overwrite", context),
        )
        definition = self.parameterAsFile(parameters, "in_model_definition", context)
        content = classify_scene(self._scene, definition, raster, wanted, feedback, GdalLibrary())
        folder = tempfile.TemporaryDirectory(prefix="dl2ecd-")
        self._styles.append(MapStyle(raster, folder, style_file(content, Path(folder.name))))
        results: Dict[str, object] = {"out_classified_raster": raster}
        return {**results, "out_probabilities": shares} if shares else results

    def postProcessAlgorithm(self, context: Any, feedback: Any) -> Dict[str, object]:
        for style in self._styles:
            style.hand_over(context)
        return {}


class MapStyle(QgsProcessingLayerPostProcessorInterface):
    """Styles a map once it is loaded.

    Parameters
    ----------
    raster
        The map.
    folder
        Where its style lies for so long.
    """

    #: QGIS keeps no reference of its own.
    waiting: List[MapStyle] = []

    def __init__(self, raster: str, folder: tempfile.TemporaryDirectory[str], style: Path) -> None:
        super().__init__()
        self._raster, self._folder, self._style = raster, folder, style

    def hand_over(self, context: Any) -> None:
        """Let QGIS call this when it loads the map, if it does."""
        if context.willLoadLayerOnCompletion(self._raster):
            self.waiting.append(self)
            context.layerToLoadOnCompletionDetails(self._raster).setPostProcessor(self)
        else:
            self._folder.cleanup()

    def postProcessLayer(self, layer: Any, context: Any, feedback: Any) -> None:
        """Called in the main thread."""
        feedback.pushInfo(style_raster(layer, self._style))
        self._folder.cleanup()
        self.waiting.remove(self)


def file_of(layer: Any) -> str:
    """What GDAL opens as this layer.

    Raises
    ------
    QgsProcessingException
        When the layer is no file of pixels.
    """
    provider = layer.dataProvider().name()
    if provider != "gdal":
        raise QgsProcessingException(
            f"The layer '{layer.name()}' is no raster file ({provider}): save it as a GeoTIFF "
            "first (Layer > Save As), as raw data."
        )
    parts = QgsProviderRegistry.instance().decodeUri(provider, layer.source())
    if parts.get("layerName"):
        return f"GPKG:{parts['path']}:{parts['layerName']}"
    return str(parts["path"])
