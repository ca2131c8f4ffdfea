"""From Keras' description of a network and its weights to a network in ONNX's operators."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional, Sequence, Tuple

from ....network.lowering import Lowering, NotConvertibleError, unknown_operation
from ....network.lowering import Network as Lowered
from ....network.shapes import Dims, elements
from ...network_ends import told_apart
from ..calls import Calls
from ..config import Call, Layer, Network, Ref, plain_settings, read_layer, read_network
from ..flow import Settings
from ..operations import is_operation
from ..walk import NetworkInput, network_inputs, type_named
from . import activations, arranging, learned, windows
from .operations import operation_of
from .refused import REFUSED
from .shelves import Shelf
from .step import Generation, Rule, Step, Tensor, Turning

__all__ = ["Generation", "lowered"]

_DEEPEST = 16
_MOST_STEPS = 30_000
_RULES = {**windows.RULES, **arranging.RULES, **learned.RULES, **activations.RULES}
_WHOLE = frozenset(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"])
_HALVES = frozenset(("float16", "bfloat16", "float64"))


def lowered(network: Network, shelf: Shelf, generation: Generation) -> Lowered:
    """A network of layers in ONNX's operators.

    Outputs that somebody's own code makes are left out where there are others: they are for
    training.

    Parameters
    ----------
    shelf
        Where the weights lie.
    """
    return _Lowering(network, generation).whole(network, shelf)


class _Lowering:
    """One network in the making, with the networks nested in it."""

    def __init__(self, network: Network, generation: Generation) -> None:
        self._declared = [
            one if one.name else replace(one, name=f"input_{number + 1}")
            for number, one in enumerate(network_inputs(network))
        ]
        names = [one.name or "" for one in self._declared]
        self._outputs = _output_names(network, names)
        self._lowering = Lowering(reserved=[*names, *self._outputs])
        self._turning = Turning(self._lowering)
        self._generation = generation
        self._steps = _MOST_STEPS

    def whole(self, network: Network, shelf: Shelf) -> Lowered:
        """All of the network."""
        inputs = [self._input(one) for one in self._declared]
        if network.inputs is None or network.outputs is None:
            made = self._sequence(network, shelf, inputs, "", 0)
            wanted: Sequence[int] = range(len(made))
        else:
            calls = self._calls(network, shelf, inputs, "", 0)
            own_code = {layer.name for layer in network.layers if _runs_code(layer, 0)}
            wanted = [
                number
                for number in range(len(network.outputs))
                if own_code.isdisjoint(calls.needed(number))
            ] or list(range(len(network.outputs)))
            made = calls.outputs(wanted)
        for number, name in enumerate(self._outputs):
            if number not in wanted:
                self._lowering.leave_out(name, "it is computed by somebody's own code")
        for number, tensor in zip(wanted, made):
            name = self._outputs[number] if number < len(self._outputs) else f"output_{number + 1}"
            self._lowering.output(name, self._plain(tensor))
        return self._lowering.network()

    def _input(self, declared: NetworkInput) -> Tensor:
        name, kind = declared.name or "", declared.data_type or "float32"
        shape: Optional[Dims] = declared.shape
        self._note_width(kind)
        kept = kind if kind in _WHOLE else "float32"
        self._lowering.input(name, None if shape is None else (None, *shape[1:]), kept)
        return Tensor(name)

    def _note_width(self, kind: Optional[str]) -> None:
        if kind in _HALVES:
            self._lowering.note("Numbers of other widths are computed as 32-bit floats.")

    def _plain(self, tensor: Tensor) -> str:
        shape = self._lowering.value(tensor.name).shape
        if not tensor.front or shape is None:
            return tensor.name
        return self._turning.turned(tensor.name, (0, *range(2, len(shape)), 1))

    def _calls(
        self, network: Network, shelf: Shelf, inputs: Sequence[Tensor], path: str, depth: int
    ) -> Calls[Tensor]:
        def apply(layer: Layer, tensors: Sequence[Tensor], call: Call) -> Sequence[Tensor]:
            return self._apply(layer, shelf, tensors, call, path, depth)

        def missing(ref: Ref) -> Tensor:
            return self._refused(ref.layer, "layer", "it does not give as many tensors as are used")

        return Calls(network, inputs, apply, missing)

    def _sequence(
        self, network: Network, shelf: Shelf, inputs: Sequence[Tensor], path: str, depth: int
    ) -> Sequence[Tensor]:
        tensors: Sequence[Tensor] = inputs
        for layer in network.layers:
            if layer.class_name != "InputLayer":
                tensors = self._apply(layer, shelf, tensors, Call(()), path, depth)
        return tensors

    def _apply(
        self,
        layer: Layer,
        shelf: Shelf,
        inputs: Sequence[Tensor],
        call: Call,
        path: str,
        depth: int,
    ) -> Sequence[Tensor]:
        """What a layer makes of its inputs."""
        self._steps -= 1
        name = path + layer.name
        if self._steps < 0 or depth > _DEEPEST or not inputs:
            return (self._refused(name, layer.class_name, "it lies too deep, or takes nothing"),)
        self._note_width(type_named(layer.config.get("dtype")))
        lost = [tensor for tensor in inputs if tensor.name in self._turning.refused]
        if lost:
            # The layer that can't be lowered is named, not those behind it.
            return (lost[0],)
        nested = read_network(layer)
        if nested is not None:
            inside, under = shelf.inside(layer, nested), f"{name}/"
            if nested.inputs is None or nested.outputs is None:
                return self._sequence(nested, inside, inputs, under, depth + 1)
            return self._calls(nested, inside, inputs, under, depth + 1).outputs()
        if layer.class_name == "TimeDistributed":
            return (self._in_series(layer, shelf, inputs, name, depth),)
        made: List[Tensor] = []

        def lower() -> Sequence[str]:
            rule = _rule_of(layer)
            settings = Settings(layer, plain_settings(layer))
            step = Step(
                self._lowering,
                self._turning,
                layer,
                settings,
                inputs,
                call,
                shelf.of(layer),
                self._generation,
            )
            made.extend(rule(step))
            return [tensor.name for tensor in made]

        (value,) = self._lowering.layer(name, layer.class_name, lower)
        if not made:
            self._turning.refused.add(value)
        return (Tensor(value, bool(made) and made[0].front),)

    def _refused(self, name: str, kind: str, reason: str) -> Tensor:
        def lower() -> Sequence[str]:
            raise NotConvertibleError(reason)

        (value,) = self._lowering.layer(name, kind, lower)
        self._turning.refused.add(value)
        return Tensor(value)

    def _in_series(
        self, layer: Layer, shelf: Shelf, inputs: Sequence[Tensor], name: str, depth: int
    ) -> Tensor:
        """A layer for each tensor of a series: as if they were a batch."""
        inner = read_layer(layer.config.get("layer"))
        shape = self._lowering.value(inputs[0].name).shape
        if inner is None or len(inputs) != 1 or shape is None or len(shape) < 3:
            return self._refused(name, layer.class_name, "it takes no series, or several")
        wrapped = shelf.wrapped(layer, inner)
        if inner.class_name == "Dense":
            return self._apply(inner, wrapped, inputs, Call(()), f"{name}/", depth + 1)[0]
        lowering, plain = self._lowering, self._plain(inputs[0])
        sizes = lowering.shape(plain)[1:]
        known = [size for size in sizes if size]
        if len(known) != len(sizes):
            return self._refused(name, layer.class_name, "the size of its series is not known")
        one = lowering.add("Reshape", [plain, lowering.constant([-1, *known[1:]])])
        made = self._apply(inner, wrapped, [Tensor(one)], Call(()), f"{name}/", depth + 1)[0]
        after = self._plain(made)
        found = lowering.value(after).shape
        rest = [size for size in (found or (None, None))[1:] if size]
        if found is None or len(rest) != len(found) - 1 or not elements(rest):
            return made
        target = lowering.constant([-1, known[0], *rest])
        return Tensor(lowering.add("Reshape", [after, target]))


def _rule_of(layer: Layer) -> Rule:
    if is_operation(layer) or layer.class_name in ("TFOpLambda", "SlicingOpLambda"):
        return operation_of(layer)
    kind = layer.class_name
    if layer.registered is not None and ">" in layer.registered:
        raise NotConvertibleError("it is somebody's own layer")
    if kind in REFUSED:
        raise NotConvertibleError(REFUSED[kind])
    rule = _RULES.get(kind)
    if rule is None:
        raise unknown_operation()
    return rule


def _runs_code(layer: Layer, depth: int) -> bool:
    """Whether somebody's own code runs in a layer, or in a network that it is."""
    if layer.class_name == "Lambda":
        return True
    nested = read_network(layer)
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
