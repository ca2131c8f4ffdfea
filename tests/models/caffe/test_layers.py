"""Caffe's layers: shapes are those that OpenCV works out, from the text and from the weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.caffe import read
from dl2ecd_core.models.description import Activation, Dims, ModelDescription, Role, Tensor
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.fuzz.protobufs import varint
from tests.models.messages import number, piece

HERE = FIXTURES / "caffe"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected_layers.json").read_text())
IMAGE = 'input: "data" input_shape { dim: 2 dim: 4 dim: 17 dim: 14 }\n'


def new_layer(name: str = "a", type_: str = "ReLU", rest: bytes = b"") -> bytes:
    return piece(100, piece(1, name.encode()) + piece(2, type_.encode()) + rest)


def model(folder: Path, text: str, weights: bytes = b"") -> ModelDescription:
    """What is told of a description beside weights that fit every one."""
    path = folder / "x.caffemodel"
    path.write_bytes(weights or new_layer())
    if text:
        path.with_suffix(".prototxt").write_text(text, encoding="ascii")
    return inspect_model(path)


def outputs(folder: Path, layers: str, first: str = IMAGE) -> Dict[str, Optional[Dims]]:
    """The shapes of outputs by name, after an image of 2 x 4 x 17 x 14."""
    return {tensor.name or "": tensor.shape for tensor in model(folder, first + layers).outputs}


def layer(type_: str, settings: str = "", bottoms: str = 'bottom: "data"') -> str:
    return f'layer {{ name: "x" type: "{type_}" {bottoms} top: "x" {settings} }}\n'


def agrees(found: Tuple[Tensor, ...], told: Dict[str, List[List[int]]]) -> int:
    """How many of the outputs are those that OpenCV tells, by the layer's name."""
    for tensor in found:
        name = tensor.name or ""
        place = "abc".find(name[2:]) if name not in told else 0
        assert list(tensor.shape or ()) == told[name if name in told else name[:2]][place], name
    return len(found)


def test_a_description_with_every_layer_gives_opencvs_shapes() -> None:
    found = inspect_model(HERE / "every.caffemodel")
    assert agrees(found.outputs, EXPECTED["every"]) == 23
    assert found.parameters == EXPECTED["parameters"]
    assert found.missing_files == ()


def test_the_network_inside_the_weights_says_the_same_as_its_text(tmp_path: Path) -> None:
    text = inspect_model(HERE / "every.caffemodel")
    shutil.copy(HERE / "every.caffemodel", tmp_path)
    weights = inspect_model(tmp_path / "every.caffemodel")
    assert weights.inputs == text.inputs
    assert weights.outputs == text.outputs
    assert weights.missing_files == ("every.prototxt",)


def test_layers_of_forks_have_opencvs_shapes(tmp_path: Path) -> None:
    found = model(tmp_path, (HERE / "forks.prototxt").read_text("ascii"))
    assert agrees(found.outputs, EXPECTED["forks"]) == 4
    axes = {tensor.name: tensor.axes for tensor in found.outputs}
    assert axes == {"i1": "NCHW", "i2": "NCHW", "p5": "NCHW", "perm": "NHWC"}


