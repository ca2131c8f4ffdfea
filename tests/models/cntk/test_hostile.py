"""Real networks with functions that say something else: each is told or refused, none breaks."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache
from typing import Any, Dict, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.models.cntk import v2
from dl2ecd_core.models.cntk.lowering import lowered
from dl2ecd_core.models.cntk.model_graph import (
    ALL_AXES,
    ALL_STATIC_AXES,
    DYNAMIC_AXIS,
    Axis,
    Function,
    Graph,
    Kind,
)
from dl2ecd_core.models.cntk.telling import describe
from dl2ecd_core.models.cntk.v1_conversion import converted
from dl2ecd_core.models.cntk.v1_network import graph_of
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "cntk"
FILES = sorted([*FOLDER.glob("*.model"), *FOLDER.glob("*.v1"), *FOLDER.glob("layers/*.[mv]*")])

NUMBERS = st.sampled_from(
    [0, 1, -1, -2, -3, 2, 3, 7, 100, 1 << 31, -(1 << 31), 1 << 40, 1 << 62, 1 << 63, 1 << 70]
)
SPECIAL = st.sampled_from([ALL_AXES, ALL_STATIC_AXES, DYNAMIC_AXIS])
AXES = st.builds(Axis, st.one_of(st.integers(-3, 5), SPECIAL, NUMBERS))
SHAPES = st.lists(st.one_of(st.integers(-3, 4), NUMBERS), max_size=70).map(tuple)
VALUES: Any = st.one_of(
    NUMBERS, st.booleans(), st.none(), st.sampled_from([0.5, math.nan, math.inf, -1e300]),
    st.sampled_from(["", "Sum", "Argmax", "LogSum"]), SHAPES, AXES, st.lists(AXES, max_size=3),
    st.lists(st.one_of(st.booleans(), st.integers(-1, 5)), max_size=4),
)  # fmt: skip


@cache
def graphs() -> List[Tuple[Graph, bool]]:
    """Networks of the fixtures, and whether each is of the v1 format."""
    found = []
    for path in FILES:
        with ByteSource(path) as source:
            if path.suffix == ".v1":
                found.append((graph_of(source), True))
            else:
                root = Message(source, what="the model")
                found.append((v2.contents_of(root).graph, False))
    return found


def changed(graph: Graph, data: st.DataObject) -> Graph:
    """A network of which a few things are not what they were."""
    functions, variables = dict(graph.functions), dict(graph.variables)
    uids = [*variables, *(f"{uid}_Output_0" for uid in functions)]
    for _ in range(data.draw(st.integers(1, 3))):
        uid = data.draw(st.sampled_from(sorted(functions)))
        functions[uid] = _changed(functions[uid], uids, data)
    leaf = data.draw(st.sampled_from(sorted(variables)))
    if data.draw(st.booleans()):
        kind, shape = data.draw(st.sampled_from(list(Kind))), data.draw(SHAPES)
        told = shape if len(shape) <= 64 else None
        variables[leaf] = replace(variables[leaf], kind=kind, shape=told)
    return replace(graph, functions=functions, variables=variables)


def _changed(function: Function, uids: List[str], data: st.DataObject) -> Function:
    what = data.draw(st.sampled_from(["attribute", "attribute", "operation", "input"]))
    if what == "attribute" and function.attributes:
        attributes: Dict[str, Any] = dict(function.attributes)
        attributes[data.draw(st.sampled_from(sorted(attributes)))] = data.draw(VALUES)
        return replace(function, attributes=attributes)
    if what == "input" and function.inputs:
        inputs = list(function.inputs)
        place = data.draw(st.integers(0, len(inputs) - 1))
        inputs[place : place + data.draw(st.integers(0, 1))] = [data.draw(st.sampled_from(uids))]
        return replace(function, inputs=tuple(inputs))
    return replace(function, op=data.draw(st.one_of(st.none(), st.integers(0, 99))))


@settings(max_examples=120, deadline=None)
@given(data=st.data())
def test_whatever_functions_say_a_network_is_told_or_refused(data: st.DataObject) -> None:
    graph, is_v1 = data.draw(st.sampled_from(graphs()))
    graph = changed(graph, data)
    graph = converted(graph) if is_v1 else graph
    with ByteSource(FILES[0]) as source:
        model = describe(source, "cntk", graph)
    network = lowered(graph)
    for tensor in (*model.inputs, *model.outputs):
        assert tensor.shape is None or tensor.axes is None or len(tensor.axes) == len(tensor.shape)
        assert tensor.shape is None or all(size is None or size >= 0 for size in tensor.shape)
    assert set(network.graph.outputs) <= set(network.values)
