"""Layers that arrange values anew: reshape, turn, join, cut; and sizes of values.

https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets.html
"""

from __future__ import annotations

from typing import Callable, Dict, List, Optional

from ...network.following import NotFollowedError
from .step import Step

#: The end of an axis, however long it is.
_END = (1 << 31) - 1


def _reshape(step: Step) -> List[str]:
    zero_is_zero = not step.truth("special_zero", False)
    return [step.add("Reshape", list(step.inputs[:2]), allowzero=int(zero_is_zero))]


def _transpose(step: Step) -> List[str]:
    return [step.add("Transpose", [step.input(0)], perm=step.numbers(1) or None)]


def _as_it_is(step: Step) -> List[str]:
    """What has the same inputs in ONNX."""
    return [step.add(step.layer.type, list(step.inputs))]


def _shape_of(step: Step) -> List[str]:
    return [step.add("Shape", [step.input(0)])]


def _concat(step: Step) -> List[str]:
    return [step.add("Concat", list(step.inputs), axis=step.integer("axis"))]


def _split(step: Step) -> List[str]:
    """Split into equal parts, VariadicSplit into given ones, of which one may be what is left."""
    outputs, inputs, axis = len(step.layer.ports), [step.input(0)], step.number(1)
    if step.has(2):
        lengths = list(step.numbers(2))
        if -1 in lengths:
            whole = step.value(0).size(axis)
            if whole is None or lengths.count(-1) > 1:
                raise NotFollowedError
            lengths[lengths.index(-1)] = whole - sum(lengths) - 1
        inputs.append(step.following.numbers(lengths))
    return list(step.following.add_several("Split", inputs, outputs, axis=axis))


def _gather(step: Step) -> List[str]:
    if step.integer("batch_dims", 0) or not step.value(1).constant:
        raise NotFollowedError
    return [step.add("Gather", [step.input(0), step.input(1)], axis=step.number(2))]


def _slice(step: Step) -> List[str]:
    """Slice: begins, ends and steps, then axes, which stand before the steps in ONNX."""
    x, begins, ends, steps = (step.input(index) for index in range(4))
    axes = step.input(4) if step.has(4) else ""
    return [step.add("Slice", [x, begins, ends, axes, steps])]


def _strided_slice(step: Step) -> List[str]:
    """StridedSlice: for each place an axis that is cut, taken a pixel of, new, or passed over."""
    begins, ends = step.value(1).integers(), step.value(2).integers()
    if begins is None or ends is None or len(begins) != len(ends):
        raise NotFollowedError
    steps = step.numbers(3) if step.has(3) else (1,) * len(begins)
    open_begins, open_ends, new, single, passed = (
        _marked(step, name, len(begins))
        for name in (
            "begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask", "ellipsis_mask",
        )
    )  # fmt: skip
    rank, named = len(step.shape(0)), len(begins) - sum(passed) - sum(new)
    if sum(passed) > 1 or named > rank or len(steps) != len(begins):
        raise NotFollowedError
    axis = made = 0
    cut: Dict[int, List[Optional[int]]] = {}
    gone: List[int] = []
    added: List[int] = []
    for place in range(len(begins)):
        if passed[place]:
            axis, made = axis + rank - named, made + rank - named
        elif new[place]:
            added.append(made)
            made += 1
        else:
            first, last, by = begins[place], ends[place], steps[place]
            if single[place]:
                gone.append(axis)
                last = None if first is None else first + 1 or _END
                by = 1
            else:
                made += 1
                first = (0 if by > 0 else _END) if open_begins[place] else first
                last = (_END if by > 0 else -_END) if open_ends[place] else last
            cut[axis] = [first, last, by]
            axis += 1
    return [_cut(step, cut, gone, added)]


def _cut(step: Step, cut: Dict[int, List[Optional[int]]], gone: List[int], added: List[int]) -> str:
    numbers = step.following.numbers
    begins, ends, steps = ([given[kind] for given in cut.values()] for kind in range(3))
    inputs = [step.input(0), numbers(begins), numbers(ends), numbers(list(cut)), numbers(steps)]
    x = step.add("Slice", inputs) if cut else step.input(0)
    x = step.add("Squeeze", [x, numbers(gone)]) if gone else x
    return step.add("Unsqueeze", [x, numbers(added)]) if added else x


def _marked(step: Step, name: str, length: int) -> List[bool]:
    """The places of a mask, which may be shorter than the list that it is for."""
    marks = [bool(number) for number in step.integers(name)][:length]
    return marks + [False] * (length - len(marks))


def _broadcast(step: Step) -> List[str]:
    """Broadcast: to a given shape, axes laid together from the last one on."""
    step.one_of("mode", ("numpy", "bidirectional"), "numpy")
    return [step.add("Expand", [step.input(0), step.input(1)])]


LAYERS: Dict[str, Callable[[Step], List[str]]] = {
    **dict.fromkeys(("Squeeze", "Unsqueeze", "Tile", "Range"), _as_it_is),
    **dict.fromkeys(("Split", "VariadicSplit"), _split),
    "Reshape": _reshape,
    "Transpose": _transpose,
    "ShapeOf": _shape_of,
    "Concat": _concat,
    "Gather": _gather,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "Broadcast": _broadcast,
}
