"""The class information out of an .ecd again."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core import convert
from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.demo import CLASS_INFO, MODEL, unpack
from dl2ecd_core.ecd.class_information import class_information, write_class_information
from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.findings.errors import ConversionRefused, EcdFileError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The demo, with an .ecd and an .emd of it."""
    unpack(tmp_path)
    convert(tmp_path / MODEL, tmp_path / CLASS_INFO, tmp_path / "a.ecd")
    export(read_ecd(tmp_path / "a.ecd"), "emd", tmp_path / "a.emd")
    return tmp_path


def document(path: Path) -> Dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_is_the_document_that_it_was_made_from(folder: Path) -> None:
    source = document(folder / CLASS_INFO)
    (folder / "mine.json").write_text(json.dumps({**source, "MyKey": [1, "ü"]}), encoding="utf-8")
    convert(folder / MODEL, folder / "mine.json", folder / "b.ecd")
    assert class_information(read_ecd(folder / "b.ecd")) == {**source, "MyKey": [1, "ü"]}


def test_of_a_model_definition_is_put_together_and_gives_the_same_classes(folder: Path) -> None:
    convert_definition(folder / "a.emd", folder / "b.ecd")
    write_class_information(read_ecd(folder / "b.ecd"), folder / "b.json")
    info = examine_class_info(folder / "b.json")
    assert [item for item in info.findings if item.severity.value == "error"] == []
    before = examine_class_info(folder / CLASS_INFO)
    assert (info.classes, info.band_count) == (before.classes, before.band_count)
    assert document(folder / "b.json")["ModelConfiguration"] == "AzurePixelLevelLandClassification"
    convert(folder / MODEL, folder / "b.json", folder / "c.ecd")
    assert document(folder / "c.ecd")["Classes"] == document(folder / "a.ecd")["Classes"]


def test_what_a_foreign_definition_does_not_say_is_left_out(folder: Path) -> None:
    ecd = document(folder / "a.ecd")
    del ecd["ExtraInfo"], ecd["BatchSize"], ecd["Definitions"][0]["MiniBatchSize"]
    (folder / "b.ecd").write_text(json.dumps(ecd), encoding="utf-8")
    read = read_ecd(folder / "b.ecd")
    plain = replace(read, classes=(EcdClass(0, "Water", None),))
    made = class_information(plain)
    assert "MiniBatchSize" not in made
    assert made["Classes"] == [{"Value": 0, "Name": "Water"}]


def test_classic_definitions_have_none(folder: Path) -> None:
    classic = {"EsriClassifierDefinitionFile": 0, "Definitions": [{"Classes": []}]}
    (folder / "b.ecd").write_text(json.dumps(classic), encoding="utf-8")
    with pytest.raises(EcdFileError, match="holds no class information"):
        class_information(read_ecd(folder / "b.ecd"))


def test_never_takes_a_files_place_unless_told(folder: Path) -> None:
    ecd = read_ecd(folder / "a.ecd")
    (folder / "b.json").write_text("mine", encoding="utf-8")
    with pytest.raises(ConversionRefused, match="exists already"):
        write_class_information(ecd, folder / "b.json")
    write_class_information(ecd, folder / "b.json", overwrite=True)
    assert document(folder / "b.json") == document(folder / CLASS_INFO)
    with pytest.raises(ConversionRefused, match="is the input"):
        write_class_information(ecd, folder / "a.ecd", overwrite=True)
