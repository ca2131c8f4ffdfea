"""Graphs as no exporter writes them: what does not fit is left open, and nothing breaks."""

from __future__ import annotations

from pathlib import Path
from struct import pack
from typing import List, Optional, Tuple

import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Evidence, ModelDescription

from .graphs import (
    count,
    float_tensor,
    graph_in,
    integer,
    integers,
    node,
    numbers,
    numbers_tensor,
    piece,
    tensor,
    text,
    value,
    write,
    zeros,
)

Sizes = Optional[Tuple[Optional[int], ...]]

X = value(11, b"x", [1, 4, 8, 8])
Y = value(12, b"y")


def inspected(folder: Path, graph: bytes, *parts: bytes) -> ModelDescription:
    return inspect_model(write(folder / "graph.onnx", graph, *parts))


def shape(folder: Path, graph: bytes, *parts: bytes) -> Sizes:
    """The shape of y in a graph from x."""
    return inspected(folder, graph + X + Y, *parts).outputs[0].shape


def run(op: bytes, *others: bytes, given: Tuple[bytes, ...] = ()) -> bytes:
    return node(op, [b"x", *others], [b"y"], *given)


def shown(vector: bytes) -> bytes:
    """Numbers made visible as the sizes of a tensor."""
    return node(b"ConstantOfShape", [vector], [b"y"])


#: An attribute whose number is written as text.
def spoilt(name: bytes) -> bytes:
    return piece(1, name) + piece(3, b"one") + count(20, 2)


TABLE = piece(5, count(1, 2) + count(1, 1) + count(2, 7) + piece(8, b"t") + piece(9, bytes(16)))
ROW = piece(5, count(1, 1) + count(1, 2) + count(2, 7) + piece(8, b"r") + piece(9, bytes(16)))
VAGUE = value(11, b"w", [2, 4, -1, -1])


