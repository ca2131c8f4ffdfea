"""Layers through pyogrio."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np
import pyogrio
import pytest
import shapely
from rasterio import CRS

from dl2ecd_core.running.rasters.georeference import System
from dl2ecd_core.running.rasters.layer_library import Layer
from dl2ecd_core.running.rasters.pyogrio_library import PyogrioLibrary
from tests.running.scenes import ITRF, epochs_in

#: A projection of that system of somebody's own.
PROJECTED = CRS.from_string(
    "+proj=tmerc +lat_0=0 +lon_0=9 +k=0.9996 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m"
)


def written(folder: Path, crs: Optional[CRS], epoch: Optional[float]) -> Path:
    system = System(None if crs is None else crs.to_wkt(), epoch)
    shapes = [shapely.to_wkb(shapely.Point(1, 2))]
    target = folder / f"{len([*folder.iterdir()])}.gpkg"
    fields = {"v": np.ones(1, "int32")}
    PyogrioLibrary().write(target, Layer("a", "Point", system, shapes, fields, "GPKG"))
    return target


class TestYearOfCoordinates:
    def test_is_kept(self, tmp_path: Path) -> None:
        # Also of the second layer of a process: what GDAL knows of a system, it keeps without it.
        for _ in range(2):
            layer = written(tmp_path, CRS.from_string(ITRF), 2021.25)
            assert epochs_in(layer) == [2021.25]
            assert pyogrio.read_info(layer)["crs"] == ITRF

    @pytest.mark.parametrize("crs", [ITRF, "EPSG:32632"])
    def test_is_not_made_up(self, tmp_path: Path, crs: str) -> None:
        layer = written(tmp_path, CRS.from_string(crs), None)
        assert epochs_in(layer) == []
        assert pyogrio.read_info(layer)["crs"] == crs

    def test_of_a_system_without_a_code_is_left_out(self, tmp_path: Path) -> None:
        layer = written(tmp_path, PROJECTED, 2021.25)
        assert CRS.from_string(pyogrio.read_info(layer)["crs"]) == CRS.from_wkt(PROJECTED.to_wkt())

    def test_is_that_of_a_system(self, tmp_path: Path) -> None:
        assert pyogrio.read_info(written(tmp_path, None, 2021.25))["crs"] is None
