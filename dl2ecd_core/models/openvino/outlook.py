"""What the outputs of an IR look at: its layers in ONNX's words, one after the other."""

from __future__ import annotations

from typing import Callable, Dict, List

from ...network.following import Following, NotFollowedError
from ...network.outlook import Outlook
from ...wire.source import ByteSource
from ..description import ModelDescription
from . import (
    NEW_VERSIONS,
    OWN_OPSETS,
    arranging,
    data_type_of,
    ends_of,
    net_and_graph,
    pointwise,
    resizing,
    windows,
)
from .flow import stated_shape
from .graph import INPUTS, Graph, value_name
from .net import Layer
from .step import Step

#: What follows each kind of layer.
LAYERS: Dict[str, Callable[[Step], List[str]]] = {
    **windows.LAYERS,
    **resizing.LAYERS,
    **pointwise.LAYERS,
    **arranging.LAYERS,
}


def outlook_of(source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
    """What the outputs look at; nothing is known of those of versions before 10.

    Raises
    ------
    ModelFileError
        As for :func:`~dl2ecd_core.models.inspect_model`.
    """
    net, graph, _ = net_and_graph(source)
    following = Following(assumed)
    inputs = [layer for layer in net.layers.values() if layer.type in INPUTS and layer.ports]
    letters = {layer.id: tensor.axes for layer, tensor in zip(inputs, model.inputs)}
    for layer in graph.in_order():
        if not layer.ports:
            continue
        name, port = value_name(layer, 0), layer.ports[0]
        data_type = data_type_of(port.precision or layer.precision)
        shape = stated_shape(layer, port.shape)
        if layer.type in INPUTS:
            following.input(name, shape, data_type, letters.get(layer.id))
        elif layer.type == "Const":
            following.constant(name, shape, data_type, graph.content_of(layer))
        else:
            _follow(following, graph, layer)
    ends = [value_name(*made) for made in ends_of(net, graph)]
    if len(ends) != len(model.outputs) or net.version not in NEW_VERSIONS:
        return Outlook((), {})
    return following.outlook(zip((tensor.name for tensor in model.outputs), ends))


def _follow(following: Following, graph: Graph, layer: Layer) -> None:
    step = Step(layer, graph.taken(layer), following)
    outputs = {value_name(layer, index): port.shape for index, port in enumerate(layer.ports)}

    def followed() -> List[str]:
        rule = LAYERS.get(layer.type)
        if rule is None or "" in step.inputs or not OWN_OPSETS.fullmatch(layer.version):
            raise NotFollowedError
        return rule(step)

    following.layer(step.inputs, outputs, followed)
