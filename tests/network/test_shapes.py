"""Shape arithmetic, against counting by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.network.footprints import Footprint, merged, model_padding
from dl2ecd_core.network.names import operators
from dl2ecd_core.network.shapes import broadcast, elements
from dl2ecd_core.network.window import (
    same_output,
    same_padding,
    transposed_output,
    window_output,
)

SIZES = st.integers(1, 30)
SMALL = st.integers(1, 5)


def windows(size: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> int:
    """How many windows fit, counted one by one."""
    reach = dilation * (kernel - 1) + 1
    return len(range(0, size + before + after - reach + 1, stride))


@given(SIZES, SMALL, SMALL, SMALL, st.integers(0, 3))
def test_windows_are_as_many_as_fit(
    size: int, kernel: int, stride: int, dilation: int, pad: int
) -> None:
    count = windows(size, kernel, stride, dilation, pad, pad)
    assert window_output(size, kernel, stride, dilation, 2 * pad) == (count or None)


@pytest.mark.parametrize(("size", "count"), [(7, 3), (8, 4), (9, 4)])
def test_rounded_up_a_last_window_may_reach_beyond_the_edge(size: int, count: int) -> None:
    assert window_output(size, 3, 2, ceil=True) == count


@given(SIZES, SMALL, SMALL, SMALL)
def test_with_same_padding_only_the_stride_shrinks(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    padding = same_padding(size, kernel, stride, dilation)
    assert padding is not None
    count = windows(size, kernel, stride, dilation, padding // 2, padding - padding // 2)
    assert same_output(size, stride) == count == -(-size // stride)


@given(SIZES, SMALL, SMALL, SMALL)
def test_a_transposed_convolution_undoes_a_convolution(
    size: int, kernel: int, stride: int, dilation: int
) -> None:
    larger = transposed_output(size, kernel, stride, dilation)
    assert window_output(larger, kernel, stride, dilation) == size
    assert transposed_output(size, kernel, stride, dilation, 0, 2) == (larger or 0) + 2


@pytest.mark.parametrize(
    "found",
    [
        window_output(None, 3),
        window_output(8, None),
        window_output(8, 3, 0),
        window_output(8, 3, pad=None),
        window_output(2, 3),
        same_output(None),
        same_output(8, 0),
        same_padding(None, 3, 2),
        transposed_output(None, 3),
        transposed_output(8, None),
        transposed_output(8, 3, pad=None),
        transposed_output(1, 1, pad=9),
        broadcast([(2, 3), None]),
        broadcast([(2, 3), (2, 4)]),
        elements(None),
        elements((2, None)),
    ],
)
def test_what_can_not_be_told_is_none(found: Any) -> None:
    assert found is None


def test_with_a_step_of_one_same_padding_does_not_depend_on_the_size() -> None:
    assert same_padding(None, 5) == 4


@pytest.mark.parametrize(
    ("shapes", "together"),
    [
        ([], ()),
        ([(4, 1), (3,)], (4, 3)),
        ([(1,), (None, 2)], (None, 2)),
        ([(None,), (5,)], (5,)),
        ([(5,), (None,)], (5,)),
        ([(None,), (None,)], (None,)),
    ],
)
def test_operands_are_aligned_at_the_end(shapes: Any, together: Any) -> None:
    assert broadcast(shapes) == together


def test_names_are_written_as_people_read_them() -> None:
    assert operators(" Relu\n Add ") == {"Add", "Relu"}


# --- where pixels lie ---


def middles(place: Optional[Footprint], count: int) -> List[Fraction]:
    """The middles of the first pixels, in input pixels."""
    assert place is not None
    return [place.start + place.scale * (index + Fraction(1, 2)) for index in range(count)]


@given(SMALL, SMALL, SMALL, st.integers(0, 4))
def test_a_pixel_after_a_window_lies_in_the_middle_of_what_it_saw(
    kernel: int, stride: int, dilation: int, pad: int
) -> None:
    seen = [
        [index * stride - pad + dilation * tap + Fraction(1, 2) for tap in range(kernel)]
        for index in range(4)
    ]
    place = Footprint().window(kernel, stride, dilation, pad)
    assert middles(place, 4) == [sum(taps) / kernel for taps in seen]


@given(SMALL, SMALL, SMALL, st.integers(0, 4))
def test_a_transposed_convolution_puts_pixels_back(
    kernel: int, stride: int, dilation: int, pad: int
) -> None:
    there = Footprint().window(kernel, stride, dilation, pad)
    assert there is not None
    assert there.transposed(kernel, stride, dilation, pad) == Footprint()


def test_unknown_padding_makes_the_place_unknown() -> None:
    assert Footprint().window(3, pad_before=None) is None
    assert Footprint().transposed(3, pad_before=None) is None
    assert Footprint().transposed(3, 0) is None


def test_a_crop_moves_and_a_resize_scales() -> None:
    assert Footprint().cropped(3) == Footprint(start=Fraction(3))
    assert Footprint(Fraction(2)).cropped(-1).start == -2
    assert Footprint().resized(8, 16) == Footprint(Fraction(1, 2))
    assert Footprint().resized(None, 16) is None
    assert Footprint().resized(8, None) is None


def test_places_that_differ_by_a_pixel_do_not_merge() -> None:
    half, one = Footprint(start=Fraction(1, 2)), Footprint(start=Fraction(1))
    assert merged([Footprint(), half]) == half
    assert merged([Footprint(), one]) is None
    assert merged([Footprint(), Footprint(Fraction(2))]) is None
    assert merged([Footprint(), None]) is None
    assert merged([]) is None


@pytest.mark.parametrize(
    ("before", "after", "starts", "padding"),
    [
        ((20, 20), (16, 16), (2, 2), 2),
        ((20, 20), (16, 12), (2, 4), None),
        ((20, 20), (17, 17), (1, 1), None),
        ((20, 20), (20, 20), (0, 0), None),
        ((20, 20), (22, 22), (-1, -1), None),
        ((20, 20), (16, 16), (0, 0), None),
        ((None, 20), (16, 16), (2, 2), None),
        ((20, 20), (16, None), (2, 2), None),
        ((20, 20), (16, 16), (2, None), None),
    ],
)
def test_padding_is_what_both_sides_lose(
    before: Any, after: Any, starts: Any, padding: Optional[int]
) -> None:
    places = [None if start is None else Footprint(start=Fraction(start)) for start in starts]
    assert model_padding(before, after, places) == padding


def test_a_coarser_output_has_no_padding() -> None:
    assert model_padding([20], [10], [Footprint(Fraction(2))]) is None
