"""CNTK's operations that sum up: products, reductions and softmax, in ONNX's operators."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Tuple

from ...network.data_types import TYPE_NUMBERS
from ...network.lowering import NotConvertibleError
from ...network.shapes import Dims
from ...network.value import Kind, Meaning
from .attributes import axes_attribute, integer, shape_attribute, static_axis
from .model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    DYNAMIC_AXIS,
    UNKNOWN_AXES,
    Axis,
    Function,
    Op,
)
from .step import Operand, Rule, Step, axis_in, product
from .wiring import Wiring

_KINDS = {"Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin", "Prod": "ReduceProd"}
_PLACES = {"Argmax": "ArgMax", "Argmin": "ArgMin"}


def _over_all(op: str) -> Rule:
    """An operation over all axes together, as CNTK's primitive does it."""

    def rule(step: Step) -> Operand:
        x = step.operand(0)
        dims = step.expect(step.dims(x))
        if len(dims) == 1:
            return step.add(op, x, axis=-1)
        flat = step.add(op, step.reshaped(x, (product(dims),)), axis=-1)
        return step.reshaped(flat, dims)

    return rule


def _times_elements(step: Step) -> Operand:
    parts = _spelled_softmax(step.wiring, step.function)
    if parts is None:
        return step.add("Mul", *step.aligned(step.operands(2)))
    above, total = parts
    x = step.values.operand(_before_maximum(step, above.inputs[0], total))
    axes = _axes(axes_attribute(total.attributes), len(step.dims(x)))
    if len(axes) == 1:
        return step.add("Softmax", x, axis=axes[0] + x.batched)
    made = step.add("Mul", *step.aligned(step.operands(2)))
    step.lowering.mean(made.name, Meaning(Kind.SOFTMAX))
    return made


def _spelled_softmax(wiring: Wiring, function: Function) -> Optional[Tuple[Function, Function]]:
    """The exponentials and their sum, where they are divided by it.

    CNTK's library spells a softmax along an axis so.
    """
    if len(function.inputs) != 2:
        return None
    above, below = (wiring.owner(uid) for uid in function.inputs)
    if above is None or below is None or above.op != Op.EXP or below.op != Op.RECIPROCAL:
        return None
    total = wiring.owner(below.inputs[0]) if below.inputs and above.inputs else None
    found = (
        total is not None
        and total.op == Op.REDUCE_ELEMENTS
        and total.attributes.get("reductionOpName") == "Sum"
        and bool(total.inputs)
        and wiring.owner(total.inputs[0]) is above
    )
    return (above, total) if found and total is not None else None


def _before_maximum(step: Step, uid: str, total: Function) -> str:
    """What goes into a softmax, without the maximum that is taken off first."""
    minus = step.wiring.owner(uid)
    if minus is None or minus.op != Op.MINUS or len(minus.inputs) != 2:
        return uid
    largest = step.wiring.owner(minus.inputs[1])
    if largest is None or largest.op != Op.REDUCE_ELEMENTS or not largest.inputs:
        return uid
    same = step.wiring.resolve(largest.inputs[0]) == step.wiring.resolve(minus.inputs[0])
    alike = axes_attribute(largest.attributes) == axes_attribute(total.attributes)
    kind = largest.attributes.get("reductionOpName")
    return minus.inputs[0] if same and alike and kind == "Max" else uid


def _axes(told: Optional[Sequence[Axis]], rank: int) -> List[int]:
    """The axes that a function works along, in ONNX's order, without the batch's."""
    found = set()
    for axis in told or ():
        if axis.position == ALL_STATIC_AXES:
            found |= set(range(rank))
            continue
        position = static_axis(axis, rank)
        if axis.position == ALL_AXES or position is None or position >= rank:
            raise NotConvertibleError("it sums up over images of a batch or steps of a sequence")
        found.add(axis_in(rank, position))
    return sorted(found)


def _left(step: Step, told: Sequence[Axis], dims: Dims, *, keep: bool) -> Optional[Dims]:
    """The sizes that a reduction leaves; None where they can't be told."""
    if any(axis.position in (ALL_STATIC_AXES, ALL_AXES) for axis in told):
        return (1,) * len(dims) if keep else shape_attribute(step.attributes, "allAxesShape") or ()
    if any(axis.position == UNKNOWN_AXES for axis in told):
        return None
    gone = set()
    for axis in told:
        position = static_axis(axis, len(dims))
        if axis.position != DYNAMIC_AXIS:
            if position is None or position >= len(dims):
                return None
            gone.add(axis_in(len(dims), position))
    return tuple(
        1 if axis in gone else size for axis, size in enumerate(dims) if keep or axis not in gone
    )


