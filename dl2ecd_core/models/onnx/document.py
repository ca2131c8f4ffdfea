"""The parts of an ONNX file, as they stand in it; nothing is worked out here.

Field numbers and meaning: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and
https://github.com/onnx/onnx/blob/main/docs/IR.md
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, List, Optional, Sequence, Tuple

from ...findings.errors import ModelFileError
from ...network.data_types import DATA_TYPES
from ...network.graph import Node, ValueType
from ...network.shapes import Dims
from ...wire.protobuf import Message, signed
from .nodes import Reading, read_node
from .tensors import TensorHead, entry_of, sparse_head, tensor_head

#: Nodes of one graph, subgraphs and functions counted by themselves.
MOST_NODES = 2_000_000


@dataclass
class Graph:
    """A graph's parts; nodes, inputs and outputs in file order."""

    nodes: List[Node] = field(default_factory=list)
    initializers: Dict[str, TensorHead] = field(default_factory=dict)
    elements: int = 0
    inputs: Dict[str, ValueType] = field(default_factory=dict)
    outputs: Dict[str, ValueType] = field(default_factory=dict)
    inner: Dict[str, ValueType] = field(default_factory=dict)


@dataclass
class Function:
    """A function defined in the file."""

    nodes: List[Node] = field(default_factory=list)
    inputs: List[str] = field(default_factory=list)
    outputs: List[str] = field(default_factory=list)
    defaults: Dict[str, Message] = field(default_factory=dict)


FunctionKey = Tuple[str, str, str]


@dataclass
class Document:
    """A whole ONNX file."""

    graph: Graph = field(default_factory=Graph)
    ir_version: int = 0
    producer: str = ""
    producer_version: str = ""
    opsets: Dict[str, int] = field(default_factory=dict)
    functions: Dict[FunctionKey, Function] = field(default_factory=dict)
    properties: Dict[str, str] = field(default_factory=dict)
    remarks: List[str] = field(default_factory=list)

    @property
    def opset(self) -> int:
        """Version of the standard operations; 1 in files that do not name one."""
        return self.opsets.get("", self.opsets.get("ai.onnx", 1))


