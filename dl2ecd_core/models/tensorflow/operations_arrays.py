"""Shape rules: turning, padding, reshaping, making tensors."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence

from ...network.shapes import elements
from ..description import Dims
from .known import MOST_ITEMS, Operation, Unclear, axis_of, product, same_shape

Shapes = Sequence[Optional[Dims]]


def _reshape(operation: Operation) -> Shapes:
    shape, wanted = operation.shape(0), operation.sizes(1)
    if wanted is None:
        return (None,)
    sizes = list(wanted)
    count = elements(shape)
    if sizes.count(None) == 1 and count is not None:
        rest = product(*(size for size in sizes if size is not None))
        if rest and count % rest == 0:
            sizes[sizes.index(None)] = count // rest
        elif rest:
            raise Unclear
    return (tuple(sizes),)


def _transpose(operation: Operation) -> Shapes:
    shape, order = operation.shape(0), operation.numbers(1)
    if order is None:
        rank = shape if shape is not None else operation.sizes(1)
        return (None if rank is None else (None,) * len(rank),)
    if shape is None:
        return ((None,) * len(order),)
    if sorted(order) != list(range(len(shape))):
        raise Unclear
    return (tuple(shape[axis] for axis in order),)


def _expand_dims(operation: Operation) -> Shapes:
    shape, axis = operation.shape(0), operation.number(1)
    if shape is None:
        return (None,)
    if axis is None:
        return ((None,) * (len(shape) + 1),)
    axis = axis_of(axis, len(shape) + 1)
    return ((*shape[:axis], 1, *shape[axis:]),)


def squeezed_axes(operation: Operation) -> Optional[List[int]]:
    """The axes that a squeeze takes away; None when not known."""
    shape = operation.shape(0)
    if shape is None:
        return None
    named = operation.attributes.integers("squeeze_dims") or operation.attributes.integers("axis")
    if named:
        return [axis_of(axis, len(shape)) for axis in named]
    if None in shape:
        return None
    return [axis for axis, size in enumerate(shape) if size == 1]


def _squeeze(operation: Operation) -> Shapes:
    shape, axes = operation.shape(0), squeezed_axes(operation)
    if shape is None or axes is None:
        return (None,)
    if any(shape[axis] not in (1, None) for axis in axes):
        raise Unclear
    return (tuple(size for axis, size in enumerate(shape) if axis not in axes),)


def _pad(operation: Operation) -> Shapes:
    shape, pads = operation.shape(0), operation.numbers(1)
    if pads is None:
        rows = operation.shape(1)
        if shape is not None:
            return ((None,) * len(shape),)
        if rows and rows[0] is not None and rows[0] <= MOST_ITEMS:
            return ((None,) * rows[0],)
        return (None,)
    if shape is None:
        return ((None,) * (len(pads) // 2),)
    if len(pads) != 2 * len(shape):
        raise Unclear
    return (
        tuple(
            None if size is None else size + before + after
            for size, before, after in zip(shape, pads[::2], pads[1::2])
        ),
    )


def _vectors_of_rank(operation: Operation) -> Shapes:
    return tuple((None if one.shape is None else len(one.shape),) for one in operation.inputs)


def _vector_of_rank(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    return ((None if shape is None else len(shape),),)


def _scalar(operation: Operation) -> Shapes:
    return ((),)


def _as_spelled(operation: Operation) -> Shapes:
    """Fill, BroadcastTo-like and random operations: an input spells the output's shape."""
    return (operation.sizes(0),)


def _broadcast_to(operation: Operation) -> Shapes:
    return (operation.sizes(1),)


def _range(operation: Operation) -> Shapes:
    start, limit, delta = (operation.number(index) for index in range(3))
    if start is None or limit is None or not delta:
        return ((None,),)
    return ((max(0, -((start - limit) // delta)),),)


def _one_hot(operation: Operation) -> Shapes:
    indices, depth = operation.shape(0), operation.number(1)
    if indices is None:
        return (None,)
    axis = operation.attributes.integer("axis", -1)
    at = axis_of(axis, len(indices) + 1)
    return ((*indices[:at], None if depth is None else depth, *indices[at:]),)


def _where(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    return ((None, None if shape is None else len(shape)),)


def _top_k(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    if operation.op == "TopK":
        count: Optional[int] = operation.attributes.integer("k", 0)
    else:
        count = operation.number(1)
    if not shape:
        return (None, None)
    result = (*shape[:-1], count)
    return (result, result)


def _unique(operation: Operation) -> Shapes:
    return ((None,), operation.shape(0))


def _linspace(operation: Operation) -> Shapes:
    return ((operation.number(2),),)


def _scatter_nd(operation: Operation) -> Shapes:
    return (operation.sizes(2),)


def _matrix_diagonal(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    return ((*shape, shape[-1]) if shape else None,)


def _non_max(operation: Operation) -> Shapes:
    """Boxes that survive: how many is known only where the output is padded to a number."""
    padded = operation.attributes.flag("pad_to_max_output_size")
    count = operation.number(2) if padded else None
    if operation.op == "NonMaxSuppressionV4":
        return ((count,), ())
    if operation.op == "NonMaxSuppressionV5":
        return ((count,), (count,), ())
    return ((None,),)


def _combined_non_max(operation: Operation) -> Shapes:
    boxes = operation.ranked(0, 4)
    total = operation.number(3)
    per_class, scores = operation.number(2), operation.ranked(1, 3)
    size = total
    if operation.attributes.flag("pad_per_class"):
        classes = scores[2]
        if per_class is None or classes is None or total is None:
            size = None
        else:
            size = min(total, per_class * classes)
    batch = boxes[0]
    return ((batch, size, 4), (batch, size), (batch, size), (batch,))


def _ensure_shape(operation: Operation) -> Shapes:
    return (same_shape(operation.shape(0), operation.attributes.shape("shape")),)


RULES: Dict[str, Callable[[Operation], Shapes]] = {
    "Reshape": _reshape,
    "Transpose": _transpose,
    "ConjugateTranspose": _transpose,
    "ExpandDims": _expand_dims,
    "Squeeze": _squeeze,
    "Pad": _pad,
    "PadV2": _pad,
    "MirrorPad": _pad,
    "Shape": _vector_of_rank,
    "ShapeN": _vectors_of_rank,
    "Rank": _scalar,
    "Size": _scalar,
    "Fill": _as_spelled,
    "BroadcastTo": _broadcast_to,
    "RandomUniform": _as_spelled,
    "RandomStandardNormal": _as_spelled,
    "TruncatedNormal": _as_spelled,
    "RandomUniformInt": _as_spelled,
    "StatelessRandomUniform": _as_spelled,
    "StatelessRandomUniformV2": _as_spelled,
    "StatelessRandomNormalV2": _as_spelled,
    "Range": _range,
    "OneHot": _one_hot,
    "Where": _where,
    "TopK": _top_k,
    "TopKV2": _top_k,
    "Unique": _unique,
    "LinSpace": _linspace,
    "ScatterNd": _scatter_nd,
    "MatrixDiag": _matrix_diagonal,
    "NonMaxSuppression": _non_max,
    "NonMaxSuppressionV2": _non_max,
    "NonMaxSuppressionV3": _non_max,
    "NonMaxSuppressionV4": _non_max,
    "NonMaxSuppressionV5": _non_max,
    "CombinedNonMaxSuppression": _combined_non_max,
    "EnsureShape": _ensure_shape,
}
