"""Class information as a model definition (.emd) states it."""

from __future__ import annotations

import json
from typing import Any, Dict, List, Optional

import pytest

from dl2ecd_core.class_info import ClassInfo
from dl2ecd_core.class_info.definitions import examine_definition, is_definition
from dl2ecd_core.json_text import parse
from tests.documents import land_classes

EMD: Dict[str, Any] = {
    "Framework": "Keras",
    "ModelConfiguration": "MyReader",
    "ModelFile": "a.h5",
    "ModelType": "ImageClassification",
    "ImageHeight": 256,
    "ExtractBands": [0, 1, 2],
    "BatchSize": 4,
    "Version": "2019.02",
    "Mine": {"a": 1},
    "Classes": land_classes(2),
}


def examined(
    *, bands: Optional[int] = None, framework: str = "CNTK", **changes: object
) -> ClassInfo:
    emd = {key: value for key, value in {**EMD, **changes}.items() if value is not ...}
    text = parse(json.dumps(emd, indent=1).encode(), "a.emd")
    return examine_definition(text, "a.emd", bands=bands, framework=framework)


def rules(info: ClassInfo) -> List[str]:
    return [item.rule for item in info.findings]


def test_says_the_same_in_the_words_of_class_information() -> None:
    info = examined()
    assert rules(info) == []
    assert (info.classifier, info.band_count, info.mini_batch_size) == ("Keras", 3, 4)
    assert [(item.value, item.name) for item in info.classes] == [(0, "Class 0"), (1, "Class 1")]
    assert info.unusable == frozenset()
    assert info.file == "a.emd"


def test_the_whole_document_is_kept() -> None:
    info = examined()
    assert info.document == EMD
    assert list(info.document) == list(EMD)


def test_keys_of_the_definition_pass_on_with_its_version() -> None:
    assert examined().emd_keys == {
        "ModelConfiguration": "MyReader",
        "ModelType": "ImageClassification",
        "ImageHeight": 256,
        "ExtractBands": [0, 1, 2],
        "BatchSize": 4,
        "Version": "2019.02",
    }
    assert "Version" not in examined(Version=...).emd_keys
    assert "Version" not in examined(Version=3).emd_keys


@pytest.mark.parametrize(
    ("extract", "model", "count"),
    [
        ([0, 1, 2], None, 3),
        ([0, 1, 2], 8, 3),
        ([7, 0], None, 8),
        (["Red", "NIR"], None, 2),
        (["Red", 4], None, 5),
        ([0, 0, 0], None, 3),
        (..., 5, 5),
    ],
)
def test_there_are_as_many_bands_as_the_list_needs_else_as_the_model_takes(
    extract: object, model: Optional[int], count: int
) -> None:
    info = examined(ExtractBands=extract, bands=model)
    assert info.band_count == count
    # That the list is shorter than the raster has bands is what the list is for.
    assert rules(info) == []


def test_bands_that_nobody_tells_are_unusable() -> None:
    assert "NumberRasterBands" in examined(ExtractBands=...).unusable
    assert "ExtractBands" in examined(ExtractBands=[], bands=3).unusable
    assert examined(ExtractBands="0, 1", bands=3).band_count == 3


def test_the_models_framework_stands_in_for_one_that_is_not_named() -> None:
    assert examined(Framework=...).classifier == "CNTK"


def test_places_are_those_in_the_definition() -> None:
    info = examined(ImageHeight="256", Classes=[{"Value": 1, "Name": " a", "Color": [1, 2, 3]}])
    by_rule = {item.rule: item.where for item in info.findings}
    assert by_rule["class-info-wrong-type"].line == 6
    assert by_rule["class-info-wrong-type"].path == "$.ImageHeight"
    assert by_rule["class-name-blanks"].path == "$.Classes[0].Name"


def test_what_is_no_object_says_nothing() -> None:
    info = examine_definition(parse(b"[1]", "a.emd"), "a.emd", bands=3, framework="CNTK")
    assert info.document == {}
    assert info.classes == ()
    assert "Classes" in info.unusable


@pytest.mark.parametrize(
    ("document", "is_one"),
    [
        ({"Framework": "Keras"}, True),
        ({"ModelFile": "a.h5"}, True),
        ({"ModelType": "ImageClassification"}, False),
        ({}, False),
        ({"Framework": "Keras", "ImportDeepLearningModelToEsriExtraInfo": 0}, False),
        ({"ModelFile": "a.h5", "EsriClassifierDefinitionFile": 0}, False),
    ],
)
def test_what_a_definition_is_told_by(document: Dict[str, object], is_one: bool) -> None:
    assert is_definition(document) is is_one
