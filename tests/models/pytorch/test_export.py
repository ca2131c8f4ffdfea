"""Exported programs: what the graph declares, and what odd ones leave open."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any, Callable, Dict, List, Optional

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import Activation, Evidence, ModelDescription, inspect_model
from tests.conftest import FIXTURES

FOLDER = FIXTURES / "pytorch"
EVIL = b"\x80\x02cposix\nsystem\nX\x04\0\0\0true\x85R."


def program() -> Any:
    """The graph of a fixture with two inputs and two outputs, to be changed."""
    with zipfile.ZipFile(FOLDER / "classes_exported.pt2") as archive:
        (graph,) = [name for name in archive.namelist() if name.endswith("models/model.json")]
        return json.loads(archive.read(graph))


def packed(entries: Dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as writer:
        for name, data in entries.items():
            writer.writestr(name, data)
    return content.getvalue()


def described(folder: Path, told: Any, **entries: bytes) -> ModelDescription:
    """An archive of a program; further entries by the short names below."""
    names = {"weights": "data/weights/model_weights_config.json"}
    content = {
        "x/archive_format": b"pt2",
        "x/models/model.json": json.dumps(told).encode(),
        **{f"x/{names.get(short, short)}": data for short, data in entries.items()},
    }
    path = folder / "x.pt2"
    path.write_bytes(packed(content))
    return inspect_model(path)


def rules(model: ModelDescription) -> List[str]:
    return [item.rule for item in model.findings]


def test_a_program_declares_all_its_inputs_and_outputs() -> None:
    model = inspect_model(FOLDER / "classes_exported.pt2")
    told = [
        (one.name, one.shape, one.axes, one.data_type, one.evidence)
        for one in (*model.inputs, *model.outputs)
    ]
    declared = Evidence.DECLARED
    assert told == [
        ("image", (2, 4, 16, 16), "NCHW", "float32", declared),
        ("shift", (6,), "C", "float32", declared),
        ("argmax", (2, 16, 16), "NHW", "int64", declared),
        ("linear", (2, 5), "NC", "float32", declared),
    ]
    assert [(one.activation, one.class_count) for one in model.outputs] == [
        (Activation.ARGMAX, 3),
        (Activation.NONE, None),
    ]


def test_axes_and_meaning_go_forward_whatever_moves_them() -> None:
    model = inspect_model(FOLDER / "moves_exported.pt2")
    assert [one.axes for one in model.inputs] == ["NHWC", "NC"]
    assert [(one.axes, one.activation, one.class_count) for one in model.outputs] == [
        ("NHWC", Activation.SOFTMAX, None),
        ("NCHW", Activation.SOFTMAX, None),
        ("N?HW", Activation.ARGMAX, 5),
        ("N?HW", None, None),
        ("NHW", None, None),
        ("NHW", Activation.ARGMAX, 5),
        ("N?HW", Activation.ARGMAX, 5),
        ("N?HW", None, None),
        ("NHWC", Activation.NONE, None),
        ("NHW", Activation.SOFTMAX, None),
        ("NWHC", Activation.NONE, None),
        ("N?", Activation.NONE, None),
        ("CN", None, None),
        ("NCHW", None, None),
        ("NC", Activation.NONE, None),
        ("NCHW", None, None),
        ("NC", Activation.NONE, None),
        ("", None, None),
    ]


def tensors_of(*names: str) -> Any:
    return {"as_tensors": [{"name": name} for name in names]}


def swapped(first: Any, second: Any) -> Any:
    """Two axes of the classes' scores change places, in place of the argmax."""
    told = program()
    found = node(told, "argmax")
    found["target"] = "torch.ops.aten.transpose.int"
    found["inputs"][1:] = [{"name": "dim0", "arg": first}, {"name": "dim1", "arg": second}]
    tensors(told)["argmax"]["sizes"] = [{"as_int": size} for size in (2, 16, 16, 3)]
    return told


@pytest.mark.parametrize(
    ("first", "second", "axes"),
    [
        ({"as_int": 1}, {"as_int": 3}, "NWHC"),
        ({"as_int": -1}, {"as_int": -3}, "NWHC"),
        ({"as_int": 1}, {"as_int": 4}, "NCHW"),
        ({"as_int": -5}, {"as_int": 1}, "NCHW"),
        ({"as_int": True}, {"as_int": 1}, "NCHW"),
        ({"as_ints": [1, 2]}, {"as_int": 1}, "NCHW"),
        ({}, {"as_int": 1}, "NCHW"),
    ],
)
def test_axes_change_places_where_it_says_which(
    first: Any, second: Any, axes: str, tmp_path: Path
) -> None:
    # Where it does not, images are taken for what they usually are.
    assert described(tmp_path, swapped(first, second)).outputs[0].axes == axes


def test_what_has_one_axis_or_none_is_not_turned_around(tmp_path: Path) -> None:
    told = swapped({"as_int": 0}, {"as_int": 0})
    tensors(told)["conv2d_1"]["sizes"] = [{"as_int": 6}]
    for target in ("t", "transpose", "permute"):
        node(told, "argmax")["target"] = f"torch.ops.aten.{target}.default"
        assert described(tmp_path, told).outputs[0].axes == "NCHW"
    node(told, "argmax")["inputs"] = []
    assert described(tmp_path, told).outputs[0].axes == "NCHW"


