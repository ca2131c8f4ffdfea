"""One engine behind three doors: the same inputs give the same bytes and the same findings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, List, Tuple

import jsonschema
import pytest

import dl2ecd_core.headless as arcpy
from dl2ecd_core import DeepLearningModelToEcd
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.schemas import load
from tests.documents import ESRI_EXAMPLE, land_classes
from tests.esri_reader import EsriReader
from tests.toolboxes import REAL, fresh_arcpy, needs_no_arcgis

__all__ = ["fresh_arcpy"]

pytestmark = [needs_no_arcgis, pytest.mark.usefixtures("fresh_arcpy")]

ROOT = Path(__file__).parents[1]


def through_script(model: Path, info: Path, ecd: Path) -> None:
    DeepLearningModelToEcd(str(model), str(info), str(ecd))


def through_pane(model: Path, info: Path, ecd: Path) -> None:
    arcpy.ImportToolbox(str(REAL))
    arcpy.deeplearningtools.DeepLearningModelToEcd(str(model), str(info), str(ecd))


def through_command_line(model: Path, info: Path, ecd: Path) -> None:
    command = [sys.executable, "-m", "dl2ecd_core.cli", "convert", str(model), str(info), str(ecd)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment, timeout=600)


DOORS = (through_script, through_pane, through_command_line)


def results(folder: Path, model: Path, info: Path) -> List[bytes]:
    """What each door writes, each into a folder of its own at the same depth."""
    written = []
    for door in DOORS:
        place = folder / door.__name__
        place.mkdir()
        door(model, info, place / "a.ecd")
        written.append((place / "a.ecd").read_bytes())
    return written


def test_the_demo_model(tmp_path: Path) -> None:
    unpack(tmp_path)
    first, second, third = results(tmp_path, tmp_path / MODEL, tmp_path / CLASS_INFO)
    assert first == second == third


def write_info(folder: Path, **changes: Any) -> Path:
    path = folder / "classes.json"
    path.write_text(json.dumps({**ESRI_EXAMPLE, **changes}), encoding="utf-8")
    return path


CASES: Tuple[Tuple[str, str], ...] = (
    ("generated/cntk/landcover_unet_cntk27.model", "CNTK"),
    ("generated/tf1/landcover_unet_frozen_tf1.pb", "TensorFlow"),
    ("generated/torch/landcover_unet_ts.onnx", "ONNX"),
    ("generated/torch/landcover_unet_ts.onnx", "PyTorch"),
)


@pytest.mark.shared_models
class TestRealModels:
    @pytest.mark.parametrize(("name", "classifier"), CASES)
    def test_with_the_documents_example(
        self, tmp_path: Path, shared_models: Path, name: str, classifier: str
    ) -> None:
        info = write_info(tmp_path, Classifier=classifier)
        first, second, third = results(tmp_path, shared_models / name, info)
        assert first == second == third
        document = json.loads(first)
        jsonschema.validate(document, load("ecd.schema.json"))
        assert document["ExtraInfo"] == {**ESRI_EXAMPLE, "Classifier": classifier}

    def land_cover(self, shared_models: Path) -> Path:
        return shared_models / "cntk_v2" / "pixel_level_land_classification_250epochs.model"

    def test_the_real_land_cover_model(self, tmp_path: Path, shared_models: Path) -> None:
        model = self.land_cover(shared_models)
        info = write_info(tmp_path, Classes=land_classes(5))
        first, second, third = results(tmp_path, model, info)
        assert first == second == third
        document: Dict[str, Any] = json.loads(first)
        assert document["ImageHeight"] == document["ImageWidth"] == 256
        assert document["ModelPadding"] == 64
        assert document["ModelConfiguration"] == "AzurePixelLevelLandClassification"

    def test_a_published_reader_opens_its_ecd(self, tmp_path: Path, shared_models: Path) -> None:
        model = self.land_cover(shared_models)
        info = write_info(tmp_path, Classes=land_classes(5))
        through_script(model, info, tmp_path / "a.ecd")
        reader = EsriReader(tmp_path / "a.ecd")
        assert reader.module == "CNTK.AzurePixelLevelLandClassification"
        assert reader.model_path == model.resolve()
        assert reader.tile == (256, 256)
        assert reader.bands == (0, 1, 2, 3)
        assert reader.asks_for == []
        assert [row["Value"] for row in reader.attribute_table] == [0, 1, 2, 3, 4]

    @pytest.mark.parametrize("door", DOORS)
    def test_two_classes_for_its_five_are_refused(
        self, tmp_path: Path, shared_models: Path, door: Any
    ) -> None:
        info = write_info(tmp_path)
        refusals = (ConversionRefused, arcpy.ExecuteError, subprocess.CalledProcessError)
        with pytest.raises(refusals) as error:
            door(self.land_cover(shared_models), info, tmp_path / "a.ecd")
        if door is not through_command_line:
            assert "class-count-mismatch" in str(error.value)
            assert "5 channels" in str(error.value)
            assert "2 classes" in str(error.value)
        assert sorted(os.listdir(tmp_path)) == ["classes.json"]
