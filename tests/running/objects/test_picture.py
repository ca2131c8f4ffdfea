"""A small picture of a scene with the outlines of its objects."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np
import pytest
import shapely

from dl2ecd_core.exports.legend import LegendRow
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.objects import picture
from dl2ecd_core.running.objects.found import Objects, boxes
from dl2ecd_core.running.objects.picture import write_object_preview
from dl2ecd_core.running.rasters.raster import ArrayReader, Window
from tests.running.maps.test_preview import read
from tests.running.objects import networks
from tests.running.objects.test_detect import Place

LEGEND = [LegendRow(10, "Tree", (0, 200, 10), 0), LegendRow(20, "Car", (200, 0, 10), 1)]


def drawn(
    folder: Path,
    pixels: np.ndarray,
    objects: Objects,
    window: Window,
    valid: Optional[np.ndarray] = None,
) -> np.ndarray:
    """The scene's part of the picture."""
    target = folder / "a.png"
    reader = ArrayReader(pixels, valid)
    write_object_preview(target, reader, range(len(pixels)), window, objects, LEGEND)
    whole = read(target)
    return whole[8:-8, 8 : 8 + -(-window.width // picture.every_nth(window.height, window.width))]


def some(*bounds: tuple) -> Objects:
    sides = np.array(bounds, "float64").reshape(-1, 4)
    return boxes(sides, np.ones(len(sides)), np.arange(len(sides)) % 2)


def test_outlines_have_the_colors_of_their_classes(tmp_path: Path) -> None:
    pixels = np.full((3, 40, 60), 7, "uint8")
    found = drawn(tmp_path, pixels, some((5, 6, 20, 15), (30, 10, 50, 30)), Window(0, 40, 0, 60))
    for value, (left, top, right, bottom) in zip(LEGEND, ((5, 6, 20, 15), (30, 10, 50, 30))):
        colored = (found == value.color).all(-1)
        wanted = np.zeros((40, 60), bool)
        wanted[top : bottom + 1, [left, right]] = True
        wanted[[top, bottom], left : right + 1] = True
        assert np.array_equal(colored[:40], wanted)


def test_a_part_of_a_large_scene_is_thinned_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "_STRIP", 4000)
    monkeypatch.setattr("dl2ecd_core.running.maps.preview.LONGEST", 50)
    pixels = np.broadcast_to(np.arange(200, dtype="uint16"), (1, 150, 200))
    window = Window(20, 120, 100, 200)
    found = drawn(tmp_path, pixels, some((120, 40, 160, 80), (0, 0, 10, 10)), window)
    colored = (found[:50] == LEGEND[0].color).all(-1)
    assert np.argwhere(colored).min(0).tolist() == [10, 10]
    assert np.argwhere(colored).max(0).tolist() == [30, 30]
    # The scene gets brighter to the right, in grey.
    ground = found[5]
    assert (ground[:, 0] == ground[:, 1]).all()
    assert (np.diff(ground[:, 0].astype(int)) >= 0).all()
    assert (ground[0, 0], ground[-1, 0]) == (0, 255)


def test_no_data_is_white(tmp_path: Path) -> None:
    pixels = np.zeros((1, 30, 30), "float32")
    pixels[:, :, 10:] = np.nan
    valid = np.ones((30, 30), bool)
    valid[:5] = False
    found = drawn(tmp_path, pixels, some(), Window(0, 30, 0, 30), valid)[:30]
    shown = (found == 0).all(-1)
    assert shown[5:, :10].all()
    assert shown.sum() == 25 * 10
    pixels[:] = np.nan
    assert (drawn(tmp_path, pixels, some(), Window(0, 30, 0, 30))[:30] == 255).all()


def test_masks_are_drawn_as_they_are(tmp_path: Path) -> None:
    objects = some((10, 10, 30, 30))
    shape = shapely.MultiPolygon(
        [shapely.Polygon([(10, 10), (30, 10), (10, 30)]), shapely.box(26, 26, 30, 30)]
    )
    outlines = np.empty(1, object)
    outlines[0] = shape
    objects = Objects(objects.corners, objects.scores, objects.labels, outlines=outlines)
    found = drawn(tmp_path, np.zeros((3, 40, 40), "uint8"), objects, Window(0, 40, 0, 40))[:40]
    colored = (found == LEGEND[0].color).all(-1)
    # The slant, and the side of the other part; nothing between them.
    assert colored[19:22, 19:22].any()
    assert colored[26, 26:31].all()
    assert not colored[12:26, 30:].any()


def test_it_is_asked_for_with_the_layer(tmp_path: Path) -> None:
    place = Place(tmp_path)
    model = networks.yolov8(tmp_path / "m" / "a.onnx")
    target = tmp_path / "a.png"
    place.detect(model, preview=target)
    assert (read(target) == (40, 200, 11)).all(-1).any()
    # It may be replaced, being one of ours; another picture not.
    place.detect(model, preview=target)
    target.write_bytes(b"somebody's work")
    with pytest.raises(Dl2EcdError, match="output-is-another-file"):
        place.detect(model, preview=target)
