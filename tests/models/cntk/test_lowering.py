"""Graphs put together by hand, lowered to ONNX's operators: what is refused, and why."""

from __future__ import annotations

import re
from typing import Any, Dict, List, Optional, Tuple

import pytest

from dl2ecd_core.models.cntk.lowering import lowered
from dl2ecd_core.models.cntk.model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    FREE,
    Axis,
    Block,
    Function,
    Graph,
    Kind,
    Op,
    Variable,
)
from dl2ecd_core.network.graph import Node
from dl2ecd_core.network.lowering import UNKNOWN_INPUT, UNWRITTEN, Network
from dl2ecd_core.network.value import Kind as Meant

Shape = Tuple[int, ...]
WINDOW: Dict[str, Any] = {
    "strides": (1,), "autoPadding": [False], "lowerPad": (0,), "upperPad": (0,),
    "transpose": False,
}  # fmt: skip
SAME: Dict[str, Any] = {**WINDOW, "strides": (4, 4, 1), "autoPadding": [True, True, False]}
POOL: Dict[str, Any] = {**WINDOW, "poolingWindowShape": (2, 2)}
ROI: Dict[str, Any] = {"roiOutputShape": (2, 3), "spatialScale": 0.5}
BELOW_1 = {"axis": Axis(2), "reductionKeepDimensions": False}

#: Inputs, and parameters of which only the size is known.
INPUTS: Dict[str, Optional[Shape]] = {
    "x": (8, 7, 3), "y": (4, 5, 3), "v": (5,), "row": (1, 5), "m": (5, 4), "free": (FREE, 7, 3),
    "wide": (FREE, FREE, 3), "rois": (4, 3), "boxes": (4, FREE), "odd": (5, 3), "nothing": None,
    "six": (8, 7, 6), "cube": (2, 2, 2), "kernels": (3, 3, 3, 4),
}  # fmt: skip
WEIGHTS: Dict[str, Optional[Shape]] = {
    "w": (3, 3, 3, 4), "flat": (3, 3, 1, 2, 4), "wt": (3, 3, 2, 3), "narrow": (3, 3, 2, 4),
    "s": (3,), "two": (2,), "s7": (7,), "p": (5, 2), "unknown": None, "open": (FREE,),
    "one": (1, 7, 1),
    "w1": (1, 1, 3, 4), "tall": (3, 1, 3, 4), "big": (8, 7, 3), "image": (8, 7, 3),
}  # fmt: skip


def lowered_of(*functions: Function) -> Network:
    """The network of functions of which the last gives the outputs."""
    variables = {
        uid: Variable(uid, Kind.INPUT, uid, shape, "float32") for uid, shape in INPUTS.items()
    }
    for uid, shape in WEIGHTS.items():
        variables[uid] = Variable(uid, Kind.PARAMETER, uid, shape, "float32", dynamic=False)
    graph = Graph(functions[-1].uid, variables, {one.uid: one for one in functions})
    return lowered(graph)


def nodes(*functions: Function) -> List[Node]:
    """What functions become of which the last gives the outputs."""
    return lowered_of(*functions).graph.nodes


def step(op: Optional[int], *inputs: str, uid: str = "f", **attributes: Any) -> Function:
    return Function(uid, op, "", inputs, attributes)


