"""Layers through QGIS's own GDAL, so that detecting there needs no pyogrio."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional

from osgeo import ogr, osr

from ...running.rasters.georeference import System
from ...running.rasters.layer_library import Layer, LayerError
from ...running.rasters.raster_library import RasterError
from .gdal_library import given

_KINDS = {"Polygon": ogr.wkbPolygon, "MultiPolygon": ogr.wkbMultiPolygon, "Point": ogr.wkbPoint}
#: By NumPy's letters for kinds of values: the field's type, and what its values are made.
_FIELDS = {
    "i": (ogr.OFTInteger, int),
    "f": (ogr.OFTReal, float),
    "O": (ogr.OFTString, str),
}


class OgrLibrary:
    """As :class:`~dl2ecd_core.running.rasters.layer_library.LayerLibrary`."""

    def write(self, target: Path, layer: Layer) -> None:
        """Write a layer."""
        try:
            given(lambda: _written(target, layer))
        except RasterError as error:
            raise LayerError(str(error)) from error


def _written(target: Path, layer: Layer) -> Optional[bool]:
    """Write a layer; None where GDAL gives nothing, and whoever calls asks it why."""
    driver = ogr.GetDriverByName(layer.driver)
    source = driver.CreateDataSource(str(target), _options(layer.dataset_options))
    if source is None:
        return None
    table = source.CreateLayer(
        layer.name, _system(layer.system), _KINDS[layer.kind], _options(layer.options)
    )
    columns = []
    for name, values in layer.fields.items():
        kind, plain = _FIELDS[values.dtype.kind]
        table.CreateField(ogr.FieldDefn(name, kind))
        columns.append([plain(value) for value in values.tolist()])
    if layer.system.crs is None and layer.driver == "GPKG":
        for statement in _UNDEFINED:
            source.ExecuteSQL(statement.format(layer.name))
        # What is in the file by now is read anew.
        del table, source
        source = ogr.Open(str(target), 1)
        table = source.GetLayer(0)
    source.StartTransaction()
    for row, shape in enumerate(layer.shapes):
        feature = ogr.Feature(table.GetLayerDefn())
        feature.SetGeometryDirectly(ogr.CreateGeometryFromWkb(shape))
        for place, column in enumerate(columns):
            feature.SetField(place, column[row])
        table.CreateFeature(feature)
    source.CommitTransaction()
    # It is finished when GDAL lets go of it.
    del table, source
    return True


#: Before version 3.9, GDAL takes a layer without a coordinate system for one in degrees. These are
#: the entries that later ones write: https://gdal.org/en/stable/drivers/vector/gpkg.html .
_UNDEFINED = (
    "INSERT INTO gpkg_spatial_ref_sys VALUES "
    "('Undefined SRS', 99999, 'GDAL', 99999, 'LOCAL_CS[\"Undefined SRS\",LOCAL_DATUM[\"unknown\","
    '32767],UNIT["unknown",0],AXIS["Easting",EAST],AXIS["Northing",NORTH]]\', '
    "'Custom undefined coordinate reference system')",
    "UPDATE gpkg_contents SET srs_id = 99999 WHERE table_name = '{}'",
    "UPDATE gpkg_geometry_columns SET srs_id = 99999 WHERE table_name = '{}'",
)


def _options(options: Any) -> Any:
    return [f"{name}={value}" for name, value in options.items()]


def _system(of: System) -> Any:
    if of.crs is None:
        return None
    system = osr.SpatialReference()
    system.SetFromUserInput(of.crs)
    system.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    if of.epoch is not None:
        # There since GDAL 3.4, and an epoch is told by none before.
        system.SetCoordinateEpoch(of.epoch)
    return system
