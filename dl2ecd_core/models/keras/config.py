"""Keras' description of a network, in its three generations, as layers and calls.

Sequential models list their layers. Functional ones also say, per layer, on which tensors it was
called: Keras 1 and 2 as nested lists ``[layer, call, tensor, arguments]``, Keras 3 as arguments in
which ``__keras_tensor__`` objects stand for tensors and also carry their shapes.
Facts from ``get_config`` and ``deserialize`` in keras/src/models/functional.py (Keras 3),
keras/engine/functional.py (2.x) and keras/engine/topology.py (1.x).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Dict, Iterator, List, Mapping, Optional, Tuple

from ..description import Dims

_LARGEST = 1 << 40
#: Where Keras 2 writes a number or an array in place of the first tensor of a call.
CONSTANT = "_CONSTANT_VALUE"


@dataclass(frozen=True)
class Ref:
    """A tensor: the output `index` of the call `call` of a layer.

    Attributes
    ----------
    shape, data_type
        As Keras 3 wrote them beside the reference; None where nothing is said.
    """

    layer: str
    call: int
    index: int
    shape: Optional[Dims] = None
    data_type: Optional[str] = None


@dataclass(frozen=True)
class Call:
    """One use of a layer.

    Attributes
    ----------
    inputs
        The tensors among its arguments, in order.
    positional
        All positional arguments as they stand in the file; empty in Keras 1 and 2, which write
        the tensors only.
    named
        The other arguments as they stand in the file.
    """

    inputs: Tuple[Ref, ...]
    positional: Tuple[Any, ...] = ()
    named: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """One layer with its settings.

    Attributes
    ----------
    module, registered
        Keras 3: where the class comes from; None elsewhere.
    """

    name: str
    class_name: str
    config: Mapping[str, Any]
    calls: Tuple[Call, ...] = ()
    module: Optional[str] = None
    registered: Optional[str] = None

    @cached_property
    def network(self) -> Optional[Network]:
        """The network that the layer is, read once however often it is used; None when none."""
        return read_network(self)


@dataclass(frozen=True)
class Network:
    """A model as a graph of layers.

    Attributes
    ----------
    inputs, outputs
        None for a sequence of layers, whose order says it.
    built_for
        The input shape for which a sequence without an input layer was built.
    """

    layers: Tuple[Layer, ...]
    inputs: Optional[Tuple[Ref, ...]] = None
    outputs: Optional[Tuple[Ref, ...]] = None
    built_for: Optional[Dims] = None

    @cached_property
    def size(self) -> int:
        """How much is written in it: layers, their calls, and the tensors that these take."""
        calls = [call for layer in self.layers for call in layer.calls]
        return len(self.layers) + len(calls) + sum(len(call.inputs) for call in calls)


def read_layer(entry: Any) -> Optional[Layer]:
    """The layer that a ``{"class_name": ..., "config": ...}`` object describes."""
    if not isinstance(entry, dict):
        return None
    class_name = entry.get("class_name")
    config = entry.get("config")
    if not isinstance(class_name, str):
        return None
    # Sequential models of Keras 1 and early 2 have a bare list there.
    config = {"layers": config} if isinstance(config, list) else config
    config = config if isinstance(config, dict) else {}
    name = next(
        (item for item in (config.get("name"), entry.get("name")) if isinstance(item, str)), ""
    )
    nodes = entry.get("inbound_nodes")
    calls = tuple(_read_call(node) for node in nodes) if isinstance(nodes, list) else ()
    module, registered = entry.get("module"), entry.get("registered_name")
    return Layer(
        name,
        # Names of registered classes come with their package in Keras 2: "Addons>GroupNorm".
        class_name,
        config,
        calls,
        module if isinstance(module, str) else None,
        registered if isinstance(registered, str) else None,
    )


def read_network(model: Layer) -> Optional[Network]:
    """The graph that a model's settings describe; None when it is no graph of layers."""
    entries = model.config.get("layers")
    if not isinstance(entries, list):
        return None
    layers = tuple(layer for layer in map(read_layer, entries) if layer is not None)
    if len(layers) != len(entries):
        return None
    if "input_layers" in model.config and "output_layers" in model.config:
        inputs = tuple(refs_in(model.config["input_layers"]))
        outputs = tuple(refs_in(model.config["output_layers"]))
        return Network(layers, inputs, outputs)
    if model.class_name.endswith("Sequential"):
        return Network(layers, built_for=read_shape(model.config.get("build_input_shape")))
    return None


