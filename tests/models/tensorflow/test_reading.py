"""Nodes, functions and constants of a graph as they lie in the file, odd and damaged ones too."""

from __future__ import annotations

from pathlib import Path
from typing import List

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import ModelDescription
from dl2ecd_core.models.tensorflow import graph as graph_module
from dl2ecd_core.models.tensorflow import walk as walk_module
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.cntk.writers import field, varint
from tests.models.tensorflow.graphs import Shape, const, fed, inspected, node

TF1 = FIXTURES / "tensorflow" / "tf1"


def attribute(name: str, value: bytes) -> bytes:
    return field(5, field(1, name.encode()) + field(2, value))


def raw_node(name: str, op: str, *more: bytes) -> bytes:
    return field(1, field(1, name.encode()) + field(2, op.encode()) + b"".join(more))


def read(folder: Path, data: bytes) -> ModelDescription:
    path = folder / "graph.pb"
    path.write_bytes(data)
    return inspect_model(path)


def refused(folder: Path, data: bytes) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        read(folder, data)
    return caught.value


def dims(*sizes: int) -> bytes:
    return b"".join(field(2, field(1, size)) for size in sizes)


FIRST = raw_node("x", "Placeholder", attribute("dtype", field(6, 1)))


@pytest.mark.parametrize(
    "data",
    [
        FIRST + field(9, 1),
        FIRST + field(1, 7),
        FIRST + field(1, field(2, b"Add")),
        FIRST + field(1, field(1, b"y")),
        FIRST + field(1, field(1, b"y") + field(2, b"Relu") + b"\x0a"),
        FIRST + raw_node("y", "Relu", b"\x80"),
        FIRST + raw_node("y", "Relu", field(5, field(1, b"T") + field(2, b"\x30"))),
    ],
)
def test_what_is_no_graph_is_damage_at_its_place(data: bytes, tmp_path: Path) -> None:
    finding = refused(tmp_path, data).finding
    assert finding.rule == "model-damaged"
    assert finding.where.offset is not None and finding.where.offset > len(FIRST)


@pytest.mark.parametrize(
    ("module", "limit", "most", "data"),
    [
        (graph_module, "MOST_NODES", 1, FIRST + raw_node("y", "Relu", field(3, b"x"))),
        (
            graph_module,
            "_MOST_INPUTS",
            2,
            FIRST + raw_node("y", "AddN", *[field(3, b"x")] * 3, field(100, 1)),
        ),
        (
            graph_module,
            "_MOST_FUNCTIONS",
            1,
            FIRST + field(2, b"".join(field(1, field(1, field(1, name))) for name in (b"f", b"g"))),
        ),
        (
            graph_module,
            "MOST_NODES",
            1,
            FIRST
            + field(
                2,
                field(
                    1,
                    field(1, field(1, b"f"))
                    + field(3, field(1, b"a") + field(2, b"NoOp"))
                    + field(3, field(1, b"b") + field(2, b"NoOp")),
                ),
            ),
        ),
    ],
)
def test_more_than_any_model_has_is_refused(
    module: object,
    limit: str,
    most: int,
    data: bytes,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, limit, most)
    error = refused(tmp_path, data)
    assert error.finding.rule == "model-too-complex"
    assert f"more than {most} " in str(error)


def test_what_is_remembered_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = inspect_model(TF1 / "unet_same.pb")
    monkeypatch.setattr(graph_module, "_MOST_KEPT", 1)
    monkeypatch.setattr(graph_module, "_MOST_ATTRIBUTES_KEPT", 2)
    monkeypatch.setattr(walk_module, "_MOST_SEEN", 1)
    assert inspect_model(TF1 / "unet_same.pb") == whole


