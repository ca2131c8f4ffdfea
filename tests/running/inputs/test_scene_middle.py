"""What the middle of a scene tells of the scaling that is likely."""

from __future__ import annotations

from typing import Optional, Tuple

import numpy as np
import pytest

from dl2ecd_core.running.cluster.orders import Described
from dl2ecd_core.running.inputs.scene_middle import ends_of_middle, likely_steps
from dl2ecd_core.running.rasters.georeference import Georeference
from dl2ecd_core.running.rasters.raster import ArrayReader


@pytest.mark.parametrize(
    ("ends", "data_type", "first", "words"),
    [
        ((0.0, 0.9), "float32", "'none'", False),
        ((-1.2, 1.9), "float64", "'none'", False),
        ((0, 255), "uint8", "'min-max 0 255'", False),
        ((0, 1), "uint8", "'min-max 0 255'", False),
        ((4, 250), "uint16", "'min-max 0 255'", False),
        ((4, 250), "float32", "'min-max 0 255'", False),
        ((120, 10_400), "uint16", "'scale 10000'", True),
        ((-50, 10_400), "int16", "'scale 10000'", False),
        ((120, 60_000), "uint16", "'min-max 0 65535'", True),
        ((120, 1e6), "float32", "'min-max LOWEST HIGHEST'", False),
        (None, "uint16", "'scale 10000'", True),
        (None, "float32", "'scale 10000'", False),
    ],
)
def test_the_likeliest_steps_come_first(
    ends: Optional[Tuple[float, float]], data_type: str, first: str, words: bool
) -> None:
    likely = likely_steps(ends, data_type)
    assert likely[0].startswith(first)
    assert any("min-max 0 65535" in one for one in likely) is words
    assert any("'none'" in one for one in likely)
    assert len(likely) > 1


def test_the_ends_are_those_of_pixels_with_data() -> None:
    pixels = np.array([[[1, 2, 9]], [[4, np.nan, 8]]], "float32")
    valid = np.array([[True, True, False]])
    assert ends_of_middle(ArrayReader(pixels, valid), (0, 1)) == (1.0, 4.0)
    assert ends_of_middle(ArrayReader(pixels), (1,)) == (4.0, 8.0)


def test_one_value_tells_nothing_nor_does_a_description() -> None:
    assert ends_of_middle(ArrayReader(np.zeros((1, 3, 3))), (0,)) is None
    assert ends_of_middle(ArrayReader(np.full((1, 3, 3), np.nan)), (0,)) is None
    described = Described("a.tif", 3, 3, "uint16", (None,), Georeference())
    assert ends_of_middle(described, (0,)) is None