# Figures after Reshape() in the layers' source; the last ones are of forks.
@pytest.mark.parametrize(
    ("type_", "settings", "shape"),
    [
        ("ArgMax", "", (2, 1, 1)),
        ("ArgMax", "argmax_param { out_max_val: true top_k: 5 }", (2, 2, 5)),
        ("ArgMax", "argmax_param { axis: 1 top_k: 3 }", (2, 3, 17, 14)),
        ("Pooling", "pooling_param { kernel_size: 2 stride: 2 round_mode: FLOOR }", (2, 4, 8, 7)),
        ("Permute", "permute_param { order: 0 order: 2 }", (2, 17, 4, 14)),
        ("Interp", "interp_param { shrink_factor: 4 }", (2, 4, 5, 4)),
        ("Interp", "interp_param { shrink_factor: 0 zoom_factor: 1 }", None),
        ("Interp", "interp_param { height: 5 pad_beg: -1 }", None),
        ("Interp", "interp_param { height: 5 }", (2, 4, 5, None)),
        ("Interp", "interp_param { shrink_factor: -1 }", (2, 4, None, None)),
        ("Reshape", "reshape_param { shape { dim: 5 dim: -1 } axis: 1 }", None),
        ("Reshape", "reshape_param { shape { dim: 0 dim: 0 dim: 0 dim: 0 dim: 0 dim: -1 } }",
         (2, 4, 17, 14, None, None)),
        ("Reshape", "reshape_param { shape { dim: -5 } }", None),
        ("Convolution", "convolution_param { num_output: 3 }", None),
        ("Convolution", "convolution_param { kernel_size: 3 }", None),
        ("Convolution", "convolution_param { num_output: 3 kernel_size: 1 axis: 2 }", None),
        ("Convolution", "convolution_param { num_output: 3 kernel_size: 20 }", (2, 3, None, None)),
        ("Convolution", "convolution_param { num_output: 3 kernel_size: 3 stride: -1 }", None),
        ("Pooling", "pooling_param { pool: MAX }", None),
        ("Pooling", "pooling_param { kernel_size: 2 stride: -2 }", None),
        ("InnerProduct", "inner_product_param { num_output: 3 axis: 7 }", None),
        ("InnerProduct", "", None),
        ("Concat", "concat_param { axis: 4 }", None),
        ("Concat", "concat_param { concat_dim: 2 }", (2, 4, 17, 14)),
        ("Slice", "slice_param { axis: 9 }", None),
        ("Slice", "slice_param { slice_point: 1 slice_point: 3 }", None),
        ("Permute", "permute_param { order: 4 }", None),
        ("Crop", "", None),
        ("Riddle", "", None),
        ("InnerProduct", "inner_product_param: 3 inner_product_param { num_output: 3 }", (2, 3)),
        ("Convolution", "convolution_param { num_output: 7 kernel_size: many }", None),
    ],
)  # fmt: skip
def test_settings_decide_on_the_shape(
    type_: str, settings: str, shape: Optional[Dims], tmp_path: Path
) -> None:
    assert outputs(tmp_path, layer(type_, settings)) == {"x": shape}


@pytest.mark.parametrize(
    "type_",
    ["ArgMax", "Pooling", "InnerProduct", "Convolution", "Eltwise", "Concat", "Slice", "Flatten",
     "Reshape", "Interp", "Permute"],
)  # fmt: skip
def test_after_an_unknown_layer_nothing_is_known(type_: str, tmp_path: Path) -> None:
    settings = (
        "pooling_param { kernel_size: 2 } inner_product_param { num_output: 2 }"
        " convolution_param { num_output: 2 kernel_size: 1 } reshape_param { shape { dim: -1 } }"
    )
    assert outputs(tmp_path, layer(type_, settings, 'bottom: "lost"')) == {"x": None}


@pytest.mark.parametrize(
    ("type_", "settings", "other"),
    [
        ("Eltwise", "", "dim: 2 dim: 4 dim: 17 dim: 15"),
        ("Concat", "", "dim: 2 dim: 4 dim: 17 dim: 15"),
        ("Concat", "", "dim: 2 dim: 4"),
        ("Crop", "", "dim: 2 dim: 4"),
    ],
)
def test_operands_that_do_not_go_together_give_no_shape(
    type_: str, settings: str, other: str, tmp_path: Path
) -> None:
    first = IMAGE.strip() + f' input: "other" input_shape {{ {other} }}\n'
    assert outputs(tmp_path, layer(type_, settings, 'bottom: "data" bottom: "other"'), first) == {
        "x": None
    }


@pytest.mark.parametrize(
    "points", ["slice_point: 3 slice_point: 2", "slice_point: 0 slice_point: 9", "slice_point: 2"]
)
def test_slices_that_are_not_in_order_or_empty_have_no_shape(points: str, tmp_path: Path) -> None:
    text = (
        'layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b" top: "c"'
        f" slice_param {{ {points} }} }}"
    )
    assert outputs(tmp_path, text) == dict.fromkeys("abc")


