"""Shape rules: joining tensors and cutting pieces out of them."""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence, Tuple

from ..description import Dims
from .known import Operation, Unclear, axis_of, same_shape, same_size

Shapes = Sequence[Optional[Dims]]

_MOST_OUTPUTS = 4096


class Span(NamedTuple):
    """How one output dimension of a strided slice comes about.

    Attributes
    ----------
    axis
        The input's dimension; None for a new one of length 1.
    size
        The output's length.
    begin, stride
        Where it begins in the input and how it goes on; None when not known.
    dropped
        Whether the dimension is taken away.
    """

    axis: Optional[int]
    size: Optional[int]
    begin: Optional[int]
    stride: Optional[int]
    dropped: bool = False


def strided_spans(operation: Operation, shape: Dims) -> Optional[List[Span]]:
    """What a strided slice does to each dimension; None when even the rank can't be told.

    The masks are those of https://www.tensorflow.org/api_docs/python/tf/strided_slice.
    """
    begins, ends, strides = (operation.numbers(index) for index in (1, 2, 3))
    if strides is None:
        return None
    count = len(strides)
    masks = {
        name: operation.attributes.integer(f"{name}_mask", 0)
        for name in ("begin", "end", "ellipsis", "new_axis", "shrink_axis")
    }
    ellipses = [bit for bit in range(count) if masks["ellipsis"] >> bit & 1]
    if len(ellipses) > 1:
        raise Unclear
    taken = sum(
        1 for bit in range(count) if bit not in ellipses and not masks["new_axis"] >> bit & 1
    )
    missing = len(shape) - taken
    if missing < 0:
        raise Unclear
    spans: List[Span] = []
    axis = 0
    for bit in range(count):
        if bit in ellipses:
            spans += [Span(at, shape[at], 0, 1) for at in range(axis, axis + missing)]
            axis += missing
        elif masks["new_axis"] >> bit & 1:
            spans.append(Span(None, 1, None, None))
        else:
            begin = None if begins is None or bit >= len(begins) else begins[bit]
            end = None if ends is None or bit >= len(ends) else ends[bit]
            spans.append(
                _one_span(
                    axis,
                    shape[axis],
                    (begin, masks["begin"] >> bit & 1),
                    (end, masks["end"] >> bit & 1),
                    strides[bit],
                    bool(masks["shrink_axis"] >> bit & 1),
                )
            )
            axis += 1
    spans += [Span(at, shape[at], 0, 1) for at in range(axis, len(shape))]
    return spans


def _one_span(
    axis: int,
    size: Optional[int],
    start: Tuple[Optional[int], int],
    stop: Tuple[Optional[int], int],
    stride: int,
    shrink: bool,
) -> Span:
    (begin, free_begin), (end, free_end) = start, stop
    if stride == 0:
        raise Unclear
    if shrink:
        return Span(axis, 1, begin, stride, dropped=True)
    if free_begin and free_end and abs(stride) == 1:
        return Span(axis, size, 0 if stride == 1 else None, stride)
    known_begin = 0 if free_begin and stride > 0 else begin
    if (begin is None and not free_begin) or (end is None and not free_end):
        return Span(axis, None, None, stride)
    first = slice(None if free_begin else begin, None if free_end else end, stride)
    if size is not None:
        indices = range(*first.indices(size))
        return Span(axis, len(indices), indices.start, stride)
    # The ends are clamped to the dimension, so its length is needed to tell that of the slice.
    offset = known_begin if known_begin is not None and known_begin >= 0 else None
    return Span(axis, None, offset, stride)


