"""The metadata file that exporters put beside models whose format has no place for it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import ClassNames, inspect_model, metadata_beside
from dl2ecd_core.models.export_notes import ExportNotes
from tests.conftest import FIXTURES

_YAML = """description: YOLO11n-cls model
task: classify
stride: 1
imgsz:
- 64
- 64
names:
  0: roof
  1: pool
  2: solar panel
"""


@pytest.fixture
def light(tmp_path: Path) -> Path:
    return Path(shutil.copy(FIXTURES / "tflite" / "argmax.tflite", tmp_path / "m.tflite"))


def test_names_and_notes_are_the_models(light: Path) -> None:
    beside = light.with_name("metadata.yaml")
    beside.write_text(_YAML, encoding="utf-8")
    model = inspect_model(light)
    source = "file 'metadata.yaml' beside the model"
    assert model.class_names == (ClassNames(("roof", "pool", "solar panel"), source),)
    assert model.notes == ExportNotes("classify", 1, (64, 64))
    assert [(part.path, part.size) for part in model.files[1:]] == [
        ("metadata.yaml", beside.stat().st_size)
    ]


def test_a_folder_that_is_the_model(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    shutil.copytree(FIXTURES / "tensorflow" / "tf2" / "several", folder)
    (folder / "metadata.yaml").write_text(_YAML, encoding="utf-8")
    model = inspect_model(folder)
    assert [found.names for found in model.class_names] == [("roof", "pool", "solar panel")]
    assert "metadata.yaml" in [part.path for part in model.files]


def test_lists_of_labels_beside_paddle_models(tmp_path: Path) -> None:
    for file in (FIXTURES / "paddle").iterdir():
        if file.suffix in (".pdmodel", ".pdiparams"):
            shutil.copy(file, tmp_path)
    (tmp_path / "infer_cfg.yml").write_text("arch: YOLO\nlabel_list:\n- roof\n- no\n")
    model = inspect_model(tmp_path / "softmax.pdmodel")
    assert [found.names for found in model.class_names] == [("roof", "no")]
    assert model.notes is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("names: [roof, pool", "expected ',' or ']'"),
        ("names:\n  0: roof\n  x: pool\n", "no form"),
    ],
)
def test_names_that_can_not_be_read_are_said(light: Path, text: str, says: str) -> None:
    light.with_name("metadata.yaml").write_text(text)
    model = inspect_model(light)
    (item,) = (one for one in model.findings if one.rule == "class-names-unreadable")
    assert says in item.message
    assert len(model.files) == 1


def test_yaml_that_gives_a_key_twice_names_no_classes(light: Path) -> None:
    light.with_name("metadata.yaml").write_text("names:\n  0: a\n  1: b\n  1: c\n")
    model = inspect_model(light)
    assert model.class_names == ()
    said = [item.message for item in model.findings]
    assert any(
        "the key '1' is given twice in the same object, first in line 3" in one for one in said
    )


def test_yaml_without_its_package_is_said(light: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    light.with_name("metadata.yaml").write_text(_YAML)
    monkeypatch.setitem(sys.modules, "yaml", None)
    model = inspect_model(light)
    (item,) = (one for one in model.findings if one.rule == "class-names-unreadable")
    assert "PyYAML is not installed" in item.message


@pytest.mark.parametrize("text", ["- roof\n- pool\n", "task: detect\n", "names: 3\n"])
def test_files_without_names_are_not_the_models(light: Path, text: str) -> None:
    light.with_name("metadata.yaml").write_text(text)
    model = inspect_model(light)
    assert (model.class_names, len(model.files)) == ((), 1)
    assert "class-names-unreadable" not in [one.rule for one in model.findings]


def test_a_file_that_can_not_be_opened_is_left_alone(
    light: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    light.with_name("metadata.yaml").write_text(_YAML)

    class Locked:
        def __init__(self, path: Path) -> None:
            raise ModelFileError("file-unreadable", f"{path} is locked.")

    monkeypatch.setattr(metadata_beside, "ByteSource", Locked)
    assert inspect_model(light).class_names == ()


def test_names_in_the_model_come_first(tmp_path: Path) -> None:
    labelled = Path(shutil.copy(FIXTURES / "tflite" / "labelled.tflite", tmp_path))
    (tmp_path / "metadata.yaml").write_text(_YAML)
    (found,) = inspect_model(labelled).class_names
    assert "labels.txt" in found.source
