"""EcdDetector.py: a package that runs without this project, with the polygons of ``detect``."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Tuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from dl2ecd_core.adaptors.alone import detector as packed_detector
from dl2ecd_core.adaptors.alone import of_detector
from dl2ecd_core.adaptors.alone.detector import EcdDetector
from dl2ecd_core.adaptors.alone.packing import packed
from dl2ecd_core.adaptors.Detect import Detect
from dl2ecd_core.conversion import convert
from dl2ecd_core.models import Content
from dl2ecd_core.models.detectors.head import BoxCoding, CellReading, Columns, HeadKind, Holds
from dl2ecd_core.running.objects.decoding import decoded
from dl2ecd_core.running.objects.reading import Grid, Reading
from tests.adaptors.arcgis import Driver, Scene
from tests.adaptors.models import BYTES
from tests.adaptors.packages import PYTHONS, changed, definition_in, run_alone, unpacked
from tests.adaptors.test_detect import (
    KINDS,
    Found,
    assert_same,
    by_command_line,
    by_function,
    definition,
    scene_of,
    shape_of,
)
from tests.conftest import FIXTURES
from tests.running.objects import networks
from tests.running.objects.test_detect import TILE, Place, model_of, scene_pixels
from tests.running.scenes import pixels, write_classes, write_scene

ASKED = {"score_threshold": 0.3, "padding": 16}
WAYS = [("rows", "upright"), ("rows", "turned"), ("separate", "upright"), ("beside", "upright"),
        ("grids", "upright")]  # fmt: skip


@pytest.mark.parametrize("ways", WAYS)
def test_every_way_fits_into_one_short_file(ways: Tuple[str, str]) -> None:
    text = packed("EcdDetector", ways)
    assert len(text.splitlines()) < 400
    assert max(map(len, text.splitlines())) <= 100
    compile(text, "EcdDetector.py", "exec")
    assert text.count("_READ = ") == text.count("_SHAPE = ") == 1


def packaged(kind: str, folder: Path) -> Tuple[Place, Path, Path]:
    place = Place(folder)
    ecd = definition(place, model_of(kind, folder)[0])
    return place, ecd, unpacked(ecd, folder / "package")[0]


@pytest.mark.parametrize("kind", KINDS)
def test_objects_are_those_of_the_command_line(kind: str, tmp_path: Path) -> None:
    place, ecd, package = packaged(kind, tmp_path)
    wanted = by_command_line(place, ecd)
    assert len(wanted) == 6
    driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
    for size in (None, (48, 48), (96, 144)):
        assert_same(by_function(driver, scene_of(place), size=size), wanted)


@pytest.mark.parametrize("python", [sys.executable, *PYTHONS])
@pytest.mark.parametrize("kind", ["yolov8", "turned"])
def test_a_package_runs_where_nothing_of_ours_is(python: str, kind: str, tmp_path: Path) -> None:
    place, ecd, package = packaged(kind, tmp_path)
    told = run_alone(
        package, scene_of(place), tmp_path / "alone", python=python, detect=True, **ASKED
    )
    found: Found = [(one["Class"], one["Confidence"], shape_of(one["rings"])) for one in told]
    assert_same(found, by_command_line(place, ecd))


def test_every_overlapping_object_meets_its_like(tmp_path: Path) -> None:
    """A scene in which much overlaps, within tiles and across their edges."""
    for kind in ("yolov8", "turned"):
        folder = tmp_path / kind
        folder.mkdir()
        place, ecd, package = packaged(kind, folder)
        random = np.random.default_rng(5)
        things = [
            (4 + 8 * int(column), 4 + 8 * int(row), int(wide), int(high), float(score))
            for column, row, wide, high, score in zip(
                random.integers(0, 20, 60),
                random.integers(0, 14, 60),
                random.integers(6, 15, 60),
                random.integers(6, 15, 60),
                random.uniform(0.35, 0.99, 60),
            )
        ]
        scene = Scene(scene_pixels(112, 160, things))
        place.scene = write_scene(folder / "many.tif", scene.pixels)
        wanted = by_command_line(place, ecd)
        assert len(wanted) > 15
        driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
        assert_same(by_function(driver, scene), wanted)


def test_boxes_alone_of_a_model_with_outlines(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, networks.segmenting(tmp_path / "model" / "a.onnx"))
    package, findings = unpacked(ecd, tmp_path / "package")
    assert "gives the boxes of objects, not their outlines" in findings[-1].message
    driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
    assert len(driver.objects(scene_of(place))) == len(by_command_line(place, ecd))


def test_scores_behind_the_boxes(tmp_path: Path) -> None:
    """As mmdeploy writes them: dets ``(1, n, 5)`` and labels ``(1, n)``."""
    network = networks.Network(TILE)
    sides = (*network.corners(), network.score)
    network.rows(sides, transposed=True, output="dets")
    count = network.cells**2
    flat = network.constant(np.array([1, count], "int64"))
    network.node("Reshape", network.label, flat, output="labels")
    model = network.save(
        tmp_path / "model" / "a.onnx", {"dets": (1, count, 5), "labels": (1, count)}
    )
    place = Place(tmp_path)
    ecd = definition(place, model)
    package, _ = unpacked(ecd, tmp_path / "package")
    driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
    wanted = by_command_line(place, ecd)
    assert len(wanted) == 6
    assert_same(by_function(driver, scene_of(place)), wanted)


BOXES_AND_SCORES = {Content.BOXES: 0, Content.CLASS_SCORES: 1}
DOUBTFUL = (
    Columns(Holds.BOX_AND_DEVIATIONS, 8),
    Columns(Holds.OBJECTNESS, 1),
    Columns(Holds.CLASS_SCORES, 3),
)
GRID = Grid(0, ((20.0, 30.0), (9.5, 12.0)), CellReading(1.1, False, True))
READINGS = [
    *(
        Reading(
            HeadKind.SEPARATE, (), None, BOXES_AND_SCORES, coding, normalized,
            activation=activation, background=background, queries=queries,
        )
        for coding, normalized in (
            (BoxCoding.CORNERS, False), (BoxCoding.ROWS_FIRST, True), (BoxCoding.CENTER_SIZE, True)
        )
        for activation in ("none", "sigmoid", "softmax")
        for background in ("none", "first", "last")
        for queries in (False, True)
    ),
    Reading(HeadKind.GRID, DOUBTFUL, None, {}, BoxCoding.CENTER_SIZE, False, grids=(GRID,)),
]  # fmt: skip


@pytest.mark.parametrize("reading", READINGS, ids=str)
def test_outputs_are_read_as_the_engine_reads_them(reading: Reading) -> None:
    random = np.random.default_rng(4)
    outputs = [random.uniform(-0.2, 0.9, (1, 40, 4)), random.uniform(-0.2, 0.9, (1, 40, 5))]
    if reading.grids:
        outputs = [random.normal(0, 2, (1, 24, 5, 6))]
    outputs = [one.astype("f4") for one in outputs]
    outputs[0][0, 3] = np.nan
    kind, places, told = of_detector._reading(reading)
    function: Any = EcdDetector()
    function._tile, function._shape = (64, 96), "upright"
    more = {"Kind": kind, "Coding": reading.coding.value, "Normalized": reading.normalized}
    function._told = {"Reading": {**more, "FirstLabel": 0, **told}}
    corners, scores, labels = function._decoded([outputs[place] for place in places], 0.3)
    wanted = decoded(reading, outputs, (64, 96), 0.3)
    assert len(wanted) > 3
    assert np.array_equal(corners, wanted.corners)
    assert np.allclose(scores, wanted.scores, rtol=1e-14, atol=0)
    assert np.array_equal(labels, wanted.labels)


GRIDS = json.loads((FIXTURES / "darknet" / "expected_objects.json").read_text())["variants"]


@pytest.mark.parametrize("name", GRIDS)
def test_grids_of_darknet(name: str, tmp_path: Path) -> None:
    """What only the configuration tells of the anchors is in the package."""
    text = (FIXTURES / "darknet" / "detector.cfg").read_text()
    for old, new in GRIDS[name]["replaced"]:
        text = text.replace(old, new)
    (tmp_path / "x.cfg").write_text(text)
    shutil.copy(FIXTURES / "darknet" / "objects.weights", tmp_path / "x.weights")
    told = {"Classifier": "Darknet", "InputScaling": BYTES, "ModelType": "ObjectDetection"}
    info = write_classes(tmp_path / "c.json", (1, 2), 3, **told)
    convert(tmp_path / "x.weights", info, tmp_path / "a.ecd")
    package, findings = unpacked(tmp_path / "a.ecd", tmp_path / "package")
    assert (package / "EcdDetector.py").is_file(), findings
    # One tile: boxes of chance are longer than tiles share.
    scene = Scene(pixels(64, 96, bands=3))
    # Some that overlap, and not thousands.
    score = {"region": 0.3}.get(name, 0.7)
    drivers = [
        Driver(Detect, str(tmp_path / "a.ecd"), score_threshold=score),
        Driver(EcdDetector, str(definition_in(package)), score_threshold=score),
    ]
    theirs, ours = (by_function(driver, scene) for driver in drivers)
    assert len(theirs) > 2
    assert_same(ours, theirs)


class TestWhatArcGisIsTold:
    def test_what_the_folders_function_tells(self, tmp_path: Path) -> None:
        _, ecd, package = packaged("yolov8", tmp_path)
        ours = Driver(EcdDetector, str(definition_in(package)))
        theirs = Driver(Detect, str(ecd))
        assert ours.parameters == theirs.parameters
        assert ours.configuration == theirs.configuration
        assert ours.fields() == theirs.fields()

    def test_the_padding_that_is_asked_for_is_what_tiles_share(self, tmp_path: Path) -> None:
        place, ecd, package = packaged("yolov8", tmp_path)
        model = str(definition_in(package))
        driver = Driver(EcdDetector, model, score_threshold=0.3, padding=24)
        assert driver.configuration["padding"] == 24
        wanted = by_command_line(place, ecd, overlap=24)
        assert_same(by_function(driver, scene_of(place)), wanted)
        with pytest.raises(RuntimeError, match=f"Tiles of {TILE} pixels can't share {TILE}"):
            Driver(EcdDetector, model, padding=TILE)

    def test_nothing_where_there_is_no_data(self, tmp_path: Path) -> None:
        place, _, package = packaged("yolov8", tmp_path)
        driver = Driver(EcdDetector, str(definition_in(package)))
        array = scene_of(place).pixels
        assert driver.objects(Scene(array, np.zeros(array.shape[1:], bool))) == []

    @pytest.mark.parametrize("kind", ["yolov8", "turned"])
    def test_what_lies_in_no_data_is_left_out(self, kind: str, tmp_path: Path) -> None:
        """As many objects as of the function that has the whole engine, wherever data ends."""
        place, ecd, package = packaged(kind, tmp_path)
        theirs = Driver(Detect, str(ecd), **ASKED)
        ours = Driver(EcdDetector, str(definition_in(package)), **ASKED)
        array = scene_of(place).pixels
        row, column = np.mgrid[: array.shape[1], : array.shape[2]]
        counts = set()
        for slope, start in [(0.5, -40), (0.5, 0), (0.5, 20), (2, 40), (-1, 100), (-1, 160)]:
            scene = Scene(array, column >= slope * row + start)
            wanted = by_function(theirs, scene)
            assert_same(by_function(ours, scene), wanted)
            counts.add(len(wanted))
        assert len(counts) > 2

    def test_a_scene_smaller_than_a_tile(self, tmp_path: Path) -> None:
        place, ecd, package = packaged("yolov8", tmp_path)
        scene = Scene(scene_pixels(40, 50, [(28, 20, 10, 12, 0.9)]))
        place.scene = write_scene(tmp_path / "small.tif", scene.pixels)
        wanted = by_command_line(place, ecd)
        assert len(wanted) == 1
        driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
        assert_same(by_function(driver, scene), wanted)

    def test_without_a_model(self) -> None:
        function = EcdDetector()
        function.initialize(device=-1)
        with pytest.raises(RuntimeError, match="No model is open"):
            function.getParameterInfo()

    def test_what_the_model_does_not_tell_leaves_the_function_out(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        ecd = definition(place, model_of("torchvision", tmp_path)[0])
        package, findings = unpacked(ecd, tmp_path / "package")
        assert not list(package.glob("*.py"))
        (said,) = [item for item in findings if "raster function" in item.message][:1]
        assert "dl2ecd detect can be told what is missing" in said.hint


class TestHostile:
    @pytest.mark.parametrize(
        "told",
        [
            {"Tile": [0, 64]},
            {"Tile": [10**9, 64]},
            {"Tile": "many"},
            {"Configuration": {"padding": 64}},
            {"Configuration": {"padding": -1}},
            {"Names": [["x", "Tree"]]},
            {"Names": 7},
            {"Inputs": None},
        ],
    )
    def test_definitions(self, told: Any, tmp_path: Path) -> None:
        _, _, package = packaged("yolov8", tmp_path)
        with pytest.raises(RuntimeError, match="The package can't be used"):
            EcdDetector().initialize(model=str(changed(package, told=told)))

    def test_networks_elsewhere(self, tmp_path: Path) -> None:
        _, _, package = packaged("yolov8", tmp_path)
        (package.parent / "secret.onnx").write_bytes((package / "yolov8.onnx").read_bytes())
        with pytest.raises(RuntimeError, match="lies outside of the package"):
            EcdDetector().initialize(model=str(changed(package, ModelFile="../secret.onnx")))

    @pytest.mark.parametrize(
        ("kind", "shapes", "match"),
        [
            ("yolov8", {"output0": (1, 7, 4)}, "rows of 7 numbers"),
            ("detection-api", {"detection_boxes": (1, 9, 4), "detection_scores": (1, 5),
                               "detection_classes": (1, 9)}, "not as many boxes as scores"),
        ],
    )  # fmt: skip
    def test_a_network_that_gives_something_else(
        self, kind: str, shapes: Any, match: str, tmp_path: Path
    ) -> None:
        place, _, package = packaged(kind, tmp_path)
        write_constant(package / f"{kind}.onnx", shapes, 0.5)
        driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
        with pytest.raises(RuntimeError, match=match):
            driver.objects(scene_of(place))

    def test_scores_that_are_none(self, tmp_path: Path) -> None:
        place, _, package = packaged("yolov8", tmp_path)
        write_constant(package / "yolov8.onnx", {"output0": (1, 6, 4)}, 7.0)
        driver = Driver(EcdDetector, str(definition_in(package)), **ASKED)
        with pytest.raises(RuntimeError, match="scores up to 7, not shares"):
            driver.objects(scene_of(place))

    def test_a_grid_of_other_anchors(self) -> None:
        told = {"Width": 7, "Box": 4, "Grids": [{"Anchors": [[1, 2]]}]}
        with pytest.raises(RuntimeError, match="a grid of other anchors"):
            packed_detector._grids([np.zeros((1, 8, 2, 2))], told, (64, 64), 0.1)


def write_constant(path: Path, shapes: Any, value: float) -> None:
    """A network that gives the same numbers whatever it is given."""
    nodes, outputs = [], []
    for name, shape in shapes.items():
        tensor = helper.make_tensor(
            "v", TensorProto.FLOAT, shape, np.full(shape, value, "f4").ravel()
        )
        nodes.append(helper.make_node("Constant", [], [name], value=tensor))
        outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
    entry = helper.make_tensor_value_info("images", TensorProto.FLOAT, (1, 3, TILE, TILE))
    graph = helper.make_graph(nodes, "constant", [entry], outputs)
    opsets = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), str(path))
