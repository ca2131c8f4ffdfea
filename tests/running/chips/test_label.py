"""Pictures of a folder, and around points of a scene, get one class each."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import pyogrio.raw
import pytest
import shapely
from click.testing import CliRunner
from rasterio.warp import transform

from dl2ecd_core.cli.group import dl2ecd
from dl2ecd_core.conversion import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import Cancelled, Dl2EcdError
from dl2ecd_core.progress import Listener
from dl2ecd_core.running.chips import looking
from dl2ecd_core.running.inputs.model_input import InputOptions
from dl2ecd_core.running.label import label
from tests.cli.conftest import check_document
from tests.running.chips.classifiers import brightest, share_of
from tests.running.scenes import write_classes, write_scene

BYTES = InputOptions(scale=["min-max 0 255"])
#: Of a picture: its red, green and blue.
COLORS: Dict[str, Tuple[int, int, int]] = {
    "a.png": (200, 50, 50),
    "b.jpg": (20, 20, 220),
    "c.tif": (10, 180, 40),
}


def picture(color: Tuple[int, ...], height: int = 32, width: int = 32) -> np.ndarray:
    return np.broadcast_to(np.array(color, "uint8")[:, None, None], (3, height, width)).copy()


class Place:
    """A folder with pictures, a model and its classes."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.pictures = folder, folder / "pictures"
        self.pictures.mkdir()
        for name, color in COLORS.items():
            driver = {"png": "PNG", "jpg": "JPEG", "tif": "GTiff"}[name[-3:]]
            more = {} if driver == "GTiff" else {"crs": None, "transform": None}
            write_scene(self.pictures / name, picture(color), driver=driver, **more)
        (self.pictures / "notes.txt").write_text("no picture")
        (self.pictures / ".hidden.png").write_bytes(b"no picture")
        self.model = brightest(folder / "model" / "a.onnx")
        self.classes = write_classes(folder / "classes.json", (10, 20, 30), 3)
        self.out = folder / "labels.csv"

    def label(
        self, pictures: Optional[Path] = None, out: Optional[Path] = None, **more: Any
    ) -> Any:
        options = more.pop("options", BYTES)
        model = more.pop("model", self.model)
        return label(
            pictures or self.pictures, model, out or self.out, class_info=self.classes,
            options=options, **more,
        )  # fmt: skip

    def rows(self) -> List[List[str]]:
        with self.out.open(newline="", encoding="utf-8") as file:
            return list(csv.reader(file))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def refusal(place: Place, *arguments: Any, **more: Any) -> str:
    with pytest.raises(Dl2EcdError) as caught:
        place.label(*arguments, **more)
    assert not place.out.exists()
    return caught.value.findings[0].rule


