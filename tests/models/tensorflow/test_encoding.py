"""A graph tells the same in whatever way it is encoded, and damage is told where it lies."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.tensorflow.graph import read_graph
from dl2ecd_core.models.tensorflow.walk import Walk
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.tensorflow.rewriting import (
    Style,
    padded,
    reversed_fields,
    rewritten,
    unpacked,
    with_more,
)

FOLDER = FIXTURES / "tensorflow"
STYLES: Dict[str, Style] = {
    "padded": padded(1),
    "padded-far": padded(6),
    "reversed": reversed_fields,
    "unpacked": unpacked,
    "with-more": with_more,
}


def told(path: Path) -> Dict[str, Any]:
    """All that is known of every node's first two outputs."""
    found: Dict[str, Any] = {}
    with ByteSource(path) as source:
        graph = read_graph(Message(source, what="the graph"))
        walk = Walk(graph)
        for node in graph.nodes:
            for text in (node, f"{node}:1"):
                known = walk.tensor(text)
                found[text] = (known.shape, known.value, known.lanes, walk.type_of(text))
    return found


@pytest.fixture(scope="module")
def plain() -> Dict[str, Any]:
    return told(FOLDER / "operations" / "operations.pb")


@pytest.mark.parametrize("style", STYLES)
def test_every_encoding_of_a_graph_tells_the_same(
    style: str, plain: Dict[str, Any], tmp_path: Path
) -> None:
    data = (FOLDER / "operations" / "operations.pb").read_bytes()
    other = rewritten(data, "GraphDef", STYLES[style])
    assert other != data
    path = tmp_path / "graph.pb"
    path.write_bytes(other)
    assert told(path) == plain


@pytest.mark.parametrize("style", ["padded", "padded-far", "unpacked"])
@pytest.mark.parametrize("file", ["tf1/detection.pb", "tf2/saved/saved_model.pb"])
def test_every_encoding_of_a_model_tells_the_same(style: str, file: str, tmp_path: Path) -> None:
    message = "SavedModel" if "saved" in file else "GraphDef"
    data = rewritten((FOLDER / file).read_bytes(), message, STYLES[style])
    (tmp_path / "model.pb").write_bytes(data)
    one, other = inspect_model(FOLDER / file), inspect_model(tmp_path / "model.pb")
    assert (one.inputs, one.outputs) == (other.inputs, other.outputs)
    assert (one.parameters, one.framework_version) == (other.parameters, other.framework_version)