def read_shape(value: Any) -> Optional[Dims]:
    """A shape as JSON has it; None when it is none."""
    if isinstance(value, dict) and value.get("class_name") in ("__tuple__", "TensorShape"):
        value = value.get("items")
    if not isinstance(value, list):
        return None
    sizes: List[Optional[int]] = []
    for size in value:
        if size is not None and whole(size) is None:
            return None
        sizes.append(size)
    return tuple(sizes)


def whole(value: Any) -> Optional[int]:
    """The value when it is a whole number that can be a size, else None."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST:
        return value
    return None


def refs_in(value: Any) -> Iterator[Ref]:
    """The tensors in a structure of arguments, in the order in which Keras flattens it."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        ref = _as_ref(item)
        if ref is not None:
            yield ref
        elif isinstance(item, list):
            waiting.extend(reversed(item))
        elif isinstance(item, dict):
            if item.get("class_name") == "__tuple__":
                waiting.append(item.get("items"))
            elif "class_name" not in item:
                waiting.extend(item[key] for key in sorted(item, reverse=True))


def _as_ref(item: Any) -> Optional[Ref]:
    if isinstance(item, dict) and item.get("class_name") == "__keras_tensor__":
        config = item.get("config")
        if not isinstance(config, dict):
            return None
        history = _as_ref(config.get("keras_history"))
        if history is None:
            return None
        data_type = config.get("dtype")
        return Ref(
            history.layer,
            history.call,
            history.index,
            read_shape(config.get("shape")),
            data_type if isinstance(data_type, str) else None,
        )
    if isinstance(item, list) and len(item) in (3, 4) and isinstance(item[0], str):
        call, index = whole(item[1]), whole(item[2])
        if call is not None and index is not None:
            return Ref(item[0], call, index)
    return None


def _read_call(node: Any) -> Call:
    if isinstance(node, dict) and ("args" in node or "kwargs" in node):
        positional, named = node.get("args"), node.get("kwargs")
        positional = positional if isinstance(positional, list) else []
        named = named if isinstance(named, dict) else {}
        refs = [ref for item in positional for ref in refs_in(item)]
        refs += [ref for item in named.values() for ref in refs_in(item)]
        return Call(tuple(refs), tuple(positional), named)
    refs = []
    named = {}
    for item in _tensors_of_old_call(node):
        ref = _as_ref(item)
        if ref is not None:
            refs.append(ref)
        arguments = item[3] if len(item) > 3 and isinstance(item[3], dict) else {}
        refs += [ref for value in arguments.values() for ref in refs_in(value)]
        named = named or arguments
        if item[0] == CONSTANT:
            # An array, which may change shapes, is not looked at.
            named = {**named, CONSTANT: {} if isinstance(item[2], (list, dict)) else item[2]}
    return Call(tuple(refs), (), named)


def _tensors_of_old_call(node: Any) -> List[List[Any]]:
    """The ``[layer, call, tensor, arguments]`` lists of a call in Keras 1 and 2."""
    found: List[List[Any]] = []
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            waiting.extend(item[key] for key in sorted(item, reverse=True))
        elif isinstance(item, list):
            if len(item) >= 3 and isinstance(item[0], str):
                if item[0] == CONSTANT or _as_ref(item[:4]) is not None:
                    found.append(item)
            else:
                waiting.extend(reversed(item))
    return found


def plain_settings(layer: Layer) -> Dict[str, Any]:
    """A layer's settings under the names of Keras 2 and 3, also where Keras 1 wrote them."""
    config = dict(layer.config)
    for old, new in _RENAMED.items():
        if old in config and new not in config:
            config[new] = config[old]
    for parts in _KERNELS:
        if all(part in config for part in parts):
            config.setdefault("kernel_size", [config[part] for part in parts])
    ordering = config.get("dim_ordering")
    if ordering in ("tf", "th"):
        config["data_format"] = "channels_last" if ordering == "tf" else "channels_first"
    return config


# How Keras 1 writes the kernel of a convolution over images and over volumes.
_KERNELS = (("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_RENAMED = {
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "subsample": "strides",
    "subsample_length": "strides",
    "border_mode": "padding",
    "atrous_rate": "dilation_rate",
    "pool_length": "pool_size",
    "stride": "strides",
    "length": "size",
}
