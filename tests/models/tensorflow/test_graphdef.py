"""What is told of a TensorFlow graph beside its shapes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Dict, Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import Activation, Evidence, Role, inspect_model
from dl2ecd_core.models.tensorflow.bundle import Bundle, Variable
from dl2ecd_core.models.tensorflow.kernels import ends_by_kernels
from tests.conftest import FIXTURES
from tests.models.cntk.writers import field

TF1, TF2 = FIXTURES / "tensorflow" / "tf1", FIXTURES / "tensorflow" / "tf2"


def rules(path: Path) -> list[str]:
    return [item.rule for item in inspect_model(path).findings]


def test_axes_follow_the_data_format() -> None:
    model = inspect_model(TF1 / "channels_first.pb")
    assert (model.inputs[0].axes, model.outputs[0].axes) == ("NCHW", "NCHW")
    assert model.outputs[0].activation is Activation.SIGMOID


def test_axes_pass_through_resizing_blocks_and_argmax() -> None:
    model = inspect_model(TF1 / "deeplab.pb")
    assert (model.inputs[0].axes, model.outputs[0].axes) == ("NHWC", "NHW")
    assert (model.outputs[0].activation, model.outputs[0].class_count) == (Activation.ARGMAX, 4)


def test_a_dense_layer_gives_one_row_of_classes_per_image() -> None:
    output = inspect_model(TF1 / "classifier.pb").outputs[0]
    assert (output.axes, output.activation) == ("NC", Activation.SOFTMAX)


def test_an_argmax_tells_its_number_of_classes() -> None:
    for file in ("argmax.pb", "argmax.pbtxt"):
        assert inspect_model(TF1 / file).outputs[0].class_count == 5


def test_an_unfrozen_graph_tells_labels_and_loss_and_that_weights_are_missing() -> None:
    model = inspect_model(TF1 / "unfrozen.pb")
    roles = {tensor.name: tensor.role for tensor in (*model.inputs, *model.outputs)}
    assert roles == {
        "image": Role.DATA,
        "labels": Role.LABEL,
        "loss": Role.LOSS,
        "predicted": Role.DATA,
    }
    assert model.parameters is None
    assert rules(TF1 / "unfrozen.pb") == ["model-not-frozen"]


def test_python_functions_are_a_warning_and_what_they_give_is_unknown() -> None:
    assert rules(TF1 / "python_function.pb") == ["model-runs-own-code", "model-shape-unknown"]


def test_a_lone_tensor_is_not_a_model() -> None:
    with pytest.raises(ModelFileError, match="single tensor") as caught:
        inspect_model(TF1 / "lone_tensor.pb")
    assert caught.value.finding.rule == "model-not-a-model"


def test_a_graph_of_mediapipe_is_none_of_tensorflows(tmp_path: Path) -> None:
    # name, calculator, output_side_packet: a pipeline of processing steps, not a network.
    step = field(1, b"ConstantCalculator") + field(2, b"ConstantCalculator") + field(6, b"P:hands")
    path = tmp_path / "hands.binarypb"
    path.write_bytes(field(1, step) + field(10, b"VIDEO:input"))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_a_cut_graph_is_damaged_tensorflow_not_something_unknown(tmp_path: Path) -> None:
    cut = tmp_path / "cut.pb"
    data = (TF1 / "unet_same.pb").read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(cut)
    assert caught.value.finding.rule == "model-damaged"
    assert caught.value.finding.where.offset is not None


def test_the_extension_does_not_matter(tmp_path: Path) -> None:
    renamed = tmp_path / "model.onnx"
    shutil.copy(TF1 / "argmax.pb", renamed)
    assert inspect_model(renamed).format == "tensorflow-graphdef"


@pytest.mark.parametrize(
    "text",
    [
        'node { name: "x" op: "Placeholder" ',
        'node { name: "x" op: "Placeholder" } }',
        'node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: ? } } }',
        'node { name: "x" op: "Placeholder',
        "node { " * 100 + 'name: "x" op: "y"',
    ],
)
def test_broken_text_is_damaged(text: str, tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text(text, "ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule in (
        "model-damaged",
        "model-too-complex",
        "model-not-recognised",
    )


def test_text_may_use_every_spelling_of_the_grammar(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    path.write_text(
        "# made by hand\n"
        'node < name: \'x\' op: "Place" "holder";\n'
        ' attr { key: "dtype" value { type: DT_FLOAT } },\n'
        ' attr: { key: "shape" value { shape { dim { size: -1 } dim { size: 0x10 } } } } >\n'
        'node { name: "y" op: "Tanh" input: ["x"] attr { key: "T" value { type: 1 } }\n'
        "  unknown_field { [type.example/any] { a: -inf b: 1.5f } list: [1, 2, 3] } }\n",
        "ascii",
    )
    model = inspect_model(path)
    assert [(t.name, t.shape) for t in (*model.inputs, *model.outputs)] == [
        ("x", (None, 16)),
        ("y", (None, 16)),
    ]


def test_a_saved_model_brings_its_variables() -> None:
    model = inspect_model(TF2 / "saved")
    assert [part.path for part in model.files] == [
        "saved_model.pb",
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
        "fingerprint.pb",
    ]
    assert model.missing_files == ()
    assert model.framework_version is not None


def test_a_saved_model_without_its_variables_names_them(tmp_path: Path) -> None:
    shutil.copy(TF2 / "saved" / "saved_model.pb", tmp_path)
    assert inspect_model(tmp_path).missing_files == (
        "variables/variables.index",
        "variables/variables.data-00000-of-00001",
    )


def test_the_serving_signature_is_seen_through_its_functions() -> None:
    output = inspect_model(TF2 / "saved").outputs[0]
    assert (output.name, output.axes, output.activation) == (
        "probabilities",
        "NHWC",
        Activation.SOFTMAX,
    )


@pytest.mark.parametrize(
    "file", ["model.ckpt.index", "model.ckpt.meta", "model.ckpt.data-00000-of-00001"]
)
def test_a_checkpoint_is_told_from_any_of_its_files(file: str) -> None:
    model = inspect_model(TF1 / "ckpt" / file)
    assert model.format == "tensorflow-checkpoint"
    assert model.primary.path == file
    assert {part.path for part in model.files} == {
        "model.ckpt.index",
        "model.ckpt.meta",
        "model.ckpt.data-00000-of-00001",
        "checkpoint",
    }
    assert [tensor.name for tensor in model.outputs] == ["loss", "predicted"]


def test_a_checkpoint_without_data_names_it(tmp_path: Path) -> None:
    shutil.copy(TF1 / "ckpt" / "model.ckpt.index", tmp_path)
    model = inspect_model(tmp_path / "model.ckpt.index")
    assert model.missing_files == ("model.ckpt.data-00000-of-00001",)
    assert model.outputs == ()


def test_a_keras_checkpoint_tells_bands_and_classes_by_its_first_and_last_layer() -> None:
    path = TF1 / "keras_ckpt" / "weights.index"
    truth = json.loads((TF1 / "expected.json").read_text("ascii"))["keras_ckpt/weights.index"]
    model = inspect_model(path)
    ends = (*model.inputs, *model.outputs)
    assert [(tensor.axes, tensor.shape) for tensor in ends] == [
        ("NHWC", (None, None, None, truth["bands"])),
        ("NHWC", (None, None, None, truth["classes"])),
    ]
    assert {tensor.evidence for tensor in ends} == {Evidence.GUESSED}
    assert model.missing_files == ()


def test_layers_of_a_checkpoint_without_order_tell_nothing() -> None:
    # The newer names count operations without weights, too, which may change the channels.
    def bundle(name: str) -> Bundle:
        return Bundle(
            2,
            1,
            tuple(
                Variable(f"{name}/{part}/.ATTRIBUTES/VARIABLE_VALUE", 1, shape)
                for part, shape in (("kernel", (3, 3, 4, 8)), ("bias", (8,)))
            ),
        )

    assert ends_by_kernels(bundle("layer_with_weights-0")).inputs
    for name in ("layer_with_weights-1", "model/_operations/1", "conv2d"):
        assert ends_by_kernels(bundle(name)) == ((), ())


@pytest.mark.parametrize(("normalised", "classes"), [(4, 3), (1, None)])
def test_a_normalisation_before_the_first_layer_has_its_channels(
    normalised: int, classes: Optional[int]
) -> None:
    sizes: Dict[int, Dict[str, Tuple[int, ...]]] = {0: {"gamma": (normalised,)}}
    sizes[1] = {"kernel": (3, 3, 4, 8), "bias": (8,)}
    sizes[2] = {"kernel": (1, 1, 8, 3), "bias": (3,)}
    variables = [
        Variable(f"layer_with_weights-{n}/{part}/.ATTRIBUTES/VARIABLE_VALUE", 1, shape)
        for n, parts in sizes.items()
        for part, shape in parts.items()
    ]
    outputs = ends_by_kernels(Bundle(2, 1, tuple(variables))).outputs
    assert [output.size_of("C") for output in outputs] == ([] if classes is None else [classes])


def test_two_heads_side_by_side_tell_no_classes() -> None:
    layers = {0: (4, 8), 1: (8, 3), 2: (8, 5)}
    variables = [
        Variable(f"layer_with_weights-{n}/{part}/.ATTRIBUTES/VARIABLE_VALUE", 1, shape)
        for n, (into, out) in layers.items()
        for part, shape in (("kernel", (1, 1, into, out)), ("bias", (out,)))
    ]
    ends = ends_by_kernels(Bundle(2, 1, tuple(variables)))
    assert ends.inputs[0].size_of("C") == 4
    assert ends.outputs == ()


def test_several_signatures_without_a_default_are_named() -> None:
    model = inspect_model(TF2 / "several")
    assert (model.inputs, model.outputs) == ((), ())
    (finding,) = model.findings
    assert finding.rule == "model-shape-unknown"
    assert "2 signatures ('classify' and 'double')" in finding.message


def saved_model(file: str) -> bytes:
    """A SavedModel that was saved with one asset, and a table filled from it."""
    tensor = field(1, 7) + field(2, b"") + field(8, file.encode())
    constant = field(1, b"value") + field(2, field(8, tensor))
    name = field(1, b"shared_name") + field(2, field(2, f"hash_table_{file}_-2_-1".encode()))
    asset = field(1, b"asset") + field(2, b"Const") + field(5, constant)
    table = field(1, b"table") + field(2, b"HashTableV2") + field(5, name)
    listed = field(1, field(1, b"asset:0")) + field(2, b"words.txt")
    meta = field(2, field(1, asset) + field(1, table)) + field(6, listed)
    return field(1, 1) + field(2, meta)


def test_a_saved_model_without_signatures_says_so(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pb"
    path.write_bytes(saved_model("words.txt"))
    unknown = [f.message for f in inspect_model(path).findings if f.rule == "model-shape-unknown"]
    assert ["no signature" in message for message in unknown] == [True]


def test_paths_in_the_list_of_checkpoints_are_told(tmp_path: Path) -> None:
    shutil.copytree(TF1 / "ckpt", tmp_path / "ckpt")
    index = tmp_path / "ckpt" / "model.ckpt.index"
    assert rules(index) == []
    listed = 'model_checkpoint_path: "/home/ada/runs/model.ckpt"\n'
    (tmp_path / "ckpt" / "checkpoint").write_text(listed, "ascii")
    (finding,) = inspect_model(index).findings
    assert finding.rule == "model-local-paths"
    assert "'/home/ada/runs/model.ckpt'" in finding.message


def test_paths_of_files_that_a_saved_model_was_filled_from_are_told(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pb"
    path.write_bytes(saved_model("/home/ada/words.txt"))
    messages = [f.message for f in inspect_model(path).findings if f.rule == "model-local-paths"]
    assert messages == [
        "The model names files of the machine it was made on: '/home/ada/words.txt'."
    ]
    path.write_bytes(saved_model("words.txt"))
    assert "model-local-paths" not in rules(path)


def test_sizes_are_followed_from_fractions_to_whole_numbers(tmp_path: Path) -> None:
    # 16.0 and 16 are equal, but only one of them is a size.
    path = tmp_path / "graph.pbtxt"
    path.write_text(
        """
        node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "shape" value { shape { dim { size: 4 } dim { size: 8 } } } } }
        node { name: "sizes" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
          attr { key: "value" value { tensor { dtype: DT_FLOAT
            tensor_shape { dim { size: 2 } } float_val: 2 float_val: 16 } } } }
        node { name: "same" op: "Identity" input: "sizes"
          attr { key: "T" value { type: DT_FLOAT } } }
        node { name: "whole" op: "Cast" input: "same"
          attr { key: "SrcT" value { type: DT_FLOAT } }
          attr { key: "DstT" value { type: DT_INT32 } } }
        node { name: "y" op: "Reshape" input: "x" input: "whole"
          attr { key: "T" value { type: DT_FLOAT } } }
        """,
        "ascii",
    )
    assert [(t.name, t.shape) for t in inspect_model(path).outputs] == [("y", (2, 16))]


def test_equal_layers_in_a_row_are_told_apart_by_what_they_get(tmp_path: Path) -> None:
    path = tmp_path / "graph.pbtxt"
    pool = (
        'node {{ name: "p{0}" op: "MaxPool" input: "{1}" '
        'attr {{ key: "ksize" value {{ list {{ i: 1 i: 2 i: 2 i: 1 }} }} }} '
        'attr {{ key: "strides" value {{ list {{ i: 1 i: 2 i: 2 i: 1 }} }} }} '
        'attr {{ key: "padding" value {{ s: "VALID" }} }} '
        'attr {{ key: "T" value {{ type: DT_FLOAT }} }} }}\n'
    )
    start = (
        'node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } '
        'attr { key: "shape" value { shape { dim { size: 1 } dim { size: 32 } '
        "dim { size: 32 } dim { size: 3 } } } } }\n"
    )
    path.write_text(start + pool.format(1, "x") + pool.format(2, "p1") + pool.format(3, "p2"))
    assert inspect_model(path).outputs[0].shape == (1, 4, 4, 3)
