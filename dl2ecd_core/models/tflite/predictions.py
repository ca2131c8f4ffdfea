"""How classes are read from an output: what the graph did to it last."""

from __future__ import annotations

from typing import NamedTuple, Optional

from ..description import Activation
from .layout import ARG_MAX, reduced_axis
from .schema import Model

# Operators that leave values as they are, or only move, resize, requantise them:
# DEQUANTIZE, RESHAPE, RESIZE_BILINEAR, PAD, TRANSPOSE, SQUEEZE, STRIDED_SLICE, CAST, SLICE,
# EXPAND_DIMS, RESIZE_NEAREST_NEIGHBOR, QUANTIZE.
_CARRIED_ON = frozenset((6, 22, 23, 34, 39, 43, 45, 53, 65, 70, 97, 114))
# CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV, BATCH_MATMUL, ADD.
_SCORES = frozenset((3, 4, 9, 67, 126, 0))
_ACTIVATIONS = {14: Activation.SIGMOID, 25: Activation.SOFTMAX, 50: Activation.SOFTMAX}
_MOST_STEPS = 64


class Prediction(NamedTuple):
    """The last operation of an output, and the classes an argmax chose from."""

    activation: Optional[Activation]
    class_count: Optional[int] = None


def prediction_of(model: Model, index: int) -> Prediction:
    """What the graph did last to output tensor `index`."""
    for _ in range(_MOST_STEPS):
        operator = model.makers.get(index)
        if operator is None or not operator.inputs:
            break
        if operator.code == ARG_MAX:
            axis = reduced_axis(model, operator)
            shape = model.tensor(operator.inputs[0]).shape
            count = shape[axis] if axis is not None and shape is not None else None
            return Prediction(Activation.ARGMAX, count)
        if operator.code in _ACTIVATIONS:
            return Prediction(_ACTIVATIONS[operator.code])
        if operator.code in _SCORES:
            return Prediction(Activation.NONE)
        if operator.code not in _CARRIED_ON:
            break
        index = operator.inputs[0]
    return Prediction(None)
