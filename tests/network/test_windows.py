"""Windows and what pixels look at, against moving real windows over real pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Callable, Dict, FrozenSet, List, Optional, Tuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.network.footprints import MOST_PHASES, Footprint, at_input, merged, model_padding
from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.sampling import sampled
from dl2ecd_core.network.window import (
    Padding,
    Rounding,
    TransposedWindow,
    Window,
    same_output,
    transposed_output,
    window_output,
)

Looks = FrozenSet[int]
SMALL = st.integers(1, 4)


@dataclass(frozen=True)
class Link:
    """An operation: which pixels before it a pixel behind it is made of."""

    text: str
    factor: Fraction
    made_of: Callable[[int], List[int]]
    apply: Callable[[Footprint], Optional[Footprint]]


def convolution(kernel: int, stride: int, dilation: int, before: int) -> Link:
    def made_of(pixel: int) -> List[int]:
        return [pixel * stride - before + dilation * tap for tap in range(kernel)]

    window = Window(kernel, stride, dilation, before)
    text = f"window {kernel}/{stride} dilated {dilation} padded {before}"
    return Link(text, Fraction(1, stride), made_of, lambda one: window.footprint(one, None))


def transposed(kernel: int, stride: int, dilation: int, before: int) -> Link:
    def made_of(pixel: int) -> List[int]:
        # Whoever puts something at this pixel, found by trying all that are near.
        near = range(pixel // stride - 30, pixel // stride + 30)
        return [
            one
            for one in near
            if pixel in {one * stride - before + dilation * tap for tap in range(kernel)}
        ]

    window = TransposedWindow(kernel, stride, dilation, before)
    text = f"transposed {kernel}/{stride} dilated {dilation} cut {before}"
    return Link(text, Fraction(stride), made_of, lambda one: window.footprint(one, None))


def cut(before: int) -> Link:
    return Link(
        f"cut {before}",
        Fraction(1),
        lambda pixel: [pixel + before],
        lambda one: one.cropped(before),
    )


def repeated(times: int) -> Link:
    return Link(
        f"repeated {times}",
        Fraction(times),
        lambda pixel: [pixel // times],
        lambda one: one.repeated(times),
    )


def resized(above: int, below: int, mode: str) -> Link:
    factor = Fraction(above, below)

    def made_of(pixel: int) -> List[int]:
        # The middle of the pixel lies between the middles of two others.
        place = (2 * pixel + 1) / (2 * factor) - Fraction(1, 2)
        low, high = math.floor(place), math.ceil(place)
        if mode == "nearest":
            return [low if place - low <= high - place else high]
        return [low, high]

    taps = sampled(factor, mode, "half_pixel")
    return Link(f"{mode} {factor}", factor, made_of, lambda one: one.resampled(factor, taps))


LINKS = st.one_of(
    st.builds(convolution, SMALL, st.integers(1, 3), st.integers(1, 3), st.integers(0, 4)),
    st.builds(transposed, SMALL, st.integers(1, 3), st.integers(1, 2), st.integers(0, 2)),
    st.builds(cut, st.integers(-3, 3)),
    st.builds(repeated, st.integers(1, 3)),
    st.builds(
        resized, st.integers(1, 4), st.integers(1, 3), st.sampled_from(["nearest", "linear"])
    ),
)  # fmt: skip


def looks(chain: List[Link], pixel: int, known: Dict[Tuple[int, int], Looks]) -> Looks:
    """The input pixels that a pixel behind a chain of operations depends on."""
    if not chain:
        return frozenset((pixel,))
    key = len(chain), pixel
    if key not in known:
        parts = [looks(chain[:-1], one, known) for one in chain[-1].made_of(pixel)]
        known[key] = frozenset().union(*parts)
    return known[key]


def alignment(scales: List[Fraction]) -> int:
    """The least move of a tile that is a whole number of pixels everywhere on the way."""
    return next(one for one in range(1, 10**6) if all((one / s).denominator == 1 for s in scales))


@given(st.lists(LINKS, max_size=5))
def test_what_pixels_look_at_is_what_changes_them(chain: List[Link]) -> None:
    footprint: Optional[Footprint] = at_input(("x", 2))
    scales = [Fraction(1)]
    for link in chain:
        assert footprint is not None
        footprint = link.apply(footprint)
        scales.append(scales[-1] / link.factor)
    assert footprint is not None
    assert footprint.scale == scales[-1]
    if footprint.reach is None:
        assert max(alignment(scales[: n + 1]) / scales[n] for n in range(len(scales))) > MOST_PHASES
        return
    assert footprint.alignment == alignment(scales)
    known: Dict[Tuple[int, int], Looks] = {}
    before = behind = 0
    period = len(footprint.reach)
    for pixel in range(-period, 2 * period):
        seen = looks(chain, pixel, known)
        assert footprint.looks_at(pixel) == ((min(seen), max(seen)) if seen else None)
        moved = looks(chain, pixel + period, known)
        assert moved == {one + footprint.alignment for one in seen}
        if seen:
            place = range(math.floor(pixel * footprint.scale),
                          max(math.floor(pixel * footprint.scale) + 1,
                              math.ceil((pixel + 1) * footprint.scale)))  # fmt: skip
            before = max(before, place[0] - min(seen))
            behind = max(behind, max(seen) - place[-1])
    assert footprint.halo() == (before, behind)


@given(st.lists(st.builds(convolution, SMALL, SMALL, SMALL, st.integers(0, 3)), max_size=4))
def test_a_pixel_stands_where_the_middle_of_its_windows_does(chain: List[Link]) -> None:
    footprint: Optional[Footprint] = at_input()
    for link in chain:
        footprint = link.apply(footprint) if footprint else None
    assert footprint is not None
    for pixel in range(3):
        middles = [Fraction(pixel)]
        for link in reversed(chain):
            middles = [Fraction(sum(link.made_of(int(one))), len(link.made_of(int(one))))
                       if one.denominator == 1 else
                       (Fraction(sum(link.made_of(0))) / len(link.made_of(0))
                        + one / link.factor) for one in middles]  # fmt: skip
        middle = footprint.start + footprint.scale * (pixel + Fraction(1, 2))
        assert middle == middles[0] + Fraction(1, 2)


@given(SMALL, SMALL, SMALL, st.integers(0, 3))
def test_a_transposed_window_stands_around_its_pixel(
    kernel: int, stride: int, dilation: int, cut_off: int
) -> None:
    footprint = at_input().transposed(kernel, stride, dilation, cut_off)
    assert footprint is not None
    for pixel in range(3):
        put = [pixel * stride - cut_off + dilation * tap for tap in range(kernel)]
        middles = [footprint.start + footprint.scale * (one + Fraction(1, 2)) for one in put]
        assert sum(middles) / len(middles) == pixel + Fraction(1, 2)


def windows(size: int, one: Window, before: int, after: int) -> List[int]:
    """Where windows begin, from the image's edge, by the rule of a rounding."""
    reach, end = one.dilation * ((one.kernel or 0) - 1) + 1, size + after
    begins = list(range(-before, end - reach + 1, one.stride))
    if not begins or one.rounding is Rounding.FLOOR:
        return begins
    if begins[-1] + reach < end:
        begins.append(begins[-1] + one.stride)
    drops = one.rounding is Rounding.CEIL
    return begins[:-1] if drops and begins[-1] >= size else begins


