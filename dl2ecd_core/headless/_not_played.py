"""Names of arcpy that are there to be imported and fail when they are used.

A toolbox may import what only one of its tools needs: the others can be played all the same.
Nothing here ever does something: every use is an error that says so.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Dict, Iterator, NoReturn

from ._errors import NotPlayed, NotPlayedAttribute

#: Submodules of arcpy, https://pro.arcgis.com/en/pro-app/latest/arcpy/main/arcgis-pro-arcpy-reference.htm,
#: and the toolboxes that are modules.
MODULES = frozenset(
    """
    analysis aviation cartography charts conversion crime da ddd edit ga gapro geoanalytics
    geocoding ia indoors intelligence lr management mapping maritime metadata mp na nax ra reviewer
    sa server sfa sharing stats stpm td topographic transit un utils wmx
    """.split()  # noqa: SIM905
)
#: Classes and functions for what lies in geodatabases, rasters and maps.
_NAMES = frozenset(
    """
    AddFieldDelimiters AddToolbox AlterAliasName Array AsShape CheckInExtension CheckOutExtension
    CheckProduct CopyParameter CreateObject CreateRandomValueGenerator CreateScratchName Cursor
    Extent FeatureSet Field FieldInfo FieldMap FieldMappings FromWKB FromWKT Geometry GetInstallInfo
    GetLogHistory GetSystemEnvironment Graph Index InsertCursor ListDatasets ListFeatureClasses
    ListFields ListIndexes ListRasters ListSpatialReferences ListTables ListTools ListVersions
    ListWorkspaces Multipatch Multipoint NetCDFFileProperties NumPyArrayToRaster ParseFieldName
    ParseTableName Point PointGeometry Polygon Polyline ProductInfo RandomNumberGenerator Raster
    RasterToNumPyArray RecordSet RefreshActiveView RefreshCatalog RefreshTOC RemoveToolbox
    SearchCursor SetLogHistory SetLogMetadata SpatialReference TestSchemaLock UpdateCursor Usage
    ValidateFieldName ValidateTableName gp
    """.split()  # noqa: SIM905
)
_TOOL = re.compile(rf"[A-Z][A-Za-z0-9]*_({'|'.join(sorted(MODULES))})")


class Placeholder:
    """Something of arcpy that may be imported and passed on, and does nothing but say so."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> NoReturn:
        raise NotPlayedAttribute(f"arcpy.{self._name}.{name}")

    def __call__(self, *arguments: object, **keywords: object) -> NoReturn:
        raise NotPlayed(f"arcpy.{self._name}")

    def __iter__(self) -> Iterator[object]:
        raise NotPlayed(f"arcpy.{self._name}")

    def __bool__(self) -> bool:
        raise NotPlayed(f"arcpy.{self._name}")

    def __repr__(self) -> str:
        return f"<arcpy.{self._name}, which is not played here>"


class PlaceholderModule(ModuleType):
    """A module of arcpy of which every name is a placeholder."""

    __all__ = ()

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("__"):
            raise AttributeError(name)
        return Placeholder(f"{self.__name__.partition('.')[2]}.{name}")


_MADE: Dict[str, PlaceholderModule] = {}


def module(name: str) -> PlaceholderModule:
    """The placeholder of a submodule, always the same one."""
    return _MADE.setdefault(name, PlaceholderModule(f"arcpy.{name}"))


def attribute(name: str) -> object:
    """What stands for a name that this package does not play.

    Raises
    ------
    NotPlayedAttribute
        When arcpy is not known to have it: it may be a slip.
    """
    if name in MODULES:
        return module(name)
    if name in _NAMES or _TOOL.fullmatch(name):
        return Placeholder(name)
    raise NotPlayedAttribute(f"arcpy.{name}")
