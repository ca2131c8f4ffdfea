"""The parts of an ONNX file: tensors in all their encodings, types, and what is refused."""

from __future__ import annotations

import struct
from importlib import import_module
from pathlib import Path
from typing import Optional, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model

from .graphs import count, graph_in, model, node, piece, value, write, zeros

X = value(11, b"x", [1, 4, 8, 8])
Y = value(12, b"y")
RESIZED = node(b"Resize", [b"x", b"", b"f"], [b"y"]) + X + Y


def refusal(folder: Path, graph: bytes, *parts: bytes) -> Tuple[str, str]:
    """The rule and message of the error."""
    with pytest.raises(ModelFileError) as caught:
        inspect_model(write(folder / "graph.onnx", graph, *parts))
    return caught.value.finding.rule, caught.value.finding.message


def vector(kind: int, *content: bytes, size: int = 4) -> bytes:
    return piece(5, count(1, size) + count(2, kind) + piece(8, b"f") + b"".join(content))


FLOATS = struct.pack("<4f", 1, 1, 2, 3)


@pytest.mark.parametrize(
    ("factors", "sizes"),
    [
        (vector(1, piece(9, FLOATS)), (1, 4, 16, 24)),
        (vector(1, piece(4, FLOATS)), (1, 4, 16, 24)),
        (
            vector(1, *(b"\x25" + struct.pack("<f", one) for one in (1, 1, 2, 3))),
            (1, 4, 16, 24),
        ),
        (vector(11, piece(10, struct.pack("<4d", 1, 1, 2, 3))), (1, 4, 16, 24)),
        (vector(6, piece(5, b"\x01\x01\x02\x03")), (1, 4, 16, 24)),
        (vector(10, piece(9, struct.pack("<4e", 1, 1, 2, 3))), (1, 4, 16, 24)),
        # bfloat16, too few bytes, too few numbers, none at all: the sizes are not known.
        (vector(16, piece(9, bytes(8))), (None,) * 4),
        (vector(1, piece(9, FLOATS[:-1])), (None,) * 4),
        (vector(1, piece(4, FLOATS[:-4])), (None,) * 4),
        (vector(1), (None,) * 4),
        (vector(1, b"\x25\0\0\x80\x3f" * 5000), (None,) * 4),
        (vector(1, piece(9, FLOATS), piece(12, b"a note")), (1, 4, 16, 24)),
    ],
)
def test_numbers_are_read_in_all_encodings(
    tmp_path: Path, factors: bytes, sizes: Tuple[Optional[int], ...]
) -> None:
    path = write(tmp_path / "graph.onnx", RESIZED + factors)
    assert inspect_model(path).outputs[0].shape == sizes


def test_a_negative_size_is_damage(tmp_path: Path) -> None:
    rule, message = refusal(tmp_path, RESIZED + vector(1, size=-3))
    assert rule == "model-damaged"
    assert "tensor sizes of -3" in message


def test_a_tensor_of_countless_dimensions_is_damage(tmp_path: Path) -> None:
    rule, message = refusal(tmp_path, RESIZED + vector(1, *(count(1, 1) for _ in range(70))))
    assert rule == "model-damaged"
    assert "too many fields for a tensor" in message


def test_a_value_of_countless_dimensions_is_damage(tmp_path: Path) -> None:
    rule, message = refusal(tmp_path, RESIZED + value(13, b"v", [1] * 65))
    assert rule == "model-damaged"
    assert "more than 64 dimensions" in message


def elsewhere(*entries: Tuple[bytes, bytes]) -> bytes:
    pairs = b"".join(
        piece(13, piece(1, key) + piece(2, text) + piece(3, b"")) for key, text in entries
    )
    return vector(1, pairs, count(14, 1))


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ((), "does not name that file"),
        (((b"location", b""),), "does not name that file"),
        (((b"location", b"w.bin"), (b"offset", b"far")), "offset of its values"),
        (((b"location", b"w.bin"), (b"length", b"-1")), "length of its values"),
        (((b"location", b"w.bin"), (b"length", b"9" * 30)), "length of its values"),
    ],
)
def test_values_elsewhere_need_a_place(
    tmp_path: Path, entries: Tuple[Tuple[bytes, bytes], ...], why: str
) -> None:
    rule, message = refusal(tmp_path, RESIZED + elsewhere(*entries))
    assert rule == "model-damaged"
    assert why in message


