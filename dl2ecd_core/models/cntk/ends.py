"""What goes into a network and what comes out of it, as CNTK's Python API lists it."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ...network.shapes import Dims
from .model_graph import Kind, Op, Variable
from .wiring import Wiring


def arguments_of(wiring: Wiring) -> Tuple[Variable, ...]:
    """The input variables in the order of ``Function.arguments``.

    Depth first from the root, not into blocks; products and gatherings name their second operand
    first.
    """
    graph = wiring.graph
    found: List[Variable] = []
    seen = {graph.root}
    stack = [iter(_operands(wiring, graph.root))]
    named = set()
    while stack:
        uid = next(stack[-1], None)
        if uid is None:
            stack.pop()
            continue
        owner = wiring.owner(uid)
        if owner is not None:
            if owner.uid not in seen:
                seen.add(owner.uid)
                stack.append(iter(_operands(wiring, owner.uid)))
            continue
        variable = graph.variables.get(wiring.resolve(uid))
        if variable is not None and variable.uid not in named:
            named.add(variable.uid)
            if variable.kind in (Kind.INPUT, Kind.PLACEHOLDER):
                found.append(variable)
    return tuple(found)


def _operands(wiring: Wiring, uid: str) -> Tuple[str, ...]:
    function = wiring.graph.functions[uid]
    if function.attributes.get("constant") is True:
        return ()
    if function.op in (Op.TIMES, Op.TRANSPOSE_TIMES, Op.GATHER):
        return tuple(reversed(function.inputs))
    return function.inputs


def output_uids(wiring: Wiring) -> Tuple[str, ...]:
    """The uids of the model's outputs in the order of ``Function.outputs``."""
    return tuple(wiring.resolve(uid) for uid in wiring.outputs.get(wiring.graph.root, ()))


def is_constant(wiring: Wiring, uid: str) -> bool:
    """Whether an output is a value computed before training, such as the features' mean."""
    owner = wiring.owner(uid)
    return owner is None or owner.attributes.get("constant") is True


def output_name(wiring: Wiring, uid: str) -> Optional[str]:
    """The user's name of an output, else its uid; None where it is made up on loading."""
    owner = wiring.owner(uid)
    if owner is None:
        variable = wiring.graph.variables.get(uid)
        return uid if variable is None else variable.name or uid
    if owner.op is None or owner.attributes.get("unnamed") is True:
        return None
    if owner.op == Op.UNPACK_SEQUENCE and owner.name and uid.endswith("_Output_1"):
        return owner.name + "_UnpackSequenceMask"
    return owner.name or uid


def axes_of(shape: Optional[Dims], image: bool) -> Optional[str]:
    """Letters for a shape: CNTK's images are channels, height, width."""
    if shape is None:
        return None
    if len(shape) == 1:
        return "C"
    if len(shape) == 3 and (image or _looks_like_image(shape)):
        return "CHW"
    return "?" * len(shape)


def _looks_like_image(shape: Dims) -> bool:
    channels, height, width = shape
    return channels is not None and height is not None and height == width and height > channels


def is_image_model(wiring: Wiring) -> bool:
    return any(function.op in (Op.CONVOLUTION, Op.POOLING) for function in wiring.order)
