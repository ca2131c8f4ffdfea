"""What a network looks at, found out by running it: change pixels, and see what changes."""

from __future__ import annotations

from typing import Any, Callable, List

import numpy as np

from dl2ecd_core.network.footprints import Footprint

#: Rows and columns of images that are changed.
SIZE = 48
BANDS = 2


def changed(run: Callable[[Any], Any], axis: int, place: int) -> Any:
    """For each input pixel along an axis, which output pixels along one change with it."""
    image = np.random.default_rng(3).uniform(0.5, 1, (1, SIZE, SIZE, BANDS)).astype("float32")
    more = np.random.default_rng(4).uniform(4, 8, (1, SIZE, BANDS)).astype("float32")
    before = np.array(run(image))
    rows = []
    for pixel in range(SIZE):
        other = image.copy()
        index: List[Any] = [slice(None)] * 4
        index[axis] = pixel
        other[tuple(index)] += more
        differs = np.abs(np.array(run(other)) - before) > 1e-6
        rows.append(differs.any(axis=tuple(one for one in range(before.ndim) if one != place)))
    return np.array(rows)


def assert_looks(footprint: Footprint, table: Any) -> None:
    """Hold what is told of the middle of an image to what changes there."""
    margin = table.shape[1] // 3
    for pixel in range(margin, table.shape[1] - margin):
        seen = np.flatnonzero(table[:, pixel])
        assert footprint.looks_at(pixel) == (seen[0], seen[-1]), pixel
