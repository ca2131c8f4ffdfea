"""What an operation's numbers mean, from what those mean that go into it."""

from __future__ import annotations

from typing import Optional

from ..value import NO_MEANING, SCORES, Kind, Meaning, Value
from .learned import class_labels
from .step import Step

# Operations that change where values stand or how they are stored, not what they mean.
_PASSING = {
    "Identity", "Cast", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Flatten",
    "QuantizeLinear", "DequantizeLinear", "Dropout", "Slice", "Split",
}  # fmt: skip
# What is learned anew: values are scores if nothing else is done to them.
_LEARNED = {
    "Conv", "ConvTranspose", "FusedConv", "QLinearConv", "ConvInteger", "Gemm", "FusedGemm",
    "MatMul", "QLinearMatMul", "MatMulInteger",
}  # fmt: skip
# Scores stay scores; but what is computed from class indices, or from what was left of a class
# axis, is neither scores nor indices.
_COMPUTED = {
    "Add", "Sub", "Mul", "Relu", "LeakyRelu", "PRelu", "Elu", "Selu", "Tanh", "Clip",
    "BatchNormalization", "InstanceNormalization", "AveragePool", "GlobalAveragePool", "MaxPool",
    "GlobalMaxPool", "DepthToSpace", "LRN", "Sum", "Celu", "Gelu", "HardSigmoid", "HardSwish",
    "Max", "Min", "Mish", "Shrink", "Softplus", "Softsign", "Swish", "ThresholdedRelu",
}  # fmt: skip
_ACTIVATIONS = {
    "Softmax": Meaning(Kind.SOFTMAX),
    "QLinearSoftmax": Meaning(Kind.SOFTMAX),
    "LogSoftmax": Meaning(Kind.LOG_SOFTMAX),
    "Sigmoid": Meaning(Kind.SIGMOID),
    "QLinearSigmoid": Meaning(Kind.SIGMOID),
}
_CLASSIFIERS = {"TreeEnsembleClassifier", "LinearClassifier", "SVMClassifier"}
_RESIZING = {"Resize", "Upsample"}


def meaning_of(step: Step, index: int) -> Meaning:
    """What the numbers of a node's output mean."""
    op = step.node.op
    if op in _PASSING:
        # A dropout's second output is a mask; all parts of a split are alike.
        return step.input(0).meaning if index == 0 or op == "Split" else NO_MEANING
    if op in _LEARNED:
        return SCORES
    if op in _COMPUTED:
        return _computed(step)
    if op == "Pad":
        return SCORES if step.input(0).meaning == SCORES else NO_MEANING
    if op in _RESIZING:
        return _resized(step)
    if op in _ACTIVATIONS:
        return _ACTIVATIONS[op] if _over_classes(step) else NO_MEANING
    if op == "ArgMax":
        return _indices(step, step.attributes.integer("axis", 0))
    if op == "TopK":
        return _largest(step, index)
    if op == "Div":
        return Meaning(Kind.SOFTMAX) if _is_softmax(step) else NO_MEANING
    if op == "Concat":
        scores = all(value.meaning == SCORES for value in step.given())
        return SCORES if scores and step.given() else NO_MEANING
    if op in _CLASSIFIERS:
        return _classified(step, index)
    return NO_MEANING


def _tells_no_classes(value: Value) -> bool:
    if value.meaning.kind is Kind.ARGMAX:
        return True
    return any(axis.reduced and axis.letter == "?" for axis in value.axes)


def _computed(step: Step) -> Meaning:
    operands = [value for value in step.given() if not value.constant]
    return NO_MEANING if any(_tells_no_classes(value) for value in operands) else SCORES


def _resized(step: Step) -> Meaning:
    """Between pixels, probabilities stay probabilities, but between two classes lies no third."""
    meaning = step.input(0).meaning
    if meaning.kind is Kind.ARGMAX:
        nearest = step.attributes.text("mode", "nearest") == "nearest"
        return meaning if nearest else NO_MEANING
    if meaning.kind in (Kind.SOFTMAX, Kind.LOG_SOFTMAX, Kind.SIGMOID):
        return meaning
    return _computed(step)


def _over_classes(step: Step) -> bool:
    """Whether a softmax may run over classes: not where another axis is known to hold them.

    Before opset 13, it ran over all axes from one on.
    """
    letters = step.input(0).letters or ""
    if "Softmax" not in step.node.op or step.opset < 13 or "C" not in letters:
        return True
    axis = step.axis(len(letters), -1)
    return axis is None or letters[axis] == "C"


def _indices(step: Step, axis: Optional[int]) -> Meaning:
    x = step.input(0)
    known = axis is not None and -len(x.axes) <= axis < len(x.axes)
    if axis is None or (known and x.axes[axis].letter not in ("C", "?")):
        # The place of a row tells no class.
        return Meaning(Kind.ARGMAX)
    return Meaning(Kind.ARGMAX, x.size(axis))


def _largest(step: Step, index: int) -> Meaning:
    """TopK: the place of the largest one is a class index."""
    wanted = step.input(1).known_integers() if step.has(1) else None
    count = wanted[0] if wanted else step.attributes.integer("k")
    if index != 1 or count != 1:
        return NO_MEANING
    return _indices(step, step.attributes.integer("axis", -1))


def _is_softmax(step: Step) -> bool:
    """Exponentials divided by their sum."""
    node, makers = step.node, step.makers
    above, below = makers.get(node.input(0)), makers.get(node.input(1))
    return (
        above is not None
        and below is not None
        and above.op == "Exp"
        and below.op == "ReduceSum"
        and below.input(0) == node.input(0)
    )


def _classified(step: Step, index: int) -> Meaning:
    whole, names = class_labels(step.attributes)
    if index != 0:
        post = step.attributes.text("post_transform", "NONE")
        return Meaning(Kind.SOFTMAX) if post == "SOFTMAX" else NO_MEANING
    indices = bool(whole) and whole == tuple(range(len(whole)))
    kind = Kind.ARGMAX if indices else Kind.UNKNOWN
    return Meaning(kind, len(whole) or len(names) or None)
