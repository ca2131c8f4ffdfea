"""Detecting objects, as the algorithm does it."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from pathlib import Path

import pytest

from dl2ecd_core.pane.speech import CANCELLED
from dl2ecd_core.qgis.checking import definition_problem
from dl2ecd_core.qgis.reporting import Failure
from dl2ecd_core.qgis.work import WantedObjects, detect_scene, layer_lines
from tests.qgis.feedback import Recorded

if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime", "rasterio", "pyogrio"))):
    pytest.skip("the extras run and detect are not installed", allow_module_level=True)

import numpy as np

from dl2ecd_core.conversion import convert
from dl2ecd_core.running.maps.report import BandsTaken
from dl2ecd_core.running.objects.reading import AskedReading
from dl2ecd_core.running.objects.report import Detection, ObjectCount
from tests.running.objects import networks
from tests.running.objects.test_detect import Place, objects_in

SCALED = WantedObjects(scaling="min-max 0 255", score=0.3, overlap=16)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = Place(tmp_path)
    convert(networks.yolov8(tmp_path / "m" / "a.onnx"), made.classes, tmp_path / "a.ecd")
    return made


def found(place: Place, wanted: WantedObjects, feedback: Recorded) -> Path:
    ecd = str(place.folder / "a.ecd")
    return detect_scene(str(place.scene), ecd, str(place.out), wanted, feedback)


def test_the_objects_of_the_other_doors(place: Place) -> None:
    feedback = Recorded()
    style = found(place, SCALED, feedback)
    assert style == place.out.with_suffix(".qml")
    assert style.exists()
    other = place.folder / "other.gpkg"
    place.detect(place.folder / "m" / "a.onnx", other)
    ours, theirs = (objects_in(path)[1] for path in (place.out, other))
    assert [shape.wkt for shape in ours] == [shape.wkt for shape in theirs]
    assert feedback.positions[-1] == 100
    assert feedback.texts("info")[-1] == f"Written: {place.out}"


def test_everything_that_can_be_asked_for(place: Place) -> None:
    place.out.write_bytes(b"somebody's work")
    wanted = WantedObjects(
        bands="1,2,3",
        scaling=" clip 0 255 ; min-max 0 255;",
        extent=(500_000, 4_999_840, 500_240, 5_000_000),
        score=0.3,
        iou=0.4,
        classes="Car, 10",
        overlap=16,
        reading=AskedReading(head="yolov8"),
        overwrite=True,
    )
    found(place, wanted, Recorded())
    assert len(objects_in(place.out)[1]) == 3


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (WantedObjects(), r"^\[scaling-unknown\].* give Scaling\."),
        (WantedObjects(scaling="none", classes="Boat"), r"^\[class-not-listed\]"),
        (WantedObjects(scaling="none", overlap=64), r"^\[overlap-wrong\]"),
    ],
)
def test_findings_name_the_parameters_of_the_dialog(
    place: Place, wanted: WantedObjects, words: str
) -> None:
    with pytest.raises(Failure, match=words):
        found(place, wanted, Recorded())
    assert not place.out.exists()


def test_what_the_model_does_not_tell_is_asked_for_by_label(place: Place) -> None:
    convert(
        networks.separate(place.folder / "m" / "b.onnx"), place.classes, place.folder / "a.ecd",
        overwrite=True,
    )  # fmt: skip
    with pytest.raises(Failure, match=r"Say 'First Label \(0 or 1\)'"):
        found(place, SCALED, Recorded())


def test_cancelled(place: Place) -> None:
    with pytest.raises(Failure) as failure:
        found(place, SCALED, Recorded(cancel_at=0))
    assert str(failure.value) == CANCELLED
    assert not place.out.exists()


def test_shapely_is_to_be_had_for_qgis(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "shapely", None)
    with pytest.raises(Failure) as failure:
        found(place, SCALED, Recorded())
    text = str(failure.value)
    assert text.startswith("[runtime-missing] shapely is needed to find objects")
    assert f"pip install shapely numpy=={np.__version__}" in text
    said = definition_problem(str(place.folder / "a.ecd"), needs=("shapely",), patience=60)
    assert said is not None
    assert "pip install shapely" in said


def test_nothing_is_missing(place: Place) -> None:
    ecd = str(place.folder / "a.ecd")
    assert definition_problem(ecd, needs=("shapely",), patience=60) is None


def test_objects_of_each_class_and_their_scores() -> None:
    classes = (
        ObjectCount(1, "Tree", (1, 2, 3), 1200, (0.3, 0.987)),
        ObjectCount(2, "Car", None, 0, None),
    )
    done = Detection("a.gpkg", (), "ONNX Runtime", "x (--scale)", 1.0, classes, "rows", 16, 4)
    done = dataclasses.replace(done, bands=BandsTaken((4, 2), 6))
    assert layer_lines(done) == [
        "Run by ONNX Runtime; bands 4 and 2 of 6; scaling: x (Scaling); read as rows",
        "1  Tree: 1,200 (0.30 to 0.99)",
        "2  Car: 0",
        "Written: a.gpkg",
    ]
