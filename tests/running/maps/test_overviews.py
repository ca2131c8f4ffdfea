"""Smaller copies of a map, which programs show from afar."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, List

import numpy as np
import pytest
import rasterio

from dl2ecd_core.files.strays import LOCK
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.running.maps import overviews
from dl2ecd_core.running.maps.geotiff import Content, write_geotiff
from dl2ecd_core.running.maps.part_file import PartFolder
from dl2ecd_core.running.rasters.georeference import Georeference
from dl2ecd_core.running.rasters.raster_library import RasterError
from dl2ecd_core.running.rasters.rasterio_library import RasterioLibrary
from tests.benchmarks.measuring import ROOT, anonymous_memory
from tests.running.scenes import opened, quiet

PLACE = Georeference("EPSG:32632", (2.0, 0.0, 500_000.0, 0.0, -2.0, 5_000_000.0))


def written(
    folder: Path, array: np.ndarray, library: Any = None, *, cloud_optimised: bool = True
) -> Path:
    """A GeoTIFF of an array ``(layers, rows, columns)``."""
    layers, height, width = array.shape
    target = folder / "map.tif"
    part_folder = PartFolder(target, {})
    try:
        part = part_folder.file("values", width, layers, str(array.dtype))
        part.write(0, array)
        part_folder.note(height)
        content = Content(PLACE, None, cloud_optimised=cloud_optimised)
        write_geotiff(part, height, target, content, library or RasterioLibrary())
        left = {path.name for path in part_folder.path.iterdir()}
        # Whatever was made on the way is gone.
        assert left - {LOCK} == {"journal.json", "values", "values.hdr"}
    finally:
        part_folder.remove()
    return target


def overviews_in(path: Path) -> List[np.ndarray]:
    with opened(path) as file:
        count = len(file.overviews(1))
    found = []
    for level in range(count):
        with quiet(), rasterio.open(path, overview_level=level) as file:
            found.append(file.read())
    return found


@pytest.mark.parametrize("data_type", ["uint8", "uint16", "int16", "float32"])
@pytest.mark.parametrize("size", [(1024, 700), (1333, 1025), (3, 2001), (1700, 2)])
def test_are_every_second_pixel_and_so_on(tmp_path: Path, data_type: str, size: Any) -> None:
    array = np.random.default_rng(1).integers(0, 200, (2, *size)).astype(data_type)
    path = written(tmp_path, array)
    with opened(path) as file:
        assert np.array_equal(file.read(), array)
    found = overviews_in(path)
    assert found
    for level, overview in enumerate(found):
        step = 2 ** (level + 1)
        assert np.array_equal(overview, array[:, ::step, ::step])
    assert max(found[-1].shape[1:]) <= 512


def test_small_rasters_have_none(tmp_path: Path) -> None:
    assert overviews_in(written(tmp_path, np.ones((1, 512, 100), "uint8"))) == []


def test_have_strips_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows are read in strips that begin with a row of every overview."""
    monkeypatch.setattr(overviews, "_STRIP", 2000 * 9)
    array = np.random.default_rng(2).integers(0, 9, (1, 1037, 2000), dtype="uint8")
    for level, overview in enumerate(overviews_in(written(tmp_path, array))):
        step = 2 ** (level + 1)
        assert np.array_equal(overview, array[:, ::step, ::step])


@pytest.mark.skipif(anonymous_memory(os.getpid()) is None, reason="/proc tells of memory")
def test_a_map_of_any_height_is_written_in_the_same_memory(tmp_path: Path) -> None:
    """Rows go through once; GDAL's cache, which takes 32 MiB, is not filled with them."""
    code = """
import os, sys
from pathlib import Path
import numpy as np
from tests.benchmarks.measuring import anonymous_memory
from tests.running.maps.test_overviews import written
first, then = sys.argv[1:]
written(Path(first), np.ones((1, 700, 700), "uint8"))
rows = np.broadcast_to(np.uint8(1), (1, 60_000, 700))
before = anonymous_memory(os.getpid())
written(Path(then), rows)
print(anonymous_memory(os.getpid()) - before)
"""
    folders = [tmp_path / "first", tmp_path / "then"]
    for folder in folders:
        folder.mkdir()
    command = [sys.executable, "-c", code, *map(str, folders)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    assert float(told.stdout) < 12


def test_only_where_they_are_wanted(tmp_path: Path) -> None:
    path = written(tmp_path, np.ones((1, 1024, 100), "uint8"), cloud_optimised=False)
    assert overviews_in(path) == []


def test_that_can_not_be_made_leave_nothing(tmp_path: Path) -> None:
    class Broken(RasterioLibrary):
        def opened(self, path: str) -> Any:
            raise RasterError("no such raster")

    with pytest.raises(ConversionRefused, match="no such raster"):
        written(tmp_path, np.ones((1, 1024, 100), "uint8"), Broken())
    assert list(tmp_path.iterdir()) == []
