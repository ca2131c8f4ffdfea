"""MXNet's operators that compute number by number, normalise, or make probabilities.

From src/operator of https://github.com/apache/mxnet (1.9.1).
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import partial
from typing import Callable, Dict, Sequence

from ...network.lowering import NotConvertibleError
from ...network.names import operators
from ...network.value import Kind, Meaning
from ...network.weights import Repeated
from .step import Rule, Step

_Unary = Callable[[Step, str], str]


def _same(step: Step) -> Sequence[str]:
    return [step.x()]


def _node(op: str) -> _Unary:
    return lambda step, x: step.add(op, [x])


def _square(step: Step, x: str) -> str:
    return step.add("Mul", [x, x])


def _rounded(step: Step, x: str) -> str:
    """Halves go away from 0."""
    half = step.lowering.scalar(0.5)
    whole = step.add("Floor", [step.add("Add", [step.add("Abs", [x]), half])])
    return step.add("Mul", [step.add("Sign", [x]), whole])


def _inverse_root(step: Step, x: str) -> str:
    return step.add("Reciprocal", [step.add("Sqrt", [x])])


_UNARY: Dict[str, _Unary] = {
    "relu": _node("Relu"),
    "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"),
    "exp": _node("Exp"),
    "log": _node("Log"),
    "sqrt": _node("Sqrt"),
    "abs": _node("Abs"),
    "negative": _node("Neg"),
    "softsign": _node("Softsign"),
    "erf": _node("Erf"),
    "floor": _node("Floor"),
    "ceil": _node("Ceil"),
    "rint": _node("Round"),
    "sign": _node("Sign"),
    "reciprocal": _node("Reciprocal"),
    "square": _square,
    "round": _rounded,
    "rsqrt": _inverse_root,
}
_ACT_TYPES: Dict[str, _Unary] = {
    "relu": _node("Relu"),
    "sigmoid": _node("Sigmoid"),
    "tanh": _node("Tanh"),
    "softrelu": _node("Softplus"),
    "softsign": _node("Softsign"),
}


def _unary(name: str) -> Rule:
    return lambda step: [_UNARY[name](step, step.x())]


def _unknown_activation(step: Step, kind: str) -> NotConvertibleError:
    known = step.known(step.lowering.value(step.x()).shape)
    return NotConvertibleError(f"its kind '{kind}' is not known here", values=[known])


def _activation(step: Step) -> Sequence[str]:
    kind = step.text("act_type", "")
    rule = _ACT_TYPES.get(kind)
    if rule is None:
        raise _unknown_activation(step, kind)
    return [rule(step, step.x())]


def _leaky(step: Step) -> Sequence[str]:
    kind, x = step.text("act_type", "leaky"), step.x()
    if kind == "leaky":
        return [step.add("LeakyRelu", [x], alpha=step.number("slope", 0.25))]
    if kind == "elu":
        return [step.add("Elu", [x], alpha=step.number("slope", 0.25))]
    if kind == "selu":
        return [step.add("Selu", [x])]
    if kind == "gelu":
        half = step.add("Mul", [x, step.lowering.scalar(0.5)])
        error = step.add("Erf", [step.add("Mul", [x, step.lowering.scalar(2**-0.5)])])
        return [step.add("Mul", [half, step.add("Add", [error, step.lowering.scalar(1.0)])])]
    if kind != "prelu":
        raise _unknown_activation(step, kind)
    array, rank = step.array(1), len(step.shape())
    if array is None or array.shape is None or len(array.shape) != 1 or rank < 2:
        raise _unknown_activation(step, kind)
    slopes = step.lowering.constant([array.shape[0], *[1] * (rank - 2)])
    return [step.add("PRelu", [x, step.add("Reshape", [step.x(1), slopes])])]


def _clip(step: Step) -> Sequence[str]:
    low, high = step.number("a_min", -3.0e38), step.number("a_max", 3.0e38)
    return [step.add("Clip", [step.x(), step.lowering.scalar(low), step.lowering.scalar(high)])]


def _hard_sigmoid(step: Step) -> Sequence[str]:
    alpha, beta = step.number("alpha", 0.2), step.number("beta", 0.5)
    return [step.add("HardSigmoid", [step.x()], alpha=alpha, beta=beta)]


def _scalar(op: str, *, swapped: bool = False, truth: bool = False) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        number = step.lowering.scalar(step.number("scalar", 1.0))
        operands = [number, step.x()] if swapped else [step.x(), number]
        made = step.add(op, operands)
        # MXNet's truth values are numbers of the image's type.
        return [step.add("Cast", [made], to=1) if truth else made]

    return rule


_SCALARS: Dict[str, Rule] = {
    "_mul_scalar": _scalar("Mul"),
    "_plus_scalar": _scalar("Add"),
    "_minus_scalar": _scalar("Sub"),
    "_rminus_scalar": _scalar("Sub", swapped=True),
    "_div_scalar": _scalar("Div"),
    "_rdiv_scalar": _scalar("Div", swapped=True),
    "_power_scalar": _scalar("Pow"),
    "_rpower_scalar": _scalar("Pow", swapped=True),
    "_maximum_scalar": _scalar("Max"),
    "_minimum_scalar": _scalar("Min"),
    "_greater_scalar": _scalar("Greater", truth=True),
    "_lesser_scalar": _scalar("Less", truth=True),
    "_greater_equal_scalar": _scalar("GreaterOrEqual", truth=True),
    "_lesser_equal_scalar": _scalar("LessOrEqual", truth=True),
    "_equal_scalar": _scalar("Equal", truth=True),
}
# As they were called before 1.0.
_OLD_SCALARS = {
    "_MulScalar": "_mul_scalar", "_PlusScalar": "_plus_scalar", "_MinusScalar": "_minus_scalar",
    "_RMinusScalar": "_rminus_scalar", "_DivScalar": "_div_scalar", "_RDivScalar": "_rdiv_scalar",
    "_PowerScalar": "_power_scalar", "_MaximumScalar": "_maximum_scalar",
    "_MinimumScalar": "_minimum_scalar",
}  # fmt: skip
_BINARY = {
    "Add": "elemwise_add _plus _Plus _add broadcast_add broadcast_plus _grad_add",
    "Sub": "elemwise_sub _minus _Minus _sub broadcast_sub broadcast_minus",
    "Mul": "elemwise_mul _mul _Mul broadcast_mul",
    "Div": "elemwise_div _div _Div broadcast_div",
    "Max": "_maximum _Maximum broadcast_maximum",
    "Min": "_minimum _Minimum broadcast_minimum",
    "Pow": "_power _Power broadcast_power",
    "Sum": "add_n ElementWiseSum",
}


def _elementwise(op: str) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        names = step.all_inputs()
        shapes = [step.lowering.value(name).shape for name in names]
        known = [shape for shape in shapes if shape is not None]
        if len({len(shape) for shape in known}) > 1:
            raise NotConvertibleError("what goes into it differs in the number of axes")
        if len(known) < len(shapes):
            # Only operands of the same shape go together, but for the broadcasting ones.
            alike = known and not step.node.op.startswith("broadcast_")
            told = [step.known(known[0])] if alike else []
            raise NotConvertibleError("not all that goes into it is known", values=told)
        return [step.add(op, names)]

    return rule


def _batch_normalization(step: Step) -> Sequence[str]:
    rank = len(step.shape())
    axis = step.axis(rank=rank)
    turned = axis != 1
    if turned and axis != rank - 1:
        raise NotConvertibleError("it normalises over another axis than the channels", values=[
            step.known(step.shape())
        ])  # fmt: skip
    x = step.x()
    if turned:
        x = step.add("Transpose", [x], perm=(0, rank - 1, *range(1, rank - 1)))
    known = step.lowering.value(x)
    if len(step.inputs) < 5:
        raise NotConvertibleError("its statistics are not known", values=[step.known(step.shape())])
    gamma, beta, mean, variance = (step.x(index) for index in range(1, 5))
    if step.node.truth("fix_gamma", True):
        # Whatever is stored for it, it is 1.
        array = step.array(1)
        count = (known.size(1) if array is None or not array.shape else array.shape[0]) or 1
        ones = Repeated(struct.pack("<f", 1.0), count)
        gamma = step.lowering.weight(f"{step.node.name}_ones", (count,), ones)
    epsilon = step.number("eps", 1e-3)
    made = step.add("BatchNormalization", [x, gamma, beta, mean, variance], epsilon=epsilon)
    return [step.add("Transpose", [made], perm=(0, *range(2, rank), 1)) if turned else made]


def _instance_norm(step: Step) -> Sequence[str]:
    if len(step.inputs) < 3:
        raise NotConvertibleError("its weights are not known", values=[step.known(step.shape())])
    epsilon = step.number("eps", 1e-3)
    return [step.add("InstanceNormalization", [step.x(), step.x(1), step.x(2)], epsilon=epsilon)]


def _layer_norm(step: Step) -> Sequence[str]:
    rank = len(step.shape())
    axis = step.axis(default=-1, rank=rank)
    if len(step.inputs) < 3:
        raise NotConvertibleError("its weights are not known", values=[step.known(step.shape())])
    mean = partial(step.add, "ReduceMean", axes=(axis,), keepdims=1)
    centred = step.add("Sub", [step.x(), mean([step.x()])])
    spread = mean([step.add("Mul", [centred, centred])])
    epsilon = step.lowering.scalar(step.number("eps", 1e-5))
    root = step.add("Sqrt", [step.add("Add", [spread, epsilon])])
    shape = step.lowering.constant([-1, *[1] * (rank - 1 - axis)])
    gamma, beta = (step.add("Reshape", [step.x(index), shape]) for index in (1, 2))
    made = step.add("Mul", [step.add("Div", [centred, root]), gamma])
    return [step.add("Add", [made, beta])]


def _l2_normalization(step: Step) -> Sequence[str]:
    rank, mode = len(step.shape()), step.text("mode", "instance")
    axes = {
        "instance": tuple(range(1, rank)), "channel": (1,), "spatial": tuple(range(2, rank)),
    }.get(mode)  # fmt: skip
    if not axes:
        raise _unknown_activation(step, mode)
    squares = step.add("ReduceSumSquare", [step.x()], axes=axes, keepdims=1)
    epsilon = step.lowering.scalar(step.number("eps", 1e-10))
    length = step.add("Sqrt", [step.add("Add", [squares, epsilon])])
    return [step.add("Div", [step.x(), length])]


def _lrn(step: Step) -> Sequence[str]:
    size = step.node.whole("nsize")
    if not size or size < 1 or size % 2 == 0:
        raise NotConvertibleError("its window makes no sense", values=[step.known(step.shape())])
    return [
        step.add(
            "LRN", [step.x()], size=size, alpha=step.number("alpha", 1e-4),
            beta=step.number("beta", 0.75), bias=step.number("knorm", 2.0),
        )
    ]  # fmt: skip


def _soft(op: str, *, negated: bool = False) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        axis = step.axis(default=-1)
        if step.node.truth("use_length") or len(step.inputs) > 1:
            raise NotConvertibleError(
                "it leaves out what is beyond a length", values=[step.known(step.shape())]
            )
        x, temperature = step.x(), step.number("temperature", 1.0)
        if negated:
            x = step.add("Neg", [x])
        if temperature != 1.0:
            x = step.add("Div", [x, step.lowering.scalar(temperature)])
        return [step.add(op, [x], axis=axis)]

    return rule


def _soft_over_row(step: Step) -> str:
    """Softmax over everything of an image, told for rows alone.

    For more axes, MXNet's builds with and without oneDNN compute different things.
    """
    if len(step.shape()) != 2:
        value = replace(step.lowering.value(step.x()), meaning=Meaning(Kind.SOFTMAX))
        raise NotConvertibleError("MXNet's builds differ in what it covers", values=[value])
    return step.add("Softmax", [step.x()], axis=1)


def _softmax_output(step: Step) -> Sequence[str]:
    rank = len(step.shape())
    if step.node.truth("multi_output"):
        return [step.add("Softmax", [step.x()], axis=1)]
    if step.node.truth("preserve_shape"):
        return [step.add("Softmax", [step.x()], axis=rank - 1)]
    return [_soft_over_row(step)]


def _softmax_activation(step: Step) -> Sequence[str]:
    if step.text("mode", "instance") == "channel":
        return [step.add("Softmax", [step.x()], axis=1)]
    return [_soft_over_row(step)]


def _logistic(step: Step) -> Sequence[str]:
    return [step.add("Sigmoid", [step.x()])]


def _cast(step: Step) -> Sequence[str]:
    kind = step.text("dtype", "float32")
    if kind == "float32":
        return [step.x()]
    value = step.lowering.value(step.x())
    raise NotConvertibleError(f"numbers are cast to {kind}", values=[value])


def _dropout(step: Step) -> Sequence[str]:
    if step.text("mode", "training") == "always":
        raise NotConvertibleError("its result is random", values=[step.lowering.value(step.x())])
    return [step.x()]


def _alike(number: float) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        made = step.add("ConstantOfShape", [step.add("Shape", [step.x()])])
        return [step.add("Add", [made, step.lowering.scalar(number)]) if number else made]

    return rule


def _shape_only(reason: str) -> Rule:
    """An operator that keeps the shape, and is not written."""

    def rule(step: Step) -> Sequence[str]:
        value = step.lowering.value(step.x())
        raise NotConvertibleError(reason, values=[step.known(value.shape)])

    return rule


RULES: Dict[str, Rule] = {
    **{name: _unary(name) for name in _UNARY},
    **_SCALARS,
    **{old: _SCALARS[new] for old, new in _OLD_SCALARS.items()},
    **{name: _elementwise(op) for op, names in _BINARY.items() for name in operators(names)},
    "Activation": _activation,
    "LeakyReLU": _leaky,
    "clip": _clip,
    "hard_sigmoid": _hard_sigmoid,
    "BatchNorm": _batch_normalization,
    "BatchNorm_v1": _batch_normalization,
    "_contrib_SyncBatchNorm": _batch_normalization,
    "InstanceNorm": _instance_norm,
    "LayerNorm": _layer_norm,
    "GroupNorm": _shape_only("it normalises groups of channels"),
    "L2Normalization": _l2_normalization,
    "LRN": _lrn,
    "softmax": _soft("Softmax"),
    "softmin": _soft("Softmax", negated=True),
    "log_softmax": _soft("LogSoftmax"),
    "SoftmaxOutput": _softmax_output,
    "Softmax": _softmax_output,
    "SoftmaxActivation": _softmax_activation,
    "LogisticRegressionOutput": _logistic,
    "Cast": _cast,
    "cast": _cast,
    "amp_cast": _cast,
    "Dropout": _dropout,
    "zeros_like": _alike(0.0),
    "ones_like": _alike(1.0),
    "_contrib_quantize_v2": _shape_only("it quantises"),
    "cbrt": _shape_only("ONNX has no cube root"),
}
RULES.update(
    (name, _same)
    for name in operators(
        "identity _copy BlockGrad stop_gradient LinearRegressionOutput MAERegressionOutput "
        "SVMOutput MakeLoss make_loss"
    )
)
