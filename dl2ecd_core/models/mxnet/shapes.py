"""Shapes of an MXNet graph, worked out from its weights: what is not certain stays unknown."""

from __future__ import annotations

from typing import Dict, List, Optional, Sequence, Set

from ..description import Dims
from .operators import UNCHANGED, Known, layout, output_shape
from .params import Array
from .symbol import Entry, Node, Symbol

#: Operators after which an input is still the image, band by band.
_STILL_THE_IMAGE = UNCHANGED | {"Pad", "pad", "Pooling", "Pooling_v1", "UpSampling"}
_MOST_STEPS = 500
_MOST_INPUTS = 100


def infer(symbol: Symbol, arrays: Dict[str, Array]) -> List[Known]:
    """The shape of every node's first output, None where unknown.

    Parameters
    ----------
    arrays
        The parameters by name.
    """
    shapes: List[Known] = [None] * len(symbol.nodes)
    for index, node in enumerate(symbol.nodes):
        if node.op == "null" and node.name in arrays:
            shapes[index] = arrays[node.name].shape
    for index, found in _input_shapes(symbol, shapes).items():
        shapes[index] = found
    for index, node in enumerate(symbol.nodes):
        if node.op != "null":
            shapes[index] = output_shape(
                node, [_of(symbol, shapes, entry) for entry in node.inputs]
            )
    return shapes


def _of(symbol: Symbol, shapes: Sequence[Known], entry: Entry) -> Known:
    """The shape of an entry; all outputs of a split are alike, of others the first is known."""
    node, output = entry
    if output == 0 or symbol.nodes[node].op in ("SliceChannel", "split"):
        return shapes[node]
    return None


def _input_shapes(symbol: Symbol, shapes: Sequence[Known]) -> Dict[int, Dims]:
    """Shapes of inputs whose bands the first convolution or normalisation gives away."""
    takers: Dict[int, List[Node]] = {}
    number: Dict[int, int] = {}
    for index, node in enumerate(symbol.nodes):
        number[id(node)] = index
        for origin in {entry[0] for entry in node.inputs}:
            takers.setdefault(origin, []).append(node)
    found: Dict[int, Dims] = {}
    unknown = 0
    for index, node in enumerate(symbol.nodes):
        if node.op == "null" and shapes[index] is None:
            unknown += 1
            if unknown > _MOST_INPUTS:
                break
            shape = _first_use(symbol, shapes, takers, number, index)
            if shape is not None:
                found[index] = shape
    return found


def _first_use(
    symbol: Symbol,
    shapes: Sequence[Known],
    takers: Dict[int, List[Node]],
    number: Dict[int, int],
    start: int,
) -> Known:
    seen: Set[int] = {start}
    waiting = [start]
    for _ in range(_MOST_STEPS):
        if not waiting:
            break
        current = waiting.pop(0)
        for node in takers.get(current, ()):
            if not node.inputs or node.inputs[0] != (current, 0):
                continue
            weights = shapes[node.inputs[1][0]] if len(node.inputs) > 1 else None
            if node.op in ("Convolution", "Convolution_v1"):
                return _convolved(node, weights)
            if node.op in _STILL_THE_IMAGE and number[id(node)] not in seen:
                seen.add(number[id(node)])
                waiting.append(number[id(node)])
    return None


def _convolved(node: Node, weights: Known) -> Known:
    """The shape a convolution's input must have."""
    kernel = node.wholes("kernel")
    if weights is None or kernel is None or len(weights) != len(kernel) + 2:
        return None
    channels, _ = layout(node)
    bands = weights[channels]
    groups = node.whole("num_group", 1)
    if bands is None or groups is None or groups < 1:
        return None
    shape: List[Optional[int]] = [None] * len(weights)
    shape[channels] = bands * groups
    return tuple(shape)
