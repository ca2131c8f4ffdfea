"""Shape rules: constants, inputs, variables, control flow, functions."""

from __future__ import annotations

from typing import Callable, Dict, Optional, Sequence

from ..description import Dims
from .known import Operation, same_shape

Shapes = Sequence[Optional[Dims]]

PLACEHOLDERS = frozenset(("Placeholder", "PlaceholderV2", "PlaceholderWithDefault"))
#: Variables: their values lie in a checkpoint, not in the graph.
VARIABLES = frozenset(
    ("Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable", "TemporaryVariable")
)

_MOST_OUTPUTS = 4096
# Operations that pass a handle on.
_HAND_ON = frozenset(("Identity", "Enter", "Switch", "Exit"))
_OF_HANDLES = _HAND_ON | {"VarHandleOp", "TensorArrayV3"}


def _constant(operation: Operation) -> Shapes:
    head = operation.attributes.tensor("value")
    return (None if head is None else head.shape,)


def _declared(operation: Operation) -> Shapes:
    return (operation.attributes.shape("shape"),)


def _read_variable(operation: Operation) -> Shapes:
    return (operation.input(0).content,)


def _switch(operation: Operation) -> Shapes:
    return (operation.shape(0), operation.shape(0))


def _merge(operation: Operation) -> Shapes:
    """One of several tensors: known is what all of them have in common."""
    shape = operation.shape(0)
    for index in range(1, len(operation.inputs)):
        other = operation.shape(index)
        if shape is None or other is None or len(shape) != len(other):
            return (None, ())
        shape = tuple(one if one == two else None for one, two in zip(shape, other))
    return (shape, ())


def _call(operation: Operation) -> Shapes:
    shapes = operation.attributes.shapes("output_shapes")
    return tuple(shapes[:_MOST_OUTPUTS])


def _while(operation: Operation) -> Shapes:
    return _call(operation)


def _enter(operation: Operation) -> Shapes:
    # What goes round a loop may change its shape there.
    return (operation.shape(0) if operation.attributes.flag("is_constant") else None,)


def _array(operation: Operation) -> Shapes:
    return ((2,), ())


def _gathered_array(operation: Operation) -> Shapes:
    element = operation.input(0).content
    return (None if element is None else (None, *element),)


def content_of(operation: Operation) -> Optional[Dims]:
    """The shape behind a handle: of a variable, or of an array's tensors."""
    if operation.op not in _OF_HANDLES:
        return None
    attributes = operation.attributes
    if operation.op == "VarHandleOp":
        return attributes.shape("shape")
    if operation.op == "TensorArrayV3" and attributes.flag("identical_element_shapes"):
        return attributes.shape("element_shape")
    if operation.op in _HAND_ON and operation.inputs:
        return operation.inputs[0].content
    return None


def _scalar(operation: Operation) -> Shapes:
    return ((),)


def _identities(operation: Operation) -> Shapes:
    return tuple(known.shape for known in operation.inputs)


def _sparse_to_dense(operation: Operation) -> Shapes:
    return (operation.sizes(1),)


def _variable_of(operation: Operation) -> Shapes:
    return (same_shape(operation.shape(0), operation.shape(1)),)


RULES: Dict[str, Callable[[Operation], Shapes]] = {
    "Const": _constant,
    "HostConst": _constant,
    "Placeholder": _declared,
    "PlaceholderV2": _declared,
    "PlaceholderWithDefault": _declared,
    "ImmutableConst": _declared,
    "Variable": _declared,
    "VariableV2": _declared,
    "VarHandleOp": _scalar,
    "ReadVariableOp": _read_variable,
    "Switch": _switch,
    "RefSwitch": _switch,
    "Merge": _merge,
    "RefMerge": _merge,
    "If": _call,
    "StatelessIf": _call,
    "While": _while,
    "StatelessWhile": _while,
    "Case": _call,
    "IteratorGetNext": _call,
    "IdentityN": _identities,
    "Enter": _enter,
    "RefEnter": _enter,
    "TensorArrayV3": _array,
    "TensorArrayReadV3": _read_variable,
    "TensorArrayGatherV3": _gathered_array,
    "LoopCond": _scalar,
    **dict.fromkeys(
        ("TensorListReserve", "TensorListFromTensor", "TensorListSetItem", "TensorListLength"),
        _scalar,
    ),
    **dict.fromkeys(
        ("TensorArraySizeV3", "TensorArrayWriteV3", "TensorArrayScatterV3", "VarIsInitializedOp"),
        _scalar,
    ),
    "SparseToDense": _sparse_to_dense,
    "Assign": _variable_of,
}
