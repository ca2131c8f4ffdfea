"""Operations that arrange values anew: transpose, join, cut, and constants."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..data_types import DATA_TYPES, Number
from ..shapes import broadcast, elements
from ..value import Axis, Value, is_even, picked_numbers, shaped, together, transposed_numbers
from .step import Step

Outputs = Sequence[Value]


def transpose(step: Step) -> Outputs:
    """Transpose: without an order, the axes are turned around."""
    x = step.input(0)
    if x.shape is None:
        return [Value(None, x.data_type, constant=x.constant)]
    rank = len(x.shape)
    order = step.attributes.integers("perm") or tuple(reversed(range(rank)))
    if sorted(order) != list(range(rank)):
        return [Value(None, x.data_type, constant=x.constant)]
    sizes = tuple(x.shape[axis] for axis in order)
    numbers = transposed_numbers(x, order)
    tracks = [x.axes[axis] for axis in order]
    return [shaped(sizes, x.data_type, tracks, numbers, x.constant)]


def flatten(step: Step) -> Outputs:
    """Flatten: two axes, all before `axis` and all from it on."""
    x, axis = step.input(0), step.attributes.integer("axis", 1)
    if x.shape is None or axis is None or not -len(x.shape) <= axis <= len(x.shape):
        return [shaped((None, None), x.data_type, constant=x.constant)]
    axis = axis + len(x.shape) if axis < 0 else axis
    tracks = [Axis(), Axis()]
    if axis == 1:
        tracks[0] = x.axes[0]
        if all(size == 1 for size in x.shape[2:]) and len(x.shape) > 1:
            tracks[1] = x.axes[1]
    sizes = (elements(x.shape[:axis]), elements(x.shape[axis:]))
    return [shaped(sizes, x.data_type, tracks, constant=x.constant)]


def squeeze(step: Step) -> Outputs:
    """Squeeze: given axes, or all of size 1, go away."""
    x = step.input(0)
    given, axes = step.axes_list(1)
    if x.shape is None or (given and axes is None):
        return [Value(None, x.data_type, constant=x.constant)]
    rank = len(x.shape)
    if axes is None:
        if None in x.shape:
            return [Value(None, x.data_type, constant=x.constant)]
        gone = {axis for axis, size in enumerate(x.shape) if size == 1}
    else:
        gone = {axis % rank for axis in axes if -rank <= axis < rank}
    kept = [axis for axis in range(rank) if axis not in gone]
    return [_kept(x, kept)]


def _kept(x: Value, axes: Sequence[int]) -> Value:
    sizes = tuple(x.size(axis) for axis in axes)
    tracks = [x.axes[axis] for axis in axes]
    return shaped(sizes, x.data_type, tracks, x.numbers, x.constant)


def unsqueeze(step: Step) -> Outputs:
    """Unsqueeze: new axes of size 1."""
    x = step.input(0)
    _, axes = step.axes_list(1)
    if x.shape is None or axes is None or len(axes) + len(x.shape) > 64:
        return [Value(None, x.data_type, constant=x.constant)]
    rank = len(x.shape) + len(axes)
    new = {axis % rank for axis in axes if -rank <= axis < rank}
    if len(new) != len(axes):
        return [Value(None, x.data_type, constant=x.constant)]
    old = iter(zip(x.shape, x.axes))
    pairs = [(1, Axis()) if axis in new else next(old) for axis in range(rank)]
    sizes = tuple(size for size, _ in pairs)
    tracks = [track for _, track in pairs]
    return [shaped(sizes, x.data_type, tracks, x.numbers, x.constant)]


def concat(step: Step) -> Outputs:
    """Concat: joined along one axis."""
    return [joined(step.given(), step)]


def joined(values: Sequence[Value], step: Step) -> Value:
    """Values joined along the attribute ``axis``."""
    data_type = values[0].data_type if values else None
    constant = all(value.constant for value in values)
    rank = values[0].rank if values else None
    # Opset 1 to 3 took axis 1 when none was given.
    axis = step.axis(rank, 1)
    if not values or axis is None or any(value.rank != rank for value in values):
        return Value(None, data_type, constant=constant)
    sizes: List[Optional[int]] = []
    tracks: List[Axis] = []
    for index in range(rank or 0):
        here = [value.size(index) for value in values]
        track = together(value.axes[index] for value in values if not value.constant)
        constants = [value for value in values if value.constant]
        if not all(
            value.size(index) == 1 or is_even(value, value.axes[index]) for value in constants
        ):
            # What is laid beside an image and is not the same everywhere makes its places matter.
            track = replace(track, footprint=None)
        if index == axis:
            total = 0
            for size in here:
                total += size or 0
            sizes.append(None if None in here else total)
            tracks.append(Axis(track.letter, None, track.source))
        else:
            known = {size for size in here if size is not None}
            if len(known) > 1:
                return Value(None, data_type, constant=constant)
            sizes.append(known.pop() if known else None)
            tracks.append(track)
    numbers: Optional[List[Optional[Number]]] = []
    for value in values:
        if axis or value.numbers is None or numbers is None:
            numbers = None
            break
        numbers += value.numbers
    return shaped(tuple(sizes), data_type, tracks, numbers, constant)


def split(step: Step) -> Outputs:
    """Split: into given sizes or equal parts."""
    x, count = step.input(0), len(step.node.outputs)
    axis = step.axis(x.rank, 0)
    if x.shape is None or axis is None:
        return [Value(None, x.data_type, constant=x.constant)] * count
    given, lengths = step.axes_list(1, "split")
    parts: Sequence[Optional[int]] = [None] * count
    if given and lengths is not None and len(lengths) == count:
        parts = lengths
    elif not given:
        whole = x.shape[axis]
        if whole is not None and count:
            part = -(-whole // count)
            parts = [part] * (count - 1) + [whole - part * (count - 1)]
    outputs = []
    for part_ in parts:
        sizes, tracks = list(x.shape), list(x.axes)
        sizes[axis] = part_
        tracks[axis] = Axis(tracks[axis].letter, None, tracks[axis].source)
        outputs.append(shaped(tuple(sizes), x.data_type, tracks, constant=x.constant))
    return outputs


def slice_(step: Step) -> Outputs:
    """Slice: begin, end and step along some axes."""
    x = step.input(0)
    if x.shape is None:
        return [Value(None, x.data_type, constant=x.constant)]
    if step.has(1):
        starts, ends = step.input(1).integers(), step.input(2).integers()
        axes = step.input(3).known_integers() if step.has(3) else tuple(range(len(x.shape)))
        steps = step.input(4).known_integers() if step.has(4) else None
        unsure = step.has(4) and steps is None
    else:
        starts = step.attributes.integers("starts")
        ends = step.attributes.integers("ends")
        axes = step.attributes.integers("axes") or tuple(range(len(starts or ())))
        steps, unsure = None, False
    if axes is None:
        return [shaped((None,) * len(x.shape), x.data_type, constant=x.constant)]
    if not step.has(3) and starts is not None:
        axes = axes[: len(starts)]
    sizes, tracks, left = list(x.shape), list(x.axes), x
    for index, axis in enumerate(axes):
        if not -len(sizes) <= axis < len(sizes):
            return [Value(None, x.data_type, constant=x.constant)]
        start = starts[index] if starts and index < len(starts) else None
        end = ends[index] if ends and index < len(ends) else None
        stride = None if unsure else (steps[index] if steps and index < len(steps) else 1)
        size = sizes[axis]
        sizes[axis], first = _cut(size, start, end, stride)
        track = tracks[axis]
        footprint = None
        if stride and stride > 0 and first is not None and track.footprint is not None:
            footprint = track.footprint.cropped(first).window(1, stride)
        tracks[axis] = Axis(track.letter, footprint, track.source)
        left = _numbers_cut(left, axis, start, end, stride)
    return [shaped(tuple(sizes), x.data_type, tracks, left.numbers, x.constant)]


def _numbers_cut(
    x: Value, axis: int, start: Optional[int], end: Optional[int], stride: Optional[int]
) -> Value:
    """A value cut along one axis, of interest only for its known elements."""
    if x.numbers is None or x.shape is None or start is None or end is None or not stride:
        return Value()
    axis %= len(x.shape)
    indices = range(*slice(start, end, stride).indices(x.size(axis) or 0))
    sizes = (*x.shape[:axis], len(indices), *x.shape[axis + 1 :])
    return shaped(sizes, numbers=picked_numbers(x, axis, indices))


def _cut(
    size: Optional[int], start: Optional[int], end: Optional[int], stride: Optional[int]
) -> Tuple[Optional[int], Optional[int]]:
    """The length of a slice, and the index of its first element."""
    if start is None or end is None or not stride or size is None:
        return None, start if start is not None and start >= 0 else None
    first, last, by = slice(start, end, stride).indices(size)
    return len(range(first, last, by)), first


def gather(step: Step) -> Outputs:
    """Gather: the axis gives way to the indices' axes."""
    x, indices = step.input(0), step.input(1)
    axis = step.axis(x.rank, 0)
    constant = x.constant and indices.constant
    if x.shape is None or indices.shape is None or axis is None:
        return [Value(None, x.data_type, constant=constant)]
    sizes = (*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :])
    middle = [Axis()] * len(indices.shape)
    if len(indices.shape) == 1:
        middle = [Axis(x.axes[axis].letter, None, x.axes[axis].source)]
    tracks = [*x.axes[:axis], *middle, *x.axes[axis + 1 :]]
    numbers: Optional[List[Optional[Number]]] = None
    wanted, length = indices.known_integers(), x.size(axis)
    if wanted is not None and length and all(-length <= index < length for index in wanted):
        numbers = picked_numbers(x, axis, [index % length for index in wanted])
    return [shaped(sizes, x.data_type, tracks, numbers, constant)]