def reason(*functions: Function) -> str:
    """Why the last of some functions is refused."""
    refused = [node.attributes for node in nodes(*functions) if node.domain == UNWRITTEN]
    # One that is only not told what goes into it is not to blame, unless nothing else is.
    found = [one for one in refused if one.text("rule") != UNKNOWN_INPUT] or refused
    assert len(found) == 1
    return found[0].text("reason")


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (step(None, "x"), "of a kind that is not known"),
        (step(200, "x"), "of a kind that is not known"),
        (step(Op.PAST_VALUE, "x"), "recurrence"),
        (step(Op.RELU), "an operand of it is missing"),
        (step(Op.PLUS, "x", "f_Output_0"), "part of a loop"),
        (step(Op.PLUS, "x"), "does not take 1 operands"),
        (step(Op.PLUS, "x", "unknown"), "size of its weights 'unknown'"),
        (step(Op.PLUS, "x", "open"), "size of its weights 'open'"),
        (step(Op.PLUS, "x", "nothing"), "unknown shape"),
        (step(Op.CAST, "x", newDataType=5), "no floating-point number"),
        (step(Op.CAST, "x", newDataType=4), "rounds to 16 bits"),
        (step(Op.CONSTANT_OP, "x", fillValue=1e300), "larger than any"),
        (step(Op.TRANSPOSE_AXES, "x"), "moves an axis that is no axis of an image"),
        (step(Op.TRANSPOSE_AXES, "x", axisVec=[Axis(0)]), "not those of what goes in"),
        (step(Op.SLICE, "x"), "cuts an axis that is no axis of an image"),
        (
            step(Op.SLICE, "free", axis=Axis(0), beginIndex=1, endIndex=5, sliceStrides=-1),
            "goes backwards",
        ),
        (
            step(Op.SLICE, "free", axis=Axis(0), beginIndex=1, endIndex=1 << 63),
            "larger than any",
        ),
        (step(Op.SPLICE, "x", "y"), "joins along an axis that is no axis of an image"),
        (step(Op.SPLICE, axis=Axis(0)), "does not take 0 operands"),
        (step(Op.SPLICE, "x", "y", axis=Axis(2)), "of different sizes"),
        (step(Op.SPLICE, "free", "one", axis=Axis(2)), "up to a free size"),
        (step(Op.PAD, "x"), "not known how much it pads"),
        (
            step(Op.PAD, "x", paddingHead=[0] * 3, paddingFoot=[1] * 3, paddingMode=7),
            "pads in a way that is not known",
        ),
        (step(Op.TOP_K, "x"), "number of its values"),
        (step(Op.ONE_HOT, "v"), "number or the axis of its classes"),
        (step(Op.CROP, "x", "y"), "works out itself"),
        (step(Op.CROP, "x", "free", offset=[0, 0]), "size that it crops to is free"),
        (step(Op.GATHER, "v", "x"), "no row of a table"),
        (step(Op.RESHAPE, "wide", newShape=(FREE, FREE, 3, 1)), "more than one size"),
        (step(Op.RESHAPE, "x"), "size of what comes out"),
        (step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Sum"), "axes that it sums up"),
        (
            step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Sum", axis=Axis(ALL_AXES)),
            "images of a batch",
        ),
        (
            step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Median", axis=Axis(0)),
            r"\('Median'\) that is not known",
        ),
        (
            step(Op.REDUCE_ELEMENTS, "x", reductionOpName=["Sum"], axis=Axis(0)),
            "that is not known",
        ),
        (
            step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Argmax", axisVec=[Axis(0), Axis(1)]),
            "along several axes",
        ),
        (step(Op.TIMES, "p", "v", outputRank=3), "more axes than there are"),
        (step(Op.TIMES, "p", "v"), "do not fit together"),
        (step(Op.TIMES, "free", "v"), "free size goes into its left operand"),
        (step(Op.TIMES, "row", "v"), "multiplies two vectors"),
        (step(Op.TRANSPOSE_TIMES, "cube", "v"), "more than two axes"),
        (step(Op.CONVOLUTION, "w", "x", **WINDOW, sequential=True), "steps of a sequence"),
        (step(Op.CONVOLUTION, "p", "x", **WINDOW), "its window is not known"),
        (step(Op.CONVOLUTION, "flat", "x", **WINDOW), "several maps along an axis of space"),
        (
            step(Op.CONVOLUTION, "w", "x", **{**WINDOW, "sharing": [False]}),
            "kernel of its own for each pixel",
        ),
        (step(Op.CONVOLUTION, "kernels", "x", **WINDOW), "computed anew for each image"),
        (
            step(Op.CONVOLUTION, "w", "x", **{**WINDOW, "dilation": (9, 9, 1)}),
            "size of what comes out",
        ),
        (step(Op.CONVOLUTION, "narrow", "x", **{**WINDOW, "groups": 2}), "narrower than the image"),
        (step(Op.CONVOLUTION, "narrow", "x", **WINDOW), "no groups are told"),
        (step(Op.PASS, "nothing", constant=True), "size of its values"),
        (step(Op.CROP, "x", "y", offset=[6, 6]), "its size came out as"),
        (
            step(Op.CONVOLUTION, "wt", "x", **{**WINDOW, "transpose": True, "dilation": (2, 2, 1)}),
            "it is dilated",
        ),
        (
            step(Op.CONVOLUTION, "w", "y", **{**WINDOW, "transpose": True}),
            "size of what comes out",
        ),
        (
            step(
                Op.CONVOLUTION,
                "wt",
                "free",
                **{**WINDOW, "transpose": True, "outputShape": (20, 9, 2)},
            ),
            "depends on a size that is free",
        ),
        (
            step(
                Op.CONVOLUTION,
                "wt",
                "six",
                **{**WINDOW, "transpose": True, "strides": (1, 1, 2)},
            ),
            "more or fewer than the image has channels",
        ),
        (step(Op.CONVOLUTION, "w1", "wide", **SAME), "leaves out pixels of a free size"),
        (
            step(
                Op.CONVOLUTION,
                "w",
                "wide",
                **{**SAME, "strides": (2, 2, 1), "autoPadding": [True, False, False]},
            ),
            "padded in different ways",
        ),
        (
            step(
                Op.CONVOLUTION,
                "w",
                "wide",
                **{**SAME, "strides": (2, 2, 1), "autoPadding": [True, False, False],
                   "lowerPad": (0, 1, 0), "upperPad": (0, 1, 0)},
            ),
            "padded in different ways",
        ),
        (step(Op.POOLING, "x", poolingType=5), "pools in a way that is not known"),
        (step(Op.POOLING, "x"), "its window is not known"),
        (step(Op.POOLING, "x", **{**POOL, "poolingWindowShape": (9, 9)}), "size of what comes out"),
        (step(Op.POOLING, "wide", **{**POOL, "ceilOutDim": True}), "are rounded up"),
        (
            step(
                Op.POOLING, "x", **{**POOL, "strides": (3, 4), "ceilOutDim": True,
                                    "poolingWindowShape": (1, 1)}
            ),
            "outside of the image",
        ),
        (step(Op.UNPOOLING, "x", "x"), "its window is not known"),
        (
            step(Op.UNPOOLING, "image", "image", **{**POOL, "unpoolingWindowShape": (2, 2)}),
            "what no image gave",
        ),
        (
            step(
                Op.UNPOOLING,
                "wide",
                "wide",
                **{**SAME, "strides": (2, 2), "unpoolingWindowShape": (2, 2)},
            ),
            "leaves out pixels in front",
        ),
        (step(Op.ROI_POOLING, "x", "rois"), "size that it pools to"),
        (step(Op.ROI_POOLING, "x", "rois", **{**ROI, "poolingType": 1}), "mean of a region"),
        (step(Op.ROI_POOLING, "x", "rois", roiOutputShape=(2, 3)), "scale of its regions"),
        (step(Op.ROI_POOLING, "x", "odd", **ROI), "four numbers each"),
        (step(Op.ROI_POOLING, "x", "boxes", **ROI), "number of its regions is free"),
        (step(Op.BATCH_NORMALIZATION, "wide", *"ssss"), "number of values that it normalises"),
        (
            step(Op.BATCH_NORMALIZATION, "x", "s", "s7", "s", "s", spatial=True),
            "another number of channels",
        ),
    ],
)  # fmt: skip
def test_what_can_not_be_said_is_refused(function: Function, why: str) -> None:
    assert re.search(why, reason(function))


