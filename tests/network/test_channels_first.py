"""Networks with N, C, H, W at their ends, whatever order the framework has."""

from __future__ import annotations

from typing import Any, List

import pytest

from dl2ecd_core.network.channels_first import channels_first, order_of
from dl2ecd_core.network.lowering import Lowering, Network

LAST = (None, 8, 9, 3)
TO_FIRST, TO_LAST = (0, 3, 1, 2), (0, 2, 3, 1)


def operations(network: Network) -> List[str]:
    return [node.op for node in network.graph.nodes]


def test_what_is_no_image_keeps_its_axes() -> None:
    lowering = Lowering(reserved=["x", "row", "y"])
    x = lowering.input("x", (None, 3, 8, 9), letters="NCHW")
    row = lowering.input("row", (None, 3))
    lowering.output("y", lowering.add("Relu", [x]))
    lowering.output("z", lowering.add("Relu", [row]))
    before = lowering.network()
    after = channels_first(before)
    assert (operations(after), after.graph.inputs) == (operations(before), before.graph.inputs)


@pytest.mark.parametrize("letters", [None, "NCHW", "NC", "N?HW", "NCHWT"])
def test_other_axes_are_left(letters: Any) -> None:
    assert order_of(letters) is None


def test_a_network_that_turns_its_images_itself_has_no_turn_left() -> None:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", LAST, letters="NHWC")
    first = lowering.add("Transpose", [x], perm=TO_FIRST)
    kernel = lowering.weight("k", (5, 3, 1, 1))
    scores = lowering.add("Conv", [first, kernel])
    lowering.output("y", lowering.add("Transpose", [scores], perm=TO_LAST))
    network = channels_first(lowering.network())
    assert operations(network) == ["Conv"]
    assert network.graph.inputs["x"].shape == (None, 3, 8, 9)
    assert network.graph.outputs["y"].shape == (None, 5, 8, 9)
    assert (network.letters["x"], network.values["y"].letters) == ("NCHW", "NCHW")
    assert network.graph.nodes[0].outputs == ("y",)


def test_a_network_that_looks_at_the_last_axis_is_turned_before_and_behind() -> None:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", LAST, letters="NHWC")
    lowering.output("y", lowering.add("Softmax", [x], axis=3))
    network = channels_first(lowering.network())
    assert operations(network) == ["Transpose", "Softmax", "Transpose"]
    perms = [node.attributes.integers("perm") for node in network.graph.nodes[::2]]
    assert perms == [TO_LAST, TO_FIRST]


def test_a_value_with_two_known_names_is_turned_for_one_of_them() -> None:
    lowering = Lowering(reserved=["x", "y", "z"])
    x = lowering.input("x", LAST, letters="NHWC")
    first = lowering.add("Relu", [lowering.add("Transpose", [x], perm=TO_FIRST)])
    lowering.output("y", first)
    lowering.output("z", lowering.add("Transpose", [first], perm=TO_LAST))
    network = channels_first(lowering.network())
    assert {name: one.shape for name, one in network.graph.outputs.items()} == {
        "y": (None, 3, 8, 9), "z": (None, 3, 8, 9),
    }  # fmt: skip
    # One is the other, turned there and back again.
    assert operations(network) == ["Relu", "Transpose", "Transpose"]


def test_names_that_are_taken_are_not_given_again() -> None:
    lowering = Lowering(reserved=["turned_1", "y"])
    x = lowering.input("turned_1", LAST, letters="NHWC")
    lowering.output("y", lowering.add("Softmax", [x], axis=3))
    names = [name for node in channels_first(lowering.network()).graph.nodes for name in
             node.outputs]  # fmt: skip
    assert len(set(names)) == len(names)
    assert "turned_1" not in names


def test_other_turns_of_turns_stay() -> None:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", LAST, letters="NHWC")
    once = lowering.add("Transpose", [x], perm=(0, 2, 1, 3))
    lowering.output("y", lowering.add("Softmax", [once], axis=3))
    assert operations(channels_first(lowering.network())).count("Transpose") == 3


def test_an_order_that_is_not_told_is_left() -> None:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", LAST, letters="NHWC")
    lowering.output("y", lowering.add("Transpose", [lowering.add("Transpose", [x])]))
    assert operations(channels_first(lowering.network())).count("Transpose") == 4
