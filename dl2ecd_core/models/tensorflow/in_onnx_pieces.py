"""Cutting, joining and padding tensors, and what works with sizes, in ONNX's operators."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ...network.following import NotFollowedError
from .in_onnx_task import Task

_Outputs = Sequence[str]
#: Beyond the end of every axis.
_FAR = 1 << 31


def _padding(task: Task) -> _Outputs:
    """In front of and behind each axis; ONNX has first all of those in front."""
    task.constant_from(1)
    pads = task.some_numbers(1)
    ordered = task.following.numbers((*pads[::2], *pads[1::2]))
    return [task.add("Pad", [task.input(0), ordered])]


def _strided_slice(task: Task) -> _Outputs:
    """The masks are those of https://www.tensorflow.org/api_docs/python/tf/strided_slice."""
    begins, ends, strides = (task.some_numbers(1), task.some_numbers(2), task.numbers(3))
    masks = {
        name: task.options.integer(f"{name}_mask", 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    count, rank = len(strides), len(task.following.shape(task.input(0)))
    if not len(begins) == len(ends) == count or task.options.flag("offset"):
        raise NotFollowedError
    left_out = rank - sum(
        1 for bit in range(count) if not (masks["ellipsis"] | masks["new_axis"]) >> bit & 1
    )
    starts: List[Optional[int]] = []
    stops: List[Optional[int]] = []
    steps: List[int] = []
    gone: List[int] = []
    new: List[int] = []
    place = 0
    for bit in range(count):
        if masks["ellipsis"] >> bit & 1:
            if left_out < 0:
                raise NotFollowedError
            starts += [0] * left_out
            stops += [_FAR] * left_out
            steps += [1] * left_out
            place += left_out
            continue
        place += 1
        if masks["new_axis"] >> bit & 1:
            new.append(place - 1)
            continue
        begin, end, step = begins[bit], ends[bit], strides[bit]
        if masks["shrink_axis"] >> bit & 1:
            gone.append(len(starts))
            place -= 1
            end, step = None if begin is None else begin + 1 or _FAR, 1
        else:
            if masks["begin"] >> bit & 1:
                begin = 0 if step > 0 else _FAR
            if masks["end"] >> bit & 1:
                end = _FAR if step > 0 else -_FAR
        starts.append(begin)
        stops.append(end)
        steps.append(step)
    return [_arranged(task, _sliced(task, task.input(0), starts, stops, steps), gone, new)]


def _arranged(task: Task, name: str, gone: Sequence[int], new: Sequence[int]) -> str:
    """Without some axes of one place, and with others."""
    if gone:
        name = task.add("Squeeze", [name, task.following.numbers(gone)])
    return task.add("Unsqueeze", [name, task.following.numbers(new)]) if new else name


def _sliced(
    task: Task,
    name: str,
    starts: Sequence[Optional[int]],
    ends: Sequence[Optional[int]],
    steps: Sequence[int],
    axes: Optional[Sequence[int]] = None,
) -> str:
    numbers = task.following.numbers
    along = range(len(starts)) if axes is None else axes
    parts = [numbers(starts), numbers(ends), numbers(tuple(along)), numbers(steps)]
    return task.add("Slice", [name, *parts])


def _slice(task: Task) -> _Outputs:
    begins, sizes = task.some_numbers(1), task.some_numbers(2)
    if len(begins) != len(sizes):
        raise NotFollowedError
    ends: List[Optional[int]] = []
    for begin, size in zip(begins, sizes):
        end = None if begin is None or size is None else begin + size
        ends.append(_FAR if size == -1 else end)
    return [_sliced(task, task.input(0), begins, ends, [1] * len(begins))]


def _reversed(task: Task) -> _Outputs:
    axes = task.numbers(1)
    if not axes:
        return [task.input(0)]
    turned = [-1] * len(axes)
    return [_sliced(task, task.input(0), turned, [-_FAR] * len(axes), turned, axes)]


def _joined(task: Task) -> _Outputs:
    inputs = task.inputs
    if task.op == "ConcatV2":
        return [task.add("Concat", inputs[:-1], axis=task.number(len(inputs) - 1))]
    if task.op == "Concat":
        return [task.add("Concat", inputs[1:], axis=task.number(0))]
    return [task.add("Concat", inputs, axis=task.options.integer("axis", 0))]


def _split(task: Task) -> _Outputs:
    if task.op == "SplitV":
        inputs, axis = [task.input(0), task.input(1)], task.number(2)
    else:
        inputs, axis = [task.input(1)], task.number(0)
    return task.following.add_several("Split", inputs, task.outputs, axis=axis)


def _packed(task: Task) -> _Outputs:
    axis = task.options.integer("axis", 0)
    new = task.following.numbers((axis,))
    parts = [task.add("Unsqueeze", [name, new]) for name in task.inputs]
    return [task.add("Concat", parts, axis=axis)]


def _unpacked(task: Task) -> _Outputs:
    axis = task.options.integer("axis", 0)
    gone = task.following.numbers((axis,))
    parts = []
    for place in range(task.outputs):
        part = _sliced(task, task.input(0), [place], [place + 1], [1], [axis])
        parts.append(task.add("Squeeze", [part, gone]))
    return parts


def _turned(task: Task) -> _Outputs:
    return [task.add("Transpose", [task.input(0)], perm=task.numbers(1))]


def _reshaped(task: Task) -> _Outputs:
    if len(task.inputs) > 1:
        shape = task.input(1)
    else:
        shape = task.following.numbers(tuple(task.options.integers("new_shape") or ()))
    return [task.add("Reshape", [task.input(0), shape], allowzero=1)]


def _dropped(task: Task) -> _Outputs:
    axes = task.options.integers("squeeze_dims") or task.options.integers("axis")
    parts = [task.input(0)]
    if axes:
        parts.append(task.following.numbers(tuple(axes)))
    return [task.add("Squeeze", parts)]


def _inserted(task: Task) -> _Outputs:
    axis = task.following.numbers((task.number(1),))
    return [task.add("Unsqueeze", [task.input(0), axis])]


def _gathered(task: Task) -> _Outputs:
    if task.options.integer("batch_dims", 0):
        raise NotFollowedError
    axis = task.number(2) if task.op == "GatherV2" else task.options.integer("axis", 0)
    return [task.add("Gather", [task.input(0), task.input(1)], axis=axis)]


def _same_inputs(op: str, count: int) -> Callable[[Task], _Outputs]:
    """An operation that takes in ONNX what it takes in TensorFlow."""
    return lambda task: [task.add(op, [task.input(index) for index in range(count)])]


RULES: Dict[str, Callable[[Task], _Outputs]] = {
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _padding),
    **dict.fromkeys(("Concat", "ConcatV2", "Concatenation"), _joined),
    **dict.fromkeys(("Split", "SplitV"), _split),
    **dict.fromkeys(("Transpose", "ConjugateTranspose"), _turned),
    **dict.fromkeys(("Gather", "GatherV2"), _gathered),
    "StridedSlice": _strided_slice,
    "Slice": _slice,
    "ReverseV2": _reversed,
    "Pack": _packed,
    "Unpack": _unpacked,
    "Reshape": _reshaped,
    "Squeeze": _dropped,
    "ExpandDims": _inserted,
    "Tile": _same_inputs("Tile", 2),
    "BroadcastTo": _same_inputs("Expand", 2),
    "Shape": _same_inputs("Shape", 1),
    "Fill": _same_inputs("ConstantOfShape", 1),
    "Range": _same_inputs("Range", 3),
}