def _strided_slice(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    if shape is None:
        return (None,)
    spans = strided_spans(operation, shape)
    if spans is None:
        return (None,)
    return (tuple(span.size for span in spans if not span.dropped),)


def _slice(operation: Operation) -> Shapes:
    shape, begins = operation.shape(0), operation.numbers(1)
    sizes = operation.sizes(2)
    raw = operation.input(2).value
    if begins is None or raw is None or sizes is None:
        rank = sizes if sizes is not None else operation.sizes(1)
        if shape is not None:
            rank = shape
        if raw is not None and raw.fixed and shape is not None and sizes is not None:
            return (tuple(None if item == -1 else size for item, size in zip(raw.items, sizes)),)
        return (None if rank is None else (None,) * len(rank),)
    if shape is None:
        shape = (None,) * len(begins)
    if not len(shape) == len(begins) == len(sizes):
        raise Unclear
    result: List[Optional[int]] = []
    for size, begin, wanted, item in zip(shape, begins, sizes, raw.items):
        if item == -1:
            result.append(None if size is None else size - begin)
        else:
            result.append(wanted)
    if any(size is not None and size < 0 for size in result):
        raise Unclear
    return (tuple(result),)


def concatenation(operation: Operation) -> Tuple[Optional[int], range]:
    """The axis of a concatenation (None when not known) and which inputs are joined."""
    last = len(operation.inputs) - 1
    if operation.op == "ConcatV2":
        return operation.number(last), range(last)
    return operation.number(0), range(1, last + 1)


def _concat(operation: Operation) -> Shapes:
    axis, joined = concatenation(operation)
    shapes = [operation.shape(index) for index in joined]
    rank = next((len(shape) for shape in shapes if shape is not None), None)
    if rank is None:
        return (None,)
    if axis is None:
        return ((None,) * rank,)
    if any(shape is not None and len(shape) != rank for shape in shapes):
        raise Unclear
    axis = axis_of(axis, rank)
    total: Optional[int] = 0
    merged: Dims = (None,) * rank
    for shape in shapes:
        sizes = (None,) * rank if shape is None else shape
        length = sizes[axis]
        total = None if total is None or length is None else total + length
        merged = tuple(
            None if at == axis else same_size(one, other)
            for at, (one, other) in enumerate(zip(merged, sizes))
        )
    return ((*merged[:axis], total, *merged[axis + 1 :]),)


def _split(operation: Operation) -> Shapes:
    count = operation.attributes.integer("num_split", 0)
    if not 0 < count <= _MOST_OUTPUTS:
        raise Unclear
    axis, shape = operation.number(0), operation.shape(1)
    if shape is None:
        return (None,) * count
    if axis is None:
        return ((None,) * len(shape),) * count
    axis = axis_of(axis, len(shape))
    size = shape[axis]
    if size is not None and size % count:
        raise Unclear
    piece = (*shape[:axis], None if size is None else size // count, *shape[axis + 1 :])
    return (piece,) * count


def _split_by_sizes(operation: Operation) -> Shapes:
    count = operation.attributes.integer("num_split", 0)
    if not 0 < count <= _MOST_OUTPUTS:
        raise Unclear
    shape, sizes, axis = operation.shape(0), operation.numbers(1), operation.number(2)
    if shape is None:
        return (None,) * count
    if axis is None:
        return ((None,) * len(shape),) * count
    axis = axis_of(axis, len(shape))
    lengths: List[Optional[int]] = [None] * count
    if sizes is not None and len(sizes) == count:
        lengths = [size if size >= 0 else None for size in sizes]
        whole = shape[axis]
        if lengths.count(None) == 1 and whole is not None:
            rest = whole - sum(length for length in lengths if length is not None)
            lengths[lengths.index(None)] = rest
    elif count == 1:
        lengths = [shape[axis]]
    return tuple((*shape[:axis], length, *shape[axis + 1 :]) for length in lengths)


def _pack(operation: Operation) -> Shapes:
    shape: Optional[Dims] = None
    for index in range(len(operation.inputs)):
        shape = same_shape(shape, operation.shape(index))
    if shape is None:
        return (None,)
    axis = axis_of(operation.attributes.integer("axis", 0), len(shape) + 1)
    return ((*shape[:axis], len(operation.inputs), *shape[axis:]),)


def _unpack(operation: Operation) -> Shapes:
    count = operation.attributes.integer("num", 0)
    if not 0 <= count <= _MOST_OUTPUTS:
        raise Unclear
    shape = operation.shape(0)
    if shape is None:
        return (None,) * count
    axis = axis_of(operation.attributes.integer("axis", 0), len(shape))
    return ((*shape[:axis], *shape[axis + 1 :]),) * count


def _gather(operation: Operation) -> Shapes:
    shape, indices = operation.shape(0), operation.shape(1)
    axis: Optional[int] = 0
    if operation.op == "GatherV2":
        axis = operation.number(2)
    batch = operation.attributes.integer("batch_dims", 0)
    if shape is None or indices is None:
        return (None,)
    if batch < 0:
        batch += len(indices)
    if axis is None or not 0 <= batch <= len(indices):
        rank = len(shape) + len(indices) - 1 - batch
        return ((None,) * rank if rank >= 0 else None,)
    axis = axis_of(axis, len(shape))
    if batch > axis:
        raise Unclear
    return ((*shape[:axis], *indices[batch:], *shape[axis + 1 :]),)


def _gather_nd(operation: Operation) -> Shapes:
    shape, indices = operation.shape(0), operation.shape(1)
    if shape is None or not indices or indices[-1] is None:
        return (None,)
    if indices[-1] > len(shape):
        raise Unclear
    return ((*indices[:-1], *shape[indices[-1] :]),)


def _tile(operation: Operation) -> Shapes:
    shape, times = operation.shape(0), operation.sizes(1)
    if times is None:
        return (None if shape is None else (None,) * len(shape),)
    if shape is None:
        return ((None,) * len(times),)
    if len(times) != len(shape):
        raise Unclear
    sizes: List[Optional[int]] = []
    for size, count in zip(shape, times):
        if count == 1:
            sizes.append(size)
        elif size == 1:
            sizes.append(count)
        elif size == 0 or count == 0:
            sizes.append(0)
        else:
            sizes.append(None if size is None or count is None else size * count)
    return (tuple(sizes),)


RULES: Dict[str, Callable[[Operation], Shapes]] = {
    "StridedSlice": _strided_slice,
    "Slice": _slice,
    "Concat": _concat,
    "ConcatV2": _concat,
    "Split": _split,
    "SplitV": _split_by_sizes,
    "Pack": _pack,
    "Unpack": _unpack,
    "Gather": _gather,
    "GatherV2": _gather,
    "GatherNd": _gather_nd,
    "Tile": _tile,
}
