"""A map lies where its scene lies, however the scene says it, and also with wider pixels."""

from __future__ import annotations

import shutil
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
from dl2ecd_core.running import fitting
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.georeference import Georeference
from dl2ecd_core.running.geotiff import Content, NewRaster, write_geotiff
from dl2ecd_core.running.part_file import PartFolder
from dl2ecd_core.running.raster_library import RasterError
from dl2ecd_core.running.rasterio_library import RasterioLibrary
from tests.running.scenes import opened, pixels, quiet, write_scene
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