def read_document(model: Message) -> Document:
    """Walk a ModelProto.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    document = Document()
    reading = Reading()
    for part in model.fields():
        number = part.number
        if number == 1:
            document.ir_version = part.value
        elif number == 2:
            document.producer = model.text_of(part)
        elif number == 3:
            document.producer_version = model.text_of(part)
        elif number == 6:
            reading.remark(model, part, is_entry=False)
        elif number == 7:
            read_graph(model.child(part, "the graph"), document.graph, reading)
        elif number == 8:
            domain, version = _opset(model.child(part, "an operator set"))
            document.opsets[domain] = max(version, document.opsets.get(domain, 0))
        elif number == 14:
            key, value = entry_of(model.child(part, "a metadata property"))
            document.properties[key] = value
            reading.remark(model, part, is_entry=True)
        elif number == 25:
            key_, function = _function(model.child(part, "a function"), reading)
            document.functions[key_] = function
    document.remarks.extend(reading.texts())
    return document


def read_graph(message: Message, graph: Graph, reading: Reading) -> Graph:
    """Add what a GraphProto says to a graph."""
    for part in message.fields():
        number = part.number
        if number == 1:
            graph.nodes.append(read_node(message.child(part, "a node"), reading))
            _limit(message, graph.nodes)
        elif number == 5:
            head = tensor_head(message.child(part, "an initializer"))
            graph.initializers[head.name] = head
            graph.elements += head.elements
        elif number == 15:
            sparse = sparse_head(message.child(part, "a sparse initializer"))
            if sparse is not None:
                graph.initializers[sparse.name] = sparse
                graph.elements += sparse.elements
        elif number in (11, 12, 13):
            kept = {11: graph.inputs, 12: graph.outputs, 13: graph.inner}[number]
            name, type_ = _value_info(message.child(part, "a value's description"))
            kept[name] = type_
        elif number in (10, 16):
            reading.remark(message, part, is_entry=number == 16)
    return graph


def output_types(message: Message) -> List[ValueType]:
    """The types that a GraphProto declares for its outputs; nothing else of it is read."""
    return [
        _value_info(message.child(part, "an output"))[1]
        for part in message.fields()
        if part.number == 12
    ]


def _limit(message: Message, nodes: Sequence[Node]) -> None:
    if len(nodes) > MOST_NODES:
        raise ModelFileError(
            "model-too-complex",
            f"The model has more than {MOST_NODES} operations, more than are read.",
            file=message.source.name,
            offset=message.start,
        )


def _opset(message: Message) -> Tuple[str, int]:
    domain, version = "", 0
    for part in message.fields():
        if part.number == 1:
            domain = message.text_of(part)
        elif part.number == 2:
            version = part.value
    return ("" if domain == "ai.onnx" else domain), version


def _function(message: Message, reading: Reading) -> Tuple[FunctionKey, Function]:
    function = Function()
    name = domain = overload = ""
    for part in message.fields():
        number = part.number
        if number == 1:
            name = message.text_of(part)
        elif number == 4:
            function.inputs.append(message.text_of(part))
        elif number == 5:
            function.outputs.append(message.text_of(part))
        elif number == 7:
            function.nodes.append(read_node(message.child(part, "a function's node"), reading))
            _limit(message, function.nodes)
        elif number == 10:
            domain = message.text_of(part)
        elif number == 11:
            default = message.child(part, "a function's attribute")
            for inner in default.fields():
                if inner.number == 1:
                    function.defaults[default.text_of(inner)] = default
        elif number == 13:
            overload = message.text_of(part)
    return ("" if domain == "ai.onnx" else domain, name, overload), function


def _value_info(message: Message) -> Tuple[str, ValueType]:
    name, type_ = "", ValueType()
    for part in message.fields():
        if part.number == 1:
            name = message.text_of(part)
        elif part.number == 2:
            type_ = _type(message.child(part, "a type"))
    return name, type_


# TypeProto's alternatives that hold another type: sequence, optional.
_WRAPPERS = {4: "sequence", 9: "optional"}


def _type(message: Message, depth: int = 0) -> ValueType:
    for part in message.fields():
        if part.number in (1, 8):
            return _tensor_type(message.child(part, "a tensor's type"))
        if part.number in _WRAPPERS:
            inner = _inner_type(message.child(part, "a type"), 1, depth)
            return ValueType(f"{_WRAPPERS[part.number]}({inner})", None, False)
        if part.number == 5:
            map_ = message.child(part, "a map's type")
            keys = [DATA_TYPES.get(one.value, "?") for one in map_.fields() if one.number == 1]
            inner = _inner_type(map_, 2, depth)
            return ValueType(f"map({keys[0] if keys else '?'}, {inner})", None, False)
        if part.number == 7:
            return ValueType("opaque", None, False)
    return ValueType()


def _inner_type(message: Message, number: int, depth: int) -> str:
    """In words, the type inside another; deeper than anything real is left out."""
    for part in message.fields():
        if part.number == number and depth < 8:
            return _type(message.child(part, "a type"), depth + 1).data_type or "?"
    return "?"


def _tensor_type(message: Message) -> ValueType:
    data_type: Optional[str] = None
    shape: Optional[Dims] = None
    for part in message.fields():
        if part.number == 1:
            data_type = DATA_TYPES.get(part.value)
        elif part.number == 2:
            shape = _shape(message.child(part, "a shape"))
    return ValueType(data_type, shape)


def _shape(message: Message) -> Dims:
    sizes: List[Optional[int]] = []
    for part in message.fields():
        if part.number == 1:
            size: Optional[int] = None
            for inner in message.child(part, "a dimension").fields():
                if inner.number == 1:
                    # Old exporters wrote -1 for a free dimension.
                    size = signed(inner.value) if signed(inner.value) >= 0 else None
            sizes.append(size)
            if len(sizes) > 64:
                raise message.wrong("a tensor of more than 64 dimensions")
    return tuple(sizes)
