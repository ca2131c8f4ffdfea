"""Shape arithmetic, against counting by hand."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from fractions import Fraction
from typing import Any, List, Optional

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.network.footprints import MOST_PHASES, Footprint, at_input, merged, model_padding
from dl2ecd_core.network.names import operators
from dl2ecd_core.network.sampling import sampled
from dl2ecd_core.network.shapes import broadcast, elements
from dl2ecd_core.network.window import (
    Padding,
    Rounding,
    TransposedWindow,
    Window,
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


def test_of_places_that_differ_by_a_pixel_none_is_taken() -> None:
    half, one = Footprint(start=Fraction(1, 2)), Footprint(start=Fraction(1))
    nowhere = Footprint(start=None)
    assert merged([Footprint(), half]) == half
    assert merged([Footprint(), one]) == merged([one, nowhere]) == nowhere
    assert nowhere.cropped(3) == nowhere.window(3) == nowhere.transposed(3) == nowhere
    assert model_padding([20, 20], [16, 16], [nowhere, nowhere]) is None


def test_unlike_places_do_not_merge() -> None:
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


def test_what_is_not_said_of_a_window_is_one_pixel_and_no_padding() -> None:
    assert Window(3) == Window(3, 1, 1, 0, 0)
    assert TransposedWindow(3) == TransposedWindow(3, 1, 1, 0, 0, 0)
    assert (Window(3).output(9), Window(3).pads(9)) == (7, (0, 0))
    assert (TransposedWindow(3).output(7), TransposedWindow(3).cut_before(7)) == (9, 0)
    assert window_output(9, 3) == window_output(9, 3, 1, 1, 0)
    assert transposed_output(7, 3) == transposed_output(7, 3, 1, 1, 0, 0)
    assert same_output(9) == same_output(9, 1)
    assert same_padding(9, 3) == same_padding(9, 3, 1, 1)
    place = at_input()
    assert place.window(3) == place.window(3, 1, 1, 0)
    assert place.transposed(3) == place.transposed(3, 1, 1, 0)


def test_periods_that_meet_make_their_least_common_one() -> None:
    pairs, triples = Footprint(reach=((0, 1),) * 2), Footprint(reach=((0, 2),) * 3)
    both = merged([pairs, triples])
    assert both is not None
    assert both.reach is not None
    assert len(both.reach) == 6
    quads = merged([pairs, Footprint(reach=((0, 3),) * 4)])
    assert quads is not None
    assert quads.reach is not None
    assert len(quads.reach) == 4
    # As long as is followed, and longer.
    for length, known in ((MOST_PHASES, True), (2 * MOST_PHASES, False)):
        long = merged([pairs, Footprint(reach=((0, 0),) * length)])
        assert long is not None
        assert (long.reach is not None) == known


def test_pixels_that_stand_for_several_need_nothing_of_what_they_stand_for() -> None:
    fours = at_input().window(4, 4)
    assert fours is not None
    assert (fours.halo(), fours.halo(offset=2)) == ((0, 0), (2, 0))
    assert fours.halo(offset=-1) == (0, 1)


@pytest.mark.parametrize(
    ("start", "padding"), [(Fraction(2), 2), (Fraction(5, 2), 2), (Fraction(3), None),
                           (Fraction(7, 2), None), (Fraction(1), None)],
)  # fmt: skip
def test_a_border_is_told_for_what_lies_less_than_a_pixel_beside_the_middle(
    start: Fraction, padding: Optional[int]
) -> None:
    assert model_padding([20], [16], [Footprint(start=start)]) == padding


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "padding"),
    [(9, 3, 2, 1, 2), (10, 3, 2, 1, 1), (10, 2, 2, 1, 0), (9, 1, 3, 1, 0), (10, 3, 2, 2, 3)],
)
def test_same_padding_is_tensorflows(
    size: int, kernel: int, stride: int, dilation: int, padding: int
) -> None:
    assert same_padding(size, kernel, stride, dilation) == padding


def test_a_window_that_would_begin_behind_the_image_is_left_out() -> None:
    # PyTorch's ceil_mode, and Caffe without padding in front.
    assert Window(2, 2, 1, 1, 1, rounding=Rounding.CEIL).output(3) == 2
    assert Window(2, 2, 1, 1, 1, rounding=Rounding.CEIL_ALWAYS).output(3) == 3
    assert Window(2, 2, 1, 1, 1).output(3) == 2
    assert Window(2, 2, 1, 1, 1, rounding=Rounding.CEIL).output(4) == 3


def test_without_padding_none_is_counted_whatever_is_given() -> None:
    valid = Window(3, before=1, after=1, padding=Padding.VALID)
    assert (valid.output(9), valid.pads(9)) == (7, (0, 0))
    back = TransposedWindow(3, 2, before=1, after=1, padding=Padding.VALID)
    assert (back.output(4), back.cut_before(4)) == (9, 0)


def test_nothing_left_is_a_length_and_less_is_none() -> None:
    assert transposed_output(1, 1, pad=1) == 0
    assert transposed_output(1, 1, pad=2) is None


def test_a_window_needs_a_kernel_a_stride_and_a_dilation() -> None:
    assert Window(1).is_sound
    for window in (Window(0), Window(-1), Window(3, 0), Window(3, dilation=0)):
        assert not window.is_sound


def test_windows_and_places_are_facts_that_nobody_changes() -> None:
    for fact in (Window(3), TransposedWindow(3), at_input()):
        assert len({fact, fact}) == 1
        with pytest.raises(FrozenInstanceError):
            fact.stride = 2  # type: ignore[union-attr,misc]


def test_linear_has_two_names() -> None:
    one, other = (sampled(Fraction(2), mode, "asymmetric") for mode in ("linear", "bilinear"))
    assert one is not None
    assert other is not None
    assert [list(one(at)) for at in range(4)] == [list(other(at)) for at in range(4)]
