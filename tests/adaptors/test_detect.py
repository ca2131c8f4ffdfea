"""Detect.py, driven as ArcGIS does: the polygons of ``dl2ecd detect``, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import pytest
import shapely

import dl2ecd_core.adaptors
from dl2ecd_core.adaptors.Detect import Detect
from dl2ecd_core.adaptors.opening import RasterFunctionError
from dl2ecd_core.conversion import convert
from dl2ecd_core.running.detect import DetectOptions, detect
from tests.adaptors.arcgis import Driver, Scene
from tests.adaptors.models import BYTES
from tests.running.objects import networks
from tests.running.objects.test_detect import (
    TILE,
    Place,
    model_of,
    objects_in,
    scene_pixels,
)
from tests.running.scenes import UTM, opened, write_scene

FILE = str(Path(dl2ecd_core.adaptors.__file__).with_name("Detect.py"))
#: Heads whose outputs tell all that is needed.
KINDS = ("yolov8", "yolov5", "end-to-end", "detection-api", "detr", "turned")


def definition(place: Place, model: Path, **more: Any) -> Path:
    document = json.loads(place.classes.read_text())
    place.classes.write_text(json.dumps({**document, "InputScaling": BYTES, **more}))
    convert(model, place.classes, place.folder / "model.ecd")
    return place.folder / "model.ecd"


def scene_of(place: Place) -> Scene:
    with opened(place.scene) as file:
        return Scene(file.read())


Found = List[Tuple[str, float, Any]]


def by_command_line(place: Place, ecd: Path, **options: Any) -> Found:
    asked = DetectOptions(**{"overlap": 16, "score": 0.3, **options})
    detect(place.scene, ecd, place.out, options=asked)
    _, shapes, fields = objects_in(place.out)
    return [
        (name, score, pixels_of(shape))
        for name, score, shape in zip(fields["name"], fields["score"], shapes)
    ]


def pixels_of(shape: Any) -> Any:
    """A shape on the map in the scene's pixels."""
    a, b, c, d, e, f = (~UTM["transform"])[:6]
    return shapely.transform(shape, lambda at: np.stack([at @ (a, b) + c, at @ (d, e) + f], -1))


def by_function(driver: Driver, scene: Scene, **how: Any) -> Found:
    return [
        (one["Class"], one["Confidence"], shape_of(one["rings"]))
        for one in driver.objects(scene, **how)
    ]


def shape_of(rings: List[Any]) -> Any:
    """Rings as a shape: those that run the other way round are holes."""
    shapes = [shapely.Polygon(ring) for ring in rings]
    whole = shapely.union_all([one for one in shapes if one.exterior.is_ccw])
    holes = [one for one in shapes if not one.exterior.is_ccw]
    return shapely.difference(whole, shapely.union_all(holes)) if holes else whole


def assert_same(found: Found, wanted: Found) -> None:
    assert len(found) == len(wanted)
    left = list(wanted)
    for name, score, shape in found:
        (same,) = [
            place
            for place, (other, value, outline) in enumerate(left)
            if name == other
            and abs(score - value) < 1e-6
            and shapely.symmetric_difference(shape, outline).area < 1e-3
        ]
        del left[same]


@pytest.mark.parametrize("kind", KINDS)
def test_objects_are_those_of_the_command_line(kind: str, tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, model_of(kind, tmp_path)[0])
    wanted = by_command_line(place, ecd)
    assert len(wanted) == 6
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16)
    for size in (None, (48, 48), (96, 144)):
        assert_same(by_function(driver, scene_of(place), size=size), wanted)


def test_outlines_are_those_of_the_command_line(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, networks.segmenting(tmp_path / "model" / "a.onnx"))
    wanted = by_command_line(place, ecd)
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16)
    assert_same(by_function(driver, scene_of(place)), wanted)


def test_the_padding_that_is_asked_for_is_what_tiles_share(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, model_of("yolov8", tmp_path)[0])
    driver = Driver(FILE, str(ecd), score_threshold="0.3")
    assert driver.configuration["padding"] == TILE // 4
    driver = Driver(FILE, str(ecd), score_threshold="0.3", padding="24")
    assert driver.configuration["padding"] == 24
    wanted = by_command_line(place, ecd, overlap=24)
    assert_same(by_function(driver, scene_of(place)), wanted)
    with pytest.raises(RasterFunctionError, match=r"\[overlap-wrong\]"):
        Driver(FILE, str(ecd), padding=TILE)


