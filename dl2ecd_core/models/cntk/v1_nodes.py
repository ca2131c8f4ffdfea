"""The nodes of a CNTK v1 file, and the operations of CNTK v2 that they become.

ReadPersistableParameters in Source/ComputationNetworkLib/ComputationNetwork.cpp and
ResolveFunction in Source/CNTKv2LibraryDll/BackCompat.cpp of https://github.com/microsoft/CNTK.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable, Dict, Mapping, Optional, Tuple

from . import v1_bodies as bodies
from .model_graph import DATA_TYPES, Array, Numbers, Op, Shape, Value
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
    stored: Optional[Numbers] = None


INPUT_KINDS = {"InputValue", "SparseInputValue"}
PARAMETER_KIND = "LearnableParameter"
PRECOMPUTED_KINDS = {"Mean", "InvStdDev"}
AXIS_KIND = "DynamicAxis"
#: CNTK 2.7 replaces it by a block, whose name it makes up.
NORMALIZATION_KIND = "PerDimMeanVarNormalization"


def read_node(cursor: Cursor) -> Node:
    """The node at the cursor.

    Raises
    ------
    ModelFileError
        ``model-unsupported`` for a kind whose body is not known, ``model-damaged`` otherwise.
    """
    told = cursor.text("a precision") if cursor.version >= 7 else ""
    # A Cast names two: what comes out and what goes in.
    data_type = {"float": "float32", "double": "float64", "half": "float16"}.get(
        told.partition(",")[0]
    )
    if told and data_type is None:
        raise cursor.damaged("The file holds no precision where one was expected.")
    kind = cursor.text("the kind of a node")
    name = cursor.text("the name of a node")
    if kind == "Cast":
        number = next((one for one, name in DATA_TYPES.items() if name == data_type), 0)
        return Node(name, kind, data_type, Op.CAST, {"newDataType": number})
    if kind in INPUT_KINDS:
        return Node(name, kind, data_type, shape=_input(cursor))
    if kind == PARAMETER_KIND:
        return _parameter(cursor, name, data_type)
    if kind in PRECOMPUTED_KINDS:
        cursor.flag("whether a value is computed")
        matrix = cursor.matrix()
        # Its shape is its operand's; CNTK 2.7 makes a constant of it.
        value = Array((matrix.rows, matrix.columns), None, stored=matrix.stored)
        return Node(
            name,
            kind,
            data_type,
            Op.PASS,
            {"constant": True, "value": value},
            value_width=matrix.width,
        )
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
    matrix = cursor.matrix()
    total = 1
    for size in shape:
        total *= size
    held = matrix.rows * matrix.columns
    if total != held:
        raise cursor.damaged(f"A tensor of {total} values is announced, but its matrix has {held}.")
    return Node(
        name,
        PARAMETER_KIND,
        data_type,
        shape=shape,
        learning=learning,
        scalar=matrix.scalar,
        value_width=matrix.width,
        stored=matrix.stored,
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


_DELAYS = {"PastValue": Op.PAST_VALUE, "Delay": Op.PAST_VALUE, "FutureValue": Op.FUTURE_VALUE}

_BODIES: Dict[str, Tuple[Op, Callable[[Cursor], bodies.Body]]] = {
    "Times": (Op.TIMES, bodies.times),
    "TransposeTimes": (Op.TRANSPOSE_TIMES, bodies.times),
    "Dropout": (Op.DROPOUT, bodies.random),
    "RandomSample": (Op.RANDOM_SAMPLE, bodies.random_sample),
    "RandomSampleInclusionFrequency": (Op.RANDOM_SAMPLE_INCLUSION_FREQUENCY, bodies.random_sample),
    "Convolution": (Op.CONVOLUTION, bodies.convolution),
    "Pooling": (Op.POOLING, bodies.pooling),
    "MaxPooling": (Op.POOLING, bodies.old_max_pooling),
    "AveragePooling": (Op.POOLING, bodies.old_average_pooling),
    "MaxUnpooling": (Op.UNPOOLING, bodies.unpooling),
    "ROIPooling": (Op.ROI_POOLING, bodies.roi_pooling),
    "BatchNormalization": (Op.BATCH_NORMALIZATION, bodies.batch_normalization),
    "Reshape": (Op.RESHAPE, bodies.reshape),
    "ReduceElements": (Op.REDUCE_ELEMENTS, bodies.reduce),
    "RowStack": (Op.SPLICE, bodies.row_stack),
    "Slice": (Op.SLICE, bodies.slice_),
    "RowSlice": (Op.SLICE, bodies.slice_),
    "TransposeDimensions": (Op.TRANSPOSE_AXES, bodies.transpose),
    "OptimizedRNNStack": (Op.OPTIMIZED_RNN_STACK, bodies.rnn_stack),
    "Where": (Op.WHERE, bodies.where),
    "ToSequence": (Op.TO_SEQUENCE, bodies.named_axis),
    "Crop": (Op.CROP, bodies.crop),
    "EditDistanceError": (Op.EDIT_DISTANCE_ERROR, bodies.edit_distance),
    "ForwardBackward": (Op.FORWARD_BACKWARD, bodies.forward_backward),
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
    "Gather": Op.GATHER,
    "ReconcileDynamicAxis": Op.RECONCILE_DYNAMIC_AXIS,
    # CNTK 2.7 writes these without the settings that they need.
    "Padding": Op.PAD,
    "OneHot": Op.ONE_HOT,
}
_PLAIN[NORMALIZATION_KIND] = Op.MINUS
