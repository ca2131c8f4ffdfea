"""The class information document: what it says, and what is said about it."""

from __future__ import annotations

import json
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any, Callable, Dict, List, Tuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dl2ecd_core.class_info import ClassInfo, LandClass, examine_class_info, read_class_info
from dl2ecd_core.class_info.schema import EXAMPLE
from dl2ecd_core.errors import ClassInfoError
from dl2ecd_core.findings import Finding, Severity
from tests.work import growth

ESRI_EXAMPLE = """\
{"ImportDeepLearningModelToEsriExtraInfo":0, "Version":1, "Classifier":"CNTK", \
"NumberRasterBands":4, "MiniBatchSize":16,
 "Classes":[{"Value":100,"Name":"Impervious","Color":[204,204,204]},
            {"Value":200,"Name":" Other (Pervious)","Color":[56,168,0]}]}
"""

GOOD_CLASSES = [
    {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]},
    {"Value": 200, "Name": "Pervious", "Color": [56, 168, 0]},
]

Examine = Callable[..., ClassInfo]


@pytest.fixture
def examine(tmp_path: Path) -> Examine:
    """Examine a document given as text, as bytes, or as changes to a good one."""

    def run(source: object = None, **changes: object) -> ClassInfo:
        path = tmp_path / "class_info.json"
        if source is None:
            good = {**EXAMPLE, "Classes": GOOD_CLASSES, **changes}
            source = {key: value for key, value in good.items() if value is not ...}
        if not isinstance(source, (str, bytes)):
            source = json.dumps(source, indent=1)
        path.write_bytes(source.encode() if isinstance(source, str) else source)
        return examine_class_info(path)

    return run


def rules(info: ClassInfo) -> List[str]:
    """The rule ids of what was found."""
    return [item.rule for item in info.findings]


def only(info: ClassInfo, rule: str) -> Finding:
    """The one finding there is, of this rule."""
    assert rules(info) == [rule], [str(item) for item in info.findings]
    return info.findings[0]


def with_class(**parts: object) -> Dict[str, Any]:
    """A document whose second class is this one."""
    return {**EXAMPLE, "Classes": [EXAMPLE["Classes"][0], parts]}


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


# -- colors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "parts",
    [{}, {"Color": [-1, -1, -1]}, {"Red": -1, "Green": -1, "Blue": -1}],
    ids=["missing", "-1 in a list", "-1 one by one"],
)
def test_a_color_that_is_left_open_is_one_of_the_palette(
    examine: Examine, parts: Dict[str, object]
) -> None:
    info = examine(with_class(Value=1, Name="Water", **parts))
    item = only(info, "class-color-from-palette")
    assert item.severity is Severity.WARNING
    assert "'Water'" in item.message
    assert info.classes[1] == LandClass(1, "Water", (86, 180, 233), color_given=False)


def test_open_colors_are_said_once_for_all_classes(examine: Examine) -> None:
    info = examine(Classes=[{"Value": value, "Name": f"c{value}"} for value in range(12)])
    item = only(info, "class-color-from-palette")
    assert "12 classes" in item.message
    assert "4 more" in item.message
    assert len({one.color for one in info.classes}) == 12


def test_an_unknown_key_takes_no_color_s_place(examine: Examine) -> None:
    info = examine(with_class(Value=1, Name="Water", Note="blue"))
    assert "'Water'" in only(info, "class-color-from-palette").message


def test_a_palette_color_is_not_one_that_another_class_has(examine: Examine) -> None:
    info = examine(with_class(Value=1, Name="Water"))
    first = info.classes[1].color
    clash = {"Value": 0, "Name": "Soil", "Color": list(first)}
    info = examine(Classes=[clash, {"Value": 1, "Name": "Water"}])
    assert info.classes[1].color != first


