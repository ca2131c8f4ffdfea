"""Nodes and functions of a TensorFlow graph, read without its tensors.

``GraphDef``: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto;
``NodeDef`` and ``FunctionDef``: node_def.proto and function.proto beside it.
"""

from __future__ import annotations

from typing import AbstractSet, Dict, Iterator, List, NamedTuple, Optional, Tuple, Union

from ...findings.errors import ModelFileError
from ...wire.protobuf import LENGTH, VARINT, Field, Message
from ...wire.source import ByteSource
from .attributes import Attributes, head_size, read_attributes
from .constants import quick_length

#: More nodes than this are refused: the largest public graphs have some ten thousands.
MOST_NODES = 500_000
_MOST_FUNCTIONS = 100_000
_MOST_INPUTS = 1 << 16
_LONGEST_NAME = 1 << 16
# So many nodes' attributes are kept, since they are asked for more than once and most of a graph's
# nodes have the same as others; nodes with more of them than real ones have are not.
_MOST_KEPT = 2048
_MOST_ATTRIBUTES_KEPT = 32
# Attributes up to this size are compared with those of other nodes.
_LONGEST_SHARED = 512
_ATTRIBUTE_TAG = 5 << 3 | LENGTH


class Node:
    """One operation of a graph.

    Attributes
    ----------
    name, op
        Its name and the kind of operation.
    inputs
        What it takes, as the file writes it: ``name``, ``name:1``, or ``^name`` for "after name".
    start, size
        Where its attributes lie in the file: from the first one to the node's end.
    """

    __slots__ = ("inputs", "name", "op", "size", "start")

    def __init__(self, name: str, op: str, inputs: Tuple[str, ...], start: int, size: int) -> None:
        self.name = name
        self.op = op
        self.inputs = inputs
        self.start = start
        self.size = size

    @property
    def data_inputs(self) -> Tuple[str, ...]:
        """The inputs that carry a tensor."""
        for text in self.inputs:
            if text[:1] == "^":
                return tuple(text for text in self.inputs if not text.startswith("^"))
        return self.inputs


class Function(NamedTuple):
    """A function of the graph's library."""

    arguments: Tuple[str, ...]
    results: Tuple[str, ...]
    """Where each result comes from: ``node:output:0`` or an argument's name."""
    nodes: Dict[str, Node]


class Graph:
    """A graph and its library of functions."""

    def __init__(self, source: ByteSource) -> None:
        self.source = source
        self.nodes: Dict[str, Node] = {}
        self.producer: Optional[int] = None
        self._spans: Dict[str, Tuple[int, int]] = {}
        self._functions: Dict[str, Function] = {}
        self._attributes: Dict[Union[int, bytes], Attributes] = {}

    def attributes(self, node: Node) -> Attributes:
        """A node's attributes, read when first asked for."""
        key: Union[int, bytes] = node.start
        raw: Optional[bytes] = None
        if node.size <= _LONGEST_SHARED and node.op != "Const":
            key = raw = self.source.read(node.start, node.size, "a node")
        known = self._attributes.get(key)
        if known is None:
            if len(self._attributes) >= _MOST_KEPT:
                self._attributes.clear()
            what = f"node '{node.name}'"
            span = Message(self.source, node.start, node.start + node.size, what)
            known = read_attributes(span, raw)
            if len(known) <= _MOST_ATTRIBUTES_KEPT:
                self._attributes[key] = known
        return known

    def function(self, name: str) -> Optional[Function]:
        """A function of the library, read when first asked for."""
        span = self._spans.get(name)
        return None if span is None else self._function(name, span)

    def _function(self, name: str, span: Tuple[int, int]) -> Function:
        if name not in self._functions:
            self._functions[name] = _read_function(Message(self.source, *span, "a function"))
        return self._functions[name]

    @property
    def function_names(self) -> AbstractSet[str]:
        """The names of the library's functions."""
        return self._spans.keys()

    def operations(self) -> Iterator[Tuple[str, str]]:
        """Name and kind of every operation, those inside functions included."""
        for node in self.nodes.values():
            yield node.name, node.op
        for name, span in self._spans.items():
            for node in self._function(name, span).nodes.values():
                yield f"{name}/{node.name}", node.op

    def add_library(self, library: Message) -> None:
        """Remember where the functions of a ``FunctionDefLibrary`` lie."""
        for field in library.fields():
            if field.number != 1 or field.wire != LENGTH:
                continue
            function = library.child(field, "a function")
            name = _signature_name(function)
            if name is not None:
                self._spans[name] = (function.start, function.end)
            if len(self._spans) > _MOST_FUNCTIONS:
                raise too_many(library.source, "functions", _MOST_FUNCTIONS, field.start)


def too_many(source: ByteSource, what: str, most: int, offset: int) -> ModelFileError:
    """An error for a graph beyond the limits, for the caller to raise."""
    return ModelFileError(
        "model-too-complex",
        f"The TensorFlow graph has more than {most} {what}; no real model comes near.",
        hint="Freeze the part of the graph that predicts, and give that.",
        file=source.name,
        offset=offset,
    )


