"""What operations do to axes and to the meaning of numbers; shapes are held by ONNX Runtime."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import pytest

from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.value import Kind, Meaning, Value


def image(lowering: Lowering, channels: Optional[int] = 6) -> str:
    return lowering.input("x", (None, channels, 8, 8), letters="NCHW")


def scores(lowering: Lowering) -> str:
    return lowering.add("Conv", [image(lowering), lowering.weight("w", (5, 6, 1, 1))])


def after(*steps: Tuple[str, Any]) -> Value:
    """What is known after some operations on the scores of five classes."""
    lowering = Lowering()
    name = scores(lowering)
    for op, attributes in steps:
        more: List[str] = []
        if op in ("Add", "Mul", "Clip", "Div"):
            more = [lowering.scalar(0.5)]
        elif op == "Pad":
            more = [lowering.constant([0, 0, 1, 1] * 2)]
        elif op == "Resize":
            more = ["", lowering.constant([1.0, 1.0, 2.0, 2.0], "float32")]
        name = lowering.add(op, [name, *more], **attributes)
    return lowering.value(name)


BEST = ("ArgMax", {"axis": 1})
LARGEST = ("ReduceMax", {"axes": (1,)})
POOL = ("MaxPool", {"kernel_shape": (2, 2)})
LINEAR = ("Resize", {"mode": "linear"})


@pytest.mark.parametrize(
    ("steps", "meaning"),
    [
        ([], Meaning(Kind.SCORES)),
        ([("Relu", {}), ("Clip", {}), POOL], Meaning(Kind.SCORES)),
        ([("Softmax", {"axis": 1}), LINEAR, ("Transpose", {"perm": (0, 2, 3, 1)})],
         Meaning(Kind.SOFTMAX)),
        ([("LogSoftmax", {"axis": 1}), LINEAR], Meaning(Kind.LOG_SOFTMAX)),
        ([("Pad", {})], Meaning(Kind.SCORES)),
        ([("Softmax", {"axis": 1}), ("Pad", {})], Meaning()),
        ([("Sigmoid", {}), ("Resize", {"mode": "cubic"})], Meaning(Kind.SIGMOID)),
        ([BEST], Meaning(Kind.ARGMAX, 5)),
        ([("ArgMax", {"axis": 1, "keepdims": 0}), ("Cast", {"to": 1})], Meaning(Kind.ARGMAX, 5)),
        ([BEST, ("Resize", {"mode": "nearest"})], Meaning(Kind.ARGMAX, 5)),
        ([BEST, LINEAR], Meaning()),
        ([BEST, ("Add", {})], Meaning()),
        ([BEST, ("Cast", {"to": 1}), POOL], Meaning()),
        ([LARGEST], Meaning()),
        ([LARGEST, ("Add", {})], Meaning()),
        ([LARGEST, ("Clip", {})], Meaning()),
        ([LARGEST, POOL], Meaning()),
        ([LARGEST, LINEAR], Meaning()),
        ([("Exp", {})], Meaning()),
        ([("Div", {})], Meaning()),
    ],
)  # fmt: skip
def test_meaning_goes_forward(steps: List[Tuple[str, Any]], meaning: Meaning) -> None:
    assert after(*steps).meaning == meaning


@pytest.mark.parametrize("last", [[], [("Add", {})], [("Clip", {})], [POOL], [("Relu", {})],
                                  [("GlobalAveragePool", {})], [LINEAR]])  # fmt: skip
@pytest.mark.parametrize("first", [BEST, LARGEST])
def test_what_is_left_of_the_classes_is_no_axis_of_classes(first: Any, last: Any) -> None:
    assert (after(first, *last).letters or "")[1] == "?"
    learned = Lowering()
    name = learned.add("ArgMax", [learned.input("x", (1, 6, 8, 8))], axis=1)
    name = learned.add("MaxPool", [name], kernel_shape=(2, 2))
    assert learned.value(name).letters == "N?HW"


def test_new_channels_are_classes_again() -> None:
    lowering = Lowering()
    best = lowering.add("ReduceMax", [scores(lowering)], axes=(1,))
    gate = lowering.add("Conv", [best, lowering.weight("g", (5, 1, 1, 1))])
    assert lowering.value(gate).letters == "NCHW"
    assert lowering.value(gate).meaning.kind is Kind.SCORES
    # What is laid over all classes leaves them what they are.
    laid = lowering.add("Mul", [gate, lowering.add("ReduceMax", [gate], axes=(1,))])
    assert lowering.value(laid).letters == "NCHW"


def test_what_is_joined_means_scores_only_if_all_of_it_does() -> None:
    lowering = Lowering()
    one = scores(lowering)
    softmax = lowering.add("Softmax", [one], axis=1)
    assert lowering.value(lowering.add("Concat", [one, one], axis=1)).meaning.kind is Kind.SCORES
    joined = lowering.add("Concat", [one, softmax], axis=1)
    assert lowering.value(joined).meaning.kind is Kind.UNKNOWN


def test_the_place_of_the_largest_of_several_is_a_class() -> None:
    lowering = Lowering()
    one = lowering.constant([1])
    values, places = lowering.add_several("TopK", [scores(lowering), one], 2, axis=1)
    assert lowering.value(places).meaning == Meaning(Kind.ARGMAX, 5)
    assert lowering.value(values).meaning == Meaning()


@pytest.mark.parametrize(
    ("op", "attributes", "axes"),
    [
        ("LayerNormalization", {"axis": -1}, {3}),
        ("LayerNormalization", {"axis": 2}, {2, 3}),
        ("Hardmax", {"axis": 2}, {2}),
        ("Hardmax", {}, {3}),
        ("MeanVarianceNormalization", {}, {0, 1, 2, 3}),
        ("CumSum", {}, {0, 1, 2, 3}),
        ("Softmax", {}, {3}),
        ("InstanceNormalization", {}, {2, 3}),
        ("Relu", {}, set()),
        ("LRN", {"size": 3}, set()),
        ("Riddle", {}, {0, 1, 2, 3}),
    ],
)
def test_operations_along_axes_look_from_end_to_end(op: str, attributes: Any, axes: Any) -> None:
    lowering = Lowering()
    made = lowering.add(op, [image(lowering)], **attributes)
    assert lowering.value(made).whole == {("x", axis) for axis in axes}


def test_before_opset_13_softmax_took_all_axes_from_one_on() -> None:
    from dl2ecd_core.network.evaluation import Evaluation
    from dl2ecd_core.network.graph import GivenAttributes, Node
    from dl2ecd_core.network.value import input_value

    evaluation = Evaluation(11)
    evaluation.values["x"] = input_value("x", (1, 4, 8, 8), "float32")
    evaluation.run(Node("Softmax", ("x",), ("y",), GivenAttributes(axis=2)))
    assert evaluation.values["y"].whole == {("x", 2), ("x", 3)}
    evaluation.run(Node("Softmax", ("lost",), ("z",)))
    assert evaluation.values["z"].shape is None


def footprint(op: str, *numbers: Any, **attributes: Any) -> Any:
    lowering = Lowering()
    x = image(lowering, 4)
    made = lowering.add(op, [x, *(numbers[0](lowering) if numbers else [])], **attributes)
    return lowering.value(made).axes[2].footprint


def test_a_transposed_convolution_to_sizes_that_are_not_told_lies_nowhere() -> None:
    def kernel(lowering: Lowering) -> List[str]:
        return [lowering.weight("k", (4, 2, 2, 2))]

    assert footprint("ConvTranspose", kernel, strides=(2, 2), output_shape=(16,)) is None
    made = footprint("ConvTranspose", kernel, strides=(2, 2), output_shape=(16, 16))
    assert made.alignment == 1


def test_a_smoothed_resize_lies_somewhere_but_looks_at_what_is_not_known() -> None:
    def half(lowering: Lowering) -> List[str]:
        return ["", lowering.constant([1.0, 1.0, 0.5, 0.5], "float32")]

    smooth = footprint("Resize", half, mode="linear", antialias=1)
    assert (smooth.scale, smooth.reach) == (2, None)


def test_blocks_of_what_lies_nowhere_lie_nowhere() -> None:
    lowering = Lowering()
    tiled = lowering.add("Tile", [image(lowering, 4), lowering.constant([1, 1, 2, 2])])
    blocks = lowering.add("DepthToSpace", [tiled], blocksize=2)
    assert lowering.value(blocks).axes[2].footprint is None
    assert ("x", 2) in lowering.value(blocks).whole


def test_what_is_put_back_needs_a_window_and_sizes_that_fit() -> None:
    lowering = Lowering()
    x = image(lowering, 4)
    window = {"kernel_shape": (2, 2), "strides": (2, 2)}
    largest, places = lowering.add_several("MaxPool", [x], 2, **window)
    assert shape(lowering, "MaxUnpool", [largest, places], **window) == (None, 4, 8, 8)
    sizes = [largest, places, lowering.constant([1, 4, 9, 9])]
    assert shape(lowering, "MaxUnpool", sizes, **window) == (None, 4, 9, 9)
    assert shape(lowering, "MaxUnpool", [*sizes[:2], lowering.constant([9])], **window) is None
    assert shape(lowering, "MaxUnpool", [largest, places], kernel_shape=(2,)) is None
    assert shape(lowering, "MaxUnpool", [lowering.scalar(1.0), places], **window) is None


def shape(lowering: Lowering, op: str, inputs: List[str], **attributes: Any) -> Any:
    return lowering.value(lowering.add(op, inputs, **attributes)).shape


def test_a_softmax_along_rows_tells_no_classes_apart() -> None:
    for axis, kind in ((1, Kind.SOFTMAX), (2, Kind.UNKNOWN), (-1, Kind.UNKNOWN)):
        assert after(("Softmax", {"axis": axis})).meaning.kind is kind
    assert after(("LogSoftmax", {"axis": 1})).meaning.kind is Kind.LOG_SOFTMAX
    assert after(("LogSoftmax", {"axis": 3})).meaning.kind is Kind.UNKNOWN


def test_the_place_of_a_row_is_no_class() -> None:
    assert after(("ArgMax", {"axis": 2, "keepdims": 0})).meaning == Meaning(Kind.ARGMAX)


@pytest.mark.parametrize("op", ["Softplus", "HardSigmoid", "GlobalMaxPool", "Max"])
def test_what_is_computed_number_by_number_stays_scores(op: str) -> None:
    assert after((op, {})).meaning.kind is Kind.SCORES
