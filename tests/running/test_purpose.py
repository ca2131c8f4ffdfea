"""A detector makes no map, a model of pixels finds no objects: each is told the other command."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.models import Tensor
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.detect import DetectOptions, detect
from dl2ecd_core.running.label import label
from dl2ecd_core.running.objects.reading import AskedReading, reading_of
from tests.running.scenes import fixture, pixels, write_classes, write_scene

BYTES = ["min-max 0 255"]

pytestmark = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("shapely", "pyogrio", "onnx"))),
    reason="objects need what the extra detect brings",
)


class Place:
    """A folder with a scene, a model and its classes."""

    def __init__(self, folder: Path, **more: Any) -> None:
        self.folder = folder
        self.scene = write_scene(folder / "scene.tif", pixels(90, 70))
        self.model = fixture("unet", folder / "model")
        self.classes = write_classes(folder / "classes.json", (100, 200), **more)

    def ecd(self) -> Path:
        convert(self.model, self.classes, self.folder / "model.ecd")
        return self.folder / "model.ecd"

    def emd(self) -> Path:
        (self.folder / "package").mkdir()
        export(read_ecd(self.ecd()), "emd", self.folder / "package" / "model.emd")
        return self.folder / "package" / "model.emd"

    def classified(self, model: Path, **more: Any) -> Finding:
        with pytest.raises(Dl2EcdError) as refused:
            classify(
                self.scene, model, self.folder / "map.tif", options=Options(scale=BYTES), **more
            )
        assert not (self.folder / "map.tif").exists()
        return refused.value.findings[-1]

    def detected(self, model: Path, **reading: Any) -> Finding:
        options = DetectOptions(scale=BYTES, reading=AskedReading(**reading))
        with pytest.raises(Dl2EcdError) as refused:
            detect(self.scene, model, self.folder / "objects.gpkg", options=options)
        return refused.value.findings[-1]


@pytest.mark.parametrize("ending", ["ecd", "emd"])
def test_a_definition_that_says_it_detects_makes_no_map(tmp_path: Path, ending: str) -> None:
    place = Place(tmp_path, ModelType="ObjectDetection")
    said = place.classified(getattr(place, ending)())
    assert said.rule == "model-of-objects"
    assert said.message == (
        "The definition's ModelType is 'ObjectDetection': the model finds objects, and gives no "
        "classes to pixels."
    )
    assert said.hint == "Find the objects of a scene: dl2ecd detect, one scene at a time."


@pytest.mark.parametrize("given", [{}, {"ModelType": "ImageClassification"}])
def test_outputs_that_are_a_detectors_make_no_map(tmp_path: Path, given: Any) -> None:
    from tests.running.objects import networks

    place = Place(tmp_path)
    write_classes(place.classes, (100, 200), 3, **given)
    said = place.classified(networks.yolov8(tmp_path / "y" / "a.onnx"), class_info=place.classes)
    assert said.rule == "model-of-objects"
    assert "dl2ecd detect" in str(said.hint)


def test_nor_do_they_give_a_class_to_a_picture(tmp_path: Path) -> None:
    place = Place(tmp_path, ModelType="ObjectDetection")
    with pytest.raises(Dl2EcdError) as refused:
        label(tmp_path, place.ecd(), tmp_path / "table.csv")
    assert refused.value.findings[-1].rule == "model-of-objects"


def test_a_definition_that_says_it_classifies_pixels_finds_no_objects(tmp_path: Path) -> None:
    place = Place(tmp_path)
    ecd = place.ecd()
    assert json.loads(ecd.read_text(encoding="utf-8"))["ModelType"] == "ImageClassification"
    said = place.detected(ecd)
    assert said.rule == "model-of-pixels"
    assert said.hint == "Make a map of a scene: dl2ecd classify."


def test_whoever_names_a_head_is_believed(tmp_path: Path) -> None:
    place = Place(tmp_path)
    assert place.detected(place.ecd(), head="yolov8").rule == "detector-unknown"


def test_where_nothing_says_what_a_model_is_for_its_outputs_are_named(tmp_path: Path) -> None:
    place = Place(tmp_path, ModelType="ObjectDetection")
    said = place.detected(place.ecd())
    assert said.rule == "detector-unknown"
    assert "''" not in said.message
    assert "can't be told: 'logits' (? x 2 x 16 x 16)." in said.message


def test_of_many_outputs_some_are_named() -> None:
    outputs = [Tensor(f"out{place}", (1, 7), "NC") for place in range(10)]
    with pytest.raises(Dl2EcdError) as refused:
        reading_of(None, outputs, 2, AskedReading(), "a.ecd")
    assert refused.value.findings[0].message.endswith("'out7' (1 x 7) and 2 more.")
