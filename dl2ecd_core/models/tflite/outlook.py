"""What the outputs of a TensorFlow Lite model look at: its operators are TensorFlow's.

Operators: https://www.tensorflow.org/mlir/tfl_ops . Weights lie in another order than TensorFlow's.
"""

from __future__ import annotations

from typing import Dict, Optional, Tuple

from ...network.data_types import DATA_TYPES
from ...network.following import Following
from ...network.outlook import Outlook
from ...wire.source import ByteSource
from ..description import Dims, ModelDescription
from ..tensorflow.in_onnx import InOnnx
from .options import Options, options_of
from .schema import Model, Operator, load

_MOST_NUMBERS = 256
_CAST, _FULLY_CONNECTED = 53, 9
_NUMBERS = {name: number for number, name in DATA_TYPES.items()}
#: The operators among TensorFlow's, by number (BuiltinOperator in schema.fbs). The comment is the
#: operator's own name where the other does not tell it.
_OPERATIONS: Dict[int, str] = {
    0: "AddV2",
    1: "AvgPool",
    2: "Concatenation",
    3: "Conv2D",
    4: "DepthwiseConv2dNative",
    5: "DepthToSpace",
    6: "Relu",  # DEQUANTIZE
    8: "Floor",
    9: "MatMul",  # FULLY_CONNECTED
    11: "L2Normalization",
    12: "AvgPool",  # L2_POOL_2D
    13: "LRN",
    14: "Sigmoid",
    17: "MaxPool",
    18: "Mul",
    19: "Relu",
    20: "Relu",  # RELU_N1_TO_1
    21: "Relu6",
    22: "Reshape",
    23: "ResizeBilinear",
    25: "Softmax",
    26: "SpaceToDepth",
    28: "Tanh",
    34: "Pad",
    36: "Gather",
    37: "BatchToSpaceND",
    38: "SpaceToBatchND",
    39: "Transpose",
    40: "Mean",
    41: "Sub",
    42: "Div",
    43: "Squeeze",
    45: "StridedSlice",
    47: "Exp",
    48: "TopKV2",
    49: "Split",
    50: "LogSoftmax",
    53: "Cast",
    54: "PRelu",
    55: "Maximum",
    56: "ArgMax",
    57: "Minimum",
    58: "Less",
    59: "Neg",
    60: "PadV2",
    61: "Greater",
    62: "GreaterEqual",
    63: "LessEqual",
    64: "Select",
    65: "Slice",
    66: "Sin",
    67: "Conv2DBackpropInput",
    69: "Tile",
    70: "ExpandDims",
    71: "Equal",
    72: "NotEqual",
    73: "Log",
    74: "Sum",
    75: "Sqrt",
    76: "Rsqrt",
    77: "Shape",
    78: "Pow",
    79: "ArgMin",
    80: "FakeQuantWithMinMaxArgs",
    81: "Prod",
    82: "Max",
    83: "Pack",
    84: "LogicalOr",
    86: "LogicalAnd",
    87: "LogicalNot",
    88: "Unpack",
    89: "Min",
    90: "FloorDiv",
    91: "Any",
    92: "Square",
    93: "ZerosLike",
    94: "Fill",
    95: "FloorMod",
    96: "Range",
    97: "ResizeNearestNeighbor",
    98: "LeakyRelu",
    99: "SquaredDifference",
    100: "MirrorPad",
    101: "Abs",
    102: "SplitV",
    104: "Ceil",
    105: "ReverseV2",
    106: "AddN",
    108: "Cos",
    111: "Elu",
    114: "Relu",  # QUANTIZE
    116: "Round",
    117: "HardSwish",
    123: "SelectV2",
    126: "BatchMatMulV2",
    128: "Cumsum",
    130: "BroadcastTo",
    140: "All",
    150: "Gelu",
    152: "Relu",  # RELU_0_TO_1
    158: "Sign",
}
#: In which order TensorFlow has the axes of these operators' weights.
_WEIGHTS: Dict[int, Tuple[int, ...]] = {
    3: (1, 2, 3, 0),  # CONV_2D: outputs, rows, columns, inputs
    4: (1, 2, 3, 0),  # DEPTHWISE_CONV_2D: 1, rows, columns, outputs
    67: (1, 2, 0, 3),  # TRANSPOSE_CONV: outputs, rows, columns, inputs
}


def outlook_of(source: ByteSource, model: ModelDescription, assumed: int) -> Outlook:
    """What the outputs of the first subgraph look at.

    Raises
    ------
    ModelFileError
        As for :func:`~dl2ecd_core.models.inspect_model`.
    """
    graph, following = load(source), Following(assumed)
    for index, tensor in zip(graph.inputs, model.inputs):
        following.input(str(index), tensor.shape, tensor.data_type, tensor.axes)
    operations = InOnnx(following)
    # What is neither fed nor made by an operator is a constant.
    made = {*graph.inputs, *(index for one in graph.operators for index in one.outputs)}
    for operator in graph.operators:
        for index in operator.inputs:
            if index >= 0 and index not in made:
                info, numbers = graph.tensor(index), graph.constant(index, _MOST_NUMBERS)
                operations.constant(str(index), info.shape, info.data_type, numbers)
        _follow(following, operations, graph, operator)
    return following.outlook(
        (tensor.name, "" if operations.stands_for_another(str(index)) else str(index))
        for index, tensor in zip(graph.outputs, model.outputs)
    )


def _follow(following: Following, operations: InOnnx, graph: Model, operator: Operator) -> None:
    inputs = [str(index) if index >= 0 else "" for index in operator.inputs]
    outputs: Dict[str, Optional[Dims]] = {
        str(index): graph.tensor(index).shape for index in operator.outputs if index >= 0
    }
    if outputs:
        op, options = _operation(following, operations, graph, operator)
        order = _WEIGHTS.get(operator.code)
        if order is not None and len(inputs) > 1:
            inputs[1] = following.add("Transpose", [inputs[1]], perm=order)
        operations.layer(op, inputs, outputs, options)


def _operation(
    following: Following, operations: InOnnx, graph: Model, operator: Operator
) -> Tuple[str, Options]:
    """TensorFlow's operation with its options; without a name where there is none like it."""
    options = options_of(operator.code, operator.table)
    op = _OPERATIONS.get(operator.code, "")
    if operator.code == _CAST and operator.outputs[0] >= 0:
        data_type = graph.tensor(operator.outputs[0]).data_type
        options["to"] = _NUMBERS.get(data_type or "", 0)
    elif operator.code == _FULLY_CONNECTED:
        options["transpose_b"] = 1
        taken = str(operator.inputs[0]) if operator.inputs else ""
        rows = operations.stands_for_another(taken) or following.value(taken).rank == 2
        if options.flag("weights_format") or not (rows or options.flag("keep_num_dims")):
            # All but the last axis may become one.
            return "", options
    return op, options
