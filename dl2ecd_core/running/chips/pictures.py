"""Where pictures come from: files of a folder, or a scene around points."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, List, Tuple

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ..extras import RunningRefused
from ..rasters.georeference import Georeference
from ..rasters.raster import Block, RasterReader, Window

if TYPE_CHECKING:
    from ..sessions import Array

#: Endings of pictures.
ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp", ".jp2")
#: Names that columns of tables have for places.
_X, _Y = "x,lon,longitude,easting,long", "y,lat,latitude,northing"
_MOST = 10_000_000


def pictures_in(folder: Path) -> List[Path]:
    """The pictures of a folder, by name; hidden ones are left out.

    Raises
    ------
    RunningRefused
        ``folder-without-pictures``.
    """
    found = sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.name.startswith(".")
    )
    if found:
        return found
    raise RunningRefused(
        [
            finding(
                "folder-without-pictures",
                f"{quoted(str(folder), 400)} holds no pictures.",
                hint=f"Those are files with the endings {', '.join(ENDINGS)}.",
                where=Place(file=str(folder)),
            )
        ]
    )


@dataclass(frozen=True)
class Points:
    """Points of a table.

    Attributes
    ----------
    features
        The number that each has there.
    places
        ``(n, 2)``: their coordinates in the scene's coordinate system.
    """

    features: Array
    places: Array

    def __len__(self) -> int:
        return len(self.features)

    def pixels(self, place: Georeference) -> Array:
        """``(n, 2)``: column and row of each in the scene; as QGIS shows one without a place."""
        import numpy

        a, b, c, d, e, f = place.transform or (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
        x, y = self.places[:, 0] - c, self.places[:, 1] - f
        whole = a * e - b * d
        return numpy.stack([(e * x - b * y) / whole, (a * y - d * x) / whole], -1)

    def taken(self, chosen: Array) -> Points:
        """Those at these places."""
        return Points(self.features[chosen], self.places[chosen])


def read_points(path: Path, scene: Georeference) -> Points:
    """Points of a GeoPackage, GeoJSON, Shapefile or a CSV with columns for x and y.

    Without a coordinate system of their own they are in the scene's.

    Raises
    ------
    RunningRefused
        ``points-not-readable``.
    """
    import numpy
    import pyogrio.raw
    import shapely

    more = {}
    if path.suffix.lower() == ".csv":
        more = {"X_POSSIBLE_NAMES": _X, "Y_POSSIBLE_NAMES": _Y}
    try:
        about, features, shapes, _ = pyogrio.raw.read(
            path, columns=[], return_fids=True, max_features=_MOST, **more
        )
    except (ValueError, RuntimeError, OSError) as error:
        raise _not_readable(path, str(error)) from error
    points = shapely.from_wkb(shapes) if shapes is not None else []
    known = numpy.array([one is not None and one.geom_type == "Point" for one in points], bool)
    if not known.any() or not known.all():
        raise _not_readable(path, "it holds others than points" if known.any() else "no points")
    places = shapely.get_coordinates(points)
    crs = about.get("crs")
    if crs and scene.crs is not None:
        places = _moved(places, str(crs), scene.crs)
    return Points(features, places)


def _moved(places: Array, crs: str, target: str) -> Array:
    import numpy
    import rasterio.warp

    xs, ys = rasterio.warp.transform(crs, target, *places.T.tolist())
    return numpy.array([xs, ys]).T


def around(
    reader: RasterReader, bands: Tuple[int, ...], middle: Tuple[float, float], size: Tuple[int, int]
) -> Block:
    """The pixels around a point of a scene; what lies outside the scene is its nearest pixel.

    Parameters
    ----------
    middle
        Column and row, inside the scene.
    size
        Rows and columns.
    """
    import numpy

    spans, picks = [], []
    for place, length, whole in zip(middle[::-1], size, (reader.height, reader.width)):
        first = math.floor(place - length / 2 + 0.5)
        low, high = max(first, 0), min(first + length, whole)
        spans.append((low, high))
        picks.append(numpy.clip(numpy.arange(first, first + length), low, high - 1) - low)
    (top, bottom), (left, right) = spans
    block = reader.read(Window(top, bottom, left, right), bands)
    down, across = picks[0][:, None], picks[1]
    valid = None if block.valid is None else block.valid[down, across]
    return Block(block.pixels[:, down, across], valid)


def _not_readable(path: Path, why: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "points-not-readable",
                f"{quoted(str(path), 400)} can't be read as points: {printable(why, 300)}.",
                hint="Give a GeoPackage, GeoJSON or Shapefile with points, or a CSV with the "
                "columns x and y.",
                where=Place(file=str(path)),
            )
        ]
    )
