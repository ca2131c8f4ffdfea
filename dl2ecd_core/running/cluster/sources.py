"""Many scenes: a folder of them, a list, or STAC items, in JSON or GeoParquet.

STAC ItemCollection: https://github.com/radiantearth/stac-api-spec/blob/v1.0.0/fragments/itemcollection
STAC GeoParquet 1.0: https://github.com/stac-utils/stac-geoparquet/blob/main/spec/stac-geoparquet-spec.md
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence

from ...findings import Place
from ...findings.errors import Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ..extras import RunningRefused, not_installed
from ..inputs.bands import Wanted
from ..rasters.rasterio_library import is_remote
from .items import item_files
from .orders import SceneFiles

#: What scenes in a folder end with.
ENDINGS = (".tif", ".tiff", ".vrt", ".jp2", ".img", ".pix", ".ntf", ".nc")
PARQUET = (".parquet", ".geoparquet")
LISTS = (".txt", ".lst")
_LARGEST = 256 << 20
_BATCH = 64


@dataclass(frozen=True)
class FoundScene:
    """A scene among many.

    Attributes
    ----------
    name
        Of its map, without an ending; not yet held apart from others of the same name.
    files
        What it is read from; None where `error` says why not.
    item
        The STAC item that it comes from; empty where it is a file.
    error
        What is wrong with it.
    """

    name: str
    files: Optional[SceneFiles]
    item: Mapping[str, Any] = field(default_factory=dict)
    error: Optional[Dl2EcdError] = None


def is_many(path: str) -> bool:
    """Whether a path names many scenes: a folder, a list, or STAC items."""
    if is_remote(path):
        return False
    return Path(path).is_dir() or path.lower().endswith((*PARQUET, *LISTS, ".json", ".geojson"))


def scenes_in(path: Path, wanted: Wanted, leave_out: Optional[Path] = None) -> Iterator[FoundScene]:
    """The scenes that a path names, one at a time.

    Parameters
    ----------
    wanted
        The bands that the model takes, for STAC items.
    leave_out
        A folder whose files are none of them: that of the maps.

    Raises
    ------
    RunningRefused
        ``scenes-missing`` where there is none, ``scenes-not-readable`` where the list can't be
        read. What is wrong with one scene is told with it.
    """
    some = False
    for scene in _found(path, wanted, leave_out):
        some = True
        yield scene
    if not some:
        raise RunningRefused(
            [
                finding(
                    "scenes-missing",
                    f"There is no scene in {quoted(str(path), 400)}.",
                    hint="Give a folder with rasters, a list of paths (.txt), or STAC items (.json "
                    "or .parquet).",
                    where=Place(file=str(path)),
                )
            ]
        )


def _found(path: Path, wanted: Wanted, leave_out: Optional[Path]) -> Iterator[FoundScene]:
    name = path.name.lower()
    if path.is_dir():
        return _of_folder(path, leave_out)
    if name.endswith(PARQUET):
        return _of_items(_parquet_items(path), path, wanted)
    if name.endswith((".json", ".geojson")):
        return _of_items(_json_items(path), path, wanted)
    return _of_list(path)


def _of_folder(path: Path, leave_out: Optional[Path]) -> Iterator[FoundScene]:
    """In the order of their names, folders inside it too; what is hidden is left out."""
    for folder, folders, files in os.walk(path):
        here = Path(folder)
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".")
            and (leave_out is None or (here / name).resolve() != leave_out.resolve())
        )
        for name in sorted(files):
            if name.lower().endswith(ENDINGS) and not name.startswith("."):
                yield _of_file(str(here / name))


def _of_file(path: str) -> FoundScene:
    where = path if is_remote(path) else str(Path(path).absolute())
    return FoundScene(Path(path).stem, SceneFiles(path, where))


def _of_list(path: Path) -> Iterator[FoundScene]:
    """A path or an address a line; seen from the list's folder; # begins a remark."""
    for line in _text(path).splitlines():
        entry = line.strip()
        if entry and not entry.startswith("#"):
            yield _of_file(entry if is_remote(entry) else str(path.parent / entry))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise _not_readable(path, error.strerror or str(error)) from error
    if len(content) > _LARGEST:
        raise _not_readable(path, f"it has more than {_LARGEST >> 20} MiB")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _not_readable(path, "it is no text in UTF-8") from error


def _not_readable(path: Path, why: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "scenes-not-readable",
                f"{quoted(str(path), 400)} can't be read as a list of scenes: "
                f"{printable(why, 300)}.",
                hint="Give a list of paths (.txt), or STAC items: an ItemCollection (.json) or "
                "GeoParquet (.parquet).",
                where=Place(file=str(path)),
            )
        ]
    )


def _json_items(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        document = json.loads(_text(path))
    except (ValueError, RecursionError) as error:
        raise _not_readable(path, str(error)) from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "Feature":
        yield document
        return
    features = document.get("features") if kind == "FeatureCollection" else None
    if not isinstance(features, list):
        raise _not_readable(path, "it is neither an Item nor an ItemCollection")
    yield from features


def _parquet_items(path: Path) -> Iterator[Mapping[str, Any]]:
    """A few at a time, whatever their number; columns of no use are not read."""
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError as error:
        raise not_installed("PyArrow", "scale", "read GeoParquet") from error
    try:
        with ParquetFile(path) as file:
            names = set(file.schema_arrow.names)
            if not {"id", "assets"} <= names:
                raise _not_readable(path, "it has no columns id and assets")
            columns = [name for name in file.schema_arrow.names if name != "geometry"]
            for batch in file.iter_batches(batch_size=_BATCH, columns=columns):
                for row in batch.to_pylist():
                    yield _item_of_row(row)
    except (ArrowException, OSError) as error:
        raise _not_readable(path, str(error)) from error


#: Columns that are no properties.
_TOP = frozenset(("type", "stac_version", "stac_extensions", "id", "bbox", "links", "assets",
                  "collection"))  # fmt: skip


def _item_of_row(row: Mapping[str, Any]) -> Mapping[str, Any]:
    item: Dict[str, Any] = {name: _without_none(row[name]) for name in row if name in _TOP}
    box = item.get("bbox")
    if isinstance(box, dict):
        item["bbox"] = [box.get(name) for name in ("xmin", "ymin", "xmax", "ymax")]
    item["properties"] = {
        name: _without_none(value) for name, value in row.items() if name not in _TOP
    }
    return item


def _without_none(value: Any) -> Any:
    """Structures have a place for what any row has; what is not said is left out."""
    if isinstance(value, dict):
        return {name: _without_none(one) for name, one in value.items() if one is not None}
    if isinstance(value, list):
        return [_without_none(one) for one in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _of_items(
    items: Iterator[Mapping[str, Any]], path: Path, wanted: Wanted
) -> Iterator[FoundScene]:
    for number, item in enumerate(items, 1):
        given = item.get("id") if isinstance(item, dict) else None
        name = given if isinstance(given, str) and given else f"item-{number}"
        try:
            yield FoundScene(name, item_files(item, name, path.parent, wanted), item)
        except Dl2EcdError as error:
            yield FoundScene(name, None, {}, error)


def wanted_bands(document: Mapping[str, Any], count: int, asked: Optional[Wanted]) -> Wanted:
    """The bands that a model takes: names, or numbers counted from 0."""
    if asked is not None:
        return [band - 1 if isinstance(band, int) else band for band in asked]
    given = document.get("ExtractBands")
    wanted: Sequence[Any] = given if isinstance(given, list) else list(range(count))
    return list(wanted)


__all__: List[str] = ["FoundScene", "is_many", "scenes_in", "wanted_bands"]
