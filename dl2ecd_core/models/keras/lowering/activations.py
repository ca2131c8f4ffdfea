"""Keras' activation functions in ONNX's operators.

Constants from keras/src/activations/activations.py (Keras 3) and keras/activations.py,
keras/backend.py (Keras 2).
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Callable, Dict, Sequence

from ....network.lowering import UNKNOWN_INPUT, NotConvertibleError
from ....network.value import NO_MEANING, SCORES, Kind, Meaning
from ..config import Call, plain_settings, read_layer
from ..settings import Settings, activation_name
from .step import Rule, Step, rules
from .tensors import Tensor

# Layers without weights that may stand for a function.
_LAYERS = frozenset(("Softmax", "ReLU", "LeakyReLU", "ELU", "ThresholdedReLU"))
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805

#: What an activation makes of a value, whatever its axes.
Function = Callable[[Step, str], str]


def activated(step: Step, value: Any, tensor: Tensor) -> Tensor:
    """A tensor after an activation function as a layer's settings name it."""
    if value is None:
        return tensor
    name = activation_name(value)
    if name == "linear":
        return tensor
    if step.lowering.value(tensor.name).shape is None:
        step.cannot("what goes into it is of an unknown shape", UNKNOWN_INPUT)
        return step.meaning(tensor, meaning_of(value))
    if name in ("softmax", "log_softmax"):
        return softmax(step, tensor, -1, "Softmax" if name == "softmax" else "LogSoftmax")
    layer = read_layer(value)
    if layer is not None and layer.class_name in _LAYERS and layer.registered is None:
        settings = Settings(layer, plain_settings(layer))
        inner = replace(step, layer=layer, settings=settings, inputs=(tensor,), call=Call(()))
        return RULES[layer.class_name](inner)[0]
    function = FUNCTIONS.get(name or "")
    if name == "glu":
        raise NotConvertibleError("its activation function 'glu' halves what it takes")
    if function is None:
        step.cannot(f"its activation function '{name}' is not known here")
        return step.meaning(tensor, NO_MEANING)
    return Tensor(step.computed(function(step, tensor.name)), tensor.front)


def meaning_of(value: Any) -> Meaning:
    """What numbers mean after an activation function, by its name in Keras."""
    name = activation_name(value) if value is not None else "linear"
    if name in ("softmax", "sigmoid"):
        return Meaning(Kind(name))
    return SCORES if name == "linear" or name in FUNCTIONS else NO_MEANING


def softmax(step: Step, tensor: Tensor, axis: int, op: str = "Softmax") -> Tensor:
    """A softmax over one of Keras' axes: over classes, if that is where channels are."""
    place, before = step.place(tensor, axis), step.lowering.value(tensor.name)
    made = step.add(op, [tensor.name], axis=place)
    last = axis in (-1, step.rank(tensor) - 1)
    if before.axes[place].letter == "?" and not last:
        made = step.lowering.mean(step.placed(made, before), NO_MEANING)
    return Tensor(made, tensor.front)


def _one(op: str, **attributes: float) -> Function:
    return lambda step, x: step.add(op, [x], **attributes)


def clipped(step: Step, x: str, low: float, high: float) -> str:
    """Values below and above become these."""
    return step.add("Clip", [x, step.number(low), step.number(high)])


def _hard_sigmoid(step: Step, x: str) -> str:
    third = step.generation.major == 3
    return step.add("HardSigmoid", [x], alpha=1 / 6 if third else 0.2, beta=0.5)


def _times(step: Step, x: str, other: str) -> str:
    return step.add("Mul", [x, other])


def _hard_silu(step: Step, x: str) -> str:
    return _times(step, x, step.add("HardSigmoid", [x], alpha=1 / 6, beta=0.5))


def _silu(step: Step, x: str) -> str:
    return _times(step, x, step.add("Sigmoid", [x]))


def _mish(step: Step, x: str) -> str:
    return _times(step, x, step.add("Tanh", [step.add("Softplus", [x])]))


def _gelu(step: Step, x: str) -> str:
    inner = step.add("Erf", [step.add("Mul", [x, step.number(math.sqrt(0.5))])])
    half = step.add("Mul", [x, step.number(0.5)])
    return step.add("Mul", [half, step.add("Add", [inner, step.number(1.0)])])


def _log_sigmoid(step: Step, x: str) -> str:
    return step.add("Neg", [step.add("Softplus", [step.add("Neg", [x])])])


def _tanh_shrink(step: Step, x: str) -> str:
    return step.add("Sub", [x, step.add("Tanh", [x])])


def _squareplus(step: Step, x: str) -> str:
    square = step.add("Add", [step.add("Mul", [x, x]), step.number(4.0)])
    whole = step.add("Add", [x, step.add("Sqrt", [square])])
    return step.add("Mul", [whole, step.number(0.5)])


