"""Layers that change each number by itself, or make it of others along some axes.

https://docs.openvino.ai/2024/documentation/openvino-ir-format/operation-sets.html
"""

from __future__ import annotations

from typing import Callable, Dict, List, Sequence

from ...network.data_types import TYPE_NUMBERS
from ...network.following import NotFollowedError
from ...network.names import called, operators
from . import data_type_of
from .step import Step

#: Of one operand; ONNX's operator tells what becomes of small numbers, or is any of this kind.
_UNARY = called(
    "Floor Ceiling=Ceil Negative=Neg Abs Sigmoid ReLU=Relu Clamp=Clip Elu=Relu Gelu=Relu Exp=Relu "
    "Log=Relu Sqrt=Relu Tanh=Relu HSwish=Relu HSigmoid=Relu HardSigmoid=Relu Swish=Relu Mish=Relu "
    "SoftPlus=Relu SoftSign=Relu Selu=Relu PReLU=Relu Erf=Relu Sign=Relu Sin=Relu Cos=Relu "
    "Tan=Relu Sinh=Relu Cosh=Relu Asin=Relu Acos=Relu Atan=Relu Asinh=Relu Acosh=Relu Atanh=Relu "
    "Round=Relu LogicalNot=Not BatchNormInference=BatchNormalization GroupNormalization"
)
#: Of several that are laid over each other, the smaller repeated.
_COMBINED = called(
    "Add Subtract=Sub Multiply=Mul Divide=Div Maximum=Max Minimum=Min Power=Pow Mod FloorMod=Mod "
    "SquaredDifference=Sum Equal NotEqual=Equal Greater GreaterEqual=Greater Less LessEqual=Less "
    "LogicalAnd=And LogicalOr=Or LogicalXor=Xor Select=Where FakeQuantize=Sum"
)
_REDUCING = operators(
    "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogicalAnd "
    "ReduceLogicalOr"
)


def _unary(step: Step) -> List[str]:
    return [step.add(_UNARY[step.layer.type], [step.only_first()])]


def _combined(step: Step) -> List[str]:
    """Operands that are laid over each other as NumPy does it."""
    step.one_of("auto_broadcast", ("numpy", "none"), "numpy")
    return [step.add(_COMBINED[step.layer.type], list(step.inputs))]


def _convert(step: Step) -> List[str]:
    """Convert: another element type."""
    data_type = data_type_of(step.layer.data.get("destination_type", ""))
    return [step.add("Cast", [step.input(0)], to=TYPE_NUMBERS.get(data_type or ""))]


def _softmax(step: Step) -> List[str]:
    return [step.add("Softmax", [step.input(0)], axis=step.integer("axis"))]


def _reduce(step: Step) -> List[str]:
    """Reductions along listed axes."""
    name = step.layer.type
    op = name if name in ("ReduceSum", "ReduceProd") else "ReduceMax"
    keep = int(step.truth("keep_dims", False))
    axes = step.following.numbers(step.numbers(1))
    return [step.add(op, [step.input(0), axes], keepdims=keep, noop_with_empty_axes=1)]


def _along(step: Step) -> List[str]:
    """MVN and NormalizeL2: each number by others along listed axes."""
    return [_looking(step, step.numbers(1))]


def _looking(step: Step, axes: Sequence[int]) -> str:
    x = step.input(0)
    for axis in axes:
        x = step.add("LpNormalization", [x], axis=axis)
    return x


def _mvn(step: Step) -> List[str]:
    """MVN: of each image, or of each channel of it, in its first version."""
    if step.has(1):
        return _along(step)
    rank = len(step.shape(0))
    return [_looking(step, range(1 if step.truth("across_channels", True) else 2, rank))]


def _response(step: Step) -> List[str]:
    """LRN: each number by its neighbours in other channels."""
    if step.numbers(1) != (1,):
        raise NotFollowedError
    return [step.add("LRN", [step.input(0)])]


def _topk(step: Step) -> List[str]:
    """TopK: the largest values and their places."""
    wanted = step.following.numbers(step.numbers(1))
    axis = step.integer("axis")
    return list(step.following.add_several("TopK", [step.input(0), wanted], 2, axis=axis))


def _matmul(step: Step) -> List[str]:
    """MatMul: of matrices that may lie the other way round."""
    turned = [
        _turned(step, index) if step.truth(name, False) else step.input(index)
        for index, name in enumerate(("transpose_a", "transpose_b"))
    ]
    return [step.add("MatMul", turned)]


def _turned(step: Step, index: int) -> str:
    rank = len(step.shape(index))
    order = (*range(rank - 2), rank - 1, rank - 2) if rank > 1 else (0,)
    return step.add("Transpose", [step.input(index)], perm=order)


LAYERS: Dict[str, Callable[[Step], List[str]]] = {
    **dict.fromkeys(_UNARY, _unary),
    **dict.fromkeys(_COMBINED, _combined),
    **dict.fromkeys(_REDUCING, _reduce),
    **dict.fromkeys(("SoftMax", "Softmax", "LogSoftmax"), _softmax),
    "Convert": _convert,
    "MVN": _mvn,
    "NormalizeL2": _along,
    "LRN": _response,
    "TopK": _topk,
    "MatMul": _matmul,
}