@pytest.mark.parametrize(
    ("color", "rule", "says", "helps", "path"),
    [
        ([256, 0, 0], "class-color-out-of-range", "Red of Color is 256", "", "[0]"),
        ([0, 0, -1], "class-color-out-of-range", "Blue of Color is -1", "", "[2]"),
        ([1, 2], "class-info-wrong-type", "2 numbers instead of three", "", ""),
        ([1, 2, 3, 4], "class-info-wrong-type", "4 numbers", "transparency", ""),
        ("#CC00FF", "class-info-wrong-type", "'#CC00FF'", "[204, 0, 255]", ""),
        (" 1289aB", "class-info-wrong-type", "' 1289aB'", "[18, 137, 171]", ""),
        ("#CC00F", "class-info-wrong-type", "'#CC00F'", "Example", ""),
        ("#CC00FFF", "class-info-wrong-type", "'#CC00FFF'", "Example", ""),
        ([0.2, 0.4, 1.0], "class-info-wrong-type", "0.2", "[51, 102, 255]", ""),
        (["1", "2", "3"], "class-info-wrong-type", '"1"', "[1, 2, 3]", ""),
        ([True, 0, 0], "class-info-wrong-type", "true", "Example", ""),
        (None, "class-info-wrong-type", "null", "", ""),
        ("e.g. [0, 0, 255]", "class-info-placeholder", "e.g.", "real value", ""),
    ],
)
def test_colors_that_are_none(
    examine: Examine, color: object, rule: str, says: str, helps: str, path: str
) -> None:
    info = examine(with_class(Value=1, Name="Water", Color=color))
    item = only(info, rule)
    assert item.severity is Severity.ERROR
    assert says in item.message
    assert helps in item.hint
    assert item.where.path == f"$.Classes[1].Color{path}"


def test_channels_one_by_one_have_to_be_three_and_right(examine: Examine) -> None:
    item = only(examine(with_class(Value=1, Name="a", Red=1, Green=2)), "class-info-key-missing")
    assert "'Blue'" in item.message
    for channels in ({"Red": 300, "Green": 2, "Blue": 3}, {"Red": -1, "Green": 2, "Blue": 3}):
        info = examine(with_class(Value=1, Name="a", **channels))
        assert only(info, "class-color-out-of-range").where.path == "$.Classes[1].Red"


def test_two_colors_that_differ_contradict_each_other(examine: Examine) -> None:
    parts = {"Color": [1, 2, 3], "Red": 1, "Green": 2}
    assert examine(with_class(Value=1, Name="a", Blue=3, **parts)).findings == ()
    item = only(examine(with_class(Value=1, Name="a", Blue=4, **parts)), "class-info-contradiction")
    assert "[1, 2, 3]" in item.message
    assert "[1, 2, 4]" in item.message


# -- values and names ----------------------------------------------------------------------------

VALUES: List[Tuple[object, str, str, Severity]] = [
    (True, "class-info-wrong-type", "not true", Severity.ERROR),
    ("4", "class-info-wrong-type", "the text '4'", Severity.ERROR),
    (4.5, "class-info-wrong-type", "4.5", Severity.ERROR),
    (None, "class-info-wrong-type", "null", Severity.ERROR),
    ("e.g. 4", "class-info-placeholder", "'e.g. 4'", Severity.ERROR),
    (2**31, "class-value-out-of-range", "2147483648", Severity.ERROR),
    (-(2**31) - 1, "class-value-out-of-range", "-2147483649", Severity.ERROR),
    (100, "class-value-duplicate", "'Impervious'", Severity.ERROR),
    (256, "class-value-above-8-bit", "16- or 32-bit", Severity.WARNING),
    (-1, "class-value-negative", "signed", Severity.WARNING),
]


@pytest.mark.parametrize(("value", "rule", "says", "severity"), VALUES)
def test_values_that_need_a_word(
    examine: Examine, value: object, rule: str, says: str, severity: Severity
) -> None:
    item = only(examine(with_class(Value=value, Name="Water", Color=[0, 0, 255])), rule)
    assert says in item.message
    assert item.severity is severity
    assert item.where.path == "$.Classes[1].Value"
    assert item.hint


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("100", "100"),
        (" -7 ", "-7"),
        ("+8", "8"),
        ("123456789012345678", "123456789012345678"),
        # What no raster holds anyway, and what is no number, is not worth its quotes' removal.
        ("1234567890123456789", ""),
        ("1x", ""),
        ("-", ""),
        ("", ""),
    ],
)
def test_a_number_in_quotes_is_to_lose_them(examine: Examine, text: str, meant: str) -> None:
    item = only(examine(with_class(Value=text, Name="a", Color=[1, 2, 3])), "class-info-wrong-type")
    assert item.hint == (f"Remove the quotes: {meant}" if meant else 'Example: "Value": 100')


