"""What a network's outputs look at, as whoever lays tiles asks for it."""

from __future__ import annotations

from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.outlook import Outlook, outlook_of
from dl2ecd_core.network.value import UNKNOWN, shaped

ONE, TWO = shaped((1, 2)), shaped((3,))


def test_one_of_several_outputs_is_found_by_its_name() -> None:
    outlook = Outlook((("one", ONE), ("two", TWO)), {})
    assert outlook.output("two") is TWO
    assert outlook.output("three") is None
    assert outlook.output(None) is None


def test_one_without_a_name_is_none_of_several() -> None:
    assert Outlook(((None, ONE), ("two", TWO)), {}).output(None) is None


def test_the_only_one_needs_no_name() -> None:
    assert Outlook(((None, ONE),), {}).output("number 1") is ONE


def test_of_a_network_that_is_lowered() -> None:
    lowering = Lowering(reserved=["image", "doubled"])
    image = lowering.input("image", (1, 3, 8, 8), letters="NCHW")
    lowering.output("doubled", lowering.add("Add", [image, image]))
    outlook = outlook_of(lowering.network())
    ((name, value),) = outlook.outputs
    assert (name, value.shape, outlook.letters) == ("doubled", (1, 3, 8, 8), {"image": "NCHW"})
    assert value != UNKNOWN
