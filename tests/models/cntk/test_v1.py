"""The network format, in the layouts of all its versions."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.cntk import v1
from dl2ecd_core.models.description import ModelDescription, Role
from dl2ecd_core.models.registry import Match
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

from .writers import Network, dims, matrix, text

VERSIONS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 19, 20, 21, 22, 23, 24, 27, 31]


def read(path: Path, content: bytes) -> ModelDescription:
    path.write_bytes(content)
    with ByteSource(path) as source:
        assert v1.recognise(source) is Match.SURE
        return v1.read(source)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.dnn"


def since(version: int, first: int, content: bytes) -> bytes:
    return content if version >= first else b""


def window(version: int, kernel: bytes, maps: bytes, strides: bytes, same: bool) -> bytes:
    """What convolutions and poolings share since version 5."""
    flags = struct.pack("<Q?", 1, True) + struct.pack("<Q?", 1, same)
    body = kernel + maps + strides + flags + dims(0) + dims(0) + struct.pack("<iiQ", 1, 1, 0)
    body += since(version, 9, b"\0") + since(version, 20, dims(0))
    return body + since(version, 21, b"\0") + since(version, 23, b"\0")


def convolution(version: int) -> bytes:
    if version < 5:
        return struct.pack("<QQQQII?Q", 3, 3, 2, 2, 4, 1, True, 0)
    body = window(version, dims(3, 3, 2), dims(4), dims(2, 2, 2), True)
    return body + b"\1" + since(version, 18, dims(1))


def normalization(version: int) -> bytes:
    if version < 6:
        head = struct.pack("<ii??d", 0x10004, 0x10001, False, True, 0.0)
        return head + struct.pack("<iQd?", 1, 0, 1e-5, True)
    count = b"\1" if version == 19 else bytes(8)
    return struct.pack("<?ddi", True, 0.0, 0.0, 1) + count + struct.pack("<d?", 1e-5, True)


def pooling(version: int) -> bytes:
    if version < 5:
        return struct.pack("<IIQQQ", 2, 1, 2, 2, 2)
    return window(version, dims(2, 2, 1), dims(1), dims(2, 2, 1), False)


def everything(version: int, precision: str = "float") -> bytes:
    """A network with a node of most kinds; CNTK 2.7 loads it in every version."""
    n = Network(version, precision)
    n.input("features", 12, 10, 2)
    n.input("labels", 3)
    n.parameter("W", 4, 18)
    n.node("Convolution", "conv", "W", "features", body=convolution(version))
    for name in ("scale", "bias"):
        n.parameter(name, 4, 1)
    for name in ("mean", "variance", "count")[: 3 if version >= 19 else 2]:
        n.parameter(name, *((4, 1) if name != "count" else (1,)), learning=False)
    operands = ["conv", "scale", "bias", "mean", "variance"] + ["count"] * (version >= 19)
    n.node("BatchNormalization", "bn", *operands, body=normalization(version))
    n.node("RectifiedLinear", "act", "bn")
    n.node("MaxPooling" if version < 5 else "Pooling", "pool", "act", body=pooling(version))
    if version >= 3:
        n.parameter("V", 3, 3, 2, 4)
        rank = struct.pack("<Q", 1) + since(version, 12, struct.pack("<i", -1))
        n.node("Times", "scores", "V", "pool", body=rank)
    else:
        n.parameter("V", 3, 24)
        n.node("Reshape", "flat", "pool", body=struct.pack("<ii", 0, 0) + dims(24))
        n.node("Times", "scores", "V", "flat")
    n.node("Dropout", "z", "scores", body=since(version, 16, bytes(16)))
    n.node("CrossEntropyWithSoftmax", "ce", "labels", "z")
    n.node("ErrorPrediction", "errs", "labels", "z")
    one, axis = struct.pack("<i", 1), since(version, 3, struct.pack("<i", 1))
    cut = since(version, 22, one) + struct.pack("<qq", 1, 2) + axis + since(version, 27, one)
    n.node("Slice" if version >= 3 else "RowSlice", "part", "z", body=cut)
    n.node("RowStack", "stacked", "z", "part", body=axis)
    for name, number, keep in (("all", 0, b"\0"), ("channels", 3, b"\1")):
        body = since(version, 27, one) + struct.pack("<i", number) + text("Sum")
        n.node("ReduceElements", name, "pool", body=body + since(version, 24, keep))
    swap = since(version, 3, struct.pack("<ii", 1, 3))
    n.node("TransposeDimensions", "swapped", "pool", body=swap)
    n.node("SumElements", "total", "pool")
    shape = dims(3) if version > 3 else struct.pack("<QQ", 3, 0)
    start = struct.pack("<d" if precision == "double" else "<f", 0.1)
    delay = struct.pack("<i", 1) + shape + since(version, 2, start)
    n.node("PastValue", "before", "z", body=delay)
    width = 8 if precision == "double" else 4
    n.node("Mean", "average", "features", body=b"\1" + matrix(240, 1, width))
    return n.written(
        FeatureNodes=["features"],
        LabelNodes=["labels"],
        CriterionNodes=["ce"],
        EvalNodes=["errs"],
        OutputNodes=["z"],
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_every_version_is_read(version: int, file: Path) -> None:
    model = read(file, everything(version))
    assert [(tensor.name, tensor.shape) for tensor in model.inputs] == [
        ("features", (2, 10, 12)),
        ("labels", (3,)),
    ]
    assert {tensor.name: tensor.shape for tensor in model.outputs} == {
        "all": (1, 1, 1),
        "average": (2, 10, 12),
        "before": (3,),
        "ce": (),
        "channels": (1, 2, 3),
        "errs": (),
        "stacked": (5,),
        "swapped": (3, 2, 4) if version >= 3 else (4, 3, 2),
        "total": (),
        "z": (3,),
    }
    assert [tensor.name for tensor in model.outputs] == sorted(
        tensor.name or "" for tensor in model.outputs
    )
    assert model.parameters == 72 + 8 + 72


def test_outputs_come_in_the_order_of_their_names_capitals_first(file: Path) -> None:
    n = Network(20)
    n.input("x", 3)
    for name in ("zeb", "Red", "ROI", "b", "A", "_x"):
        n.node("Sigmoid", name, "x")
    names = [tensor.name for tensor in read(file, n.written()).outputs]
    assert names == ["A", "ROI", "Red", "_x", "b", "zeb"]  # as CNTK 2.7 loads it


def test_double_precision_is_told_by_the_width_of_the_values(file: Path) -> None:
    for version in (6, 31):
        model = read(file, everything(version, "double"))
        assert {tensor.data_type for tensor in (*model.inputs, *model.outputs)} == {"float64"}


def test_labels_and_criteria_are_marked(file: Path) -> None:
    model = read(file, everything(14))
    roles = {tensor.name: tensor.role for tensor in (*model.inputs, *model.outputs)}
    assert roles["labels"] is Role.LABEL
    assert roles["ce"] is roles["errs"] is Role.LOSS
    assert roles["features"] is roles["z"] is Role.DATA


def test_loop_is_followed(file: Path) -> None:
    n = Network(14)
    n.input("x", 3)
    n.node("Plus", "h", "x", "before")
    n.node("PastValue", "before", "h", body=struct.pack("<i", 1) + dims(3) + bytes(4))
    model = read(file, n.written(OutputNodes=["h"]))
    assert [(tensor.name, tensor.shape) for tensor in model.outputs] == [("h", (3,))]


def test_images_in_the_layout_that_cntk_dropped_are_unknown(file: Path) -> None:
    n = Network(4)
    n.input("x", 2, 12, 10)
    n.node("MaxPooling", "p", "x", body=struct.pack("<IIQQQ", 2, 0, 2, 2, 2))
    model = read(file, n.written())
    assert model.outputs[0].shape is None
    assert [finding.rule for finding in model.findings] == ["model-shape-unknown"]


def problem(file: Path, content: bytes) -> str:
    with pytest.raises(ModelFileError) as error:
        read(file, content)
    assert error.value.finding.where.offset is not None
    return error.value.finding.rule


def pieces(*chunks: bytes) -> bytes:
    return b"".join(chunks)


@pytest.mark.parametrize("version", [3, 4])
def test_convolutions_in_the_layout_that_cntk_dropped_are_unknown(version: int, file: Path) -> None:
    n = Network(version)
    n.input("x", 2, 12, 10)
    n.parameter("W", 4, 18)
    n.node("Convolution", "c", "W", "x", body=struct.pack("<QQQQII?Q", 3, 3, 2, 2, 4, 0, True, 0))
    assert read(file, n.written()).outputs[0].shape is None


@pytest.mark.parametrize(
    ("written", "rest"),
    [
        (0x10001, b""),
        (0x10002, struct.pack("<iQ", 1, 0)),
        (0x10004, struct.pack("<iQd?", 1, 0, 1e-5, True)),
    ],
)
def test_normalizations_of_every_version_of_their_own(
    written: int, rest: bytes, file: Path
) -> None:
    n = Network(4)
    n.input("x", 3)
    for name in ("scale", "bias", "mean", "variance"):
        n.parameter(name, 3, 1)
    body = struct.pack("<ii??d", written, 0x10001, False, True, 0.0) + rest
    n.node("BatchNormalization", "bn", "x", "scale", "bias", "mean", "variance", body=body)
    assert read(file, n.written()).outputs[0].shape == (3,)


def test_regions_before_they_had_a_scale(file: Path) -> None:
    n = Network(25)
    n.input("x", 9, 8, 2)
    n.input("rois", 4, 6)
    n.node("ROIPooling", "r", "x", "rois", body=dims(3, 5))
    outputs = read(file, n.written()).outputs
    assert [tensor.shape for tensor in outputs] == [(6, 2, 5, 3)]


@pytest.mark.parametrize(("version", "axis"), [(13, b""), (14, struct.pack("<i", 1))])
def test_recurrences_before_and_since_they_tell_their_axis(
    version: int, axis: bytes, file: Path
) -> None:
    n = Network(version)
    n.input("x", 5)
    n.parameter("W", 4, 18)
    body = pieces(struct.pack("<QQQ", 1, 1, 3), text("lstm"), axis)
    n.node("OptimizedRNNStack", "r", "W", "x", body=body)
    assert read(file, n.written()).outputs[0].shape == (6,)


def test_axes_reordered_all_at_once_are_not_followed(file: Path) -> None:
    n = Network(25)
    n.input("x", 4, 3, 2)
    order = struct.pack("<iiQQQQ", 0, 0, 3, 3, 1, 2)
    n.node("TransposeDimensions", "t", "x", body=order)
    assert read(file, n.written()).outputs[0].shape is None


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("ReduceElements", struct.pack("<I", 1 << 30)),
        ("Slice", struct.pack("<i", 0)),
        ("Slice", struct.pack("<i", 1 << 30)),
        ("RowStack", b""),
        ("Reshape", struct.pack("<iiI", 0, 0, 1 << 20)),
        ("Dropout", b"\xff" * 3),
    ],
)
def test_nodes_that_announce_what_is_not_there_are_damage(
    kind: str, body: bytes, file: Path
) -> None:
    n = Network(31)
    n.input("x", 3)
    n.node(kind, "n", "x", body=body)
    assert problem(file, n.written()) == "model-damaged"


def test_a_slice_is_not_turned_around_and_a_part_of_a_scalars_axes_is_unknown(file: Path) -> None:
    n = Network(31)
    n.input("x", 4)
    n.node("SumElements", "s", "x")
    n.node("Reshape", "r", "s", body=struct.pack("<ii", 1, 1) + dims(1, 1))
    shapes = {tensor.name: tensor.shape for tensor in read(file, n.written()).outputs}
    assert shapes == {"r": None}


def test_a_product_with_a_scalar_is_one_value_by_value(file: Path) -> None:
    n = Network(31)
    n.input("x", 4)
    n.node("SumElements", "s", "x")
    n.node("Times", "t", "s", "x", body=struct.pack("<Qi", 1, -1))
    shapes = {tensor.name: tensor.shape for tensor in read(file, n.written()).outputs}
    assert shapes == {"t": (4,)}


def test_a_flag_that_is_neither_yes_nor_no_is_damage(file: Path) -> None:
    n = Network(31)
    n.input("x", 3)
    n.node("ReduceElements", "n", "x", body=struct.pack("<Ii", 1, 0) + text("Sum") + b"\7")
    with pytest.raises(ModelFileError, match=r"holds 7 where whether axes are kept"):
        read(file, n.written())


@pytest.mark.parametrize("length", [3_000, 200_000])
def test_a_text_without_an_end_is_damage(length: int, file: Path) -> None:
    n = Network(31)
    n.node("RectifiedLinear", "x" * length)
    start = n.written().index(text("x" * length))
    assert problem(file, n.written()[: start + 2 * length]) == "model-damaged"


@pytest.mark.parametrize(("channels", "ok"), [(2, True), (1 << 50, False)])
def test_inputs_in_the_oldest_layout_of_shapes(channels: int, ok: bool, file: Path) -> None:
    n = Network(1)
    width, height = (12, 10) if ok else (12, 1 << 62)
    old = struct.pack("<QQQ", 2, width, height)
    n.node("InputValue", "x", body=bytes(16) + old)
    n.node("RectifiedLinear", "r", "x")
    if ok:
        assert read(file, n.written()).outputs[0].shape == (12, 2, 10)
    else:
        assert problem(file, n.written()) == "model-damaged"


def test_inputs_whose_rows_are_not_what_the_shape_says(file: Path) -> None:
    n = Network(5)
    n.node("InputValue", "x", body=struct.pack("<QQ", 7, 0) + dims(2, 3))
    n.node("RectifiedLinear", "r", "x")
    assert read(file, n.written()).outputs[0].shape == (7,)


@pytest.mark.parametrize(("columns", "shape"), [(1, (2,)), (3, (2, 3))])
def test_parameters_of_the_oldest_files_without_rows(
    columns: int, shape: Tuple[int, ...], file: Path
) -> None:
    n = Network(2)
    body = struct.pack("<?QQ", True, 0, columns) + dims(2) + matrix(2, columns)
    n.node("LearnableParameter", "w", body=body)
    n.node("RectifiedLinear", "r", "w")
    assert read(file, n.written()).outputs[0].shape == tuple(reversed(shape))


@pytest.mark.parametrize(
    ("values", "rule", "word"),
    [
        (b"s", "model-unsupported", "sparse"),
        (b"x", "model-damaged", "no matrix"),
        (b"d" + text("BMAT") + struct.pack("<Q", 3), "model-damaged", "3 bytes each"),
        (matrix(3, 1), "model-damaged", "2 values is announced"),
    ],
)
def test_matrices_that_are_none(values: bytes, rule: str, word: str, file: Path) -> None:
    n = Network(31)
    n.node("LearnableParameter", "w", body=struct.pack("<f", 1.0) + dims(2) + values)
    with pytest.raises(ModelFileError, match=word) as error:
        read(file, n.written())
    assert error.value.finding.rule == rule


def test_half_marked_names_are_names(file: Path) -> None:
    n = Network(31)
    n.input("x", 3)
    n.node("RectifiedLinear", "__v2libuid__only half", "x")
    assert read(file, n.written()).outputs[0].name == "__v2libuid__only half"


def test_a_delay_of_an_input_is_no_loop(file: Path) -> None:
    n = Network(14)
    n.input("x", 3)
    n.node("PastValue", "p", "x", body=struct.pack("<i", 1) + dims(3) + bytes(4))
    assert read(file, n.written()).outputs[0].shape == (3,)


def test_a_kernel_of_no_known_shape_and_operands_that_are_missing(file: Path) -> None:
    n = Network(31)
    n.input("x", 12, 10, 2)
    n.parameter("W", 3, 3, 2, 4)
    n.node("Convolution", "whole", "W", "x", body=convolution(31))
    n.node("Dropout", "alone", body=bytes(16))
    n.node("CrossEntropyWithSoftmax", "loss", "x")
    shapes = {tensor.name: tensor.shape for tensor in read(file, n.written()).outputs}
    assert shapes["alone"] is None
    assert shapes["whole"] == (4, 5, 6)


def test_a_kernel_that_is_worked_out_has_no_shape_in_the_file(file: Path) -> None:
    n = Network(31)
    n.input("x", 12, 10, 2)
    n.parameter("W", 4, 18)
    n.node("RectifiedLinear", "r", "W")
    n.node("Convolution", "c", "r", "x", body=convolution(31))
    assert read(file, n.written()).outputs[0].shape is None


def test_a_normalisation_of_the_features_has_a_name_that_loading_makes_up(file: Path) -> None:
    n = Network(31)
    n.input("x", 3)
    n.parameter("mean", 3, 1, learning=False)
    n.parameter("deviation", 3, 1, learning=False)
    n.node("PerDimMeanVarNormalization", "n", "x", "mean", "deviation")
    assert [tensor.name for tensor in read(file, n.written()).outputs] == [None]


def test_a_precision_and_an_operand_that_do_not_exist_are_damage(file: Path) -> None:
    assert problem(file, everything(31, "triple")) == "model-damaged"
    n = Network(31)
    n.input("x", 3)
    n.node("RectifiedLinear", "r", "nowhere")
    with pytest.raises(ModelFileError, match="'nowhere'"):
        read(file, n.written())


@pytest.mark.parametrize(("kind", "operation"), [("Padding", "Pad"), ("OneHot", "OneHot")])
def test_what_cntk_writes_without_its_settings_is_unknown(
    kind: str, operation: str, file: Path
) -> None:
    network = Network(28)
    network.input("x", 4, 3)
    network.node(kind, "z", "x")
    model = read(file, network.written(OutputNodes=["z"]))
    assert [tensor.shape for tensor in model.inputs] == [(3, 4)]
    assert [tensor.shape for tensor in model.outputs] == [None]
    assert f"('z', {operation})" in model.findings[0].message


def test_unknown_kind_of_node_is_unsupported(file: Path) -> None:
    n = Network(31)
    n.node("SomethingElse", "x")
    assert problem(file, n.written()) == "model-unsupported"


def test_newer_version_is_unsupported(file: Path) -> None:
    assert problem(file, Network(32).written()) == "model-unsupported"


def _lies() -> List[bytes]:
    whole = everything(31)
    count = whole.index(text("BNodeList")) - 8
    matrix_start = whole.index(text("unnamed")) + 16 + 4
    return [
        whole[:count] + b"\xff" * 8 + whole[count + 8 :],
        whole[:matrix_start] + b"\xff" * 16 + whole[matrix_start + 16 :],
        whole.replace(text("BRelation"), text("BRelatiom")),
        whole.replace(text("ECN"), b""),
        text("BCN"),
    ]


@pytest.mark.parametrize("number", range(5))
def test_lies_about_counts_and_missing_marks_are_damage(number: int, file: Path) -> None:
    assert problem(file, _lies()[number]) == "model-damaged"


@pytest.mark.parametrize("name", ["buildings.v1"])
def test_damaged_models_are_refused_or_described(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / name).write_bytes((FIXTURES / "cntk" / name).read_bytes())
    assert_survives_damage(source / name, tmp_path / "work")
