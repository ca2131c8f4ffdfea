"""Caffe's layers that leave the size as it is: activations, scales, normalisations."""

from __future__ import annotations

import struct
from typing import Dict, List, Optional, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.weights import Repeated
from .layer import Lowered, Rule, axis_of
from .network import flag, integers, number

# The largest 32-bit number: no limit.
_LARGEST = 3.4028234663852886e38
_ONE, _ZERO = struct.pack("<f", 1.0), struct.pack("<f", 0.0)


def _plain(op: str) -> Rule:
    """A layer that is one operator without settings."""
    return lambda one: [one.add(op, one.bottoms[:1])]


def _known_only(reason: str) -> Rule:
    """A layer that leaves the size as it is and has no words in ONNX."""

    def refuse(one: Lowered) -> Sequence[str]:
        known = one.value(one.shape())
        raise NotConvertibleError(reason, values=[known])

    return refuse


def _relu(one: Lowered) -> Sequence[str]:
    slope = number(one.settings("relu_param"), "negative_slope", 0.0)
    if slope:
        return [one.add("LeakyRelu", one.bottoms[:1], alpha=slope)]
    return [one.add("Relu", one.bottoms[:1])]


def _prelu(one: Lowered) -> Sequence[str]:
    shape = one.shape()
    shared = flag(one.settings("prelu_param"), "channel_shared")
    channels = 1 if shared else _size(shape, 1)
    dims = (channels, *(1,) * (len(shape) - 2))
    return [one.add("PRelu", [one.bottoms[0], one.weight(0, dims)])]


def _elu(one: Lowered) -> Sequence[str]:
    alpha = number(one.settings("elu_param"), "alpha", 1.0)
    return [one.add("Elu", one.bottoms[:1], alpha=alpha)]


def _limited(settings: str, least: float, most: float) -> Rule:
    def clip(one: Lowered) -> Sequence[str]:
        given = one.settings(settings)
        limits = [
            one.lowering.scalar(number(given, name, value))
            for name, value in (("min", least), ("max", most))
        ]
        return [one.add("Clip", [one.bottoms[0], *limits])]

    return clip


def _scaled(one: Lowered, x: str, scale: float, shift: float) -> str:
    if scale != 1:
        x = one.add("Mul", [x, one.lowering.scalar(scale)])
    return one.add("Add", [x, one.lowering.scalar(shift)]) if shift else x


def _power(one: Lowered) -> Sequence[str]:
    """(shift + scale * x) ^ power"""
    settings = one.settings("power_param")
    scale, shift = number(settings, "scale", 1.0), number(settings, "shift", 0.0)
    exponent = number(settings, "power", 1.0)
    made = _scaled(one, one.bottoms[0], scale, shift)
    if exponent != 1:
        made = one.add("Pow", [made, one.lowering.scalar(exponent)])
    return [made]


def _exponential(one: Lowered) -> Sequence[str]:
    """base ^ (shift + scale * x); a base of -1 is e."""
    settings = one.settings("exp_param")
    base = number(settings, "base", -1.0)
    made = _scaled(
        one, one.bottoms[0], number(settings, "scale", 1.0), number(settings, "shift", 0.0)
    )
    if base == -1:
        return [one.add("Exp", [made])]
    return [one.add("Pow", [one.lowering.scalar(base), made])]


def _logarithm(one: Lowered) -> Sequence[str]:
    """log_base(shift + scale * x); a base of -1 is e."""
    settings = one.settings("log_param")
    base = number(settings, "base", -1.0)
    made = _scaled(
        one, one.bottoms[0], number(settings, "scale", 1.0), number(settings, "shift", 0.0)
    )
    made = one.add("Log", [made])
    if base != -1:
        made = one.add("Div", [made, one.add("Log", [one.lowering.scalar(base)])])
    return [made]


def _threshold(one: Lowered) -> Sequence[str]:
    level = one.lowering.scalar(number(one.settings("threshold_param"), "threshold", 0.0))
    return [one.add("Cast", [one.add("Greater", [one.bottoms[0], level])], to=1)]


def _swish(one: Lowered) -> Sequence[str]:
    x = one.bottoms[0]
    gate = _scaled(one, x, number(one.settings("swish_param"), "beta", 1.0), 0.0)
    return [one.add("Mul", [x, one.add("Sigmoid", [gate])])]


def _softmax(one: Lowered) -> Sequence[str]:
    axis = axis_of(one.settings("softmax_param"), len(one.shape()))
    return [one.add("Softmax", one.bottoms[:1], axis=axis)]


def _size(shape: Sequence[Optional[int]], axis: int) -> int:
    size = shape[axis] if axis < len(shape) else None
    if size is None:
        raise NotConvertibleError("how many channels go into it is not known")
    return size


def _batch_norm(one: Lowered) -> Sequence[str]:
    """Sums of means and variances, and the factor that they were summed up with."""
    settings, channels = one.settings("batch_norm_param"), _size(one.shape(), 1)
    if settings.get("use_global_stats", [1])[-1] in (0, "0", "false", "False", "f"):
        raise NotConvertibleError(
            "it takes means of the images at hand, not those it learned",
            values=[one.value(one.shape())],
        )
    factor, zero = one.weight(2, (1,)), one.lowering.scalar(0.0)
    inverse = one.add(
        "Where", [one.add("Equal", [factor, zero]), zero, one.add("Reciprocal", [factor])]
    )
    mean, variance = (one.add("Mul", [one.weight(index, (channels,)), inverse]) for index in (0, 1))
    scale = one.lowering.weight(f"{one.layer.name}.ones", (channels,), Repeated(_ONE, channels))
    shift = one.lowering.weight(f"{one.layer.name}.zeros", (channels,), Repeated(_ZERO, channels))
    return [
        one.add(
            "BatchNormalization",
            [one.bottoms[0], scale, shift, mean, variance],
            epsilon=number(settings, "eps", 1e-5),
        )
    ]


