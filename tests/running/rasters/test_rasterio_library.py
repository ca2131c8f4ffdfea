"""Files through rasterio, and scenes on top of them."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from pathlib import Path
from typing import Any, List, Optional

import numpy as np
import pytest
import rasterio

from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.rasters import rasterio_library
from dl2ecd_core.running.rasters.block_cache import LEAST
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.raster_library import RasterError
from dl2ecd_core.running.rasters.rasterio_library import (
    RasterioLibrary,
    RasterioSource,
    _pool,
    is_remote,
)
from dl2ecd_core.running.rasters.scene import not_read, opened_scene
from tests.running.scenes import pixels, quiet, write_scene

WHOLE = Window(0, 40, 0, 30)


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    return write_scene(tmp_path / "a.tif", pixels(40, 30), tiled=True, blockxsize=16, blockysize=16)


def damaged(path: Path) -> Path:
    """The same file without its last bytes, where pixels lie."""
    path.write_bytes(path.read_bytes()[:-600])
    return path


def test_what_a_file_says(scene: Path) -> None:
    with RasterioLibrary().opened(str(scene)) as source:
        assert (source.height, source.width) == (40, 30)
        assert source.data_types == ("uint8",) * 4
        assert source.band_names == (None,) * 4
        assert source.nodata == (None,) * 4
        assert not source.has_mask
        assert np.array_equal(source.read([2, 0], WHOLE), pixels(40, 30)[[2, 0]])
        part = source.read([1], Window(3, 7, 20, 30))
        assert np.array_equal(part, pixels(40, 30)[1:2, 3:7, 20:30])


def test_a_file_is_closed_when_nobody_reads_it_any_more(
    scene: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nobody after that: what reads ahead is not always waited for when a signal comes."""
    begun, goes_on, done = threading.Event(), threading.Event(), []
    whole = RasterioSource._read

    def slowly(self: RasterioSource, *arguments: Any) -> Any:
        begun.set()
        goes_on.wait(60)
        done.append(self._dataset.closed)
        return whole(self, *arguments)

    monkeypatch.setattr(RasterioSource, "_read", slowly)
    with ThreadPoolExecutor(2) as pool:
        with RasterioLibrary().opened(str(scene)) as source:
            reading = pool.submit(source.read, [0], WHOLE)
            assert begun.wait(60)
            closing = pool.submit(source.close)
            with pytest.raises(TimeoutError):
                closing.result(0.05)
            goes_on.set()
        assert np.array_equal(reading.result(60), pixels(40, 30)[:1])
    assert done == [False]
    for read in (lambda: source.read([0], WHOLE), lambda: source.mask(0, WHOLE)):
        with pytest.raises(RasterError, match="closed"):
            read()


def test_a_mask_of_the_file_counts(tmp_path: Path) -> None:
    path = write_scene(tmp_path / "a.tif", pixels(40, 30))
    seen = np.full((40, 30), 255, "uint8")
    seen[:10] = 0
    with quiet(), rasterio.open(path, "r+") as file:
        file.write_mask(seen)
    with opened_scene(str(path)) as scene:
        valid = scene.read(WHOLE, [0, 1]).valid
    assert valid is not None
    assert np.array_equal(valid, seen != 0)


def test_metadata_of_the_file(scene: Path) -> None:
    with quiet(), rasterio.open(scene, "r+") as file:
        file.update_tags(SENSOR="ours")
    with opened_scene(str(scene)) as reader:
        assert reader.tags["SENSOR"] == "ours"


def test_a_damaged_file_is_said(scene: Path) -> None:
    with opened_scene(str(damaged(scene))) as reader, pytest.raises(RunningRefused) as error:
        reader.read(WHOLE, [0, 1, 2, 3])
    (said,) = error.value.findings
    assert said.rule == "raster-not-readable"
    assert said.message.startswith(f"Pixels of '{scene}' can't be read: ")
    assert "previous exception" not in said.message
    assert said.hint == "The file is probably damaged, or cut short on its way: fetch it again."


def test_of_an_address_no_such_thing_is_guessed() -> None:
    (said,) = not_read("https://example.org/a.tif", RasterError("HTTP response code: 503")).findings
    assert said.rule == "raster-not-readable"
    assert "HTTP response code: 503" in said.message
    assert "damaged" not in said.hint


def test_a_damaged_mask_is_an_error_of_the_library(tmp_path: Path) -> None:
    scene = write_scene(tmp_path / "a.tif", pixels(40, 30, 3), nodata=0)
    with RasterioLibrary().opened(str(damaged(scene))) as source, pytest.raises(RasterError):
        source.mask(2, WHOLE)


def test_no_raster(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_text("no raster")
    with pytest.raises(RasterError), RasterioLibrary().opened(str(path)):
        pass
    with pytest.raises(RunningRefused) as error, opened_scene(str(path)):
        pass
    assert error.value.findings[0].rule == "raster-not-readable"
    assert RasterioLibrary().tags(path) == {}


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(RunningRefused) as error, opened_scene(str(tmp_path / "none.tif")):
        pass
    assert error.value.findings[0].rule == "file-not-found"


def test_what_can_not_be_written_is_an_error_of_the_library(tmp_path: Path) -> None:
    with pytest.raises(RasterError):
        RasterioLibrary().copy("<VRTDataset/>", tmp_path / "a.tif", "GTiff", {})
    assert list(tmp_path.iterdir()) == []


def test_wide_rows_are_written_as_narrow_ones_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the lines under a row of blocks are kept, or read block by block."""
    scene = write_scene(
        tmp_path / "rows.bil", pixels(700, 1100, 2), driver="ENVI", interleave="bil"
    )
    kept: List[int] = []
    spared = rasterio_library._CACHE.spared
    monkeypatch.setattr(
        rasterio_library._CACHE, "spared", lambda size: kept.append(size) or spared(size)
    )
    written = []
    for name, least in (("narrow", LEAST), ("wide", 1 << 20)):
        monkeypatch.setattr(rasterio_library, "LEAST", least)
        RasterioLibrary().copy(str(scene), tmp_path / f"{name}.tif", "COG", {"BLOCKSIZE": "512"})
        written.append((tmp_path / f"{name}.tif").read_bytes())
    assert written[0] == written[1]
    assert kept == [rasterio_library._FEW_LINES, 1 << 20]


def test_without_rasterio_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rasterio", None)
    with pytest.raises(RunningRefused, match="pip install 'dl2ecd"), opened_scene("a.tif"):
        pass


@pytest.mark.parametrize(
    ("allowed", "kept"),
    [(1024, "450"), (512, "256"), (64, "100"), (-1, "450"), (1 << 20, "450"), (None, "100")],
)
def test_of_a_mosaic_as_many_files_stay_open_as_the_system_has_room_for(
    monkeypatch: pytest.MonkeyPatch, allowed: Optional[int], kept: str
) -> None:
    if allowed is None:
        # A system without such limits.
        monkeypatch.setitem(sys.modules, "resource", None)
    else:
        resource = pytest.importorskip("resource")
        monkeypatch.setattr(resource, "getrlimit", lambda kind: (allowed, allowed))
    assert _pool() == kept


@pytest.mark.parametrize(
    ("path", "remote"),
    [
        ("https://host/a.tif", True),
        ("HTTP://host/a.tif", True),
        ("/a.tif", False),
        ("httpx", False),
    ],
)
def test_addresses(path: str, remote: bool) -> None:
    assert is_remote(path) is remote
