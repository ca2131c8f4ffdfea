"""The layers of a network, lowered in the order in which they are called."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Dict, List, Optional, Sequence

from ....network.lowering import Lowering, NotConvertibleError, unknown_operation
from ....network.value import Value, shaped
from ..calls import Calls
from ..config import Call, Layer, Network, Ref, plain_settings, read_layer
from ..inputs import type_named
from ..operations import is_operation
from ..settings import Settings
from . import activations, arranging, learned, resizing, unsaid, windows
from .as_told import as_written, retyped, written_shapes
from .operations import operation_of
from .shelves import Shelf
from .step import Rule, Step
from .tensors import Generation, Tensor, Turning

_DEEPEST = 16
# Layers followed in one model and the tensors that they take, repeated uses of nested networks
# counted each time.
_MOST_STEPS = 30_000
#: What becomes of layers, by the names of their classes.
RULES: Dict[str, Rule] = {
    **windows.RULES, **arranging.RULES, **resizing.RULES, **learned.RULES, **activations.RULES,
    **unsaid.RULES,
}  # fmt: skip
_NO_CALL = Call(())
_HALVES = frozenset(("float16", "bfloat16", "float64"))
_WRAPPERS = frozenset(("TimeDistributed", "Bidirectional", "SpectralNormalization"))


@dataclass(frozen=True)
class Place:
    """Where a layer stands.

    Attributes
    ----------
    shelf
        Where the weights of its network lie; None where only sizes are asked for.
    path
        Of its network.
    depth
        How many networks and wrappers it lies in.
    """

    shelf: Optional[Shelf]
    path: str = ""
    depth: int = 0

    def inside(self, layer: Layer, network: Network) -> Place:
        """Of the layers in a network that is a layer."""
        shelf = None if self.shelf is None else self.shelf.inside(layer, network)
        return self._below(layer, shelf)

    def wrapped(self, layer: Layer, inner: Layer) -> Place:
        """Of the layer that a wrapper holds."""
        shelf = None if self.shelf is None else self.shelf.wrapped(layer, inner)
        return self._below(layer, shelf)

    def _below(self, layer: Layer, shelf: Optional[Shelf]) -> Place:
        return Place(shelf, f"{self.path}{layer.name}/", self.depth + 1)


class LayerLowering:
    """The layers of one model, and of the networks nested in it.

    Parameters
    ----------
    sized
        Only sizes and types are asked for, those that Keras has.
    """

    def __init__(self, lowering: Lowering, generation: Generation, *, sized: bool) -> None:
        self.turning = Turning(lowering)
        self.sized = sized
        self._lowering = lowering
        self._generation = generation
        self._steps = _MOST_STEPS
        self._behind: List[Tensor] = []

    def note_width(self, kind: Optional[str]) -> None:
        """Say that numbers of other widths become 32-bit floats, where these are such."""
        if kind in _HALVES:
            self._lowering.note("Numbers of other widths are computed as 32-bit floats.")

    def calls(self, network: Network, inputs: Sequence[Tensor], place: Place) -> Calls[Tensor]:
        """The tensors of a functional network, made as they are asked for."""
        written = written_shapes(network) if self.sized else {}

        def apply(layer: Layer, tensors: Sequence[Tensor], call: Call) -> Sequence[Tensor]:
            return self.apply(layer, tensors, call, place)

        def missing(ref: Ref) -> Tensor:
            layer, reason = Layer(ref.layer, "layer", {}), "it does not give as many tensors as "
            (tensor,) = self._refused(layer, (), place, f"{reason}are used")
            return replace(tensor, unsure=ref.layer)

        def corrected(ref: Ref, tensor: Tensor) -> Tensor:
            told = written.get((ref.layer, ref.call, ref.index))
            return tensor if told is None else as_written(self.turning, tensor, told)

        return Calls(network, inputs, apply, missing, corrected)

    def sequence(
        self, network: Network, inputs: Sequence[Tensor], place: Place
    ) -> Sequence[Tensor]:
        """The tensors after the last layer of a sequence."""
        tensors: Sequence[Tensor] = inputs
        for layer in network.layers:
            if layer.class_name != "InputLayer":
                tensors = self.apply(layer, tensors, _NO_CALL, place)
        return tensors

    def apply(
        self, layer: Layer, inputs: Sequence[Tensor], call: Call, place: Place
    ) -> Sequence[Tensor]:
        """What a layer makes of its inputs."""
        self._steps -= max(1, len(inputs))
        if self._steps < 0:
            return self._given_up(layer, place)
        unsure = next((tensor.unsure for tensor in inputs if tensor.unsure is not None), None)
        own_type = type_named(layer.config.get("dtype"))
        self.note_width(own_type)
        made: Sequence[Tensor]
        nested = layer.network
        if place.depth > _DEEPEST or not inputs:
            made = self._refused(layer, inputs, place, "it lies too deep, or takes nothing")
        elif nested is not None:
            # What lies in it is looked through, though not all of it may be used.
            self._steps -= nested.size // 4
            inside = place.inside(layer, nested)
            if nested.inputs is None or nested.outputs is None:
                return self.sequence(nested, inputs, inside)
            return self.calls(nested, inputs, inside).outputs()
        elif layer.class_name in _WRAPPERS and not _is_own(layer):
            made = self._wrapped(layer, inputs, place)
        else:
            made = self._run(layer, inputs, place, _rule_of, call)
        if self.sized and inputs:
            before = self._lowering.value(inputs[0].name).data_type
            made = [retyped(self.turning, tensor, before, own_type) for tensor in made]
        return [self._sealed(tensor, unsure, layer) for tensor in made]

    def _sealed(self, tensor: Tensor, unsure: Optional[str], layer: Layer) -> Tensor:
        """A result with a word on what could not be followed."""
        if tensor.unsure is not None:
            return tensor
        known = self.turning.shape(tensor) is not None
        return replace(tensor, unsure=unsure if known else unsure or layer.name)

    def _run(
        self,
        layer: Layer,
        inputs: Sequence[Tensor],
        place: Place,
        rule: Rule,
        call: Call = _NO_CALL,
    ) -> List[Tensor]:
        """What a rule makes of a layer; what can't be said is known as far as the rule tells."""
        shelf, settings = place.shelf, Settings(layer, plain_settings(layer))
        weights = None if shelf is None else shelf.of(layer)
        step = Step(
            self._lowering, self.turning, layer, settings, inputs, call, weights,
            self._generation, self.sized,
        )  # fmt: skip
        made: List[Tensor] = []

        def lower() -> Sequence[str]:
            try:
                made.extend(rule(step))
            except NotConvertibleError as error:
                step.doubts.append(error)
                if inputs and layer.class_name in unsaid.AS_LARGE:
                    made.append(unsaid.as_large(step))
            doubt = step.doubt
            if doubt is not None:
                values = [self._lowering.value(tensor.name) for tensor in made]
                raise NotConvertibleError(doubt.reason, doubt.rule, values)
            return [tensor.name for tensor in made]

        names = self._lowering.layer(
            place.path + layer.name, layer.class_name, lower, None, [one.name for one in inputs]
        )
        fronts = [tensor.front for tensor in made] or [False]
        return [Tensor(name, front) for name, front in zip(names, fronts)]

    def _refused(
        self, layer: Layer, inputs: Sequence[Tensor], place: Place, reason: str
    ) -> List[Tensor]:
        def rule(step: Step) -> Sequence[Tensor]:
            raise NotConvertibleError(reason)

        return self._run(layer, inputs, place, rule)

    def _given_up(self, layer: Layer, place: Place) -> List[Tensor]:
        """What stands for everything behind more layers than any model has."""
        if not self._behind:
            (tensor,) = self._refused(layer, (), place, "it lies behind too many layers")
            self._behind = [replace(tensor, unsure=layer.name)]
        return self._behind

    def _wrapped(self, layer: Layer, inputs: Sequence[Tensor], place: Place) -> Sequence[Tensor]:
        inner = read_layer(layer.config.get("layer"))
        if inner is None:
            return self._refused(layer, inputs, place, "it takes no series, or several")
        inside = place.wrapped(layer, inner)
        if layer.class_name == "TimeDistributed":
            return self._in_series(layer, inner, inputs, place, inside)
        made = self.apply(inner, inputs[:1], _NO_CALL, inside)
        if layer.class_name == "Bidirectional":
            rule = partial(unsaid.both_ways, self._values(made))
        else:
            rule = partial(unsaid.new_kernel, made)
        return self._run(layer, inputs, place, rule)

    def _in_series(
        self, layer: Layer, inner: Layer, inputs: Sequence[Tensor], place: Place, inside: Place
    ) -> Sequence[Tensor]:
        """A layer for each tensor of a series: as if they were a batch."""
        shape = self.turning.shape(inputs[0])
        if len(inputs) != 1 or shape is None or len(shape) < 3:
            return self._refused(layer, inputs, place, "it takes no series, or several")
        if inner.class_name == "Dense":
            return self.apply(inner, inputs, _NO_CALL, inside)
        lowering, plain = self._lowering, self.turning.plain(inputs[0])
        known = [size for size in shape[1:] if size]
        if len(known) < len(shape) - 1:
            value = shaped((shape[0], *shape[2:]), lowering.value(plain).data_type)
            made = self.apply(inner, [Tensor(lowering.stand_in(value))], _NO_CALL, inside)
            rule = partial(unsaid.free_series, self._values(made), shape[1])
            return self._run(layer, inputs, place, rule)
        one = lowering.add("Reshape", [plain, lowering.constant([-1, *known[1:]])])
        made = self.apply(inner, [Tensor(one)], _NO_CALL, inside)
        values = self._values(made)
        if not all(value.shape and all(value.shape[1:]) for value in values):
            rule = partial(unsaid.free_series, values, known[0])
            return self._run(layer, made or inputs, place, rule)
        return [self._back_in_series(tensor, known[0]) for tensor in made]

    def _back_in_series(self, tensor: Tensor, time: int) -> Tensor:
        after = self.turning.plain(tensor)
        sizes = [size or 0 for size in self._lowering.shape(after)[1:]]
        target = self._lowering.constant([-1, time, *sizes])
        return Tensor(self._lowering.add("Reshape", [after, target]), unsure=tensor.unsure)

    def _values(self, tensors: Sequence[Tensor]) -> List[Value]:
        return [self._lowering.value(self.turning.plain(tensor)) for tensor in tensors]


def _is_own(layer: Layer) -> bool:
    """Whether a layer is somebody's own, whatever its name."""
    return layer.registered is not None and ">" in layer.registered


def _rule_of(step: Step) -> Sequence[Tensor]:
    """What the class of a layer makes of it."""
    layer = step.layer
    kind = layer.class_name
    if is_operation(layer) or kind in ("TFOpLambda", "SlicingOpLambda"):
        return operation_of(layer)(step)
    if _is_own(layer):
        raise NotConvertibleError("it is somebody's own layer")
    rule = RULES.get(kind)
    if rule is None:
        raise unknown_operation()
    return rule(step)
