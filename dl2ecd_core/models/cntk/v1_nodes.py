"""The bodies of a CNTK v1 file's nodes, by kind and version of the format.

Each body is what the node's ``Load`` reads, in the headers of
https://github.com/microsoft/CNTK/tree/master/Source/ComputationNetworkLib; the versions are named
in Source/Common/Include/Constants.h. What a node becomes: ``ResolveFunction`` in
Source/CNTKv2LibraryDll/BackCompat.cpp. Axes count from 1 in these files.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, List, Mapping, Optional, Tuple

from .model_graph import ALL_AXES, ALL_STATIC_AXES, DYNAMIC_AXIS, INFERRED, Axis, Op, Shape, Value
from .v1_cursor import Cursor


@dataclass(frozen=True)
class Node:
    """One node of the file.

    Attributes
    ----------
    kind
        The operation's name in the file.
    data_type
        None where the file does not say.
    shape
        Of an input, a parameter, or the stored guess of a delay.
    learning
        Whether training may change a parameter.
    """

    name: str
    kind: str
    data_type: Optional[str]
    op: Optional[int] = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    shape: Optional[Shape] = None
    learning: bool = True
    scalar: Optional[float] = None
    value_width: Optional[int] = None


Body = Dict[str, Value]
INPUT_KINDS = {"InputValue", "SparseInputValue"}
PARAMETER_KIND = "LearnableParameter"
PRECOMPUTED_KINDS = {"Mean", "InvStdDev"}
AXIS_KIND = "DynamicAxis"
#: CNTK 2.7 replaces it by a block, whose name it makes up.
NORMALIZATION_KIND = "PerDimMeanVarNormalization"

_CHW = 1


def read_node(cursor: Cursor) -> Node:
    """The node at the cursor.

    Raises
    ------
    ModelFileError
        ``model-unsupported`` for a kind whose body is not known, ``model-damaged`` otherwise.
    """
    told = cursor.text("a precision") if cursor.version >= 7 else ""
    data_type = {"float": "float32", "double": "float64", "half": "float16"}.get(told)
    if told and data_type is None:
        raise cursor.damaged("The file holds no precision where one was expected.")
    kind = cursor.text("the kind of a node")
    name = cursor.text("the name of a node")
    if kind in INPUT_KINDS:
        return Node(name, kind, data_type, shape=_input(cursor))
    if kind == PARAMETER_KIND:
        return _parameter(cursor, name, data_type)
    if kind in PRECOMPUTED_KINDS:
        cursor.flag("whether a value is computed")
        _, width, _ = cursor.matrix()
        # Its shape is its operand's; CNTK 2.7 makes a constant of it.
        return Node(name, kind, data_type, Op.PASS, {"constant": True}, value_width=width)
    if kind == AXIS_KIND:
        return Node(name, kind, data_type)
    if kind in _DELAYS:
        double = cursor.double if data_type is None else data_type == "float64"
        return _delay(cursor, name, kind, data_type, double)
    if kind in _PLAIN:
        return Node(name, kind, data_type, _PLAIN[kind])
    if kind in _BODIES:
        op, body = _BODIES[kind]
        return Node(name, kind, data_type, op, body(cursor))
    raise cursor.unsupported(
        f"The model has a node of the kind '{kind}', whose layout in the file is not known."
        if kind.isalnum() and kind.isascii()
        else "The model has a node of an unknown kind.",
        "Convert the model to the CNTK v2 format with CNTK 2.7, if it can load it, or train it "
        "again.",
    )


def _input(cursor: Cursor) -> Shape:
    rows = cursor.size("a number of rows")
    cursor.size("a number of columns")
    shape = cursor.shape(old=True)
    total = 1
    for size in shape:
        total *= size
    if rows and rows != total:
        shape = (rows,)
    if cursor.version >= 8 and cursor.uint32("a number of axes") == 1:
        cursor.text("the name of an axis")
    if cursor.version >= 10:
        cursor.number(False, "a learning rate")
    return shape


def _parameter(cursor: Cursor, name: str, data_type: Optional[str]) -> Node:
    if cursor.version >= 3:
        learning = cursor.number(False, "a learning rate") != 0
        shape = cursor.shape()
    else:
        learning = cursor.flag("whether a parameter is learned")
        rows, columns = cursor.size("a number of rows"), cursor.size("a number of columns")
        if rows:
            shape = (rows, columns)
        else:
            shape = cursor.shape(old=True)
            shape = (*shape, columns) if columns > 1 else shape
    (rows, columns), width, scalar = cursor.matrix()
    total = 1
    for size in shape:
        total *= size
    if total != rows * columns:
        raise cursor.damaged(
            f"A tensor of {total} values is announced, but its matrix has {rows * columns}."
        )
    return Node(
        name,
        PARAMETER_KIND,
        data_type,
        shape=shape,
        learning=learning,
        scalar=scalar,
        value_width=width,
    )


def _delay(cursor: Cursor, name: str, kind: str, data_type: Optional[str], double: bool) -> Node:
    cursor.int32("a time step")
    if cursor.version > 3:
        shape: Optional[Shape] = cursor.shape()
    else:
        cursor.size("a number of rows")
        cursor.size("a number of columns")
        shape = None
    if cursor.version >= 2:
        cursor.number(double, "an initial value")
    return Node(name, kind, data_type, _DELAYS[kind], shape=shape)


def _times(cursor: Cursor) -> Body:
    body: Body = {"outputRank": cursor.size() if cursor.version >= 3 else 1}
    if cursor.version >= 12:
        body["inferInputRankToMap"] = cursor.int32()
    return body


def _random(cursor: Cursor) -> Body:
    if cursor.version == 16:
        # An unsigned long: 8 bytes where Linux wrote it, 4 on Windows; the counter after it is
        # small, so its upper half tells.
        cursor.size("a seed")
        cursor.size("a counter")
    elif cursor.version > 16:
        cursor.size("a seed")
        cursor.size("a counter")
    return {}


def _random_sample(cursor: Cursor) -> Body:
    cursor.flag("whether samples may repeat")
    count = cursor.size("a number of samples")
    _random(cursor)
    return {"numSamples": count}


def _window(cursor: Cursor) -> Tuple[Body, bool]:
    """What convolutions and poolings of versions 5 and up share; whether images are CHW."""
    kernel, maps, strides = cursor.shape(), cursor.shape(), cursor.shape()
    cursor.flags()
    same = cursor.flags()
    lower, upper = cursor.shape(), cursor.shape()
    cursor.int32("a kind of pooling")
    layout = cursor.int32("an image layout")
    cursor.size("a memory limit")
    body: Body = {
        "kernelShape": kernel,
        "mapCount": maps,
        "strides": strides,
        "autoPadding": list(same),
        "lowerPad": lower,
        "upperPad": upper,
    }
    if cursor.version >= 9:
        body["transpose"] = cursor.flag("whether a convolution is transposed")
    if cursor.version >= 20:
        body["outputShape"] = cursor.shape()
    if cursor.version >= 21:
        body["ceilOutDim"] = cursor.flag("whether sizes are rounded up")
    if cursor.version >= 23:
        cursor.flag("whether padding counts")
    return body, layout == _CHW


def _convolution(cursor: Cursor) -> Body:
    if cursor.version < 5:
        return _old_convolution(cursor)
    body, chw = _window(cursor)
    body["convolution2D"] = cursor.flag("whether a convolution is two-dimensional")
    if cursor.version >= 18:
        body["dilation"] = cursor.shape()
    return body if chw else {"layout": "HWC"}


def _old_convolution(cursor: Cursor) -> Body:
    width, height = cursor.size("a kernel width"), cursor.size("a kernel height")
    across, down = cursor.size("a stride"), cursor.size("a stride")
    maps, layout = cursor.uint32("a number of maps"), cursor.uint32("an image layout")
    same = cursor.flag("whether a convolution is padded")
    cursor.size("a memory limit")
    if layout != _CHW:
        return {"layout": "HWC"}
    return {
        "kernelShape": (width, height, 1),
        "mapCount": (maps,),
        "strides": (across, down, 1),
        "autoPadding": [same, same, False],
        "lowerPad": (0,),
        "upperPad": (0,),
        "transpose": False,
        "convolution2D": True,
    }


def _pooling(cursor: Cursor) -> Body:
    body, chw = _window(cursor)
    body["poolingWindowShape"] = body.pop("kernelShape")
    body["transpose"] = False
    return body if chw else {"layout": "HWC"}


def _old_pooling(cursor: Cursor) -> Body:
    width, layout = cursor.uint32("a window width"), cursor.uint32("an image layout")
    height = cursor.size("a window height")
    across, down = cursor.size("a stride"), cursor.size("a stride")
    if layout != _CHW:
        return {"layout": "HWC"}
    return {
        "poolingWindowShape": (width, height, 1),
        "strides": (across, down, 1),
        "autoPadding": [False],
        "lowerPad": (0,),
        "upperPad": (0,),
    }


def _unpooling(cursor: Cursor) -> Body:
    return _window(cursor)[0]


def _roi_pooling(cursor: Cursor) -> Body:
    shape = cursor.shape()
    if cursor.version >= 26:
        cursor.int32("a kind of pooling")
        cursor.number(True, "a scale")
    return {"roiOutputShape": shape}


def _batch_normalization(cursor: Cursor) -> Body:
    if cursor.version < 6:
        written = cursor.int32("a version")
        cursor.int32("a version")
        cursor.flag("a mode")
        cursor.flag("whether a normalization is spatial")
        cursor.number(True)
        if written >= 0x00010002:
            cursor.int32("an image layout")
            cursor.size("a count")
        if written >= 0x00010003:
            cursor.number(True, "an epsilon")
            cursor.flag("an engine")
        return {}
    cursor.flag("whether a normalization is spatial")
    cursor.number(True)
    cursor.number(True)
    cursor.int32("an image layout")
    # Version 19 wrote whether the count is 0 in place of the count.
    if cursor.version == 19:
        cursor.flag("whether a count is zero")
    else:
        cursor.size("a count")
    cursor.number(True, "an epsilon")
    cursor.flag("an engine")
    return {}


def _reshape(cursor: Cursor) -> Body:
    begin, end = cursor.int32("an axis"), cursor.int32("an axis")
    shape = cursor.shape()
    body: Body = {"newShape": tuple(size or INFERRED for size in shape)}
    if begin > 0:
        body["beginAxis"] = Axis(begin - 1)
    if end > 0:
        body["endAxis"] = Axis(end - 1)
    return body


def _axis(number: int) -> Axis:
    special = {0: ALL_STATIC_AXES, -1: ALL_AXES}
    return Axis(special.get(number, number - 1 if number > 0 else DYNAMIC_AXIS))


def _reduce(cursor: Cursor) -> Body:
    count = cursor.uint32("a number of axes") if cursor.version >= 27 else 1
    if count * 4 > cursor.left:
        raise cursor.damaged(f"The file announces a reduction over {count} axes.")
    axes = [_axis(cursor.int32("an axis")) for _ in range(count)]
    body: Body = {"axisVec": list(axes), "reductionOpName": cursor.text("the name of a reduction")}
    if cursor.version >= 24:
        body["reductionKeepDimensions"] = cursor.flag("whether axes are kept")
    else:
        body["reductionKeepDimensions"] = all(axis.position < ALL_AXES for axis in axes)
    # Where a v2 function is a scalar, a v1 node has one axis.
    body["allAxesShape"] = (1,)
    return body


def _row_stack(cursor: Cursor) -> Body:
    return {"axis": _axis(cursor.int32("an axis") if cursor.version >= 3 else 1)}


def _slice(cursor: Cursor) -> Body:
    count = cursor.int32("a number of axes") if cursor.version >= 22 else 1
    if count < 1 or count * 16 > cursor.left:
        raise cursor.damaged(f"The file announces a slice along {count} axes.")
    axes: List[Value] = []
    begins: List[Value] = []
    ends: List[Value] = []
    strides: List[Value] = []
    for _ in range(count):
        begin = cursor.int64("a begin")
        length = cursor.int64("a length")
        axes.append(_axis(cursor.int32("an axis") if cursor.version >= 3 else 1))
        begins.append(begin)
        ends.append(begin + length)
        strides.append(cursor.int32("a stride") if cursor.version >= 27 else 1)
    return {
        "axisVec": axes,
        "beginIndexVec": begins,
        "endIndexVec": ends,
        "sliceStridesVec": strides,
    }


def _transpose(cursor: Cursor) -> Body:
    first, second = (1, 2)
    if cursor.version >= 3:
        first, second = cursor.int32("an axis"), cursor.int32("an axis")
        if cursor.version >= 25 and first == second == 0:
            cursor.sizes()
            return {}
    return {"axis1": _axis(first), "axis2": _axis(second)}


def _rnn_stack(cursor: Cursor) -> Body:
    bidirectional = cursor.size("a direction") != 0
    cursor.size("a number of layers")
    hidden = cursor.size("a size")
    cursor.text("the kind of a recurrence")
    if cursor.version >= 14:
        cursor.int32("an axis")
    return {"bidirectional": bidirectional, "hiddenSize": hidden}


def _named_axis(cursor: Cursor) -> Body:
    cursor.text("the name of an axis")
    return {}


def _where(cursor: Cursor) -> Body:
    return _named_axis(cursor) if cursor.version >= 11 else {}


def _crop(cursor: Cursor) -> Body:
    cursor.number(True, "an offset")
    cursor.number(True, "an offset")
    return {}


def _edit_distance(cursor: Cursor) -> Body:
    for _ in range(3):
        cursor.number(False, "a penalty")
    cursor.flag("a mode")
    cursor.sizes()
    return {}


def _forward_backward(cursor: Cursor) -> Body:
    cursor.int32("a delay")
    cursor.size("a token")
    return {}


_DELAYS = {"PastValue": Op.PAST_VALUE, "Delay": Op.PAST_VALUE, "FutureValue": Op.FUTURE_VALUE}

_BODIES: Dict[str, Tuple[Op, Callable[[Cursor], Body]]] = {
    "Times": (Op.TIMES, _times),
    "TransposeTimes": (Op.TRANSPOSE_TIMES, _times),
    "Dropout": (Op.DROPOUT, _random),
    "RandomSample": (Op.RANDOM_SAMPLE, _random_sample),
    "RandomSampleInclusionFrequency": (Op.RANDOM_SAMPLE_INCLUSION_FREQUENCY, _random_sample),
    "Convolution": (Op.CONVOLUTION, _convolution),
    "Pooling": (Op.POOLING, _pooling),
    "MaxPooling": (Op.POOLING, _old_pooling),
    "AveragePooling": (Op.POOLING, _old_pooling),
    "MaxUnpooling": (Op.UNPOOLING, _unpooling),
    "ROIPooling": (Op.ROI_POOLING, _roi_pooling),
    "BatchNormalization": (Op.BATCH_NORMALIZATION, _batch_normalization),
    "Reshape": (Op.RESHAPE, _reshape),
    "ReduceElements": (Op.REDUCE_ELEMENTS, _reduce),
    "RowStack": (Op.SPLICE, _row_stack),
    "Slice": (Op.SLICE, _slice),
    "RowSlice": (Op.SLICE, _slice),
    "TransposeDimensions": (Op.TRANSPOSE_AXES, _transpose),
    "OptimizedRNNStack": (Op.OPTIMIZED_RNN_STACK, _rnn_stack),
    "Where": (Op.WHERE, _where),
    "ToSequence": (Op.TO_SEQUENCE, _named_axis),
    "Crop": (Op.CROP, _crop),
    "EditDistanceError": (Op.EDIT_DISTANCE_ERROR, _edit_distance),
    "ForwardBackward": (Op.FORWARD_BACKWARD, _forward_backward),
}

# Nodes without a body.
_PLAIN: Dict[str, Op] = {
    "Negate": Op.NEGATE,
    "Sigmoid": Op.SIGMOID,
    "StableSigmoid": Op.STABLE_SIGMOID,
    "Tanh": Op.TANH,
    "Atanh": Op.ATANH,
    "Cosine": Op.COS,
    "Sin": Op.SIN,
    "Tan": Op.TAN,
    "Acos": Op.ACOS,
    "Asin": Op.ASIN,
    "Atan": Op.ATAN,
    "Cosh": Op.COSH,
    "Sinh": Op.SINH,
    "Asinh": Op.ASINH,
    "Pass": Op.PASS,
    "LabelsToGraph": Op.LABELS_TO_GRAPH,
    "RectifiedLinear": Op.RELU,
    "ExponentialLinearUnit": Op.ELU,
    "Exp": Op.EXP,
    "Log": Op.LOG,
    "Sqrt": Op.SQRT,
    "Floor": Op.FLOOR,
    "Abs": Op.ABS,
    "Reciprocal": Op.RECIPROCAL,
    "Softmax": Op.SOFTMAX,
    "LogSoftmax": Op.LOG_SOFTMAX,
    "Hardmax": Op.HARDMAX,
    "StopGradient": Op.STOP_GRADIENT,
    "StraightThrough": Op.STRAIGHT_THROUGH,
    "SumElements": Op.SUM_ALL,
    "Plus": Op.PLUS,
    "LogPlus": Op.LOG_PLUS,
    "Minus": Op.MINUS,
    "ElementTimes": Op.ELEMENT_TIMES,
    "Equal": Op.EQUAL,
    "NotEqual": Op.NOT_EQUAL,
    "Less": Op.LESS,
    "LessEqual": Op.LESS_EQUAL,
    "Greater": Op.GREATER,
    "GreaterEqual": Op.GREATER_EQUAL,
    "Pow": Op.POW,
    "PackedIndex": Op.PACKED_INDEX,
    "GatherPacked": Op.GATHER_PACKED,
    "ScatterPacked": Op.SCATTER_PACKED,
    "ToSequenceLike": Op.TO_SEQUENCE_LIKE,
    "CosDistance": Op.COS_DISTANCE,
    "CosDistanceWithNegativeSamples": Op.COS_DISTANCE_WITH_NEGATIVE_SAMPLES,
    "Logistic": Op.LOGISTIC,
    "SquareError": Op.SQUARED_ERROR,
    "CrossEntropyWithSoftmax": Op.CROSS_ENTROPY_WITH_SOFTMAX,
    "ClassificationError": Op.CLASSIFICATION_ERROR,
    "ErrorPrediction": Op.CLASSIFICATION_ERROR,
    "LambdaRank": Op.LAMBDA_RANK,
    "NDCG1Eval": Op.NDCG,
    "Clip": Op.CLIP,
    "If": Op.SELECT,
    "Assign": Op.ASSIGN,
    "ReconcileDynamicAxis": Op.RECONCILE_DYNAMIC_AXIS,
}
_PLAIN[NORMALIZATION_KIND] = Op.MINUS
