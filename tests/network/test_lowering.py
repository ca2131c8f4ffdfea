"""Building a graph layer by layer: names, what is known at once, and what can't be said."""

from __future__ import annotations

import pytest

from dl2ecd_core.network.evaluation import MOST_FOLLOWED
from dl2ecd_core.network.lowering import (
    NOT_CONVERTIBLE,
    UNKNOWN_OPERATION,
    UNWRITTEN,
    Lowering,
    NotConvertibleError,
    unknown_operation,
)
from dl2ecd_core.network.onnx_file import refusals
from dl2ecd_core.network.value import Kind, Meaning, Value


def test_what_is_known_of_an_output_can_be_asked_for_at_once() -> None:
    lowering = Lowering()
    x = lowering.input("data", (None, 3, 9, 9))
    pooled = lowering.add("MaxPool", [x], kernel_shape=(2, 2), strides=(2, 2), ceil_mode=1)
    assert lowering.shape(pooled) == (None, 3, 5, 5)
    assert lowering.value("nothing") == Value()
    with pytest.raises(NotConvertibleError, match="unknown shape"):
        lowering.shape("nothing")


def test_weights_never_take_the_names_of_inputs_and_outputs() -> None:
    lowering = Lowering(reserved=["prob"])
    lowering.input("data", (1, 4))
    assert lowering.weight("data", (4, 2)) == "data_1"
    assert lowering.weight("prob", (4, 2)) == "prob_1"
    assert lowering.weight("prob", (4, 2)) == "prob_2"
    assert lowering.weight("", (4,)) == "weights"


def test_the_same_numbers_are_written_once() -> None:
    lowering = Lowering()
    assert lowering.constant([0, -1]) == lowering.constant([0, -1]) != lowering.constant([0])
    assert lowering.scalar(1.5) == lowering.scalar(1.5) != lowering.constant([1.5], "float32")
    assert lowering.value(lowering.constant([7, 8])).numbers == (7, 8)


def test_outputs_have_the_names_of_the_source_and_nothing_else_is_kept() -> None:
    lowering = Lowering(reserved=["data", "label", "prob", "again", "same", "loss"])
    x = lowering.input("data", (None, 4), letters="NC")
    label = lowering.input("label", (None, 1))
    kernel = lowering.weight("fc", (3, 4))
    scores = lowering.add("Gemm", [x, kernel], transB=1, alpha=None)
    prob = lowering.add("Softmax", [scores], axis=1)
    lowering.add("Sub", [prob, label])
    for name, of in (("prob", prob), ("again", prob), ("same", x)):
        lowering.output(name, of)
    network = lowering.network()
    assert [(node.op, node.inputs, node.outputs) for node in network.graph.nodes] == [
        ("Gemm", ("data", "fc"), ("gemm",)),
        ("Softmax", ("gemm",), ("prob",)),
        ("Identity", ("prob",), ("again",)),
        ("Identity", ("data",), ("same",)),
    ]
    assert (list(network.graph.inputs), list(network.graph.outputs)) == (
        ["data"], ["prob", "again", "same"],
    )  # fmt: skip
    assert network.letters["data"] == "NC"
    assert network.values["again"].meaning.kind is Kind.SOFTMAX
    assert list(network.graph.initializers) == ["fc"]


def test_what_follows_an_unknown_layer_is_unknown_and_says_why() -> None:
    lowering = Lowering(reserved=["data", "out"])
    x = lowering.input("data", (1, 3, 4, 4))

    def riddle() -> list[str]:
        lowering.add("Relu", [x])
        raise unknown_operation()

    def sized() -> list[str]:
        raise NotConvertibleError("it is odd", values=[lowering.value(x)])

    first, second = lowering.layer("r", "Riddle", riddle, outputs=2)
    assert lowering.value(first).shape is lowering.value(second).shape is None
    (third,) = lowering.layer("s", "Sized", sized)
    assert lowering.value(third).shape == (1, 3, 4, 4)
    lowering.output("out", lowering.add("Concat", [first, third], axis=1))
    lowering.output("odd", third)
    nodes = lowering.network().graph.nodes
    assert [(node.op, node.domain) for node in nodes] == [
        ("Riddle", UNWRITTEN), ("Sized", UNWRITTEN), ("Concat", ""),
    ]  # fmt: skip
    told = [node.attributes.text("rule") for node in nodes[:2]]
    assert told == [UNKNOWN_OPERATION, NOT_CONVERTIBLE]
    assert nodes[1].attributes.text("reason") == "it is odd"
    assert nodes[1].outputs == ("odd",)


def test_a_layer_names_its_nodes_and_may_leave_outputs_unknown() -> None:
    lowering = Lowering()
    x = lowering.input("data", (1, 6, 4, 4))
    made = lowering.layer("half", "Halves", lambda: [lowering.add("Relu", [x])], outputs=2)
    assert made == ("half", "half_1")
    assert lowering.value(made[0]).shape == (1, 6, 4, 4)
    assert lowering.value(made[1]).shape is None
    one, other = lowering.add_several("Split", [x], 2, axis=1)
    assert lowering.value(other).shape == (1, 3, 4, 4)
    assert one != other


