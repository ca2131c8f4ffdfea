"""Data types of parameters: what code calls them, what dialogs call them, and what they hold.

Keywords and names: https://pro.arcgis.com/en/pro-app/latest/arcpy/geoprocessing_and_python/
defining-parameter-data-types-in-a-python-toolbox.htm. Features, tables and rasters are paths here:
what is in them only ArcGIS can tell.
"""

from __future__ import annotations

from enum import Enum
from typing import Dict, NamedTuple, Tuple


class Holds(Enum):
    """What the value of a parameter is."""

    FILE = "a file"
    FOLDER = "a folder"
    DATASET = "the path of features, a table, a raster or the like"
    TEXT = "text"
    LONG = "a whole number"
    DOUBLE = "a number"
    BOOLEAN = "true or false"
    TABLE = "rows"


#: What is checked to be there before a tool runs.
PATHS = (Holds.FILE, Holds.FOLDER, Holds.DATASET)


class DataType(NamedTuple):
    """One data type.

    Attributes
    ----------
    name
        In dialogs, help and messages.
    holds
        What its values are.
    filters
        The types of filter that it may have, the usual one first.
    """

    name: str
    holds: Holds
    filters: Tuple[str, ...] = ("ValueList",)


_NUMBERS = ("ValueList", "Range")
_FEATURES = ("Feature Class", "ValueList")

#: The keyword of a table of values.
VALUE_TABLE = "GPValueTable"

DATATYPES: Dict[str, DataType] = {
    "DEFile": DataType("File", Holds.FILE, ("File",)),
    "DETextfile": DataType("Text File", Holds.FILE, ("File",)),
    "DELayer": DataType("Layer File", Holds.FILE, ("File",)),
    "DEFolder": DataType("Folder", Holds.FOLDER),
    "DEWorkspace": DataType("Workspace", Holds.FOLDER, ("Workspace", "ValueList")),
    "DEFeatureClass": DataType("Feature Class", Holds.DATASET, _FEATURES),
    "DEFeatureDataset": DataType("Feature Dataset", Holds.DATASET),
    "DEShapefile": DataType("Shapefile", Holds.DATASET, _FEATURES),
    "DETable": DataType("Table", Holds.DATASET),
    "DEDbaseTable": DataType("dBASE Table", Holds.DATASET),
    "DERasterDataset": DataType("Raster Dataset", Holds.DATASET),
    "DERasterBand": DataType("Raster Band", Holds.DATASET),
    "DEMosaicDataset": DataType("Mosaic Dataset", Holds.DATASET),
    "DEDatasetType": DataType("Dataset", Holds.DATASET),
    "DEGeodatasetType": DataType("Geodataset", Holds.DATASET),
    "DEType": DataType("Data Element", Holds.DATASET),
    "GPFeatureLayer": DataType("Feature Layer", Holds.DATASET, _FEATURES),
    "GPLayer": DataType("Layer", Holds.DATASET),
    "GPMosaicLayer": DataType("Mosaic Layer", Holds.DATASET),
    "GPRasterLayer": DataType("Raster Layer", Holds.DATASET),
    "GPTableView": DataType("Table View", Holds.DATASET),
    "GPString": DataType("String", Holds.TEXT),
    "GPStringHidden": DataType("String Hidden", Holds.TEXT),
    "GPEncryptedString": DataType("Encrypted String", Holds.TEXT),
    "GPSQLExpression": DataType("SQL Expression", Holds.TEXT),
    "GPDate": DataType("Date", Holds.TEXT),
    "GPFieldInfo": DataType("Field Info", Holds.TEXT),
    "Field": DataType("Field", Holds.TEXT, ("Field", "ValueList")),
    "GPLinearUnit": DataType("Linear Unit", Holds.TEXT),
    "GPArealUnit": DataType("Areal Unit", Holds.TEXT),
    "GPCoordinateSystem": DataType("Coordinate System", Holds.TEXT),
    "GPSpatialReference": DataType("Spatial Reference", Holds.TEXT),
    "GPExtent": DataType("Extent", Holds.TEXT),
    "GPPoint": DataType("Point", Holds.TEXT),
    "GPVariant": DataType("Variant", Holds.TEXT),
    "GPLong": DataType("Long", Holds.LONG, _NUMBERS),
    "GPDouble": DataType("Double", Holds.DOUBLE, _NUMBERS),
    "GPBoolean": DataType("Boolean", Holds.BOOLEAN),
    VALUE_TABLE: DataType("Value Table", Holds.TABLE),
}

#: Code may also say what dialogs say: "Feature Layer", "Workspace".
BY_NAME: Dict[str, str] = {kind.name: keyword for keyword, kind in DATATYPES.items()}
