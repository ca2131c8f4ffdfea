"""Tiles cover a scene, each pixel once, and what is kept depends on nothing beyond its tile."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import List

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.planning import (
    can_be_joined,
    overlapping_spans,
    plan_tiles,
    ramp,
    spans,
)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """How outputs of networks lie: cropped, coarser, finer, strided, looking far or near."""
    scale = draw(st.sampled_from([Fraction(1), Fraction(2), Fraction(4), Fraction(1, 2)]))
    stride = int(scale * draw(st.integers(1, 6)) * scale.denominator)
    start = draw(st.integers(0, 6)) if scale == 1 else 0
    tile = draw(st.integers(2, 24)) * stride + draw(st.integers(0, 3))
    # A coarse output leaves the rest of its tile out, or covers more.
    covered = (tile - 2 * start) / scale
    output = ceil(covered) if draw(st.booleans()) else int(covered)
    assume(output > 0)
    reach = (draw(st.integers(0, 8)), draw(st.integers(0, 8)))
    return Placement(tile, output, scale, Fraction(start), stride, reach)


@given(placements(), st.integers(1, 400), st.integers(1, 24))
def test_tiles_are_no_longer_than_a_scene_needs(
    placement: Placement, size: int, shortest: int
) -> None:
    """As many tiles, each shorter by whole strides, as short as their number allows."""
    assume(placement.step or placement.needed(size) == placement.tile)
    shorter = placement.shortened(size, shortest)
    assert shorter.tile <= placement.tile
    assert (placement.tile - shorter.tile) % placement.stride == 0
    assert len(spans(shorter, size)) == len(spans(placement, size))
    if placement.tile - placement.stride >= shortest:
        assert shorter.tile >= min(shortest, placement.tile)
    again = shorter.shortened(size, 1)
    assert again == shorter or shorter.tile - placement.stride < shortest


def test_a_tile_that_is_all_margin_stays_as_it_is() -> None:
    placement = Placement(16, 16, stride=4, reach=(12, 12))
    assert placement.shortened(100, 1) == placement


@given(placements(), st.integers(1, 400))
def test_every_result_pixel_is_kept_once(placement: Placement, size: int) -> None:
    assume(placement.step or placement.needed(size) == placement.tile)
    cut = spans(placement, size)
    kept = [pixel for span in cut for pixel in range(span.first, span.end)]
    assert kept == list(range(placement.result_size(size)))
    for span in cut:
        assert span.skip >= 0
        assert span.skip + span.kept <= placement.output


@given(placements(), st.integers(1, 400))
def test_all_of_a_scene_is_seen(placement: Placement, size: int) -> None:
    assume(placement.step or placement.needed(size) == placement.tile)
    assert placement.needed(size) - placement.lead >= size
    for one in (placement, placement.shortened(size, 1)):
        last = spans(one, size)[-1]
        assert last.origin + last.size >= size


@given(placements(), st.integers(1, 400))
def test_what_is_kept_depends_on_nothing_beyond_its_tile(placement: Placement, size: int) -> None:
    """Pixel by pixel: what it looks at lies in the tile, or the tile ends where one pass would."""
    assume(placement.step or placement.needed(size) == placement.tile)
    assert placement.reach is not None
    before, after = placement.reach
    first, end = -placement.lead, -placement.lead + placement.needed(size)
    for span in spans(placement, size):
        assert (span.origin - first) % placement.stride == 0
        assert first <= span.origin
        assert span.origin + span.size <= end
        for place in range(span.skip, span.skip + span.kept):
            begins = span.origin + placement.start + place * placement.scale
            assert span.origin <= begins - before or span.origin == first
            seen_to = begins + placement.scale + after
            assert seen_to <= span.origin + span.size or span.origin + span.size == end


@given(placements(), st.integers(1, 400))
def test_a_pixel_lies_where_one_pass_has_it(placement: Placement, size: int) -> None:
    assume(placement.step or placement.needed(size) == placement.tile)
    for span in spans(placement, size):
        in_tile = span.origin + placement.start + span.skip * placement.scale
        in_whole = -placement.lead + placement.start + span.first * placement.scale
        assert in_tile == in_whole


@given(placements(), st.integers(1, 400))
def test_one_pass_is_as_long_as_must_be(placement: Placement, size: int) -> None:
    needed = placement.needed(size)
    gives = placement.grown(needed).output
    assert gives >= placement.result_size(size)
    shorter = needed - placement.stride
    assert (
        needed == placement.tile
        or placement.grown(shorter).output < placement.result_size(size)
        or shorter - placement.lead < size
    )


@given(placements(), st.integers(1, 300))
def test_tiles_that_overlap_cover_everything(placement: Placement, size: int) -> None:
    assume(placement.output >= placement.outputs_per_stride)
    covered: List[int] = [0] * placement.result_size(size)
    for span in overlapping_spans(placement, size):
        assert span.skip == 0
        for pixel in range(span.first, span.end):
            covered[pixel] += 1
    assert min(covered) >= 1


def test_a_tile_of_nothing_but_margin_can_not_be_put_together() -> None:
    with pytest.raises(ValueError, match="inner part"):
        spans(Placement(16, 16, reach=(8, 8)), 100)


def test_tiles_that_leave_gaps_can_not_be_averaged() -> None:
    with pytest.raises(ValueError, match="gaps"):
        overlapping_spans(Placement(11, 1, start=Fraction(5), stride=3), 9)


def test_a_scene_that_is_a_tile_of_a_model_that_crops_gives_what_the_tile_gives() -> None:
    """Also where the model looks at the whole tile: only the cropped border is another tile's."""
    azure = Placement(256, 128, start=Fraction(64), reach=None)
    assert can_be_joined(azure, 256)
    assert not can_be_joined(azure, 257)
    before, itself, after = plan_tiles(azure, azure, 256, 256).rows
    assert (itself.origin, itself.first, itself.end, itself.skip) == (0, 64, 192, 0)
    for span, kept in ((before, (0, 64)), (after, (192, 256))):
        assert (span.first, span.end) == kept
        # The result pixel lies where the tile's output has it.
        assert span.origin + 64 + span.skip == span.first
        assert span.skip + span.kept <= azure.output


