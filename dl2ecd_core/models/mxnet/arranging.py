"""MXNet's operators that join, cut, turn around and reduce.

From src/operator of https://github.com/apache/mxnet (1.9.1).
"""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from .step import Rule, Step

_TO_THE_END = (1 << 63) - 1


def _concat(step: Step) -> Sequence[str]:
    names = step.all_inputs()
    shapes = [step.lowering.value(name).shape for name in names]
    known = [shape for shape in shapes if shape is not None]
    if not known or any(len(shape) != len(known[0]) for shape in known):
        raise NotConvertibleError("what goes into it differs in the number of axes")
    axis = step.axis("dim", rank=len(known[0]))
    if len(known) < len(shapes):
        merged: List[Optional[int]] = []
        for place in range(len(known[0])):
            sizes = {shape[place] for shape in known} - {None}
            merged.append(sizes.pop() if len(sizes) == 1 else None)
        merged[axis] = None
        raise NotConvertibleError(
            "not all that goes into it is known", values=[step.known(tuple(merged))]
        )
    return [step.add("Concat", names, axis=axis)]


def _split(step: Step) -> Sequence[str]:
    parts, axis = step.node.whole("num_outputs"), step.axis()
    size = step.shape()[axis]
    if not parts or parts < 1 or parts > 4096 or (size is not None and size % parts):
        raise NotConvertibleError("it can't be cut into as many parts")
    squeezed = step.node.truth("squeeze_axis")
    if size is None:
        shape = step.shape()
        left = (*shape[:axis], *(() if squeezed else (None,)), *shape[axis + 1 :])
        known = [step.known(left)] * parts
        raise NotConvertibleError("the length of its parts is not known", values=known)
    lengths = step.lowering.constant([size // parts] * parts)
    made = step.lowering.add_several("Split", [step.x(), lengths], parts, axis=axis)
    if not squeezed:
        return made
    axes = step.lowering.constant([axis])
    return [step.add("Squeeze", [name, axes]) for name in made]


def _flatten(step: Step) -> Sequence[str]:
    if not step.shape():
        raise NotConvertibleError("there is nothing to flatten")
    return [step.add("Flatten", [step.x()], axis=1)]


def _reshape(step: Step) -> Sequence[str]:
    target = step.node.wholes("shape")
    if not target or step.node.truth("reverse") or min(target) < -4:
        raise NotConvertibleError("the sizes it is to give are not told in the usual way")
    sizes = _sizes(step, target)
    if sizes.count(-1) > 1:
        raise NotConvertibleError("more than one size is left open")
    if -1 in sizes and 0 in (step.lowering.value(step.x()).shape or ()):
        left = tuple(None if size < 1 else size for size in sizes)
        raise NotConvertibleError("there are no pixels to divide", values=[step.known(left)])
    return [step.add("Reshape", [step.x(), step.lowering.constant(sizes)])]


def _sizes(step: Step, target: Sequence[int]) -> List[int]:
    """The sizes in ONNX's words, where 0 keeps the size at its own place only."""
    if min(target) >= -1 and 0 not in target:
        return list(target)
    shape = step.shape()
    sizes: List[int] = []
    at, codes = 0, list(target)
    while codes:
        code = codes.pop(0)
        if code > 0:
            sizes.append(code)
            at += 1
        elif code == -1:
            sizes.append(-1)
            at += 1
        elif code == -4:
            halves, codes = codes[:2], codes[2:]
            whole = _size(shape, at)
            if len(halves) < 2 or min(halves) < -1 or 0 in halves or halves == [-1, -1]:
                raise NotConvertibleError("how it parts an axis makes no sense")
            sizes += _parted(whole, halves)
            at += 1
        else:
            for _ in range(_kept(code, shape, at)):
                if code == -3:
                    one, other = _size(shape, at), _size(shape, at + 1)
                    sizes.append(_known(one) * _known(other))
                    at += 2
                else:
                    sizes.append(_carried(shape, at, len(sizes)))
                    at += 1
    return sizes


def _kept(code: int, shape: Dims, at: int) -> int:
    """How often a code is done: -2 keeps all that is left."""
    return max(0, len(shape) - at) if code == -2 else 1


def _size(shape: Dims, at: int) -> Optional[int]:
    if at >= len(shape):
        raise NotConvertibleError("it is to keep the size of an axis that is not there")
    return shape[at]


def _known(size: Optional[int]) -> int:
    if size is None:
        raise NotConvertibleError("a size that it needs is not known")
    return size


def _carried(shape: Dims, at: int, place: int) -> int:
    """A size that is kept: 0 where it keeps its place, else the number itself."""
    size = _size(shape, at)
    return 0 if at == place else _known(size)


def _parted(whole: Optional[int], halves: Sequence[int]) -> List[int]:
    if -1 not in halves:
        return list(halves)
    given = max(halves)
    size = _known(whole)
    if size % given:
        raise NotConvertibleError("an axis can't be parted so")
    return [size // given if half == -1 else half for half in halves]


def _transpose(step: Step) -> Sequence[str]:
    rank = len(step.shape())
    axes = step.node.wholes("axes") or tuple(reversed(range(rank)))
    if sorted(axes) != list(range(rank)):
        raise NotConvertibleError("the order of its axes makes no sense")
    return [step.add("Transpose", [step.x()], perm=axes)]


def _swap(step: Step) -> Sequence[str]:
    order = list(range(len(step.shape())))
    one, other = step.axis("dim1", 0), step.axis("dim2", 0)
    order[one], order[other] = order[other], order[one]
    return [step.add("Transpose", [step.x()], perm=tuple(order))]


def _expand(step: Step) -> Sequence[str]:
    if step.node.whole("axis") is None:
        raise NotConvertibleError("the place of its new axis is not told")
    axis = step.axis(rank=len(step.shape()) + 1)
    return [step.add("Unsqueeze", [step.x(), step.lowering.constant([axis])])]


def _squeeze(step: Step) -> Sequence[str]:
    axes, rank = step.node.wholes("axis"), len(step.shape())
    if not axes or any(not -rank <= axis < rank for axis in axes):
        raise NotConvertibleError("which axes it takes away is not told")
    chosen = [axis % rank for axis in axes]
    if any(step.shape()[axis] != 1 for axis in chosen):
        raise NotConvertibleError("the axes that it takes away are not known to have one pixel")
    return [step.add("Squeeze", [step.x(), step.lowering.constant(chosen)])]


def _chosen(step: Step) -> Tuple[int, ...]:
    """The axes that are reduced."""
    rank, axes = len(step.shape()), step.node.wholes("axis")
    if any(not -rank <= axis < rank for axis in axes or ()):
        raise NotConvertibleError("what goes into it has no such axis")
    chosen = {axis % rank for axis in axes or range(rank)}
    if axes and step.node.truth("exclude"):
        chosen = set(range(rank)) - chosen
    return tuple(sorted(chosen))


def _reduced(op: str) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        axes, keep = _chosen(step), int(step.node.truth("keepdims"))
        if op == "ReduceSum":
            inputs = [step.x(), step.lowering.constant(axes)]
            return [step.add(op, inputs, keepdims=keep)]
        made = step.add(op, [step.x()], axes=axes, keepdims=keep)
        if not keep and len(axes) == len(step.shape()):
            # A number alone is a row of one here.
            made = step.add("Reshape", [made, step.lowering.constant([1])])
        return [made]

    return rule


def _largest(op: str) -> Rule:
    def rule(step: Step) -> Sequence[str]:
        if step.node.whole("axis") is None:
            # Over everything, as a row.
            step.shape()
            raise NotConvertibleError("it looks at all numbers at once")
        axis = step.axis()
        made = step.add(op, [step.x()], axis=axis, keepdims=int(step.node.truth("keepdims")))
        # MXNet has no whole numbers here.
        return [step.add("Cast", [made], to=1)]

    return rule


def _pad(step: Step) -> Sequence[str]:
    shape, widths = step.shape(), step.node.wholes("pad_width")
    if widths is None or len(widths) != 2 * len(shape) or min(widths) < 0:
        raise NotConvertibleError("how much it pads is not told for each axis")
    mode = step.text("mode", "constant")
    if mode not in ("constant", "edge", "reflect"):
        raise NotConvertibleError(f"it pads in the way '{mode}'")
    pads = step.lowering.constant([*widths[::2], *widths[1::2]])
    inputs = [step.x(), pads]
    if mode == "constant" and step.number("constant_value", 0.0):
        inputs.append(step.lowering.scalar(step.number("constant_value", 0.0)))
    return [step.add("Pad", inputs, mode=mode)]


def _crop(step: Step) -> Sequence[str]:
    shape = step.shape()
    if len(shape) != 4:
        raise NotConvertibleError("it cuts images only")
    if len(step.inputs) > 1:
        like = step.lowering.value(step.x(1)).shape
        sides = like[2:] if like is not None and len(like) == 4 else (None, None)
    else:
        size = step.node.wholes("h_w")
        if not size or len(size) != 2 or min(size) < 1:
            raise NotConvertibleError("to what size it cuts is not told")
        sides = size
    known = [step.known((*shape[:2], *sides))]
    if None in sides:
        raise NotConvertibleError("to what size it cuts is not known", values=known)
    rows, columns = _known(sides[0]), _known(sides[1])
    offset = step.node.wholes("offset") or (0, 0)
    if step.node.truth("center_crop"):
        if None in shape[2:]:
            raise NotConvertibleError("where the middle is is not known", values=known)
        offset = ((_known(shape[2]) - rows) // 2, (_known(shape[3]) - columns) // 2)
    if len(offset) != 2 or min(offset) < 0:
        raise NotConvertibleError("where it begins to cut is not told", values=known)
    ends = (offset[0] + rows, offset[1] + columns)
    return [_sliced(step, offset, ends, (2, 3))]


def _sliced(step: Step, begins: Sequence[int], ends: Sequence[int], axes: Sequence[int]) -> str:
    numbers = [step.lowering.constant(values) for values in (begins, ends, axes)]
    return step.add("Slice", [step.x(), *numbers])


def _slice_axis(step: Step) -> Sequence[str]:
    begin, end = step.node.whole("begin"), step.node.whole("end")
    if step.node.whole("axis") is None or begin is None:
        raise NotConvertibleError("where it cuts is not told")
    axis = step.axis()
    return [_sliced(step, [begin], [_TO_THE_END if end is None else end], [axis])]


def _slice(step: Step) -> Sequence[str]:
    rank = len(step.shape())
    begins, ends = _places(step, "begin", 0), _places(step, "end", _TO_THE_END)
    if not begins or len(begins) != len(ends) or len(begins) > rank:
        raise NotConvertibleError("where it cuts is not told for each axis")
    if step.text("step", "()") not in ("()", "None", "[]"):
        raise NotConvertibleError("it leaves pixels out")
    return [_sliced(step, begins, ends, range(len(begins)))]


def _places(step: Step, key: str, default: int) -> List[int]:
    """A list in which None stands for the end of the axis."""
    text = step.text(key, "").strip("()[] ")
    found: List[int] = []
    for part in text.split(",")[:64]:
        word = part.strip()
        if word == "None":
            found.append(default)
        elif word.lstrip("-").isdigit() and len(word) < 16:
            found.append(int(word))
        elif word:
            raise NotConvertibleError("where it cuts is not told in whole numbers")
    return found


RULES: Dict[str, Rule] = {
    "Concat": _concat,
    "concat": _concat,
    "SliceChannel": _split,
    "split": _split,
    "Flatten": _flatten,
    "flatten": _flatten,
    "Reshape": _reshape,
    "reshape": _reshape,
    "transpose": _transpose,
    "SwapAxis": _swap,
    "swapaxes": _swap,
    "expand_dims": _expand,
    "squeeze": _squeeze,
    "argmax": _largest("ArgMax"),
    "argmin": _largest("ArgMin"),
    "mean": _reduced("ReduceMean"),
    "sum": _reduced("ReduceSum"),
    "max": _reduced("ReduceMax"),
    "min": _reduced("ReduceMin"),
    "prod": _reduced("ReduceProd"),
    "Pad": _pad,
    "pad": _pad,
    "Crop": _crop,
    "slice_axis": _slice_axis,
    "slice": _slice,
}
