"""From a scene and a definition to a layer of objects, as a person does it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Sequence, Tuple

import numpy as np
import pyogrio.raw
import pytest
import rasterio.warp
import shapely
from click.testing import CliRunner
from rasterio.transform import Affine

from dl2ecd_core.cli import model_run
from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.files.output import write_failure
from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.models import Tensor
from dl2ecd_core.progress import Listener
from dl2ecd_core.running import bounded
from dl2ecd_core.running.detect import WRITING, DetectOptions, detect
from dl2ecd_core.running.objects.detector import detector_input
from dl2ecd_core.running.objects.reading import AskedReading
from dl2ecd_core.running.objects.report import Detection
from dl2ecd_core.running.processes.own_process import MARK
from tests.cli.conftest import check_document
from tests.conftest import NO_POSIX
from tests.running.objects import networks
from tests.running.scenes import (
    ITRF,
    UTM,
    dated_and_of_points,
    epochs_in,
    write_classes,
    write_scene,
)

TILE = 64
BYTES = "min-max 0 255"

#: Column and row of a cell's middle, width, height, and score, all but the score in pixels.
Thing = Tuple[int, int, int, int, float]

#: In a scene of 4 x 3 tiles: some in the middle of tiles, some on the edges of one and of two.
THINGS: List[Thing] = [
    (28, 28, 20, 10, 0.6),
    (60, 28, 10, 16, 0.9),
    (52, 52, 16, 16, 0.7),
    (100, 100, 14, 14, 0.9),
    (148, 108, 16, 8, 0.5),
    (204, 156, 8, 8, 0.9),
]


def scene_pixels(height: int, width: int, things: Sequence[Thing]) -> np.ndarray:
    pixels = np.zeros((3, height, width), "uint8")
    for column, row, wide, high, score in things:
        cell = (slice(row - 4, row + 4), slice(column - 4, column + 4))
        for band, share in enumerate((score, wide / 100, high / 100)):
            pixels[band][cell] = round(share * 255)
    return pixels


def bounds_of(thing: Thing) -> Tuple[float, float, float, float]:
    column, row, wide, high, _ = thing
    return column - wide / 2, row - high / 2, column + wide / 2, row + high / 2


class Place:
    """A folder with a scene, a model and its classes."""

    def __init__(self, folder: Path, things: Sequence[Thing] = THINGS, **profile: Any) -> None:
        self.folder = folder
        pixels = scene_pixels(TILE + 2 * 48, TILE + 3 * 48, things)
        self.scene = write_scene(folder / "scene.tif", pixels, **profile)
        self.classes = write_classes(folder / "classes.json", (10, 20), 3)
        document = json.loads(self.classes.read_text())
        for item, name in zip(document["Classes"], ("Tree", "Car")):
            item["Name"] = name
        self.classes.write_text(json.dumps(document))
        self.out = folder / "objects.gpkg"

    def detect(self, model: Path, out: Optional[Path] = None, **more: Any) -> Detection:
        reading = more.pop("reading", AskedReading())
        asked = {"scale": [BYTES], "overlap": 16, "score": 0.3, **more.pop("options", {})}
        options = DetectOptions(reading=reading, **asked)
        return detect(
            self.scene, model, out or self.out, class_info=self.classes, options=options, **more
        )


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def objects_in(path: Path) -> Tuple[Dict[str, Any], List[Any], Dict[str, List[Any]]]:
    about, _, shapes, values = pyogrio.raw.read(path)
    fields = {name: list(column) for name, column in zip(about["fields"], values)}
    return about, list(shapely.from_wkb(shapes)), fields


def in_pixels(shape: Any, transform: Affine) -> Tuple[float, ...]:
    turned = np.array([transform[0:2], transform[3:5]])
    start = (transform.c, transform.f)
    return tuple(shapely.transform(shape, lambda xy: (xy - start) @ np.linalg.inv(turned).T).bounds)


def on_the_map(transform: Affine, column: float, row: float) -> Tuple[float, float]:
    a, b, c, d, e, f = transform[:6]
    return a * column + b * row + c, d * column + e * row + f


def model_of(kind: str, folder: Path) -> Tuple[Path, AskedReading]:
    path = folder / "model" / f"{kind}.onnx"
    names = ("detection_boxes", "detection_scores", "detection_classes")
    return {
        "yolov8": lambda: (networks.yolov8(path), AskedReading()),
        "yolov5": lambda: (networks.yolov5(path), AskedReading()),
        "end-to-end": lambda: (networks.end_to_end(path), AskedReading()),
        "detection-api": lambda: (
            networks.separate(path, names=names, rows_first=True),
            AskedReading(),
        ),
        "torchvision": lambda: (networks.separate(path), AskedReading(first_label=1)),
        "ssd": lambda: (
            networks.ssd(path),
            AskedReading(None, "corners", "fractions", None, "none", "first"),
        ),
        "detr": lambda: (networks.detr(path), AskedReading()),
        "turned": lambda: (networks.turned(path, angle=0.0), AskedReading()),
    }[kind]()


KINDS = (
    "yolov8",
    "yolov5",
    "end-to-end",
    "detection-api",
    "torchvision",
    "ssd",
    "detr",
    "turned",
)


@pytest.mark.parametrize("kind", KINDS)
def test_finds_every_object_once_and_whole(place: Place, kind: str) -> None:
    model, reading = model_of(kind, place.folder)
    done = place.detect(model, reading=reading)
    _, shapes, fields = objects_in(place.out)
    assert done.tiles == 12
    assert len(shapes) == len(THINGS) == done.objects
    found = sorted(
        (*in_pixels(shape, UTM["transform"]), score, value, name)
        for shape, score, value, name in zip(
            shapes, fields["score"], fields["value"], fields["name"]
        )
    )
    for (*sides, score, value, name), thing in zip(found, sorted(THINGS, key=bounds_of)):
        shared = shapely.box(*sides).intersection(shapely.box(*bounds_of(thing))).area
        union = shapely.box(*sides).union(shapely.box(*bounds_of(thing))).area
        # Sides are told in steps of 100 / 255 pixels.
        assert shared / union > 0.9
        assert score == pytest.approx(round(thing[4] * 255) / 255, abs=1e-4)
        assert (value, name) == ((20, "Car") if thing[4] > 0.8 else (10, "Tree"))


@pytest.mark.parametrize("kind", ["yolov8", "torchvision"])
@pytest.mark.parametrize("ending", ["ecd", "dlpk", "emd"])
def test_definitions_and_packages_hold_all_that_is_needed(
    place: Place, kind: str, ending: str
) -> None:
    model, reading = model_of(kind, place.folder)
    ecd, other = place.folder / "a.ecd", place.folder / "out" / f"a.{ending}"
    convert(model, place.classes, ecd)
    if ending != "ecd":
        other.parent.mkdir()
        export(read_ecd(ecd), ending, other)
    options = DetectOptions(scale=[BYTES], overlap=16, score=0.3, reading=reading)
    done = detect(place.scene, ecd if ending == "ecd" else other, place.out, options=options)
    assert [(item.name, item.objects) for item in done.classes] == [("Tree", 3), ("Car", 3)]


def test_boxes_are_exact(place: Place) -> None:
    """Sides that the scene's 8 bits can say come out to a thousandth of a pixel."""
    thing = (28, 28, 20, 40, 0.6)
    place.scene = write_scene(place.scene, scene_pixels(160, 208, [thing]))
    place.detect(networks.yolov8(place.folder / "m" / "a.onnx"))
    (shape,) = objects_in(place.out)[1]
    assert in_pixels(shape, UTM["transform"]) == pytest.approx(bounds_of(thing), abs=1e-3)


