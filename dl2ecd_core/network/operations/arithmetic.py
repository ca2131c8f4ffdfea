"""Operations on numbers, element by element."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence

from ..data_types import DATA_TYPES, Number
from ..shapes import elements
from ..value import Value, combined, looking_along, shaped
from .arranging import joined
from .step import Step

Outputs = Sequence[Value]

# Operations that look along one axis, along all from one on, and whose axis is the last by default.
_ONE = {"Hardmax", "LpNormalization"}
_FROM = {"LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization"}
_LAST = _ONE | _FROM


def same(step: Step) -> Outputs:
    """One operand, one result of its size."""
    return [replace(step.input(0), numbers=None)]


def along(step: Step) -> Outputs:
    """One operand, one result of its size, each element made of others."""
    x = replace(step.input(0), numbers=None)
    axis = step.axis(x.rank, -1 if step.node.op in _LAST else None)
    if step.node.op in _FROM and axis is not None:
        return [looking_along(x, range(axis, len(x.axes)))]
    if step.node.op in _ONE and axis is not None:
        return [looking_along(x, (axis,))]
    return [looking_along(x)]


def unchanged(step: Step) -> Outputs:
    """The value itself, also its numbers."""
    return [step.input(0)]


def to_type(data_type: str) -> Callable[[Step], Outputs]:
    """The size of the first operand, another element type."""
    return lambda step: [replace(step.input(0), data_type=data_type, numbers=None)]


def cast_like(step: Step) -> Outputs:
    """CastLike: the second operand's element type."""
    return [replace(step.input(0), data_type=step.input(1).data_type, numbers=None)]


def random_like(step: Step) -> Outputs:
    """Random values of the operand's size."""
    x, number = step.input(0), step.attributes.integer("dtype", 0)
    data_type = x.data_type if not number else DATA_TYPES.get(number)
    return [replace(x, data_type=data_type, numbers=None)]


def dropout(step: Step) -> Outputs:
    """Dropout: the value, and which elements were kept."""
    x = step.input(0)
    return [x, replace(x, data_type="bool", numbers=None)]


def several(step: Step) -> Outputs:
    """Operands combined element by element: Sum, Max, Where's parts ..."""
    values = step.given()
    return [combined(values, values[0].data_type if values else None)]


def compare(step: Step) -> Outputs:
    """A comparison or logical operation."""
    return [combined(step.given(), "bool")]


def where(step: Step) -> Outputs:
    """Where: condition, then the two choices."""
    values = step.given()
    result = combined(values, step.input(1).data_type)
    condition, one, other = (step.input(index).numbers for index in range(3))
    if condition is None or one is None or other is None or None in condition:
        return [result]
    if not len(condition) == len(one) == len(other) == elements(result.shape):
        return [result]
    numbers = [a if c else b for c, a, b in zip(condition, one, other)]
    return [replace(result, numbers=tuple(numbers))]


def _divided(one: Number, other: Number, whole: bool) -> Optional[Number]:
    if other == 0:
        return None
    if whole:
        # ONNX divides whole numbers towards zero.
        quotient = abs(int(one)) // abs(int(other))
        return quotient if (one < 0) == (other < 0) else -quotient
    return one / other


_NUMERIC: Dict[str, Callable[[Number, Number, bool], Optional[Number]]] = {
    "Add": lambda one, other, whole: one + other,
    "Sub": lambda one, other, whole: one - other,
    "Mul": lambda one, other, whole: one * other,
    "Div": _divided,
    "Max": lambda one, other, whole: max(one, other),
    "Min": lambda one, other, whole: min(one, other),
}


def arithmetic(step: Step) -> Outputs:
    """Add, Sub, Mul, Div and such; small known numbers are worked out: sizes are made of them."""
    values = step.given()
    result = combined(values, values[0].data_type if values else None)
    if len(values) != 2 or values[0].numbers is None or values[1].numbers is None:
        return [result]
    one, other = values[0].numbers, values[1].numbers
    length = max(len(one), len(other))
    if elements(result.shape) != length or not {len(one), len(other)} <= {1, length}:
        return [result]
    rule = _NUMERIC[step.node.op]
    whole = result.data_type is not None and "int" in result.data_type
    numbers: List[Optional[Number]] = []
    for index in range(length):
        left, right = one[index % len(one)], other[index % len(other)]
        number = None if left is None or right is None else rule(left, right, whole)
        sound = number is not None and abs(number) < 1e18
        numbers.append(number if sound else None)
    return [replace(result, numbers=tuple(numbers))]


