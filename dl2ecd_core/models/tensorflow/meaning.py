"""What an operation's numbers mean: TensorFlow's operations among ONNX's."""

from __future__ import annotations

from typing import Dict, List, Mapping, Optional, Sequence

from ...network.graph import AttributeValue, Node, attributes_of
from ...network.names import called
from ...network.operations.meaning import meaning_of
from ...network.operations.step import Step
from ...network.value import NO_MEANING, Axis, Meaning, Value
from .known import Known, Operation
from .operations_windows import CONVOLUTIONS, NORMALISATIONS, POOLINGS, TRANSPOSED

_OPERATORS: Dict[str, str] = {
    **dict.fromkeys(CONVOLUTIONS, "Conv"),
    **dict.fromkeys(TRANSPOSED, "ConvTranspose"),
    **dict.fromkeys(NORMALISATIONS, "BatchNormalization"),
    **dict.fromkeys(POOLINGS, "MaxPool"),
    **called(
        "MatMul _FusedMatMul=MatMul QuantizedMatMul=MatMul BatchMatMul=MatMul BatchMatMulV2=MatMul "
        "BatchMatMulV3=MatMul BiasAdd=Add BiasAddV1=Add Add AddV2=Add AddN=Sum Sub Mul RealDiv=Div "
        "Div Relu Relu6=Clip ClipByValue=Clip LeakyRelu Elu Selu Tanh LRN Softmax LogSoftmax "
        "Sigmoid ArgMax TopK TopKV2=TopK ConcatV2=Concat Concat Split SplitV=Split Pad PadV2=Pad "
        "MirrorPad=Pad DepthToSpace ResizeNearestNeighbor=Resize ResizeBilinear=Resize "
        "ResizeBicubic=Resize QuantizedResizeBilinear=Resize Identity StopGradient=Identity "
        "PreventGradient=Identity CheckNumerics=Identity Snapshot=Identity EnsureShape=Identity "
        "BatchToSpaceND=Identity Cast Reshape Squeeze ExpandDims=Unsqueeze Transpose Slice "
        "StridedSlice=Slice"
    ),
}
#: Quotients may be a softmax written out.
QUOTIENTS = frozenset(("RealDiv", "Div"))
# How Keras wrote softmax along any but the last axis: exponentials over their sum.
_BY_HAND: Mapping[str, Node] = {
    "exponentials": Node("Exp", ("scores",), ("exponentials",)),
    "sum": Node("ReduceSum", ("exponentials",), ("sum",)),
}
_QUOTIENT = ("exponentials", "sum")


def meaning_after(operation: Operation, index: int, is_softmax: bool = False) -> Meaning:
    """What the numbers of an operation's output mean.

    Parameters
    ----------
    is_softmax
        Of a quotient: whether exponentials are divided by their sum.
    """
    inputs: Sequence[Known] = operation.inputs
    op = _OPERATORS.get(operation.op)
    if operation.op == "Pack":
        op = "Unsqueeze" if len(inputs) == 1 else "Concat"
    if op is None:
        return NO_MEANING
    attributes: Dict[str, Optional[AttributeValue]] = {}
    if op == "ArgMax":
        attributes["axis"] = _number(inputs, 1)
        inputs = inputs[:1]
    elif op == "TopK":
        count = operation.attributes.integer("k", 0) if len(inputs) < 2 else _number(inputs, 1)
        attributes["k"] = count
        inputs = inputs[:1]
    elif op == "Resize":
        nearest = operation.op == "ResizeNearestNeighbor"
        attributes["mode"] = "nearest" if nearest else "linear"
    elif operation.op == "Split":
        # The axis comes first.
        inputs = inputs[1:]
    elif op == "Concat":
        inputs = _joined(operation.op, inputs)
    values: List[Optional[Value]] = [_value(one) for one in inputs]
    names = _QUOTIENT if is_softmax else ("",) * len(values)
    node = Node(op, names, ("",), attributes_of(attributes))
    meaning = meaning_of(Step(node, values, 13, {}, _BY_HAND), index)
    if op == "ArgMax" and attributes["axis"] is None:
        return Meaning(meaning.kind)
    return meaning


def _value(known: Known) -> Value:
    axes = tuple(Axis(lane.letter or "?") for lane in known.lanes or ())
    return Value(known.shape, None, axes, meaning=known.meaning)


def _number(inputs: Sequence[Known], index: int) -> Optional[int]:
    """The one whole number in an input."""
    value = inputs[index].value if index < len(inputs) else None
    number = value.items[0] if value is not None and len(value.items) == 1 else None
    return number if isinstance(number, int) else None


def _joined(op: str, inputs: Sequence[Known]) -> Sequence[Known]:
    """What is joined, without the axis."""
    return {"Concat": inputs[1:], "ConcatV2": inputs[:-1]}.get(op, inputs)
