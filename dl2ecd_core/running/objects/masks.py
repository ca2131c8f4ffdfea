"""Outlines of objects, of models that give a mask for each.

Two ways are known: coefficients in each row that are to be multiplied with prototypes of masks
(YOLACT, https://arxiv.org/abs/1904.02689, and the YOLOs that segment), positive inside; and a
probability for each pixel of the tile (torchvision's Mask R-CNN), over a half inside.
"""

from __future__ import annotations

from dataclasses import replace
from threading import Lock
from typing import TYPE_CHECKING, List, Sequence, Tuple

from ...models import Content
from ...models.detectors.head import Holds
from .decoding import parts_of
from .found import Objects
from .reading import Reading

if TYPE_CHECKING:
    from ..sessions import Array

_HALF = 0.5

#: rasterio sets a warning aside for the whole process while it traces: one thread at a time.
_TRACING = Lock()


def outlined(
    objects: Objects,
    reading: Reading,
    outputs: Sequence[Array],
    tile: Tuple[int, int],
    seen: Tuple[int, ...],
) -> Objects:
    """A tile's objects with outlines, where the model gives masks of a kind that is known.

    Parameters
    ----------
    tile
        Rows and columns.
    seen
        Of these, those that lie in the scene: no outline goes beyond.
    """
    import numpy

    if Content.MASKS not in reading.places or objects.rows is None:
        return objects
    masks = outputs[reading.places[Content.MASKS]]
    places = objects.rows
    if Holds.MASK_COEFFICIENTS in {column.holds for column in reading.columns}:
        factors = parts_of(reading, outputs)[Holds.MASK_COEFFICIENTS][places]
        if masks.ndim != 4 or masks.shape[1] != factors.shape[1]:
            return objects
        prototypes = masks[0].astype("float64")
        # One after the other: all together may be large.
        rasters = (numpy.tensordot(one.astype("float64"), prototypes, 1) for one in factors)
    elif masks.shape[-2:] == tile:
        whole = masks.reshape(-1, *tile)
        rasters = (whole[place].astype("float64") - _HALF for place in places)
    else:
        return objects
    outlines = numpy.empty(len(objects), object)
    for place, (raster, bounds) in enumerate(zip(rasters, objects.bounds)):
        outlines[place] = _outline(raster, bounds, tile, seen)
    return replace(objects, outlines=outlines)


def _outline(raster: Array, bounds: Array, tile: Tuple[int, int], seen: Tuple[int, ...]) -> object:
    """The pixels of the tile inside a box over which a raster is positive; else the box itself."""
    import numpy
    import rasterio.features
    import shapely
    from affine import Affine

    (height, width), end = tile, seen[::-1]
    # Pixels whose middle lies in the box.
    left, top = numpy.clip(numpy.ceil(bounds[:2] - 0.5), 0, end).astype(int)
    right, bottom = numpy.clip(numpy.ceil(bounds[2:] - 0.5), 0, end).astype(int)
    down = _between(numpy.arange(top, bottom), height, raster.shape[0])
    across = _between(numpy.arange(left, right), width, raster.shape[1])
    inside = (down @ raster @ across.T) > 0
    polygons: List[object] = []
    if inside.any():
        here = Affine(1, 0, int(left), 0, 1, int(top))
        with _TRACING:
            found = list(
                rasterio.features.shapes(inside.astype("uint8"), mask=inside, transform=here)
            )
        polygons = [
            shapely.Polygon(shape["coordinates"][0], shape["coordinates"][1:]) for shape, _ in found
        ]
    return shapely.MultiPolygon(polygons or [shapely.box(*bounds)])


def _between(pixels: Array, size: int, cells: int) -> Array:
    """``(pixels, cells)``: how much each cell counts for the middle of each pixel, linearly."""
    import numpy

    places = numpy.clip((pixels + 0.5) * cells / size - 0.5, 0, cells - 1)
    return numpy.maximum(1 - numpy.abs(places[:, None] - numpy.arange(cells)), 0)
