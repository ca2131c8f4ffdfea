"""Heads that give one row for each candidate: box, scores, and whatever follows them.

The layouts are those of the exporters' documentation and of the files they write: YOLOv5 and YOLOX
(box, objectness, classes), YOLOv8 and its followers (box, classes; then mask coefficients, an
angle or key points), and the same after suppression (corners, score, label, ...).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Iterator, Optional, Tuple

from ..description import Dims
from ..export_notes import ExportNotes
from .grids import Grids, grids_of
from .head import BoxCoding, Columns, DetectorHead, HeadKind, Holds

_BOX = Columns(Holds.BOX, 4)
_OBJECTNESS = Columns(Holds.OBJECTNESS, 1)
_FINISHED = (_BOX, Columns(Holds.SCORE, 1), Columns(Holds.LABEL, 1))
#: Numbers of a body's key points: 17 points of column, row and visibility.
_BODY = (17, 3)
#: Networks that need no suppression give at most so many objects.
_MOST_FINISHED = 1000


@dataclass(frozen=True)
class Rows:
    """An output that may have a row for each candidate.

    Attributes
    ----------
    shape
        Batch, and two more.
    tile
        Rows and columns of the model's input.
    prototypes
        The number of mask prototypes that another output holds; 0 without one.
    class_count
        Of names that the model carries; None without names.
    notes
        The exporter's.
    pixels
        Whether the format's exporters give boxes in pixels; False where some give fractions.
    """

    shape: Dims
    tile: Tuple[Optional[int], Optional[int]]
    prototypes: int
    class_count: Optional[int]
    notes: ExportNotes
    pixels: bool = True


def head_of(rows: Rows) -> Optional[DetectorHead]:
    """How the rows are read; None when nothing shows that they are a detector's."""
    finished = _finished(rows)
    if finished is not None:
        return finished
    if rows.class_count is not None:
        return _named(rows, rows.class_count)
    return _by_grid(rows)


def _grids(rows: Rows, axis: int) -> Optional[Grids]:
    """The grids behind the rows when the columns lie along this axis."""
    return grids_of(rows.shape[3 - axis], rows.tile)


def _extras(rows: Rows) -> Iterator[Tuple[Optional[str], Tuple[Columns, ...]]]:
    """Task and what follows the classes in a row: as the exporter notes, else what is possible."""
    task = rows.notes.task
    if task in (None, "segment") and rows.prototypes:
        yield "segment", (Columns(Holds.MASK_COEFFICIENTS, rows.prototypes),)
    if task == "pose":
        points, numbers = rows.notes.keypoints or _BODY
        yield "pose", (Columns(Holds.KEYPOINTS, points * numbers),)
    if task == "obb":
        yield "obb", (Columns(Holds.ANGLE, 1),)
    if task == "detect" or (task is None and not rows.prototypes):
        yield "detect", ()


def _finished(rows: Rows) -> Optional[DetectorHead]:
    """Rows of box, score and label: along the last axis, after the exporter's own suppression."""
    count = rows.shape[1]
    if not rows.notes.end_to_end and (
        rows.notes.task is None
        or count is None
        or count > _MOST_FINISHED
        or _grids(rows, 2) is not None
    ):
        return None
    for task, extras in _extras(rows):
        columns = (*_FINISHED, *extras)
        if rows.shape[2] == _width(columns):
            return DetectorHead(
                HeadKind.FINISHED,
                columns=columns,
                columns_axis=2,
                box_coding=BoxCoding.CENTER_SIZE if task == "obb" else BoxCoding.CORNERS,
                normalized=False if rows.pixels else None,
                task=task,
                image_size=rows.notes.image_size,
            )
    return None


def _named(rows: Rows, classes: int) -> Optional[DetectorHead]:
    """Rows whose width is that of a known layout with so many classes."""
    scores = Columns(Holds.CLASS_SCORES, classes)
    for task, extras in _extras(rows):
        for start in ((_BOX,), (_BOX, _OBJECTNESS)):
            columns = (*start, scores, *extras)
            for axis in _axes(rows):
                if rows.shape[axis] == _width(columns):
                    return _head(rows, columns, axis, task, classes)
    return None


def _by_grid(rows: Rows) -> Optional[DetectorHead]:
    """A detector without names: rows of several grids, or prototypes whose number is their end."""
    for axis in _axes(rows):
        grids = _grids(rows, axis)
        width = rows.shape[axis]
        if grids is None or not grids.certain or width is None or width < 5:
            continue
        # Three anchors a cell have an objectness; one anchor a cell may have one or not.
        start = (_BOX, _OBJECTNESS) if grids.anchors == 3 else (_BOX,)
        task, extras = next(_extras(rows), (None, ()))
        classes = width - _width((*start, *extras))
        if task is None or classes < 1 or (grids.anchors != 3 and rows.notes.task is None):
            return _head(rows, (), axis, None, None)
        columns = (*start, Columns(Holds.CLASS_SCORES, classes), *extras)
        return _head(rows, columns, axis, task, classes)
    return None


def _axes(rows: Rows) -> Tuple[int, ...]:
    """The axes along which columns may lie, the shorter first."""
    first, second = rows.shape[1:3]
    if first is not None and second is not None and second < first:
        return 2, 1
    return (1, 2) if first is not None else (2, 1)


def _head(
    rows: Rows,
    columns: Tuple[Columns, ...],
    axis: int,
    task: Optional[str],
    classes: Optional[int],
) -> DetectorHead:
    grids = _grids(rows, axis)
    # Queries, whose number no grid gives, come with fractions from some exporters.
    in_pixels = rows.pixels and rows.notes.task is not None and (axis == 1 or grids is not None)
    return DetectorHead(
        HeadKind.ROWS,
        classes,
        columns,
        columns_axis=axis,
        anchors=None if grids is None else grids.anchors,
        box_coding=BoxCoding.CENTER_SIZE,
        normalized=False if in_pixels else None,
        task=task,
        strides=() if grids is None else grids.strides,
        image_size=rows.notes.image_size,
    )


def _width(columns: Tuple[Columns, ...]) -> int:
    return sum(column.count or 0 for column in columns)
