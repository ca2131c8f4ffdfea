"""One look at every node of an ONNX file, graphs inside graphs and functions included."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Set, Tuple

from ...network.graph import Node
from ...network.operations import has_rule
from ...wire.protobuf import Message
from .document import Document, Function, Graph, read_graph
from .nodes import Reading, inner_parts
from .tensors import ExternalData, TensorHead, sparse_head, tensor_head

#: Domains of the ONNX standard.
STANDARD = {
    "", "ai.onnx", "ai.onnx.ml", "ai.onnx.training", "ai.onnx.preview",
    "ai.onnx.preview.training",
}  # fmt: skip
#: Domains whose operations come with onnxruntime itself:
#: https://github.com/microsoft/onnxruntime/blob/main/include/onnxruntime/core/graph/constants.h
ONNXRUNTIME = {"com.microsoft", "com.microsoft.nchwc", "com.microsoft.experimental",
               "com.ms.internal.nhwc", "com.microsoft.dml"}  # fmt: skip

_MOST_GRAPHS = 100_000
#: Constants with no more elements are sizes, scales and the like, no weights.
_SMALL = 16


@dataclass
class Survey:
    """What was seen.

    Attributes
    ----------
    foreign
        Operations of no known domain that the file does not define itself, by domain.
    runtime
        Operations that only onnxruntime has.
    external
        Where tensors lie in other files, with what they need there.
    elsewhere
        Elements of likely weights that are no initializers of the graph itself: in Constant
        nodes, as some exporters write them, or in graphs inside nodes.
    """

    foreign: Dict[str, Set[str]] = field(default_factory=dict)
    runtime: Set[str] = field(default_factory=set)
    external: List[Tuple[ExternalData, TensorHead]] = field(default_factory=list)
    elsewhere: int = 0


def survey(document: Document) -> Survey:
    """Look at all nodes and tensors; graphs inside graphs wait in a list, not on the stack.

    Raises
    ------
    ModelFileError
        ``model-damaged`` or ``model-too-complex``.
    """
    seen = Survey()
    reading = Reading()
    waiting: List[Message] = []
    defined = document.functions
    _tensors(document.graph.initializers.values(), seen)
    _nodes(document.graph.nodes, defined, seen, waiting)
    for function in defined.values():
        _nodes(function.nodes, defined, seen, waiting)
    count = 0
    while waiting:
        count += 1
        if count > _MOST_GRAPHS:
            raise waiting[-1].wrong("too many graphs inside nodes")
        graph = read_graph(waiting.pop(), Graph(), reading)
        _tensors(graph.initializers.values(), seen)
        _count(graph.initializers.values(), seen)
        _nodes(graph.nodes, defined, seen, waiting)
    return seen


def _tensors(heads: Iterable[TensorHead], seen: Survey) -> None:
    for head in heads:
        if head.external is not None:
            seen.external.append((head.external, head))


def _count(heads: Iterable[TensorHead], seen: Survey) -> None:
    for head in heads:
        if head.elements > _SMALL:
            seen.elsewhere += head.elements


def _nodes(
    nodes: Iterable[Node],
    defined: Dict[Tuple[str, str, str], Function],
    seen: Survey,
    waiting: List[Message],
) -> None:
    for node in nodes:
        standard = node.domain in STANDARD
        if not standard and (node.domain, node.op, node.overload) not in defined:
            if node.domain in ONNXRUNTIME:
                seen.runtime.add(node.op)
            else:
                seen.foreign.setdefault(node.domain, set()).add(node.op)
        # The common operations hold neither graphs nor tensors.
        if standard and has_rule(node.op) and not node.op.startswith("Constant"):
            continue
        for kind, message in inner_parts(node):
            if kind == "graph":
                waiting.append(message)
                continue
            head = tensor_head(message) if kind == "tensor" else sparse_head(message)
            if head is not None:
                _tensors([head], seen)
                _count([head], seen)
