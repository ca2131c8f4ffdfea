"""Layers with weights that move no window: dense ones, lookups, and those that normalise."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ....network.lowering import NotConvertibleError
from ....network.shapes import elements
from ....network.value import Axis, Value
from ....network.weights import Repeated
from ..config import whole
from .activations import activated
from .arranging import floating, unit_length
from .step import Rule, Step, rules
from .tensors import Tensor


def _dense(step: Step) -> Sequence[Tensor]:
    x = step.x
    rank = step.rank(x)
    units = step.settings.whole("units")
    units = step.settings.whole("output_dim") if units is None else units
    if not units or rank < 2:
        raise NotConvertibleError("it has no units, or takes no rows of values")
    (before,) = step.known(x, [rank - 1])
    kernel = step.weight("kernel", (before, units))
    bias = step.weight("bias", (units,)) if step.has("bias") else None
    if x.front and rank > 2:
        # A dense layer at every pixel is a convolution of single pixels.
        ones = (1,) * (rank - 2)
        kernel = step.ordered(kernel, (1, 0), (units, before, *ones))
        inputs = [x.name, kernel, *([] if bias is None else [bias])]
        with step.lowering.unlettered():
            made = step.add("Conv", inputs, kernel_shape=ones)
        _channels_at(step, made, 1, _agreed(step, x.name, made))
    elif rank == 2 and bias is not None:
        made = step.add("Gemm", [step.plain(x), kernel, bias])
    else:
        made = step.add("MatMul", [step.plain(x), kernel])
        made = made if bias is None else step.add("Add", [made, bias])
        _channels_at(step, made, rank - 1, step.lowering.value(made))
    front = x.front and rank > 2
    return [activated(step, step.settings.values.get("activation"), Tensor(made, front))]


def _channels_at(step: Step, made: str, place: int, before: Value) -> None:
    """One axis holds what the layer makes; the others are what they were, and no channels."""
    axes = [Axis("?", axis.footprint) if axis.letter == "C" else axis for axis in before.axes]
    axes[place] = Axis("C")
    step.lowering.known(made, replace(step.lowering.value(made), axes=tuple(axes)))


def _agreed(step: Step, name: str, made: str) -> Value:
    """A value whose axes are what the operator behind it takes them for, or are left open."""
    value, after = step.lowering.value(name), step.lowering.value(made)
    axes = [
        axis if axis.letter in ("?", other.letter) else replace(axis, letter="?")
        for axis, other in zip(value.axes, after.axes)
    ]
    return replace(value, axes=tuple(axes))


def _embedding(step: Step) -> Sequence[Tensor]:
    if step.settings.flag("mask_zero"):
        step.cannot("it masks values for the layers behind it")
    count, size = step.settings.whole("input_dim"), step.whole("output_dim")
    table = step.weight("embeddings", (count, size))
    # Keras cuts fractions off.
    codes = step.add("Cast", [step.plain(step.x)], to=6)
    return [Tensor(step.computed(step.add("Gather", [table, codes], axis=0)))]


def _axes(step: Step, tensor: Tensor, default: Any = -1) -> List[int]:
    """The axes that a layer names, counted from the front, in order."""
    value = step.settings.values.get("axis", default)
    rank = step.rank(tensor)
    axes = value if isinstance(value, list) else [value]
    for axis in axes:
        if isinstance(axis, bool) or not isinstance(axis, int) or not -rank <= axis < rank:
            raise NotConvertibleError("it names an axis that is not there")
    return sorted({axis % rank for axis in axes})


def _batch(step: Step) -> Sequence[Tensor]:
    if step.as_in_training or step.settings.values.get("mode", 0) not in (0,):
        step.cannot("it takes the statistics of what goes into it")
    if step.settings.flag("renorm") and step.settings.values.get("virtual_batch_size"):
        step.cannot("it takes the statistics of parts of a batch")
    x = floating(step, step.x)
    axes = _axes(step, x)
    if len(axes) != 1 or axes[0] == 0:
        raise NotConvertibleError("it normalises along several axes")
    (count,) = step.known(x, axes)
    fixed = [step.weight(role, (count,)) for role in ("moving_mean", "moving_variance")]
    scale, shift = _repeated(step, "gamma", count, 1.0), _repeated(step, "beta", count, 0.0)
    epsilon = step.real("epsilon", 1e-3)
    if axes[0] == step.rank(x) - 1 and not x.front and axes[0] > 1:
        x = Tensor(step.fronted(x), True)
    place = step.place(x, axes[0])
    order = list(range(step.rank(x)))
    order[1], order[place] = order[place], order[1]
    name = step.turning.turned(x.name, order)
    inputs = [name, scale, shift, *fixed]
    if place == 1 and axes[0] != 1:
        return [Tensor(step.add("BatchNormalization", inputs, epsilon=epsilon), x.front)]
    # Rows may be normalised as well as channels.
    with step.lowering.unlettered():
        made = step.add("BatchNormalization", inputs, epsilon=epsilon)
    made = step.turning.turned(made, order)
    return [Tensor(step.placed(made, step.lowering.value(x.name)), x.front)]


def _repeated(step: Step, role: str, count: Optional[int], value: float) -> str:
    """Weights of a layer, or one number for each channel where it keeps none."""
    if step.has(role) or count is None:
        return step.weight(role, (count,))
    content = Repeated(struct.pack("<f", value), count)
    return step.lowering.weight(f"{step.layer.name}/{role}", (count,), content)


def _standardised(step: Step, x: str, places: Sequence[int], epsilon: float) -> str:
    """Values less their mean, divided by the root of their variance along some axes."""
    axes = tuple(places)
    middle = step.add("Sub", [x, step.add("ReduceMean", [x], axes=axes, keepdims=1)])
    square = step.add("Mul", [middle, middle])
    variance = step.add("ReduceMean", [square], axes=axes, keepdims=1)
    deviation = step.add("Sqrt", [step.add("Add", [variance, step.number(epsilon)])])
    return step.computed(step.add("Div", [middle, deviation]))


def _scaled(step: Step, made: Tensor, axes: Sequence[int]) -> Tensor:
    """A normalised tensor times its scale plus its shift, along some of Keras' axes."""
    sizes = step.known(made, axes)
    name = made.name
    for role, op in (("gamma", "Mul"), ("beta", "Add")):
        if step.has(role):
            weight = step.broadcast(step.weight(role, sizes), made, axes, sizes)
            name = step.add(op, [name, weight])
    return Tensor(name, made.front)


