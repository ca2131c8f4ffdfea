"""The layers of a Core ML neural network, as far as they tell what inputs and outputs mean.

https://github.com/apple/coremltools/blob/main/mlmodel/format/NeuralNetwork.proto
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...network.graph import AttributeValue
from ...network.shapes import Dims
from ...wire.protobuf import Field, Message, signed
from .program import Operations

_CONVOLUTION, _ACTIVATION, _CUSTOM = 100, 130, 500
# Layers by the number of their parameters, in ONNX's operators.
_OPERATORS: Dict[int, str] = {
    100: "Conv",
    120: "MaxPool",  # or another pooling
    140: "Gemm",  # innerProduct
    160: "BatchNormalization",
    165: "InstanceNormalization",  # mvn
    170: "LpNormalization",
    175: "Softmax",
    180: "LRN",
    190: "Slice",  # crop
    200: "Pad",
    210: "Resize",  # upsample
    211: "Resize",  # resizeBilinear
    220: "Exp",  # one of several functions of each value
    230: "Add",
    231: "Mul",
    240: "Mean",  # average
    245: "Mul",  # scale
    250: "Add",  # bias
    260: "Max",
    261: "Min",
    320: "Concat",
    600: "Identity",  # copy
    660: "Clip",
    870: "Min",
    875: "Max",
    880: "Add",
    885: "Pow",
    890: "Div",
    900: "Mul",
    905: "Sub",
    950: "Softmax",
    1020: "ArgMin",
    1025: "ArgMax",
}
# Activations by the number of their function.
_ACTIVATIONS: Dict[int, str] = {
    5: "Identity",  # linear
    10: "Relu",
    15: "LeakyRelu",
    20: "ThresholdedRelu",
    25: "PRelu",
    30: "Tanh",
    31: "Tanh",
    40: "Sigmoid",
    41: "HardSigmoid",
    50: "Elu",
    60: "Softsign",
    70: "Softplus",
    71: "Softplus",
}
# One that says nothing of what its numbers mean.
_ANY_FUNCTION = "Exp"
# Layers whose first input is an image.
_IMAGES = frozenset((_CONVOLUTION, 120, 160, 165, 180, 190, 200, 210, 211))
# Layers with an axis in their parameters; before there were any, softmax took the channels.
_WITH_AXIS, _OLD_SOFTMAX = (950, 1020, 1025), 175
_BILINEAR = 211
# UpsampleLayerParams.mode: 0 for the nearest pixel.
_UPSAMPLE_MODE = 5


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
    if kind is None:
        return
    if kind.number == _CUSTOM:
        custom = layer.child(kind, "a custom layer")
        names = [custom.text_of(one, 65536) for one in custom.fields() if one.number == 10]
        seen.own_code[names[0] if names else layer.what] = None
    _add(layer, kind, inputs, outputs, seen)


def _add(
    layer: Message, kind: Field, inputs: List[str], outputs: List[str], seen: Operations
) -> None:
    op = _OPERATORS.get(kind.number, "")
    shape: Optional[Dims] = None
    attributes: Dict[str, Optional[AttributeValue]] = {}
    if kind.number == _CONVOLUTION:
        taken, given = _channels(layer.child(kind, "a convolution"))
        shape = (None, given, None, None)
        if taken is not None and inputs:
            seen.channels.setdefault(inputs[0], taken)
    elif kind.number == _ACTIVATION:
        functions = [one.number for one in layer.child(kind, "an activation").fields()]
        op = _ACTIVATIONS.get(functions[0] if functions else 0, _ANY_FUNCTION)
    elif kind.number == _OLD_SOFTMAX:
        attributes["axis"] = -3
    elif kind.number in _WITH_AXIS:
        numbers = {one.number: one.value for one in layer.child(kind, "a layer").fields()}
        attributes["axis"] = signed(numbers.get(1, 0))
    elif op == "Resize":
        numbers = {one.number: one.value for one in layer.child(kind, "a resize").fields()}
        linear = kind.number == _BILINEAR or numbers.get(_UPSAMPLE_MODE)
        attributes["mode"] = "linear" if linear else "nearest"
    layout = "NCHW" if kind.number in _IMAGES else ""
    if layout and inputs and inputs[0] not in seen.outline.values:
        seen.outline.input(inputs[0], (None,) * len(layout))
    seen.outline.add(op, inputs, outputs, [shape] * len(outputs), layout=layout, **attributes)


def _channels(convolution: Message) -> Tuple[Optional[int], Optional[int]]:
    """Channels that a convolution takes and gives; those it takes unknown where it is turned."""
    numbers = {
        one.number: one.value for one in convolution.fields() if one.number in (1, 2, 10, 60)
    }
    groups = numbers.get(10) or 1
    taken = (numbers.get(2) or 0) * groups
    return (taken or None) if not numbers.get(60) else None, numbers.get(1) or None
