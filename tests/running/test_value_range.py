"""A scaling whose range most of a scene lies outside of is told, and a threshold without effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.rasters import ArrayReader, Block, Window
from dl2ecd_core.running.value_range import said_of_range
from dl2ecd_core.scaling.steps import Number, Scaling, Step
from tests.running.scenes import fixture, pixels, write_classes, write_scene


def steps(*listed: Tuple[str, Tuple[Number, ...]]) -> Scaling:
    return Scaling(tuple(Step(*one) for one in listed), "--scale")


BYTES = steps(("min-max", (0.0, 255.0)))


class Unread(ArrayReader):
    """A scene that nobody may read."""

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        raise AssertionError(f"{window} is read")


def scene(highest: int, data_type: str = "uint16", valid: Optional[np.ndarray] = None) -> Any:
    values = np.linspace(0, highest, 3 * 40 * 30).reshape(40, 30, 3).transpose(2, 0, 1)
    return ArrayReader(values.astype(data_type), valid)


def rules(reader: Any, scaling: Scaling) -> List[str]:
    return [item.rule for item in said_of_range(reader, (0, 1, 2), scaling)]


def test_values_that_mostly_lie_outside_are_told() -> None:
    (said,) = said_of_range(scene(10_200), (0, 1, 2), BYTES)
    assert (said.rule, said.severity) == ("scaling-unlikely", Severity.WARNING)
    assert "97% of the values" in said.message or "98% of the values" in said.message
    assert "outside of the range of 'min-max 0 255' (--scale)" in said.message
    assert said.message.endswith("they go from 0 to 10200.")


@pytest.mark.parametrize("data_type", ["uint16", "int32", "float32"])
def test_that_some_lie_outside_is_no_reason(data_type: str) -> None:
    """Of percentiles for ends, as of a stretch, more than half may."""
    assert rules(scene(1_000, data_type), BYTES) == []
    assert rules(scene(1_100, data_type), BYTES) == ["scaling-unlikely"]


def test_steps_before_it_count_and_each_band_has_its_own_range() -> None:
    shifted = steps(("scale", (40.0,)), ("min-max", (0.0, 255.0)))
    assert rules(scene(10_200), shifted) == []
    wide = steps(("min-max", ((0.0, 0.0, 0.0), (255.0, 1e5, 1e5))))
    assert rules(scene(10_200), wide) == []
    assert rules(scene(10_200), steps(("min-max", ((0.0,) * 3, (255.0,) * 3)))) != []


@pytest.mark.parametrize(
    ("data_type", "scaling"),
    [
        ("uint8", BYTES),
        ("uint16", steps(("scale", (257.0,)), ("min-max", (0.0, 255.0)))),
        ("uint8", steps(("scale", (255.0,)), ("z-score", (0.5, 0.25)))),
        ("float32", steps(("scale", (2.0,)))),
        ("float32", steps(("scale", (255.0,)), ("offset", (1.0,)))),
        ("uint16", steps()),
    ],
)
def test_where_nothing_can_lie_outside_nothing_is_read(data_type: str, scaling: Scaling) -> None:
    reader = Unread(np.zeros((3, 9, 9), data_type))
    assert said_of_range(reader, (0, 1, 2), scaling) == []


@pytest.mark.parametrize(
    ("scaling", "highest"),
    [
        # Values are divided as bytes are, and then standardized, as Deepness does it.
        (steps(("scale", (255.0,)), ("z-score", ((0.5,) * 3, (0.25,) * 3))), 255),
        (steps(("z-score", (100.0, 50.0))), 1_000),
        (steps(("scale", (10_000.0,))), 12_000),
        (steps(("scale", ((255.0, 255.0, 256.0),))), 300),
    ],
)
def test_what_values_become_far_from_what_is_meant_is_told(scaling: Scaling, highest: int) -> None:
    assert rules(scene(highest), scaling) == []
    (said,) = said_of_range(scene(300_000, "float32"), (0, 1, 2), scaling)
    assert "are far from those of" in said.message


def test_what_is_no_data_and_no_number_does_not_count() -> None:
    valid = np.zeros((40, 30), bool)
    assert rules(scene(10_200, valid=valid), BYTES) == []
    valid[0] = True
    # The first row is dark.
    assert rules(scene(10_200, valid=valid), BYTES) == []
    nothing = np.full((3, 9, 9), np.inf, "float32")
    assert rules(ArrayReader(nothing), BYTES) == []


def test_the_middle_of_a_large_scene_is_looked_at() -> None:
    values = np.full((1, 700, 900), 9_999, "uint16")
    values[:, 222:478, 322:578] = 7
    assert said_of_range(ArrayReader(values), (0,), BYTES) == []
    assert said_of_range(ArrayReader(values[:, :222]), (0,), BYTES) != []


CLASSES = {"unet": (100, 200), "argmax": (1, 2, 3, 4, 5)}


class TestInAMap:
    def warnings(
        self, folder: Path, scene: np.ndarray, model: str = "unet", **options: Any
    ) -> Dict[str, str]:
        done = classify(
            write_scene(folder / "scene.tif", scene),
            fixture(model, folder / "model"),
            folder / "map.tif",
            class_info=write_classes(folder / "classes.json", CLASSES[model], len(scene)),
            options=Options(scale=["min-max 0 255"], **options),
        )
        return {
            item.rule: item.message for item in done.findings if item.severity is Severity.WARNING
        }

    def test_it_is_said_and_the_map_is_made(self, tmp_path: Path) -> None:
        high = pixels(90, 70).astype("uint16") * 40
        assert "scaling-unlikely" in self.warnings(tmp_path, high)
        assert (tmp_path / "map.tif").exists()

    def test_a_threshold_for_several_scores_is_said_to_have_no_effect(self, tmp_path: Path) -> None:
        found = self.warnings(tmp_path, pixels(90, 70), threshold=0.7)
        assert found["threshold-unused"] == (
            "The threshold has no effect: the model gives 2 scores for a pixel, of which the "
            "highest wins."
        )
        assert "scaling-unlikely" not in found
        assert "threshold-unused" not in self.warnings(tmp_path, pixels(90, 70))

    def test_so_it_is_where_there_are_classes_alone(self, tmp_path: Path) -> None:
        found = self.warnings(tmp_path, pixels(90, 70, 3), "argmax", threshold=0.7)
        assert found["threshold-unused"] == (
            "The threshold has no effect: the model gives classes and no scores."
        )
