"""ONNX models, told what they are by their content alone."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, ClassNames, Evidence, ModelDescription

from ..conftest import FIXTURES
from ..work import calls_of, reads
from .damage import assert_survives_damage
from .onnx.graphs import constant, float_tensor, node, piece, value, varint, write

HERE = FIXTURES / "onnx"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())

_NUMPY = {"tensor(float)": "float32", "tensor(int64)": "int64", "tensor(string)": "string"}


def rules(model: ModelDescription) -> List[str]:
    return [item.rule for item in model.findings]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_it_says_what_onnxruntime_says(name: str) -> None:
    model = inspect_model(HERE / name)
    assert (model.format, model.framework) == ("onnx", "ONNX")
    told = EXPECTED[name]
    for mine, theirs in ((model.inputs, told["inputs"]), (model.outputs, told["outputs"])):
        assert [tensor.name for tensor in mine] == [one["name"] for one in theirs]
        for tensor, one in zip(mine, theirs):
            if one["type"] in _NUMPY:
                assert list(tensor.shape or ()) == one["shape"]
                assert tensor.data_type == _NUMPY[one["type"]]
            else:
                assert tensor.shape is None
                assert tensor.data_type is not None and tensor.data_type.endswith(")")
    assert model.parameters == told["parameters"]


def test_producer_and_evidence_come_from_the_file() -> None:
    model = inspect_model(HERE / "unet.onnx")
    assert model.producer is not None and model.producer.startswith("pytorch 2.")
    assert model.inputs[0].evidence is Evidence.DECLARED
    assert model.outputs[0].evidence is Evidence.DECLARED
    assert inspect_model(HERE / "undeclared.onnx").outputs[0].evidence is Evidence.INFERRED


@pytest.mark.parametrize(
    ("name", "inputs", "outputs"),
    [
        ("unet.onnx", ["NCHW"], ["NCHW"]),
        ("nhwc.onnx", ["NHWC"], ["NHWC"]),
        ("argmax.onnx", ["NCHW"], ["NHW"]),
        ("forest.onnx", ["NC"], ["N", "NC"]),
        ("sequence.onnx", ["???"], ["NC"]),
        ("qdq.onnx", ["NCHW"], ["NCHW"]),
        ("qoperator.onnx", ["NCHW"], ["NCHW"]),
        ("function.onnx", ["NCHW"], ["NCHW"]),
    ],
)
def test_axes_are_named_where_an_operation_tells_them(
    name: str, inputs: List[str], outputs: List[str]
) -> None:
    model = inspect_model(HERE / name)
    assert [tensor.axes for tensor in model.inputs] == inputs
    assert [tensor.axes for tensor in model.outputs] == outputs


@pytest.mark.parametrize(
    ("name", "output", "activation", "classes"),
    [
        ("unet.onnx", 0, Activation.NONE, None),
        ("argmax.onnx", 0, Activation.ARGMAX, 5),
        ("sigmoid.onnx", 0, Activation.SIGMOID, None),
        ("nhwc.onnx", 0, Activation.SOFTMAX, None),
        ("detector.onnx", 2, Activation.ARGMAX, 3),
        ("forest.onnx", 0, None, 3),
        ("forest_zipmap.onnx", 0, Activation.ARGMAX, 3),
    ],
)
def test_the_last_operation_tells_how_classes_are_read(
    name: str, output: int, activation: Optional[Activation], classes: Optional[int]
) -> None:
    tensor = inspect_model(HERE / name).outputs[output]
    assert tensor.activation is activation
    assert tensor.class_count == classes


def test_cropped_borders_are_the_models_padding() -> None:
    assert inspect_model(HERE / "argmax.onnx").padding == 2
    assert inspect_model(HERE / "unet.onnx").padding is None


@pytest.mark.parametrize(
    ("name", "names", "source"),
    [
        ("deepness.onnx", ("other", "vegetation"), "metadata property 'class_names'"),
        ("ultralytics.onnx", ("other", "farmer's field"), "metadata property 'names'"),
        (
            "forest.onnx",
            ("forest", "urban", "water"),
            "class labels of the operation TreeEnsembleClassifier",
        ),
    ],
)
def test_class_names_are_found(name: str, names: Any, source: str) -> None:
    assert inspect_model(HERE / name).class_names == (ClassNames(names, source),)


def test_weights_in_another_file_belong_to_the_model() -> None:
    model = inspect_model(HERE / "external.onnx")
    assert [part.path for part in model.files] == ["external.onnx", "external.onnx.data"]
    assert model.missing_files == ()


def test_a_missing_weights_file_is_named(tmp_path: Path) -> None:
    shutil.copy(HERE / "external.onnx", tmp_path)
    model = inspect_model(tmp_path / "external.onnx")
    assert model.missing_files == ("external.onnx.data",)
    assert model.outputs[0].shape == (None, 2, 16, 16)


def test_a_weights_file_that_is_too_short_is_an_error(tmp_path: Path) -> None:
    shutil.copy(HERE / "external.onnx", tmp_path)
    data = (HERE / "external.onnx.data").read_bytes()
    (tmp_path / "external.onnx.data").write_bytes(data[:-1])
    model = inspect_model(tmp_path / "external.onnx")
    assert rules(model) == ["model-damaged"]
    assert f"only {len(data) - 1} bytes" in model.findings[0].message


@pytest.mark.parametrize(
    "path", [b"../secret/password", b"/etc/ssl/private.k", b"C:\\secret\\file.key"]
)
def test_weights_outside_the_folder_are_refused(tmp_path: Path, path: bytes) -> None:
    data = (HERE / "external.onnx").read_bytes()
    assert len(path) == len(b"external.onnx.data")
    (tmp_path / "model.onnx").write_bytes(data.replace(b"external.onnx.data", path))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(tmp_path / "model.onnx")
    assert caught.value.finding.rule == "model-file-outside"


def test_operations_from_elsewhere_are_named() -> None:
    model = inspect_model(HERE / "foreign.onnx")
    assert rules(model) == ["model-runs-own-code", "model-shape-unknown"]
    assert "'acme.ops'" in model.findings[0].message
    assert "'NMSRotated'" in model.findings[0].message


def test_functions_of_the_file_are_no_foreign_operations() -> None:
    assert rules(inspect_model(HERE / "function.onnx")) == []


def test_operations_of_onnxruntime_are_no_foreign_code() -> None:
    assert rules(inspect_model(HERE / "qoperator.onnx")) == ["model-runtime-only"]


def test_paths_of_the_writers_machine_are_told() -> None:
    model = inspect_model(HERE / "traced.onnx")
    assert rules(model) == ["model-local-paths"]
    assert "analyst" in model.findings[0].message


def test_a_single_tensor_is_no_model() -> None:
    with pytest.raises(ModelFileError) as caught:
        inspect_model(HERE / "tensor.pb")
    assert caught.value.finding.rule == "model-not-a-model"


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ('ir_version: 8\nproducer_name: "pytorch"\ngraph { }', "format='textproto'"),
        ("<\n  ir_version: 8,\n  opset_import: []\n>\ngraph", "onnx.parser.parse_model"),
        ('{"irVersion": "8", "graph": {}}', "format='json'"),
        ("\x10\0\0\0ORTM\0\0", "Give the .onnx that it was made from"),
    ],
)
def test_other_encodings_are_refused_with_a_way_that_works(
    tmp_path: Path, text: str, form: str
) -> None:
    (tmp_path / "model.onnx").write_text(text)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(tmp_path / "model.onnx")
    assert caught.value.finding.rule == "model-unsupported"
    assert form in caught.value.finding.hint


def test_huge_tensors_are_skipped(tmp_path: Path) -> None:
    head = b"\x08" + varint(1 << 28) + b"\x10\x01" + piece(8, b"w")
    size = 1 << 30
    tensor = head + varint(9 << 3 | 2) + varint(size)
    tail = node(b"Relu", [b"x"], [b"y"]) + value(11, b"x", [1, 3]) + value(12, b"y")
    graph = varint(5 << 3 | 2) + varint(len(tensor) + size) + tensor
    path = tmp_path / "big.onnx"
    with path.open("wb") as file:
        file.write(b"\x08\x08" + varint(7 << 3 | 2) + varint(len(graph) + size + len(tail)))
        file.write(graph)
        file.seek(size, 1)
        file.write(tail)
    with reads() as read:
        model = inspect_model(path)
    assert sum(read) < 1 << 20
    assert model.parameters == 1 << 28
    assert model.outputs[0].shape == (1, 3)


def test_weights_in_constants_leave_their_number_unknown(tmp_path: Path) -> None:
    ends = value(11, b"x", [1, 3, 8, 8]) + value(12, b"y")
    graph = constant(b"w", [5, 3, 3, 3]) + node(b"Conv", [b"x", b"w"], [b"y"]) + ends
    model = inspect_model(write(tmp_path / "constants.onnx", graph))
    assert model.outputs[0].shape == (1, 5, 6, 6)
    assert model.parameters is None


def test_small_constants_are_no_weights(tmp_path: Path) -> None:
    ends = value(11, b"x", [1, 3]) + value(12, b"y")
    graph = constant(b"w", [3]) + node(b"Mul", [b"x", b"w"], [b"y"]) + ends
    assert inspect_model(write(tmp_path / "scaled.onnx", graph)).parameters == 0


def test_weights_in_a_branch_leave_their_number_unknown(tmp_path: Path) -> None:
    branch = node(b"MatMul", [b"x", b"w"], [b"z"]) + piece(5, float_tensor([8, 8], b"w"))
    graph = node(b"If", [b"c"], [b"y"], piece(1, b"then_branch") + piece(6, branch))
    graph += value(11, b"c", [1]) + value(11, b"x", [1, 8]) + value(12, b"y")
    assert inspect_model(write(tmp_path / "branch.onnx", graph)).parameters is None


def test_axes_that_mean_different_things_joined_mean_nothing(tmp_path: Path) -> None:
    # Rows of one image beside channels of another, as detectors join boxes and classes.
    graph = b"".join(
        [
            constant(b"w", [5, 3, 1, 1]),
            node(b"Conv", [b"x", b"w"], [b"a"]),
            node(b"Transpose", [b"a"], [b"b"], piece(1, b"perm") + b"".join(
                b"\x40" + varint(axis) for axis in (0, 2, 1, 3)) + b"\xa0\x01\x07"),
            node(b"Concat", [b"b", b"a"], [b"y"], piece(1, b"axis") + b"\x18\x01\xa0\x01\x02"),
        ]
    )  # fmt: skip
    ends = value(11, b"x", [1, 3, 5, 5]) + value(12, b"y")
    model = inspect_model(write(tmp_path / "joined.onnx", graph + ends))
    assert (model.outputs[0].shape, model.outputs[0].axes) == ((1, 10, 5, 5), "N??W")


def test_graphs_nested_without_end_do_not_reach_the_stack(tmp_path: Path) -> None:
    graph = node(b"Relu", [b"x"], [b"y"])
    for _ in range(2000):
        graph = node(b"If", [b"c"], [b"y"], piece(1, b"then_branch") + piece(6, graph))
    path = write(tmp_path / "deep.onnx", graph + value(11, b"c", [1]) + value(12, b"y"))
    assert inspect_model(path).outputs[0].shape is None


def test_functions_that_call_each_other_over_and_over_end(tmp_path: Path) -> None:
    functions = b""
    for level in range(40):
        called = b"f%d" % (level + 1)
        body = b"".join(
            piece(7, piece(1, b"a") + piece(2, b"b") + piece(4, called) + piece(7, b"d"))
            for _ in range(10)
        )
        functions += piece(
            25, piece(1, b"f%d" % level) + piece(4, b"a") + piece(5, b"b") + body + piece(10, b"d")
        )
    call = piece(1, piece(1, b"x") + piece(2, b"y") + piece(4, b"f0") + piece(7, b"d"))
    graph = call + value(11, b"x", [1]) + value(12, b"y")
    path = tmp_path / "laughs.onnx"
    path.write_bytes(b"\x08\x08" + piece(7, graph) + functions)
    assert calls_of(lambda: inspect_model(path)) < 1_000_000


@pytest.mark.parametrize("name", ["unet.onnx", "function.onnx"])
def test_damaged_files_are_refused_or_read(name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(HERE / name, alone)
    assert_survives_damage(alone / name, tmp_path)


def test_a_cut_file_is_still_known_for_onnx(tmp_path: Path) -> None:
    data = (HERE / "unet.onnx").read_bytes()
    (tmp_path / "cut.onnx").write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(tmp_path / "cut.onnx")
    assert caught.value.finding.rule == "model-damaged"


@pytest.mark.shared_models
def test_the_real_models_agree_with_their_frameworks(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text())
    checked = 0
    for name, told in truth.items():
        if told["format"] != "onnx":
            continue
        model = inspect_model(shared_models / name)
        for mine, theirs in ((model.inputs, told["inputs"]), (model.outputs, told["outputs"])):
            assert [(t.name, list(t.shape or ()), t.data_type) for t in mine] == [
                (one["name"], one["shape"], one["dtype"]) for one in theirs
            ]
        assert model.parameters == told["parameters"]
        checked += 1
    assert checked >= 7


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan"), 1e30])
@pytest.mark.parametrize("op", [b"Reshape", b"Range", b"Expand", b"Resize", b"Slice", b"Cast"])
def test_numbers_that_are_no_sizes_do_no_harm(tmp_path: Path, op: bytes, number: float) -> None:
    data = struct.pack("<f", number)
    tensor = piece(5, b"\x08\x01\x10\x01" + piece(8, b"n") + piece(9, data))
    cast = piece(1, b"to") + b"\x18\x07"
    inputs = {b"Range": [b"n", b"n", b"n"], b"Cast": [b"n"], b"Slice": [b"x", b"n", b"n"]}
    graph = (
        node(op, inputs.get(op, [b"x", b"n"]), [b"y"], cast)
        + node(b"Reshape", [b"x", b"y"], [b"z"])
        + tensor
        + value(11, b"x", [4])
        + value(12, b"z")
    )
    assert inspect_model(write(tmp_path / "odd.onnx", graph)).format == "onnx"