def _layer(step: Step) -> Sequence[Tensor]:
    if step.settings.flag("rms_scaling"):
        step.cannot("it scales without taking the mean off")
    x = step.x
    axes = _axes(step, x)
    places = sorted(step.place(x, axis) for axis in axes)
    made = _standardised(step, x.name, places, step.real("epsilon", 1e-3))
    return [_scaled(step, Tensor(made, x.front), axes)]


def _groups(step: Step) -> Sequence[Tensor]:
    x = step.x
    axes = _axes(step, x)
    if axes != [step.rank(x) - 1]:
        raise NotConvertibleError("its channels are not the last axis")
    name = step.fronted(x) if step.rank(x) > 2 else step.plain(x)
    channels, count = step.channels(name), step.settings.values.get("groups", 32)
    groups = channels if count == -1 else whole(count)
    if channels is None:
        return [step.scores(x)]
    if not groups or channels % groups:
        raise NotConvertibleError(f"its channels can't be parted into {groups} groups")
    rows = step.add("Reshape", [name, step.lowering.constant([0, groups, -1])])
    made = _standardised(step, rows, [2], step.real("epsilon", 1e-3))
    made = step.add("Reshape", [made, step.add("Shape", [name])])
    made = step.placed(made, step.lowering.value(name))
    return [_scaled(step, Tensor(made, step.rank(x) > 2), axes)]


