"""MXNet's operators: shapes are MXNet's own, and told where they are certain."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, ModelDescription, Role, Tensor
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "mxnet"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))

#: Heads of "every" whose sizes MXNet knows and the reader leaves open: operators without a rule,
#: and Reshape from behind.
LEFT_OPEN = {"r5", "u2", "b2", "top1", "top2", "top3", "sorted"}

Node = Tuple[str, str, Dict[str, str], Sequence[int]]


def arrays(shapes: Dict[str, Tuple[int, ...]]) -> bytes:
    """A list of zeros, as MXNet 1.x writes it."""
    raw = struct.pack("<QQQ", 0x112, 0, len(shapes))
    for shape in shapes.values():
        raw += struct.pack(f"<Iii{len(shape)}q", 0xF993FACA, 0, len(shape), *shape)
        size = 4
        for length in shape:
            size *= length
        raw += struct.pack("<iii", 1, 0, 0) + bytes(size)
    raw += struct.pack("<Q", len(shapes))
    for name in shapes:
        raw += struct.pack("<Q", len(name)) + name.encode("ascii")
    return raw


def graph(
    folder: Path, *nodes: Node, shapes: Optional[Dict[str, Tuple[int, ...]]] = None
) -> ModelDescription:
    """What is told of a graph whose last node is its output; inputs are nodes by number."""
    document = {
        "nodes": [
            {"op": op, "name": name, "attrs": said, "inputs": [[one, 0, 0] for one in inputs]}
            for op, name, said, inputs in nodes
        ],
        "arg_nodes": [],
        "heads": [[len(nodes) - 1, 0, 0]],
    }
    path = folder / "x-symbol.json"
    path.write_text(json.dumps(document), encoding="ascii")
    if shapes is None:
        shapes = {"image": (2, 4, 6, 9)}
    (folder / "x-0000.params").write_bytes(arrays(shapes))
    return inspect_model(path)


def after(folder: Path, op: str, said: Dict[str, str], *, before: Sequence[Node] = ()) -> Tensor:
    """The output of an operator whose inputs are an image of 2 x 4 x 6 x 9 and others."""
    nodes: List[Node] = [("null", "image", {}, ()), *before]
    return graph(folder, *nodes, (op, "x", said, range(len(nodes)))).outputs[0]


def told(name: str) -> List[Tuple[Tensor, List[int]]]:
    found = inspect_model(FOLDER / name).outputs
    said = EXPECTED[name]["outputs"]
    assert [tensor.name for tensor in found] == [item["name"] for item in said]
    return [(tensor, item["shape"]) for tensor, item in zip(found, said)]


def test_every_operator_after_known_sizes_gives_mxnets_size() -> None:
    seen = set()
    for tensor, shape in told("every-0001.params"):
        head = (tensor.name or "").split("_")[0]
        seen.add(head)
        if head in LEFT_OPEN:
            assert tensor.shape is None, head
        elif head.startswith("o") or head == "bn":
            assert tensor.shape is not None
            assert len(tensor.shape) == len(shape)
            assert all(mine in (None, real) for mine, real in zip(tensor.shape, shape)), head
            assert any(tensor.shape) or head in ("o2", "o3", "o5", "o7", "o11")
        else:
            assert list(tensor.shape or ()) == shape, head
    assert seen > LEFT_OPEN


@pytest.mark.parametrize(
    ("head", "axes", "activation", "classes"),
    [
        ("o1", "NC", Activation.SOFTMAX, None),
        ("o2", "N?", Activation.NONE, None),
        ("o3", "N?", Activation.NONE, None),
        ("o4", "NHWC", Activation.SOFTMAX, None),
        ("o5", "NHW", Activation.ARGMAX, 5),
        ("o6", "N?HW", Activation.ARGMAX, 5),
        ("o7", "NHW", Activation.NONE, None),
        ("o8", "???", Activation.NONE, None),
        ("o11", "NHW", Activation.ARGMAX, 3),
        ("f1", "NC", Activation.NONE, None),
        ("r3", "??", None, None),
        ("u1", "????", Activation.NONE, None),
    ],
)
def test_axes_follow_what_the_graph_does_to_them(
    head: str, axes: Optional[str], activation: Optional[Activation], classes: Optional[int]
) -> None:
    found = next(
        tensor
        for tensor in inspect_model(FOLDER / "every-0001.params").outputs
        if (tensor.name or "").startswith(f"{head}_")
    )
    assert (found.axes, found.activation, found.class_count) == (axes, activation, classes)


def test_a_loss_is_no_prediction() -> None:
    outputs = inspect_model(FOLDER / "every-0001.params").outputs
    assert [tensor.name for tensor in outputs if tensor.role is Role.LOSS] == ["loss_output"]


def test_channels_may_be_the_last_axis() -> None:
    model = inspect_model(FOLDER / "last_bands-0001.params")
    assert (model.inputs[0].axes, model.inputs[0].size_of("C")) == ("NHWC", 4)
    assert (model.outputs[0].axes, model.outputs[0].size_of("C")) == ("NHWC", 3)
    assert model.outputs[0].activation is Activation.SIGMOID


# MXNet would not load these; other programs write symbols, too, and people edit them.
@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("Convolution", {"num_filter": "3"}),
        ("Convolution", {"num_filter": "3", "kernel": "(3,)"}),
        ("Convolution", {"num_filter": "3", "kernel": "3.5"}),
        ("Convolution", {"num_filter": "3", "kernel": "((("}),
        ("Convolution", {"num_filter": "3", "kernel": "(3, 1.5)"}),
        ("Convolution", {"num_filter": "many", "kernel": "(3, 3)"}),
        ("Convolution", {"num_filter": "-3", "kernel": "(3, 3)"}),
        ("Deconvolution", {"kernel": "(3, 3)"}),
        ("Deconvolution", {"num_filter": "3", "kernel": "(3,)"}),
        ("Pooling", {}),
        ("Pooling", {"kernel": "(2,)"}),
        ("FullyConnected", {}),
        ("Concat", {"dim": "7"}),
        ("SliceChannel", {"num_outputs": "0"}),
        ("SliceChannel", {"num_outputs": "2", "axis": "4"}),
        ("Reshape", {"shape": "()"}),
        ("Reshape", {"shape": "(-1, -1)"}),
        ("Reshape", {"shape": "(2, 2, 2, 0, 0)"}),
        ("transpose", {"axes": "(0, 1, 1, 2)"}),
        ("expand_dims", {"axis": "6"}),
        ("expand_dims", {}),
        ("mean", {"axis": "4"}),
        ("UpSampling", {}),
        ("_contrib_AdaptiveAvgPooling2D", {}),
        ("Pad", {"pad_width": "(1, 1)"}),
        ("Crop", {}),
        ("slice_axis", {"axis": "1"}),
        ("slice_axis", {"axis": "5", "begin": "0"}),
        ("riddle", {}),
        ("Reshape", {"shape": "['L']"}),
    ],
)
def test_settings_that_make_no_sense_leave_the_shape_unknown(
    op: str, said: Dict[str, str], tmp_path: Path
) -> None:
    assert after(tmp_path, op, said).shape is None


@pytest.mark.parametrize(
    ("op", "said", "shape"),
    [
        ("Pooling", {"kernel": "(2, 2)", "pooling_convention": "same"}, (2, 4, None, None)),
        ("Convolution", {"num_filter": "3", "kernel": "(7, 7)"}, (2, 3, None, 3)),
        ("Reshape", {"shape": "(5, -1)"}, (5, None)),
        ("Reshape", {"shape": "(-1, 48L)"}, (9, 48)),
        ("Deconvolution", {"num_filter": "3", "kernel": "(2, 2)"}, (2, 3, 7, 10)),
    ],
)
def test_sizes_that_can_not_be_told_stay_open_one_by_one(
    op: str, said: Dict[str, str], shape: Tuple[Optional[int], ...], tmp_path: Path
) -> None:
    assert after(tmp_path, op, said).shape == shape


@pytest.mark.parametrize(
    ("op", "said"),
    [
        ("Pooling", {"kernel": "(2, 2)"}),
        ("Flatten", {}),
        ("Reshape", {"shape": "(0, -1)"}),
        ("transpose", {}),
        ("expand_dims", {"axis": "0"}),
        ("sum", {"axis": "1"}),
        ("Crop", {"h_w": "(2, 2)"}),
        ("Pad", {"pad_width": "(0, 0, 0, 0, 1, 1, 1, 1)"}),
        ("relu", {}),
        ("Concat", {}),
        ("elemwise_add", {}),
        ("FullyConnected", {"num_hidden": "3", "flatten": "False"}),
    ],
)
def test_after_something_unknown_nothing_is_known(
    op: str, said: Dict[str, str], tmp_path: Path
) -> None:
    model = graph(
        tmp_path, ("null", "image", {}, ()), ("riddle", "r", {}, [0]), (op, "x", said, [1])
    )
    assert model.outputs[0].shape is None


def test_a_reshape_of_something_unknown_knows_what_is_written(tmp_path: Path) -> None:
    model = graph(
        tmp_path,
        ("null", "image", {}, ()),
        ("riddle", "r", {}, [0]),
        ("Reshape", "x", {"shape": "(-1, 4, 5)"}, [1]),
    )
    assert model.outputs[0].shape == (None, 4, 5)


def test_an_image_without_pixels_has_no_size_to_work_out(tmp_path: Path) -> None:
    nodes: List[Node] = [("null", "image", {}, ()), ("Reshape", "x", {"shape": "(0, -1)"}, [0])]
    output = graph(tmp_path, *nodes, shapes={"image": (0, 4, 3)}).outputs[0]
    assert output.shape == (None, None)


def test_rows_of_classes_keep_their_class_axis(tmp_path: Path) -> None:
    convolution = {"num_filter": "4", "kernel": "(1, 1)"}
    (output,) = graph(
        tmp_path,
        ("null", "image", {}, ()),
        ("Convolution", "c", convolution, [0]),
        ("transpose", "t", {"axes": "(0, 2, 3, 1)"}, [1]),
        ("Reshape", "x", {"shape": "(-1, 4)"}, [2]),
    ).outputs
    assert (output.shape, output.axes, output.size_of("C")) == ((108, 4), "?C", 4)


@pytest.mark.parametrize("op", ["Concat", "elemwise_add", "broadcast_add"])
def test_operands_of_different_rank_give_no_shape(op: str, tmp_path: Path) -> None:
    shapes = {"image": (2, 4, 6, 9), "row": (2, 5)}
    nodes: List[Node] = [("null", "image", {}, ()), ("null", "row", {}, ()), (op, "x", {}, [0, 1])]
    assert graph(tmp_path, *nodes, shapes=shapes).outputs[0].shape is None


@pytest.mark.parametrize("op", ["relu", "broadcast_add", "Pooling", "Flatten", "argmax", "softmax"])
def test_an_operator_without_inputs_is_no_reason_to_stop(op: str, tmp_path: Path) -> None:
    model = graph(tmp_path, (op, "x", {}, ()))
    assert [tensor.shape for tensor in model.outputs] == [None]


def test_a_very_long_graph_is_followed_to_its_end(tmp_path: Path) -> None:
    first: List[Node] = [
        ("null", "image", {}, ()),
        ("Convolution", "c", {"num_filter": "2", "kernel": "(1, 1)"}, [0]),
    ]
    rest: List[Node] = [("identity", f"i{n}", {}, [n]) for n in range(1, 400)]
    (output,) = graph(tmp_path, *first, *rest).outputs
    assert (output.shape, output.axes) == ((2, 2, 6, 9), "NCHW")
    assert output.activation is Activation.NONE


def test_a_flattened_image_has_no_class_axis_however_far_it_is(tmp_path: Path) -> None:
    convolution: Node = ("Convolution", "c", {"num_filter": "4", "kernel": "(1, 1)"}, [0])
    rest: List[Node] = [("relu", f"i{n}", {}, [n]) for n in range(1, 300)]
    flat: Node = ("Flatten", "f", {}, [300])
    (output,) = graph(tmp_path, ("null", "image", {}, ()), convolution, *rest, flat).outputs
    assert (output.shape, output.axes) == ((2, 216), "N?")


def test_a_row_made_of_nothing_has_no_class_axis(tmp_path: Path) -> None:
    (output,) = graph(
        tmp_path,
        ("relu", "nothing", {}, ()),
        ("Flatten", "f", {}, [0]),
        ("null", "image", {}, ()),
        ("elemwise_add", "x", {}, [1, 2]),
        shapes={"image": (2, 7)},
    ).outputs
    assert (output.shape, output.axes) == ((2, 7), "??")


@pytest.mark.parametrize(
    ("move", "said", "axes"),
    [
        ("transpose", {"axes": "(0, 1, 2)"}, None),
        ("argmax", {}, None),
        ("argmax", {"axis": "9"}, None),
        ("SliceChannel", {"num_outputs": "2"}, "NCHW"),
    ],
)
def test_axes_are_forgotten_where_a_move_is_not_understood(
    move: str, said: Dict[str, str], axes: Optional[str], tmp_path: Path
) -> None:
    convolution = {"num_filter": "2", "kernel": "(1, 1)"}
    (output,) = graph(
        tmp_path,
        ("null", "image", {}, ()),
        ("Convolution", "c", convolution, [0]),
        (move, "x", said, [1]),
    ).outputs
    assert output.axes == axes


def test_an_image_that_goes_through_a_padding_first_has_known_bands(tmp_path: Path) -> None:
    pads = {"pad_width": "(0, 0, 0, 0, 1, 1, 1, 1)"}
    convolution = {"num_filter": "2", "kernel": "(3, 3)"}
    model = graph(
        tmp_path,
        ("null", "data", {}, ()),
        ("Pad", "p", pads, [0]),
        ("Pad", "q", pads, [1]),
        ("null", "weight", {}, ()),
        ("Convolution", "x", convolution, [2, 3]),
        shapes={"weight": (2, 5, 3, 3)},
    )
    assert model.inputs[0].shape == (None, 5, None, None)
    assert model.outputs[0].shape == (None, 2, None, None)


@pytest.mark.parametrize(("groups", "bands"), [("1", 2), ("3", 6)])
def test_weights_of_a_grouped_convolution_hold_only_their_groups_bands(
    groups: str, bands: int, tmp_path: Path
) -> None:
    model = graph(
        tmp_path,
        ("null", "data", {}, ()),
        ("null", "weight", {}, ()),
        ("Convolution", "x", {"num_filter": "6", "kernel": "(1, 1)", "num_group": groups}, [0, 1]),
        shapes={"weight": (6, 2, 1, 1)},
    )
    assert model.inputs[0].size_of("C") == bands


@pytest.mark.parametrize(
    "said",
    [
        {"num_filter": "2", "kernel": "(3,)"},
        {"num_filter": "2", "kernel": "(3, 3)", "num_group": "0"},
        {"num_filter": "2"},
    ],
)
def test_a_convolution_that_does_not_fit_its_weights_tells_no_bands(
    said: Dict[str, str], tmp_path: Path
) -> None:
    model = graph(
        tmp_path,
        ("null", "data", {}, ()),
        ("null", "weight", {}, ()),
        ("Convolution", "x", said, [0, 1]),
        shapes={"weight": (2, 5, 3, 3)},
    )
    assert model.inputs[0].shape is None


def test_bands_are_looked_for_only_so_far_and_for_so_many_inputs(tmp_path: Path) -> None:
    convolution = {"num_filter": "2", "kernel": "(1, 1)"}
    long: List[Node] = [("null", "data", {}, ()), ("null", "w", {}, ())]
    long += [("relu", f"r{n}", {}, [n if n > 1 else 0]) for n in range(1, 700)]
    long += [("Convolution", "x", convolution, [len(long) - 1, 1])]
    shapes = {"w": (2, 5, 1, 1)}
    assert graph(tmp_path, *long, shapes=shapes).inputs[0].shape is None
    many: List[Node] = [("null", "w", {}, ())]
    many += [("null", f"d{n}", {}, ()) for n in range(150)]
    many += [("Convolution", f"c{n}", convolution, [n + 1, 0]) for n in range(150)]
    found = [tensor.size_of("C") for tensor in graph(tmp_path, *many, shapes=shapes).inputs]
    assert found == [5] * 100 + [None] * 50


def test_second_outputs_of_other_operators_are_unknown(tmp_path: Path) -> None:
    path = tmp_path / "x-symbol.json"
    nodes = [
        {"op": "null", "name": "image", "inputs": []},
        {"op": "BatchNorm", "name": "b", "inputs": [[0, 0, 0]]},
        {"op": "relu", "name": "", "inputs": [[1, 1, 0]]},
    ]
    heads = [[1, 0], [1, 1], [1, 7], [2, 0]]
    path.write_text(json.dumps({"nodes": nodes, "arg_nodes": [], "heads": heads}))
    (tmp_path / "x-0000.params").write_bytes(arrays({"image": (2, 4, 6, 9)}))
    found = inspect_model(path).outputs
    assert [(tensor.name, tensor.shape) for tensor in found] == [
        ("b_output", (2, 4, 6, 9)),
        ("b_mean", None),
        ("b_output7", None),
        ("output", None),
    ]


def written(folder: Path, text: str) -> Path:
    path = folder / "x-symbol.json"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("attributes", "version"),
    [
        ('{"mxnet_version": ["int", 10501]}', "1.5.1"),
        ('{"mxnet_version": ["int", 1000000]}', None),
        ('{"mxnet_version": ["int", ' + "9" * 5000 + "]}", None),
        ('{"mxnet_version": 10501}', None),
        ("[]", None),
    ],
)
def test_the_version_is_told_where_it_makes_sense(
    attributes: str, version: Optional[str], tmp_path: Path
) -> None:
    text = '{"nodes": [{"op": "null", "name": "a"}], "arg_nodes": [], "heads": [[0, 0]], '
    model = inspect_model(written(tmp_path, f'{text}"attrs": {attributes}}}'))
    assert model.framework_version == version


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ('"nodes": [{"op": "relu", "inputs": 7}], "heads": []', "model-damaged"),
        ('"nodes": [{"op": "relu", "inputs": [[0, 0]]}], "heads": []', "model-damaged"),
        ('"nodes": [{"op": "null"}], "heads": [' + "[0, 0], " * 1000 + "[0, 0]]",
         "model-too-complex"),
        ('"nodes": [' + " " * (9 << 20) + '], "heads": []', "model-too-complex"),
        ('"nodes": [{"op": "null"}], "heads": [[' + "0" * 40 + "1, 0]]", "model-damaged"),
        ('"nodes": [{"op": "null"}], "heads": [[1' + "0" * 400_000 + ", 0]]", "model-damaged"),
    ],
)  # fmt: skip
def test_graphs_that_make_no_sense_are_refused(body: str, rule: str, tmp_path: Path) -> None:
    path = written(tmp_path, '{"arg_nodes": [], ' + body + "}")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == rule


def test_a_byte_order_mark_before_the_symbol_beside_the_weights_does_no_harm(
    tmp_path: Path,
) -> None:
    for name in ("last_bands-0001.params", "last_bands-symbol.json"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    symbol = tmp_path / "last_bands-symbol.json"
    symbol.write_bytes(b"\xef\xbb\xbf" + symbol.read_bytes())
    assert inspect_model(tmp_path / "last_bands-0001.params").outputs[0].size_of("C") == 3
