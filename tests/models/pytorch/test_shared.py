"""The larger real models: everything said agrees with what PyTorch says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model

FORMATS = {"pytorch-zip", "pytorch-legacy", "torchscript", "pytorch-export", "safetensors"}


@pytest.mark.shared_models
def test_formats_and_parameters_agree(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text())
    mine = {name: fact for name, fact in truth.items() if fact.get("format") in FORMATS}
    assert len(mine) >= 9
    for name, fact in mine.items():
        description = inspect_model(shared_models / name)
        assert description.format == fact["format"], name
        assert description.framework == fact["framework"], name
        assert description.parameters == fact.get("parameters", description.parameters), name
        if "landcover" in name:
            assert description.inputs[0].size_of("C") == 4, name
            assert description.outputs[0].size_of("C") == 2, name


@pytest.mark.shared_models
def test_two_outputs_of_a_real_detector_are_not_taken_for_one(shared_models: Path) -> None:
    description = inspect_model(shared_models / "pytorch_pth" / "facenet_pytorch_pnet.pt")
    assert description.inputs[0].size_of("C") == 3
    assert description.outputs == ()


@pytest.mark.shared_models
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("evil_pickle.pth", "model-unsupported"),
        ("plain_pickle.model", "model-unsupported"),
        ("plain.zip", "model-not-recognised"),
        ("truncated_zip_state_dict.pth", "model-damaged"),
        ("truncated.safetensors", "model-damaged"),
        ("safetensors_huge_header_len.safetensors", "model-damaged"),
    ],
)
def test_wrong_files_are_named_for_what_they_are(shared_models: Path, name: str, rule: str) -> None:
    with pytest.raises(ModelFileError) as caught:
        inspect_model(shared_models / "negative" / name)
    assert caught.value.finding.rule == rule
