"""The text of the tools that run a classifier definition in ArcGIS."""

from __future__ import annotations

from .content import Bullets, ParameterHelp, Sample, ToolHelp
from .run_parameters import BANDS, DEFINITION, NODATA, OVERLAP, SCALING, THRESHOLD

_NEEDS = (
    "Running a model needs what ArcGIS Pro does not bring: NumPy comes with it, ONNX Runtime and "
    "rasterio do not. Clone the environment and install them there; nothing is installed by "
    "itself, and the tool says what is missing."
)
_SAME = (
    "The same raster and definition give the same result on the command line and in QGIS, to the "
    "pixel: {command}."
)
_ABOUT = (
    "Models that are programs (TorchScript, .pt2) do not run in ArcGIS, and Python files in "
    "packages are never imported.",
    "How pixel values become what the model takes must be known: from the definition, or as "
    "Scaling. What nobody says is never guessed.",
    "Every message starts with the name of its rule in square brackets.",
    "An existing output is replaced only when the geoprocessing option to overwrite existing "
    "datasets is on. No other environment setting is used; the raster must be a file.",
    "No licence is needed: neither Spatial Analyst nor Image Analyst.",
)

_RASTER = ParameterHelp(
    name="in_raster",
    label="Input Raster",
    direction="Input",
    in_dialog=("The raster: a file such as a GeoTIFF.",),
    in_python=("The path of the raster.",),
    datatype="Raster Dataset",
)
CLASSIFY = ToolHelp(
    name="ClassifyRasterUsingEcd",
    label="Classify Raster Using Ecd",
    summary=(
        "Classifies every pixel of a raster with the model of a classifier definition (.ecd), and "
        "writes a map with the values, names and colors of its classes.",
    ),
    usage=(
        Bullets(
            (
                _NEEDS,
                "The map is what one pass over the whole raster would give, whatever the tiles.",
                _SAME.format(command="dl2ecd classify"),
                *_ABOUT,
                "The map is a cloud optimized GeoTIFF with a color table; the names of the classes "
                "lie beside it (.aux.xml). A run that is cancelled leaves nothing behind.",
            )
        ),
    ),
    parameters=(
        _RASTER,
        DEFINITION,
        ParameterHelp(
            name="out_classified_raster",
            label="Output Classified Raster",
            direction="Output",
            in_dialog=("The map to write, a GeoTIFF (.tif).",),
            in_arcgis=("A name beside the raster is proposed.",),
            in_python=("The path of the map.",),
            datatype="Raster Dataset",
        ),
        BANDS,
        SCALING,
        NODATA,
        THRESHOLD,
    ),
    samples=(
        Sample(
            "ClassifyRasterUsingEcd example (stand-alone script)",
            "Classifies a scene. On a machine without ArcGIS, import dl2ecd_core.headless as arcpy "
            "instead.",
            "import arcpy\n\n"
            'arcpy.ImportToolbox("c:/test/DeepLearningTools.pyt")\n'
            "arcpy.deeplearningtools.ClassifyRasterUsingEcd(\n"
            '    "c:/test/scene.tif", "c:/test/cntk.ecd", "c:/test/map.tif",\n'
            '    scaling="min-max 0 255",\n'
            ")\n",
        ),
    ),
)

DETECT = ToolHelp(
    name="DetectObjectsUsingEcd",
    label="Detect Objects Using Ecd",
    summary=(
        "Finds objects in a raster with the model of a classifier definition (.ecd), and writes "
        "them as polygons with their classes and scores.",
    ),
    usage=(
        Bullets(
            (
                f"{_NEEDS} Finding objects needs shapely and pyogrio, too.",
                _SAME.format(command="dl2ecd detect"),
                *_ABOUT,
                "Objects on edges of tiles are found once, and whole; with Overlap as large as the "
                "longest object, few need a second look.",
            )
        ),
    ),
    parameters=(
        _RASTER,
        DEFINITION,
        ParameterHelp(
            name="out_objects",
            label="Output Objects",
            direction="Output",
            in_dialog=(
                "The polygons to write: a GeoPackage (.gpkg) in the raster's coordinate system, or "
                "GeoJSON (.geojson) in WGS 84.",
            ),
            in_arcgis=("A name beside the raster is proposed.",),
            in_python=("The path of a .gpkg or .geojson.",),
        ),
        BANDS,
        SCALING,
        ParameterHelp(
            name="score",
            label="Lowest Score",
            direction="Input",
            in_dialog=("Objects of a lower score, from 0 to 1, are left out. 0.25 when empty.",),
            in_python=("A number from 0 to 1; may be left out.",),
            required=False,
            datatype="Double",
        ),
        OVERLAP,
    ),
    samples=(
        Sample(
            "DetectObjectsUsingEcd example (stand-alone script)",
            "Finds objects in a scene. On a machine without ArcGIS, import dl2ecd_core.headless as "
            "arcpy instead.",
            "import arcpy\n\n"
            'arcpy.ImportToolbox("c:/test/DeepLearningTools.pyt")\n'
            "arcpy.deeplearningtools.DetectObjectsUsingEcd(\n"
            '    "c:/test/scene.tif", "c:/test/trees.ecd", "c:/test/trees.gpkg", score=0.5\n'
            ")\n",
        ),
    ),
)
