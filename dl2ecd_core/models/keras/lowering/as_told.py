"""What a file of Keras says of tensors beside its layers: their types, and in Keras 3 shapes."""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Optional, Tuple

from ....network.value import NO_MEANING, shaped
from ..config import Network, Ref
from ..inputs import TENSORFLOW_TYPES
from .tensors import Tensor, Turning

FLOATS = frozenset(("float16", "bfloat16", "float32", "float64"))


def retyped(turning: Turning, tensor: Tensor, before: Optional[str], own: Optional[str]) -> Tensor:
    """A layer's output with its type in Keras.

    Parameters
    ----------
    before
        The type of what goes into the layer.
    own
        The one that the layer works with; None where it names none.
    """
    lowering = turning.lowering
    value = lowering.value(tensor.name)
    # Whole numbers, which some layers keep and some turn into floats, become one of both.
    turned = value.data_type == "float32" and before not in FLOATS
    if own is None or not (turned or value.data_type == before):
        return tensor
    data_type = own if value.data_type in FLOATS else None
    if data_type == value.data_type:
        return tensor
    name = lowering.add("Identity", [tensor.name])
    return replace(tensor, name=lowering.known(name, replace(value, data_type=data_type)))


def written_shapes(network: Network) -> Dict[Tuple[str, int, int], Ref]:
    """The shapes that Keras 3 wrote beside references."""
    return {
        (ref.layer, ref.call, ref.index): ref
        for layer in network.layers
        for call in layer.calls
        for ref in call.inputs
        if ref.shape is not None
    }


def as_written(turning: Turning, tensor: Tensor, ref: Ref) -> Tensor:
    """What was worked out, corrected by what the file says; what contradicts it is dropped."""
    lowering = turning.lowering
    value, shape, written = lowering.value(tensor.name), turning.shape(tensor), ref.shape
    data_type = ref.data_type if ref.data_type in TENSORFLOW_TYPES else None
    differs = shape is None or written is None or len(shape) != len(written)
    contradicts = not differs and any(
        one not in (other, None) and other is not None
        for one, other in zip(shape or (), written or ())
    )
    if differs or contradicts:
        meaning = NO_MEANING if contradicts else value.meaning
        told = replace(shaped(written, data_type), meaning=meaning)
        return Tensor(lowering.stand_in(told))
    if shape != written or data_type != value.data_type:
        name = lowering.add("Identity", [turning.plain(tensor)])
        before = lowering.value(name)
        told = replace(before, shape=written, data_type=data_type, meaning=value.meaning)
        return Tensor(lowering.known(name, told))
    return replace(tensor, unsure=None)
