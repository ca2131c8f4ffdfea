"""The text of the tools that QGIS has beside the one that the toolbox has too."""

from __future__ import annotations

from .content import Bullets, ParameterHelp, ToolHelp
from .text import CONVERT

_NAMED_RULES = (
    "Every message starts with the name of its rule in square brackets. What is wrong ends the run "
    "as failed, so that scripts and models stop there too."
)

_DEFINITION = ParameterHelp(
    name="in_classifier_definition",
    label="Input Classifier Definition File",
    direction="Input",
    in_dialog=(
        "The classifier definition (.ecd), as Deep Learning Model To Ecd writes it. Definitions of "
        "classic classifiers are read as far as their keys are public.",
    ),
    in_python=("The path of the classifier definition (.ecd).",),
)

INSPECT = ToolHelp(
    name="InspectModel",
    label="Inspect Model",
    summary=(
        "Shows what a deep learning model's file says about itself: its format and framework, "
        "inputs and outputs with their shapes, the number of weights, and class names that it "
        "carries. Nothing in the model is run, and no framework is needed.",
    ),
    usage_in_qgis=(
        Bullets(
            (
                "What the file is, is told by its content, never by its name.",
                "A warning says what running the model would bring with it, such as code of its "
                "own.",
                _NAMED_RULES,
            )
        ),
    ),
    parameters=(
        CONVERT.parameters[0],
        ParameterHelp(
            name="out_report",
            label="Output Report",
            direction="Output",
            in_dialog=("The same as JSON, for other programs; may be left out.",),
            in_python=("The path of a JSON document to write; may be left out.",),
        ),
    ),
)

VERIFY = ToolHelp(
    name="VerifyEcd",
    label="Verify Ecd",
    summary=(
        "Checks whether a classifier definition (.ecd) is still what it was made as: the document, "
        "that its halves say the same, every byte of the model's files, and the model itself.",
    ),
    usage_in_qgis=(
        Bullets(
            (
                "A model that the definition only refers to is read where it lies, and must not "
                "have changed since.",
                _NAMED_RULES,
            )
        ),
    ),
    parameters=(_DEFINITION,),
)

EXPORT = ToolHelp(
    name="ExportEcd",
    label="Export Ecd",
    summary=(
        "Takes the content of a classifier definition (.ecd) elsewhere: its classes' names and "
        "colors straight onto a raster layer, or the whole of it into a file of another format.",
    ),
    usage_in_qgis=(
        Bullets(
            (
                "Give a layer, an output file, or both.",
                "A model definition (.emd) or a STAC item gets the model's files beside it; files "
                "of the same name that are others are never replaced.",
                _NAMED_RULES,
            )
        ),
    ),
    parameters=(
        _DEFINITION,
        ParameterHelp(
            name="layer",
            label="Raster Layer To Style",
            direction="Input",
            in_dialog=(
                "A classified raster, whose values get the names and colors of the definition's "
                "classes. Its other settings stay; values of no class become transparent.",
            ),
            in_python=("A raster layer to style, or its id; may be left out.",),
        ),
        ParameterHelp(
            name="format",
            label="Format",
            direction="Input",
            in_dialog=("What the output file is to be.",),
            in_python=("One of the formats' short names, such as qml.",),
        ),
        ParameterHelp(
            name="out_file",
            label="Output File",
            direction="Output",
            in_dialog=("The file to write; may be left out when a layer is styled.",),
            in_python=("The path of the file to write; may be left out.",),
        ),
    ),
)
