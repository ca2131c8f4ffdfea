"""An area of interest: outside its polygons a scene counts as no data.

GeoJSON is read as it is; other files (GeoPackage, Shapefile ...) by pyogrio.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING, Any, List, Optional, Sequence, Tuple

from ..findings import Place
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from .extras import RunningRefused, not_installed
from .georeference import Georeference
from .raster_library import Geometry, RasterLibrary
from .rasterio_library import RasterioLibrary
from .rasters import Block, RasterReader, Window

if TYPE_CHECKING:
    from .sessions import Array

#: GeoJSON is in degrees unless it says otherwise (RFC 7946).
_DEGREES = "EPSG:4326"
_LARGEST = 64 << 20
_POLYGONS = frozenset(("Polygon", "MultiPolygon"))
_MOST = 1_000_000


class AreaReader:
    """A scene of which only what lies inside polygons counts.

    Parameters
    ----------
    reader
        The scene.
    polygons
        GeoJSON geometries in the scene's coordinate system.
    transform
        Of the scene; see :class:`~dl2ecd_core.running.georeference.Georeference`.
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
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        return self._reader.name

    @property
    def height(self) -> int:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        return self._reader.height

    @property
    def width(self) -> int:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        return self._reader.width

    @property
    def data_type(self) -> str:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        return self._reader.data_type

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        return self._reader.band_names

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`."""
        block = self._reader.read(window, bands)
        inside = self.inside(window)
        return Block(block.pixels, inside if block.valid is None else block.valid & inside)

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
    polygons, crs = _polygons(path)
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


def _polygons(path: Path) -> Tuple[List[Geometry], Optional[str]]:
    """The polygons of a file, and their coordinate system."""
    try:
        with path.open("rb") as file:
            head = file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n")
        if head.startswith(b"{"):
            return _geojson(path)
    except OSError as error:
        raise _not_readable(path, error.strerror or str(error)) from error
    return _layer(path)


def _geojson(path: Path) -> Tuple[List[Geometry], Optional[str]]:
    if path.stat().st_size > _LARGEST:
        raise _not_readable(path, "it is larger than any area of interest")
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise _not_readable(path, str(error)) from error
    found = _geometries(document)
    named = document.get("crs") if isinstance(document, dict) else None
    name = named.get("properties", {}).get("name") if isinstance(named, dict) else None
    return _checked(found, path), str(name) if name else _DEGREES


def _geometries(document: object) -> List[Geometry]:
    """Every geometry of a GeoJSON document."""
    found: List[Geometry] = []
    waiting = [document]
    while waiting and len(found) < _MOST:
        item = waiting.pop()
        if not isinstance(item, dict):
            continue
        for key in ("features", "geometries"):
            listed = item.get(key)
            waiting += listed if isinstance(listed, list) else []
        if "geometry" in item:
            waiting.append(item["geometry"])
        if "coordinates" in item:
            found.append(item)
    return found


def _layer(path: Path) -> Tuple[List[Geometry], Optional[str]]:
    try:
        import pyogrio.raw
        import shapely
    except ImportError as error:
        raise not_installed("pyogrio", "detect", "read an area of interest") from error
    try:
        about, _, shapes, _ = pyogrio.raw.read(path, columns=[], max_features=_MOST)
    except (ValueError, RuntimeError, OSError) as error:
        raise _not_readable(path, str(error)) from error
    wanted = [shape for shape in shapely.from_wkb(shapes) if shape is not None]
    found = [json.loads(shapely.to_geojson(shapely.force_2d(shape))) for shape in wanted]
    crs = about.get("crs")
    return _checked(found, path), str(crs) if crs else None


def _checked(found: List[Geometry], path: Path) -> List[Geometry]:
    """The polygons among geometries.

    Raises
    ------
    RunningRefused
        When there are none.
    """
    polygons = [item for item in found if item.get("type") in _POLYGONS and _rings(item)]
    if not polygons:
        raise _not_readable(path, "it holds no polygon")
    return polygons


def _moved(polygons: List[Geometry], crs: str, target: str, path: Path) -> List[Geometry]:
    import rasterio.errors
    import rasterio.warp
    from rasterio._err import CPLE_BaseError

    try:
        return [rasterio.warp.transform_geom(crs, target, polygon) for polygon in polygons]
    except (rasterio.errors.RasterioError, CPLE_BaseError, ValueError) as error:
        raise _not_readable(path, str(error)) from error


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


def _rings(geometry: Geometry) -> List[Any]:
    """The rings of a polygon or of several; none of what makes no sense."""
    coordinates = geometry.get("coordinates")
    single = geometry.get("type") == "Polygon"
    several = [coordinates] if single else coordinates
    if not isinstance(several, (list, tuple)) or not several:
        return []
    rings: List[Any] = []
    for polygon in several:
        if not isinstance(polygon, (list, tuple)) or not polygon:
            return []
        rings += polygon
    return rings if all(map(_is_ring, rings)) else []


def _is_ring(ring: Any) -> bool:
    return (
        isinstance(ring, (list, tuple))
        and len(ring) > 2
        and all(
            isinstance(place, (list, tuple))
            and len(place) > 1
            and all(isinstance(one, (int, float)) and math.isfinite(one) for one in place[:2])
            for place in ring
        )
    )


def _bounds(polygon: Geometry) -> Tuple[float, float, float, float]:
    """West, south, east and north."""
    xs, ys = zip(*(place[:2] for ring in _rings(polygon) for place in ring))
    return min(xs), min(ys), max(xs), max(ys)


def _not_readable(path: Path, why: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "aoi-not-readable",
                f"{quoted(str(path), 400)} can't be read as an area of interest: "
                f"{printable(why, 300)}.",
                hint="Give a GeoPackage, Shapefile or GeoJSON file with polygons.",
                where=Place(file=str(path)),
            )
        ]
    )
