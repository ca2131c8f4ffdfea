"""Following small tensors of sizes and axes through a graph: what they will hold."""

from __future__ import annotations

import math
import struct
from typing import Callable, Dict, List, Optional, Sequence

from ...network.shapes import elements
from . import types
from .constants import Number, tensor_values
from .known import MOST_ITEMS, Operation, Value, axis_of
from .operations_pieces import concatenation, strided_spans

_INT32, _INT64 = 1 << 31, 1 << 63
# Sizes that are worked out in floating point come in twos or fours; more are weights.
_MOST_FLOATS = 8
_WHOLE = (types.INT32, types.INT64, 4, 5, 6, 17, 22, 23, types.BOOL)


def folded(operation: Operation) -> Optional[Value]:
    """The value of an operation's first output, where it can be told."""
    rule = FOLDS.get(operation.op)
    value = None if rule is None else rule(operation)
    if value is None or len(value.items) > MOST_ITEMS:
        return None
    # TensorFlow's whole numbers start over where they end; no size that is meant does.
    most = _INT32 if operation.attributes.type("T") == types.INT32 else _INT64
    for item in value.items:
        if isinstance(item, int) and not -most <= item < most:
            return None
        if isinstance(item, float) and not math.isfinite(item):
            return None
    return value


def _single(value: float) -> float:
    """The nearest 32-bit number, which is what TensorFlow computes with."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def _most_items(data_type: int) -> int:
    return _MOST_FLOATS if data_type in types.FLOATING else MOST_ITEMS


def _constant(operation: Operation) -> Optional[Value]:
    head = operation.attributes.tensor("value")
    if head is None or (elements(head.shape) or 0) > _most_items(head.data_type):
        return None
    values = tensor_values(head)
    return None if values is None else Value(values, True)


def _same(operation: Operation) -> Optional[Value]:
    value = operation.input(0).value
    return value if value is None or value.fixed else None


def _cast(operation: Operation) -> Optional[Value]:
    value = operation.input(0).value
    target = operation.attributes.type("DstT")
    if value is None:
        return None
    if target in _WHOLE:
        items = tuple(None if item is None else int(item) for item in value.items)
    elif target == types.FLOAT:
        items = tuple(None if item is None else _single(float(item)) for item in value.items)  # type: ignore[misc]
    elif target == types.DOUBLE:
        items = tuple(None if item is None else float(item) for item in value.items)  # type: ignore[misc]
    else:
        return None
    return Value(items, value.fixed)


def _shape(operation: Operation) -> Optional[Value]:
    shape = operation.shape(0)
    return None if shape is None else Value(shape, None not in shape)


def _rank(operation: Operation) -> Optional[Value]:
    shape = operation.shape(0)
    return None if shape is None else Value((len(shape),), True)


def _size(operation: Operation) -> Optional[Value]:
    shape = operation.shape(0)
    if shape is None or None in shape:
        return None
    return Value((math.prod(size for size in shape if size is not None),), True)


def _pack(operation: Operation) -> Optional[Value]:
    items: List[Optional[Number]] = []
    fixed = True
    if len(operation.inputs) > MOST_ITEMS:
        return None
    ranks = {None if known.shape is None else len(known.shape) for known in operation.inputs}
    for known in operation.inputs:
        value = known.value
        if value is not None and value.fixed:
            items += value.items
        elif ranks == {0}:
            items.append(None)
            fixed = False
        else:
            return None
    if ranks != {0} and (not fixed or operation.attributes.integer("axis", 0) != 0):
        return None
    return Value(tuple(items), fixed)


def _concat(operation: Operation) -> Optional[Value]:
    axis, joined = concatenation(operation)
    if axis != 0 and axis != -1:
        return None
    items: List[Optional[Number]] = []
    fixed = True
    for index in joined:
        known = operation.input(index)
        if known.shape is None or len(known.shape) != 1:
            return None
        if known.value is None:
            length = known.shape[0]
            if length is None or length > MOST_ITEMS:
                return None
            items += [None] * length
            fixed = False
        else:
            items += known.value.items
            fixed = fixed and known.value.fixed
        if len(items) > MOST_ITEMS:
            return None
    return Value(tuple(items), fixed)


def _strided_slice(operation: Operation) -> Optional[Value]:
    known = operation.input(0)
    if known.value is None or known.shape is None or len(known.shape) != 1:
        return None
    spans = strided_spans(operation, (len(known.value.items),))
    if spans is None or len(spans) != 1 or spans[0].axis != 0:
        return None
    span = spans[0]
    if span.begin is None and span.stride == -1 and span.size == len(known.value.items):
        items = known.value.items[::-1]
    elif span.begin is None or span.stride is None or span.size is None:
        return None
    elif span.dropped:
        begin = axis_of(span.begin, len(known.value.items))
        items = known.value.items[begin : begin + 1]
        # TensorFlow takes single sizes out of a partly known shape.
        return Value(items, None not in items)
    else:
        stop = span.begin + span.size * span.stride
        items = known.value.items[span.begin : None if stop < 0 else stop : span.stride]
    return Value(items, known.value.fixed)


def _slice(operation: Operation) -> Optional[Value]:
    value = operation.input(0).value
    begins, sizes = operation.numbers(1), operation.numbers(2)
    if value is None or not value.fixed or begins is None or sizes is None:
        return None
    if len(begins) != 1 or len(sizes) != 1 or begins[0] < 0:
        return None
    end = len(value.items) if sizes[0] < 0 else begins[0] + sizes[0]
    return Value(value.items[begins[0] : end], True)


def _gather(operation: Operation) -> Optional[Value]:
    known = operation.input(0)
    value, indices = known.value, operation.numbers(1)
    if value is None or not value.fixed or indices is None:
        return None
    if known.shape is None or len(known.shape) != 1:
        return None
    if any(not 0 <= index < len(value.items) for index in indices):
        return None
    return Value(tuple(value.items[index] for index in indices), True)


def _arithmetic(
    compute: Callable[[Number, Number], Number],
) -> Callable[[Operation], Optional[Value]]:
    def rule(operation: Operation) -> Optional[Value]:
        one, other = operation.input(0).value, operation.input(1).value
        if one is None or other is None or not one.fixed or not other.fixed:
            return None
        ranks = [len(known.shape or ()) for known in operation.inputs]
        if max(ranks) > 1:
            return None
        left = [item for item in one.items if item is not None]
        right = [item for item in other.items if item is not None]
        if len(left) != len(right):
            if len(left) == 1:
                left = left * len(right)
            elif len(right) == 1:
                right = right * len(left)
            else:
                return None
        single = operation.attributes.type("T") == types.FLOAT
        results = [compute(a, b) for a, b in zip(left, right)]
        return Value(tuple(map(_single, results) if single else results), True)

    return rule


def _each(compute: Callable[[Number], Number]) -> Callable[[Operation], Optional[Value]]:
    def rule(operation: Operation) -> Optional[Value]:
        value = operation.input(0).value
        if value is None or not value.fixed:
            return None
        items = [compute(item) for item in value.items if item is not None]
        return Value(tuple(items), True)

    return rule


def _reduced(
    compute: Callable[[Sequence[Number]], Number],
) -> Callable[[Operation], Optional[Value]]:
    def rule(operation: Operation) -> Optional[Value]:
        known, axes = operation.input(0), operation.numbers(1)
        if known.value is None or not known.value.fixed or known.shape is None:
            return None
        if len(known.shape) > 1 or axes is None or not axes or len(axes) > 1:
            return None
        items = [item for item in known.value.items if item is not None]
        return Value((compute(items),), True) if items else None

    return rule


def _range(operation: Operation) -> Optional[Value]:
    start, limit, delta = (operation.number(index) for index in range(3))
    if start is None or limit is None or not delta:
        return None
    numbers = range(start, limit, delta)
    return Value(tuple(numbers), True) if len(numbers) <= MOST_ITEMS else None


def _fill(operation: Operation) -> Optional[Value]:
    sizes, value = operation.numbers(0), operation.input(1).value
    if sizes is None or value is None or not value.fixed or len(value.items) != 1:
        return None
    count = 1
    for size in sizes:
        count *= size
        if not 0 <= count <= MOST_ITEMS:
            return None
    return Value(value.items * count, True)


def _divided(a: Number, b: Number) -> Number:
    if isinstance(a, int) and isinstance(b, int):
        whole = abs(a) // abs(b)
        return whole if (a < 0) == (b < 0) else -whole
    return a / b


def _minimum(a: Number, b: Number) -> Number:
    return min(a, b)


def _maximum(a: Number, b: Number) -> Number:
    return max(a, b)


def _half_even(a: Number) -> Number:
    return float(round(a)) if isinstance(a, float) else a


def _product(items: Sequence[Number]) -> Number:
    return math.prod(items)


Fold = Callable[[Operation], Optional[Value]]

FOLDS: Dict[str, Fold] = {
    "Const": _constant,
    "HostConst": _constant,
    **dict.fromkeys(
        ("Identity", "StopGradient", "Snapshot", "Reshape", "Squeeze", "ExpandDims", "EnsureShape"),
        _same,
    ),
    "Cast": _cast,
    "Shape": _shape,
    "Rank": _rank,
    "Size": _size,
    "Pack": _pack,
    "Concat": _concat,
    "ConcatV2": _concat,
    "StridedSlice": _strided_slice,
    "Slice": _slice,
    "Gather": _gather,
    "GatherV2": _gather,
    **dict.fromkeys(("Add", "AddV2"), _arithmetic(lambda a, b: a + b)),
    "Sub": _arithmetic(lambda a, b: a - b),
    "Mul": _arithmetic(lambda a, b: a * b),
    **dict.fromkeys(("Div", "RealDiv", "TruncateDiv"), _arithmetic(_divided)),
    "FloorDiv": _arithmetic(lambda a, b: a // b),
    **dict.fromkeys(("FloorMod",), _arithmetic(lambda a, b: a % b)),
    "Minimum": _arithmetic(_minimum),
    "Maximum": _arithmetic(_maximum),
    "Neg": _each(lambda a: -a),
    "Floor": _each(lambda a: float(math.floor(a))),
    "Ceil": _each(lambda a: float(math.ceil(a))),
    "Round": _each(_half_even),
    "Rint": _each(_half_even),
    "Prod": _reduced(_product),
    "Sum": _reduced(sum),
    "Max": _reduced(max),
    "Min": _reduced(min),
    "Range": _range,
    "Fill": _fill,
}
