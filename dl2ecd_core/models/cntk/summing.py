"""CNTK's operations that sum up: products, reductions and softmax, in ONNX's operators."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ...network.data_types import TYPE_NUMBERS
from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from .model_graph import ALL_AXES, ALL_STATIC_AXES, Function, Op
from .roles import spelled_softmax
from .signal_rules import axes_attribute, integer, static_axis
from .step import Operand, Rule, Step, axis_in, product

_KINDS = {"Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin", "Prod": "ReduceProd"}
_PLACES = {"Argmax": "ArgMax", "Argmin": "ArgMin"}


def _over_all(op: str) -> Rule:
    """An operation over all axes together, as CNTK's primitive does it."""

    def rule(step: Step) -> Operand:
        x = step.operand(0)
        dims = step.dims(x)
        if len(dims) == 1:
            return step.add(op, x, axis=-1)
        flat = step.add(op, step.reshaped(x, (product(dims),)), axis=-1)
        return step.reshaped(flat, dims)

    return rule


def _times_elements(step: Step) -> Operand:
    softmax = _softmax(step)
    return step.add("Mul", *step.aligned(step.operands(2))) if softmax is None else softmax


def _softmax(step: Step) -> Optional[Operand]:
    """Exponentials divided by their sum: CNTK's library spells a softmax along an axis so."""
    parts = spelled_softmax(step.flow, step.function)
    if parts is None:
        return None
    above, total = parts
    x = step.values.operand(_before_maximum(step, above.inputs[0], total))
    axes = _axes(step, total, len(step.dims(x)))
    if len(axes) != 1:
        return None
    return step.add("Softmax", x, axis=axes[0] + x.batched)


def _before_maximum(step: Step, uid: str, total: Function) -> str:
    """What goes into a softmax, without the maximum that is taken off first."""
    minus = step.flow.owner(uid)
    if minus is None or minus.op != Op.MINUS or len(minus.inputs) != 2:
        return uid
    largest = step.flow.owner(minus.inputs[1])
    if largest is None or largest.op != Op.REDUCE_ELEMENTS:
        return uid
    same = step.flow.resolve(largest.inputs[0]) == step.flow.resolve(minus.inputs[0])
    alike = axes_attribute(largest.attributes) == axes_attribute(total.attributes)
    kind = largest.attributes.get("reductionOpName")
    return minus.inputs[0] if same and alike and kind == "Max" else uid


def _axes(step: Step, function: Function, rank: int) -> List[int]:
    """The axes that a function works along, in ONNX's order, without the batch's."""
    axes = axes_attribute(function.attributes)
    if axes is None:
        raise NotConvertibleError("the axes that it sums up are not known")
    found = set()
    for axis in axes:
        if axis.position == ALL_STATIC_AXES:
            found |= set(range(rank))
            continue
        position = static_axis(axis, rank)
        if axis.position == ALL_AXES or position is None or position >= rank:
            raise NotConvertibleError("it sums up over images of a batch or steps of a sequence")
        found.add(axis_in(rank, position))
    return sorted(found)


def _reduce(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.dims(x)
    kind = step.attributes.get("reductionOpName")
    axes = _axes(step, step.function, len(dims))
    keep = bool(step.attributes.get("reductionKeepDimensions", True))
    left: Dims = tuple(
        1 if axis in axes else size for axis, size in enumerate(dims) if keep or axis not in axes
    )
    if not axes:
        return x
    places = [axis + x.batched for axis in axes]
    if kind in _PLACES:
        return _place_of(step, x, _PLACES[str(kind)], axes, left)
    if kind == "Sum":
        return step.add("ReduceSum", x, step.whole(places), keepdims=int(keep))
    if kind == "LogSum":
        # Spelled out: OpenVINO 2026.4 sums up everything for ReduceLogSumExp of this opset.
        largest = step.add("ReduceMax", x, axes=places, keepdims=1)
        rest = step.add("Exp", step.add("Sub", x, largest))
        total = step.add("ReduceSum", rest, step.whole(places), keepdims=1)
        return step.reshaped(step.add("Add", step.add("Log", total), largest), left)
    made = step.add(_KINDS.get(str(kind), "ReduceMax"), x, axes=places, keepdims=int(keep))
    if kind not in _KINDS:
        raise NotConvertibleError(
            f"it sums up in a way ('{kind}') that is not known",
            values=[step.lowering.value(made.name)],
        )
    return made


def _place_of(step: Step, x: Operand, op: str, axes: Sequence[int], left: Dims) -> Operand:
    """Where the largest or smallest value is; among all of several axes it is counted through."""
    dims = step.dims(x)
    if len(axes) == 1:
        made = step.add(op, x, axis=axes[0] + x.batched, keepdims=int(len(left) == len(dims)))
    elif len(axes) == len(dims):
        flat = step.reshaped(x, (product(dims),))
        made = step.reshaped(step.add(op, flat, axis=int(x.batched), keepdims=1), left)
    else:
        raise NotConvertibleError("it looks for a place along several axes")
    return step.add("Cast", made, to=TYPE_NUMBERS["float32"])


def _left_matrix(step: Step, kept: int, *, turned: bool) -> Tuple[Operand, Dims, Dims]:
    """The left operand of a product as a matrix of reduced by kept values, and both sizes."""
    x = step.operand(0)
    dims = step.dims(x)
    if turned:
        if len(dims) > 2 or kept != 1:
            raise NotConvertibleError("it turns a tensor of more than two axes")
        x = step.with_rank(x, 2)
        x = step.add("Transpose", x, perm=[0, 2, 1] if x.batched else [1, 0])
        dims = step.dims(x)
    if not 1 <= kept <= len(dims):
        raise NotConvertibleError("it keeps more axes than there are")
    reduced, out = dims[: len(dims) - kept], dims[len(dims) - kept :]
    wanted = (product(reduced), product(out))
    if None in wanted:
        raise NotConvertibleError("a free size goes into its left operand")
    stored = None
    if not turned:
        stored = step.values.weight(step.function.inputs[0], [size or 0 for size in wanted])
    return (step.reshaped(x, wanted) if stored is None else stored), reduced, out


def _product(*, turned: bool) -> Rule:
    def rule(step: Step) -> Operand:
        kept = integer(step.attributes.get("outputRank", 1)) or 1
        left, reduced, out = _left_matrix(step, kept, turned=turned)
        right = step.operand(1)
        dims = step.dims(right)
        count = len(dims) - len(reduced)
        if count < 0 or (product(dims[count:]) not in (None, product(reduced))):
            raise NotConvertibleError("its operands do not fit together")
        rest = dims[:count]
        flat = product(reduced)
        vectors = left.batched and right.batched and not turned and not rest
        if vectors and product(out) == 1:
            # CNTK 2.7 multiplies the sums of both then.
            raise NotConvertibleError("CNTK multiplies two vectors in a way of its own")
        if left.batched:
            # One matrix for each image.
            right = step.reshaped(right, (product(rest), flat))
        else:
            right = step.reshaped(right, (*rest, flat))
        made = step.add("MatMul", right, left)
        return step.reshaped(made, (*rest, *out))

    return rule


RULES: Dict[int, Rule] = {
    Op.SOFTMAX: _over_all("Softmax"),
    Op.LOG_SOFTMAX: _over_all("LogSoftmax"),
    Op.HARDMAX: _over_all("Hardmax"),
    Op.ELEMENT_TIMES: _times_elements,
    Op.REDUCE_ELEMENTS: _reduce,
    Op.TIMES: _product(turned=False),
    Op.TRANSPOSE_TIMES: _product(turned=True),
}