@pytest.mark.parametrize(
    ("layers", "padding"),
    [
        ('layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {'
         " num_output: 2 kernel_size: 5 } }", 2),
        # Cut out of the middle, and not out of the middle.
        ('layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {'
         ' num_output: 2 kernel_size: 5 } } layer { name: "x" type: "Crop" bottom: "data"'
         ' bottom: "c" top: "x" crop_param { offset: 2 } }', 2),
        ('layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param {'
         ' num_output: 2 kernel_size: 5 } } layer { name: "x" type: "Crop" bottom: "data"'
         ' bottom: "c" top: "x" crop_param { offset: 4 } }', None),
        ('layer { name: "c" type: "Pooling" bottom: "data" top: "c" pooling_param {'
         " kernel_size: 2 stride: 2 } }", None),
        ('layer { name: "g" type: "Pooling" bottom: "data" top: "g" pooling_param {'
         ' global_pooling: true } } layer { name: "c" type: "Convolution" bottom: "g" top: "c"'
         " convolution_param { num_output: 2 kernel_size: 1 } }", None),
        # Rows that are joined behind each other lie over no one place any more.
        (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 5 }")
         .replace('top: "x"', 'top: "c"')
         + layer("Concat", "concat_param { axis: 2 }", 'bottom: "c" bottom: "c"'), None),
        # Axes that change places keep what they lie over.
        (layer("Convolution", "convolution_param { num_output: 2 kernel_size: 5 }")
         .replace('top: "x"', 'top: "c"')
         + layer("Permute", "permute_param { order: 0 order: 2 order: 3 order: 1 }",
                 'bottom: "c"'), 2),
    ],
)  # fmt: skip
def test_padding_is_told_where_the_output_lies_in_the_middle(
    layers: str, padding: Optional[int], tmp_path: Path
) -> None:
    text = 'input: "data" input_shape { dim: 1 dim: 3 dim: 20 dim: 20 }'
    assert model(tmp_path, text + layers).padding == padding


@pytest.mark.parametrize(
    ("layers", "activation"),
    [
        (layer("Sigmoid"), Activation.SIGMOID),
        (layer("Softmax") + layer("Reshape", bottoms='bottom: "x"'), Activation.SOFTMAX),
        (layer("ArgMax"), Activation.ARGMAX),
        (layer("ArgMax", "argmax_param { top_k: 2 }"), None),
        (layer("ArgMax", "argmax_param { out_max_val: true }"), None),
        (layer("Softmax").replace('"x"', '"s"') + layer("Reshape", bottoms='bottom: "s"'),
         Activation.SOFTMAX),
        (layer("Flatten"), None),
        (layer("Riddle"), None),
        (layer("ReLU"), Activation.NONE),
    ],
)  # fmt: skip
def test_the_last_operation_is_looked_for_behind_moves(
    layers: str, activation: Optional[Activation], tmp_path: Path
) -> None:
    (output,) = model(tmp_path, IMAGE + layers).outputs
    assert output.activation is activation


def test_a_very_long_row_of_moves_is_followed_to_its_end(tmp_path: Path) -> None:
    rows = [
        f'layer {{ name: "d" type: "Dropout" bottom: "{n or "s"}" top: "{n + 1}" }}'
        for n in range(1100)
    ]
    text = IMAGE + layer("Softmax").replace('"x"', '"s"')
    (output,) = model(tmp_path, text + "\n".join(rows)).outputs
    assert (output.shape, output.activation) == (
        (2, 4, 17, 14), Activation.SOFTMAX,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "runs"),
    [
        ("", True),
        ("include { phase: TEST }", True),
        ("include { phase: TRAIN }", False),
        ("exclude { phase: TEST }", False),
        ("exclude { phase: TRAIN }", True),
        ("include { phase: TRAIN } include { phase: TEST }", True),
        ('include { stage: "deploy" }', True),
        ("include: 7", True),
    ],
)
def test_layers_run_in_the_phases_they_are_made_for(rule: str, runs: bool, tmp_path: Path) -> None:
    assert outputs(tmp_path, layer("ReLU", rule)) == ({"x": (2, 4, 17, 14)} if runs else {})


