"""Networks in outline: what names of operations and declared shapes tell."""

from __future__ import annotations

from typing import Any, Optional, Tuple

import pytest

from dl2ecd_core.network.names import called
from dl2ecd_core.network.outline import Outline
from dl2ecd_core.network.value import NO_MEANING, SCORES, Kind, Meaning

IMAGE = (1, 4, 8, 8)
LAST = (1, 8, 8, 4)
Dims = Tuple[Optional[int], ...]


def outline(shape: Optional[Dims] = IMAGE, layout: str = "NCHW") -> Outline:
    made = Outline(layout)
    made.input("x", shape)
    return made


def scores(layout: str = "NCHW", classes: int = 5) -> Outline:
    """An image and what a convolution makes of it: ``y``."""
    shape = IMAGE if layout == "NCHW" else LAST
    made = outline(shape, layout)
    after = tuple(classes if size == 4 else size for size in shape)
    made.add("Conv", ["x"], ["y"], [after], layout=layout)
    return made


def after(made: Outline, op: str, shape: Optional[Dims], **attributes: Any) -> str:
    made.add(op, ["y"], ["z"], [shape], **attributes)
    return made.axes_of("z", 4 if shape is None else len(shape))


# --- inputs ---


def test_an_operation_on_images_tells_where_the_axes_of_an_input_went() -> None:
    made = outline((2, 8, 8, 4))
    made.add("Sub", ["x", "mean"], ["a"], [(2, 8, 8, 4)])
    made.constant("scale", (4,))
    made.add("Mul", ["a", "scale"], ["b"], [(2, 8, 8, 4)])
    made.add("Transpose", ["b"], ["c"], [(2, 4, 8, 8)], perm=(0, 3, 1, 2))
    assert made.axes_of("x", 4, "????") == "NHWC"
    made.add("Conv", ["c"], ["d"], [(2, 5, 8, 8)], layout="NCHW")
    assert made.axes_of("x", 4) == "NHWC"


def test_operations_that_disagree_leave_an_input_open() -> None:
    made = outline()
    made.add("Conv", ["x"], ["a"], [IMAGE], layout="NCHW")
    made.add("Conv", ["x"], ["b"], [IMAGE], layout="NHWC")
    assert made.axes_of("x", 4) == "N???"


@pytest.mark.parametrize(
    ("order", "axes"),
    [
        ((0, 2, 3, 1), "NCHW"),
        ((0, 1, 2, 3), "NHWC"),
        # Not an order of images: what it usually is, is said.
        ((3, 2, 1, 0), "NHWC"),
        # None at all: nothing is said.
        (None, "????"),
        ((0, 2, 3, 3), "????"),
        ((0, 2, 3), "????"),
    ],
)
def test_an_image_that_is_turned_around_becomes_what_it_usually_is(order: Any, axes: str) -> None:
    made = outline(LAST, "NHWC")
    made.add("Transpose", ["x"], ["y"], [LAST], perm=order)
    assert made.axes_of("x", 4, "NHWC") == axes


def test_only_the_first_turn_of_an_image_tells() -> None:
    made = outline(IMAGE, "NHWC")
    made.add("Transpose", ["x"], ["y"], [LAST], perm=(0, 2, 3, 1))
    made.add("Transpose", ["x"], ["z"], [IMAGE], perm=(0, 1, 2, 3))
    made.add("Transpose", ["w"], ["v"], [IMAGE], perm=(0, 1, 2, 3))
    assert made.axes_of("x", 4, "NHWC") == "NCHW"


def test_rows_are_known_by_the_weights_that_they_are_multiplied_with() -> None:
    for op, constant, axes in (("MatMul", True, "NC"), ("MatMul", False, "N?"), ("Gemm", 0, "NC")):
        made = outline((7, 6))
        if constant:
            made.constant("w", (6, 3))
        made.add("Relu", ["x"], ["a"], [(7, 6)])
        made.add(op, ["a", "w"], ["y"], [(7, 3)])
        assert made.axes_of("x", 2, "N?") == axes