def test_turned_outlines_are_turned(place: Place) -> None:
    place.scene = write_scene(place.scene, scene_pixels(160, 208, [(28, 28, 20, 40, 0.6)]))
    place.detect(networks.turned(place.folder / "m" / "a.onnx", angle=np.pi / 6))
    (shape,) = objects_in(place.out)[1]
    cosine, sine = np.cos(np.pi / 6), np.sin(np.pi / 6)
    corner = on_the_map(
        UTM["transform"], 28 + 10 * cosine - 20 * sine, 28 + 10 * sine + 20 * cosine
    )
    assert shape.distance(shapely.Point(corner)) < 1e-2
    assert shape.area == pytest.approx(20 * 40 * 4, rel=1e-4)


class TestOutlines:
    """Objects of models with masks: see :func:`networks.segmenting`."""

    def found(self, place: Place, things: Sequence[Thing], size: Tuple[int, int]) -> List[Any]:
        place.scene = write_scene(place.scene, scene_pixels(*size, things))
        place.detect(networks.segmenting(place.folder / "m" / "a.onnx"))
        about, shapes, _ = objects_in(place.out)
        assert about["geometry_type"] == "MultiPolygon"
        return [in_pixels(shape, UTM["transform"]) for shape in shapes]

    def test_a_mask_ends_with_its_box(self, place: Place) -> None:
        assert self.found(place, [(28, 28, 20, 40, 0.9)], (64, 64)) == [(18, 8, 38, 48)]

    def test_a_mask_may_be_less_than_its_box(self, place: Place) -> None:
        # The left half of the tile ends at column 32.
        assert self.found(place, [(28, 28, 20, 40, 0.6)], (64, 64)) == [(18, 8, 32, 48)]

    def test_a_box_without_a_mask_stays_a_box(self, place: Place) -> None:
        (bounds,) = self.found(place, [(52, 28, 20, 8, 0.6)], (64, 64))
        assert bounds == pytest.approx((42, 24, 62, 32), abs=0.3)

    def test_a_mask_ends_with_the_scene(self, place: Place) -> None:
        assert self.found(place, [(28, 28, 20, 40, 0.9)], (40, 33)) == [(18, 8, 33, 40)]

    def test_a_box_without_a_mask_ends_with_the_scene_too(self, place: Place) -> None:
        (bounds,) = self.found(place, [(52, 28, 20, 8, 0.6)], (64, 57))
        assert bounds == pytest.approx((42, 24, 57, 32), abs=0.3)
        assert bounds[2] == 57

    def test_tiles_are_put_together(self, place: Place) -> None:
        found = self.found(place, [(60, 28, 8, 20, 0.9), (148, 108, 12, 8, 0.9)], (160, 208))
        assert sorted(found) == [(56, 18, 64, 38), (142, 104, 154, 112)]