def rounded(step: Step) -> Outputs:
    """Floor, Ceil, Neg, Abs: also of known numbers."""
    rules: Dict[str, Callable[[Number], Number]] = {
        "Floor": math.floor, "Ceil": math.ceil, "Neg": lambda one: -one, "Abs": abs,
    }  # fmt: skip
    x = step.input(0)
    if x.numbers is None:
        return [x]
    rule = rules[step.node.op]
    numbers = tuple(None if n is None or not abs(n) < 1e18 else rule(n) for n in x.numbers)
    return [replace(x, numbers=numbers)]


def quantized(step: Step) -> Outputs:
    """QuantizeLinear: the zero point's element type, else uint8."""
    data_type = step.input(2).data_type if step.has(2) else "uint8"
    return [replace(step.input(0), data_type=data_type, numbers=None)]


def dequantized(step: Step) -> Outputs:
    """DequantizeLinear: the scale's element type."""
    return [replace(step.input(0), data_type=step.input(1).data_type, numbers=None)]


def dynamically_quantized(step: Step) -> Outputs:
    """DynamicQuantizeLinear: values, scale, zero point."""
    x = replace(step.input(0), data_type="uint8", numbers=None)
    return [x, shaped((), "float32"), shaped((), "uint8")]


def qlinear_pair(step: Step) -> Outputs:
    """QLinearAdd, QLinearMul: scale and zero point follow each operand."""
    return [combined([step.input(0), step.input(3)], step.input(0).data_type)]


def qlinear_concat(step: Step) -> Outputs:
    """QLinearConcat: after the result's own, triples of value, scale and zero point."""
    return [joined([step.input(index) for index in range(2, len(step.inputs), 3)], step)]


_SAME = (
    "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitwiseNot",
    "Celu", "Clip", "Cos", "Cosh", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid",
    "HardSwish", "LRN", "LeakyRelu", "Log", "Mish",
    "PRelu", "QuickGelu", "FastGelu", "BiasGelu", "Reciprocal", "Relu", "Round",
    "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh",
    "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "QLinearSigmoid",
    "QLinearLeakyRelu",
)  # fmt: skip
# The size stays, but an element depends on others along some axis or along all.
_ALONG = (
    "CumSum", "CumProd", "Hardmax", "LpNormalization", "MeanVarianceNormalization",
    "LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization",
    "SkipLayerNormalization", "QLinearSoftmax", "ReverseSequence", "Scatter", "ScatterElements",
    "ScatterND", "Trilu",
)  # fmt: skip
_SEVERAL = (
    "Sum", "Mean", "Pow", "Mod", "BitShift", "BitwiseAnd", "BitwiseOr", "BitwiseXor",
)  # fmt: skip
_COMPARE = (
    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor",
)  # fmt: skip

RULES: Dict[str, Callable[[Step], Outputs]] = {
    **dict.fromkeys(_SAME, same),
    **dict.fromkeys(_ALONG, along),
    **dict.fromkeys(_COMPARE, compare),
    **dict.fromkeys(_NUMERIC, arithmetic),
    **dict.fromkeys(("Floor", "Ceil", "Neg", "Abs"), rounded),
    **dict.fromkeys(_SEVERAL, several),
    **dict.fromkeys(("Not", "IsNaN", "IsInf"), to_type("bool")),
    **dict.fromkeys(("QLinearAdd", "QLinearMul"), qlinear_pair),
    **dict.fromkeys(("Bernoulli", "RandomNormalLike", "RandomUniformLike"), random_like),
    "CastLike": cast_like,
    "Identity": unchanged,
    "Dropout": dropout,
    "Where": where,
    "QuantizeLinear": quantized,
    "DequantizeLinear": dequantized,
    "DynamicQuantizeLinear": dynamically_quantized,
    "QLinearConcat": qlinear_concat,
}
