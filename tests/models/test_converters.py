"""Who turns models into ONNX that are not turned into it here: a sentence with the command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.converters import converter_of
from dl2ecd_core.models.description import ModelDescription, ModelPart, Role, Tensor
from dl2ecd_core.models.formats import FORMATS
from dl2ecd_core.models.networks import is_lowered, read_network
from tests.conftest import FIXTURES

TF2ONNX = "python -m tf2onnx.convert"


@pytest.mark.parametrize(
    ("file", "command"),
    [
        ("tensorflow/tf1/deeplab.pb",
         f"{TF2ONNX} --graphdef deeplab.pb --inputs ImageTensor:0 --outputs SemanticPredictions:0 "
         "--output model.onnx"),
        ("tensorflow/tf2/saved", f"{TF2ONNX} --saved-model FOLDER --output model.onnx"),
        ("tensorflow/tf1/ckpt/model.ckpt.index",
         f"{TF2ONNX} --checkpoint model.ckpt.meta --inputs image:0 --outputs predicted:0 "
         "--output model.onnx"),
        ("tensorflow/tf1/keras_ckpt/weights.index",
         f"{TF2ONNX} --saved-model FOLDER --output model.onnx"),
        ("tflite/softmax.tflite", f"{TF2ONNX} --tflite softmax.tflite --output model.onnx"),
        ("openvino/softmax.xml", "torch.onnx.export(model, (example,), 'model.onnx')"),
        ("coreml/network.mlmodel", "torch.onnx.export(model, (example,), 'model.onnx')"),
        ("coreml/program.mlpackage", "torch.onnx.export(model, (example,), 'model.onnx')"),
        ("paddle/softmax.pdmodel",
         "paddle2onnx --model_dir . --model_filename softmax.pdmodel --params_filename "
         "softmax.pdiparams --save_file model.onnx"),
        ("paddle/softmax_pir.json",
         "paddle2onnx --model_dir . --model_filename softmax_pir.json --params_filename "
         "softmax_pir.pdiparams --save_file model.onnx"),
        ("paddle/traced.pdmodel", "paddle.onnx.export(network, 'model', input_spec=[example])"),
        ("paddle/state.pdparams", "paddle.onnx.export(network, 'model', input_spec=[example])"),
        ("pytorch/unet_traced.pt",
         "torch.onnx.export(torch.jit.load('unet_traced.pt'), (example,), 'model.onnx', "
         "dynamo=False)"),
        ("pytorch/softmax_exported.pt2",
         "torch.onnx.export(torch.export.load('softmax_exported.pt2').module(), (example,), "
         "'model.onnx')"),
        ("pytorch/unet_state_dict.pth", "torch.onnx.export(model, (example,), 'model.onnx')"),
        ("pytorch/unet_legacy.pth", "torch.onnx.export(model, (example,), 'model.onnx')"),
        ("safetensors/unet.safetensors", "torch.onnx.export(model, (example,), 'model.onnx')"),
    ],
)  # fmt: skip
def test_a_refusal_ends_with_the_command_that_converts(file: str, command: str) -> None:
    with pytest.raises(ConversionRefused) as caught:
        read_network(FIXTURES / file)
    (finding,) = caught.value.findings
    assert finding.rule == "network-format-not-convertible"
    assert finding.hint.endswith(command)
    said = finding.hint[: -len(command)]
    # One sentence, which the command ends.
    assert said
    assert ". " not in said


def test_every_format_that_is_not_lowered_has_a_sentence() -> None:
    others = [one.id for one in FORMATS if not is_lowered(one.id)]
    assert len(others) == 12
    for format_id in others:
        sentence = converter_of(ModelDescription(format_id, "x", (part("model"),)))
        assert "onnx" in sentence
        assert not sentence.endswith(".")


def part(path: str) -> ModelPart:
    return ModelPart(path, 1, Path(path))


def described(format_id: str, *files: str, **more: Any) -> ModelDescription:
    return ModelDescription(format_id, "x", tuple(map(part, files)), **more)


@pytest.mark.parametrize(
    "name", ["a b.tflite", "$(x).tflite", "-x.tflite", "a;b.tflite", "\u00fc.tflite"]
)
def test_a_name_that_has_to_be_quoted_is_left_to_the_reader(name: str) -> None:
    assert "--tflite model.tflite --output" in converter_of(described("tflite", name))
    both = described("paddle", "x.pdmodel", "a b.pdiparams")
    assert "--params_filename model.pdiparams " in converter_of(both)


def test_older_parameters_are_found_too() -> None:
    told = converter_of(described("paddle", "__model__", "__params__"))
    assert "--model_filename __model__ --params_filename __params__" in told


@pytest.mark.parametrize(
    ("inputs", "found"),
    [
        ([Tensor("a"), Tensor("b/c")], "a:0,b/c:0"),
        ([Tensor("a"), Tensor("y", role=Role.LABEL)], "a:0"),
        ([Tensor("a"), Tensor(None)], "x:0"),
        ([Tensor("a"), Tensor("b c")], "x:0"),
        ([], "x:0"),
        ([Tensor(f"n{number}") for number in range(8)],
         ",".join(f"n{number}:0" for number in range(8))),
        ([Tensor(f"n{number}") for number in range(9)], "x:0"),
    ],
)  # fmt: skip
def test_what_is_fed_is_named_where_a_command_line_takes_it(inputs: Any, found: str) -> None:
    model = described("tensorflow-graphdef", "m.pb", inputs=tuple(inputs))
    assert f"--graphdef m.pb --inputs {found} --outputs y:0 " in converter_of(model)


def test_what_a_reader_says_of_a_file_is_enough() -> None:
    assert converter_of(inspect_model(FIXTURES / "tflite" / "softmax.tflite")).startswith("tf2onnx")