class TestWhereObjectsLie:
    THING = (28, 36, 20, 40, 0.6)

    def outline(self, folder: Path, **profile: Any) -> Any:
        place = Place(folder, [self.THING], **profile)
        place.detect(networks.yolov8(folder / "m" / "a.onnx"))
        about, (shape,), _ = objects_in(place.out)
        return about, shape

    @pytest.mark.parametrize(
        "transform",
        [
            Affine(0.3, 0, 300_000, 0, 0.3, 4_000_000),
            Affine(1.75, 1.5, 5e5, 1.0, -2.5, 5e6),
        ],
    )
    def test_a_scene_that_is_not_north_up(self, tmp_path: Path, transform: Affine) -> None:
        _, shape = self.outline(tmp_path, transform=transform, crs="EPSG:32632")
        left, top, right, bottom = bounds_of(self.THING)
        around = [(left, top), (right, top), (right, bottom), (left, bottom)]
        wanted = shapely.Polygon([on_the_map(transform, *corner) for corner in around])
        assert shape.symmetric_difference(wanted).area < 1e-3 * wanted.area

    def test_a_scene_in_feet(self, tmp_path: Path) -> None:
        transform = Affine(2, 0, 1_000_000, 0, -2, 200_000)
        about, shape = self.outline(tmp_path, transform=transform, crs="EPSG:2263")
        assert about["crs"] == "EPSG:2263"
        wanted = shapely.box(1_000_036, 200_000 - 112, 1_000_076, 200_000 - 32)
        assert shape.symmetric_difference(wanted).area < 1e-3 * wanted.area

    def test_a_scene_of_a_year_in_a_moving_system(self, tmp_path: Path) -> None:
        place = Place(tmp_path, [self.THING], transform=Affine(1e-5, 0, 7, 0, -1e-5, 51))
        dated_and_of_points(place.scene)
        place.detect(networks.yolov8(tmp_path / "m" / "a.onnx"))
        assert epochs_in(place.out) == [2021.25]
        about, shapes, _ = objects_in(place.out)
        assert about["crs"] == ITRF
        assert [shape.bounds for shape in shapes] == [
            pytest.approx((7 + 18e-5, 51 - 56e-5, 7 + 38e-5, 51 - 16e-5), abs=1e-7)
        ]

    def test_a_scene_without_a_place_gives_its_pixels(self, tmp_path: Path) -> None:
        place = Place(tmp_path, [self.THING])
        place.scene.unlink()
        pixels = scene_pixels(160, 208, [self.THING])
        place.scene = write_scene(tmp_path / "scene.tif", pixels, crs=None, transform=None)
        done = place.detect(networks.yolov8(tmp_path / "m" / "a.onnx"))
        about, (shape,), _ = objects_in(place.out)
        left, top, right, bottom = bounds_of(self.THING)
        assert about["crs"] is None
        assert shape.bounds == pytest.approx((left, -bottom, right, -top), abs=1e-3)
        assert "scene-without-place" in [item.rule for item in done.findings]

    def test_a_scene_without_a_coordinate_system(self, tmp_path: Path) -> None:
        place = Place(tmp_path, [self.THING], crs=None)
        out = tmp_path / "objects.geojson"
        done = place.detect(networks.yolov8(tmp_path / "m" / "a.onnx"), out)
        (said,) = [item for item in done.findings if item.rule == "scene-without-place"]
        assert "GeoJSON is in degrees" in said.message
        (shape,) = objects_in(out)[1]
        assert in_pixels(shape, UTM["transform"]) == pytest.approx(bounds_of(self.THING), abs=1e-3)

    def test_geojson_is_in_degrees(self, tmp_path: Path) -> None:
        place = Place(tmp_path, [self.THING])
        out = tmp_path / "objects.geojson"
        place.detect(networks.yolov8(tmp_path / "m" / "a.onnx"), out)
        (feature,) = json.loads(out.read_text())["features"]
        assert feature["properties"] == {
            "value": 10,
            "name": "Tree",
            "score": pytest.approx(0.6),
        }
        left, top, right, bottom = bounds_of(self.THING)
        corners = [on_the_map(UTM["transform"], *one) for one in ((left, top), (right, bottom))]
        xs, ys = rasterio.warp.transform("EPSG:32632", "EPSG:4326", *map(list, zip(*corners)))
        ring = shapely.LinearRing(feature["geometry"]["coordinates"][0])
        assert ring.is_ccw
        for corner in zip(xs, ys):
            assert ring.distance(shapely.Point(corner)) < 1e-7


