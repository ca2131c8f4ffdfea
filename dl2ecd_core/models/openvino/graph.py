"""Who is connected to whom, and what comes of it: which axis is which, what numbers mean."""

from __future__ import annotations

import struct
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Set, Tuple

from ...findings.errors import ModelFileError
from ...network.data_types import Number
from ...network.graph import AttributeValue
from ...network.outline import Outline
from ...network.value import Meaning
from ...wire.source import ByteSource
from .net import MOST_ENDS, Layer, Net
from .operations import ACTIVATIONS, OPERATORS, OVER_NCHW, WITH_AXES

#: Layers that are fed.
INPUTS = ("Parameter", "Input")
_LONGEST_LIST = 64
#: :mod:`struct`'s letters for the element types that lists of numbers have.
_LAYOUTS = {
    "i8": "b", "u8": "B", "i32": "i", "i64": "q", "f16": "e", "f32": "f", "f64": "d",
}  # fmt: skip

#: A layer and the number of one of its outputs.
Made = Tuple[Layer, int]


class Graph:
    """The edges of a net, and its values in outline.

    Parameters
    ----------
    weights
        Where the .bin lies, for the order of transposes; None when it is missing.
    """

    def __init__(self, net: Net, weights: Optional[Path]) -> None:
        self.net = net
        self._weights = weights
        self._into: Dict[str, List[Tuple[str, Tuple[str, str]]]] = {}
        self._used: Set[Tuple[str, str]] = set()
        for source, port, target, target_port in net.edges:
            self._into.setdefault(target, []).append((target_port, (source, port)))
            self._used.add((source, port))
        for ports in self._into.values():
            # The ports of inputs count up, in their order.
            ports.sort(key=_port_order)
        # Since version 10, images may have any order of axes.
        self._ordered = net.version < 10
        self._outline = Outline("NCHW")
        for layer in self.in_order():
            self._add(layer)
        self._axes = {
            layer.id: self._input_axes(layer)
            for layer in net.layers.values()
            if layer.type in INPUTS and layer.ports
        }

    def maker(self, layer: Layer, position: int) -> Optional[Made]:
        """The layer and output that feed input number `position` of a layer."""
        ports = self._into.get(layer.id, ())
        return self._maker(ports[position][1]) if position < len(ports) else None

    def _maker(self, origin: Tuple[str, str]) -> Optional[Made]:
        found = self.net.layers.get(origin[0])
        index = None if found is None else found.numbers.get(origin[1])
        return None if found is None or index is None else (found, index)

    def taken(self, layer: Layer) -> List[str]:
        """The names of the values that a layer takes; empty where nothing makes one."""
        made = [self._maker(origin) for _, origin in self._into.get(layer.id, ())]
        return ["" if one is None else value_name(*one) for one in made]

    def open_ends(self) -> Iterator[Made]:
        """Outputs that nothing is connected to: those of a net without Result layers."""
        ends = 0
        for layer in self.net.layers.values():
            if layer.type in ("Const", "Input", "Memory"):
                continue
            for index, port in enumerate(layer.ports):
                if (layer.id, port.id) not in self._used:
                    ends += 1
                    if ends > MOST_ENDS:
                        return
                    yield layer, index

    def input_axes(self, layer: Layer) -> str:
        """Axis letters of an input, from its layout note or from what happens to it."""
        return self._axes[layer.id]

    def output_axes(self, layer: Layer, index: int) -> str:
        """Axis letters of an output."""
        rank = len(layer.ports[index].dims)
        usual = "NCHW" if self._ordered and rank == 4 else "NC"
        return self._outline.axes_of(value_name(layer, index), rank, usual)

    def meaning(self, layer: Layer, index: int) -> Meaning:
        """What the numbers of an output mean."""
        return self._outline.value(value_name(layer, index)).meaning

    def in_order(self) -> Iterator[Layer]:
        """The layers, each after those that it takes from; without those in a circle."""
        layers = self.net.layers
        sorter = TopologicalSorter(
            {
                id_: [origin for _, (origin, _) in self._into.get(id_, ()) if origin in layers]
                for id_ in layers
            }
        )
        try:
            sorter.prepare()
        except CycleError:
            # As many as can be had before it.
            pass
        while sorter.is_active():
            ready = sorter.get_ready()
            for id_ in ready:
                yield layers[id_]
            sorter.done(*ready)

    def _add(self, layer: Layer) -> None:
        names = [value_name(layer, index) for index in range(len(layer.ports))]
        shapes = [port.shape for port in layer.ports]
        if layer.type in INPUTS and names:
            self._outline.input(names[0], shapes[0])
            self._outline.learn(names[0], _noted(layer))
        elif layer.type == "Const" and names:
            self._outline.constant(names[0], shapes[0])
        elif names:
            inputs = self.taken(layer)
            op, attributes = self._operator(layer)
            layout = "NCHW" if layer.type in OVER_NCHW else ""
            if layer.type in WITH_AXES:
                inputs = inputs[:1]
            self._outline.add(op, inputs, names, shapes, layout=layout, **attributes)

    def _operator(self, layer: Layer) -> Tuple[str, Dict[str, Optional[AttributeValue]]]:
        """ONNX's operator, with what is known of its attributes."""
        op = OPERATORS.get(layer.type, "")
        if layer.type == "Activation":
            op = ACTIVATIONS.get(layer.data.get("type", "").lower(), "")
        attributes: Dict[str, Optional[AttributeValue]] = {
            "axis": number_in(layer.data.get("axis", ""))
        }
        if op == "Resize":
            how = layer.data.get("mode", layer.data.get("type", "")).lower()
            attributes["mode"] = "nearest" if "nearest" in how else "linear"
        elif layer.type == "Permute":
            order = [number_in(one) for one in layer.data.get("order", "").split(",")]
            attributes["perm"] = None if None in order else tuple(one or 0 for one in order)
        elif layer.type in WITH_AXES:
            attributes[WITH_AXES[layer.type]] = self.numbers(layer, 1)
        elif op in ("TopK", "ArgMax"):
            attributes["k"] = self._chosen(layer, number_in(layer.data.get("axis", "")))
            op = op if attributes["k"] is not None or op == "ArgMax" else ""
        return op, attributes

    def _chosen(self, layer: Layer, axis: Optional[int]) -> Optional[int]:
        """How many are taken of an axis, by the size that is left."""
        dims = layer.ports[-1].dims
        return None if axis is None or not -len(dims) <= axis < len(dims) else dims[axis]

    def _input_axes(self, layer: Layer) -> str:
        """Axis letters of an input, from its layout note or from what happens to it."""
        noted, rank = _noted(layer), len(layer.ports[0].dims)
        if noted:
            return noted
        # Other rows, of sound or text for example, have no bands.
        usual = "NCHW" if self._ordered and rank == 4 else "N?"
        return self._outline.axes_of(value_name(layer, 0), rank, usual)

    def numbers(self, layer: Layer, position: int) -> Optional[Tuple[int, ...]]:
        """The numbers of the constant that a layer takes there."""
        made = self.maker(layer, position)
        return None if made is None else self.numbers_of(made[0])

    def numbers_of(self, constant: Layer) -> Optional[Tuple[int, ...]]:
        """The numbers of a short constant of whole ones; None for anything else."""
        if constant.data.get("element_type") not in ("i32", "i64"):
            return None
        return tuple(int(number) for number in self.content_of(constant) or ()) or None

    def content_of(self, constant: Layer) -> Optional[Tuple[Number, ...]]:
        """The numbers of a short constant; None for anything else."""
        data = constant.data
        offset, size = number_in(data.get("offset", "")), number_in(data.get("size", ""))
        layout = _LAYOUTS.get(data.get("element_type", ""))
        if self._weights is None or layout is None or offset is None or not size:
            return None
        width = struct.calcsize(layout)
        if not 0 < size <= width * _LONGEST_LIST:
            return None
        try:
            with ByteSource(self._weights) as weights:
                raw = weights.read(offset, size)
        except ModelFileError:
            return None
        return struct.unpack(f"<{len(raw) // width}{layout}", raw[: len(raw) // width * width])


def value_name(layer: Layer, index: int) -> str:
    """What a layer's output is called among the values."""
    return f"{layer.id}:{index}"


def _noted(layer: Layer) -> str:
    """The axes that a note on an input names; nothing where it names others, or too few."""
    noted, rank = layer.layout.strip("[]").replace(",", ""), len(layer.ports[0].dims)
    return noted if len(noted) == rank and rank and set(noted) <= set("NCHW?") else ""


def _port_order(item: Tuple[str, Tuple[str, str]]) -> Tuple[int, str]:
    number = number_in(item[0])
    return (0 if number is None else number, item[0])


def number_in(text: str) -> Optional[int]:
    """A whole number; None for anything else."""
    text = text.strip()
    return int(text) if text.lstrip("-").isdecimal() and text.isascii() else None
