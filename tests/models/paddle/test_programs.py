"""PaddlePaddle's programs step by step, in both formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, Optional, Sequence, Tuple

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, ModelDescription
from tests.conftest import FIXTURES
from tests.fuzz.protobufs import varint
from tests.models.messages import number, piece

HERE = FIXTURES / "paddle"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())
MOVES = ["moves.pdmodel", "moves_pir.json"]


# --- what the real framework wrote ---


@pytest.mark.parametrize("name", MOVES)
def test_shapes_are_those_of_the_framework(name: str) -> None:
    found, told = inspect_model(HERE / name), EXPECTED[name]
    assert [[t.name, list(t.shape or ())] for t in found.inputs] == told["inputs"]
    assert [list(t.shape or ()) for t in found.outputs] == told["outputs"]
    assert found.parameters == told["parameters"]
    assert found.findings == ()


@pytest.mark.parametrize("name", MOVES)
def test_axes_are_known_where_an_operation_names_them(name: str) -> None:
    found = inspect_model(HERE / name)
    assert [tensor.axes for tensor in found.inputs] == ["NHWC", "NCHW", "NC"]
    outputs = [(tensor.axes, tensor.activation) for tensor in found.outputs]
    assert outputs[:5] == [
        ("NHWC", Activation.NONE),
        ("NHWC", Activation.NONE),
        ("NC?", Activation.SOFTMAX),
        ("?NCHW", Activation.SOFTMAX),
        ("??", None),
    ]
    assert outputs[7] == ("NC", Activation.NONE)


def test_what_an_argmax_leaves_has_no_class_axis() -> None:
    outputs = inspect_model(HERE / "moves_pir.json").outputs[9:]
    assert [(tensor.axes, tensor.class_count) for tensor in outputs] == [
        ("NHW", 3),
        ("N?HW", 3),
        ("NHW", 3),
        ("", None),
        ("NHW", 3),
    ]
    assert {tensor.activation for tensor in outputs} == {Activation.ARGMAX}


# --- binary programs, field by field ---


def tensor(*sizes: int, kind: int = 5) -> bytes:
    """The type of a dense tensor of 32-bit floats."""
    dims = b"".join(number(2, size) for size in sizes)
    return piece(3, number(9, 1) + piece(1, number(1, kind) + dims + number(9, 1)) + number(2, 0))


def variable(name: str, type_: bytes = b"", *, kept: bool = False) -> bytes:
    raw = piece(1, name.encode()) + piece(2, number(1, 7) + type_) + number(9, 1)
    return piece(3, raw + number(3, int(kept)))


def slot(key: str, *names: str) -> bytes:
    raw = piece(1, key.encode()) + b"".join(piece(2, name.encode()) for name in names)
    return raw + number(9, 1)


def step(
    kind: str, inputs: Dict[str, Sequence[str]], outputs: Dict[str, Sequence[str]], *more: bytes
) -> bytes:
    raw = b"".join(piece(1, slot(key, *names)) for key, names in inputs.items())
    raw += b"".join(piece(2, slot(key, *names)) for key, names in outputs.items())
    raw += piece(3, kind.encode()) + b"".join(piece(4, one) for one in more) + number(9, 1)
    return piece(4, raw)


def attribute(name: str, value: bytes) -> bytes:
    return piece(1, name.encode()) + number(2, 0) + value


def program(folder: Path, *parts: bytes, more: bytes = b"") -> ModelDescription:
    """What is told of a program; its first block feeds ``x`` and fetches ``y``."""
    ends = step("feed", {}, {"Out": ["x"]}) + step("fetch", {"X": ["y"]}, {})
    block = number(1, 0) + number(2, -1 & 0xFFFFFFFF) + b"".join(parts) + ends
    path = folder / "x.pdmodel"
    path.write_bytes(piece(1, block) + more)
    return inspect_model(path)


X = variable("x", tensor(2, 4, 8, 8))
Y = variable("y", tensor(2, 3, 8, 8))


@pytest.mark.parametrize(
    ("number_", "version"),
    [(2005001, "2.5.1"), (0, None), (1 << 40, None)],
)
def test_versions_stand_in_one_number(number_: int, version: Optional[str], tmp_path: Path) -> None:
    more = piece(4, number(9, 1) + number(1, number_)) + piece(1, b"") + piece(7, b"")
    assert program(tmp_path, X, Y, more=more).framework_version == version


def test_inputs_stand_in_the_order_of_their_columns(tmp_path: Path) -> None:
    feeds = [
        step("feed", {}, {"Out": [name]}, attribute("col", number(3, place)))
        for name, place in (("b", 2), ("a", 1))
    ]
    assert [one.name for one in program(tmp_path, X, Y, *feeds).inputs] == ["x", "a", "b"]


def test_calls_to_python_are_named(tmp_path: Path) -> None:
    (finding,) = program(tmp_path, X, Y, step("py_func", {"X": ["x"]}, {"Out": ["y"]})).findings
    assert finding.rule == "model-runs-own-code"
    assert "'py_func'" in finding.message


@pytest.mark.parametrize(
    ("type_", "shape", "data_type"),
    [
        (tensor(2, -1 & (1 << 64) - 1, 8, kind=3), (2, None, 8), "int64"),
        (tensor(kind=99), (), None),
        (piece(3, number(2, 0)), None, None),
        (piece(4, b""), None, None),
    ],
)
def test_only_dense_tensors_have_a_shape(
    type_: bytes, shape: Any, data_type: Any, tmp_path: Path
) -> None:
    (found,) = program(tmp_path, variable("x", type_), Y).inputs
    assert (found.shape, found.data_type) == (shape, data_type)


def test_tensors_of_many_dimensions_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="more than 64 dimensions"):
        program(tmp_path, variable("x", tensor(*[1] * 65)))


def test_programs_without_end_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dl2ecd_core.models.paddle.program._MOST_STEPS", 3)
    steps = [step("relu", {"X": ["x"]}, {"Out": ["y"]})] * 4
    with pytest.raises(ModelFileError, match="more than 3 operations") as caught:
        program(tmp_path, X, Y, *steps)
    assert caught.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize(
    ("weight", "parameters", "is_short"),
    [
        (tensor(5, 6), 30, True),
        (tensor(5, -1 & (1 << 64) - 1), None, False),
        (tensor(5, 6, kind=99), 30, False),
    ],
)
def test_weights_are_counted_where_their_sizes_are_known(
    weight: bytes, parameters: Optional[int], is_short: bool, tmp_path: Path
) -> None:
    (tmp_path / "x.pdiparams").write_bytes(b"short")
    found = program(tmp_path, X, Y, variable("w", weight, kept=True))
    assert found.parameters == parameters
    assert [item.rule for item in found.findings] == (["model-damaged"] if is_short else [])


def test_the_oldest_name_of_a_program_has_the_oldest_name_of_weights(tmp_path: Path) -> None:
    program(tmp_path, X, Y, variable("w", tensor(5), kept=True))
    path = (tmp_path / "x.pdmodel").rename(tmp_path / "__model__")
    assert inspect_model(path).missing_files == ("__params__",)


SOFTMAX = step("softmax", {"X": ["x"]}, {"Out": ["a"]})
AXIS = attribute("axis", number(13, 1))
LONG: List[Tuple[bytes, Optional[Activation], Optional[int]]] = [
    (step("softmax", {"X": ["x"]}, {"Out": ["y"]}), Activation.SOFTMAX, None),
    (SOFTMAX + step("cast", {"X": ["a"]}, {"Out": ["y"]}), Activation.SOFTMAX, None),
    (step("cast", {}, {"Out": ["y"]}), None, None),
    (step("cast", {"X": ["y"]}, {"Out": ["y"]}), None, None),
    (step("riddle", {"X": ["x"]}, {"Y": ["y"]}), None, None),
    (step("mul", {"Other": ["x"]}, {"Rest": ["y"]}), Activation.NONE, None),
    (step("arg_max", {"X": ["x"]}, {"Out": ["y"]}, AXIS), Activation.ARGMAX, 4),
    (step("arg_max", {"X": ["x"]}, {"Out": ["y"]}), Activation.ARGMAX, None),
    (step("arg_max", {"X": ["x"]}, {"Out": ["y"]}, AXIS, attribute("flatten", number(10, 1))),
     Activation.ARGMAX, None),
    (step("arg_max", {}, {"Out": ["y"]}, AXIS), Activation.ARGMAX, None),
    (SOFTMAX + step("scale", {"X": ["a"]}, {"Out": ["y"]},
                    attribute("scale", varint(4 << 3 | 5) + b"\0\0\x80\x3f"),
                    attribute("bias", varint(4 << 3 | 5) + bytes(4))), Activation.SOFTMAX, None),
    (SOFTMAX + step("scale", {"X": ["a"]}, {"Out": ["y"]}), Activation.NONE, None),
    (SOFTMAX + step("riddle", {"X": ["a"]}, {"Out": ["y"]}), None, None),
    (b"", None, None),
]  # fmt: skip


@pytest.mark.parametrize(("steps", "activation", "classes"), LONG)
def test_the_last_operation_tells_how_classes_are_read(
    steps: bytes, activation: Any, classes: Any, tmp_path: Path
) -> None:
    (output,) = program(tmp_path, X, Y, steps).outputs
    assert (output.activation, output.class_count) == (activation, classes)


def convolution(*more: bytes, out: str = "c") -> bytes:
    return step("conv2d", {"Input": ["x"], "Filter": ["w"]}, {"Output": [out]}, *more)


C = variable("c", tensor(2, 3, 8, 8))


@pytest.mark.parametrize(
    ("steps", "made", "axes"),
    [
        (convolution(out="y"), (2, 3, 8, 8), ("NCHW", "NCHW")),
        (convolution(attribute("data_format", piece(5, b"NHWC")), out="y"), (2, 3, 8, 8),
         ("NHWC", "NHWC")),
        (convolution(attribute("data_format", piece(5, b"AnyLayout")),
                     attribute("data_layout", piece(5, b"NHWC")), out="y"), (2, 3, 8, 8),
         ("NHWC", "NHWC")),
        (convolution(attribute("data_format", piece(5, b"NDHWC")), out="y"), (2, 3, 8, 8),
         ("????", "????")),
        (convolution(out="y"), (2, 3, 8), ("NCHW", "???")),
        # What a rectifier does to an input of another rank is not followed back.
        (convolution() + step("relu", {"X": ["c"]}, {"Out": ["y"]}), (2, 24, 8), ("NCHW", "???")),
        (step("relu", {"X": ["x"]}, {"Out": ["c"]})
         + step("pool2d", {"X": ["c"]}, {"Out": ["y"]}), (2, 3, 8, 8), ("NCHW", "NCHW")),
        (step("relu", {}, {}) + step("pool2d", {}, {}), (2, 3, 8, 8), ("????", "????")),
        (convolution() + step("arg_max", {"X": ["c"]}, {"Out": ["y"]}, AXIS), (2, 1, 8, 8),
         ("NCHW", "N?HW")),
        (convolution() + step("arg_max", {"X": ["c"]}, {"Out": ["y"]}, AXIS), (2, 8, 8),
         ("NCHW", "NHW")),
        (convolution() + step("arg_max", {"X": ["c"]}, {"Out": ["y"]}, AXIS), (8,), ("NCHW", "?")),
        (convolution() + step("arg_max", {"X": ["c"]}, {}, AXIS), (8,), ("NCHW", "?")),
        (convolution() + step("transpose2", {"X": ["c"]}, {"Out": ["y"]},
                              attribute("axis", number(6, 0) + number(6, 2) + number(6, 3)
                                        + number(6, 1))), (2, 8, 8, 3), ("NCHW", "NHWC")),
        (convolution() + step("transpose2", {"X": ["c"]}, {"Out": ["y"]}), (2, 8, 8, 3),
         ("NCHW", "????")),
        # An axis is one number or a list, not both; and no list is that long.
        (convolution() + step("transpose2", {"X": ["c"]}, {"Out": ["y"]},
                              attribute("axis", number(3, 1) + number(6, 2))), (2, 8, 8, 3),
         ("NCHW", "????")),
        (convolution() + step("transpose2", {"X": ["c"]}, {"Out": ["y"]},
                              attribute("axis", b"".join(number(6, n) for n in range(70)))),
         (2, 8, 8, 3), ("NCHW", "????")),
        (convolution() + step("bilinear_interp", {"X": ["c"]}, {"Out": ["y"]}), (2, 3, 16, 16),
         ("NCHW", "NCHW")),
        (convolution() + step("arg_max", {"X": ["c"]}, {"Out": ["y"]}), (2, 8, 8),
         ("NCHW", "???")),
        (convolution() + step("arg_max", {"X": ["c"]}, {"Out": ["y"]},
                              attribute("axis", number(3, 9))), (2, 8, 8), ("NCHW", "???")),
    ],
)  # fmt: skip
def test_axes_follow_the_steps(steps: bytes, made: Any, axes: Any, tmp_path: Path) -> None:
    found = program(tmp_path, X, C, variable("y", tensor(*made)), steps)
    assert (found.inputs[0].axes, found.outputs[0].axes) == axes


def test_attributes_in_another_form_do_not_count(tmp_path: Path) -> None:
    odd = (
        attribute("scale", number(4, 1)),
        attribute("col", piece(3, b"text")),
        attribute("other", piece(8, b"/home/someone/train.py")),
        attribute("op_callstack", piece(8, b"File /home/someone/train.py")),
    )
    found = program(tmp_path, X, Y, step("scale", {"X": ["x"]}, {"Out": ["y"]}, *odd))
    assert [item.rule for item in found.findings] == ["model-local-paths"]
    assert found.outputs[0].activation is Activation.NONE


# --- recognising ---


@pytest.mark.parametrize(
    "content",
    [
        piece(1, number(1, 0) + piece(2, b"")),
        piece(1, number(1, 0) + number(2, 0)),
        piece(1, number(1, 0) + number(2, 0)) + piece(4, number(1, 5)) + bytes(20),
        piece(1, number(2, 0) + number(1, 0) + X),
        piece(2, b"x") + piece(1, b"x"),
        piece(1, number(1, 0) + number(2, 0) + b"\x07\x07"),
        b"\x0a",
        b"\x0a\x7f",
        b"\x80\x04}.",
        b"{}",
        b"",
    ],
)
def test_other_files_are_not_taken_for_programs(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.pdmodel"
    path.write_bytes(content)
    try:
        found = inspect_model(path).format
    except ModelFileError as error:
        found = error.finding.rule
    assert found != "paddle"
    assert "damaged" not in found


def test_a_cut_program_is_still_known_for_paddle(tmp_path: Path) -> None:
    path = tmp_path / "x.pdmodel"
    path.write_bytes((HERE / "softmax.pdmodel").read_bytes()[:300])
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-damaged"


def test_a_program_of_nothing_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.pdmodel"
    path.write_bytes(piece(1, number(1, 0) + number(2, 0) + piece(3, piece(1, b"x"))))
    with pytest.raises(ModelFileError, match="neither variables nor operations"):
        inspect_model(path)


# --- JSON programs ---


def pir(folder: Path, *operations: Any, extra: str = "") -> ModelDescription:
    body = json.dumps({"regions": [{"blocks": [{"ops": operations}]}]})
    path = folder / "inference.json"
    path.write_text(f'{{"base_code":{{"magic":"pir"}},{extra}"program":{body}}}', encoding="ascii")
    return inspect_model(path)


def value(number_: int, *sizes: Any, kind: str = "0.t_f32") -> Dict[str, Any]:
    type_ = {"#": "0.t_dtensor", "D": [{"#": kind}, list(sizes), "NCHW", [], 0]}
    return {"%": number_, "TT": type_}


def does(kind: str, inputs: Sequence[int], *outputs: Any, **said: Any) -> Dict[str, Any]:
    return {
        "#": f"1.{kind}",
        "I": [{"%": one} for one in inputs],
        "O": list(outputs),
        "A": [{"N": key, "AT": {"D": one}} for key, one in said.items()],
    }


def test_the_axis_of_an_argmax_may_be_a_value_of_its_own(tmp_path: Path) -> None:
    found = pir(
        tmp_path,
        does("data", [], value(1, 2, 4, 8, 8), name="image"),
        does("full", [], value(2), value=1.0),
        does("full", [], value(3), value=1e999),
        does("argmax", [1, 2], value(4, 2, 8, 8, kind="0.t_i64")),
        does("fetch", [4], name="mask"),
    )
    (mask,) = found.outputs
    assert (mask.name, mask.activation, mask.class_count) == ("mask", Activation.ARGMAX, 4)


@pytest.mark.parametrize(
    ("order", "axes"),
    [([0, 2, 3, 1], "NHWC"), ([0, 2, 3, True], "????"), ([0, "2", 3, 1], "????"), ([], "????")],
)
def test_the_order_of_a_transpose_is_a_list(order: List[Any], axes: str, tmp_path: Path) -> None:
    found = pir(
        tmp_path,
        does("data", [], value(1, 2, 4, 8, 8), name="image"),
        does("conv2d", [1, 9], value(2, 2, 4, 8, 8)),
        does("transpose", [2], value(3, 2, 8, 8, 4), perm=[{"D": one} for one in order]),
        does("fetch", [3], name="scores"),
    )
    assert (found.inputs[0].axes, found.outputs[0].axes) == ("NCHW", axes)


@pytest.mark.parametrize(("count", "axes"), [(2, "NCHW"), (256, "NCHW"), (257, "????")])
def test_what_is_joined_is_taken_as_one(count: int, axes: str, tmp_path: Path) -> None:
    found = pir(
        tmp_path,
        does("data", [], value(1, 2, 4, 8, 8), name="image"),
        does("conv2d", [1, 9], value(2, 2, 4, 8, 8)),
        does("combine", [2] * count, {"%": 3}),
        does("concat", [3, 8], value(4, 2, 4 * count, 8, 8)),
        does("fetch", [4], name="scores"),
    )
    assert found.outputs[0].axes == axes


def test_the_newer_programs_call_two_things_otherwise(tmp_path: Path) -> None:
    found = pir(
        tmp_path,
        does("data", [], value(1, 2, 4, 8, 8), name="image"),
        does("conv2d", [1, 9], value(2, 2, 4, 8, 8)),
        does("sum", [2, 8], value(3, 2, 1, 8, 8)),
        does("fetch", [3], name="total"),
    )
    assert (found.outputs[0].axes, found.outputs[0].activation) == ("N?HW", None)


@pytest.mark.parametrize("kind", ["py_func", "run_program"])
def test_calls_from_json_are_named(kind: str, tmp_path: Path) -> None:
    (finding,) = pir(tmp_path, does(kind, [])).findings
    assert finding.rule == "model-runs-own-code"
    assert repr(kind) in finding.message


@pytest.mark.parametrize(
    ("type_", "shape", "data_type"),
    [
        (value(1, 2, -1)["TT"], (2, None), "float32"),
        (value(1, *[1] * 65)["TT"], None, "float32"),
        (value(1, "2")["TT"], None, "float32"),
        (value(1, 2, kind="0.t_riddle")["TT"], (2,), None),
        ({"#": "0.t_dtensor", "D": [7, [2]]}, (2,), None),
        ({"#": "0.t_dtensor", "D": [7]}, None, None),
        ({"#": "0.t_dtensor", "D": [7, 7]}, None, None),
        ({"#": "0.t_dtensor"}, None, None),
        ({"#": "0.t_vec"}, None, None),
        (7, None, None),
    ],
)
def test_types_in_json_say_what_they_can(
    type_: Any, shape: Any, data_type: Any, tmp_path: Path
) -> None:
    (found,) = pir(tmp_path, does("data", [], {"%": 1, "TT": type_}, name=7)).inputs
    assert (found.name, found.shape, found.data_type) == ("", shape, data_type)


def test_a_program_beyond_all_measure_is_not_parsed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.paddle.pir.LONGEST", 100)
    with pytest.raises(ModelFileError) as caught:
        pir(tmp_path, *[does("relu", [])] * 9)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_number_of_very_many_digits_takes_no_time(tmp_path: Path) -> None:
    found = pir(tmp_path, does("data", [], value(1, 2)), extra='"x":' + "9" * 3_000_000 + ",")
    assert found.inputs[0].shape == (2,)


@pytest.mark.parametrize("program_", ["7", '{"regions":[{"blocks":[{"ops":7}]}]}'])
def test_a_program_without_operations_is_refused(program_: str, tmp_path: Path) -> None:
    path = tmp_path / "inference.json"
    path.write_text(f'{{"base_code":{{"magic":"pir"}},"program":{program_}}}', encoding="ascii")
    with pytest.raises(ModelFileError, match="no block with operations"):
        inspect_model(path)