@pytest.mark.parametrize(
    ("tensor", "shape"),
    [
        # Type, shape, then the elements: packed, in pieces, one by one, as bytes.
        (field(1, 3) + field(2, dims(2)) + field(7, b"\2\3"), (2, 3)),
        (field(1, 3) + field(2, dims(2)) + field(7, b"\2") + field(7, b"\3"), (2, 3)),
        (field(1, 3) + field(2, dims(2)) + field(7, 2) + field(7, 3), (2, 3)),
        (field(1, 3) + field(2, dims(2)) + field(4, b"\2\0\0\0\3\0\0\0"), (2, 3)),
        # The last element stands for all that are missing; without any, they are zeros.
        (field(1, 3) + field(2, dims(2)) + field(7, b"\2"), (2, 2)),
        (field(1, 3) + field(2, dims(2)), (0, 0)),
        # What can't be: too few bytes, too many elements, elements of another kind, text.
        (field(1, 3) + field(2, dims(2)) + field(4, b"\2\0\0"), (None, None)),
        (field(1, 3) + field(2, dims(2)) + field(7, b"\2\3\4"), (None, None)),
        (field(1, 3) + field(2, dims(2)) + field(7, 2) + b"\x3d\0\0\0\0", (2, 2)),
        (field(1, 3) + field(2, dims(2)) + field(5, 2) + b"\x3d\0\0\0\0", (0, 0)),
        (field(1, 7) + field(2, dims(2)) + field(8, b"2"), (None, None)),
        # A dimension that is given twice: the last one counts.
        (field(1, 3) + field(2, field(2, field(1, 9) + field(1, 2))) + field(7, b"\2\3"), (2, 3)),
        (field(1, 3) + field(2, field(2, varint(8) + b"\x82\x80\0")) + field(7, b"\2\3"), (2, 3)),
    ],
)
def test_elements_of_a_constant(tensor: bytes, shape: Shape, tmp_path: Path) -> None:
    sizes = raw_node("sizes", "Const", attribute("value", field(8, tensor)))
    filled = raw_node("y", "Fill", field(3, b"sizes"), field(3, b"x"), attribute("T", field(6, 1)))
    assert [output.shape for output in read(tmp_path, FIRST + sizes + filled).outputs] == [shape]


def test_fractions_of_another_kind_are_no_elements(tmp_path: Path) -> None:
    value = field(8, field(1, 1) + field(2, dims(2)) + field(5, 1))
    sizes = raw_node("sizes", "Const", attribute("value", value))
    whole = raw_node("whole", "Cast", field(3, b"sizes"), attribute("DstT", field(6, 3)))
    filled = raw_node("y", "Fill", field(3, b"whole"), field(3, b"x"))
    assert [t.shape for t in read(tmp_path, FIRST + sizes + whole + filled).outputs] == [(0, 0)]


def test_shapes_have_as_many_dimensions_as_tensorflow_allows(tmp_path: Path) -> None:
    many = tuple(range(200))
    assert inspected(tmp_path, fed("x", many)).inputs[0].shape == many
    with pytest.raises(ModelFileError, match="more than 254 dimensions"):
        inspected(tmp_path, fed("x", tuple(range(300))))


@pytest.mark.parametrize("value", ["f: 2.0", "s: 'SAME'", "i: 2 f: 1.0", ""])
def test_attributes_of_another_kind_are_absent(value: str, tmp_path: Path) -> None:
    split = (
        'node { name: "y" op: "Unpack" input: "x" attr { key: "T" value { type: DT_FLOAT } } '
        f'attr {{ key: "num" value {{ {value} }} }} }}'
    )
    outputs = inspected(tmp_path, fed("x", (2, 3)), split).outputs
    assert [output.shape for output in outputs][:1] == [(3,) if "i:" in value else None]


def test_a_value_that_is_no_list_has_no_elements(tmp_path: Path) -> None:
    shape: List[str] = ["list { shape: { dim { size: 5 } } }", "list { i: 5 }", "i: 5"]
    found = []
    for value in shape:
        told = (
            'node { name: "y" op: "Own" input: "x" '
            f'attr {{ key: "_output_shapes" value {{ {value} }} }} }}'
        )
        found.append([t.shape for t in inspected(tmp_path, fed("x", (2,)), told).outputs])
    assert found == [[(5,)], [None], [None]]


