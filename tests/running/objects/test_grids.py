"""Grids of cells with anchors: Darknet's, against OpenCV, and against the rule as it is written."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import List, Tuple

import numpy as np
import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.detectors.head import BoxCoding, Columns, HeadKind, Holds
from dl2ecd_core.running.detect import DetectOptions, detect
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.objects.decoding import decoded
from dl2ecd_core.running.objects.detector import known_outputs
from dl2ecd_core.running.objects.reading import AskedReading, Reading, reading_of
from dl2ecd_core.running.objects.suppression import suppressed
from dl2ecd_core.running.sessions.opening import open_session
from tests.conftest import FIXTURES
from tests.running.scenes import write_classes, write_scene

FOLDER = FIXTURES / "darknet"
ROW = (
    Columns(Holds.BOX, 4),
    Columns(Holds.OBJECTNESS, 1),
    Columns(Holds.CLASS_SCORES, 2),
)


def copied(folder: Path, cfg: str) -> Path:
    (folder / "x.cfg").write_text(cfg, encoding="utf-8")
    weights = folder / "x.weights"
    weights.write_bytes((FOLDER / "objects.weights").read_bytes())
    return weights


def tile() -> np.ndarray:
    band, row, column = np.indices((3, 64, 96))
    return ((band * 31 + row * 7 + column * 5) % 97 / 97).astype("float32")[None]


def test_boxes_and_scores_are_those_of_opencv(tmp_path: Path) -> None:
    primary = copied(tmp_path, (FOLDER / "detector.cfg").read_text())
    model = inspect_model(primary)
    session = open_session(model, primary)
    outputs = known_outputs(session.outputs, model.outputs)
    reading = reading_of(model.detector, outputs, 2, AskedReading(), "x.ecd")
    assert str(reading).endswith("boxes as center-size in pixels")
    found = decoded(reading, session.run([tile()]), (64, 96), 0.2)
    session.close()
    expected = json.loads((FOLDER / "expected_objects.json").read_text())
    assert len(found) == expected["count"]
    best = found.taken(np.argsort(-found.scores, kind="stable")[: len(expected["rows"])])
    rows = np.array(expected["rows"])
    assert best.scores == pytest.approx(rows[:, 5:].max(1), abs=1e-5)
    for wanted in rows:
        middle, half = wanted[:2] * (96, 64), wanted[2:4] * (96, 64) / 2
        sides = np.concatenate([middle - half, middle + half])
        near = np.abs(found.bounds - sides).max(1) + np.abs(found.scores - wanted[5:].max())
        assert near.min() < 1e-2
        assert found.labels[near.argmin()] == wanted[5:].argmax()


def test_a_scene_is_searched_with_it(tmp_path: Path) -> None:
    primary = copied(tmp_path, (FOLDER / "detector.cfg").read_text())
    scene = write_scene(tmp_path / "scene.tif", np.round(tile()[0] * 97).astype("uint8"))
    classes = write_classes(tmp_path / "classes.json", (10, 20), 3, Classifier="Darknet")
    options = DetectOptions(scale=["scale 97"], score=0.5)
    done = detect(scene, primary, tmp_path / "a.gpkg", class_info=classes, options=options)
    model = inspect_model(primary)
    session = open_session(model, primary)
    outputs = known_outputs(session.outputs, model.outputs)
    reading = reading_of(model.detector, outputs, 2, AskedReading(), "x.ecd")
    found = decoded(reading, session.run([tile()]), (64, 96), 0.5)
    session.close()
    assert done.objects == len(suppressed(found, 0.5)) > 0


def test_a_cell_is_read_by_the_rule() -> None:
    random = np.random.default_rng(1)
    anchors = ((10.0, 14.0), (23.0, 27.0))
    grid = random.normal(0, 1, (1, 14, 3, 5))
    reading = Reading(
        HeadKind.GRID, ROW, 1, {}, BoxCoding.CENTER_SIZE, False, grids=((0, anchors),)
    )
    found = decoded(reading, [grid], (48, 160), 0.0)
    plain: List[Tuple[float, ...]] = []
    for anchor, (wide, high) in enumerate(anchors):
        for row in range(3):
            for column in range(5):
                x, y, w, h, seen, *classes = grid[0, anchor * 7 : anchor * 7 + 7, row, column]
                share = [1 / (1 + math.exp(-one)) for one in (x, y, seen, *classes)]
                middle = (share[0] + column) * 32, (share[1] + row) * 16
                half = wide * math.exp(w) / 2, high * math.exp(h) / 2
                sides = (*np.subtract(middle, half), *np.add(middle, half))
                plain.append((*sides, share[2] * max(share[3:])))
    assert np.column_stack([found.bounds, found.scores]) == pytest.approx(np.array(plain))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("classes=2\nnum=6\n[route]", "classes=2\nnum=6\nscale_x_y = 1.1\n[route]"),
        ("mask = 3,4,5", "mask = 3,4,9"),
        ("10,14, 23,27", "10.5,14, 23,27"),
    ],
)
def test_cells_that_are_read_otherwise_are_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (FOLDER / "detector.cfg").read_text()
    assert old in text
    model = inspect_model(copied(tmp_path, text.replace(old, new)))
    assert model.detector is not None
    assert model.detector.anchor_sizes == ()
    with pytest.raises(RunningRefused) as caught:
        reading_of(model.detector, model.outputs, 2, AskedReading(), "x.ecd")
    assert caught.value.findings[0].rule == "detector-unknown"


def test_anchors_are_told() -> None:
    model = inspect_model(FOLDER / "detector.cfg")
    assert model.detector is not None
    sizes = model.detector.as_dict()["anchor_sizes"]
    assert sizes == [
        [[81, 82], [135, 169], [344, 319]],
        [[10, 14], [23, 27], [37, 58]],
    ]


def test_a_grid_of_other_channels_is_refused() -> None:
    grids = ((0, ((10.0, 14.0),)),)
    reading = Reading(HeadKind.GRID, ROW, 1, {}, BoxCoding.CENTER_SIZE, False, grids=grids)
    with pytest.raises(RunningRefused) as caught:
        decoded(reading, [np.zeros((1, 8, 3, 5))], (48, 160), 0.5)
    assert caught.value.findings[0].rule == "model-run-failed"
