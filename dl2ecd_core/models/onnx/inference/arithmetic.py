"""Operations on numbers: element by element, products of matrices, reductions, normalisations."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...description import Dims
from ...graph.shapes import broadcast, elements
from ..tensors import DATA_TYPES, Number
from .arrangement import joined
from .values import Step, Track, Value, combined, image_letters, lettered, shaped

Outputs = Sequence[Value]


def same(step: Step) -> Outputs:
    """One operand, one result of its size."""
    return [replace(step.input(0), numbers=None)]


def unchanged(step: Step) -> Outputs:
    """The value itself, also its numbers."""
    return [step.input(0)]


def to_type(data_type: str) -> Callable[[Step], Outputs]:
    """The size of the first operand, another element type."""
    return lambda step: [replace(step.input(0), data_type=data_type, numbers=None)]


def cast_like(step: Step) -> Outputs:
    """CastLike: the second operand's element type."""
    return [replace(step.input(0), data_type=step.input(1).data_type, numbers=None)]


def random_like(step: Step) -> Outputs:
    """Random values of the operand's size."""
    x, number = step.input(0), step.attributes.integer("dtype", 0)
    data_type = x.data_type if not number else DATA_TYPES.get(number)
    return [replace(x, data_type=data_type, numbers=None)]


def dropout(step: Step) -> Outputs:
    """Dropout: the value, and which elements were kept."""
    x = step.input(0)
    return [x, replace(x, data_type="bool", numbers=None)]


def several(step: Step) -> Outputs:
    """Operands combined element by element: Sum, Max, Where's parts ..."""
    values = step.given()
    return [combined(values, values[0].data_type if values else None)]


def compare(step: Step) -> Outputs:
    """A comparison or logical operation."""
    return [combined(step.given(), "bool")]


def where(step: Step) -> Outputs:
    """Where: condition, then the two choices."""
    values = step.given()
    result = combined(values, step.input(1).data_type)
    condition, one, other = (step.input(index).numbers for index in range(3))
    if condition is None or one is None or other is None or None in condition:
        return [result]
    if not len(condition) == len(one) == len(other) == elements(result.shape):
        return [result]
    numbers = [a if c else b for c, a, b in zip(condition, one, other)]
    return [replace(result, numbers=tuple(numbers))]


def _divided(one: Number, other: Number, whole: bool) -> Optional[Number]:
    if other == 0:
        return None
    if whole:
        # ONNX divides whole numbers towards zero.
        quotient = abs(int(one)) // abs(int(other))
        return quotient if (one < 0) == (other < 0) else -quotient
    return one / other


_NUMERIC: Dict[str, Callable[[Number, Number, bool], Optional[Number]]] = {
    "Add": lambda one, other, whole: one + other,
    "Sub": lambda one, other, whole: one - other,
    "Mul": lambda one, other, whole: one * other,
    "Div": _divided,
    "Max": lambda one, other, whole: max(one, other),
    "Min": lambda one, other, whole: min(one, other),
}


def arithmetic(step: Step) -> Outputs:
    """Add, Sub, Mul, Div and such; small known numbers are worked out: sizes are made of them."""
    values = step.given()
    result = combined(values, values[0].data_type if values else None)
    if len(values) != 2 or values[0].numbers is None or values[1].numbers is None:
        return [result]
    one, other = values[0].numbers, values[1].numbers
    length = max(len(one), len(other))
    if elements(result.shape) != length or not {len(one), len(other)} <= {1, length}:
        return [result]
    rule = _NUMERIC[step.node.op]
    whole = result.data_type is not None and "int" in result.data_type
    numbers: List[Optional[Number]] = []
    for index in range(length):
        left, right = one[index % len(one)], other[index % len(other)]
        number = None if left is None or right is None else rule(left, right, whole)
        sound = number is not None and abs(number) < 1e18
        numbers.append(number if sound else None)
    return [replace(result, numbers=tuple(numbers))]