def test_values_elsewhere_are_not_looked_up(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(32))
    entries = ((b"location", b"w.bin"), (b"offset", b"16"), (b"length", b"16"))
    described = inspect_model(write(tmp_path / "graph.onnx", RESIZED + elsewhere(*entries)))
    assert [part.path for part in described.files] == ["graph.onnx", "w.bin"]
    assert described.outputs[0].shape == (None,) * 4
    assert described.findings == ()


@pytest.mark.parametrize(
    ("entries", "last"),
    [
        # Without a length, the tensor's own size counts.
        ((), 16),
        (((b"offset", b"4"),), 20),
        (((b"length", b"30"),), 30),
        (((b"offset", b"4"), (b"length", b"12")), None),
    ],
)
def test_values_elsewhere_have_to_fit_into_their_file(
    tmp_path: Path, entries: Tuple[Tuple[bytes, bytes], ...], last: Optional[int]
) -> None:
    (tmp_path / "w.bin").write_bytes(bytes(16 if last is None else last - 1))
    place = ((b"location", b"w.bin"), *entries)
    described = inspect_model(write(tmp_path / "graph.onnx", RESIZED + elsewhere(*place)))
    if last is None:
        assert described.findings == ()
    else:
        assert [item.rule for item in described.findings] == ["model-damaged"]
        assert f"'w.bin' up to byte {last}, but" in described.findings[0].message


VALUES = piece(1, count(1, 2) + count(2, 1) + piece(8, b"s") + piece(9, bytes(8)))


@pytest.mark.parametrize(
    ("content", "elements"),
    [
        (VALUES + count(3, 5) + count(3, 3), 15),
        (VALUES + piece(2, b"") + count(3, 7), 7),
        (count(3, 5), 0),
        (VALUES + count(3, -5), 0),
    ],
)
def test_sparse_weights_are_counted_as_what_they_stand_for(
    tmp_path: Path, content: bytes, elements: int
) -> None:
    path = write(
        tmp_path / "graph.onnx", node(b"Relu", [b"x"], [b"y"]) + X + Y + piece(15, content)
    )
    assert inspect_model(path).parameters == elements


@pytest.mark.parametrize(("content", "known"), [(VALUES + count(3, 99), False), (b"", True)])
def test_sparse_constants_of_some_size_may_be_weights(
    tmp_path: Path, content: bytes, known: bool
) -> None:
    given = piece(1, b"sparse_value") + piece(22, content)
    graph = node(b"Constant", [], [b"y"], given) + Y
    assert (inspect_model(write(tmp_path / "graph.onnx", graph)).parameters == 0) is known


def wrapped(*numbers: int) -> bytes:
    """A type of types; 0 is a tensor of floats."""
    content = b""
    for number in reversed(numbers):
        if number == 0:
            content = piece(1, count(1, 1) + piece(3, b""))
        elif number == 5:
            content = piece(5, count(1, 7) + (piece(2, content) if content else b""))
        else:
            content = piece(number, piece(1, content))
    return content


@pytest.mark.parametrize(
    ("type_", "told"),
    [
        (wrapped(0), "float32"),
        (wrapped(8), None),
        (wrapped(4, 0), "sequence(float32)"),
        (wrapped(9, 0), "optional(float32)"),
        (wrapped(9, 4, 0), "optional(sequence(float32))"),
        (wrapped(5, 0), "map(int64, float32)"),
        (wrapped(5), "map(int64, ?)"),
        (piece(5, b""), "map(?, ?)"),
        (wrapped(4, 7), "sequence(opaque)"),
        (piece(7, b""), "opaque"),
        (piece(6, b"denotation"), None),
        (wrapped(*[4] * 40, 0), "sequence(" * 9 + "?" + ")" * 9),
    ],
)
def test_types_are_told_in_words(tmp_path: Path, type_: bytes, told: Optional[str]) -> None:
    end = piece(12, piece(1, b"y") + piece(2, type_))
    path = write(tmp_path / "graph.onnx", node(b"Unknown", [b"x"], [b"y"]) + X + end)
    assert inspect_model(path).outputs[0].data_type == told


def test_sizes_of_other_forms_are_free(tmp_path: Path) -> None:
    # A name for a size, an old exporter's -1, and fields that nobody knows.
    sizes = piece(1, piece(2, b"batch")) + piece(1, count(1, -1)) + piece(9, b"") + piece(1, b"")
    type_ = piece(1, count(1, 1) + piece(2, sizes))
    graph = node(b"Relu", [b"x"], [b"y"]) + piece(11, piece(1, b"x") + piece(2, type_)) + Y
    assert inspect_model(write(tmp_path / "g.onnx", graph)).inputs[0].shape == (None,) * 3


