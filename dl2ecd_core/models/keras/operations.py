"""Single operations used as layers: ``keras.ops`` in Keras 3, TensorFlow functions in Keras 2.

Keras 3 writes the class of the operation (keras/src/ops/*.py) with its own settings and all
arguments; Keras 2 (2.4 to 2.15) writes a ``TFOpLambda`` with the name of the function and its
arguments by name (keras/layers/core/tf_op_layer.py). Only what is simple is followed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..description import Activation
from .config import Call, Layer, whole
from .flow import UNKNOWN, Flow, Rule, Settings, axis
from .general import combined, joined, permuted, reshaped, softmax_over

#: Stands for an argument that was not written.
MISSING = object()
_OLD = "compat.v1."


def is_operation(layer: Layer) -> bool:
    """Whether a layer is a single operation of Keras 3.

    Its .h5 files name no modules, but nearly all layers have a setting that operations have not.
    """
    if layer.module is not None:
        return layer.module.startswith(("keras.src.ops", "keras.ops"))
    if "trainable" in layer.config or layer.class_name.startswith("SpatialDropout"):
        return False
    return any(call.positional for call in layer.calls)


def function_of(layer: Layer) -> Optional[str]:
    """What an operation does, by the name that Keras 3 has for it; None when it is not simple."""
    if is_operation(layer):
        return layer.class_name
    if layer.class_name == "TFOpLambda":
        function = layer.config.get("function")
        if not isinstance(function, str):
            return None
        # Functions that TensorFlow 1 had too may stand there under that name.
        function = function[len(_OLD) :] if function.startswith(_OLD) else function
        return _FUNCTIONS.get(function)
    return "GetItem" if layer.class_name == "SlicingOpLambda" else None


def operation_rule(layer: Layer) -> Optional[Rule]:
    """How to follow an operation; None when it is not a simple one."""
    return _RULES.get(function_of(layer) or "")


def argument(settings: Settings, call: Call, *names: str, place: int = 1) -> Any:
    """An argument by any of its names, wherever it was written; :data:`MISSING` when it was not."""
    for name in names:
        for values in (call.named, settings.values):
            if name in values:
                return values[name]
    return call.positional[place] if len(call.positional) > place else MISSING


def _elementwise(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (inputs[0].done(),)


def _kept(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (inputs[0],)


def _cast(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    data_type = argument(settings, call, "dtype", "dtype_")
    return (replace(inputs[0], data_type=data_type if isinstance(data_type, str) else None),)


def _binary(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    others = [*call.positional, *call.named.values()]
    for item in others:
        # A number changes no shape; an array written into the file may.
        if isinstance(item, dict) and item.get("class_name") != "__keras_tensor__":
            return (UNKNOWN,)
        if isinstance(item, list) and not (len(item) in (3, 4) and isinstance(item[0], str)):
            return (UNKNOWN,)
    if len({flow.rank for flow in inputs}) > 1:
        return (UNKNOWN,)  # NumPy's rule for missing axes is not that of Keras' layers
    return (combined(inputs),)


def _softmax(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    value = argument(settings, call, "axis")
    return (softmax_over(inputs[0], -1 if value in (MISSING, None) else value),)


def _sigmoid(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    return (inputs[0].done(Activation.SIGMOID),)


def _reduced(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    flow = inputs[0]
    value = argument(settings, call, "axis")
    keep = argument(settings, call, "keepdims", place=99) is True
    shape = flow.shape
    if shape is None or value in (MISSING, None):
        return (UNKNOWN,)
    places = [axis(item, len(shape)) for item in (value if isinstance(value, list) else [value])]
    if None in places or not places:
        return (UNKNOWN,)
    numbers = range(len(shape))
    if keep:
        after = tuple(1 if number in places else shape[number] for number in numbers)
        return (replace(flow, shape=after, activation=Activation.NONE, footprints=None),)
    rest = [number for number in numbers if number not in places]
    axes = None if flow.axes is None else "".join(flow.axes[number] for number in rest)
    result = flow.shaped(tuple(shape[number] for number in rest), Activation.NONE)
    return (replace(result, axes=axes),)


def _argmax(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    flow = inputs[0]
    value = argument(settings, call, "axis")
    if flow.shape is None or isinstance(value, list):
        return (UNKNOWN,)
    place = axis(value, len(flow.shape))
    (result,) = _reduced(settings, inputs, call)
    if place is None or result.shape is None:
        return (UNKNOWN,)
    channels = flow.axes is not None and flow.axes[place] == "C"
    # Keras 3 counts in int32, TensorFlow's argmax in int64 unless told otherwise.
    data_type = "int32" if is_operation(settings.layer) else None
    kept = flow.footprints if channels and len(result.shape) == 3 else None
    return (
        replace(
            result,
            data_type=data_type,
            activation=Activation.ARGMAX,
            class_count=flow.shape[place] if channels else None,
            footprints=kept,
        ),
    )


def _transpose(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    order = argument(settings, call, "axes", "perm")
    return (permuted(inputs[0], order) if isinstance(order, list) else UNKNOWN,)


def _reshape(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    target, shape = argument(settings, call, "newshape", "shape"), inputs[0].shape
    if shape is None or not isinstance(target, list) or len(target) < 1:
        return (UNKNOWN,)
    # A free batch is one more unknown: only where -1 or the batch stands first it stays in place.
    if shape[0] is None and target[0] in (-1, None):
        after = reshaped(shape[1:], target[1:])
        return (UNKNOWN if after is None else inputs[0].shaped((None, *after)),)
    return (UNKNOWN,)


def _concatenate(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    value = argument(settings, call, "axis")
    return (UNKNOWN if value is MISSING else joined(inputs, value),)


def _expanded(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape, value = inputs[0].shape, argument(settings, call, "axis")
    place = None if shape is None else axis(value, len(shape) + 1)
    if shape is None or place is None:
        return (UNKNOWN,)
    return (inputs[0].shaped((*shape[:place], 1, *shape[place:])),)


def _squeezed(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    shape, value = inputs[0].shape, argument(settings, call, "axis")
    place = None if shape is None else axis(value, len(shape))
    if shape is None or place is None or shape[place] != 1:
        return (UNKNOWN,)
    flow = inputs[0]
    axes = None if flow.axes is None else flow.axes[:place] + flow.axes[place + 1 :]
    result = flow.shaped((*shape[:place], *shape[place + 1 :]), flow.activation)
    return (replace(result, axes=axes),)


def _resized(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """``tf.image.resize`` and ``keras.ops.image.resize``; channels last unless told otherwise."""
    size, flow = argument(settings, call, "size"), inputs[0]
    data_format = argument(settings, call, "data_format", place=99)
    if data_format not in (MISSING, None, "channels_last") or flow.rank != 4:
        return (UNKNOWN,)
    if flow.shape is None or not isinstance(size, list) or len(size) != 2:
        return (UNKNOWN,)
    target: List[Optional[int]] = [whole(item) for item in size]
    if None in target or argument(settings, call, "preserve_aspect_ratio", place=99) is True:
        return (UNKNOWN,)
    result = flow.shaped((flow.shape[0], *target, flow.shape[3]), flow.activation)
    placed = None
    if flow.footprints is not None:
        rows, columns = flow.footprints
        placed = (
            None if rows is None else rows.resized(flow.shape[1], target[0]),
            None if columns is None else columns.resized(flow.shape[2], target[1]),
        )
    return (replace(result, axes="NHWC", footprints=placed, data_type=None),)


def _sliced(settings: Settings, inputs: Sequence[Flow], call: Call) -> Sequence[Flow]:
    """``tensor[:, 1:-1]``: one slice per axis, the last axes left out being kept whole."""
    shape, slices = inputs[0].shape, slices_of(settings, call)
    if shape is None or slices is None or len(slices) > len(shape):
        return (UNKNOWN,)
    after: List[Optional[int]] = list(shape)
    for number, bounds in enumerate(slices):
        size = shape[number]
        if bounds == (None, None, None):
            continue
        if size is None or bounds[2] == 0:
            return (UNKNOWN,)
        after[number] = len(range(*slice(*bounds).indices(size)))
    kept = replace(inputs[0], shape=tuple(after), footprints=None)
    return (replace(kept, activation=inputs[0].activation),)


_Bounds = Tuple[Optional[int], Optional[int], Optional[int]]


def slices_of(settings: Settings, call: Call) -> Optional[List[_Bounds]]:
    """Start, stop and step along each axis; None where anything else is asked for."""
    slices = argument(settings, call, "slice_spec")
    if isinstance(slices, dict) and slices.get("class_name") == "__tuple__":
        slices = slices.get("items")
    if not isinstance(slices, list):
        return None
    found: List[_Bounds] = []
    for item in slices:
        config = item.get("config", item) if isinstance(item, dict) else None
        if not isinstance(config, dict) or not {"start", "stop", "step"} <= set(config):
            return None
        start, stop, step = (config[name] for name in ("start", "stop", "step"))
        if any(one is not None and type(one) is not int for one in (start, stop, step)):
            return None
        found.append((start, stop, step))
    return found


_RULES: Dict[str, Rule] = {
    "GetItem": _sliced,
    "Softmax": _softmax,
    "Sigmoid": _sigmoid,
    "Argmax": _argmax,
    "Transpose": _transpose,
    "Reshape": _reshape,
    "Concatenate": _concatenate,
    "ExpandDims": _expanded,
    "Squeeze": _squeezed,
    "Resize": _resized,
    "Cast": _cast,
    "StopGradient": _kept,
}
_GROUPS: Tuple[Tuple[Rule, str], ...] = (
    (_binary, "Add Subtract Multiply Divide TrueDivide Maximum Minimum Power"),
    (_reduced, "Mean Sum Max Min Amax Amin"),
    (
        _elementwise,
        "Relu Relu6 Tanh Softplus Softsign Silu LeakyRelu HardSigmoid HardSilu Elu Selu Gelu Exp "
        "Log Log1p Sqrt Rsqrt Square Abs Absolute Negative Clip",
    ),
)
for _rule, _names in _GROUPS:
    for _name in _names.split():
        _RULES[_name] = _rule

#: TensorFlow's functions and the operations of Keras 3 that do the same to shapes.
_FUNCTIONS: Dict[str, str] = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "math.subtract": "Subtract",
    "math.multiply": "Multiply",
    "math.truediv": "Divide",
    "math.divide": "Divide",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.pow": "Power",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.silu": "Silu",
    "nn.swish": "Silu",
    "nn.gelu": "Gelu",
    "nn.elu": "Elu",
    "nn.leaky_relu": "LeakyRelu",
    "nn.softmax": "Softmax",
    "math.sigmoid": "Sigmoid",
    "nn.sigmoid": "Sigmoid",
    "math.tanh": "Tanh",
    "math.exp": "Exp",
    "math.log": "Log",
    "math.sqrt": "Sqrt",
    "math.rsqrt": "Rsqrt",
    "math.square": "Square",
    "math.abs": "Abs",
    "math.negative": "Negative",
    "clip_by_value": "Clip",
    "math.reduce_mean": "Mean",
    "math.reduce_sum": "Sum",
    "math.reduce_max": "Max",
    "math.reduce_min": "Min",
    "math.argmax": "Argmax",
    "transpose": "Transpose",
    "concat": "Concatenate",
    "expand_dims": "ExpandDims",
    "image.resize": "Resize",
    "cast": "Cast",
}
