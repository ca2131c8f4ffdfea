"""Grids of cells with anchors: Darknet's, against OpenCV, and against the rule as it is written."""

from __future__ import annotations

import json
import math
import tempfile
from pathlib import Path
from typing import List, Tuple

import numpy as np
import pytest

from dl2ecd_core.models import ModelDescription, inspect_model
from dl2ecd_core.models.detectors.head import (
    BoxCoding,
    CellReading,
    Columns,
    HeadKind,
    Holds,
)
from dl2ecd_core.running.detect import DetectOptions, detect
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.objects.decoding import decoded
from dl2ecd_core.running.objects.reading import AskedReading, Grid, Reading, reading_of
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


EXPECTED = json.loads((FOLDER / "expected_objects.json").read_text())["variants"]


def variant(name: str) -> str:
    """The configuration that OpenCV read."""
    text = (FOLDER / "detector.cfg").read_text()
    for old, new in EXPECTED[name]["replaced"]:
        text = text.replace(old, new)
    return text


@pytest.mark.parametrize("name", EXPECTED)
def test_boxes_and_scores_are_those_of_opencv(tmp_path: Path, name: str) -> None:
    primary = copied(tmp_path, variant(name))
    model = inspect_model(primary)
    session = open_session(model, primary)
    reading = reading_of(model.detector, session.outputs, 2, AskedReading(), "x.ecd")
    assert str(reading).endswith("boxes as center-size in pixels")
    # OpenCV leaves out what is not above that.
    found = decoded(reading, session.run([tile()]), (64, 96), float(np.nextafter(0.2, 1)))
    session.close()
    expected = EXPECTED[name]
    rows = np.array(expected["rows"])
    assert len(found) == (expected["count"] or len(found))
    for wanted in rows:
        middle, half = wanted[:2] * (96, 64), wanted[2:4] * (96, 64) / 2
        sides = np.concatenate([middle - half, middle + half])
        same = np.abs(found.bounds - sides).max(1) < 1e-3 * max(*half, 1)
        same &= np.abs(found.scores - wanted[5:].max()) < 1e-5
        assert (found.labels[same] == wanted[5:].argmax()).any()


def test_a_scene_is_searched_with_it(tmp_path: Path) -> None:
    primary = copied(tmp_path, (FOLDER / "detector.cfg").read_text())
    scene = write_scene(tmp_path / "scene.tif", np.round(tile()[0] * 97).astype("uint8"))
    classes = write_classes(tmp_path / "classes.json", (10, 20), 3, Classifier="Darknet")
    options = DetectOptions(scale=["scale 97"], score=0.5)
    done = detect(scene, primary, tmp_path / "a.gpkg", class_info=classes, options=options)
    model = inspect_model(primary)
    session = open_session(model, primary)
    reading = reading_of(model.detector, session.outputs, 2, AskedReading(), "x.ecd")
    found = decoded(reading, session.run([tile()]), (64, 96), 0.5)
    session.close()
    assert done.objects == len(suppressed(found, 0.5)) > 0
    # Anchors are as long as the tile: no more than half of it is shared.
    assert done.overlap == 32


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def plain(
    values: np.ndarray, anchors: Tuple[Tuple[float, float], ...], how: CellReading, doubtful: bool
) -> np.ndarray:
    """The rules as they are written, cell by cell, for a tile of 48 x 160."""
    found: List[Tuple[float, ...]] = []
    width = 11 if doubtful else 7
    for anchor, (wide, high) in enumerate(anchors):
        for row in range(3):
            for column in range(5):
                numbers = values[0, anchor * width : (anchor + 1) * width, row, column].tolist()
                box, rest = numbers[:-3], numbers[-3:]
                doubt = 0.0
                if doubtful:
                    doubt = sum(map(sigmoid, box[1::2])) / 4
                    box = box[::2]
                x, y, w, h = box
                if how.activated:
                    x, y, seen, first, second = x, y, *rest
                    w, h = wide * (2 * w) ** 2, high * (2 * h) ** 2
                else:
                    x, y, seen, first, second = map(sigmoid, (x, y, *rest))
                    w, h = wide * math.exp(w), high * math.exp(h)
                if how.exclusive:
                    first, second = (math.exp(one) for one in rest[1:])
                    first, second = first / (first + second), second / (first + second)
                x, y = (how.stretch * one - (how.stretch - 1) / 2 for one in (x, y))
                middle = (x + column) * 32, (y + row) * 16
                sides = (*np.subtract(middle, (w / 2, h / 2)), *np.add(middle, (w / 2, h / 2)))
                found.append((*sides, seen * max(first, second) * (1 - doubt)))
    return np.array(found)