def test_fields_of_later_versions_are_passed_over(tmp_path: Path) -> None:
    graph = node(b"Relu", [b"x"], [b"y"]) + X + Y + piece(14, b"")
    path = write(tmp_path / "g.onnx", graph, piece(8, piece(1, b"later") + count(9, 3)))
    assert inspect_model(path).outputs[0].shape == (1, 4, 8, 8)


def test_an_empty_graph_is_damage(tmp_path: Path) -> None:
    rule, message = refusal(tmp_path, X)
    assert rule == "model-damaged"
    assert "neither operations nor outputs" in message


def test_more_operations_than_are_read_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = node(b"Relu", [b"x"], [b"v"]) + node(b"Relu", [b"v"], [b"y"]) + X + Y
    monkeypatch.setattr("dl2ecd_core.models.onnx.document.MOST_NODES", 2)
    inspect_model(write(tmp_path / "graph.onnx", graph))
    monkeypatch.setattr("dl2ecd_core.models.onnx.document.MOST_NODES", 1)
    rule, message = refusal(tmp_path, graph)
    assert rule == "model-too-complex"
    assert "more than 1 operations" in message


def test_more_branches_than_are_read_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    branch = node(b"Identity", [b"x"], [b"z"]) + value(12, b"z", [1])
    both = (graph_in(b"then_branch", branch), graph_in(b"else_branch", branch))
    graph = node(b"If", [b"x"], [b"y"], *both) + X + Y
    inspect_model(write(tmp_path / "graph.onnx", graph))
    # The package's attribute of this name is the function.
    monkeypatch.setattr(import_module("dl2ecd_core.models.onnx.survey"), "_MOST_GRAPHS", 1)
    rule, message = refusal(tmp_path, graph)
    assert rule == "model-damaged"
    assert "too many graphs inside nodes" in message


def test_a_first_operation_of_many_inputs_is_still_one(tmp_path: Path) -> None:
    names = [b"x"] * 40
    path = write(tmp_path / "graph.onnx", node(b"Concat", names, [b"y"]) + X + Y)
    assert inspect_model(path).outputs[0].shape == (1, 160, 8, 8)


def test_onnxruntimes_own_format_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.ort"
    path.write_bytes(b"\x18\0\0\0ORTM" + bytes(24))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-unsupported"
    assert "onnxruntime's own format" in caught.value.finding.message


@pytest.mark.parametrize(
    "data",
    [
        # The version is no number, too large, or comes after the graph.
        b"\x0a\x01\x08" + piece(7, node(b"Relu", [b"x"], [b"y"])),
        b"\x08\xff\x7f" + piece(7, node(b"Relu", [b"x"], [b"y"])),
        piece(7, node(b"Relu", [b"x"], [b"y"])) + b"\x08\x08",
        # The graph has no fields of a graph, a node none of a node, a tensor none of a tensor.
        b"\x08\x08" + piece(7, count(1, 5)),
        b"\x08\x08" + piece(7, piece(1, count(1, 5))),
        b"\x08\x08" + piece(7, piece(5, count(12, 5))),
        b"\x08\x08" + piece(7, b""),
        # There is no graph.
        b"\x08\x08" + piece(2, b"pytorch"),
    ],
)
def test_other_files_that_begin_alike_are_not_taken_for_onnx(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(data)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_a_file_cut_right_before_its_graph_is_still_known_for_onnx(tmp_path: Path) -> None:
    path = tmp_path / "x.onnx"
    path.write_bytes(b"\x08\x08" + piece(7, bytes(300))[:-300])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


def test_only_the_first_parts_of_a_graph_decide_whether_it_is_onnx(tmp_path: Path) -> None:
    relus = b"".join(node(b"Relu", [b"x"], [b"y"]) for _ in range(20))
    path = tmp_path / "x.onnx"
    path.write_bytes(model(relus + count(99, 1) + X + Y))
    assert inspect_model(path).format == "onnx"


def test_weights_need_not_be_named(tmp_path: Path) -> None:
    graph = node(b"Relu", [b"x"], [b"y"]) + X + Y + zeros(b"", 3, 5)
    assert inspect_model(write(tmp_path / "graph.onnx", graph)).parameters == 15
