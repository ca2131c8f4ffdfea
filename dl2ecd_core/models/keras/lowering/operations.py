"""Single operations used as layers, in ONNX's operators.

Keras 3 writes the class of an operation with its own settings and all arguments, Keras 2 a
``TFOpLambda`` with a function's name: see :mod:`..operations`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ....network.data_types import TYPE_NUMBERS
from ....network.lowering import NotConvertibleError, unknown_operation
from ..config import CONSTANT, Layer, refs_in
from ..operations import function_of
from ..settings import axis
from . import activations, arranging, resizing
from .step import Rule, Step, rules
from .tensors import Tensor

_END = (1 << 63) - 1
#: Start, stop and step of a slice.
_Bounds = Tuple[Optional[int], Optional[int], Optional[int]]
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


def has_rule(layer: Layer) -> bool:
    """Whether a layer is an operation that is followed."""
    return function_of(layer) in _RULES


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
    """An argument by any of its names, wherever it was written; None when it was not."""
    call = step.call
    for name in names:
        for values in (call.named, step.settings.values):
            if name in values:
                return values[name]
    return call.positional[place] if len(call.positional) > place else None


def _function(name: str, step: Step) -> Sequence[Tensor]:
    """One of Keras' activation functions, called with nothing but a tensor."""
    if len(step.call.positional) > 1 or set(step.call.named) - {"name", "x", "features", "input"}:
        step.cannot("it is called with more than a tensor")
    return [activations.activated(step, name, step.x)]


