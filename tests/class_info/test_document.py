"""The class information document as a whole: what it says, and what is said about it."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.class_info import ClassInfo, LandClass, examine_class_info, read_class_info
from dl2ecd_core.class_info.schema import EXAMPLE
from dl2ecd_core.findings import Severity
from dl2ecd_core.findings.errors import ClassInfoError
from tests.work import growth

from .examined import ESRI_EXAMPLE, GOOD_CLASSES, Examine, only, rules

# -- what is right -------------------------------------------------------------------------------


def test_the_documented_example_passes_as_it_stands(examine: Examine) -> None:
    info = examine(ESRI_EXAMPLE)
    assert (info.classifier, info.band_count, info.mini_batch_size) == ("CNTK", 4, 16)
    assert info.classes == (
        LandClass(100, "Impervious", (204, 204, 204), color_given=True),
        LandClass(200, " Other (Pervious)", (56, 168, 0), color_given=True),
    )
    assert info.document == json.loads(ESRI_EXAMPLE)
    assert list(info.document) == list(json.loads(ESRI_EXAMPLE))
    assert info.unusable == frozenset()
    # The blank is Esri's own: kept, and warned about at most.
    assert only(info, "class-name-blanks").severity is Severity.WARNING


def test_a_good_document_has_nothing_to_find(examine: Examine) -> None:
    assert examine().findings == ()


def test_the_mini_batch_size_is_1_when_it_is_not_given(examine: Examine) -> None:
    info = examine(MiniBatchSize=...)
    assert (info.mini_batch_size, info.mini_batch_given) == (1, False)
    assert info.findings == ()


def test_the_batch_size_of_an_emd_stands_for_the_mini_batch_size(examine: Examine) -> None:
    info = examine(MiniBatchSize=..., BatchSize=8)
    assert (info.mini_batch_size, info.mini_batch_given) == (8, True)
    assert info.emd_keys == {"BatchSize": 8}


def test_both_vocabularies_are_accepted_alike(examine: Examine) -> None:
    info = examine(Classes=[{"ClassValue": 1, "ClassName": "a", "Red": 1, "Green": 2, "Blue": 3}])
    assert info.findings == ()
    assert info.classes == (LandClass(1, "a", (1, 2, 3), color_given=True),)


def test_keys_of_the_model_definition_pass_on_in_their_order(examine: Examine) -> None:
    given_keys = {
        "ModelType": "ImageClassification",
        "ImageHeight": 256,
        "ExtractBands": [0, 1, 2, 3],
        "Threshold": 0.5,
        "ModelConfiguration": {"Name": "MaskRCNN", "Config": "x"},
    }
    info = examine(**given_keys)
    assert list(info.emd_keys.items()) == list(given_keys.items())
    assert info.findings == ()


def test_unknown_keys_survive(examine: Examine) -> None:
    info = examine(Author={"Office": "GIS"}, Years=[2019, 2020])
    assert info.findings == ()
    assert info.document["Author"] == {"Office": "GIS"}
    assert "Author" not in info.emd_keys


@pytest.mark.parametrize("storage", ["embedded", "referenced"])
def test_the_document_may_say_how_the_model_is_stored(examine: Examine, storage: str) -> None:
    assert examine(ModelStorage=storage).storage == storage
    assert examine().storage is None


def test_4_0_is_the_whole_number_4(examine: Examine) -> None:
    info = examine(NumberRasterBands=4.0)
    assert info.findings == ()
    assert repr(info.band_count) == "4"


def test_the_place_of_any_part_can_be_asked(examine: Examine) -> None:
    place = examine(ESRI_EXAMPLE).where("$.Classes[1].Name")
    assert (place.line, place.column, place.path) == (3, 33, "$.Classes[1].Name")
    assert place.excerpt is not None
    assert place.excerpt.count("^") == len('" Other (Pervious)"')


# -- other documents -----------------------------------------------------------------------------


def test_a_model_definition_is_said_to_be_one(examine: Examine) -> None:
    document = {
        "Framework": "Keras",
        "ModelFile": "a.h5",
        "ModelType": "ImageClassification",
        "ExtractBands": [0, 1, 2],
        "Classes": [{"Value": 1, "Name": "a", "Color": [1, 2, 3]}],
        "Version": "2019.02",
    }
    info = examine(document)
    item = only(info, "document-is-emd")
    assert '"Classifier": "Keras"' in item.hint
    assert '"NumberRasterBands": 3' in item.hint
    assert "Classes" in info.unusable


@pytest.mark.parametrize(
    "key", ["Framework", "ModelFile", "InferenceFunction", "ModelConfiguration", "ModelType"]
)
def test_beside_classes_one_key_tells_a_model_definition(examine: Examine, key: str) -> None:
    item = only(examine({"Classes": GOOD_CLASSES, key: "x"}), "document-is-emd")
    assert item.where.path == f"$.{key}"


@pytest.mark.shared_models
def test_published_model_definitions_are_recognised(shared_models: Path) -> None:
    paths = sorted((shared_models / "esri_emd").glob("*.emd"))
    assert paths
    for path in paths:
        only(examine_class_info(path), "document-is-emd")


def test_a_classifier_definition_is_said_to_be_one(examine: Examine) -> None:
    only(examine({"EsriClassifierDefinitionFile": 0, "FileVersion": 3}), "document-is-ecd")
    item = only(examine({"EsriEndmemberDefinitionFile": 0}), "document-is-ecd")
    assert "endmember" in item.message


@pytest.mark.parametrize("source", ["[1]", '"text"', "4", "null"])
def test_a_document_is_an_object(examine: Examine, source: str) -> None:
    only(examine(source), "class-info-wrong-type")


def test_a_model_in_place_of_the_document(examine: Examine) -> None:
    item = only(examine(b"PK\x03\x04" + b"\0" * 100), "document-not-json")
    assert "mixed up" in item.hint


# -- syntax and meaning together -----------------------------------------------------------------


def test_all_problems_in_one_run(examine: Examine) -> None:
    info = examine(
        "{\n"
        '  "ImportDeepLearningModelToEsriExtraInfo": 0,\n'
        '  "Version": "1", // one\n'
        "  'Classifier': \"e.g. CNTK\",\n"
        '  "NumberRasterBands": True,\n'
        '  "Classes": [\n'
        '    {"Value": 1, "Name": "a", "Color": [0, 0, 300]},\n'
        '    {"Value": 1, "Name": "a ", "Ccolor": [1, 2, 3]},\n'
        "  ]\n"
        "}\n"
    )
    found = [(item.where.line, item.rule) for item in info.findings]
    assert found == [
        (3, "class-info-wrong-type"),
        (3, "json-comment"),
        (4, "json-single-quotes"),
        (4, "class-info-placeholder"),
        (5, "json-literal"),
        (5, "class-info-wrong-type"),
        (7, "class-color-out-of-range"),
        (8, "class-value-duplicate"),
        (8, "class-name-blanks"),
        (8, "class-name-duplicate"),
        (8, "class-info-misspelt-key"),
        (8, "json-trailing-comma"),
    ]


def test_a_cut_file_is_not_said_to_lack_what_was_cut_off(examine: Examine) -> None:
    info = examine(ESRI_EXAMPLE[:60])
    assert rules(info) == ["json-truncated"]
    info = examine(ESRI_EXAMPLE[: ESRI_EXAMPLE.index('"Color":[56')])
    assert "json-truncated" in rules(info)
    assert "class-info-key-missing" not in rules(info)
    assert "Classes" in info.unusable


def test_a_cut_class_is_not_said_to_lack_what_was_cut_off(examine: Examine) -> None:
    info = examine(ESRI_EXAMPLE[: ESRI_EXAMPLE.index('"Name":" Other')])
    assert "class-info-key-missing" not in rules(info)
    assert "json-truncated" in rules(info)


def test_what_could_not_be_read_is_null_in_the_document(examine: Examine) -> None:
    info = examine('{"ImportDeepLearningModelToEsriExtraInfo": 0, "Version": NaN}')
    assert info.document["Version"] is None
    json.dumps(info.document)


def test_reading_raises_with_all_that_is_wrong(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    blank = {**EXAMPLE["Classes"][1], "Name": " Other"}
    wrong = {"Version": 2, "MiniBatchSize": 0, "Classes": [EXAMPLE["Classes"][0], blank]}
    path.write_text(json.dumps({**EXAMPLE, **wrong}), encoding="utf-8")
    with pytest.raises(ClassInfoError) as caught:
        read_class_info(path)
    assert len(caught.value.findings) == 3
    assert caught.value.findings[-1].severity is Severity.WARNING
    assert "Version is 2" in str(caught.value)
    path.write_text(ESRI_EXAMPLE, encoding="utf-8")
    assert read_class_info(path).band_count == 4


def test_a_missing_file_is_a_finding(tmp_path: Path) -> None:
    only(examine_class_info(tmp_path / "none.json"), "file-not-found")


# -- many classes, and hostile ones --------------------------------------------------------------


def test_ten_thousand_classes_are_a_matter_of_a_moment(examine: Examine) -> None:
    def look(count: int) -> ClassInfo:
        classes = [{"ClassValue": value, "ClassName": f"c{value}"} for value in range(count)]
        return examine(Classes=classes)

    assert growth(look, 500, 2000) < 1.1
    assert len({one.color for one in look(10_000).classes}) > 8000


def test_the_same_mistake_in_every_class_is_not_said_ten_thousand_times(examine: Examine) -> None:
    classes = [{"Value": True, "Name": f"c{index}", "Color": [1, 2, 3]} for index in range(3000)]
    info = examine(Classes=classes)
    assert len(info.findings) == 22
    assert "2000 more classes" in info.findings[0].message
    assert "979 other places" in info.findings[-1].message


_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("e.g. x"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(EXAMPLE, _ANYTHING),
            "Classes": st.lists(
                st.fixed_dictionaries(
                    {}, optional=dict.fromkeys(("Value", "Name", "Color", "Red"), _ANYTHING)
                )
                | _ANYTHING,
                max_size=4,
            )
            | _ANYTHING,
            "ExtractBands": _ANYTHING,
            "ModelType": _ANYTHING,
            "BatchSize": _ANYTHING,
        },
    )
)
def test_no_document_raises(examine: Examine, document: Dict[str, object]) -> None:
    info = examine(document)
    for item in info.findings:
        assert item.message
        assert not {unicodedata.category(letter) for letter in str(item)} & {"Cc", "Cf", "Cs", "Zl"}


def test_jsonschema_is_loaded_on_first_use_only() -> None:
    code = "import sys, dl2ecd_core.class_info; sys.exit('jsonschema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
