"""Scenes whose bands lie in several files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rasterio.enums import ColorInterp
from rasterio.transform import Affine

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.running.cluster.orders import BandFile, SceneFiles
from dl2ecd_core.running.cluster.stacking import opened_files, paths_of
from dl2ecd_core.running.rasters.raster import Window
from tests.running.scenes import opened, pixels, write_scene

WHOLE = Window(0, 40, 0, 50)


@pytest.fixture
def files(tmp_path: Path) -> SceneFiles:
    array = pixels(40, 50)
    write_scene(tmp_path / "red.tif", array[:1], descriptions=["B4"], nodata=7)
    write_scene(tmp_path / "rest.tif", array[1:], descriptions=["a", "b", "c"])
    red, rest = (str(tmp_path / name) for name in ("red.tif", "rest.tif"))
    return SceneFiles("item", red, (BandFile(red, 0, "red"), BandFile(rest, 2), BandFile(rest, 0)))


def test_are_read_as_one(files: SceneFiles) -> None:
    array = pixels(40, 50)
    with opened_files(files) as scene:
        assert (scene.height, scene.width, scene.data_type) == (40, 50, "uint8")
        assert scene.band_names == ("red", "c", "a")
        assert scene.georeference.transform == (2, 0, 500_000, 0, -2, 5_000_000)
        assert "AREA_OR_POINT" in scene.tags
        block = scene.read(WHOLE, [2, 0])
        assert np.array_equal(block.pixels, array[[1, 0]])
        (red,) = (scene.read(WHOLE, [0]),)
        assert red.valid is not None
        assert np.array_equal(red.valid, array[0] != 7)
    assert paths_of(files) == [files.bands[0].path, files.bands[1].path]


def test_what_files_say_of_values_and_pieces(tmp_path: Path) -> None:
    paths = []
    for name, scale, more in (("red", 0.5, {}), ("nir", 1.0, {"blockysize": 40})):
        array = pixels(40, 50, 1)
        packed = {"compress": "deflate", **more}
        paths.append(str(write_scene(tmp_path / f"{name}.tif", array, scales=(scale,), **packed)))
    red, nir = paths
    with opened_files(SceneFiles("item", red, (BandFile(nir), BandFile(red)))) as scene:
        assert scene.units == ((1.0, 0.0), (0.5, 0.0))
        assert 40 * 50 <= scene.piece < 40 * 51


def test_masks_of_all_files_count(files: SceneFiles) -> None:
    with opened(Path(files.path)) as file:
        array, profile = file.read(), dict(file.profile)
    del profile["nodata"]
    import rasterio

    with rasterio.open(files.path, "w", **profile) as file:
        file.write(array)
        mask = np.full((40, 50), 255, "uint8")
        mask[:, :5] = 0
        file.write_mask(mask)
    with opened_files(files) as scene:
        valid = scene.read(WHOLE, [0, 1]).valid
        assert valid is not None
        assert not valid[:, :5].any()
        assert valid[:, 5:].all()


def test_transparency_counts(tmp_path: Path) -> None:
    array = pixels(40, 50, 2)
    array[1, :, 10:] = 255
    array[1, :, :10] = 0
    interpretation = [ColorInterp.gray, ColorInterp.alpha]
    path = str(write_scene(tmp_path / "grey.tif", array, colorinterp=interpretation))
    with opened_files(SceneFiles("item", path, (BandFile(path), BandFile(path, 1)))) as scene:
        valid = scene.read(WHOLE, [0]).valid
        assert valid is not None
        assert np.array_equal(valid, array[1] != 0)


class TestRefused:
    def rule(self, files: SceneFiles) -> str:
        with pytest.raises(Dl2EcdError) as refused, opened_files(files):
            pass
        return refused.value.findings[0].rule

    @pytest.mark.parametrize(
        "more",
        [
            {"size": (40, 51)},
            {"crs": "EPSG:32633"},
            {"transform": Affine(2, 0, 500_002, 0, -2, 5_000_000)},
            {"transform": Affine(1, 0, 500_000, 0, -1, 5_000_000)},
            {"crs": None, "transform": None},
        ],
    )
    def test_files_of_other_pixels(self, files: SceneFiles, more: dict) -> None:
        height, width = more.pop("size", (40, 50))
        write_scene(Path(files.bands[1].path), pixels(height, width, 3), **more)
        assert self.rule(files) == "item-bands-differ"

    def test_a_band_that_the_file_has_not(self, files: SceneFiles) -> None:
        assert self.rule(SceneFiles("item", "", (BandFile(files.path, 1),))) == "item-bands-differ"

    def test_a_file_that_is_none(self, files: SceneFiles, tmp_path: Path) -> None:
        absent = BandFile(str(tmp_path / "absent.tif"))
        assert self.rule(SceneFiles("item", "", (absent,))) == "raster-not-readable"

    def test_an_address_that_nobody_serves(self) -> None:
        address = BandFile("http://127.0.0.1:9/red.tif")
        assert self.rule(SceneFiles("item", "", (address,))) == "raster-not-readable"


def test_files_that_lie_nowhere_are_alike(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_scene(tmp_path / f"{name}.tif", pixels(40, 50, 1), crs=None, transform=None)
    a, b = (BandFile(str(tmp_path / f"{name}.tif")) for name in ("a", "b"))
    with opened_files(SceneFiles("item", a.path, (a, b))) as scene:
        assert scene.read(WHOLE, [0, 1]).pixels.shape == (2, 40, 50)
