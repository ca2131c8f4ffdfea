"""Shape rules: element by element, sums, products of matrices."""

from __future__ import annotations

from typing import Callable, Dict, List, Optional, Sequence, Tuple

from ...network.shapes import broadcast
from ..description import Dims
from .known import Operation, Unclear, axis_of, same_dims, same_shape, same_size

# The output has the first input's shape.
_UNCHANGED_NAMES = """
    Identity StopGradient PreventGradient CheckNumerics CheckNumericsV2 Snapshot DeepCopy
    RefIdentity Relu Relu6 Elu Selu LeakyRelu Softplus Softsign Sigmoid Tanh Exp Expm1 Log Log1p
    Sqrt Rsqrt Square Neg Abs Sign Floor Ceil Round Rint Reciprocal Inv Sin Cos Tan Asin Acos
    Atan Sinh Cosh Asinh Acosh Atanh Erf Erfc Erfinv Ndtri Lgamma Digamma IsNan IsInf IsFinite
    LogicalNot Invert Conj Real Imag Angle ComplexAbs Cast Softmax LogSoftmax ZerosLike OnesLike
    ReverseV2 Reverse LRN FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
    FakeQuantWithMinMaxVarsPerChannel QuantizeAndDequantize QuantizeAndDequantizeV2
    QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 RandomShuffle Cumsum Cumprod
    Exit RefExit NextIteration RefNextIteration AdjustContrast AdjustContrastv2 AdjustHue
    AdjustSaturation RGBToHSV HSVToRGB DebugIdentity DebugIdentityV2 InvertPermutation
    MatrixBandPart ClipByValue Bucketize Roll ReverseSequence TensorScatterUpdate
    TensorScatterAdd TensorScatterSub TensorScatterMax TensorScatterMin MatrixSetDiag
    MatrixSetDiagV2 MatrixSetDiagV3 MatrixInverse Cholesky Dequantize IFFT FFT FFT2D IFFT2D
    FFT3D IFFT3D BesselI0e BesselI1e BesselI0 BesselI1 Copy CopyHost XlaSharding
"""
UNCHANGED = frozenset(_UNCHANGED_NAMES.split())

# The output has the shape of both inputs broadcast together.
_BROADCAST_NAMES = """
    Add AddV2 Sub Mul Div RealDiv FloorDiv TruncateDiv DivNoNan MulNoNan Mod FloorMod
    TruncateMod Pow Maximum Minimum SquaredDifference Greater GreaterEqual Less LessEqual Equal
    NotEqual LogicalAnd LogicalOr Atan2 BitwiseAnd BitwiseOr BitwiseXor LeftShift RightShift
    Xdivy Xlogy Xlog1py Complex Igamma Igammac Zeta Polygamma ApproximateEqual NextAfter
"""
BROADCAST = frozenset(_BROADCAST_NAMES.split())

#: An axis is taken away, or left with a length of 1.
REDUCTIONS = frozenset(("Sum", "Mean", "Max", "Min", "Prod", "All", "Any", "EuclideanNorm"))

Shapes = Sequence[Optional[Dims]]


def unchanged(operation: Operation) -> Shapes:
    return (operation.shape(0),)


def together(operation: Operation) -> Shapes:
    return (broadcast_as_tensorflow(operation.shape(0), operation.shape(1)),)


def broadcast_as_tensorflow(one: Optional[Dims], other: Optional[Dims]) -> Optional[Dims]:
    """Two shapes broadcast together; a free dimension beside one of length 1 stays free."""
    return None if one is None or other is None else _broadcast(one, other)


def _broadcast(one: Dims, other: Dims) -> Dims:
    shape = broadcast((one, other))
    if shape is None:
        raise Unclear
    return shape


def _three_together(operation: Operation) -> Shapes:
    shape = broadcast_as_tensorflow(operation.shape(1), operation.shape(2))
    return (broadcast_as_tensorflow(operation.shape(0), shape),)


def _select(operation: Operation) -> Shapes:
    return (same_shape(operation.shape(1), operation.shape(2)),)