class TestTiles:
    def test_a_scene_smaller_than_a_tile_is_filled_up(self, place: Place) -> None:
        thing = (20, 12, 8, 8, 0.9)
        place.scene = write_scene(place.scene, scene_pixels(30, 40, [thing]))
        done = place.detect(networks.end_to_end(place.folder / "m" / "a.onnx"))
        assert done.objects == done.tiles == 1
        assert "scene-padded" in [item.rule for item in done.findings]

    def test_what_is_longer_than_tiles_share_is_whole(self, place: Place) -> None:
        thing = (60, 28, 40, 8, 0.9)
        place.scene = write_scene(place.scene, scene_pixels(160, 208, [thing]))
        done = place.detect(networks.end_to_end(place.folder / "m" / "a.onnx"))
        assert (done.objects, done.tiles) == (1, 13)
        (shape,) = objects_in(place.out)[1]
        assert in_pixels(shape, UTM["transform"]) == pytest.approx(bounds_of(thing), abs=0.1)
        assert "objects-cut" not in [item.rule for item in done.findings]

    def test_what_no_tile_shows_the_end_of_is_said(self, place: Place) -> None:
        # The box ends with the tile in which the model sees its middle.
        thing = (44, 28, 98, 8, 0.9)
        place.scene = write_scene(place.scene, scene_pixels(160, 208, [thing]))
        done = place.detect(networks.end_to_end(place.folder / "m" / "a.onnx"))
        assert "objects-cut" in [item.rule for item in done.findings]

    def test_tiles_without_data_are_not_run(self, place: Place) -> None:
        pixels = np.full((3, 160, 208), 0, "uint8")
        place.scene = write_scene(place.scene, pixels, nodata=0)
        done = place.detect(networks.yolov8(place.folder / "m" / "a.onnx"))
        assert (done.objects, [item.scores for item in done.classes]) == (0, [None, None])
        assert objects_in(place.out)[1] == []

    def test_an_overlap_must_leave_something(self, place: Place) -> None:
        assert refusal(place, options={"overlap": TILE}) == "overlap-wrong"

    def test_what_is_no_number_goes_in_as_0(self, place: Place) -> None:
        pixels = scene_pixels(160, 208, THINGS).astype("float32")
        pixels[:, :8, :8] = np.nan
        place.scene = write_scene(place.scene, pixels)
        assert place.detect(networks.yolov8(place.folder / "m" / "a.onnx")).objects == 6


