"""Bands and classes from weights that were saved without their graph.

Gluon's ``save_parameters`` names weights by their place in the network, ``0.weight``,
``3.bias``; where all places are numbers, the order of the layers is certain.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Tuple

from ..description import Evidence, Tensor
from .params import Array, ArrayList

_PLACED = re.compile(r"((?:\d{1,6}\.)*\d{1,6})\.(weight|bias|gamma|beta|running_mean|running_var)")
# The two parts of gluon's published networks, in the order in which they run.
_PARTS = ("features.", "output.")


class _Layer(NamedTuple):
    place: Tuple[int, ...]
    kind: str
    array: Array


def ends_of_weights(arrays: ArrayList) -> Tuple[Tuple[Tensor, ...], Tuple[Tensor, ...]]:
    """The input and the output, each empty where it is not certain."""
    layers: List[_Layer] = []
    for name, array in zip(arrays.names, arrays.arrays):
        part = next((part for part in _PARTS if name.startswith(part)), "")
        match = _PLACED.fullmatch(name[len(part) :])
        if match is None or array.shape is None:
            return (), ()
        place = tuple(int(number) for number in match.group(1).split("."))
        first = _PARTS.index(part) if part else 0
        layers.append(_Layer((first, *place), match.group(2), array))
    # One level of numbers is a row of layers; below it, blocks may have branches.
    if not layers or any(len(layer.place) != 2 for layer in layers):
        return (), ()
    layers.sort(key=lambda layer: layer.place)
    return _first(layers), _last(layers)


def _first(layers: List[_Layer]) -> Tuple[Tensor, ...]:
    weight = next((layer for layer in layers if layer.kind == "weight"), None)
    shape = weight.array.shape if weight is not None else None
    # One input channel may also be a convolution of each band by itself.
    if weight is None or shape is None or len(shape) != 4 or shape[1] < 2:
        return ()
    return (Tensor(None, (None, shape[1], None, None), "NCHW", None, Evidence.GUESSED),)


def _last(layers: List[_Layer]) -> Tuple[Tensor, ...]:
    last = layers[-1]
    own = {layer.kind: layer.array.shape for layer in layers if layer.place == last.place}
    weight, bias = own.get("weight"), own.get("bias")
    # A bias has one value per output; without it, a transposed convolution has them elsewhere.
    if weight is None or bias is None or len(bias) != 1:
        return ()
    if len(weight) == 4:
        return (Tensor(None, (None, bias[0], None, None), "NCHW", None, Evidence.GUESSED),)
    if len(weight) == 2:
        return (Tensor(None, (None, bias[0]), "NC", None, Evidence.GUESSED),)
    return ()