@given(
    st.integers(1, 30), SMALL, SMALL, SMALL, st.integers(0, 3), st.integers(0, 3),
    st.sampled_from(list(Rounding)),
)  # fmt: skip
def test_as_many_windows_as_the_rounding_says(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, rounding: Rounding
) -> None:
    window = Window(kernel, stride, dilation, before, after, rounding=rounding)
    assert window.output(size) == (len(windows(size, window, before, after)) or None)


@given(st.integers(1, 30), SMALL, SMALL, SMALL, st.booleans())
def test_same_padding_lets_only_the_stride_shrink(
    size: int, kernel: int, stride: int, dilation: int, upper: bool
) -> None:
    padding = Padding.SAME_UPPER if upper else Padding.SAME_LOWER
    window = Window(kernel, stride, dilation, padding=padding)
    before, after = window.pads(size)
    assert before is not None and after is not None
    assert (after - before if upper else before - after) in (0, 1)
    explicit = Window(kernel, stride, dilation, before, after)
    assert window.output(size) == explicit.output(size) == -(-size // stride)
    assert window.footprint(at_input(), size) == explicit.footprint(at_input(), size)


@given(st.integers(1, 7), st.integers(1, 5), SMALL, st.booleans())
def test_of_a_free_size_is_told_what_same_lays_in_front_of_all_sizes(
    kernel: int, stride: int, dilation: int, upper: bool
) -> None:
    padding = Padding.SAME_UPPER if upper else Padding.SAME_LOWER
    window = Window(kernel, stride, dilation, padding=padding)
    fronts = {window.pads(size)[0] for size in range(1, 4 * stride + 1)}
    before, after = window.pads(None)
    assert before == (fronts.pop() if len(fronts) == 1 else None)
    assert (after is None) == (stride > 1)
    if before is not None:
        assert window.footprint(at_input(), None) == window.footprint(at_input(), 4 * stride)


@given(st.integers(1, 7), st.integers(1, 5), SMALL, st.integers(1, 20))
def test_what_same_cuts_off_a_transposed_window_does_not_depend_on_the_size(
    kernel: int, stride: int, dilation: int, size: int
) -> None:
    window = TransposedWindow(kernel, stride, dilation, padding=Padding.SAME_UPPER)
    assert window.cut_before(None) == window.cut_before(size)


@given(st.integers(1, 20), SMALL, SMALL, SMALL, st.integers(0, 2), st.integers(0, 2), SMALL)
def test_a_transposed_window_covers_what_it_puts_down(
    size: int, kernel: int, stride: int, dilation: int, before: int, after: int, extra: int
) -> None:
    window = TransposedWindow(kernel, stride, dilation, before, after, extra)
    put = {at * stride + dilation * tap for at in range(size) for tap in range(kernel)}
    length = max(put) + 1 - before - after + extra
    assert window.output(size) == (length if length >= 0 else None)
    assert window.cut_before(size) == before


@given(st.integers(1, 20), SMALL, SMALL, st.booleans())
def test_a_transposed_window_may_be_asked_for_a_length(
    size: int, kernel: int, stride: int, same: bool
) -> None:
    wanted = size * stride
    if same:
        window = TransposedWindow(kernel, stride, padding=Padding.SAME_UPPER)
    else:
        window = TransposedWindow(kernel, stride, target=wanted)
    assert window.output(size) == wanted
    surplus = (size - 1) * stride + kernel - wanted
    even = surplus >= 0 and surplus % 2 == 0
    assert window.cut_before(size) == (surplus // 2 if even else None)


def test_a_length_asked_for_is_cut_evenly_whatever_the_padding() -> None:
    for padding in Padding:
        window = TransposedWindow(3, stride=2, padding=padding, target=9)
        assert (window.output(5), window.cut_before(5)) == (9, 1)
    free = TransposedWindow(None, stride=2, padding=Padding.SAME_UPPER)
    assert (free.output(5), free.cut_before(5), free.cut_before(None)) == (10, None, None)


def test_windows_that_are_none_have_no_length() -> None:
    assert Window(None, rounding=Rounding.CEIL).output(5) is None
    assert window_output(5, 3, pad=None) is None
    assert window_output(5, 3, stride=0) is None
    assert same_output(5, 0) is None
    assert transposed_output(None, 3) is transposed_output(5, None) is None
    assert transposed_output(5, 3, pad=None) is None


def test_what_is_not_known_stays_unknown() -> None:
    same = Padding.SAME_UPPER
    assert Window(None, 2, padding=same).pads(9) == Window(3, 2, padding=same).pads(None)
    assert Window(3, 2, padding=Padding.VALID, before=1).pads(None) == (0, 0)
    assert Window(None).output(9) is Window(3).output(None) is None
    assert Window(None).footprint(at_input(), 9) is Window(3).footprint(None, 9) is None
    assert Window(3, 2, padding=same).output(None) is None
    assert TransposedWindow(2, 2, padding=same).output(None) is None
    assert TransposedWindow(2, 2, 3, padding=Padding.VALID).cut_before(None) == 0
    assert TransposedWindow(2, padding=same).cut_before(None) is None
    assert TransposedWindow(None).footprint(at_input(), 3) is None
    assert not Window(0).is_sound
    assert not Window(3, 0).is_sound
    assert Window(None).is_sound
    assert Window(3, 2, padding=same, rounding=Rounding.CEIL).output(9) == 5
    explicit = Window(3, 2, before=1, after=1, rounding=Rounding.CEIL)
    assert explicit.output(None) is None


def test_pooling_and_its_undoing_leave_pairs_of_pixels() -> None:
    pairs = at_input().window(2, 2)
    assert pairs is not None
    pairs = pairs.repeated(2)
    assert (pairs.scale, pairs.start, pairs.alignment) == (1, 0, 2)
    assert [pairs.looks_at(pixel) for pixel in (0, 1, 2)] == [(0, 1), (0, 1), (2, 3)]
    assert pairs.halo() == (1, 1)
    joined = merged([pairs, at_input().window(3, pad_before=1)])
    assert joined is not None
    assert (joined.alignment, joined.reach) == (2, ((-1, 1), (0, 2)))


def test_tensors_of_two_images_lie_over_both() -> None:
    both = merged([at_input(("a", 2)), at_input(("b", 3))])
    assert both is not None
    assert both.sources == {("a", 2), ("b", 3)}


def test_what_is_not_known_of_one_is_not_known_of_both() -> None:
    one, other = at_input(), Footprint(start=Fraction(1, 2))
    for pair in ([one, other], [other, one]):
        joined = merged(pair)
        assert joined is not None
        assert (joined.reach, joined.alignment, joined.halo()) == (None, None, None)
    with pytest.raises(ValueError, match="not known"):
        joined.looks_at(0)
    assert other.cropped(2).reach is None
    long, longer = at_input().repeated(127), at_input().window(1, 127)
    assert longer is not None
    assert merged([long, Footprint(long.scale, long.start, ((0, 0),) * 2)]) is not None
    periods = Footprint(Fraction(1), reach=((0, 0),) * 127), Footprint(reach=((0, 0),) * 2)
    apart = merged(periods)
    assert apart is not None
    assert apart.reach is None


def test_windows_without_size_move_nothing() -> None:
    for kernel, stride, dilation in ((0, 1, 1), (1, 0, 1), (1, 1, 0)):
        assert at_input().window(kernel, stride, dilation) is None
        assert at_input().transposed(kernel, stride, dilation) is None
    assert at_input().window(10**9, 2, 1) is not None
    wide = at_input().window(10**9)
    assert wide is not None
    assert wide.reach == ((0, 10**9 - 1),)


@pytest.mark.parametrize(
    ("mode", "coordinates", "rounding", "made_of"),
    [
        ("nearest", "asymmetric", "floor", [[0], [0], [1], [1]]),
        ("nearest", "asymmetric", "ceil", [[0], [1], [1], [2]]),
        ("nearest", "asymmetric", "round_prefer_floor", [[0], [0], [1], [1]]),
        ("nearest", "asymmetric", "round_prefer_ceil", [[0], [1], [1], [2]]),
        ("nearest", "tf_half_pixel_for_nn", "floor", [[0], [0], [1], [1]]),
        ("linear", "asymmetric", "floor", [[0], [0, 1], [1], [1, 2]]),
        ("linear", "half_pixel", "floor", [[-1, 0], [0, 1], [0, 1], [1, 2]]),
        ("cubic", "pytorch_half_pixel", "floor",
         [[-2, -1, 0, 1], [-1, 0, 1, 2], [-1, 0, 1, 2], [0, 1, 2, 3]]),
    ],
)  # fmt: skip
def test_a_resize_takes_these_pixels(
    mode: str, coordinates: str, rounding: str, made_of: List[List[int]]
) -> None:
    taps = sampled(Fraction(2), mode, coordinates, rounding)
    assert taps is not None
    assert [list(taps(pixel)) for pixel in range(4)] == made_of


@given(
    st.integers(1, 8), st.integers(1, 8), st.sampled_from(["nearest", "linear", "cubic"]),
    st.sampled_from(["asymmetric", "half_pixel", "tf_half_pixel_for_nn"]),
    st.sampled_from(["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]),
)  # fmt: skip
def test_a_resize_puts_pixels_where_what_they_are_made_of_lies(
    above: int, below: int, mode: str, coordinates: str, rounding: str
) -> None:
    factor = Fraction(above, below)
    taps = sampled(factor, mode, coordinates, rounding)
    assert taps is not None
    footprint = Footprint(Fraction(2), Fraction(3)).resampled(factor, taps)
    assert footprint.scale == 2 / factor
    pixels = range(3 * above, 6 * above)
    wanted = [3 + 2 * (Fraction(min(taps(one)) + max(taps(one)) + 1, 2)) for one in pixels]
    found = [footprint.start + footprint.scale * (one + Fraction(1, 2)) for one in pixels]
    assert sum(found) == sum(wanted)


def test_with_the_extent_kept_a_resize_moves_nothing() -> None:
    for factor in (Fraction(2), Fraction(3, 2), Fraction(1, 2), Fraction(8)):
        taps = sampled(factor, "linear", "half_pixel")
        assert at_input().resampled(factor, taps).start == 0
        assert at_input().resampled(factor).start == 0
    taps = sampled(Fraction(8), "linear", "asymmetric")
    assert at_input().resampled(Fraction(8), taps).start == Fraction(7, 16)
    most = Fraction(MOST_PHASES)
    assert at_input().resampled(most, sampled(most, "linear", "asymmetric")).start == (
        (1 - 1 / most) / 2
    )
    # More pixels than are followed.
    taps = sampled(Fraction(MOST_PHASES + 1), "linear", "asymmetric")
    assert at_input().resampled(Fraction(MOST_PHASES + 1), taps).start == 0


def test_a_resize_that_depends_on_the_size_says_nothing() -> None:
    assert sampled(Fraction(2), "nearest", "align_corners") is None
    assert sampled(Fraction(2), "nearest", "half_pixel", "odd") is None
    assert sampled(Fraction(2), "lanczos", "half_pixel") is None


def test_pixels_of_another_size_are_no_border() -> None:
    for scale, padding in ((1, 64), (2, None)):
        places = [Footprint(Fraction(scale), Fraction(64))] * 2
        assert model_padding([256, 256], [128, 128], places) == padding


def test_pixels_that_are_wider_or_narrower_than_any_are_not_followed() -> None:
    wide = at_input().window(1, 1 << 16)
    assert wide is not None
    assert wide.window(1, 1 << 16) is not None
    assert wide.window(1, (1 << 16) + 1) is None
    narrow = at_input().transposed(1, 1 << 16)
    assert narrow is not None
    assert narrow.transposed(1, 1 << 16) is not None
    assert narrow.transposed(1, (1 << 16) + 1) is None


def test_an_axis_of_whole_multiples_is_moved_by_as_many() -> None:
    halved = at_input().window(3, 2, pad_before=1)
    assert halved is not None
    third = halved.in_multiples(3)
    assert (third.alignment, third.scale, third.halo()) == (6, 2, halved.halo())
    assert [third.looks_at(pixel) for pixel in (-1, 0, 4)] == [
        halved.looks_at(pixel) for pixel in (-1, 0, 4)
    ]
    # Of periods that are not followed, nothing would be left.
    assert halved.in_multiples(MOST_PHASES // 2).alignment == MOST_PHASES
    assert halved.in_multiples(MOST_PHASES) is halved
    assert halved.in_multiples(0) is halved
    unknown = Footprint()
    assert unknown.in_multiples(2) is unknown


def test_a_period_that_no_network_has_is_not_followed() -> None:
    assert at_input().repeated(MOST_PHASES).alignment == 1
    assert at_input().repeated(MOST_PHASES + 1).alignment is None


@pytest.mark.parametrize(("op", "start"), [("Upsample", Fraction(7, 16)), ("Resize", Fraction(0))])
def test_upsample_blends_from_corners_and_resize_from_middles(op: str, start: Fraction) -> None:
    lowering = Lowering()
    scales = lowering.constant([1.0, 1.0, 8.0, 8.0], "float32")
    x = lowering.input("x", (1, 2, 8, 8))
    inputs = [x, scales] if op == "Upsample" else [x, "", scales]
    footprint = lowering.value(lowering.add(op, inputs, mode="linear")).axes[2].footprint
    assert footprint is not None
    assert (footprint.scale, footprint.start) == (Fraction(1, 8), start)
