"""The polygons of an area of interest, in files.

GeoJSON is read as it is (RFC 7946); other files (GeoPackage, Shapefile ...) by pyogrio.
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any, List, Optional, Tuple

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import listed, printable, quoted
from ..extras import RunningRefused, not_installed
from .raster_library import Geometry

#: GeoJSON is in degrees unless it says otherwise.
DEGREES = "EPSG:4326"
_LARGEST = 64 << 20
_POLYGONS = frozenset(("Polygon", "MultiPolygon"))
#: Layers of these types hold no polygon for certain.
_OTHERS = re.compile(r"(?!.*Polygon).*(Point|LineString|Curve)")
_MOST = 1_000_000
_HEAD = 1024
#: How the elements begin by which a file sends GDAL to other sources, also on the web.
_ELSEWHERE = b"<OGR"


def polygons_of(path: Path) -> Tuple[List[Geometry], Optional[str]]:
    """The polygons of a file, and their coordinate system.

    Raises
    ------
    RunningRefused
        ``aoi-not-readable``.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).lstrip(b"\xef\xbb\xbf \t\r\n")
        if head.startswith(b"{"):
            return _geojson(path)
        if _ELSEWHERE in head:
            raise not_readable(path, "it names other files or services in place of polygons")
    except OSError as error:
        raise not_readable(path, error.strerror or str(error)) from error
    return _layer(path)


def _geojson(path: Path) -> Tuple[List[Geometry], Optional[str]]:
    if path.stat().st_size > _LARGEST:
        raise not_readable(path, "it is larger than any area of interest")
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise not_readable(path, str(error)) from error
    found = _checked(_geometries(document), path)
    return found, _named_crs(document) or DEGREES


def _named_crs(document: object) -> Optional[str]:
    """The coordinate system that GeoJSON of before RFC 7946 may name."""
    name = document
    for key in ("crs", "properties", "name"):
        name = name.get(key) if isinstance(name, dict) else None
    return str(name) if name else None


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
        layer = _layer_of_polygons(path, pyogrio.list_layers(path).tolist())
        about, _, shapes, _ = pyogrio.raw.read(path, layer, columns=[], max_features=_MOST)
    except (ValueError, RuntimeError, OSError) as error:
        # What follows is about calling the library.
        raise not_readable(path, str(error).partition(";")[0].rstrip(".")) from error
    wanted = [shape for shape in shapely.from_wkb(shapes) if shape is not None]
    found = [json.loads(shapely.to_geojson(shapely.force_2d(shape))) for shape in wanted]
    crs = about.get("crs")
    return _checked(found, path), str(crs) if crs else None


def _layer_of_polygons(path: Path, layers: List[List[Optional[str]]]) -> Optional[str]:
    """The one layer that may hold polygons; None where the only layer there is decides.

    Raises
    ------
    RunningRefused
        When there are several: nobody said which.
    """
    likely = [str(name) for name, kind in layers if kind is not None and not _OTHERS.match(kind)]
    if len(likely) > 1:
        raise not_readable(
            path,
            f"it holds {len(likely)} layers: {listed(likely)}",
            "Save the layer that is meant as a file of its own.",
        )
    return likely[0] if likely else None


def _checked(found: List[Geometry], path: Path) -> List[Geometry]:
    """The polygons among geometries.

    Raises
    ------
    RunningRefused
        When there are none.
    """
    polygons = [item for item in found if item.get("type") in _POLYGONS and rings_of(item)]
    if not polygons:
        raise not_readable(path, "it holds no polygon")
    return polygons


def rings_of(geometry: Geometry) -> List[Any]:
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


def not_readable(path: Path, why: str, hint: str = "") -> RunningRefused:
    """An error for the caller to raise when a file can't be read as an area of interest."""
    return RunningRefused(
        [
            finding(
                "aoi-not-readable",
                f"{quoted(str(path), 400)} can't be read as an area of interest: "
                f"{printable(why, 300)}.",
                hint=hint or "Give a GeoPackage, Shapefile or GeoJSON file with polygons.",
                where=Place(file=str(path)),
            )
        ]
    )
