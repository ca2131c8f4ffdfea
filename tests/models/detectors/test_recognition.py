"""What a detector's outputs are taken for, in the layouts that exporters are known to write."""

from __future__ import annotations

from typing import Any, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.models import (
    Activation,
    ClassNames,
    Content,
    Evidence,
    ModelDescription,
    Role,
    Tensor,
)
from dl2ecd_core.models.detectors.head import (
    BoxCoding,
    Columns,
    DetectorHead,
    HeadKind,
    Holds,
)
from dl2ecd_core.models.detectors.recognition import rows_of_candidates, with_contents
from dl2ecd_core.models.export_notes import ExportNotes
from tests.documents import description, image

Shape = Tuple[Optional[int], ...]


def tensor(name: Optional[str], *shape: Optional[int], **more: Any) -> Tensor:
    axes = more.pop("axes", "N" + "?" * (len(shape) - 1))
    return Tensor(name, shape, axes, more.pop("data_type", "float32"), **more)


def seen(
    *outputs: Tensor,
    names: int = 0,
    tile: Optional[int] = 640,
    task: Optional[str] = None,
    **changes: Any,
) -> ModelDescription:
    """A model of these outputs, as it is described in the end."""
    listed = tuple(f"c{index}" for index in range(names))
    changes.setdefault("inputs", (image("images", 1, 3, tile, tile),))
    changes.setdefault("format", "onnx")
    notes = changes.pop("notes", ExportNotes(task) if task else None)
    return with_contents(
        description(
            outputs=outputs,
            class_names=(ClassNames(listed, "metadata"),) if names else (),
            notes=notes,
            **changes,
        )
    )


def head(model: ModelDescription) -> DetectorHead:
    assert model.detector is not None
    return model.detector


def widths(found: DetectorHead) -> Sequence[Tuple[str, Optional[int]]]:
    return [(column.holds.value, column.count) for column in found.columns]


def contents(model: ModelDescription) -> Sequence[Optional[Content]]:
    return [one.content for one in model.outputs]


