"""Core ML models: single files and packages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, ModelDescription

from ..conftest import FIXTURES
from .damage import assert_survives_damage

HERE = FIXTURES / "coreml"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())


def rules(model: ModelDescription) -> List[str]:
    return [item.rule for item in model.findings]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_says_what_coremltools_says(name: str) -> None:
    model, told = inspect_model(HERE / name), EXPECTED[name]
    assert (model.format, model.framework) == ("coreml", "Core ML")
    for mine, theirs in ((model.inputs, told["inputs"]), (model.outputs, told["outputs"])):
        assert [
            (tensor.name, None if tensor.shape is None else list(tensor.shape)) for tensor in mine
        ] == [(one["name"], one["shape"]) for one in theirs]


def test_arrays_of_networks_are_channels_rows_columns() -> None:
    model = inspect_model(HERE / "network.mlmodel")
    assert (model.inputs[0].axes, model.outputs[0].axes) == ("CHW", "CHW")
    assert model.outputs[0].activation is Activation.SOFTMAX
    assert model.inputs[0].evidence is Evidence.DECLARED
    assert model.producer == "fixtures 1.2"


def test_images_have_their_colors_as_channels() -> None:
    image = inspect_model(HERE / "image_classifier.mlmodel").inputs[0]
    assert (image.shape, image.axes, image.data_type) == ((3, 16, 24), "CHW", "uint8")


def test_programs_name_axes_by_their_convolutions() -> None:
    model = inspect_model(HERE / "program.mlpackage")
    assert (model.inputs[0].axes, model.outputs[0].axes) == ("NCHW", "NCHW")
    assert model.outputs[0].activation is Activation.SIGMOID
    assert model.producer is not None and model.producer.startswith("coremltools ")


@pytest.mark.parametrize(
    ("name", "names"),
    [
        ("network.mlmodel", ("other", "vegetation")),
        ("flexible.mlmodel", ("background", "road")),
        ("image_classifier.mlmodel", ("water", "forest")),
        ("pipeline.mlmodel", ("water", "forest")),
    ],
)
def test_class_names_are_found(name: str, names: Any) -> None:
    assert [found.names for found in inspect_model(HERE / name).class_names] == [names]


def test_custom_layers_are_named() -> None:
    model = inspect_model(HERE / "custom.mlmodel")
    assert rules(model) == ["model-runs-own-code"]
    assert "'MyLayer'" in model.findings[0].message


def test_a_package_brings_its_weights(tmp_path: Path) -> None:
    package = tmp_path / "copy.mlpackage"
    shutil.copytree(HERE / "program.mlpackage", package)
    model = inspect_model(package)
    inside = "Data/com.apple.CoreML"
    assert [part.path for part in model.files] == [
        f"{inside}/model.mlmodel",
        f"{inside}/weights/weight.bin",
        "Manifest.json",
    ]
    assert inspect_model(model.primary.location).files == model.files
    weights = package / "Data" / "com.apple.CoreML" / "weights"
    shutil.rmtree(weights)
    assert inspect_model(package).missing_files == (f"{inside}/weights/weight.bin",)


def test_a_package_is_read_where_its_manifest_says(tmp_path: Path) -> None:
    package = tmp_path / "copy.mlpackage"
    shutil.copytree(HERE / "program.mlpackage", package)
    shutil.copy(HERE / "network.mlmodel", package / "Data" / "com.apple.CoreML" / "a.mlmodel")
    assert inspect_model(package).primary.path == "Data/com.apple.CoreML/model.mlmodel"


@pytest.mark.parametrize("path", ["../../../network.mlmodel", "/etc/passwd", "C:/x", 7, None])
def test_a_manifest_can_not_point_outside(tmp_path: Path, path: Any) -> None:
    package = tmp_path / "bad.mlpackage"
    (package / "Data").mkdir(parents=True)
    shutil.copy(HERE / "network.mlmodel", tmp_path)
    manifest = {"itemInfoEntries": {"1": {"path": path}}, "rootModelIdentifier": "1"}
    (package / "Manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(package)
    assert caught.value.finding.rule == "model-is-folder"


@pytest.mark.parametrize("name", ["image_classifier.mlmodel", "model.mlmodel"])
def test_damaged_files_are_refused_or_read(name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    folder = HERE
    if name == "model.mlmodel":
        folder = HERE / "program.mlpackage" / "Data" / "com.apple.CoreML"
    alone.mkdir()
    shutil.copy(folder / name, alone)
    assert_survives_damage(alone / name, tmp_path)


@pytest.mark.shared_models
def test_the_real_models_agree_with_their_framework(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text())
    names = [name for name, told in truth.items() if told["format"] == "coreml"]
    assert names
    for name in names:
        model = inspect_model(shared_models / name)
        for mine, theirs in (
            (model.inputs, truth[name]["inputs"]),
            (model.outputs, truth[name]["outputs"]),
        ):
            assert [(t.name, list(t.shape or ())) for t in mine] == [
                (one["name"], one["shape"]) for one in theirs
            ]
