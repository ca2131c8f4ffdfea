"""How outputs are read: what the model tells, and what is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

import numpy as np
import pytest

from dl2ecd_core.models import Activation, Content, Tensor, inspect_model
from dl2ecd_core.models.detectors.head import BoxCoding, Columns, DetectorHead, HeadKind, Holds
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.objects.decoding import decoded
from dl2ecd_core.running.objects.reading import AskedReading, Reading, reading_of
from tests.running.objects import networks

NOTHING = AskedReading()
FINISHED = (Columns(Holds.BOX, 4), Columns(Holds.SCORE, 1), Columns(Holds.LABEL, 1))


def read(path: Path, asked: AskedReading = NOTHING) -> Reading:
    model = inspect_model(path)
    return reading_of(model.detector, model.outputs, 2, asked, "some.ecd")


def tensor(name: str, shape: Tuple[int, ...], **more: Any) -> Tensor:
    return Tensor(name, shape, "?" * len(shape), **more)


def refused(head: Optional[DetectorHead], *outputs: Tensor, asked: AskedReading = NOTHING) -> str:
    with pytest.raises(RunningRefused) as caught:
        reading_of(head, outputs, 2, asked, "some.ecd")
    (found,) = caught.value.findings
    return f"{found.rule}: {found.message} {found.hint}"


class TestWhatTheModelTells:
    def test_rows_are_in_pixels_from_the_center(self, tmp_path: Path) -> None:
        reading = read(networks.yolov8(tmp_path / "a.onnx"))
        assert (reading.kind, reading.coding) == (HeadKind.ROWS, BoxCoding.CENTER_SIZE)
        assert not reading.normalized
        assert not reading.finished
        assert str(reading) == "rows (box + class-scores), boxes as center-size in pixels"

    def test_end_to_end_has_corners(self, tmp_path: Path) -> None:
        reading = read(networks.end_to_end(tmp_path / "a.onnx"))
        assert reading.finished
        assert (reading.coding, reading.first_label) == (BoxCoding.CORNERS, 0)

    def test_the_detection_api_has_fractions_and_counts_from_1(self, tmp_path: Path) -> None:
        names = ("detection_boxes", "detection_scores", "detection_classes")
        reading = read(networks.separate(tmp_path / "a.onnx", names=names, rows_first=True))
        assert (reading.coding, reading.first_label) == (BoxCoding.ROWS_FIRST, 1)
        assert str(reading).endswith("boxes as rows-first in fractions of the tile")

    def test_detr_has_logits_of_one_more_than_there_are_classes(self, tmp_path: Path) -> None:
        reading = read(networks.detr(tmp_path / "a.onnx"))
        assert (reading.activation, reading.normalized) == ("softmax", True)
        # Each query is of the best of its classes, and none is suppressed.
        assert (reading.background, reading.several, reading.finished) == ("last", False, True)

    def test_its_followers_score_each_class_by_itself(self) -> None:
        head = DetectorHead(HeadKind.SEPARATE, box_coding=BoxCoding.CENTER_SIZE, normalized=True)
        sides = tensor("pred_boxes", (1, 9, 4), content=Content.BOXES)
        scores = tensor("logits", (1, 9, 2), content=Content.CLASS_SCORES)
        assert reading_of(head, (scores, sides), 2, NOTHING, "x").activation == "sigmoid"
        queries = reading_of(head, (scores, sides), 2, NOTHING, "x")
        assert (queries.queries, queries.finished, queries.several) == (True, True, True)
        done = tensor("p", (1, 9, 2), content=Content.CLASS_SCORES, activation=Activation.SIGMOID)
        assert reading_of(head, (done, sides), 2, NOTHING, "x").activation == "none"

    def test_a_column_for_the_image_means_that_0_is_background(self) -> None:
        columns = (Columns(Holds.BATCH, 1), *reversed(FINISHED))
        head = DetectorHead(HeadKind.FINISHED, None, columns, 3, None, BoxCoding.CORNERS, True)
        output = tensor("d", (1, 1, 9, 7), content=Content.RAW_DETECTOR_HEAD)
        assert reading_of(head, (output,), 2, NOTHING, "x").first_label == 1


class TestWhatIsAskedFor:
    def test_the_first_label_where_families_differ(self, tmp_path: Path) -> None:
        path = networks.separate(tmp_path / "a.onnx")
        model = inspect_model(path)
        said = refused(model.detector, *model.outputs)
        assert said.startswith("detector-incomplete")
        assert "--first-label" in said
        assert read(path, AskedReading(first_label=1)).first_label == 1

    def test_which_of_one_score_too_many_is_that_of_no_object(self) -> None:
        head = DetectorHead(HeadKind.SEPARATE, box_coding=BoxCoding.CORNERS, normalized=True)
        sides = tensor("boxes", (1, 9, 4), content=Content.BOXES)
        softmax = Activation.SOFTMAX
        scores = tensor("s", (1, 9, 3), content=Content.CLASS_SCORES, activation=softmax)
        assert "--background" in refused(head, sides, scores)
        reading = reading_of(head, (sides, scores), 2, AskedReading(background="first"), "x")
        assert (reading.background, reading.several, reading.finished) == ("first", True, False)

    def test_all_that_is_missing_at_once(self) -> None:
        head = DetectorHead(HeadKind.SEPARATE)
        sides = tensor("a", (1, 9, 4), content=Content.BOXES)
        scores = tensor("b", (1, 9, 2), content=Content.CLASS_SCORES)
        said = refused(head, sides, scores)
        assert all(option in said for option in ("--boxes", "--units", "--activation"))
        asked = AskedReading(None, "corners", "fractions", None, "sigmoid")
        reading = reading_of(head, (sides, scores), 2, asked, "x")
        assert (reading.coding, reading.normalized) == (BoxCoding.CORNERS, True)

    def test_the_head_of_a_model_that_tells_nothing(self) -> None:
        outputs = (tensor("features", (1, 5)), tensor("out", (1, 6, 84)))
        assert refused(None, *outputs).startswith("detector-unknown")
        reading = reading_of(None, outputs, 2, AskedReading("yolov8"), "x")
        assert (reading.columns_axis, dict(reading.places)) == (
            1,
            {Content.RAW_DETECTOR_HEAD: 1},
        )
        rows = (tensor("out", (1, 84, 6)),)
        assert reading_of(None, rows, 2, AskedReading("end-to-end"), "x").columns_axis == 2

    def test_a_head_that_has_another_width_is_refused(self) -> None:
        said = refused(None, tensor("out", (1, 9, 84)), asked=AskedReading("yolov5"))
        assert said.startswith("detector-unknown")
        assert "rows of 7 numbers" in said

    def test_raw_grids_need_their_anchors(self) -> None:
        head = DetectorHead(HeadKind.GRID, 2)
        grid = tensor("g", (1, 21, 8, 8), content=Content.RAW_DETECTOR_HEAD)
        assert "anchors" in refused(head, grid)


class TestWhatCannotBeRead:
    def reading(self, **more: object) -> Reading:
        raw = {Content.RAW_DETECTOR_HEAD: 0}
        kind = HeadKind.FINISHED
        return Reading(kind, FINISHED, 2, raw, BoxCoding.CORNERS, False, **more)

    def rule(self, reading: Reading, *outputs: np.ndarray) -> str:
        with pytest.raises(RunningRefused) as caught:
            decoded(reading, list(outputs), (64, 64), 0.5)
        return caught.value.findings[0].rule

    def test_rows_of_another_width(self) -> None:
        assert self.rule(self.reading(), np.zeros((1, 9, 7))) == "model-run-failed"
        assert self.rule(self.reading(), np.zeros((6,))) == "model-run-failed"

    def test_more_scores_than_boxes(self) -> None:
        places = {Content.BOXES: 0, Content.SCORES: 1, Content.LABELS: 2}
        beside = Reading(HeadKind.FINISHED, (), None, places, BoxCoding.CORNERS, False)
        arrays = np.zeros((3, 4)), np.zeros(2), np.zeros(3)
        assert self.rule(beside, *arrays) == "model-run-failed"
        assert self.rule(beside, np.zeros((3, 5)), *arrays[1:]) == "model-run-failed"

    @pytest.mark.parametrize("shape", [(4, 3), (3, 1), ()])
    def test_scores_of_other_rows_or_of_no_class(self, shape: Tuple[int, ...]) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        reading = Reading(
            HeadKind.SEPARATE, (), None, places, BoxCoding.CORNERS, False, background="last"
        )
        assert self.rule(reading, np.zeros((3, 4)), np.zeros(shape)) == "model-run-failed"

    def test_scores_that_are_no_shares(self) -> None:
        rows = np.array([[[0, 0, 5, 5, 7.5, 1]]])
        assert self.rule(self.reading(), rows) == "scores-not-shares"

    def test_rows_of_no_number_are_no_objects(self) -> None:
        rows = np.array(
            [[[0, 0, np.nan, 5, 0.9, 1], [0, 0, 5, 5, np.nan, 1], [0, 0, 5, 5, 0.9, 1]]]
        )
        assert len(decoded(self.reading(), [rows], (64, 64), 0.5)) == 1

    def test_rows_of_no_image_are_no_objects(self) -> None:
        columns = (Columns(Holds.BATCH, 1), FINISHED[2], FINISHED[1], FINISHED[0])
        raw = {Content.RAW_DETECTOR_HEAD: 0}
        reading = Reading(HeadKind.FINISHED, columns, 3, raw, BoxCoding.CORNERS, True, 1)
        rows = np.array([[[[0, 2, 0.9, 0.1, 0.2, 0.5, 0.6], [-1, 2, 0.9, 0, 0, 1, 1]]]])
        found = decoded(reading, [rows], (100, 200), 0.5)
        assert found.bounds.tolist() == [[20, 20, 100, 60]]
        assert found.labels.tolist() == [1]

    def test_boxes_may_bring_their_scores(self) -> None:
        columns = (Columns(Holds.BOX, 4), Columns(Holds.SCORE, 1))
        places = {Content.BOXES: 0, Content.LABELS: 1}
        reading = Reading(HeadKind.FINISHED, columns, 2, places, BoxCoding.CORNERS, False)
        outputs = [np.array([[[1, 2, 3, 4, 0.75]]]), np.array([[1]])]
        found = decoded(reading, outputs, (64, 64), 0.5)
        assert (found.scores.tolist(), found.labels.tolist()) == ([0.75], [1])

    @pytest.mark.parametrize("done", ["none", "sigmoid"])
    def test_scores_of_classes_beside_boxes(self, done: str) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        reading = Reading(HeadKind.SEPARATE, (), None, places, BoxCoding.CORNERS, False, 0, done)
        given = np.array([[0.1, 0.8]])
        scores = given if done == "none" else np.log(given / (1 - given))
        found = decoded(reading, [np.array([[1, 2, 3, 4]]), scores], (9, 9), 0.5)
        assert found.scores.tolist() == pytest.approx([0.8])
        assert found.labels.tolist() == [1]

    @pytest.mark.parametrize(
        ("background", "rows", "labels"), [("first", [0, 1], [0, 1]), ("last", [0, 2], [1, 0])]
    )
    def test_a_score_of_no_object_is_that_of_no_class(
        self, background: str, rows: List[int], labels: List[int]
    ) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        scores = np.array([[0.1, 0.8, 0.1], [0.05, 0.05, 0.9], [0.9, 0.05, 0.05]])
        reading = Reading(
            HeadKind.SEPARATE, (), None, places, BoxCoding.CORNERS, False, background=background
        )
        boxes = np.array([[0, 0, 5, 5], [1, 1, 6, 6], [2, 2, 7, 7]])
        found = decoded(reading, [boxes, scores], (9, 9), 0.5)
        assert found.rows is not None
        assert (found.rows.tolist(), found.labels.tolist()) == (rows, labels)

    def test_a_row_may_be_of_several_classes(self) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        reading = Reading(HeadKind.SEPARATE, (), None, places, BoxCoding.CORNERS, False)
        outputs = [np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), np.array([[0.6, 0.7], [0.1, 0.9]])]
        found = decoded(reading, outputs, (9, 9), 0.5)
        assert found.rows is not None
        assert list(zip(found.rows.tolist(), found.labels.tolist())) == [(0, 0), (0, 1), (1, 1)]
        assert found.scores.tolist() == [0.6, 0.7, 0.9]

    @pytest.mark.parametrize(("score", "told"), [(0.5, []), (0.95, [0.9])])
    def test_the_best_score_is_told_where_none_is_good_enough(
        self, score: float, told: List[float]
    ) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        reading = Reading(HeadKind.SEPARATE, (), None, places, BoxCoding.CORNERS, False)
        outputs = [np.array([[1, 2, 3, 4], [5, 6, 7, 8]]), np.array([[0.6, 0.7], [0.1, 0.9]])]
        heard: List[float] = []
        found = decoded(reading, outputs, (9, 9), score, heard.append)
        assert (len(found), heard) == (0 if told else 3, told)

    def test_queries_with_a_score_of_no_object_are_of_their_best_class(self) -> None:
        places = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
        reading = Reading(
            HeadKind.SEPARATE, (), None, places, BoxCoding.CENTER_SIZE, True, 0, "softmax", "last",
            queries=True,
        )  # fmt: skip
        scores = np.log(np.array([[0.3, 0.45, 0.25], [0.1, 0.1, 0.8]]))
        found = decoded(reading, [np.array([[0.5, 0.5, 0.2, 0.4]] * 2), scores], (10, 20), 0.2)
        assert found.labels.tolist() == [1]
        assert found.scores.tolist() == pytest.approx([0.45])
        assert found.bounds.tolist() == [[8, 3, 12, 7]]
