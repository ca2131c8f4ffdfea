"""Scenes as they come: values that nobody measured, bands of several types."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.raster_library import without_bands
from dl2ecd_core.running.rasters import Window
from dl2ecd_core.running.scene import opened_scene
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]


def classified(place: Place, scene: Path) -> np.ndarray:
    """The values of a scene's map."""
    classify(scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        values: np.ndarray = file.read(1)
    return values


class TestWhatNoMeasurementHas:
    @pytest.mark.parametrize("nodata", [None, 0.0, -9999.0])
    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_what_is_no_number_counts_in_any_band(
        self, place: Place, value: float, nodata: Optional[float]
    ) -> None:
        array = pixels(90, 70).astype("float32") + 1
        array[2, 5, 5] = value
        write_scene(place.scene, array, nodata=nodata)
        assert list(zip(*np.nonzero(classified(place, place.scene) == 0))) == [(5, 5)]

    def test_spoils_no_neighbours(self, place: Place) -> None:
        maps = []
        for value in (np.nan, -9999, np.finfo("float32").min):
            array = pixels(90, 70).astype("float32")
            array[:, 30:60, 20:50] = value
            write_scene(place.scene, array, nodata=value)
            maps.append(classified(place, place.scene))
        assert np.array_equal(maps[0], maps[1])
        assert np.array_equal(maps[0], maps[2])

    @pytest.mark.parametrize("nodata", ["-9999", "256", "7.5"])
    def test_a_value_that_no_pixel_can_have_is_none(self, place: Place, nodata: str) -> None:
        virtual = place.folder / "scene.vrt"
        bands = "".join(
            f'<VRTRasterBand dataType="Byte" band="{band}"><NoDataValue>{nodata}</NoDataValue>'
            '<SimpleSource><SourceFilename relativeToVRT="1">scene.tif</SourceFilename>'
            f"<SourceBand>{band}</SourceBand></SimpleSource></VRTRasterBand>"
            for band in (1, 2, 3, 4)
        )
        virtual.write_text(f'<VRTDataset rasterXSize="70" rasterYSize="90">{bands}</VRTDataset>')
        assert np.array_equal(classified(place, virtual), classified(place, place.scene))


def test_bands_of_several_types(place: Place) -> None:
    write_scene(place.folder / "floats.tif", pixels(90, 70).astype("float32"))
    bands = "".join(
        f'<VRTRasterBand dataType="{kind}" band="{band}"><SimpleSource><SourceFilename '
        f'relativeToVRT="1">{name}</SourceFilename><SourceBand>{band}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for band, (kind, name) in enumerate(
            [("Byte", "scene.tif"), ("Float32", "floats.tif")] * 2, 1
        )
    )
    virtual = place.folder / "mixed.vrt"
    virtual.write_text(f'<VRTDataset rasterXSize="70" rasterYSize="90">{bands}</VRTDataset>')
    assert np.array_equal(classified(place, virtual), classified(place, place.scene))


class TestRefused:
    @pytest.mark.parametrize("kind", ["complex64", "complex_int16"])
    def test_complex_numbers(self, place: Place, kind: str) -> None:
        scene = write_scene(place.folder / "radar.tif", pixels(90, 70).astype("complex64"))
        if kind != "complex64":
            with opened(scene) as file:
                array, profile = file.read(), {**file.profile, "dtype": kind}
            with rasterio.open(scene, "w", **profile) as file:
                file.write(array)
        with pytest.raises(RunningRefused, match=r"values-complex.*complex numbers.*no model"):
            classify(scene, place.ecd, place.out, options=BYTES)

    def test_a_file_of_several_rasters_names_them(self, place: Place) -> None:
        scene = place.folder / "scene.nc"
        copy(place.scene, scene, driver="netCDF")
        with pytest.raises(RunningRefused, match=r"raster-not-readable.*4 rasters in it") as caught:
            classify(scene, place.ecd, place.out, options=BYTES)
        part = f"netcdf:{scene}:Band2"
        assert f"'{part}'" in caught.value.findings[0].hint
        with opened_scene(part) as one:
            assert one.read(Window(0, 90, 0, 70), [0]).pixels[0, 5, 5] == pixels(90, 70)[1, 5, 5]


def test_of_many_rasters_in_a_file_some_are_named() -> None:
    assert "'part 11' and 8 more." in without_bands([f"part {n}" for n in range(20)]).hint
    assert str(without_bands([])) == "it has no bands."
