"""Which of a model's inputs take the image, and what they say of its bands and tiles."""

from __future__ import annotations

from typing import Optional, Set, Tuple

from ..models import ModelDescription, Role, Tensor


def image_inputs(model: ModelDescription) -> Tuple[Tensor, ...]:
    """The inputs that take pixels: those with rows and columns, else all that are data."""
    data = tuple(tensor for tensor in model.inputs if tensor.role is Role.DATA)
    spatial = tuple(tensor for tensor in data if {"H", "W"} & set(tensor.axes or ""))
    return spatial or data


def bands_of(model: ModelDescription) -> Optional[int]:
    """How many bands the model takes, where its inputs leave no choice."""
    inputs = image_inputs(model)
    counts = [tensor.size_of("C") for tensor in inputs]
    if not counts or None in counts:
        return None
    return sum(count for count in counts if count is not None)


def tile_size(model: ModelDescription) -> Tuple[Optional[int], Optional[int]]:
    """Rows and columns of the tile that the model takes; None where free or unknown."""
    sizes: Set[Tuple[Optional[int], Optional[int]]] = {
        (tensor.size_of("H"), tensor.size_of("W")) for tensor in image_inputs(model)
    }
    return sizes.pop() if len(sizes) == 1 else (None, None)
