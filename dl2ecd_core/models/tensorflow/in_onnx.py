"""TensorFlow's operations, and TensorFlow Lite's, said in ONNX's operators: what results look at.

What each operation does: https://www.tensorflow.org/api_docs/python/tf/raw_ops. Only what is
certain is said; what is not here makes what comes of it unknown.
"""

from __future__ import annotations

from typing import Callable, Dict, Mapping, Optional, Sequence, Set, Tuple

from ...network.data_types import Number
from ...network.following import Following, NotFollowedError
from ...network.names import operators
from ..description import Dims
from . import in_onnx_pieces, in_onnx_rows, in_onnx_windows
from .in_onnx_task import Options, Task
from .operations_math import BROADCAST

_Rule = Callable[[Task], Sequence[str]]

# Of each number one other number; whatever else goes in is the same everywhere.
_EACH = operators("""
    CheckNumerics CheckNumericsV2 Relu Relu6 Elu Selu LeakyRelu Softplus Softsign Sigmoid Tanh Exp
    Expm1 Log Log1p Sqrt Rsqrt Square Neg Abs Sign Floor Ceil Round Rint Reciprocal Inv Sin Cos Tan
    Asin Acos Atan Sinh Cosh Asinh Acosh Atanh Erf Erfc IsNan IsInf IsFinite LogicalNot Invert Cast
    ZerosLike OnesLike LRN FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars
    FakeQuantWithMinMaxVarsPerChannel QuantizeAndDequantize QuantizeAndDequantizeV2
    QuantizeAndDequantizeV3 QuantizeAndDequantizeV4 ClipByValue Bucketize BiasAdd BiasAddV1 PRelu
    Gelu HardSwish
""")
_ITSELF = operators("""
    Identity StopGradient PreventGradient Snapshot DeepCopy RefIdentity DebugIdentity
    DebugIdentityV2 EnsureShape PlaceholderWithDefault IdentityN
""")
#: Of two numbers in the same place: those whose results are worked out, where they are sizes.
_PAIRS = {
    "Add": "Add", "AddV2": "Add", "Sub": "Sub", "Mul": "Mul", "RealDiv": "Div", "Div": "Div",
    "TruncateDiv": "Div", "Maximum": "Max", "Minimum": "Min",
}  # fmt: skip
_REDUCTIONS = {
    "Sum": "ReduceSum", "Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin",
    "Prod": "ReduceProd", "All": "ReduceMin", "Any": "ReduceMax", "EuclideanNorm": "ReduceL2",
}  # fmt: skip
_PRODUCTS = ("MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")


class InOnnx:
    """The operations of a graph on their way into ONNX's operators.

    Parameters
    ----------
    following
        Whatever is told of them goes there.
    """

    def __init__(self, following: Following) -> None:
        self._following = following
        # Values that stand for the image that they were made of, by name: cut into several, each of
        # every so many pixels; or with its pixels as rows of a matrix.
        self._cut: Dict[str, Tuple[int, int]] = {}
        self._rows: Set[str] = set()
        self._stored: Set[str] = set()

    def constant(
        self,
        name: str,
        shape: Optional[Dims],
        data_type: Optional[str],
        numbers: Optional[Sequence[Optional[Number]]],
    ) -> None:
        """What lies in the file, whatever the size of an image is."""
        self._stored.add(name)
        self._following.constant(name, shape, data_type, numbers)

    def layer(
        self,
        op: str,
        inputs: Sequence[str],
        outputs: Mapping[str, Optional[Dims]],
        options: Options,
    ) -> None:
        """An operation of TensorFlow.

        Parameters
        ----------
        inputs
            All that goes into it; an empty name for what is not there.
        outputs
            Names, and shapes as far as they are known.
        """
        following = self._following
        spread = next((self._cut[name] for name in inputs if name in self._cut), None)
        cut: Optional[Tuple[int, int]] = None
        rows = False

        def follow() -> Sequence[str]:
            nonlocal cut, rows
            task = Task(op, tuple(inputs), len(outputs), options, following)
            if spread is not None:
                made, cut = self._between(task, spread)
            elif not self._rows.isdisjoint(inputs):
                made, rows = self._of_rows(task)
            elif op in in_onnx_windows.CUTTING:
                fixed = not self._stored.isdisjoint(inputs[-1:])
                made, cut = in_onnx_windows.cut(task, fixed=fixed)
            elif op == "Reshape" and in_onnx_rows.are_laid_out(task):
                made, rows = [task.input(0)], True
            else:
                made = _followed(task)
            return made

        following.layer(inputs, outputs, follow)
        if cut is not None:
            self._cut.update(dict.fromkeys(outputs, cut))
        if rows:
            self._rows.update(outputs)

    def _between(
        self, task: Task, spread: Tuple[int, int]
    ) -> Tuple[Sequence[str], Optional[Tuple[int, int]]]:
        """What is done to an image that is cut, as done to the whole one."""
        for name in task.inputs:
            if self._cut.get(name) != spread and name and not task.following.value(name).constant:
                raise NotFollowedError
        if task.op in in_onnx_windows.JOINING:
            return in_onnx_windows.joined(task, spread), None
        if task.op in in_onnx_windows.SPREADING:
            return _RULES[task.op](task.spread_by(spread)), spread
        if task.op in _PIXELWISE:
            return _RULES[task.op](task), spread
        raise NotFollowedError

    def _of_rows(self, task: Task) -> Tuple[Sequence[str], bool]:
        """What is done to rows of a matrix, as done to the image; whether they stay rows."""
        for name in task.inputs:
            value = task.following.value(name)
            if name and name not in self._rows and not value.constant:
                raise NotFollowedError
        if task.op == "Reshape":
            return [task.input(0)], in_onnx_rows.stay(task)
        # What is the same for all rows is so for all pixels.
        alike = [task.following.value(name).rank for name in task.inputs if name not in self._rows]
        if task.op in _PRODUCTS and task.inputs[0] in self._rows and alike[:1] == [2]:
            return _matrix_product(task), True
        if task.op in _PIXELWISE and all(rank in (0, 1) for rank in alike):
            return _RULES[task.op](task), True
        raise NotFollowedError

    def stands_for_another(self, name: str) -> bool:
        """Whether what is known of a value is what is known of the image that it was made of."""
        return name in self._cut or name in self._rows