def test_the_limits_of_values_are_values(examine: Examine) -> None:
    for value in (0, 255):
        assert examine(with_class(Value=value, Name="a", Color=[1, 2, 3])).findings == ()
    for value in (2**31 - 1, -(2**31)):
        info = examine(with_class(Value=value, Name="a", Color=[1, 2, 3]))
        assert info.classes[1].value == value


NAMES: List[Tuple[object, str, Severity]] = [
    ("", "class-name-empty", Severity.ERROR),
    ("  ", "class-name-empty", Severity.ERROR),
    (7, "class-info-wrong-type", Severity.ERROR),
    ("e.g. Water", "class-info-placeholder", Severity.ERROR),
    (" Water", "class-name-blanks", Severity.WARNING),
    ("Water\u00a0", "class-name-blanks", Severity.WARNING),
    ("Impervious", "class-name-duplicate", Severity.WARNING),
    ("IMPERVIOUS", "class-name-duplicate", Severity.WARNING),
    ("Open\nwater", "class-name-control-character", Severity.WARNING),
    ("Open\0water", "class-name-control-character", Severity.WARNING),
]


@pytest.mark.parametrize(("name", "rule", "severity"), NAMES)
def test_names_that_need_a_word(
    examine: Examine, name: object, rule: str, severity: Severity
) -> None:
    item = only(examine(with_class(Value=1, Name=name, Color=[0, 0, 255])), rule)
    assert item.severity is severity
    assert item.where.path == "$.Classes[1].Name"


@pytest.mark.parametrize("name", ["e.g.", "e.g. Water", "e. g. Water", "e.g., Water", " EG: Water"])
def test_an_example_left_is_one_however_it_is_spelt(examine: Examine, name: str) -> None:
    only(examine(with_class(Value=1, Name=name, Color=[1, 2, 3])), "class-info-placeholder")


def test_a_name_that_begins_like_a_placeholder_is_a_name(examine: Examine) -> None:
    for name in ("Egg farm", "EG-1", "E.G.B. depot"):
        assert examine(with_class(Value=1, Name=name, Color=[1, 2, 3])).findings == ()


def test_what_is_said_twice_has_to_agree(examine: Examine) -> None:
    same = {"Value": 1, "ClassValue": 1, "Name": "a", "ClassName": "a", "Color": [1, 2, 3]}
    info = examine(with_class(**same))
    assert info.findings == ()
    assert info.classes[1] == LandClass(1, "a", (1, 2, 3), color_given=True)
    info = examine(with_class(**{**same, "ClassValue": 2}))
    assert only(info, "class-info-contradiction").where.path == "$.Classes[1].ClassValue"
    info = examine(BatchSize=8)
    assert only(info, "class-info-contradiction").where.path == "$.BatchSize"


# -- keys of the document ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "key",
    [
        "ImportDeepLearningModelToEsriExtraInfo",
        "Version",
        "Classifier",
        "NumberRasterBands",
        "Classes",
    ],
)
def test_required_keys(examine: Examine, key: str) -> None:
    info = examine(**{key: ...})
    item = only(info, "class-info-key-missing")
    assert f"'{key}'" in item.message
    assert f'"{key}":' in item.hint
    assert info.unusable == {key}


@pytest.mark.parametrize("key", ["Value", "Name"])
def test_required_keys_of_a_class(examine: Examine, key: str) -> None:
    whole = {"Value": 1, "Name": "Water", "Color": [1, 2, 3]}
    del whole[key]
    item = only(examine(with_class(**whole)), "class-info-key-missing")
    assert key in item.message
    assert item.where.path == "$.Classes[1]"


