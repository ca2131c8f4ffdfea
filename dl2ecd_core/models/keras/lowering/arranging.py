"""Layers that arrange values anew, or join several tensors."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple

from ....network.lowering import UNKNOWN_INPUT, NotConvertibleError
from ....network.shapes import Dims, elements
from ....network.value import NO_MEANING, SCORES, Value
from ..config import whole
from ..settings import axis
from .step import Rule, Step, rules
from .tensors import Tensor

_FLOATS = ("float16", "bfloat16", "float64", None)


def _kept(step: Step) -> Sequence[Tensor]:
    """Nothing happens when the model predicts."""
    if step.as_in_training:
        step.cannot("it is called as in training, where its result is random")
    return [step.x]


def _kept_image(step: Step) -> Sequence[Tensor]:
    """A random change of images, which is left out when the model predicts."""
    (kept,) = _kept(step)
    return [floating(step, kept)]


def floating(step: Step, tensor: Tensor) -> Tensor:
    """A tensor of 32-bit floats, as Keras' layers for images make of whole numbers."""
    data_type = step.lowering.value(tensor.name).data_type
    if data_type == "float32" or (step.sized and data_type in _FLOATS):
        return tensor
    return Tensor(step.add("Cast", [tensor.name], to=1), tensor.front)


def _flatten(step: Step) -> Sequence[Tensor]:
    x = step.x
    rank = step.rank(x)
    if rank == 1:
        return [Tensor(step.add("Unsqueeze", [x.name, step.lowering.constant([1])]))]
    if rank == 2:
        return [Tensor(step.plain(x))]
    if step.settings.channels_first:
        # What Keras writes down has the channels behind all the same.
        behind = step.turning.turned(step.plain(x), (0, *range(2, rank), 1))
        made = step.add("Flatten", [behind], axis=1)
        return [Tensor(_regrouped(step, step.lowering.value(behind), made))]
    shape = step.shape(x)
    one_pixel = x.front and all(size == 1 for size in shape[1:-1])
    name = x.name if one_pixel else step.plain(x)
    made = step.add("Flatten", [name], axis=1)
    return [Tensor(made if one_pixel else _regrouped(step, step.lowering.value(name), made))]


def _reshape(step: Step) -> Sequence[Tensor]:
    target = step.settings.values.get("target_shape")
    if not isinstance(target, list):
        raise NotConvertibleError("its target is no list of sizes")
    return [to_shape(step, step.x, target)]


def to_shape(step: Step, tensor: Tensor, target: Sequence[Any]) -> Tensor:
    """A tensor in other sizes; the batch keeps its own."""
    numbers = [-1 if size is None else size for size in target]
    after = reshaped(step.shape(tensor)[1:], numbers)
    if after is None or any(whole(size) is None and size != -1 for size in numbers):
        raise NotConvertibleError("its target does not fit to what goes into it")
    if 0 in numbers:
        step.cannot("nothing would come out of it")
        return step.told((step.shape(tensor)[0], *after))
    told = [-1 if size is None else size for size in after]
    name = step.plain(tensor)
    made = step.add("Reshape", [name, step.lowering.constant([0, *told])])
    return Tensor(_regrouped(step, step.lowering.value(name), made))


def _regrouped(step: Step, before: Value, made: str) -> str:
    """What was arranged anew: its numbers are still probabilities where channels stay together."""
    after = step.lowering.value(made)
    apart = before.letters is not None and before.letters.endswith("C") and before.size(-1) != 1
    if after.meaning == SCORES or not apart or before.size(-1) == after.size(-1):
        return made
    return step.lowering.mean(made, NO_MEANING)


