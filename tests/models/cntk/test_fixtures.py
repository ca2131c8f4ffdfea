"""Tiny models by CNTK 2.7: the reader says what CNTK says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.models.cntk import v1, v2
from dl2ecd_core.models.description import Activation, ModelDescription, Role
from dl2ecd_core.models.registry import Match
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES, SHARED_MODELS

FOLDER = FIXTURES / "cntk"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def described(path: Path) -> ModelDescription:
    with ByteSource(path) as source:
        sure = [reader for reader in (v1, v2) if reader.recognise(source) is Match.SURE]
        assert len(sure) == 1
        return sure[0].read(source)


def said(tensors: Any) -> List[Dict[str, Any]]:
    return [
        {
            "name": tensor.name,
            "shape": None if tensor.shape is None else list(tensor.shape),
            "data_type": tensor.data_type,
        }
        for tensor in tensors
    ]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_names_shapes_and_types_are_those_of_cntk(name: str) -> None:
    model = described(FOLDER / name)
    assert model.format == ("cntk-v1" if name.endswith(".v1") else "cntk-v2")
    assert model.framework == "CNTK"
    assert said(model.inputs) == EXPECTED[name]["inputs"]
    assert said(model.outputs) == EXPECTED[name]["outputs"]
    assert model.parameters == EXPECTED[name]["parameters"]
    assert not model.findings


def test_padding_is_what_valid_convolutions_crop() -> None:
    assert described(FOLDER / "unet_valid.model").padding == 4


@pytest.mark.parametrize("name", ["unet_same.model", "buildings.model", "classes.model"])
def test_no_padding_without_a_cropped_border(name: str) -> None:
    assert described(FOLDER / name).padding is None


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("unet_same.model", Activation.SOFTMAX),
        ("unet_valid.model", Activation.NONE),
        ("buildings.model", Activation.SIGMOID),
        ("buildings.v1", Activation.SIGMOID),
        ("classes.model", Activation.ARGMAX),
    ],
)
def test_last_operation_is_told(name: str, activation: Activation) -> None:
    assert described(FOLDER / name).outputs[0].activation is activation


def test_argmax_counts_its_classes_and_has_no_class_axis() -> None:
    output = described(FOLDER / "classes.model").outputs[0]
    assert output.class_count == 6
    assert output.axes == "?HW"
    assert output.size_of("C") is None


def test_images_are_channels_height_width() -> None:
    model = described(FOLDER / "unet_same.model")
    assert model.inputs[0].axes == "CHW"
    assert model.outputs[0].size_of("C") == 5


def test_axes_are_those_that_came_through_the_network() -> None:
    axes = {tensor.axes for tensor in described(FOLDER / "layers" / "summed.model").outputs}
    # A softmax along an axis makes it that of the classes.
    assert {"C??", "??C"} <= axes
    assert {tensor.axes for tensor in described(FOLDER / "layers" / "convolved.model").outputs} == {
        "CHW"
    }


@pytest.mark.parametrize("name", ["with_losses.model", "trainer.dnn"])
def test_labels_and_losses_are_marked(name: str) -> None:
    model = described(FOLDER / name)
    roles = {tensor.name: tensor.role for tensor in (*model.inputs, *model.outputs)}
    labels = {name for name, role in roles.items() if role is Role.LABEL}
    assert labels in ({"labels"}, {"y"})
    data = [tensor.name for tensor in model.outputs if tensor.role is Role.DATA]
    assert data == ["z"]


def test_sizes_that_cntk_itself_does_not_agree_in_are_not_told() -> None:
    # Loading a v1 file, CNTK 2.7 forgets the strides that the network was saved with.
    model = described(FOLDER / "layers" / "strided.v1")
    assert {tensor.name: tensor.shape for tensor in model.outputs} == {
        "Convolution17_Output_0": None,
        "Slice11_Output_0": (4, 6, 8),  # backwards, of the same size
        "Slice14_Output_0": None,
        "Slice8_Output_0": None,
        "Times24_Output_0": None,
    }
    (finding,) = model.findings
    assert finding.rule == "model-shape-unknown"
    assert "forgets the strides" in finding.message
    whole = described(FOLDER / "layers" / "strided.model")
    assert [tensor.shape for tensor in whole.outputs] == [
        (4, 3, 8), (4, 6, 8), (4, 6, 3), (5, 2, 2), (3,)
    ]  # fmt: skip


def test_checkpoint_is_not_a_model_and_says_where_the_model_is() -> None:
    with ByteSource(FOLDER / "trainer.dnn.ckp") as source:
        assert v2.recognise(source) is Match.SURE
        with pytest.raises(Exception, match=r"training checkpoint.*trainer\.dnn'") as error:
            v2.read(source)
    assert error.value.finding.rule == "model-not-a-model"


def test_foreign_function_is_named_with_its_module_and_class() -> None:
    model = described(FOLDER / "user_function.model")
    (finding,) = model.findings
    assert finding.rule == "model-runs-own-code"
    for word in ("halved", "Halved", "__main__", "Python module"):
        assert word in finding.message
    assert said(model.outputs) == [{"name": "z", "shape": [2], "data_type": "float32"}]


def _truth() -> Dict[str, Any]:
    file = SHARED_MODELS / "truth.json"
    if not file.is_file():
        return {}
    truth = json.loads(file.read_text("utf-8"))
    return {name: one for name, one in truth.items() if one["format"].startswith("cntk")}


@pytest.mark.shared_models
@pytest.mark.parametrize("name", sorted(_truth()))
def test_real_models_agree_with_cntk(name: str, shared_models: Path) -> None:
    path = shared_models / name
    if not path.is_file():
        pytest.skip("this file is not on this machine")
    truth = _truth()[name]
    model = described(path)
    assert model.format == truth["format"]
    for tensors, expected in ((model.inputs, "inputs"), (model.outputs, "outputs")):
        assert [(tensor.name, list(tensor.shape or ())) for tensor in tensors] == [
            (one["name"], one["shape"]) for one in truth[expected]
        ]
    assert model.parameters == truth["parameters"]


@pytest.mark.shared_models
def test_real_land_cover_model_pads_64(shared_models: Path) -> None:
    model = described(shared_models / "cntk_v2" / "pixel_level_land_classification_250epochs.model")
    assert model.padding == 64
    assert model.outputs[0].size_of("C") == 5
    same = described(shared_models / "generated" / "cntk" / "landcover_unet_cntk27.model")
    assert same.padding is None
