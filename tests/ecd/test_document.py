"""The .ecd document: both vocabularies, from one source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import jsonschema
import pytest

from dl2ecd_core.ecd.document import build_document, relative_model_file
from dl2ecd_core.ecd.layout import Gap
from dl2ecd_core.models import Activation, ModelPart, Tensor
from dl2ecd_core.schemas import load as load_schema
from tests.documents import (
    ESRI_EXAMPLE,
    ModelDescription,
    class_info,
    description,
    image,
    land_classes,
    probabilities,
)


def build(
    folder: Path, model: ModelDescription, storage: str = "embedded", **changes: Any
) -> Dict[str, Any]:
    info = class_info(folder, **changes)
    return build_document(model, info, relative_model_file(model, folder / "a.ecd"), storage)


def filled(value: Any) -> Any:
    """The document with its gaps filled, for the schema."""
    if isinstance(value, Gap):
        return "0" * 64 if value.kind == "digest" else ""
    if isinstance(value, dict):
        return {key: filled(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [filled(item) for item in value]
    return value


def test_the_example_of_the_format(tmp_path: Path) -> None:
    model = description(
        files=(ModelPart("landcover.model", tmp_path / "models" / "landcover.model", 87755),),
        outputs=(image("probabilities", 2, 128, 128),),
        padding=64,
        parameters=12890,
    )
    built = build(tmp_path, model, Classes=ESRI_EXAMPLE["Classes"])
    assert list(built) == [
        "EsriClassifierDefinitionFile",
        "FileVersion",
        "NumberDefinitions",
        "Framework",
        "ModelConfiguration",
        "ModelType",
        "ModelFile",
        "ImageHeight",
        "ImageWidth",
        "ModelPadding",
        "ExtractBands",
        "BatchSize",
        "Classes",
        "ExtraInfo",
        "Generator",
        "Definitions",
    ]
    assert built["ModelConfiguration"] == "AzurePixelLevelLandClassification"
    assert built["ModelType"] == "ImageClassification"
    assert built["ModelFile"] == "models/landcover.model"
    assert (built["ImageHeight"], built["ImageWidth"], built["ModelPadding"]) == (256, 256, 64)
    assert built["ExtractBands"] == [0, 1, 2, 3]
    assert built["BatchSize"] == 16
    assert built["Classes"] == ESRI_EXAMPLE["Classes"]
    assert built["ExtraInfo"] == ESRI_EXAMPLE
    (definition,) = built["Definitions"]
    assert definition["Classes"][1] == {
        "ClassIndex": 1,
        "ClassValue": 200,
        "ClassName": " Other (Pervious)",
        "Red": 56,
        "Green": 168,
        "Blue": 0,
    }
    assert list(definition)[-1] == "Model"
    assert list(definition["Model"])[-1] == "Files"
    assert list(definition["Model"]["Files"][0]) == ["Path", "Size", "SHA256", "Data"]
    jsonschema.validate(filled(built), load_schema("ecd.schema.json"))


def test_referenced_files_have_no_data(tmp_path: Path) -> None:
    built = build(tmp_path, description(), "referenced")
    (entry,) = built["Definitions"][0]["Model"]["Files"]
    assert list(entry) == ["Path", "Size", "SHA256"]
    jsonschema.validate(filled(built), load_schema("ecd.schema.json"))


def test_a_gap_for_every_files_digest_and_bytes(tmp_path: Path) -> None:
    files = tuple(ModelPart(name, tmp_path / name, size) for size, name in enumerate("abc"))
    built = build(tmp_path, description(files=files))
    assert built["Definitions"][0]["Model"]["Files"] == [
        {"Path": name, "Size": n, "SHA256": Gap("digest", n), "Data": Gap("data", n)}
        for n, name in enumerate("abc")
    ]


def test_what_is_unknown_of_a_tensor_is_null(tmp_path: Path) -> None:
    unknown = Tensor("x", None, None, None, None)
    (definition,) = build(tmp_path, description(outputs=(unknown,)))["Definitions"]
    assert definition["Model"]["Outputs"] == [
        {"Name": "x", "Shape": None, "Axes": None, "DataType": None, "Evidence": None}
    ]


def test_background_is_written_and_shifts_the_indices(tmp_path: Path) -> None:
    model = description(outputs=(probabilities(3),))
    (definition,) = build(tmp_path, model, Classes=land_classes(2, first=1))["Definitions"]
    assert definition["BackgroundIndex"] == 0
    assert [entry["ClassIndex"] for entry in definition["Classes"]] == [1, 2]
    assert definition["NumberClasses"] == 2


def test_one_channel_parts_index_0_and_1(tmp_path: Path) -> None:
    model = description(outputs=(probabilities(1, activation=Activation.SIGMOID),))
    (definition,) = build(tmp_path, model)["Definitions"]
    assert [entry["ClassIndex"] for entry in definition["Classes"]] == [0, 1]
    assert "BackgroundIndex" not in definition


def test_given_keys_pass_and_win(tmp_path: Path) -> None:
    given = {
        "ModelConfiguration": {"Name": "MyReader"},
        "ImageHeight": 256,
        "ModelPadding": 0,
        "DataRange": [0, 1],
        "ModelName": "Mine",
        "ExtractBands": ["Red", "Green", "Blue", "NIR"],
    }
    built = build(tmp_path, description(), **given)
    assert {key: built[key] for key in given} == given


def test_keys_that_the_model_and_the_tool_fill_can_not_be_given(tmp_path: Path) -> None:
    given = {"Framework": "Mine", "ModelFile": "mine.model", "BatchSize": 16}
    info = class_info(tmp_path, **given)
    built = build_document(description(), info, "x/a.model", "embedded")
    assert (built["Framework"], built["ModelFile"]) == ("CNTK", "x/a.model")
    assert built["BatchSize"] == 16


def test_a_reader_of_ones_own_is_not_named_beside_a_published_one(tmp_path: Path) -> None:
    assert "ModelConfiguration" in build(tmp_path, description())
    built = build(tmp_path, description(), InferenceFunction="mine.py")
    assert built["InferenceFunction"] == "mine.py"
    assert "ModelConfiguration" not in built
    both = {"InferenceFunction": "mine.py", "ModelConfiguration": "Mine"}
    built = build(tmp_path, description(), **both)
    assert {key: built[key] for key in both} == both


def test_classes_without_an_output_that_fits_are_counted_from_zero(tmp_path: Path) -> None:
    (definition,) = build(tmp_path, description(outputs=()))["Definitions"]
    assert [entry["ClassIndex"] for entry in definition["Classes"]] == [0, 1]
    assert "BackgroundIndex" not in definition
    assert definition["Model"]["Outputs"] == []


def test_an_unknown_padding_is_not_written_as_zero(tmp_path: Path) -> None:
    assert "ModelPadding" not in build(tmp_path, description())


def test_an_unknown_key_stays_in_the_source_document_alone(tmp_path: Path) -> None:
    built = build(tmp_path, description(), Surveyor={"Name": "Vermessung", "Year": 2019})
    assert built["ExtraInfo"]["Surveyor"] == {"Name": "Vermessung", "Year": 2019}
    assert "Surveyor" not in built


def test_a_framework_is_named_as_readers_import_it(tmp_path: Path) -> None:
    model = description(framework="TensorFlow", format="tensorflow-graphdef")
    built = build(tmp_path, model, Classifier="tensorflow")
    assert built["Framework"] == "TensorFlow"
    assert built["Definitions"][0]["Classifier"] == "tensorflow"


def test_the_model_file_is_relative_to_the_ecd(tmp_path: Path) -> None:
    location = tmp_path / "other folder" / "näme.model"
    model = description(files=(ModelPart("näme.model", location, 3),))
    target = tmp_path / "ecds" / "a.ecd"
    assert relative_model_file(model, target) == "../other folder/näme.model"


def test_on_another_drive_the_model_goes_by_its_bare_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_another_drive(path: object, start: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    monkeypatch.setattr("dl2ecd_core.ecd.document.os.path.relpath", on_another_drive)
    model = description(files=(ModelPart("a.model", tmp_path / "b" / "a.model", 3),))
    assert relative_model_file(model, tmp_path / "c" / "a.ecd") == "a.model"