def test_accuracy_and_losses_are_no_predictions(tmp_path: Path) -> None:
    text = (
        'layer { name: "d" type: "Data" top: "data" top: "label" }'
        'layer { name: "a" type: "Accuracy" bottom: "data" bottom: "label" top: "a" }'
    )
    found = model(tmp_path, text)
    assert [tensor.role for tensor in found.inputs] == [Role.DATA, Role.LABEL]
    assert [tensor.role for tensor in found.outputs] == [Role.LOSS]


def test_inputs_may_be_rows_or_of_unknown_shape(tmp_path: Path) -> None:
    text = (
        'input: "row" input_shape { dim: 2 dim: 9 } input: "open" force_backward: true'
        " state { phase: TEST }"
        ' layer { name: "i" type: "Input" top: "lost" }'
        ' layer { name: "e" type: "Input" top: "empty" input_param { shape: 3 shape { } } }'
    )
    found = model(tmp_path, text)
    assert [(tensor.name, tensor.shape, tensor.axes) for tensor in found.inputs] == [
        ("row", (2, 9), "NC"),
        ("open", None, None),
        ("lost", None, None),
        ("empty", None, None),
    ]


def test_python_code_in_the_weights_is_named_even_when_the_description_has_none(
    tmp_path: Path,
) -> None:
    code = piece(130, piece(1, b"mine") + piece(2, b"Layer"))
    found = model(tmp_path, IMAGE + layer("ReLU"), new_layer("p", "Python", code))
    assert "'mine.Layer'" in found.findings[0].message


# --- the binary form, field by field ---


def test_the_oldest_networks_give_their_inputs_in_one_row(tmp_path: Path) -> None:
    sizes = b"".join(number(4, size) for size in (2, 4, 17, 14))
    head = piece(1, b"net") + piece(3, b"data") + sizes
    old = piece(2, piece(2, b"data") + piece(3, b"x") + piece(4, b"x") + number(5, 20))
    found = model(tmp_path, "", head + old)
    assert [(t.name, t.shape) for t in found.inputs] == [("data", (2, 4, 17, 14))]
    assert [(t.name, t.shape, t.activation) for t in found.outputs] == [
        ("x", (2, 4, 17, 14), Activation.SOFTMAX)
    ]


def test_inputs_may_have_shapes_of_their_own(tmp_path: Path) -> None:
    shape = piece(1, varint(2) + varint(9))
    head = piece(3, b"row") + piece(8, shape) + number(5, 1)
    relu = new_layer("x", "ReLU", piece(3, b"row") + piece(4, b"x"))
    found = model(tmp_path, "", head + relu)
    assert [(t.name, t.shape) for t in (*found.inputs, *found.outputs)] == [
        ("row", (2, 9)),
        ("x", (2, 9)),
    ]


def test_a_layer_type_that_has_no_name_any_more_keeps_its_number(tmp_path: Path) -> None:
    old = piece(2, piece(2, b"data") + piece(3, b"x") + piece(4, b"x") + number(5, 200))
    found = model(tmp_path, "", piece(3, b"data") + old)
    assert [(t.name, t.shape) for t in found.outputs] == [("x", None)]


def test_settings_that_are_no_whole_numbers_do_not_count(tmp_path: Path) -> None:
    settings = number(1, 3) + varint(4 << 3 | 5) + b"\0\0\x80\x3f" + varint(6 << 3 | 1) + bytes(8)
    bottoms = piece(3, b"data") + piece(4, b"x")
    head = piece(3, b"data") + piece(8, piece(1, varint(1) + varint(4) + varint(9) + varint(9)))
    convolution = new_layer("x", "Convolution", bottoms + piece(106, settings))
    assert model(tmp_path, "", head + convolution).outputs[0].shape is None


@pytest.mark.parametrize(
    ("blob", "elements"),
    [
        (piece(5, bytes(28)), 7),
        (piece(8, bytes(56)), 7),
        (piece(5, bytes(28)) + piece(6, bytes(28)), 7),
        (varint(5 << 3 | 5) + bytes(4) + varint(5 << 3 | 5) + bytes(4), 2),
        (number(1, 2) + number(4, 6), 12),
        (piece(7, piece(1, varint(2) + varint(6)) + number(2, 9)), 12),
    ],
)
def test_weights_are_counted_in_every_form(blob: bytes, elements: int, tmp_path: Path) -> None:
    assert model(tmp_path, "", new_layer("x", "Bias", piece(7, blob))).parameters == elements