def _reduce(step: Step) -> Operand:
    x = step.operand(0)
    dims = step.dims(x)
    kind = str(step.attributes.get("reductionOpName"))
    told = axes_attribute(step.attributes)
    if told is None:
        raise NotConvertibleError("the axes that it sums up are not known")
    keep = bool(step.attributes.get("reductionKeepDimensions", True))
    left = step.expect(_left(step, told, dims, keep=keep))
    axes = _axes(told, len(dims))
    if not axes:
        return x
    places = [axis + x.batched for axis in axes]
    if kind in _PLACES:
        return _place_of(step, x, _PLACES[kind], axes, left)
    if kind == "Sum":
        total = step.add("ReduceSum", x, step.whole(places), keepdims=int(keep))
        return step.reshaped(total, left)
    if kind == "LogSum":
        # Spelled out: OpenVINO 2026.4 sums up everything for ReduceLogSumExp of this opset.
        largest = step.add("ReduceMax", x, axes=places, keepdims=1)
        rest = step.add("Exp", step.add("Sub", x, largest))
        total = step.add("ReduceSum", rest, step.whole(places), keepdims=1)
        return step.reshaped(step.add("Add", step.add("Log", total), largest), left)
    made = step.add(_KINDS.get(kind, "ReduceMax"), x, axes=places, keepdims=int(keep))
    made = step.reshaped(made, left)
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
        if op == "ArgMax":
            # It is counted through all axes, of which no single one holds classes.
            step.lowering.mean(made.name, Meaning(Kind.ARGMAX))
    else:
        raise NotConvertibleError("it looks for a place along several axes")
    return step.add("Cast", made, to=TYPE_NUMBERS["float32"])


def _left_matrix(step: Step, x: Operand, wanted: Dims, *, turned: bool) -> Operand:
    """The left operand of a product as a matrix of reduced by kept values."""
    if turned:
        x = step.with_rank(x, 2)
        x = step.add("Transpose", x, perm=[0, 2, 1] if x.batched else [1, 0])
        return step.reshaped(x, wanted)
    stored = step.values.weight(step.function.inputs[0], [size or 0 for size in wanted])
    return step.reshaped(x, wanted) if stored is None else stored


def _product(*, turned: bool) -> Rule:
    def rule(step: Step) -> Operand:
        kept = integer(step.attributes.get("outputRank", 1)) or 1
        x, right = step.operand(0), step.operand(1)
        left, dims = step.dims(x), step.dims(right)
        if turned:
            if len(left) > 2 or kept != 1:
                raise NotConvertibleError("it turns a tensor of more than two axes")
            left = tuple(reversed((1,) * (2 - len(left)) + left))
        if not 1 <= kept <= len(left):
            raise NotConvertibleError("it keeps more axes than there are")
        reduced, out = left[: len(left) - kept], left[len(left) - kept :]
        mapped = -1 if turned else integer(step.attributes.get("inferInputRankToMap", -1)) or 0
        if mapped >= 0 and None in reduced[:1]:
            # CNTK lays as many axes of its own there as are not mapped.
            reduced = (None,) * max(0, len(dims) - mapped - len(reduced)) + reduced
        count = len(dims) - len(reduced)
        rest, flat = dims[: max(0, count)], product(reduced)
        alike = all(None in pair or pair[0] == pair[1] for pair in zip(reduced, dims[count:]))
        fitting = count >= 0 and alike and mapped < len(dims)
        if fitting:
            step.expect((*rest, *out))
        if None in (flat, product(out)):
            raise NotConvertibleError("a free size goes into its left operand")
        if not fitting:
            raise NotConvertibleError("its operands do not fit together")
        matrix = _left_matrix(step, x, (flat, product(out)), turned=turned)
        vectors = x.batched and right.batched and not turned and not rest
        if vectors and product(out) == 1:
            # CNTK 2.7 multiplies the sums of both then.
            raise NotConvertibleError("CNTK multiplies two vectors in a way of its own")
        # One matrix for each image, where there are several.
        flattened = (product(rest), flat) if x.batched else (*rest, flat)
        made = step.add("MatMul", step.reshaped(right, flattened), matrix)
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