class TestRows:
    """One row a candidate: YOLO and its followers, whose names tell how many columns are scores."""

    @pytest.mark.parametrize(
        ("shape", "task", "axis", "columns"),
        [
            ((1, 7, 8400), "detect", 1, [("box", 4), ("class-scores", 3)]),
            ((1, 8400, 7), "detect", 2, [("box", 4), ("class-scores", 3)]),
            ((1, 7, None), "detect", 1, [("box", 4), ("class-scores", 3)]),
            ((None, None, 7), "detect", 2, [("box", 4), ("class-scores", 3)]),
            ((1, 300, 7), "detect", 2, [("box", 4), ("class-scores", 3)]),
            ((1, 25200, 8), None, 2, [("box", 4), ("objectness", 1), ("class-scores", 3)]),
            ((1, 8, 21504), "obb", 1, [("box", 4), ("class-scores", 3), ("angle", 1)]),
            ((1, 58, 8400), "pose", 1, [("box", 4), ("class-scores", 3), ("keypoints", 51)]),
        ],
    )
    def test_names_tell_the_columns(
        self, shape: Shape, task: Optional[str], axis: int, columns: Sequence[Tuple[str, int]]
    ) -> None:
        model = seen(tensor("output0", *shape), names=3, task=task)
        found = head(model)
        assert (found.kind, found.class_count, found.columns_axis) == (HeadKind.ROWS, 3, axis)
        assert widths(found) == columns
        assert found.task == (task or "detect")
        assert contents(model) == [Content.RAW_DETECTOR_HEAD]

    @pytest.mark.parametrize(
        ("rows", "objectness", "axis"), [((1, 39, 8400), 0, 1), ((1, 25200, 40), 1, 2)]
    )
    @pytest.mark.parametrize("task", ["segment", None])
    @pytest.mark.parametrize("last", [False, True])
    def test_prototypes_of_masks_are_no_classes(
        self, rows: Shape, objectness: int, axis: int, task: Optional[str], last: bool
    ) -> None:
        prototypes = (
            tensor("output1", 1, 160, 160, 32)
            if last
            else tensor("output1", 1, 32, 160, 160, axes="NCHW")
        )
        model = seen(tensor("output0", *rows), prototypes, names=3, task=task)
        assert contents(model) == [Content.RAW_DETECTOR_HEAD, Content.MASKS]
        assert head(model).class_count == 3
        assert head(model).start_of(Holds.MASK_COEFFICIENTS) == 4 + objectness + 3
        assert head(model).columns_axis == axis
        assert head(model).task == "segment"

    def test_grids_behind_the_rows(self) -> None:
        anchorless = head(seen(tensor("o", 1, 7, 8400), names=3))
        assert (anchorless.strides, anchorless.anchors) == ((8, 16, 32), 1)
        anchored = head(seen(tensor("o", 1, 25200, 8), names=3))
        assert (anchored.strides, anchored.anchors) == ((8, 16, 32), 3)
        assert head(seen(tensor("o", 1, 7, 84), names=3)).strides == ()

    def test_an_exporters_pixels(self) -> None:
        model = seen(tensor("o", 1, 7, 8400), names=3, notes=ExportNotes("detect", 32, (640, 640)))
        assert head(model).box_coding is BoxCoding.CENTER_SIZE
        assert head(model).normalized is False
        assert head(model).image_size == (640, 640)
        assert not head(model).end_to_end
        assert head(seen(tensor("o", 1, 7, 8400), names=3)).normalized is None
        light = seen(tensor("o", 1, 7, 8400), names=3, task="detect", format="tflite")
        assert head(light).normalized is None

    @pytest.mark.parametrize(
        ("shape", "task", "noted", "columns"),
        [
            ((1, 300, 6), "detect", True, ["box", "score", "label"]),
            ((1, 300, 6), "detect", False, ["box", "score", "label"]),
            ((1, 300, 7), "obb", True, ["box", "score", "label", "angle"]),
            ((1, 300, 57), "pose", True, ["box", "score", "label", "keypoints"]),
        ],
    )
    def test_what_is_suppressed_already(
        self, shape: Shape, task: str, noted: bool, columns: Sequence[str]
    ) -> None:
        notes = ExportNotes(task, end_to_end=noted)
        model = seen(tensor("output0", *shape), names=80, notes=notes)
        assert head(model).kind is HeadKind.FINISHED
        assert head(model).end_to_end
        assert head(model).class_count is None
        assert [name for name, _ in widths(head(model))] == columns

    def test_masks_of_what_is_suppressed(self) -> None:
        notes = ExportNotes("segment", end_to_end=True)
        prototypes = tensor("output1", 1, 32, 160, 160, axes="NCHW")
        model = seen(tensor("output0", 1, 300, 38), prototypes, names=80, notes=notes)
        assert head(model).start_of(Holds.MASK_COEFFICIENTS) == 6
        assert contents(model) == [Content.RAW_DETECTOR_HEAD, Content.MASKS]

    def test_two_classes_in_six_columns_are_still_to_be_suppressed(self) -> None:
        assert head(seen(tensor("o", 1, 8400, 6), names=2, task="detect")).kind is HeadKind.ROWS

    def test_three_grids_show_a_detector_without_names(self) -> None:
        plain = head(seen(tensor("o", 1, 84, 8400)))
        assert (plain.class_count, plain.columns) == (None, ())
        assert head(seen(tensor("o", 1, 84, 8400), task="detect")).class_count == 80
        anchored = head(seen(tensor("o", 1, 25200, 85)))
        assert anchored.class_count == 80
        masks = tensor("p", 1, 32, 160, 160, axes="NCHW")
        assert head(seen(tensor("o", 1, 25200, 117), masks)).class_count == 80

    def test_grids_whose_columns_the_notes_contradict(self) -> None:
        model = seen(tensor("o", 1, 84, 8400), task="segment")
        assert (head(model).columns, head(model).task, head(model).class_count) == ((), None, None)

    @pytest.mark.parametrize("shape", [(1, 256, 8), (1, 8, 256), (1, 4, 8400), (2, 3, 7)])
    def test_other_rows_leave_it_open(self, shape: Shape) -> None:
        model = seen(tensor("o", *shape), tile=128 if 256 in shape else 640)
        assert (model.detector, contents(model)) == (None, [None])
        assert rows_of_candidates(model, model.outputs[0])

    @pytest.mark.parametrize("task", ["detect", "segment", "pose", "obb"])
    def test_an_exporters_word_is_enough_where_sizes_are_free(self, task: str) -> None:
        rows = tensor("output0", None, None, None)
        masks = tensor("output1", None, 32, None, None, axes="NCHW")
        model = seen(rows, *([masks] if task == "segment" else []), names=3, tile=None, task=task)
        assert (head(model).class_count, head(model).columns) == (3, ())
        assert head(model).task == task
        assert contents(model)[0] is Content.RAW_DETECTOR_HEAD
        assert contents(model)[1:] == ([Content.MASKS] if task == "segment" else [])

    def test_an_exporters_word_on_what_is_suppressed(self) -> None:
        notes = ExportNotes("detect", end_to_end=True)
        model = seen(tensor("output0", None, None, None), names=3, notes=notes)
        assert (head(model).kind, head(model).class_count) == (HeadKind.FINISHED, None)
        odd = seen(tensor("output0", None, None), names=3, notes=notes)
        assert odd.detector is None

    def test_queries_may_come_as_fractions(self) -> None:
        assert head(seen(tensor("o", 1, 300, 7), names=3, task="detect")).normalized is None

    def test_names_that_do_not_fit_leave_it_open(self) -> None:
        assert seen(tensor("o", 1, 9, 8400), names=3).detector is None


