"""Tiles cover a scene, and share what was asked for."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.running.objects.tiling import tile_starts


@given(st.integers(1, 500), st.integers(1, 60), st.data())
def test_whatever_fits_in_the_overlap_lies_whole_in_a_tile(
    size: int, tile: int, data: st.DataObject
) -> None:
    overlap = data.draw(st.integers(0, tile - 1))
    starts = tile_starts(size, tile, overlap)
    assert starts[0] == 0
    assert starts[-1] == max(size - tile, 0)
    assert list(starts) == sorted(set(starts))
    for first in range(max(size - max(overlap, 1), 0) + 1):
        end = min(first + max(overlap, 1), size)
        assert any(start <= first and end <= start + tile for start in starts)