def reshaped(shape: Dims, target: Sequence[Any]) -> Optional[Dims]:
    """Sizes after a reshape in which -1 stands for the rest; None when they don't fit."""
    sizes_: List[Optional[int]] = []
    known = 1
    for size in target:
        if size == -1 or size is None:
            sizes_.append(None)
            continue
        if whole(size) is None:
            return None
        sizes_.append(size)
        known *= size
    total = elements(shape)
    if sizes_.count(None) == 1 and total is not None:
        if not known or total % known:
            return None
        sizes_ = [total // known if size is None else size for size in sizes_]
    elif sizes_.count(None) > 1 or (total is not None and total != known):
        return None
    return tuple(sizes_)


def _permute(step: Step) -> Sequence[Tensor]:
    order = step.settings.values.get("dims")
    return [permuted(step, step.x, [0, *order] if isinstance(order, list) else [])]


def permuted(step: Step, tensor: Tensor, order: Sequence[Any]) -> Tensor:
    """A tensor with Keras' axes in another order."""
    rank = step.rank(tensor)
    if any(whole(place) is None for place in order) or sorted(order) != list(range(rank)):
        raise NotConvertibleError("its order is not one of all axes")
    places = [step.place(tensor, axis) for axis in order]
    return Tensor(step.turning.turned(tensor.name, places))


def _repeat(step: Step) -> Sequence[Tensor]:
    if step.rank(step.x) != 2:
        raise NotConvertibleError("it takes rows of values")
    row = step.add("Unsqueeze", [step.plain(step.x), step.lowering.constant([1])])
    times = step.lowering.constant([1, step.whole("n"), 1])
    return [Tensor(step.add("Tile", [row, times]))]


def together(step: Step, tensors: Sequence[Tensor]) -> Tuple[List[str], bool]:
    """Tensors of one number of axes in one order, so that they can be combined value by value.

    One with fewer axes is stretched behind its batch axis, as Keras' merging layers do.
    """
    if any(step.lowering.value(tensor.name).shape is None for tensor in tensors):
        step.cannot("what goes into it is of an unknown shape", UNKNOWN_INPUT)
        return [step.plain(tensor) for tensor in tensors], False
    rank = max(step.rank(tensor) for tensor in tensors)
    front = any(tensor.front for tensor in tensors if step.rank(tensor) == rank)
    names: List[str] = []
    for tensor in tensors:
        missing = rank - step.rank(tensor)
        if missing and missing == rank - 1:
            raise NotConvertibleError("one of its inputs has no axis but that of the batch")
        if missing:
            axes = step.lowering.constant(list(range(1, 1 + missing)))
            tensor = Tensor(step.add("Unsqueeze", [step.plain(tensor), axes]))
        names.append(step.fronted(tensor) if front else step.plain(tensor))
    return names, front


def merged(step: Step, op: str, tensors: Sequence[Tensor]) -> Tensor:
    """Several tensors combined value by value."""
    names, front = together(step, [floating(step, tensor) for tensor in tensors])
    made = names[0]
    for other in names[1:]:
        made = step.add(op, [made, other])
    return Tensor(made, front)


def _merge(op: str) -> Rule:
    return lambda step: [merged(step, op, step.inputs)]


def _average(step: Step) -> Sequence[Tensor]:
    made = merged(step, "Add", step.inputs)
    count = step.number(float(len(step.inputs)))
    return [Tensor(step.computed(step.add("Div", [made.name, count])), made.front)]


def _concatenate(step: Step) -> Sequence[Tensor]:
    return [joined(step, step.inputs, step.settings.values.get("axis", -1))]


def joined(step: Step, tensors: Sequence[Tensor], along: Any) -> Tensor:
    """Several tensors one behind the other along one of Keras' axes."""
    if isinstance(along, bool) or not isinstance(along, int):
        raise NotConvertibleError("it names no axis")
    if len({step.rank(tensor) for tensor in tensors}) != 1:
        raise NotConvertibleError("what it joins differs in the number of axes")
    names, front = together(step, [floating(step, tensor) for tensor in tensors])
    if len(names) == 1:
        return Tensor(names[0], front)
    axis = step.place(Tensor(names[0], front), along)
    return Tensor(step.add("Concat", names, axis=axis), front)


def _old_merge(step: Step) -> Sequence[Tensor]:
    """The one merging layer of Keras 1."""
    mode = step.settings.text("mode")
    if mode == "concat":
        return [joined(step, step.inputs, step.settings.values.get("concat_axis", -1))]
    if mode == "ave":
        return _average(step)
    op = {"sum": "Add", "mul": "Mul", "max": "Max"}.get(mode or "")
    if op is None:
        raise NotConvertibleError(f"its mode '{mode}' is not known here")
    return [merged(step, op, step.inputs)]


def _dot(step: Step) -> Sequence[Tensor]:
    """Sums of products along one axis of each of two tensors."""
    if len(step.inputs) != 2:
        raise NotConvertibleError("it takes two inputs")
    ranks = [step.rank(tensor) for tensor in step.inputs]
    axes = step.settings.values.get("axes")
    pair = axes if isinstance(axes, list) and len(axes) == 2 else [axes, axes]
    told = [axis(one, rank) for one, rank in zip(pair, ranks)]
    places = [place for place in told if place is not None]
    if len(places) < 2:
        raise NotConvertibleError("it runs over axes that are not there")
    if 0 in places:
        raise NotConvertibleError("it runs over the axis of the batch")
    if ranks[0] != ranks[1] or ranks[0] not in (2, 3):
        step.cannot("it runs over axes that are not followed here")
        sizes_ = [
            size
            for number, (tensor, place) in enumerate(zip(step.inputs, places))
            for at, size in enumerate(step.shape(tensor))
            if at != place and (at or not number)
        ]
        return [step.told((*sizes_, 1) if len(sizes_) < 2 else tuple(sizes_), meaning=SCORES)]
    names = [step.plain(tensor) for tensor in step.inputs]
    if step.settings.flag("normalize"):
        names = [unit_length(step, name, [place]) for name, place in zip(names, places)]
    if ranks[0] == 2:
        inputs = [step.add("Mul", names), step.lowering.constant([1])]
        return [Tensor(step.computed(step.add("ReduceSum", inputs, keepdims=1)))]
    left = names[0] if places[0] == 2 else step.turning.turned(names[0], (0, 2, 1))
    right = names[1] if places[1] == 1 else step.turning.turned(names[1], (0, 2, 1))
    return [Tensor(step.add("MatMul", [left, right]))]


def unit_length(step: Step, x: str, places: Sequence[int]) -> str:
    """Values divided by the root of the sum of their squares, as ``tf.nn.l2_normalize`` has it."""
    axes = step.lowering.constant(list(places))
    squares = step.add("ReduceSum", [step.add("Mul", [x, x]), axes], keepdims=1)
    length = step.add("Sqrt", [step.add("Max", [squares, step.number(1e-12)])])
    return step.add("Div", [x, length])


RULES: Dict[str, Rule] = rules(
    (
        _kept,
        "Dropout SpatialDropout1D SpatialDropout2D SpatialDropout3D GaussianNoise GaussianDropout "
        "AlphaDropout ActivityRegularization Identity",
    ),
    (
        _kept_image,
        "RandomFlip RandomRotation RandomZoom RandomTranslation RandomContrast RandomBrightness "
        "RandomHue RandomSaturation RandomShear RandomColorJitter RandomErasing "
        "RandomGaussianBlur RandomInvert",
    ),
    (_flatten, "Flatten"),
    (_reshape, "Reshape"),
    (_permute, "Permute"),
    (_repeat, "RepeatVector"),
    (_concatenate, "Concatenate"),
    (_average, "Average"),
    (_old_merge, "Merge"),
    (_dot, "Dot"),
)
_OPERATORS = {
    "Add": "Add",
    "Subtract": "Sub",
    "Multiply": "Mul",
    "Maximum": "Max",
    "Minimum": "Min",
}
RULES.update((_name, _merge(_op)) for _name, _op in _OPERATORS.items())