def test_elements_are_multiplied_by_twos() -> None:
    assert reason(step(Op.ELEMENT_TIMES, "x")) == "it does not take 1 operands"


def test_what_follows_something_refused_names_that() -> None:
    first = step(Op.WHERE, "x", uid="first")
    inside = step(Op.RELU, "hole", uid="inside")
    block = Function("f", Op.BLOCK, "", ("first_Output_0",), {}, Block("inside", "Dense", (
        ("hole", "first_Output_0"),
    )))  # fmt: skip
    node = next(one for one in nodes(first, inside, block) if one.domain == UNWRITTEN)
    assert (node.name, node.op) == ("first", "Where")
    assert reason(first, step(Op.PLUS, "first_Output_0", "x")) == node.attributes.text("reason")


def test_a_loop_is_named_by_the_function_that_it_needs() -> None:
    loop = Function("f", Op.PLUS, "total", ("x", "f_Output_0"), {})
    (node, _) = nodes(loop)
    assert (node.name, node.op, node.domain) == ("total", "Plus", UNWRITTEN)
    (node,) = nodes(step(Op.COMBINE, "nowhere_Output_0"))
    assert (node.name, node.op) == ("nowhere_Output_0", "Output")


def test_weights_keep_their_names() -> None:
    assert set(lowered_of(step(Op.PLUS, "x", "big")).graph.initializers) == {"big"}
    made = lowered_of(step(Op.CONVOLUTION, "w", "x", **WINDOW))
    assert set(made.graph.initializers) == {"w"}


