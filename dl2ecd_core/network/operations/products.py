"""Products of matrices, sums over named axes, and recurrent cells."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ..shapes import Dims, broadcast
from ..value import Axis, Value, lettered, shaped
from .step import Step

Outputs = Sequence[Value]


def matmul(step: Step) -> Outputs:
    """MatMul as NumPy does it."""
    return [_product(step.input(0), step.input(1))]


def matmul_integer(step: Step) -> Outputs:
    """MatMulInteger: sums of 8-bit products are 32 bits wide."""
    return [replace(_product(step.input(0), step.input(1)), data_type="int32")]


def qlinear_matmul(step: Step) -> Outputs:
    """QLinearMatMul: scale and zero point follow each operand."""
    return [replace(_product(step.input(0), step.input(3)), data_type=step.input(7).data_type)]


def _product(one: Value, other: Value) -> Value:
    constant = one.constant and other.constant
    if one.shape is None or other.shape is None or not one.shape or not other.shape:
        return Value(None, one.data_type, constant=constant)
    left = one.shape if len(one.shape) > 1 else (1, *one.shape)
    right = other.shape if len(other.shape) > 1 else (*other.shape, 1)
    batch = broadcast([left[:-2], right[:-2]])
    if batch is None:
        return Value(None, one.data_type, constant=constant)
    sizes: Dims = (*batch, left[-2], right[-1])
    tracks: List[Axis] = [Axis()] * len(sizes)
    if len(left) == len(sizes) and len(one.shape) > 1 and other.constant:
        tracks[:-1] = one.axes[:-1]
        tracks[-1] = Axis(one.axes[-1].letter if one.axes[-1].letter == "C" else "?")
    if len(one.shape) == 1:
        del tracks[-2]
        sizes = (*sizes[:-2], sizes[-1])
    if len(other.shape) == 1:
        del tracks[-1]
        sizes = sizes[:-1]
    return shaped(sizes, one.data_type, tracks, constant=constant)


def dense(step: Step) -> Outputs:
    """MatMul with a constant of rank 2: rows are samples, columns are features."""
    x, weights = step.input(0), step.input(1)
    if x.rank == 2 and weights.constant and not x.constant:
        step.learn(x, "NC")
        result = matmul(step)[0]
        return [replace(result, axes=lettered(result, "NC"))]
    return matmul(step)


def gemm(step: Step) -> Outputs:
    """Gemm: rows are samples, columns are features."""
    x, weights = step.input(0), step.input(1)
    turned = (step.attributes.integer("transA", 0), step.attributes.integer("transB", 0))
    if None in turned:
        return [shaped((None, None), x.data_type)]
    rows, columns = x.size(1 if turned[0] else 0), weights.size(0 if turned[1] else 1)
    if not turned[0] and x.rank == 2 and not x.constant:
        step.learn(x, "NC")
    tracks = (Axis("N"), Axis("C"))
    return [shaped((rows, columns), x.data_type, tracks, constant=x.constant)]


def einsum(step: Step) -> Outputs:
    """Einsum: letters name sizes."""
    equation = step.attributes.text("equation").replace(" ", "")
    values = step.given()
    data_type = values[0].data_type if values else None
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if not arrow or "." in equation or len(terms) != len(values) or len(equation) > 512:
        return [Value(None, data_type)]
    sizes: Dict[str, Optional[int]] = {}
    for term, value in zip(terms, values):
        if value.shape is None or len(value.shape) != len(term):
            return [Value(None, data_type)]
        for letter, size in zip(term, value.shape):
            if sizes.get(letter) in (None, 1):
                sizes[letter] = size
    if not all(letter in sizes for letter in right):
        return [Value(None, data_type)]
    result: Tuple[Optional[int], ...] = tuple(sizes[letter] for letter in right)
    return [shaped(result, data_type, constant=all(value.constant for value in values))]


def recurrent(step: Step) -> Outputs:
    """LSTM, GRU, RNN: all steps, then the last state (and cell)."""
    x, weights = step.input(0), step.input(2)
    hidden = step.attributes.integer("hidden_size", weights.size(2))
    directions = 2 if step.attributes.text("direction") == "bidirectional" else 1
    batch_first = bool(step.attributes.integer("layout", 0))
    if x.rank != 3:
        return [Value(None, x.data_type)] * 3
    length, batch = (x.size(1), x.size(0)) if batch_first else (x.size(0), x.size(1))
    if batch_first:
        all_steps: Dims = (batch, length, directions, hidden)
        last: Dims = (batch, directions, hidden)
    else:
        all_steps = (length, directions, batch, hidden)
        last = (directions, batch, hidden)
    state = shaped(last, x.data_type)
    return [shaped(all_steps, x.data_type), state, state]


RULES: Dict[str, Callable[[Step], Outputs]] = {
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
    "MatMul": dense,
    "FusedGemm": gemm,
    "Gemm": gemm,
    "MatMulInteger": matmul_integer,
    "QLinearMatMul": qlinear_matmul,
    "Einsum": einsum,
}