def refusal(place: Place, **more: Any) -> str:
    with pytest.raises(Dl2EcdError) as caught:
        place.detect(networks.yolov8(place.folder / "m" / "a.onnx"), **more)
    assert not place.out.exists()
    return caught.value.findings[0].rule


class TestWhatIsWanted:
    @pytest.mark.parametrize("wanted", [["Car"], [20], ["car "]])
    def test_classes_by_name_and_by_value(self, place: Place, wanted: List[Any]) -> None:
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        done = place.detect(model, options={"classes": wanted})
        assert [item.objects for item in done.classes] == [0, 3]

    def test_a_class_that_is_not_listed(self, place: Place) -> None:
        assert refusal(place, options={"classes": ["Boat"]}) == "class-not-listed"

    def test_scores(self, place: Place) -> None:
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        done = place.detect(model, options={"score": 0.65})
        assert [item.objects for item in done.classes] == [1, 3]
        assert done.classes[0].scores == pytest.approx((0.7, 0.7), abs=0.01)

    def test_of_no_object_the_best_score_is_told(self, place: Place) -> None:
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        done = place.detect(model, options={"score": 0.97})
        (said,) = (item for item in done.findings if item.rule == "objects-none")
        assert "a score of at least 0.97. Of tiles without any, the best" in said.message
        assert said.message.endswith(" is 0.9.")
        assert "--score" in said.hint

    def test_what_is_not_wanted_is_no_object(self, place: Place) -> None:
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        away = (500_000, 4_999_998, 500_002, 5_000_000)
        done = place.detect(model, extent=away)
        assert done.objects == 0
        assert "objects-none" in [item.rule for item in done.findings]

    def test_overlaps(self, place: Place) -> None:
        # Two neighbouring cells: their boxes share two thirds of either, half of both together.
        things = [(28, 28, 24, 24, 0.9), (36, 28, 24, 24, 0.85)]
        place.scene = write_scene(place.scene, scene_pixels(160, 208, things))
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        assert place.detect(model, options={"iou": 0.45}).objects == 1
        assert place.detect(model, options={"iou": 0.55}).objects == 2

    def test_the_exporter_knows_its_scaling(self, place: Place) -> None:
        model = networks.yolov8(place.folder / "m" / "a.onnx", author="Ultralytics")
        done = place.detect(model, options={"scale": ()})
        assert done.objects == len(THINGS)
        assert "the exporter's own" in done.scaling

    def test_scaling_that_nothing_tells(self, place: Place) -> None:
        assert refusal(place, options={"scale": ()}) == "scaling-unknown"