@pytest.mark.parametrize("doubtful", [False, True])
@pytest.mark.parametrize(
    "how",
    [
        CellReading(),
        CellReading(stretch=1.2),
        CellReading(stretch=2.0, activated=True),
        CellReading(exclusive=True),
    ],
)
def test_a_cell_is_read_by_the_rule(how: CellReading, doubtful: bool) -> None:
    random = np.random.default_rng(1)
    anchors = ((10.0, 14.0), (23.0, 27.0))
    box = Columns(Holds.BOX_AND_DEVIATIONS, 8) if doubtful else ROW[0]
    grid = random.uniform(0, 1, (1, 22 if doubtful else 14, 3, 5))
    reading = Reading(
        HeadKind.GRID, (box, *ROW[1:]), 1, {}, BoxCoding.CENTER_SIZE, False,
        grids=(Grid(0, anchors, how),),
    )  # fmt: skip
    found = decoded(reading, [grid], (48, 160), 0.0)
    wanted = plain(grid, anchors, how, doubtful)
    assert np.column_stack([found.bounds, found.scores]) == pytest.approx(wanted)


def gaussian() -> str:
    text = (FOLDER / "detector.cfg").read_text().replace("filters=21", "filters=33")
    return text.replace("[yolo]", "[gaussian_yolo]")


def test_gaussian_layers_are_told() -> None:
    text = gaussian().replace("num=6", "num=6\nscale_x_y=1.1", 1)
    model = described(text)
    assert model.detector is not None
    assert [column.count for column in model.detector.columns] == [8, 1, 2]
    assert [cell.stretch for cell in model.detector.cells] == [1.1, 1.0]
    assert len(model.detector.anchor_sizes) == 2
    reading = reading_of(model.detector, model.outputs, 2, AskedReading(), "x.ecd")
    assert str(reading).startswith("grid (box-and-deviations + objectness + class-scores)")


def described(text: str) -> ModelDescription:
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "x.cfg")
        config.write_text(text, encoding="utf-8")
        return inspect_model(config)


def test_the_first_version_of_layers_with_anchors_counts_them_in_cells() -> None:
    model = described(variant("region"))
    assert model.detector is not None
    assert model.detector.as_dict()["cells"] == [
        {"stretch": 1.0, "activated": False, "exclusive": True}
    ]
    # Cells of 8 pixels: 96 / 12 and 64 / 8.
    (sizes,) = model.detector.anchor_sizes
    assert [side for size in sizes for side in size] == pytest.approx(
        [one * 4 for one in (0.7, 0.9, 1.6, 1.1, 2.5, 2.25)]
    )


@pytest.mark.parametrize(
    ("start", "old", "new"),
    [
        ("yolov3", "mask = 3,4,5", "mask = 3,4,9"),
        ("yolov3", "mask = 3,4,5\n", "mask = 3,4,5\nyolo_point=left_top\n"),
        ("region", "coords=4", "coords=4\nbackground=1"),
        ("region", "coords=4", "coords=4\ntree=9k.tree"),
        ("region", "0.7,0.9, 1.6,1.1, 2.5,2.25", "0.7,0.9, 1.6,1.1"),
    ],
)
def test_cells_that_are_read_otherwise_are_refused(
    tmp_path: Path, start: str, old: str, new: str
) -> None:
    text = variant(start)
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
    grids = (Grid(0, ((10.0, 14.0),)),)
    reading = Reading(HeadKind.GRID, ROW, 1, {}, BoxCoding.CENTER_SIZE, False, grids=grids)
    with pytest.raises(RunningRefused) as caught:
        decoded(reading, [np.zeros((1, 8, 3, 5))], (48, 160), 0.5)
    assert caught.value.findings[0].rule == "model-run-failed"
