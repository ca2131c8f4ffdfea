"""What the attributes of CNTK's functions say: numbers, shapes and axes.

Which operation has which: PrimitiveFunction.h and PrimitiveFunctionAttribute.h in
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll
"""

from __future__ import annotations

from typing import List, Mapping, NamedTuple, Optional

from .model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    DYNAMIC_AXIS,
    END_STATIC_AXIS,
    MOST_AXES,
    UNKNOWN_AXES,
    Axis,
    Shape,
    Value,
)

Attributes = Mapping[str, Value]


class Cut(NamedTuple):
    """What a Slice takes of one axis, counted from the end where it is negative.

    Attributes
    ----------
    position
        Of the axis, column-major.
    end
        Behind the last; 0 for the end of the axis.
    """

    position: int
    begin: int
    end: int
    stride: int


def integer(value: Value) -> Optional[int]:
    """An attribute that is a number."""
    return int(value) if isinstance(value, (int, bool)) else None


def integers(value: Value) -> Optional[List[int]]:
    """An attribute that is a list of numbers or a shape."""
    if isinstance(value, Axis) or not isinstance(value, (list, tuple)):
        return None
    numbers = [int(item) for item in value if isinstance(item, (int, bool))]
    return numbers if len(numbers) == len(value) else None


def number_of(attributes: Attributes, name: str, default: float) -> float:
    """An attribute that is a number, with or without a fraction."""
    value = attributes.get(name)
    return float(value if isinstance(value, (int, float)) else default)


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


def cuts_of(rank: int, attributes: Attributes) -> Optional[List[Cut]]:
    """What a Slice takes of each axis that it cuts; None where that can't be."""
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
    cuts = []
    for axis, begin, end, stride in zip(axes, begins, ends, strides):
        position = static_axis(axis, rank)
        if position is None or position >= rank or stride == 0:
            return None
        cuts.append(Cut(position, begin, end, stride))
    return cuts
