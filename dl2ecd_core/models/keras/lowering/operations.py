"""Single operations used as layers, in ONNX's operators.

Keras 3 writes the class of an operation with its own settings and all arguments, Keras 2 a
``TFOpLambda`` with a function's name: see :mod:`..operations`.
"""

from __future__ import annotations

from functools import partial
from typing import Any, Dict, List, Sequence, Tuple

from ....network.lowering import NotConvertibleError, unknown_operation
from ..config import Layer, refs_in
from ..flow import axis
from ..operations import MISSING, argument, function_of, slices_of
from . import activations, arranging
from .step import Rule, Step, Tensor, rules

_WIDTHS = {"float32": 1, "float16": 1, "float64": 1, "bfloat16": 1, "int32": 6, "int64": 7}
_ACTIVATIONS: Dict[str, str] = {
    "Relu": "relu", "Relu6": "relu6", "Tanh": "tanh", "Sigmoid": "sigmoid", "Softplus": "softplus",
    "Softsign": "softsign", "Silu": "silu", "HardSilu": "hard_silu", "HardSigmoid": "hard_sigmoid",
    "Selu": "selu",
}  # fmt: skip
_UNARY = {
    "Exp": "Exp", "Log": "Log", "Sqrt": "Sqrt", "Abs": "Abs", "Absolute": "Abs", "Negative": "Neg",
}  # fmt: skip
_BINARY = {
    "Add": "Add", "Subtract": "Sub", "Multiply": "Mul", "Divide": "Div", "TrueDivide": "Div",
    "Maximum": "Max", "Minimum": "Min", "Power": "Pow",
}  # fmt: skip
_REDUCTIONS = {
    "Mean": "ReduceMean", "Sum": "ReduceSum", "Max": "ReduceMax", "Min": "ReduceMin",
    "Amax": "ReduceMax", "Amin": "ReduceMin",
}  # fmt: skip


def operation_of(layer: Layer) -> Rule:
    """How an operation is lowered.

    Raises
    ------
    NotConvertibleError
        When it is not one of those that are followed.
    """
    rule = _RULES.get(function_of(layer) or "")
    if rule is None:
        raise unknown_operation()
    return rule


def _argument(step: Step, *names: str, place: int = 1) -> Any:
    """An argument by any of its names; None when it was not written."""
    value = argument(step.settings, step.call, *names, place=place)
    return None if value is MISSING else value


def _function(name: str, step: Step) -> Sequence[Tensor]:
    """One of Keras' activation functions, called with nothing but a tensor."""
    if len(step.call.positional) > 1 or set(step.call.named) - {"name", "x", "features", "input"}:
        raise NotConvertibleError("it is called with more than a tensor")
    return [activations.activated(step, name, step.x)]


