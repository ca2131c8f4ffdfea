"""STAC Items: valid by the published schemas, true to the .ecd, and usable where they lie."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List, Tuple
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.conversion import convert
from dl2ecd_core.demo import CLASS_INFO, ECD, MODEL, unpack
from dl2ecd_core.ecd.content import Ecd, EcdClass
from dl2ecd_core.ecd.fresh import fresh_ecd
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.examination import examine
from dl2ecd_core.exports import export, stac_assets
from dl2ecd_core.exports.stac import stac_item
from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Dl2EcdError

from .ecds import MODEL_BYTES, ecd, land_classes, tensor
from .stac_schemas import PUBLISHED, problems

ASSETS = {
    "model": {"href": "./landcover.onnx", "roles": ["mlm:model"], "mlm:artifact_type": "onnx"}
}


def exported(content: Ecd, target: Path) -> Tuple[Dict[str, Any], Tuple[Finding, ...]]:
    findings = export(content, "stac", target)
    item = json.loads(target.read_text(encoding="ascii"))
    assert problems(item) == []
    return item, findings


def described(content: Ecd) -> Tuple[Dict[str, Any], List[str]]:
    item, findings = stac_item(content, ASSETS)
    assert problems(item) == []
    return item["properties"], [finding.message for finding in findings]


@pytest.fixture
def demo_folder(tmp_path: Path) -> Path:
    """The demonstration's model and class information, and the .ecd made of them."""
    folder = tmp_path / "demo"
    unpack(folder)
    convert(folder / MODEL, folder / CLASS_INFO, folder / ECD)
    return folder


def test_the_demo_is_described_in_full(demo_folder: Path, tmp_path: Path) -> None:
    item, findings = exported(read_ecd(demo_folder / "landcover.ecd"), tmp_path / "item.json")
    properties = item["properties"]
    assert findings == ()
    assert item["id"] == properties["mlm:name"] == "landcover"
    assert item["geometry"] is None
    assert (properties["start_datetime"], properties["datetime"]) == ("1900-01-01T00:00:00Z", None)
    assert properties["mlm:framework"] == "CNTK"
    assert properties["mlm:tasks"] == ["semantic-segmentation"]
    assert properties["mlm:total_parameters"] == 387
    assert properties["mlm:batch_size_suggestion"] == 16
    (given_input,) = properties["mlm:input"]
    assert given_input["bands"] == ["band-1", "band-2", "band-3", "band-4"]
    assert given_input["input"] == {
        "shape": [4, 64, 64],
        "dim_order": ["bands", "height", "width"],
        "data_type": "float32",
    }
    (output,) = properties["mlm:output"]
    assert output["result"]["dim_order"] == ["class", "height", "width"]
    assert [
        (entry["value"], entry["name"], entry["description"], entry["color_hint"])
        for entry in output["classification:classes"]
    ] == [
        (0, "Water", "Water", "0072B2"),
        (1, "Vegetation", "Vegetation", "009E73"),
        (2, "Bare-ground", "Bare ground", "E69F00"),
    ]


