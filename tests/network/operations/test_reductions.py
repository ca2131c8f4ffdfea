"""Operations along axes."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import shaped

from .values import ANY, image, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("ReduceMean", [image(1, 4, 8, 9, letters="NCHW"), whole(2, -1)], {}, {},
         ["float32 (1N.0 4C.1 1H~ 1W~)"]),
        ("ReduceMean", [image(1, 4, 8, 9, letters="NCHW"), whole(1)], {"keepdims": 0}, {},
         ["float32 (1N.0 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("ReduceMean", [image(1, 4, 8, 9, letters="NCHW"), whole(1)], {}, {},
         ["float32 (1N.0 1~ 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("ReduceMean", [image(1, 4, 8, 9)], {}, {}, ["float32 (1~ 1~ 1~ 1~)"]),
        ("ReduceMean", [image(1, 4, 8, 9), whole()], {}, {}, ["float32 (1~ 1~ 1~ 1~)"]),
        ("ReduceMean", [image(1, 4, 8, 9)], {"noop_with_empty_axes": 1}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("ReduceMean", [image(1, 4, 8, 9), whole(2, 3)], {"noop_with_empty_axes": 1}, {},
         ["float32 (1.0 4.1 1~ 1~)"]),
        ("ReduceMean", [image(1, 4, 8, 9), whole(-4)], {}, {},
         ["float32 (1~ 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("ReduceMean", [image(1, 4, 8, 9), whole(-5, 4, 3)], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 1~)"]),
        ("ReduceMean", [image(1, 4, 8, 9), ANY], {}, {}, ["float32 of any shape"]),
        ("ReduceMean", [image(1, 4, 8, 9)], {"axes": (2,)}, {"opset": 11},
         ["float32 (1.0 4.1 1~ 9.3@1+0|1)"]),
        ("ReduceMean", [image(1, 4, 8, 9), whole(2)], {"keepdims": "0"}, {},
         ["float32 of any shape"]),
        ("ReduceMean", [weights(2, 3), whole(0)], {}, {}, ["float32 (1~ 3) constant"]),
        ("ReduceMean", [weights(2, 3), ANY], {}, {}, ["float32 of any shape constant"]),
        ("ReduceMean", [ANY, whole(0)], {}, {}, ["? of any shape"]),
        ("ReduceSumSquare", [whole(2, 3)], {"noop_with_empty_axes": 1}, {}, ["int64 (2) constant"]),
        ("ReduceProd", [whole(2, 3, 4), whole(0)], {"keepdims": 0}, {}, ["int64 () constant 24"]),
        ("ReduceSum", [whole(2, 3, 4)], {}, {}, ["int64 (1~) constant 9"]),
        ("ReduceSum", [whole(2, None, 4)], {}, {}, ["int64 (1~) constant ?"]),
        ("ReduceSum", [whole(2, 3), whole(5)], {}, {}, ["int64 (2) constant"]),
        ("ReduceMax", [whole(2, 3, 4)], {}, {}, ["int64 (1~) constant"]),
        ("ReduceProd", [whole(10 ** 9, 10 ** 9)], {}, {}, ["int64 (1~) constant ?"]),
        ("ReduceProd", [whole(10 ** 9, 10 ** 9 - 1)], {}, {},
         ["int64 (1~) constant 999999999000000000"]),
        ("ReduceProd", [shaped((1, 2), "int64", numbers=[3, 4]), whole(1)], {}, {},
         ["int64 (1 1~)"]),
        ("ReduceProd", [scalar(3, "int64")], {}, {}, ["int64 () constant"]),
        ("ArgMax", [image(1, 4, 8, 9, letters="NCHW")], {"axis": 1}, {},
         ["int64 (1N.0 1~ 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("ArgMax", [image(1, 4, 8, 9, letters="NCHW")], {"axis": -3, "keepdims": 0}, {},
         ["int64 (1N.0 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("ArgMax", [image(1, 4, 8, 9, letters="NCHW")], {}, {},
         ["int64 (1N~ 4C.1 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("ArgMax", [image(1, 4, 8, 9)], {"axis": 4}, {}, ["int64 of any shape"]),
        ("ArgMax", [image(1, 4, 8, 9)], {"axis": 1, "keepdims": "1"}, {}, ["int64 of any shape"]),
        ("ArgMax", [weights(2, 3)], {"axis": 1}, {}, ["int64 (2 1~) constant"]),
        ("ArgMax", [ANY], {"axis": 1}, {}, ["int64 of any shape"]),
        ("TopK", [image(1, 4, 8, 9, letters="NCHW"), whole(2)], {"axis": 1}, {},
         ["float32 (1N.0 2 8H.2@1+0|1 9W.3@1+0|1)", "int64 (1N.0 2 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("TopK", [image(1, 4, 8, 9, letters="NCHW"), whole(2)], {}, {},
         ["float32 (1N.0 4C.1 8H.2@1+0|1 2)", "int64 (1N.0 4C.1 8H.2@1+0|1 2)"]),
        ("TopK", [image(1, 4, 8, 9), ANY], {"axis": 1}, {},
         ["float32 (1.0 ? 8.2@1+0|1 9.3@1+0|1)", "int64 (1.0 ? 8.2@1+0|1 9.3@1+0|1)"]),
        ("TopK", [image(1, 4, 8, 9)], {"axis": 1, "k": 3}, {"opset": 1},
         ["float32 (1.0 3 8.2@1+0|1 9.3@1+0|1)", "int64 (1.0 3 8.2@1+0|1 9.3@1+0|1)"]),
        ("TopK", [image(1, 4, 8, 9), whole(2)], {"axis": 4}, {},
         ["float32 of any shape", "int64 of any shape"]),
        ("TopK", [ANY, whole(2)], {}, {}, ["? of any shape", "int64 of any shape"]),
        ("Softmax", [image(1, 4, 8, 9)], {"axis": 1}, {},
         ["float32 (1.0 4C.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Softmax", [image(1, 4, 8, 9, letters="N???")], {"axis": -3}, {},
         ["float32 (1N.0 4C.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Softmax", [image(1, 4, 8, 9, letters="NCHW")], {"axis": 2}, {},
         ["float32 (1N.0 4C.1 8H.2@1+0|1 9W.3@1+0|1) whole 2"]),
        ("Softmax", [image(1, 4, 8, 9, letters="??H?")], {"axis": 2}, {},
         ["float32 (1.0 4.1 8H.2@1+0|1 9.3@1+0|1) whole 2"]),
        ("Softmax", [image(1, 4, 8, 9, letters="?C??")], {"axis": 3}, {},
         ["float32 (1.0 4C.1 8.2@1+0|1 9.3@1+0|1) whole 3"]),
        ("Softmax", [image(1, 4, 8, 9)], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9C.3@1+0|1) whole 3"]),
        ("Softmax", [image(1, 4, 8, 9)], {}, {"opset": 12},
         ["float32 (1.0 4C.1 8.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("Softmax", [image(1, 4, 8, 9)], {"axis": 2}, {"opset": 12},
         ["float32 (1.0 4.1 8C.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("Softmax", [image(1, 4, 8, 9)], {"axis": 4}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1) whole 2,3"]),
        ("Softmax", [ANY], {"axis": 1}, {}, ["? of any shape"]),
        ("BatchNormalization", [
             image(2, 4, 8, 9), weights(4), weights(4), weights(4), weights(4)
        ], {}, {},
         [
             "float32 (2N.0 4C.1 8H.2@1+0|1 9W.3@1+0|1)", "float32 (4)", "float32 (4)",
             "float32 (4)", "float32 (4)", "x: NCHW",
         ]),
        ("BatchNormalization", [image(2, 4), weights(4)], {}, {},
         ["float32 (2N.0 4C.1)", "float32 (4)", "float32 (4)", "float32 (4)", "float32 (4)"]),
        ("BatchNormalization", [image(2), weights(4)], {}, {},
         ["float32 (2.0)", "float32 (?)", "float32 (?)", "float32 (?)", "float32 (?)"]),
        ("BatchNormalization", [image(2, 4, 8), weights(4)], {}, {},
         [
             "float32 (2N.0 4C.1 8.2@1+0|1)", "float32 (4)", "float32 (4)", "float32 (4)",
             "float32 (4)", "x: NC",
         ]),
        ("BatchNormalization", [weights(2, 4, 8, 9), weights(4)], {}, {},
         [
             "float32 (2 4 8 9) constant", "float32 (4)", "float32 (4)", "float32 (4)",
             "float32 (4)",
         ]),
        ("BatchNormalization", [whole(1, 2), weights(4)], {}, {},
         ["int64 (2) constant", "int64 (?)", "int64 (?)", "int64 (?)", "int64 (?)"]),
        ("BatchNormalization", [ANY, weights(4)], {}, {},
         ["? of any shape", "? (?)", "? (?)", "? (?)", "? (?)"]),
        ("InstanceNormalization", [image(2, 4, 8, 9), weights(4)], {}, {},
         [
             "float32 (2N.0 4C.1 8H.2@1+0|1 9W.3@1+0|1) whole 2,3", "float32 (4)", "float32 (4)",
             "float32 (4)", "float32 (4)", "x: NCHW",
         ]),
        ("InstanceNormalization", [ANY, weights(4)], {}, {},
         ["? of any shape", "? (?)", "? (?)", "? (?)", "? (?)"]),
        ("GroupNormalization", [image(2, 4, 8, 9), weights(4)], {}, {},
         [
             "float32 (2N.0 4C.1 8H.2@1+0|1 9W.3@1+0|1) whole 2,3", "float32 (4)", "float32 (4)",
             "float32 (4)", "float32 (4)", "x: NCHW",
         ]),
        ("ReduceSum", [weights(3, data_type="int64")], {}, {}, ["int64 (1~) constant"]),
        ("ReduceSum", [whole(7), whole(5)], {}, {}, ["int64 (1) constant"]),
        ("ArgMax", [image(1, 4, 8, 9, letters="NCHW")], {"axis": -4}, {},
         ["int64 (1N~ 4C.1 8H.2@1+0|1 9W.3@1+0|1)"]),
    ],
)  # fmt: skip
def test_axes_are_reduced(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
