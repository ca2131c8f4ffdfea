"""The order in which the layers of a functional network are called."""

from __future__ import annotations

from dataclasses import replace
from typing import Callable, Dict, Generic, List, Optional, Sequence, Set, Tuple, TypeVar

from .config import Call, Layer, Network, Ref

#: What stands for a tensor.
Held = TypeVar("Held")


class Calls(Generic[Held]):
    """The tensors of one functional network, worked out as they are needed.

    Parameters
    ----------
    inputs
        What goes into the network.
    apply
        What a layer makes of its inputs when it is called.
    missing
        What stands for a tensor that nothing makes.
    corrected
        A tensor with what the file says beside references to it.
    """

    def __init__(
        self,
        network: Network,
        inputs: Sequence[Held],
        apply: Callable[[Layer, Sequence[Held], Call], Sequence[Held]],
        missing: Callable[[Ref], Held],
        corrected: Callable[[Ref, Held], Held] = lambda ref, held: held,
    ) -> None:
        self._apply = apply
        self._missing = missing
        self._corrected = corrected
        self._layers = {layer.name: layer for layer in network.layers}
        self._inputs: Dict[str, Held] = {}
        for ref, held in zip(network.inputs or (), inputs):
            self._inputs[ref.layer] = held
        self._outputs, self._first_call = _numbered(network)
        self._known: Dict[Tuple[str, int], Sequence[Held]] = {}

    def outputs(self, wanted: Optional[Sequence[int]] = None) -> Tuple[Held, ...]:
        """What the network gives back; only some of it where numbers are given."""
        numbers = range(len(self._outputs)) if wanted is None else wanted
        return tuple(self._held(self._outputs[number]) for number in numbers)

    def needed(self, output: int) -> Set[str]:
        """The layers that an output of the network is made with."""
        found: Set[str] = set()
        seen: Set[Tuple[str, int]] = set()
        waiting = [self._outputs[output]]
        while waiting:
            ref = waiting.pop()
            found.add(ref.layer)
            if (ref.layer, ref.call) in seen or ref.layer in self._inputs:
                continue
            seen.add((ref.layer, ref.call))
            call = self._call(ref)
            waiting.extend(() if call is None else call.inputs)
        return found

    def _held(self, ref: Ref) -> Held:
        """The tensor, all that it depends on worked out first; no recursion."""
        waiting: List[Ref] = [ref]
        open_: Set[Tuple[str, int]] = set()
        while waiting:
            top = waiting[-1]
            place = (top.layer, top.call)
            if place in self._known or top.layer in self._inputs:
                waiting.pop()
                continue
            call = self._call(top)
            missing = [
                other
                for other in ([] if call is None else call.inputs)
                if (other.layer, other.call) not in self._known
                and other.layer not in self._inputs
                and (other.layer, other.call) not in open_
            ]
            if missing and place not in open_:
                open_.add(place)
                waiting.extend(missing)
                continue
            self._known[place] = self._applied(top, call)
            waiting.pop()
        return self._result(ref)

    def _call(self, ref: Ref) -> Optional[Call]:
        layer = self._layers.get(ref.layer)
        if layer is None:
            return None
        number = ref.call - self._first_call.get(ref.layer, 0)
        return layer.calls[number] if 0 <= number < len(layer.calls) else None

    def _applied(self, ref: Ref, call: Optional[Call]) -> Sequence[Held]:
        layer = self._layers.get(ref.layer)
        if layer is None or call is None:
            return (self._missing(ref),)
        return self._apply(layer, [self._result(other) for other in call.inputs], call)

    def _result(self, ref: Ref) -> Held:
        if ref.layer in self._inputs:
            return self._inputs[ref.layer]
        made = self._known.get((ref.layer, ref.call), ())
        held = made[ref.index] if ref.index < len(made) else self._missing(ref)
        return self._corrected(ref, held)


def _numbered(network: Network) -> Tuple[Tuple[Ref, ...], Dict[str, int]]:
    """The outputs, and the number of each layer's first call.

    A nested functional network's own construction counts as its call 0 and is not written: in
    Keras 2 its calls are numbered from 1. Keras 3 does so in the list of outputs only
    (``get_config`` in keras/src/models/functional.py).
    """
    outputs = network.outputs or ()
    inside = [ref for layer in network.layers for call in layer.calls for ref in call.inputs]
    if any(ref.shape is not None for ref in inside):
        nested = {layer.name for layer in network.layers if "input_layers" in layer.config}
        lowest = _lowest_calls(outputs)
        outputs = tuple(
            replace(ref, call=ref.call - 1)
            if ref.layer in nested and lowest[ref.layer] > 0
            else ref
            for ref in outputs
        )
        return outputs, {}
    return outputs, _lowest_calls([*inside, *outputs])


def _lowest_calls(refs: Sequence[Ref]) -> Dict[str, int]:
    lowest: Dict[str, int] = {}
    for ref in refs:
        lowest[ref.layer] = min(ref.call, lowest.get(ref.layer, ref.call))
    return lowest
