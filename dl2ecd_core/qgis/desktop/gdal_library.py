"""Rasters through QGIS's own GDAL, so that classifying there needs no rasterio.

Nothing global is changed: other plugins rely on whether GDAL raises exceptions or not, so both ways
in which it says that something failed are listened to. Its cache of decoded blocks is as large as
QGIS has it, a twentieth of the machine's memory: more than a scene needs.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterator, Mapping, Optional, Sequence, Tuple

from osgeo import gdal, ogr

from ...running.rasters.georeference import Georeference
from ...running.rasters.raster import Window
from ...running.rasters.raster_library import (
    AREA_OR_POINT,
    AS_STORED,
    DRIVERS,
    POINT,
    Geometry,
    RasterError,
    Unit,
    without_bands,
)

if TYPE_CHECKING:
    from ...running.sessions import Array

_NOWHERE = (0.0, 1.0, 0.0, 0.0, 0.0, 1.0)


class GdalSource:
    """As :class:`~dl2ecd_core.running.rasters.raster_library.Source`."""

    def __init__(self, dataset: Any) -> None:
        self._dataset = dataset
        self._bands = [dataset.GetRasterBand(at + 1) for at in range(dataset.RasterCount)]

    @property
    def height(self) -> int:
        """Rows."""
        return int(self._dataset.RasterYSize)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self._dataset.RasterXSize)

    @property
    def data_types(self) -> Tuple[str, ...]:
        """NumPy's names."""
        import numpy
        from osgeo import gdal_array

        codes = (gdal_array.GDALTypeCodeToNumericTypeCode(band.DataType) for band in self._bands)
        return tuple(numpy.dtype(code).name for code in codes)

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """Descriptions of the bands."""
        return tuple(band.GetDescription() or None for band in self._bands)

    @property
    def nodata(self) -> Tuple[Optional[float], ...]:
        """Values for no data."""
        return tuple(band.GetNoDataValue() for band in self._bands)

    @property
    def units(self) -> Tuple[Unit, ...]:
        """Scales and offsets; GDAL gives None where a band says nothing."""
        scale, offset = AS_STORED
        return tuple((band.GetScale() or scale, band.GetOffset() or offset) for band in self._bands)

    @property
    def piece(self) -> int:
        """Bytes of a block, or of what GDAL gives in lines and loads as a whole."""
        first = self._bands[0]
        width, height = first.GetBlockSize()
        mixed = self._dataset.GetMetadataItem("INTERLEAVE", "IMAGE_STRUCTURE") == "PIXEL"
        bits = gdal.GetDataTypeSize(first.DataType) * (len(self._bands) if mixed else 1)
        packed = first.GetMetadataItem("BLOCK_SIZE_0_0", "TIFF")
        return max(int(width * height * bits) // 8, int(packed or 0))

    @property
    def transparency(self) -> Tuple[int, ...]:
        """Alpha bands."""
        return tuple(
            at
            for at, band in enumerate(self._bands)
            if band.GetColorInterpretation() == gdal.GCI_AlphaBand
        )

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask that is no alpha band."""
        flags = self._bands[0].GetMaskFlags()
        return bool(flags & gdal.GMF_PER_DATASET) and not flags & gdal.GMF_ALPHA

    @property
    def tags(self) -> Mapping[str, str]:
        """The file's own metadata."""
        return dict(self._dataset.GetMetadata())

    @property
    def georeference(self) -> Georeference:
        """Where the raster lies on the earth."""
        data = self._dataset
        transform = data.GetGeoTransform(can_return_null=True)
        if transform is not None:
            c, a, b, f, d, e = transform
            # GDAL's own words for a raster that lies nowhere.
            transform = None if transform == _NOWHERE else (a, b, c, d, e, f)
        return Georeference(
            data.GetProjectionRef() or None,
            transform,
            tuple(
                (one.GCPLine, one.GCPPixel, one.GCPX, one.GCPY, one.GCPZ) for one in data.GetGCPs()
            ),
            data.GetGCPProjection() or None,
            dict(data.GetMetadata("RPC") or {}),
            _epoch(data.GetSpatialRef()),
            data.GetMetadataItem(AREA_OR_POINT) == POINT,
        )

    def read(self, bands: Sequence[int], window: Window) -> Array:
        """Pixels of these bands."""
        import numpy

        layers = [self._read(self._bands[band], window) for band in bands]
        pixels: Array = numpy.stack(layers).astype(numpy.result_type(*layers), copy=False)
        return pixels

    def mask(self, band: int, window: Window) -> Array:
        """The file's mask."""
        return self._read(self._bands[band].GetMaskBand(), window)

    @staticmethod
    def _read(band: Any, window: Window) -> Array:
        pixels: Array = given(
            lambda: band.ReadAsArray(window.left, window.top, window.width, window.height)
        )
        return pixels


def _epoch(system: Any) -> Optional[float]:
    """When coordinates are of; GDAL tells it from 3.4 on, and 0 where nobody says it."""
    return getattr(system, "GetCoordinateEpoch", float)() or None


class GdalLibrary:
    """As :class:`~dl2ecd_core.running.rasters.raster_library.RasterLibrary`."""

    @contextmanager
    def opened(self, path: str) -> Iterator[GdalSource]:
        """Whatever GDAL opens of the formats that scenes are read in."""
        flags = gdal.OF_RASTER | gdal.OF_READONLY
        dataset = given(lambda: gdal.OpenEx(path, flags, allowed_drivers=[*DRIVERS]))
        if not dataset.RasterCount:
            raise without_bands([name for name, _ in dataset.GetSubDatasets()])
        yield GdalSource(dataset)

    def copy(self, virtual: str, target: Path, driver: str, options: Mapping[str, str]) -> None:
        """Write a raster."""
        asked = [f"{name}={value}" for name, value in options.items()]
        source = given(lambda: gdal.OpenEx(virtual, gdal.OF_RASTER, allowed_drivers=["VRT"]))
        writer = gdal.GetDriverByName(driver)
        # It is finished when GDAL lets go of it, and only then are errors of the last bytes known.
        given(lambda: writer.CreateCopy(str(target), source, options=asked).FlushCache() or True)

    def burnt(
        self, polygons: Sequence[Geometry], size: Tuple[int, int], transform: Tuple[float, ...]
    ) -> Array:
        """The pixels whose middle lies in one of the polygons."""
        a, b, c, d, e, f = transform
        raster = gdal.GetDriverByName("MEM").Create("", size[1], size[0], 1, gdal.GDT_Byte)
        raster.SetGeoTransform((c, a, b, f, d, e))
        table = ogr.GetDriverByName("Memory").CreateDataSource("")
        layer = table.CreateLayer("area", None, ogr.wkbUnknown)
        whole = json.dumps({"type": "GeometryCollection", "geometries": list(polygons)})
        feature = ogr.Feature(layer.GetLayerDefn())
        feature.SetGeometry(given(lambda: ogr.CreateGeometryFromJson(whole)))
        layer.CreateFeature(feature)
        given(lambda: gdal.RasterizeLayer(raster, [1], layer, burn_values=[1]) == 0 or None)
        found: Array = given(raster.ReadAsArray)
        return found.astype(bool)

    def tags(self, path: Path) -> Mapping[str, str]:
        """The metadata of a raster."""
        try:
            return dict(given(lambda: gdal.OpenEx(str(path), gdal.OF_RASTER)).GetMetadata())
        except RasterError:
            return {}


def given(call: Callable[[], Any]) -> Any:
    """What GDAL gives, without a word on standard error.

    Raises
    ------
    RasterError
        When it gives nothing, or says that something failed.
    """
    gdal.PushErrorHandler("CPLQuietErrorHandler")
    gdal.ErrorReset()
    try:
        result = call()
        failed = gdal.GetLastErrorType() >= gdal.CE_Failure
        text = gdal.GetLastErrorMsg()
    except RuntimeError as error:
        raise RasterError(str(error)) from error
    finally:
        gdal.PopErrorHandler()
    if result is None or failed:
        raise RasterError(text or "GDAL does not say why")
    return result
