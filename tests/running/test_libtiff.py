"""What libtiff says of a full disk is said in our words alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dl2ecd_core.running import libtiff
from dl2ecd_core.running.libtiff import silent_libtiff
from dl2ecd_core.running.raster_library import RasterError
from dl2ecd_core.running.rasterio_library import RasterioLibrary
from tests.ecd.test_writer import no_file_larger
from tests.running.scenes import write_scene

NOISE = np.random.default_rng(1).integers(0, 255, (1, 1500, 1500), "uint8")


def fill(path: Path) -> None:
    """Write a raster that is larger than files may be."""
    from rasterio.errors import RasterioError

    with pytest.raises(RasterioError), no_file_larger(500_000):
        write_scene(path, NOISE)


@pytest.fixture
def wheel(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """rasterio with a libtiff that says it."""
    if libtiff._handler() is None:
        pytest.skip("rasterio is no wheel")
    fill(tmp_path / "a.tif")
    if "_tiffWriteProc" not in capfd.readouterr().err:
        pytest.skip("this libtiff says nothing")


@pytest.mark.usefixtures("wheel")
def test_it_is_silent_as_long_as_it_is_asked_to(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with silent_libtiff():
        fill(tmp_path / "b.tif")
    assert capfd.readouterr().err == ""
    fill(tmp_path / "c.tif")
    assert "_tiffWriteProc" in capfd.readouterr().err


@pytest.mark.usefixtures("wheel")
def test_a_map_that_can_not_be_written_is_an_error_and_no_more(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scene = str(write_scene(tmp_path / "b.tif", NOISE))
    with pytest.raises(RasterError), no_file_larger(500_000):
        RasterioLibrary().copy(scene, tmp_path / "c.tif", "GTiff", {})
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("there", [False, True])
def test_another_installation_is_left_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    import rasterio

    package = tmp_path / "rasterio"
    (package / ".dylibs").mkdir(parents=True)
    if there:
        (package / ".dylibs" / "libtiff.dylib").write_bytes(b"no library")
    monkeypatch.setattr(rasterio, "__file__", str(package / "__init__.py"))
    libtiff._handler.cache_clear()
    try:
        assert libtiff._handler() is None
        done: Any = []
        with silent_libtiff():
            done.append(True)
        assert done
    finally:
        libtiff._handler.cache_clear()
