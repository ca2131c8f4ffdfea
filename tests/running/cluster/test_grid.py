"""How a result is cut into windows."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from itertools import islice
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.running.cluster.grid import grid_of
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.tiles.placement import Placement
from dl2ecd_core.running.tiles.planning import plan_tiles


def classifier(rows: Placement, columns: Placement) -> Any:
    """Of which a grid needs the placements alone."""
    return SimpleNamespace(fitted=SimpleNamespace(rows=rows, columns=columns))


@given(
    st.integers(1, 700), st.integers(1, 700), st.integers(0, 6), st.integers(1, 300), st.booleans(),
    st.tuples(*[st.floats(0, 1)] * 4),
)  # fmt: skip
def test_every_pixel_lies_in_one_window(
    height: int, width: int, reach: int, side: int, blended: bool, part: Any
) -> None:
    placement = Placement(32, 32, reach=(reach, reach))
    plan = plan_tiles(placement, placement, height, width, blended=blended)
    top, bottom = sorted((int(part[0] * (height - 1)), int(part[1] * (height - 1))))
    left, right = sorted((int(part[2] * (width - 1)), int(part[3] * (width - 1))))
    wanted = Window(top, bottom + 1, left, right + 1)
    grid = grid_of(classifier(placement, placement), plan, wanted, side)
    seen = np.zeros((height, width), int)
    windows = list(grid.windows())
    for window in windows:
        assert window.height > 0
        assert window.width > 0
        seen[window.top : window.bottom, window.left : window.right] += 1
    assert len(windows) == len(grid)
    assert seen.sum() == wanted.height * wanted.width
    assert (seen[wanted.top : wanted.bottom, wanted.left : wanted.right] == 1).all()


def test_no_tile_runs_twice() -> None:
    placement = Placement(64, 64, reach=(5, 5))
    plan = plan_tiles(placement, placement, 1000, 900)
    grid = grid_of(classifier(placement, placement), plan, Window(0, 1000, 0, 900), 200)
    assert len(grid) > 9
    tiles = sum(
        len(plan.rows_touching(one.top, one.bottom))
        * len(plan.columns_touching(one.left, one.right))
        for one in grid.windows()
    )
    assert tiles == len(plan)


def test_windows_are_as_wide_in_the_scene_where_the_result_is_coarser() -> None:
    fine, coarse = Placement(64, 64), Placement(64, 8, scale=Fraction(8), stride=8)
    for placement, pixels in ((fine, 4096), (coarse, 512)):
        plan = plan_tiles(placement, placement, 4096, 4096)
        assert plan.height == pixels
        grid = grid_of(classifier(placement, placement), plan, Window(0, pixels, 0, pixels))
        assert len(grid) == 16


def test_a_million_windows_are_made_one_at_a_time() -> None:
    placement = Placement(256, 256, reach=(12, 12))
    side = 1 << 20
    plan = plan_tiles(placement, placement, side, side)
    wanted = Window(0, side, 0, side)
    assert len(grid_of(classifier(placement, placement), plan, wanted)) < 1 << 17
    tracemalloc.start()
    grid = grid_of(classifier(placement, placement), plan, wanted, 1024)
    many = sum(1 for _ in islice(grid.windows(), 100_000))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert many == 100_000
    assert len(grid) > 600_000
    assert peak < 1 << 20
