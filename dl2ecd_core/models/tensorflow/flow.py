"""The tensors of a TensorFlow graph in the order in which they are made, and their sizes."""

from __future__ import annotations

from typing import Dict, Iterator, List, Optional, Sequence, Set, Tuple

from ...network.flow import Flow, Making
from ...network.value import Axis, Value, shaped
from . import types
from .graph import Node
from .known import Known
from .operations_state import PLACEHOLDERS
from .output_types import output_type
from .walk import Place, Ref, Walk

#: Operations that give what a variable holds.
_READING = ("ReadVariableOp",)

_Sources = List[Optional[Ref]]


def flow_through(walk: Walk, fetched: Sequence[str]) -> Flow:
    """The flow from a graph's inputs to the tensors that are fetched.

    Parameters
    ----------
    fetched
        Tensors of the graph: ``name`` or ``name:1``.
    """
    ends = [ref for ref in (walk.producer(0, text) for text in fetched) if ref is not None]
    for end in ends:
        # What comes after an input tells what its axes are.
        walk.known(end)
    values: Dict[str, Value] = {}
    steps: List[Making] = []
    inputs: List[str] = []
    # A variable that is read is no second one.
    read: Dict[str, str] = {}
    for place, sources in in_order(walk, ends):
        node = walk.node(place)
        names = [name_of(source) for source in sources if source is not None]
        taken = [read.get(name, name) for name in names]
        if node.op in _READING and taken:
            read[name_of(Ref(place, 0))] = taken[0]
            continue
        fed = node.op in PLACEHOLDERS and place.scope == 0
        constant = not fed and all(name in values and values[name].constant for name in taken)
        made = _values(walk, place, node, constant)
        values.update(made)
        if fed:
            inputs += made
        else:
            steps.append((taken, list(made)))
    outputs = [read.get(name_of(end), name_of(end)) for end in ends]
    return Flow(values, steps, inputs, outputs, {}, holds_weights=True)


def in_order(walk: Walk, ends: Sequence[Ref]) -> Iterator[Tuple[Place, _Sources]]:
    """Every node on the way to these outputs, after those that it takes from."""
    done: Set[Place] = set()
    opened: Set[Place] = set()
    pending: List[Tuple[Place, Optional[_Sources]]] = [(end.place, None) for end in reversed(ends)]
    while pending:
        place, sources = pending.pop()
        if place in done:
            continue
        if sources is not None:
            done.add(place)
            yield place, sources
            continue
        if place in opened or len(opened) >= walk.most_reached:
            # A loop's way back; or more than any model has.
            continue
        opened.add(place)
        sources = walk.sources(place)
        pending.append((place, sources))
        pending += [(source.place, None) for source in sources if source is not None]


def name_of(ref: Ref) -> str:
    """A name for an output that no other has."""
    return f"{ref.place.scope}/{ref.place.name}:{ref.port}"


def _values(walk: Walk, place: Place, node: Node, constant: bool) -> Dict[str, Value]:
    """What a node gives."""
    attributes = walk.graph.attributes(node)
    found = {}
    for port, known in enumerate(walk.outputs(place)):
        data_type = types.type_name(output_type(attributes, node.op, port))
        value = shaped(known.shape, data_type, _axes(walk, known), constant=constant)
        if node.op == "VarHandleOp":
            # What counts is the variable behind the handle.
            data_type = types.type_name(attributes.type("dtype"))
            value = shaped(known.content, data_type, constant=True)
        found[name_of(Ref(place, port))] = value
    return found


def _axes(walk: Walk, known: Known) -> Optional[List[Axis]]:
    if known.lanes is None:
        return None
    return [
        Axis(
            lane.letter or (walk.letters.get(lane.origins[0], "?") if lane.origins else "?"),
            lane.footprint,
        )
        for lane in known.lanes
    ]