def test_weights_beside_an_image_tell_nothing_of_it() -> None:
    made = outline()
    made.constant("w", (5, 4, 3, 3))
    made.add("Pad", ["x"], ["p"], [(1, 4, 10, 10)])
    made.add("Conv", ["p", "w"], ["y"], [(1, 5, 8, 8)], layout="NCHW")
    assert (made.axes_of("x", 4), made.axes_of("p", 4), made.axes_of("w", 4)) == (
        "NCHW", "NCHW", "????",
    )  # fmt: skip
    other = outline()
    other.constant("w", (4,))
    other.add("BatchNormalization", ["x", "w"], ["y"], [IMAGE], layout="NCHW")
    assert other.axes_of("x", 4) == "NCHW"
    # A row of the input itself, whose other axes are known by now.
    made.add("Flatten", ["x"], ["row"], [(1, 256)])
    assert made.axes_of("row", 2) == "N?"


def test_what_an_input_is_taken_for_is_told_to_what_comes_of_it() -> None:
    made = outline((7, 6))
    made.add("Relu", ["x"], ["y"], [(7, 6)])
    assert made.axes_of("y", 2, "NC") == "NC"
    assert made.axes_of("x", 2, "N?") == "N?"
    assert made.axes_of("y", 2, "NC") == "N?"
    assert outline(None).axes_of("x", 4) == "????"


# --- values ---


@pytest.mark.parametrize(
    ("op", "shape", "attributes", "axes"),
    [
        ("Relu", (1, 5, 8, 8), {}, "NCHW"),
        ("Relu", (1, 5, 8), {}, "???"),
        ("Riddle", (1, 5, 8, 8), {}, "????"),
        ("", (1, 5, 8, 8), {}, "????"),
        ("Slice", (1, 2, 8, 8), {}, "NCHW"),
        ("Slice", (1, 2, 8), {}, "???"),
        ("Transpose", (1, 8, 8, 5), {"perm": (0, 2, 3, 1)}, "NHWC"),
        ("Transpose", (1, 8, 8, 5), {}, "????"),
        ("ArgMax", (1, 8, 8), {"axis": 1}, "NHW"),
        ("ArgMax", (1, 1, 8, 8), {"axis": -3}, "N?HW"),
        ("ArgMax", (1, 1, 8, 8), {}, "????"),
        ("ArgMax", (1, 1, 8, 8), {"axis": 4}, "????"),
        ("TopK", (1, 2, 8, 8), {"axis": 1}, "N?HW"),
        ("TopK", (1, 2, 8, 8), {}, "????"),
        ("ReduceMax", (1, 8, 8), {"axes": (1,)}, "NHW"),
        ("ReduceMax", (1, 1, 8, 8), {"axes": (1,)}, "N?HW"),
        ("ReduceMean", (1, 5, 1, 1), {}, "NCHW"),
        ("ReduceMean", (1, 1, 8, 8), {}, "N?HW"),
        ("ReduceMean", (1, 5), {}, "??"),
        ("ReduceMean", None, {}, "????"),
        ("Reshape", (1, 320), {}, "N?"),
        ("Reshape", (None, 320), {}, "N?"),
        ("Reshape", (64, 5), {}, "??"),
        ("Reshape", (5, 64), {}, "??"),
        ("Reshape", (1, 5, 64), {}, "NC?"),
        ("Reshape", (1, 320, 1), {}, "N??"),
        ("Squeeze", (5, 8, 8), {}, "CHW"),
        ("Squeeze", (5, 8), {}, "?W"),
        ("Unsqueeze", (1, 1, 5, 8, 8), {"axes": (0,)}, "?NCHW"),
        ("Unsqueeze", (1, 1, 5, 8, 8), {"axes": (0, 9)}, "?????"),
        ("Softmax", (1, 5, 8, 8), {}, "NCHW"),
        ("Conv", (1, 5, 8, 8), {}, "????"),
        ("BatchNormalization", (1, 5, 8, 8), {}, "????"),
    ],
)
def test_axes_go_forward(op: str, shape: Any, attributes: Any, axes: str) -> None:
    assert after(scores(), op, shape, **attributes) == axes


