"""Classify.py, driven as ArcGIS does: the pixels of ``dl2ecd classify``, and what is refused."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Dict

import numpy as np
import pytest

import dl2ecd_core.adaptors
from dl2ecd_core.adaptors import contract
from dl2ecd_core.adaptors.Classify import Classify
from dl2ecd_core.adaptors.function import NO_MODEL
from dl2ecd_core.adaptors.opening import RasterFunctionError
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.running import estimating
from dl2ecd_core.running.tiles import fitting
from tests.adaptors.arcgis import Block, Driver, Scene, loaded
from tests.adaptors.models import BYTES, KINDS, case, made, scene_of
from tests.adaptors.packages import unpacked
from tests.conftest import FIXTURES

FILE = str(Path(dl2ecd_core.adaptors.__file__).with_name("Classify.py"))
UNET = KINDS["halo"]


@pytest.fixture(autouse=True)
def _small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that small scenes have several."""
    monkeypatch.setattr(fitting, "USUAL", (64, 64))


@pytest.mark.parametrize("name", KINDS)
def test_pixels_are_those_of_the_command_line(name: str, cases: Any) -> None:
    wanted = cases(name)
    driver = Driver(FILE, str(wanted.ecd))
    for how in ({}, {"size": (45, 50), "clipped": True}):
        values, seen = driver.classified(wanted.scene, **how)
        assert np.array_equal(values, wanted.values)
        assert np.array_equal(seen, wanted.seen)
    assert len(np.unique(wanted.values)) > 2


@pytest.mark.parametrize("data_type", ["uint16", "int16", "int32", "float32", "float64"])
def test_pixels_of_other_types(data_type: str, cases: Any) -> None:
    wanted = cases("halo", data_type)
    values, seen = Driver(FILE, str(wanted.ecd)).classified(wanted.scene, size=(64, 80))
    assert np.array_equal(values, wanted.values)
    assert np.array_equal(seen, wanted.seen)


@pytest.mark.parametrize("ending", ["emd", "dlpk"])
def test_other_definitions(ending: str, cases: Any, tmp_path: Path) -> None:
    wanted = cases("halo")
    (tmp_path / "out").mkdir()
    target = tmp_path / "out" / f"a.{ending}"
    export(read_ecd(wanted.ecd), ending, target)
    driver = Driver(FILE, str(target))
    values, _ = driver.classified(wanted.scene)
    assert np.array_equal(values, wanted.values)


def test_where_the_raster_ends_need_not_be_known(cases: Any) -> None:
    wanted = cases("halo")
    values, seen = Driver(FILE, str(wanted.ecd)).classified(wanted.scene, told=False)
    assert np.array_equal(values, wanted.values)
    assert np.array_equal(seen, wanted.seen)


def test_a_raster_of_no_data_is_none(tmp_path: Path) -> None:
    driver = Driver(FILE, str(made(UNET, tmp_path)))
    nothing = Scene(np.ones((4, 40, 50), "uint8"), np.zeros((40, 50), bool))
    values, seen = driver.classified(nothing, clipped=True)
    assert not values.any()
    assert not seen.any()


def test_beyond_the_raster_there_is_nothing(tmp_path: Path) -> None:
    driver = Driver(FILE, str(made(UNET, tmp_path)))
    padding = driver.configuration["padding"]
    props = {"pixelType": "u1", "height": 50, "width": 60}
    block = driver.pixel_blocks(Scene(np.ones((4, 50, 60), "u1")), Block(50, 0, 10, 10))
    assert block["raster_mask"].any()
    assert padding > 10
    found = driver.function.updatePixels((0.0, 50.0), (10, 10), props, **block)
    assert not found["output_mask"].any()


@pytest.mark.parametrize("card", [0, -2])
def test_a_graphics_card_is_taken_where_there_is_one(card: int, cases: Any) -> None:
    wanted = cases("halo")
    values, _ = Driver(FILE, str(wanted.ecd), device=card).classified(wanted.scene)
    assert np.array_equal(values, wanted.values)