class TestTheFiles:
    def test_a_style_lies_beside_the_layer(self, place: Place) -> None:
        place.detect(networks.yolov8(place.folder / "m" / "a.onnx"))
        text = place.out.with_suffix(".qml").read_text()
        assert 'attr="value"' in text
        assert '<category value="20" symbol="1" label="Car" render="true" type="long"/>' in text
        assert '<prop k="outline_color" v="40,200,11,255"/>' in text

    @pytest.mark.parametrize("name", ["objects.gpkg", "objects.geojson"])
    def test_an_earlier_layer_is_replaced_and_nothing_else(self, place: Place, name: str) -> None:
        out = place.folder / name
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        place.detect(model, out)
        place.detect(model, out)
        for file in (out, out.with_suffix(".qml")):
            kept = file.read_bytes()
            file.write_bytes(b"somebody's work")
            with pytest.raises(Dl2EcdError) as caught:
                place.detect(model, out)
            assert caught.value.findings[0].rule == "output-is-another-file"
            file.write_bytes(kept)
        out.write_bytes(b"somebody's work")
        place.detect(model, out, overwrite=True)
        assert len(objects_in(out)[1]) == len(THINGS)

    def test_the_scene_itself_is_never_replaced(self, place: Place) -> None:
        inside = place.scene.rename(place.folder / "scene.gpkg")
        place.scene = place.out = inside
        before = inside.read_bytes()
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        with pytest.raises(Dl2EcdError) as caught:
            place.detect(model, overwrite=True)
        assert caught.value.findings[0].rule == "output-is-input"
        assert inside.read_bytes() == before

    def test_a_name_of_another_kind(self, place: Place) -> None:
        place.out = place.folder / "objects.shp"
        assert refusal(place) == "output-ending"

    def test_who_cancels_gets_nothing(self, place: Place) -> None:
        class Cancelling(Listener):
            tiles = 0

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.tiles += doing == "Detecting"

            def cancelled(self) -> bool:
                return self.tiles > 2

        before = sorted(path.name for path in place.folder.iterdir())
        with pytest.raises(Cancelled):
            place.detect(networks.yolov8(place.folder / "a.onnx"), messages=Cancelling())
        assert sorted(path.name for path in place.folder.iterdir()) == sorted([*before, "a.onnx"])

    @pytest.mark.skipif(NO_POSIX, reason="Windows lets nobody write to a file that is open")
    def test_of_a_scene_that_changes_meanwhile_there_are_none(self, place: Place) -> None:
        class Changing(Listener):
            def progressed(self, done: int, total: int, doing: str) -> None:
                with place.scene.open("r+b") as file:
                    file.seek(-1, os.SEEK_END)
                    file.write(b"\7")

        with pytest.raises(Dl2EcdError, match="file-changed"):
            place.detect(networks.yolov8(place.folder / "a.onnx"), messages=Changing())
        assert not place.out.exists()
        assert not list(place.folder.glob(".dl2ecd*"))

    def test_progress_is_told(self, place: Place) -> None:
        class Hearing(Listener):
            def __init__(self) -> None:
                self.heard: List[Tuple[int, int, str]] = []

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.heard.append((done, total, doing))

        hearing = Hearing()
        place.detect(networks.yolov8(place.folder / "m" / "a.onnx"), messages=hearing)
        assert [one for one in hearing.heard if one[2] == "Detecting"] == [
            (done, 12, "Detecting") for done in range(1, 13)
        ]
        assert hearing.heard[-1] == (1, 1, WRITING)

    @pytest.mark.parametrize(
        ("error", "free", "rule"),
        [
            (OSError(28, "No space left"), 1 << 40, "output-disk-full"),
            (RuntimeError("sqlite3_exec(...): database or disk is full"), 0, "output-disk-full"),
            (RuntimeError("sqlite"), 0, "output-disk-full"),
            (RuntimeError("sqlite"), 1 << 40, "output-not-writable"),
        ],
    )
    def test_what_can_not_be_written(
        self,
        place: Place,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
        free: int,
        rule: str,
    ) -> None:
        """Of what SQLite could not do, a disk that has no room is the likely reason."""
        monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=free))

        def failing(*arguments: Any, **options: Any) -> None:
            raise error

        monkeypatch.setattr(pyogrio.raw, "write", failing)
        assert refusal(place) == rule

    @pytest.mark.parametrize("what", ["write_style", "write_object_preview"])
    def test_layer_style_and_picture_take_their_places_together(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, what: str
    ) -> None:
        """Where there is no room for one, an older layer stays."""
        model = networks.yolov8(place.folder / "m" / "a.onnx")
        place.detect(model)
        before = place.out.read_bytes()

        def failing(target: Path, *arguments: Any) -> None:
            raise write_failure(OSError(28, "No space left"), target)

        monkeypatch.setattr(f"dl2ecd_core.running.detect.{what}", failing)
        with pytest.raises(Dl2EcdError, match="output-disk-full"):
            place.detect(model, preview=place.folder / "a.png", options={"score": 0.9})
        assert place.out.read_bytes() == before


