"""The Dictionary's encoding, piece by piece: every way to write a value, and the broken ones."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.cntk import v2
from dl2ecd_core.models.cntk.model_graph import Array, Axis
from dl2ecd_core.models.cntk.v2_dictionary import dictionary_of, value_of
from dl2ecd_core.models.registry import Match
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource

from .test_v2 import read
from .writers import (
    Dims,
    Raw,
    SizeT,
    array,
    composite,
    dictionary,
    field,
    function,
    value,
    variable,
    varint,
)

#: Longer than what is decoded from memory.
LONG = "x" * 40_000
RELU, COMBINE = 3, 44


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.model"


def decoded(file: Path, raw: bytes) -> Any:
    file.write_bytes(raw)
    with ByteSource(file) as source:
        return value_of(Message(source, what="a value"))


def fixed(number: int, content: bytes) -> bytes:
    return varint(number << 3 | (5 if len(content) == 4 else 1)) + content


HEAD = field(1, 1)


@pytest.mark.parametrize(
    ("raw", "held"),
    [
        (value(True), True),
        (value(-3), -3),
        (value(SizeT(300)), 300),
        (value("Fläche"), "Fläche"),
        (value("y" * 200), "y" * 200),
        (value(["a", 2, {"b": [False]}]), ["a", 2, {"b": [False]}]),
        (value({"a" * 200: "b" * 200, "c": "d" * 100}), {"a" * 200: "b" * 200, "c": "d" * 100}),
        # A type whose value was left out, because it is the default.
        (HEAD + field(2, 3), 0),
        (HEAD + field(2, 6), ""),
        (HEAD + field(2, 10), None),
        # The same in other orders and in longer numbers than needed.
        (field(4, 7) + field(2, 2) + HEAD, 7),
        (b"\x08\x81\x10" + field(2, 3) + field(5, 7), 7),
        (b"\x08\x81\x00" + field(2, 1) + field(3, 1), True),
        (HEAD + field(2, 4) + fixed(6, struct.pack("<f", 0.5)), 0.5),
        (HEAD + field(2, 5) + fixed(7, struct.pack("<d", 0.25)), 0.25),
        (HEAD + field(2, 8) + field(10, field(1, 2) + field(2, b"batch")), Axis(2, "batch")),
        (HEAD + field(2, 8) + field(10, field(7, 1)), Axis(0, "")),
        (HEAD + field(2, 7) + field(9, field(1, 3) + field(1, 4) + field(2, 5)), (3, 4)),
        (HEAD + field(2, 7) + field(9, fixed(1, bytes(4))), ()),
        (HEAD + field(2, 9) + field(11, field(2, b"") + field(1, value(2))), [2]),
        (HEAD + field(2, 12) + field(77, b"later"), None),
        (HEAD + field(2, 11) + field(13, array((2, 3))), Array((2, 3), "float32")),
        (HEAD + field(2, 11) + field(13, array((1,))), Array((1,), "float32", 0.0)),
        (
            HEAD + field(2, 11) + field(13, field(1, 2) + field(5, fixed(1, struct.pack("<d", 4)))),
            Array((), "float64", 4.0),
        ),
        (HEAD + field(2, 11) + field(13, field(1, 1) + field(4, b"")), Array((), "float32")),
        # Entries of a dictionary: without a value, with more than belongs there.
        (HEAD + field(12, field(2, field(1, b"k"))), {"k": None}),
        (HEAD + field(12, field(1, 2) + field(2, field(2, value(1)))), {}),
        (HEAD + field(12, field(2, field(3, 1) + field(1, b"k") + field(2, value(1)))), {"k": 1}),
        (
            HEAD + field(12, field(2, field(3, b"more") + field(1, b"k") + field(2, value(1)))),
            {"k": 1},
        ),
    ],
)
def test_values(file: Path, raw: bytes, held: Any) -> None:
    assert decoded(file, raw) == held


@pytest.mark.parametrize(
    ("raw", "held"),
    [
        (value(LONG), LONG),
        (value([LONG, 2]), [LONG, 2]),
        (HEAD + field(2, 9) + field(11, field(2, b"") + field(1, value(LONG))), [LONG]),
        (value({"k": [{"l": LONG}]}), {"k": [{"l": LONG}]}),
        (
            HEAD
            + field(2, 11)
            + field(13, array((4, 5)) + field(9, b"later") + field(4, bytes(40_000))),
            Array((4, 5), "float32"),
        ),
    ],
)
def test_values_too_long_to_be_decoded_at_once(file: Path, raw: bytes, held: Any) -> None:
    assert decoded(file, raw) == held


SIZES = b"".join(varint(1) for _ in range(200))
BROKEN: Dict[str, bytes] = {
    "cut off": HEAD + field(2, 6) + b"\x42",
    "too long": HEAD + field(2, 6) + b"\x42\x7fab",
    "a number without an end": HEAD + field(2, 3) + b"\x28" + b"\xff" * 12,
    "an unknown wire type": HEAD + field(2, 3) + b"\x2b\0",
    "half a number": HEAD + field(2, 4) + b"\x35\0\0",
    "too many axes": HEAD + field(2, 7) + field(9, field(1, SIZES)),
    "a size of less than nothing": HEAD + field(2, 7) + field(9, field(1, varint(-9))),
    "a long one in a field of another kind": field(9, LONG.encode()),
    "a long number": field(3, 1) + field(8, LONG.encode()) + b"\x40\1",
}


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_broken_values_are_damage(file: Path, name: str) -> None:
    with pytest.raises(ModelFileError) as error:
        decoded(file, BROKEN[name])
    assert error.value.finding.rule == "model-damaged"


@pytest.mark.parametrize("filler", ["", LONG])
def test_values_nested_without_end_are_refused(file: Path, filler: str) -> None:
    raw = value(filler)
    for number in range(60):
        raw = value({"k": Raw(raw)}) if number % 2 else value([Raw(raw)])
    with pytest.raises(ModelFileError) as error:
        decoded(file, raw)
    assert error.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize("entry", [field(1, b"k"), field(2, value(1)), field(3, b"k"), b""])
def test_entries_of_a_long_dictionary_have_a_key_and_a_value(file: Path, entry: bytes) -> None:
    file.write_bytes(field(7, 1) + field(2, entry))
    with ByteSource(file) as source, pytest.raises(ModelFileError, match="a key and a value"):
        dictionary_of(Message(source, what="a model"))


def test_entries_may_hold_more_than_a_key_and_a_value(file: Path) -> None:
    file.write_bytes(field(2, field(1, b"k") + field(9, b"later") + field(2, value(1))))
    with ByteSource(file) as source:
        assert dictionary_of(Message(source, what="a model")) == {"k": 1}


IMAGE = variable("i", 0, (4,))


def damage(file: Path, root: Dict[str, Any]) -> str:
    with pytest.raises(ModelFileError) as error:
        read(file, dictionary(root))
    assert error.value.finding.rule == "model-damaged"
    return str(error.value)


def test_parts_of_a_model_are_what_they_should_be(file: Path) -> None:
    relu = function("f", RELU, ["i"])
    nameless = {key: item for key, item in relu.items() if key != "uid"}
    block = {**function("b", 57, []), "block_function_composite": {}}
    assert "variable is a dictionary" in damage(file, composite([3], [relu], "f"))  # type: ignore[list-item]
    assert "function is a dictionary" in damage(file, composite([IMAGE], [3], "f"))  # type: ignore[list-item]
    assert "uid and a kind" in damage(file, composite([variable("i", 9, ())], [relu], "f"))
    assert "a function has a uid" in damage(file, composite([IMAGE], [nameless], "f"))
    assert "a block has a root" in damage(file, composite([IMAGE], [block], "b"))


def test_a_model_of_thousands_of_keys_is_none(file: Path) -> None:
    keys = {f"k{number}": 1 for number in range(5000)}
    damage(file, {**keys, **composite([IMAGE], [function("f", RELU, ["i"])], "f")})


def test_a_model_of_too_many_functions_is_refused(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.cntk.v2_graph._MOST_PARTS", 3)
    functions = [function(f"f{number}", RELU, ["i"]) for number in range(5)]
    with pytest.raises(ModelFileError) as error:
        read(file, dictionary(composite([IMAGE], functions, "f0")))
    assert error.value.finding.rule == "model-too-complex"


def test_a_parameter_whose_shape_was_open_has_that_of_its_values(file: Path) -> None:
    weights = variable("w", 2, (-1 & (1 << 64) - 1, 4), value=array((3, 4)))
    root = composite([weights, IMAGE], [function("p", 31, ["w", "i"], outputRank=SizeT(1))], "p")
    model = read(file, dictionary(root))
    assert (model.parameters, model.outputs[0].shape) == (12, (3,))


def test_a_variable_that_tells_no_shape_has_none(file: Path) -> None:
    bare = {key: item for key, item in IMAGE.items() if key != "shape"}
    model = read(file, dictionary(composite([bare], [function("f", RELU, ["i"])], "f")))
    assert [tensor.shape for tensor in (*model.inputs, *model.outputs)] == [None, None]


def test_texts_that_are_none_or_too_long_are_left_out(file: Path) -> None:
    root = composite([IMAGE], [function("f", RELU, ["i"])], "f")
    assert read(file, dictionary({**root, "more": "x" * 5000})).outputs[0].shape == (4,)
    for kind in ("y" * 5000, 3):
        with pytest.raises(ModelFileError) as error:
            read(file, dictionary({**root, "type": kind}))
        assert error.value.finding.rule == "model-not-a-model"


def test_a_function_without_inputs_has_none(file: Path) -> None:
    relu = {**function("f", RELU, ["i"]), "inputs": 3}
    assert read(file, dictionary(composite([IMAGE], [relu], "f"))).outputs[0].shape is None


def test_an_input_that_goes_straight_out_keeps_its_name(file: Path) -> None:
    named = variable("i", 0, (4,), name="bands")
    functions = [function("c", COMBINE, ["i", "nowhere"])]
    outputs = read(file, dictionary(composite([named], functions, "c"))).outputs
    assert [(tensor.name, tensor.shape) for tensor in outputs] == [
        ("bands", (4,)),
        ("nowhere", None),
    ]


def test_classes_of_an_image_without_channels_lie_in_rows_and_columns(file: Path) -> None:
    image = variable("x", 0, (8, 6, 4))
    axis = Raw(HEAD + field(2, 8) + field(10, field(1, 2)))
    attributes = {
        "axis": axis,
        "reductionOpName": "Argmax",
        "reductionKeepDimensions": False,
    }
    window = {"strides": Dims((1,)), "lowerPad": Dims((0,)), "upperPad": Dims((0,))}
    pooled = function(
        "p", 17, ["x"], poolingWindowShape=Dims((1, 1)), autoPadding=[False], **window
    )
    argmax = function("a", 39, ["p_Output_0"], **attributes)
    (output,) = read(file, dictionary(composite([image], [pooled, argmax], "a"))).outputs
    assert (output.shape, output.axes, output.class_count) == ((6, 8), "HW", 4)


@pytest.mark.parametrize(
    "content",
    [
        field(2, field(1, b"k" * 300) + field(2, value(1))),
        field(2, field(1, b"") + field(2, value(1))),
        field(2, field(1, b"k") + field(3, value(1))),
        field(1, 2),
        field(1, b"x"),
    ],
)
def test_what_starts_otherwise_is_no_dictionary(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with ByteSource(file) as source:
        assert v2.recognise(source) is Match.NO