def test_lists_of_values_are_seen_through(tmp_path: Path) -> None:
    told = program()
    found = node(told, "argmax")
    found["target"] = "torch.ops.aten.cat.default"
    found["inputs"] = [{"name": "tensors", "arg": tensors_of("conv2d_1", "conv2d_1")}]
    found["outputs"] = [tensors_of("argmax")]
    assert described(tmp_path, told).outputs[0].activation is Activation.NONE


def node(told: Any, name: str) -> Any:
    (found,) = [one for one in told["graph_module"]["graph"]["nodes"] if one["name"] == name]
    return found


def tensors(told: Any) -> Any:
    return told["graph_module"]["graph"]["tensor_values"]


def without_axis(told: Any) -> None:
    node(told, "argmax")["inputs"].pop()


def with_far_axis(told: Any) -> None:
    node(told, "argmax")["inputs"][1]["arg"]["as_int"] = 4


def without_sizes_before(told: Any) -> None:
    tensors(told)["conv2d_1"]["sizes"] = None


def without_arguments(told: Any) -> None:
    node(told, "argmax")["inputs"] = "none"


def with_unnamed_arguments(told: Any) -> None:
    node(told, "argmax")["inputs"] = [7, {"name": 5}, {"arg": {}}]


@pytest.mark.parametrize(
    "change",
    [
        without_axis,
        with_far_axis,
        without_sizes_before,
        without_arguments,
        with_unnamed_arguments,
    ],
)
def test_an_argmax_along_no_clear_axis_tells_no_number_of_classes(
    tmp_path: Path, change: Callable[[Any], None]
) -> None:
    told = program()
    change(told)
    output = described(tmp_path, told).outputs[0]
    assert (output.activation, output.class_count) == (Activation.ARGMAX, None)


@pytest.mark.parametrize("nodes", [None, [], [5], [{"target": 5, "outputs": 5}]])
def test_a_graph_without_its_operations_still_declares_shapes(tmp_path: Path, nodes: Any) -> None:
    told = program()
    told["graph_module"]["graph"]["nodes"] = nodes
    model = described(tmp_path, told)
    assert [one.shape for one in model.outputs] == [(2, 16, 16), (2, 5)]
    assert [one.activation for one in model.outputs] == [None, None]
    assert model.inputs[0].axes == "????"


def test_an_operation_without_a_full_name_tells_no_meaning(tmp_path: Path) -> None:
    told = program()
    node(told, "argmax")["target"] = "argmax"
    assert described(tmp_path, told).outputs[0].activation is None


def test_an_operation_on_images_that_takes_none_tells_no_axes(tmp_path: Path) -> None:
    told = program()
    node(told, "conv2d")["inputs"] = []
    assert described(tmp_path, told).inputs[0].axes == "????"


@pytest.mark.parametrize("sizes", [None, "many", [{"as_int": 1}] * 17])
def test_an_output_without_sizes_has_no_shape(tmp_path: Path, sizes: Any) -> None:
    told = program()
    tensors(told)["argmax"]["sizes"] = sizes
    output = described(tmp_path, told).outputs[0]
    assert (output.name, output.shape, output.activation) == ("argmax", None, Activation.ARGMAX)


@pytest.mark.parametrize("size", [{"as_expr": {}}, {"as_int": -1}, {"as_int": True}, 7])
def test_sizes_that_are_no_numbers_are_free(tmp_path: Path, size: Any) -> None:
    told = program()
    tensors(told)["image"]["sizes"][0] = size
    assert described(tmp_path, told).inputs[0].shape == (None, 4, 16, 16)


@pytest.mark.parametrize(("number", "name"), [(6, "float16"), (99, None), ("7", None)])
def test_element_types_are_numbers_of_a_list(
    tmp_path: Path, number: Any, name: Optional[str]
) -> None:
    told = program()
    tensors(told)["image"]["dtype"] = number
    assert described(tmp_path, told).inputs[0].data_type == name


@pytest.mark.parametrize("specs", [None, "none", [5], [{"user_output": {"arg": {}}}]])
def test_outputs_that_are_no_tensors_are_left_out(tmp_path: Path, specs: Any) -> None:
    told = program()
    told["graph_module"]["signature"]["output_specs"] = specs
    model = described(tmp_path, told)
    assert (len(model.inputs), model.outputs) == (2, ())


def test_operations_of_another_library_are_named_once(tmp_path: Path) -> None:
    told = program()
    for name in ("mean", "add"):
        node(told, name)["target"] = "torch.ops.torchvision.nms.default"
    model = described(tmp_path, told)
    (item,) = [one for one in model.findings if one.rule == "model-runs-own-code"]
    assert "calls 'torchvision.nms', which" in item.message


def test_paths_are_told_only_where_there_are_any(tmp_path: Path) -> None:
    told = program()
    assert "model-local-paths" in rules(described(tmp_path, told))
    for one in told["graph_module"]["graph"]["nodes"]:
        one["metadata"] = {"stack_trace": 5}
    assert rules(described(tmp_path, told)) == []