class TestSeparate:
    """Boxes beside scores: an axis of 4 with as many rows as another output."""

    def test_torchvision(self) -> None:
        model = seen(
            tensor("boxes", None, 4, axes="?C"),
            tensor("labels", None, data_type="int64", axes="?"),
            tensor("scores", None, axes="?"),
            tensor("masks", None, 1, 800, 800, axes="????"),
        )
        assert contents(model) == [Content.BOXES, Content.LABELS, Content.SCORES, Content.MASKS]
        assert head(model).kind is HeadKind.FINISHED
        assert (head(model).box_coding, head(model).normalized) == (BoxCoding.CORNERS, False)
        assert head(model).task == "segment"

    def test_names_are_not_needed(self) -> None:
        model = seen(
            tensor(None, None, 4, axes="?C"),
            tensor(None, None, data_type="int64", axes="?"),
            tensor(None, None, axes="?"),
        )
        assert contents(model) == [Content.BOXES, Content.LABELS, Content.SCORES]
        assert head(model).box_coding is None

    @pytest.mark.parametrize(
        ("boxes", "scores", "classes", "known"),
        [
            ("pred_boxes", "logits", 92, 91),
            ("dets", "labels", 91, 91),
            ("boxes", "scores", 80, 80),
            ("boxes", "scores", 80, None),
            ("a", "b", 80, 79),
        ],
    )
    def test_boxes_and_scores_of_every_class(
        self, boxes: str, scores: str, classes: int, known: Optional[int]
    ) -> None:
        model = seen(tensor(scores, 1, 300, classes), tensor(boxes, 1, 300, 4), names=known or 0)
        assert contents(model) == [Content.CLASS_SCORES, Content.BOXES]
        assert head(model).kind is HeadKind.SEPARATE
        assert head(model).class_count == known

    def test_names_that_the_scores_contradict(self) -> None:
        model = seen(tensor("logits", 1, 300, 92), tensor("pred_boxes", 1, 300, 4), names=7)
        assert head(model).class_count is None

    def test_sigmoids_have_no_score_for_no_object(self) -> None:
        scores = tensor("scores", 1, 8400, 80, activation=Activation.SIGMOID)
        assert head(seen(tensor("boxes", 1, 8400, 4), scores)).class_count == 80

    def test_hugging_face_gives_fractions_from_the_center(self) -> None:
        model = seen(tensor("logits", 1, 100, 92), tensor("pred_boxes", 1, 100, 4))
        assert (head(model).box_coding, head(model).normalized) == (BoxCoding.CENTER_SIZE, True)

    def test_tensorflows_detection_api(self) -> None:
        model = seen(
            tensor("num_detections", 1),
            tensor("detection_boxes", 1, 100, 4),
            tensor("detection_classes", 1, 100),
            tensor("detection_scores", 1, 100),
            tensor("detection_multiclass_scores", 1, 100, 91),
            tensor("raw_detection_boxes", 1, 1917, 4),
            tensor("raw_detection_scores", 1, 1917, 91),
            format="tensorflow-savedmodel",
        )
        assert contents(model)[:5] == [
            None, Content.BOXES, Content.LABELS, Content.SCORES, Content.CLASS_SCORES
        ]  # fmt: skip
        assert head(model).kind is HeadKind.FINISHED
        assert (head(model).box_coding, head(model).normalized) == (BoxCoding.ROWS_FIRST, True)

    def test_tensorflow_lites_suppression_has_no_names(self) -> None:
        model = seen(
            tensor("TFLite_Detection_PostProcess", 1, 10, 4),
            tensor("TFLite_Detection_PostProcess:1", 1, 10),
            tensor("TFLite_Detection_PostProcess:2", 1, 10),
            tensor("TFLite_Detection_PostProcess:3", 1),
        )
        assert contents(model) == [Content.BOXES, Content.LABELS, Content.SCORES, None]
        assert head(model).box_coding is BoxCoding.ROWS_FIRST

    def test_mmdeploy_puts_the_score_behind_the_box(self) -> None:
        model = seen(
            tensor("dets", None, None, 5),
            tensor("labels", None, None, data_type="int64"),
            tensor("masks", None, None, 800, 1333),
        )
        assert contents(model) == [Content.BOXES, Content.LABELS, Content.MASKS]
        assert head(model).columns == (Columns(Holds.BOX, 4), Columns(Holds.SCORE, 1))
        assert head(model).columns_axis == 2

    def test_core_ml(self) -> None:
        model = seen(tensor("confidence", None, 80, axes="??"), tensor("coordinates", None, 4))
        assert contents(model) == [Content.CLASS_SCORES, Content.BOXES]
        assert (head(model).box_coding, head(model).normalized) == (BoxCoding.CENTER_SIZE, True)

    def test_an_output_without_a_shape_beside_boxes(self) -> None:
        model = seen(tensor("boxes", 1, 9, 4), Tensor("x"), tensor("pred_boxes", 1, 9, 4))
        assert model.detector is None
        model = seen(tensor("boxes", 1, 9, 4), Tensor("x"), tensor("scores", 1, 9, 80))
        assert contents(model) == [Content.BOXES, None, Content.CLASS_SCORES]

    def test_names_without_shapes(self) -> None:
        named = tuple(Tensor(name) for name in ("det_boxes", "det_scores", "det_classes", "num"))
        model = seen(*named)
        assert contents(model) == [Content.BOXES, Content.SCORES, Content.LABELS, None]
        masked = seen(*named, Tensor("det_masks"))
        assert head(masked).task == "segment"

    def test_one_score_a_box(self) -> None:
        model = seen(tensor("boxes", 1, 50, 4), tensor("scores", 1, 50, 1), tensor("labels", 1, 50))
        assert contents(model) == [Content.BOXES, Content.SCORES, Content.LABELS]

    def test_a_table_of_four_shares_is_no_box(self) -> None:
        shares = tensor("probabilities", None, 4, axes="NC")
        label = tensor("label", None, data_type="int64", axes="N")
        table = seen(shares, label, inputs=(image("x", None, 7),))
        assert table.detector is None
        assert seen(shares, label).detector is None

    def test_a_model_whose_inputs_are_unknown(self) -> None:
        outputs = tensor("a", 1, 300, 4), tensor("b", 1, 300, 9)
        assert seen(*outputs, inputs=(Tensor("x"),)).detector is not None
        assert seen(*outputs, inputs=()).detector is None

    def test_boxes_of_what_takes_no_image(self) -> None:
        other = seen(tensor("a", 1, 300, 4), tensor("b", 1, 300, 9), inputs=(image("x", None, 7),))
        assert other.detector is None


