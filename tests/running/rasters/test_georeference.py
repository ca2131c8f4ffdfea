"""A map lies where its scene lies, however the scene says it, and also with wider pixels."""

from __future__ import annotations

import shutil
import subprocess
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_AppDefinedError
from rasterio.control import GroundControlPoint
from rasterio.rpc import RPC

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.maps.geotiff import Content, NewRaster, write_geotiff
from dl2ecd_core.running.maps.part_file import PartFolder
from dl2ecd_core.running.rasters.georeference import Georeference
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.raster_library import RasterError
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from dl2ecd_core.running.tiles import fitting
from tests.running.scenes import dated_and_of_points, opened, pixels, quiet, write_scene
from tests.running.test_classify import BYTES, Place


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(fitting, "USUAL", (64, 64))
    return Place(tmp_path)


def test_ground_control_points_stay(place: Place) -> None:
    corners = [(0, 0), (0, 70), (90, 0), (90, 70)]
    points = [
        GroundControlPoint(row=row, col=column, x=7 + column / 1e4, y=50 - row / 1e4, z=3)
        for row, column in corners
    ]
    write_scene(place.scene, pixels(90, 70), crs=None, transform=None)
    with quiet(), rasterio.open(place.scene, "r+") as file:
        file.gcps = points, rasterio.CRS.from_epsg(4326)
    classify(place.scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        found, crs = file.gcps
        assert crs == rasterio.CRS.from_epsg(4326)
        told = [(one.row, one.col, one.x, one.y, one.z) for one in found]
        assert told == [(one.row, one.col, one.x, one.y, one.z) for one in points]


def test_rational_polynomials_stay(place: Place) -> None:
    ones = [1.0, *[0.0] * 19]
    model = RPC(
        height_off=10, height_scale=5, lat_off=50, lat_scale=1, line_den_coeff=ones,
        line_num_coeff=ones, line_off=45, line_scale=45, long_off=7, long_scale=1,
        samp_den_coeff=ones, samp_num_coeff=ones, samp_off=35, samp_scale=35,
    )  # fmt: skip
    write_scene(place.scene, pixels(90, 70), crs=None, transform=None)
    with quiet(), rasterio.open(place.scene, "r+") as file:
        file.rpcs = model
    classify(place.scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        assert file.rpcs.to_dict()["lat_off"] == 50
        assert file.rpcs.to_dict()["samp_num_coeff"] == ones


def told(path: Path) -> Any:
    """What this project and GDAL say of where a raster lies."""
    with quiet(), RasterioLibrary().opened(str(path)) as source:
        found = source.georeference
    # As if the file did not say what its values are of: half a pixel away where it does.
    with quiet(), rasterio.Env(GTIFF_POINT_GEO_IGNORE="TRUE"), rasterio.open(path) as file:
        return found, tuple(file.transform)[:6]


def by_gdal(path: Path, target: Path) -> Path:
    """GDAL's own copy."""
    with quiet(), rasterio.open(path) as scene:
        rasterio.shutil.copy(scene, str(target), driver="COG")
    return target


class TestDatedAndOfPoints:
    """Coordinates of a year, and values that are of the middles of pixels."""

    @pytest.fixture(params=["EPSG:9000", "EPSG:32632"])
    def dated(self, place: Place, request: pytest.FixtureRequest) -> Place:
        degrees = rasterio.Affine(1e-5, 0, 8, 0, -1e-5, 45)
        write_scene(place.scene, pixels(90, 70), crs=request.param, transform=degrees)
        dated_and_of_points(place.scene, request.param)
        return place

    def test_a_map_is_as_the_scene_and_as_gdal_writes_it(self, dated: Place) -> None:
        shares = dated.folder / "shares.tif"
        classify(dated.scene, dated.ecd, dated.out, options=BYTES, probabilities=shares)
        where, shifted = told(dated.scene)
        assert (where.epoch, where.is_point) == (2021.25, True)
        assert where.transform == (1e-5, 0, 8, 0, -1e-5, 45)
        assert shifted == pytest.approx((1e-5, 0, 8 + 5e-6, 0, -1e-5, 45 - 5e-6), abs=1e-12)
        for path in (dated.out, shares, by_gdal(dated.scene, dated.folder / "gdal.tif")):
            assert told(path) == (where, shifted)

    def test_a_part_begins_with_its_pixels(self, dated: Place) -> None:
        part = (8 + 10e-5, 45 - 60e-5, 8 + 50e-5, 45 - 20e-5)
        classify(dated.scene, dated.ecd, dated.out, options=BYTES, extent=part)
        (where, shifted), (scene, _) = told(dated.out), told(dated.scene)
        assert where == scene.part(Window(20, 60, 10, 50))
        assert shifted[2] - where.transform[2] == pytest.approx(5e-6)

    @pytest.mark.gdal
    def test_gdalinfo_says_the_same(self, dated: Place) -> None:
        if shutil.which("gdalinfo") is None:
            pytest.skip("gdalinfo reads the map")
        classify(dated.scene, dated.ecd, dated.out, options=BYTES)
        said = []
        for path in (dated.scene, dated.out):
            done = subprocess.run(["gdalinfo", path], check=True, capture_output=True, timeout=100)
            lines = done.stdout.decode().splitlines()
            first = lines.index("Coordinate System is:")
            where = lines[first : lines.index("Metadata:")]
            corners = lines[lines.index("Corner Coordinates:") :][:6]
            said.append([*where, *corners, "  AREA_OR_POINT=Point" in lines])
        assert said[0] == said[1]
        assert "Coordinate epoch: 2021.25" in said[0]
        assert said[0][-1] is True

    def test_a_scene_of_which_nobody_says_so(self, place: Place) -> None:
        classify(place.scene, place.ecd, place.out, options=BYTES)
        where, transform = told(place.out)
        assert (where.epoch, where.is_point) == (None, False)
        assert transform == where.transform

    def test_where_gdal_makes_no_virtual_raster_of_a_scene(
        self, dated: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: Any, **more: Any) -> None:
            raise CPLE_AppDefinedError(3, 1, "no")

        monkeypatch.setattr(rasterio.shutil, "copy", fail)
        with RasterioLibrary().opened(str(dated.scene)) as source:
            assert source.georeference.epoch is None
            assert source.georeference.is_point


class TestResized:
    def test_wider_pixels_begin_where_they_begin(self) -> None:
        scene = Georeference(
            "x", (2.0, 0.0, 100.0, 0.0, -2.0, 500.0), ((8, 4, 1, 2, 3),), "y", {"a": "b"}
        )
        wider = scene.resized((Fraction(4), Fraction(2)), (Fraction(-1, 2), Fraction(0)))
        assert wider.transform == (4.0, 0.0, 100.0, 0.0, -8.0, 501.0)
        assert wider.points == ((8.5 / 4, 2, 1, 2, 3),)
        assert wider.polynomials == {}
        assert wider.pixel_area == 32

    def test_the_same_pixels_change_nothing(self) -> None:
        scene = Georeference("x", (2.0, 0.0, 100.0, 0.0, -2.0, 500.0))
        assert scene.resized((Fraction(1), Fraction(1)), (Fraction(0), Fraction(0))) is scene

    def test_of_a_scene_that_lies_nowhere(self) -> None:
        nowhere = Georeference().resized((Fraction(2), Fraction(2)), (Fraction(0), Fraction(0)))
        assert nowhere.transform is None
        assert nowhere.pixel_area is None


class Failing(RasterioLibrary):
    """A library that can't write."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def copy(self, *arguments: Any) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (RasterError("TIFFAppendToStrip: No space left on device"), "output-disk-full"),
        (RasterError("something else"), "output-not-writable"),
        (PermissionError(13, "Permission denied"), "output-not-writable"),
    ],
)
def test_writing_that_fails_is_a_sentence(tmp_path: Path, error: Exception, rule: str) -> None:
    folder = PartFolder(tmp_path / "a.tif", {})
    part = folder.file("values", 4, 1, "uint8")
    part.write(0, np.zeros((3, 4), "uint8"))
    with pytest.raises(Dl2EcdError) as caught:
        write_geotiff(part, 3, tmp_path / "a.tif", Content(Georeference(), 0), Failing(error))
    assert caught.value.findings[0].rule == rule
    folder.remove()


@pytest.mark.parametrize(("free", "rule"), [(23, "output-disk-full"), (24, "output-not-writable")])
def test_a_full_disk_that_is_told_by_what_came_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, rule: str
) -> None:
    """GDAL says what it could not do when it closed the file, and not why."""
    folder = PartFolder(tmp_path / "a.tif", {})
    part = folder.file("values", 4, 1, "uint8")
    part.write(0, np.zeros((3, 4), "uint8"))
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))

    def copy(*arguments: Any, **options: Any) -> None:
        raise CPLE_AppDefinedError(3, 1, "TIFFRewriteDirectory:Error fetching directory count.")

    monkeypatch.setattr(rasterio.shutil, "copy", copy)
    with pytest.raises(Dl2EcdError) as caught:
        write_geotiff(part, 3, tmp_path / "a.tif", Content(Georeference(), 0), RasterioLibrary())
    (said,) = caught.value.findings
    assert said.rule == rule
    assert ("probably" in said.message) == (rule == "output-disk-full")
    folder.remove()


def test_a_raster_that_can_not_take_its_place_is_a_sentence(tmp_path: Path) -> None:
    """As where a folder came to lie there meanwhile."""
    new, target = tmp_path / "new.tif", tmp_path / "map.tif"
    new.touch()
    (target / "inside").mkdir(parents=True)
    with pytest.raises(Dl2EcdError, match="output-not-writable"):
        NewRaster(new, target).place()
    assert target.is_dir()


def test_a_plain_geotiff(tmp_path: Path) -> None:
    folder = PartFolder(tmp_path / "a.tif", {})
    part = folder.file("values", 4, 1, "uint16")
    part.write(0, np.arange(12, dtype="uint16").reshape(3, 4))
    folder.note(3)
    content = Content(Georeference(), 0, cloud_optimised=False)
    write_geotiff(part, 3, tmp_path / "a.tif", content, RasterioLibrary())
    folder.remove()
    with opened(tmp_path / "a.tif") as file:
        assert file.read(1).ravel().tolist() == list(range(12))
        assert "LAYOUT" not in file.tags(ns="IMAGE_STRUCTURE")