def test_a_block_that_needs_itself_is_part_of_a_loop() -> None:
    block = Function("b", Op.BLOCK, "", ("b_Output_0",), {}, Block("inside", "Dense", (
        ("hole", "b_Output_0"),
    )))  # fmt: skip
    inside = step(Op.PLUS, "hole", "v", uid="inside")
    assert reason(block, inside, step(Op.RELU, "b_Output_0")) == "it is part of a loop"


def test_an_output_that_nothing_makes_is_refused() -> None:
    assert reason(step(Op.COMBINE, "nowhere_Output_0")) == "it is part of a loop"
    assert reason(step(Op.TIMES)) == "an operand of it is missing"


def test_operations_without_a_name_are_told_by_number() -> None:
    assert nodes(step(200, "x"))[0].op == "operation 200"


@pytest.mark.parametrize(
    ("function", "ops"),
    [
        # Nothing is done where nothing has to be.
        (step(Op.REDUCE_ELEMENTS, "x", reductionOpName="Sum", axisVec=[]), ["Identity"]),
        (step(Op.CLIP, "x", "one", "one"), ["Min", "Less", "Where"]),
        # CNTK knows the size of a part whose whole is free; the operator does not.
        (step(Op.SLICE, "free", axis=Axis(0), beginIndex=1, endIndex=3), ["Slice"]),
        # Weights alone have no batch.
        (step(Op.CONVOLUTION, "w", "image", **WINDOW), ["Unsqueeze", "Conv", "Squeeze"]),
        (step(Op.POOLING, "image", **POOL), ["Unsqueeze", "MaxPool", "Squeeze"]),
        (
            step(Op.POOLING, "image", **{**WINDOW, "poolingWindowShape": (-2,)}),
            ["Unsqueeze", "MaxPool", "Squeeze"],
        ),
        (step(Op.POOLING, "wide", **{**WINDOW, "poolingWindowShape": (-2,)}), ["GlobalMaxPool"]),
        (step(Op.CONVOLUTION, "tall", "wide", **{**SAME, "strides": (2, 1, 1)}), ["Conv"]),
        (
            step(Op.SPLICE, "x", "one", axis=Axis(2)),
            ["Mul", "ReduceMax", "Add", "Expand", "Concat"],
        ),
        (
            step(Op.BATCH_NORMALIZATION, "image", *"ssss", spatial=True),
            ["Unsqueeze", "BatchNormalization", "Squeeze"],
        ),
        (
            step(Op.BATCH_NORMALIZATION, "x", *"ssss", spatial=True, inverseDeviation=True),
            ["Mul", "Reciprocal", "Add", "BatchNormalization"],
        ),
        (step(Op.TIMES, "s", "s"), ["Reshape", "MatMul"]),
        (step(Op.TIMES, "p", "two"), ["MatMul"]),
        (
            step(
                Op.REDUCE_ELEMENTS, "x", reductionOpName="Argmin", axis=Axis(ALL_STATIC_AXES)
            ),
            ["Reshape", "ArgMin", "Reshape", "Cast"],
        ),
        (step(Op.PAD, "x", paddingHead=[1, 0, 0], paddingFoot=[0, 0, 0], paddingMode=2),
         ["Slice", "Concat"]),
        (step(Op.GATHER, "v", "p", axis=Axis(1)), ["Cast", "Gather"]),
    ],
)  # fmt: skip
def test_layers_become_no_more_than_they_need(function: Function, ops: List[str]) -> None:
    assert [node.op for node in nodes(function)] == ops


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "pads"),
    [
        (10, 3, 1, 1, (1, 1)),
        (10, 3, 1, 2, (2, 2)),
        (10, 4, 1, 1, (1, 2)),
        (10, 2, 1, 3, (1, 2)),
        (9, 3, 2, 1, (1, 1)),
        (10, 3, 2, 1, (1, 0)),
        (10, 3, 2, 2, (2, 1)),
        (12, 5, 4, 1, (1, 0)),
    ],
)
def test_a_window_is_padded_as_cntk_pads_it(
    size: int, kernel: int, stride: int, dilation: int, pads: Tuple[int, int]
) -> None:
    # GetLowerPad: half the kernel's reach less half of what the last window leaves over.
    image = Variable("x", Kind.INPUT, "x", (size, 3), "float32")
    weights = Variable("w", Kind.PARAMETER, "w", (kernel, 3, 4), "float32", dynamic=False)
    window = {**WINDOW, "strides": (stride, 3), "autoPadding": [True, False]}
    convolved = step(Op.CONVOLUTION, "w", "x", **window, dilation=(dilation, 1))
    graph = Graph("f", {"x": image, "w": weights}, {"f": convolved})
    (node,) = lowered(graph).graph.nodes
    assert node.attributes.integers("pads") == pads
    assert node.attributes.integers("dilations") == (dilation,)


