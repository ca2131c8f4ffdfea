"""What CNTK 2.7 changes in a v1 network while it loads it.

ResolveFunction in https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/BackCompat.cpp:
some attributes are lost (the strides of slices; that a reduction drops its axes), a reshape is
replaced by its result, and a product with a scalar becomes element-wise. Strides stay here, marked:
a network computes what it was trained with, and sizes that only CNTK 2.7 has are not told.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Optional

from .lowering import walked
from .model_graph import Function, Graph, Op, Value, output_uid
from .opaque import LOSING_AXES
from .step import columns
from .walk import Walk

_CHANGED = {Op.RESHAPE, Op.REDUCE_ELEMENTS, Op.SLICE, Op.TIMES}


def converted(graph: Graph) -> Graph:
    """The network as CNTK 2.7 holds it after loading."""
    walk = walked(graph) if _depends_on_sizes(graph) else None
    functions = {uid: _converted(walk, function) for uid, function in graph.functions.items()}
    return replace(graph, functions=functions)


def _depends_on_sizes(graph: Graph) -> bool:
    """Whether a function is changed by the sizes of what goes into it.

    Reshapes and products are, behind what is of other sizes once it is loaded, and scalars.
    """
    functions = [function for function in graph.functions.values() if function.op != Op.COMBINE]
    if not any(function.op in (Op.RESHAPE, Op.TIMES) for function in functions):
        return False
    other = {uid for uid, variable in graph.variables.items() if not variable.shape}
    other |= {output_uid(one.uid, 0) for one in functions if _is_of_another_size(one)}
    # Losses are scalars that nothing takes.
    return any(not other.isdisjoint(function.inputs) for function in functions)


def _is_of_another_size(function: Function) -> bool:
    dropped = function.attributes.get("reductionKeepDimensions") is False
    return function.op in LOSING_AXES or dropped or _loses_strides(function)


def _loses_strides(function: Function) -> bool:
    strides = function.attributes.get("sliceStridesVec")
    return isinstance(strides, list) and any(one != 1 for one in strides)


def _converted(walk: Optional[Walk], function: Function) -> Function:
    if function.op not in _CHANGED:
        return function
    attributes: Dict[str, Value] = dict(function.attributes)
    op = function.op
    if op == Op.RESHAPE and walk is not None:
        uids = walk.wiring.outputs.get(function.uid, ())
        dims = walk.dims(uids[0]) if uids else None
        # A v1 node is never without axes, so a part of a scalar's axes is not what it seems.
        partly = "beginAxis" in attributes or "endAxis" in attributes
        if partly and any(walk.dims(uid) == () for uid in function.inputs):
            dims = None
        attributes = {} if dims is None else {"newShape": columns(dims)}
    elif op == Op.REDUCE_ELEMENTS:
        attributes["reductionKeepDimensions"] = True
    elif op == Op.SLICE:
        attributes["stridesLost"] = _loses_strides(function)
    elif op == Op.TIMES and walk is not None and _takes_a_scalar(walk, function):
        op = Op.ELEMENT_TIMES
    return replace(function, op=op, attributes=attributes)


def _takes_a_scalar(walk: Walk, function: Function) -> bool:
    """Whether an operand has no axes once it is loaded: reductions keep theirs."""
    for uid in function.inputs:
        owner = walk.wiring.owner(uid)
        reduced = owner is not None and owner.op == Op.REDUCE_ELEMENTS
        if walk.dims(uid) == () and not reduced:
            return True
    return False