def _unary(op: str, step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    return [Tensor(step.computed(step.add(op, [x.name])), x.front)]


def _square(step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    return [Tensor(step.add("Mul", [x.name, x.name]), x.front)]


def _root(step: Step) -> Sequence[Tensor]:
    x = arranging.floating(step, step.x)
    made = step.add("Reciprocal", [step.add("Sqrt", [x.name])])
    return [Tensor(step.computed(made), x.front)]


def _operands(step: Step) -> List[Any]:
    """The two sides of an operation: tensors by their numbers among the inputs, and numbers."""
    call = step.call
    if call.positional:
        told: List[Any] = list(call.positional)
    elif len(step.inputs) == 1:
        others = [call.named[name] for name in ("y", "x2") if name in call.named]
        # Where a number comes first, the tensor is written behind it.
        told = [call.named.get(CONSTANT), *others]
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
        return [Tensor(step.computed(step.add(op, names)), both[0].front)]
    if len({step.lowering.value(side.name).rank for side in both}) != 1:
        raise NotConvertibleError("what it combines differs in the number of axes")
    names, front = arranging.together(step, both)
    return [Tensor(step.computed(step.add(op, names)), front)]


def _clip(step: Step) -> Sequence[Tensor]:
    low = _argument(step, "x_min", "clip_value_min", place=1)
    high = _argument(step, "x_max", "clip_value_max", place=2)
    if not all(isinstance(one, (int, float)) for one in (low, high)):
        step.cannot("its limits are no numbers")
        return [step.scores(step.x)]
    return [Tensor(activations.clipped(step, step.x.name, low, high), step.x.front)]


def _slope(step: Step) -> Sequence[Tensor]:
    slope = _argument(step, "negative_slope", "alpha")
    if slope is None or isinstance(slope, bool) or not isinstance(slope, (int, float)):
        step.cannot("its slope is no number")
        return [step.scores(step.x)]
    return [Tensor(step.add("LeakyRelu", [step.x.name], alpha=float(slope)), step.x.front)]


def _gelu(step: Step) -> Sequence[Tensor]:
    # Keras 3 approximates unless told otherwise, TensorFlow does not.
    if _argument(step, "approximate") is not False:
        step.cannot("it approximates a function that ONNX has exactly")
    return [activations.activated(step, "gelu", step.x)]


def _elu(step: Step) -> Sequence[Tensor]:
    slope = _argument(step, "alpha")
    slope = 1.0 if slope is None else slope
    if isinstance(slope, bool) or not isinstance(slope, (int, float)):
        step.cannot("its slope is no number")
        return [step.scores(step.x)]
    x = arranging.floating(step, step.x)
    return [Tensor(step.add("Elu", [x.name], alpha=float(slope)), x.front)]


def _log1p(step: Step) -> Sequence[Tensor]:
    step.cannot("ONNX has no logarithm that is exact for small numbers")
    return [step.scores(step.x)]


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
    if not known or len(known) != len(places):
        raise NotConvertibleError("it runs over no axis, or over none that is named")
    if 0 in known:
        step.cannot("it runs over the axis of the batch")
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
    letters = step.lowering.value(x.name).letters or ""
    over_classes = any(letters[place] == "C" for place in places)
    return [Tensor(made if over_classes else step.computed(made), front)]


def _argmax(step: Step) -> Sequence[Tensor]:
    x, axes = step.x, _axes(step)
    if len(axes) != 1 or isinstance(_argument(step, "axis"), list):
        raise NotConvertibleError("it runs over several axes at once")
    keep = _kept(step)
    last = axes[0] == step.rank(x) - 1
    if x.front and not (keep or last):
        x = Tensor(step.plain(x))
    made = step.add("ArgMax", [x.name], axis=step.place(x, axes[0]), keepdims=int(keep))
    # Keras 3 counts in int32, TensorFlow's argmax in int64 unless told otherwise.
    if _argument(step, "output_type", place=99) not in (None, "int64") or (
        step.layer.class_name != "TFOpLambda"
    ):
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
    return [arranging.joined(step, step.inputs, _argument(step, "axis"))]


def _expanded(step: Step) -> Sequence[Tensor]:
    place = axis(_argument(step, "axis"), step.rank(step.x) + 1)
    if place is None:
        raise NotConvertibleError("where it puts an axis is not told")
    if not place:
        step.cannot("it puts an axis before that of the batch")
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
    step.lowering.learn(x, "NCHW")
    mode = mode if isinstance(mode, str) else "bilinear"
    return [Tensor(resizing.resized_to(step, x, size, mode), True)]


def _cast(step: Step) -> Sequence[Tensor]:
    kind = str(_argument(step, "dtype", "dtype_"))
    if kind not in _WIDTHS:
        step.cannot("it makes numbers of a kind that is not followed")
    made = step.add("Cast", [step.x.name], to=_WIDTHS.get(kind, 1))
    if step.sized:
        # What a graph computes as 32-bit floats has its own type in Keras.
        told = kind if kind in TYPE_NUMBERS else None
        step.lowering.known(made, replace(step.lowering.value(made), data_type=told))
    return [Tensor(made, step.x.front)]


def _unchanged(step: Step) -> Sequence[Tensor]:
    return [step.x]


def _sliced(step: Step) -> Sequence[Tensor]:
    """``tensor[:, 1:-1]``: one slice per axis, the last axes left out being kept whole."""
    slices = _slices(step)
    if len(slices) > step.rank(step.x):
        raise NotConvertibleError("it takes single rows, or new axes")
    numbers: List[Tuple[int, int, int, int]] = []
    for number, (start, stop, stride) in enumerate(slices):
        if (start, stop, stride) in ((None, None, None), (None, None, 1)):
            continue
        by = 1 if stride is None else stride
        if not number or by < 1:
            step.cannot("it takes images out of a batch, or runs backwards")
        if not number and step.shape(step.x)[0] is None:
            raise NotConvertibleError("it takes images out of a batch of any size")
        begin = (0 if by > 0 else _END) if start is None else start
        end = (_END if by > 0 else -_END) if stop is None else stop
        numbers.append((step.place(step.x, number), begin, end, by))
    if not numbers:
        return [step.x]
    numbers.sort()
    places, starts, ends, steps = (list(column) for column in zip(*numbers))
    inputs = [step.x.name, *map(step.lowering.constant, (starts, ends, places, steps))]
    made = step.add("Slice", inputs)
    if 0 in step.lowering.shape(made):
        step.cannot("nothing would be left")
    return [Tensor(made, step.x.front)]


def _slices(step: Step) -> List[_Bounds]:
    """Start, stop and step along each axis."""
    slices = _argument(step, "slice_spec")
    if isinstance(slices, dict) and slices.get("class_name") == "__tuple__":
        slices = slices.get("items")
    if not isinstance(slices, list):
        raise NotConvertibleError("it takes single rows, or new axes")
    found: List[_Bounds] = []
    for item in slices:
        config = item.get("config", item) if isinstance(item, dict) else None
        if not isinstance(config, dict) or not {"start", "stop", "step"} <= set(config):
            raise NotConvertibleError("it takes single rows, or new axes")
        start, stop, by = (config[name] for name in ("start", "stop", "step"))
        if by == 0 or any(one is not None and type(one) is not int for one in (start, stop, by)):
            raise NotConvertibleError("it takes single rows, or new axes")
        found.append((start, stop, by))
    return found


_RULES: Dict[str, Rule] = {
    **rules(
        (_clip, "Clip"),
        (_slope, "LeakyRelu"),
        (_gelu, "Gelu"),
        (_elu, "Elu"),
        (_log1p, "Log1p"),
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
