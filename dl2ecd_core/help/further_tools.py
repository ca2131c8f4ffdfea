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

CLASSIFY = ToolHelp(
    name="ClassifyRaster",
    label="Classify Raster",
    summary=(
        "Classifies every pixel of a raster with the model of a classifier definition (.ecd), and "
        "writes a map with the values, names and colors of its classes.",
    ),
    usage_in_qgis=(
        Bullets(
            (
                "Running a model needs a runtime in QGIS's Python: ONNX Runtime for most formats, "
                "OpenVINO for TensorFlow's and Paddle's, LiteRT for TensorFlow Lite's. Nothing is "
                "installed by itself; where one is missing, the message says how to get it.",
                "Models that are programs (TorchScript and the like) do not run in QGIS.",
                "The map is what one pass over the whole raster would give, whatever the tiles, "
                "and an extent gives that part of it, to the pixel.",
                "How pixel values become what the model takes must be known: from the definition, "
                "or as Scaling. What nobody says is never guessed.",
                "The map is a cloud optimized GeoTIFF with a color table; the names of the classes "
                "lie beside it (.aux.xml). A run that is cancelled leaves nothing behind.",
                "The same raster and definition give the same pixels on the command line: "
                "dl2ecd classify.",
                "Every message starts with the name of its rule in square brackets.",
            )
        ),
    ),
    parameters=(
        ParameterHelp(
            name="in_raster",
            label="Input Raster",
            direction="Input",
            in_dialog=("The raster to classify: a layer that is a file, or a file.",),
            in_python=("A raster layer, its id, or the path of a raster.",),
        ),
        ParameterHelp(
            name="in_model_definition",
            label="Model Definition",
            direction="Input",
            in_dialog=(
                "A classifier definition (.ecd), or a model definition (.emd) or deep learning "
                "package (.dlpk).",
            ),
            in_python=("The path of an .ecd, .emd or .dlpk.",),
        ),
        ParameterHelp(
            name="bands",
            label="Bands",
            direction="Input",
            in_dialog=(
                "The raster's bands in the order in which the model takes them: numbers or names, "
                "with commas, such as 4,1,2,3. When empty, what the definition says, else the "
                "first ones.",
            ),
            in_python=("Numbers from 1 or names, with commas; may be left out.",),
        ),
        ParameterHelp(
            name="scaling",
            label="Scaling",
            direction="Input",
            in_dialog=(
                "How pixel values become what the model takes, where the definition does not say "
                "it: min-max 0 255, scale 10000, or none. Several steps are parted by semicolons.",
            ),
            in_python=("Steps of scaling, parted by semicolons; may be left out.",),
        ),
        ParameterHelp(
            name="extent",
            label="Extent",
            direction="Input",
            in_dialog=("The part to classify; all of the raster when empty.",),
            in_python=("An extent; may be left out.",),
        ),
        ParameterHelp(
            name="nodata",
            label="Value For No Data",
            direction="Input",
            in_dialog=("A whole number that is no class's; chosen by itself when empty.",),
            in_python=("A whole number; may be left out.",),
        ),
        ParameterHelp(
            name="threshold",
            label="Threshold",
            direction="Input",
            in_dialog=(
                "Of a model with a single score: the probability from which on a pixel belongs to "
                "the second class. 0.5 when empty.",
            ),
            in_python=("A number from 0 to 1; may be left out.",),
        ),
        ParameterHelp(
            name="overwrite",
            label="Replace Any Raster",
            direction="Input",
            in_dialog=("Replace an existing output also where dl2ecd did not write it.",),
            in_python=("True or False.",),
        ),
        ParameterHelp(
            name="out_classified_raster",
            label="Output Classified Raster",
            direction="Output",
            in_dialog=("The map to write, a GeoTIFF (.tif).",),
            in_python=("The path of the map.",),
        ),
        ParameterHelp(
            name="out_probabilities",
            label="Output Probabilities",
            direction="Output",
            in_dialog=("A second raster with a band for each class; may be left out.",),
            in_python=("The path of a raster; may be left out.",),
        ),
    ),
)