def rounded(step: Step) -> Outputs:
    """Floor, Ceil, Neg, Abs: also of known numbers."""
    rules: Dict[str, Callable[[Number], Number]] = {
        "Floor": math.floor, "Ceil": math.ceil, "Neg": lambda one: -one, "Abs": abs,
    }  # fmt: skip
    x = step.input(0)
    if x.numbers is None:
        return [x]
    rule = rules[step.node.op]
    numbers = tuple(None if n is None or not abs(n) < 1e18 else rule(n) for n in x.numbers)
    return [replace(x, numbers=numbers)]


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
    tracks: List[Track] = [Track()] * len(sizes)
    if len(left) == len(sizes) and len(one.shape) > 1 and other.constant:
        tracks[:-1] = one.tracks[:-1]
        tracks[-1] = Track(one.tracks[-1].letter if one.tracks[-1].letter == "C" else "?")
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
        return [replace(result, tracks=lettered(result, "NC"))]
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
    tracks = (Track("N"), Track("C"))
    return [shaped((rows, columns), x.data_type, tracks, constant=x.constant)]


def reduce(step: Step) -> Outputs:
    """ReduceMean and its like: some axes become 1 or go away."""
    x = step.input(0)
    given, axes = step.axes_list(1)
    keep = step.attributes.integer("keepdims", 1)
    constant = x.constant
    if x.shape is None or keep is None or (given and axes is None):
        return [Value(None, x.data_type, constant=constant)]
    rank = len(x.shape)
    if not axes:
        if step.attributes.integer("noop_with_empty_axes", 0):
            return [x]
        axes = tuple(range(rank))
    gone = {axis % rank for axis in axes if -rank <= axis < rank}
    numbers = _reduced_numbers(step.node.op, x, keep, gone)
    return [_without(x, gone, keep, x.data_type, numbers)]


def _reduced_numbers(
    op: str, x: Value, keep: int, gone: set[int]
) -> Optional[List[Optional[Number]]]:
    """The product of a shape's sizes, the commonest reduction in front of a Reshape."""
    if op not in ("ReduceProd", "ReduceSum") or x.rank != 1 or x.numbers is None or not gone:
        return None
    if any(number is None for number in x.numbers):
        return [None]
    known = [number for number in x.numbers if number is not None]
    total: Number = sum(known) if op == "ReduceSum" else math.prod(known)
    return [total if abs(total) < 1e18 else None]


def _without(
    x: Value,
    gone: set[int],
    keep: Optional[int],
    data_type: Optional[str],
    numbers: Optional[List[Optional[Number]]] = None,
) -> Value:
    sizes: List[Optional[int]] = []
    tracks: List[Track] = []
    for axis, (size, track) in enumerate(zip(x.shape or (), x.tracks)):
        if axis not in gone:
            sizes.append(size)
            tracks.append(track)
        elif keep:
            sizes.append(1)
            tracks.append(Track(track.letter))
    return shaped(tuple(sizes), data_type, tracks, numbers, x.constant)


def arg_max(step: Step) -> Outputs:
    """ArgMax, ArgMin: the place along one axis."""
    x, keep = step.input(0), step.attributes.integer("keepdims", 1)
    axis = step.axis(x.rank, 0)
    if x.shape is None or axis is None or keep is None:
        return [Value(None, "int64")]
    return [_without(x, {axis}, keep, "int64")]


def top_k(step: Step) -> Outputs:
    """TopK: the largest values and their places."""
    x = step.input(0)
    axis = step.axis(x.rank, -1)
    wanted = step.input(1).known_integers() if step.has(1) else None
    count = wanted[0] if wanted else step.attributes.integer("k")
    if x.shape is None or axis is None:
        return [Value(None, x.data_type), Value(None, "int64")]
    sizes, tracks = list(x.shape), list(x.tracks)
    sizes[axis] = count
    tracks[axis] = Track()
    values = shaped(tuple(sizes), x.data_type, tracks)
    return [values, replace(values, data_type="int64")]


def softmax(step: Step) -> Outputs:
    """Softmax and LogSoftmax: the axis they run along is the one of the classes."""
    x = step.input(0)
    axis = step.axis(x.rank, 1 if step.opset < 13 else -1)
    letters = x.axes
    if axis is None or letters is None or "C" in letters or letters[axis] != "?":
        return [x]
    return [replace(x, tracks=lettered(x, "?" * axis + "C" + "?" * (len(letters) - axis - 1)))]


def normalised(step: Step) -> Outputs:
    """BatchNormalization and its like: the second axis holds channels."""
    x = step.input(0)
    if x.rank is not None and x.rank >= 2 and not x.constant:
        letters = image_letters(x.rank)
        if x.rank > 2:
            step.learn(x, letters)
        x = replace(x, tracks=lettered(x, letters))
    statistics = shaped((x.size(1),), x.data_type)
    return [replace(x, numbers=None)] + [statistics] * 4