def test_a_list_of_shapes_holds_shapes(tmp_path: Path) -> None:
    told = attribute("_output_shapes", field(2, b"x") + field(1, field(7, 5) + field(7, dims(4))))
    (output,) = read(tmp_path, FIRST + raw_node("y", "Own", field(3, b"x"), told)).outputs
    assert output.shape == (4,)


def test_a_long_node_is_read_where_it_is_needed(tmp_path: Path) -> None:
    # More than is taken apart in memory, with an attribute behind it.
    model = inspected(
        tmp_path,
        const("w", [0.5] * 900 + [0.25] * 100),
        node("y", "Identity", "w", note="n" * 6000, T="DT_FLOAT"),
        node("z", "Relu", "y", T="DT_FLOAT", _output_shapes=[(1000,)]),
    )
    assert [(t.name, t.shape, t.data_type) for t in model.outputs] == [("z", (1000,), "float32")]
    assert model.parameters == 1000


def test_a_long_text_is_read_where_it_is_needed(tmp_path: Path) -> None:
    data = FIRST + raw_node(
        "y",
        "Einsum",
        field(3, b"x"),
        attribute("note", field(2, b"n" * 5000)),
        attribute("equation", field(2, b"ab->ba")),
    )
    placed = raw_node("x", "Placeholder", attribute("shape", field(7, dims(2, 3))))
    assert read(tmp_path, data.replace(FIRST, placed)).outputs[0].shape == (3, 2)


LIBRARY = """
library {{ function {{ signature {{ name: "f" input_arg {{ name: "a" }} {arguments}
    output_arg {{ name: "o" type: DT_FLOAT }} }}
  node_def {{ name: "r" op: "Relu" input: "{taken}"
    attr {{ key: "T" value {{ type: DT_FLOAT }} }} }}
  ret {{ key: "o" value: "{result}" }} }} {more} }}
"""
CALL = 'node { name: "y" op: "f" input: "x" }'


def library(
    taken: str = "a", result: str = "r:activations:0", more: str = "", arg: str = ""
) -> str:
    return LIBRARY.format(taken=taken, result=result, more=more, arguments=arg)


@pytest.mark.parametrize(
    ("functions", "call", "shape"),
    [
        (library(), CALL, (2, 3)),
        (library(result="a"), CALL, (2, 3)),
        (library(result="r"), CALL, (2, 3)),
        (library(result="r:0"), CALL, (2, 3)),
        (library(more="function { signature { } } function { }"), CALL, (2, 3)),
        (library(arg="input_arg { }"), CALL, (2, 3)),
        # Neither a node nor an argument, an argument that the caller does not give, no result.
        (library(taken="b"), CALL, None),
        (library(taken="r"), CALL, None),
        (library(result="b"), CALL, None),
        (library(), 'node { name: "y" op: "f" }', None),
        (library(), CALL + 'node { name: "z" op: "Relu" input: "y:1" }', None),
        # A call of what is not there, or of nothing.
        (library(), 'node { name: "y" op: "PartitionedCall" input: "x" }', None),
        (
            library(),
            'node { name: "y" op: "PartitionedCall" input: "x" '
            'attr { key: "f" value { func { name: "g" } } } }',
            None,
        ),
        (
            library(),
            'node { name: "y" op: "PartitionedCall" input: "x" '
            'attr { key: "f" value { func { } } } }',
            None,
        ),
        # A function that calls itself.
        (library(result="r").replace('op: "Relu"', 'op: "f"'), CALL, None),
    ],
)
def test_calls_are_followed_into_functions(
    functions: str, call: str, shape: Shape, tmp_path: Path
) -> None:
    model = inspected(tmp_path, fed("x", (2, 3)), call, functions)
    (told,) = {output.shape for output in model.outputs if output.name in ("y", "z")}
    assert told == shape


