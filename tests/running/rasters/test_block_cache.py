"""How much of a scene stays decoded."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import rasterio.shutil
from hypothesis import given
from hypothesis import strategies as st
from rasterio.env import get_gdal_config

from dl2ecd_core.running.rasters.block_cache import LEAST, MOST, BlockCache, Blocks, size_for
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.raster_library import RasterError
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from tests.running.scenes import pixels, quiet, write_scene


class Setting:
    """A number that somebody else keeps."""

    def __init__(self, value: int) -> None:
        self.value = value
        self.changes: List[int] = []

    def put(self, value: int) -> None:
        self.value = value
        self.changes.append(value)


def cache_of(setting: Setting) -> BlockCache:
    return BlockCache(lambda: setting.value, setting.put)


class TestSize:
    def test_a_row_is_as_wide_as_its_blocks_and_as_deep_as_what_is_decoded_with_it(self) -> None:
        assert Blocks(256, 512).row_size(1000, [1, 1, 2]) == 256 * 1024 * 4
        assert Blocks(256, 512, layers=12).row_size(1000, [2, 2]) == 256 * 1024 * 24
        assert Blocks(256, 512, layers=12).row_size(1000, []) == 0

    @given(st.integers(0, 1 << 34))
    def test_two_rows_fit_or_one_or_nobody_tries(self, row: int) -> None:
        size = size_for(row)
        assert LEAST <= size <= MOST
        assert size > row or size == LEAST
        assert size >= 2 * row or size in (LEAST, MOST)

    def test_scenes_that_fit_leave_it_as_small_as_it_is(self) -> None:
        assert size_for(Blocks(256, 256, 4).row_size(8000, [1] * 4)) == LEAST


class TestCache:
    def test_it_grows_with_what_is_read_and_is_given_back(self) -> None:
        setting = Setting(7)
        cache = cache_of(setting)
        cache.open("scene")
        cache.read("scene", 40 << 20)
        cache.read("scene", 40 << 20)
        cache.close("scene")
        assert setting.changes == [LEAST, size_for(40 << 20), 7]

    def test_scenes_that_are_open_at_once_share_it(self) -> None:
        setting = Setting(7)
        cache = cache_of(setting)
        for scene in ("red", "green"):
            cache.open(scene)
            cache.read(scene, 40 << 20)
        assert setting.value == size_for(80 << 20)
        cache.close("red")
        cache.read("green", 40 << 20)
        assert setting.value == size_for(40 << 20)
        cache.close("green")
        cache.close("green")
        assert setting.value == 7

    def test_it_is_small_while_something_is_written(self) -> None:
        setting = Setting(7)
        cache = cache_of(setting)
        cache.open("scene")
        cache.read("scene", 40 << 20)
        with cache.spared(3 << 20):
            assert setting.value == 3 << 20
        cache.read("scene", 40 << 20)
        assert setting.value == size_for(40 << 20)
        cache.close("scene")
        with cache.spared():
            assert setting.value == LEAST
        assert setting.value == 7


#: Of a scene whose blocks are taller than what is read at once: a row of them is 40 MiB.
HEIGHT, WIDTH, BANDS, BLOCK = 1024, 10_240, 8, 512


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    small = pixels(HEIGHT, 64, BANDS)
    return write_scene(
        tmp_path_factory.mktemp("blocks") / "large.tif",
        np.tile(small, (1, 1, WIDTH // 64)),
        tiled=True,
        blockxsize=BLOCK,
        blockysize=BLOCK,
        compress="deflate",
        zlevel=1,
    )


def spoil(path: Path) -> None:
    """What is decoded from now on is damaged, or lacks."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(1 << 16)
        file.write(bytes(size - (1 << 16)))


@pytest.mark.parametrize("mosaic", [False, True], ids=["file", "mosaic"])
def test_no_block_is_decoded_for_each_row_of_tiles(
    large: Path, tmp_path: Path, mosaic: bool
) -> None:
    path = tmp_path / "scene.tif"
    path.write_bytes(large.read_bytes())
    opened = path
    if mosaic:
        opened = tmp_path / "scene.vrt"
        with quiet():
            rasterio.shutil.copy(path, opened, driver="VRT")
    bands = list(range(BANDS))
    before = get_gdal_config("GDAL_CACHEMAX")
    with RasterioLibrary().opened(str(opened)) as source:
        first = source.read(bands, Window(0, 256, 0, WIDTH))
        spoil(path)
        second = source.read(bands, Window(200, 456, 0, WIDTH))
    assert np.array_equal(first[:, 200:], second[:, :56])
    assert np.array_equal(
        second, np.tile(pixels(HEIGHT, 64, BANDS)[:, 200:456], (1, 1, WIDTH // 64))
    )
    assert get_gdal_config("GDAL_CACHEMAX") == before


def test_bands_that_are_not_read_take_no_room(tmp_path: Path) -> None:
    array = np.zeros((4, 32, 64), "uint16")
    found: List[Any] = []
    for interleave, layers in (("pixel", 4), ("band", 1)):
        path = write_scene(
            tmp_path / f"{interleave}.tif",
            array,
            tiled=True,
            blockxsize=32,
            blockysize=16,
            interleave=interleave,
        )
        with RasterioLibrary().opened(str(path)) as source:
            found.append(source._blocks)
            assert found[-1] == Blocks(16, 32, layers)
    assert [blocks.row_size(64, [2]) for blocks in found] == [16 * 64 * 8, 16 * 64 * 2]


def test_a_mosaic_is_packed_as_its_files_are(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", pixels(64, 64), tiled=True, blockxsize=32, blockysize=16)
    virtual = tmp_path / "a.vrt"
    with quiet():
        rasterio.shutil.copy(path, virtual, driver="VRT")
    with RasterioLibrary().opened(str(virtual)) as source:
        assert source._blocks == Blocks(16, 32, 4)


def test_a_mosaic_of_what_can_not_be_read_is_packed_as_it_says_itself(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", pixels(64, 64))
    virtual = tmp_path / "a.vrt"
    with quiet():
        rasterio.shutil.copy(path, virtual, driver="VRT")
    path.write_bytes(b"nothing")
    with RasterioLibrary().opened(str(virtual)) as source:
        assert source._blocks.height == source._dataset.block_shapes[0][0]
        with pytest.raises(RasterError):
            source.read([0], Window(0, 64, 0, 64))


def test_complex_numbers_have_a_size_too(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", pixels(4, 4)[:1].astype("complex64"))
    with RasterioLibrary().opened(str(path)) as source:
        assert source.read([0], Window(0, 4, 0, 4)).dtype == "complex64"
