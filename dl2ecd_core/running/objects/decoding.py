"""From a model's outputs for a tile to objects in the tile's pixels."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Callable, Dict, List, Optional, Sequence, Tuple

from ...findings import Finding
from ...findings.rules import finding
from ...findings.wording import shape_text
from ...models import Content
from ...models.detectors.head import BoxCoding, HeadKind, Holds
from ..extras import RunningRefused
from .found import Objects, boxes, turned_boxes
from .grids import of_grids
from .reading import Reading

if TYPE_CHECKING:
    from ..sessions import Array


def decoded(
    reading: Reading,
    outputs: List[Array],
    tile: Tuple[int, int],
    score: float,
    tell: Callable[[float], object] = lambda best: None,
) -> Objects:
    """The objects of a tile whose score is at least `score`; not yet suppressed.

    Parameters
    ----------
    tile
        Rows and columns.
    tell
        Hears the best score of all that the model gives, where there are no such objects.

    Raises
    ------
    RunningRefused
        ``model-run-failed`` where outputs are not what the model states, ``scores-not-shares``
        where scores are none from 0 to 1.
    """
    import numpy

    # What is no number is no object.
    lowest = max(score, float(numpy.finfo("float32").tiny))
    rows = None
    if reading.kind is HeadKind.SEPARATE:
        sides, best, labels, rows = _separate(reading, outputs, lowest)
        angles = None
    elif reading.kind is HeadKind.GRID:
        sides, best, labels = of_grids(reading, outputs, tile)
        angles = None
    elif Content.RAW_DETECTOR_HEAD in reading.places:
        sides, best, labels, angles = _rows(reading, outputs)
    else:
        sides, best, labels = _beside(reading, outputs)
        angles = None
    if not len(sides) == len(best) == len(labels):
        raise _other_shape(outputs)
    kept = best >= lowest
    kept &= numpy.isfinite(sides).all(1)
    if len(best) and not kept.any():
        tell(float(numpy.nanmax(best, initial=0.0)))
    sides, best, labels = sides[kept].astype("float64"), best[kept].astype("float64"), labels[kept]
    if len(best) and float(best.max()) > 1 + 1e-3:
        raise RunningRefused([_no_shares(float(best.max()))])
    labels = labels.astype("int64") - reading.first_label
    centers = _pixels(sides, reading, tile)
    if angles is not None:
        found = turned_boxes(centers, angles[kept], best, labels)
    else:
        found = boxes(_corners(centers, reading.coding), best, labels)
    return replace(found, rows=numpy.flatnonzero(kept) if rows is None else rows[kept])


def _separate(
    reading: Reading, outputs: List[Array], lowest: float
) -> Tuple[Array, Array, Array, Array]:
    """Boxes, scores and labels of the rows of two outputs, and which row each is of."""
    import numpy

    sides = _table(outputs[reading.places[Content.BOXES]], 4)
    scores = outputs[reading.places[Content.CLASS_SCORES]]
    layers = _activated(_table(scores, scores.shape[-1] if scores.ndim else 0), reading.activation)
    if reading.background != "none":
        layers = layers[:, 1:] if reading.background == "first" else layers[:, :-1]
    if len(sides) != len(layers) or not layers.shape[1]:
        raise _other_shape(outputs)
    if reading.several:
        # Where none is good enough, the best tells how good they are.
        enough = min(lowest, float(numpy.nanmax(layers, initial=0.0)))
        rows, labels = numpy.nonzero(layers >= enough)
        return sides[rows], layers[rows, labels], labels, rows
    best, labels = _best(layers)
    return sides, best, labels, numpy.arange(len(sides))


def _rows(reading: Reading, outputs: List[Array]) -> Tuple[Array, Array, Array, Optional[Array]]:
    """Boxes, scores, labels and angles of an output that has them side by side."""
    import numpy

    part = parts_of(reading, outputs)
    if Holds.CLASS_SCORES in part:
        best, labels = _best(part[Holds.CLASS_SCORES])
        if Holds.OBJECTNESS in part:
            best = best * part[Holds.OBJECTNESS][:, 0]
    else:
        best, labels = part[Holds.SCORE][:, 0], part[Holds.LABEL][:, 0]
    if Holds.BATCH in part:
        # Rows after the last object belong to no image.
        best = numpy.where(part[Holds.BATCH][:, 0] < 0, 0, best)
    angles = part[Holds.ANGLE][:, 0] if Holds.ANGLE in part else None
    return part[Holds.BOX], best, labels, angles


def parts_of(reading: Reading, outputs: Sequence[Array]) -> Dict[Holds, Array]:
    """What an output has side by side, each as ``(rows, numbers)``.

    Raises
    ------
    RunningRefused
        ``model-run-failed`` where it has another width.
    """
    import numpy

    found = outputs[reading.places[Content.RAW_DETECTOR_HEAD]]
    widths = {column.holds: column.count or 0 for column in reading.columns}
    axis = reading.columns_axis or 0
    if found.ndim <= axis or found.shape[axis] != sum(widths.values()):
        raise _other_shape(outputs)
    rows = numpy.moveaxis(found, axis, -1).reshape(-1, found.shape[axis])
    starts = dict(zip(widths, numpy.cumsum([0, *widths.values()]).tolist()))
    return {holds: rows[:, starts[holds] : starts[holds] + widths[holds]] for holds in widths}


def _beside(reading: Reading, outputs: List[Array]) -> Tuple[Array, Array, Array]:
    """Boxes, scores and labels that are outputs of their own."""
    sides = outputs[reading.places[Content.BOXES]]
    labels = outputs[reading.places[Content.LABELS]].reshape(-1)
    if reading.columns:
        rows = _table(sides, 5)
        return rows[:, :4], rows[:, 4], labels
    return _table(sides, 4), outputs[reading.places[Content.SCORES]].reshape(-1), labels


def _table(array: Array, width: int) -> Array:
    if not array.ndim or array.shape[-1] != width:
        raise _other_shape([array])
    return array.reshape(-1, width)


def _best(layers: Array) -> Tuple[Array, Array]:
    """The score and the index of each row's best class."""
    import numpy

    labels = layers.argmax(1)
    return numpy.take_along_axis(layers, labels[:, None], 1)[:, 0], labels