WRONG: List[Tuple[str, object, str, str]] = [
    ("ImportDeepLearningModelToEsriExtraInfo", 1, "class-info-wrong-value", "only 0"),
    ("Version", 2, "class-info-wrong-value", "only 1"),
    ("Version", "1", "class-info-wrong-type", "the text '1'"),
    ("Classifier", 7, "class-info-wrong-type", "a text"),
    ("Classifier", " ", "class-info-wrong-value", "empty"),
    ("Classifier", "e.g. CNTK", "class-info-placeholder", "'e.g. CNTK'"),
    ("NumberRasterBands", True, "class-info-wrong-type", "true"),
    ("NumberRasterBands", "4", "class-info-wrong-type", "the text '4'"),
    ("NumberRasterBands", 0, "class-info-wrong-value", "at least 1"),
    ("MiniBatchSize", -1, "class-info-wrong-value", "at least 1"),
    ("MiniBatchSize", None, "class-info-wrong-type", "null"),
    ("ModelStorage", "reference", "class-info-wrong-value", "'reference'"),
    ("Classes", {"1": "Water"}, "class-info-wrong-type", "square brackets"),
    ("Classes", [], "class-info-no-classes", "no class"),
    ("ImageHeight", "e.g. 256", "class-info-placeholder", "'e.g. 256'"),
    ("ImageHeight", "256", "class-info-wrong-type", "the text '256'"),
    ("ModelPadding", -1, "class-info-wrong-value", "at least 0"),
    ("ExtractBands", [0, -1], "class-info-wrong-type", "[0, -1]"),
    ("ExtractBands", "e.g. [0, 1, 2]", "class-info-placeholder", "'e.g. [0, 1, 2]'"),
    ("DataRange", [0], "class-info-wrong-type", "two numbers"),
    ("ModelConfiguration", {}, "class-info-wrong-type", "Name"),
    ("ModelConfiguration", ["FasterRCN"], "class-info-wrong-type", "Name"),
    ("Padding", "e.g. 0", "class-info-placeholder", "'e.g. 0'"),
]


@pytest.mark.parametrize(("key", "value", "rule", "says"), WRONG)
def test_wrong_values_of_keys(
    examine: Examine, key: str, value: object, rule: str, says: str
) -> None:
    info = examine(**{key: value})
    item = only(info, rule)
    assert says in item.message
    assert item.severity is Severity.ERROR
    assert item.where.path == f"$.{key}"
    assert key in info.unusable
    assert key not in info.emd_keys


@pytest.mark.parametrize(
    ("key", "value", "attribute", "neutral"),
    [
        ("Classifier", 7, "classifier", ""),
        ("Classifier", " ", "classifier", ""),
        ("NumberRasterBands", -3, "band_count", 0),
        ("NumberRasterBands", "4", "band_count", 0),
        ("MiniBatchSize", 0, "mini_batch_size", 1),
        ("ModelStorage", "zip", "storage", None),
        ("Classes", {}, "classes", ()),
    ],
)
def test_a_wrong_value_goes_nowhere(
    examine: Examine, key: str, value: object, attribute: str, neutral: object
) -> None:
    assert getattr(examine(**{key: value}), attribute) == neutral


def test_misspelt_keys_are_asked_about(examine: Examine) -> None:
    item = only(examine(MiniBatchsize=8, MiniBatchSize=...), "class-info-misspelt-key")
    assert item.severity is Severity.WARNING
    assert item.hint == "Did you mean 'MiniBatchSize'?"
    for name in ("Ccolor", "Colour", "color", "Colors"):
        info = examine(with_class(Value=1, Name="a", **{name: [1, 2, 3]}))
        item = only(info, "class-info-misspelt-key")
        assert item.hint == "Did you mean 'Color'?"
        assert item.where.path == f"$.Classes[1].{name}"
        assert not info.classes[1].color_given


