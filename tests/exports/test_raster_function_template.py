"""Raster function templates: the published functions, or the user's own, on the .ecd."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest
from lxml import etree

from dl2ecd_core import convert
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.content import Ecd, Kind
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import Dl2EcdError
from tests.exports.definitions import ecd_with, exported, named, said

TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"


@pytest.fixture
def ecd(tmp_path: Path) -> Ecd:
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a & b.ecd")
    return read_ecd(tmp_path / "a & b.ecd")


def arguments(content: bytes) -> Dict[str, str]:
    """Argument names with their text, which may lie in a variable."""
    root = etree.fromstring(content)
    names = [name.text for name in root.iterfind("Arguments/Names/String")]
    values = root.findall("Arguments/Values/AnyType")
    assert len(names) == len(values)
    return {
        str(name): (value.findtext("Value") if len(value) else value.text) or ""
        for name, value in zip(names, values)
    }


def changed(ecd: Ecd, **keys: Any) -> Ecd:
    document = {**ecd.document, **keys}
    return replace(ecd, document={key: item for key, item in document.items() if item is not None})


def test_the_published_function_gets_the_definition(ecd: Ecd, tmp_path: Path) -> None:
    content, findings = exported(ecd, "rft-xml", tmp_path / "a.rft.xml")
    assert arguments(content) == {
        "PythonModule": "ImageClassifier.py",
        "ClassName": "ImageClassifier",
        "raster": "",
        "model": "a & b.ecd",
    }
    root = etree.fromstring(content)
    assert root.get(TYPE) == "typens:RasterFunctionTemplate"
    assert root.find("Function").get(TYPE) == "typens:PythonAdapterFunction"
    assert root.findtext("Function/PixelType") == "S32"
    assert str(tmp_path).encode() not in content
    assert "'a & b.ecd' without a folder" in said(findings, "export-incomplete")
    assert "'ImageClassifier.py' beside it" in said(findings, "export-incomplete")


def test_the_raster_stays_open(ecd: Ecd, tmp_path: Path) -> None:
    content, _ = exported(ecd, "rft-xml", tmp_path / "a.rft.xml")
    raster = etree.fromstring(content).findall("Arguments/Values/AnyType")[2]
    assert raster.get(TYPE) == "typens:RasterFunctionVariable"
    assert (raster.findtext("Name"), raster.findtext("IsDataset")) == ("Raster", "true")


@pytest.mark.parametrize(
    ("kind", "module"),
    [("ObjectDetection", "ObjectDetector"), ("ObjectClassification", "ObjectClassifier")],
)
def test_the_model_type_decides(ecd: Ecd, tmp_path: Path, kind: str, module: str) -> None:
    content, _ = exported(changed(ecd, ModelType=kind), "rft-xml", tmp_path / "a.rft.xml")
    assert arguments(content)["PythonModule"] == f"{module}.py"


def test_a_function_of_the_users_own_comes_first(ecd: Ecd, tmp_path: Path) -> None:
    own = changed(ecd, InferenceFunction="mine\x07.py", ModelConfiguration=None)
    content, findings = exported(own, "rft-xml", tmp_path / "a.rft.xml")
    assert arguments(content)["PythonModule"] == "mine\\x07.py"
    assert "ClassName" not in arguments(content)
    assert "ModelConfiguration" not in said(findings, "export-incomplete")


def test_a_model_that_no_published_function_runs_is_said(ecd: Ecd, tmp_path: Path) -> None:
    _, findings = exported(changed(ecd, ModelConfiguration=None), "rft-xml", tmp_path / "a.rft.xml")
    assert "names no ModelConfiguration" in said(findings, "export-incomplete")


@pytest.mark.parametrize("kind", [None, "Segmentation", 7])
def test_an_unknown_use_is_refused(ecd: Ecd, tmp_path: Path, kind: object) -> None:
    with pytest.raises(Dl2EcdError, match="does not say which Python raster function"):
        export(changed(ecd, ModelType=kind), "rft-xml", tmp_path / "a.rft.xml")
    assert not (tmp_path / "a.rft.xml").exists()


def test_a_definition_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match="holds no deep-learning model"):
        export(ecd_with(named(), kind=Kind.CLASSIC), "rft-xml", tmp_path / "a.rft.xml")
