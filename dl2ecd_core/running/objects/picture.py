"""A small picture of a scene with the outlines of its objects and their legend."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Sequence

from ...exports.legend import LegendRow
from ..maps.preview import every_nth, write_picture
from ..rasters.raster import RasterReader, Window
from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array

#: Bytes of the scene that are read at once.
_STRIP = 32 << 20
#: Of the values, in percent: what is shown as black, and as white.
_DARK, _BRIGHT = 2, 98


def write_object_preview(
    target: Path,
    reader: RasterReader,
    bands: Sequence[int],
    window: Window,
    objects: Objects,
    legend: Sequence[LegendRow],
) -> None:
    """Draw objects over a part of their scene.

    Parameters
    ----------
    bands
        Those that the model takes: the first three are shown, or the first.
    objects
        In the scene's pixels; labels are places in `legend`.
    """
    import numpy

    step = every_nth(window.height, window.width)
    picture = _ground(reader, bands[:3] if len(bands) > 2 else bands[:1], window, step)
    drawn = _edges(objects, 0.5 * step)
    places = numpy.floor((drawn[:, :2] - (window.left, window.top)) / step).astype(int)
    seen = numpy.all((places >= 0) & (places < picture.shape[1::-1]), axis=1)
    colors = numpy.array([row.color for row in legend], "uint8").reshape(-1, 3)
    (across, down), labels = places[seen].T, drawn[seen, 2].astype(int)
    picture[down, across] = colors[labels]
    write_picture(target, picture, legend)


def _ground(reader: RasterReader, bands: Sequence[int], window: Window, step: int) -> Array:
    """Every nth pixel of a window, ``(rows, columns, 3)``, from dark to bright."""
    import numpy

    cost = window.width * len(bands) * numpy.dtype(reader.data_type).itemsize
    rows = max(_STRIP // cost // step, 1) * step
    parts, seen = [], []
    for top in range(window.top, window.bottom, rows):
        strip = Window(top, min(top + rows, window.bottom), window.left, window.right)
        block = reader.read(strip, bands)
        part = block.pixels[:, ::step, ::step].astype("float32")
        parts.append(part)
        valid = numpy.isfinite(part).all(0)
        seen.append(valid if block.valid is None else valid & block.valid[::step, ::step])
    layers, valid = numpy.concatenate(parts, 1), numpy.concatenate(seen)
    if not valid.any():
        return numpy.full((*valid.shape, 3), 255, "uint8")
    shares = []
    for layer in layers:
        dark, bright = numpy.percentile(layer[valid], (_DARK, _BRIGHT))
        share = (layer - dark) / max(float(bright - dark), 1e-9)
        shares.append(numpy.where(valid, numpy.clip(share, 0, 1), 1))
    shown = numpy.stack(shares * (3 // len(shares)), -1)
    return (shown * 255).astype("uint8")


def _edges(objects: Objects, spacing: float) -> Array:
    """Points along the outlines, ``(n, 3)``: column, row, label."""
    import numpy
    import shapely

    shapes = objects.outlines
    if shapes is None:
        shapes = shapely.polygons(objects.corners)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    start, way = points[:-1][same], (points[1:] - points[:-1])[same]
    many = numpy.ceil(numpy.abs(way).max(1, initial=0) / spacing).astype(int) + 1
    which = numpy.repeat(numpy.arange(len(many)), many)
    share = (numpy.arange(len(which)) - (numpy.cumsum(many) - many)[which]) / many[which]
    places = start[which] + way[which] * share[:, None]
    labels = objects.labels[owner[part[ring[1:][same]]]][which]
    return numpy.column_stack([places, labels])
