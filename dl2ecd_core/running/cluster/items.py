"""A STAC item as a scene: which bands of which of its files a model takes.

Bands are known by their common names: ``bands`` with ``eo:common_name`` since STAC 1.1,
``eo:bands`` with ``common_name`` before, or the asset's own key.

https://github.com/stac-extensions/eo/tree/v2.0.0
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, List, Mapping, Optional, Tuple
from urllib.parse import unquote

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import listed, quoted
from ..extras import RunningRefused
from ..inputs.bands import Wanted
from ..rasters.rasterio_library import is_remote
from .orders import BandFile, SceneFiles

#: Assets that show a scene and are not it.
_PICTURES = frozenset(("thumbnail", "overview", "visual", "metadata"))
_RASTERS = ("image/tiff", "image/jp2", "image/vnd.stac.geotiff", "application/x-geotiff")
_ENDINGS = (".tif", ".tiff", ".jp2", ".vrt", ".img")
_MOST_ASSETS = 10_000


@dataclass(frozen=True)
class _Asset:
    """A raster of an item: its key, address, and the names that each band goes by."""

    key: str
    href: str
    bands: Tuple[Tuple[str, ...], ...]


def item_files(item: Mapping[str, Any], name: str, folder: Path, wanted: Wanted) -> SceneFiles:
    """What a scene is read from.

    Parameters
    ----------
    name
        Of the item, for messages.
    folder
        Of the document that holds it, from which relative paths are seen.
    wanted
        Bands: names, or numbers counted from 0.

    Raises
    ------
    RunningRefused
        ``item-without-bands``, ``item-address``.
    """
    assets = _assets(item)
    if all(isinstance(band, int) for band in wanted):
        if len(assets) != 1:
            raise _lacking(
                name,
                f"has {len(assets)} rasters, and the model takes bands by their numbers: nothing "
                "says which is which",
            )
        path = _path(assets[0].href, folder, name)
        named = tuple(
            BandFile(path, place, names[0] if names else None)
            for place, names in enumerate(assets[0].bands)
        )
        return SceneFiles(name, path, named if len(named) > max(map(int, wanted)) else ())
    found: List[BandFile] = []
    missing: List[str] = []
    for band in wanted:
        here = _find(assets, band) if isinstance(band, str) else None
        if here is None:
            missing.append(str(band))
        else:
            asset, place = here
            found.append(BandFile(_path(asset.href, folder, name), place, str(band)))
    if missing:
        have = sorted({one for asset in assets for names in asset.bands for one in names})
        raise _lacking(
            name, f"lacks {listed(missing)}: it has {listed(have) if have else 'no named band'}"
        )
    return SceneFiles(name, found[0].path, tuple(found))


def _find(assets: List[_Asset], band: str) -> Optional[Tuple[_Asset, int]]:
    """The band of this name: an asset of its own first, then one among others."""
    wanted = band.casefold()
    own = [(one, 0) for one in assets if one.key.casefold() == wanted and len(one.bands) <= 1]
    among = [
        (one, place)
        for one in sorted(assets, key=lambda one: len(one.bands) > 1)
        for place, names in enumerate(one.bands)
        if wanted in (each.casefold() for each in names)
    ]
    return next(iter([*own, *among]), None)


def _assets(item: Mapping[str, Any]) -> List[_Asset]:
    """The rasters of an item, pictures of it left out."""
    given = item.get("assets") if isinstance(item, dict) else None
    found: List[_Asset] = []
    for key, asset in list(given.items())[:_MOST_ASSETS] if isinstance(given, dict) else ():
        if not isinstance(asset, dict) or not isinstance(asset.get("href"), str):
            continue
        kind, roles = asset.get("type"), asset.get("roles")
        is_raster = (
            kind.startswith(_RASTERS)
            if isinstance(kind, str)
            else asset["href"].lower().endswith(_ENDINGS)
        )
        if is_raster and not (isinstance(roles, list) and _PICTURES & set(map(str, roles))):
            found.append(_Asset(key, asset["href"], _bands(asset)))
    return found


def _bands(asset: Mapping[str, Any]) -> Tuple[Tuple[str, ...], ...]:
    given = asset.get("bands") or asset.get("eo:bands")
    found = []
    for band in given if isinstance(given, list) else ():
        names = (
            [band.get(key) for key in ("eo:common_name", "common_name", "name")]
            if isinstance(band, dict)
            else []
        )
        found.append(tuple(dict.fromkeys(one for one in names if isinstance(one, str))))
    return tuple(found)


def _path(href: str, folder: Path, name: str) -> str:
    """An address on the web, or a file of this machine; nothing else is opened."""
    if is_remote(href):
        return href
    text = unquote(href[len("file://") :]) if href.startswith("file:///") else href
    scheme = text.partition(":")[0]
    if "://" in text or text.startswith(("/vsi", "data:")) or "\0" in text or len(scheme) < 1:
        raise RunningRefused(
            [
                finding(
                    "item-address",
                    f"The item {quoted(name, 200)} names {quoted(href, 300)}, which is neither a "
                    "file nor an address of the web (https).",
                    hint="Sign or translate its addresses first.",
                    where=Place(file=name),
                )
            ]
        )
    return str((folder / text).absolute())


def _lacking(name: str, what: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "item-without-bands",
                f"The item {quoted(name, 200)} {what}.",
                hint="Give the common names of the bands in the model's order: --bands "
                "red,green,blue,nir.",
                where=Place(file=name),
            )
        ]
    )