@pytest.mark.parametrize("version", [None, 7, "2" * 64])
def test_a_version_that_is_none_is_left_out(tmp_path: Path, version: Any) -> None:
    told = {**program(), "torch_version": version}
    model = described(tmp_path, told)
    assert (model.producer, model.framework_version) == (None, None)


@pytest.mark.parametrize(
    ("config", "parameters"),
    [
        ({"a": {"tensor_meta": {"sizes": [{"as_int": 2}, {"as_int": 3}]}}}, 6),
        ({"a": {"tensor_meta": {"sizes": []}}}, 1),
        ({"a": {"tensor_meta": {}}}, None),
        ({"a": 5}, None),
        ({"a": {"tensor_meta": {"sizes": [{"as_expr": {}}]}}}, None),
        ([], 0),
    ],
)
def test_weights_are_counted_where_all_sizes_are_told(
    tmp_path: Path, config: Any, parameters: Optional[int]
) -> None:
    weights = json.dumps({"config": config}).encode()
    assert described(tmp_path, program(), weights=weights).parameters == parameters


def test_programs_without_a_list_of_weights_tell_no_number(tmp_path: Path) -> None:
    assert described(tmp_path, program()).parameters is None


def old(folder: Path, state: bytes, top: str = "") -> ModelDescription:
    """An archive in the layout before PyTorch 2.7."""
    entries = {
        f"{top}serialized_exported_program.json": json.dumps(program()).encode(),
        f"{top}serialized_state_dict.pt": state,
    }
    path = folder / "x.pt2"
    path.write_bytes(packed(entries))
    return inspect_model(path)


@pytest.mark.parametrize("top", ["", "model/"])
def test_the_older_layout_may_lie_in_a_folder(tmp_path: Path, top: str) -> None:
    model = old(tmp_path, (FOLDER / "unet_state_dict.pth").read_bytes(), top)
    assert (model.format, model.parameters) == ("pytorch-export", 1598)


@pytest.mark.parametrize(
    "state",
    [
        b"no archive",
        packed({"readme.txt": b"nothing"}),
        packed({"x/data.pkl": b"\x80\x02]."}),
    ],
)
def test_older_weights_that_are_none_are_not_counted(tmp_path: Path, state: bytes) -> None:
    assert old(tmp_path, state).parameters is None


def test_older_weights_that_are_cut_short_are_damage(tmp_path: Path) -> None:
    state = (FOLDER / "unet_state_dict.pth").read_bytes()[:-50]
    with pytest.raises(ModelFileError) as caught:
        old(tmp_path, state)
    assert caught.value.finding.rule == "model-damaged"


def test_every_pickle_in_the_archive_is_looked_at(tmp_path: Path) -> None:
    told = program()
    for name, content in (("sample.pkl", EVIL), ("sample.pt", packed({"y/data.pkl": EVIL}))):
        model = described(tmp_path, told, **{name: content})
        assert "pickle-runs-code" in rules(model), name
        assert "pickle-runs-code" in rules(described(tmp_path, told, **{"c.bin": content}))
    plain = {"a.pt": b"text", "b.pt": packed({"readme.txt": b"nothing"})}
    assert not [rule for rule in rules(described(tmp_path, told, **plain)) if "pickle" in rule]


def test_pickles_beyond_a_number_are_said_not_to_be_looked_at(tmp_path: Path) -> None:
    # The first sixteen tell enough; an archive of thousands must not take minutes.
    many = {f"{number:02}.pkl": b"\x80\x02N." for number in range(16)}
    assert "pickle-known-globals" in rules(described(tmp_path, program(), **many))
    model = described(tmp_path, program(), **many, **{"z.pkl": EVIL})
    (item,) = [one for one in model.findings if one.rule.startswith("pickle-")]
    assert item.rule == "pickle-not-analysed"
    assert "only the first 16 pickles in it were looked at" in item.message


def test_pickles_of_the_older_layout_are_looked_at_under_any_name(tmp_path: Path) -> None:
    path = tmp_path / "x.pt2"
    entries = {
        "serialized_exported_program.json": json.dumps(program()).encode(),
        "serialized_state_dict.json": packed({"y/data.pkl": EVIL}),
    }
    path.write_bytes(packed(entries))
    assert "pickle-runs-code" in rules(inspect_model(path))


def test_several_programs_in_one_archive_leave_inputs_open(tmp_path: Path) -> None:
    model = described(tmp_path, program(), **{"models/second.json": b"{}"})
    assert (model.inputs, model.outputs) == ((), ())
    (item,) = [one for one in model.findings if one.rule == "model-shape-unknown"]
    assert "holds 2 programs" in item.message


def test_a_program_too_long_to_read_is_said_to_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dl2ecd_core.models.pytorch.export.LONGEST_JSON", 100)
    model = described(tmp_path, program(), weights=b"{}" * 51)
    (item,) = [one for one in model.findings if one.rule == "model-shape-unknown"]
    assert "a program too long to read" in item.message
    assert (model.inputs, model.parameters) == ((), None)
