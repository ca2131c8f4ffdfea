"""TensorFlow Lite's operators among ONNX's.

BuiltinOperator in https://github.com/tensorflow/tensorflow, tensorflow/lite/schema/schema.fbs
"""

from __future__ import annotations

from typing import Dict, List, Optional, Tuple

from ...network.graph import AttributeValue
from ...network.outline import Outline
from .schema import Model, Operator

_OPERATORS: Dict[int, str] = {
    0: "Add",
    1: "AveragePool",
    2: "Concat",
    3: "Conv",
    4: "Conv",  # DEPTHWISE_CONV_2D
    5: "DepthToSpace",
    6: "DequantizeLinear",
    9: "Gemm",  # FULLY_CONNECTED
    11: "LpNormalization",
    12: "AveragePool",  # L2_POOL_2D
    13: "LRN",
    14: "Sigmoid",
    17: "MaxPool",
    18: "Mul",
    19: "Relu",
    20: "Clip",  # RELU_N1_TO_1
    21: "Clip",  # RELU6
    22: "Reshape",
    23: "Resize",  # RESIZE_BILINEAR
    25: "Softmax",
    26: "SpaceToDepth",
    28: "Tanh",
    34: "Pad",
    37: "Identity",  # BATCH_TO_SPACE_ND: pixels that a dilated convolution laid into other images
    38: "Identity",  # SPACE_TO_BATCH_ND
    39: "Transpose",
    40: "ReduceMean",
    41: "Sub",
    42: "Div",
    43: "Squeeze",
    45: "Slice",  # STRIDED_SLICE
    47: "Exp",
    48: "TopK",
    50: "LogSoftmax",
    53: "Cast",
    54: "PRelu",
    55: "Max",
    56: "ArgMax",
    57: "Min",
    60: "Pad",  # PADV2
    65: "Slice",
    67: "ConvTranspose",
    70: "Unsqueeze",  # EXPAND_DIMS
    74: "ReduceSum",
    75: "Sqrt",
    76: "Sqrt",  # RSQRT
    78: "Pow",
    79: "ArgMin",
    82: "ReduceMax",
    89: "ReduceMin",
    92: "Pow",  # SQUARE
    97: "Resize",  # RESIZE_NEAREST_NEIGHBOR
    98: "LeakyRelu",
    100: "Pad",  # MIRROR_PAD
    101: "Abs",
    111: "Elu",
    114: "QuantizeLinear",
    117: "HardSwish",
    126: "MatMul",  # BATCH_MATMUL
    150: "Gelu",
}
# Operators that only make sense over N, H, W, C.
_OVER_NHWC = frozenset((1, 3, 4, 5, 12, 17, 23, 26, 67, 97))
_TRANSPOSE_CONV, _NEAREST = 67, 97
# Operators whose second input is an axis, a list of axes, or how many are taken of the last one.
_AXIS, _AXES = ("ArgMax", "ArgMin"), ("Transpose", "Unsqueeze")
_MOST_NUMBERS = 8


def outline_of(model: Model) -> Outline:
    """What is known of the tensors of a subgraph, by their numbers."""
    outline = Outline("NHWC")
    for index in model.inputs:
        outline.input(str(index), model.tensor(index).shape)
    for operator in model.operators:
        _add(outline, model, operator)
    for index in model.outputs:
        _unmade(outline, model, index)
    return outline


def _unmade(outline: Outline, model: Model, index: int) -> None:
    """What no operator makes is a constant."""
    if str(index) not in outline.values:
        outline.constant(str(index), model.tensor(index).shape)


def _add(outline: Outline, model: Model, operator: Operator) -> None:
    op = _OPERATORS.get(operator.code, "")
    inputs = list(operator.inputs)
    if operator.code == _TRANSPOSE_CONV:
        # The shape of what comes out, the weights, the image.
        inputs.reverse()
    for index in inputs:
        if index >= 0:
            _unmade(outline, model, index)
    outputs = [index for index in operator.outputs if index >= 0]
    shapes = [model.tensor(index).shape for index in outputs]
    if op == "Gemm" and shapes and len(shapes[0] or ()) > 2:
        op = "MatMul"
    attributes = _attributes(op, model, inputs)
    if op == "Resize":
        attributes["mode"] = "nearest" if operator.code == _NEAREST else "linear"
    if attributes:
        inputs = inputs[:1]
    names = [str(index) if index >= 0 else "" for index in inputs]
    layout = "NHWC" if operator.code in _OVER_NHWC else ""
    outline.add(op, names, [str(one) for one in outputs], shapes, layout=layout, **attributes)


def _attributes(op: str, model: Model, inputs: List[int]) -> Dict[str, Optional[AttributeValue]]:
    """What ONNX has in attributes, and TensorFlow Lite in constants."""
    if op in ("Softmax", "LogSoftmax"):
        return {"axis": -1}
    if op not in (*_AXIS, *_AXES, "TopK") and not op.startswith("Reduce"):
        return {}
    values = model.constant(inputs[1], _MOST_NUMBERS) if len(inputs) > 1 else None
    numbers: Optional[Tuple[int, ...]] = None if values is None else tuple(values)
    if op == "TopK":
        return {"axis": -1, "k": numbers[0] if numbers else None}
    if op in _AXIS:
        return {"axis": numbers[0] if numbers and len(numbers) == 1 else None}
    return {"perm" if op == "Transpose" else "axes": numbers}
