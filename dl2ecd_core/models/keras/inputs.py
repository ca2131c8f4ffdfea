"""What a description declares to go into a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Optional, Tuple

from ..description import Dims
from .config import Layer, Network, read_network, read_shape

_DEEPEST = 16

_TYPE_NAMES = """
    float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool
    complex64 complex128 string
"""
TENSORFLOW_TYPES = frozenset(_TYPE_NAMES.split())


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
    return value if value in TENSORFLOW_TYPES else None
