"""A band that is called transparency and is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.inputs.transparency import said_of_transparency
from dl2ecd_core.running.rasters.scene import opened_scene
from tests.running.scenes import pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]


def rules(path: Path, fourth: np.ndarray, bands: tuple, data_type: str = "uint8") -> list:
    """What is said of a scene whose fourth band, of four, is called transparency."""
    array = np.concatenate([pixels(90, 70, 3), fourth[None]]).astype(data_type)
    names = {"photometric": "RGB", "alpha": "YES"}
    with opened_scene(str(write_scene(path / "scene.tif", array, **names))) as scene:
        assert scene.transparency == (3,)
        return [item.rule for item in said_of_transparency(scene, bands)]


MEASURED = pixels(90, 70, 1)[0]
SEEN = np.where(np.arange(70) < 30, 0, 255) * np.ones((90, 1), int)


def test_a_measurement_is_told(tmp_path: Path) -> None:
    assert rules(tmp_path, MEASURED, (0, 1, 2)) == ["transparency-unlikely"]
    assert rules(tmp_path, MEASURED * 200, (0, 1, 2), "uint16") == ["transparency-unlikely"]


def test_not_where_the_model_takes_it(tmp_path: Path) -> None:
    assert rules(tmp_path, MEASURED, (3, 1, 2)) == []


@pytest.mark.parametrize(
    "fourth",
    [
        SEEN,
        np.zeros((90, 70)),
        # Soft along an edge.
        np.where(np.arange(70) < 10, 0, np.minimum((np.arange(70) - 9) * 9, 255))
        * np.ones((90, 1)),
        # Of half the scale.
        SEEN // 2,
    ],
)
def test_what_is_transparency_is_not_told(tmp_path: Path, fourth: np.ndarray) -> None:
    assert rules(tmp_path, fourth, (0, 1, 2)) == []


def test_classify_tells(place: Place) -> None:
    array = np.concatenate([pixels(90, 70), MEASURED[None]])
    write_scene(place.scene, array, photometric="RGB", alpha="YES")
    with opened_scene(str(place.scene)) as scene:
        assert scene.transparency == (3,)
    done = classify(
        place.scene, place.ecd, place.out,
        options=Options(bands=[1, 2, 3, 5], scale=BYTES.scale),
    )  # fmt: skip
    (said,) = done.findings
    assert said.message.startswith("Band 4 of")
    assert "-colorinterp_4 undefined" in said.hint
