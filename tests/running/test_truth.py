"""Models of every format against the arrays that their own frameworks gave for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Dict, Tuple

import numpy as np
import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.scores import Scores, scores_of
from dl2ecd_core.running.sessions.opening import open_session
from tests.running.scenes import opened, write_scene

pytestmark = pytest.mark.shared_models

#: Relative to the largest score.
CLOSE = 5e-6
AZURE = "cntk_v2/pixel_level_land_classification_250epochs.model"


def scores(model: Path, folder: Path, layers: int) -> Scores:
    """A model in a folder of its own, ready to give scores."""
    for part in inspect_model(model).files:
        target = folder / part.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(part.location, target)
    primary = folder / inspect_model(model).files[0].path
    described = inspect_model(primary)
    output = next((tensor.name for tensor in described.outputs if "C" in (tensor.axes or "")), None)
    return scores_of(open_session(described, primary), 4, output, layers)


def difference(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth).max() / np.abs(truth).max())


class TestTheAzureModel:
    """Microsoft's land-cover model, made with CNTK; the arrays are those of CNTK 2.7."""

    @pytest.fixture
    def reference(self, shared_models: Path) -> Tuple[np.ndarray, np.ndarray]:
        arrays = np.load(shared_models / "cntk_v2" / "reference_io_250epochs.npz")
        return arrays["x"][0], arrays["logits"][0]

    def test_scores(
        self, shared_models: Path, tmp_path: Path, reference: Tuple[np.ndarray, np.ndarray]
    ) -> None:
        pixels, truth = reference
        assert difference(scores(shared_models / AZURE, tmp_path, 5)(pixels), truth) <= CLOSE

    def test_classes_of_the_tile_from_the_ecd(
        self, shared_models: Path, tmp_path: Path, reference: Tuple[np.ndarray, np.ndarray]
    ) -> None:
        pixels, truth = reference
        classes = {
            "ImportDeepLearningModelToEsriExtraInfo": 0,
            "Version": 1,
            "Classifier": "CNTK",
            "NumberRasterBands": 4,
            "MiniBatchSize": 1,
            "Classes": [
                {"Value": value, "Name": f"Class {value}", "Color": [value * 40, 9, 9]}
                for value in range(5)
            ],
        }
        (tmp_path / "classes.json").write_text(json.dumps(classes))
        ecd, out = tmp_path / "azure.ecd", tmp_path / "out.tif"
        convert(shared_models / AZURE, tmp_path / "classes.json", ecd)
        scene = write_scene(tmp_path / "scene.tif", pixels.astype("float32"))
        classify(scene, ecd, out, options=Options(scale=["none"]))
        with opened(out) as file:
            middle = file.read(1)[64:192, 64:192]
        assert np.array_equal(middle, truth.argmax(0))


class TestTensorFlow:
    """One network in every format that TensorFlow 1 wrote it in."""

    @pytest.mark.parametrize(
        ("model", "needed"),
        [
            ("landcover_unet_frozen_tf1.pb", "openvino"),
            ("savedmodel_v1/saved_model.pb", "openvino"),
            ("landcover_unet_tf1.tflite", "ai_edge_litert"),
        ],
    )
    def test_scores(self, shared_models: Path, tmp_path: Path, model: str, needed: str) -> None:
        pytest.importorskip(needed)
        folder = shared_models / "generated" / "tf1"
        arrays = dict(np.load(folder / "reference_io.npz"))
        inputs, truth = _ends(arrays)
        made = scores(folder / model, tmp_path, truth.shape[-1])
        found = made(inputs[0].transpose(2, 0, 1).astype("float32"))
        assert difference(found.transpose(1, 2, 0), truth[0]) <= CLOSE


def _ends(arrays: Dict[str, np.ndarray]) -> Tuple[np.ndarray, np.ndarray]:
    """What went in and the scores that came out, by their channels."""
    fours = [array for array in arrays.values() if array.ndim == 4]
    inputs = next(array for array in fours if array.shape[-1] == 4)
    return inputs, next(array for array in fours if array.shape[-1] == 2)