def test_an_output_can_be_left_out_which_is_said() -> None:
    lowering = Lowering()
    lowering.output("scores", lowering.add("Relu", [lowering.input("x", (None, 3))]))
    lowering.leave_out("loss", "it is only for training")
    network = lowering.network()
    assert (list(network.graph.outputs), network.left_out) == (["scores"], ("loss",))
    assert network.notes == ("The output 'loss' was left out: it is only for training.",)


def test_what_is_laid_around_a_value_is_kept_apart_from_a_pooling() -> None:
    lowering = Lowering()
    x = lowering.input("x", (None, 3, 8, 8))
    assert lowering.apart(x) == x
    padded = lowering.add("Pad", [x, lowering.constant([0, 0, 1, 1, 0, 0, 1, 1])])
    apart = lowering.apart(padded)
    assert (lowering.made_by(apart), lowering.value(apart).shape) == ("Max", (None, 3, 10, 10))


def test_a_layer_may_have_as_many_outputs_as_it_tells() -> None:
    lowering = Lowering()
    x = lowering.input("data", (1, 6, 4, 4))

    def refused() -> list[str]:
        raise NotConvertibleError("it is odd", values=[lowering.value(x)] * 3)

    assert lowering.layer("a", "A", lambda: [x, x], outputs=None) == (x, x)
    assert [lowering.value(one).shape for one in lowering.layer("b", "B", refused, None)] == [
        (1, 6, 4, 4)
    ] * 3
    (nothing,) = lowering.layer("c", "C", list, None)
    assert lowering.value(nothing).shape is None


def test_numbers_that_no_file_holds_are_refused() -> None:
    lowering = Lowering()
    x = lowering.input("data", (1, 6))
    for told in (
        lambda: lowering.scalar(1e300),
        lambda: lowering.constant([1 << 63]),
        lambda: lowering.add("LeakyRelu", [x], alpha=-1e300),
    ):
        with pytest.raises(NotConvertibleError, match="larger than any"):
            told()
    assert lowering.add("LeakyRelu", [x], alpha=3e38)


def test_every_layer_that_is_refused_is_named_and_none_for_what_another_keeps_from_it() -> None:
    lowering = Lowering(reserved=["data", "out"])
    x = lowering.input("data", (1, 3, 4, 4))

    def unknown() -> list[str]:
        raise unknown_operation()

    def behind() -> list[str]:
        return [lowering.add("Flatten", [one], axis=len(lowering.shape(one)))]

    def odd() -> list[str]:
        raise NotConvertibleError("it is odd")

    (one,) = lowering.layer("first", "Riddle", unknown, of=[x])
    (one,) = lowering.layer("second", "Flat", behind, of=[lowering.add("Relu", [one])])
    lowering.output("out", lowering.layer("third", "Odd", odd, of=[one])[0])
    found = refusals(lowering.network().graph)
    assert [item.message.split("'")[1] for item in found] == ["first", "third"]


def test_what_only_stands_for_a_value_tells_what_follows() -> None:
    lowering = Lowering()
    value = Value((None, 4), "float32", meaning=Meaning(Kind.SIGMOID))
    other = lowering.known(lowering.add("Relu", [lowering.input("data", (1, 6))]), value)
    assert lowering.value(other) == lowering.value(lowering.stand_in(value)) == value


def test_rows_may_be_normalised_without_being_taken_for_channels() -> None:
    lowering = Lowering()
    x = lowering.input("data", (None, 4, 5, 6))
    with lowering.unlettered():
        made = lowering.add("BatchNormalization", [x, *[lowering.weight("w", (4,))] * 4])
    lowering.output("out", made)
    assert lowering.network().letters == {"data": "????"}


def test_of_many_inputs_only_some_are_followed_where_their_pixels_lie() -> None:
    lowering = Lowering()
    sizes = {}
    total = lowering.input("first", (1, 3, 8, 8))
    for number in range(MOST_FOLLOWED):
        total = lowering.add("Add", [total, lowering.input(f"x{number}", (1, 3, 8, 8))])
        value = lowering.value(total)
        known = [axis.footprint.sources for axis in value.axes if axis.footprint is not None]
        sizes[number] = len(value.whole) + sum(map(len, known))
        assert value.shape == (1, 3, 8, 8)
    assert sizes[0] == 8
    assert max(sizes.values()) == sizes[MOST_FOLLOWED - 1] == MOST_FOLLOWED
    # Added once more, nothing new is kept for it.
    before = lowering.value(total)
    after = lowering.value(lowering.add("Add", [total, "x3"]))
    assert after.whole is before.whole


def test_what_is_added_again_is_remembered_once() -> None:
    lowering = Lowering()
    x, y = (lowering.input(name, (1, 3, 8, 8)) for name in "xy")
    once = lowering.add("Add", [x, y])
    sources = [axis.footprint for axis in lowering.value(once).axes]
    for pair in ([once, x], [x, once]):
        again = lowering.value(lowering.add("Add", pair))
        for axis, before in zip(again.axes, sources):
            assert axis.footprint is not None and before is not None
            assert axis.footprint.sources is before.sources