def _sparse_plus(step: Step, x: str) -> str:
    # Nothing below -1, a quarter of (x + 1) squared up to 1, the value itself above.
    middle = step.add("Add", [clipped(step, x, -1.0, 1.0), step.number(1.0)])
    square = step.add("Mul", [step.add("Mul", [middle, middle]), step.number(0.25)])
    above = step.add("Relu", [step.add("Sub", [x, step.number(1.0)])])
    return step.add("Add", [square, above])


def _sparse_sigmoid(step: Step, x: str) -> str:
    whole = step.add("Add", [x, step.number(1.0)])
    return clipped(step, step.add("Mul", [whole, step.number(0.5)]), 0.0, 1.0)


FUNCTIONS: Dict[str, Function] = {
    "relu": _one("Relu"),
    "relu6": lambda step, x: clipped(step, x, 0.0, 6.0),
    "leaky_relu": _one("LeakyRelu", alpha=0.2),
    "elu": _one("Elu", alpha=1.0),
    "celu": _one("Celu", alpha=1.0),
    "selu": _one("Selu", alpha=_SELU_ALPHA, gamma=_SELU_SCALE),
    "tanh": _one("Tanh"),
    "sigmoid": _one("Sigmoid"),
    "softplus": _one("Softplus"),
    "softsign": _one("Softsign"),
    "exponential": _one("Exp"),
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "silu": _silu,
    "swish": _silu,
    "mish": _mish,
    "gelu": _gelu,
    "log_sigmoid": _log_sigmoid,
    "hard_tanh": lambda step, x: clipped(step, x, -1.0, 1.0),
    "hard_shrink": _one("Shrink", lambd=0.5, bias=0.0),
    "soft_shrink": _one("Shrink", lambd=0.5, bias=0.5),
    "tanh_shrink": _tanh_shrink,
    "squareplus": _squareplus,
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
}


def _activation(step: Step) -> Sequence[Tensor]:
    return [activated(step, step.settings.values.get("activation"), step.x)]


def _softmax(step: Step) -> Sequence[Tensor]:
    axis = step.settings.values.get("axis", -1)
    if isinstance(axis, list) and len(axis) == 1:
        (axis,) = axis
    if isinstance(axis, bool) or not isinstance(axis, int):
        raise NotConvertibleError("it runs over several axes at once")
    return [softmax(step, step.x, axis)]


def _relu(step: Step) -> Sequence[Tensor]:
    """A rectifier with a slope below, a threshold and a largest value, as ``K.relu`` has it."""
    x = step.x.name
    slope, threshold = step.real("negative_slope", 0.0), step.real("threshold", 0.0)
    most = step.real("max_value", math.inf)
    if not slope or threshold or math.isfinite(most):
        made = step.add("ThresholdedRelu", [x], alpha=threshold) if threshold else (
            step.add("Relu", [x])
        )  # fmt: skip
        if math.isfinite(most):
            made = clipped(step, made, 0.0, most)
        if slope:
            below = step.add("Relu", [step.add("Sub", [step.number(threshold), x])])
            made = step.add("Sub", [made, step.add("Mul", [below, step.number(slope)])])
    else:
        made = step.add("LeakyRelu", [x], alpha=slope)
    return [Tensor(made, step.x.front)]


def _leaky(step: Step) -> Sequence[Tensor]:
    old = step.real("alpha", 0.3)
    made = step.add("LeakyRelu", [step.x.name], alpha=step.real("negative_slope", old))
    return [Tensor(made, step.x.front)]


def _elu(step: Step) -> Sequence[Tensor]:
    made = step.add("Elu", [step.x.name], alpha=step.real("alpha", 1.0))
    return [Tensor(made, step.x.front)]


def _thresholded(step: Step) -> Sequence[Tensor]:
    made = step.add("ThresholdedRelu", [step.x.name], alpha=step.real("theta", 1.0))
    return [Tensor(made, step.x.front)]


def _parametric(step: Step) -> Sequence[Tensor]:
    """A slope of its own for each channel, or each pixel, below 0."""
    x, shared = step.x, step.settings.values.get("shared_axes") or ()
    rank = step.rank(x)
    axes = [axis for axis in range(1, rank) if axis not in shared]
    sizes = dict(zip(axes, step.known(x, axes)))
    dims = [sizes.get(axis, 1) for axis in range(1, rank)]
    slope = step.weight("alpha", dims)
    slope = step.broadcast(slope, x, range(1, rank), tuple(dims))
    return [Tensor(step.add("PRelu", [x.name, slope]), x.front)]


RULES: Dict[str, Rule] = rules(
    (_activation, "Activation"),
    (_softmax, "Softmax"),
    (_relu, "ReLU"),
    (_leaky, "LeakyReLU"),
    (_elu, "ELU"),
    (_thresholded, "ThresholdedReLU"),
    (_parametric, "PReLU"),
)