def test_an_embedded_model_is_placed_beside_the_item(demo_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    item, _ = exported(read_ecd(demo_folder / "landcover.ecd"), folder / "item.json")
    asset = item["assets"]["model"]
    placed = folder / asset["href"]
    content = (demo_folder / "landcover.model").read_bytes()
    assert placed.read_bytes() == content
    assert asset["file:size"] == len(content)
    assert asset["file:checksum"] == "1220" + hashlib.sha256(content).hexdigest()
    assert asset["mlm:artifact_type"] == "cntk-v2"


def test_a_model_of_its_own_stays_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "catalog"
    folder.mkdir()
    item, _ = exported(ecd(tmp_path / "Modelle für Karten"), folder / "item.json")
    href = item["assets"]["model"]["href"]
    assert href == "../Modelle%20f%C3%BCr%20Karten/landcover.onnx"
    assert (folder / unquote(href)).read_bytes() == MODEL_BYTES
    assert [path.name for path in folder.iterdir()] == ["item.json"]


def test_straight_from_model_and_class_information_says_the_same(
    demo_folder: Path, tmp_path: Path
) -> None:
    examination = examine(demo_folder / "landcover.model", demo_folder / "classes.json")
    assert examination.model is not None
    fresh, _ = exported(fresh_ecd(examination.model, examination.info), demo_folder / "fresh.json")
    stored, _ = exported(read_ecd(demo_folder / "landcover.ecd"), demo_folder / "stored.json")
    assert fresh == stored


def test_the_same_content_gives_the_same_bytes(demo_folder: Path, tmp_path: Path) -> None:
    content = read_ecd(demo_folder / "landcover.ecd")
    for name in ("one.json", "two.json"):
        export(content, "stac", tmp_path / name)
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()


def test_companions_are_assets_that_say_where_they_belong(tmp_path: Path) -> None:
    content = ecd(tmp_path, files=("saved_model.pb", "variables/variables.index"))
    item, _ = exported(content, tmp_path / "item.json")
    model, companion = item["assets"].values()
    assert model["roles"] == ["mlm:model"]
    assert companion["roles"] == ["data"]
    assert companion["file:local_path"] == "variables/variables.index"
    assert "mlm:artifact_type" not in companion


def test_a_changed_model_is_no_match_for_its_checksum(tmp_path: Path) -> None:
    content = ecd(tmp_path)
    (tmp_path / "landcover.onnx").write_bytes(MODEL_BYTES[::-1])
    with pytest.raises(Dl2EcdError) as caught:
        export(content, "stac", tmp_path / "item.json")
    assert [finding.rule for finding in caught.value.findings] == ["ecd-digest-differs"]
    assert not (tmp_path / "item.json").exists()


@pytest.mark.parametrize("format_name", ["stac", "emd"])
def test_the_export_never_takes_the_place_of_the_model(
    demo_folder: Path, tmp_path: Path, format_name: str
) -> None:
    content = read_ecd(demo_folder / "landcover.ecd")
    name = "landcover.json" if format_name == "stac" else "landcover.emd"
    content = replace(content, files=(replace(content.files[0], path=name),))
    with pytest.raises(Dl2EcdError) as caught:
        export(content, format_name, tmp_path / name)
    assert [finding.rule for finding in caught.value.findings] == ["output-named-twice"]
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("format_name", ["stac", "html"])
def test_a_model_outside_the_ecd_is_never_replaced(tmp_path: Path, format_name: str) -> None:
    with pytest.raises(Dl2EcdError) as caught:
        export(ecd(tmp_path), format_name, tmp_path / "landcover.onnx")
    assert [finding.rule for finding in caught.value.findings] == ["output-is-input"]
    assert (tmp_path / "landcover.onnx").read_bytes() == MODEL_BYTES


def test_definitions_without_a_model_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError) as caught:
        export(ecd(tmp_path, files=()), "stac", tmp_path / "item.json")
    assert [finding.rule for finding in caught.value.findings] == ["export-not-possible"]


def test_free_dimensions_are_minus_one(tmp_path: Path) -> None:
    properties, _ = described(
        ecd(tmp_path, model={"Inputs": [tensor("x", (None, None, None, 4), "NHWC")]})
    )
    assert properties["mlm:input"][0]["input"]["shape"] == [-1, -1, -1, 4]


def test_a_shape_that_is_not_known_is_left_out_and_said(tmp_path: Path) -> None:
    model = {"Inputs": [tensor("image", None, "")], "Outputs": []}
    properties, messages = described(ecd(tmp_path, model=model))
    assert properties["mlm:input"] == []
    assert properties["mlm:output"] == []
    assert "'image'" in messages[0]
    assert "no output" in messages[1]
    # The classes are what such an item is still good for.
    assert len(properties["classification:classes"]) == 2


def test_axes_that_are_not_known_have_different_names(tmp_path: Path) -> None:
    model = {"Inputs": [tensor("x", (1, 2, 3), "???")]}
    properties, _ = described(ecd(tmp_path, model=model))
    assert properties["mlm:input"][0]["input"]["dim_order"] == [
        "unknown",
        "unknown-other",
        "unknown-other-other",
    ]


def test_bands_are_those_that_the_definition_extracts(tmp_path: Path) -> None:
    item, _ = stac_item(ecd(tmp_path, ExtractBands=[3, 2, 1, 0]), ASSETS)
    assert item["properties"]["mlm:input"][0]["bands"] == ["band-4", "band-3", "band-2", "band-1"]
    named = [band["name"] for band in item["assets"]["model"]["raster:bands"]]
    assert named == ["band-4", "band-3", "band-2", "band-1"]


def test_an_input_with_another_number_of_channels_is_not_said_to_take_bands(
    tmp_path: Path,
) -> None:
    properties, _ = described(ecd(tmp_path, ExtractBands=[0, 1, 2]))
    assert properties["mlm:input"][0]["bands"] == []
    assert "channel" in properties["mlm:input"][0]["input"]["dim_order"]


def test_classes_stand_with_the_output_they_lie_on(tmp_path: Path) -> None:
    outputs = [tensor("size", (None, 7), "NC"), tensor("scores", (None, 2, 8, 8), "NCHW")]
    properties, _ = described(ecd(tmp_path, model={"Outputs": outputs}))
    first, second = properties["mlm:output"]
    assert "classification:classes" not in first
    assert len(second["classification:classes"]) == 2