def test_the_axis_of_a_softmax_is_the_one_of_the_classes() -> None:
    made = outline((1, 3, 8, 8))
    made.add("Softmax", ["x"], ["y"], [(1, 3, 8, 8)], axis=1)
    assert made.axes_of("y", 4) == "?C??"
    made.add("Softmax", ["x"], ["z"], [(1, 3, 8, 8)])
    assert made.axes_of("z", 4) == "????"
    # Which makes it what is usual here, but nothing else.
    assert made.axes_of("y", 4, "NCHW") == "NCHW"
    assert made.axes_of("y", 4, "NHWC") == "?C??"
    rows = outline((1, 3))
    rows.add("Softmax", ["x"], ["y"], [(1, 3)], axis=1)
    assert rows.axes_of("y", 2, "NC") == "NC"


def test_pixels_in_a_row_have_no_classes_unless_it_is_one_pixel() -> None:
    for layout, shape, axes in (
        ("NCHW", (2, 12, 1, 1), "NC"),
        ("NCHW", (2, 1, 1, 12), "N?"),
        ("NHWC", (2, 1, 1, 12), "NC"),
        ("NHWC", (2, 12, 1, 1), "N?"),
        ("NHWC", (2, 12, 1), "N?"),
        ("NCHW", (None, None, 1, 1), "NC"),
        ("NCHW", (None, None, None, 1), "N?"),
    ):
        made = outline(shape, layout)
        inside = 12 if None not in shape else None
        made.add("Flatten", ["x"], ["y"], [(shape[0], inside)])
        assert made.axes_of("y", 2, "NC") == axes
    # Which axis holds channels is known better than what is usual.
    made = scores("NCHW", 1)
    made._layout = "NHWC"
    made.add("ReduceMean", ["y"], ["m"], [(1, 1, 1, 1)], axes=(2, 3))
    made.add("Reshape", ["m"], ["z"], [(1, 1)])
    assert made.axes_of("z", 2) == "NC"


def test_what_an_argmax_left_goes_away_first() -> None:
    made = scores()
    made.add("ArgMax", ["y"], ["best"], [(1, 1, 8, 8)], axis=1)
    made.add("Squeeze", ["best"], ["z"], [(1, 8, 8)])
    assert made.axes_of("z", 3) == "NHW"
    made.add("Squeeze", ["best"], ["both"], [(8, 8)])
    assert made.axes_of("both", 2) == "HW"
    made.add("Reshape", ["best"], ["row"], [(1, 64)])
    assert made.axes_of("row", 2) == "N?"
    small = scores()
    small.add("ReduceMean", ["y"], ["m"], [(1, 5, 1, 1)], axes=(2, 3))
    small.add("ArgMax", ["m"], ["best"], [(1, 1, 1, 1)], axis=1)
    small.add("Reshape", ["best"], ["row"], [(1, 1)])
    assert small.axes_of("row", 2, "NC") == "N?"


def test_what_is_squeezed_is_told_by_the_sizes() -> None:
    row = outline((1, 5, 1, 8))
    row.add("Conv", ["x"], ["y"], [(1, 5, 1, 8)], layout="NCHW")
    row.add("ArgMax", ["y"], ["best"], [(1, 1, 1, 8)], axis=1)
    row.add("Squeeze", ["best"], ["z"], [(1, 1, 8)])
    assert row.axes_of("z", 3) == "NHW"
    made = scores()
    made.add("ReduceMean", ["y"], ["m"], [(1, 5, 1, 1)])
    made.add("Squeeze", ["m"], ["z"], [(5,)])
    assert made.axes_of("z", 1) == "C"
    rows = outline((2, 6))
    rows.add("Reshape", ["x"], ["y"], [(2, 6)])
    assert rows.axes_of("y", 2) == "??"


