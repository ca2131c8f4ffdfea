"""From a network's inputs through its layers to the shapes of its outputs.

A tensor that another layer uses carries its shape in files of Keras 3; there, only the last step
has to be worked out, and a layer that nobody knows does not hide what comes after it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Dict, Optional, Sequence, Set, Tuple

from ...network.footprints import Footprint
from ..description import Dims
from .calls import Calls
from .config import Call, Layer, Network, Ref, plain_settings, read_layer, read_network, read_shape
from .flow import UNKNOWN, Flow, Settings, letters
from .general import RULES as GENERAL
from .operations import is_operation, operation_rule
from .spatial import RULES as SPATIAL

#: Layers followed in one model, repeated uses of nested networks counted each time.
_MOST_STEPS = 30_000
_DEEPEST = 16

_TYPE_NAMES = """
    float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
    complex64 complex128 string
"""
_TENSORFLOW_TYPES = frozenset(_TYPE_NAMES.split())


@dataclass(frozen=True)
class NetworkInput:
    """An input as the description declares it."""

    name: Optional[str]
    shape: Optional[Dims]
    data_type: Optional[str]


def network_inputs(network: Network) -> Tuple[NetworkInput, ...]:
    """The inputs of a network, in the order of ``model.inputs``."""
    if network.inputs is not None:
        layers = {layer.name: layer for layer in network.layers}
        return tuple(
            _declared(layers[ref.layer], ref.layer)
            if ref.layer in layers
            else NetworkInput(ref.layer, None, None)
            for ref in network.inputs
        )
    if not network.layers:
        return ()
    return (_sequence_input(network),)


def _sequence_input(network: Network) -> NetworkInput:
    first = network.layers[0]
    if first.class_name == "InputLayer":
        return _declared(first, first.name)
    # Keras makes an input for the first layer, named after it, as wide as that says.
    # Keras 1 numbers it instead, in the order in which a program makes models.
    name = f"{first.name}_input" if first.name and "input_dtype" not in first.config else None
    inner: Layer = first
    for _ in range(_DEEPEST):
        shape = _shape_in(inner.config)
        if shape is not None:
            return NetworkInput(name, shape, type_named(inner.config.get("dtype")))
        nested = read_network(inner)
        if nested is None or not nested.layers:
            break
        inner = nested.layers[0]
    return NetworkInput(name if network.built_for is not None else None, network.built_for, None)


def _declared(layer: Layer, name: str) -> NetworkInput:
    data_type = layer.config.get("dtype", layer.config.get("input_dtype"))
    return NetworkInput(name or None, _shape_in(layer.config), type_named(data_type))


def _shape_in(config: Any) -> Optional[Dims]:
    for key in ("batch_shape", "batch_input_shape"):
        shape = read_shape(config.get(key))
        if shape is not None:
            return shape
    shape = read_shape(config.get("input_shape"))
    return None if shape is None else (None, *shape)


def type_named(value: Any) -> Optional[str]:
    """The type of the values a layer works with, by its policy."""
    if isinstance(value, dict):
        config = value.get("config")
        value = config.get("name") if isinstance(config, dict) else None
    if not isinstance(value, str):
        return None
    value = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}.get(value, value)
    return value if value in _TENSORFLOW_TYPES else None


class Walk:
    """One walk through a model and the networks nested in it.

    Attributes
    ----------
    input_axes
        What layers have shown the axes of each input to mean.
    """

    def __init__(self) -> None:
        self.input_axes: Dict[int, Optional[str]] = {}
        self._orders: Set[bool] = set()
        self._steps = _MOST_STEPS

    def axes_of_input(self, number: int, shape: Optional[Dims]) -> Optional[str]:
        """What the axes of an input mean; None when nothing shows it.

        Behind a layer that could not be followed, the order that all layers of the model share.
        """
        if number in self.input_axes:
            return self.input_axes[number]
        if shape is None or len(self._orders) != 1:
            return None
        return letters(len(shape), next(iter(self._orders))) if len(shape) > 3 else None

    def outputs(self, network: Network) -> Tuple[Flow, ...]:
        """The outputs of a whole model."""
        inputs = []
        for number, declared in enumerate(network_inputs(network)):
            start = Footprint()
            image = declared.shape is not None and len(declared.shape) == 4
            inputs.append(
                Flow(
                    declared.shape,
                    declared.data_type,
                    footprints=(start, start) if image else None,
                    origins=frozenset((number,)),
                    unsure=None if declared.shape is not None else declared.name or "",
                )
            )
        return self.follow(network, inputs, 0)

    def follow(self, network: Network, inputs: Sequence[Flow], depth: int) -> Tuple[Flow, ...]:
        """The outputs of a network for given inputs."""
        if depth > _DEEPEST:
            return ()
        if network.inputs is None or network.outputs is None:
            return self._follow_sequence(network, inputs, depth)
        written = _written_shapes(network)

        def apply(layer: Layer, flows: Sequence[Flow], call: Call) -> Tuple[Flow, ...]:
            return self.apply(layer, flows, call, depth)

        def missing(ref: Ref) -> Flow:
            return replace(UNKNOWN, unsure=ref.layer)

        def corrected(ref: Ref, flow: Flow) -> Flow:
            told = written.get((ref.layer, ref.call, ref.index))
            return flow if told is None else _as_written(flow, told)

        return Calls(network, inputs, apply, missing, corrected).outputs()

    def _follow_sequence(
        self, network: Network, inputs: Sequence[Flow], depth: int
    ) -> Tuple[Flow, ...]:
        flows: Sequence[Flow] = inputs
        for layer in network.layers:
            if layer.class_name != "InputLayer":
                flows = self.apply(layer, flows, Call(()), depth)
        return tuple(flows)

    def apply(
        self, layer: Layer, inputs: Sequence[Flow], call: Call, depth: int
    ) -> Tuple[Flow, ...]:
        """What a layer makes of its inputs."""
        self._steps -= 1
        if self._steps < 0 or not inputs:
            return (replace(UNKNOWN, unsure=layer.name),)
        results = self._results(layer, inputs, call, depth)
        unsure = next((flow.unsure for flow in inputs if flow.unsure is not None), None)
        return tuple(_sealed(layer, flow, inputs, unsure) for flow in results)

    def _results(
        self, layer: Layer, inputs: Sequence[Flow], call: Call, depth: int
    ) -> Sequence[Flow]:
        nested = read_network(layer)
        if nested is not None:
            return self.follow(nested, inputs, depth + 1)
        kind = layer.class_name
        settings = Settings(layer, plain_settings(layer))
        if is_operation(layer) or kind in ("TFOpLambda", "SlicingOpLambda"):
            rule = operation_rule(layer)
        elif layer.registered is not None and ">" in layer.registered:
            rule = None  # somebody else's layer, even if it is called Conv2D
        elif kind in SPATIAL:
            rule = SPATIAL[kind]
            self._learn_axes(settings, inputs)
        elif kind in ("TimeDistributed", "Bidirectional", "SpectralNormalization"):
            return self._wrapped(settings, inputs, depth)
        else:
            rule = GENERAL.get(kind)
        return (UNKNOWN,) if rule is None else rule(settings, inputs, call)

    def _learn_axes(self, settings: Settings, inputs: Sequence[Flow]) -> None:
        for flow in inputs:
            first = settings.channels_first
            if first is not None:
                self._orders.add(first)
            if flow.rank is None or first is None:
                continue
            axes = letters(flow.rank, first)
            for origin in flow.origins:
                known = self.input_axes.setdefault(origin, axes)
                if known != axes:
                    self.input_axes[origin] = None

    def _wrapped(self, settings: Settings, inputs: Sequence[Flow], depth: int) -> Sequence[Flow]:
        inner = read_layer(settings.values.get("layer"))
        if inner is None or depth > _DEEPEST:
            return (UNKNOWN,)
        if settings.layer.class_name == "SpectralNormalization":
            return self.apply(inner, inputs, Call(()), depth + 1)
        flow = inputs[0]
        if settings.layer.class_name == "TimeDistributed":
            if flow.shape is None or len(flow.shape) < 3:
                return (UNKNOWN,)
            one = Flow((flow.shape[0], *flow.shape[2:]), flow.data_type)
            results = self.apply(inner, (one,), Call(()), depth + 1)
            return tuple(_in_series(result, flow.shape[1]) for result in results)
        results = self.apply(inner, (flow,), Call(()), depth + 1)
        return _both_ways(settings, results)


def _in_series(result: Flow, time: Optional[int]) -> Flow:
    shape = result.shape
    if not shape:
        return UNKNOWN
    axes = None if result.axes is None else f"{result.axes[0]}?{result.axes[1:]}"
    return replace(result, shape=(shape[0], time, *shape[1:]), axes=axes, footprints=None)


def _both_ways(settings: Settings, results: Sequence[Flow]) -> Sequence[Flow]:
    mode = settings.values.get("merge_mode", "concat")
    shape = results[0].shape if results else None
    if not shape:
        return (UNKNOWN,)
    states = (*results[1:], *results[1:])  # forward, then backward
    if mode == "concat":
        wide = None if shape[-1] is None else 2 * shape[-1]
        return (replace(results[0], shape=(*shape[:-1], wide)), *states)
    if mode in ("sum", "mul", "ave"):
        return (results[0].done(), *states)
    return (results[0], results[0], *states) if mode is None else (UNKNOWN,)


def _sealed(layer: Layer, flow: Flow, inputs: Sequence[Flow], unsure: Optional[str]) -> Flow:
    """A result with its type, and with a word on what could not be followed."""
    if flow.unsure is None:
        lost = unsure or layer.name
        flow = replace(flow, unsure=lost if flow.shape is None else unsure)
    own = type_named(layer.config.get("dtype"))
    before = inputs[0].data_type
    if flow.data_type == before and own is not None and layer.class_name not in _TYPE_KEPT:
        if before is None or not before.startswith(("float", "bfloat")):
            own = None
        flow = replace(flow, data_type=own)
    return flow


_TYPE_KEPT = frozenset(("Functional", "Model", "Sequential"))


def _written_shapes(network: Network) -> Dict[Tuple[str, int, int], Ref]:
    """The shapes that Keras 3 wrote beside references."""
    return {
        (ref.layer, ref.call, ref.index): ref
        for layer in network.layers
        for call in layer.calls
        for ref in call.inputs
        if ref.shape is not None
    }


def _as_written(flow: Flow, ref: Ref) -> Flow:
    """What was worked out, corrected by what the file says; what contradicts it is dropped."""
    shape, written = flow.shape, ref.shape
    data_type = ref.data_type if ref.data_type in _TENSORFLOW_TYPES else None
    if shape is None or written is None or len(shape) != len(written):
        return Flow(written, data_type, activation=flow.activation)
    if any(one not in (other, None) and other is not None for one, other in zip(shape, written)):
        return Flow(written, data_type)
    return replace(flow, shape=written, data_type=data_type, unsure=None)