def read_graph(message: Message) -> Graph:
    """The nodes of a ``GraphDef`` and where its functions lie.

    Raises
    ------
    ModelFileError
        ``model-damaged`` at the byte where it breaks, ``model-too-complex`` beyond the limits.
    """
    graph = Graph(message.source)
    words: Dict[bytes, str] = {}
    for field in message.fields():
        if field.number == 1 and field.wire == LENGTH:
            node = _read_node(message, field, graph.nodes, words)
            graph.nodes[node.name] = node
            if len(graph.nodes) > MOST_NODES:
                raise too_many(message.source, "nodes", MOST_NODES, field.start)
        elif field.number == 2 and field.wire == LENGTH:
            graph.add_library(message.child(field, "the graph's library"))
        elif field.number == 4 and field.wire == LENGTH:
            for part in message.child(field, "the graph's versions").fields():
                if part.number == 1 and part.wire == VARINT:
                    graph.producer = part.value
        elif field.number > 5 or field.number == 1:
            raise message.wrong(f"a field {field.number} of wire type {field.wire}", field.start)
    return graph


class _Parts(NamedTuple):
    """What a node says before its attributes, and how far from its start they begin."""

    name: str
    op: str
    inputs: Tuple[str, ...]
    attributes: int


def _read_node(
    message: Message, field: Field, nodes: Dict[str, Node], words: Dict[bytes, str]
) -> Node:
    start, size = field.start, field.value
    head = message.source.read(start, head_size(size), "a node")
    parts = _quick_parts(head, size, nodes, words)
    if parts is None:
        parts = _parts(Message(message.source, start, start + size, "a node"))
    name, op, inputs, attributes = parts
    if not name or not op:
        raise message.wrong("a node has no name or no operation", start)
    return Node(name, op, inputs, start + attributes, size - attributes)


def _quick_parts(
    data: bytes, size: int, nodes: Dict[str, Node], words: Dict[bytes, str]
) -> Optional[_Parts]:
    """A node of `size` bytes; None when it takes the careful way.

    Parameters
    ----------
    data
        How the node starts; what follows may be the end of its last field (a constant's elements)
        and no more.
    nodes
        Those before it, whose names it shares.
    words
        Operations seen before; the same come again and again.
    """
    name = op = ""
    inputs: List[str] = []
    attributes = -1
    position, seen = 0, len(data)
    while position + 1 < seen:
        begin = position
        tag, length = data[position], data[position + 1]
        position += 2
        if length >= 0x80:
            head = quick_length(data, begin + 1)
            if head is None:
                return None
            length, position = head
        end = position + length
        if tag & 7 != LENGTH or tag >= 0x80 or (end > seen and (end != size or tag <= 0x1A)):
            return None
        if tag == _ATTRIBUTE_TAG:
            if attributes < 0:
                attributes = begin
        elif tag == 0x0A:
            name = data[position:end].decode("utf-8", "replace")
        elif tag == 0x12:
            raw = data[position:end]
            known = words.get(raw)
            if known is None:
                known = words[raw] = raw.decode("utf-8", "replace")
            op = known
        elif tag == 0x1A:
            text = data[position:end].decode("utf-8", "replace")
            node = nodes.get(text)
            inputs.append(text if node is None else node.name)
        position = end
    if position != size:
        return None
    return _Parts(name, op, tuple(inputs), size if attributes < 0 else attributes)


def _parts(node: Message) -> _Parts:
    name = op = ""
    inputs: List[str] = []
    for field in node.fields():
        if field.number == 1:
            name = node.text_of(field, _LONGEST_NAME)
        elif field.number == 2:
            op = node.text_of(field, _LONGEST_NAME)
        elif field.number == 3:
            inputs.append(node.text_of(field, _LONGEST_NAME))
            if len(inputs) > _MOST_INPUTS:
                raise too_many(node.source, "inputs of a node", _MOST_INPUTS, field.start)
    return _Parts(name, op, tuple(inputs), 0)


def _signature_name(function: Message) -> Optional[str]:
    for field in function.fields():
        if field.number == 1 and field.wire == LENGTH:
            signature = function.child(field, "a function's signature")
            for part in signature.fields():
                if part.number == 1 and part.wire == LENGTH:
                    return signature.text_of(part, _LONGEST_NAME)
    return None


def _read_function(message: Message) -> Function:
    arguments: List[str] = []
    outputs: List[str] = []
    returned: Dict[str, str] = {}
    nodes: Dict[str, Node] = {}
    words: Dict[bytes, str] = {}
    for field in message.fields():
        if field.wire != LENGTH:
            continue
        if field.number == 1:
            signature = message.child(field, "a function's signature")
            for part in signature.fields():
                if part.number in (2, 3) and part.wire == LENGTH:
                    argument = signature.child(part, "a function's argument")
                    (arguments if part.number == 2 else outputs).append(_first_text(argument))
        elif field.number == 3:
            node = _read_node(message, field, nodes, words)
            nodes[node.name] = node
            if len(nodes) > MOST_NODES:
                raise too_many(message.source, "nodes", MOST_NODES, field.start)
        elif field.number == 4:
            key, value = _text_pair(message.child(field, "a function's result"))
            returned[key] = value
    return Function(tuple(arguments), tuple(returned.get(name, "") for name in outputs), nodes)


def _first_text(message: Message) -> str:
    for field in message.fields():
        if field.number == 1 and field.wire == LENGTH:
            return message.text_of(field, _LONGEST_NAME)
    return ""


def _text_pair(entry: Message) -> Tuple[str, str]:
    key = value = ""
    for field in entry.fields():
        if field.number == 1:
            key = entry.text_of(field, _LONGEST_NAME)
        elif field.number == 2:
            value = entry.text_of(field, _LONGEST_NAME)
    return key, value