def _followed(task: Task) -> Sequence[str]:
    rule = _RULES.get(task.op)
    if rule is None:
        raise NotFollowedError
    return rule(task)


def _each(task: Task) -> Sequence[str]:
    task.constant_from(1)
    return [task.add("Relu", [task.input(0)])]


def _itself(task: Task) -> Sequence[str]:
    return [task.add("Identity", [name]) for name in task.inputs[: task.outputs]]


def _cast(task: Task) -> Sequence[str]:
    to = task.options.integer("to", 0)
    return [task.add("Cast", [task.input(0)], to=to) if to else task.add("Relu", [task.input(0)])]


def _pair(task: Task) -> Sequence[str]:
    op = _PAIRS.get(task.op, "Pow")
    return [task.add(op, [task.input(0), task.input(1)])]


def _whole_quotient(task: Task) -> Sequence[str]:
    """Sizes are divided so, rounded down; ONNX rounds towards zero."""
    one, other = task.value(0).known_integers(), task.value(1).known_integers()
    if not one or not other or len(other) not in (1, len(one)) or 0 in other:
        return _pair(task)
    pairs = zip(one, other * len(one) if len(other) == 1 else other)
    numbers = [a // b if task.op == "FloorDiv" else a % b for a, b in pairs]
    return [task.following.weights(task.value(0).shape, task.value(0).data_type, numbers)]


def _all_together(task: Task) -> Sequence[str]:
    return [task.add("Sum", task.inputs)]


def _chosen(task: Task) -> Sequence[str]:
    condition = task.value(0)
    # The older operation lays a row of conditions along the first axis.
    if task.op == "Select" and condition.rank not in (0, task.value(1).rank):
        raise NotFollowedError
    return [task.add("Where", [task.input(0), task.input(1), task.input(2)])]


def _normalisation(task: Task) -> Sequence[str]:
    """Of numbers that were learned; of the image's own, it looks at all of it."""
    if task.options.flag("is_training", True):
        raise NotFollowedError
    return _each(task)


def _reduction(task: Task) -> Sequence[str]:
    axes = task.numbers(1)
    if not axes:
        return _itself(task)
    kept = int(task.options.flag("keep_dims"))
    return [task.add(_REDUCTIONS[task.op], [task.input(0)], axes=axes, keepdims=kept)]


def _arg_extreme(task: Task) -> Sequence[str]:
    return [task.add(task.op, [task.input(0)], axis=task.number(1), keepdims=0)]


def _softmax(task: Task) -> Sequence[str]:
    return [task.add(task.op, [task.input(0)], axis=-1)]


def _along_the_last(task: Task) -> Sequence[str]:
    return [task.add("LpNormalization", [task.input(0)], axis=-1)]


def _summed_up(task: Task) -> Sequence[str]:
    return [task.add("CumSum", [task.input(0)])]


def _largest(task: Task) -> Sequence[str]:
    return task.following.add_several("TopK", [task.input(0), task.input(1)], 2, axis=-1)


def _matrix_product(task: Task) -> Sequence[str]:
    task.constant_from(2)
    options = task.options
    if options.flag("transpose_a") or options.flag("adj_x"):
        raise NotFollowedError
    weights = task.input(1)
    if options.flag("transpose_b") or options.flag("adj_y"):
        rank = len(task.following.shape(weights))
        if rank < 2:
            raise NotFollowedError
        order = (*range(rank - 2), rank - 1, rank - 2)
        weights = task.add("Transpose", [weights], perm=order)
    return [task.add("MatMul", [task.input(0), weights])]


_RULES: Dict[str, _Rule] = {
    **dict.fromkeys(_EACH, _each),
    **dict.fromkeys(_ITSELF, _itself),
    **dict.fromkeys(BROADCAST, _pair),
    **dict.fromkeys(_REDUCTIONS, _reduction),
    **dict.fromkeys(("FloorDiv", "FloorMod"), _whole_quotient),
    **dict.fromkeys(("AddN", "AccumulateNV2"), _all_together),
    **dict.fromkeys(("Select", "SelectV2"), _chosen),
    **dict.fromkeys(("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"), _normalisation),
    **dict.fromkeys(("ArgMax", "ArgMin"), _arg_extreme),
    **dict.fromkeys(("Softmax", "LogSoftmax"), _softmax),
    **dict.fromkeys(("Cumsum", "Cumprod"), _summed_up),
    **dict.fromkeys(("TopK", "TopKV2"), _largest),
    **dict.fromkeys(_PRODUCTS, _matrix_product),
    "Cast": _cast,
    "L2Normalization": _along_the_last,
    **in_onnx_pieces.RULES,
    **in_onnx_windows.RULES,
}
#: Operations that do not care where pixels lie.
_PIXELWISE = (
    _EACH | _ITSELF | BROADCAST | {"AddN", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"}
)
