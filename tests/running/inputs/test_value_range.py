"""A scaling whose range most of a scene lies outside of is told, and a threshold without effect."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import pytest

from dl2ecd_core.findings import Severity
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.inputs.value_range import said_of_range
from dl2ecd_core.running.rasters.raster import ArrayReader, Block, Window
from dl2ecd_core.scaling.steps import Number, Scaling, Step
from tests.running.scenes import fixture, pixels, write_classes, write_scene


def steps(*listed: Tuple[str, Tuple[Number, ...]]) -> Scaling:
    return Scaling(tuple(Step(*one) for one in listed), "--scale")


BYTES = steps(("min-max", (0.0, 255.0)))


class Unread(ArrayReader):
    """A scene that nobody may read."""

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        raise AssertionError(f"{window} is read")


def scene(highest: float, data_type: str = "uint16", valid: Optional[np.ndarray] = None) -> Any:
    values = np.linspace(0, highest, 3 * 40 * 30).reshape(40, 30, 3).transpose(2, 0, 1)
    return ArrayReader(values.astype(data_type), valid)


def rules(reader: Any, scaling: Scaling) -> List[str]:
    return [item.rule for item in said_of_range(reader, (0, 1, 2), scaling, "float32")]


def test_values_that_mostly_lie_outside_are_told() -> None:
    (said,) = said_of_range(scene(10_200), (0, 1, 2), BYTES, "float32")
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
        ("uint8", steps(("scale", (255.0,)), ("z-score", (0.5, 0.25)))),
        ("float32", steps(("scale", (2.0,)))),
        ("float32", steps(("scale", (255.0,)), ("offset", (1.0,)))),
        ("uint8", steps()),
        ("uint16", Scaling((), "InputScaling")),
    ],
)
def test_where_nothing_can_be_unlikely_nothing_is_read(data_type: str, scaling: Scaling) -> None:
    reader = Unread(np.zeros((3, 9, 9), data_type))
    assert said_of_range(reader, (0, 1, 2), scaling, "float32") == []


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
    (said,) = said_of_range(scene(300_000, "float32"), (0, 1, 2), scaling, "float32")
    assert "are far from those of" in said.message


#: Scalings that fit reflectance in ten-thousandths of 16 bits, and others.
TEN_THOUSAND = steps(("scale", (10_000.0,)))
WORDS = steps(("min-max", (0.0, 65_535.0)))
STANDARD = steps(("z-score", (1_200.0, 400.0)))
NET = steps(("scale", (255.0,)), ("z-score", ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))))


@pytest.mark.parametrize(
    ("highest", "data_type", "scaling"),
    [
        (0.9, "float32", BYTES),
        (0.9, "float32", TEN_THOUSAND),
        (0.9, "float32", WORDS),
        (0.9, "float32", STANDARD),
        (0.9, "float32", NET),
        (255, "uint8", TEN_THOUSAND),
        (255, "uint8", WORDS),
        (255, "uint8", STANDARD),
        (10_000, "uint16", WORDS),
        (10_000, "uint16", steps()),
    ],
)
def test_values_that_are_pressed_together_are_told(
    highest: float, data_type: str, scaling: Scaling
) -> None:
    (said,) = said_of_range(scene(highest, data_type), (0, 1, 2), scaling, "float32")
    assert said.rule == "scaling-unlikely"
    assert said.message.endswith(".") and f"{highest:g}" in said.message
    likely = {0.9: "'none'", 255: "'min-max 0 255'", 10_000: "'scale 10000'"}[highest]
    assert said.hint.startswith("This is a guess") and f"for such values, {likely}" in said.hint


@pytest.mark.parametrize(
    ("highest", "data_type", "scaling"),
    [
        # A dark scene, and a very dark one.
        (40, "uint8", BYTES),
        (3, "uint8", BYTES),
        (40, "uint8", NET),
        (40, "float32", BYTES),
        (300, "uint16", TEN_THOUSAND),
        (250, "uint16", STANDARD),
        (0.05, "float32", steps(("min-max", (0.0, 1.0)))),
        # All of 16 bits, and bytes in them.
        (30_000, "uint16", WORDS),
        (255, "uint16", steps(("scale", (257.0,)), ("min-max", (0.0, 1.0)))),
        # A network that scales bytes itself.
        (255, "uint16", steps()),
        # One value in all of the middle.
        (0, "float32", BYTES),
        (0, "uint8", WORDS),
    ],
)
def test_dark_scenes_are_not(highest: float, data_type: str, scaling: Scaling) -> None:
    assert rules(scene(highest, data_type), scaling) == []


def test_a_band_that_is_not_pressed_is_enough() -> None:
    wide = steps(("min-max", ((0.0, 0.0, 0.0), (255.0, 255.0, 1.0))))
    assert rules(scene(0.9, "float32"), wide) == []


def test_a_model_of_whole_numbers_may_take_large_ones() -> None:
    reader = Unread(np.zeros((3, 9, 9), "uint16"))
    assert said_of_range(reader, (0, 1, 2), steps(), "uint16") == []
    nothing = np.full((3, 9, 9), np.nan, "float32")
    assert rules(ArrayReader(nothing), steps()) == []


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
    assert said_of_range(ArrayReader(values), (0,), BYTES, "float32") == []
    assert said_of_range(ArrayReader(values[:, :222]), (0,), BYTES, "float32") != []


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

    def test_where_nothing_says_the_scaling_the_scene_is_looked_at(self, tmp_path: Path) -> None:
        with pytest.raises(RunningRefused) as caught:
            classify(
                write_scene(tmp_path / "scene.tif", pixels(90, 70).astype("float32") / 255),
                fixture("unet", tmp_path / "model"),
                tmp_path / "map.tif",
                class_info=write_classes(tmp_path / "classes.json", CLASSES["unet"], 4),
            )
        (item,) = caught.value.findings
        assert item.rule == "scaling-unknown"
        assert "The values in the middle of the scene go from 0" in item.hint
        assert "Likely are 'none' (values as they are) or" in item.hint

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
