"""PaddlePaddle models: programs in both of their formats, and state dicts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence, ModelDescription

from ..conftest import FIXTURES
from .damage import assert_survives_damage

HERE = FIXTURES / "paddle"
EXPECTED: Dict[str, Any] = json.loads((HERE / "expected.json").read_text())
PROGRAMS = sorted(name for name, told in EXPECTED.items() if "input" in told)


def rules(model: ModelDescription) -> List[str]:
    return [item.rule for item in model.findings]


@pytest.mark.parametrize("name", PROGRAMS)
def test_it_says_what_paddle_says(name: str) -> None:
    model, told = inspect_model(HERE / name), EXPECTED[name]
    assert (model.format, model.framework) == ("paddle", "PaddlePaddle")
    assert [[t.name, list(t.shape or ())] for t in model.inputs] == [told["input"]]
    assert [list(t.shape or ()) for t in model.outputs] == [told["output"]]
    assert model.outputs[0].name == told.get("output_name", "fetch_name_0")
    assert model.parameters == told["parameters"]
    assert [part.path for part in model.files] == [name, f"{name.rpartition('.')[0]}.pdiparams"]
    assert model.inputs[0].evidence is Evidence.DECLARED
    assert rules(model) == []


@pytest.mark.parametrize(
    ("name", "axes", "activation", "classes"),
    [
        ("softmax.pdmodel", "NCHW", Activation.SOFTMAX, None),
        ("softmax_pir.json", "NCHW", Activation.SOFTMAX, None),
        ("sigmoid_pir.json", "NCHW", Activation.SIGMOID, None),
        ("argmax_pir.json", "NHW", Activation.ARGMAX, 3),
    ],
)
def test_axes_and_the_last_operation(
    name: str, axes: str, activation: Activation, classes: Any
) -> None:
    model = inspect_model(HERE / name)
    output = model.outputs[0]
    assert model.inputs[0].axes == "NCHW"
    assert (output.axes, output.activation, output.class_count) == (axes, activation, classes)


def test_state_dicts_tell_bands_and_classes_by_their_weights() -> None:
    model = inspect_model(HERE / "state.pdparams")
    assert model.parameters == EXPECTED["state.pdparams"]["parameters"]
    assert model.inputs[0].size_of("C") == 4
    assert model.outputs[0].size_of("C") == 3
    assert model.outputs[0].evidence is Evidence.GUESSED
    assert rules(model) == ["pickle-known-globals"]


def test_dense_layers_do_not_tell_classes() -> None:
    model = inspect_model(HERE / "linear.pdparams")
    assert model.parameters == EXPECTED["linear.pdparams"]["parameters"]
    assert (model.inputs, model.outputs) == ((), ())


@pytest.mark.parametrize("name", ["softmax.pdmodel", "softmax_pir.json"])
def test_missing_and_short_parameters_are_told(name: str, tmp_path: Path) -> None:
    shutil.copy(HERE / name, tmp_path)
    weights = f"{name.rpartition('.')[0]}.pdiparams"
    assert inspect_model(tmp_path / name).missing_files == (weights,)
    (tmp_path / weights).write_bytes(b"\0" * 100)
    assert rules(inspect_model(tmp_path / name)) == ["model-damaged"]


def test_paths_in_call_stacks_are_told() -> None:
    model = inspect_model(HERE / "traced.pdmodel")
    assert rules(model)[0] == "model-local-paths"
    assert "analyst" in model.findings[0].message


@pytest.mark.parametrize(
    "text",
    [
        '{"base_code":{"magic":"pir"},',
        '{"base_code":{"magic":"pir"},"program":{"regions":[]}}',
        '{"base_code":{"magic":"pir"},"a":' + "[" * 100_000,
    ],
)
def test_broken_json_programs_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "inference.json").write_text(text)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(tmp_path / "inference.json")
    assert caught.value.finding.rule == "model-damaged"


def test_json_values_of_the_wrong_kind_do_no_harm(tmp_path: Path) -> None:
    operations = [
        7,
        {"#": 3, "O": "x", "I": {"%": []}, "A": [1, {"N": {}, "AT": 5}]},
        {"#": "1.data", "A": [], "O": [{"%": 1, "TT": {"#": "0.t_dtensor", "D": [1, [True]]}}]},
        {"#": "1.fetch", "A": None, "I": [{"%": 1}]},
    ]
    program = {"regions": [{"blocks": [{"ops": operations}]}]}
    (tmp_path / "inference.json").write_text(
        json.dumps({"base_code": {"magic": "pir"}, "program": program})
    )
    model = inspect_model(tmp_path / "inference.json")
    assert [tensor.shape for tensor in (*model.inputs, *model.outputs)] == [None, None]


@pytest.mark.parametrize("name", ["softmax.pdmodel", "softmax_pir.json", "state.pdparams"])
def test_damaged_files_are_refused_or_read(name: str, tmp_path: Path) -> None:
    alone = tmp_path / "alone"
    alone.mkdir()
    shutil.copy(HERE / name, alone)
    assert_survives_damage(alone / name, tmp_path)


@pytest.mark.shared_models
def test_the_real_models_agree_with_their_framework(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text())
    names = [name for name, told in truth.items() if told["format"] == "paddle"]
    assert names
    for name in names:
        model = inspect_model(shared_models / name)
        for mine, theirs in (
            (model.inputs, truth[name].get("inputs", [])),
            (model.outputs, truth[name].get("outputs", [])),
        ):
            assert [(t.name, list(t.shape or ())) for t in mine] == [
                (one["name"], one["shape"]) for one in theirs
            ]
