"""A network's inputs and outputs, as CNTK's Python API reports them."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ..description import Activation, Dims, Evidence, Role, Tensor
from .inference import Flow
from .model_graph import Kind, Op, Shape, Variable
from .roles import Roles, activations_in


def python_shape(shape: Optional[Shape]) -> Optional[Dims]:
    """Row-major sizes, None for a free or inferred one.

    Examples
    --------
    >>> python_shape((256, 128, 4)), python_shape((-3, 2))
    ((4, 128, 256), (2, None))
    """
    if shape is None:
        return None
    return tuple(None if size < 0 else size for size in reversed(shape))


def arguments_of(flow: Flow) -> Tuple[Variable, ...]:
    """The input variables in the order of ``Function.arguments``.

    Depth first from the root, not into blocks; products and gatherings name their second operand
    first.
    """
    graph = flow.graph
    found: List[Variable] = []
    seen = {graph.root}
    stack = [iter(_operands(flow, graph.root))]
    named = set()
    while stack:
        uid = next(stack[-1], None)
        if uid is None:
            stack.pop()
            continue
        owner = flow.owner(uid)
        if owner is not None:
            if owner.uid not in seen:
                seen.add(owner.uid)
                stack.append(iter(_operands(flow, owner.uid)))
            continue
        variable = graph.variables.get(flow.resolve(uid))
        if variable is not None and variable.uid not in named:
            named.add(variable.uid)
            if variable.kind in (Kind.INPUT, Kind.PLACEHOLDER):
                found.append(variable)
    return tuple(found)


def _operands(flow: Flow, uid: str) -> Tuple[str, ...]:
    function = flow.graph.functions[uid]
    if function.attributes.get("constant") is True:
        return ()
    if function.op in (Op.TIMES, Op.TRANSPOSE_TIMES, Op.GATHER):
        return tuple(reversed(function.inputs))
    return function.inputs


def output_uids(flow: Flow) -> Tuple[str, ...]:
    """The uids of the model's outputs in the order of ``Function.outputs``."""
    return tuple(flow.resolve(uid) for uid in flow.outputs.get(flow.graph.root, ()))


def is_constant(flow: Flow, uid: str) -> bool:
    """Whether an output is a value computed before training, such as the features' mean."""
    owner = flow.owner(uid)
    return owner is None or owner.attributes.get("constant") is True


def output_name(flow: Flow, uid: str) -> Optional[str]:
    """The user's name of an output, else its uid; None where it is made up on loading."""
    owner = flow.owner(uid)
    if owner is None:
        variable = flow.graph.variables.get(uid)
        return uid if variable is None else variable.name or uid
    if owner.op is None or owner.attributes.get("unnamed") is True:
        return None
    if owner.op == Op.UNPACK_SEQUENCE and owner.name and uid.endswith("_Output_1"):
        return owner.name + "_UnpackSequenceMask"
    return owner.name or uid


def input_tensors(flow: Flow, arguments: Tuple[Variable, ...], roles: Roles) -> Tuple[Tensor, ...]:
    """Inputs, all declared in the file."""
    image = is_image_model(flow)
    return tuple(
        Tensor(
            variable.name or variable.uid,
            shape=python_shape(variable.shape),
            axes=axes_of(python_shape(variable.shape), image),
            data_type=variable.data_type,
            evidence=None if variable.shape is None else Evidence.DECLARED,
            role=Role.LABEL if variable.uid in roles.labels else Role.DATA,
        )
        for variable in arguments
    )


def output_tensors(flow: Flow, roles: Roles) -> Tuple[Tensor, ...]:
    """Outputs, whose shapes are worked out."""
    tensors = []
    image = is_image_model(flow)
    last = activations_in(flow)
    for uid in output_uids(flow):
        signal = flow.signal(uid)
        shape = python_shape(signal.shape)
        role = Role.LOSS if uid in roles.losses else Role.DATA
        owner = flow.owner(uid)
        activation, classes = last[owner.uid] if owner is not None else (None, None)
        axes = axes_of(shape, image)
        if activation is Activation.ARGMAX and shape is not None:
            axes = _argmax_axes(shape, axes, image)
        tensors.append(
            Tensor(
                output_name(flow, uid),
                shape=shape,
                axes=axes,
                data_type=signal.data_type,
                evidence=None if shape is None else Evidence.INFERRED,
                role=role,
                activation=None if role is Role.LOSS else activation,
                class_count=classes if role is Role.DATA else None,
            )
        )
    return tuple(tensors)


def _argmax_axes(shape: Dims, axes: Optional[str], image: bool) -> Optional[str]:
    """Letters for class indices: they have no class axis."""
    if len(shape) == 2 and image:
        return "HW"
    return None if axes is None else axes.replace("C", "?")


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


def is_image_model(flow: Flow) -> bool:
    return any(function.op in (Op.CONVOLUTION, Op.POOLING) for function in flow.order)