def _laid_over(one: Lowered, settings: str, index: int) -> Tuple[str, Tuple[int, ...]]:
    """The factors or summands of a layer, shaped so that they lie over the right axes."""
    shape = one.shape()
    axis = axis_of(one.settings(settings), len(shape))
    if len(one.bottoms) > 1:
        given = one.shape(1)
        left = len(shape) - axis - len(given)
        if left < 0:
            raise NotConvertibleError("its second input has too many axes")
        sizes = tuple(_size(shape, at) for at in range(max(axis, 1), axis + len(given)))
        dims = (*sizes, *(1,) * left)
        if not left:
            return one.bottoms[1], dims
        ends = one.lowering.constant([len(given) + at for at in range(left)])
        return one.add("Unsqueeze", [one.bottoms[1], ends]), dims
    count = (integers(one.settings(settings), "num_axes") or [1])[-1]
    last = len(shape) if count == -1 else axis + count
    if not axis <= last <= len(shape):
        raise NotConvertibleError(f"it is laid over {count} axes, more than there are")
    dims = tuple(_size(shape, at) for at in range(axis, last)) + (1,) * (len(shape) - last)
    return one.weight(index, dims), dims


def _scale(one: Lowered) -> Sequence[str]:
    factors, dims = _laid_over(one, "scale_param", 0)
    made = one.add("Mul", [one.bottoms[0], factors])
    if flag(one.settings("scale_param"), "bias_term"):
        made = one.add("Add", [made, one.weight(1 if len(one.bottoms) == 1 else 0, dims)])
    return [made]


def _bias(one: Lowered) -> Sequence[str]:
    summands, _ = _laid_over(one, "bias_param", 0)
    return [one.add("Add", [one.bottoms[0], summands])]


def _local_response(one: Lowered) -> Sequence[str]:
    settings = one.settings("lrn_param")
    if str(settings.get("norm_region", ["ACROSS_CHANNELS"])[-1]) not in ("ACROSS_CHANNELS", "0"):
        raise NotConvertibleError(
            "it takes its neighbours inside a channel, which ONNX's LRN does not",
            values=[one.value(one.shape())],
        )
    return [
        one.add(
            "LRN",
            one.bottoms[:1],
            size=(integers(settings, "local_size") or [5])[-1],
            alpha=number(settings, "alpha", 1.0),
            beta=number(settings, "beta", 0.75),
            bias=number(settings, "k", 1.0),
        )
    ]


def _mean_variance(one: Lowered) -> Sequence[str]:
    settings, shape, x = one.settings("mvn_param"), one.shape(), one.bottoms[0]
    first = 1 if flag(settings, "across_channels") else 2
    axes = tuple(range(first, len(shape)))
    if not axes:
        raise NotConvertibleError("there is nothing that it could take the mean of")
    made = one.add("Sub", [x, one.add("ReduceMean", [x], axes=axes)])
    if settings.get("normalize_variance", [1])[-1] in (0, "0", "false", "False", "f"):
        return [made]
    spread = one.add("Sqrt", [one.add("ReduceMean", [one.add("Mul", [made, made])], axes=axes)])
    least = one.lowering.scalar(number(settings, "eps", 1e-9))
    return [one.add("Div", [made, one.add("Add", [spread, least])])]


def _each(one: Lowered) -> Sequence[str]:
    return list(one.bottoms)


def _same(one: Lowered) -> Sequence[str]:
    return [one.bottoms[0]] * len(one.layer.tops)


_ELTWISE = {"PROD": "Mul", "SUM": "Add", "MAX": "Max", "0": "Mul", "1": "Add", "2": "Max"}


def _eltwise(one: Lowered) -> Sequence[str]:
    settings, first = one.settings("eltwise_param"), one.shape()
    if any(one.shape(index) != first for index in range(len(one.bottoms))):
        raise NotConvertibleError("what goes into it differs in size")
    op = _ELTWISE.get(str(settings.get("operation", ["SUM"])[-1]))
    factors = [number({"coeff": [value]}, "coeff", 1.0) for value in settings.get("coeff", ())]
    if op is None or (factors and (len(factors) != len(one.bottoms) or op != "Add")):
        raise NotConvertibleError("its operation or factors are not as Caffe has them")
    parts: List[str] = [
        _scaled(one, x, factor, 0.0)
        for x, factor in zip(one.bottoms, factors or [1.0] * len(one.bottoms))
    ]
    made = parts[0]
    for other in parts[1:]:
        made = one.add(op, [made, other])
    return [made]


RULES: Dict[str, Rule] = {
    "ReLU": _relu,
    "PReLU": _prelu,
    "ELU": _elu,
    "Sigmoid": _plain("Sigmoid"),
    "TanH": _plain("Tanh"),
    "AbsVal": _plain("Abs"),
    "BNLL": _plain("Softplus"),
    "Power": _power,
    "Exp": _exponential,
    "Log": _logarithm,
    "Threshold": _threshold,
    "Bias": _bias,
    "Scale": _scale,
    "BatchNorm": _batch_norm,
    "BN": _known_only("forks of Caffe differ in what it computes"),
    "LRN": _local_response,
    "MVN": _mean_variance,
    "Softmax": _softmax,
    "Normalize": _known_only("forks of Caffe differ in what it computes"),
    "ReLU6": _limited("relu6_param", 0.0, 6.0),
    "Swish": _swish,
    "Clip": _limited("clip_param", -_LARGEST, _LARGEST),
    "Dropout": _each,
    "Split": _same,
    "Eltwise": _eltwise,
}
