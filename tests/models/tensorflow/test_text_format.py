"""Graphs and SavedModels in protobuf's text format."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.tensorflow import text_format
from dl2ecd_core.models.tensorflow.text_format import TextKind, text_as_binary, text_kind
from dl2ecd_core.wire.source import ByteSource
from tests.models.cntk.writers import field
from tests.models.tensorflow.graphs import const, fed, inspected, node


def binary(folder: Path, text: str, message: str = "GraphDef") -> bytes:
    """The binary form of a text."""
    path = folder / "graph.pbtxt"
    path.write_text(text, "utf-8")
    with ByteSource(path) as source:
        written = text_as_binary(source, message)
        return written.read(0, written.size)


def attribute(value: str) -> str:
    return f'node {{ attr {{ key: "a" value {{ {value} }} }} }}'


def wrapped(value: bytes) -> bytes:
    return field(1, field(5, field(1, b"a") + field(2, value)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("i: 010", field(3, 8)),
        ("i: 0x1F", field(3, 31)),
        ("i: -1", field(3, (1 << 64) - 1)),
        ("b: true", field(5, 1)),
        ("b: f", field(5, 0)),
        ("type: DT_INT64", field(6, 9)),
        ("type: 9", field(6, 9)),
        ("type: DT_FLOAT_REF", field(6, 101)),
        ("type: DT_OF_THE_FUTURE", field(6, 0)),
        ("f: 1.5f", b"\x25" + struct.pack("<f", 1.5)),
        ("f: - 2", b"\x25" + struct.pack("<f", -2)),
        ("f: -inf", b"\x25" + struct.pack("<f", float("-inf"))),
        ("f: 1e300", b"\x25" + struct.pack("<f", float("inf"))),
        ("tensor { double_val: 0.1 }", field(8, b"\x31" + struct.pack("<d", 0.1))),
        (r's: "\001" "\x02"' + " 'x'", field(2, b"\1\2x")),
        ("s: '" + "x" * 40_000 + "'", field(2, b"")),
        ("list { i: [1, 2] }", field(1, field(3, 1) + field(3, 2))),
        ("tensor: 5 placeholder: 'x' [type/x] { i: 3 } shape < >", field(7, b"")),
    ],
)
def test_values_become_what_protobuf_writes(text: str, value: bytes, tmp_path: Path) -> None:
    assert binary(tmp_path, attribute(text)) == wrapped(value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("b: 2", "'2'"),
        ("i: 1.5", "'1.5'"),
        ("i: '5'", "'5'"),
        ("s: 5", "'5'"),
        ("f: x", "'x'"),
    ],
)
def test_values_of_another_kind_are_damage_at_their_place(
    text: str, word: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelFileError, match="is not a value of this field") as caught:
        binary(tmp_path, attribute(text))
    finding = caught.value.finding
    assert finding.rule == "model-damaged"
    assert word in finding.message
    assert finding.where.offset == attribute(text).index(text) + 3


def test_long_rows_of_numbers_are_left_out(tmp_path: Path) -> None:
    text = attribute("tensor { " + "int_val: 300 " * 2000 + "}")
    assert len(binary(tmp_path, text)) < 2000 * 2


def test_a_text_without_end_of_facts_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_format, "_MOST_BINARY", 100)
    with pytest.raises(ModelFileError, match="more than 100 bytes beside the weights") as caught:
        binary(tmp_path, 'node { name: "x" op: "y" }' * 20)
    assert caught.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (' # made by hand\n node { name: "x" op: "Add" }', TextKind.GRAPH),
        ("\ufeffversions { producer: 5 }", TextKind.GRAPH),
        ("library { }", TextKind.GRAPH),
        ('node { name: "x" calculator: "Y" }', None),
        ("saved_model_schema_version: 1 meta_graphs { }", TextKind.SAVED_MODEL),
        ("meta_graphs < >", TextKind.SAVED_MODEL),
        ("layer { }", None),
        ('node { name: "x" op: "Add" }\0', None),
    ],
)
def test_the_beginning_tells_what_a_text_holds(text: str, kind: Any, tmp_path: Path) -> None:
    path = tmp_path / "model"
    path.write_text(text, "utf-8")
    with ByteSource(path) as source:
        assert text_kind(source) is kind


def test_a_saved_model_may_be_text(tmp_path: Path) -> None:
    info: Dict[str, str] = {
        "x": 'name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } dim { size: 4 } }',
        "y": 'name: "y:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } dim { size: 4 } }',
    }
    graph = fed("x", (None, 4)) + node("y", "Softmax", "x", T="DT_FLOAT")
    (tmp_path / "saved_model.pbtxt").write_text(
        "saved_model_schema_version: 1 meta_graphs { meta_info_def { tags: 'serve' "
        "tensorflow_version: '2.21.0' } graph_def { " + graph + " } signature_def { "
        "key: 'serving_default' value { inputs { key: 'image' value { " + info["x"] + " } } "
        "outputs { key: 'classes' value { " + info["y"] + " } } } } }",
        "ascii",
    )
    model = inspect_model(tmp_path)
    assert (model.format, model.framework_version) == ("tensorflow-savedmodel", "2.21.0")
    assert [(t.name, t.shape) for t in (*model.inputs, *model.outputs)] == [
        ("image", (None, 4)),
        ("classes", (None, 4)),
    ]
    assert model.outputs[0].axes == "?C"


@pytest.mark.parametrize("kind", ["DT_FLOAT", "DT_DOUBLE", "DT_INT64"])
def test_sizes_may_be_of_any_kind_of_number(kind: str, tmp_path: Path) -> None:
    model = inspected(
        tmp_path,
        const("sizes", [2, 3], kind),
        node("whole", "Cast", "sizes", SrcT=kind, DstT="DT_INT32"),
        fed("x", ()),
        node("y", "Fill", "whole", "x", T="DT_FLOAT"),
    )
    assert [output.shape for output in model.outputs] == [(2, 3)]
