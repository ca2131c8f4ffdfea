"""Guesses that a person is asked to check: for documents to fill in, never for findings."""

from __future__ import annotations

from typing import Optional

from ..models import Activation, ModelDescription, Tensor
from .class_output import channels_of, class_outputs, classes_of, distinguished, may_detect
from .image_input import bands_of, image_inputs

#: What tells classes apart, rather than boxes or features beside them.
_OF_CLASSES = (Activation.SOFTMAX, Activation.SIGMOID, Activation.ARGMAX)
_MOST_BANDS = 32
_SMALLEST_TILE = 16


def likely_bands(model: ModelDescription) -> Optional[int]:
    """How many bands the model takes: as it tells, else as an input's sizes suggest."""
    told = bands_of(model)
    inputs = image_inputs(model)
    if told is not None or len(inputs) != 1:
        return told
    return _short_side(inputs[0])


def likely_classes(model: ModelDescription) -> Optional[int]:
    """How many classes to list: as the model tells; of several outputs, the likeliest one's."""
    told = classes_of(model)
    outputs = class_outputs(model)
    if told is not None or model.detector is not None:
        return told
    outputs = tuple(tensor for tensor in outputs if not may_detect(tensor, model))
    if not outputs:
        return None
    chosen = next((tensor for tensor in outputs if tensor.activation in _OF_CLASSES), outputs[0])
    count = 2 if channels_of(chosen) == 1 else distinguished(chosen)
    if count is not None:
        return count
    side = _short_side(chosen)
    return 2 if side == 1 else side


def _short_side(tensor: Tensor) -> Optional[int]:
    """The side of an image's sizes that must be its channels: a small one beside two large ones.

    Examples
    --------
    >>> _short_side(Tensor("image", (None, 3, 512, 512), "????"))
    3
    """
    if tensor.shape is None or tensor.axes is None or set(tensor.axes) - {"N", "?"}:
        return None
    sizes = tensor.shape[-3:]
    if len(tensor.shape) not in (3, 4) or None in sizes:
        return None
    rows = [size or 0 for size in sizes]
    fitting = [
        rows[place]
        for place in (0, 2)
        if 0 < rows[place] <= _MOST_BANDS
        and all(
            size >= max(_SMALLEST_TILE, 4 * rows[place])
            for other, size in enumerate(rows)
            if other != place
        )
    ]
    return fitting[0] if len(fitting) == 1 else None