def test_what_is_left_of_an_axis_is_marked() -> None:
    row = outline((1, 5, 1, 8))
    row.add("Conv", ["x"], ["y"], [(1, 5, 1, 8)], layout="NCHW")
    row.add("ReduceMax", ["y"], ["m"], [(1, 1, 1, 1)])
    marks = [axis.reduced for axis in row.value("m").axes]
    assert (row.axes_of("m", 4), marks) == ("N?HW", [False, True, False, True])
    row.constant("w", (1,))
    for op in ("MaxPool", "BatchNormalization"):
        row.add(op, ["m", "w"], ["p"], [(1, 1, 1, 1)], layout="NCHW")
        assert row.axes_of("p", 4, "NCHW") == "N?HW"
        assert row.value("p").axes[1].reduced
    row.add("Riddle", [], [], [])
    row.add("Relu", ["y"], [], [])


def test_indices_have_no_axis_of_classes_even_where_images_usually_have_one() -> None:
    made = scores("NHWC")
    made.add("ArgMax", ["y"], ["best"], [(1, 8, 8, 1)])
    assert made.axes_of("best", 4, "NHWC") == "NHW?"
    made.add("Reshape", ["best"], ["again"], [(1, 8, 8, 1)])
    made.add("MaxPool", ["again"], ["pooled"], [(1, 4, 4, 1)], layout="NHWC")
    assert made.axes_of("pooled", 4, "NHWC") == "NHW?"
    made.add("Conv", ["again"], ["new"], [(1, 8, 8, 3)], layout="NHWC")
    assert made.axes_of("new", 4) == "NHWC"


def test_operands_of_other_sizes_are_not_joined() -> None:
    made = scores()
    made.add("Concat", ["y", "y"], ["both"], [(1, 10, 8, 8)])
    assert made.axes_of("both", 4) == "NCHW"
    made.constant("w", (1, 5, 8, 8))
    made.add("Concat", ["w", "y"], ["more"], [(1, 10, 8, 8)])
    assert made.axes_of("more", 4) == "NCHW"
    made.add("Flatten", ["y"], ["row"], [(1, 320)])
    made.add("Concat", ["y", "row"], ["odd"], [(1, 10, 8, 8)])
    assert made.axes_of("odd", 4) == "????"
    made.add("Riddle", ["y"], ["lost"], [None])
    made.add("Concat", ["lost", "lost"], ["both"], [(1, 10, 8, 8)])
    assert made.axes_of("both", 4) == "????"
    made.add("Concat", [], ["none"], [(1, 10, 8, 8)])
    assert made.axes_of("none", 4) == "????"


def test_a_dense_layer_makes_channels_of_each_pixels_channels() -> None:
    for layout, op, shape, weights, axes in (
        ("NHWC", "MatMul", LAST, True, "???C"),
        ("NHWC", "MatMul", LAST, False, "????"),
        ("NCHW", "MatMul", LAST, True, "????"),
        ("NHWC", "MatMul", (1, 8, 4), True, "???"),
        ("NHWC", "Add", LAST, True, "????"),
    ):
        made = outline(shape, layout)
        made.add("Riddle", ["x"], ["y"], [shape])
        if weights:
            made.constant("w", (4, 4) if op == "MatMul" else (1, 4))
        else:
            made.input("w", (4, 4))
        made.add(op, ["y", "w"], ["z"], [shape])
        assert made.axes_of("z", len(shape)) == axes


def test_what_is_declared_wins() -> None:
    made = scores()
    made.add("Relu", ["y"], ["z"], [(1, 5, None, 9)])
    assert made.value("z").shape == (1, 5, None, 9)
    assert made.axes_of("z", 3) == "???"
    assert made.axes_of("nowhere", 2) == "??"
    assert made.axes_of("nowhere", 2, "NC") == "NC"