class TestAFolder:
    def test_each_picture_has_its_class_and_its_probability(self, place: Place) -> None:
        done = place.label()
        head, *rows = place.rows()
        assert head == ["picture", "value", "name", "score"]
        assert [row[:3] for row in rows] == [
            ["a.png", "10", "Class 10"],
            ["b.jpg", "30", "Class 30"],
            ["c.tif", "20", "Class 20"],
        ]
        for row, color in zip(rows, COLORS.values()):
            wanted = share_of(*(one / 255 for one in color)).max()
            # JPEG changes colors a little.
            assert float(row[3]) == pytest.approx(wanted, abs=1e-2 if "jpg" in row[0] else 1e-5)
        assert (done.tiles, done.objects, done.scaling) == (3, 3, "min-max 0 255 (--scale)")
        assert [item.objects for item in done.classes] == [1, 1, 1]

    @pytest.mark.parametrize("ends", ["logits", "softmax"])
    def test_scores_of_any_kind_become_probabilities(self, place: Place, ends: str) -> None:
        place.label(model=brightest(place.folder / "m" / "b.onnx", ends=ends))
        assert float(place.rows()[1][3]) == pytest.approx(
            share_of(*(one / 255 for one in COLORS["a.png"])).max(), abs=1e-5
        )

    def test_indices_are_certain(self, place: Place) -> None:
        place.label(model=brightest(place.folder / "m" / "b.onnx", ends="argmax"))
        assert [row[1:] for row in place.rows()[1:]] == [
            ["10", "Class 10", "1.0"], ["30", "Class 30", "1.0"], ["20", "Class 20", "1.0"],
        ]  # fmt: skip

    def test_one_score_parts_two_classes(self, place: Place) -> None:
        write_classes(place.classes, (1, 2), 3)
        place.label(model=brightest(place.folder / "m" / "b.onnx", ends="sigmoid"))
        assert [row[1] for row in place.rows()[1:]] == ["2", "1", "1"]
        red = 1 / (1 + np.exp(-8 * (200 / 255 - 0.5)))
        dark = 1 - 1 / (1 + np.exp(-8 * (10 / 255 - 0.5)))
        assert float(place.rows()[1][3]) == pytest.approx(red, abs=1e-5)
        assert float(place.rows()[3][3]) == pytest.approx(dark, abs=1e-5)

    def test_a_definition_holds_all_that_is_needed(self, place: Place) -> None:
        ecd = place.folder / "a.ecd"
        convert(place.model, place.classes, ecd)
        label(place.pictures, ecd, place.out, options=BYTES)
        assert len(place.rows()) == 4

    def test_without_pictures(self, place: Place) -> None:
        empty = place.folder / "empty"
        empty.mkdir()
        assert refusal(place, empty) == "folder-without-pictures"

    def test_a_picture_that_can_not_be_read(self, place: Place) -> None:
        (place.pictures / "b2.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
        assert refusal(place) == "raster-not-readable"

    def test_a_class_that_is_not_listed_is_left_out(self, place: Place) -> None:
        # Of three outputs, two classes: the first is background.
        write_classes(place.classes, (10, 30), 3)
        done = place.label()
        assert [row[:2] for row in place.rows()[1:]] == [["b.jpg", "30"], ["c.tif", "10"]]
        (said,) = [item for item in done.findings if item.rule == "pictures-without-class"]
        assert said.message.startswith("1 picture is left out")

    def test_what_is_no_number_goes_in_as_0(self, place: Place) -> None:
        values = picture((200, 50, 50)).astype("float32")
        values[1] = np.nan
        for path in place.pictures.glob("*.[jpt]*"):
            path.unlink()
        write_scene(place.pictures / "a.tif", values)
        place.label()
        wanted = share_of(200 / 255, 0, 50 / 255).max()
        assert float(place.rows()[1][3]) == pytest.approx(wanted, abs=1e-5)

    def test_outlines_of_pictures_that_have_a_place(self, place: Place) -> None:
        out = place.folder / "labels.gpkg"
        assert refusal(place, None, out) == "pictures-without-place"
        for name in ("a.png", "b.jpg"):
            (place.pictures / name).unlink()
        place.label(None, out)
        about, _, shapes, values = pyogrio.raw.read(out)
        assert (about["geometry_type"], about["crs"]) == ("Polygon", "EPSG:32632")
        (shape,) = shapely.from_wkb(shapes)
        assert shape.equals(shapely.box(500_000, 5e6 - 64, 500_064, 5e6))
        assert [list(column) for column in values[:3]] == [["c.tif"], [20], ["Class 20"]]
        assert 'type="fill"' in out.with_suffix(".qml").read_text()


class TestScaling:
    """Whether values are those of the scaling: a guess, as of any other scene."""

    def folder(self, place: Place, *factors: int, **profile: Any) -> Path:
        folder = place.folder / "more"
        folder.mkdir()
        values = np.arange(3 * 32 * 32, dtype="uint16").reshape(3, 32, 32) % 251
        for number, factor in enumerate(factors):
            write_scene(folder / f"{number:02}.tif", values * factor, **profile)
        return folder

    def rules(self, place: Place, *arguments: Any, **more: Any) -> List[str]:
        return [item.rule for item in place.label(*arguments, **more).findings]

    def test_pictures_whose_values_lie_outside_of_it(self, place: Place) -> None:
        done = place.label(self.folder(place, 40, 50))
        (said,) = done.findings
        assert said.rule == "scaling-unlikely"
        assert "00.tif" in said.message

    def test_one_picture_tells_nothing(self, place: Place) -> None:
        assert self.rules(place, self.folder(place, 40, 1)) == []

    def test_many_are_judged_by_the_first(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(looking, "_TELLING", 2)
        assert self.rules(place, self.folder(place, 40, 50, 1)) == ["scaling-unlikely"]

    def test_what_pictures_say_of_their_values(self, place: Place) -> None:
        folder = self.folder(place, 1, 1, scales=(0.5,) * 3)
        assert self.rules(place, folder) == ["band-scale-unused"]

    def test_around_points_of_a_scene(self, place: Place) -> None:
        scene = self.folder(place, 40, scales=(0.5,) * 3) / "00.tif"
        points = place.folder / "p.csv"
        points.write_text("x,y\n500030,4999970\n")
        said = self.rules(place, scene, points=points)
        assert sorted(said) == ["band-scale-unused", "scaling-unlikely"]


class TestOtherSizes:
    @pytest.fixture
    def wide(self, place: Place) -> Path:
        """Green in its middle, blue around."""
        folder = place.folder / "wide"
        folder.mkdir()
        values = picture((0, 0, 255), 64, 96)
        values[:, 16:48, 32:64] = np.array([0, 255, 0])[:, None, None]
        return write_scene(folder / "wide.tif", values)

    def test_are_asked_for(self, place: Place, wide: Path) -> None:
        assert refusal(place, wide.parent) == "chip-size"

    def test_cropped_is_the_middle(self, place: Place, wide: Path) -> None:
        place.label(wide.parent, fit="crop")
        assert place.rows()[1][1] == "20"
        assert float(place.rows()[1][3]) == pytest.approx(share_of(0, 1, 0).max(), abs=1e-5)

    def test_stretched_is_all(self, place: Place, wide: Path) -> None:
        place.label(wide.parent, fit="stretch")
        assert place.rows()[1][1] == "30"
        assert float(place.rows()[1][3]) == pytest.approx(share_of(0, 1 / 6, 5 / 6).max(), abs=2e-3)

    def test_a_model_of_any_size_takes_them_as_they_are(self, place: Place, wide: Path) -> None:
        place.label(wide.parent, model=brightest(place.folder / "m" / "b.onnx", None))
        assert float(place.rows()[1][3]) == pytest.approx(share_of(0, 1 / 6, 5 / 6).max(), abs=1e-5)


class TestPoints:
    """A scene of 100 x 120 pixels of 2 m, red on the left, blue on the right."""

    @pytest.fixture
    def scene(self, place: Place) -> Path:
        values = picture((255, 0, 0), 100, 120)
        values[:, :, 60:] = np.array([0, 0, 255])[:, None, None]
        values[:, 90:] = 7
        return write_scene(place.folder / "scene.tif", values, nodata=7)

    def points(self, path: Path, *pixels: Tuple[float, float], crs: str = "EPSG:32632") -> Path:
        places = [(500_000 + 2 * column, 5e6 - 2 * row) for column, row in pixels]
        shapes = shapely.to_wkb(shapely.points(places))
        driver = {".gpkg": "GPKG", ".geojson": "GeoJSON", ".shp": "ESRI Shapefile"}[path.suffix]
        numbers = np.arange(len(places))
        pyogrio.raw.write(
            str(path), shapes, [numbers], ["n"], driver=driver, geometry_type="Point", crs=crs
        )
        return path

    def test_a_class_around_each_point(self, place: Place, scene: Path) -> None:
        table = self.points(place.folder / "p.gpkg", (30, 40), (100, 40), (60, 40), (5, 5))
        out = place.folder / "labels.gpkg"
        done = place.label(scene, out, points=table)
        about, _, shapes, values = pyogrio.raw.read(out)
        assert about["geometry_type"] == "Point"
        fields = dict(zip(about["fields"], values))
        assert list(fields["feature"]) == [1, 2, 3, 4]
        assert list(fields["value"])[:2] == [10, 30]
        assert list(fields["value"])[3] == 10
        certain = share_of(1, 0, 0).max()
        assert list(fields["score"]) == pytest.approx(
            [certain, certain, share_of(0.5, 0, 0.5).max(), certain], abs=1e-5
        )
        assert shapely.get_coordinates(shapely.from_wkb(shapes))[0].tolist() == [500_060, 5e6 - 80]
        assert done.tiles == 4
        assert 'type="marker"' in out.with_suffix(".qml").read_text()

    def test_exactly_the_pixels_around_it(self, place: Place, scene: Path) -> None:
        # 32 columns around 64.5 are 48 to 80: 12 red and 20 blue.
        place.label(scene, points=self.points(place.folder / "p.geojson", (64.4, 40)))
        assert float(place.rows()[1][3]) == pytest.approx(
            share_of(12 / 32, 0, 20 / 32).max(), abs=1e-5
        )

    def test_points_elsewhere_and_without_data_are_left_out(
        self, place: Place, scene: Path
    ) -> None:
        values = picture((255, 0, 0), 100, 120)
        values[:, 40:] = 7
        write_scene(scene, values, nodata=7)
        table = self.points(place.folder / "p.shp", (-1, 40), (30, 10), (100, 90), (30, 101))
        done = place.label(scene, points=table)
        assert [row[0] for row in place.rows()] == ["feature", "1"]
        (said,) = [item for item in done.findings if item.rule == "pictures-without-class"]
        assert said.message.startswith("3 points are left out")

    def test_points_in_another_coordinate_system(self, place: Place, scene: Path) -> None:
        table = place.folder / "p.geojson"
        at = [[500_060.0], [5e6 - 80]]
        (x,), (y,) = transform("EPSG:32632", "EPSG:4326", *at)
        table.write_text(
            json.dumps({"type": "Feature", "properties": {}, "geometry": {
                "type": "Point", "coordinates": [x, y]}})
        )  # fmt: skip
        place.label(scene, points=table)
        assert place.rows()[1][1] == "10"

    @pytest.mark.parametrize("names", ["x,y", "Longitude,Latitude", "id,Easting,Northing"])
    def test_a_table_of_coordinates(self, place: Place, scene: Path, names: str) -> None:
        table = place.folder / "p.csv"
        first = "7," if names.startswith("id") else ""
        table.write_text(f"{names}\n{first}500060,4999920\n{first}500200,4999920\n")
        place.label(scene, points=table)
        assert [row[1] for row in place.rows()[1:]] == ["10", "30"]

    def test_a_scene_without_a_place_has_pixels(self, place: Place, scene: Path) -> None:
        write_scene(scene, picture((0, 0, 255), 50, 50), crs=None, transform=None)
        table = place.folder / "p.csv"
        table.write_text("x,y\n20,-30\n20,30\n")
        out = place.folder / "labels.gpkg"
        done = place.label(scene, out, points=table)
        assert done.objects == 1
        assert pyogrio.raw.read(out)[0]["crs"] is None

    @pytest.mark.parametrize(
        "content",
        ["a,b\n1,2\n", '{"type": "Polygon", "coordinates": [[[0,0],[1,0],[1,1],[0,0]]]}', ""],
    )
    def test_a_file_without_points(self, place: Place, scene: Path, content: str) -> None:
        table = place.folder / ("p.geojson" if content.startswith("{") else "p.csv")
        table.write_text(content)
        assert refusal(place, scene, points=table) == "points-not-readable"

    def test_points_and_others(self, place: Place, scene: Path) -> None:
        table = place.folder / "p.geojson"
        shapes = [{"type": "Point", "coordinates": [9, 45]},
                  {"type": "LineString", "coordinates": [[9, 45], [9, 46]]}]  # fmt: skip
        table.write_text(json.dumps({"type": "GeometryCollection", "geometries": shapes}))
        assert refusal(place, scene, points=table) == "points-not-readable"

    def test_a_model_of_any_size_is_told_by_the_class_information(
        self, place: Place, scene: Path
    ) -> None:
        table = self.points(place.folder / "p.gpkg", (60, 40))
        free = brightest(place.folder / "m" / "b.onnx", None)
        assert refusal(place, scene, points=table, model=free) == "chip-size"
        write_classes(place.classes, (10, 20, 30), 3, ImageHeight=20, ImageWidth=20)
        place.label(scene, points=table, model=free)
        assert float(place.rows()[1][3]) == pytest.approx(share_of(0.5, 0, 0.5).max(), abs=1e-5)


class TestTheFile:
    @pytest.mark.parametrize("ending", ["csv", "gpkg"])
    def test_an_earlier_one_is_replaced_and_nothing_else(self, place: Place, ending: str) -> None:
        for name in ("a.png", "b.jpg"):
            (place.pictures / name).unlink()
        out = place.folder / f"labels.{ending}"
        place.label(None, out)
        place.label(None, out)
        out.write_bytes(b"somebody's work")
        with pytest.raises(Dl2EcdError, match="output-is-another-file"):
            place.label(None, out)
        place.label(None, out, overwrite=True)

    def test_who_cancels_gets_nothing(self, place: Place) -> None:
        class Cancelling(Listener):
            looked = False

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.looked |= doing == "Looking at pictures"

            def cancelled(self) -> bool:
                return self.looked

        with pytest.raises(Cancelled):
            place.label(messages=Cancelling())
        assert not place.out.exists()

    def test_progress_is_told(self, place: Place) -> None:
        class Hearing(Listener):
            heard: List[Tuple[int, int, str]] = []

            def progressed(self, done: int, total: int, doing: str) -> None:
                self.heard.append((done, total, doing))

        hearing = Hearing()
        place.label(messages=hearing)
        assert hearing.heard[-1] == (3, 3, "Looking at pictures")

    @pytest.mark.parametrize("library", ["pyogrio", "shapely"])
    def test_libraries_that_are_missing_are_named_first(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, library: str
    ) -> None:
        monkeypatch.setitem(sys.modules, library, None)
        assert refusal(place, None, place.folder / "labels.gpkg") == "runtime-missing"

    def test_a_model_of_pixels_is_refused(self, place: Place) -> None:
        folder = place.folder / "demo"
        folder.mkdir()
        unpack(folder)
        place.classes = folder / CLASS_INFO
        assert refusal(place, model=folder / MODEL) == "model-of-pixels"


class TestTheCommand:
    def run(self, place: Place, *more: object) -> Any:
        paths = [place.pictures, place.model, place.classes, place.out]
        asked = ["--scale", "min-max 0 255", *more]
        return CliRunner().invoke(dl2ecd, ["detect", *map(str, paths), *map(str, asked)])

    def test_says_what_it_found(self, place: Place) -> None:
        result = self.run(place)
        assert result.exit_code == 0, result.output
        assert "3 pictures in" in result.output
        assert len(place.rows()) == 4

    def test_says_it_to_programs(self, place: Place) -> None:
        result = self.run(place, "--bands", "1,2,3", "--json")
        document = json.loads(result.output)
        check_document("detect", document)
        assert (document["tiles"], document["objects"]) == (3, 3)
        assert document["bands"] == list(range(1, document["scene_bands"] + 1))

    def test_points_of_a_scene(self, place: Place) -> None:
        table = place.folder / "p.csv"
        table.write_text("x,y\n500030,4999970\n")
        place.pictures = place.pictures / "c.tif"
        result = self.run(place, "--points", table)
        assert result.exit_code == 0, result.output
        assert place.rows()[1][:2] == ["1", "20"]

    def test_what_is_for_objects_is_refused(self, place: Place) -> None:
        result = self.run(place, "--iou", "0.3")
        assert (result.exit_code, "--iou is for objects" in result.output) == (2, True)

    def test_what_is_for_pictures_is_refused(self, place: Place) -> None:
        place.pictures = place.pictures / "c.tif"
        result = self.run(place, "--fit", "crop")
        assert (result.exit_code, "--fit is for pictures" in result.output) == (2, True)
