"""What CNTK 2.7 changes in a v1 network while it loads it.

ResolveFunction in https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/BackCompat.cpp:
some attributes are lost (the strides of slices; that a reduction drops its axes), a reshape is
replaced by its result, and a product with a scalar becomes element-wise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict

from .inference import Flow, flow_of
from .model_graph import Function, Graph, Op, Value


def converted(graph: Graph) -> Graph:
    """The network as CNTK 2.7 holds it after loading."""
    flow = flow_of(graph)
    functions = {uid: _converted(flow, function) for uid, function in graph.functions.items()}
    return replace(graph, functions=functions)


def _converted(flow: Flow, function: Function) -> Function:
    attributes: Dict[str, Value] = dict(function.attributes)
    op = function.op
    if op == Op.RESHAPE:
        uids = flow.outputs.get(function.uid, ())
        shape = flow.signal(uids[0]).shape if uids else None
        # A v1 node is never without axes, so a part of a scalar's axes is not what it seems.
        partly = "beginAxis" in attributes or "endAxis" in attributes
        if partly and any(flow.signal(uid).shape == () for uid in function.inputs):
            shape = None
        attributes = {} if shape is None else {"newShape": shape}
    elif op == Op.REDUCE_ELEMENTS:
        attributes["reductionKeepDimensions"] = True
    elif op == Op.SLICE:
        strides = attributes.pop("sliceStridesVec", None)
        attributes["stridesLost"] = isinstance(strides, list) and any(one != 1 for one in strides)
    elif op == Op.TIMES and any(_is_scalar(flow, uid) for uid in function.inputs):
        op = Op.ELEMENT_TIMES
    return replace(function, op=op, attributes=attributes)


def _is_scalar(flow: Flow, uid: str) -> bool:
    """Whether an operand has no axes once it is loaded: reductions keep theirs."""
    owner = flow.owner(uid)
    reduced = owner is not None and owner.op == Op.REDUCE_ELEMENTS
    return flow.signal(uid).shape == () and not reduced
