"""Caffe models: weights, and the network in a text file beside them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, ModelDescription, Role

from ..conftest import FIXTURES
from .damage import assert_survives_damage

HERE = FIXTURES / "caffe"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())


def copied(folder: Path, name: str, text: str = "") -> Path:
    """A model in a folder of its own, with another description if one is given."""
    shutil.copy(HERE / f"{name}.caffemodel", folder)
    if text:
        (folder / f"{name}.prototxt").write_text(text)
    return folder / f"{name}.caffemodel"


def rules(model: ModelDescription) -> list[str]:
    return [item.rule for item in model.findings]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_says_what_opencv_makes_of_it(name: str) -> None:
    model, told = inspect_model(HERE / name), EXPECTED[name]
    assert (model.format, model.framework) == ("caffe", "Caffe")
    assert [list(tensor.shape or ()) for tensor in model.inputs] == [told["input"]]
    assert {t.name: list(t.shape or ()) for t in model.outputs} == told["outputs"]
    assert model.parameters == told["parameters"]
    assert model.inputs[0].evidence is Evidence.DECLARED
    assert model.outputs[0].evidence is Evidence.INFERRED
    assert [part.path for part in model.files] == [name, name.replace("caffemodel", "prototxt")]
    assert rules(model) == []


def test_axes_activation_and_padding() -> None:
    fcn, valid, old = (
        inspect_model(HERE / f"{name}.caffemodel") for name in ("fcn", "valid", "old")
    )
    assert (fcn.inputs[0].axes, fcn.outputs[0].axes) == ("NCHW", "NCHW")
    assert fcn.outputs[0].activation is Activation.SOFTMAX
    assert fcn.padding is None
    assert valid.outputs[0].activation is Activation.NONE
    assert valid.padding == 3
    assert old.outputs[0].axes == "NC"


def test_without_its_description_only_the_weights_are_told(tmp_path: Path) -> None:
    model = inspect_model(copied(tmp_path, "fcn"))
    assert (model.inputs, model.missing_files) == ((), ("fcn.prototxt",))
    assert model.parameters == EXPECTED["fcn.caffemodel"]["parameters"]


def test_a_description_of_other_layers_does_not_count(tmp_path: Path) -> None:
    path = copied(tmp_path, "fcn", (HERE / "valid.prototxt").read_text())
    assert inspect_model(path).missing_files == ("fcn.prototxt",)


def test_a_description_under_another_name_is_found_by_its_layers(tmp_path: Path) -> None:
    path = copied(tmp_path, "fcn")
    shutil.copy(HERE / "fcn.prototxt", tmp_path / "network.prototxt")
    shutil.copy(HERE / "valid.prototxt", tmp_path / "another.prototxt")
    model = inspect_model(path)
    assert [part.path for part in model.files] == ["fcn.caffemodel", "network.prototxt"]
    assert model.missing_files == ()


def test_layers_of_training_are_told_apart(tmp_path: Path) -> None:
    text = (HERE / "fcn.prototxt").read_text()
    body = text[text.index("layer {") :].split('layer { name: "prob"')[0]
    training = (
        'layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST } }'
        'layer { name: "e" type: "Data" top: "data" top: "label" include { phase: TRAIN } }'
        + body
        + 'layer { name: "loss" type: "SoftmaxWithLoss" bottom: "crop" bottom: "label" top: "l" }'
    )
    model = inspect_model(copied(tmp_path, "fcn", training))
    assert [(t.name, t.shape, t.role) for t in model.inputs] == [
        ("data", None, Role.DATA),
        ("label", None, Role.LABEL),
    ]
    assert [(t.name, t.role) for t in model.outputs] == [("l", Role.LOSS)]


def test_class_indices_know_the_number_of_classes(tmp_path: Path) -> None:
    text = (HERE / "valid.prototxt").read_text() + (
        'layer { name: "best" type: "ArgMax" bottom: "classes" top: "best"'
        " argmax_param { axis: 1 } }"
    )
    output = inspect_model(copied(tmp_path, "valid", text)).outputs[0]
    assert (output.activation, output.class_count) == (Activation.ARGMAX, 5)
    assert output.shape == (1, 1, 14, 14)


def test_an_unknown_layer_makes_what_follows_unknown(tmp_path: Path) -> None:
    text = (HERE / "valid.prototxt").read_text().replace('"Concat"', '"Riddle"')
    model = inspect_model(copied(tmp_path, "valid", text))
    assert model.outputs[0].shape is None
    assert rules(model) == ["model-shape-unknown"]


def test_python_layers_are_named(tmp_path: Path) -> None:
    text = (HERE / "valid.prototxt").read_text() + (
        'layer { name: "own" type: "Python" bottom: "classes" top: "own"'
        ' python_param { module: "mymodule" layer: "MyLayer" } }'
    )
    model = inspect_model(copied(tmp_path, "valid", text))
    assert "model-runs-own-code" in rules(model)
    assert "'mymodule.MyLayer'" in model.findings[0].message


@pytest.mark.parametrize(("name", "part"), [("old", None), ("fcn", "fcn.prototxt")])
def test_damaged_files_are_refused_or_read(name: str, part: Any, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(HERE / f"{name}.prototxt", alone)
    assert_survives_damage(copied(alone, name), tmp_path, part)


def test_the_description_alone_is_no_model() -> None:
    with pytest.raises(ModelFileError) as caught:
        inspect_model(HERE / "fcn.prototxt")
    assert caught.value.finding.rule == "model-not-a-model"
    assert ".caffemodel" in caught.value.finding.hint


def test_a_cut_file_is_known_for_caffe(tmp_path: Path) -> None:
    path = copied(tmp_path, "fcn")
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


@pytest.mark.shared_models
def test_the_real_model_agrees_with_its_framework(shared_models: Path) -> None:
    model = inspect_model(shared_models / "caffe" / "kpzhang93_mtcnn_det1.caffemodel")
    assert model.parameters == 6632
    assert [(t.name, t.shape) for t in model.inputs] == [("data", (1, 3, 12, 12))]
    assert [(t.name, t.shape) for t in model.outputs] == [
        ("conv4-2", (1, 4, 1, 1)),
        ("prob1", (1, 2, 1, 1)),
    ]
