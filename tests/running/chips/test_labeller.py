"""Pictures of another size: cropped, and stretched as pillow does it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.running.chips.labeller import CROP, STRETCH, fitted


def plain(row: np.ndarray, wanted: int) -> np.ndarray:
    """A triangle around each new pixel, as wide as it is large, cut off at the ends."""
    ratio = len(row) / wanted
    reach = max(ratio, 1.0)
    found = []
    for new in range(wanted):
        middle = (new + 0.5) * ratio
        weights = [max(0.0, 1 - abs(old + 0.5 - middle) / reach) for old in range(len(row))]
        found.append(sum(w * v for w, v in zip(weights, row)) / sum(weights))
    return np.array(found)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 100))
def test_stretching_is_the_rule_along_each_axis(own: int, wanted: int, seed: int) -> None:
    row = np.random.default_rng(seed).uniform(0, 1, own)
    across = fitted(np.tile(row, (1, 3, 1)), (3, wanted), STRETCH)
    assert across[0, 1] == pytest.approx(plain(row, wanted))
    down = fitted(np.tile(row[:, None], (1, 1, 3)), (wanted, 3), STRETCH)
    assert down[0, :, 1] == pytest.approx(plain(row, wanted))


def test_what_has_the_size_stays() -> None:
    pixels = np.arange(12).reshape(1, 3, 4)
    assert fitted(pixels, (3, 4), None) is pixels


@pytest.mark.parametrize(
    ("size", "wanted"),
    [((1, 2), [[5, 6]]), ((3, 2), [[1, 2], [5, 6], [9, 10]]), ((1, 6), [[4, 4, 5, 6, 7, 7]])],
)
def test_cropping_takes_the_middle(size: tuple, wanted: list) -> None:
    pixels = np.arange(12).reshape(1, 3, 4)
    assert fitted(pixels, size, CROP)[0].tolist() == wanted


def test_whole_numbers_stay_whole() -> None:
    pixels = np.array([[[0, 255]]], "uint8")
    found = fitted(pixels, (1, 4), STRETCH)
    assert found.dtype == np.uint8
    assert found[0, 0].tolist() == [0, 64, 191, 255]
