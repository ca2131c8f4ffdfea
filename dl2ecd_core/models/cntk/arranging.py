"""CNTK's operations that put values in another order, cut or join them, in ONNX's operators."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ...network.data_types import TYPE_NUMBERS
from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from .attributes import (
    Attributes,
    Cut,
    axes_attribute,
    cuts_of,
    integer,
    integers,
    number_of,
    shape_attribute,
    static_axis,
)
from .model_graph import INFERRED, LARGEST_SIZE, MOST_AXES, Axis, Op
from .step import Operand, Rule, Step, axis_in, product, rows

_TO_THE_END = (1 << 63) - 1
_BEFORE_THE_START = -_TO_THE_END
_SYMMETRIC = 2


def _reshape(step: Step) -> Operand:
    x = step.operand(0)
    return step.reshaped(x, step.expect(_reshaped(step.dims(x), step.attributes)))


def _reshaped(dims: Dims, attributes: Attributes) -> Optional[Dims]:
    """The sizes after some or all axes are replaced by others that hold as many values."""
    told, rank = shape_attribute(attributes, "newShape"), len(dims)
    begin = static_axis(attributes["beginAxis"], rank) if "beginAxis" in attributes else 0
    end = static_axis(attributes["endAxis"], rank) if "endAxis" in attributes else rank
    if told is None or begin is None or end is None or not 0 <= begin <= end <= rank:
        return None
    if told.count(INFERRED) > 1 or len(told) > MOST_AXES:
        return None
    before = product(dims[rank - end : rank - begin])
    if INFERRED in told and before is not None:
        known = product(tuple(size for size in told if size != INFERRED)) or 0
        if known <= 0 or before % known:
            return None
        told = tuple(before // known if size == INFERRED else size for size in told)
    after = product(rows(told))
    if None not in (before, after) and before != after:
        return None
    return (*dims[: rank - end], *rows(told), *dims[rank - begin :])


def _squeeze(step: Step) -> Operand:
    x = step.operand(0)
    return step.reshaped(x, step.expect(_squeezed(step.dims(x), step.attributes)))


def _squeezed(dims: Dims, attributes: Attributes) -> Optional[Dims]:
    """The sizes without axes of one value."""
    axes, rank = axes_attribute(attributes), len(dims)
    if not axes:
        return None if None in dims else tuple(size for size in dims if size != 1)
    places = set()
    for axis in axes:
        position = static_axis(axis, rank)
        if position is None or position >= rank or dims[axis_in(rank, position)] != 1:
            return None
        places.add(axis_in(rank, position))
    return tuple(size for place, size in enumerate(dims) if place not in places)


def _transpose(step: Step) -> Operand:
    x = step.operand(0)
    rank = len(step.dims(x))
    order = step.attributes.get("axisVec")
    if isinstance(order, list):
        wanted = [static_axis(axis, rank) for axis in order]
    else:
        swapped = [static_axis(step.attributes.get(name), rank) for name in ("axis1", "axis2")]
        first, second = swapped
        if first is None or second is None:
            raise NotConvertibleError("it moves an axis that is no axis of an image")
        rank = max(rank, first + 1, second + 1)
        x = step.with_rank(x, rank)
        wanted = list(range(rank))
        wanted[first], wanted[second] = second, first
    positions = [position for position in wanted if position is not None]
    if sorted(positions) != list(range(rank)):
        raise NotConvertibleError("its axes are not those of what goes in")
    order_here = [axis_in(rank, position) + x.batched for position in reversed(positions)]
    return step.add("Transpose", x, perm=([0] if x.batched else []) + order_here)


def _slice(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.dims(x)
    cuts = cuts_of(len(dims), step.attributes)
    if cuts is None:
        raise NotConvertibleError("it cuts an axis that is no axis of an image")
    sizes = step.expect(_cut(dims, cuts))
    if step.attributes.get("stridesLost") is True:
        step.is_doubtful = sizes != _cut(dims, [one._replace(stride=1) for one in cuts])
        step.lowering.note(
            f"CNTK 2.7 forgets the strides of '{step.function.name or step.function.uid}' when it "
            "loads the file; here they are kept, as the network was trained with them."
        )
    parts: List[List[int]] = []
    for position, begin, end, stride in cuts:
        axis = axis_in(len(dims), position)
        size = dims[axis]
        if size is None:
            if stride < 0:
                raise NotConvertibleError("it goes backwards along an axis of a free size")
            # An end of 0 means to the end.
            first, last = begin, end if end else _TO_THE_END
        else:
            first = begin + size if begin < 0 else begin
            last = end if end > 0 else end + size
            if stride < 0:
                first, last = last - 1, first - 1 if first > 0 else _BEFORE_THE_START
        parts.append([first, last, axis + x.batched, stride])
    return step.add("Slice", x, *(step.whole(numbers) for numbers in zip(*parts)))


def _cut(dims: Dims, cuts: Sequence[Cut]) -> Optional[Dims]:
    """The sizes after a Slice; None where it takes more than there is."""
    sizes = list(dims)
    for position, begin, end, stride in cuts:
        axis = axis_in(len(dims), position)
        size = dims[axis]
        if size is None:
            # Counted from an end that is not known yet: CNTK leaves the axis free.
            if begin < 0 or end <= 0:
                continue
        else:
            begin = begin if begin >= 0 else begin + size
            end = end if end > 0 else end + size
            if end > size or begin < 0:
                return None
        if end < begin:
            return None
        sizes[axis] = -(-(end - begin) // abs(stride))
    return tuple(sizes)


def _splice(step: Step) -> Operand:
    operands = step.operands()
    ranks = [len(step.dims(one)) for one in operands]
    position = static_axis(step.attributes.get("axis"), max(ranks))
    if position is None:
        raise NotConvertibleError("it joins along an axis that is no axis of an image")
    rank = max(*ranks, position + 1)
    operands = [step.with_rank(one, rank) for one in operands]
    axis = axis_in(rank, position)
    every = [step.dims(one) for one in operands]
    wanted = list(_common(every, axis))
    step.expect(_joined(every, axis))
    batched = next((one for one in operands if one.batched), None)
    made = []
    for one in operands:
        wanted[axis] = step.dims(one)[axis]
        made.append(_spread(step, one, wanted, batched))
    return step.add("Concat", *made, axis=axis + (batched is not None))


def _common(every: Sequence[Dims], axis: int) -> Dims:
    """The sizes that operands are brought to before they are joined."""
    sizes = []
    for index, lengths in enumerate(zip(*every)):
        known = {length for length in lengths if length != 1}
        if index != axis and len(known - {None}) > 1:
            raise NotConvertibleError("what it joins is of different sizes")
        sizes.append(next((length for length in lengths if length != 1), 1))
    return tuple(sizes)


def _joined(every: Sequence[Dims], axis: int) -> Dims:
    """The sizes of operands that are joined along an axis."""
    sizes: List[Optional[int]] = []
    for index, lengths in enumerate(zip(*every)):
        known = [length for length in lengths if length is not None]
        if index == axis:
            sizes.append(sum(known) if len(known) == len(lengths) else None)
        else:
            # A free size next to one above 1 can only be that.
            largest = max(known, default=1)
            sizes.append(largest if largest != 1 or len(known) == len(lengths) else None)
    return tuple(sizes)


def _spread(
    step: Step, x: Operand, dims: Sequence[Optional[int]], batched: Optional[Operand]
) -> Operand:
    """An operand repeated to sizes, and for every image of a batch."""
    if batched is not None and not x.batched:
        # Nothing but zeros, one for each image.
        zeros = step.add("Mul", batched, step.number(0))
        every = list(range(1, 1 + len(step.dims(batched))))
        x = step.add("Add", x, step.add("ReduceMax", zeros, axes=every, keepdims=1))
    if tuple(dims) == step.dims(x):
        return x
    if None in dims:
        raise NotConvertibleError("it repeats values up to a free size")
    sizes = [1] * x.batched + [size or 0 for size in dims]
    return step.add("Expand", x, step.whole(sizes))


def _pad(step: Step) -> Operand:
    x = step.operand(0)
    head = integers(step.attributes.get("paddingHead"))
    foot = integers(step.attributes.get("paddingFoot"))
    told = integer(step.attributes.get("paddingMode", 0))
    if head is None or foot is None or not len(head) == len(foot) == len(step.dims(x)):
        raise NotConvertibleError("it is not known how much it pads")
    step.expect(
        tuple(
            None if size is None else size + before + after
            for size, before, after in zip(step.dims(x), reversed(head), reversed(foot))
        )
    )
    if told == _SYMMETRIC:
        return _mirrored(step, x, head[::-1], foot[::-1])
    mode = {0: "constant", 1: "reflect"}.get(told or 0)
    if mode is None:
        raise NotConvertibleError("it pads in a way that is not known")
    batch = [0] * x.batched
    amounts = step.whole([*batch, *reversed(head), *batch, *reversed(foot)])
    value = step.number(number_of(step.attributes, "paddingConstantValue", 0))
    return step.add("Pad", x, amounts, *([value] if mode == "constant" else []), mode=mode)


def _mirrored(step: Step, x: Operand, head: Sequence[int], foot: Sequence[int]) -> Operand:
    """An image mirrored at its borders, the pixels there included."""
    for axis, (before, after) in enumerate(zip(head, foot)):
        place = step.whole([axis + x.batched])
        back = step.whole([-1])
        parts = [x]
        if before:
            start, end = step.whole([before - 1]), step.whole([_BEFORE_THE_START])
            parts.insert(0, step.add("Slice", x, start, end, place, back))
        if after:
            start, end = step.whole([-1]), step.whole([-after - 1])
            parts.append(step.add("Slice", x, start, end, place, back))
        if len(parts) > 1:
            x = step.add("Concat", *parts, axis=axis + x.batched)
    return x


def _top_k(step: Step) -> List[Operand]:
    x = step.operand(0)
    rank = len(step.dims(x))
    count = integer(step.attributes.get("numItems", step.attributes.get("k")))
    position = static_axis(step.attributes.get("axis"), rank)
    if count is None or count < 1 or position is None or position >= rank:
        raise NotConvertibleError("its axis or the number of its values is not known")
    values, places = step.lowering.add_several(
        "TopK", [x.name, step.whole([count]).name], 2, axis=axis_in(rank, position) + x.batched
    )
    places = step.lowering.add("Cast", [places], to=TYPE_NUMBERS["float32"])
    return [Operand(values, x.batched), Operand(places, x.batched)]


def _one_hot(step: Step) -> Operand:
    x = step.operand(0)
    classes = integer(step.attributes.get("numClass"))
    rank = len(step.dims(x)) + 1
    position = static_axis(step.attributes.get("onehotAxis"), rank)
    if classes is None or not 0 <= classes <= LARGEST_SIZE or position is None or position >= rank:
        raise NotConvertibleError("the number or the axis of its classes is not known")
    index = step.add("Cast", x, to=TYPE_NUMBERS["int64"])
    zero_and_one = Operand(step.lowering.constant([0.0, 1.0], "float32"), False)
    axis = axis_in(rank, position) + x.batched
    return step.add("OneHot", index, step.whole([classes]), zero_and_one, axis=axis)


def _crop(step: Step) -> Operand:
    x, reference = step.dims(step.operand(0)), step.dims(step.operand(1))
    if len(x) != len(reference) or len(x) < 2:
        raise NotConvertibleError("its operands do not fit together")
    step.expect((*x[:-2], *reference[-2:]))
    offset = integers(step.attributes.get("offset"))
    if offset is None or len(offset) != 2:
        raise NotConvertibleError("CNTK works out itself what it crops")
    if None in reference[-2:]:
        raise NotConvertibleError("the size that it crops to is free")
    height, width = (size or 0 for size in reference[-2:])
    across, down = offset
    first = len(x) - 2 + step.operand(0).batched
    return step.add(
        "Slice",
        step.operand(0),
        step.whole([down, across]),
        step.whole([down + height, across + width]),
        step.whole([first, first + 1]),
    )


def _gather(step: Step) -> Operand:
    index, table = step.operand(0), step.operand(1)
    axis = step.attributes.get("axis")
    rank = len(step.dims(table))
    if not rank:
        raise NotConvertibleError("its table has no rows")
    step.expect((*step.dims(index), *step.dims(table)[1:]))
    if table.batched or (isinstance(axis, Axis) and static_axis(axis, rank) != rank - 1):
        raise NotConvertibleError("what it gathers is no row of a table of weights")
    made = step.add("Gather", table, step.add("Cast", index, to=TYPE_NUMBERS["int64"]), axis=0)
    return Operand(made.name, index.batched)


RULES: Dict[int, Rule] = {
    Op.RESHAPE: _reshape,
    Op.TRANSPOSE_AXES: _transpose,
    Op.SLICE: _slice,
    Op.SPLICE: _splice,
    Op.PAD: _pad,
    Op.SQUEEZE: _squeeze,
    Op.ONE_HOT: _one_hot,
    Op.CROP: _crop,
    Op.GATHER: _gather,
}

#: Those with several results.
SEVERAL: Dict[int, Callable[[Step], List[Operand]]] = {Op.TOP_K: _top_k}