def _unary(op: str, step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    return [Tensor(step.add(op, [x.name]), x.front)]


def _square(step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    return [Tensor(step.add("Mul", [x.name, x.name]), x.front)]


def _root(step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    return [Tensor(step.add("Reciprocal", [step.add("Sqrt", [x.name])]), x.front)]


def _operands(step: Step) -> List[Any]:
    """The two sides of an operation: tensors by their numbers among the inputs, and numbers."""
    call = step.call
    if call.positional:
        told: List[Any] = list(call.positional)
    elif len(step.inputs) == 1:
        others = [call.named[name] for name in ("y", "x2") if name in call.named]
        told = [None, *others]
    else:
        told = [None, None]
    told += [call.named[name] for name in ("y", "x2") if call.positional and name in call.named]
    if len(told) != 2:
        raise NotConvertibleError("it does not take two tensors")
    return told


def _binary(op: str, step: Step) -> Sequence[Tensor]:
    told, tensors = _operands(step), list(step.inputs)
    sides: List[Any] = []
    for one in told:
        is_tensor = one is None or bool(list(refs_in(one)))
        if is_tensor and tensors:
            sides.append(arranging.floating(step, tensors.pop(0)))
        elif isinstance(one, (int, float)) and not isinstance(one, bool):
            sides.append(step.number(one))
        else:
            raise NotConvertibleError("it takes something that is neither a tensor nor a number")
    both = [side for side in sides if isinstance(side, Tensor)]
    if len(both) == 1:
        names = [side.name if isinstance(side, Tensor) else side for side in sides]
        return [Tensor(step.add(op, names), both[0].front)]
    if len({step.rank(side) for side in both}) != 1:
        raise NotConvertibleError("what it combines differs in the number of axes")
    names, front = arranging.together(step, both)
    return [Tensor(step.add(op, names), front)]


def _clip(step: Step) -> Sequence[Tensor]:
    low = _argument(step, "x_min", "clip_value_min", place=1)
    high = _argument(step, "x_max", "clip_value_max", place=2)
    if not all(isinstance(one, (int, float)) for one in (low, high)):
        raise NotConvertibleError("its limits are no numbers")
    return [Tensor(activations.clipped(step, step.x.name, low, high), step.x.front)]


def _slope(step: Step) -> Sequence[Tensor]:
    slope = _argument(step, "negative_slope", "alpha")
    if slope is None or isinstance(slope, bool) or not isinstance(slope, (int, float)):
        raise NotConvertibleError("its slope is no number")
    return [Tensor(step.add("LeakyRelu", [step.x.name], alpha=float(slope)), step.x.front)]


def _gelu(step: Step) -> Sequence[Tensor]:
    # Keras 3 approximates unless told otherwise, TensorFlow does not.
    if _argument(step, "approximate") is not False:
        raise NotConvertibleError("it approximates a function that ONNX has exactly")
    return [activations.activated(step, "gelu", step.x)]


def _softmax(step: Step) -> Sequence[Tensor]:
    value = _argument(step, "axis")
    place = axis(-1 if value is None else value, step.rank(step.x))
    if place is None:
        raise NotConvertibleError("it runs over several axes at once")
    return [activations.softmax(step, step.x, place)]


def _axes(step: Step) -> Tuple[int, ...]:
    """The axes of the tensor that an operation runs over, counted from the front."""
    value, rank = _argument(step, "axis"), step.rank(step.x)
    places = [axis(item, rank) for item in (value if isinstance(value, list) else [value])]
    known = tuple(place for place in places if place is not None)
    if not known or len(known) != len(places) or 0 in known:
        raise NotConvertibleError("it runs over the axis of the batch, or over none that is named")
    return known


def _kept(step: Step) -> bool:
    return _argument(step, "keepdims", place=99) is True


def _reduced(op: str, step: Step) -> Sequence[Tensor]:
    x, axes = step.x, _axes(step)
    keep = _kept(step)
    front = x.front and keep
    if x.front and not keep:
        x = Tensor(step.plain(x))
    places = sorted(step.place(x, one) for one in axes)
    if op == "ReduceSum":
        made = step.add(op, [x.name, step.lowering.constant(places)], keepdims=int(keep))
    else:
        made = step.add(op, [x.name], axes=tuple(places), keepdims=int(keep))
    return [Tensor(made, front)]


def _argmax(step: Step) -> Sequence[Tensor]:
    x, axes = step.x, _axes(step)
    if len(axes) != 1:
        raise NotConvertibleError("it runs over several axes at once")
    keep = _kept(step)
    last = axes[0] == step.rank(x) - 1
    if x.front and not (keep or last):
        x = Tensor(step.plain(x))
    made = step.add("ArgMax", [x.name], axis=step.place(x, axes[0]), keepdims=int(keep))
    if step.layer.class_name != "TFOpLambda":
        made = step.add("Cast", [made], to=6)
    return [Tensor(made, x.front and keep)]


def _transpose(step: Step) -> Sequence[Tensor]:
    order = _argument(step, "axes", "perm")
    return [arranging.permuted(step, step.x, order if isinstance(order, list) else [])]


def _reshape(step: Step) -> Sequence[Tensor]:
    target = _argument(step, "newshape", "shape")
    batch = step.shape(step.x)[0]
    if not isinstance(target, list) or not target or target[0] not in (-1, None) or batch:
        raise NotConvertibleError("it changes the number of images")
    return [arranging.to_shape(step, step.x, target[1:])]


def _concatenate(step: Step) -> Sequence[Tensor]:
    value = _argument(step, "axis")
    return [arranging.joined(step, step.inputs, -1 if value is None else value)]


def _expanded(step: Step) -> Sequence[Tensor]:
    place = axis(_argument(step, "axis"), step.rank(step.x) + 1)
    if not place:
        raise NotConvertibleError("it puts an axis before that of the batch")
    inputs = [step.plain(step.x), step.lowering.constant([place])]
    return [Tensor(step.add("Unsqueeze", inputs))]


def _squeezed(step: Step) -> Sequence[Tensor]:
    (place, *others) = _axes(step)
    if others or step.shape(step.x)[place] != 1:
        raise NotConvertibleError("the axis that it leaves out is not of size 1")
    inputs = [step.plain(step.x), step.lowering.constant([place])]
    return [Tensor(step.add("Squeeze", inputs))]


def _resized(step: Step) -> Sequence[Tensor]:
    size = _argument(step, "size")
    mode = _argument(step, "interpolation", "method", place=2)
    told = [_argument(step, name, place=99) for name in ("data_format",)]
    odd = ("antialias", "preserve_aspect_ratio", "crop_to_aspect_ratio", "pad_to_aspect_ratio")
    if any(_argument(step, name, place=99) is True for name in odd) or told[0] not in (
        None,
        "channels_last",
    ):
        raise NotConvertibleError("it keeps the ratio of sides, or takes channels first")
    if not isinstance(size, list) or len(size) != 2 or step.rank(step.x) != 4:
        raise NotConvertibleError("its target is no size of an image")
    x = step.fronted(arranging.floating(step, step.x))
    mode = mode if isinstance(mode, str) else "bilinear"
    return [Tensor(arranging.resized_to(step, x, size, mode), True)]


def _cast(step: Step) -> Sequence[Tensor]:
    width = _WIDTHS.get(str(_argument(step, "dtype", "dtype_")))
    if width is None:
        raise NotConvertibleError("it makes numbers of a kind that is not followed")
    return [Tensor(step.add("Cast", [step.x.name], to=width), step.x.front)]


def _unchanged(step: Step) -> Sequence[Tensor]:
    return [step.x]


def _sliced(step: Step) -> Sequence[Tensor]:
    """``tensor[:, 1:-1]``: one slice per axis, the last axes left out being kept whole."""
    slices = slices_of(step.settings, step.call)
    if slices is None or len(slices) > step.rank(step.x):
        raise NotConvertibleError("it takes single rows, or new axes")
    numbers: List[Tuple[int, int, int, int]] = []
    for number, (start, stop, stride) in enumerate(slices):
        if (start, stop, stride) in ((None, None, None), (None, None, 1)):
            continue
        by = 1 if stride is None else stride
        if not number or by < 1:
            raise NotConvertibleError("it takes images out of a batch, or runs backwards")
        begin = 0 if start is None else start
        end = (1 << 63) - 1 if stop is None else stop
        numbers.append((step.place(step.x, number), begin, end, by))
    if not numbers:
        return [step.x]
    numbers.sort()
    places, starts, ends, steps = (list(column) for column in zip(*numbers))
    inputs = [step.x.name, *map(step.lowering.constant, (starts, ends, places, steps))]
    made = step.add("Slice", inputs)
    if 0 in step.lowering.shape(made):
        raise NotConvertibleError("nothing would be left")
    return [Tensor(made, step.x.front)]


_RULES: Dict[str, Rule] = {
    **rules(
        (_clip, "Clip"),
        (_slope, "LeakyRelu"),
        (_gelu, "Gelu"),
        (_square, "Square"),
        (_root, "Rsqrt"),
        (_softmax, "Softmax"),
        (_argmax, "Argmax"),
        (_transpose, "Transpose"),
        (_reshape, "Reshape"),
        (_concatenate, "Concatenate"),
        (_expanded, "ExpandDims"),
        (_squeezed, "Squeeze"),
        (_resized, "Resize"),
        (_cast, "Cast"),
        (_unchanged, "StopGradient"),
        (_sliced, "GetItem"),
    ),
}
for _made, _names in (
    (_function, _ACTIVATIONS),
    (_unary, _UNARY),
    (_binary, _BINARY),
    (_reduced, _REDUCTIONS),
):
    _RULES.update((_name, partial(_made, _op)) for _name, _op in _names.items())
