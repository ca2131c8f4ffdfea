"""What comes out of CNTK's functions that have no words in ONNX.

Losses, recurrences and samples: their sizes are known all the same, and so is what follows.
InferOutputs in
https://github.com/microsoft/CNTK/blob/master/Source/CNTKv2LibraryDll/PrimitiveFunction.cpp
"""

from __future__ import annotations

from typing import Callable, Dict, Optional

from ...network.shapes import Dims, broadcast
from .attributes import integer, shape_attribute
from .model_graph import Op
from .step import Step, rows

#: Recurrences along the steps of a sequence.
RECURRENCES = frozenset((Op.PAST_VALUE, Op.FUTURE_VALUE, Op.OPTIMIZED_RNN_STACK))
#: What has no batch axis, whatever goes in.
WITHOUT_BATCH = frozenset(
    (
        Op.SUM_ALL, Op.SQUARED_ERROR, Op.CROSS_ENTROPY_WITH_SOFTMAX, Op.EDIT_DISTANCE_ERROR,
        Op.CLASSIFICATION_ERROR, Op.FORWARD_BACKWARD, Op.LOGISTIC, Op.LAMBDA_RANK, Op.NDCG,
        Op.UNPACK_BATCH,
    )
)  # fmt: skip

_SCALARS = (
    Op.SUM_ALL, Op.WHERE, Op.CROSS_ENTROPY_WITH_SOFTMAX, Op.LOGISTIC, Op.LAMBDA_RANK,
    Op.COS_DISTANCE, Op.SQUARED_ERROR, Op.EDIT_DISTANCE_ERROR, Op.CLASSIFICATION_ERROR, Op.NDCG,
    Op.FORWARD_BACKWARD, Op.LATTICE_SEQUENCE_WITH_SOFTMAX,
)  # fmt: skip
_AS_GIVEN = (
    Op.LABELS_TO_GRAPH, Op.STRAIGHT_THROUGH, Op.SCATTER_PACKED,
    Op.RANDOM_SAMPLE_INCLUSION_FREQUENCY, Op.EYE_LIKE,
)  # fmt: skip
_DROPPING = (Op.TO_SEQUENCE, Op.TO_SEQUENCE_LIKE, Op.TO_BATCH)
#: What may come out without axes although something with axes goes in.
LOSING_AXES = frozenset((*_SCALARS, *_DROPPING, Op.GATHER_PACKED))

Sizes = Callable[[Step], Optional[Dims]]


def _scalar(step: Step) -> Optional[Dims]:
    return ()


def _as_operand(index: int) -> Sizes:
    return lambda step: step.dims(step.operand(index))


def _combined(step: Step) -> Optional[Dims]:
    return broadcast(step.dims(one) for one in step.operands())


def _without_steps(step: Step) -> Optional[Dims]:
    dims = step.dims(step.operand(0))
    return dims[1:] if dims else None


def _with_steps(step: Step) -> Optional[Dims]:
    return (None, *step.dims(step.operand(0)))


def _gathered(step: Step) -> Optional[Dims]:
    x = step.operand(0)
    return step.dims(x) if x.batched else step.dims(x)[1:]


def _random(step: Step) -> Optional[Dims]:
    if step.function.inputs:
        return step.dims(step.operand(0))
    told = shape_attribute(step.attributes, "newShape")
    return None if told is None else rows(told)


def _sampled(step: Step) -> Optional[Dims]:
    dims = step.dims(step.operand(0))
    count = integer(step.attributes.get("numSamples"))
    return (count, dims[-1]) if dims and count is not None else None


def _recurrent(step: Step) -> Optional[Dims]:
    hidden = integer(step.attributes.get("hiddenSize"))
    if hidden is None:
        return None
    return (hidden * (2 if step.attributes.get("bidirectional") else 1),)


def _with_samples(step: Step) -> Optional[Dims]:
    count = step.scalar(3) if len(step.function.inputs) == 4 else None
    return None if count is None else (int(count) + 1,)


def _told(step: Step) -> Optional[Dims]:
    told = shape_attribute(step.attributes, "outputShape")
    return None if told is None else rows(told)


#: The sizes of what comes out of a function, without the batch's.
SIZES: Dict[int, Sizes] = {
    **dict.fromkeys(_SCALARS, _scalar),
    **dict.fromkeys(_AS_GIVEN, _as_operand(0)),
    **dict.fromkeys((Op.PACKED_INDEX, Op.ASSIGN), _as_operand(1)),
    **dict.fromkeys((Op.PAST_VALUE, Op.FUTURE_VALUE), _combined),
    **dict.fromkeys(_DROPPING, _without_steps),
    **dict.fromkeys((Op.UNPACK_SEQUENCE, Op.UNPACK_BATCH), _with_steps),
    Op.GATHER_PACKED: _gathered,
    Op.RANDOM_DISTRIBUTION: _random,
    Op.RANDOM_SAMPLE: _sampled,
    Op.OPTIMIZED_RNN_STACK: _recurrent,
    Op.COS_DISTANCE_WITH_NEGATIVE_SAMPLES: _with_samples,
    Op.CUSTOM_PROXY: _told,
}
