"""The keys of the class information document: one table for reader, schema and documentation.

Sources: Esri's page of the tool Deep Learning Model To Ecd
(https://pro.arcgis.com/en/pro-app/latest/tool-reference/spatial-analyst/deep-learning-model-to-ecd.htm)
for the document itself; for the .emd vocabulary Esri's description of the model definition
(https://github.com/Esri/raster-deep-learning/blob/master/docs/writing_model_definition.md), the
.emd files beside it, and those that the exporters of Esri's training tools write.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import Enum
from typing import Dict, List, Optional, Tuple


class Kind(Enum):
    """What a key's value is; the value says it in words."""

    INTEGER = "a whole number"
    TEXT = "a text"
    COLOR = "a list of three whole numbers, red, green and blue"
    CLASSES = "a list of classes"
    BANDS = "a list of band numbers (counted from 0) or band names"
    RANGE = "a list of two numbers, lowest and highest"
    SCALING = "a list of steps, each with a type and its numbers"
    CONFIGURATION = "a text, or an object with a Name"
    ANYTHING = "anything"


@dataclass(frozen=True)
class Key:
    """One key.

    Attributes
    ----------
    name
        As Esri writes it.
    kind
        Of its value.
    meaning
        One line for people.
    example
        A value as it may stand there.
    required
        Whether the document is refused without it.
    default
        What holds when it is not given.
    aliases
        Other names that are accepted alike.
    minimum, maximum
        Of a number.
    constant
        The only value it can have.
    choices
        The values it can have, when closed; those that are known, when not.
    closed
        Whether other values than `choices` are refused.
    """

    name: str
    kind: Kind
    meaning: str
    example: object = None
    required: bool = False
    default: object = None
    aliases: Tuple[str, ...] = ()
    minimum: Optional[int] = None
    maximum: Optional[int] = None
    constant: Optional[int] = None
    choices: Tuple[str, ...] = ()
    closed: bool = False


#: What editors know the document's schema by; ``init`` writes it as $schema.
SCHEMA_ID = "urn:dl2ecd:schema:class-information:1"

#: Limits of the signed 32-bit rasters in which class values are written.
LOWEST_VALUE, HIGHEST_VALUE = -(2**31), 2**31 - 1

#: The keys of the document itself.
DOCUMENT_KEYS: Tuple[Key, ...] = (
    Key(
        "ImportDeepLearningModelToEsriExtraInfo",
        Kind.INTEGER,
        "Says what the document is.",
        0,
        required=True,
        constant=0,
    ),
    Key("Version", Kind.INTEGER, "Version of the document's format.", 1, required=True, constant=1),
    Key(
        "Classifier",
        Kind.TEXT,
        "The framework that made the model.",
        "CNTK",
        required=True,
    ),
    Key(
        "NumberRasterBands",
        Kind.INTEGER,
        "Bands of the raster that the model takes.",
        4,
        required=True,
        minimum=1,
        maximum=HIGHEST_VALUE,
    ),
    Key(
        "MiniBatchSize",
        Kind.INTEGER,
        "Tiles that the model takes at once.",
        16,
        default=1,
        minimum=1,
        maximum=HIGHEST_VALUE,
    ),
    Key(
        "ModelStorage",
        Kind.TEXT,
        "Whether the .ecd holds the model's bytes (embedded) or names its files (referenced).",
        "referenced",
        default="embedded",
        choices=("embedded", "referenced"),
        closed=True,
    ),
    Key(
        "Classes",
        Kind.CLASSES,
        "The classes, in the order of the model's outputs.",
        [
            {"Value": 0, "Name": "Impervious", "Color": [204, 204, 204]},
            {"Value": 1, "Name": "Pervious", "Color": [56, 168, 0]},
        ],
        required=True,
    ),
)

#: The keys of one class. Color also stands for Red, Green and Blue.
CLASS_KEYS: Tuple[Key, ...] = (
    Key(
        "Value",
        Kind.INTEGER,
        "Pixel value of the class in the classified raster.",
        1,
        required=True,
        aliases=("ClassValue",),
        minimum=LOWEST_VALUE,
        maximum=HIGHEST_VALUE,
    ),
    Key("Name", Kind.TEXT, "Name of the class.", "Impervious", True, aliases=("ClassName",)),
    Key(
        "Color",
        Kind.COLOR,
        "Red, green and blue, 0 to 255 each; also as the three keys Red, Green and Blue. "
        "When missing or [-1, -1, -1], a color of the palette is taken.",
        [204, 204, 204],
    ),
)

#: The channels, where a class gives them one by one.
CHANNELS: Tuple[Key, ...] = tuple(
    Key(name, Kind.INTEGER, f"{name} part of the class's color.", 204, minimum=-1, maximum=255)
    for name in ("Red", "Green", "Blue")
)


def _count(name: str, meaning: str, example: int, *, minimum: int = 1) -> Key:
    """A key that counts something."""
    return Key(name, Kind.INTEGER, meaning, example, minimum=minimum, maximum=HIGHEST_VALUE)


