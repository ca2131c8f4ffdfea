"""What the numbers of an operation's outputs mean."""

from __future__ import annotations

from typing import Any, List, Optional, Tuple

import pytest

from dl2ecd_core.network.graph import Node
from dl2ecd_core.network.operations.meaning import meaning_of
from dl2ecd_core.network.operations.step import Step
from dl2ecd_core.network.value import Axis, Kind, Value

from .values import ANY, best, image, meant, scalar, scores, weights, whole

UNKNOWN, SCORES, SOFTMAX, ARGMAX = Kind.UNKNOWN, Kind.SCORES, Kind.SOFTMAX, Kind.ARGMAX
#: Scores, probabilities, indices of the classes of a 4 x 5 image's pixels.
LOGITS = scores(2, 3, 4, 5)
PROBABLE = scores(2, 3, 4, 5, kind=SOFTMAX)
INDICES = scores(2, 1, 4, 5, kind=ARGMAX, letters="N?HW")
#: Scores whose axes are not known.
LOOSE = scores(2, 3, 4, 5, letters="????")
#: Scores whose classes come last.
LAST = scores(2, 4, 5, 3, letters="NHWC")
#: One row of an image, of which only one number is left.
ROWS = Value((2, 3, 1, 5), "float32", (Axis("N"), Axis("C"), Axis("H", reduced=True), Axis("W")))