def add_all(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    for index in range(1, len(operation.inputs)):
        shape = same_shape(shape, operation.shape(index))
    return (shape,)


def reduced_axes(operation: Operation) -> Optional[Tuple[int, ...]]:
    """The axes that a reduction takes away; None when not known."""
    shape, axes = operation.shape(0), operation.numbers(1)
    if shape is None or axes is None:
        return None
    return tuple(axis_of(axis, len(shape)) for axis in axes)


def _reduction(operation: Operation) -> Shapes:
    shape, axes = operation.shape(0), reduced_axes(operation)
    keep = operation.attributes.flag("keep_dims")
    if shape is None:
        return (None,)
    if axes is None:
        return ((None,) * len(shape) if keep else None,)
    if keep:
        return (tuple(1 if axis in axes else size for axis, size in enumerate(shape)),)
    return (tuple(size for axis, size in enumerate(shape) if axis not in axes),)


def _arg_extreme(operation: Operation) -> Shapes:
    shape = operation.shape(0)
    if shape is None:
        return (None,)
    if len(shape) <= 1:
        return ((),)
    axis = operation.number(1)
    if axis is None:
        return ((None,) * (len(shape) - 1),)
    axis = axis_of(axis, len(shape))
    return (shape[:axis] + shape[axis + 1 :],)


def _matrix_product(operation: Operation) -> Shapes:
    left, right = operation.ranked(0, 2), operation.ranked(1, 2)
    flags = operation.attributes
    if flags.flag("transpose_a"):
        left = left[::-1]
    if flags.flag("transpose_b"):
        right = right[::-1]
    same_size(left[1], right[0])
    return ((left[0], right[1]),)


def _batched_product(operation: Operation) -> Shapes:
    left, right = operation.shape(0), operation.shape(1)
    if left is None or right is None:
        return (None,)
    if len(left) < 2 or len(right) < 2:
        raise Unclear
    rows = left[-1] if operation.attributes.flag("adj_x") else left[-2]
    columns = right[-2] if operation.attributes.flag("adj_y") else right[-1]
    alike = same_dims if operation.op == "BatchMatMul" else _broadcast
    return ((*alike(left[:-2], right[:-2]), rows, columns),)


def _einsum(operation: Operation) -> Shapes:
    """Sizes by letter; an ellipsis stands for broadcast dimensions."""
    terms, arrow, result = operation.attributes.text("equation").replace(" ", "").partition("->")
    operands = terms.split(",")
    if not arrow or len(operands) != len(operation.inputs) or len(operands) > 2:
        raise Unclear
    sizes: Dict[str, Optional[int]] = {}
    spread: Dims = ()
    for index, letters in enumerate(operands):
        shape = operation.shape(index)
        if shape is None:
            return (None,)
        before, dots, after = letters.partition("...")
        middle = len(shape) - len(before) - len(after)
        if middle < 0 or (middle and not dots):
            raise Unclear
        named = list(zip(before, shape)) + list(zip(after, shape[len(before) + middle :]))
        for letter, size in named:
            sizes[letter] = same_size(sizes.get(letter), size)
        spread = _broadcast(spread, shape[len(before) : len(before) + middle])
    before, dots, after = result.partition("...")
    if any(letter not in sizes for letter in before + after):
        raise Unclear
    middle_sizes = spread if dots else ()
    return ((*(sizes[a] for a in before), *middle_sizes, *(sizes[a] for a in after)),)


def bias_add(operation: Operation) -> Shapes:
    shape, bias = operation.shape(0), operation.ranked(1, 1)
    if shape is None:
        return (None,)
    first = operation.attributes.text("data_format") == "NCHW" and len(shape) >= 3
    channel = 1 if first else len(shape) - 1
    if channel < 0:
        raise Unclear
    sizes: List[Optional[int]] = list(shape)
    sizes[channel] = same_size(sizes[channel], bias[0])
    return (tuple(sizes),)


def _scalar(operation: Operation) -> Shapes:
    return ((),)


def _quantized(rule: Callable[[Operation], Shapes]) -> Callable[[Operation], Shapes]:
    """A quantised twin has the range of its values as two more outputs."""

    def with_range(operation: Operation) -> Shapes:
        return (rule(operation)[0], (), ())

    return with_range


def _cross_entropy(operation: Operation) -> Shapes:
    logits = operation.ranked(0, 2)
    if operation.op == "SparseSoftmaxCrossEntropyWithLogits":
        labels = operation.ranked(1, 1)
        batch = same_size(logits[0], labels[0])
        return ((batch,), (batch, logits[1]))
    labels = operation.ranked(1, 2)
    shape = _broadcast(logits, labels)
    return ((shape[0],), shape)


RULES: Dict[str, Callable[[Operation], Shapes]] = {
    **dict.fromkeys(UNCHANGED, unchanged),
    **dict.fromkeys(BROADCAST, together),
    **dict.fromkeys(REDUCTIONS, _reduction),
    "SelectV2": _three_together,
    "Select": _select,
    "AddN": add_all,
    "AccumulateNV2": add_all,
    "ArgMax": _arg_extreme,
    "ArgMin": _arg_extreme,
    "MatMul": _matrix_product,
    "_FusedMatMul": _matrix_product,
    "SparseMatMul": _matrix_product,
    "BatchMatMul": _batched_product,
    "BatchMatMulV2": _batched_product,
    "BatchMatMulV3": _batched_product,
    "Einsum": _einsum,
    "BiasAdd": bias_add,
    "BiasAddV1": bias_add,
    "L2Loss": _scalar,
    "SparseSoftmaxCrossEntropyWithLogits": _cross_entropy,
    "SoftmaxCrossEntropyWithLogits": _cross_entropy,
    "QuantizeV2": _quantized(unchanged),
    "QuantizedRelu": _quantized(unchanged),
    "QuantizedRelu6": _quantized(unchanged),
    "Requantize": _quantized(unchanged),
    "QuantizeDownAndShrinkRange": _quantized(unchanged),
    "QuantizedBiasAdd": _quantized(bias_add),
    "QuantizedAdd": _quantized(lambda o: (broadcast_as_tensorflow(o.shape(0), o.shape(1)),)),
    "QuantizedMul": _quantized(lambda o: (broadcast_as_tensorflow(o.shape(0), o.shape(1)),)),
    "QuantizedMatMul": _quantized(_matrix_product),
}
