"""TensorFlow's files are told from others that begin alike, by what their fields hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.registry import Match
from dl2ecd_core.models.tensorflow import checkpoint, graphdef, savedmodel
from dl2ecd_core.models.tensorflow.sniff import is_meta_graph
from dl2ecd_core.wire.source import ByteSource
from tests.models.cntk.writers import field

NODE = field(1, field(1, b"x") + field(2, b"Placeholder"))
FUNCTION = field(1, field(1, field(1, b"f")))
INFO = field(1, field(4, b"serve") + field(5, b"2.21.0"))


def match(folder: Path, data: bytes) -> str:
    """The reader that is sure of a file."""
    path = folder / "model"
    path.write_bytes(data)
    with ByteSource(path) as source:
        sure = [
            name
            for name, reader in (
                ("graph", graphdef),
                ("saved", savedmodel),
                ("checkpoint", checkpoint),
            )
            if reader.recognise(source) is Match.SURE
        ]
    return " ".join(sure)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (NODE, "graph"),
        (field(4, field(1, 27)) + NODE, "graph"),
        (field(3, 5) + NODE, "graph"),
        (field(2, FUNCTION) + NODE, "graph"),
        (NODE[:-4], "graph"),
        # A node's name, its operation, what follows, and their order.
        (field(1, field(1, b"x y") + field(2, b"Placeholder")), ""),
        (field(1, field(1, b"x") + field(2, b"placeholder")), ""),
        (field(1, field(2, b"Placeholder") + field(1, b"x")), ""),
        (field(1, field(1, 5) + field(2, b"Placeholder")), ""),
        (field(1, field(8, b"x")), ""),
        (field(1, field(1, b"x" * 70_000) + field(2, b"Add")), ""),
        (field(1, field(1, b"x") + field(2, b"Add") + field(5, b"name")), ""),
        (field(1, field(1, b"x") + field(2, b"Add") + field(5, b"")), "graph"),
        (field(7, b"x"), ""),
        (field(4, b""), ""),
        (b"", ""),
        # A library: functions, which have signatures, which have names.
        (field(2, b""), "checkpoint"),
        (field(2, field(2, b"x")), ""),
        (field(2, field(1, b"")), ""),
        (field(2, field(1, field(1, field(1, 5)))), ""),
        (field(2, field(1, field(1, b""))), ""),
        # The graph of a checkpoint, a SavedModel.
        (INFO + field(2, NODE), "checkpoint"),
        (field(2, NODE), "checkpoint"),
        (INFO + field(2, field(4, field(1, 27))), "checkpoint"),
        (field(1, field(9, b"x")) + field(2, NODE), ""),
        (field(1, field(5, 5)) + field(2, NODE), ""),
        (INFO + field(9, b"x") + field(2, NODE), ""),
        (INFO + field(3, b"savers"), ""),
        (field(1, 1) + field(2, INFO + field(2, NODE)), "saved"),
        (field(2, INFO + field(2, NODE)), "saved"),
        (field(1, 1) + field(2, INFO + field(3, b"")), ""),
        (field(1, 1) + field(3, b"x"), ""),
        (field(1, 1), ""),
    ],
)
def test_a_file_is_told_by_its_fields(data: bytes, kind: str, tmp_path: Path) -> None:
    assert match(tmp_path, data) == kind


SHAPE = field(2, field(2, field(1, 2)))


@pytest.mark.parametrize(
    ("data", "lone"),
    [
        # TensorFlow's: type, shape, elements.
        (field(1, 1) + SHAPE + field(4, bytes(8)), True),
        (field(1, 1) + field(2, field(3, 1)) + field(4, bytes(8)), True),
        (field(1, 1) + SHAPE + field(5, bytes(8)), True),
        (field(1, 1) + SHAPE, False),
        (field(1, 99) + SHAPE + field(4, bytes(8)), False),
        (field(1, 1) + field(2, field(5, b"x")) + field(4, bytes(8)), False),
        (field(1, 1) + field(2, field(2, field(3, b"x"))) + field(4, bytes(8)), False),
        (field(1, 1) + SHAPE + field(12, bytes(8)) + field(4, b""), False),
        (field(1, 1) + SHAPE + field(4, bytes(8))[:-3], False),
        # ONNX's, which its own reader knows: dimensions, type, name, elements.
        (field(1, 2) + field(1, 3) + field(2, 1) + field(8, b"w") + field(9, bytes(24)), False),
        (field(1, 1), False),
    ],
)
def test_a_lone_tensor_is_told_from_a_model(data: bytes, lone: bool, tmp_path: Path) -> None:
    path = tmp_path / "tensor.pb"
    path.write_bytes(data)
    if lone:
        with pytest.raises(ModelFileError, match="holds a single tensor"):
            inspect_model(path)
    with ByteSource(path) as source:
        assert (graphdef.recognise(source) is Match.SURE) == lone


def test_facts_about_a_graph_are_of_certain_kinds(tmp_path: Path) -> None:
    for info, is_one in ((field(7, 1), True), (field(7, b"x"), False), (field(8, b"x"), True)):
        path = tmp_path / "model.meta"
        path.write_bytes(field(1, info) + field(2, NODE))
        with ByteSource(path) as source:
            assert is_meta_graph(source, 0, source.size) == is_one
