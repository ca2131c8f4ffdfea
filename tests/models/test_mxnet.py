"""MXNet: names are MXNet's own; sizes are told only where the weights leave no choice."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, Role
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

FOLDER = FIXTURES / "mxnet"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))
#: All but the one with an output per operator, which has tests of its own.
WITH_GRAPH = sorted(
    {name for name in EXPECTED if "inputs" in EXPECTED[name]} - {"every-0001.params"}
)


def copied(folder: Path, *names: str) -> Path:
    """Some of the files in a folder of their own; the first one's path."""
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(FOLDER / name, folder)
    return folder / names[0]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_parameters_are_counted(name: str) -> None:
    model = inspect_model(FOLDER / name)
    assert (model.format, model.framework) == ("mxnet", "MXNet")
    assert model.parameters == EXPECTED[name]["parameters"]


@pytest.mark.parametrize("name", WITH_GRAPH)
def test_names_are_mxnets_and_sizes_agree_where_told(name: str) -> None:
    model = inspect_model(FOLDER / name)
    for side in ("inputs", "outputs"):
        said = EXPECTED[name][side]
        found = getattr(model, side)
        assert [tensor.name for tensor in found] == [item["name"] for item in said]
        for tensor, item in zip(found, said):
            if item["shape"] is None:
                assert tensor.shape is None
                continue
            assert tensor.shape is not None
            assert tensor.evidence is Evidence.INFERRED
            assert len(tensor.shape) == len(item["shape"])
            for size, real in zip(tensor.shape, item["shape"]):
                assert size in (None, real)
            # Bands and classes are never left open here.
            assert "C" not in (tensor.axes or "") or tensor.size_of("C") is not None


def test_labels_are_told_from_data() -> None:
    data, label = inspect_model(FOLDER / "unet-0012.params").inputs
    assert (data.role, label.role) == (Role.DATA, Role.LABEL)


def test_the_last_operation_is_recognised() -> None:
    assert inspect_model(FOLDER / "unet-0012.params").outputs[0].activation is Activation.SOFTMAX
    larger, best, water, *_ = inspect_model(FOLDER / "branches-0001.params").outputs
    assert (larger.activation, water.activation) == (Activation.NONE, Activation.SIGMOID)
    assert (best.activation, best.class_count, best.axes) == (Activation.ARGMAX, 5, "NHW")


def test_the_symbol_belongs_to_the_weights_and_the_other_way_round() -> None:
    both = [["unet-0012.params", "unet-symbol.json"], ["unet-symbol.json", "unet-0012.params"]]
    for names in both:
        model = inspect_model(FOLDER / names[0])
        assert [part.path for part in model.files] == names
        assert model.framework_version == "1.9.1"
        assert model.outputs[0].shape == (None, 3, None, None)


def test_a_missing_symbol_is_named(tmp_path: Path) -> None:
    model = inspect_model(copied(tmp_path / "m", "unet-0012.params"))
    assert model.missing_files == ("unet-symbol.json",)
    assert model.parameters == EXPECTED["unet-0012.params"]["parameters"]


def test_missing_weights_are_named(tmp_path: Path) -> None:
    model = inspect_model(copied(tmp_path / "m", "unet-symbol.json"))
    assert model.missing_files == ("unet-0000.params",)
    assert model.parameters is None
    assert [tensor.name for tensor in model.outputs] == ["softmax_output"]


def test_of_several_epochs_the_last_is_taken_and_said(tmp_path: Path) -> None:
    path = copied(tmp_path / "m", "unet-symbol.json", "unet-0012.params")
    shutil.copy(path.with_name("unet-0012.params"), path.with_name("unet-0003.params"))
    model = inspect_model(path)
    assert model.files[1].path == "unet-0012.params"
    assert "model-file-chosen" in {item.rule for item in model.findings}


def test_weights_alone_tell_bands_and_classes_where_their_names_give_the_order() -> None:
    model = inspect_model(FOLDER / "weights.params")
    assert model.missing_files == ()
    assert model.inputs[0].shape == (None, 4, None, None)
    assert model.outputs[0].shape == (None, 2, None, None)


def test_arrays_without_names_tell_nothing_but_their_number() -> None:
    model = inspect_model(FOLDER / "unnamed.params")
    assert (model.inputs, model.outputs) == ((), ())
    assert [item.rule for item in model.findings] == ["model-shape-unknown"]


def test_operators_in_python_are_named(tmp_path: Path) -> None:
    path = copied(tmp_path / "m", "scene-symbol.json", "scene-0001.params")
    document = json.loads(path.read_text("utf-8"))
    node = next(item for item in document["nodes"] if item["op"] == "softmax")
    node.update(op="Custom", attrs={"op_type": "my_softmax"})
    path.write_text(json.dumps(document), encoding="ascii")
    model = inspect_model(path)
    (finding,) = model.findings
    assert finding.rule == "model-runs-own-code"
    assert "'my_softmax'" in finding.message
    assert model.outputs[0].name is None


@pytest.mark.parametrize("key", ["param", "attr"])
def test_attributes_of_older_versions_are_read(key: str, tmp_path: Path) -> None:
    path = copied(tmp_path / "m", "scene-symbol.json", "scene-0001.params")
    text = path.read_text("utf-8").replace('"attrs": {', f'"{key}": {{')
    path.write_text(text, encoding="ascii")
    assert inspect_model(path).outputs[0].shape == (None, 7)


@pytest.mark.parametrize(
    "content",
    [
        b'{"nodes": ' + b"[" * 100_000,
        b'{"nodes": [{"op": "null", "inputs": [[5, 0, 0]]}], "arg_nodes": [], "heads": [[0, 0]]}',
        b'{"nodes": 3, "arg_nodes": [], "heads": []}',
        b'{"nodes": [], "arg_nodes": [], "heads": [[0, 0, 0]]}',
    ],
)
def test_json_that_is_no_graph_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x-symbol.json"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule in ("model-damaged", "model-not-recognised")


def test_a_huge_symbol_is_refused_before_it_is_parsed(tmp_path: Path) -> None:
    path = tmp_path / "x-symbol.json"
    path.write_bytes(
        b'{"nodes": [' + b"[]," * 1_000_000 + b'[]], "arg_nodes": [], "heads": [[0, 0, 0]]}'
    )
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-too-complex"


def test_a_count_beyond_all_measure_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.params"
    path.write_bytes(struct.pack("<QQQ", 0x112, 0, 1 << 60))
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-too-complex"


@pytest.mark.parametrize(
    ("names", "part"),
    [
        (("scene-0001.params", "scene-symbol.json"), None),
        (("scene-0001.params", "scene-symbol.json"), "scene-symbol.json"),
        (("sparse.params",), None),
    ],
)
def test_damaged_files_are_refused_in_a_sentence(names: Any, part: str, tmp_path: Path) -> None:
    assert_survives_damage(copied(tmp_path / "model", *names), tmp_path, part)


@pytest.mark.shared_models
def test_real_models_agree_with_mxnet(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text("utf-8"))
    for name, said in truth.items():
        if said["format"] == "mxnet":
            assert inspect_model(shared_models / name).parameters == said["parameters"]
