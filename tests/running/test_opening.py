"""A model that is made ready to run: what there is to say of it names what the person gave."""

from __future__ import annotations

import json
from pathlib import Path
from typing import List, Optional

import pytest

from dl2ecd_core.conversion import convert
from dl2ecd_core.running.opening import OpenedModel, described, opened_model
from tests.conftest import FIXTURES
from tests.running.scenes import write_classes

#: Of which there is something to say: its pickles name what they import.
SCRIPTED = FIXTURES / "pytorch" / "unet_scripted.pt"


@pytest.fixture
def classes(tmp_path: Path) -> Path:
    path = write_classes(tmp_path / "classes.json", (1, 2))
    document = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**document, "Classifier": "TorchScript"}), encoding="utf-8")
    return path


def files_named(opened: OpenedModel) -> List[Optional[str]]:
    """What findings of the pickles name."""
    said = [item for item in opened.findings if item.rule.startswith("pickle-")]
    assert said
    return [None if item.where is None else item.where.file for item in said]


def test_of_an_ecd_it_names_the_ecd_and_not_a_private_folder(tmp_path: Path, classes: Path) -> None:
    ecd = tmp_path / "a.ecd"
    convert(SCRIPTED, classes, ecd)
    with opened_model(ecd) as opened:
        assert files_named(opened) == [str(ecd)]
        assert opened.ecd.name == str(ecd)


def test_of_a_model_it_names_the_model_once(classes: Path) -> None:
    """And no .ecd, which nobody has written."""
    with opened_model(SCRIPTED, classes) as opened:
        assert files_named(opened) == [str(SCRIPTED)]
        assert opened.ecd.name == str(SCRIPTED)


def test_of_a_definition_beside_its_model_it_names_the_definition(tmp_path: Path) -> None:
    definition = tmp_path / "a.emd"
    (tmp_path / "unet.onnx").write_bytes((FIXTURES / "onnx" / "unet.onnx").read_bytes())
    classes = [{"Value": value, "Name": f"{value}", "Color": [value, 9, 9]} for value in (1, 2)]
    document = {
        "Framework": "ONNX", "ModelType": "ImageClassification", "ModelFile": "unet.onnx",
        "ModelConfiguration": "x", "ImageHeight": 16, "ImageWidth": 16,
        "ExtractBands": [0, 1, 2, 3], "Classes": classes,
    }  # fmt: skip
    definition.write_text(json.dumps(document), encoding="utf-8")
    assert described(definition).name == str(definition)
