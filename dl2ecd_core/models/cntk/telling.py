"""From a network to its description, the same for both file formats."""

from __future__ import annotations

from typing import List, Optional, Sequence, Tuple

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import listed
from ...network.evaluation import letters_of
from ...network.footprints import Footprint, model_padding
from ...network.value import Kind as Meant
from ...network.value import Meaning, Value
from ...wire.source import ByteSource
from ..companions import primary_part
from ..description import Evidence, ModelDescription, Role, Tensor
from ..network_ends import activation_of
from .element_types import element_types
from .ends import axes_of, is_constant, is_image_model, output_name
from .lowering import walked
from .model_graph import Graph, Kind, Variable, elements
from .roles import Roles
from .step import operation_name, rows
from .walk import Walk


def describe(
    source: ByteSource, format_id: str, graph: Graph, findings: Sequence[Finding] = ()
) -> ModelDescription:
    """Everything that a network tells about itself."""
    walk = walked(graph)
    roles = walk.roles()
    image = is_image_model(walk.wiring)
    inputs = tuple(_input(variable, roles, image) for variable in walk.arguments)
    outputs = _outputs(walk, roles, image)
    found: List[Finding] = list(findings)
    unknown = [
        tensor.name or "an unnamed output" for tensor in (*inputs, *outputs) if tensor.shape is None
    ]
    if unknown:
        found.append(_unknown(source, walk, unknown))
    return ModelDescription(
        format=format_id,
        framework="CNTK",
        files=(primary_part(source),),
        inputs=inputs,
        outputs=outputs,
        parameters=parameters_of(graph),
        padding=padding_of(walk, inputs, outputs),
        findings=tuple(found),
    )


def _input(variable: Variable, roles: Roles, image: bool) -> Tensor:
    """An input, declared in the file."""
    shape = None if variable.shape is None else rows(variable.shape)
    return Tensor(
        variable.name or variable.uid,
        shape=shape,
        axes=axes_of(shape, image),
        data_type=variable.data_type,
        evidence=None if shape is None else Evidence.DECLARED,
        role=Role.LABEL if variable.uid in roles.labels else Role.DATA,
    )


def _outputs(walk: Walk, roles: Roles, image: bool) -> Tuple[Tensor, ...]:
    """Outputs, whose shapes are worked out."""
    types = element_types(walk.wiring)
    tensors = []
    for uid in walk.outputs:
        value = walk.value(uid)
        if uid in walk.doubtful:
            value = Value(meaning=Meaning(value.meaning.kind))
        role = Role.LOSS if uid in roles.losses else Role.DATA
        tensors.append(
            Tensor(
                output_name(walk.wiring, uid),
                shape=value.shape,
                axes=output_axes(value, is_image=image),
                data_type=types.get(uid),
                evidence=None if value.shape is None else Evidence.INFERRED,
                role=role,
                activation=None if role is Role.LOSS else activation_of(value.meaning),
                class_count=value.meaning.classes if role is Role.DATA else None,
            )
        )
    return tuple(tensors)


def output_axes(value: Value, *, is_image: bool) -> Optional[str]:
    """Letters for an output's axes: as they came through the network, else CNTK's usual ones."""
    usual, known = axes_of(value.shape, is_image), letters_of(value)
    if usual is None or known is None:
        return None
    if value.meaning.kind is Meant.ARGMAX:
        # Class indices have no class axis.
        usual = "HW" if len(usual) == 2 and is_image else usual.replace("C", "?")
    if any(letter not in ("?", other) for letter, other in zip(known, usual)):
        return known
    # Nor has what is left of one.
    gone = [axis.reduced and letter == "C" for axis, letter in zip(value.axes, usual)]
    return "".join("?" if lost else letter for lost, letter in zip(gone, usual))


def padding_of(walk: Walk, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> Optional[int]:
    """Pixels cropped from each side between the only image input and the only prediction."""
    images = [
        variable
        for variable, tensor in zip(walk.arguments, inputs)
        if tensor.role is Role.DATA and tensor.axes == "CHW"
    ]
    predictions = [
        uid
        for uid, tensor in zip(walk.outputs, outputs)
        if tensor.role is Role.DATA
        and tensor.axes in ("CHW", "?HW", "HW")
        and not is_constant(walk.wiring, uid)
    ]
    if len(images) != 1 or len(predictions) != 1:
        return None
    return padding_between(walk, images[0], predictions[0])


def padding_between(walk: Walk, image: Variable, output: str) -> Optional[int]:
    """Pixels cropped from each side of an image; None where height or width is no more its own."""
    before, value = walk.value(image.uid).shape, walk.value(output)
    if before is None or value.shape is None or len(before) != 3 or len(value.shape) not in (2, 3):
        return None
    places: List[Optional[Footprint]] = []
    for axis in (-1, -2):
        footprint = value.axes[axis].footprint
        source = len(before) + axis + image.dynamic
        own = footprint is not None and {one for _, one in footprint.sources} == {source}
        places.append(footprint if own else None)
    return model_padding(before[:-3:-1], value.shape[:-3:-1], places)


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


def _unknown(source: ByteSource, walk: Walk, names: Sequence[str]) -> Finding:
    return finding(
        "model-shape-unknown",
        f"The shape of {listed(names)} can't be worked out: CNTK does not store it, and "
        f"{_reason(walk)}.",
        hint="Give the tile size and the number of classes in the class information; they are "
        "not checked against this model.",
        where=Place(file=source.name, tensor=names[0]),
    )


def _reason(walk: Walk) -> str:
    if not walk.doubtful.isdisjoint(walk.outputs):
        return "CNTK 2.7 forgets the strides of a slice on the way, which were there in training"
    return f"an operation on the way{_culprit(walk)} is not one that this program can follow"


def _culprit(walk: Walk) -> str:
    wiring = walk.wiring
    for function in wiring.order:
        uids = wiring.outputs[function.uid]
        if function.block is not None or not uids or walk.dims(uids[0]) is not None:
            continue
        if all(walk.dims(uid) is not None for uid in function.inputs):
            label = listed([function.name or function.uid])
            return f" ({label}, {operation_name(function.op)})"
    return ""
