"""What a detector's outputs hold, in words that whoever runs it can act on.

Where the layouts come from is said in README.md beside this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Dict, Optional, Tuple


class HeadKind(str, Enum):
    """How far the network goes by itself from scores to objects."""

    GRID = "grid"
    """Channels of a map are anchors times (box, objectness, classes); boxes are relative to their
    cell, and the anchors' sizes are needed to get them. Several outputs, one for each scale."""
    ROWS = "rows"
    """One output with a row for each candidate; overlapping ones are not suppressed yet."""
    SEPARATE = "separate"
    """Boxes and the scores of every class come as two outputs, a row for each candidate."""
    FINISHED = "finished"
    """Boxes with one score and one label each: nothing is left to suppress."""


class BoxCoding(str, Enum):
    """What the four numbers of a box are."""

    CENTER_SIZE = "center-size"
    """Column and row of the center, width, height."""
    CORNERS = "corners"
    """Left, top, right, bottom."""
    ROWS_FIRST = "rows-first"
    """Top, left, bottom, right, as TensorFlow has them."""


class Holds(str, Enum):
    """What some of the numbers in a row are."""

    BATCH = "batch"
    """Which image of the batch the row is of."""
    BOX = "box"
    BOX_DISTRIBUTION = "box-distribution"
    """The distances of the box's four sides from the cell, each as scores of 16 distances."""
    BOX_AND_DEVIATIONS = "box-and-deviations"
    """Each of the box's four numbers, followed by how doubtful it is."""
    OBJECTNESS = "objectness"
    """Whether there is any object: to be multiplied with the scores of the classes."""
    CLASS_SCORES = "class-scores"
    SCORE = "score"
    LABEL = "label"
    ANGLE = "angle"
    """Of a box that is turned, in radians."""
    MASK_COEFFICIENTS = "mask-coefficients"
    """To be multiplied with the mask prototypes, which are another output."""
    KEYPOINTS = "keypoints"


@dataclass(frozen=True)
class Columns:
    """Neighbouring numbers in a row of a head that mean one thing.

    Attributes
    ----------
    holds
        What they are.
    count
        How many; None where the number of classes is not known.
    """

    holds: Holds
    count: Optional[int]


@dataclass(frozen=True)
class CellReading:
    """How the numbers of a grid's cells become boxes and scores, where not in YOLOv3's way.

    Attributes
    ----------
    stretch
        By how much places are stretched around the middle of their cell: Darknet's ``scale_x_y``.
    activated
        Whether numbers come as shares, and sides as shares of twice an anchor's root: Darknet's
        ``new_coords``.
    exclusive
        Whether the scores of classes add up to 1 (softmax), as YOLOv2 has them.
    """

    stretch: float = 1.0
    activated: bool = False
    exclusive: bool = False

    def as_dict(self) -> Dict[str, object]:
        """As ``inspect --json`` shows it."""
        return {
            "stretch": self.stretch,
            "activated": self.activated,
            "exclusive": self.exclusive,
        }


@dataclass(frozen=True)
class DetectorHead:
    """How objects are read from a detector's outputs.

    Which output is which is said by each output's ``content``.

    Attributes
    ----------
    kind
        How far the network goes by itself.
    class_count
        The number of classes, only where names or the layout leave no choice.
    columns
        What a row holds, in order; empty where boxes, scores and labels are outputs of their own.
        For a grid, of one anchor.
    columns_axis
        The axis of the output (counted from 0) along which the columns lie; None without columns.
    anchors
        Anchors a cell of a grid has, or rows a cell of the grids together gives; None when unknown.
    box_coding
        None when the file does not tell.
    normalized
        Whether boxes are fractions of the tile (True) or its pixels (False); None when unknown.
    task
        ``detect``, ``segment``, ``pose`` or ``obb``; None when the file does not tell.
    strides
        Pixels of the tile for each cell of the grids, where the number of rows shows them.
    image_size
        Rows and columns of the tile that the exporter notes.
    anchor_sizes
        For each output of a grid, in their order, width and height of each anchor in the tile's
        pixels; empty when the file does not tell, or cells are read in a way that is not known.
    cells
        For each of these, how its cells are read; empty where all are as YOLOv3's.
    """

    kind: HeadKind
    class_count: Optional[int] = None
    columns: Tuple[Columns, ...] = ()
    columns_axis: Optional[int] = None
    anchors: Optional[int] = None
    box_coding: Optional[BoxCoding] = None
    normalized: Optional[bool] = None
    task: Optional[str] = None
    strides: Tuple[int, ...] = ()
    image_size: Optional[Tuple[int, int]] = None
    anchor_sizes: Tuple[Tuple[Tuple[float, float], ...], ...] = ()
    cells: Tuple[CellReading, ...] = ()

    @property
    def end_to_end(self) -> bool:
        """Whether nothing is left to suppress."""
        return self.kind is HeadKind.FINISHED

    def start_of(self, holds: Holds) -> Optional[int]:
        """The first column that holds something; None when no column does, or that is unknown.

        Examples
        --------
        >>> row = Columns(Holds.BOX, 4), Columns(Holds.CLASS_SCORES, 3)
        >>> DetectorHead(HeadKind.ROWS, columns=row).start_of(Holds.CLASS_SCORES)
        4
        """
        start = 0
        for column in self.columns:
            if column.holds is holds:
                return start
            if column.count is None:
                return None
            start += column.count
        return None

    def as_dict(self) -> Dict[str, object]:
        """The head as ``inspect --json`` shows it."""
        return {
            "kind": self.kind.value,
            "class_count": self.class_count,
            "columns": [
                {"holds": column.holds.value, "count": column.count} for column in self.columns
            ],
            "columns_axis": self.columns_axis,
            "anchors": self.anchors,
            "box_coding": None if self.box_coding is None else self.box_coding.value,
            "normalized": self.normalized,
            "task": self.task,
            "strides": list(self.strides),
            "image_size": None if self.image_size is None else list(self.image_size),
            "anchor_sizes": [[list(size) for size in sizes] for sizes in self.anchor_sizes],
            "cells": [cell.as_dict() for cell in self.cells],
        }
