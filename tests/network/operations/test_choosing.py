"""Parts of a value, by places."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import Value, shaped

from .values import ANY, image, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Slice", [
             image(1, 4, 8, 9, letters="NCHW"), whole(1, 2), whole(3, 9), whole(1, 3)
        ], {}, {},
         ["float32 (1N.0 2C.1 8H.2@1+0|1 7W.3@1+2|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(0, 0, 1, 2), whole(1, 4, 7, 8)], {}, {},
         ["float32 (1.0 4.1 6.2@1+1|1 6.3@1+2|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(0, 1), whole(1, 3)], {}, {},
         ["float32 (1.0 2.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [
             image(1, 4, 8, 9), whole(-5, 7), whole(-1, 0), whole(2, 3), whole(2, -2)
        ], {}, {},
         ["float32 (1.0 4.1 2.2@2+5/2|2 4.3)"]),
        ("Slice", [image(1, 4, 8, 9), whole(1, 1), whole(7, 7), whole(2, 3), whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 3.2@2+1/2|2 2.3@3+0|3)"]),
        ("Slice", [image(1, 4, 8, 9), whole(0), whole(1 << 62), whole(-1)], {}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), whole(4)], {}, {},
         ["float32 of any shape"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), whole(-4)], {}, {},
         ["float32 (0.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), whole(-5)], {}, {},
         ["float32 of any shape"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), ANY], {}, {}, ["float32 (? ? ? ?)"]),
        ("Slice", [image(1, 4, 8, 9), ANY, whole(5), whole(2)], {}, {},
         ["float32 (1.0 4.1 ?.2 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), ANY, whole(2)], {}, {},
         ["float32 (1.0 4.1 ?.2@1+2|1 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), whole(2), ANY], {}, {},
         ["float32 (1.0 4.1 ?.2 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5, 6), whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 3.2@1+2|1 ?.3)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2, 3), whole(5), whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 3.2@1+2|1 ?.3@1+3|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2, 3), whole(5, 6), whole(2, 3), whole(2)], {}, {},
         ["float32 (1.0 4.1 2.2@2+3/2|2 3.3@1+3|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(2), whole(5), whole(2), whole(0)], {}, {},
         ["float32 (1.0 4.1 ?.2 9.3@1+0|1)"]),
        ("Slice", [
             image(1, 4, None, None), whole(0, 2), whole(1 << 62, 1 << 62), whole(2, 3)
        ], {}, {},
         ["float32 (1.0 4.1 ?.2@1+0|1 ?.3@1+2|1)"]),
        ("Slice", [
             image(1, 4, None, None), whole(0, 0), whole((1 << 31) - 1, (1 << 31) - 2),
             whole(2, 3)
        ], {}, {},
         ["float32 (1.0 4.1 ?.2@1+0|1 ?.3@1+0|1)"]),
        ("Slice", [
             image(1, 4, None, None), whole(0, -3), whole(1 << 62, 1 << 62), whole(2, 3),
             whole(2, 1)
        ], {}, {},
         ["float32 (1.0 4.1 ?.2@2-1/2|2 ?.3)"]),
        ("Slice", [image(1, 4, None, None), whole(-2, None), whole(-1, 5), whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 ?.2 ?.3)"]),
        ("Slice", [
             image(1, 4, None, None), whole(1, 0), whole((1 << 63) - 1, (1 << 63) - 2),
             whole(2, 3)
        ], {}, {},
         ["float32 (1.0 4.1 ?.2@1+1|1 ?.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(3, -2), whole(None, None), whole(2, 3)], {}, {},
         ["float32 (1.0 4.1 ?.2@1+3|1 ?.3)"]),
        ("Slice", [
             image(1, 4, 8, 9)
        ], {"starts": (1, 2), "ends": (5, 9), "axes": (2, 3)}, {"opset": 9},
         ["float32 (1.0 4.1 4.2@1+1|1 7.3@1+2|1)"]),
        ("Slice", [image(1, 4, 8, 9)], {"starts": (0, 2), "ends": (1, 3)}, {"opset": 9},
         ["float32 (1.0 1.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9)], {}, {"opset": 9}, ["float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [weights(4, 6), whole(1), whole(3), whole(0)], {}, {},
         ["float32 (2 6) constant"]),
        ("Slice", [weights(4, 6), whole(1), whole(3), whole(7)], {}, {},
         ["float32 of any shape constant"]),
        ("Slice", [weights(4, 6), whole(1), whole(3), ANY], {}, {}, ["float32 (? ?) constant"]),
        ("Slice", [Value(None, "float32", constant=True), whole(1), whole(3)], {}, {},
         ["float32 of any shape constant"]),
        ("Slice", [whole(5, 6, 7, 8), whole(1), whole(3)], {}, {}, ["int64 (2) constant 6 7"]),
        ("Slice", [whole(5, 6, 7, 8), whole(-1), whole(-9), whole(0), whole(-2)], {}, {},
         ["int64 (2) constant 8 6"]),
        ("Slice", [whole(5, 6, 7, 8), ANY, whole(3), whole(0)], {}, {}, ["int64 (?) constant"]),
        ("Slice", [whole(5, 6, 7, 8), whole(1), ANY, whole(0)], {}, {}, ["int64 (?) constant"]),
        ("Slice", [whole(5, 6, 7, 8), whole(1), whole(3), whole(0), ANY], {}, {},
         ["int64 (?) constant"]),
        ("Slice", [
             shaped((2, 2), "int64", numbers=[1, 2, 3, 4]), whole(1), whole(2), whole(1)
        ], {}, {},
         ["int64 (2 1) 2 4"]),
        ("Slice", [
             shaped((2, 2), "int64", numbers=[1, 2, 3, 4]), whole(0, 1), whole(1, 2), whole(0, 1)
        ], {}, {},
         ["int64 (1 1) 2"]),
        ("Gather", [image(1, 4, 8, 9, letters="NCHW"), whole(0, 2)], {"axis": 1}, {},
         ["float32 (1N.0 2C.1 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("Gather", [image(1, 4, 8, 9, letters="NCHW"), scalar(1, "int64")], {"axis": -3}, {},
         ["float32 (1N.0 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("Gather", [
             image(1, 4, 8, 9, letters="NCHW"), weights(2, 3, data_type="int64")
        ], {"axis": 1}, {},
         ["float32 (1N.0 2 3 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("Gather", [image(1, 4, 8, 9), image(5, name="i")], {}, {},
         ["float32 (5.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Gather", [image(1, 4), whole(0)], {"axis": 2}, {}, ["float32 of any shape"]),
        ("Gather", [image(1, 4), ANY], {"axis": 1}, {}, ["float32 of any shape"]),
        ("Gather", [ANY, whole(0)], {"axis": 1}, {}, ["? of any shape"]),
        ("Gather", [weights(3, 4), ANY], {}, {}, ["float32 of any shape"]),
        ("Gather", [weights(3, 4), weights(2, data_type="int64")], {}, {},
         ["float32 (2 4) constant"]),
        ("Gather", [weights(3, 4), image(2, name="i")], {}, {}, ["float32 (2 4)"]),
        ("Gather", [image(3, 4), weights(2, data_type="int64")], {}, {}, ["float32 (2.0 4.1)"]),
        ("Gather", [whole(5, 6, 7), whole(2, -3)], {}, {}, ["int64 (2) constant 7 5"]),
        ("Gather", [whole(5, 6, 7), whole(3)], {}, {}, ["int64 (1) constant"]),
        ("Gather", [whole(5, 6, 7), whole(-4)], {}, {}, ["int64 (1) constant"]),
        ("Gather", [whole(5, 6, 7), scalar(1, "int64")], {}, {}, ["int64 () constant 6"]),
        ("Gather", [whole(5, 6, 7), whole(0, None)], {}, {}, ["int64 (2) constant"]),
        ("Gather", [whole(), whole()], {}, {}, ["int64 (0) constant"]),
        ("GatherElements", [image(3, 4), image(2, 4, name="i")], {"axis": 0}, {},
         ["float32 (2 4)"]),
        ("GatherElements", [image(3, 4), ANY], {}, {}, ["float32 of any shape"]),
        ("GatherND", [image(2, 3, 4), weights(5, 2, data_type="int64")], {}, {}, ["float32 (5 4)"]),
        ("GatherND", [image(2, 3, 4), weights(2, 5, 1, data_type="int64")], {"batch_dims": 1}, {},
         ["float32 (2 5 4)"]),
        ("GatherND", [image(2, 3, 4), weights(5, None, data_type="int64")], {}, {},
         ["float32 of any shape"]),
        ("GatherND", [image(2, 3, 4), ANY], {}, {}, ["float32 of any shape"]),
        ("GatherND", [ANY, weights(5, 2, data_type="int64")], {}, {}, ["? of any shape"]),
        ("GatherND", [image(2, 3, 4), weights(5, 2, data_type="int64")], {"batch_dims": "0"}, {},
         ["float32 of any shape"]),
        ("Slice", [image(1, 4, 8, 9), whole(1)], {}, {}, ["float32 (?.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [whole(), whole(0), whole(1)], {}, {}, ["int64 (0) constant empty"]),
        ("Slice", [image(1, 4, 8, 9), whole(0), ANY, whole(2)], {}, {},
         ["float32 (1.0 4.1 ?.2@1+0|1 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, 8, 9), whole(-1), ANY, whole(2)], {}, {},
         ["float32 (1.0 4.1 ?.2 9.3@1+0|1)"]),
        ("Slice", [image(1, 4, None, 9), whole(-1), whole(1 << 62), whole(2)], {}, {},
         ["float32 (1.0 4.1 ?.2 9.3@1+0|1)"]),
        ("Gather", [Value(None, "float32", constant=True), whole(0)], {}, {},
         ["float32 of any shape constant"]),
    ],
)  # fmt: skip
def test_parts_are_chosen_by_their_places(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
