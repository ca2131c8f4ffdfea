"""All that there is to say of a scene."""

from __future__ import annotations

from pathlib import Path
from typing import List

import numpy as np
import pytest

from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.inputs import scene_findings
from dl2ecd_core.running.inputs.scene_findings import said_of_scene
from dl2ecd_core.running.rasters.scene import opened_scene
from dl2ecd_core.scaling.steps import Scaling, parse_step
from tests.running.scenes import pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]

#: Rows of a scene that GDAL may read line by line.
MANY = 2_100


def rules(path: Path) -> List[str]:
    with opened_scene(str(path)) as scene:
        scaling = Scaling(parse_step("min-max 0 255", 4), "InputScaling")
        return [item.rule for item in said_of_scene(scene, (0, 1, 2, 3), scaling, "float32")]


def test_of_a_scene_like_most_nothing_is_said(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", pixels(90, 70), compress="deflate", photometric="RGB")
    assert rules(path) == []


@pytest.mark.parametrize(
    ("data_type", "least"),
    # Of bytes, GDAL gives lines, and loads all of them as they are packed.
    [("uint8", MANY * 60), ("uint16", MANY * 64 * 2 * 4)],
)
def test_a_scene_in_one_piece_is_loaded_as_a_whole(
    tmp_path: Path, data_type: str, least: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    array = pixels(MANY, 64).astype(data_type)
    profile = {"compress": "deflate", "photometric": "minisblack"}
    path = write_scene(tmp_path / "a.tif", array, blockysize=MANY, **profile)
    with opened_scene(str(path)) as scene:
        assert least <= scene.piece <= path.stat().st_size * 8
    monkeypatch.setattr(scene_findings, "_LARGE", least)
    assert "scene-in-large-pieces" in rules(path)
    tiles = {"tiled": True, "blockxsize": 64, "blockysize": 64}
    assert "scene-in-large-pieces" not in rules(
        write_scene(tmp_path / "b.tif", array, **tiles, **profile)
    )


def test_lines_that_are_not_packed_are_small(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", np.zeros((1, MANY, 64), "uint8"), blockysize=MANY)
    with opened_scene(str(path)) as scene:
        assert scene.piece < MANY * 64 / 8


def test_classify_says_what_to_do(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene_findings, "_LARGE", 1)
    made = classify(place.scene, place.ecd, place.out, options=BYTES)
    (said,) = made.findings
    assert said.rule == "scene-in-large-pieces"
    assert "gdal_translate -of COG" in (said.hint or "")
