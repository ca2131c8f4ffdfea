"""Outlines of objects, of models that give a mask for each.

Three ways are known: coefficients in each row that are to be multiplied with prototypes of masks
(YOLACT, https://arxiv.org/abs/1904.02689, and the YOLOs that segment), positive inside; and a
raster for each row, over the tile (torchvision's Mask R-CNN, DETR) or over its box (TensorFlow's).
Such rasters hold probabilities, over a half inside; where some are none, they are logits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Iterable, Optional, Sequence, Tuple

from ...models import Content
from ...models.detectors.head import Holds
from .decoding import parts_of
from .found import Objects
from .reading import Reading

if TYPE_CHECKING:
    from ..sessions import Array

_HALF = 0.5


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
    bounds = objects.bounds
    whole = numpy.array([0, 0, tile[1], tile[0]], "float64")
    frames = numpy.broadcast_to(whole, bounds.shape)
    over_box = False
    if Holds.MASK_COEFFICIENTS in {column.holds for column in reading.columns}:
        rasters = _products(masks, parts_of(reading, outputs)[Holds.MASK_COEFFICIENTS], objects)
    else:
        over = reading.masks or ("tile" if masks.shape[-2:] == tile else None)
        over_box = over == "box"
        frames = bounds if over_box else frames
        rasters = None if over is None else _rasters(masks, reading, outputs, objects)
    if rasters is None:
        return objects
    outlines = numpy.empty(len(objects), object)
    for place, (raster, frame) in enumerate(zip(rasters, frames)):
        outlines[place] = _outline(raster, bounds[place], frame, seen, over_box)
    return replace(objects, outlines=outlines)


def _products(masks: Array, factors: Array, objects: Objects) -> Optional[Iterable[Array]]:
    """Prototypes times coefficients; None where there are others than these are for."""
    import numpy

    if masks.ndim != 4 or masks.shape[1] != factors.shape[1]:
        return None
    prototypes = masks[0].astype("float64")
    # One after the other: all together may be large.
    chosen = factors[objects.rows].astype("float64")
    return (numpy.tensordot(one, prototypes, 1) for one in chosen)


def _rasters(
    masks: Array, reading: Reading, outputs: Sequence[Array], objects: Objects
) -> Optional[Iterable[Array]]:
    """The raster of each object, positive inside; None where there is none for each row.

    Of rasters for each class, that of the object's.
    """
    count = outputs[reading.places[Content.BOXES]].size // 4
    if masks.ndim < 2 or not count or masks.size % (count * masks.shape[-2] * masks.shape[-1]):
        return None
    layers = masks.reshape(count, -1, *masks.shape[-2:])
    middle = 0.0 if bool((masks < 0).any() or (masks > 1).any()) else _HALF
    rows = [] if objects.rows is None else objects.rows.tolist()
    labels = (objects.labels + reading.first_label).tolist()
    many = layers.shape[1]
    if many > 1 and max(labels, default=0) >= many:
        return None
    return (
        layers[row, label if many > 1 else 0].astype("float64") - middle
        for row, label in zip(rows, labels)
    )


def _outline(
    raster: Array, bounds: Array, frame: Array, seen: Tuple[int, ...], fading: bool
) -> object:
    """The pixels inside a box over which a raster is positive; else the box itself.

    Parameters
    ----------
    frame
        Left, top, right, bottom of what the raster lies over.
    fading
        Whether it gets negative towards its edge, as what is pasted into a picture does.
    """
    import numpy
    import shapely

    end = seen[::-1]
    # Pixels whose middle lies in the box.
    left, top = numpy.clip(numpy.ceil(bounds[:2] - 0.5), 0, end).astype(int)
    right, bottom = numpy.clip(numpy.ceil(bounds[2:] - 0.5), 0, end).astype(int)
    if fading:
        raster = numpy.pad(raster, 1, constant_values=-_HALF)
        margin = (frame[2:] - frame[:2]) / (numpy.array(raster.shape[::-1]) - 2)
        frame = numpy.concatenate([frame[:2] - margin, frame[2:] + margin])
    down = _between(numpy.arange(top, bottom), frame[1], frame[3], raster.shape[0])
    across = _between(numpy.arange(left, right), frame[0], frame[2], raster.shape[1])
    inside = (down @ raster @ across.T) > 0
    if not inside.any():
        return shapely.MultiPolygon([shapely.box(*bounds)])
    return _polygons(inside, int(left), int(top))


def _polygons(inside: Array, left: int, top: int) -> object:
    """The outline of some pixels: runs of a row each, put together."""
    import numpy
    import shapely

    edges = numpy.diff(numpy.pad(inside, ((0, 0), (1, 1))).astype("int8"), axis=1)
    rows, starts = numpy.nonzero(edges == 1)
    ends = numpy.nonzero(edges == -1)[1]
    runs = shapely.box(left + starts, top + rows, left + ends, top + rows + 1)
    whole = shapely.simplify(shapely.union_all(runs), 0)
    return shapely.multipolygons(shapely.get_parts(whole))


def _between(pixels: Array, start: float, end: float, cells: int) -> Array:
    """``(pixels, cells)``: how much each cell counts for the middle of each pixel, linearly.

    Cells lie side by side from `start` to `end`.
    """
    import numpy

    width = max(end - start, 1e-9)
    places = numpy.clip((pixels + 0.5 - start) * cells / width - 0.5, 0, cells - 1)
    return numpy.maximum(1 - numpy.abs(places[:, None] - numpy.arange(cells)), 0)