def like_indices(step: Step) -> Outputs:
    """GatherElements: as many values as indices."""
    return [shaped(step.input(1).shape, step.input(0).data_type)]


def gather_nd(step: Step) -> Outputs:
    """GatherND: the last axis of the indices addresses leading axes of the data."""
    x, indices = step.input(0), step.input(1)
    batch, depth = step.attributes.integer("batch_dims", 0), indices.size(-1)
    if x.shape is None or indices.shape is None or depth is None or batch is None:
        return [Value(None, x.data_type)]
    return [shaped((*indices.shape[:-1], *x.shape[batch + depth :]), x.data_type)]


def expand(step: Step) -> Outputs:
    """Expand: broadcast to a given shape."""
    x, target = step.input(0), step.input(1).integers()
    if target is None or x.shape is None:
        return [Value(None, x.data_type, constant=x.constant)]
    # A size that only running tells leaves one of 1 open.
    shape = broadcast([x.shape, target])
    if shape is None:
        return [Value(None, x.data_type, constant=x.constant)]
    # What lies side by side after it are not the pixels of before.
    tracks = [Axis(even=x.constant)] * (len(shape) - len(x.shape))
    tracks += [
        axis if have != 1 or size == 1 else Axis(axis.letter, even=x.constant)
        for axis, have, size in zip(x.axes, x.shape, shape[len(tracks) :])
    ]
    return [shaped(shape, x.data_type, tracks, constant=x.constant)]