@pytest.mark.parametrize("library", ["pyogrio", "shapely"])
def test_libraries_that_are_missing_are_named_first(
    place: Place, monkeypatch: pytest.MonkeyPatch, library: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    place.scene.unlink()
    assert refusal(place) == "runtime-missing"


def test_the_report_is_a_path(place: Place) -> None:
    done = place.detect(networks.yolov8(place.folder / "m" / "a.onnx"))
    assert Path(done) == Path(str(done)) == Path(done.layer) == place.out


def test_a_model_of_several_pictures_is_refused() -> None:
    class Two:
        inputs = tuple(Tensor(name, (1, 3, 8, 8), "NCHW") for name in "ab")

    with pytest.raises(Dl2EcdError) as caught:
        detector_input(Two(), 3)
    assert caught.value.findings[0].rule == "model-input-unknown"


def test_a_table_of_pixels_is_refused() -> None:
    class Table:
        inputs = (Tensor("a", (None, 3), "NC"),)

    with pytest.raises(Dl2EcdError) as caught:
        detector_input(Table(), 3)
    assert caught.value.findings[0].rule == "model-input-unknown"


class TestTheCommand:
    def run(self, place: Place, model: Path, *more: str) -> Any:
        paths = [str(place.scene), str(model), str(place.classes), str(place.out)]
        asked = ["--scale", BYTES, "--overlap", "16", *more]
        return CliRunner().invoke(dl2ecd, ["detect", *paths, *asked])

    def test_says_what_it_found(self, place: Place) -> None:
        result = self.run(place, networks.yolov8(place.folder / "m" / "a.onnx"))
        assert result.exit_code == 0, result.output
        assert "6 objects" in result.output
        assert result.output.count("min-max 0 255") == 1
        rows = [line.split() for line in result.output.splitlines()]
        assert ["Value", "Color", "Name", "Objects", "Scores"] in rows
        assert ["20", "#28c80b", "Car", "3", "0.90", "to", "0.90"] in rows

    def test_lists_the_picture(self, place: Place) -> None:
        model, picture = networks.yolov8(place.folder / "m" / "a.onnx"), place.folder / "a.png"
        result = self.run(place, model, "--preview", str(picture))
        assert f"Wrote {picture}: a picture of it with its legend.\n" in result.output
        document = json.loads(self.run(place, model, "--preview", str(picture), "--json").output)
        check_document("detect", document)
        assert document["preview"] == str(picture)
        assert json.loads(self.run(place, model, "--json").output)["preview"] is None

    def test_says_it_to_programs(self, place: Place) -> None:
        model = networks.separate(place.folder / "m" / "a.onnx")
        asked = ("--first-label", "1", "--classes", "20", "--bands", "1,2,3", "--json")
        result = self.run(place, model, *asked)
        assert result.exit_code == 0, result.output
        document = json.loads(result.output)
        check_document("detect", document)
        assert document["objects"] == 3
        assert document["classes"][0]["scores"] is None

    def test_says_what_is_missing(self, place: Place) -> None:
        result = self.run(place, networks.separate(place.folder / "m" / "a.onnx"))
        assert result.exit_code == 1
        assert "--first-label" in result.output
        assert "Nothing was written." in result.output

    def test_limits_its_memory_in_a_process_of_its_own(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """On a processor from the beginning; else when it is known that it is one."""
        limited: List[str] = []
        monkeypatch.setenv(MARK, "1")
        monkeypatch.setattr(model_run, "limit_memory", lambda: limited.append("at once"))
        monkeypatch.setattr(bounded, "limit_memory", lambda: limited.append("before the session"))
        self.run(place, networks.yolov8(place.folder / "m" / "a.onnx"))
        assert limited == ["at once", "before the session"]
        limited.clear()
        self.run(place, networks.yolov8(place.folder / "m" / "a.onnx"), "--device", "auto")
        assert limited == ["before the session"]

    def test_wants_three_paths_or_four(self, place: Place) -> None:
        result = CliRunner().invoke(dl2ecd, ["detect", "a", "b"])
        assert result.exit_code == 2
