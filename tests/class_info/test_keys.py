"""The keys of the document: missing, misspelt, of another type, passed on or not used."""

from __future__ import annotations

from typing import List, Tuple

import pytest

from dl2ecd_core.findings import Severity

from .examined import Examine, only, rules, with_class

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
    ("InputScaling", {"type": "none"}, "class-info-wrong-type", "a list of steps"),
    ("InputScaling", [5], "class-info-wrong-value", "step 1 is 5, not an object"),
    ("InputScaling", [{"minimum": 0}], "class-info-wrong-value", "step 1 has no type"),
    (
        "InputScaling",
        [{"type": "scale", "value": 2}, {"type": "minmax", "minimum": 0, "maximum": 255}],
        "class-info-wrong-value",
        "step 2 is of the type 'minmax', which is not known",
    ),
    ("InputScaling", [{"type": 3}], "class-info-wrong-value", "of the type 3"),
    ("InputScaling", [{"type": "clip", "minimum": 0}], "class-info-wrong-value", "no maximum"),
    ("InputScaling", [{"type": "scale", "value": []}], "class-info-wrong-value", "value []"),
    ("ModelConfiguration", {}, "class-info-wrong-type", "Name"),
    ("ModelConfiguration", ["FasterRCN"], "class-info-wrong-type", "Name"),
    ("Padding", "e.g. 0", "class-info-placeholder", "'e.g. 0'"),
]


def test_an_unknown_step_of_scaling_leads_to_those_that_there_are(examine: Examine) -> None:
    info = examine(InputScaling=[{"type": "minmax", "minimum": 0, "maximum": 255}])
    hint = only(info, "class-info-wrong-value").hint
    assert hint.startswith("Did you mean 'min-max'? Types are min-max, z-score,")


def test_a_step_of_scaling_that_can_not_be_read_is_said_to_be_one(examine: Examine) -> None:
    info = examine('{"InputScaling": [{"type": "scale", "value": NaN}]}')
    assert any("has value a value that can't be read" in item.message for item in info.findings)


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
