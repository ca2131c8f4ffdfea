"""How classes are read from an output: what the graph did to it last."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ...network.names import operators
from ..description import Activation
from .graph import Graph
from .net import Layer

_CARRIED_ON = operators(
    "Reshape Squeeze Unsqueeze Transpose Convert Interpolate StridedSlice Slice "
    "FakeQuantize Permute Resample Pad"
)
_SCORES = operators(
    "Convolution GroupConvolution ConvolutionBackpropData MatMul FullyConnected Add Deconvolution"
)
_ACTIVATIONS = {
    "SoftMax": Activation.SOFTMAX,
    "Softmax": Activation.SOFTMAX,
    # Logarithms of probabilities are scores.
    "LogSoftmax": Activation.NONE,
    "Sigmoid": Activation.SIGMOID,
}
_MOST_STEPS = 64


class Prediction(NamedTuple):
    """The last operation of an output, and the classes an argmax chose from."""

    activation: Optional[Activation]
    class_count: Optional[int] = None


def prediction_of(graph: Graph, layer: Layer, index: int) -> Prediction:
    """What the graph did last to output `index` of a layer."""
    for _ in range(_MOST_STEPS):
        if layer.type in _ACTIVATIONS:
            return Prediction(_ACTIVATIONS[layer.type])
        if layer.type == "Activation" and layer.data.get("type", "").lower() == "sigmoid":
            return Prediction(Activation.SIGMOID)
        if layer.type in _SCORES:
            return Prediction(Activation.NONE)
        if layer.type == "TopK":
            return _best_of(graph, layer, index)
        made = graph.maker(layer, 0) if layer.type in _CARRIED_ON else None
        if made is None:
            break
        layer, index = made
    return Prediction(None)


def _best_of(graph: Graph, layer: Layer, index: int) -> Prediction:
    """TopK with one winner is an argmax; its second output holds the indices."""
    made = graph.maker(layer, 0)
    text = layer.data.get("axis", "")
    if index != 1 or made is None or not text.lstrip("-").isdecimal() or not text.isascii():
        return Prediction(None)
    before, after = made[0].ports[made[1]].dims, layer.ports[index].dims
    axis = int(text)
    if not -len(before) <= axis < len(before) or len(after) != len(before) or after[axis] != 1:
        return Prediction(None)
    return Prediction(Activation.ARGMAX, before[axis])
