"""Which dimension is which, and what was done last: over all the ways of a network."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Optional, Sequence

import pytest

from dl2ecd_core.models import Activation, inspect_model
from tests.conftest import FIXTURES
from tests.models.tflite.writers import Shape, Step, inspected, network

ADD, CONV, DENSE, SIGMOID, RESHAPE, SOFTMAX, TRANSPOSE, ARG_MAX = 0, 3, 9, 14, 22, 25, 39, 56
RELU, MEAN, TOP_K, ARG_MIN, TRANSPOSE_CONV, NEAREST = 19, 40, 48, 79, 67, 97
IMAGE = (1, 8, 8, 4)
PLANES = (1, 4, 8, 8)


@pytest.mark.parametrize(
    ("name", "input_axes", "output_axes", "activation"),
    [
        ("dense", "NC", "NC", Activation.SOFTMAX),
        ("row", "NHWC", "N?", Activation.NONE),
    ],
)
def test_rows_are_told_from_pixels_in_a_row(
    name: str, input_axes: str, output_axes: str, activation: Activation
) -> None:
    model = inspect_model(FIXTURES / "tflite" / f"{name}.tflite")
    assert [tensor.axes for tensor in (*model.inputs, *model.outputs)] == [input_axes, output_axes]
    assert model.outputs[0].activation is activation


def following(op: int, count: int, shape: Sequence[int]) -> Any:
    """Tensors and steps of an operation so many times in a row."""
    return [shape] * (count + 1), [(op, [n], [n + 1]) for n in range(count)]


@pytest.mark.parametrize(
    ("tensors", "steps", "axes"),
    [
        ([IMAGE, IMAGE], [(CONV, [0], [1])], "NHWC"),
        ([IMAGE, IMAGE, IMAGE], [(RELU, [0], [1]), (CONV, [1], [2])], "NHWC"),
        ([IMAGE, (1, 3)], [(DENSE, [0], [1])], "NHWC"),
        ([IMAGE, (1, 256)], [(RESHAPE, [0], [1])], "NHWC"),
        ([IMAGE], [], "NHWC"),
        ([PLANES, [0, 2, 3, 1], IMAGE], [(TRANSPOSE, [0, 1], [2])], "NCHW"),
        ([PLANES, (4,), IMAGE], [(TRANSPOSE, [0, 1], [2])], "????"),
        ([PLANES, [0, 2, 3, 3], IMAGE], [(TRANSPOSE, [0, 1], [2])], "????"),
        ([PLANES, IMAGE], [(TRANSPOSE, [0], [1])], "????"),
        ([PLANES, [0, 2, 3, 1], IMAGE], [(TRANSPOSE, [0, -1], [2])], "????"),
        # Two ways to the same tensor, and a way round.
        ([IMAGE] * 3, [(RELU, [0], [1]), (SIGMOID, [0], [1]), (CONV, [1], [2])], "NHWC"),
        ([IMAGE] * 2, [(RELU, [0], [0]), (ADD, [0], [])], "NHWC"),
        ([(2, 6), (2, 3)], [(DENSE, [0], [1])], "NC"),
        ([(2, 6), (2, 6), (2, 3)], [(RELU, [0], [1]), (DENSE, [1], [2])], "NC"),
        ([(2, 6), (2, 3)], [(DENSE, [1], [1])], "N?"),
        ([(2, 6), (2, 6)], [(CONV, [0], [1])], "N?"),
        ([(2, 6, 3), (2, 6, 3)], [(RELU, [0], [1])], "???"),
        ([None, IMAGE], [(CONV, [0], [1])], None),
        # However far away.
        (
            [PLANES] * 601 + [[0, 2, 3, 1], IMAGE],
            [*following(RELU, 600, PLANES)[1], (TRANSPOSE, [600, 601], [602])],
            "NCHW",
        ),
        # What is turned around another way is not what images usually are.
        ([IMAGE, [3, 1, 2, 0], IMAGE], [(TRANSPOSE, [0, 1], [2])], "NHWC"),
    ],
)
def test_an_input_is_what_the_network_does_with_it(
    tensors: Sequence[Shape], steps: Sequence[Step], axes: Optional[str], tmp_path: Path
) -> None:
    (told,) = inspected(tmp_path, network(tensors, steps)).inputs
    assert told.axes == axes


@pytest.mark.parametrize(
    ("tensors", "steps", "axes", "activation"),
    [
        ([IMAGE, IMAGE], [(CONV, [0], [1])], "NHWC", Activation.NONE),
        ([IMAGE] * 3, [(CONV, [0], [1]), (SIGMOID, [1], [2])], "NHWC", Activation.SIGMOID),
        ([IMAGE] * 2, [(TRANSPOSE_CONV, [0, 0, 0], [1])], "NHWC", Activation.NONE),
        (
            [IMAGE, IMAGE, [0, 3, 1, 2], PLANES],
            [(CONV, [0], [1]), (TRANSPOSE, [1, 2], [3])],
            "NCHW",
            Activation.NONE,
        ),
        # What an image is taken for, what becomes of it is taken for, too.
        ([IMAGE, [0, 3, 1, 2], PLANES], [(TRANSPOSE, [0, 1], [2])], "NCHW", None),
        (
            [IMAGE, [3], (1, 8, 8), [0, 2, 1], (1, 8, 8)],
            [(MEAN, [0, 1], [2]), (TRANSPOSE, [2, 3], [4])],
            "NWH",
            None,
        ),
        ([IMAGE, (1, 8, 8)], [(MEAN, [0], [1])], "???", None),
        ([IMAGE, (1, 8, 8, 1)], [(MEAN, [0], [1])], "NHW?", None),
        (
            [IMAGE, IMAGE, IMAGE, [0, 3, 1, 2], PLANES],
            [(CONV, [0], [1]), (RELU, [1], [2]), (TRANSPOSE, [2, 3], [4])],
            "NCHW",
            Activation.NONE,
        ),
        (
            [IMAGE, IMAGE, [3], (1, 8, 8)],
            [(CONV, [0], [1]), (ARG_MAX, [1, 2], [3])],
            "NHW",
            Activation.ARGMAX,
        ),
        (
            [IMAGE, IMAGE, [-3], (1, 8, 4)],
            [(CONV, [0], [1]), (ARG_MIN, [1, 2], [3])],
            "NWC",
            None,
        ),
        (
            [IMAGE, IMAGE, [9], (1, 8, 8)],
            [(CONV, [0], [1]), (ARG_MAX, [1, 2], [3])],
            "???",
            Activation.ARGMAX,
        ),
        ([IMAGE, [3], (1, 8, 8)], [(ARG_MAX, [0, 1], [2])], "NHW", Activation.ARGMAX),
        ([IMAGE, (1, 8, 8)], [(ARG_MAX, [0], [1])], "???", Activation.ARGMAX),
        ([IMAGE, (1, 8, 8)], [(ARG_MAX, [], [1])], "???", Activation.ARGMAX),
        ([None, [3], (1, 8, 8)], [(ARG_MAX, [0, 1], [2])], "???", Activation.ARGMAX),
        ([IMAGE, None], [(CONV, [0], [1])], None, Activation.NONE),
        ([IMAGE, IMAGE], [(RELU, [], [1])], "NHWC", Activation.NONE),
        ([IMAGE, IMAGE], [(999, [0], [1])], "NHWC", None),
        # Pixels in a row, also when something is done to each; one pixel's classes.
        ([IMAGE, IMAGE, (1, 256)], [(CONV, [0], [1]), (RESHAPE, [1], [2])], "N?", Activation.NONE),
        (
            [IMAGE, IMAGE, (1, 256), (1, 256)],
            [(CONV, [0], [1]), (RESHAPE, [1], [2]), (SIGMOID, [2], [3])],
            "N?",
            Activation.SIGMOID,
        ),
        (
            [IMAGE, IMAGE, (1, 256), (1, 256)],
            [(CONV, [0], [1]), (RESHAPE, [1], [2]), (SOFTMAX, [2], [3])],
            "NC",
            Activation.SOFTMAX,
        ),
        ([(1, 1, 1, 4), (1, 4)], [(RESHAPE, [0], [1])], "NC", None),
        ([None, (1, 4)], [(RESHAPE, [0], [1])], "NC", None),
        ([IMAGE, (1, 4)], [(RESHAPE, [-1], [1])], "NC", None),
        ([(1, 6), (1, 4)], [(DENSE, [0], [1])], "NC", Activation.NONE),
        ([(1, 4)], [], "N?", None),
        # Of a circle, each operation runs once.
        ([IMAGE], [(RELU, [0], [0])], "NHWC", Activation.NONE),
        ([(1, 4)], [(RELU, [0], [0])], "N?", Activation.NONE),
        ([IMAGE], [(RESHAPE, [0], [0])], "NHWC", None),
        # Classes stay classes when other rows are made of them.
        (
            [IMAGE, IMAGE, (64, 4), (64, 4)],
            [(CONV, [0], [1]), (RESHAPE, [1], [2]), (SOFTMAX, [2], [3])],
            "NC",
            Activation.SOFTMAX,
        ),
        # A dense layer over each pixel's bands; what is laid together.
        ([IMAGE, (5, 4), (1, 8, 8, 5)], [(DENSE, [0, 1], [2])], "NHWC", Activation.NONE),
        (
            [IMAGE, IMAGE, IMAGE, (1, 8, 8, 8)],
            [(CONV, [0], [1]), (CONV, [0], [2]), (2, [1, 2], [3])],
            "NHWC",
            Activation.NONE,
        ),
        ([IMAGE, (1, 8, 8), (1, 8, 8, 8)], [(999, [0], [1]), (2, [0, 1], [2])], "NHWC", None),
        # The largest of a row, and where it stands.
        (
            [IMAGE, IMAGE, [1], (1, 8, 8, 1), (1, 8, 8, 1)],
            [(CONV, [0], [1]), (TOP_K, [1, 2], [3, 4])],
            "NHW?",
            Activation.ARGMAX,
        ),
        (
            [IMAGE, IMAGE, [2], (1, 8, 8, 2), (1, 8, 8, 2)],
            [(CONV, [0], [1]), (TOP_K, [1, 2], [3, 4])],
            "NHW?",
            None,
        ),
        # What an argmax left of the classes stays so when it is made larger.
        (
            [IMAGE, IMAGE, [3], (1, 8, 8), (1, 8, 8, 1), (1, 16, 16, 1)],
            [(CONV, [0], [1]), (ARG_MAX, [1, 2], [3]), (RESHAPE, [3], [4]), (NEAREST, [4], [5])],
            "NHW?",
            Activation.ARGMAX,
        ),
    ],
)
def test_an_output_is_what_the_network_did_last(
    tensors: Sequence[Shape],
    steps: Sequence[Step],
    axes: Optional[str],
    activation: Optional[Activation],
    tmp_path: Path,
) -> None:
    (told,) = inspected(tmp_path, network(tensors, steps)).outputs
    assert (told.axes, told.activation) == (axes, activation)


@pytest.mark.parametrize(
    ("op", "activation"),
    [
        # DEQUANTIZE, RESIZE_BILINEAR, SQUEEZE, STRIDED_SLICE, CAST, SLICE, EXPAND_DIMS,
        # RESIZE_NEAREST_NEIGHBOR, QUANTIZE leave what was done before; RELU, PAD, EXP don't.
        *((op, Activation.SIGMOID) for op in (6, 23, 43, 45, 53, 65, 70, 97, 114)),
        (RELU, Activation.NONE),
        (34, None),
        (47, None),
    ],
)
def test_what_only_moves_values_leaves_what_was_done(
    op: int, activation: Optional[Activation], tmp_path: Path
) -> None:
    steps = [(CONV, [0], [1]), (SIGMOID, [1], [2]), (op, [2], [3])]
    (told,) = inspected(tmp_path, network([IMAGE] * 4, steps)).outputs
    assert told.activation is activation


@pytest.mark.parametrize("op", [CONV, 4, DENSE, TRANSPOSE_CONV, 126, ADD])
def test_sums_are_scores(op: int, tmp_path: Path) -> None:
    (told,) = inspected(tmp_path, network([IMAGE] * 2, [(op, [0, 0, 0], [1])])).outputs
    assert told.activation is Activation.NONE


def test_classes_are_counted_where_the_axis_is_known(tmp_path: Path) -> None:
    # The place of the largest row is no class.
    for axis, count in ((3, 4), (-1, 4), (1, None), (4, None)):
        steps = [(CONV, [0], [1]), (ARG_MAX, [1, 2], [3])]
        (told,) = inspected(tmp_path, network([IMAGE, IMAGE, [axis], (1, 8, 8)], steps)).outputs
        assert told.class_count == count


def test_an_input_may_have_many_takers(tmp_path: Path) -> None:
    many = [(RELU, [0], [1])] * 501
    steps = [*many, (TRANSPOSE, [0, 2], [3])]
    (told,) = inspected(tmp_path, network([PLANES, PLANES, [0, 2, 3, 1], IMAGE], steps)).inputs
    assert told.axes == "NCHW"
