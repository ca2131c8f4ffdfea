"""An area of interest: outside of it is no data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pyogrio.raw
import pytest
import shapely

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.rasters.area import area_of
from dl2ecd_core.running.rasters.georeference import Georeference
from dl2ecd_core.running.rasters.raster import ArrayReader, Window
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place

UTM = "EPSG:32632"
#: Rows 10 to 40 and columns 5 to 30 of the tests' scene.
BOX = [[500_010, 4_999_920], [500_060, 4_999_920], [500_060, 4_999_980], [500_010, 4_999_980]]
INSIDE = np.zeros((90, 70), bool)
INSIDE[10:40, 5:30] = True


def polygon(ring: List[List[float]]) -> Dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def geojson(path: Path, document: Any, crs: str = UTM) -> Path:
    named = {"crs": {"type": "name", "properties": {"name": crs}}} if crs else {}
    path.write_text(json.dumps({**document, **named}), encoding="utf-8")
    return path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


def inside(place: Place) -> np.ndarray:
    with opened(place.out) as file:
        return file.read(1) != 0


def test_a_feature_of_geojson(place: Place) -> None:
    feature = {"type": "Feature", "properties": {}, "geometry": polygon(BOX)}
    aoi = geojson(place.folder / "aoi.json", {"type": "FeatureCollection", "features": [feature]})
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert np.array_equal(inside(place), INSIDE)


def test_what_is_inside_is_what_it_was(place: Place) -> None:
    classify(place.scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        whole = file.read(1)
    aoi = geojson(place.folder / "aoi.json", polygon(BOX))
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    with opened(place.out) as file:
        assert np.array_equal(file.read(1), np.where(INSIDE, whole, 0))


def test_degrees_where_nothing_else_is_said(place: Place) -> None:
    warp = pytest.importorskip("rasterio.warp")
    moved = warp.transform_geom(UTM, "EPSG:4326", polygon(BOX))
    aoi = geojson(place.folder / "aoi.json", moved, crs="")
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    # To the pixel, but for corners that lie on an edge.
    assert (inside(place) != INSIDE).sum() <= 2


def test_a_geopackage(place: Place) -> None:
    raw = pytest.importorskip("pyogrio.raw")
    shapely = pytest.importorskip("shapely")
    shapes = np.array([shapely.to_wkb(shapely.Polygon(BOX)), None], object)
    aoi = place.folder / "aoi.gpkg"
    raw.write(
        aoi, shapes, field_data=[], fields=np.array([]), crs=UTM, geometry_type="Polygon",
        driver="GPKG",
    )  # fmt: skip
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert np.array_equal(inside(place), INSIDE)


def test_no_data_stays_no_data_inside(place: Place) -> None:
    array = pixels(90, 70)
    array[:, 20:] = 0
    write_scene(place.scene, array, nodata=0)
    aoi = geojson(place.folder / "aoi.json", polygon(BOX))
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert np.array_equal(inside(place), INSIDE & (np.arange(90) < 20)[:, None])


def test_a_scene_that_lies_nowhere_has_pixels_for_coordinates(tmp_path: Path) -> None:
    ring = [[2, 1], [5, 1], [5, 3], [2, 3]]
    reader = ArrayReader(np.zeros((1, 4, 6), "uint8"))
    area = area_of(geojson(tmp_path / "a.json", polygon(ring)), reader, Georeference())
    expected = np.zeros((4, 6), bool)
    expected[1:3, 2:5] = True
    assert np.array_equal(area.inside(Window(0, 4, 0, 6)), expected)
    assert np.array_equal(area.inside(Window(2, 4, 1, 6)), expected[2:, 1:])
    assert (area.name, area.data_type, area.band_names) == ("array", "uint8", (None,))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{", "aoi-not-readable"),
        ("{}", "aoi-not-readable"),
        ('{"type": "Point", "coordinates": [1, 2]}', "aoi-not-readable"),
        (json.dumps(polygon([[0, 0], [1, 0], [1, 1]])), "aoi-outside"),
        ("no vectors", "aoi-not-readable"),
        ('{"features": [5]}', "aoi-not-readable"),
        ('{"crs": {"properties": null}}', "aoi-not-readable"),
        *(
            (json.dumps({"type": kind, "coordinates": coordinates}), "aoi-not-readable")
            for kind, coordinates in (
                ("Polygon", [[["a", "b"], [1], [2]]]),
                ("Polygon", [[[1, 2], [3, 4]]]),
                ("Polygon", [[[1, 2], [3, 4], [float("inf"), 5]]]),
                ("Polygon", [5]),
                ("Polygon", []),
                ("Polygon", None),
                ("MultiPolygon", [[], [[[1, 2], [3, 4], [5, 6]]]]),
                ("MultiPolygon", 7),
                # Farther than the whole earth.
                ("Polygon", [[[1e300, 2], [3, 4], [5, 1e300], [1e300, 2]]]),
            )
        ),
    ],
)
def test_what_is_no_area_is_a_sentence(place: Place, text: str, rule: str) -> None:
    aoi = place.folder / "aoi.json"
    aoi.write_text(text)
    with pytest.raises(Dl2EcdError) as caught:
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert [item.rule for item in caught.value.findings] == [rule]
    assert not place.out.exists()


def test_metres_where_nothing_says_so_are_no_degrees(place: Place) -> None:
    aoi = geojson(place.folder / "aoi.json", polygon(BOX), crs="")
    with pytest.raises(Dl2EcdError, match=r"aoi-not-readable.*are degrees, since.*can't be"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def test_a_coordinate_system_that_nobody_knows(place: Place) -> None:
    aoi = geojson(place.folder / "aoi.json", polygon(BOX), crs="NOPE:1")
    with pytest.raises(Dl2EcdError, match=r"its coordinate system, 'NOPE:1', can't be made that"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def package(path: Path, layers: Dict[str, str]) -> Path:
    """A GeoPackage of layers of these types, each with the box as its shape."""
    for name, kind in layers.items():
        box = shapely.box(500_010, 4_999_920, 500_060, 4_999_980)
        shape = {
            "Point": box.centroid,
            "LineString Z": shapely.force_3d(box.exterior),
            "MultiPolygon": shapely.multipolygons([box]),
        }.get(kind, box)
        pyogrio.raw.write(
            path, np.array([shapely.to_wkb(shape)], object), [np.array([1])], ["id"],
            layer=name, geometry_type=kind, driver="GPKG", crs=UTM,
        )  # fmt: skip
    return path


def test_of_several_layers_the_one_with_polygons(place: Place) -> None:
    aoi = package(
        place.folder / "a.gpkg", {"trees": "Point", "lines": "LineString Z", "area": "Polygon"}
    )
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert np.array_equal(inside(place), INSIDE)


def test_of_several_layers_with_polygons_none_is_guessed(place: Place) -> None:
    aoi = package(place.folder / "a.gpkg", {"area": "MultiPolygon", "other": "Unknown"})
    with pytest.raises(Dl2EcdError, match=r"2 layers: 'area' and 'other'.*file of its own"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def test_a_file_that_leads_elsewhere(place: Place) -> None:
    area = package(place.folder / "a.gpkg", {"area": "Polygon"})
    aoi = place.folder / "a.vrt"
    aoi.write_text(
        '<?xml version="1.0"?><OGRVRTDataSource><OGRVRTLayer name="area"><SrcDataSource>'
        f"{area}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    with pytest.raises(Dl2EcdError, match=r"aoi-not-readable.*names other files or services"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def test_a_layer_without_polygons(place: Place) -> None:
    with pytest.raises(Dl2EcdError, match="it holds no polygon"):
        classify(
            place.scene, place.ecd, place.out, options=BYTES,
            aoi=package(place.folder / "a.gpkg", {"trees": "Point"}),
        )  # fmt: skip


def test_what_the_library_says_of_its_calls_is_left_out(place: Place) -> None:
    aoi = place.folder / "aoi.txt"
    aoi.write_text("no vectors")
    with pytest.raises(Dl2EcdError, match=r"supported file format\. Give a GeoPackage"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def test_several_polygons_in_one(place: Place) -> None:
    near = polygon(BOX)["coordinates"]
    far = polygon([[0, 0], [1, 0], [1, 1]])["coordinates"]
    aoi = geojson(place.folder / "a.json", {"type": "MultiPolygon", "coordinates": [far, near]})
    classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
    assert np.array_equal(inside(place), INSIDE)


def test_a_file_that_is_not_there(place: Place) -> None:
    with pytest.raises(Dl2EcdError, match="aoi-not-readable"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=place.folder / "no.gpkg")


def test_an_endless_file(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl2ecd_core.running.rasters.area_file._LARGEST", 10)
    aoi = geojson(place.folder / "aoi.json", polygon(BOX))
    with pytest.raises(Dl2EcdError, match="larger than any"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)


def test_without_the_extra_a_command_is_said(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyogrio.raw", None)
    aoi = place.folder / "aoi.gpkg"
    aoi.write_bytes(b"SQLite format 3")
    with pytest.raises(Dl2EcdError, match=r"runtime-missing.*dl2ecd\[detect\]"):
        classify(place.scene, place.ecd, place.out, options=BYTES, aoi=aoi)
