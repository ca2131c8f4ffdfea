"""From Keras' description of a network and its weights to a network in ONNX's operators."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Optional, Sequence, Tuple

from ....network.lowering import Lowering
from ....network.lowering import Network as Lowered
from ....network.shapes import Dims
from ...network_ends import told_apart
from ..config import Layer, Network
from ..inputs import NetworkInput, network_inputs
from .layers import LayerLowering, Place
from .shelves import Shelf
from .tensors import Generation, Tensor

__all__ = ["Followed", "Generation", "followed", "lowered"]

_DEEPEST = 16
_WHOLE = frozenset(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])


@dataclass(frozen=True)
class Followed:
    """A network followed from input to output, without its weights.

    Attributes
    ----------
    network
        Its graph, in which inputs and outputs have names of which no two are the same.
    inputs, outputs
        Those names, in Keras' order.
    unsure
        For each output, the layer from which on sizes are not known; None where all are.
    letters
        The axes of the inputs; None where a shape is not known.
    """

    network: Lowered
    inputs: Tuple[str, ...]
    outputs: Tuple[str, ...]
    unsure: Tuple[Optional[str], ...]
    letters: Tuple[Optional[str], ...]


def lowered(network: Network, shelf: Shelf, generation: Generation) -> Lowered:
    """A network of layers in ONNX's operators, to be written: the number of images is open.

    Outputs that somebody's own code makes are left out where there are others: they are for
    training.

    Parameters
    ----------
    shelf
        Where the weights lie.
    """
    return _lowered(network, shelf, generation).network


def followed(network: Network, generation: Generation) -> Followed:
    """The same without weights: sizes and types are those that Keras has.

    Layers that can't be said in ONNX's operators are followed as far as their sizes are known.
    """
    return _lowered(network, None, generation)


def _lowered(network: Network, shelf: Optional[Shelf], generation: Generation) -> Followed:
    declared = [
        one if one.name else replace(one, name=f"input_{number + 1}")
        for number, one in enumerate(network_inputs(network))
    ]
    inputs = [one.name or "" for one in declared]
    names = _output_names(network, inputs)
    lowering = Lowering(reserved=[*inputs, *names])
    layers = LayerLowering(lowering, generation, sized=shelf is None)
    start = [_input(lowering, layers, one) for one in declared]
    place = Place(shelf)
    if network.inputs is None or network.outputs is None:
        made = layers.sequence(network, start, place)
        wanted: Sequence[int] = range(len(made))
    else:
        calls = layers.calls(network, start, place)
        wanted = range(len(network.outputs))
        if shelf is not None:
            own_code = {layer.name for layer in network.layers if _runs_code(layer, 0)}
            wanted = [
                number for number in wanted if own_code.isdisjoint(calls.needed(number))
            ] or wanted
        made = calls.outputs(wanted)
    for number, name in enumerate(names):
        if number not in wanted:
            lowering.leave_out(name, "it is computed by somebody's own code")
    outputs = [
        names[number] if number < len(names) else f"output_{number + 1}" for number in wanted
    ]
    for name, tensor in zip(outputs, made):
        lowering.output(name, layers.turning.plain(tensor))
    whole = lowering.network()
    return Followed(
        whole,
        tuple(inputs),
        tuple(outputs),
        tuple(tensor.unsure for tensor in made),
        tuple(_letters(layers, lowering, name, whole.letters.get(name)) for name in inputs),
    )


def _letters(
    layers: LayerLowering, lowering: Lowering, name: str, letters: Optional[str]
) -> Optional[str]:
    """An input's axes as layers have shown what they mean.

    Where none has, as behind one that can't be followed, in the order that all layers of the model
    share.
    """
    if letters is None:
        return None
    known = {1: "N", 2: "NC"}
    orders = layers.turning.channels_first
    if len(orders) == 1:
        known.update({4: "NCHW", 5: "NC?HW"} if True in orders else {4: "NHWC", 5: "N?HWC"})
    told = lowering.told_axes(name)
    if not told - {0}:
        return known.get(len(letters), letters)
    missing = {"N", "C", "H", "W"} - set(letters)
    if len(letters) == 4 and len(missing) == letters.count("?") == 1:
        return letters if letters.index("?") in told else letters.replace("?", missing.pop())
    return letters


def _input(lowering: Lowering, layers: LayerLowering, declared: NetworkInput) -> Tensor:
    name, kind = declared.name or "", declared.data_type
    shape: Optional[Dims] = declared.shape
    if not layers.sized:
        layers.note_width(kind)
        kind = kind if kind in _WHOLE else "float32"
        shape = None if shape is None else (None, *shape[1:])
    lowering.input(name, shape, kind, "N" + "?" * (len(shape or "?") - 1))
    return Tensor(name, unsure=None if declared.shape is not None else name)


def _runs_code(layer: Layer, depth: int) -> bool:
    """Whether somebody's own code runs in a layer, or in a network that it is."""
    if layer.class_name == "Lambda":
        return True
    nested = layer.network
    if nested is None or depth > _DEEPEST:
        return False
    return any(_runs_code(inner, depth + 1) for inner in nested.layers)


def _output_names(network: Network, taken: Sequence[str]) -> Tuple[str, ...]:
    """The outputs' names, which are those of their layers; numbered where one gives several."""
    if network.outputs is None:
        names = [layer.name for layer in network.layers[-1:]]
    else:
        names = [ref.layer for ref in network.outputs]
    every = told_apart([*taken, *(name or "output" for name in names)])
    return tuple(name or "output" for name in every[len(taken) :])
