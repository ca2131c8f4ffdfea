"""A graph becomes an ONNX file: read back by our own reader, the same bytes every time."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import List

import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.onnx.document import Document, read_document
from dl2ecd_core.network import onnx_file
from dl2ecd_core.network.graph import GivenAttributes, Graph, Initializer, Node, ValueType
from dl2ecd_core.network.lowering import Lowering, Network, NotConvertibleError, unknown_operation
from dl2ecd_core.network.onnx_file import refusals, write_onnx
from dl2ecd_core.network.weights import Literal, Repeated, stored
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource


def document_of(path: Path) -> Document:
    with ByteSource(path) as source:
        return read_document(Message(source, what="the model"))


def network(weights: Path) -> Network:
    """A convolution whose weights lie in a file, scaled, with class indices beside the scores."""
    lowering = Lowering("land cover", reserved=["image", "scores", "best"])
    x = lowering.input("image", (None, 4, 16, None))
    kernel = lowering.weight("kernel", (3, 4, 3, 3), stored(weights, 8, 432))
    scale = lowering.weight("scale", (3, 1, 1), Repeated(struct.pack("<f", 2.0), 3))
    y = lowering.add("Conv", [x, kernel], kernel_shape=(3, 3), pads=(1, 1, 1, 1), group=1)
    y = lowering.add("Mul", [y, scale])
    y = lowering.add("LeakyRelu", [y], alpha=0.25)
    y = lowering.add("Resize", [y, "", lowering.constant([1.0, 1.0, 2.0, 2.0], "float32")],
                     mode="nearest", nearest_mode="floor")  # fmt: skip
    lowering.output("scores", y)
    lowering.output("best", lowering.add("ArgMax", [y], axis=1, keepdims=0))
    return lowering.network()


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    path = tmp_path / "weights.bin"
    path.write_bytes(b"in front" + bytes(range(216)) * 2 + b"behind")
    return path


def test_what_is_written_is_what_our_own_reader_finds(tmp_path: Path, weights: Path) -> None:
    target = tmp_path / "x.onnx"
    assert write_onnx(network(weights).graph, target, metadata={"b": "2", "a": "1"}) == (target,)
    document = document_of(target)
    assert (document.opset, document.producer) == (13, "dl2ecd")
    assert list(document.properties.items()) == [("a", "1"), ("b", "2")]
    nodes = document.graph.nodes
    assert [node.op for node in nodes] == ["Conv", "Mul", "LeakyRelu", "Resize", "ArgMax"]
    assert nodes[0].attributes.integers("pads") == (1, 1, 1, 1)
    assert nodes[2].attributes.number("alpha") == 0.25
    assert nodes[3].attributes.text("nearest_mode") == "floor"
    head = document.graph.initializers["kernel"]
    (field,) = head.numbers
    assert head.message.bytes_of(field) == bytes(range(216)) * 2
    model = inspect_model(target)
    assert [(t.name, t.shape) for t in model.inputs] == [("image", (None, 4, 16, None))]
    assert [(t.name, t.shape, t.axes) for t in model.outputs] == [
        ("scores", (None, 3, 32, None), "NCHW"), ("best", (None, 32, None), "NHW"),
    ]  # fmt: skip
    assert (model.outputs[1].class_count, model.findings) == (3, ())


def test_the_same_network_gives_the_same_bytes(tmp_path: Path, weights: Path) -> None:
    for name in ("a.onnx", "b.onnx"):
        write_onnx(network(weights).graph, tmp_path / name, metadata={"k": "v"})
    assert (tmp_path / "a.onnx").read_bytes() == (tmp_path / "b.onnx").read_bytes()


def test_weights_may_lie_beside(
    tmp_path: Path, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_file, "_SMALL", 16)
    graph = network(weights).graph
    target = tmp_path / "x.onnx"
    advanced: List[int] = []
    written = write_onnx(graph, target, external=True, advance=advanced.append)
    assert written == (target, tmp_path / "x.onnx.data")
    assert sum(advanced) == 432 + 12 + 16
    external = document_of(target).graph.initializers["kernel"].external
    assert external is not None
    assert (external.location, external.offset, external.length) == ("x.onnx.data", 0, 432)
    data = written[1].read_bytes()
    assert data[:432] == bytes(range(216)) * 2
    # The next tensor begins at a multiple of 64; the smallest stays in the model file.
    assert data[432:] == bytes(16) + struct.pack("<4f", 1, 1, 2, 2)
    assert [part.path for part in inspect_model(target).files] == ["x.onnx", "x.onnx.data"]
    monkeypatch.setattr(onnx_file, "LONGEST_MESSAGE", 100 + onnx_file._MARGIN)
    assert len(write_onnx(graph, tmp_path / "y.onnx")) == 2


def test_every_kind_of_attribute_is_written(tmp_path: Path) -> None:
    attributes = GivenAttributes(
        whole=-3, number=1.5, text="\u00fc", wholes=[1, -2], numbers=(0.5, 2), texts=("a", "b"),
        none=(),
    )  # fmt: skip
    graph = Graph(
        "g", [Node("Riddle", ("x",), ("y",), attributes)], {},
        {"x": ValueType("float32", (2,))}, {"y": ValueType()},
    )  # fmt: skip
    write_onnx(graph, tmp_path / "x.onnx")
    found = document_of(tmp_path / "x.onnx").graph.nodes[0].attributes
    assert (found.integer("whole"), found.number("number")) == (-3, 1.5)
    assert (found.text("text"), found.texts("texts")) == ("\u00fc", ("a", "b"))
    assert (found.integers("wholes"), found.integers("none")) == ((1, -2), ())
    assert found.floats("numbers") == (0.5, 2.0)
    tensor = GivenAttributes(value=Initializer("t", (1,), "float32", Literal(bytes(4))))
    graph.nodes[0] = Node("Constant", (), ("y",), tensor)
    with pytest.raises(TypeError, match="initializers"):
        write_onnx(graph, tmp_path / "x.onnx")


def test_what_has_no_words_in_onnx_is_refused_by_name(tmp_path: Path) -> None:
    lowering = Lowering(reserved=["x", "y"])
    x = lowering.input("x", None)

    def odd() -> List[str]:
        raise NotConvertibleError("it is odd")

    def unknown() -> List[str]:
        raise unknown_operation()

    (first,) = lowering.layer("first", "Oddity", odd)
    (second,) = lowering.layer("second", "Riddle", unknown)
    third = lowering.add("Foreign", [x], domain="com.example")
    kernel = lowering.weight("kernel", (2, 2))
    short = lowering.weight("short", (2, 2), Literal(bytes(15)))
    lowering.output("y", lowering.add("Sum", [first, second, third, kernel, short]))
    graph = lowering.network().graph
    found = refusals(graph)
    assert [item.rule for item in found] == [
        "network-not-convertible", "network-operation-unknown", "network-not-convertible",
        "network-not-convertible", "network-weights-missing", "network-weights-missing",
    ]  # fmt: skip
    assert "'first' ('Oddity')" in found[0].message
    assert "it is odd" in found[0].message
    assert "'com.example'" in found[2].message
    with pytest.raises(ConversionRefused) as caught:
        write_onnx(graph, tmp_path / "x.onnx")
    assert caught.value.findings == found
    assert list(tmp_path.iterdir()) == []


def test_weights_that_end_early_leave_no_file(tmp_path: Path) -> None:
    class Short(Literal):
        @property
        def size(self) -> int:
            return 16

    graph = Graph(
        "g", [], {"w": Initializer("w", (4,), "float32", Short(bytes(12)))}, {},
        {"w": ValueType("float32", (4,))},
    )  # fmt: skip
    with pytest.raises(ValueError, match="4 bytes short"):
        write_onnx(graph, tmp_path / "x.onnx")
    assert list(tmp_path.iterdir()) == []
