"""Lowering a Caffe network to ONNX's operators, layer by layer.

Layers: https://caffe.berkeleyvision.org/tutorial/layers.html and their source in
https://github.com/BVLC/caffe/tree/master/src/caffe/layers
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ...network.lowering import Lowering, Network, unknown_operation
from ..description import Role
from . import arranging, pointwise, windows
from .layer import Lowered, Rule
from .network import Layer, Weights, integers, part
from .network import Network as CaffeNetwork

_RULES: Dict[str, Rule] = {**windows.RULES, **pointwise.RULES, **arranging.RULES}

_DATA = {"Data", "ImageData", "HDF5Data", "MemoryData", "DummyData", "WindowData",
         "AnnotatedData", "ImageSegData"}  # fmt: skip


@dataclass
class Ends:
    """Inputs and outputs of a network, with their roles, in the order in which they are told."""

    inputs: Dict[str, Role] = field(default_factory=dict)
    shapes: Dict[str, Optional[Tuple[int, ...]]] = field(default_factory=dict)
    outputs: Dict[str, Role] = field(default_factory=dict)


def lowered(
    network: CaffeNetwork,
    weights: CaffeNetwork,
    path: Optional[Path] = None,
    *,
    free_batch: bool = False,
    wanted: Optional[Sequence[str]] = None,
) -> Tuple[Ends, Network]:
    """A network in ONNX's operators.

    Parameters
    ----------
    network
        Its layers, from a .prototxt or from the weights' own file.
    weights
        The layers that hold the weights.
    path
        The file with the weights; None where only shapes are asked for.
    free_batch
        Leave the number of images open, whatever the description says.
    wanted
        Names of the outputs that are kept; all by default.
    """
    layers = [layer for layer in network.layers if runs(layer)]
    ends = ends_of(network, layers)
    made = _Walk(ends, weights, path, free_batch=free_batch)
    for layer in layers:
        made.add(layer)
    for name in ends.outputs if wanted is None else wanted:
        made.lowering.output(name, made.at[name])
    return ends, made.lowering.network()


def runs(layer: Layer) -> bool:
    """Whether a layer is there when the network is used, not only while it is trained."""
    include, exclude = layer.settings.get("include", []), layer.settings.get("exclude", [])

    def phases(rules: List[object]) -> List[object]:
        return [one["phase"][-1] for one in rules if isinstance(one, dict) and one.get("phase")]

    asked = phases(list(include))
    if asked and not any(phase in ("TEST", 1) for phase in asked):
        return False
    return not any(phase in ("TEST", 1) for phase in phases(list(exclude)))


def _is_data(layer: Layer) -> bool:
    return layer.type == "Input" or (layer.type in _DATA and not layer.bottoms)


def ends_of(network: CaffeNetwork, layers: Sequence[Layer]) -> Ends:
    """What goes into a network, and what comes out: what no layer takes."""
    ends = Ends()
    for index, name in enumerate(network.inputs):
        ends.inputs[name] = Role.DATA
        ends.shapes[name] = network.shapes[index] if index < len(network.shapes) else None
    open_: Dict[str, Role] = {}
    for layer in layers:
        if layer.type == "Input":
            given = [
                tuple(integers(one, "dim"))
                for one in part(layer.settings, "input_param").get("shape", [])
                if isinstance(one, dict)
            ]
            for index, top in enumerate(layer.tops):
                ends.inputs[top] = Role.DATA
                ends.shapes[top] = given[index if len(given) > 1 else 0] if given else None
        elif _is_data(layer):
            for index, top in enumerate(layer.tops):
                ends.inputs[top] = Role.LABEL if index else Role.DATA
                ends.shapes[top] = None
        else:
            for bottom in layer.bottoms:
                open_.pop(bottom, None)
            loss = layer.type.endswith("Loss") or layer.type == "Accuracy"
            open_.update((top, Role.LOSS if loss else Role.DATA) for top in layer.tops)
    # Caffe itself lists the outputs by name.
    ends.outputs = dict(sorted(open_.items()))
    return ends


class _Walk:
    """The layers lowered so far, and which value each blob is now."""

    def __init__(
        self, ends: Ends, weights: CaffeNetwork, path: Optional[Path], *, free_batch: bool
    ) -> None:
        self.lowering = Lowering(reserved=[*ends.inputs, *ends.outputs])
        self.at: Dict[str, str] = {}
        self._path = path
        self._weights: Dict[str, Tuple[Weights, ...]] = {
            layer.name: layer.weights for layer in weights.layers if layer.weights
        }
        for name, sizes in ends.shapes.items():
            shape: Optional[Tuple[Optional[int], ...]] = sizes or None
            letters = {2: "NC", 4: "NCHW"}.get(len(shape or ()), "")
            if shape is not None and free_batch:
                shape = (None, *shape[1:])
            self.at[name] = self.lowering.input(name, shape, letters=letters)
        self._batches = {sizes[0] for sizes in ends.shapes.values() if sizes}
        self._free_batch = free_batch

    def add(self, layer: Layer) -> None:
        """What a layer becomes."""
        if _is_data(layer):
            return
        made = self.lowering.layer(
            layer.name, layer.type, partial(self._lower, layer), len(layer.tops)
        )
        self.at.update(zip(layer.tops, made))

    def _lower(self, layer: Layer) -> Sequence[str]:
        rule = _RULES.get(layer.type)
        bottoms = [self.at[name] for name in layer.bottoms if name in self.at]
        if rule is None or not bottoms or len(bottoms) < len(layer.bottoms):
            raise unknown_operation()
        return rule(
            Lowered(
                self.lowering,
                layer,
                bottoms,
                self._weights.get(layer.name, ()),
                self._path,
                self._batches if self._free_batch else frozenset(),
            )
        )