def _activated(layers: Array, activation: str) -> Array:
    import numpy

    if activation == "none":
        return layers
    layers = layers.astype("float64")
    if activation == "sigmoid":
        return 1 / (1 + numpy.exp(-numpy.clip(layers, -500, 500)))
    shares = numpy.exp(layers - layers.max(1, keepdims=True))
    found: Array = shares / shares.sum(1, keepdims=True)
    return found


def _pixels(sides: Array, reading: Reading, tile: Tuple[int, int]) -> Array:
    if not reading.normalized:
        return sides
    height, width = tile
    first = (height, width) if reading.coding is BoxCoding.ROWS_FIRST else (width, height)
    return sides * (*first, *first)


def _corners(sides: Array, coding: BoxCoding) -> Array:
    """Left, top, right, bottom."""
    import numpy

    if coding is BoxCoding.ROWS_FIRST:
        return sides[:, [1, 0, 3, 2]]
    if coding is BoxCoding.CORNERS:
        return sides
    middle, half = sides[:, :2], sides[:, 2:] / 2
    return numpy.concatenate([middle - half, middle + half], 1)


def _other_shape(outputs: Sequence[Array]) -> RunningRefused:
    shapes = ", ".join(shape_text(array.shape) for array in outputs)
    return RunningRefused(
        [
            finding(
                "model-run-failed",
                f"The model gave {shapes}, from which no objects can be read.",
                hint="Name the head with --head, or export the model again with outputs whose "
                "shapes are stated.",
            )
        ]
    )


def _no_shares(highest: float) -> Finding:
    return finding(
        "scores-not-shares",
        f"The model gives scores up to {highest:.4g}, where they should lie between 0 and 1.",
        hint="Say what is still to be done to them (--activation), or name another --head.",
    )
