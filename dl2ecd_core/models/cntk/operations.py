"""What each CNTK operation does to the shape of its operands.

The operations and their attributes: InferOutputs in
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/PrimitiveFunction.cpp.
"""

from __future__ import annotations

from typing import Callable, Dict, List, NamedTuple, Optional, Sequence

from . import signal_rules as rules
from .model_graph import FREE, Function, Op, Shape
from .window_rules import convolution_window, output_shape, pooling_window


class Signal(NamedTuple):
    """What is known of a tensor.

    Attributes
    ----------
    shape
        Column-major; None when unknown.
    dynamic
        Whether it has a batch or sequence axis.
    pending
        Whether it is only unknown because a loop has not been closed yet.
    constant
        Whether it is a constant, which does not decide the result's data type.
    """

    shape: Optional[Shape]
    data_type: Optional[str] = None
    dynamic: bool = True
    pending: bool = False
    constant: bool = False
    scalar: Optional[float] = None


UNKNOWN = Signal(None)


Rule = Callable[[Function, Sequence[Signal]], Optional[Shape]]


def shape_of(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    """The shape of a function's first output; None when its operation is not understood."""
    rule = _RULES.get(function.op) if function.op is not None else None
    return None if rule is None else rule(function, operands)


def _known(operands: Sequence[Signal], count: int) -> Optional[List[Shape]]:
    shapes = [operand.shape for operand in operands[:count]]
    known = [shape for shape in shapes if shape is not None]
    return known if len(known) == count else None


def _same(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    return operands[0].shape if operands else None


def _same_as_second(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    return operands[1].shape if len(operands) > 1 else None


def _scalar(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    return ()


def _elementwise(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    shapes = [operand.shape for operand in operands]
    if any(operand.shape is None and not operand.pending for operand in operands):
        return None
    known = [shape for shape in shapes if shape is not None]
    return rules.elementwise(known) if known else None


def _one(rule: Callable[[Shape, rules.Attributes], Optional[Shape]]) -> Rule:
    """A rule that looks at one operand and the attributes."""

    def shape(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
        known = _known(operands, 1)
        return None if known is None else rule(known[0], function.attributes)

    return shape


def _splice(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, len(operands))
    return None if known is None else rules.splice(known, function.attributes)


def _times(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    return None if known is None else rules.times(known[0], known[1], function.attributes)


def _transpose_times(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    left = None if known is None else rules.transposed_for_times(known[0])
    if known is None or left is None:
        return None
    return rules.times(left, known[1], {"outputRank": function.attributes.get("outputRank", 1)})


def _convolution(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    if known is None:
        return None
    kernel = kernel_shape(function, known[0])
    window = convolution_window(kernel, known[1], function.attributes)
    return None if window is None else output_shape(known[1], window)


def kernel_shape(function: Function, stored: Shape) -> Shape:
    """A convolution's kernel tensor; old files keep it as a matrix and tell its shape aside."""
    return rules.shape_attribute(function.attributes, "mapShape") or stored


def _pooling(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    window = None if known is None else pooling_window(known[0], function.attributes)
    return None if known is None or window is None else output_shape(known[0], window)


def _roi_pooling(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    size = rules.shape_attribute(function.attributes, "roiOutputShape")
    if known is None or size is None or len(size) != 2:
        return None
    if len(known[0]) < 3 or len(known[1]) < 2:
        return None
    return (*size, known[0][2], known[1][1])


def _without_last(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    return known[0][:-1] if known and known[0] else None


def _with_free(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    return None if known is None else (*known[0], FREE)


def _gather_packed(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    if known is None:
        return None
    return known[0] if operands[0].dynamic else known[0][:-1]


def _gather(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    return None if known is None else rules.gather(known[0], known[1])


def _crop(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 2)
    return None if known is None else rules.crop(known[0], known[1])


def _told(name: str) -> Rule:
    """A shape that an attribute tells."""

    def shape(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
        return rules.shape_attribute(function.attributes, name)

    return shape


def _random(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    if operands:
        return operands[0].shape
    return rules.shape_attribute(function.attributes, "newShape")


def _random_sample(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    count = rules.integer(function.attributes.get("numSamples"))
    return (known[0][0], count) if known and known[0] and count is not None else None


def _rnn_stack(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    known = _known(operands, 1)
    hidden = rules.integer(function.attributes.get("hiddenSize"))
    if known is None or hidden is None:
        return None
    return (hidden * (2 if function.attributes.get("bidirectional") else 1),)


def _negative_samples(function: Function, operands: Sequence[Signal]) -> Optional[Shape]:
    count = operands[3].scalar if len(operands) == 4 else None
    return None if count is None else (int(count) + 1,)


_RULES: Dict[int, Rule] = {
    Op.TRANSPOSE_AXES: _one(rules.transpose),
    Op.SLICE: _one(rules.slice_),
    Op.RESHAPE: _one(rules.reshape),
    Op.REDUCE_ELEMENTS: _one(rules.reduce),
    Op.ONE_HOT: _one(rules.one_hot),
    Op.PAD: _one(rules.pad),
    Op.SQUEEZE: _one(rules.squeeze),
    Op.TOP_K: _one(rules.top_k),
    Op.SPLICE: _splice,
    Op.TIMES: _times,
    Op.TRANSPOSE_TIMES: _transpose_times,
    Op.CONVOLUTION: _convolution,
    Op.POOLING: _pooling,
    Op.UNPOOLING: _same_as_second,
    Op.ROI_POOLING: _roi_pooling,
    Op.TO_SEQUENCE: _without_last,
    Op.TO_SEQUENCE_LIKE: _without_last,
    Op.TO_BATCH: _without_last,
    Op.UNPACK_SEQUENCE: _with_free,
    Op.UNPACK_BATCH: _with_free,
    Op.PACKED_INDEX: _same_as_second,
    Op.ASSIGN: _same_as_second,
    Op.GATHER_PACKED: _gather_packed,
    Op.GATHER: _gather,
    Op.CROP: _crop,
    Op.RANDOM_DISTRIBUTION: _random,
    Op.RANDOM_SAMPLE: _random_sample,
    Op.OPTIMIZED_RNN_STACK: _rnn_stack,
    Op.COS_DISTANCE_WITH_NEGATIVE_SAMPLES: _negative_samples,
    Op.CUSTOM_PROXY: _told("outputShape"),
}
_RULES.update(
    dict.fromkeys(
        (
            Op.PLUS,
            Op.LOG_PLUS,
            Op.POW,
            Op.MINUS,
            Op.ELEMENT_TIMES,
            Op.EQUAL,
            Op.NOT_EQUAL,
            Op.LESS,
            Op.LESS_EQUAL,
            Op.GREATER,
            Op.GREATER_EQUAL,
            Op.PAST_VALUE,
            Op.FUTURE_VALUE,
            Op.CLIP,
            Op.SELECT,
        ),
        _elementwise,
    )
)
_RULES.update(
    dict.fromkeys(
        (
            Op.SUM_ALL,
            Op.WHERE,
            Op.CROSS_ENTROPY_WITH_SOFTMAX,
            Op.LOGISTIC,
            Op.LAMBDA_RANK,
            Op.COS_DISTANCE,
            Op.SQUARED_ERROR,
            Op.EDIT_DISTANCE_ERROR,
            Op.CLASSIFICATION_ERROR,
            Op.NDCG,
            Op.FORWARD_BACKWARD,
            Op.LATTICE_SEQUENCE_WITH_SOFTMAX,
        ),
        _scalar,
    )
)
_RULES.update(
    dict.fromkeys(
        (
            Op.NEGATE,
            Op.SIGMOID,
            Op.TANH,
            Op.RELU,
            Op.EXP,
            Op.LOG,
            Op.SQRT,
            Op.FLOOR,
            Op.ABS,
            Op.RECIPROCAL,
            Op.SOFTMAX,
            Op.HARDMAX,
            Op.DROPOUT,
            Op.BATCH_NORMALIZATION,
            Op.LOG_SOFTMAX,
            Op.SIN,
            Op.COS,
            Op.TAN,
            Op.ATAN,
            Op.ASIN,
            Op.ACOS,
            Op.SINH,
            Op.COSH,
            Op.ASINH,
            Op.ATANH,
            Op.PASS,
            Op.NO_OP,
            Op.LABELS_TO_GRAPH,
            Op.STOP_GRADIENT,
            Op.ELU,
            Op.STABLE_SIGMOID,
            Op.STRAIGHT_THROUGH,
            Op.RECONCILE_DYNAMIC_AXIS,
            Op.SCATTER_PACKED,
            Op.RANDOM_SAMPLE_INCLUSION_FREQUENCY,
            Op.CAST,
            Op.CONSTANT_OP,
            Op.EYE_LIKE,
        ),
        _same,
    )
)
