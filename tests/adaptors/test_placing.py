"""Tiles of a part of a scene, and where blocks lie in it."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Tuple

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dl2ecd_core.adaptors import placing
from dl2ecd_core.adaptors.placing import Place
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.planning import Span, spans


@st.composite
def placements(draw: Any) -> Placement:
    scale = draw(st.sampled_from([Fraction(1), Fraction(4), Fraction(1, 2)]))
    stride = draw(st.integers(1, 4)) * max(scale.numerator, 1)
    tile = draw(st.integers(4, 24)) * stride
    start = draw(st.integers(0, 3)) * scale
    output = int((tile - 2 * start) / scale)
    reach = draw(st.integers(0, 6)), draw(st.integers(0, 6))
    assume(output > 0)
    return Placement(tile, output, scale, Fraction(start), stride, reach)


@given(axis=placements(), size=st.integers(1, 300), data=st.data())
def test_a_part_is_kept_from_tiles_that_one_pass_has(axis: Placement, size: int, data: Any) -> None:
    assume(axis.step > 0)
    result = axis.result_size(size)
    first = data.draw(st.integers(0, result - 1))
    end = data.draw(st.integers(first + 1, result))
    found = [Span(o, axis.tile, a, b, s) for o, a, b, s in
             placing.window_spans(axis, size, first, end)]  # fmt: skip
    # One after the other, without a gap.
    assert [span.first for span in found] == [first, *(span.end for span in found[:-1])]
    assert found[-1].end == end
    before, after = axis.margins
    unit = axis.outputs_per_stride
    last = -(-max(result - axis.output, 0) // unit)
    for span in found:
        place, rest = divmod(span.origin + axis.lead, axis.stride)
        assert rest == 0
        assert 0 <= place <= last
        assert span.skip == span.first - place * unit
        # Nothing is kept that sees beyond its tile, but where one pass ends there too.
        assert span.skip >= (0 if place == 0 else before)
        assert span.skip + span.kept <= axis.output - (0 if place == last else after)
        # And all of it lies in the block with its padding.
        padding = placing.padding_of((axis,), 0)
        assert span.origin >= first * axis.scale - padding
        assert span.origin + axis.tile <= end * axis.scale + padding or place == 0
    whole = tuple(Span(o, axis.tile, a, b, s) for o, a, b, s in
                  placing.window_spans(axis, size, 0, result))  # fmt: skip
    assert len(whole) <= len(spans(axis, size))


@pytest.mark.parametrize("batch", [0, 1, 16, 64, 10_000])
def test_blocks_are_whole_tiles_and_neither_small_nor_huge(batch: int) -> None:
    for axis in (Placement(256, 256, stride=4, reach=(12, 12)), Placement(64, 64, reach=None)):
        size = placing.inner_size(axis, batch)
        step = axis.step or axis.tile
        assert size % step == 0
        assert 700 < size <= 4096
    for tile, overlap in ((64, 16), (640, 160), (8000, 2000), (100, 90)):
        size = placing.block_of_tiles(tile, overlap, batch)
        assert size > 0
        assert (size + 2 * overlap - tile) % (tile - overlap) == 0


def everywhere(rows: int, columns: int) -> np.ndarray:
    return np.ones((rows, columns), bool)


class TestPlace:
    def test_of_a_block_inside(self) -> None:
        told = {"height": 500, "width": 700}
        found = placing.place_of((100.0, 50.0), (1, 20, 30), told, everywhere(40, 50))
        assert found == Place(40, 90, 500, 700)

    def test_of_a_block_at_the_edge(self) -> None:
        valid = everywhere(40, 50)
        valid[:10] = valid[:, :10] = False
        told = {"height": 500, "width": 700}
        found = placing.place_of((0.0, 0.0), (20, 30), told, valid)
        assert found == Place(-10, -10, 500, 700)

    @pytest.mark.parametrize(
        ("tlc", "told"),
        [
            ((0.0, 0.0), {}),
            ((0.0, 0.0), {"height": 500, "width": None}),
            ((0.25, 0.0), {"height": 500, "width": 700}),
            # There is data where the scene should have ended.
            ((480.0, 690.0), {"height": 500, "width": 700}),
            ((4800.0, 6900.0), {"height": 500, "width": 700}),
        ],
    )
    def test_that_is_not_told_or_does_not_go_together_with_the_mask(
        self, tlc: Tuple[float, float], told: Any
    ) -> None:
        valid = everywhere(40, 50)
        valid[:7] = valid[:, 45:] = False
        assert placing.place_of(tlc, (20, 30), told, valid) == Place(-7, 0, 33, 45)


@pytest.mark.parametrize(
    ("scale", "ends", "size", "inside", "under"),
    [
        (Fraction(1), (-2, 3), 10, [2, 3, 4], [0, 1, 2]),
        (Fraction(4), (6, 12), 10, [0, 1, 2, 3], [1, 1, 2, 2]),
        (Fraction(1, 2), (1, 3), 10, [0, 1], [2, 4]),
        (Fraction(1), (10, 14), 10, [], []),
    ],
)
def test_results_under_the_scenes_pixels(
    scale: Fraction, ends: Tuple[int, int], size: int, inside: Any, under: Any
) -> None:
    axis = Placement(40, int(40 / scale), scale, stride=4)
    assert placing.result_places(
        axis, ends[0] - 5, size, ends[1] - ends[0] + 10, ends[1] - ends[0]
    ) == (
        inside,
        under,
    )
