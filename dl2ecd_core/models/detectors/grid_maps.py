"""Heads that give maps of several scales, with all anchors of a cell in its channels."""

from __future__ import annotations

from typing import List, NamedTuple, Optional, Sequence, Tuple

from ..description import Content, Dims
from ..export_notes import ExportNotes
from .head import Columns, DetectorHead, HeadKind, Holds
from .sets import Contents, Placed

#: A box's four sides as distributions over 16 distances each, as YOLOv8 and its followers have.
_DISTRIBUTIONS = 64
#: Anchors of a cell: YOLO's 3, 5 in its second version, 2 in its small and first versions.
_ANCHORS = (3, 5, 2, 9)
_FINEST = 8


class _Layout(NamedTuple):
    """How the channels of one map are ordered."""

    anchors: int
    columns: Tuple[Columns, ...]
    axis: int


def grid_maps(
    outputs: Sequence[Placed],
    tile: Tuple[Optional[int], Optional[int]],
    named: Optional[int],
    notes: ExportNotes,
) -> Optional[Contents]:
    """What the outputs hold when all of them are a detector's grids; None for anything else.

    Parameters
    ----------
    tile
        Rows and columns of the model's input.
    named
        How many classes the model names. Without names, an axis of three anchors shows a grid.
    """
    shapes = [tensor.shape or () for _, tensor in outputs]
    classes = _classes_of(shapes) if named is None else named
    strides = [_stride(shape, tile) for shape in shapes]
    if classes is None or any(stride is not None and stride < _FINEST for stride in strides):
        return None
    layouts = [_layout(shape, classes) for shape in shapes]
    layout = layouts[0]
    if layout is None or any(other != layout for other in layouts):
        return None
    head = DetectorHead(
        HeadKind.GRID,
        classes,
        layout.columns,
        columns_axis=layout.axis,
        anchors=layout.anchors,
        task=notes.task or "detect",
        strides=tuple(sorted(stride for stride in strides if stride is not None)),
        image_size=notes.image_size,
    )
    return Contents({place: Content.RAW_DETECTOR_HEAD for place, _ in outputs}, head)


def _classes_of(shapes: Sequence[Dims]) -> Optional[int]:
    """The classes of several grids with an axis of three anchors, which no map of classes has."""
    if len(shapes) < 2 or any(len(shape) != 5 or 3 not in shape[1:4] for shape in shapes):
        return None
    widths = {shape[-1] for shape in shapes}
    width = widths.pop() if len(widths) == 1 else None
    return width - 5 if width is not None and width > 5 else None


def _layout(shape: Dims, classes: int) -> Optional[_Layout]:
    """How a map's channels hold boxes and scores of so many classes; None when they do not."""
    scores = Columns(Holds.CLASS_SCORES, classes)
    row = (Columns(Holds.BOX, 4), Columns(Holds.OBJECTNESS, 1), scores)
    if len(shape) == 5 and shape[-1] == 5 + classes:
        anchors = next((size for size in shape[1:4] if size in _ANCHORS), None)
        return None if anchors is None else _Layout(anchors, row, 4)
    if len(shape) != 4:
        return None
    for anchors in _ANCHORS:
        for axis in _channel_axes(shape):
            if shape[axis] == anchors * (5 + classes):
                return _Layout(anchors, row, axis)
    for axis in _channel_axes(shape):
        if shape[axis] == _DISTRIBUTIONS + classes:
            return _Layout(1, (Columns(Holds.BOX_DISTRIBUTION, _DISTRIBUTIONS), scores), axis)
    return None


def _channel_axes(shape: Dims) -> Tuple[int, ...]:
    """Axes that may be the channels: of a square map, the one whose size is another."""
    if shape[1] != shape[2] == shape[3]:
        return (1,)
    return (3,) if shape[1] == shape[2] != shape[3] else (1, 3)


def _stride(shape: Dims, tile: Tuple[Optional[int], Optional[int]]) -> Optional[int]:
    """Pixels of the tile for a cell of a map with as many rows as columns; None when not told."""
    width = tile[1]
    sizes: List[Optional[int]] = list(shape[1:])
    squares = {size for size in sizes if size is not None and sizes.count(size) > 1}
    if width is None or len(squares) != 1:
        return None
    cells = squares.pop()
    return width // cells if cells and width % cells == 0 else None