def _unit(step: Step) -> Sequence[Tensor]:
    x = step.x
    places = sorted(step.place(x, axis) for axis in _axes(step, x))
    return [Tensor(step.computed(unit_length(step, x.name, places)), x.front)]


def _numbers(value: Any) -> Optional[Tuple[List[float], Tuple[int, ...]]]:
    """A number or nested lists of numbers as they stand in settings, and their sizes."""
    if isinstance(value, dict):
        config = value.get("config")
        value = value.get("value", config.get("value") if isinstance(config, dict) else None)
    dims: List[int] = []
    flat: List[Any] = [value]
    while flat and all(isinstance(item, list) for item in flat):
        lengths = {len(item) for item in flat}
        if len(lengths) != 1 or len(dims) > 8:
            return None
        dims.append(lengths.pop())
        flat = [inner for item in flat for inner in item]
    if not flat or any(isinstance(one, bool) or not isinstance(one, (int, float)) for one in flat):
        return None
    return [float(one) for one in flat], tuple(dims)


def _settled(
    step: Step, name: str, tensor: Tensor, default: float, axes: Sequence[int] = ()
) -> str:
    """Numbers in a layer's settings, so that they fit to a tensor.

    Parameters
    ----------
    axes
        Along which they lie, counted from the front; the last ones unless told.
    """
    value = step.settings.values.get(name)
    found = _numbers(default if value is None else value)
    rank = step.rank(tensor)
    if found is None or len(found[1]) > rank:
        raise NotConvertibleError(f"its '{name}' is no number and no list of numbers")
    numbers, dims = found
    if len(numbers) == 1:
        return step.number(numbers[0])
    along = axes or range(rank - len(dims), rank)
    told = step.known(tensor, along) if axes else dims
    sizes = tuple(size for size in told if size is not None)
    if len(sizes) < len(told) or len(numbers) != elements(sizes):
        raise NotConvertibleError(f"its '{name}' does not fit to what goes into it")
    return step.broadcast(step.lowering.constant(numbers, "float32", sizes), tensor, along, sizes)


def _rescaled(step: Step) -> Sequence[Tensor]:
    x = floating(step, step.x)
    scale, offset = _settled(step, "scale", x, 1.0), _settled(step, "offset", x, 0.0)
    return [Tensor(step.add("Add", [step.add("Mul", [x.name, scale]), offset]), x.front)]


def _normalized(step: Step) -> Sequence[Tensor]:
    """Values less a mean, divided by a deviation, both learned beforehand or given."""
    x = floating(step, step.x)
    value = step.settings.values.get("axis", -1)
    axes = [] if value is None else _axes(step, x)
    if step.settings.values.get("mean") is not None:
        mean, variance = (
            _settled(step, name, x, default, axes)
            for name, default in (("mean", 0.0), ("variance", 1.0))
        )
    else:
        sizes = step.known(x, axes)
        mean, variance = (
            step.broadcast(step.weight(role, sizes), x, axes, sizes)
            for role in ("mean", "variance")
        )
    deviation = step.add("Max", [step.add("Sqrt", [variance]), step.number(1e-7)])
    if step.settings.flag("invert"):
        made = step.add("Add", [step.add("Mul", [x.name, deviation]), mean])
    else:
        made = step.computed(step.add("Div", [step.add("Sub", [x.name, mean]), deviation]))
    return [Tensor(made, x.front)]


RULES: Dict[str, Rule] = rules(
    (_dense, "Dense TimeDistributedDense"),
    (_embedding, "Embedding"),
    (
        _batch,
        "BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization",
    ),
    (_layer, "LayerNormalization"),
    (_groups, "GroupNormalization"),
    (_unit, "UnitNormalization"),
    (_rescaled, "Rescaling"),
    (_normalized, "Normalization"),
)