class TestWhatArcGisIsTold:
    def test_parameters_before_a_model_is_known(self) -> None:
        function = Classify()
        function.initialize(device=-1)
        names = [entry["name"] for entry in function.getParameterInfo()]
        assert names == ["raster", "model", "device", "padding", "batch_size", "scaling"]

    def test_parameters_that_a_definition_leaves_open(self, tmp_path: Path) -> None:
        ecd = made(UNET, tmp_path)
        assert list(Driver(FILE, str(ecd)).parameters) == ["raster", "model", "device", "padding"]
        ecd = made(KINDS["cntk"], tmp_path / "cntk")
        assert list(Driver(FILE, str(ecd)).parameters) == ["raster", "model", "device"]

    def test_a_definition_without_scaling_asks_for_it(self, tmp_path: Path) -> None:
        wanted = case(UNET, tmp_path)
        model = wanted.ecd.read_text().replace("InputScaling", "SomethingElse")
        wanted.ecd.write_text(model)
        driver = Driver(FILE, str(wanted.ecd))
        with pytest.raises(RasterFunctionError, match=r"\[scaling-unknown\] Nothing says how"):
            driver.raster_info(wanted.scene)
        driver = Driver(FILE, str(wanted.ecd), scaling="scale 255;offset 0")
        values, _ = driver.classified(wanted.scene)
        assert np.mean(values == wanted.values) > 0.99

    def test_more_padding_changes_nothing(self, cases: Any) -> None:
        wanted = cases("halo")
        driver = Driver(FILE, str(wanted.ecd), padding=200)
        assert driver.configuration["padding"] == 200
        assert np.array_equal(driver.classified(wanted.scene)[0], wanted.values)

    def test_bands_and_batches_of_the_definition(self, tmp_path: Path) -> None:
        ecd = made(UNET, tmp_path, ExtractBands=[3, 1, 2, 0], MiniBatchSize=16)
        driver = Driver(FILE, str(ecd))
        assert driver.configuration["extractBands"] == (3, 1, 2, 0)
        assert "batch_size" not in driver.parameters
        assert driver.classified(scene_of(UNET))[0].any()

    def test_the_attribute_table(self, tmp_path: Path) -> None:
        driver = Driver(FILE, str(made(UNET, tmp_path)))
        info = driver.raster_info(scene_of(UNET))
        assert info["pixelType"] == "u1"
        assert info["noData"].tolist() == [0]
        rows = driver.attribute_table(info)
        assert rows == [
            {"OID": 1, "Value": 100, "Class": "Class 100", "Red": 0, "Green": 200, "Blue": 10},
            {"OID": 2, "Value": 200, "Class": "Class 200", "Red": 40, "Green": 200, "Blue": 11},
        ]

    def test_key_metadata_stays(self, tmp_path: Path) -> None:
        driver = Driver(FILE, str(made(UNET, tmp_path)))
        known = {"datatype": "Generic", "bandname": "Red"}
        assert driver.key_metadata(("datatype",), **known) == {-1: known, 0: known}

    def test_as_a_raster_function_it_is_given_the_model_with_the_rest(self, cases: Any) -> None:
        wanted = cases("halo")
        function = Classify()
        told: Dict[str, Any] = {"model": str(wanted.ecd), "padding": 0, "batch_size": 1}
        padding = function.getConfiguration(**told)["padding"]
        described = {"pixelType": "u1", "bandCount": 4}
        found = function.updateRasterInfo(**told, raster_info=described, output_info=described)
        assert found["output_info"]["bandCount"] == 1
        block = np.zeros((4, 20 + 2 * padding, 30 + 2 * padding), "u1")
        block[:, padding:-padding, padding:-padding] = wanted.scene.pixels[:, :20, :30]
        props = {"pixelType": "i4"}
        pixels = function.updatePixels((0, 0), (20, 30), props, raster_pixels=block)
        assert pixels["output_pixels"].shape == (20, 30)