def test_lower_scores_are_left_out(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, model_of("yolov8", tmp_path)[0])
    wanted = by_command_line(place, ecd, score=0.6)
    assert 0 < len(wanted) < 6
    assert_same(by_function(Driver(FILE, str(ecd)), scene_of(place)), wanted)


def test_only_what_has_data_is_searched(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, model_of("yolov8", tmp_path)[0])
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16)
    pixels = scene_of(place).pixels
    assert driver.objects(Scene(pixels, np.zeros(pixels.shape[1:], bool))) == []


def test_pixels_of_other_types_ask_for_a_scaling(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = definition(place, model_of("yolov8", tmp_path)[0])
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16)
    pixels = scene_of(place).pixels
    wanted = by_function(driver, Scene(pixels))
    assert_same(by_function(driver, Scene(pixels.astype("float32"))), wanted)
    ecd.write_text(ecd.read_text().replace("InputScaling", "SomethingElse"))
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16, scaling="scale 256")
    again = by_function(driver, Scene(pixels.astype("uint16")))
    assert len(again) == len(wanted)


class TestWhatArcGisIsTold:
    def test_fields(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        driver = Driver(FILE, str(definition(place, model_of("yolov8", tmp_path)[0])))
        assert driver.fields() == [
            ("OID", "esriFieldTypeOID"),
            ("Class", "esriFieldTypeString"),
            ("Confidence", "esriFieldTypeDouble"),
            ("Shape", "esriFieldTypeGeometry"),
        ]
        names = ["raster", "model", "device", "padding", "score_threshold"]
        assert list(driver.parameters) == names
        assert driver.parameters["score_threshold"]["value"] == 0.6

    def test_parameters_before_a_model_is_known(self) -> None:
        function = Detect()
        function.initialize()
        names: List[Dict[str, Any]] = function.getParameterInfo()
        assert [entry["name"] for entry in names] == [
            "raster", "model", "device", "padding", "score_threshold", "batch_size", "scaling",
        ]  # fmt: skip


class TestRefused:
    def test_another_number_of_bands(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        driver = Driver(FILE, str(definition(place, model_of("yolov8", tmp_path)[0])))
        with pytest.raises(ValueError, match="gives 4 bands, the model takes 3"):
            driver.function.vectorize(raster_pixels=np.zeros((4, 9, 9), "u1"))

    def test_a_model_that_does_not_tell_how_objects_are_read(self, tmp_path: Path) -> None:
        place = Place(tmp_path)
        ecd = definition(place, model_of("torchvision", tmp_path)[0])
        with pytest.raises(RasterFunctionError, match=r"\[detector-incomplete\].*--first-label"):
            Driver(FILE, str(ecd))

    def test_what_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        place = Place(tmp_path)
        driver = Driver(FILE, str(definition(place, model_of("yolov8", tmp_path)[0])))
        monkeypatch.setitem(sys.modules, "shapely", None)
        with pytest.raises(RasterFunctionError, match=r"shapely is missing from ArcGIS's Python"):
            driver.objects(scene_of(place))


def test_a_scene_of_one_object_over_the_corner_of_four_blocks(tmp_path: Path) -> None:
    place = Place(tmp_path)
    pixels = scene_pixels(160, 208, [(48 + 4, 48 + 4, 14, 14, 0.9)])
    place.scene = write_scene(tmp_path / "one.tif", pixels)
    ecd = definition(place, model_of("yolov8", tmp_path)[0])
    driver = Driver(FILE, str(ecd), score_threshold=0.3, padding=16)
    wanted = by_command_line(place, ecd)
    assert len(wanted) == 1
    assert_same(by_function(driver, Scene(pixels), size=(48, 48)), wanted)


def test_shapes_are_compared_with_care() -> None:
    box = shapely.box(0, 0, 4, 4)
    rings = [list(box.exterior.coords), list(shapely.box(1, 1, 2, 2).exterior.reverse().coords)]
    assert shape_of(rings).area == 15
    with pytest.raises(ValueError, match="not enough values"):
        assert_same([("Tree", 0.5, box)], [("Car", 0.5, box)])