class TestGrids:
    """Maps of several scales, with all anchors of a cell in the channels."""

    @pytest.mark.parametrize(
        ("shapes", "axis"),
        [
            ([(1, 24, 80, 80), (1, 24, 40, 40), (1, 24, 20, 20)], 1),
            ([(1, 80, 80, 24), (1, 40, 40, 24)], 3),
            ([(1, 3, 80, 80, 8), (1, 3, 40, 40, 8)], 4),
            ([(1, 80, 80, 3, 8), (1, 40, 40, 3, 8)], 4),
        ],
    )
    def test_anchors_times_columns(self, shapes: Sequence[Shape], axis: int) -> None:
        model = seen(*(tensor(f"o{n}", *shape) for n, shape in enumerate(shapes)), names=3)
        found = head(model)
        assert (found.kind, found.class_count, found.anchors) == (HeadKind.GRID, 3, 3)
        assert found.columns_axis == axis
        assert found.strides[:2] == (8, 16)
        assert set(contents(model)) == {Content.RAW_DETECTOR_HEAD}

    def test_maps_that_are_not_square(self) -> None:
        model = seen(tensor("a", 1, 24, 80, 60), tensor("b", 1, 24, 40, 30), names=3)
        assert (head(model).columns_axis, head(model).strides) == (1, ())

    def test_distributions_of_the_sides(self) -> None:
        model = seen(tensor("a", 1, 67, 80, 80), tensor("b", 1, 67, 40, 40), names=3)
        assert widths(head(model)) == [("box-distribution", 64), ("class-scores", 3)]
        assert head(model).anchors == 1

    def test_an_axis_of_anchors_needs_no_names(self) -> None:
        model = seen(tensor("a", 1, 3, 80, 80, 85), tensor("b", 1, 3, 40, 40, 85))
        assert head(model).class_count == 80

    @pytest.mark.parametrize(
        "shapes",
        [
            [(1, 24, 320, 320), (1, 24, 160, 160)],
            [(1, 24, 80, 80), (1, 27, 40, 40)],
            [(1, 24, 80, 80), (1, 24)],
            [(1, 4, 80, 80, 8)],
            [(1, 25, 80, 80)],
        ],
    )
    def test_other_maps_are_no_grids(self, shapes: Sequence[Shape]) -> None:
        outputs = [tensor(f"o{n}", *shape) for n, shape in enumerate(shapes)]
        assert seen(*outputs, names=3).detector is None

    @pytest.mark.parametrize("widths_", [(85, 86), (5, 5), (None, None)])
    def test_an_axis_of_anchors_with_other_columns(
        self, widths_: Tuple[Optional[int], Optional[int]]
    ) -> None:
        first, second = widths_
        model = seen(tensor("a", 1, 3, 80, 80, first), tensor("b", 1, 3, 40, 40, second))
        assert model.detector is None

    def test_free_sizes_tell_no_strides(self) -> None:
        model = seen(tensor("a", 1, 24, None, None), names=3, tile=None)
        assert head(model).strides == ()