#: Optional keys of the model definition (.emd), which pass to the root of the .ecd.
EMD_KEYS: Tuple[Key, ...] = (
    Key(
        "ModelConfiguration",
        Kind.CONFIGURATION,
        "Name of the Python module with which Esri's raster functions run the model.",
        "AzurePixelLevelLandClassification",
    ),
    Key(
        "ModelType",
        Kind.TEXT,
        "What the model does.",
        "ImageClassification",
        choices=("ImageClassification", "ObjectDetection", "ObjectClassification"),
    ),
    Key("ModelName", Kind.TEXT, "A name for people.", "Land cover"),
    Key("Description", Kind.ANYTHING, "A description for people.", "Land cover from aerial images"),
    Key(
        "InferenceFunction",
        Kind.TEXT,
        "Python raster function (.py) that runs the model.",
        "[Functions]\\System\\DeepLearning\\ImageClassifier.py",
    ),
    _count("ImageHeight", "Rows of a tile that the model takes.", 256),
    _count("ImageWidth", "Columns of a tile that the model takes.", 256),
    Key(
        "ExtractBands",
        Kind.BANDS,
        "The bands of the raster that the model takes, in its order.",
        [0, 1, 2, 3],
    ),
    Key("DataRange", Kind.RANGE, "Range to which pixel values are scaled.", [0.0, 1.0]),
    Key(
        "InputScaling",
        Kind.SCALING,
        "How pixel values become what the model takes, step by step; numbers for all bands, or a "
        "list with one for each.",
        [{"type": "min-max", "minimum": 0, "maximum": 255}],
    ),
    _count(
        "ModelPadding",
        "Pixels at each border of a tile for which the model gives no result.",
        64,
        minimum=0,
    ),
    _count(
        "BatchSize",
        "The model definition's name for MiniBatchSize; if both are given, they must agree.",
        16,
    ),
)

#: Names that ModelConfiguration has in Esri's published files; others are possible.
#: https://github.com/Esri/raster-deep-learning/tree/master/python_raster_functions
PUBLISHED_READERS: Tuple[str, ...] = (
    "AzurePixelLevelLandClassification",
    "FasterRCNN",
    "DeepLab",
    "ObjectDetectionAPI",
    "KerasClassifier",
    "MaskRCNN",
    "FastaiSSD",
    "FeatureClassifier",
)

#: Further keys seen in published .emd files; their values are not checked.
OBSERVED_EMD_KEYS: Tuple[str, ...] = (
    "PerProcessGPUMemoryFraction",
    "MetaDataMode",
    "ImageSpaceUsed",
    "InputRastersProps",
    "AllTilesStats",
    "CropSizeFixed",
    "BlackenAroundFeature",
    "Padding",
    "Threshold",
    "ModelParameters",
    "LearningRate",
    "resize_to",
    "ModelFormat",
    "MinCellSize",
    "MaxCellSize",
    "SupportsVariableTileSize",
    "IsMultispectral",
    "ArcGISLearnVersion",
    "backend",
    "NormalizationStats",
    "DoNormalize",
    "Bands",
    "ImageryType",
    "ignore_mapped_class",
    "ModelFiles",
    "TorchScript",
    "ONNX",
    "accuracy",
    "per_class_metrics",
    "average_precision_score",
    "ModelDescription",
    "ModelCharacteristics",
    "DatasetType",
)

#: Keys of the .emd that the .ecd gets from the model itself, with the reason why.
UNUSED_EMD_KEYS: Dict[str, str] = {
    "Framework": "the .ecd gets it from the model",
    "ModelFile": "the .ecd names the model that is converted",
}

#: Every key that a document may use at its root, by its name.
ROOT_KEYS: Dict[str, Key] = {
    key.name: key
    for key in (
        *DOCUMENT_KEYS,
        *EMD_KEYS,
        *(Key(name, Kind.ANYTHING, "") for name in (*OBSERVED_EMD_KEYS, *UNUSED_EMD_KEYS)),
    )
}

#: Every name that a class may use.
CLASS_NAMES: Tuple[str, ...] = (
    *(name for key in CLASS_KEYS for name in (key.name, *key.aliases)),
    *(key.name for key in CHANNELS),
)


def markdown_table() -> str:
    """The keys as a Markdown table, for README.md beside this file.

    Examples
    --------
    >>> print(markdown_table().splitlines()[0])
    | Key | Value | Needed | Meaning | Example |
    """
    rows: List[Tuple[str, ...]] = [("Key", "Value", "Needed", "Meaning", "Example")]
    rows.append(("---",) * 5)
    rows.extend(_row(key, "") for key in DOCUMENT_KEYS)
    rows.extend(_row(key, "Classes[].") for key in CLASS_KEYS)
    rows.extend(_row(key, "") for key in EMD_KEYS)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _row(key: Key, prefix: str) -> Tuple[str, ...]:
    names = " or ".join(f"`{prefix}{name}`" for name in (key.name, *key.aliases))
    needed = "yes" if key.required else "no"
    if key.default is not None:
        needed = f"no, `{json.dumps(key.default)}` when missing"
    example = "" if key.kind is Kind.CLASSES else f"`{json.dumps(key.example)}`"
    return names, key.kind.value, needed, key.meaning, example
