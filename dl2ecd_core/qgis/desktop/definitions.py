"""The algorithms around classifier definitions."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from qgis.core import (
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterEnum,
    QgsProcessingParameterRasterLayer,
)

from ...exports import FORMATS, usual_ending
from ...help.further_tools import EXPORT, INSPECT, VERIFY
from ...help.text import CONVERT
from .algorithm import ANY_FILE, TEMPORARY, Algorithm, given_path
from .styling import style_layer

_MODEL, _INFO, _ECD = (item.name for item in CONVERT.parameters)
_DEFINITION = VERIFY.parameters[0].name


class DeepLearningModelToEcd(Algorithm):
    """The main job."""

    help = CONVERT
    words = "cntk tensorflow onnx convert"

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file(_MODEL)
        self.add_file(_INFO, "json")
        self.add_output(_ECD, "Esri classifier definition (*.ecd)")

    def checkParameterValues(self, parameters: Any, context: Any) -> Tuple[bool, str]:
        sound, text = super().checkParameterValues(parameters, context)
        if not sound:
            return sound, text
        from ..checking import conversion_problem

        problem = conversion_problem(
            self.parameterAsFile(parameters, _MODEL, context),
            self.parameterAsFile(parameters, _INFO, context),
            given_path(parameters.get(_ECD)),
        )
        return problem is None, problem or ""

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import convert_model

        ecd = self.parameterAsFileOutput(parameters, _ECD, context)
        convert_model(
            self.parameterAsFile(parameters, _MODEL, context),
            self.parameterAsFile(parameters, _INFO, context),
            ecd,
            feedback,
        )
        return {_ECD: ecd}


class InspectModel(Algorithm):
    """What a model file says about itself."""

    help = INSPECT
    words = "inspect information"

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file(_MODEL)
        self.add_output("out_report", "JSON (*.json)", optional=True)
        self.addOutput(QgsProcessingOutputString("FORMAT", "Format"))
        self.addOutput(QgsProcessingOutputString("FRAMEWORK", "Framework"))
        self.addOutput(QgsProcessingOutputNumber("BANDS", "Number of bands"))
        self.addOutput(QgsProcessingOutputNumber("CLASSES", "Number of classes"))

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import inspect

        report = self.parameterAsFileOutput(parameters, "out_report", context)
        known = inspect(self.parameterAsFile(parameters, _MODEL, context), report, feedback)
        return {**known, **({"out_report": report} if report else {})}


class VerifyEcd(Algorithm):
    """Whether an .ecd is still what it was made as."""

    help = VERIFY
    words = "verify check digest"

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file(_DEFINITION, "ecd")

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import verify

        verify(self.parameterAsFile(parameters, _DEFINITION, context), feedback)
        return {}


class ExportEcd(Algorithm):
    """An .ecd's content on a layer or in another format."""

    help = EXPORT
    words = "export style legend qml sld emd stac"

    def __init__(self) -> None:
        super().__init__()
        self._layer: Any = None
        self._style: Optional[Path] = None
        self._folder: Optional[tempfile.TemporaryDirectory[str]] = None

    def initAlgorithm(self, configuration: Any = None) -> None:
        self.add_file(_DEFINITION, "ecd")
        self.add(
            QgsProcessingParameterRasterLayer("layer", self.described("layer").label, None, True)
        )
        formats = QgsProcessingParameterEnum(
            "format", self.described("format").label, list(FORMATS), False, "qml", False, True
        )
        self.add(formats)
        self.add_output("out_file", ANY_FILE, optional=True)

    def checkParameterValues(self, parameters: Any, context: Any) -> Tuple[bool, str]:
        sound, text = super().checkParameterValues(parameters, context)
        if sound and not (parameters.get("layer") or parameters.get("out_file")):
            return False, "Give a layer to style, an output file, or both."
        return sound, text

    def prepareAlgorithm(self, parameters: Any, context: Any, feedback: Any) -> bool:
        # A layer is only to be touched in the thread that it belongs to: here and at the end.
        self._layer = self.parameterAsRasterLayer(parameters, "layer", context)
        return True

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        from ..work import export_ecd, style_file

        format_name = self.parameterAsEnumString(parameters, "format", context)
        out = self.parameterAsFileOutput(parameters, "out_file", context)
        if parameters.get("out_file") == TEMPORARY:
            # QGIS does not know what ending the format wants.
            out = str(Path(out).with_suffix(usual_ending(format_name)))
        content, written = export_ecd(
            self.parameterAsFile(parameters, _DEFINITION, context), format_name, out, feedback
        )
        if self._layer is not None:
            self._folder = tempfile.TemporaryDirectory(prefix="dl2ecd-")
            self._style = style_file(content, Path(self._folder.name))
        return {"out_file": written} if written else {}

    def postProcessAlgorithm(self, context: Any, feedback: Any) -> Dict[str, object]:
        if self._style is not None and self._folder is not None:
            feedback.pushInfo(style_layer(self._layer, self._style))
            self._folder.cleanup()
        return {}