def test_the_output_says_which_index_means_which_class(tmp_path: Path) -> None:
    classes = [EcdClass(100, "a", None, 1), EcdClass(200, "b", None, 2)]
    properties, _ = described(ecd(tmp_path, classes))
    assert "Output indices of the classes: 1 to 2" in properties["mlm:output"][0]["description"]


@pytest.mark.parametrize(
    ("model_type", "tasks"),
    [
        ("ImageClassification", ["semantic-segmentation"]),
        ("ObjectDetection", ["object-detection"]),
        ("ObjectClassification", ["scene-classification"]),
        (None, []),
    ],
)
def test_the_task_is_the_model_type(tmp_path: Path, model_type: str, tasks: List[str]) -> None:
    properties, messages = described(ecd(tmp_path, ModelType=model_type))
    assert properties["mlm:tasks"] == properties["mlm:output"][0]["tasks"] == tasks
    assert any("no task" in message for message in messages) is (tasks == [])


def test_a_version_that_the_extension_refuses_is_said(tmp_path: Path) -> None:
    properties, messages = described(ecd(tmp_path, model={"FrameworkVersion": "2.7"}))
    assert "mlm:framework_version" not in properties
    assert "'2.7'" in messages[0]
    properties, _ = described(ecd(tmp_path, model={"FrameworkVersion": "2.13.0+cpu"}))
    assert properties["mlm:framework_version"] == "2.13.0+cpu"


@pytest.mark.parametrize(("name", "said"), [("PaddlePaddle", "Paddle"), ("Keras", "Keras")])
def test_frameworks_are_called_as_the_extension_calls_them(
    tmp_path: Path, name: str, said: str
) -> None:
    assert described(ecd(tmp_path, Framework=name))[0]["mlm:framework"] == said


@pytest.mark.parametrize("framework", [None, 3, "...", "  "])
def test_a_framework_that_the_extension_refuses_is_left_out(tmp_path: Path, framework: Any) -> None:
    assert "mlm:framework" not in described(ecd(tmp_path, Framework=framework))[0]


def test_counts_that_are_none_are_left_out(tmp_path: Path) -> None:
    content = ecd(tmp_path, model={"Parameters": None}, BatchSize="16")
    properties, _ = described(content)
    assert "mlm:total_parameters" not in properties
    assert "mlm:batch_size_suggestion" not in properties


def test_without_a_list_of_bands_they_are_counted_from_1(tmp_path: Path) -> None:
    properties, _ = described(ecd(tmp_path, ExtractBands=None))
    assert properties["mlm:input"][0]["bands"] == ["band-1", "band-2", "band-3", "band-4"]


def test_a_definition_without_bands_says_nothing_of_them(tmp_path: Path) -> None:
    content = replace(ecd(tmp_path, ExtractBands=None), band_count=None)
    properties, _ = described(content)
    assert properties["mlm:input"][0]["bands"] == []
    assert properties["description"].startswith("Deep-learning model for 2 classes. Format: onnx.")


def test_the_background_is_told(tmp_path: Path) -> None:
    properties, _ = described(replace(ecd(tmp_path), background=0))
    assert "Output index 0 is background." in properties["description"]


@pytest.mark.parametrize(
    ("padding", "sentence"),
    [(2, "The model crops 2 pixels from each side of its input."), (None, ""), (0, "")],
)
def test_the_cropped_border_is_told(tmp_path: Path, padding: Any, sentence: str) -> None:
    properties, _ = described(ecd(tmp_path, ModelPadding=padding))
    description = properties["mlm:output"][0]["description"]
    assert sentence in description
    assert ("crops" in description) is bool(sentence)


def test_outputs_out_of_order_are_listed_one_by_one(tmp_path: Path) -> None:
    classes = [EcdClass(1, "a", None, 2), EcdClass(2, "b", None, 0), EcdClass(3, "c", None, 1)]
    properties, _ = described(ecd(tmp_path, classes))
    description = properties["mlm:output"][0]["description"]
    assert "Output indices of the classes as listed: 2, 0, 1." in description


def test_classes_without_an_output_index_are_not_said_to_have_one(tmp_path: Path) -> None:
    classes = [EcdClass(1, "a", None, 0), EcdClass(2, "b", None, None)]
    properties, _ = described(ecd(tmp_path, classes))
    assert "indices" not in properties["mlm:output"][0]["description"]


def test_a_data_type_that_the_extension_lacks_is_told_in_words(tmp_path: Path) -> None:
    entry = {**tensor("x", (4, 8, 8), "CHW"), "DataType": "bfloat16"}
    properties, _ = described(ecd(tmp_path, model={"Inputs": [entry]}))
    assert properties["mlm:input"][0]["input"]["data_type"] == "other"
    assert properties["mlm:input"][0]["description"].endswith("The data type is bfloat16.")