def tile(step: Step) -> Outputs:
    """Tile: repeated along every axis."""
    x, repeats = step.input(0), step.input(1).integers()
    if x.shape is None or repeats is None or len(repeats) != len(x.shape):
        free = None if x.shape is None else (None,) * len(x.shape)
        return [shaped(free, x.data_type, constant=x.constant)]
    sizes, tracks = [], []
    for size, times, track in zip(x.shape, repeats, x.axes):
        sizes.append(None if size is None or times is None else size * times)
        tracks.append(track if times == 1 else Axis(track.letter))
    return [shaped(tuple(sizes), x.data_type, tracks, constant=x.constant)]


def cast(step: Step) -> Outputs:
    """Cast: another element type."""
    x, target = step.input(0), step.attributes.integer("to")
    data_type = DATA_TYPES.get(target) if target is not None else None
    numbers = x.numbers
    if numbers is not None and data_type is not None and "int" in data_type:
        numbers = tuple(
            None if one is None or one != one or abs(one) > 1e18 else int(one) for one in numbers
        )
    elif data_type in (None, "bool", "string"):
        numbers = None
    return [replace(x, data_type=data_type, numbers=numbers)]


RULES: Dict[str, Callable[[Step], Outputs]] = {
    "Transpose": transpose,
    "Flatten": flatten,
    "Squeeze": squeeze,
    "Unsqueeze": unsqueeze,
    "Concat": concat,
    "Split": split,
    "Slice": slice_,
    "Gather": gather,
    "GatherElements": like_indices,
    "GatherND": gather_nd,
    "Expand": expand,
    "Tile": tile,
    "Cast": cast,
}
