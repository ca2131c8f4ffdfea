"""What the outputs of a TensorFlow graph look at."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ...network.following import Following
from ...network.outlook import Outlook
from ..description import Dims, Tensor
from . import types
from .flow import in_order, name_of
from .graph import Graph
from .in_onnx import InOnnx
from .known import Known
from .operations_state import PLACEHOLDERS
from .output_types import output_type
from .walk import Place, Ref, Walk

#: An input or output as the model's description has it, and its name in the graph.
End = Tuple[Tensor, str]


def named(tensors: Sequence[Tensor]) -> List[End]:
    """Inputs or outputs of a graph without signatures: they have their names in the graph."""
    return [(tensor, tensor.name or "") for tensor in tensors]


def outlook_through(
    graph: Graph, inputs: Sequence[End], outputs: Sequence[End], assumed: int
) -> Outlook:
    """What outputs of a graph look at.

    Parameters
    ----------
    assumed
        Rows and columns that an image is taken to have where the graph leaves them free.
    """
    following = Following(assumed)
    sizes: Dict[str, Dims] = {}
    plain, fed = Walk(graph), set()
    for tensor, text in inputs:
        ref = plain.producer(0, text)
        if ref is not None:
            name = name_of(ref)
            fed.add(name)
            following.input(name, tensor.shape, tensor.data_type, tensor.axes)
            shape = following.value(name).shape
            if shape is not None:
                sizes[ref.place.name] = shape
    walk = Walk(graph, sizes)
    ends = [walk.producer(0, text) for _, text in outputs]
    operations = InOnnx(following)
    for place, sources in in_order(walk, [end for end in ends if end is not None]):
        if name_of(Ref(place, 0)) not in fed:
            _follow(following, operations, walk, place, sources)
    return following.outlook(
        (
            tensor.name,
            "" if end is None or operations.stands_for_another(name_of(end)) else name_of(end),
        )
        for (tensor, _), end in zip(outputs, ends)
    )


def _follow(
    following: Following,
    operations: InOnnx,
    walk: Walk,
    place: Place,
    sources: Sequence[Optional[Ref]],
) -> None:
    node, attributes = walk.node(place), walk.graph.attributes(walk.node(place))
    inputs = ["unknown" if source is None else name_of(source) for source in sources]
    shapes: Dict[str, Optional[Dims]] = {}
    outputs = walk.outputs(place)
    for port, known in enumerate(outputs):
        shapes[name_of(Ref(place, port))] = known.shape
    first, name = outputs[0] if outputs else None, name_of(Ref(place, 0))
    data_type = types.type_name(output_type(attributes, node.op, 0))
    if node.op in PLACEHOLDERS and place.scope == 0:
        following.input(name, shapes.get(name), data_type, None)
    elif first is not None and (not sources or _is_known(first)):
        numbers = None if first.value is None else first.value.items
        # Sizes that the walk worked out are others where an image is.
        constant = following.constant if sources else operations.constant
        constant(name, first.shape, data_type, numbers)
    else:
        operations.layer(node.op, inputs, shapes or {name: None}, attributes)


def _is_known(known: Known) -> bool:
    """Whether it is of sizes that the walk worked out."""
    return known.value is not None and None not in known.value.items