def test_ssd_in_one_output() -> None:
    model = seen(tensor("detection_out", 1, 1, 200, 7, axes="????"))
    assert [name for name, _ in widths(head(model))] == ["batch", "label", "score", "box"]
    assert head(model).end_to_end
    assert seen(tensor("map", 1, 3, 200, 7, axes="NCHW")).detector is None


@pytest.mark.parametrize(
    ("name", "kind", "found"),
    [
        ("multiclass_nms3_0.tmp_0", "int32", True),
        ("multiclass_nms3_0.tmp_0", "float32", False),
        ("probabilities", "int32", False),
    ],
)
def test_paddles_suppression(name: str, kind: str, found: bool) -> None:
    rows = tensor(name, None, 6, axes="??")
    model = seen(rows, tensor("count", None, axes="?", data_type=kind))
    assert (model.detector is not None) is found
    if found:
        assert [held for held, _ in widths(head(model))] == ["label", "score", "box"]
        assert contents(model) == [Content.RAW_DETECTOR_HEAD, None]


class TestNoDetector:
    def test_a_softmax_over_every_pixel_gives_classes(self) -> None:
        flat = tensor("o", None, 64 * 64, 5, axes="N?C", activation=Activation.SOFTMAX)
        model = seen(flat, tile=64)
        assert (model.detector, contents(model)) == (None, [Content.CLASS_SCORES])
        assert not rows_of_candidates(model, model.outputs[0])

    def test_rows_for_every_pixel_give_classes(self) -> None:
        model = seen(tensor("o", None, 64 * 64, 5, axes="N?C"), tile=64)
        assert contents(model) == [Content.CLASS_SCORES]
        assert not rows_of_candidates(model, model.outputs[0])
        assert rows_of_candidates(seen(), tensor("o", None, 4096, 5, axes="N?C"))

    def test_names_confirm_a_map_of_classes(self) -> None:
        assert contents(seen(image("o", 1, 3, 64, 64), names=3)) == [Content.CLASS_SCORES]
        assert contents(seen(image("o", 1, 5, 64, 64), names=3)) == [None]

    def test_an_argmax_gives_labels(self) -> None:
        labels = tensor("o", 1, 64, 64, axes="NHW", activation=Activation.ARGMAX)
        assert contents(seen(labels)) == [Content.LABELS]

    def test_an_exporters_task_is_taken_at_its_word(self) -> None:
        assert contents(seen(image("o", 1, 3), names=4, task="classify")) == [Content.CLASS_SCORES]

    def test_queries_with_masks(self) -> None:
        model = seen(tensor("class_logits", 1, 100, 4), tensor("mask_logits", 1, 100, 64, 64))
        assert contents(model) == [Content.CLASS_SCORES, Content.MASKS]
        assert model.detector is None
        other = seen(tensor("a", 1, 100, 3), tensor("b", 1, 99, 64, 64))
        assert contents(other) == [None, None]

    @pytest.mark.parametrize(
        ("classes", "scores"),
        [
            (tensor("c", None, 64, 64, axes="NHW"), tensor("p", None, 64, 64, 2, axes="NHWC")),
            (tensor("c", None, 64, 64), tensor("p", None, 64, 64, 2, axes="NHWC")),
            (
                tensor("c", None, 64, 64, data_type="int64"),
                tensor("p", None, 64, 64, 2, axes="????"),
            ),
            (
                tensor("c", None, 64, 64, activation=Activation.ARGMAX),
                tensor("p", None, 64, 64, 2, axes="????"),
            ),
            (tensor("c", None, None, 5), tensor("p", None, None, 64, 64)),
        ],
    )
    def test_a_map_beside_its_scores_is_no_row_of_queries(
        self, classes: Tensor, scores: Tensor
    ) -> None:
        assert Content.MASKS not in contents(seen(classes, scores))

    def test_losses_and_guesses_are_left_alone(self) -> None:
        loss = tensor("o", 1, 7, 8400, role=Role.LOSS)
        guess = tensor("o", 1, 7, 8400, evidence=Evidence.GUESSED)
        assert contents(seen(loss, guess, names=3)) == [None, None]

    def test_signals_are_no_images(self) -> None:
        model = seen(tensor("o", 1, 7, 8400), names=3, inputs=(image("x", 1, 2, 512, axes="NC?"),))
        assert model.detector is None
        assert not rows_of_candidates(model, model.outputs[0])