@pytest.mark.parametrize(
    ("graph", "left"),
    [
        (run(b"Transpose", given=(integers(b"perm", 0, 0, 1, 2),)), None),
        (run(b"Unsqueeze", b"n") + numbers(b"n", 0, 0), None),
        (run(b"Concat", b"w", given=(integer(b"axis", 1),)) + zeros(b"w", 1, 4, 7, 8), None),
        (run(b"Slice", b"n", b"n", b"n") + numbers(b"n", 7), None),
        (run(b"Expand", b"n") + numbers(b"n", 3, 3), None),
        (run(b"MatMul", b"w") + zeros(b"w", 3, 1, 8, 8), (3, 4, 8, 8)),
        (run(b"MatMul", b"w") + zeros(b"w", 5, 3, 8, 8), None),
        (run(b"Gemm", b"w", given=(spoilt(b"transA"),)) + zeros(b"w", 2, 2), (None, None)),
        (run(b"Einsum", given=(text(b"equation", b"abcd->abz"),)), None),
        (run(b"Conv", b"w", given=(integers(b"strides", 0, 1),)) + zeros(b"w", 2, 4, 3, 3), None),
        (run(b"Conv", b"w") + VAGUE, (1, 2, None, None)),
        (
            run(b"Conv", b"w", given=(text(b"auto_pad", b"SAME_UPPER"),)) + VAGUE,
            (1, 2, 8, 8),
        ),
        (
            run(b"ConvTranspose", b"w", given=(integers(b"dilations", 0, 1),))
            + zeros(b"w", 4, 2, 3, 3),
            None,
        ),
        (node(b"ConvTranspose", [b"w", b"w"], [b"y"]) + zeros(b"w", 4, 2), None),
        (run(b"Pad", b"n", b"", b"m") + numbers(b"n", 1, 1) + numbers(b"m", 9), None),
        (run(b"Resize", b""), (None, None, None, None)),
        (run(b"Resize", b"", b""), (None, None, None, None)),
        (run(b"Resize", b"", b"", b"n", given=(integers(b"axes", 4),)) + numbers(b"n", 9), None),
        (run(b"CenterCropPad", b"n", given=(integers(b"axes", 5),)) + numbers(b"n", 9), None),
        (run(b"SequenceAt", b"n") + numbers(b"n", 9), None),
        (node(b"Shape", [b"x"], [b"s"], spoilt(b"start")) + shown(b"s"), None),
        (node(b"Div", [b"n", b"z"], [b"s"]) + numbers(b"n", 6, 6) + numbers(b"z", 0, 2)
         + shown(b"s"), (None, 3)),
        (node(b"Gather", [b"n", b"i"], [b"s"]) + numbers(b"n", 6, 7) + numbers(b"i", 2)
         + shown(b"s"), (None,)),
        (node(b"Add", [b"t", b"r"], [b"s"]) + TABLE + ROW + node(b"Reshape", [b"s", b"n"], [b"v"])
         + numbers(b"n", 4) + shown(b"v"), (None,) * 4),
        (node(b"ConstantOfShape", [b"n"], [b"s"], tensor(b"value", numbers_tensor([3, 4])))
         + numbers(b"n", 2) + shown(b"s"), (None, None)),
        (node(b"Constant", [], [b"y"]), None),
        (node(b"Constant", [], [b"y"], piece(1, b"value_float") + count(20, 1)), ()),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_left_open(tmp_path: Path, graph: bytes, left: Sizes) -> None:
    assert shape(tmp_path, graph) == left


CONV = node(b"Conv", [b"x", b"k"], [b"c"]) + zeros(b"k", 4, 4, 3, 3)


def test_a_pooled_factor_for_each_channel_does_not_blur_the_axes(tmp_path: Path) -> None:
    # Squeeze and excitation: one number for each channel, spread over the image.
    graph = CONV + node(b"GlobalAveragePool", [b"c"], [b"p"]) + node(b"Mul", [b"c", b"p"], [b"y"])
    model = inspected(tmp_path, graph + X + Y)
    assert (model.outputs[0].axes, model.padding) == ("NCHW", 1)


def test_an_image_that_is_resized_first_has_axes(tmp_path: Path) -> None:
    """Its pixels are made of the input's, whose axes are those of the image."""
    graph = (
        node(b"Resize", [b"x", b"", b"f"], [b"r"])
        + piece(5, count(1, 4) + count(2, 1) + piece(8, b"f") + piece(9, pack("<4f", 1, 1, 2, 2)))
        + node(b"Conv", [b"r", b"w"], [b"y"])
        + zeros(b"w", 4, 4, 3, 3)
    )
    assert inspected(tmp_path, graph + X + Y).inputs[0].axes == "NCHW"


def test_operations_that_take_an_axis_differently_leave_it_open(tmp_path: Path) -> None:
    # The same image taken as N, C, H, W and, turned around, as N, H, W, C.
    graph = (
        CONV
        + node(b"Transpose", [b"x"], [b"t"], integers(b"perm", 0, 3, 2, 1))
        + node(b"Conv", [b"t", b"w"], [b"y"])
        + zeros(b"w", 4, 8, 1, 1)
    )
    model = inspected(tmp_path, graph + X + Y)
    assert model.inputs[0].axes == "N?H?"


def test_one_pixel_reshaped_is_no_two_channels(tmp_path: Path) -> None:
    rows = value(11, b"x", [1, 6])
    graph = node(b"Gemm", [b"x", b"w"], [b"g"]) + zeros(b"w", 6, 1) + numbers(b"n", 1, 1, 1)
    model = inspected(tmp_path, graph + node(b"Reshape", [b"g", b"n"], [b"y"]) + rows + Y)
    assert (model.outputs[0].shape, model.outputs[0].axes) == ((1, 1, 1), "???")


def test_rows_times_a_vector_are_no_classes(tmp_path: Path) -> None:
    graph = node(b"MatMul", [b"x", b"w"], [b"y"]) + zeros(b"w", 6) + value(11, b"x", [5, 6]) + Y
    model = inspected(tmp_path, graph)
    assert (model.inputs[0].axes, model.outputs[0].shape) == ("NC", (5,))
    assert model.outputs[0].class_count is None


def test_results_may_be_left_out(tmp_path: Path) -> None:
    graph = node(b"TopK", [b"x", b"n"], [b"", b"y"]) + numbers(b"n", 3)
    output = inspected(tmp_path, graph + X + Y).outputs[0]
    assert (output.shape, output.data_type) == ((1, 4, 8, 3), "int64")


@pytest.mark.parametrize(
    ("op", "told", "sizes"),
    [
        (b"Unknown", value(13, b"v", [1, 4, 8, 8]), (1, 4, 8, 8)),
        (b"Unknown", value(13, b"v"), None),
        # Some of the sizes are worked out, some told by the file.
        (b"NonZero", value(13, b"v", [-1, 7]), (4, 7)),
        # They contradict each other.
        (b"Relu", value(13, b"v", [1, 4, 8, 9]), (1, 4, 8, None)),
        (b"Relu", value(13, b"v", [1, 4, 8]), (1, 4, 8, 8)),
    ],
)
def test_what_the_file_says_about_inner_values_fills_gaps(
    tmp_path: Path, op: bytes, told: bytes, sizes: Sizes
) -> None:
    graph = node(op, [b"x"], [b"v"]) + node(b"Relu", [b"v"], [b"y"]) + told
    assert shape(tmp_path, graph) == sizes


def test_an_output_of_another_rank_than_declared_is_doubtful(tmp_path: Path) -> None:
    model = inspected(tmp_path, run(b"Relu") + X + value(12, b"y", [1, 4, 8]))
    assert (model.outputs[0].shape, model.outputs[0].data_type) == (None, "float32")
    assert [item.rule for item in model.findings] == ["model-shape-unknown"]


def test_a_declared_output_of_an_unknown_operation_has_unnamed_axes(tmp_path: Path) -> None:
    output = inspected(tmp_path, run(b"Unknown") + X + value(12, b"y", [1, 2, 8, 8])).outputs[0]
    assert (output.shape, output.axes) == ((1, 2, 8, 8), "????")
    assert output.evidence is Evidence.DECLARED


def test_a_branch_without_its_other_is_unknown(tmp_path: Path) -> None:
    branch = node(b"Identity", [b"x"], [b"z"]) + value(12, b"z", [1, 4])
    given = (tensor(b"note", float_tensor([1])), graph_in(b"then_branch", branch))
    assert shape(tmp_path, run(b"If", given=given)) is None


@pytest.mark.parametrize(
    "attribute",
    [
        count(20, 2) + count(3, 1) + piece(1, b"axis"),
        b"\x0a\x84\x00axis" + count(3, 1),
    ],
)
def test_attributes_may_be_written_in_any_order(tmp_path: Path, attribute: bytes) -> None:
    assert shape(tmp_path, run(b"Flatten", given=(attribute,))) == (1, 256)
    assert shape(tmp_path, run(b"Flatten", given=(integer(b"axis", 2),))) == (4, 64)


def test_an_attribute_without_a_name_is_none(tmp_path: Path) -> None:
    assert shape(tmp_path, run(b"Flatten", given=(count(3, 2),))) == (1, 256)


def function(name: bytes, *parts: bytes, overload: bytes = b"") -> bytes:
    ends = piece(4, b"a") + piece(5, b"b") + piece(10, b"own")
    return piece(25, piece(1, name) + ends + b"".join(parts) + piece(13, overload))


def inner_node(op: bytes, *attributes: bytes) -> bytes:
    given = b"".join(piece(5, attribute) for attribute in attributes)
    return piece(7, piece(1, b"a") + piece(2, b"b") + piece(4, op) + given)


def test_functions_of_one_name_are_told_apart_by_their_overload(tmp_path: Path) -> None:
    functions = (
        function(b"f", inner_node(b"Flatten", integer(b"axis", 1)), overload=b"one"),
        function(b"f", inner_node(b"Flatten", integer(b"axis", 2)), overload=b"two"),
    )
    for overload, sizes in ((b"one", (1, 256)), (b"two", (4, 64)), (b"three", None)):
        names = piece(1, b"x") + piece(2, b"y") + piece(4, b"f") + piece(7, b"own")
        graph = piece(1, names + piece(8, overload))
        assert shape(tmp_path, graph, *functions) == sizes


def test_an_attribute_that_nobody_gives_a_function_is_left_out(tmp_path: Path) -> None:
    wanted = piece(1, b"axis") + piece(21, b"place") + count(20, 2)
    function_ = function(b"f", inner_node(b"Flatten", wanted))
    call = node(b"f", [b"x"], [b"y"], domain=b"own")
    assert shape(tmp_path, call, function_) == (1, 256)
    call = node(b"f", [b"x"], [b"y"], integer(b"place", 3), domain=b"own")
    assert shape(tmp_path, call, function_) == (32, 8)


def test_the_standard_may_be_called_by_its_long_name(tmp_path: Path) -> None:
    graph = node(b"Relu", [b"x"], [b"y"], domain=b"ai.onnx")
    model = inspected(tmp_path, graph + X + Y, piece(8, piece(1, b"ai.onnx") + count(2, 12)))
    assert (model.outputs[0].shape, model.findings) == ((1, 4, 8, 8), ())


def test_operations_under_a_foreign_name_are_not_taken_for_known_ones(tmp_path: Path) -> None:
    model = inspected(tmp_path, node(b"Relu", [b"x"], [b"y"], domain=b"acme") + X + Y)
    assert model.outputs[0].shape is None
    assert [item.rule for item in model.findings] == ["model-runs-own-code", "model-shape-unknown"]


def test_long_lists_of_numbers_are_read(tmp_path: Path) -> None:
    graph = node(b"Constant", [], [b"y"], integers(b"value_ints", *range(300)))
    assert shape(tmp_path, graph) == (300,)


@pytest.mark.parametrize(
    ("attribute", "left"),
    [
        (integers(b"value_ints", *range(300)), None),
        (piece(1, b"value_floats") + b"".join(b"\x3d\0\0\0\0" for _ in range(300)), None),
        (piece(1, b"value_strings") + b"".join(piece(9, b"a") for _ in range(300)), (None,)),
    ],
)
def test_lists_without_end_are_left_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, attribute: bytes, left: Sizes
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.onnx.nodes._MOST_LISTED", 200)
    assert shape(tmp_path, node(b"Constant", [], [b"y"], attribute)) == left


def test_lists_that_are_never_the_same_are_not_all_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.onnx.nodes._MOST_KEPT", 2)
    graph, before = b"", b"x"
    for step in range(2, 7):
        name = b"y" if step == 6 else b"v%d" % step
        pads = integers(b"pads", 0, 0, step, step, 0, 0, step, step)
        graph += node(b"Pad", [before], [name], pads)
        before = name
    assert shape(tmp_path, graph) == (1, 4, 48, 48)


PIXELS = CONV + node(b"Softmax", [b"c"], [b"s"], integer(b"axis", 1))
INDICES = CONV + node(b"ArgMax", [b"c"], [b"i"], integer(b"axis", 1))


@pytest.mark.parametrize(
    ("graph", "activation", "classes"),
    [
        (PIXELS + node(b"Resize", [b"s", b"", b"f"], [b"y"], text(b"mode", b"linear")),
         "softmax", None),
        (INDICES + node(b"Resize", [b"i", b"", b"f"], [b"y"]), "argmax", 4),
        (INDICES + node(b"Cast", [b"i"], [b"j"], integer(b"to", 1))
         + node(b"Resize", [b"j", b"", b"f"], [b"y"]), "argmax", 4),
        # Between two classes lies no third.
        (INDICES + node(b"Resize", [b"i", b"", b"f"], [b"y"], text(b"mode", b"linear")),
         None, None),
        (CONV + node(b"Resize", [b"c", b"", b"f"], [b"y"], text(b"mode", b"linear")),
         "none", None),
        (run(b"Resize", b"", b"f"), "none", None),
        (CONV + node(b"TopK", [b"c", b"one"], [b"v", b"y"], integer(b"axis", 1))
         + numbers(b"one", 1), "argmax", 4),
        (CONV + node(b"TopK", [b"c", b"one"], [b"v", b"y"], integer(b"axis", 1))
         + numbers(b"one", 2), None, None),
        (CONV + node(b"Exp", [b"c"], [b"e"]) + node(b"ReduceSum", [b"e", b"one"], [b"t"])
         + node(b"Div", [b"e", b"t"], [b"y"]) + numbers(b"one", 1), "softmax", None),
        (CONV + node(b"Exp", [b"c"], [b"e"]) + node(b"ReduceSum", [b"c", b"one"], [b"t"])
         + node(b"Div", [b"e", b"t"], [b"y"]) + numbers(b"one", 1), None, None),
        (CONV + node(b"Div", [b"c", b"k"], [b"y"]), None, None),
        # Names that lead in a circle.
        (node(b"Identity", [b"y"], [b"y"]), None, None),
        (node(b"Identity", [b"v"], [b"v"]) + node(b"Resize", [b"v", b"", b"f"], [b"y"]),
         "none", None),
        (CONV, None, None),
    ],
)  # fmt: skip
def test_the_last_operations_tell_what_the_values_mean(
    tmp_path: Path, graph: bytes, activation: Optional[str], classes: Optional[int]
) -> None:
    factors = piece(5, count(1, 4) + count(2, 1) + piece(8, b"f") + piece(9, bytes(16)))
    output = inspected(tmp_path, graph + factors + X + Y).outputs[0]
    assert (output.activation.value if output.activation else None, output.class_count) == (
        activation, classes,
    )  # fmt: skip


def test_what_a_function_of_the_file_computes_last_is_not_guessed(tmp_path: Path) -> None:
    call = node(b"Softmax", [b"x"], [b"y"], domain=b"com.microsoft")
    own = piece(
        25,
        piece(1, b"Softmax") + piece(4, b"a") + piece(5, b"b") + piece(10, b"com.microsoft")
        + inner_node(b"Relu"),
    )  # fmt: skip
    assert inspected(tmp_path, call + X + Y, own).outputs[0].activation is None
    assert inspected(tmp_path, call + X + Y).outputs[0].activation is not None


def test_images_of_two_sizes_leave_the_padding_open(tmp_path: Path) -> None:
    two = value(11, b"z", [1, 4, 8, 8]) + node(b"Conv", [b"z", b"k"], [b"d"])
    graph = CONV + two + node(b"Add", [b"c", b"d"], [b"y"]) + X + Y
    assert inspected(tmp_path, graph).padding is None
    assert inspected(tmp_path, CONV + node(b"Relu", [b"c"], [b"y"]) + X + Y).padding == 1


def paths(model: ModelDescription) -> List[str]:
    return [item.message for item in model.findings if item.rule == "model-local-paths"]


def test_only_the_first_and_short_remarks_are_looked_at(tmp_path: Path) -> None:
    told = b"/home/ann/train.py"
    graph = run(b"Relu") + X + Y
    assert paths(inspected(tmp_path, graph + piece(10, told)))
    assert paths(inspected(tmp_path, graph, piece(6, told)))
    assert paths(inspected(tmp_path, graph + piece(16, piece(1, b"file") + piece(2, told))))
    many = b"".join(piece(10, b"note") for _ in range(256))
    assert not paths(inspected(tmp_path, graph + many + piece(10, told)))
    assert not paths(inspected(tmp_path, graph + piece(10, told + b" " * (16 << 10))))


IMAGE = value(11, b"x", [1, 4, 16, 16])


def valid(kernel: int, taken: bytes, given: bytes, *attributes: bytes) -> bytes:
    """A convolution of this kernel, which loses its borders unless told otherwise."""
    name = b"k" + given
    return node(b"Conv", [taken, name], [given], *attributes) + zeros(name, 4, 4, kernel, kernel)


SAME = text(b"auto_pad", b"SAME_UPPER")
HALF = (integers(b"kernel_shape", 2, 2), integers(b"strides", 2, 2))
FACTORS = piece(
    5, count(1, 4) + count(2, 6) + piece(8, b"f") + piece(5, b"\x01\x01\x02\x02")
)  # fmt: skip


@pytest.mark.parametrize(
    ("graph", "padding"),
    [
        (valid(5, b"x", b"y"), 2),
        (valid(3, b"x", b"a", SAME) + valid(5, b"a", b"y"), 2),
        (valid(3, b"x", b"a", SAME, integers(b"dilations", 2, 2)) + valid(3, b"a", b"y"), 1),
        (valid(3, b"x", b"y", SAME), None),
        (valid(3, b"x", b"y", integers(b"dilations", 2, 2)), 2),
        (node(b"Pad", [b"x", b"n"], [b"a"]) + numbers(b"n", 0, 0, 1, 1, 0, 0, 1, 1)
         + valid(5, b"a", b"y"), 1),
        (node(b"Slice", [b"x", b"s", b"e", b"n"], [b"y"]) + numbers(b"s", 3, 3)
         + numbers(b"e", 13, -3) + numbers(b"n", 2, 3), 3),
        # More is cut off on one side than on the other.
        (node(b"Slice", [b"x", b"s", b"e", b"n"], [b"y"]) + numbers(b"s", 4, 4)
         + numbers(b"e", 14, 14) + numbers(b"n", 2, 3), None),
        (node(b"MaxPool", [b"x"], [b"a"], *HALF) + valid(3, b"a", b"b")
         + node(b"ConvTranspose", [b"b", b"k"], [b"y"], integers(b"strides", 2, 2))
         + zeros(b"k", 4, 4, 2, 2), 2),
        (node(b"MaxPool", [b"x"], [b"a"], *HALF) + valid(3, b"a", b"b")
         + node(b"Resize", [b"b", b"", b"f"], [b"y"]) + FACTORS, 2),
        (node(b"MaxPool", [b"x"], [b"a"], *HALF) + valid(3, b"a", b"b")
         + node(b"Resize", [b"b", b"", b"", b"n"], [b"y"]) + numbers(b"n", 1, 4, 12, 12), 2),
        (node(b"SpaceToDepth", [b"x"], [b"a"], integer(b"blocksize", 2))
         + node(b"DepthToSpace", [b"a"], [b"b"], integer(b"blocksize", 2))
         + valid(3, b"b", b"y"), 1),
        (node(b"Tile", [b"x", b"n"], [b"a"]) + numbers(b"n", 1, 2, 1, 1)
         + node(b"Conv", [b"a", b"k"], [b"y"]) + zeros(b"k", 4, 8, 3, 3), 1),
        # A smaller image is no cropped one.
        (node(b"MaxPool", [b"x"], [b"y"], *HALF), None),
        (node(b"MaxPool", [b"x"], [b"a"], *HALF) + valid(1, b"a", b"y"), None),
        # As much is cut off in front as behind; of an odd number, runtimes cut differently.
        (valid(5, b"x", b"a") + node(b"ConvTranspose", [b"a", b"k"], [b"y"], SAME)
         + zeros(b"k", 4, 4, 3, 3), 2),
        (valid(5, b"x", b"a") + node(b"ConvTranspose", [b"a", b"k"], [b"y"], SAME)
         + zeros(b"k", 4, 4, 2, 2), None),
        # The two ways differ in what they lose.
        (valid(5, b"x", b"a") + valid(3, b"a", b"b") + valid(7, b"x", b"c")
         + node(b"Add", [b"b", b"c"], [b"y"]), 3),
    ],
)  # fmt: skip
def test_borders_that_are_lost_on_the_way_are_the_models_padding(
    tmp_path: Path, graph: bytes, padding: Optional[int]
) -> None:
    # A last convolution of one pixel tells which axes are rows and columns.
    graph = graph.replace(piece(2, b"y"), piece(2, b"z"))
    graph += node(b"Conv", [b"z", b"last"], [b"y"]) + zeros(b"last", 4, 4, 1, 1)
    assert inspected(tmp_path, graph + IMAGE + Y).padding == padding


@pytest.mark.parametrize(
    ("given", "axes"),
    [((), "NC"), ((integer(b"transB", 1),), "NC"), ((integer(b"transA", 1),), "??")],
)
def test_what_goes_into_a_linear_layer_is_rows_of_features(
    tmp_path: Path, given: Tuple[bytes, ...], axes: str
) -> None:
    graph = run(b"Gemm", b"w", given=given) + zeros(b"w", 6, 6) + value(11, b"x", [6, 6])
    assert inspected(tmp_path, graph + Y).inputs[0].axes == axes
