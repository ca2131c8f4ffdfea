"""Caffe's layers that join, cut and turn around, and those that pick the largest."""

from __future__ import annotations

import struct
from typing import Dict, List, Optional, Sequence

from ...network.data_types import as_float32
from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims, elements
from ...network.value import Kind, Meaning, Value
from .layer import Lowered, Rule, axis_of
from .network import flag, integers, part


def _concat(one: Lowered) -> Sequence[str]:
    first = one.shape()
    axis = axis_of(one.settings("concat_param"), len(first), old="concat_dim")
    for index in range(len(one.bottoms)):
        shape = one.shape(index)
        sizes = [*shape[:axis], *shape[axis + 1 :]]
        if len(shape) != len(first) or sizes != [*first[:axis], *first[axis + 1 :]]:
            raise NotConvertibleError("what goes into it differs in size")
    return [one.add("Concat", one.bottoms, axis=axis)]


def _slice(one: Lowered) -> Sequence[str]:
    shape, tops = one.shape(), len(one.layer.tops)
    settings = one.settings("slice_param")
    axis = axis_of(settings, len(shape), old="slice_dim")
    whole, points = shape[axis], integers(settings, "slice_point")
    if whole is None or not tops or (points and len(points) != tops - 1):
        raise NotConvertibleError("where it cuts is not known")
    edges = [0, *points, whole] if points else [whole * at // tops for at in range(tops + 1)]
    parts = [edges[at + 1] - edges[at] for at in range(tops)]
    if min(parts) <= 0:
        raise NotConvertibleError("a part of it would be empty")
    lengths = one.lowering.constant(parts)
    return one.lowering.add_several("Split", [one.bottoms[0], lengths], tops, axis=axis)


def _flatten(one: Lowered) -> Sequence[str]:
    settings, shape = one.settings("flatten_param"), one.shape()
    first = axis_of(settings, len(shape))
    last = (integers(settings, "end_axis") or [-1])[-1] % len(shape)
    if first == 1 and last == len(shape) - 1:
        return [one.add("Flatten", one.bottoms[:1], axis=1)]
    if first > last:
        raise NotConvertibleError("its first axis lies behind its last")
    sizes: Dims = (*shape[:first], elements(shape[first : last + 1]), *shape[last + 1 :])
    target = [0] * first + [-1 if size is None else size for size in sizes[first:]]
    if target.count(-1) > 1:
        raise NotConvertibleError("several sizes are not known", values=[one.value(sizes)])
    return [one.add("Reshape", [one.bottoms[0], one.lowering.constant(target)])]


def _reshape(one: Lowered) -> Sequence[str]:
    settings, shape = one.settings("reshape_param"), one.shape()
    wanted = integers(part(settings, "shape"), "dim")
    if not wanted or "axis" in settings or "num_axes" in settings or min(wanted) < -1:
        x = one.lowering.value(one.bottoms[0])
        raise NotConvertibleError(
            "the sizes it is to give are not told in the usual way",
            values=[Value(None, x.data_type, meaning=x.meaning)],
        )
    if wanted[0] in one.batches:
        # The number of images is left open, and so it is here.
        wanted[0] = 0
    made = one.add("Reshape", [one.bottoms[0], one.lowering.constant(wanted)])
    if any(size == 0 and index >= len(shape) for index, size in enumerate(wanted)):
        raise NotConvertibleError(
            "it is to keep the size of an axis that is not there",
            values=[one.lowering.value(made)],
        )
    return [made]


def _crop(one: Lowered) -> Sequence[str]:
    if len(one.bottoms) != 2:
        raise NotConvertibleError("it needs two inputs")
    settings, shape, like = one.settings("crop_param"), one.shape(), one.shape(1)
    axis = axis_of(settings, len(shape), 2)
    if len(like) != len(shape):
        raise NotConvertibleError("its inputs differ in the number of axes")
    offsets = integers(settings, "offset") or [0]
    starts: List[int] = []
    ends: List[int] = []
    for at in range(axis, len(shape)):
        size, offset = like[at], offsets[at - axis] if at - axis < len(offsets) else offsets[-1]
        if size is None:
            known = one.value((*shape[:axis], *like[axis:]))
            raise NotConvertibleError("to what size it cuts is not known", values=[known])
        starts.append(offset)
        ends.append(offset + size)
    axes = list(range(axis, len(shape)))
    numbers = [one.lowering.constant(values) for values in (starts, ends, axes)]
    return [one.add("Slice", [one.bottoms[0], *numbers])]


def _arg_max(one: Lowered) -> Sequence[str]:
    """The place of the largest as a number of the blob's type; the last one of several."""
    settings, shape = one.settings("argmax_param"), one.shape()
    axes, count = integers(settings, "axis"), (integers(settings, "top_k") or [1])[-1]
    values = flag(settings, "out_max_val")
    if not axes:
        return [_arg_max_of_all(one, count, values)]
    axis = axis_of(settings, len(shape))
    if count == 1 and not values:
        return [_place(one, one.bottoms[0], axis)]
    sizes: Dims = (*shape[:axis], count, *shape[axis + 1 :])
    if count == 1:
        return [one.add("ReduceMax", one.bottoms[:1], axes=(axis,))]
    raise NotConvertibleError(
        "of equal values ONNX takes others than Caffe", values=[one.value(sizes)]
    )


def _arg_max_of_all(one: Lowered, count: int, values: bool) -> str:
    """Without an axis, over all of an image."""
    shape = one.shape()
    if count != 1:
        known = one.value((shape[0], 2 if values else 1, count))
        raise NotConvertibleError("of equal values ONNX takes others than Caffe", values=[known])
    x = one.add("Flatten", one.bottoms[:1], axis=1)
    place = _place(one, x, 1)
    if elements(shape[2:]) != 1:
        # A place in the whole image tells no number of classes.
        place = one.lowering.mean(place, Meaning(Kind.ARGMAX))
    parts = [place, one.add("ReduceMax", [x], axes=(1,))] if values else [place]
    ends = one.lowering.constant([2])
    parts = [one.add("Unsqueeze", [part_, ends]) for part_ in parts]
    return parts[0] if len(parts) == 1 else one.add("Concat", parts, axis=1)


def _place(one: Lowered, x: str, axis: int) -> str:
    return one.add("Cast", [one.add("ArgMax", [x], axis=axis, select_last_index=1)], to=1)


def _interp(one: Lowered) -> Sequence[str]:
    """Bilinear resizing as DeepLab's and PSPNet's forks of Caffe have it: corners stay corners."""
    settings, shape = one.settings("interp_param"), one.image()
    given = [integers(settings, name) for name in ("height", "width")]
    zoom, shrink = integers(settings, "zoom_factor"), integers(settings, "shrink_factor")
    padded = integers(settings, "pad_beg") or integers(settings, "pad_end")
    if len(one.bottoms) != 1 or padded or (zoom and shrink):
        raise NotConvertibleError("it is set in a way that is not followed")
    sizes: List[Optional[int]] = list(shape[:2])
    for before, wanted in zip(shape[2:], given):
        if wanted:
            sizes.append(wanted[-1])
        elif before is None or not (zoom or shrink):
            sizes.append(None)
        elif zoom:
            sizes.append(before + (before - 1) * (zoom[-1] - 1))
        else:
            sizes.append((before - 1) // shrink[-1] + 1 if shrink[-1] > 0 else None)
    factors = [_factor(before, after) for before, after in zip(shape[2:], sizes[2:])]
    known = [factor for factor in factors if factor is not None]
    if len(known) < 2:
        raise NotConvertibleError("to what size is not known", values=[one.value(tuple(sizes))])
    scales = one.lowering.constant([1.0, 1.0, *known], "float32")
    return [
        one.add(
            "Resize",
            [one.bottoms[0], "", scales],
            mode="linear",
            coordinate_transformation_mode="align_corners",
        )
    ]


def _factor(before: Optional[int], after: Optional[int]) -> Optional[float]:
    """A factor that makes `after` of `before` pixels in 32-bit numbers, rounded down."""
    if not before or not after or after < 1:
        return None
    bits = int.from_bytes(struct.pack("<f", after / before), "little")
    # The nearest one may be a little too small.
    candidates = [
        float(struct.unpack("<f", near.to_bytes(4, "little"))[0]) for near in (bits, bits + 1)
    ]
    return next((one for one in candidates if int(as_float32(before * one)) == after), None)


def _permute(one: Lowered) -> Sequence[str]:
    order, rank = integers(one.settings("permute_param"), "order"), len(one.shape())
    order += [axis for axis in range(rank) if axis not in order]
    if sorted(order) != list(range(rank)):
        raise NotConvertibleError("its order is none of the axes'")
    return [one.add("Transpose", one.bottoms[:1], perm=tuple(order))]


RULES: Dict[str, Rule] = {
    "Concat": _concat,
    "Slice": _slice,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Crop": _crop,
    "ArgMax": _arg_max,
    "Interp": _interp,
    "Permute": _permute,
}
