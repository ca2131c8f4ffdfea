"""Small graphs put together by hand, and what a walk through them says."""

from __future__ import annotations

from typing import Any, Dict, Optional, Sequence, Tuple

from dl2ecd_core.models.cntk.lowering import walked
from dl2ecd_core.models.cntk.model_graph import Function, Graph, Kind, Op, Variable, output_uid
from dl2ecd_core.models.cntk.step import columns
from dl2ecd_core.models.cntk.walk import Walk

Shape = Tuple[int, ...]


def leaf(uid: str, *shape: int, kind: Kind = Kind.INPUT, **more: Any) -> Variable:
    return Variable(uid, kind, uid, shape, "float32", **more)


def network(variables: Sequence[Variable], *functions: Function) -> Walk:
    """A walk through functions of which the last gives the outputs."""
    return walked(
        Graph(
            functions[-1].uid,
            {variable.uid: variable for variable in variables},
            {function.uid: function for function in functions},
        )
    )


def shape_in(walk: Walk, uid: str) -> Optional[Shape]:
    """What a walk says of a value's sizes, in CNTK's order."""
    dims = walk.dims(uid)
    return None if dims is None else columns(dims)


def outcome(op: Op, *shapes: Shape, **attributes: Any) -> Optional[Shape]:
    """The shape that an operation gives for inputs of these shapes."""
    variables = [leaf(f"i{number}", *shape) for number, shape in enumerate(shapes)]
    uids = tuple(variable.uid for variable in variables)
    walk = network(variables, Function("f", op, "", uids, attributes))
    return shape_in(walk, output_uid("f", 0))


WINDOW: Dict[str, Any] = {
    "strides": (1,),
    "autoPadding": [False],
    "lowerPad": (0,),
    "upperPad": (0,),
    "transpose": False,
}
