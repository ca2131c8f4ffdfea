"""Values joined, split, repeated, and of another type."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.value import shaped

from .values import ANY, image, real, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Concat", [
             image(1, 4, 8, 9, letters="NCHW"), image(1, 3, 8, 9, letters="NCHW", name="y")
        ], {"axis": 1}, {},
         ["float32 (1N.0 7C.1 8H.2@1+0|1 9W.3@1+0|1)"]),
        ("Concat", [image(1, 4, 8, 9), image(1, 4, 8, 9, name="y")], {"axis": -1}, {},
         ["float32 (1.0 4.1 8.2@1+0|1 18.3)"]),
        ("Concat", [image(1, 4, 8, 9), image(1, 4, 7, 9, name="y")], {"axis": 1}, {},
         ["float32 of any shape"]),
        ("Concat", [image(1, 4, None, 9), image(1, None, 7, 9, name="y")], {"axis": 1}, {},
         ["float32 (1.0 ?.1 7.2@1+0|1 9.3@1+0|1)"]),
        ("Concat", [image(1, 4), image(1, 4, 5, name="y")], {"axis": 1}, {},
         ["float32 of any shape"]),
        ("Concat", [image(1, 4), ANY], {"axis": 1}, {}, ["float32 of any shape"]),
        ("Concat", [image(1, 4), weights(1, 5)], {"axis": 1}, {}, ["float32 (1.0 9.1)"]),
        ("Concat", [weights(1, 4), weights(1, 5)], {"axis": 1}, {}, ["float32 (1 9) constant"]),
        ("Concat", [weights(1, 4), weights(2, 5)], {"axis": 1}, {},
         ["float32 of any shape constant"]),
        ("Concat", [weights(1, 4), weights(1, 5, 6)], {"axis": 1}, {},
         ["float32 of any shape constant"]),
        ("Concat", [image(1, 4, 2), image(1, 5, 2, name="y")], {}, {"opset": 1},
         ["float32 (1.0 9.1 2.2@1+0|1)"]),
        ("Concat", [image(1, 4), image(1, 4, name="y")], {"axis": 2}, {}, ["float32 of any shape"]),
        ("Concat", [image(1, 4), image(1, 4, name="y")], {"axis": -3}, {},
         ["float32 of any shape"]),
        ("Concat", [image(1, 4), image(1, 4, name="y")], {"axis": "1"}, {},
         ["float32 of any shape"]),
        ("Concat", [whole(1, 2), whole(3, None)], {"axis": 0}, {}, ["int64 (4) constant 1 2 3 ?"]),
        ("Concat", [whole(1, 2), shaped((1,), "int64") , whole(3)], {"axis": 0}, {}, ["int64 (4)"]),
        ("Concat", [
             shaped((1, 1), "int64", numbers=[1]), shaped((1, 1), "int64", numbers=[2])
        ], {"axis": 0}, {},
         ["int64 (2 1) 1 2"]),
        ("Concat", [whole(), whole(3)], {"axis": 0}, {}, ["int64 (1) constant 3"]),
        ("Concat", [], {"axis": 0}, {}, ["? of any shape constant"]),
        ("Concat", [scalar(1.0), scalar(2.0)], {"axis": 0}, {}, ["float32 of any shape constant"]),
        ("Split", [image(1, 7, 8, 9, letters="NCHW")], {"axis": 1}, {"outputs": 3},
         [
             "float32 (1N.0 3C.1 8H.2@1+0|1 9W.3@1+0|1)",
             "float32 (1N.0 3C.1 8H.2@1+0|1 9W.3@1+0|1)",
             "float32 (1N.0 1C.1 8H.2@1+0|1 9W.3@1+0|1)",
         ]),
        ("Split", [image(7, 4)], {}, {"outputs": 2}, ["float32 (4.0 4.1)", "float32 (3.0 4.1)"]),
        ("Split", [image(1, 7, 8, 9), whole(2, 5)], {"axis": -3}, {"outputs": 2},
         ["float32 (1.0 2.1 8.2@1+0|1 9.3@1+0|1)", "float32 (1.0 5.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Split", [image(1, 7, 8, 9), whole(2, 5)], {"axis": 1}, {"outputs": 3},
         [
             "float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)", "float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)",
             "float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)",
         ]),
        ("Split", [image(1, 7, 8, 9), ANY], {"axis": 1}, {"outputs": 2},
         ["float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)", "float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Split", [image(1, None, 8, 9)], {"axis": 1}, {"outputs": 2},
         ["float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)", "float32 (1.0 ?.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Split", [image(1, 7, 8, 9)], {"axis": 4}, {"outputs": 2},
         ["float32 of any shape", "float32 of any shape"]),
        ("Split", [image(1, 7, 8, 9)], {"axis": 1, "split": (3, 4)}, {"opset": 11, "outputs": 2},
         ["float32 (1.0 3.1 8.2@1+0|1 9.3@1+0|1)", "float32 (1.0 4.1 8.2@1+0|1 9.3@1+0|1)"]),
        ("Split", [image(1, 7, 8, 9)], {"axis": 1}, {"outputs": 0}, []),
        ("Split", [ANY], {"axis": 1}, {"outputs": 2}, ["? of any shape", "? of any shape"]),
        ("Split", [weights(4, 6)], {"axis": 1}, {"outputs": 2},
         ["float32 (4 3) constant", "float32 (4 3) constant"]),
        ("Split", [weights(4, 6)], {"axis": 2}, {"outputs": 1}, ["float32 of any shape constant"]),
        ("Expand", [image(1, 4, 1, letters="NCH"), whole(1, 1, 5)], {}, {},
         ["float32 (1N.0 4C.1 5H)"]),
        ("Expand", [image(4, 1), whole(2, 3, 1, 1)], {}, {}, ["float32 (2 3 4.0 1.1)"]),
        ("Expand", [image(1, 4), whole(2, None)], {}, {}, ["float32 (2 4.1)"]),
        ("Expand", [image(4, 1, 1), whole(None, None)], {}, {}, ["float32 (4.0 ? ?)"]),
        ("Expand", [image(1, 1), whole(None, 3, None)], {}, {}, ["float32 (? 3 ?)"]),
        ("Expand", [image(1, 1), whole(None,)], {}, {}, ["float32 (1.0 ?)"]),
        ("Expand", [image(4, 2), whole(3, 2)], {}, {}, ["float32 of any shape"]),
        ("Expand", [weights(4, 2), whole(3, 2)], {}, {}, ["float32 of any shape constant"]),
        ("Expand", [weights(4, 2), whole(2, 4, 2)], {}, {}, ["float32 (2 4 2) constant"]),
        ("Expand", [weights(4, 2), ANY], {}, {}, ["float32 of any shape constant"]),
        ("Expand", [image(4, 2), ANY], {}, {}, ["float32 of any shape"]),
        ("Expand", [ANY, whole(3)], {}, {}, ["? of any shape"]),
        ("Tile", [image(2, 3, 4, letters="NCH"), whole(1, 2, 3)], {}, {},
         ["float32 (2N.0 6C 12H)"]),
        ("Tile", [image(None, 3, 4), whole(2, None, 1)], {}, {}, ["float32 (? ? 4.2@1+0|1)"]),
        ("Tile", [image(2, 3), whole(2)], {}, {}, ["float32 (? ?)"]),
        ("Tile", [image(2, 3), ANY], {}, {}, ["float32 (? ?)"]),
        ("Tile", [weights(2, 3), whole(2, 2)], {}, {}, ["float32 (4 6) constant"]),
        ("Tile", [weights(2, 3), ANY], {}, {}, ["float32 (? ?) constant"]),
        ("Tile", [ANY, whole(2)], {}, {}, ["? of any shape"]),
        ("Cast", [real(1.5, -2.5, float("nan"), 1e18, 2e18)], {"to": 7}, {},
         ["int64 (5) constant 1 -2 ? 1000000000000000000 ?"]),
        ("Cast", [whole(1, None)], {"to": 1}, {}, ["float32 (2) constant 1 ?"]),
        ("Cast", [whole(1, 2)], {"to": 9}, {}, ["bool (2) constant"]),
        ("Cast", [whole(1, 2)], {"to": 8}, {}, ["string (2) constant"]),
        ("Cast", [whole(1, 2)], {"to": 999}, {}, ["? (2) constant"]),
        ("Cast", [whole(1, 2)], {}, {}, ["? (2) constant"]),
        ("Cast", [image(2, 3)], {"to": 6}, {}, ["int32 (2.0 3.1)"]),
        ("Cast", [whole(1, None)], {"to": 6}, {}, ["int32 (2) constant 1 ?"]),
    ],
)  # fmt: skip
def test_values_are_joined_split_and_repeated(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found
