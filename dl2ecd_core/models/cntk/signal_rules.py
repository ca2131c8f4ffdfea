"""Output shapes of CNTK's element-wise, reshaping, joining and reducing operations.

Every rule takes column-major shapes, returns a column-major shape, and answers None where CNTK
would refuse the operands or the rule does not cover them. What each operation does:
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/PrimitiveFunction.cpp
(InferOutputs) and PrimitiveFunction.h beside it.
"""

from __future__ import annotations

from typing import List, Mapping, Optional, Sequence

from .model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    DYNAMIC_AXIS,
    END_STATIC_AXIS,
    FREE,
    INFERRED,
    LARGEST_SIZE,
    MOST_AXES,
    UNKNOWN_AXES,
    Axis,
    Shape,
    Value,
    elements,
)

Attributes = Mapping[str, Value]


def integer(value: Value) -> Optional[int]:
    """An attribute that is a number."""
    return int(value) if isinstance(value, (int, bool)) else None


def integers(value: Value) -> Optional[List[int]]:
    """An attribute that is a list of numbers or a shape."""
    if isinstance(value, Axis) or not isinstance(value, (list, tuple)):
        return None
    numbers = [int(item) for item in value if isinstance(item, (int, bool))]
    return numbers if len(numbers) == len(value) else None


def shape_attribute(attributes: Attributes, name: str) -> Optional[Shape]:
    """An attribute that is a shape."""
    numbers = integers(attributes.get(name))
    return None if numbers is None else tuple(numbers)


def static_axis(axis: Value, rank: int) -> Optional[int]:
    """The position that an axis means in a shape of this rank; None for a dynamic or special one.

    The position after the last is allowed: some operations add an axis there.
    """
    if not isinstance(axis, Axis):
        return None
    if axis.position == END_STATIC_AXIS:
        return rank
    if axis.position in (DYNAMIC_AXIS, ALL_STATIC_AXES, UNKNOWN_AXES, ALL_AXES):
        return None
    position = axis.position + rank if axis.position < 0 else axis.position
    return position if 0 <= position < MOST_AXES else None


def axes_attribute(attributes: Attributes) -> Optional[List[Axis]]:
    """The axes of an operation that takes one or several."""
    many = attributes.get("axisVec")
    if isinstance(many, list):
        axes = [axis for axis in many if isinstance(axis, Axis)]
        return axes if len(axes) == len(many) else None
    one = attributes.get("axis")
    return [one] if isinstance(one, Axis) else None


def elementwise(shapes: Sequence[Shape]) -> Optional[Shape]:
    """Operands combined value by value, aligned at their first (fastest) axis."""
    result: Shape = shapes[0] if shapes else ()
    for shape in shapes[1:]:
        longer, shorter = (result, shape) if len(result) >= len(shape) else (shape, result)
        sizes = list(longer)
        for position, size in enumerate(shorter):
            joined = _joined(longer[position], size)
            if joined is None:
                return None
            sizes[position] = joined
        result = tuple(sizes)
    return result


def _joined(one: int, other: int) -> Optional[int]:
    if one == other:
        return one
    for size, against in ((one, other), (other, one)):
        if size in (INFERRED, 1):
            return against
    # A free axis next to a fixed one can only be of that size.
    if FREE in (one, other):
        return other if one == FREE else one
    return None


def times(left: Shape, right: Shape, attributes: Attributes) -> Optional[Shape]:
    """A product that reduces the last axes of one operand over the first ones of the other."""
    rank = integer(attributes.get("outputRank", 1))
    mapped = integer(attributes.get("inferInputRankToMap", -1))
    if rank is None or mapped is None or not 1 <= rank <= len(left) or mapped >= len(right):
        return None
    if INFERRED in left[:rank]:
        return None
    if mapped >= 0 and left[-1] == INFERRED:
        missing = len(right) - mapped - (len(left) - rank)
        left = left + (INFERRED,) * max(0, missing)
    reduced = len(left) - rank
    if len(right) < reduced:
        return None
    for one, other in zip(left[rank:], right):
        if one != other and one >= 0 and other >= 0:
            return None
    return left[:rank] + right[reduced:]


def transposed_for_times(shape: Shape) -> Optional[Shape]:
    """The left operand of TransposeTimes as a plain product takes it."""
    if len(shape) > 2:
        return None
    return tuple(reversed(shape + (1,) * (2 - len(shape))))


