"""The text of the tools that run a classifier definition in QGIS."""

from __future__ import annotations

from .content import Bullets, ParameterHelp, ToolHelp
from .run_parameters import BANDS, DEFINITION, NODATA, OVERLAP, SCALING, THRESHOLD

_AREA = ParameterHelp(
    name="aoi",
    label="Area Of Interest",
    direction="Input",
    in_dialog=("A layer of polygons, where only what lies inside them is wanted.",),
    in_python=("A polygon layer, its id or path; may be left out.",),
)

_DEVICE = ParameterHelp(
    name="device",
    label="Device",
    direction="Input",
    in_dialog=(
        "What the model runs on: the processor, a graphics card (cuda), or a graphics card where "
        "there is one (auto).",
    ),
    in_python=("cpu, cuda or auto.",),
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
        DEFINITION,
        BANDS,
        SCALING,
        ParameterHelp(
            name="extent",
            label="Extent",
            direction="Input",
            in_dialog=("The part to classify; all of the raster when empty.",),
            in_python=("An extent; may be left out.",),
        ),
        _AREA,
        NODATA,
        THRESHOLD,
        _DEVICE,
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


def _asked(name: str, label: str, what: str, words: str) -> ParameterHelp:
    """Something that is said of the model's outputs, where the model does not tell it."""
    return ParameterHelp(
        name=name,
        label=label,
        direction="Input",
        in_dialog=(f"{what} Only where the model does not tell.",),
        in_python=(f"{words}; may be left out.",),
    )


DETECT = ToolHelp(
    name="DetectObjects",
    label="Detect Objects",
    summary=(
        "Finds the objects of a raster with the model of a classifier definition (.ecd), and "
        "writes a layer of their outlines with classes, names and scores.",
    ),
    usage_in_qgis=(
        Bullets(
            (
                "Running a model needs a runtime in QGIS's Python, most often ONNX Runtime, and "
                "finding objects needs shapely 2. Nothing is installed by itself; where one is "
                "missing, the message says how to get it.",
                "Known are YOLO from version 2 on (with turned boxes and outlines, and exported "
                "end to end), TensorFlow's Object Detection API, torchvision, SSD, and DETR and "
                "its followers. Which it is, is told by the model; what it does not tell is asked "
                "for among the advanced parameters, and never guessed.",
                "The raster is looked at in tiles with its own pixels, so it should have the pixel "
                "size that the model was trained with. Objects on edges of tiles are found once, "
                "and whole.",
                "Of an extent and of an area are the objects whose boxes have their middle in it.",
                "The layer is a GeoPackage in the raster's coordinate system, or GeoJSON in WGS "
                "84; its style lies beside it (.qml). A run that is cancelled leaves nothing "
                "behind.",
                "The same raster and definition give the same objects on the command line: "
                "dl2ecd detect.",
                "Every message starts with the name of its rule in square brackets.",
            )
        ),
    ),
    parameters=(
        ParameterHelp(
            name="in_raster",
            label="Input Raster",
            direction="Input",
            in_dialog=("The raster to search: a layer that is a file, or a file.",),
            in_python=("A raster layer, its id, or the path of a raster.",),
        ),
        DEFINITION,
        BANDS,
        SCALING,
        ParameterHelp(
            name="score",
            label="Lowest Score",
            direction="Input",
            in_dialog=("Objects of a lower score are left out.",),
            in_python=("A number from 0 to 1.",),
        ),
        ParameterHelp(
            name="classes",
            label="Classes",
            direction="Input",
            in_dialog=(
                "Names or values of the classes that are wanted, with commas; all when empty.",
            ),
            in_python=("Names or values, with commas; may be left out.",),
        ),
        ParameterHelp(
            name="extent",
            label="Extent",
            direction="Input",
            in_dialog=("The part to search; all of the raster when empty.",),
            in_python=("An extent; may be left out.",),
        ),
        _AREA,
        ParameterHelp(
            name="iou",
            label="Highest Overlap",
            direction="Input",
            in_dialog=(
                "Of two objects of a class that overlap by more (intersection over union), the "
                "better one stays.",
            ),
            in_python=("A number from 0 to 1.",),
        ),
        OVERLAP,
        _asked(
            "head",
            "Head",
            "What the model's output is.",
            "yolov5, yolov8, yolov8-obb or end-to-end",
        ),
        _asked(
            "boxes",
            "Boxes",
            "What the four numbers of a box are.",
            "center-size, corners or rows-first",
        ),
        _asked(
            "units",
            "Units",
            "Whether boxes are in pixels or fractions of the tile.",
            "pixels or fractions",
        ),
        _asked(
            "first_label",
            "First Label",
            "The number of the first class: 1 where 0 is background.",
            "0 or 1",
        ),
        _asked(
            "activation",
            "Activation",
            "What is still to be done to the scores of classes.",
            "none, sigmoid or softmax",
        ),
        _asked(
            "background",
            "Background",
            "Which of the scores of classes says that there is no object.",
            "none, first or last",
        ),
        _asked(
            "masks",
            "Masks",
            "What a mask for each object lies over: the tile, or its box.",
            "tile or box",
        ),
        _DEVICE,
        ParameterHelp(
            name="overwrite",
            label="Replace Any Layer",
            direction="Input",
            in_dialog=("Replace an existing output also where dl2ecd did not write it.",),
            in_python=("True or False.",),
        ),
        ParameterHelp(
            name="out_detected_objects",
            label="Output Detected Objects",
            direction="Output",
            in_dialog=("The layer to write: a GeoPackage (.gpkg) or GeoJSON (.geojson).",),
            in_python=("The path of the layer.",),
        ),
    ),
)
