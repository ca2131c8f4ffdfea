"""Objects as a layer of polygons: GeoPackage, or GeoJSON in WGS 84 (RFC 7946)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Dict, Mapping, Optional, Sequence, Tuple

from ...ecd.content import EcdClass
from ...files.output import check_room, real_path, refused, write_failure
from ...files.replacing import OutputKind
from ...files.scratch import scratch_folder
from ...findings.wording import printable
from ...version import __version__
from ..rasters.georeference import Georeference, System
from ..rasters.layer_library import Layer, LayerError, LayerLibrary
from ..rasters.pyogrio_library import PyogrioLibrary
from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array

GEOPACKAGE, GEOJSON = ".gpkg", ".geojson"
#: The layer's name, and its fields.
LAYER = "objects"
VALUE, NAME, SCORE = "value", "name", "score"
#: Bytes of a layer of nothing, and how many times those of its shapes it takes at most.
_LEAST, _TIMES = 256 << 10, 8
_MADE_BY = "Objects found by dl2ecd"
#: Where a raster has no place: one unit a pixel, to the right and down, as QGIS shows it.
_NOWHERE = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
#: Of GeoPackage: the newest that QGIS 3.22 and its contemporaries know without a warning.
_VERSION = "1.2"
#: Decimals of degrees: a hundredth of a millimetre, so that nothing becomes a line.
_DECIMALS = "10"


def _is_ours(path: Path) -> bool:
    """Whether an earlier run wrote a file: its layer's description says so."""
    with path.open("rb") as file:
        head = file.read(4096)
        if not head.startswith(b"SQLite format 3\0"):
            return _MADE_BY.encode() in head
        file.seek(0)
        # A text of a row lies in one piece on a page of the database.
        return any(_MADE_BY.encode() in page for page in iter(lambda: file.read(1 << 20), b""))


OBJECTS = OutputKind("layer of objects", (GEOPACKAGE, GEOJSON), _is_ours)


def outlines(objects: Objects, place: Georeference) -> Array:
    """Polygons in the scene's coordinate system; of a scene without a place, in its pixels."""
    import numpy
    import shapely

    a, b, c, d, e, f = place.transform or _NOWHERE

    def placed(corners: Array) -> Array:
        columns, rows = corners[..., 0], corners[..., 1]
        return numpy.stack([a * columns + b * rows + c, d * columns + e * rows + f], -1)

    if objects.outlines is not None:
        return shapely.transform(objects.outlines, placed)
    return shapely.polygons(placed(objects.corners))


def write_layer(
    target: Path,
    objects: Objects,
    classes: Sequence[EcdClass],
    place: Georeference,
    library: Optional[LayerLibrary] = None,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Write the objects, whole or not at all.

    Parameters
    ----------
    objects
        Their labels are places in `classes`.
    place
        Of the scene.
    library
        pyogrio by default.
    before
        Called when the layer is made, and before it takes its place.

    Raises
    ------
    ConversionRefused
        When it can't be written; what was there before stays.
    """
    shapes = outlines(objects, place)
    kind = "Polygon" if objects.outlines is None else "MultiPolygon"
    fields = {**class_fields(objects.labels, classes), SCORE: objects.scores}
    write_features(target, shapes, kind, place.system, fields, library, before)


def class_fields(labels: Array, classes: Sequence[EcdClass]) -> Dict[str, Array]:
    """The fields for classes, whose places are these labels."""
    import numpy

    values = numpy.array([item.value for item in classes], "int32")
    names = numpy.array([item.name for item in classes], "object")
    return {VALUE: values[labels], NAME: names[labels]}


def write_features(
    target: Path,
    shapes: Array,
    kind: str,
    system: System,
    fields: Mapping[str, Array],
    library: Optional[LayerLibrary] = None,
    before: Callable[[], object] = lambda: None,
) -> None:
    """Write shapes with fields as a layer, whole or not at all.

    Parameters
    ----------
    shapes, kind
        Of shapely, and the name of their type.
    before
        Called when the layer is made, and before it takes its place.

    Raises
    ------
    ConversionRefused
        When it can't be written; what was there before stays.
    """
    import shapely

    real = real_path(target)
    ending = real.suffix.lower()
    driver, options, of_file = _format(ending, system.crs)
    # Said outright: in QGIS, shapely meets an older GEOS than it was made for.
    binary = shapely.to_wkb(shapes, output_dimension=2).tolist()
    layer = Layer(LAYER, kind, system, binary, fields, driver, options, of_file)
    try:
        with scratch_folder(real.parent) as folder:
            new = folder / f"new{ending}"
            (library or PyogrioLibrary()).write(new, layer)
            with new.open("rb+") as handle:
                os.fsync(handle.fileno())
            before()
            new.replace(real)
    except OSError as error:
        raise write_failure(error, target) from error
    except LayerError as error:
        check_room(error, target, _LEAST + _TIMES * sum(map(len, binary)), real.parent)
        raise refused(
            "output-not-writable",
            f"The output '{printable(str(target), 400)}' can't be written: "
            f"{printable(str(error), 300)}.",
            "Check that there is room. An older output was left as it was.",
            target,
        ) from error


def _format(ending: str, crs: Optional[str]) -> Tuple[str, Dict[str, str], Dict[str, str]]:
    """GDAL's driver, and its options for a layer and for a file."""
    options = {"DESCRIPTION": f"{_MADE_BY} {__version__}"}
    if ending == GEOPACKAGE:
        return "GPKG", options, {"VERSION": _VERSION}
    if crs is not None:
        options.update(RFC7946="YES", COORDINATE_PRECISION=_DECIMALS)
    return "GeoJSON", options, {}
