"""One step for each band, for catalogues that have no steps after each other."""

from __future__ import annotations

from typing import List

import numpy as np
import pytest

from dl2ecd_core.running.inputs.scaling import scaled
from dl2ecd_core.scaling.merging import merged_steps
from dl2ecd_core.scaling.steps import Scaling, parse_step

PIXELS = np.array([[[0, 51, 255]], [[10, 20, 30]]], "uint8")


class TestMerged:
    """One step for each band, for catalogues that have no steps after each other."""

    @pytest.mark.parametrize(
        "texts",
        [
            ["min-max 0 255", "z-score 0.5,0.25 0.5,0.1"],
            ["scale 10000"],
            ["min-max 0 255", "scale 0.5", "offset 1"],
            ["clip 10,20 40"],
        ],
    )
    def test_do_what_the_steps_do(self, texts: List[str]) -> None:
        steps = tuple(step for text in texts for step in parse_step(text, 2))
        merged = merged_steps(steps, 2)
        assert merged is not None
        together = scaled(PIXELS, Scaling(steps, "test"), "float64")
        for band, step in enumerate(merged):
            alone = scaled(PIXELS[band : band + 1], Scaling((step,), "test"), "float64")
            assert alone[0] == pytest.approx(together[band], rel=1e-9)

    def test_clipping_in_between_is_no_single_step(self) -> None:
        steps = (*parse_step("clip 0 1", 2), *parse_step("scale 2", 2))
        assert merged_steps(steps, 2) is None

    def test_nothing_to_do(self) -> None:
        assert merged_steps((), 2) == ()
