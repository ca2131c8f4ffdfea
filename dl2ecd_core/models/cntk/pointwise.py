"""CNTK's operations on numbers, element by element, in ONNX's operators.

What each computes: https://github.com/microsoft/CNTK/blob/master/Source/Math/TensorOps.h
"""

from __future__ import annotations

from typing import Dict

from ...network.data_types import TYPE_NUMBERS
from ...network.lowering import NotConvertibleError
from .attributes import number_of
from .model_graph import DATA_TYPES, Op
from .step import Operand, Rule, Step

# EPS_IN_LOG and LOG_OF_EPS_IN_LOG of Source/Math/CommonMatrix.h.
_SMALLEST_IN_LOG, _ITS_LOG = 1e-37, -85.1


def _one(op: str) -> Rule:
    return lambda step: step.add(op, step.operand(0))


def _same(step: Step) -> Operand:
    return step.operand(0)


def _log(step: Step) -> Operand:
    x = step.operand(0)
    small = step.add("Less", x, step.number(_SMALLEST_IN_LOG))
    return step.add("Where", small, step.number(_ITS_LOG), step.add("Log", x))


def _sqrt(step: Step) -> Operand:
    return step.add("Sqrt", step.add("Max", step.operand(0), step.number(0)))


def _reciprocal(step: Step) -> Operand:
    x, zero = step.operand(0), step.number(0)
    return step.add("Where", step.add("Equal", x, zero), zero, step.add("Reciprocal", x))


def _elu(step: Step) -> Operand:
    return step.add("Elu", step.operand(0), alpha=number_of(step.attributes, "alpha", 1))


def _combined(op: str) -> Rule:
    return lambda step: step.add(op, *step.aligned(step.operands(2)))


def _minus(step: Step) -> Operand:
    # With a third operand it is v1's PerDimMeanVarNormalization.
    first, second, *scales = step.aligned(step.operands(2, 3))
    made = step.add("Sub", first, second)
    return step.add("Mul", made, scales[0]) if scales else made


def _compared(op: str, *, negated: bool = False) -> Rule:
    def rule(step: Step) -> Operand:
        made = step.add(op, *step.aligned(step.operands(2)))
        if negated:
            made = step.add("Not", made)
        return step.add("Cast", made, to=TYPE_NUMBERS["float32"])

    return rule


def _select(step: Step) -> Operand:
    condition, one, other = step.aligned(step.operands(3))
    return step.add("Where", step.add("Cast", condition, to=TYPE_NUMBERS["bool"]), one, other)


def _log_plus(step: Step) -> Operand:
    one, other = step.aligned(step.operands(2))
    gap = step.add("Neg", step.add("Abs", step.add("Sub", one, other)))
    more = step.add("Log", step.add("Add", step.add("Exp", gap), step.number(1)))
    return step.add("Add", step.add("Max", one, other), more)


def _clip(step: Step) -> Operand:
    x, low, high = step.aligned(step.operands(3))
    below = step.add("Min", x, high)
    least, most = step.scalar(1), step.scalar(2)
    if least is not None and most is not None and least <= most:
        return step.add("Max", below, low)
    # What lies below the lower bound becomes that, wherever the upper one is.
    return step.add("Where", step.add("Less", x, low), low, below)


def _pow(step: Step) -> Operand:
    base, exponent = step.aligned(step.operands(2))
    made = step.add("Pow", base, exponent)
    told = step.scalar(1)
    if told is not None and told > 0:
        return made
    # Zero to any power but zero is zero, below zero, too.
    zero = step.number(0)
    one = step.add("Cast", step.add("Equal", exponent, zero), to=TYPE_NUMBERS["float32"])
    return step.add("Where", step.add("Equal", base, zero), one, made)


def _filled(step: Step) -> Operand:
    """As many values as go in, all of them the same."""
    x = step.operand(0)
    step.expect(step.dims(x))
    number = step.number(number_of(step.attributes, "fillValue", 0))
    return step.add("Where", step.add("Equal", x, number), number, number)


def _cast(step: Step) -> Operand:
    told = step.attributes.get("newDataType")
    data_type = DATA_TYPES.get(told) if isinstance(told, int) else None
    x = step.operand(0)
    step.expect(step.dims(x))
    if data_type == "float16":
        # There and back again, ONNX Runtime before 1.18 leaves both casts out.
        raise NotConvertibleError("it rounds to 16 bits")
    if data_type not in ("float32", "float64"):
        raise NotConvertibleError("its result is no floating-point number")
    return x


RULES: Dict[int, Rule] = {
    Op.NEGATE: _one("Neg"),
    Op.SIGMOID: _one("Sigmoid"),
    Op.STABLE_SIGMOID: _one("Sigmoid"),
    Op.TANH: _one("Tanh"),
    Op.RELU: _one("Relu"),
    Op.EXP: _one("Exp"),
    Op.LOG: _log,
    Op.SQRT: _sqrt,
    Op.FLOOR: _one("Floor"),
    Op.ABS: _one("Abs"),
    Op.RECIPROCAL: _reciprocal,
    Op.SIN: _one("Sin"),
    Op.COS: _one("Cos"),
    Op.TAN: _one("Tan"),
    Op.ASIN: _one("Asin"),
    Op.ACOS: _one("Acos"),
    Op.ATAN: _one("Atan"),
    Op.SINH: _one("Sinh"),
    Op.COSH: _one("Cosh"),
    Op.ASINH: _one("Asinh"),
    Op.ATANH: _one("Atanh"),
    Op.ELU: _elu,
    Op.DROPOUT: _same,
    Op.PASS: _same,
    Op.NO_OP: _same,
    Op.STOP_GRADIENT: _same,
    Op.RECONCILE_DYNAMIC_AXIS: _same,
    Op.PLUS: _combined("Add"),
    Op.MINUS: _minus,
    Op.ELEMENT_TIMES: _combined("Mul"),
    Op.POW: _pow,
    Op.EQUAL: _compared("Equal"),
    Op.LESS: _compared("Less"),
    Op.GREATER: _compared("Greater"),
    Op.NOT_EQUAL: _compared("Equal", negated=True),
    Op.LESS_EQUAL: _compared("Greater", negated=True),
    Op.GREATER_EQUAL: _compared("Less", negated=True),
    Op.SELECT: _select,
    Op.LOG_PLUS: _log_plus,
    Op.CLIP: _clip,
    Op.CAST: _cast,
    Op.CONSTANT_OP: _filled,
}
