"""What a scene's file says of its values: scale and offset of its bands."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.inputs.band_units import (
    likely_of_units,
    measuring_steps,
    said_of_units,
    step_text,
)
from dl2ecd_core.running.inputs.scaling import scaled
from dl2ecd_core.running.inputs.value_range import said_of_range
from dl2ecd_core.running.rasters.raster import ArrayReader
from dl2ecd_core.running.rasters.scene import Scene, opened_scene
from dl2ecd_core.scaling.steps import Scaling, Step, parse_step
from tests.running.scenes import pixels, write_scene
from tests.running.test_classify import Place, place

__all__ = ["place"]

LANDSAT, SENTINEL, STORED = (0.0000275, -0.2), (0.0001, -0.1), (1.0, 0.0)


class Told:
    """A file that says nothing but this of its bands."""

    transparency, nodata, has_mask = (), (), False

    def __init__(self, units: Sequence[Any]) -> None:
        self.units = tuple(units)


def scene(*units: Any) -> Scene:
    return Scene(Told(units), "scene.tif")  # type: ignore[arg-type]


def texts(*units: Any) -> List[str]:
    return [step_text(step) for step in measuring_steps(scene(*units), range(len(units)))]


def scaling(*steps: str, bands: int = 2) -> Scaling:
    return Scaling(
        tuple(step for text in steps for step in parse_step(text, bands)), "InputScaling"
    )


class TestSteps:
    def test_they_are_those_of_scale(self) -> None:
        assert texts(LANDSAT, LANDSAT) == ["scale 36363.63636", "offset 0.2"]
        assert texts(SENTINEL, SENTINEL) == ["scale 10000", "offset 0.1"]
        assert texts((0.0001, 0.0)) == ["scale 10000"]
        assert texts((1.0, -0.1)) == ["offset 0.1"]

    def test_bands_may_differ(self) -> None:
        assert texts(SENTINEL, STORED) == ["scale 10000,1", "offset 0.1,0"]

    def test_a_file_that_says_nothing_needs_none(self) -> None:
        assert texts(STORED, STORED) == []
        assert measuring_steps(ArrayReader(pixels(4, 4)), (0, 1)) == ()

    @pytest.mark.parametrize("unit", [(0.0, 1.0), (float("nan"), 0.0), (1.0, float("inf"))])
    def test_what_makes_no_sense_is_nothing(self, unit: Any) -> None:
        assert texts(unit) == []

    def test_only_bands_that_are_taken_count(self) -> None:
        assert measuring_steps(scene(STORED, LANDSAT), (0,)) == ()
        assert measuring_steps(scene(STORED, LANDSAT), (1,)) == measuring_steps(
            scene(LANDSAT), (0,)
        )

    @given(st.floats(1e-6, 10), st.floats(-10, 10), st.integers(0, 65_535))
    def test_they_do_what_the_file_says(self, scale: float, offset: float, value: int) -> None:
        steps = measuring_steps(scene((scale, offset)), (0,))
        made = scaled(np.full((1, 1, 1), value), Scaling(steps, ""), "float64")
        assert made[0, 0, 0] == pytest.approx(value * scale + offset, rel=1e-6, abs=1e-6)


class TestSaid:
    def test_values_that_go_in_as_they_are_stored(self) -> None:
        (said,) = said_of_units(scene(LANDSAT, LANDSAT), (0, 1), scaling("scale 10000"))
        assert said.rule == "band-scale-unused"
        assert "(0.0000275 and -0.2), which are not applied" in said.message
        assert said.message.endswith("as they are stored, scaled by scale 10000 (InputScaling).")
        assert "--scale 'scale 36363.63636' and then --scale 'offset 0.2'" in (said.hint or "")

    def test_without_any_scaling(self) -> None:
        (said,) = said_of_units(scene(STORED, SENTINEL), (0, 1), Scaling((), "--scale"))
        assert "(0.0001 and -0.1 for band 2)" in said.message
        assert said.message.endswith("go into the model as they are stored.")

    @pytest.mark.parametrize(
        "steps",
        [
            ("scale 10000", "offset 0.1"),
            ("scale 10000,10000", "offset 0.1", "z-score 0.2 0.1"),
            # The same in other words, as people write them.
            ("offset 1000", "scale 10000"),
            ("min-max 1000 11000", "clip 0 1"),
            ("z-score 1000 10000.3",),
        ],
    )
    def test_not_of_a_scaling_that_begins_with_it(self, steps: Any) -> None:
        assert said_of_units(scene(SENTINEL, SENTINEL), (0, 1), scaling(*steps)) == []

    @pytest.mark.parametrize(
        "steps", [("scale 10000",), ("clip 0 1", "scale 10000"), ("scale 10000,1", "offset 0.1")]
    )
    def test_but_of_any_other(self, steps: Any) -> None:
        assert said_of_units(scene(SENTINEL, SENTINEL), (0, 1), scaling(*steps)) != []

    def test_nor_of_a_file_that_says_nothing(self) -> None:
        assert said_of_units(scene(STORED), (0,), Scaling((Step("scale", (2.0,)),), "")) == []


def test_the_candidate_is_named_with_where_it_is_from() -> None:
    told = likely_of_units(scene(LANDSAT), (0,))
    assert told is not None and told.startswith("'scale 36363.63636' and then 'offset 0.2' (the")
    assert likely_of_units(scene(STORED), (0,)) is None


@pytest.fixture
def sentinel(tmp_path: Path) -> Path:
    array = pixels(90, 70).astype("uint16") * 30
    return write_scene(tmp_path / "s2.tif", array, scales=(0.0001,) * 4, offsets=(-0.1,) * 4)


def test_a_file_is_asked(sentinel: Path) -> None:
    with opened_scene(str(sentinel)) as opened:
        assert opened.units == (SENTINEL,) * 4


def test_classify_tells_and_changes_nothing(place: Place, sentinel: Path) -> None:
    asked = Options(scale="scale 10000")
    made = classify(sentinel, place.ecd, place.out, options=asked)
    assert "band-scale-unused" in [item.rule for item in made.findings]
    assert made.scaling == "scale 10000 (--scale)"


def test_where_the_scaling_is_another_ones_it_is_the_likely_one(sentinel: Path) -> None:
    with opened_scene(str(sentinel)) as opened:
        (said,) = said_of_range(opened, (0, 1), scaling("min-max 0 255"), "float32")
    assert said.rule == "scaling-unlikely"
    assert "they may begin with 'scale 10000' and then 'offset 0.1' (the" in (said.hint or "")


def test_where_nothing_says_the_scaling_it_is_the_first_candidate(
    place: Place, sentinel: Path
) -> None:
    with pytest.raises(RunningRefused) as caught:
        classify(sentinel, place.ecd, place.out)
    (said,) = caught.value.findings
    assert said.rule == "scaling-unknown"
    assert "Likely are 'scale 10000' and then 'offset 0.1' (the scale and" in (said.hint or "")
