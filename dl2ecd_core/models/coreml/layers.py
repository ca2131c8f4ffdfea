"""The layers of a Core ML neural network, as far as they tell what inputs and outputs mean.

https://github.com/apple/coremltools/blob/main/mlmodel/format/NeuralNetwork.proto
"""

from __future__ import annotations

from typing import List, Optional, Tuple

from ...wire.protobuf import Field, Message
from ..description import Activation
from .program import Operations

_CONVOLUTION, _INNER_PRODUCT, _POOLING, _ACTIVATION, _BATCH_NORMALISATION = 100, 140, 120, 130, 160
_SOFTMAXES, _ARGMAX, _CUSTOM = (175, 950), 1025, 500
# Layers whose first input is an image: mean and variance, LRN, crop, padding, two ways to resize.
_IMAGES = frozenset({_CONVOLUTION, _POOLING, _BATCH_NORMALISATION, 165, 180, 190, 200, 210, 211})
# Layers that leave axes and channels where they are: activations, functions of each value, scales.
_KEEPING = frozenset(
    {_ACTIVATION, *_SOFTMAXES, 170, 220, 230, 231, 240, 245, 250, 260, 261, 600, 660, 880, 885, 890}
)


def read_layers(network: Message, seen: Operations) -> bool:
    """The layers and class labels of a neural network.

    Returns
    -------
    bool
        Whether its arrays of rank 3 are channels, rows and columns, as they were before
        networks could take arrays as they are.
    """
    ranked = True
    for one in network.fields():
        if one.number == 1:
            _layer(network.child(one, "a layer"), seen)
        elif one.number == 5:
            ranked = one.value == 0
        elif one.number == 100:
            seen.labels = seen.labels or labels_of(network.child(one, "class labels"))
    return ranked


def labels_of(message: Message) -> Tuple[str, ...]:
    """The texts of a StringVector."""
    return tuple(message.text_of(one, 65536) for one in message.fields() if one.number == 1)


def _layer(layer: Message, seen: Operations) -> None:
    inputs: List[str] = []
    outputs: List[str] = []
    kind: Optional[Field] = None
    for one in layer.fields():
        if one.number == 2:
            inputs.append(layer.text_of(one, 65536))
        elif one.number == 3:
            outputs.append(layer.text_of(one, 65536))
        elif one.number >= 100:
            kind = one
    if kind is not None:
        _images(layer, kind, inputs, outputs, seen)
        if kind.number == _CUSTOM:
            custom = layer.child(kind, "a custom layer")
            names = [custom.text_of(one, 65536) for one in custom.fields() if one.number == 10]
            seen.own_code[names[0] if names else layer.what] = None
    activation = None if kind is None else _activation(layer, kind)
    for name in outputs:
        seen.activations[name] = activation


def _activation(layer: Message, kind: Field) -> Optional[Activation]:
    """What a layer does last to its values."""
    if kind.number in _SOFTMAXES:
        return Activation.SOFTMAX
    if kind.number == _ARGMAX:
        return Activation.ARGMAX
    if kind.number in (_CONVOLUTION, _INNER_PRODUCT):
        return Activation.NONE
    if kind.number != _ACTIVATION:
        return None
    functions = [one.number for one in layer.child(kind, "an activation").fields()]
    if functions == [40]:
        return Activation.SIGMOID
    return Activation.NONE if functions == [10] else None


def _images(
    layer: Message, kind: Field, inputs: List[str], outputs: List[str], seen: Operations
) -> None:
    """Which values are images, and how many channels they have."""
    taken, given = None, None
    if kind.number == _CONVOLUTION:
        taken, given = _channels(layer.child(kind, "a convolution"))
    elif kind.number in _IMAGES | _KEEPING and len(inputs) == 1:
        given = seen.channels.get(inputs[0])
    if kind.number in _IMAGES:
        seen.images.update(inputs[:1])
        seen.images.update(outputs)
    elif kind.number in _KEEPING and seen.images.intersection(inputs):
        seen.images.update(outputs)
    for names, channels in ((inputs[:1], taken), (outputs, given)):
        for name in names:
            if channels is not None:
                seen.channels.setdefault(name, channels)


def _channels(convolution: Message) -> Tuple[Optional[int], Optional[int]]:
    """Channels that a convolution takes and gives; those it takes unknown where it is turned."""
    numbers = {
        one.number: one.value for one in convolution.fields() if one.number in (1, 2, 10, 60)
    }
    groups = numbers.get(10) or 1
    taken = (numbers.get(2) or 0) * groups
    return (taken or None) if not numbers.get(60) else None, numbers.get(1) or None
