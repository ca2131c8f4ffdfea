"""Every operation's shapes, types and values: what is told is what TensorFlow infers.

`operations.pb` holds a branch for each; `expected.json` says of each tensor what TensorFlow made
of it: shape, type, and the elements where they follow from constants and fixed sizes.
"""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Optional

import pytest

from dl2ecd_core.models.tensorflow.graph import read_graph
from dl2ecd_core.models.tensorflow.types import type_name
from dl2ecd_core.models.tensorflow.walk import Walk
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "tensorflow" / "operations"
EXPECTED: Dict[str, List[Any]] = json.loads((FOLDER / "expected.json").read_text("ascii"))

# A size that is certain though TensorFlow leaves it out: of rows when the columns are free; the
# rank plus one; a whole that is split into one piece.
KNOWS_MORE = {"ExpandDims", "ExtractImagePatches", "Dilation2D", "SplitV"}
# Here TensorFlow knows more.
KNOWS_LESS = {
    "AsString",
    "BatchToSpaceND",
    "Conv2DBackpropInput",
    "Dilation2D",
    "Einsum",
    "Multinomial",
    "Slice",
    "SpaceToBatchND",
    "SplitV",
    "TensorArrayGatherV3",
    "Tile",
}
# Values that nobody follows: of an operation that real sizes don't go through, or of a type.
NOT_FOLLOWED = {"ReverseV2": None, "Cast": "float16"}


@pytest.fixture(scope="module")
def walk() -> Iterator[Walk]:
    with ByteSource(FOLDER / "operations.pb") as source:
        yield Walk(read_graph(Message(source, what="the graph")))


def agrees(told: Optional[List[Optional[int]]], said: Optional[List[Optional[int]]]) -> bool:
    """Whether what is told holds wherever what is said does."""
    if told is None:
        return True
    return (
        said is not None
        and len(told) == len(said)
        and all(one is None or one == other for one, other in zip(told, said))
    )


def operation(walk: Walk, tensor: str) -> str:
    return walk.graph.nodes[tensor.partition(":")[0]].op


def shape(walk: Walk, tensor: str) -> Optional[List[Optional[int]]]:
    known = walk.tensor(tensor).shape
    return None if known is None else list(known)


def test_shapes_are_those_that_tensorflow_infers(walk: Walk) -> None:
    different = {
        (operation(walk, tensor), tensor): (shape(walk, tensor), said)
        for tensor, (said, *_) in EXPECTED.items()
        if shape(walk, tensor) != said
    }
    wrong = {
        place: (told, said)
        for place, (told, said) in different.items()
        if not (agrees(told, said) and place[0] in KNOWS_LESS)
        and not (agrees(said, told) and place[0] in KNOWS_MORE)
    }
    assert wrong == {}
    assert {op for op, _ in different} == KNOWS_LESS | KNOWS_MORE


def test_types_are_those_that_tensorflow_infers(walk: Walk) -> None:
    told = {tensor: type_name(walk.type_of(tensor)) for tensor in EXPECTED}
    said = {tensor: kind for tensor, (_, kind, *_) in EXPECTED.items()}
    assert {name: kind for name, kind in told.items() if kind not in (None, said[name])} == {}
    unknown = {operation(walk, name) for name, kind in told.items() if kind is None}
    assert {"AsString", "Multinomial"} < unknown
    plain = {"ArgMax", "Cast", "Conv2D", "Fill", "MaxPool", "Range", "Reshape", "StridedSlice"}
    assert unknown.isdisjoint(plain)


def test_small_values_are_those_that_tensorflow_computes(walk: Walk) -> None:
    values = {name: said[2] for name, said in EXPECTED.items() if len(said) > 2}
    assert len(values) > 90
    for name, said in values.items():
        value = walk.tensor(name).value
        source = walk.graph.nodes[name].inputs[:1]
        kinds = {NOT_FOLLOWED.get(operation(walk, n), "") for n in (name, *source)}
        if kinds & {None, EXPECTED[name][1]}:
            assert value is None
        else:
            assert value is not None, name
            assert list(value.items) == said, name


def test_operations_without_a_rule_are_named(walk: Walk) -> None:
    for tensor in EXPECTED:
        walk.tensor(tensor)
    assert walk.strange == {"AsString", "Multinomial"}
