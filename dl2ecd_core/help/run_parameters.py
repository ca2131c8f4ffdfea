"""What the tools that run a definition ask for, alike in ArcGIS and QGIS."""

from __future__ import annotations

from .content import ParameterHelp

DEFINITION = ParameterHelp(
    name="in_model_definition",
    label="Model Definition",
    direction="Input",
    in_dialog=(
        "A classifier definition (.ecd), or a model definition (.emd) or deep learning package "
        "(.dlpk).",
    ),
    in_python=("The path of an .ecd, .emd or .dlpk.",),
)
BANDS = ParameterHelp(
    name="bands",
    label="Bands",
    direction="Input",
    in_dialog=(
        "The raster's bands in the order in which the model takes them: numbers or names, with "
        "commas, such as 4,1,2,3. When empty, what the definition says, else the first ones.",
    ),
    in_python=("Numbers from 1 or names, with commas; may be left out.",),
    required=False,
    datatype="String",
)
SCALING = ParameterHelp(
    name="scaling",
    label="Scaling",
    direction="Input",
    in_dialog=(
        "How pixel values become what the model takes, where the definition does not say it: "
        "min-max 0 255, scale 10000, or none. Several steps are parted by semicolons.",
    ),
    in_python=("Steps of scaling, parted by semicolons; may be left out.",),
    required=False,
    datatype="String",
)
NODATA = ParameterHelp(
    name="nodata",
    label="Value For No Data",
    direction="Input",
    in_dialog=("A whole number that is no class's; chosen by itself when empty.",),
    in_python=("A whole number; may be left out.",),
    required=False,
    datatype="Long",
)
THRESHOLD = ParameterHelp(
    name="threshold",
    label="Threshold",
    direction="Input",
    in_dialog=(
        "Of a model with a single score: the probability from which on a pixel belongs to "
        "the second class. 0.5 when empty.",
    ),
    in_python=("A number from 0 to 1; may be left out.",),
    required=False,
    datatype="Double",
)
OVERLAP = ParameterHelp(
    name="overlap",
    label="Overlap",
    direction="Input",
    in_dialog=(
        "Pixels that neighbouring tiles share: the length of the longest object. When empty, a "
        "quarter of a tile, or as much as the model's longest anchor where that is more.",
    ),
    in_python=("A whole number; may be left out.",),
    required=False,
    datatype="Long",
)
