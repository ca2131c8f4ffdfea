"""Grids of cells with anchors, as YOLOv3 reads them (https://arxiv.org/abs/1804.02767, 2.1).

The place within the cell, the objectness and the scores of the classes are sigmoids of what the
network gives; width and height are the anchor's times its exponential.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Sequence, Tuple

from ...findings.rules import finding
from ...findings.wording import shape_text
from ..extras import RunningRefused
from .reading import Anchors, Reading

if TYPE_CHECKING:
    from ..sessions import Array

_BOX, _OBJECTNESS = 4, 1
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

    classes = reading.columns[-1].count or 0
    parts = [_of_grid(outputs[place], anchors, classes, tile) for place, anchors in reading.grids]
    sides, scores, labels = (numpy.concatenate(one) for one in zip(*parts))
    return sides, scores, labels


def _of_grid(
    grid: Array, anchors: Anchors, classes: int, tile: Tuple[int, int]
) -> Tuple[Array, Array, Array]:
    import numpy

    width = _BOX + _OBJECTNESS + classes
    if grid.ndim != 4 or grid.shape[:2] != (1, len(anchors) * width):
        raise RunningRefused(
            [
                finding(
                    "model-run-failed",
                    f"The model gave a grid of {shape_text(grid.shape)}, where {len(anchors)} "
                    f"anchors with {width} numbers each were expected.",
                    hint="Check that the configuration is that of the weights.",
                )
            ]
        )
    rows, columns = grid.shape[2:]
    cells = grid.reshape(len(anchors), width, rows, columns).astype("float64")
    down, across = numpy.meshgrid(numpy.arange(rows), numpy.arange(columns), indexing="ij")
    sizes = numpy.array(anchors)[:, :, None, None]
    lengths = sizes * numpy.exp(numpy.minimum(cells[:, 2:4], _MOST))
    shares: List[Array] = [
        (_sigmoid(cells[:, 0]) + across) * (tile[1] / columns),
        (_sigmoid(cells[:, 1]) + down) * (tile[0] / rows),
        lengths[:, 0],
        lengths[:, 1],
    ]
    sides = numpy.stack(shares, -1).reshape(-1, _BOX)
    scores = _sigmoid(cells[:, 4:5]) * _sigmoid(cells[:, 5:])
    return sides, scores.max(1).ravel(), scores.argmax(1).ravel()


def _sigmoid(values: Array) -> Array:
    import numpy

    found: Array = 1 / (1 + numpy.exp(-numpy.clip(values, -500, 500)))
    return found