def test_a_kernel_may_be_computed_from_weights() -> None:
    kernel = step(Op.NEGATE, "w", uid="k")
    made = nodes(kernel, step(Op.CONVOLUTION, "k_Output_0", "x", **WINDOW))
    assert [node.op for node in made] == ["Neg", "Conv"]


def test_a_softmax_along_an_axis_is_one_operator() -> None:
    largest = step(Op.REDUCE_ELEMENTS, "x", uid="largest", axis=Axis(2), reductionOpName="Max")
    less = step(Op.MINUS, "x", "largest_Output_0", uid="less")
    exponential = step(Op.EXP, "less_Output_0", uid="e")
    total = step(Op.REDUCE_ELEMENTS, "e_Output_0", uid="total", axis=Axis(2), reductionOpName="Sum")
    inverse = step(Op.RECIPROCAL, "total_Output_0", uid="r")
    whole = step(Op.ELEMENT_TIMES, "e_Output_0", "r_Output_0")
    before = (largest, less, exponential, inverse)
    assert [node.op for node in nodes(*before, total, whole)] == ["Softmax"]
    # The largest of another axis, of another value, or no largest at all, stays.
    other = step(Op.REDUCE_ELEMENTS, "x", uid="largest", axis=Axis(1), reductionOpName="Max")
    made = nodes(other, less, exponential, total, inverse, whole)
    assert [node.op for node in made] == ["ReduceMax", "Sub", "Softmax"]
    # The largest of nothing at all is refused.
    nothing = step(Op.REDUCE_ELEMENTS, uid="largest", axis=Axis(2), reductionOpName="Max")
    why = reason(nothing, less, exponential, total, inverse, whole)
    assert why == "an operand of it is missing"
    plain = step(Op.MINUS, "x", "one", uid="less")
    assert [node.op for node in nodes(plain, exponential, total, inverse, whole)] == [
        "Sub", "Softmax",
    ]  # fmt: skip
    assert [node.op for node in nodes(step(Op.EXP, "x", uid="e"), total, inverse, whole)] == [
        "Softmax"
    ]
    # Over two axes there is no one operator.
    both = step(Op.REDUCE_ELEMENTS, "e_Output_0", uid="total", axisVec=[Axis(1), Axis(2)],
                reductionOpName="Sum")  # fmt: skip
    assert nodes(*before, both, whole)[-1].op == "Mul"
    # It is one all the same.
    made = lowered_of(*before, both, whole)
    assert made.values["f_Output_0"].meaning.kind is Meant.SOFTMAX


def test_a_block_of_the_name_is_a_softmax_however_it_is_spelled() -> None:
    inside = step(Op.EXP, "hole", uid="inside")
    block = Function("f", Op.BLOCK, "", ("x",), {}, Block("inside", "Softmax", (("hole", "x"),)))
    made = lowered_of(inside, block)
    assert made.values["f_Output_0"].meaning.kind is Meant.SOFTMAX
