"""Maps as STAC: an Item for each, and a Collection of them.

STAC 1.1: https://github.com/radiantearth/stac-spec/tree/v1.1.0
Classification 2.0: https://github.com/stac-extensions/classification/tree/v2.0.0
Processing 1.1: https://github.com/stac-extensions/processing/tree/v1.1.0
Projection 2.0: https://github.com/stac-extensions/projection/tree/v2.0.0
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterable, List, Mapping, Optional, Sequence, Tuple

from ...ecd.content import Ecd
from ...exports.earlier import json_object
from ...exports.slugs import slug
from ...exports.stac import END, START, class_objects
from ...files.output import whole_file
from ...files.replacing import OutputKind
from ...findings.wording import counted
from ...version import __version__
from ..classifier import Classifier
from ..classify import place_of
from ..rasters.georeference import Georeference
from ..rasters.rasterio_library import is_remote, rasterio_module

if TYPE_CHECKING:
    from .mapping import MapJob

_CLASSIFICATION = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"
_PROCESSING = "https://stac-extensions.github.io/processing/v1.1.0/schema.json"
_PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_SOFTWARE = "processing:software"
#: Points on each side of a map's outline, which bends in degrees.
_STEPS = 8
_DECIMALS = 7


def _is_item_of_ours(path: Path) -> bool:
    document = json_object(path)
    properties = None if document is None else document.get("properties")
    software = properties.get(_SOFTWARE) if isinstance(properties, dict) else None
    return isinstance(software, dict) and "dl2ecd" in software


def _is_collection_of_ours(path: Path) -> bool:
    document = json_object(path)
    software = None if document is None else document.get("summaries", {}).get(_SOFTWARE)
    return isinstance(software, list) and any("dl2ecd" in one for one in software)


ITEM = OutputKind("STAC Item of a map", (".json",), _is_item_of_ours)
COLLECTION = OutputKind("STAC Collection of maps", (".json",), _is_collection_of_ours)


def item_path(raster: Path) -> Path:
    """Where the Item of a map lies."""
    return raster.with_suffix(".json")


def write_item(job: MapJob, source: Mapping[str, Any], *, in_collection: bool) -> Dict[str, Any]:
    """Write the Item of a map that is done, beside it.

    Parameters
    ----------
    source
        The Item of its scene; empty where that is a file.
    """
    item = map_item(job, source, in_collection=in_collection)
    with whole_file(item_path(job.outputs.raster)) as file:
        file.write(_text(item))
    return item


def _text(document: Mapping[str, Any]) -> bytes:
    return f"{json.dumps(document, indent=2)}\n".encode("ascii")


def map_item(job: MapJob, source: Mapping[str, Any], *, in_collection: bool) -> Dict[str, Any]:
    """The Item of a map."""
    described, classifier = job.known_scene()
    raster = job.outputs.raster
    place = place_of(described.georeference, classifier).part(job.wanted)
    ring = outline(place, job.wanted.height, job.wanted.width)
    projection = _projection(place, job.wanted.height, job.wanted.width)
    ecd = job.model.opened().ecd
    links = [{"rel": "derived_from", "href": _href(path, raster.parent)} for path in job.sources()]
    if in_collection:
        here = {"href": "./collection.json", "type": "application/json"}
        links += [{"rel": rel, **here} for rel in ("root", "parent", "collection")]
    item: Dict[str, Any] = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "stac_extensions": [
            _CLASSIFICATION, _PROCESSING, *([_PROJECTION] if projection else [])
        ],
        "id": raster.stem,
        "geometry": None if ring is None else {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "title": f"Classes of {described.name}",
            **times_of(source),
            "created": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
            _SOFTWARE: {"dl2ecd": __version__},
            **projection,
        },
        "links": links,
        "assets": _assets(ecd, classifier, job),
    }  # fmt: skip
    if ring is not None:
        item["bbox"] = box_of(ring)
    if in_collection:
        item["collection"] = collection_id(raster.parent)
    return item


def _assets(ecd: Ecd, classifier: Classifier, job: MapJob) -> Dict[str, Any]:
    raster, classes = job.outputs.raster, class_objects(ecd)
    values = classifier.values
    band = {
        "name": "class",
        "data_type": values.data_type,
        "nodata": values.nodata,
        "classification:classes": classes,
    }
    assets: Dict[str, Any] = {
        "map": {
            "href": f"./{raster.name}",
            "type": _COG,
            "title": f"Map of {counted(len(classes), 'class', 'classes')}",
            "roles": ["data"],
            "bands": [band],
        },
        "names": {
            "href": f"./{raster.name}.aux.xml",
            "type": "application/xml",
            "title": "Names of the classes, for GDAL",
            "roles": ["metadata"],
        },
    }
    shares, picture = job.outputs.probabilities, job.outputs.preview
    if shares is not None:
        assets["probabilities"] = {
            "href": _href(str(shares.absolute()), raster.parent),
            "type": _COG,
            "title": "Probability of each class",
            "roles": ["data"],
        }
    if picture is not None:
        assets["thumbnail"] = {
            "href": _href(str(picture.absolute()), raster.parent),
            "type": "image/png",
            "roles": ["thumbnail"],
        }
    return assets


def _href(path: str, folder: Path) -> str:
    """As seen from a folder; addresses as they are."""
    if is_remote(path):
        return path
    try:
        return Path(os.path.relpath(path, folder.absolute())).as_posix()
    except ValueError:
        # On another drive.
        return Path(path).as_uri()


def times_of(source: Mapping[str, Any]) -> Dict[str, Any]:
    """When the scene was taken, as its Item says; else all time, as for what is not known."""
    properties = source.get("properties")
    given = properties if isinstance(properties, dict) else {}
    taken = given.get("datetime")
    if isinstance(taken, str):
        return {"datetime": taken}
    start, end = given.get("start_datetime"), given.get("end_datetime")
    if isinstance(start, str) and isinstance(end, str):
        return {"datetime": None, "start_datetime": start, "end_datetime": end}
    return {"datetime": None, "start_datetime": START, "end_datetime": END}


def outline(place: Georeference, height: int, width: int) -> Optional[List[List[float]]]:
    """The outline of a map in degrees, closed; None where it lies nowhere."""
    if place.crs is None or place.transform is None:
        return None
    rasterio = rasterio_module()
    from rasterio.warp import transform

    a, b, c, d, e, f = place.transform
    corners = [(0.0, 0.0), (0.0, float(height)), (float(width), float(height)), (float(width), 0.0)]
    points: List[Tuple[float, float]] = []
    for (left, top), (right, bottom) in zip(corners, [*corners[1:], corners[0]]):
        for step in range(_STEPS):
            part = step / _STEPS
            column, row = left + (right - left) * part, top + (bottom - top) * part
            points.append((a * column + b * row + c, d * column + e * row + f))
    try:
        across, down = transform(place.crs, "OGC:CRS84", *zip(*points))
    except (rasterio.errors.RasterioError, rasterio.errors.CRSError):
        return None
    ring = [[round(x, _DECIMALS), round(y, _DECIMALS)] for x, y in zip(across, down)]
    if any(abs(x) > 180 or abs(y) > 90 for x, y in ring):
        return None
    return [*ring, ring[0]]


def box_of(ring: Sequence[Sequence[float]]) -> List[float]:
    """West, south, east and north."""
    across, down = zip(*ring)
    return [min(across), min(down), max(across), max(down)]


def _projection(place: Georeference, height: int, width: int) -> Dict[str, Any]:
    if place.crs is None or place.transform is None:
        return {}
    code = rasterio_module().crs.CRS.from_wkt(place.crs).to_epsg()
    system = (
        {"proj:code": None, "proj:wkt2": place.crs}
        if code is None
        else {"proj:code": f"EPSG:{code}"}
    )
    return {**system, "proj:shape": [height, width], "proj:transform": list(place.transform)}


def collection_id(folder: Path) -> str:
    """Of the maps in a folder."""
    return slug(folder.absolute().name) or "maps"


def write_collection(folder: Path, ecd: Ecd, maps: Iterable[Mapping[str, Any]]) -> None:
    """Write the Collection of the maps in a folder.

    Parameters
    ----------
    maps
        Of each ``item`` (the name of its Item's file), ``bbox`` and ``interval``, which may be
        None.
    """
    boxes: List[Sequence[float]] = []
    intervals: List[Sequence[Optional[str]]] = []
    links: List[Dict[str, str]] = [
        {"rel": "root", "href": "./collection.json", "type": "application/json"}
    ]
    for one in maps:
        links.append({"rel": "item", "href": f"./{one['item']}", "type": "application/geo+json"})
        if one.get("bbox"):
            boxes.append(one["bbox"])
        if one.get("interval"):
            intervals.append(one["interval"])
    classes = class_objects(ecd)
    document = {
        "type": "Collection",
        "stac_version": "1.1.0",
        "stac_extensions": [_CLASSIFICATION],
        "id": collection_id(folder),
        "description": f"Maps of {counted(len(classes), 'class', 'classes')} made by dl2ecd "
        f"{__version__}.",
        "license": "other",
        "extent": {
            "spatial": {"bbox": [_around(boxes)]},
            "temporal": {"interval": [_between(intervals)]},
        },
        "summaries": {_SOFTWARE: [{"dl2ecd": __version__}]},
        "item_assets": {
            "map": {"type": _COG, "roles": ["data"], "classification:classes": classes}
        },
        "links": links,
    }
    with whole_file(folder / "collection.json") as file:
        file.write(_text(document))


def _around(boxes: Sequence[Sequence[float]]) -> List[float]:
    if not boxes:
        return [-180.0, -90.0, 180.0, 90.0]
    west, south, east, north = zip(*boxes)
    return [min(west), min(south), max(east), max(north)]


def _between(intervals: Sequence[Sequence[Optional[str]]]) -> List[Optional[str]]:
    starts = [start for start, _ in intervals if start is not None]
    ends = [end for _, end in intervals if end is not None]
    return [min(starts, default=None), max(ends, default=None)]


def interval_of(item: Mapping[str, Any]) -> Optional[List[str]]:
    """Of an Item whose time is known."""
    properties = item["properties"]
    if properties["datetime"] is not None:
        return [properties["datetime"]] * 2
    start, end = properties["start_datetime"], properties["end_datetime"]
    return None if start == START else [start, end]