@pytest.mark.parametrize("name", ["V a l u e", "V_a_l_u_e", "V-a-l-u-e", "VALUE", "va lue"])
def test_a_key_is_known_whatever_its_case_and_separators(examine: Examine, name: str) -> None:
    item = only(
        examine(with_class(Name="a", Color=[1, 2, 3], **{name: 1})), "class-info-key-missing"
    )
    assert item.hint == "Did you mean 'Value'?"


def test_a_misspelt_required_key_is_read_all_the_same(examine: Examine) -> None:
    classes = [{"value": 1, "name": " a", "Color": [1, 2, 3]}] * 2
    info = examine(Classes=..., Clases=classes)
    missing = [item for item in info.findings if item.rule == "class-info-key-missing"]
    assert [item.hint for item in missing] == [
        "Did you mean 'Classes'?",
        "Did you mean 'Value'?",
        "Did you mean 'Name'?",
    ]
    assert "class 1 and 1 more" in missing[1].message
    assert rules(info).count("class-name-blanks") == 2
    assert "class-value-duplicate" in rules(info)
    assert [one.value for one in info.classes] == [1, 1]


def test_keys_that_only_sound_alike_are_left_alone(examine: Examine) -> None:
    info = examine(Comment="x", Source="y", Year=2019, Title="z")
    assert info.findings == ()
    whole = {"Value": 1, "Name": "a", "Color": [1, 2, 3]}
    assert examine(with_class(**whole, NameEN="b", Values=[1], Code=5)).findings == ()


def test_a_reader_whose_name_is_misspelt(examine: Examine) -> None:
    slip = "AzurePixelLevelLandClasification"
    for configuration in (slip, {"Name": slip}):
        item = only(examine(ModelConfiguration=configuration), "class-info-misspelt-value")
        assert item.hint == "Did you mean 'AzurePixelLevelLandClassification'?"
    assert examine(ModelConfiguration="MyReader").findings == ()


@pytest.mark.parametrize(
    "reader",
    [
        "AzurePixelLevelLandClassification",
        "FasterRCNN",
        "DeepLab",
        "ObjectDetectionAPI",
        "KerasClassifier",
        "MaskRCNN",
        "FastaiSSD",
        "FeatureClassifier",
    ],
)
def test_readers_that_esri_publishes_are_known(examine: Examine, reader: str) -> None:
    assert examine(ModelConfiguration=reader).findings == ()
    item = only(examine(ModelConfiguration=reader + "s"), "class-info-misspelt-value")
    assert item.hint == f"Did you mean '{reader}'?"


def test_a_range_upside_down(examine: Examine) -> None:
    item = only(examine(DataRange=[1, 0]), "class-info-contradiction")
    assert "lowest value comes first" in item.message
    assert examine(DataRange=[0, 1]).findings == ()


def test_the_slip_of_the_published_samples(examine: Examine) -> None:
    item = only(examine(ModelType="ObjectionDetection"), "class-info-misspelt-value")
    assert item.hint == "Did you mean 'ObjectDetection'?"
    assert examine(ModelType="PanopticSegmentation").findings == ()


@pytest.mark.parametrize("use", ["ImageClassification", "ObjectDetection", "ObjectClassification"])
def test_a_use_of_the_model_that_is_nearly_one_that_readers_know(
    examine: Examine, use: str
) -> None:
    assert examine(ModelType=use).findings == ()
    item = only(examine(ModelType=use[:-4] + use[-3:]), "class-info-misspelt-value")
    assert item.hint == f"Did you mean '{use}'?"


def test_what_the_model_decides_is_not_taken_from_the_document(examine: Examine) -> None:
    info = examine(Framework="CNTK", ModelFile="a.model")
    assert rules(info) == ["class-info-key-not-used"] * 2
    assert info.emd_keys == {}


def test_bands_are_counted_once(examine: Examine) -> None:
    item = only(examine(ExtractBands=[0, 1, 2]), "class-info-band-list")
    assert item.severity is Severity.WARNING
    assert "3 bands" in item.message


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
    path.write_text(json.dumps({**EXAMPLE, "Version": 2, "MiniBatchSize": 0}), encoding="utf-8")
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


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
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
