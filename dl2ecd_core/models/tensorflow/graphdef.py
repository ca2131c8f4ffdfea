"""TensorFlow graphs: frozen, unfrozen, as text.

``GraphDef``: https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/graph.proto
"""

from __future__ import annotations

from typing import Optional, Sequence

from ...findings.errors import ModelFileError
from ...network.flow import Flow
from ...network.outlook import Outlook
from ...network.shapes import elements
from ...wire.protobuf import Message
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import ModelDescription, Role, Tensor
from ..registry import Match
from . import types
from .endpoints import Endpoints, endpoints_of, variables_in
from .findings import not_frozen, own_code, unknown_shapes
from .flow import flow_through
from .graph import Graph, read_graph
from .outlook import named, outlook_through
from .sniff import is_graph, is_tensor
from .tensors import padding_of
from .text_format import TextKind, text_as_binary, text_kind
from .walk import Walk

FORMAT = "tensorflow-graphdef"
FRAMEWORK = "TensorFlow"


def recognise(source: ByteSource) -> Match:
    """Whether the content is a ``GraphDef``, or a lone tensor that was taken for one."""
    if text_kind(source) is TextKind.GRAPH:
        return Match.SURE
    if is_graph(source, 0, source.size) or is_tensor(source):
        return Match.SURE
    return Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What a graph says about itself.

    Raises
    ------
    ModelFileError
        ``model-not-a-model`` for a lone tensor, ``model-damaged`` where the file breaks.
    """
    return describe(source, _graph_in(source))


def flow_of(source: ByteSource) -> Flow:
    """The tensors of a graph in the order in which they are made.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    graph = _graph_in(source)
    walk = Walk(graph)
    return flow_through(walk, [one.name or "" for one in endpoints_of(graph, walk).outputs])


def outlook_of(source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
    """What the outputs of a graph look at.

    Raises
    ------
    ModelFileError
        As for :func:`read`.
    """
    return outlook_through(_graph_in(source), named(model.inputs), named(model.outputs), assumed)


def _graph_in(source: ByteSource) -> Graph:
    if text_kind(source) is TextKind.GRAPH:
        return read_graph(Message(text_as_binary(source, "GraphDef"), what="the graph"))
    if is_graph(source, 0, source.size):
        return read_graph(Message(source, what="the graph"))
    raise ModelFileError(
        "model-not-a-model",
        f"'{source.name}' holds a single tensor (a TensorProto), not a model.",
        hint="It is probably a test input or output that lies beside the model: "
        "give the model itself.",
        file=source.name,
        offset=0,
    )


def describe(source: ByteSource, graph: Graph) -> ModelDescription:
    """The description of a graph without signatures."""
    walk = Walk(graph)
    ends = endpoints_of(graph, walk)
    variables = variables_in(graph)
    findings = own_code(graph, source.name)
    if variables:
        findings.append(not_frozen(variables, source.name))
    if not variables or ends.outputs:
        findings += unknown_shapes((*ends.inputs, *ends.outputs), walk.strange, source.name)
    return ModelDescription(
        format=FORMAT,
        framework=FRAMEWORK,
        files=(primary_part(source),),
        inputs=ends.inputs,
        outputs=ends.outputs,
        parameters=None if variables else parameters_of(graph),
        padding=common_padding(walk, ends),
        findings=tuple(findings),
    )


def parameters_of(graph: Graph) -> int:
    """Elements of the graph's floating-point constants."""
    total = 0
    for node in graph.nodes.values():
        if node.op == "Const":
            head = graph.attributes(node).tensor("value")
            if head is not None and head.data_type in types.FLOATING:
                total += elements(head.shape) or 0
    return total


def common_padding(
    walk: Walk, ends: Endpoints, texts: Optional[Sequence[str]] = None
) -> Optional[int]:
    """The cropped border of the outputs that are images; None unless they agree."""
    images = [tensor for tensor in ends.inputs if tensor.role is Role.DATA and _is_image(tensor)]
    found = set()
    for output, text in zip(ends.outputs, texts or [tensor.name or "" for tensor in ends.outputs]):
        if output.role is Role.DATA and _is_image(output) and len(images) == 1:
            found.add(padding_of(images[0], walk.tensor(text), walk.letters))
    return found.pop() if len(found) == 1 else None


def _is_image(tensor: Tensor) -> bool:
    return tensor.axes is not None and "H" in tensor.axes and "W" in tensor.axes
