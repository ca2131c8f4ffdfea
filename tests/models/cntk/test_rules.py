"""Shapes in CNTK's own terms: column-major, with free (-3) and inferred (-1) sizes."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.models.cntk.model_graph import ALL_STATIC_AXES, END_STATIC_AXIS, FREE, Axis, Op
from tests.models.cntk.small_graphs import WINDOW, Shape, outcome

NUMBERS = st.lists(st.integers(1, 6), max_size=4).map(tuple)


@given(NUMBERS)
def test_a_shape_combined_with_itself_or_a_scalar_stays(shape: Shape) -> None:
    assert outcome(Op.PLUS, shape, shape) == shape
    assert outcome(Op.PLUS, shape, ()) == shape
    assert outcome(Op.PLUS, (1,) * len(shape), shape) == shape


@given(NUMBERS, NUMBERS)
def test_combining_does_not_depend_on_the_order(one: Shape, other: Shape) -> None:
    assert outcome(Op.PLUS, one, other) == outcome(Op.PLUS, other, one)


@pytest.mark.parametrize(
    ("shapes", "result"),
    [
        ([(4, 3), (4,)], (4, 3)),
        ([(4, 3), (3,)], None),
        ([(FREE, 3), (1, 3)], (FREE, 3)),
        ([(FREE, 3), (5, 3)], (5, 3)),
    ],
)
def test_operands_are_aligned_at_their_first_axis(
    shapes: List[Shape], result: Optional[Shape]
) -> None:
    assert outcome(Op.PLUS, *shapes) == result


@pytest.mark.parametrize(
    ("attributes", "result"),
    [
        ({"newShape": (6, -1)}, (6, 4)),
        ({"newShape": (24,)}, (24,)),
        ({"newShape": (5,)}, None),
        ({"newShape": (-1, -1)}, None),
        ({"newShape": (2, 2), "beginAxis": Axis(2), "endAxis": Axis(3)}, (2, 3, 2, 2)),
        ({"newShape": (1,), "beginAxis": Axis(0), "endAxis": Axis(0)}, (1, 2, 3, 4)),
        ({"newShape": (12,), "beginAxis": Axis(-2)}, (2, 12)),
        ({"newShape": ()}, None),
        ({}, None),
    ],
)
def test_reshape(attributes: Dict[str, Any], result: Optional[Shape]) -> None:
    assert outcome(Op.RESHAPE, (2, 3, 4), **attributes) == result


@pytest.mark.parametrize(
    ("begin", "end", "stride", "result"),
    [
        (1, 3, 1, (2,)),
        (-5, 0, 1, (5,)),
        (0, -2, 1, (8,)),
        (0, 9, 2, (5,)),
        (0, 11, 1, None),
        (4, 2, 1, None),
        (0, 4, 0, None),
    ],
)
def test_slice(begin: int, end: int, stride: int, result: Optional[Shape]) -> None:
    attributes: Dict[str, Any] = {
        "axis": Axis(-1),
        "beginIndex": begin,
        "endIndex": end,
        "sliceStrides": stride,
    }
    assert outcome(Op.SLICE, (10,), **attributes) == result


def test_splice_may_add_an_axis() -> None:
    new = {"axis": Axis(END_STATIC_AXIS)}
    assert outcome(Op.SPLICE, (7,), (7,), (7,), **new) == (7, 3)
    assert outcome(Op.SPLICE, (7, 2), (7, 3), axis=Axis(1)) == (7, 5)
    assert outcome(Op.SPLICE, (7, 2), (6, 3), axis=Axis(1)) is None


def test_reduction_over_all_axes_keeps_them_only_when_told() -> None:
    everything: Dict[str, Any] = {"axis": Axis(ALL_STATIC_AXES)}
    assert outcome(Op.REDUCE_ELEMENTS, (4, 5), **everything) == (1, 1)
    assert (
        outcome(Op.REDUCE_ELEMENTS, (4, 5), **{**everything, "reductionKeepDimensions": False})
        == ()
    )


def test_products_reduce_what_the_output_rank_leaves() -> None:
    assert outcome(Op.TIMES, (3, 4), (4, 5), outputRank=1) == (3, 5)
    assert outcome(Op.TIMES, (3, 2, 4), (4,), outputRank=2) == (3, 2)
    assert outcome(Op.TIMES, (3, -1), (4, 5, 6), outputRank=1, inferInputRankToMap=0) == (3,)
    assert outcome(Op.TIMES, (3, 4), (5,), outputRank=1) is None


def convolved(kernel: Shape, operand: Shape, **attributes: Any) -> Optional[Shape]:
    return outcome(Op.CONVOLUTION, kernel, operand, **{**WINDOW, **attributes})


def test_convolutions() -> None:
    assert convolved((3, 3, 2, 5), (10, 8, 2)) == (8, 6, 5)
    assert convolved((3, 3, 2, 5), (10, 8, 2), autoPadding=[True, True, False]) == (10, 8, 5)
    assert convolved((3, 3, 2, 5), (10, 8, 2), strides=(2, 2, 2)) == (4, 3, 5)
    assert convolved((3, 3, 2, 5), (10, 8, 2), dilation=(2, 2, 1)) == (6, 4, 5)
    assert convolved((3, 3, 1, 6), (10, 8, 3), groups=3) == (8, 6, 6)
    around = {"lowerPad": (2, 1, 0), "upperPad": (1, 0, 0)}
    assert convolved((3, 3, 2, 5), (10, 8, 2), **around) == (11, 7, 5)
    assert convolved((3, 3, 2, 5), (FREE, 8, 2)) == (FREE, 6, 5)
    assert convolved((11, 3, 2, 5), (10, 8, 2)) is None
    assert convolved((3, 3, 2, 5), (10, 8, 2), strides=(0,)) is None
    assert convolved((3, 3, 2, 5), (10, 8, 2), dilation=(0,)) is None


def test_transposed_convolutions() -> None:
    strides = (2, 2, 1)
    up = {"transpose": True, "strides": strides}
    assert convolved((2, 2, 5, 3), (10, 8, 3), **up) == (20, 16, 5)
    assert convolved((3, 3, 5, 3), (10, 8, 3), **up, autoPadding=[True, True, False]) == (19, 15, 5)
    assert convolved((2, 2, 5, 3), (10, 8, 3), **up, outputShape=(20, 16, 5)) == (20, 16, 5)
    around = {"lowerPad": (2, 1, 0), "upperPad": (1, 0, 0)}
    assert convolved((4, 4, 5, 3), (10, 8, 3), **up, **around) == (19, 17, 5)
    assert convolved((1, 1, 5, 3), (10, 8, 3), transpose=True) == (10, 8, 5)
    assert convolved((2, 2, 5, 3), (10, 8, 3), **up, autoPadding=[True] * 3) == (19, 15, 1)
    assert convolved((2, 2, 5, 0), (10, 8, 3), **up) is None
    # A size of 0 states nothing.
    assert convolved((2, 2, 5, 3), (10, 8, 3), **up, outputShape=(0, 9, 5)) == (20, 16, 5)
    assert convolved((2, 2, 5, 3), (1, 1, 3), transpose=True, outputShape=(1, 0, 5)) == (1, 0, 5)
    # What is told of one axis is meant for all of space, not for channels.
    assert convolved((3, 3, 5, 3), (10, 8, 3), **up, autoPadding=[True]) == (19, 15, 5)


@given(st.integers(1, 40), st.integers(1, 6), st.integers(1, 4), st.booleans(), st.booleans())
def test_pooling_never_gives_more_than_it_takes(
    size: int, kernel: int, stride: int, same: bool, ceil: bool
) -> None:
    attributes: Dict[str, Any] = {
        **WINDOW,
        "poolingWindowShape": (kernel,),
        "strides": (stride,),
        "autoPadding": [same],
        "ceilOutDim": ceil,
    }
    result = outcome(Op.POOLING, (size,), **attributes)
    assert result is None or 1 <= result[0] <= size
