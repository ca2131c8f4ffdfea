"""Which of a model's outputs tells the classes apart, and which index means which class.

Public readers disagree about this (raw argmax; counted from 1; 0 is background), so the .ecd says
it for every class. The rules are those of the project's description of the format, ecd/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from ..models import Activation, Content, ModelDescription, Role, Tensor
from ..models.detectors.recognition import rows_of_candidates

_GRID = 8
#: What tells no classes apart, and does not stand beside what does.
_BESIDE_CLASSES = (Content.BOXES, Content.SCORES, Content.MASKS)


@dataclass(frozen=True)
class ClassOutput:
    """How listed classes lie on an output.

    Attributes
    ----------
    tensor
        The output that fits.
    first_index
        Output index of the first listed class; the others follow.
    background
        The index without a listed class, or None.
    threshold
        True when one channel parts two classes: index 0 below the threshold, 1 above.
    """

    tensor: Tensor
    first_index: int = 0
    background: Optional[int] = None
    threshold: bool = False


def class_outputs(model: ModelDescription) -> Tuple[Tensor, ...]:
    """The outputs that may tell classes apart: all but losses, boxes, their scores and masks."""
    return tuple(
        tensor
        for tensor in model.outputs
        if tensor.role is Role.DATA and tensor.content not in _BESIDE_CLASSES
    )


def may_detect(tensor: Tensor, model: ModelDescription) -> bool:
    """Whether boxes may stand beside the classes in an output's channels."""
    return is_grid(tensor, model) or rows_of_candidates(model, tensor)


def is_grid(tensor: Tensor, model: ModelDescription) -> bool:
    """Whether an output is so much coarser than the tile that it may be a detector's grid.

    The channels of such a grid are boxes and classes together. Detectors have a cell for every 8
    pixels or more; classifiers of pixels seldom for more than 4.
    """
    width = tensor.size_of("W")
    # A single cell is the whole tile: what classifiers give that keep rows and columns.
    return width not in (None, 1) and any(
        (entry.size_of("W") or 0) >= _GRID * (width or 0) for entry in model.inputs
    )


def channels_of(tensor: Tensor) -> Optional[int]:
    """The number of class channels of an output, None when it does not tell."""
    if tensor.class_count is not None:
        return tensor.class_count
    if tensor.activation is Activation.ARGMAX or tensor.content in (
        Content.LABELS,
        Content.RAW_DETECTOR_HEAD,
    ):
        return None
    return tensor.size_of("C")


def distinguished(tensor: Tensor) -> Optional[int]:
    """How many classes an output tells apart; None when it does not tell.

    A single channel with a threshold parts two. One whose last operation is not known may as well
    hold class indices, heights or anything else.
    """
    channels = channels_of(tensor)
    if channels == 1 and tensor.class_count is None and tensor.activation is None:
        return None
    return 2 if channels is not None and is_threshold(tensor) else channels


def is_threshold(tensor: Tensor) -> bool:
    """Whether an output has one channel that parts two classes by a threshold."""
    return channels_of(tensor) == 1 and tensor.activation in (
        Activation.NONE,
        Activation.SIGMOID,
    )


def lay_classes(tensor: Tensor, values: Sequence[int]) -> Optional[ClassOutput]:
    """How classes with these values lie on an output; None when their number does not fit.

    One more channel than classes is background at index 0, unless a listed class has value 0:
    then a forgotten class is as likely, and every label would shift.
    """
    channels = distinguished(tensor)
    threshold = is_threshold(tensor)
    if channels == len(values):
        return ClassOutput(tensor, threshold=threshold)
    if channels == len(values) + 1 and values and 0 not in values:
        return ClassOutput(tensor, first_index=1, background=0, threshold=threshold)
    return None


def find_class_output(model: ModelDescription, values: Sequence[int]) -> Optional[ClassOutput]:
    """The first output on which the classes lie without background, else the first with it.

    Outputs with rows and columns come before vectors. A detector's classes lie on the output that
    holds their scores or labels; None where their number is not known.
    """
    if model.detector is not None:
        fits = model.detector.class_count == len(values)
        return ClassOutput(class_outputs(model)[0]) if fits else None
    outputs = sorted(class_outputs(model), key=lambda tensor: "H" not in (tensor.axes or ""))
    laid = [
        None if rows_of_candidates(model, tensor) else lay_classes(tensor, values)
        for tensor in outputs
    ]
    fitting = [output for output in laid if output is not None]
    return min(fitting, key=lambda output: output.background is not None, default=None)


def classes_of(model: ModelDescription) -> Optional[int]:
    """How many classes the model tells apart, where its outputs leave no choice."""
    if model.detector is not None:
        return model.detector.class_count
    outputs = class_outputs(model)
    if any(rows_of_candidates(model, tensor) for tensor in outputs):
        # Maps beside a detector's rows are prototypes of masks, or features.
        return None
    spatial = [tensor for tensor in outputs if "H" in (tensor.axes or "")]
    counts = {
        None if may_detect(tensor, model) else distinguished(tensor)
        for tensor in spatial or outputs
    }
    return counts.pop() if len(counts) == 1 else None