def test_of_what_is_not_declared_only_channels_are_known() -> None:
    made = scores()
    for op, layout, size in (
        ("Relu", "", 5), ("MaxPool", "NCHW", 5), ("Pad", "", 5), ("Conv", "NCHW", None),
        ("DepthToSpace", "NCHW", None), ("Slice", "", None), ("Split", "", None),
    ):  # fmt: skip
        made.add(op, ["y"], ["z"], [None], layout=layout)
        assert made.value("z").shape == (None, size, None, None)
        assert made.axes_of("z", 4) == "NCHW"
    made.add("Add", ["y", "y"], ["z"], [None])
    assert made.value("z").shape == (None,) * 4
    made.add("Riddle", ["y"], ["z"], [None])
    assert made.value("z").shape is None
    made.add("MaxPool", ["nowhere"], ["z"], [None], layout="NHWC")
    assert (made.value("z").shape, made.axes_of("z", 4)) == ((None,) * 4, "NHWC")
    made.add("Relu", [], ["z"], [None])
    assert made.value("z").shape is None
    plane = outline((4, 8, 8))
    plane.add("MaxPool", ["x"], ["y"], [None], layout="NCHW")
    assert plane.value("y").shape == (None,) * 4


# --- meaning ---


def test_meaning_goes_forward() -> None:
    made = scores()
    assert made.value("y").meaning == SCORES
    made.add("Softmax", ["y"], ["soft"], [(1, 5, 8, 8)], axis=1)
    made.add("Transpose", ["soft"], ["turned"], [(1, 8, 8, 5)])
    assert made.value("turned").meaning == Meaning(Kind.SOFTMAX)
    made.add("ArgMax", ["turned"], ["best"], [(1, 8, 8)], axis=-1)
    assert made.value("best").meaning == Meaning(Kind.ARGMAX, 5)
    made.add("Cast", ["best"], ["cast"], [(1, 8, 8)])
    assert made.value("cast").meaning == Meaning(Kind.ARGMAX, 5)
    made.add("ArgMax", ["turned"], ["some"], [(1, 8, 8)])
    assert made.value("some").meaning == Meaning(Kind.ARGMAX)
    made.add("Riddle", ["best"], ["lost"], [(1, 8, 8)])
    assert made.value("lost").meaning == NO_MEANING
    made.add("Exp", ["y"], ["e"], [(1, 5, 8, 8)])
    made.add("ReduceSum", ["e"], ["s"], [(1, 1, 8, 8)])
    made.add("Div", ["e", "s"], ["q"], [(1, 5, 8, 8)])
    assert made.value("q").meaning == Meaning(Kind.SOFTMAX)


def test_each_output_has_its_own_meaning() -> None:
    made = scores()
    made.add("TopK", ["y"], ["values", "places"], [(1, 1, 8, 8)] * 2, axis=1, k=1)
    assert made.value("values").meaning == NO_MEANING
    assert made.value("places").meaning == Meaning(Kind.ARGMAX, 5)
    made.add("Split", ["y"], ["one", "other"], [(1, 2, 8, 8), (1, 3, 8, 8)])
    assert made.value("other").meaning == SCORES


def test_what_depends_on_no_input_is_constant() -> None:
    made = scores()
    made.constant("w", (6, 3))
    made.add("Cast", ["w"], ["v"], [(6, 3)])
    made.add("Riddle", [], ["r"], [(6, 3)])
    made.add("Add", ["v", "y"], ["s"], [(1, 5, 8, 8)])
    made.add("Cast", ["nowhere"], ["n"], [(6, 3)])
    assert [made.value(name).constant for name in "wvrsn"] == [True, True, True, False, False]


def test_names_are_the_same_where_nothing_else_is_said() -> None:
    assert called("Add Multiply=Mul") == {"Add": "Add", "Multiply": "Mul"}
    assert called("") == {}
