"""Outlines from masks: over the tile, over boxes, and from prototypes."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.models import Content, Tensor
from dl2ecd_core.models.detectors.head import BoxCoding, Columns, DetectorHead, HeadKind, Holds
from dl2ecd_core.running.objects.decoding import decoded
from dl2ecd_core.running.objects.masks import _polygons, outlined
from dl2ecd_core.running.objects.reading import (
    AskedReading,
    Reading,
    reading_of,
    said_of_masks,
)

FINISHED = (Columns(Holds.BOX, 4), Columns(Holds.SCORE, 1), Columns(Holds.LABEL, 1))
PLACES = {Content.BOXES: 0, Content.SCORES: 1, Content.LABELS: 2, Content.MASKS: 3}
BOXES = np.array([[0, 0, 4, 4], [4, 4, 8, 8]])


def outlines(
    masks: np.ndarray,
    over: Optional[str] = None,
    *,
    boxes: np.ndarray = BOXES,
    tile: Tuple[int, int] = (8, 8),
    first_label: int = 0,
) -> Any:
    reading = Reading(
        HeadKind.FINISHED, (), None, PLACES, BoxCoding.CORNERS, False, first_label, masks=over
    )
    outputs = [boxes, np.array([0.1, 0.9]), np.array([0, 1]) + first_label, masks]
    return outlined(decoded(reading, outputs, tile, 0.5), reading, outputs, tile, tile).outlines


def test_probabilities_of_the_whole_tile() -> None:
    masks = np.zeros((2, 1, 8, 8))
    masks[1, 0, 4:6] = 0.6
    masks[1, 0, 6:] = 0.4
    (shape,) = outlines(masks)
    assert shape.bounds == (4, 4, 8, 6)


def test_masks_of_another_kind_leave_the_boxes() -> None:
    assert outlines(np.zeros((2, 28, 28))) is None


def test_prototypes_of_another_number_leave_the_boxes() -> None:
    columns = (*FINISHED, Columns(Holds.MASK_COEFFICIENTS, 2))
    places = {Content.RAW_DETECTOR_HEAD: 0, Content.MASKS: 1}
    reading = Reading(HeadKind.FINISHED, columns, 2, places, BoxCoding.CORNERS, False)
    outputs = [np.array([[[0, 0, 4, 4, 0.9, 1, 1, 1]]]), np.zeros((1, 3, 4, 4))]
    found = decoded(reading, outputs, (8, 8), 0.5)
    assert outlined(found, reading, outputs, (8, 8), (8, 8)).outlines is None


@pytest.mark.parametrize("shape", [(1, 1, 28, 28), (1, 28, 28), (1, 2, 28, 28)])
def test_masks_of_another_kind_than_rows_leave_the_boxes(shape: Tuple[int, ...]) -> None:
    rows = 3 if shape == (1, 2, 28, 28) else 2
    boxes = np.array([[0, 0, 4, 4]] * rows)
    reading = Reading(HeadKind.FINISHED, (), None, PLACES, BoxCoding.CORNERS, False, masks="box")
    outputs = [boxes, np.full(rows, 0.9), np.zeros(rows), np.zeros(shape)]
    found = decoded(reading, outputs, (8, 8), 0.5)
    assert outlined(found, reading, outputs, (8, 8), (8, 8)).outlines is None


class TestOverBoxes:
    BOXES = np.array([[2, 2, 10, 10], [8, 16, 28, 36]])

    def test_the_upper_half_of_a_box(self) -> None:
        masks = np.zeros((1, 2, 4, 4))
        masks[0, 1, :2] = 1
        (shape,) = outlines(masks, "box", boxes=self.BOXES, tile=(40, 40))
        assert shape.bounds == (8, 16, 28, 26)

    def test_logits(self) -> None:
        masks = np.full((1, 2, 4, 4), -3.0)
        masks[0, 1, :2] = 3
        (shape,) = outlines(masks, "box", boxes=self.BOXES, tile=(40, 40))
        assert shape.bounds == (8, 16, 28, 26)

    def test_of_several_that_of_the_class(self) -> None:
        masks = np.zeros((2, 3, 4, 4))
        masks[1, 2, :, :2] = 1
        (shape,) = outlines(masks, "box", boxes=self.BOXES, tile=(40, 40), first_label=1)
        assert shape.bounds == (8, 16, 18, 36)
        # There is none for the last class.
        assert outlines(masks[:, :2], "box", boxes=self.BOXES, tile=(40, 40), first_label=1) is None

    def test_a_raster_of_the_tile_that_is_smaller(self) -> None:
        masks = np.zeros((2, 4, 4))
        masks[1, 2] = 1
        (shape,) = outlines(masks, "tile", boxes=self.BOXES, tile=(40, 40))
        assert shape.bounds == (8, 20, 28, 30)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 1000))
    def test_is_the_rule_for_pasting_pixel_by_pixel(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        mask = random.uniform(0, 1, (5, 6))
        box = np.array([*random.uniform(0, 10, 2), *random.uniform(14, 30, 2)])
        (shape,) = outlines(
            np.stack([mask, mask]), "box", boxes=np.stack([box, box]), tile=(32, 32)
        )
        wanted: List[Any] = []
        for row in range(32):
            for column in range(32):
                x, y = column + 0.5, row + 0.5
                if box[0] <= x < box[2] and box[1] <= y < box[3]:
                    across = (x - box[0]) / (box[2] - box[0]) * 6 - 0.5
                    down = (y - box[1]) / (box[3] - box[1]) * 5 - 0.5
                    if blended(mask, down, across) > 0.5:
                        wanted.append(shapely.box(column, row, column + 1, row + 1))
        expected = shapely.union_all(wanted) if wanted else shapely.box(*box)
        assert shapely.symmetric_difference(shape, expected).area < 1e-6


def blended(mask: np.ndarray, down: float, across: float) -> float:
    """Linearly between the four nearest cells; beyond the mask is nought."""
    total = 0.0
    for row in (int(np.floor(down)), int(np.floor(down)) + 1):
        for column in (int(np.floor(across)), int(np.floor(across)) + 1):
            if 0 <= row < mask.shape[0] and 0 <= column < mask.shape[1]:
                weight = (1 - abs(down - row)) * (1 - abs(across - column))
                total += weight * mask[row, column]
    return total


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 12), st.integers(1, 12))
def test_pixels_that_touch_are_one_polygon(seed: int, rows: int, columns: int) -> None:
    inside = np.random.default_rng(seed).random((rows, columns)) < 0.6
    inside[rows // 2, columns // 2] = True
    shape: Any = _polygons(inside, 3, 5)
    assert shape.geom_type == "MultiPolygon"
    assert shape.is_valid
    assert shape.area == inside.sum()
    down, across = np.nonzero(inside)
    assert shapely.contains_xy(shape, across + 3.5, down + 5.5).all()


def tensors(name: str, shape: Tuple[Optional[int], ...]) -> List[Tensor]:
    known = [
        Tensor(f"detection_{kind.value}", size, "?" * len(size), content=kind)
        for kind, size in ((Content.BOXES, (1, 9, 4)), (Content.SCORES, (1, 9)))
    ]
    labels = Tensor("detection_classes", (1, 9), "??", content=Content.LABELS)
    return [*known, labels, Tensor(name, shape, "?" * len(shape), content=Content.MASKS)]


HEAD = DetectorHead(HeadKind.FINISHED, box_coding=BoxCoding.ROWS_FIRST, normalized=True)


def test_tensorflow_says_by_its_name_that_masks_lie_over_boxes() -> None:
    outputs = tensors("detection_masks", (1, 9, 33, 33))
    reading = reading_of(HEAD, outputs, 2, AskedReading(), "x")
    assert reading.masks == "box"
    assert said_of_masks(reading, outputs, (64, 64), "x") == []


def test_masks_over_what_nothing_tells_are_asked_for() -> None:
    outputs = tensors("masks", (1, 9, 33, 33))
    reading = reading_of(HEAD, outputs, 2, AskedReading(), "x")
    (said,) = said_of_masks(reading, outputs, (64, 64), "x")
    assert (said.rule, said.hint[:23]) == ("masks-unknown", "Say --masks tile or box")
    asked = reading_of(HEAD, outputs, 2, AskedReading(masks="box"), "x")
    assert said_of_masks(asked, outputs, (64, 64), "x") == []
    # What has the size of the tile lies over it.
    assert said_of_masks(reading, outputs, (33, 33), "x") == []
    free = tensors("masks", (1, 9, None, None))
    assert said_of_masks(reading, free, (64, 64), "x") == []
    assert said_of_masks(reading_of(HEAD, free[:3], 2, AskedReading(), "x"), free, (9, 9), "") == []


def test_masks_of_queries_lie_over_the_tile() -> None:
    head = DetectorHead(HeadKind.SEPARATE, box_coding=BoxCoding.CENTER_SIZE, normalized=True)
    outputs = [
        Tensor("logits", (1, 9, 2), "???", content=Content.CLASS_SCORES),
        Tensor("pred_boxes", (1, 9, 4), "???", content=Content.BOXES),
        Tensor("pred_masks", (1, 9, 16, 16), "????", content=Content.MASKS),
    ]
    assert reading_of(head, outputs, 2, AskedReading(), "x").masks == "tile"
