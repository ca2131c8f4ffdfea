"""An area of interest: outside its polygons a scene counts as no data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ..extras import RunningRefused
from .area_file import DEGREES, not_readable, polygons_of, rings_of
from .georeference import Georeference
from .raster import Block, RasterReader, Window
from .raster_library import Geometry, RasterLibrary
from .rasterio_library import RasterioLibrary

if TYPE_CHECKING:
    from ..sessions import Array


class AreaReader:
    """A scene of which only what lies inside polygons counts.

    Parameters
    ----------
    reader
        The scene.
    polygons
        GeoJSON geometries in the scene's coordinate system.
    transform
        Of the scene; see :class:`~dl2ecd_core.running.rasters.georeference.Georeference`.
    library
        What tells which pixels lie in polygons.
    """

    def __init__(
        self,
        reader: RasterReader,
        polygons: Sequence[Geometry],
        transform: Tuple[float, ...],
        library: Optional[RasterLibrary] = None,
    ) -> None:
        self._reader, self._polygons, self._transform = reader, list(polygons), transform
        self._library = library or RasterioLibrary()

    @property
    def name(self) -> str:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        return self._reader.name

    @property
    def height(self) -> int:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        return self._reader.height

    @property
    def width(self) -> int:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        return self._reader.width

    @property
    def data_type(self) -> str:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        return self._reader.data_type

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        return self._reader.band_names

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        block = self._reader.read(window, bands)
        inside = self.inside(window)
        if block.valid is None:
            return Block(block.pixels, inside, inside | True)
        return Block(block.pixels, block.valid & inside, block.valid)

    def inside(self, window: Window) -> Array:
        """Where the middle of a pixel lies inside the area."""
        a, b, c, d, e, f = self._transform
        left, top = window.left, window.top
        here = (a, b, a * left + b * top + c, d, e, d * left + e * top + f)
        return self._library.burnt(self._polygons, (window.height, window.width), here)

    def meets(self, shapes: Array) -> Array:
        """Which of shapely's shapes, in columns and rows of the scene, have a part of the area."""
        import numpy
        import shapely

        a, b, c, d, e, f = self._transform

        def placed(points: Array) -> Array:
            columns, rows = points.T
            return numpy.stack([a * columns + b * rows + c, d * columns + e * rows + f], -1)

        area = shapely.from_geojson([json.dumps(polygon) for polygon in self._polygons])
        there = shapely.transform(shapes, placed)
        found = numpy.zeros(len(shapes), bool)
        found[shapely.STRtree(area).query(there, predicate="intersects")[0]] = True
        return found


def area_of(
    path: Path,
    reader: RasterReader,
    place: Georeference,
    library: Optional[RasterLibrary] = None,
) -> AreaReader:
    """A scene of which only an area counts.

    Parameters
    ----------
    path
        A file of polygons.
    reader, place
        The scene, and where it lies.

    Raises
    ------
    RunningRefused
        ``aoi-not-readable`` or ``aoi-outside``.
    """
    polygons, crs = polygons_of(path)
    if crs is not None and place.crs not in (None, crs):
        polygons = _moved(polygons, crs, place.crs, path)
    transform = place.transform or (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    area = AreaReader(reader, polygons, transform, library)
    if not _touches(polygons, transform, reader):
        raise RunningRefused(
            [
                finding(
                    "aoi-outside",
                    f"No polygon of {quoted(str(path), 400)} covers a part of the scene.",
                    hint="Check its coordinate system and its place.",
                    where=Place(file=str(path)),
                )
            ]
        )
    return area


def _moved(polygons: List[Geometry], crs: str, target: str, path: Path) -> List[Geometry]:
    import rasterio.errors
    import rasterio.warp
    from rasterio._err import CPLE_BaseError

    if crs == DEGREES and not all(map(_is_degrees, polygons)):
        raise not_readable(
            path,
            "its coordinates are degrees, since it says nothing else, and some of them can't be",
            "Save it in degrees (WGS 84), or as a GeoPackage.",
        )
    try:
        return [rasterio.warp.transform_geom(crs, target, polygon) for polygon in polygons]
    except (rasterio.errors.RasterioError, CPLE_BaseError, ValueError) as error:
        why = f"its coordinate system, {quoted(crs, 100)}, can't be made that of the scene"
        raise not_readable(path, f"{why} ({printable(str(error).rstrip('.'), 200)})") from error


def _is_degrees(polygon: Geometry) -> bool:
    west, south, east, north = _bounds(polygon)
    return west >= -360 and east <= 360 and south >= -90 and north <= 90


def _touches(polygons: List[Geometry], transform: Tuple[float, ...], reader: RasterReader) -> bool:
    """Whether the box around any polygon meets the box around the scene."""
    a, b, c, d, e, f = transform
    corners = [
        (a * column + b * row + c, d * column + e * row + f)
        for column in (0, reader.width)
        for row in (0, reader.height)
    ]
    xs, ys = zip(*corners)
    for polygon in polygons:
        west, south, east, north = _bounds(polygon)
        if west < max(xs) and min(xs) < east and south < max(ys) and min(ys) < north:
            return True
    return False


def _bounds(polygon: Geometry) -> Tuple[float, float, float, float]:
    """West, south, east and north."""
    xs, ys = zip(*(place[:2] for ring in rings_of(polygon) for place in ring))
    return min(xs), min(ys), max(xs), max(ys)
