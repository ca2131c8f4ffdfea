"""Sequences of layers whose file lost the shape of their input.

Keras 2.2.4 and earlier wrote no shape for a Sequential model that was built by its first data
(https://github.com/keras-team/keras/issues/10417). Every Keras then makes a model of no layers and
refuses the weights; their first kernel still tells the bands.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Optional

from ...findings import Finding, Place
from ...findings.rules import finding
from ..description import Dims
from .config import Network, plain_settings
from .weights import Weights

#: Layers that may come before the first kernel and leave the channels as they are.
_CHANNELS_KEPT = frozenset(
    {"ZeroPadding2D", "Activation", "Dropout", "GaussianNoise", "Rescaling", "MaxPooling2D"}
)
# A nested model, and an embedding, say it in their own way.
_SHAPES = frozenset({"batch_input_shape", "batch_shape", "input_shape", "input_dim", "layers"})
_CONVOLUTIONS = frozenset({"Conv2D", "Convolution2D"})


def with_first_kernel(network: Network, weights: Optional[Weights]) -> Network:
    """The network, built for images of as many bands as its first kernel takes.

    As it was where it says its input's shape itself, or its first kernel is no convolution's.
    """
    shape = None if weights is None or not lacks_input(network) else _shape(network, weights)
    return network if shape is None else replace(network, built_for=shape)


def lacks_input(network: Network) -> bool:
    """Whether a sequence of layers says nowhere what shape it takes."""
    if network.inputs is not None or network.built_for is not None or not network.layers:
        return False
    first = network.layers[0]
    return first.class_name != "InputLayer" and _SHAPES.isdisjoint(first.config)


def _shape(network: Network, weights: Weights) -> Optional[Dims]:
    """Images of any size with the channels of the first kernel."""
    filled = next((layer for layer in weights.layers if layer.weights), None)
    first = next((one for one in network.layers if one.class_name not in _CHANNELS_KEPT), None)
    if filled is None or first is None or first.class_name not in _CONVOLUTIONS:
        return None
    kernel = filled.weights[0][1]
    if first.name != filled.path or len(kernel) != 4:
        return None
    if plain_settings(first).get("data_format") == "channels_first":
        return (None, kernel[2], None, None)
    return (None, None, None, kernel[2])


def input_lost(file: str) -> Finding:
    """What is said of such a file."""
    return finding(
        "model-input-lost",
        "The file does not say what shape the model takes: Keras makes a model without layers of "
        "it and refuses its weights.",
        hint="In Python: build the model in its script, load the weights with load_weights, and "
        "save it again with an Input layer.",
        where=Place(file=file),
    )
