"""A CNTK network as its file tells it: variables, functions, and how they are wired.

Both file formats are read into this one form, in CNTK's own terms: shapes are column-major
(width, height, channels), operations are the numbers of ``PrimitiveOpType``
(https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/API/Internals/PrimitiveOpType.h).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple, Union

from ...network.weights import Content, Converted

#: Sizes in column-major order.
Shape = Tuple[int, ...]

#: A size that CNTK works out while the network is built.
INFERRED = -1
#: A size that differs from one minibatch to the next.
FREE = -3
#: What the library writes as the only size of a shape that is not known at all.
UNKNOWN_SHAPE: Shape = (-2,)

#: Sizes above this are not meant: CNTK counts elements in 64 bits.
LARGEST_SIZE = 1 << 40
#: Shapes of more axes are not meant either.
MOST_AXES = 64

DATA_TYPES = {1: "float32", 2: "float64", 4: "float16", 5: "int8", 6: "int16"}

# Static axis numbers with a meaning of their own (CNTKLibrary.h, class Axis).
_INT_MAX = (1 << 31) - 1
DYNAMIC_AXIS = _INT_MAX
ALL_STATIC_AXES = _INT_MAX - 1
UNKNOWN_AXES = _INT_MAX - 2
END_STATIC_AXIS = _INT_MAX - 3
ALL_AXES = _INT_MAX - 4


class Kind(IntEnum):
    """What a variable is."""

    INPUT = 0
    OUTPUT = 1
    PARAMETER = 2
    CONSTANT = 3
    PLACEHOLDER = 4


class Op(IntEnum):
    """The operations that have a name of their own in this package."""

    NEGATE = 0
    SIGMOID = 1
    TANH = 2
    RELU = 3
    EXP = 4
    LOG = 5
    SQRT = 6
    FLOOR = 7
    ABS = 8
    RECIPROCAL = 9
    SOFTMAX = 10
    HARDMAX = 11
    TRANSPOSE_AXES = 12
    WHERE = 13
    SLICE = 14
    DROPOUT = 15
    RESHAPE = 16
    POOLING = 17
    SUM_ALL = 18
    PLUS = 19
    MINUS = 20
    ELEMENT_TIMES = 21
    EQUAL = 22
    NOT_EQUAL = 23
    LESS = 24
    LESS_EQUAL = 25
    GREATER = 26
    GREATER_EQUAL = 27
    PACKED_INDEX = 28
    GATHER_PACKED = 29
    SCATTER_PACKED = 30
    TIMES = 31
    TRANSPOSE_TIMES = 32
    CONVOLUTION = 33
    SQUARED_ERROR = 34
    CROSS_ENTROPY_WITH_SOFTMAX = 35
    CLASSIFICATION_ERROR = 36
    PAST_VALUE = 37
    FUTURE_VALUE = 38
    REDUCE_ELEMENTS = 39
    BATCH_NORMALIZATION = 40
    CLIP = 41
    SELECT = 42
    SPLICE = 43
    COMBINE = 44
    RANDOM_SAMPLE = 45
    RANDOM_SAMPLE_INCLUSION_FREQUENCY = 46
    ROI_POOLING = 47
    LOGISTIC = 48
    OPTIMIZED_RNN_STACK = 49
    RECONCILE_DYNAMIC_AXIS = 50
    LOG_SOFTMAX = 51
    LOG_PLUS = 52
    COS_DISTANCE = 53
    SIN = 54
    COS = 55
    PASS = 56
    BLOCK = 57
    UNPOOLING = 58
    LAMBDA_RANK = 59
    NDCG = 60
    EDIT_DISTANCE_ERROR = 61
    NO_OP = 62
    LABELS_TO_GRAPH = 63
    STOP_GRADIENT = 64
    ELU = 65
    FORWARD_BACKWARD = 66
    COS_DISTANCE_WITH_NEGATIVE_SAMPLES = 67
    ONE_HOT = 68
    POW = 69
    TO_SEQUENCE = 70
    TO_SEQUENCE_LIKE = 71
    UNPACK_SEQUENCE = 72
    ASSIGN = 73
    GATHER = 74
    STABLE_SIGMOID = 75
    RANDOM_DISTRIBUTION = 76
    SINH = 77
    COSH = 78
    UNPACK_BATCH = 79
    TO_BATCH = 80
    ASIN = 81
    ACOS = 82
    PAD = 83
    CROP = 84
    ATANH = 85
    ASINH = 86
    TOP_K = 87
    SQUEEZE = 88
    CONSTANT_OP = 89
    LATTICE_SEQUENCE_WITH_SOFTMAX = 90
    CAST = 91
    EYE_LIKE = 92
    CUSTOM_PROXY = 93
    STRAIGHT_THROUGH = 94
    TAN = 95
    ATAN = 96
    CONVOLUTION_SEQUENCE_SHAPE = 97


class Axis(NamedTuple):
    """An axis as an attribute names it.

    Attributes
    ----------
    position
        Column-major position, counted from the end when negative, or one of the special numbers.
    name
        Of a dynamic axis.
    """

    position: int
    name: str = ""


class Numbers(NamedTuple):
    """Where the values of a tensor lie.

    Attributes
    ----------
    data_type
        In which they are stored; 16-bit floats may be stored as 32-bit ones.
    """

    content: Content
    data_type: str

    def as_float32(self) -> Content:
        """The values as a network computes with them."""
        if self.data_type == "float32":
            return self.content
        return Converted(self.content, self.data_type, "float32")


@dataclass(frozen=True)
class Array:
    """A tensor whose values were skipped.

    Attributes
    ----------
    scalar
        The value of a tensor of one element, where it was cheap to read.
    stored
        Where its values lie; None where the file does not hold them as plain numbers.
    """

    shape: Shape
    data_type: Optional[str]
    scalar: Optional[float] = None
    stored: Optional[Numbers] = field(default=None, compare=False)


#: What attributes and dictionaries hold.
Value = Union[None, bool, int, float, str, Shape, Axis, Array, List["Value"], Dict[str, "Value"]]


@dataclass(frozen=True)
class Variable:
    """A leaf of the graph: an input, a parameter, a constant or a placeholder.

    Attributes
    ----------
    shape
        None when unknown.
    dynamic
        Whether it has a batch or sequence axis besides its shape.
    sequence
        Whether it has a sequence axis besides the batch axis.
    stored
        Where the values of a parameter or constant lie.
    """

    uid: str
    kind: Kind
    name: str
    shape: Optional[Shape]
    data_type: Optional[str]
    dynamic: bool = True
    scalar: Optional[float] = None
    sequence: bool = False
    stored: Optional[Numbers] = None


@dataclass(frozen=True)
class Block:
    """What is inside a function that stands for several.

    Attributes
    ----------
    root
        Uid of the function whose outputs are the block's.
    op_name
        ``Dense``, ``Softmax`` ...
    arguments
        Uids of the placeholders inside, each with the variable that takes its place.
    """

    root: str
    op_name: str
    arguments: Tuple[Tuple[str, str], ...]


@dataclass(frozen=True)
class Function:
    """One operation.

    Attributes
    ----------
    op
        Number of the operation; None for a function that somebody else's code provides.
    inputs
        Uids in CNTK's own order.
    """

    uid: str
    op: Optional[int]
    name: str
    inputs: Tuple[str, ...]
    attributes: Mapping[str, Value] = field(default_factory=dict)
    block: Optional[Block] = None


@dataclass(frozen=True)
class Graph:
    """A whole network.

    Attributes
    ----------
    root
        Uid of the function whose outputs are the model's.
    labels
        Uids of inputs that the file itself lists as labels.
    losses
        Uids of outputs that the file itself lists as training criteria or metrics.
    """

    root: str
    variables: Mapping[str, Variable]
    functions: Mapping[str, Function]
    labels: Tuple[str, ...] = ()
    losses: Tuple[str, ...] = ()


def output_uid(function: str, number: int) -> str:
    """The uid that CNTK gives to an output of a function."""
    return f"{function}_Output_{number}"


def elements(shape: Shape) -> Optional[int]:
    """The number of values; None when a size is free or inferred."""
    total = 1
    for size in shape:
        if size < 0:
            return None
        total *= size
    return total
