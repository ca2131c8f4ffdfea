"""What Esri's published raster functions give for the same model, key by key.

expected.json is what they gave; esri/make_truth.py says how. Where they are at hand, they are asked
again: DL2ECD_ESRI_FUNCTIONS is the folder python_raster_functions of Esri/raster-deep-learning,
DL2ECD_CNTK_PYTHON a Python with CNTK 2.7, DL2ECD_ARCGIS the folder of the arcgis package 2.4.4.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List

import numpy as np
import pytest

from dl2ecd_core.adaptors import contract
from dl2ecd_core.adaptors.alone.classifier import EcdClassifier
from dl2ecd_core.adaptors.Classify import Classify
from dl2ecd_core.adaptors.Detect import Detect
from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from tests.adaptors.arcgis import Driver, Scene
from tests.adaptors.esri.make_truth import COLUMNS, OUTPUT, ROWS, pixels
from tests.adaptors.models import DEMO
from tests.adaptors.packages import definition_in, unpacked
from tests.esri_reader import EsriReader
from tests.running.scenes import write_classes

HERE = Path(__file__).parent / "esri"
FUNCTIONS, CNTK, ARCGIS = (
    os.environ.get(f"DL2ECD_{name}") for name in ("ESRI_FUNCTIONS", "CNTK_PYTHON", "ARCGIS")
)


@pytest.fixture(scope="module")
def truth() -> Dict[str, Any]:
    told: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())
    return told


@pytest.fixture(scope="module")
def ecd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's model, as its own outputs are counted, for values as they are."""
    folder = tmp_path_factory.mktemp("esri")
    (folder / "landcover.model").write_bytes(DEMO.read_bytes())
    info = write_classes(
        folder / "classes.json", (0, 1, 2), Classifier="CNTK", InputScaling=[],
        MiniBatchSize=ROWS * COLUMNS,
    )  # fmt: skip
    convert(folder / "landcover.model", info, folder / "landcover.ecd")
    return folder / "landcover.ecd"


@pytest.fixture(scope="module")
def drivers(ecd: Path, tmp_path_factory: pytest.TempPathFactory) -> List[Driver]:
    package, _ = unpacked(ecd, tmp_path_factory.mktemp("package"))
    return [Driver(Classify, str(ecd)), Driver(EcdClassifier, str(definition_in(package)))]


class TestClassifier:
    def test_parameters(self, drivers: List[Driver], truth: Dict[str, Any]) -> None:
        wanted = truth["classifier"]["parameters"]
        for driver in drivers:
            assert list(driver.parameters.values()) == wanted[""]
        names = ("raster", "model", "device")
        assert contract.parameters(*names, "padding") == wanted["ModelPadding"]
        assert contract.parameters(*names, "batch_size") == wanted["BatchSize"]

    def test_the_attribute_table(self, drivers: List[Driver], truth: Dict[str, Any]) -> None:
        for driver in drivers:
            info = driver.raster_info(Scene(pixels(4, 9, 9)))
            table = json.loads(info["rasterAttributeTable"])
            assert table == truth["classifier"]["attribute_table"]
            assert list(table) == list(json.loads(info["rasterAttributeTable"]))
            assert info["bandCount"] == truth["classifier"]["band_count"]

    def test_key_metadata(self, drivers: List[Driver], truth: Dict[str, Any]) -> None:
        assert not truth["classifier"]["changes_key_metadata"]
        for driver in drivers:
            known = {"datatype": "Generic", "wavelengthmin": 400.0}
            assert driver.key_metadata(**known) == {-1: known, 0: known}

    def test_configuration(self, drivers: List[Driver], truth: Dict[str, Any]) -> None:
        wanted = truth["classifier"]["configuration"]
        for driver in drivers:
            ours = driver.configuration
            assert list(ours["extractBands"]) == wanted["extractBands"]
            assert ours["inheritProperties"] == wanted["inheritProperties"]
            assert ours["inputMask"] is wanted["inputMask"]

    def test_pixels(self, drivers: List[Driver], truth: Dict[str, Any]) -> None:
        """Of one block, whose border the model crops."""
        wanted = truth["classifier"]
        scene = Scene(pixels(4, ROWS * OUTPUT + 4, COLUMNS * OUTPUT + 4))
        for driver in drivers:
            # The value for no data is one that no class has.
            values, seen = driver.classified(scene)
            found = values[2:-2, 2:-2]
            assert seen.all()
            assert np.bincount(found.ravel()).tolist() == wanted["counts"]
            assert hashlib.sha256(found.astype("u1").tobytes()).hexdigest() == wanted["sha256"]


class TestDetector:
    def test_parameters_fields_and_geometry(self, truth: Dict[str, Any]) -> None:
        wanted = truth["detector"]
        listed = Detect().getParameterInfo()
        assert listed[:-1] == wanted["parameters"]["BatchSize"]
        assert listed[-1]["name"] == "scaling"
        assert listed[:-2] == wanted["parameters"][""]
        assert json.loads(Detect().getFields()) == wanted["fields"]
        assert Detect().getGeometryType() == wanted["geometry_type"]
        assert json.loads(contract.objects(())) == wanted["features"]


class TestReaders:
    def test_what_the_published_readers_read(self, ecd: Path, tmp_path: Path) -> None:
        export(read_ecd(ecd), "emd", tmp_path / "a.emd")
        reader = EsriReader(tmp_path / "a.emd")
        assert reader.module == "CNTK.AzurePixelLevelLandClassification"
        assert reader.model_path.is_file()

    @pytest.mark.skipif(not (FUNCTIONS and CNTK), reason="needs Esri's functions and CNTK 2.7")
    @pytest.mark.parametrize("ending", ["ecd", "emd"])
    def test_they_give_what_is_expected(
        self, ending: str, ecd: Path, truth: Dict[str, Any], tmp_path: Path
    ) -> None:
        model = ecd
        if ending == "emd":
            model = tmp_path / "a.emd"
            export(read_ecd(ecd), "emd", model)
        command = [str(CNTK), HERE / "make_truth.py", str(FUNCTIONS), model, tmp_path / "t.json"]
        subprocess.run(command, check=True, capture_output=True)
        assert json.loads((tmp_path / "t.json").read_text()) == truth

    @pytest.mark.skipif(not ARCGIS, reason="needs the arcgis package 2.4.4")
    @pytest.mark.parametrize("as_onnx", [False, True])
    def test_the_arcgis_package_opens_packages(
        self, as_onnx: bool, ecd: Path, tmp_path: Path
    ) -> None:
        export(read_ecd(ecd), "dlpk", tmp_path / "a.dlpk", as_onnx=as_onnx)
        command = [sys.executable, HERE / "open_with_arcgis.py", str(ARCGIS), tmp_path / "a.dlpk"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = json.loads(done.stdout)
        assert told["name"] == "a.emd"
        model = told["document"]["ModelFile"]
        assert model in told["beside"]
        if as_onnx:
            assert told["document"]["InferenceFunction"] in told["beside"]