class TestRefused:
    def test_without_a_model(self) -> None:
        with pytest.raises(RasterFunctionError) as error:
            Classify().getConfiguration(padding="0")
        assert str(error.value) == NO_MODEL

    @pytest.mark.parametrize("model", ["nothing.ecd", "nothing.emd"])
    def test_a_model_that_is_not_there(self, model: str, tmp_path: Path) -> None:
        with pytest.raises(RasterFunctionError, match=r"\[file-not-found\].*nothing"):
            Driver(FILE, str(tmp_path / model))

    @pytest.mark.parametrize("model", ['{"Framework": "ONNX"}', 7])
    def test_a_model_by_value(self, model: Any) -> None:
        with pytest.raises(RasterFunctionError, match=r"Give the path of an \.ecd"):
            Classify().initialize(model=model)

    @pytest.mark.parametrize("bands", [3, 5])
    def test_another_number_of_bands(self, bands: int, tmp_path: Path) -> None:
        driver = Driver(FILE, str(made(UNET, tmp_path)))
        props = {"pixelType": "u1", "width": 9, "height": 9}
        block = np.zeros((bands, 9, 9), "u1")
        with pytest.raises(ValueError, match=f"gives {bands} bands, the model takes 4"):
            driver.function.updatePixels((0, 0), (9, 9), props, raster_pixels=block)
        with pytest.raises(ValueError, match="gives 1 bands, the model takes 4"):
            driver.function.updatePixels((0, 0), (9, 9), props, raster_pixels=block[0])

    def test_no_pixels(self, tmp_path: Path) -> None:
        driver = Driver(FILE, str(made(UNET, tmp_path)))
        with pytest.raises(ValueError, match="no input raster"):
            driver.function.updatePixels((0, 0), (9, 9), {"pixelType": "u1"})

    @pytest.mark.parametrize(("kind", "wrong"), [("i1", True), ("t1", True), ("u2", False)])
    def test_a_type_that_does_not_hold_the_values(
        self, kind: str, wrong: bool, tmp_path: Path
    ) -> None:
        driver = Driver(FILE, str(made(UNET, tmp_path)))
        props = {"pixelType": kind}
        block = np.zeros((4, 9, 9), "u1")
        if wrong:
            with pytest.raises(ValueError, match=f"type {kind} don't hold the values"):
                driver.function.updatePixels((0, 0), (9, 9), props, raster_pixels=block)
        else:
            found = driver.function.updatePixels((0, 0), (9, 9), props, raster_pixels=block)
            assert found["output_pixels"].dtype == np.dtype(kind)

    @pytest.mark.parametrize("name", ["pytorch/unet_scripted.pt"])
    def test_a_model_that_is_a_program(self, name: str, tmp_path: Path) -> None:
        ecd = made(UNET._replace(write=lambda folder: copied(name, folder), classifier="PyTorch"),
                   tmp_path)  # fmt: skip
        with pytest.raises(RasterFunctionError) as error:
            Driver(FILE, str(ecd))
        assert "[model-is-program]" in str(error.value)
        assert "dl2ecd classify SCENE MODEL MAP.tif --trust-model" in str(error.value)

    def test_python_in_a_package_is_never_imported(self, tmp_path: Path) -> None:
        import zipfile

        wanted = case(UNET, tmp_path)
        export(read_ecd(wanted.ecd), "emd", tmp_path / "a.emd")
        document = json.loads((tmp_path / "a.emd").read_text())
        document.update(InferenceFunction="Canary.py", InputScaling=BYTES)
        with zipfile.ZipFile(tmp_path / "a.dlpk", "w") as package:
            package.writestr("a.emd", json.dumps(document))
            package.writestr("Canary.py", f"open({str(tmp_path / 'sung')!r}, 'w').close()\n")
            package.write(tmp_path / document["ModelFile"], document["ModelFile"])
        values, _ = Driver(FILE, str(tmp_path / "a.dlpk")).classified(wanted.scene)
        assert np.array_equal(values, wanted.values)
        assert not (tmp_path / "sung").exists()

    def test_a_model_for_which_there_is_no_memory(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ecd = made(UNET, tmp_path)
        monkeypatch.setattr(estimating, "has_limit", lambda: False)
        monkeypatch.setattr(estimating, "free_memory", lambda: 1000)
        with pytest.raises(RasterFunctionError, match=r"\[memory-short\]"):
            Driver(FILE, str(ecd))
        _, findings = unpacked(ecd, tmp_path / "package")
        assert [item.rule for item in findings] == ["export-incomplete"] * 2

    def test_what_is_not_installed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        ecd = made(UNET, tmp_path)
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        with pytest.raises(RasterFunctionError, match=r"\[runtime-missing\] ONNX Runtime"):
            Driver(FILE, str(ecd))


def copied(name: str, folder: Path) -> Path:
    import shutil

    return Path(shutil.copy(FIXTURES / name, folder))


@pytest.mark.parametrize("name", ["Classify", "Detect"])
def test_the_package_around_the_file_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(FILE).with_name(f"{name}.py")
    home = file.parents[2]
    monkeypatch.setattr(sys, "path", [one for one in sys.path if Path(one).absolute() != home])
    assert loaded(str(file)).name == name
    assert loaded(str(file)).name == name
    assert sys.path.count(str(home)) == 1


def test_types_of_pixels() -> None:
    names = ("t1", "u1", "u2", "i2", "i4", "f4", "f8")
    assert [contract.data_type_of(name) for name in names] == [
        "uint8", "uint8", "uint16", "int16", "int32", "float32", "float64",
    ]  # fmt: skip
