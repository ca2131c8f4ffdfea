"""Scenes as they come: values that nobody measured, virtual ones, files of several rasters."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional, Sequence, Tuple

import numpy as np
import pytest
import rasterio
from rasterio.shutil import copy

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.detect import detect
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.maps.result_key import scene_key
from dl2ecd_core.running.rasters.raster import Window
from dl2ecd_core.running.rasters.raster_library import without_bands
from dl2ecd_core.running.rasters.scene import opened_scene
from tests.running.scenes import opened, pixels, write_scene
from tests.running.test_classify import BYTES, Place, place

__all__ = ["place"]


def classified(place: Place, scene: Path) -> np.ndarray:
    """The values of a scene's map."""
    classify(scene, place.ecd, place.out, options=BYTES)
    with opened(place.out) as file:
        values: np.ndarray = file.read(1)
    return values


def virtual(place: Place, bands: Sequence[Tuple[str, str]], more: str = "") -> Path:
    """A virtual raster with a band of each type and file."""
    entries = "".join(
        f'<VRTRasterBand dataType="{kind}" band="{band}">{more}<SimpleSource><SourceFilename '
        f'relativeToVRT="1">{name}</SourceFilename><SourceBand>{band}</SourceBand>'
        "</SimpleSource></VRTRasterBand>"
        for band, (kind, name) in enumerate(bands, 1)
    )
    path = place.folder / "scene.vrt"
    path.write_text(f'<VRTDataset rasterXSize="70" rasterYSize="90">{entries}</VRTDataset>')
    return path


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
        more = f"<NoDataValue>{nodata}</NoDataValue>"
        scene = virtual(place, [("Byte", "scene.tif")] * 4, more)
        assert np.array_equal(classified(place, scene), classified(place, place.scene))


class TestVirtual:
    def test_bands_of_several_types(self, place: Place) -> None:
        write_scene(place.folder / "floats.tif", pixels(90, 70).astype("float32"))
        scene = virtual(place, [("Byte", "scene.tif"), ("Float32", "floats.tif")] * 2)
        assert np.array_equal(classified(place, scene), classified(place, place.scene))

    def test_what_it_is_made_of_is_never_replaced(self, place: Place) -> None:
        scene, before = virtual(place, [("Byte", "scene.tif")] * 4), place.scene.read_bytes()
        with pytest.raises(ConversionRefused, match="output-is-input"):
            classify(scene, place.ecd, place.scene, options=BYTES, overwrite=True)
        picture = place.folder / "scene.png"
        copy(place.scene, picture, driver="PNG")
        scene = virtual(place, [("Byte", picture.name)] * 4)
        with pytest.raises(ConversionRefused, match="output-is-input"):
            detect(scene, place.ecd, place.folder / "a.gpkg", preview=picture, overwrite=True)
        assert place.scene.read_bytes() == before

    def test_where_something_it_is_made_of_changed_work_begins_anew(self, place: Place) -> None:
        scene = virtual(place, [("Byte", "scene.tif")] * 4)
        keys = []
        for changed in (1, 2, None):
            if changed is not None:
                os.utime(place.scene, (changed, changed))
            with opened_scene(str(scene)) as reader:
                keys.append(scene_key(scene, reader))
        assert keys[0] != keys[1]
        assert keys[1] == keys[2]


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

    @pytest.mark.parametrize(
        ("name", "prefix"),
        [("a.zip", "/vsizip/"), ("A.ZIP", "/vsizip/"), ("a.tar.gz", "/vsitar/")],
    )
    def test_an_archive(self, place: Place, name: str, prefix: str) -> None:
        archive = place.folder / name
        archive.write_bytes(b"PK\x03\x04")
        with pytest.raises(RunningRefused, match="raster-not-readable") as caught:
            classify(archive, place.ecd, place.out, options=BYTES)
        assert f"given as {prefix}{archive}/NAME.tif" in caught.value.findings[0].hint

    def test_a_file_that_may_not_be_read(
        self, place: Place, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (place.folder / "other.tif").write_bytes(b"nothing")
        monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)
        with pytest.raises(RunningRefused, match="raster-not-readable") as caught:
            classify(place.folder / "other.tif", place.ecd, place.out, options=BYTES)
        assert caught.value.findings[0].hint == "Check that you may read it."

    def test_a_file_of_several_rasters_names_them(self, place: Place) -> None:
        scene = place.folder / "scene.nc"
        copy(place.scene, scene, driver="netCDF")
        with pytest.raises(RunningRefused, match=r"raster-not-readable.*4 rasters in it") as caught:
            classify(scene, place.ecd, place.out, options=BYTES)
        with opened(scene) as file:
            part = file.subdatasets[1]
        assert f"'{part}'" in caught.value.findings[0].hint
        with opened_scene(part) as one:
            assert one.read(Window(0, 90, 0, 70), [0]).pixels[0, 5, 5] == pixels(90, 70)[1, 5, 5]

    @pytest.mark.parametrize("name", ["s3://bucket/a.tif", "/vsicurl/https://example.org/a.tif"])
    def test_what_looks_like_an_address_hears_how_they_begin(self, place: Place, name: str) -> None:
        with pytest.raises(RunningRefused, match="file-not-found") as caught:
            classify(name, place.ecd, place.out, options=BYTES)
        assert caught.value.findings[0].hint == "Addresses begin with http:// or https://."


def test_of_many_rasters_in_a_file_some_are_named() -> None:
    assert "'part 11' and 8 more." in without_bands([f"part {n}" for n in range(20)]).hint
    assert str(without_bands([])) == "it has no bands."