def test_a_scene_smaller_than_a_tile_needs_one() -> None:
    (span,) = spans(Placement(256, 256, stride=4, reach=(200, 200)), 100)
    assert (span.origin, span.size, span.first, span.end) == (0, 256, 0, 100)


def test_what_a_model_crops_lies_before_the_scene() -> None:
    first, *_, last = spans(Placement(64, 60, start=Fraction(2), reach=(2, 2)), 200)
    assert (first.origin, first.first, first.end) == (-2, 0, 60)
    assert last.end == 200
    assert last.origin + last.size >= 202


def test_a_window_of_the_result_names_its_tiles() -> None:
    placement = Placement(16, 16, reach=(2, 2))
    plan = plan_tiles(placement, placement, 40, 40)
    assert len(plan) == len(list(plan.tiles()))
    touching = plan.rows_touching(20, 21)
    assert [(span.first, span.end) for span in touching] == [(14, 26)]
    assert plan.columns_touching(0, 40) == plan.columns


@pytest.mark.parametrize("count", range(1, 9))
def test_weights_are_a_triangle(count: int) -> None:
    weights = ramp(count)
    assert weights == weights[::-1]
    assert min(weights) == weights[0] > 0
    assert max(weights) == weights[count // 2]


class TestImpossiblePlacements:
    @pytest.mark.parametrize(
        ("arguments", "more"),
        [((0, 1), {}), ((8, 8), {"scale": Fraction(0)}), ((8, 4), {"scale": Fraction(2)})],
    )
    def test_are_refused(self, arguments: tuple, more: dict) -> None:
        with pytest.raises(ValueError):
            Placement(*arguments, **more)

    def test_a_tile_grows_by_whole_strides(self) -> None:
        placement = Placement(8, 4, scale=Fraction(2), stride=4)
        assert placement.grown(16).output == 8
        with pytest.raises(ValueError, match="strides"):
            placement.grown(15)

    def test_a_model_that_sees_the_whole_tile_has_no_inner_part(self) -> None:
        assert Placement(8, 8, reach=None).step == 0
