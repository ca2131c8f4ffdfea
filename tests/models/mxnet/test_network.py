"""MXNet's operators in ONNX's: the numbers are MXNet's own."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError, ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.mxnet import network_of
from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.mxnet.test_graphs import Node, arrays

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

FOLDER = FIXTURES / "mxnet"
VALUES: Dict[str, Any] = json.loads((FOLDER / "expected_values.json").read_text("ascii"))
IMAGE: Any = np.sin(np.arange(2 * 4 * 6 * 8) * 0.37).reshape(2, 4, 6, 8).astype(np.float32)


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> Dict[str, Any]:
    """What all heads of one network give, by name."""
    target = tmp_path_factory.mktemp("network") / "computed.onnx"
    write_network(read_network(FOLDER / "computed-symbol.json"), target)
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, {"data": IMAGE})))


@pytest.mark.parametrize("name", sorted(VALUES))
def test_operators_compute_what_mxnet_computes(name: str, computed: Dict[str, Any]) -> None:
    found, told = computed[name], VALUES[name]
    assert list(found.shape) == told["shape"]
    kept = found.ravel()[:: max(1, found.size // 24)]
    wanted = np.asarray(told["values"])
    assert np.abs(kept - wanted).max() <= 5e-6 * max(1.0, np.abs(wanted).max())


def test_heads_keep_their_order(computed: Dict[str, Any]) -> None:
    assert list(computed) == list(VALUES)


def test_either_file_leads_to_the_network(tmp_path: Path) -> None:
    for name in ("unet-0012.params", "unet-symbol.json"):
        target = tmp_path / f"{name}.onnx"
        write_network(read_network(FOLDER / name), target)
        (output,) = inspect_model(target).outputs
        assert (output.name, output.shape, output.axes) == (
            "softmax_output", (None, 3, None, None), "NCHW"
        )  # fmt: skip
        # The labels that training compares with are gone.
        assert [tensor.name for tensor in inspect_model(target).inputs] == ["data"]
    ends = ("-0012.params", "-symbol.json")
    assert len({(tmp_path / f"unet{end}.onnx").read_bytes() for end in ends}) == 1


def test_losses_are_left_out(tmp_path: Path) -> None:
    nodes: List[Node] = [
        ("null", "data", {}, ()),
        ("null", "weight", {}, ()),
        ("Convolution", "c", {"num_filter": "2", "kernel": "(1, 1)", "no_bias": "True"}, [0, 1]),
        ("MakeLoss", "loss", {}, [2]),
    ]
    network = read_network(written(tmp_path, nodes, heads=[2, 3])).network
    assert list(network.graph.outputs) == ["c_output"]


def written(folder: Path, nodes: List[Node], heads: Any = None, **shapes: Any) -> Path:
    document = {
        "nodes": [
            {"op": op, "name": name, "attrs": said, "inputs": [[one, 0, 0] for one in inputs]}
            for op, name, said, inputs in nodes
        ],
        "arg_nodes": [],
        "heads": [[head, 0, 0] for head in heads or [len(nodes) - 1]],
    }
    path = folder / "x-symbol.json"
    path.write_text(json.dumps(document), encoding="ascii")
    (folder / "x-0000.params").write_bytes(arrays(shapes or {"weight": (2, 5, 1, 1)}))
    return path


def test_a_file_that_is_missing_is_named(tmp_path: Path) -> None:
    for name, other in (("unet-0012.params", "unet-symbol.json"), ("unet-symbol.json", "unet-")):
        folder = tmp_path / name
        folder.mkdir()
        shutil.copy(FOLDER / name, folder)
        with pytest.raises(ModelFileError, match=f"'{other}") as caught:
            read_network(folder / name)
        assert caught.value.finding.rule == "network-weights-missing"


def test_other_damage_is_said_as_it_is(tmp_path: Path) -> None:
    path = written(tmp_path, [("null", "weight", {}, ())])
    (tmp_path / "x-0000.params").write_bytes(b"\x12\x01\0\0\0\0\0\0")
    with ByteSource(path) as source, pytest.raises(ModelFileError) as caught:
        network_of(source)
    assert caught.value.finding.rule == "model-damaged"


#: Conv behind which each operator stands; its output is 2 x ? x ? of free sizes.
FIRST: List[Node] = [
    ("null", "data", {}, ()),
    ("null", "weight", {}, ()),
    ("Convolution", "c", {"num_filter": "2", "kernel": "(1, 1)", "no_bias": "True"}, [0, 1]),
]


@pytest.mark.parametrize(
    ("op", "said", "reason"),
    [
        ("riddle", {}, "kind that is not known"),
        ("Convolution", {"num_filter": "3", "kernel": "(3, 3, 3)"}, "another number of axes"),
        ("Convolution", {"num_filter": "4", "kernel": "(3, 3)", "num_group": "4"}, "4 groups"),
        ("Crop", {}, "not told"),
        ("softmax", {"axis": "x"}, "no such axis"),
        ("Convolution", {"num_filter": "3", "kernel": "(3, 3)", "num_group": "2"}, "groups"),
        ("Convolution", {"num_filter": "2", "kernel": "(3, 3)", "stride": "(0, 0)"}, "no window"),
        ("Deconvolution", {"num_filter": "2", "kernel": "(2, 2)", "adj": "(-1, 0)"}, "no window"),
        ("Deconvolution", {"num_filter": "2", "kernel": "(2, 2)", "target_shape": "(9, 9)"},
         "depends on the size"),
        ("Deconvolution", {"num_filter": "3", "kernel": "(2, 2)", "num_group": "3"}, "3 groups"),
        ("Pooling", {"kernel": "(2, 2)", "pool_type": "lp"}, "by 'lp'"),
        ("Pooling", {"global_pool": "1", "pool_type": "sum"}, "by 'sum'"),
        ("Pooling", {"kernel": "(2, 2)", "stride": "(0, 1)"}, "no window"),
        ("Pooling", {"kernel": "(2, 2)", "pad": "(2, 2)"}, "outside of the image"),
        ("Pooling", {"kernel": "(2, 2)", "pooling_convention": "same"}, "'same'"),
        ("Pooling", {"kernel": "(3, 3)", "stride": "(2, 2)", "pad": "(1, 1)", "pool_type": "avg",
                     "pooling_convention": "full"}, "before it averages"),
        ("Pooling", {"kernel": "(2, 2)", "stride": "(2, 2)", "pool_type": "sum",
                     "pooling_convention": "full"}, "before it adds up"),
        ("FullyConnected", {"num_hidden": "3"}, "weights are not known"),
        ("FullyConnected", {"num_hidden": "0"}, "number of outputs"),
        ("UpSampling", {"scale": "2", "sample_type": "bilinear"}, "weights of its own"),
        ("_contrib_BilinearResize2D", {"height": "0", "width": "4"}, "not told"),
        ("_contrib_BilinearResize2D", {"scale_height": "2", "width": "4"}, "depends on the image"),
        ("_contrib_AdaptiveAvgPooling2D", {"output_size": "3"}, "differ in size"),
        ("Activation", {"act_type": "odd"}, "'odd'"),
        ("LeakyReLU", {"act_type": "odd"}, "'odd'"),
        ("LeakyReLU", {"act_type": "prelu"}, "'prelu'"),
        ("LeakyReLU", {"slope": "steep"}, "'slope' is not a number"),
        ("BatchNorm", {}, "statistics are not known"),
        ("BatchNorm", {"axis": "2"}, "another axis"),
        ("InstanceNorm", {}, "weights are not known"),
        ("LayerNorm", {}, "weights are not known"),
        ("GroupNorm", {}, "groups of channels"),
        ("L2Normalization", {"mode": "odd"}, "'odd'"),
        ("LRN", {"nsize": "4"}, "window makes no sense"),
        ("softmax", {"use_length": "True"}, "beyond a length"),
        ("SoftmaxOutput", {}, "builds differ"),
        ("SoftmaxActivation", {}, "builds differ"),
        ("Cast", {"dtype": "float16"}, "float16"),
        ("Dropout", {"mode": "always"}, "random"),
        ("cbrt", {}, "cube root"),
        ("SliceChannel", {"num_outputs": "2", "axis": "2"}, "length of its parts"),
        ("SliceChannel", {"num_outputs": "2", "axis": "2", "squeeze_axis": "1"}, "length of its"),
        ("SliceChannel", {"num_outputs": "3"}, "as many parts"),
        ("Reshape", {"shape": "(0, -4, 0, 2, -2)"}, "parts an axis"),
        ("Reshape", {"shape": "(0, -4, -1, 3, -2)"}, "can't be parted"),
        ("Reshape", {"shape": "(0, -4, 1, 2, -2)"}, "is not known"),
        ("Reshape", {"shape": "(0, -3, -3)"}, "not known"),
        ("Reshape", {"shape": "(0, 0, 0, 0, 0)"}, "not there"),
        ("Reshape", {"shape": "(-1, -1, 0)"}, "more than one size"),
        ("squeeze", {}, "not told"),
        ("squeeze", {"axis": "1"}, "one pixel"),
        ("argmax", {}, "all numbers at once"),
        ("Pad", {"pad_width": "(0, 0, 0, 0, 1, 1, 1, 1)", "mode": "odd"}, "'odd'"),
        ("Crop", {"h_w": "(2, 2)", "center_crop": "1"}, "where the middle is"),
        ("Crop", {"h_w": "(2, 2)", "offset": "(-1, 0)"}, "begins to cut"),
        ("slice", {"begin": "(0, 1)", "end": "(1,)"}, "each axis"),
        ("slice", {"begin": "(0, x)", "end": "(1, 2)"}, "whole numbers"),
        ("slice", {"begin": "(0, 1)", "end": "(1, 2)", "step": "(1, 2)"}, "leaves pixels out"),
    ],
)  # fmt: skip
def test_what_can_not_be_said_is_refused_by_name(
    op: str, said: Dict[str, str], reason: str, tmp_path: Path
) -> None:
    path = written(tmp_path, [*FIRST, (op, "last", said, [2])])
    with pytest.raises(Dl2EcdError, match=reason) as caught:
        write_network(read_network(path), tmp_path / "x.onnx")
    assert f"'last' ('{op}')" in str(caught.value)
    assert not (tmp_path / "x.onnx").exists()


@pytest.mark.parametrize(
    ("op", "said", "reason"),
    [
        ("Crop", {}, "to what size it cuts is not known"),
        ("softmax", {}, "beyond a length"),
        ("broadcast_add", {}, None),
    ],
)
def test_a_second_input_that_does_not_fit_is_refused(
    op: str, said: Dict[str, str], reason: Any, tmp_path: Path
) -> None:
    path = written(tmp_path, [*FIRST, (op, "last", said, [2, 2])])
    if reason is None:
        write_network(read_network(path), tmp_path / "x.onnx")
        return
    with pytest.raises(Dl2EcdError, match=reason):
        write_network(read_network(path), tmp_path / "x.onnx")


def test_weights_of_another_size_are_refused(tmp_path: Path) -> None:
    for said, reason in (
        ({"num_filter": "3", "kernel": "(3, 3)"}, "another size"),
        ({"num_filter": "2", "kernel": "(1, 1)", "layout": "NHWC"}, "another size"),
    ):
        path = written(tmp_path, [*FIRST, ("Convolution", "last", said, [2, 1])])
        with pytest.raises(Dl2EcdError, match=reason):
            write_network(read_network(path), tmp_path / "x.onnx")


@pytest.mark.parametrize(
    ("op", "said", "sizes", "shape"),
    [
        ("Pooling", {"kernel": "(1, 1)"}, (4, 5), None),
        ("Crop", {"h_w": "(1, 1)"}, (4, 5), None),
        ("Flatten", {}, (), None),
        ("Reshape", {"shape": "(-3,)"}, (4, 5), (20,)),
        ("Deconvolution", {"num_filter": "3", "kernel": "(2, 2)", "pad": "(9, 9)"}, (1, 2, 3, 3),
         None),
        ("Deconvolution", {"num_filter": "3", "kernel": "(2, 2)", "layout": "NHWC"}, (1, 3, 4, 2),
         (1, 4, 5, 3)),
    ],
)  # fmt: skip
def test_what_comes_out_of_odd_sizes(
    op: str, said: Dict[str, str], sizes: Any, shape: Any, tmp_path: Path
) -> None:
    inputs = [0, 0] if "layout" in said else [0]
    nodes: List[Node] = [("null", "odd", {}, ()), (op, "last", said, inputs)]
    (output,) = inspect_model(written(tmp_path, nodes, odd=sizes)).outputs
    assert output.shape == shape


def test_an_input_of_a_transposed_convolution_has_its_bands(tmp_path: Path) -> None:
    said = {"num_filter": "3", "kernel": "(2, 2)", "stride": "(2, 2)"}
    nodes: List[Node] = [*FIRST[:2], ("Deconvolution", "d", said, [0, 1])]
    model = inspect_model(written(tmp_path, nodes, weight=(5, 3, 2, 2)))
    assert model.inputs[0].shape == (None, 5, None, None)
    found = result(tmp_path, nodes, np.ones((1, 5, 3, 4), np.float32), weight=(5, 3, 2, 2))
    assert found.shape == (1, 3, 6, 8)
    for other in ({**said, "layout": "NHWC"}, {"num_filter": "3"}):
        nodes[-1] = ("Deconvolution", "d", other, [0, 1])
        model = inspect_model(written(tmp_path, nodes, weight=(5, 3, 2, 2)))
        assert model.inputs[0].shape is None


def test_an_input_that_is_taken_without_weights_tells_no_bands(tmp_path: Path) -> None:
    nodes: List[Node] = [
        ("null", "data", {}, ()),
        ("Convolution", "c", {"num_filter": "3", "kernel": "(2, 2)"}, [0]),
    ]
    assert inspect_model(written(tmp_path, nodes)).inputs[0].shape is None


def test_rows_of_an_input_have_letters_where_they_are_known(tmp_path: Path) -> None:
    said = {"num_filter": "3", "kernel": "(2, 2, 2)"}
    nodes: List[Node] = [*FIRST[:2], ("Convolution", "c", said, [0, 1])]
    (image,) = inspect_model(written(tmp_path, nodes, weight=(3, 4, 2, 2, 2))).inputs
    assert (image.shape, image.axes) == ((None, 4, None, None, None), "NC???")


def test_a_tall_kernel_leaves_rows_unknown_with_the_channels_last(tmp_path: Path) -> None:
    said = {"num_filter": "3", "kernel": "(7, 1)", "layout": "NHWC"}
    nodes: List[Node] = [("null", "image", {}, ()), ("Convolution", "x", said, [0])]
    (output,) = inspect_model(written(tmp_path, nodes, image=(2, 6, 9, 4))).outputs
    assert output.shape == (2, None, 9, 3)


def test_weights_in_half_precision_are_widened(tmp_path: Path) -> None:
    nodes: List[Node] = [
        *FIRST[:2],
        ("Convolution", "c", {"num_filter": "1", "kernel": "(1, 1)", "no_bias": "1"}, [0, 1]),
        ("LogisticRegressionOutput", "last", {}, [2]),
        ("Cast", "same", {"dtype": "float32"}, [3]),
        ("SoftmaxOutput", "soft", {"preserve_shape": "True"}, [4]),
    ]
    path = written(tmp_path, nodes, weight=(1, 1, 1, 1))
    whole = bytearray((tmp_path / "x-0000.params").read_bytes())
    at = whole.rindex(struct.pack("<iii", 1, 0, 0))
    whole[at : at + 16] = struct.pack("<iiie", 1, 0, 2, 0.5)
    (tmp_path / "x-0000.params").write_bytes(whole)
    write_network(read_network(path), tmp_path / "x.onnx")
    session = onnxruntime.InferenceSession(str(tmp_path / "x.onnx"))
    values = np.asarray([[[[2.0, -2.0]]]], np.float32)
    found = session.run(None, {"data": values})[0]
    gates = 1 / (1 + np.exp(-values * 0.5))
    assert np.allclose(found, np.exp(gates) / np.exp(gates).sum(), atol=1e-6)


def test_an_empty_place_in_the_list_of_weights_is_not_known(tmp_path: Path) -> None:
    nodes: List[Node] = [("null", "weight", {}, ()), ("relu", "last", {}, [0])]
    path = written(tmp_path, nodes)
    head = struct.pack("<QQQIi", 0x112, 0, 1, 0xF993FACA, 0) + struct.pack("<i", -1)
    name = struct.pack("<QQ", 1, 6) + b"weight"
    (tmp_path / "x-0000.params").write_bytes(head + name)
    assert inspect_model(path).outputs[0].shape is None


def test_outputs_beyond_all_measure_are_not_known(tmp_path: Path) -> None:
    path = written(tmp_path, FIRST)
    document = json.loads(path.read_text("ascii"))
    document["heads"] = [[2, 999_999, 0], [2, 0, 0]]
    path.write_text(json.dumps(document), encoding="ascii")
    assert [one.shape for one in inspect_model(path).outputs] == [None, (None, 2, None, None)]


def result(folder: Path, nodes: List[Node], image: Any, **shapes: Any) -> Any:
    path = written(folder, nodes, None, **shapes)
    write_network(read_network(path), folder / "x.onnx")
    session = onnxruntime.InferenceSession(str(folder / "x.onnx"))
    return session.run(None, {"data": image})[0]


def test_channels_in_the_last_axis_are_kept_there(tmp_path: Path) -> None:
    target = tmp_path / "last.onnx"
    write_network(read_network(FOLDER / "last_bands-0001.params"), target)
    written_model = inspect_model(target)
    assert (written_model.inputs[0].axes, written_model.outputs[0].axes) == ("NHWC", "NHWC")
    assert written_model.outputs[0].size_of("C") == 3


def test_the_middle_of_known_sizes_is_cut_out(tmp_path: Path) -> None:
    nodes: List[Node] = [
        ("null", "data", {}, ()), ("null", "w", {}, ()),
        ("Convolution", "c", {"num_filter": "1", "kernel": "(1, 1)", "no_bias": "1"}, [0, 1]),
        ("_contrib_BilinearResize2D", "r", {"height": "6", "width": "8"}, [2]),
        ("Crop", "last", {"h_w": "(2, 4)", "center_crop": "1"}, [3]),
        ("_contrib_AdaptiveAvgPooling2D", "mean", {"output_size": "(1, 2)"}, [4]),
    ]  # fmt: skip
    found = result(tmp_path, nodes, IMAGE, w=(1, 4, 1, 1))
    # Weights of 0 leave nothing of the image.
    assert found.shape == (2, 1, 1, 2)
    assert not found.any()


def test_dropped_rows_of_a_slice_go_to_the_end_of_the_axis(tmp_path: Path) -> None:
    nodes: List[Node] = [
        *FIRST[:2],
        ("Convolution", "c", {"num_filter": "2", "kernel": "(1, 1)", "no_bias": "1"}, [0, 1]),
        ("slice", "last", {"begin": "(None, 1, -3)", "end": "(None, None, None)"}, [2]),
    ]
    found = result(tmp_path, nodes, IMAGE, weight=(2, 4, 1, 1))
    assert found.shape == (2, 1, 3, 8)


def test_zeros_around_an_image_stay_apart_from_a_pooling(tmp_path: Path) -> None:
    pads = {"mode": "constant", "pad_width": "(0, 0, 0, 0, 1, 1, 1, 1)"}
    nodes: List[Node] = [
        *FIRST[:2],
        ("Convolution", "c", {"num_filter": "2", "kernel": "(1, 1)", "no_bias": "1"}, [0, 1]),
        ("Pad", "p", pads, [2]),
        ("Pooling", "last", {"kernel": "(2, 2)"}, [3]),
    ]
    network = read_network(written(tmp_path, nodes, weight=(2, 4, 1, 1))).network
    assert [node.op for node in network.graph.nodes] == ["Conv", "Pad", "Max", "MaxPool"]
