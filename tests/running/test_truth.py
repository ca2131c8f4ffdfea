"""Models of every format against the arrays that their own frameworks gave for them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Tuple

import numpy as np
import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.building import Options
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.opening import RUNTIMES, open_session
from dl2ecd_core.running.sessions.scores import Scores, scores_of
from tests.running.scenes import opened, write_scene
from tests.running.truth.examples import image, kept

pytestmark = pytest.mark.shared_models

#: Relative to the largest score.
CLOSE = 5e-6
AZURE = "cntk_v2/pixel_level_land_classification_250epochs.model"
TRUTH = Path(__file__).parent / "truth"
MODELS: List[Dict[str, Any]] = json.loads((TRUTH / "models.json").read_text(encoding="ascii"))
#: The module that runs what a runtime runs.
MODULES = {
    "ONNX Runtime": "onnxruntime",
    "OpenVINO": "openvino",
    "LiteRT": "ai_edge_litert",
    "PyTorch, --trust-model": "torch",
}
#: What can't run, and a word of the sentence that says what to do.
NOT_RUNNABLE = {
    "generated/torch/landcover_unet_state_dict.pth": "torch.onnx.export",
    "generated/torch/landcover_unet_state_dict_legacy.pth": "torch.onnx.export",
    "generated/torch/landcover_unet_full_module.pt": "torch.onnx.export",
    "generated/torch/landcover_unet_checkpoint.tar.pth": "torch.onnx.export",
    "generated/torch/landcover_unet.safetensors": "torch.onnx.export",
    "generated/tf1/seg_keras_tf1_weights_only.h5": "model.save",
    "generated/tf2/landcover_unet_keras3.weights.h5": "model.save",
    "generated/coreml/landcover_nn.mlmodel": "coremltools",
    "generated/paddle/landcover_state.pdparams": "paddle.jit.save",
    "pytorch_pth/facenet_pytorch_pnet.pt": "torch.onnx.export",
}


def scores(model: Path, folder: Path, layers: int, bands: int = 4) -> Scores:
    """A model in a folder of its own, ready to give scores."""
    for part in inspect_model(model).files:
        target = folder / part.path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(part.location, target)
    primary = folder / inspect_model(model).files[0].path
    described = inspect_model(primary)
    outputs = [tensor for tensor in described.outputs if "C" in (tensor.axes or "")]
    name = next(
        (tensor.name for tensor in outputs if tensor.size_of("C") in (layers, None)),
        outputs[0].name if outputs else None,
    )
    return scores_of(open_session(described, primary, trusted=True), bands, name, layers)


def difference(found: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(found - truth).max() / np.abs(truth).max())


@pytest.fixture(scope="module")
def truth() -> Dict[str, np.ndarray]:
    with np.load(TRUTH / "truth.npz") as arrays:
        return {name: arrays[name] for name in arrays.files}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: str(model["name"]))
def test_scores_are_those_of_the_framework(
    shared_models: Path, tmp_path: Path, model: Dict[str, Any], truth: Dict[str, np.ndarray]
) -> None:
    path = shared_models / model["name"]
    pytest.importorskip(MODULES[RUNTIMES[inspect_model(path).format]])
    try:
        made = scores(path, tmp_path, model["layers"], model["bands"])
    except RunningRefused as error:
        # Python 3.9 gets an ONNX Runtime that is older than some models' operations.
        if "Current official support" not in str(error):
            raise
        pytest.skip("this ONNX Runtime is older than the model's operations")
    found = kept(made(image(model["name"], model["bands"], *model["size"])))
    expected = truth[model["name"]]
    assert found.shape == expected.shape
    if model.get("exact") or model.get("classes"):
        assert np.array_equal(found, expected)
    else:
        assert difference(found, expected) <= model.get("close", CLOSE)


@pytest.mark.parametrize(("name", "words"), NOT_RUNNABLE.items())
def test_what_can_not_run_says_what_to_do(
    shared_models: Path, tmp_path: Path, name: str, words: str
) -> None:
    with pytest.raises(RunningRefused) as refused:
        scores(shared_models / name, tmp_path, 2)
    (said,) = refused.value.findings
    assert said.rule == "model-not-runnable"
    assert words in f"{said.message} {said.hint}"
    assert str(tmp_path) not in said.message


@pytest.mark.parametrize(
    ("name", "rule", "words"),
    [
        # Text with fields that came with TensorFlow 2; and a graph whose weights lie elsewhere.
        (
            "generated/tf2/landcover_unet_frozen_tf2.pbtxt",
            "model-not-loaded",
            "tf.io.write_graph",
        ),
        (
            "generated/tf1/graph_unfrozen.pb",
            "model-not-frozen",
            "convert_variables_to_constants",
        ),
    ],
)
def test_what_its_runtime_does_not_take_says_what_to_do(
    shared_models: Path, tmp_path: Path, name: str, rule: str, words: str
) -> None:
    pytest.importorskip("openvino")
    with pytest.raises(RunningRefused) as refused:
        scores(shared_models / name, tmp_path, 2)
    (said,) = refused.value.findings
    assert said.rule == rule
    assert words in said.hint


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
