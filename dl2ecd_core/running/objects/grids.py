"""Grids of cells with anchors, as YOLOv3 reads them (https://arxiv.org/abs/1804.02767, 2.1).

The place within the cell, the objectness and the scores of the classes are sigmoids of what the
network gives; width and height are the anchor's times its exponential. Darknet's other versions
differ in what :class:`~dl2ecd_core.models.detectors.head.CellReading` says; of Gaussian YOLO
(https://arxiv.org/abs/1904.04620, 3.3) the score is less by the mean of the box's deviations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence, Tuple

from ...findings.rules import finding
from ...findings.wording import shape_text
from ...models.detectors.head import Columns, Holds
from ..extras import RunningRefused
from .reading import Grid, Reading

if TYPE_CHECKING:
    from ..sessions import Array

#: Of what the exponential is taken: beyond it no box has a place in any tile.
_MOST = 30.0


def of_grids(
    reading: Reading, outputs: Sequence[Array], tile: Tuple[int, int]
) -> Tuple[Array, Array, Array]:
    """Boxes from their centers in pixels, scores, and labels of all cells of all grids.

    Raises
    ------
    RunningRefused
        ``model-run-failed`` where a grid has not the channels that its anchors need.
    """
    import numpy

    parts = [_of_grid(outputs[grid.place], grid, reading.columns, tile) for grid in reading.grids]
    sides, scores, labels = (numpy.concatenate(one) for one in zip(*parts))
    return sides, scores, labels


def _of_grid(
    values: Array, grid: Grid, columns: Sequence[Columns], tile: Tuple[int, int]
) -> Tuple[Array, Array, Array]:
    import numpy

    anchors = len(grid.anchors)
    box, width = columns[0].count or 0, sum(column.count or 0 for column in columns)
    if values.ndim != 4 or values.shape[:2] != (1, anchors * width):
        raise RunningRefused(
            [
                finding(
                    "model-run-failed",
                    f"The model gave a grid of {shape_text(values.shape)}, where {anchors} "
                    f"anchors with {width} numbers each were expected.",
                    hint="Check that the configuration is that of the weights.",
                )
            ]
        )
    rows, across = values.shape[2:]
    cells = values.reshape(anchors, width, rows, across).astype("float64")
    doubtful = columns[0].holds is Holds.BOX_AND_DEVIATIONS
    coded = cells[:, 0:box:2] if doubtful else cells[:, :box]
    sides = _boxes(coded, grid, tile)
    activated = grid.cells.activated
    objectness, classes = cells[:, box : box + 1], cells[:, box + 1 :]
    scores = objectness if activated else _sigmoid(objectness)
    if grid.cells.exclusive:
        shares = numpy.exp(classes - classes.max(1, keepdims=True))
        scores = scores * shares / shares.sum(1, keepdims=True)
    else:
        scores = scores * (classes if activated else _sigmoid(classes))
    if doubtful:
        scores = scores * (1 - _sigmoid(cells[:, 1:box:2]).mean(1, keepdims=True))
    return sides, scores.max(1).ravel(), scores.argmax(1).ravel()


def _boxes(coded: Array, grid: Grid, tile: Tuple[int, int]) -> Array:
    """Center, width and height in pixels, a row for each anchor of each cell."""
    import numpy

    how, (rows, columns) = grid.cells, coded.shape[2:]
    down, across = numpy.meshgrid(numpy.arange(rows), numpy.arange(columns), indexing="ij")
    sizes = numpy.array(grid.anchors)[:, :, None, None]
    if how.activated:
        places, lengths = coded[:, :2], sizes * (2 * coded[:, 2:]) ** 2
    else:
        places = _sigmoid(coded[:, :2])
        lengths = sizes * numpy.exp(numpy.minimum(coded[:, 2:], _MOST))
    places = (places - 0.5) * how.stretch + 0.5
    sides: List[Array] = [
        (places[:, 0] + across) * (tile[1] / columns),
        (places[:, 1] + down) * (tile[0] / rows),
        lengths[:, 0],
        lengths[:, 1],
    ]
    return numpy.stack(sides, -1).reshape(-1, 4)


def _sigmoid(values: Array) -> Array:
    import numpy

    found: Array = 1 / (1 + numpy.exp(-numpy.clip(values, -500, 500)))
    return found
