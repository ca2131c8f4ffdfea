"""Which of a graph's nodes are fed and fetched, and what was done last to an output."""

from __future__ import annotations

from pathlib import Path
from typing import Any, List, Optional, Tuple

import pytest

from dl2ecd_core.models import Activation, Role
from tests.models.tensorflow.graphs import const, fed, inspected, node

REAL = {"T": "DT_FLOAT"}


def outputs(folder: Path, *nodes: str) -> List[Any]:
    return [tensor.name for tensor in inspected(folder, *nodes).outputs]


def test_what_does_not_depend_on_the_image_is_no_output_of_a_graph_that_trains(
    tmp_path: Path,
) -> None:
    variable = node("w", "VariableV2", dtype="DT_FLOAT", shape=(3, 3))
    constant = const("c", [1.0]) + node("loose", "Relu", "c", **REAL)
    predicted = fed("x", (2, 3)) + node("y", "MatMul", "x", "w", **REAL)
    assert outputs(tmp_path, variable, constant, predicted) == ["y"]
    assert outputs(tmp_path, constant, predicted) == ["loose", "y"]


def test_weights_that_nothing_reads_are_no_outputs(tmp_path: Path) -> None:
    left = const("w", [1.0]) + node("w/read", "Identity", "w", **REAL)
    assert outputs(tmp_path, fed("x", (2,)), left, node("y", "Relu", "x", **REAL)) == ["y"]
    asked = node("y", "Identity", "x", **REAL)
    assert outputs(tmp_path, fed("x", (2,)), left, asked) == ["y"]


def test_marks_of_a_condition_are_no_outputs(tmp_path: Path) -> None:
    graph = (
        fed("x", (2,)),
        fed("p", (), "DT_BOOL"),
        node("switch", "Switch", "p", "p", T="DT_BOOL"),
        node("branch", "Identity", "switch:1", T="DT_BOOL"),
        node("other", "Switch", "x", "p", **REAL),
        node("alone", "Identity", "other", **REAL),
    )
    assert outputs(tmp_path, *graph) == ["alone"]


def test_what_a_loop_leaves_is_no_output_beside_a_result(tmp_path: Path) -> None:
    loop = (fed("x", (2,)), node("left", "Exit", "x", **REAL))
    assert outputs(tmp_path, *loop) == ["left"]
    assert outputs(tmp_path, *loop, node("y", "Relu", "x", **REAL)) == ["y"]


@pytest.mark.parametrize(
    ("between", "role"),
    [
        ([], Role.LABEL),
        (["Reshape", "Cast"], Role.LABEL),
        (["Identity"] * 63, Role.LABEL),
        (["Identity"] * 64, Role.DATA),
        (["Relu"], Role.DATA),
        (["from nowhere"], Role.DATA),
    ],
)
def test_labels_reach_the_loss_through_nothing_but_reshaping(
    between: List[str], role: Role, tmp_path: Path
) -> None:
    nodes, before = [fed("x", (2, 3)), fed("labels", (2,), "DT_INT32")], "labels"
    for index, op in enumerate(between):
        given = "nowhere" if op == "from nowhere" else before
        op = "Identity" if op == "from nowhere" else op
        nodes.append(node(f"step{index}", op, given, T="DT_INT32"))
        before = f"step{index}"
    loss = node("loss", "SparseSoftmaxCrossEntropyWithLogits", "x", before, **REAL)
    model = inspected(tmp_path, *nodes, loss)
    (labels,) = [tensor for tensor in model.inputs if tensor.name == "labels"]
    assert labels.role is role
    assert [t.role for t in model.outputs if t.name == "loss"] == [Role.LOSS]


def exponentials(*below: str) -> Tuple[str, ...]:
    return (
        node("e", "Exp", "x", **REAL),
        const("axis", [1]),
        node("s", *below, **REAL),
        node("y", "RealDiv", "e", "s", **REAL),
    )


@pytest.mark.parametrize(
    ("nodes", "activation"),
    [
        (exponentials("Sum", "e", "axis"), Activation.SOFTMAX),
        (exponentials("Sum", "x", "axis"), None),
        (exponentials("Max", "e", "axis"), None),
        (exponentials("Sum"), None),
        ((node("y", "RealDiv", "x", **REAL),), None),
        ((node("y", "RealDiv", "x", "nowhere", **REAL),), None),
        ((node("y", "Squeeze", **REAL),), None),
        ((node("y", "Pack", "x", **REAL),), None),
        ((node("y", "Sigmoid", "x", **REAL),), Activation.SIGMOID),
        ((node("y", "LogSoftmax", "x", **REAL),), Activation.NONE),
        ((node("y", "Abs", "x", **REAL),), None),
    ],
)
def test_the_last_operation_is_recognised(
    nodes: Tuple[str, ...], activation: Optional[Activation], tmp_path: Path
) -> None:
    model = inspected(tmp_path, fed("x", (2, 3)), *nodes)
    assert [t.activation for t in model.outputs if t.name == "y"] == [activation]


def test_the_last_operation_is_found_however_far_away(tmp_path: Path) -> None:
    nodes = [fed("x", (2, 3)), node("y0", "Sigmoid", "x", **REAL)]
    nodes += [node(f"y{n}", "Identity", f"y{n - 1}", **REAL) for n in range(1, 701)]
    assert [t.activation for t in inspected(tmp_path, *nodes).outputs] == [Activation.SIGMOID]


@pytest.mark.parametrize(
    ("axis", "classes"),
    [
        (const("axis", -1), 5),
        (const("axis", 1), 5),
        (const("axis", 2), None),
        (const("axis", [0, 1]), None),
        (const("axis", 0.5), None),
        (fed("axis", (), "DT_INT32"), None),
        ("", None),
    ],
)
def test_an_argmax_tells_its_classes_where_its_axis_is_known(
    axis: str, classes: Optional[int], tmp_path: Path
) -> None:
    largest = node("y", "ArgMax", "x", *(["axis"] if axis else []), **REAL)
    for shape, count in (((2, 5), classes), (None, None)):
        (output,) = inspected(tmp_path, fed("x", shape), axis, largest).outputs
        assert (output.activation, output.class_count) == (Activation.ARGMAX, count)


@pytest.mark.parametrize(
    ("op", "rule", "word"),
    [
        ("ReadFile", "model-runs-own-code", "reads or writes files on its own: 'y'"),
        ("PyFunc", "model-runs-own-code", "calls Python functions"),
        (
            "TheirOwn",
            "model-runs-own-code",
            "1 operation that TensorFlow 1.15 and 2.21 don't bring",
        ),
        ("_Internal", "model-shape-unknown", "'_Internal'"),
    ],
)
def test_operations_that_are_not_plain_arithmetic_are_named(
    op: str, rule: str, word: str, tmp_path: Path
) -> None:
    findings = inspected(tmp_path, fed("x", (2,)), node("y", op, "x")).findings
    assert findings[0].rule == rule
    assert word in findings[0].message


def test_variables_alone_give_no_outputs_to_say_anything_of(tmp_path: Path) -> None:
    model = inspected(tmp_path, node("w", "VariableV2", dtype="DT_FLOAT", shape=(3,)))
    assert [finding.rule for finding in model.findings] == ["model-not-frozen"]
