"""The Dictionary format: layouts that no tiny model has, and files that mean harm."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models.cntk import v2
from dl2ecd_core.models.description import ModelDescription
from dl2ecd_core.models.registry import Match
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage
from tests.work import growth

from .writers import SizeT, array, composite, dictionary, field, function, variable

RELU, PLUS, BLOCK, PAST_VALUE, ARGUMENTS = 3, 19, 57, 37, "block_function_composite_arguments_map"


def read(path: Path, content: bytes) -> ModelDescription:
    path.write_bytes(content)
    with ByteSource(path) as source:
        assert v2.recognise(source) is Match.SURE
        return v2.read(source)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.model"


def small(**more: Any) -> Dict[str, Any]:
    return composite([variable("i", 0, (4,))], [function("f", RELU, ["i"])], "f", **more)


def parametrised(values: bool) -> Dict[str, Any]:
    variables = [
        variable("w", 2, (3, 4), value=array((3, 4), values)),
        variable("b", 2, (3,), value=array((3,), values)),
        variable("i", 0, (4,)),
    ]
    functions = [
        function("t", 31, ["w", "i"], outputRank=SizeT(1)),
        function("p", PLUS, ["t_Output_0", "b"]),
    ]
    return composite(variables, functions, "p")


def huge(arrays: int = 60) -> bytes:
    described = dictionary(parametrised(values=False))
    return b"ktnc" + struct.pack("<I", len(described)) + described + bytes(arrays)


def test_model_over_two_gib_keeps_its_arrays_behind_the_description(file: Path) -> None:
    model = read(file, huge())
    assert model.parameters == 15
    assert [(tensor.name, tensor.shape) for tensor in model.outputs] == [("p_Output_0", (3,))]


@pytest.mark.parametrize("content", [huge(59), huge()[:200], b"ktnc" + b"\xff" * 4 + huge()[8:]])
def test_model_over_two_gib_that_is_cut_short_is_damaged(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with ByteSource(file) as source, pytest.raises(ModelFileError) as error:
        v2.read(source)
    assert error.value.finding.rule == "model-damaged"


def test_root_may_be_of_the_older_version_with_state(file: Path) -> None:
    model = read(file, dictionary(small(version=SizeT(2), state={})))
    assert model.outputs[0].shape == (4,)


def test_order_of_keys_does_not_matter(file: Path) -> None:
    entries = list(small().items())
    model = read(file, dictionary(dict(reversed(entries))))
    assert model.outputs[0].shape == (4,)


def test_unknown_operation_gives_unknown_shape_and_says_so_once(file: Path) -> None:
    functions = [function("f", 4711, ["i"]), function("g", RELU, ["f_Output_0"])]
    model = read(file, dictionary(composite([variable("i", 0, (4,))], functions, "g")))
    assert model.outputs[0].shape is None
    assert model.outputs[0].evidence is None
    (finding,) = model.findings
    assert finding.rule == "model-shape-unknown"
    assert "4711" in finding.message


def test_native_function_is_named_with_its_library_and_method(file: Path) -> None:
    foreign = {
        "type": "UserDefinedFunction",
        "uid": "u",
        "name": "times",
        "inputs": ["i"],
        "native": True,
        "user_defined_state": {"module": "Some.Library", "deserialize_method": "CreateIt"},
    }
    model = read(file, dictionary(composite([variable("i", 0, (4,))], [foreign], "u")))
    own = [finding for finding in model.findings if finding.rule == "model-runs-own-code"]
    assert len(own) == 1
    assert "'CreateIt'" in own[0].message
    assert "native library 'Some.Library'" in own[0].message
    assert model.outputs[0].shape is None


def test_loop_is_closed_by_the_placeholder_it_was_saved_with(file: Path) -> None:
    functions = [
        function("past", PAST_VALUE, ["sum_Output_0", "zero"], offset=SizeT(1)),
        function("sum", PLUS, ["i", "past_Output_0"]),
    ]
    variables = [
        variable("i", 0, (4,)),
        variable("zero", 3, ()),
        variable("sum_Output_0", 4, (4,)),
    ]
    model = read(file, dictionary(composite(variables, functions, "sum")))
    assert model.outputs[0].shape == (4,)


def test_loop_without_a_placeholder_ends(file: Path) -> None:
    functions = [function("a", RELU, ["b_Output_0"]), function("b", RELU, ["a_Output_0"])]
    model = read(file, dictionary(composite([], functions, "a")))
    assert model.outputs[0].shape is None


def test_blocks_within_blocks_in_a_circle_end(file: Path) -> None:
    def block(uid: str, root: str, key: str, value: str) -> Dict[str, Any]:
        return {
            **function(uid, BLOCK, []),
            "block_function_composite": {"root": root},
            "block_function_op_name": "Round",
            ARGUMENTS + "_keys": [key],
            ARGUMENTS + "_values": [value],
        }

    functions = [block("a", "b", "p", "q"), block("b", "a", "q", "p")]
    model = read(file, dictionary(composite([], functions, "a")))
    assert model.outputs[0].shape is None


def test_another_dictionary_is_not_a_model(file: Path) -> None:
    file.write_bytes(dictionary({"type": "Learner", "version": SizeT(1)}))
    with ByteSource(file) as source, pytest.raises(ModelFileError, match="'Learner'") as error:
        v2.read(source)
    assert error.value.finding.rule == "model-not-a-model"


def test_missing_root_is_damage(file: Path) -> None:
    with pytest.raises(ModelFileError, match="'elsewhere'"):
        read(file, dictionary({**small(), "root": "elsewhere"}))


def test_deep_nesting_is_refused(file: Path) -> None:
    nested: Any = {}
    for _ in range(300):
        nested = {"a": nested}
    content = dictionary({**small(), "primitive_functions": [nested]})
    with pytest.raises(ModelFileError) as error:
        read(file, content)
    assert error.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize(
    "content",
    [
        b"\x08\x08\x12\x07pytorch\x1a\x051.0.0",
        b"\x08\x01\x12\x10\x0a\x0e\x12\x0cserve-tagged",
        b"\x0a\x04abcd",
        b"\x80\x02}q\x00.",
        b"PK\x03\x04",
        b"\x08\x01",
        b"ktnc",
        b"B\0C\0N\0\0\0",
    ],
)
def test_other_formats_are_not_taken_for_a_dictionary(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with ByteSource(file) as source:
        assert v2.recognise(source) is Match.NO


def test_time_grows_with_the_graph_and_no_faster(file: Path) -> None:
    def chain(count: int) -> None:
        functions: List[Dict[str, Any]] = [function("f0", RELU, ["i"])]
        functions += [function(f"f{n}", RELU, [f"f{n - 1}_Output_0"]) for n in range(1, count)]
        root = f"f{count - 1}"
        content = dictionary(composite([variable("i", 0, (4,))], functions, root))
        assert read(file, content).outputs[0].shape == (4,)

    assert growth(chain, 250, 1000) < 1.1


def test_tensors_are_not_read(file: Path) -> None:
    big = variable("w", 2, (1 << 20,), value=array((1 << 20,)))
    content = dictionary(composite([big, variable("i", 0, (1,))], [], "p"))
    functions = [function("p", PLUS, ["i", "w"])]
    content = dictionary(composite([big, variable("i", 0, (1,))], functions, "p"))
    file.write_bytes(content)
    with ByteSource(file) as source:
        read_bytes = []
        plain = source._read_from_file

        def counting(offset: int, length: int) -> bytes:
            read_bytes.append(length)
            return plain(offset, length)

        source._read_from_file = counting  # type: ignore[method-assign]
        assert v2.read(source).parameters == 1 << 20
    assert sum(read_bytes) < 300_000


@pytest.mark.parametrize("name", ["classes.model", "user_function.model"])
def test_damaged_models_are_refused_or_described(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / name).write_bytes((FIXTURES / "cntk" / name).read_bytes())
    assert_survives_damage(source / name, tmp_path / "work")


def test_field_of_an_unexpected_type_is_damage(file: Path) -> None:
    broken = field(1, 2) + field(2, field(1, b"type") + field(2, field(1, 1) + b"\x13\x14"))
    file.write_bytes(broken)
    with ByteSource(file) as source, pytest.raises(ModelFileError):
        v2.read(source)