def test_functions_name_the_outputs_of_their_operations(tmp_path: Path) -> None:
    for result, shape, kind in (
        ("k:values:0", (2, 3), "float32"),
        ("k:indices:0", (2, 3), None),
        ("k:nothing:0", (2, 3), "float32"),
        ("k:indices:x", (2, 3), None),
    ):
        more = library(result=result).replace(
            "node_def {",
            'node_def { name: "n" op: "Const" attr { key: "value" value { tensor { '
            "dtype: DT_INT32 tensor_shape { } int_val: 3 } } } }\n"
            'node_def { name: "k" op: "TopKV2" input: "a" input: "n" '
            'attr { key: "T" value { type: DT_FLOAT } } } node_def {',
            1,
        )
        (output,) = inspected(tmp_path, fed("x", (2, 9)), CALL, more).outputs
        assert (output.shape, output.data_type) == (shape, kind)


def test_an_input_that_is_not_in_the_graph_is_unknown(tmp_path: Path) -> None:
    (output,) = inspected(tmp_path, fed("x", (2,)), node("y", "Relu", "nowhere")).outputs
    assert (output.name, output.shape, output.data_type) == ("y", None, None)


def test_a_graph_knows_the_program_that_made_it(tmp_path: Path) -> None:
    for data, producer in (
        (FIRST + field(4, field(1, 27) + field(2, 12)), 27),
        (FIRST + field(4, field(2, 12)) + field(3, 5), None),
    ):
        path = tmp_path / "graph.pb"
        path.write_bytes(data)
        with ByteSource(path) as source:
            assert graph_module.read_graph(Message(source)).producer == producer


@pytest.mark.parametrize(
    "broken",
    [
        field(1, b"T") + field(2, b"\x32\x81\x80\x80\x80\x80\x80\0x"),
        field(1, b"T") + b"\x12\x83\x80\x80\x80\x80\0\x30\x81\0",
        field(1, b"T") + field(2, b"\x30\1") + field(3, b"more"),
        field(2, b"\x30\1"),
        field(1, b"T"),
        b"",
    ],
)
def test_attributes_may_be_written_in_odd_ways(broken: bytes, tmp_path: Path) -> None:
    model = read(tmp_path, FIRST + raw_node("y", "Relu", field(3, b"x"), field(5, broken)))
    assert [(t.name, t.data_type) for t in model.outputs] == [("y", "float32")]


def test_calls_one_after_another_are_followed_so_far(tmp_path: Path) -> None:
    for count, shape in ((50, (2, 3)), (200, None)):
        calls = [f'node {{ name: "y{n}" op: "f" input: "y{n - 1}" }}' for n in range(1, count)]
        text = (fed("y0", (2, 3)), *calls, library(result="a"))
        (output,) = inspected(tmp_path, *text).outputs
        assert (output.shape, output.data_type) == (shape, "float32" if shape else None)


def test_a_type_is_followed_so_far(tmp_path: Path) -> None:
    for count, kind in ((20, "float32"), (60, None)):
        relus = [node(f"y{n}", "Relu", f"y{n - 1}") for n in range(1, count)]
        (output,) = inspected(tmp_path, fed("y0", (2,)), *relus).outputs
        assert (output.shape, output.data_type) == ((2,), kind)


def test_a_ring_of_operations_tells_nothing(tmp_path: Path) -> None:
    model = inspected(
        tmp_path,
        fed("x", (2,)),
        node("a", "AddV2", "x", "b", T="DT_FLOAT"),
        node("b", "AddV2", "a", "a", T="DT_FLOAT"),
        node("y", "Relu", "b", T="DT_FLOAT"),
    )
    assert [(t.name, t.shape) for t in model.outputs] == [("y", None)]


def test_shapes_that_the_file_states_are_told(tmp_path: Path) -> None:
    model = inspected(
        tmp_path,
        fed("x", (None, 3)),
        node("own", "Own", "x", T="DT_FLOAT", _output_shapes=[(4, 5)]),
        node("both", "Relu", "x", T="DT_FLOAT", _output_shapes=[(2, 3)]),
        node("other", "Relu", "x", T="DT_FLOAT", _output_shapes=[(2, 9)]),
    )
    assert {t.name: t.shape for t in model.outputs} == {
        "own": (4, 5),
        "both": (2, 3),
        "other": (None, 3),
    }
