"""Operations along axes: reductions, the largest values, normalisations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence, Set

from ..data_types import Number
from ..value import Axis, Value, image_letters, lettered, looking_along, shaped
from .step import Step

Outputs = Sequence[Value]


def reduce(step: Step) -> Outputs:
    """ReduceMean and its like: some axes become 1 or go away."""
    x = step.input(0)
    given, axes = step.axes_list(1)
    keep = step.attributes.integer("keepdims", 1)
    constant = x.constant
    if x.shape is None or keep is None or (given and axes is None):
        return [Value(None, x.data_type, constant=constant)]
    rank = len(x.shape)
    if not axes:
        if step.attributes.integer("noop_with_empty_axes", 0):
            # ReduceSumSquare and its like still square each number.
            return [replace(x, numbers=None)]
        axes = tuple(range(rank))
    gone = {axis % rank for axis in axes if -rank <= axis < rank}
    numbers = _reduced_numbers(step.node.op, x, keep, gone)
    return [_without(x, gone, keep, x.data_type, numbers)]


def _reduced_numbers(
    op: str, x: Value, keep: int, gone: Set[int]
) -> Optional[List[Optional[Number]]]:
    """The product of a shape's sizes, the commonest reduction in front of a Reshape."""
    if op not in ("ReduceProd", "ReduceSum") or x.rank != 1 or x.numbers is None or not gone:
        return None
    if any(number is None for number in x.numbers):
        return [None]
    known = [number for number in x.numbers if number is not None]
    total: Number = sum(known) if op == "ReduceSum" else math.prod(known)
    return [total if abs(total) < 1e18 else None]


def _without(
    x: Value,
    gone: Set[int],
    keep: Optional[int],
    data_type: Optional[str],
    numbers: Optional[List[Optional[Number]]] = None,
) -> Value:
    sizes: List[Optional[int]] = []
    tracks: List[Axis] = []
    for axis, (size, track) in enumerate(zip(x.shape or (), x.axes)):
        if axis not in gone:
            sizes.append(size)
            tracks.append(track)
        elif keep:
            sizes.append(1)
            # A class axis of which one number is left tells no classes apart.
            letter = "?" if track.letter == "C" else track.letter
            tracks.append(Axis(letter, reduced=True))
    return shaped(tuple(sizes), data_type, tracks, numbers, x.constant)


def arg_max(step: Step) -> Outputs:
    """ArgMax, ArgMin: the place along one axis."""
    x, keep = step.input(0), step.attributes.integer("keepdims", 1)
    axis = step.axis(x.rank, 0)
    if x.shape is None or axis is None or keep is None:
        return [Value(None, "int64")]
    return [_without(x, {axis}, keep, "int64")]


def top_k(step: Step) -> Outputs:
    """TopK: the largest values and their places."""
    x = step.input(0)
    axis = step.axis(x.rank, -1)
    wanted = step.input(1).known_integers() if step.has(1) else None
    count = wanted[0] if wanted else step.attributes.integer("k")
    if x.shape is None or axis is None:
        return [Value(None, x.data_type), Value(None, "int64")]
    sizes, tracks = list(x.shape), list(x.axes)
    sizes[axis] = count
    tracks[axis] = Axis()
    values = shaped(tuple(sizes), x.data_type, tracks)
    return [values, replace(values, data_type="int64")]


def softmax(step: Step) -> Outputs:
    """Softmax and LogSoftmax: the axis they run along is the one of the classes."""
    x = step.input(0)
    axis = step.axis(x.rank, 1 if step.opset < 13 else -1)
    letters = x.letters
    if axis is None or letters is None:
        return [looking_along(x)]
    # Before opset 13, all axes from this one on were taken together.
    x = looking_along(x, range(axis, len(letters)) if step.opset < 13 else (axis,))
    if "C" in letters or letters[axis] != "?":
        return [x]
    return [replace(x, axes=lettered(x, "?" * axis + "C" + "?" * (len(letters) - axis - 1)))]


def normalised(step: Step) -> Outputs:
    """BatchNormalization and its like: the second axis holds channels."""
    x = step.input(0)
    if x.rank is not None and x.rank >= 2 and not x.constant:
        letters = image_letters(x.rank)
        if x.rank > 2:
            step.learn(x, letters)
        x = replace(x, axes=lettered(x, letters))
    statistics = shaped((x.size(1),), x.data_type)
    if step.node.op != "BatchNormalization" and x.rank is not None:
        x = looking_along(x, range(2, x.rank))
    return [replace(x, numbers=None)] + [statistics] * 4


_REDUCE = (
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
    "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare",
)  # fmt: skip

RULES: Dict[str, Callable[[Step], Outputs]] = {
    **dict.fromkeys(_REDUCE, reduce),
    **dict.fromkeys(("Softmax", "LogSoftmax"), softmax),
    **dict.fromkeys(
        ("BatchNormalization", "InstanceNormalization", "GroupNormalization"), normalised
    ),
    **dict.fromkeys(("ArgMax", "ArgMin"), arg_max),
    "TopK": top_k,
}
