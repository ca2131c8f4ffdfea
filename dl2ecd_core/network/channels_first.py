"""A network whose images have their channels last, for programs that want them behind the images.

Inputs and outputs of the axes N, H, W, C become N, C, H, W; where a network turns its images around
at its ends, both turns go.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from .evaluation import letters_of
from .graph import Graph, Node, ValueType, attributes_of
from .lowering import Network
from .pruning import pruned
from .value import Value

_FIRST = "NCHW"


def order_of(letters: Optional[str]) -> Optional[Tuple[int, ...]]:
    """Where each of N, C, H, W stands now; None for what is no image, or is in that order.

    Examples
    --------
    >>> order_of("NHWC"), order_of("NCHW"), order_of("NC")
    ((0, 3, 1, 2), None, None)
    """
    if letters is None or sorted(letters) != sorted(_FIRST) or letters == _FIRST:
        return None
    return tuple(letters.index(letter) for letter in _FIRST)


def channels_first(network: Network) -> Network:
    """The same network with N, C, H, W at its ends.

    Examples
    --------
    >>> from .lowering import Lowering
    >>> lowering = Lowering(reserved=["x", "y"])
    >>> x = lowering.input("x", (None, 8, 8, 3), letters="NHWC")
    >>> first = lowering.add("Transpose", [x], perm=(0, 3, 1, 2))
    >>> lowering.output("y", lowering.add("Relu", [first]))
    >>> turned = channels_first(lowering.network()).graph
    >>> [node.op for node in turned.nodes], turned.inputs["x"].shape
    (['Relu'], (None, 3, 8, 8))
    """
    graph = network.graph
    free = _free_names(graph)
    inputs, values, letters = dict(graph.inputs), dict(network.values), dict(network.letters)
    outputs, inner = dict(graph.outputs), {}
    before: List[Node] = []
    behind: List[Node] = []
    for name, type_ in graph.inputs.items():
        order = order_of(network.letters.get(name))
        if order is not None:
            inner[name] = next(free)
            before.append(_turn(name, inner[name], _back(order)))
            inputs[name], values[name] = _turned(type_, network.values[name], order)
            letters[name] = _FIRST
    made: Dict[str, str] = {}
    for name, type_ in graph.outputs.items():
        order = order_of(letters_of(network.values[name]))
        if order is not None:
            made[name] = next(free)
            behind.append(_turn(made[name], name, order))
            outputs[name], values[name] = _turned(type_, network.values[name], order)
    taken = {**inner, **made}
    body = [
        node._replace(
            inputs=tuple(taken.get(one, one) for one in node.inputs),
            outputs=tuple(made.get(one, one) for one in node.outputs),
        )
        for node in graph.nodes
    ]
    nodes = _without_turns([*before, *body, *behind], set(outputs), set(inputs))
    whole = Graph(graph.name, nodes, graph.initializers, inputs, outputs)
    return replace(network, graph=pruned(whole, outputs), values=values, letters=letters)


def _free_names(graph: Graph) -> Iterator[str]:
    taken = {*graph.inputs, *graph.initializers, *graph.outputs}
    taken.update(name for node in graph.nodes for name in node.outputs)
    number = 0
    while True:
        number += 1
        if f"turned_{number}" not in taken:
            yield f"turned_{number}"


def _turn(of: str, name: str, perm: Tuple[int, ...]) -> Node:
    return Node("Transpose", (of,), (name,), attributes_of({"perm": perm}), "", name)


def _back(order: Sequence[int]) -> Tuple[int, ...]:
    return tuple(order.index(axis) for axis in range(len(order)))


def _turned(type_: ValueType, value: Value, order: Sequence[int]) -> Tuple[ValueType, Value]:
    shape = None if type_.shape is None else tuple(type_.shape[axis] for axis in order)
    known = None if value.shape is None else tuple(value.shape[axis] for axis in order)
    axes = tuple(value.axes[axis] for axis in order)
    return replace(type_, shape=shape), replace(value, shape=known, axes=axes)


def _without_turns(nodes: Sequence[Node], outputs: Set[str], inputs: Set[str]) -> List[Node]:
    """The nodes without turns that take another one back."""
    makers = {name: node for node in nodes for name in node.outputs}
    known_as: Dict[str, str] = {}

    def known(name: str) -> str:
        while name in known_as:
            name = known_as[name]
        return name

    kept: List[Node] = []
    for node in nodes:
        origin = _taken_back(node, makers)
        if origin is None:
            kept.append(node)
            continue
        (name,), origin = node.outputs, known(origin)
        if name not in outputs:
            known_as[name] = origin
        elif origin in outputs or origin in inputs:
            # Others know both names: the turns stay.
            kept.append(node)
        else:
            known_as[origin] = name
    return [
        node._replace(
            inputs=tuple(known(name) for name in node.inputs),
            outputs=tuple(known(name) for name in node.outputs),
        )
        for node in kept
    ]


def _taken_back(node: Node, makers: Mapping[str, Node]) -> Optional[str]:
    """What a turn gives that undoes the one before it."""
    before = makers.get(node.input(0))
    if node.op != "Transpose" or before is None or before.op != "Transpose":
        return None
    first, second = before.attributes.integers("perm"), node.attributes.integers("perm")
    if first is None or second is None:
        # Turned around altogether.
        return None
    together = [first[axis] for axis in second]
    return before.input(0) if together == sorted(together) else None
