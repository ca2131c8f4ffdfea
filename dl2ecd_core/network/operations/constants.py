"""Operations whose results do not depend on pixels: constants, and the sizes of values."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ..data_types import Number
from ..shapes import elements
from ..value import MOST_KNOWN_VALUES, Axis, Value, constant_of, shaped
from .step import Step

Outputs = Sequence[Value]


def shape_of(step: Step) -> Outputs:
    """Shape: the sizes as a vector."""
    x = step.input(0)
    if x.shape is None:
        return [shaped((None,), "int64", constant=True)]
    first = step.attributes.integer("start", 0)
    last = step.attributes.integer("end", len(x.shape))
    if first is None or last is None:
        return [shaped((None,), "int64", constant=True)]
    sizes = x.shape[first:last]
    return [shaped((len(sizes),), "int64", numbers=sizes, constant=True)]


def size_of(step: Step) -> Outputs:
    """Size: the number of elements."""
    return [shaped((), "int64", numbers=[elements(step.input(0).shape)], constant=True)]


def constant(step: Step) -> Outputs:
    """Constant: a tensor or a few plain values."""
    attributes = step.attributes
    for name, data_type in (("value_int", "int64"), ("value_float", "float32")):
        if name in attributes:
            whole = attributes.integer(name) if data_type == "int64" else None
            number = attributes.number(name) if data_type == "float32" else whole
            return [shaped((), data_type, numbers=[number], constant=True)]
    integers, floats = attributes.integers("value_ints"), attributes.floats("value_floats")
    if integers is not None:
        return [shaped((len(integers),), "int64", numbers=integers, constant=True)]
    if floats is not None:
        return [shaped((len(floats),), "float32", numbers=floats, constant=True)]
    if "value_string" in attributes:
        return [shaped((), "string", constant=True)]
    if "value_strings" in attributes:
        # No texts at all: more than are listed.
        count = len(attributes.texts("value_strings")) or None
        return [shaped((count,), "string", constant=True)]
    head = attributes.tensor("value")
    return [Value(constant=True) if head is None else constant_of(head)]


def constant_of_shape(step: Step) -> Outputs:
    """ConstantOfShape: one value, everywhere."""
    sizes = step.input(0).integers()
    head = step.attributes.tensor("value")
    data_type = "float32" if head is None else head.data_type
    if sizes is None:
        rank = step.input(0).size(0)
        free = (None,) * rank if rank is not None and rank <= 64 else None
        return [shaped(free, data_type, constant=True)]
    count = elements(sizes)
    numbers: Optional[List[Optional[Number]]] = None
    if count is not None and count <= MOST_KNOWN_VALUES:
        value = (0,) if head is None else head.values()
        if value is not None and len(value) == 1:
            numbers = [value[0]] * count
    axes = [Axis(even=True)] * len(sizes)
    return [shaped(sizes, data_type, axes, numbers, constant=True)]


RULES: Dict[str, Callable[[Step], Outputs]] = {
    "Shape": shape_of,
    "Size": size_of,
    "Constant": constant,
    "ConstantOfShape": constant_of_shape,
}