@pytest.mark.parametrize(
    ("op", "inputs", "attributes", "index", "kind", "classes"),
    [
        ("Dropout", [PROBABLE], {}, 0, SOFTMAX, None),
        ("Dropout", [PROBABLE], {}, 1, UNKNOWN, None),
        ("Split", [PROBABLE], {}, 1, SOFTMAX, None),
        ("Slice", [PROBABLE], {}, 0, SOFTMAX, None),
        ("Conv", [INDICES], {}, 0, SCORES, None),
        ("Add", [LOGITS, LOGITS], {}, 0, SCORES, None),
        ("Add", [LOGITS, INDICES], {}, 0, UNKNOWN, None),
        ("Add", [LOGITS, best(2, 1, 4, 5)], {}, 0, UNKNOWN, None),
        ("Add", [ROWS], {}, 0, SCORES, None),
        ("Add", [LOGITS, weights(3)], {}, 0, SCORES, None),
        ("Add", [LOOSE, LOOSE], {}, 0, SCORES, None),
        ("Reshape", [PROBABLE, whole(2, 60)], {}, 0, SOFTMAX, None),
        ("Pad", [LOGITS, whole(1, 1)], {}, 0, SCORES, None),
        ("Pad", [PROBABLE, LOGITS], {}, 0, UNKNOWN, None),
        ("Resize", [INDICES, None, whole(2)], {}, 0, ARGMAX, None),
        ("Resize", [PROBABLE], {"mode": "linear"}, 0, SOFTMAX, None),
        ("Resize", [INDICES], {"mode": "nearest"}, 0, ARGMAX, None),
        ("Resize", [INDICES], {}, 0, ARGMAX, None),
        ("Resize", [INDICES], {"mode": "linear"}, 0, UNKNOWN, None),
        ("Resize", [LOGITS], {"mode": "linear"}, 0, SCORES, None),
        ("Resize", [best(2, 1, 4, 5)], {"mode": "linear"}, 0, UNKNOWN, None),
        ("ArgMax", [LOGITS], {"axis": 1}, 0, ARGMAX, 3),
        ("ArgMax", [LOGITS], {"axis": -3}, 0, ARGMAX, 3),
        ("ArgMax", [LOGITS], {"axis": 2}, 0, ARGMAX, None),
        ("ArgMax", [LOGITS], {}, 0, ARGMAX, None),
        ("ArgMax", [LOOSE], {}, 0, ARGMAX, 2),
        ("ArgMax", [LOOSE], {"axis": "1"}, 0, ARGMAX, None),
        ("ArgMax", [LOOSE], {"axis": 4}, 0, ARGMAX, None),
        ("ArgMax", [LOGITS], {"axis": -4}, 0, ARGMAX, None),
        ("TopK", [LOGITS, whole(1)], {"axis": 1}, 1, ARGMAX, 3),
        ("TopK", [LOGITS, whole(1)], {"axis": 1}, 0, UNKNOWN, None),
        ("TopK", [LOGITS, whole(2)], {"axis": 1}, 1, UNKNOWN, None),
        ("TopK", [LOOSE, whole(1)], {}, 1, ARGMAX, 5),
        ("TopK", [LOGITS], {"axis": 1, "k": 1}, 1, ARGMAX, 3),
        ("TopK", [LOGITS], {"axis": 1}, 1, UNKNOWN, None),
        ("Concat", [LOGITS, LOGITS], {}, 0, SCORES, None),
        ("Concat", [LOGITS, PROBABLE], {}, 0, UNKNOWN, None),
        ("Concat", [], {}, 0, UNKNOWN, None),
        ("Div", [LOGITS, scalar(2.0)], {}, 0, UNKNOWN, None),
        ("Riddle", [LOGITS], {}, 0, UNKNOWN, None),
        ("Softmax", [LOGITS], {"axis": 1}, 0, SOFTMAX, None),
        ("Softmax", [LOGITS], {"axis": 3}, 0, UNKNOWN, None),
        ("Softmax", [LOGITS], {}, 0, UNKNOWN, None),
        ("Softmax", [LOGITS], {"axis": 9}, 0, SOFTMAX, None),
        ("Softmax", [LOOSE], {"axis": 2}, 0, SOFTMAX, None),
        ("Softmax", [LAST], {}, 0, SOFTMAX, None),
        ("Softmax", [ANY], {}, 0, SOFTMAX, None),
        ("Sigmoid", [LOGITS], {}, 0, Kind.SIGMOID, None),
        ("LinearClassifier", [image(7, 5)], {"classlabels_ints": (0, 1, 2)}, 0, ARGMAX, 3),
        ("LinearClassifier", [image(7, 5)], {"classlabels_ints": (1, 2, 3)}, 0, UNKNOWN, 3),
        ("LinearClassifier", [image(7, 5)], {"classlabels_ints": (0, 2)}, 0, UNKNOWN, 2),
        ("LinearClassifier", [image(7, 5)], {"classlabels_strings": ("a", "b")}, 0, UNKNOWN, 2),
        ("LinearClassifier", [image(7, 5)], {}, 0, UNKNOWN, None),
        ("LinearClassifier", [image(7, 5)], {"post_transform": "SOFTMAX"}, 1, SOFTMAX, None),
        ("LinearClassifier", [image(7, 5)], {"post_transform": "LOGISTIC"}, 1, UNKNOWN, None),
        ("LinearClassifier", [image(7, 5)], {}, 1, UNKNOWN, None),
    ],
)  # fmt: skip
def test_operations_give_numbers_a_meaning(
    op: str, inputs: List[Any], attributes: Any, index: int, kind: Kind, classes: Optional[int]
) -> None:
    assert meant(op, inputs, attributes, index) == (kind, classes)


def test_before_opset_13_a_softmax_ran_over_all_axes_from_one_on() -> None:
    for opset, kind in ((12, SOFTMAX), (13, UNKNOWN)):
        assert meant("Softmax", [LOGITS], {"axis": 2}, opset=opset) == (kind, None)


E, S = ("Exp", ("scores",)), ("ReduceSum", ("e",))


@pytest.mark.parametrize(
    ("above", "below", "kind"),
    [
        (E, S, SOFTMAX),
        (E, ("ReduceSum", ("e", "axes")), SOFTMAX),
        (("Relu", ("scores",)), S, UNKNOWN),
        (E, ("ReduceMax", ("e",)), UNKNOWN),
        (E, ("ReduceSum", ("scores",)), UNKNOWN),
        (None, S, UNKNOWN),
        (E, None, UNKNOWN),
    ],
)
def test_exponentials_over_their_sum_are_a_softmax(
    above: Optional[Tuple[str, Any]], below: Optional[Tuple[str, Any]], kind: Kind
) -> None:
    makers = {
        name: Node(maker[0], maker[1], (name,))
        for name, maker in (("e", above), ("s", below))
        if maker is not None
    }
    step = Step(Node("Div", ("e", "s"), ("y",)), [LOGITS, LOGITS], 13, {}, makers)
    assert meaning_of(step, 0).kind is kind
