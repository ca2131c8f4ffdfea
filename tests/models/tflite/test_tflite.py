"""TensorFlow Lite: what is read is what TensorFlow's interpreter says."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Tensor
from dl2ecd_core.models.tflite.schema import load
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

FOLDER = FIXTURES / "tflite"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))


def free_shape(said: Dict[str, Any]) -> List[Optional[int]]:
    """The interpreter's shape, with None for sizes that its signature leaves free."""
    return [
        None if free < 0 else size for size, free in zip(said["shape"], said["shape_signature"])
    ]


def as_started(tensor: Tensor) -> List[Optional[int]]:
    """A shape as the interpreter allocates it: 1 for a batch of any size."""
    shape = list(tensor.shape or ())
    return [1, *shape[1:]] if shape[:1] == [None] else shape


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_inputs_and_outputs_are_those_of_the_interpreter(name: str) -> None:
    model = inspect_model(FOLDER / name)
    assert (model.format, model.framework) == ("tflite", "TensorFlow Lite")
    for side in ("inputs", "outputs"):
        found: List[Tensor] = list(getattr(model, side))
        assert [
            {"name": tensor.name, "shape": list(tensor.shape or ()), "type": tensor.data_type}
            for tensor in found
        ] == [
            {"name": said["name"], "shape": free_shape(said), "type": said["data_type"]}
            for said in EXPECTED[name][side]
        ]


def test_versions_are_those_of_the_converter_and_of_the_oldest_runtime() -> None:
    model = inspect_model(FOLDER / "softmax.tflite")
    versions = json.loads((FOLDER / "versions.json").read_text("ascii"))
    assert model.producer == f"TensorFlow {versions['tensorflow']}"
    assert model.framework_version is not None
    assert all(part.isdecimal() for part in model.framework_version.split("."))


@pytest.mark.parametrize(
    ("name", "input_axes", "output_axes"),
    [
        ("softmax", "NHWC", "NHWC"),
        ("channels_first", "NCHW", "NCHW"),
        ("argmax", "NHWC", "NHW"),
    ],
)
def test_axes_follow_the_graph(name: str, input_axes: str, output_axes: str) -> None:
    model = inspect_model(FOLDER / f"{name}.tflite")
    assert model.inputs[0].axes == input_axes
    assert output_axes in {tensor.axes for tensor in model.outputs}


@pytest.mark.parametrize(
    ("name", "activation"),
    [
        ("softmax", Activation.SOFTMAX),
        ("quantised", Activation.SOFTMAX),
        ("float16", Activation.SOFTMAX),
        ("channels_first", Activation.SOFTMAX),
        ("sigmoid", Activation.SIGMOID),
        ("scores", Activation.NONE),
        ("custom", None),
        ("flex", None),
    ],
)
def test_the_last_operation_is_recognised(name: str, activation: Optional[Activation]) -> None:
    assert inspect_model(FOLDER / f"{name}.tflite").outputs[0].activation is activation


def test_an_argmax_tells_how_many_classes_it_chose_from() -> None:
    outputs = inspect_model(FOLDER / "argmax.tflite").outputs
    (mask,) = [tensor for tensor in outputs if tensor.activation is Activation.ARGMAX]
    assert mask.class_count == 5
    assert mask.size_of("C") is None


def test_label_files_inside_the_model_are_read_in_order() -> None:
    (found,) = inspect_model(FOLDER / "labelled.tflite").class_names
    assert found.names == ("water", "tree cover", "built up")
    assert "labels.txt" in found.source


def test_a_label_file_that_is_not_there_is_said() -> None:
    model = inspect_model(FOLDER / "label_lost.tflite")
    assert model.class_names == ()
    (finding,) = [item for item in model.findings if item.rule == "class-names-unreadable"]
    assert "elsewhere.txt" in finding.message


def test_operations_of_others_are_named() -> None:
    (finding,) = inspect_model(FOLDER / "custom.tflite").findings
    assert finding.rule == "model-runs-own-code"
    assert "'Erfinv'" in finding.message


def test_operations_of_full_tensorflow_are_named() -> None:
    (finding,) = inspect_model(FOLDER / "flex.tflite").findings
    assert finding.rule == "model-needs-extension"
    assert "'MatrixInverse'" in finding.message


def test_weights_outside_the_flatbuffer_must_lie_in_the_file(tmp_path: Path) -> None:
    content = (FOLDER / "outside.tflite").read_bytes()
    with ByteSource(FOLDER / "outside.tflite") as source:
        model = load(source)
        spans = [model.buffer_span(index) for index in range(len(model.buffers))]
    assert max(start + size for start, size in filter(None, spans)) > len(content) - 64
    path = tmp_path / "short.tflite"
    path.write_bytes(content[:-64])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


def test_another_schema_version_is_refused_by_name(tmp_path: Path) -> None:
    content = bytearray((FOLDER / "softmax.tflite").read_bytes())
    (start,) = struct.unpack_from("<I", content, 0)
    (back,) = struct.unpack_from("<i", content, start)
    (offset,) = struct.unpack_from("<H", content, start - back + 4)
    struct.pack_into("<I", content, start + offset, 4)
    path = tmp_path / "future.tflite"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-unsupported"
    assert "version 4" in str(caught.value)


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "model.onnx"
    path.write_bytes((FOLDER / "softmax.tflite").read_bytes())
    assert inspect_model(path).format == "tflite"


@pytest.mark.parametrize("name", ["labelled", "outside", "argmax"])
def test_damaged_files_are_refused_in_a_sentence(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = folder / f"{name}.tflite"
    path.write_bytes((FOLDER / path.name).read_bytes())
    assert_survives_damage(path, tmp_path)


@pytest.mark.shared_models
def test_real_models_agree_with_the_interpreter(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text("utf-8"))
    for name, said in truth.items():
        if said["format"] != "tflite":
            continue
        model = inspect_model(shared_models / name)
        for side in ("inputs", "outputs"):
            found = [(tensor.name, as_started(tensor)) for tensor in getattr(model, side)]
            assert found == [(item["name"], item["shape"]) for item in said[side]], name