def quantized(step: Step) -> Outputs:
    """QuantizeLinear: the zero point's element type, else uint8."""
    data_type = step.input(2).data_type if step.has(2) else "uint8"
    return [replace(step.input(0), data_type=data_type, numbers=None)]


def dequantized(step: Step) -> Outputs:
    """DequantizeLinear: the scale's element type."""
    return [replace(step.input(0), data_type=step.input(1).data_type, numbers=None)]


def dynamically_quantized(step: Step) -> Outputs:
    """DynamicQuantizeLinear: values, scale, zero point."""
    x = replace(step.input(0), data_type="uint8", numbers=None)
    return [x, shaped((), "float32"), shaped((), "uint8")]


def qlinear_pair(step: Step) -> Outputs:
    """QLinearAdd, QLinearMul: scale and zero point follow each operand."""
    return [combined([step.input(0), step.input(3)], step.input(0).data_type)]


def qlinear_concat(step: Step) -> Outputs:
    """QLinearConcat: after the result's own, triples of value, scale and zero point."""
    return [joined([step.input(index) for index in range(2, len(step.inputs), 3)], step)]


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


_SAME = (
    "Abs", "Acos", "Acosh", "Asin", "Asinh", "Atan", "Atanh", "BitShift", "BitwiseNot",
    "Celu", "Clip", "Cos", "Cosh", "CumSum", "Elu", "Erf", "Exp", "Gelu", "HardSigmoid",
    "HardSwish", "Hardmax", "LRN", "LeakyRelu", "Log", "LpNormalization", "Mish", "Neg",
    "PRelu", "QuickGelu", "FastGelu", "BiasGelu", "Reciprocal", "Relu", "Round", "Scatter",
    "ScatterElements", "ScatterND", "Selu", "Shrink", "Sigmoid", "Sign", "Sin", "Sinh",
    "Softplus", "Softsign", "Sqrt", "Swish", "Tan", "Tanh", "ThresholdedRelu", "Trilu",
    "MeanVarianceNormalization", "LayerNormalization", "SimplifiedLayerNormalization",
    "RMSNormalization", "SkipLayerNormalization", "ReverseSequence", "CumProd", "Bernoulli",
    "QLinearSigmoid", "QLinearLeakyRelu",
    "QLinearSoftmax",
)  # fmt: skip
_REDUCE = (
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd", "ReduceL1",
    "ReduceL2", "ReduceLogSum", "ReduceLogSumExp", "ReduceSumSquare",
)  # fmt: skip
_COMPARE = (
    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor",
)  # fmt: skip

RULES: Dict[str, Callable[[Step], Outputs]] = {
    **dict.fromkeys(_SAME, same),
    **dict.fromkeys(_REDUCE, reduce),
    **dict.fromkeys(_COMPARE, compare),
    **dict.fromkeys(_NUMERIC, arithmetic),
    **dict.fromkeys(("Floor", "Ceil", "Neg", "Abs"), rounded),
    **dict.fromkeys(("Sum", "Mean", "Pow", "Mod", "BitwiseAnd", "BitwiseOr"), several),
    **dict.fromkeys(("Not", "IsNaN", "IsInf"), to_type("bool")),
    **dict.fromkeys(("LSTM", "GRU", "RNN"), recurrent),
    **dict.fromkeys(("Softmax", "LogSoftmax"), softmax),
    **dict.fromkeys(
        ("BatchNormalization", "InstanceNormalization", "GroupNormalization"), normalised
    ),
    **dict.fromkeys(("QLinearAdd", "QLinearMul"), qlinear_pair),
    **dict.fromkeys(("ArgMax", "ArgMin"), arg_max),
    **dict.fromkeys(("Bernoulli", "RandomNormalLike", "RandomUniformLike"), random_like),
    "CastLike": cast_like,
    "Identity": unchanged,
    "Dropout": dropout,
    "Where": where,
    "MatMul": dense,
    "FusedGemm": gemm,
    "Gemm": gemm,
    "MatMulInteger": matmul_integer,
    "QLinearMatMul": qlinear_matmul,
    "TopK": top_k,
    "QuantizeLinear": quantized,
    "DequantizeLinear": dequantized,
    "DynamicQuantizeLinear": dynamically_quantized,
    "QLinearConcat": qlinear_concat,
    "Einsum": einsum,
}
