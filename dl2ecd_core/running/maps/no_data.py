"""That a scene has no data where it is wanted, and why: nobody should take such a map for one."""

from __future__ import annotations

import os
from typing import Iterator, Optional, Sequence

from ...examination import AnyPath
from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ..rasters.area import AreaReader
from ..rasters.raster import RasterReader, Window

#: Pixels of a band that are looked at in one go.
_AT_ONCE = 1 << 20


def has_data(reader: RasterReader, bands: Sequence[int], window: Window) -> bool:
    """Whether any pixel of a part of a scene has data; it is read as far as the first one."""
    for strip in _strips(window):
        valid = reader.read(strip, bands).valid
        if valid is None or bool(valid.any()):
            return True
    return False


def without_data(
    name: str,
    *,
    area: Optional[AreaReader] = None,
    aoi: Optional[AnyPath] = None,
    window: Optional[Window] = None,
) -> Finding:
    """What to say where :func:`has_data` is false, or a map turned out to be no data alone.

    Parameters
    ----------
    name
        The scene's path.
    area, aoi
        The polygons outside of which is no data, and their file. Without `area`, it stays open
        whether it is they or the scene.
    window
        The part of the scene that is wanted; None for all of it.
    """
    scene, part = quoted(name, 400), "" if window is None else " in the extent that is wanted"
    polygons = "" if aoi is None else os.fspath(aoi)
    if area is not None and not _covers(area, window):
        return finding(
            "aoi-without-pixels",
            f"No pixel of {scene}{part} has its middle in a polygon of {quoted(polygons, 400)}, so "
            "there is no data anywhere.",
            hint="Look at both together in a map: polygons may be smaller than a pixel, or lie "
            "beside the scene. Give larger ones.",
            where=Place(file=polygons),
        )
    inside = f" in the polygons of {quoted(polygons, 400)}" if polygons else ""
    unsure = "See whether the polygons are larger than a pixel, and lie on the scene. "
    return finding(
        "scene-without-data",
        f"No pixel of {scene}{part}{inside} has data, so there is nothing to look at.",
        hint=f"{unsure if area is None and polygons else ''}Look at the scene's values, its value "
        "for no data, and its mask (gdalinfo -stats). Where the value for no data is wrong: "
        "gdal_edit.py -unsetnodata.",
        where=Place(file=name),
    )


def _covers(area: AreaReader, window: Optional[Window]) -> bool:
    whole = Window(0, area.height, 0, area.width)
    return any(bool(area.inside(strip).any()) for strip in _strips(window or whole))


def _strips(window: Window) -> Iterator[Window]:
    """A window from the top to the bottom, a few rows at a time."""
    rows = max(_AT_ONCE // window.width, 1)
    for top in range(window.top, window.bottom, rows):
        yield Window(top, min(top + rows, window.bottom), window.left, window.right)


__all__ = ["has_data", "without_data"]