def transpose(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """Two axes swapped, or all of them put in another order."""
    order = attributes.get("axisVec")
    if isinstance(order, list):
        positions = [static_axis(axis, len(shape)) for axis in order]
        if sorted(p for p in positions if p is not None) != list(range(len(shape))):
            return None
        return tuple(shape[p] for p in positions if p is not None)
    first = static_axis(attributes.get("axis1"), len(shape))
    second = static_axis(attributes.get("axis2"), len(shape))
    if first is None or second is None:
        return None
    sizes = list(shape) + [1] * (max(first, second) + 1 - len(shape))
    sizes[first], sizes[second] = sizes[second], sizes[first]
    return tuple(sizes)


def slice_ranges(shape: Shape, attributes: Attributes) -> Optional[List[tuple[int, int, int, int]]]:
    """Position, begin, end and stride of each axis that a Slice cuts."""
    axes = axes_attribute(attributes)
    if axes is None:
        return None
    if isinstance(attributes.get("axisVec"), list):
        begins = integers(attributes.get("beginIndexVec"))
        ends = integers(attributes.get("endIndexVec"))
        strides = integers(attributes.get("sliceStridesVec", [1] * len(axes)))
    else:
        begins = integers([attributes.get("beginIndex")])
        ends = integers([attributes.get("endIndex")])
        strides = integers([attributes.get("sliceStrides", 1)])
    if begins is None or ends is None or strides is None:
        return None
    if not len(axes) == len(begins) == len(ends) == len(strides):
        return None
    ranges = []
    for axis, begin, end, stride in zip(axes, begins, ends, strides):
        position = static_axis(axis, len(shape))
        if position is None or position >= len(shape) or stride == 0:
            return None
        ranges.append((position, begin, end, stride))
    return ranges


def slice_(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """Part of some axes."""
    ranges = slice_ranges(shape, attributes)
    if ranges is None:
        return None
    sizes = list(shape)
    for position, begin, end, stride in ranges:
        size = shape[position]
        if size < 0:
            # Counted from an end that is not known yet: CNTK leaves the axis free.
            if begin < 0 or end <= 0:
                continue
            length = end - begin
        else:
            begin = begin if begin >= 0 else begin + size
            end = end if end > 0 else end + size
            length = end - begin
            if end > size or begin < 0:
                return None
        if length < 0:
            return None
        sizes[position] = -(-length // abs(stride))
    return tuple(sizes)


def reshape(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """Some or all axes replaced by others that hold as many values."""
    replacement = shape_attribute(attributes, "newShape")
    rank = len(shape)
    begin: Optional[int] = 0
    end: Optional[int] = rank
    if "beginAxis" in attributes:
        begin = static_axis(attributes["beginAxis"], rank)
    if "endAxis" in attributes:
        end = static_axis(attributes["endAxis"], rank)
    if replacement is None or begin is None or end is None or not 0 <= begin <= end <= rank:
        return None
    sizes = list(replacement)
    if sizes.count(INFERRED) > 1 or len(sizes) > MOST_AXES:
        return None
    before = elements(shape[begin:end])
    if INFERRED in sizes and before is not None:
        known = 1
        for size in sizes:
            known *= 1 if size == INFERRED else size
        if known <= 0 or before % known:
            return None
        sizes[sizes.index(INFERRED)] = before // known
    after = elements(tuple(sizes))
    if before is not None and after is not None and before != after:
        return None
    return shape[:begin] + tuple(sizes) + shape[end:]


def splice(shapes: Sequence[Shape], attributes: Attributes) -> Optional[Shape]:
    """Operands laid one after the other along an axis, which may be a new one."""
    if not shapes:
        return None
    rank = max(len(shape) for shape in shapes)
    position = static_axis(attributes.get("axis"), rank)
    if position is None:
        return None
    rank = max(rank, position + 1)
    sizes = list(shapes[0]) + [1] * (rank - len(shapes[0]))
    sizes[position] = 0
    for shape in shapes:
        for axis in range(rank):
            size = shape[axis] if axis < len(shape) else 1
            if axis == position:
                known = size >= 0 and sizes[axis] >= 0
                sizes[axis] = sizes[axis] + size if known else min(sizes[axis], size)
            else:
                joined = _joined(sizes[axis], size)
                if joined is None:
                    return None
                sizes[axis] = joined
    return tuple(sizes)


def reduce(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """A sum, mean, maximum, argmax ... over some axes."""
    axes = axes_attribute(attributes)
    keep = attributes.get("reductionKeepDimensions", True)
    if axes is None:
        return None
    if any(axis.position in (ALL_STATIC_AXES, ALL_AXES) for axis in axes):
        if keep:
            return (1,) * len(shape)
        return shape_attribute(attributes, "allAxesShape") or ()
    if any(axis.position == UNKNOWN_AXES for axis in axes):
        return None
    positions = set()
    for axis in axes:
        if axis.position == DYNAMIC_AXIS:
            continue
        position = static_axis(axis, len(shape))
        if position is None or position >= len(shape):
            return None
        positions.add(position)
    if keep:
        return tuple(1 if i in positions else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in positions)


def one_hot(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """A new axis of classes."""
    classes = integer(attributes.get("numClass"))
    position = static_axis(attributes.get("onehotAxis"), len(shape) + 1)
    if classes is None or not 0 <= classes <= LARGEST_SIZE:
        return None
    if position is None or position > len(shape):
        return None
    return (*shape[:position], classes, *shape[position:])


def gather(table: Shape, indices: Shape) -> Optional[Shape]:
    """Rows of a table, as CNTK 2.7 counts them."""
    return indices[:-1] + table if indices else None


def pad(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """Values added before and after each axis."""
    head = integers(attributes.get("paddingHead"))
    foot = integers(attributes.get("paddingFoot"))
    if head is None or foot is None or not len(head) == len(foot) == len(shape):
        return None
    return tuple(
        size if size < 0 else size + before + after
        for size, before, after in zip(shape, head, foot)
    )


def crop(shape: Shape, reference: Shape) -> Optional[Shape]:
    """Width and height of another tensor, the other axes kept."""
    if len(shape) != len(reference) or len(shape) < 2:
        return None
    return reference[:2] + shape[2:]


def squeeze(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """Axes of one value taken away."""
    axes = axes_attribute(attributes)
    if not axes:
        if any(size < 0 for size in shape):
            return None
        return tuple(size for size in shape if size != 1)
    positions = {static_axis(axis, len(shape)) for axis in axes}
    if any(p is None or p >= len(shape) or shape[p] != 1 for p in positions):
        return None
    return tuple(size for i, size in enumerate(shape) if i not in positions)


def top_k(shape: Shape, attributes: Attributes) -> Optional[Shape]:
    """The largest values along an axis."""
    count = integer(attributes.get("numItems", attributes.get("k")))
    position = static_axis(attributes.get("axis"), len(shape))
    if count is None or position is None or position >= len(shape) or count < 1:
        return None
    return (*shape[:position], count, *shape[position + 1 :])
