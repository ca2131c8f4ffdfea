"""The algorithms that run a model on a raster."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, ClassVar, Dict, List, Optional, Sequence, Tuple

from qgis.core import (
    QgsFeatureRequest,
    QgsProcessing,
    QgsProcessingException,
    QgsProcessingLayerPostProcessorInterface,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterEnum,
    QgsProcessingParameterExtent,
    QgsProcessingParameterFeatureSource,
    QgsProcessingParameterNumber,
    QgsProcessingParameterRasterDestination,
    QgsProcessingParameterRasterLayer,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorDestination,
    QgsProviderRegistry,
)

from ...help.qgis_run_tools import CLASSIFY, DETECT
from ...models.detectors.head import BoxCoding
from .algorithm import Algorithm, given_path
from .styling import style_layer

_DEFINITIONS = "Definitions (*.ecd *.emd *.dlpk);;All files (*.*)"
_DEVICES = ("cpu", "cuda", "auto")


class ImageryAlgorithm(Algorithm):
    """What running a model on a raster needs, whatever comes out."""

    group_name = "Image analysis"
    #: The output that is checked before a run.
    output: ClassVar[str]
    #: Libraries that are needed whatever the model is.
    needs: ClassVar[Sequence[str]] = ()

    def __init__(self) -> None:
        super().__init__()
        self._scene = ""
        self._extent: Optional[Tuple[float, float, float, float]] = None
        self._polygons: Optional[List[Any]] = None
        self._styles: List[LayerStyle] = []

    def label(self, name: str) -> str:
        """Of a parameter."""
        return self.described(name).label

    def add_inputs(self) -> None:
        """The raster, the definition, and what goes into the model."""
        self.add(QgsProcessingParameterRasterLayer("in_raster", self.label("in_raster")))
        self.add_file("in_model_definition", file_filter=_DEFINITIONS)
        for name in ("bands", "scaling"):
            self.add(QgsProcessingParameterString(name, self.label(name), "", False, True))

    def add_places(self) -> None:
        """Which part of the raster is wanted."""
        self.add(QgsProcessingParameterExtent("extent", self.label("extent"), None, True))
        polygons = [QgsProcessing.TypeVectorPolygon]
        self.add(
            QgsProcessingParameterFeatureSource("aoi", self.label("aoi"), polygons, None, True)
        )

    def add_choice(self, name: str, choices: Sequence[str], default: Optional[str] = None) -> None:
        """An advanced parameter of some words; one without a default may be left out."""
        self.add_advanced(
            QgsProcessingParameterEnum(
                name, self.label(name), list(choices), False, default, default is None, True
            )
        )

    def add_last(self) -> None:
        """What the model runs on, and what may be replaced."""
        self.add_choice("device", _DEVICES, "cpu")
        overwrite = QgsProcessingParameterBoolean("overwrite", self.label("overwrite"), False)
        self.add_advanced(overwrite)

    def checkParameterValues(self, parameters: Any, context: Any) -> Tuple[bool, str]:
        sound, text = super().checkParameterValues(parameters, context)
        if not sound:
            return sound, text
        from ..checking import definition_problem

        problem = definition_problem(
            self.parameterAsFile(parameters, "in_model_definition", context),
            given_path(parameters.get(self.output)),
            needs=self.needs,
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
        if parameters.get("aoi"):
            # A layer is only to be touched in the thread that it belongs to.
            source = self.parameterAsSource(parameters, "aoi", context)
            if source is None:
                raise QgsProcessingException(self.invalidSourceError(parameters, "aoi"))
            request = QgsFeatureRequest()
            request.setDestinationCrs(layer.crs(), context.transformContext())
            self._polygons = [
                json.loads(feature.geometry().asJson(17))
                for feature in source.getFeatures(request)
                if feature.hasGeometry()
            ]
        return True

    def area(self, folder: Path, library: Any) -> str:
        """A file of the area's polygons, in the raster's own words for its coordinate system."""
        if self._polygons is None:
            return ""
        document: Dict[str, Any] = {"type": "GeometryCollection", "geometries": self._polygons}
        with library.opened(self._scene) as source:
            crs = source.georeference.crs
        if crs is not None:
            document["crs"] = {"type": "name", "properties": {"name": crs}}
        path = folder / "area.geojson"
        path.write_text(json.dumps(document), encoding="utf-8")
        return str(path)

    def given(self, parameters: Any, name: str, context: Any, read: Any) -> Any:
        """A number; None where it was left out."""
        return None if parameters.get(name) is None else read(parameters, name, context)

    def word(self, parameters: Any, name: str, context: Any) -> Optional[str]:
        """One of some words; None where it was left out."""
        return self.parameterAsEnumString(parameters, name, context) or None

    def postProcessAlgorithm(self, context: Any, feedback: Any) -> Dict[str, object]:
        for style in self._styles:
            style.hand_over(context)
        return {}


class ClassifyRaster(ImageryAlgorithm):
    """Every pixel gets a class."""

    help = CLASSIFY
    words = "classify segmentation land cover raster onnx inference"
    output = "out_classified_raster"

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_inputs()
        self.add_places()
        nodata = QgsProcessingParameterNumber("nodata", self.label("nodata"), optional=True)
        self.add_advanced(nodata)
        self.add_advanced(
            QgsProcessingParameterNumber(
                "threshold",
                self.label("threshold"),
                QgsProcessingParameterNumber.Double,
                optional=True,
                minValue=0,
                maxValue=1,
            )
        )
        self.add_last()
        for name, optional in ((self.output, False), ("out_probabilities", True)):
            self.add(
                QgsProcessingParameterRasterDestination(
                    name, self.label(name), None, optional, not optional
                )
            )

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import Wanted, classify_scene, style_file
        from .gdal_library import GdalLibrary

        raster = self.parameterAsOutputLayer(parameters, self.output, context)
        shares = self.parameterAsOutputLayer(parameters, "out_probabilities", context)
        definition = self.parameterAsFile(parameters, "in_model_definition", context)
        library = GdalLibrary()
        with tempfile.TemporaryDirectory(prefix="dl2ecd-") as folder:
            wanted = Wanted(
                self.parameterAsString(parameters, "bands", context),
                self.parameterAsString(parameters, "scaling", context),
                self._extent,
                self.area(Path(folder), library),
                self.word(parameters, "device", context) or _DEVICES[0],
                self.given(parameters, "nodata", context, self.parameterAsInt),
                self.given(parameters, "threshold", context, self.parameterAsDouble),
                shares,
                self.parameterAsBool(parameters, "overwrite", context),
            )
            content = classify_scene(self._scene, definition, raster, wanted, feedback, library)
        styles = tempfile.TemporaryDirectory(prefix="dl2ecd-")
        style = style_file(content, Path(styles.name))
        self._styles.append(LayerStyle(raster, style, styles))
        results: Dict[str, object] = {self.output: raster}
        return {**results, "out_probabilities": shares} if shares else results


class DetectObjects(ImageryAlgorithm):
    """Objects become polygons."""

    help = DETECT
    words = "detect objects yolo detr trees cars buildings vector onnx inference"
    output = "out_detected_objects"
    needs = ("shapely",)

    def initAlgorithm(self, configuration: Any = None) -> None:
        from ...running.objects.detector import IOU, SCORE
        from ...running.objects.reading import ACTIVATIONS, BACKGROUNDS, HEADS, MASKS, UNITS

        def share(name: str, default: float) -> Any:
            double = QgsProcessingParameterNumber.Double
            return QgsProcessingParameterNumber(
                name, self.label(name), double, default, False, 0, 1
            )

        self.add_inputs()
        self.add(share("score", SCORE))
        self.add(QgsProcessingParameterString("classes", self.label("classes"), "", False, True))
        self.add_places()
        self.add_advanced(share("iou", IOU))
        self.add_advanced(
            QgsProcessingParameterNumber(
                "overlap", self.label("overlap"), optional=True, minValue=0
            )
        )
        for name, choices in (
            ("head", tuple(HEADS)),
            ("boxes", tuple(coding.value for coding in BoxCoding)),
            ("units", tuple(UNITS)),
            ("first_label", ("0", "1")),
            ("activation", ACTIVATIONS),
            ("background", BACKGROUNDS),
            ("masks", MASKS),
        ):
            self.add_choice(name, choices)
        self.add_last()
        polygons = QgsProcessing.TypeVectorPolygon
        self.add(
            QgsProcessingParameterVectorDestination(self.output, self.label(self.output), polygons)
        )

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ...running.objects.reading import AskedReading
        from ..work import WantedObjects, detect_scene
        from .gdal_library import GdalLibrary
        from .ogr_library import OgrLibrary

        def word(name: str) -> Optional[str]:
            return self.word(parameters, name, context)

        first = word("first_label")
        layer = self.parameterAsOutputLayer(parameters, self.output, context)
        definition = self.parameterAsFile(parameters, "in_model_definition", context)
        library = GdalLibrary()
        with tempfile.TemporaryDirectory(prefix="dl2ecd-") as folder:
            wanted = WantedObjects(
                self.parameterAsString(parameters, "bands", context),
                self.parameterAsString(parameters, "scaling", context),
                self._extent,
                self.area(Path(folder), library),
                word("device") or _DEVICES[0],
                self.parameterAsDouble(parameters, "score", context),
                self.parameterAsDouble(parameters, "iou", context),
                self.parameterAsString(parameters, "classes", context),
                self.given(parameters, "overlap", context, self.parameterAsInt),
                AskedReading(
                    word("head"),
                    word("boxes"),
                    word("units"),
                    None if first is None else int(first),
                    word("activation"),
                    word("background"),
                    word("masks"),
                ),
                self.parameterAsBool(parameters, "overwrite", context),
            )
            layers = OgrLibrary()
            style = detect_scene(self._scene, definition, layer, wanted, feedback, library, layers)
        self._styles.append(LayerStyle(layer, style))
        return {self.output: layer}


class LayerStyle(QgsProcessingLayerPostProcessorInterface):
    """Styles a layer once it is loaded.

    Parameters
    ----------
    layer
        Its path.
    style
        The style's.
    folder
        Where the style lies for so long, unless it is to stay.
    """

    #: QGIS keeps no reference of its own.
    waiting: List[LayerStyle] = []

    def __init__(
        self, layer: str, style: Path, folder: Optional[tempfile.TemporaryDirectory[str]] = None
    ) -> None:
        super().__init__()
        self._layer, self._style, self._folder = layer, style, folder

    def hand_over(self, context: Any) -> None:
        """Let QGIS call this when it loads the layer, if it does."""
        if context.willLoadLayerOnCompletion(self._layer):
            self.waiting.append(self)
            context.layerToLoadOnCompletionDetails(self._layer).setPostProcessor(self)
        else:
            self._tidy()

    def postProcessLayer(self, layer: Any, context: Any, feedback: Any) -> None:
        """Called in the main thread."""
        feedback.pushInfo(style_layer(layer, self._style))
        self._tidy()
        self.waiting.remove(self)

    def _tidy(self) -> None:
        if self._folder is not None:
            self._folder.cleanup()


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
