"""Darknet's activation functions in ONNX's operators.

``src/activations.h`` of https://github.com/pjreddie/darknet and
https://github.com/AlexeyAB/darknet .
"""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Optional

from ...network.lowering import Lowering, NotConvertibleError
from ...network.value import NO_MEANING

_Activation = Callable[[Lowering, str], str]


def activated(lowering: Lowering, name: str, x: str) -> str:
    """A value behind an activation.

    Raises
    ------
    NotConvertibleError
        For one that is not known here, with what is known of the value.
    """
    if name == "linear":
        return x
    rule = _ACTIVATIONS.get(name)
    if rule is None:
        known = replace(lowering.value(x), meaning=NO_MEANING)
        raise NotConvertibleError(f"its activation '{name}' is not known here", values=[known])
    return rule(lowering, x)


def _node(op: str, alpha: Optional[float] = None) -> _Activation:
    return lambda lowering, x: lowering.add(op, [x], alpha=alpha)


def _clipped(low: float, high: float) -> _Activation:
    return lambda lowering, x: lowering.add(
        "Clip", [x, lowering.scalar(low), lowering.scalar(high)]
    )


def _ramp(lowering: Lowering, x: str) -> str:
    tenth = lowering.add("Mul", [x, lowering.scalar(0.1)])
    return lowering.add("Add", [lowering.add("Relu", [x]), tenth])


def _loggy(lowering: Lowering, x: str) -> str:
    doubled = lowering.add("Mul", [lowering.add("Sigmoid", [x]), lowering.scalar(2.0)])
    return lowering.add("Sub", [doubled, lowering.scalar(1.0)])


def _mish(lowering: Lowering, x: str) -> str:
    soft = lowering.add("Tanh", [lowering.add("Softplus", [x])])
    return lowering.add("Mul", [x, soft])


def _swish(lowering: Lowering, x: str) -> str:
    return lowering.add("Mul", [x, lowering.add("Sigmoid", [x])])


def _bent(slope: float, low: float, high: float, inner: float, level: float) -> _Activation:
    """``inner * x + level`` between two places, and a line of little slope on either side."""

    def rule(lowering: Lowering, x: str) -> str:
        inside = _clipped(low, high)(lowering, x)
        outside = lowering.add("Sub", [x, inside])
        line = lowering.add("Mul", [inside, lowering.scalar(inner)])
        if level:
            line = lowering.add("Add", [line, lowering.scalar(level)])
        return lowering.add("Add", [line, lowering.add("Mul", [outside, lowering.scalar(slope)])])

    return rule


_ACTIVATIONS: Dict[str, _Activation] = {
    "leaky": _node("LeakyRelu", alpha=0.1),
    "relie": _node("LeakyRelu", alpha=0.01),
    "logistic": _node("Sigmoid"),
    "relu": _node("Relu"),
    "relu6": _clipped(0.0, 6.0),
    "hardtan": _clipped(-1.0, 1.0),
    "tanh": _node("Tanh"),
    "elu": _node("Elu", alpha=1.0),
    "selu": _node("Selu"),
    "ramp": _ramp,
    "loggy": _loggy,
    "mish": _mish,
    "swish": _swish,
    "lhtan": _bent(0.001, 0.0, 1.0, 1.0, 0.0),
    "plse": _bent(0.01, -4.0, 4.0, 0.125, 0.5),
}