@pytest.mark.parametrize("axes", [None, "NC", 5])
def test_letters_that_do_not_fit_the_shape_are_not_believed(tmp_path: Path, axes: Any) -> None:
    entry = {**tensor("x", (4, 8, 8), "CHW"), "Axes": axes}
    properties, _ = described(ecd(tmp_path, model={"Inputs": [entry]}))
    assert properties["mlm:input"][0]["input"]["dim_order"][0] == "unknown"


def test_a_model_on_another_drive_is_placed_beside_the_item(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_way(path: object, start: object) -> str:
        raise ValueError("path is on mount 'D:', start on mount 'C:'")

    folder = tmp_path / "catalog"
    folder.mkdir()
    content = ecd(tmp_path / "models")
    monkeypatch.setattr(stac_assets.os.path, "relpath", no_way)
    item, _ = exported(content, folder / "item.json")
    assert item["assets"]["model"]["href"] == "./landcover.onnx"
    assert (folder / "landcover.onnx").read_bytes() == MODEL_BYTES


def test_a_path_that_the_file_extension_refuses_is_a_title_only(tmp_path: Path) -> None:
    item, _ = exported(ecd(tmp_path, files=("land's.onnx",)), tmp_path / "item.json")
    asset = item["assets"]["model"]
    assert asset["title"] == "land's.onnx"
    assert "file:local_path" not in asset


def test_an_unknown_data_type_is_said_to_be_unknown(tmp_path: Path) -> None:
    entry = {**tensor("x", (4, 8, 8), "CHW"), "DataType": None}
    properties, _ = described(ecd(tmp_path, model={"Inputs": [entry]}))
    assert properties["mlm:input"][0]["input"]["data_type"] == "other"
    assert "not known" in properties["mlm:input"][0]["description"]


def test_names_keep_their_full_text_as_descriptions(tmp_path: Path) -> None:
    names = ("Grünland", "grünland", "森林", "ماء", ' "A" & <B> ', "", "森林")
    properties, _ = described(ecd(tmp_path, land_classes(*names)))
    classes = properties["mlm:output"][0]["classification:classes"]
    assert [entry["description"] for entry in classes] == list(names)
    assert [entry["name"] for entry in classes] == [
        "Grunland",
        "grunland-2",
        "class-30",
        "class-40",
        "A-B",
        "class-60",
        "class-70",
    ]


@settings(max_examples=60)
@given(
    names=st.lists(st.text(st.characters(), max_size=12), max_size=6),
    color=st.none() | st.tuples(*[st.integers(-1, 300)] * 3),
    stem=st.text(max_size=20).filter(lambda text: not set("/\\\0") & set(text)),
)
def test_whatever_the_names_and_colors_the_item_is_valid(
    tmp_path: Path, names: List[str], color: Any, stem: str
) -> None:
    classes = [EcdClass(index, name, color, index) for index, name in enumerate(names)]
    properties, _ = described(ecd(tmp_path, classes, ModelName=stem))
    entries = properties["mlm:output"][0].get("classification:classes", [])
    folded = {entry["name"].casefold() for entry in entries}
    assert len(folded) == len(entries)
    for entry in entries:
        fits = color is not None and max(color) <= 255 and min(color) >= 0
        assert entry.get("color_hint") == (bytes(color).hex().upper() if fits else None)


def test_thousands_of_classes_of_one_name_take_no_time(tmp_path: Path) -> None:
    item, _ = stac_item(ecd(tmp_path, land_classes(*["Wald"] * 20_000)), ASSETS)
    names = {
        entry["name"] for entry in item["properties"]["mlm:output"][0]["classification:classes"]
    }
    assert len(names) == 20_000


def test_pystac_and_stac_model_agree(demo_folder: Path, tmp_path: Path) -> None:
    """The libraries that catalogues are made with read the item, without a network."""
    pystac = pytest.importorskip("pystac", reason="pystac is not installed")
    validation = pytest.importorskip(
        "pystac.validation.stac_validator", reason="pystac[validation] is not installed"
    )
    schema = pytest.importorskip("stac_model.schema", reason="stac-model is not installed")
    item, _ = exported(read_ecd(demo_folder / "landcover.ecd"), tmp_path / "item.json")
    validator = validation.JsonSchemaSTACValidator()
    validator.schema_cache.update(PUBLISHED)
    pystac.Item.from_dict(item).validate(validator)
    properties = schema.MLModelProperties.model_validate(item["properties"])
    assert properties.input[0].input.shape == [4, 64, 64]
    assert [entry.value for entry in properties.output[0].classes] == [0, 1, 2]
