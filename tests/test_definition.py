"""Model definitions and packages that can't be converted: what is said of them."""

from __future__ import annotations

import errno
import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core import definition
from dl2ecd_core.conversion import convert
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.files.strays import LOCK
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import ConversionRefused
from tests.conftest import FIXTURES

EMD: Dict[str, Any] = {"Framework": "CNTK", "ModelFile": MODEL, "Classes": []}


def refusal(path: Path) -> Finding:
    with pytest.raises(ConversionRefused) as error:
        convert_definition(path, path.with_suffix(".ecd"))
    assert not path.with_suffix(".ecd").exists()
    return error.value.findings[0]


def package(folder: Path, names: List[str]) -> Path:
    """A package of the demo's model, a definition, and files of these names."""
    unpack(folder)
    with zipfile.ZipFile(folder / "a.dlpk", "w") as archive:
        archive.writestr("a.emd", json.dumps(EMD))
        archive.write(folder / MODEL, MODEL)
        for name in names:
            archive.writestr(name, b"more")
    return folder / "a.dlpk"


def test_a_definition_that_is_no_json_says_where(tmp_path: Path) -> None:
    (tmp_path / "a.emd").write_text('{"Framework": "CNTK",}', encoding="utf-8")
    item = refusal(tmp_path / "a.emd")
    assert (item.rule, item.where.line, item.where.column) == ("json-trailing-comma", 1, 21)


@pytest.mark.parametrize("text", ["[]", "5", '{"a": 1}'])
def test_other_json_is_no_definition(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.emd").write_text(text, encoding="utf-8")
    item = refusal(tmp_path / "a.emd")
    assert item.rule == "definition-not-found"
    assert "names neither a Framework nor a ModelFile" in item.message


MODELS = [
    "onnx/unet.onnx", "keras/landcover_first_k2.h5", "keras/landcover_k3.keras",
    "pytorch/unet_legacy.pth", "pytorch/unet_scripted.pt", "tensorflow/tf2/saved",
]  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_a_model_alone_is_said_to_want_its_classes(model: str) -> None:
    item = refusal(FIXTURES / model)
    assert item.rule == "definition-not-found"
    assert "is a model (" in item.message
    assert "SCENE MODEL INFO OUT" in item.hint


def test_a_model_that_carries_its_classes_is_said_to_become_a_definition(tmp_path: Path) -> None:
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    export(read_ecd(tmp_path / "a.ecd"), "onnx", tmp_path / "a.onnx")
    with pytest.raises(ConversionRefused) as caught, definition.opened(tmp_path / "a.onnx"):
        pass
    (item,) = caught.value.findings
    assert "dl2ecd convert FILE.onnx FILE.ecd" in item.hint


def test_an_ecd_is_said_to_be_one_already(tmp_path: Path) -> None:
    (tmp_path / "a.emd").write_text('{"EsriClassifierDefinitionFile": 0}', encoding="utf-8")
    assert "is an .ecd already" in refusal(tmp_path / "a.emd").message


@pytest.mark.parametrize("name", ["nul", "a/con.txt", "a?b", "a ./b"])
def test_a_package_names_no_file_that_windows_can_not_hold(tmp_path: Path, name: str) -> None:
    item = refusal(package(tmp_path, [name]))
    assert (item.rule, item.where.file) == ("archive-refused", str(tmp_path / "a.dlpk"))
    assert f"'{name}', which not every system can hold" in item.message


@pytest.mark.parametrize(
    "names", [["x", "x/y"], ["x", "x/y/z"], ["x/y", "x"], [f"{MODEL}/x"], ["a.emd/x"]]
)
def test_a_package_names_no_file_as_the_folder_of_another(tmp_path: Path, names: List[str]) -> None:
    item = refusal(package(tmp_path, names))
    assert (item.rule, item.where.file) == ("archive-refused", str(tmp_path / "a.dlpk"))
    assert f"a file '{names[-1]}' where another one needs a folder" in item.message


def test_no_room_to_unpack_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = package(tmp_path, [])
    known = Path.open

    def full(self: Path, mode: str = "r", *arguments: Any, **keywords: Any) -> Any:
        if mode == "xb" and self.name != LOCK:
            raise OSError(errno.ENOSPC, "No space left on device")
        return known(self, mode, *arguments, **keywords)

    monkeypatch.setattr(definition.Path, "open", full)
    item = refusal(path)
    assert (item.rule, item.where.file) == ("output-disk-full", tempfile.gettempdir())
    assert ".dl2ecd" not in item.message


def test_no_folder_to_unpack_into_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = package(tmp_path, [])
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "none"))
    item = refusal(path)
    assert (item.rule, item.where.file) == ("output-not-writable", str(path))
    assert item.message == (
        f"There is no folder to unpack the package '{path}' into: No such file or directory."
    )


def test_a_package_may_hold_a_file_of_any_name(tmp_path: Path) -> None:
    path = package(tmp_path, ["lock", "files"])
    # It is unpacked, and what is wrong is what the definition says.
    assert refusal(path).rule == "class-info-no-classes"