def test_what_a_reader_says_stays() -> None:
    given = DetectorHead(HeadKind.GRID, 3)
    model = seen(tensor("o", 1, 24, 80, 80, content=Content.MASKS), detector=given)
    assert model.detector == given
    assert contents(model) == [Content.MASKS]
    kept = seen(tensor("o", 1, 7, 8400, content=Content.MASKS), names=3)
    assert contents(kept) == [Content.MASKS]


def test_a_head_tells_all_its_parts_to_programs() -> None:
    told = head(seen(tensor("o", 1, 7, 8400), names=3, notes=ExportNotes("detect", 32, (640, 640))))
    assert told.as_dict() == {
        "kind": "rows",
        "class_count": 3,
        "columns": [{"holds": "box", "count": 4}, {"holds": "class-scores", "count": 3}],
        "columns_axis": 1,
        "anchors": 1,
        "box_coding": "center-size",
        "normalized": False,
        "task": "detect",
        "strides": [8, 16, 32],
        "image_size": [640, 640],
        "anchor_sizes": [],
        "cells": [],
    }
    empty = DetectorHead(HeadKind.FINISHED).as_dict()
    assert (empty["box_coding"], empty["image_size"], empty["columns"]) == (None, None, [])


def test_a_column_behind_an_unknown_number_is_not_found() -> None:
    columns = (Columns(Holds.BOX, 4), Columns(Holds.CLASS_SCORES, None), Columns(Holds.ANGLE, 1))
    found = DetectorHead(HeadKind.ROWS, columns=columns)
    assert found.start_of(Holds.CLASS_SCORES) == 4
    assert found.start_of(Holds.ANGLE) is None
    assert found.start_of(Holds.KEYPOINTS) is None
    known = DetectorHead(HeadKind.ROWS, columns=columns[:1])
    assert known.start_of(Holds.ANGLE) is None
