"""The element types of what flows through a network; lowered, all is 32 bits wide."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional

from .model_graph import DATA_TYPES, Function, Kind, Op
from .wiring import Wiring

_TELLING = {Op.CAST, Op.RANDOM_DISTRIBUTION, Op.CUSTOM_PROXY, Op.CONSTANT_OP}

Types = Mapping[str, Optional[str]]


def element_types(wiring: Wiring) -> Types:
    """The element type of each variable and output by its uid; None where it is not known."""
    types: Dict[str, Optional[str]] = {
        uid: variable.data_type for uid, variable in wiring.graph.variables.items()
    }
    # What a loop brings back is known in a second turn.
    for _ in range(2 if wiring.has_loops else 1):
        for function in wiring.order:
            _add(wiring, function, types)
    return types


def _add(wiring: Wiring, function: Function, types: Dict[str, Optional[str]]) -> None:
    if function.op == Op.COMBINE:
        return
    uids = wiring.outputs[function.uid]
    if function.block is not None:
        inside = wiring.outputs.get(function.block.root, ())
        types.update((uid, types.get(wiring.resolve(one))) for uid, one in zip(uids, inside))
        return
    found = _result(wiring, function, types)
    types.update((uid, found or types.get(uid)) for uid in uids)


def _result(wiring: Wiring, function: Function, types: Types) -> Optional[str]:
    """The first operand's that is no constant, else the first known."""
    told = function.attributes.get("newDataType")
    if isinstance(told, int) and function.op in _TELLING:
        return DATA_TYPES.get(told)
    constants: List[str] = []
    for uid in function.inputs:
        actual = wiring.resolve(uid)
        # A block's placeholder keeps the type that it had when the model was saved.
        found = types.get(actual) or types.get(uid)
        variable = wiring.graph.variables.get(actual)
        if found is None:
            continue
        if variable is None or variable.kind is not Kind.CONSTANT:
            return found
        constants.append(found)
    return constants[0] if constants else None
