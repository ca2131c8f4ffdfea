"""From a network to its description, the same for both file formats."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import ModelDescription, Role
from .inference import Flow, flow_of
from .model_graph import Graph, Kind, elements
from .places import padding_of
from .roles import roles_of
from .tensors import arguments_of, input_tensors, is_constant, output_tensors, output_uids


def describe(
    source: ByteSource, format_id: str, graph: Graph, findings: Sequence[Finding] = ()
) -> ModelDescription:
    """Everything that a network tells about itself."""
    flow = flow_of(graph)
    arguments = arguments_of(flow)
    outputs = output_uids(flow)
    roles = roles_of(flow, arguments, outputs)
    inputs = input_tensors(flow, arguments, roles)
    results = output_tensors(flow, roles)
    found: List[Finding] = list(findings)
    unknown = [
        tensor.name or "an unnamed output" for tensor in (*inputs, *results) if tensor.shape is None
    ]
    if unknown:
        found.append(_unknown(source, flow, unknown))
    images = [
        variable
        for variable, tensor in zip(arguments, inputs)
        if tensor.role is Role.DATA and tensor.axes == "CHW"
    ]
    predictions = [
        uid
        for uid, tensor in zip(outputs, results)
        if tensor.role is Role.DATA
        and tensor.axes in ("CHW", "?HW", "HW")
        and not is_constant(flow, uid)
    ]
    return ModelDescription(
        format=format_id,
        framework="CNTK",
        files=(primary_part(source),),
        inputs=inputs,
        outputs=results,
        parameters=parameters_of(graph),
        padding=padding_of(flow, images, predictions),
        findings=tuple(found),
    )


def parameters_of(graph: Graph) -> Optional[int]:
    """The number of weights that training may change; None when a shape is open."""
    total = 0
    for variable in graph.variables.values():
        if variable.kind is Kind.PARAMETER:
            count = None if variable.shape is None else elements(variable.shape)
            if count is None:
                return None
            total += count
    return total


def _unknown(source: ByteSource, flow: Flow, names: Sequence[str]) -> Finding:
    return finding(
        "model-shape-unknown",
        f"The shape of {listed(names)} can't be worked out: CNTK does not store it, and an "
        f"operation on the way{_culprit(flow)} is not one that this program can follow.",
        hint="Give the tile size and the number of classes in the class information; they are "
        "not checked against this model.",
        where=Place(file=source.name, tensor=names[0]),
    )


def _culprit(flow: Flow) -> str:
    for function in flow.order:
        uids: Tuple[str, ...] = flow.outputs.get(function.uid, ())
        if function.block is not None or not uids or flow.signal(uids[0]).shape is not None:
            continue
        if all(flow.signal(uid).shape is not None for uid in function.inputs):
            kind = "another program's code" if function.op is None else f"number {function.op}"
            return f" ({listed([function.name or function.uid])}, {kind})"
    return ""
