"""Files that often lie where a model should be are named for what they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model


def refused(path: Path) -> Finding:
    with pytest.raises(ModelFileError) as error:
        inspect_model(path)
    return error.value.finding


def written(folder: Path, content: bytes) -> Path:
    path = folder / "a.model"
    path.write_bytes(content)
    return path


def test_an_empty_file(tmp_path: Path) -> None:
    assert refused(written(tmp_path, b"")).rule == "model-empty"


def test_a_git_lfs_pointer(tmp_path: Path) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 130\n"
    item = refused(written(tmp_path, pointer))
    assert item.rule == "model-is-lfs-pointer"
    assert "git lfs pull" in item.hint


@pytest.mark.parametrize("page", [b"<!DOCTYPE html><p>404", b"\xef\xbb\xbf \n<HTML>", b"<head>"])
def test_a_web_page(tmp_path: Path, page: bytes) -> None:
    assert refused(written(tmp_path, page)).rule == "model-is-web-page"


def test_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path).rule == "model-is-folder"


def test_class_information_says_which_of_the_two_comes_first(tmp_path: Path) -> None:
    unpack(tmp_path)
    item = refused(tmp_path / CLASS_INFO)
    assert item.rule == "model-not-a-model"
    assert "class information" in item.message
    assert item.hint.endswith("the model comes first and the class information second.")


def test_an_ecd_leads_to_its_model(tmp_path: Path) -> None:
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    item = refused(tmp_path / "a.ecd")
    assert item.rule == "model-not-a-model"
    assert "extract" in item.hint


def test_a_model_definition_leads_to_its_conversion(tmp_path: Path) -> None:
    emd = {"Framework": "CNTK", "ModelFile": "a.model"}
    item = refused(written(tmp_path, json.dumps(emd).encode()))
    assert item.rule == "model-not-a-model"
    assert "dl2ecd convert" in item.hint
