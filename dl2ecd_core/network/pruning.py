"""Leaving out what the wanted outputs do not need: losses, labels, branches of training only."""

from __future__ import annotations

from dataclasses import replace
from typing import Iterable, List, Set

from .graph import Graph, Node


def pruned(graph: Graph, wanted: Iterable[str]) -> Graph:
    """The part of a graph that some of its outputs need, inputs and weights included.

    Examples
    --------
    >>> from .graph import ValueType
    >>> nodes = [Node("Relu", ("x",), ("y",)), Node("Sub", ("y", "label"), ("loss",))]
    >>> ends = {"x": ValueType(), "label": ValueType()}, {"y": ValueType(), "loss": ValueType()}
    >>> kept = pruned(Graph("g", nodes, {}, *ends), ["y"])
    >>> [node.op for node in kept.nodes], list(kept.inputs), list(kept.outputs)
    (['Relu'], ['x'], ['y'])
    """
    chosen = list(wanted)
    needed: Set[str] = set(chosen)
    nodes: List[Node] = []
    for node in reversed(graph.nodes):
        if needed.intersection(node.outputs):
            nodes.append(node)
            needed.update(node.inputs)
    return replace(
        graph,
        nodes=nodes[::-1],
        initializers={name: one for name, one in graph.initializers.items() if name in needed},
        inputs={name: one for name, one in graph.inputs.items() if name in needed},
        outputs={name: graph.outputs[name] for name in chosen},
    )