@pytest.mark.parametrize(
    "blob",
    [
        piece(7, piece(1, varint(-3) + varint(6))),
        piece(7, piece(1, varint(1) * 33)),
        piece(7, number(1, 1) * 33),
    ],
)
def test_sizes_that_make_no_sense_are_refused(blob: bytes, tmp_path: Path) -> None:
    with pytest.raises(ModelFileError) as caught:
        model(tmp_path, "", new_layer("x", "Bias", piece(7, blob)))
    assert caught.value.finding.rule == "model-damaged"


@pytest.mark.parametrize(
    "text", [IMAGE + layer("ReLU") * 9, IMAGE + layer("ReLU", "a: 1 " * 90)], ids=["layers", "text"]
)
def test_beyond_all_measure_a_network_is_not_read(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.caffe.network.MOST_LAYERS", 8)
    monkeypatch.setattr("dl2ecd_core.models.caffe.network._MOST_VALUES", 60)
    # A description that is not read is none.
    assert model(tmp_path, text).missing_files == ("x.prototxt",)
    with pytest.raises(ModelFileError) as caught:
        model(tmp_path, "", new_layer() * 9)
    assert caught.value.finding.rule == "model-too-complex"


# --- which file is a network, and which description belongs to it ---


def test_weights_without_layers_are_no_model(tmp_path: Path) -> None:
    path = tmp_path / "x.caffemodel"
    path.write_bytes(piece(1, b"net") + piece(3, b"data"))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"
    with ByteSource(path) as source, pytest.raises(ModelFileError, match="without any layer"):
        read(source)


@pytest.mark.parametrize(
    "content",
    [
        piece(1, b"net") + piece(2, piece(4, b"x") + piece(5, b"no number")),
        piece(1, b"net") + piece(2, piece(4, b"x") + number(5, 300)),
        piece(1, b"net") + piece(100, piece(1, b"x") + piece(2, b"two words")),
        piece(1, b"net") + piece(100, piece(1, b"x") + number(2, 1)),
        piece(1, b"net") + piece(100, number(1, 7) + piece(2, b"ReLU")),
        piece(1, b"net") + piece(100, piece(2, b"ReLU") + piece(3000, b"x")),
        piece(1, b"net") + piece(100, piece(1, b"x")),
        piece(1, b"net") + piece(100, piece(2, b"ReLU")) + piece(77, bytes(20)),
        piece(7, b"net"),
        b'name: "x" layer { type: "ReLU"',
    ],
)
def test_other_messages_are_not_taken_for_caffe(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.caffemodel"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_several_descriptions_that_fit_are_none(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / f"{name}.prototxt").write_text(IMAGE + layer("ReLU"), encoding="ascii")
    (tmp_path / "three.prototxt").write_text("{", encoding="ascii")
    assert model(tmp_path, "").missing_files == ("x.prototxt",)


def test_a_folder_that_can_not_be_listed_holds_no_other_description(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "glob", refuse)
    (tmp_path / "other.prototxt").write_text(IMAGE + layer("ReLU"), encoding="ascii")
    assert model(tmp_path, "").missing_files == ("x.prototxt",)
    assert model(tmp_path, IMAGE + layer("ReLU")).missing_files == ()


def test_class_indices_between_which_is_interpolated_are_none(tmp_path: Path) -> None:
    best = layer("ArgMax", "argmax_param { axis: 1 }").replace('top: "x"', 'top: "b"')
    larger = layer("Interp", "interp_param { zoom_factor: 2 }", 'bottom: "b"')
    (output,) = model(tmp_path, IMAGE + best + larger).outputs
    assert (output.shape, output.axes) == ((2, 1, 33, 27), "N?HW")
    assert (output.activation, output.class_count) == (None, None)
    (indices,) = model(tmp_path, IMAGE + best).outputs
    assert (indices.activation, indices.class_count) == (Activation.ARGMAX, 4)
