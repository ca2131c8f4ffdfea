"""Other axes of the same elements."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.network.footprints import at_input
from dl2ecd_core.network.operations.reshaping import reshaped_axes
from dl2ecd_core.network.value import Axis, Value, shaped

from .values import ANY, image, run, scalar, weights, whole


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "more", "found"),
    [
        ("Reshape", [image(2, 3, 4, 5, letters="NCHW"), whole(2, 60)], {}, {},
         ["float32 (2N.0 60)"]),
        ("Reshape", [image(2, 3, 4, 5), whole(0, -1)], {}, {}, ["float32 (2.0 60)"]),
        ("Reshape", [image(2, 3, 4, 5), whole(0, 0, 20)], {}, {}, ["float32 (2.0 3.1 20)"]),
        ("Reshape", [image(2, 3, 4, 5, letters="NCHW"), whole(2, 12, 5)], {}, {},
         ["float32 (2N.0 12 5W.3@1+0|1)"]),
        ("Reshape", [image(None, 3, 4, 5), whole(0, -1)], {}, {}, ["float32 (? 60)"]),
        ("Reshape", [image(None, 3, 4, 5), whole(-1, 60)], {}, {}, ["float32 (? 60)"]),
        ("Reshape", [image(None, None, 4, 5), whole(0, 0, -1)], {}, {}, ["float32 (? ? 20)"]),
        ("Reshape", [image(2, 3, 4), whole(-1, 7)], {}, {}, ["float32 (? 7)"]),
        ("Reshape", [image(2, 3, 4), whole(0, 0, 0, -1)], {}, {},
         ["float32 (2.0 3.1 4.2@1+0|1 1)"]),
        ("Reshape", [image(2, 3, 4), whole(-1, 0)], {}, {}, ["float32 (8 3)"]),
        ("Reshape", [image(2, 0, 4), whole(0, 0, -1)], {}, {}, ["float32 (2.0 0.1 4.2@1+0|1)"]),
        ("Reshape", [image(2, 0, 4), whole(0, -1)], {"allowzero": 1}, {}, ["float32 (0 ?)"]),
        ("Reshape", [image(2, 3, 4), whole(0, 3, 8)], {"allowzero": 1}, {}, ["float32 (0 3 8)"]),
        ("Reshape", [image(2, 3, 4), whole(None, 12)], {}, {}, ["float32 (? 12)"]),
        ("Reshape", [ANY, whole(0, -1, 4)], {}, {}, ["? (? ? 4)"]),
        ("Reshape", [image(2, 3, 4), ANY], {}, {}, ["float32 of any shape"]),
        ("Reshape", [image(2, 3, 4), shaped((3,), "int64")], {}, {}, ["float32 (? ? ?)"]),
        ("Reshape", [image(2, 3, 4), shaped((64,), "int64")], {}, {},
         [
             "float32 (? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? "
             "? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ? ?)",
         ]),
        ("Reshape", [image(2, 3, 4), shaped((65,), "int64")], {}, {}, ["float32 of any shape"]),
        ("Reshape", [weights(2, 3, 4), shaped((2,), "int64")], {}, {}, ["float32 (? ?) constant"]),
        ("Reshape", [image(2, 3, 4)], {"shape": (6, 4)}, {"opset": 1}, ["float32 (6 4.2@1+0|1)"]),
        ("Reshape", [whole(1, 2, 3, 4), whole(2, 2)], {}, {}, ["int64 (2 2) constant 1 2 3 4"]),
        ("Reshape", [image(2, 3, 4, 5, letters="NCHW"), whole(2, 3, 4, 5)], {}, {},
         ["float32 (2N.0 3C.1 4H.2@1+0|1 5W.3@1+0|1)"]),
        ("Reshape", [image(2, None, 4, 5, letters="NCHW"), whole(0, 0, 4, 5)], {}, {},
         ["float32 (2N.0 ?C.1 4H.2@1+0|1 5W.3@1+0|1)"]),
        ("Reshape", [image(None, None, 4, 5, letters="NCHW"), whole(0, 0, 4, 5)], {}, {},
         ["float32 (? ? 4H.2@1+0|1 5W.3@1+0|1)"]),
        ("Reshape", [image(None, 3, 4, 5, letters="NCHW"), whole(-1, 3, 4, 5)], {}, {},
         ["float32 (?N.0 3C.1 4H.2@1+0|1 5W.3@1+0|1)"]),
        ("Reshape", [image(2, 3, 4, 5, letters="NCHW"), whole(2, 3, 4, 1, 5)], {}, {},
         ["float32 (2N.0 3C.1 4H.2@1+0|1 1 5W.3@1+0|1)"]),
        ("Reshape", [image(2, 6, 4, 4, letters="NCHW"), whole(2, 6, 2, 2, 4)], {}, {},
         ["float32 (2N.0 6C.1 2H@2+0|2 2 4W.3@1+0|1)"]),
        ("Reshape", [image(1, 1, 4, 5, letters="NCHW"), whole(1, 1, 1, 4, 5)], {}, {},
         ["float32 (1 1 1 4@1+0|1 5@1+0|1)"]),
        ("Reshape", [image(3, 4, 3, letters="NCH"), whole(3, 1, 4, 3)], {}, {},
         ["float32 (3N.0 1 4C.1 3H.2@1+0|1)"]),
        ("Reshape", [image(4, 4, letters="NC"), whole(4, 1, 4)], {}, {}, ["float32 (4N.0 1 4C.1)"]),
        ("Reshape", [image(3, letters="C"), whole(3, 1)], {}, {}, ["float32 (3C.0 1)"]),
        ("Reshape", [image(3, letters="C"), whole(3, 1, 3)], {}, {}, ["float32 (3 1 3)"]),
        ("Reshape", [image(1, letters="C"), whole(1, 1)], {}, {}, ["float32 (1 1)"]),
        ("Reshape", [image(1, 1, letters="?C"), whole(1, 1, 1)], {}, {}, ["float32 (1 1 1)"]),
        ("Transpose", [image(2, 3, 4, letters="NCH")], {"perm": (2, 0, 1)}, {},
         ["float32 (4H.2@1+0|1 2N.0 3C.1)"]),
        ("Transpose", [image(2, 3, 4, letters="NCH")], {}, {}, ["float32 (4H.2@1+0|1 3C.1 2N.0)"]),
        ("Transpose", [image(2, 3, 4)], {"perm": (0, 1)}, {}, ["float32 of any shape"]),
        ("Transpose", [image(2, 3, 4)], {"perm": (0, 1, 1)}, {}, ["float32 of any shape"]),
        ("Transpose", [weights(2, 3)], {"perm": (0, 0)}, {}, ["float32 of any shape constant"]),
        ("Transpose", [weights(2, 3)], {"perm": (1, 0)}, {}, ["float32 (3 2) constant"]),
        ("Transpose", [
             shaped((2, 2), "int64", numbers=[1, 2, 3, 4], constant=True)
        ], {"perm": (1, 0)}, {},
         ["int64 (2 2) constant 1 3 2 4"]),
        ("Transpose", [Value(None, "float32", constant=True)], {"perm": (1, 0)}, {},
         ["float32 of any shape constant"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {}, {}, ["float32 (2N.0 60)"]),
        ("Flatten", [image(2, 3, 1, 1, letters="NCHW")], {}, {}, ["float32 (2N.0 3C.1)"]),
        ("Flatten", [image(2, 3, letters="NC")], {}, {}, ["float32 (2N.0 3C.1)"]),
        ("Flatten", [image(2, 3, letters="NC")], {"axis": -1}, {}, ["float32 (2N.0 3C.1)"]),
        ("Flatten", [image(2, letters="N")], {}, {}, ["float32 (2N.0 1)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": 2}, {}, ["float32 (6 20)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": 0}, {}, ["float32 (1 120)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": 4}, {}, ["float32 (120 1)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": -4}, {}, ["float32 (1 120)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": -3}, {}, ["float32 (2N.0 60)"]),
        ("Flatten", [image(2, 3, 4, 5)], {"axis": 5}, {}, ["float32 (? ?)"]),
        ("Flatten", [image(2, 3, 4, 5)], {"axis": -5}, {}, ["float32 (? ?)"]),
        ("Flatten", [image(2, 3, 4, 5)], {"axis": "1"}, {}, ["float32 (? ?)"]),
        ("Flatten", [image(2, 3, 1, 5, letters="NCHW")], {}, {}, ["float32 (2N.0 15)"]),
        ("Flatten", [weights(2, 3, 4)], {}, {}, ["float32 (2 12) constant"]),
        ("Flatten", [weights(2, 3, 4)], {"axis": 9}, {}, ["float32 (? ?) constant"]),
        ("Flatten", [ANY], {}, {}, ["? (? ?)"]),
        ("Squeeze", [image(1, 3, 1, 1, letters="NCHW"), whole(2, -1)], {}, {},
         ["float32 (1N.0 3C.1)"]),
        ("Squeeze", [image(1, 3, 1, 1, letters="NCHW")], {}, {}, ["float32 (3C.1)"]),
        ("Squeeze", [image(None, 3, 1, 1)], {}, {}, ["float32 of any shape"]),
        ("Squeeze", [image(1, 3, 1, 1), whole(-4, 3)], {}, {}, ["float32 (3.1 1.2@1+0|1)"]),
        ("Squeeze", [image(1, 3, 1, 1), whole(4, -5, 3)], {}, {}, ["float32 (1.0 3.1 1.2@1+0|1)"]),
        ("Squeeze", [image(1, 3, 1, 1), ANY], {}, {}, ["float32 of any shape"]),
        ("Squeeze", [weights(1, 3), ANY], {}, {}, ["float32 of any shape constant"]),
        ("Squeeze", [weights(None, 3)], {}, {}, ["float32 of any shape constant"]),
        ("Squeeze", [whole(7), whole(0)], {}, {}, ["int64 () constant 7"]),
        ("Squeeze", [image(1, 3, 1, 1)], {"axes": (0,)}, {"opset": 11},
         ["float32 (3.1 1.2@1+0|1 1.3@1+0|1)"]),
        ("Squeeze", [ANY, whole(0)], {}, {}, ["? of any shape"]),
        ("Unsqueeze", [image(2, 3, letters="NC"), whole(0, -1)], {}, {},
         ["float32 (1 2N.0 3C.1 1)"]),
        ("Unsqueeze", [image(2, 3, letters="NC"), whole(2, 1)], {}, {},
         ["float32 (2N.0 1 1 3C.1)"]),
        ("Unsqueeze", [image(2, 3), whole(-4, 3)], {}, {}, ["float32 (1 2.0 3.1 1)"]),
        ("Unsqueeze", [image(2, 3), whole(-5, 3)], {}, {}, ["float32 of any shape"]),
        ("Unsqueeze", [image(2, 3), whole(0, 4)], {}, {}, ["float32 of any shape"]),
        ("Unsqueeze", [image(2, 3), whole(1, -3)], {}, {}, ["float32 of any shape"]),
        ("Unsqueeze", [image(2, 3), ANY], {}, {}, ["float32 of any shape"]),
        ("Unsqueeze", [image(2, 3)], {}, {}, ["float32 of any shape"]),
        ("Unsqueeze", [ANY, whole(0)], {}, {}, ["? of any shape"]),
        ("Unsqueeze", [weights(2, 3), ANY], {}, {}, ["float32 of any shape constant"]),
        ("Unsqueeze", [weights(2, 3), whole(9)], {}, {}, ["float32 of any shape constant"]),
        ("Unsqueeze", [shaped((1,) * 62, "float32"), whole(0, 1)], {}, {},
         [
             "float32 (1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 "
             "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1)",
         ]),
        ("Unsqueeze", [shaped((1,) * 63, "float32"), whole(0, 1)], {}, {},
         ["float32 of any shape"]),
        ("Unsqueeze", [scalar(5, "int64"), whole(0)], {}, {}, ["int64 (1) constant 5"]),
        ("Unsqueeze", [image(2, 3)], {"axes": (1,)}, {"opset": 11}, ["float32 (2.0 1 3.1)"]),
        ("Reshape", [image(2, 3, 4), whole(0, 0, 0, 0)], {}, {}, ["float32 (2.0 3.1 4.2@1+0|1 ?)"]),
        ("Reshape", [image(2, 3, 4), whole(0, 0, -1, 0)], {}, {}, ["float32 (2.0 3.1 ? ?)"]),
        ("Reshape", [image(2, 3, 4), whole(4, -1)], {}, {}, ["float32 (4 6)"]),
        ("Flatten", [image(2, 3, 4, 5, letters="NCHW")], {"axis": -1}, {}, ["float32 (24 5)"]),
        ("Flatten", [image(2, 3, 5, 1, letters="NCHW")], {}, {}, ["float32 (2N.0 15)"]),
        ("Unsqueeze", [image(2, 3), whole(3)], {}, {}, ["float32 of any shape"]),
    ],
)  # fmt: skip
def test_elements_get_other_axes(
    op: str, inputs: List[Any], attributes: Any, more: Any, found: List[str]
) -> None:
    assert run(op, inputs, attributes, **more) == found


@pytest.mark.parametrize(
    ("before", "followed", "after", "found"),
    [
        # Several elements for each pixel, beside each other.
        ((1, 4, 2, 5), (1,), (1, 8, 5), {1: (Fraction(1, 2), 1)}),
        ((None, 4, 2, 5), (1,), (None, 8, 5), {1: (Fraction(1, 2), 1)}),
        ((1, 4, 2, 1, 3, 5), (1,), (1, 24, 5), {1: (Fraction(1, 6), 1)}),
        ((1, 4, 5, 2, 7), (1, 2), (1, 4, 10, 7), {1: (1, 1), 2: (Fraction(1, 2), 1)}),
        # Blocks of pixels.
        ((1, 8, 5), (1,), (1, 4, 2, 5), {1: (2, 2)}),
        ((1, 8, 6), (1, 2), (1, 1, 2, 4, 3, 2), {2: (4, 4), 4: (2, 2)}),
        # Axes that stay, in places that are not counted from either end.
        ((None, 4, 3, 5), (1,), (None, 4, 15), {1: (1, 1)}),
        ((2, 3, 4, 5, 6), (2,), (6, 4, 30), {1: (1, 1)}),
        # Rows and columns in one; pixels of which one is split and joined in other ways; nothing.
        ((1, 4, 5, 2), (1, 2), (1, 20, 2), {}),
        ((1, 6, 4, 5), (1,), (1, 8, 3, 5), {}),
        ((1, 2, 4, 5), (2,), (1, 8, 5), {}),
        ((1, 4, 2, 5), (1,), (1, 7, 5), {}),
        ((None, 4, 2, 5), (1,), (None, 7, 5), {}),
        ((None, None, 2, 5), (1,), (None, 10), {}),
        ((1, 0, 4, 5), (2,), (4, 0, 5), {}),
    ],
)
def test_pixels_are_followed_into_other_axes(
    before: Tuple[Optional[int], ...],
    followed: Sequence[int],
    after: Tuple[Optional[int], ...],
    found: Any,
) -> None:
    axes = [
        Axis(footprint=at_input(("x", axis)) if axis in followed else None)
        for axis in range(len(before))
    ]
    result = reshaped_axes(shaped(before, "float32", axes), after)
    assert {
        place: (axis.footprint.scale, axis.footprint.alignment)
        for place, axis in enumerate(result)
        if axis.footprint is not None
    } == found
