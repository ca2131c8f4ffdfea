"""What all algorithms have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar, Dict

from qgis.core import (
    QgsProcessingAlgorithm,
    QgsProcessingException,
    QgsProcessingOutputLayerDefinition,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterFile,
    QgsProcessingParameterFileDestination,
)
from qgis.PyQt.QtGui import QIcon

from ...help.content import ParameterHelp, ToolHelp
from ..help_text import short_help
from ..reporting import Failure

#: Any file; QGIS takes the part before the semicolons for what it shows.
ANY_FILE = "All files (*.*)"

#: What QGIS gives where it is to choose a file itself.
TEMPORARY = "TEMPORARY_OUTPUT"

ICON = str(Path(__file__).parents[1] / "icon.svg")


class Algorithm(QgsProcessingAlgorithm):
    """An algorithm that gets its names and help from the one source of help.

    Subclasses name their help and group, declare parameters, and do their work in :meth:`run_it`,
    in whatever thread QGIS chose.
    """

    help: ClassVar[ToolHelp]
    group_name: ClassVar[str] = "Classifier definitions"
    words: ClassVar[str] = ""

    def name(self) -> str:
        return self.help.name.lower()

    def displayName(self) -> str:
        return self.help.label

    def group(self) -> str:
        return self.group_name

    def groupId(self) -> str:
        return self.group_name.lower().replace(" ", "")

    def tags(self) -> Any:
        return ["deep learning", "ecd", "classifier", "model", *self.words.split()]

    def shortHelpString(self) -> str:
        return short_help(self.help)

    def shortDescription(self) -> str:
        return str(self.help.summary[0]).partition(". ")[0].rstrip(".") + "."

    def icon(self) -> Any:
        return QIcon(ICON)

    def createInstance(self) -> Algorithm:
        return type(self)()

    def processAlgorithm(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        try:
            return self.run_it(parameters, context, feedback)
        except Failure as error:
            raise QgsProcessingException(str(error)) from None

    def run_it(self, parameters: Any, context: Any, feedback: Any) -> Dict[str, object]:
        """Do the work; the results by the names of the outputs."""
        raise NotImplementedError

    def add_file(self, name: str, extension: str = "", file_filter: str = "") -> None:
        """Declare an input file with the label that the help gives it."""
        parameter = QgsProcessingParameterFile(
            name, self.described(name).label, extension=extension, fileFilter=file_filter
        )
        self.add(parameter)

    def add_output(self, name: str, file_filter: str, *, optional: bool = False) -> None:
        """Declare an output file with the label that the help gives it."""
        parameter = QgsProcessingParameterFileDestination(
            name, self.described(name).label, file_filter, None, optional, not optional
        )
        self.add(parameter)

    def add_advanced(self, parameter: Any) -> None:
        """Declare a parameter that few people need."""
        # Under this name it is known in all versions.
        parameter.setFlags(parameter.flags() | QgsProcessingParameterDefinition.FlagAdvanced)
        self.add(parameter)

    def add(self, parameter: Any) -> None:
        described = self.described(parameter.name())
        parameter.setHelp(
            " ".join(block for block in described.in_dialog if isinstance(block, str))
        )
        self.addParameter(parameter)

    def described(self, name: str) -> ParameterHelp:
        """The help of a parameter."""
        return next(item for item in self.help.parameters if item.name == name)


def given_path(output: Any) -> str:
    """The path that was given for an output; empty where QGIS chooses one itself."""
    if isinstance(output, QgsProcessingOutputLayerDefinition):
        # The window's way to say that the layer is to be loaded.
        output = output.sink.staticValue()
    return output if isinstance(output, str) and output != TEMPORARY else ""
