"""Which of a model's outputs tells the classes apart, and which index means which class.

Public readers disagree about this (raw argmax; counted from 1; 0 is background), so the .ecd says
it for every class. The rules are those of the project's description of the format, ecd/README.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Sequence, Tuple

from ..models import Activation, ModelDescription, Role, Tensor

_GRID = 8


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
    """The outputs that may tell classes apart: all but losses."""
    return tuple(tensor for tensor in model.outputs if tensor.role is Role.DATA)


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
    return None if tensor.activation is Activation.ARGMAX else tensor.size_of("C")


def distinguished(tensor: Tensor) -> Optional[int]:
    """How many classes an output tells apart: a single channel with a threshold parts two."""
    channels = channels_of(tensor)
    return 2 if channels is not None and is_threshold(tensor) else channels


def is_threshold(tensor: Tensor) -> bool:
    """Whether an output has one channel that parts two classes by a threshold."""
    return channels_of(tensor) == 1 and tensor.activation not in (
        Activation.SOFTMAX,
        Activation.ARGMAX,
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

    Outputs with rows and columns come before vectors.
    """
    outputs = sorted(class_outputs(model), key=lambda tensor: "H" not in (tensor.axes or ""))
    laid = [lay_classes(tensor, values) for tensor in outputs]
    fitting = [output for output in laid if output is not None]
    return min(fitting, key=lambda output: output.background is not None, default=None)


def classes_of(model: ModelDescription) -> Optional[int]:
    """How many classes the model tells apart, where its outputs leave no choice."""
    outputs = class_outputs(model)
    spatial = [tensor for tensor in outputs if "H" in (tensor.axes or "")]
    counts = {
        None if is_grid(tensor, model) else distinguished(tensor) for tensor in spatial or outputs
    }
    return counts.pop() if len(counts) == 1 else None
