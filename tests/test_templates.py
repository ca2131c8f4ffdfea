"""Documents to fill in: what model and definition tell, and what is asked for."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.class_info import examine_class_info
from dl2ecd_core.class_info.keys import SCHEMA_ID
from dl2ecd_core.demo import MODEL, unpack
from dl2ecd_core.ecd.layout import readable_text_of
from dl2ecd_core.findings import errors_in
from dl2ecd_core.fit.template import leaves_scaling_open, scaling_keys, tile_keys
from dl2ecd_core.models.export_notes import ExportNotes
from dl2ecd_core.scaling.standardization import Standardization
from dl2ecd_core.templates import _completed, template, write_template
from tests.conftest import FIXTURES
from tests.documents import description, image
from tests.models.messages import piece


@pytest.fixture
def demo(tmp_path: Path) -> Path:
    unpack(tmp_path)
    return tmp_path


def made(folder: Path, **definition: Any) -> Dict[str, Any]:
    """The document for the demo's model with the classes of a definition."""
    classes = [{"Value": n, "Name": f"Öde {n}", "Color": [n, n, n]} for n in range(3)]
    (folder / "a.emd").write_text(json.dumps({"Framework": "x", "Classes": classes, **definition}))
    return dict(template(folder / MODEL, legend=folder / "a.emd").document)


def test_it_names_its_schema_first(demo: Path) -> None:
    document = template(demo / MODEL).document
    assert next(iter(document.items())) == ("$schema", SCHEMA_ID)


def test_umlauts_are_readable(demo: Path) -> None:
    made(demo)
    write_template(demo / MODEL, demo / "mine.json", legend=demo / "a.emd")
    text = (demo / "mine.json").read_text(encoding="utf-8")
    assert '{"Value": 1, "Name": "Öde 1", "Color": [1, 1, 1]}' in text
    assert examine_class_info(demo / "mine.json").findings == ()


@given(st.text())
def test_readable_text_is_the_same_json(text: str) -> None:
    document = {"a": text, text: [text]}
    readable = readable_text_of(document)
    assert json.loads(readable) == document
    assert readable.encode("utf-8")
    assert "\n" not in readable.split('"')[1]


def test_what_looks_like_an_escape_stays(demo: Path) -> None:
    assert readable_text_of({"a": "\\u00e4 ä"}) == '{"a": "\\\\u00e4 ä"}\n'


class TestNumberedNames:
    def check(self, demo: Path) -> Any:
        return examine_class_info(demo / "mine.json").findings

    def test_are_recalled_until_they_are_replaced(self, demo: Path) -> None:
        write_template(demo / MODEL, demo / "mine.json")
        (item,) = self.check(demo)
        assert item.rule == "class-name-numbered"
        assert item.message.startswith("The names 'Class 0', 'Class 1' and 'Class 2' are only num")
        text = (demo / "mine.json").read_text()
        (demo / "mine.json").write_text(text.replace("Class 0", "a").replace("Class 1", "b"))
        (item,) = self.check(demo)
        assert item.message.startswith("The name 'Class 2' is only a number")
        (demo / "mine.json").write_text(text.replace("Class ", "Water "))
        assert self.check(demo) == ()

    def test_elsewhere_they_may_be_what_classes_are_called(self, demo: Path) -> None:
        write_template(demo / MODEL, demo / "mine.json")
        text = (demo / "mine.json").read_text()
        (demo / "mine.json").write_text(text.replace("$schema", "Schema"))
        assert self.check(demo) == ()


class TestFromADefinition:
    def test_what_it_says_besides_is_taken(self, demo: Path) -> None:
        document = made(
            demo, ModelType="ImageClassification", DataRange=[0, 1], ModelFile="a", Mine=1,
            NormalizationStats={"a": 1}, Version="2024", ImageHeight="e.g. 256",
        )  # fmt: skip
        assert document["ModelType"] == "ImageClassification"
        assert document["DataRange"] == [0, 1]
        assert document["NormalizationStats"] == {"a": 1}
        assert document["Version"] == 1
        assert not {"ModelFile", "Framework", "Mine"} & set(document)
        assert list(document)[-1] == "Classes"

    def test_the_model_is_right_where_both_tell(self, demo: Path) -> None:
        document = made(demo, ImageHeight=77, ImageWidth=78, BatchSize=99)
        assert (document["ImageHeight"], document["ImageWidth"]) != (77, 78)
        assert document["MiniBatchSize"] in (1, 16, 99)
        assert "BatchSize" not in document

    def test_bands_and_tiles_that_the_model_does_not_tell(self) -> None:
        start: Dict[str, object] = {
            "NumberRasterBands": "e.g. 4", "MiniBatchSize": 1, "Classes": [],
        }  # fmt: skip
        told = {"ExtractBands": [0, 1, 2], "ImageHeight": 64, "BatchSize": 8}
        tiles = {"ImageHeight": "e.g. 256", "ImageWidth": "e.g. 256"}
        assert _completed(start, tiles, told) == {
            "NumberRasterBands": 3, "MiniBatchSize": 8, "ImageHeight": 64,
            "ImageWidth": "e.g. 256", "ExtractBands": [0, 1, 2], "Classes": [],
        }  # fmt: skip

    def test_an_ecd_too(self, demo: Path) -> None:
        from dl2ecd_core import convert
        from dl2ecd_core.demo import CLASS_INFO

        info = json.loads((demo / CLASS_INFO).read_text())
        (demo / "b.json").write_text(json.dumps({**info, "ModelName": "Land cover"}))
        convert(demo / MODEL, demo / "b.json", demo / "b.ecd")
        document = template(demo / MODEL, legend=demo / "b.ecd").document
        assert document["ModelName"] == "Land cover"


class TestTiles:
    def test_a_size_that_the_model_tells(self) -> None:
        assert tile_keys(description(inputs=(image("x", None, 4, 64, 32),))) == {
            "ImageHeight": 64,
            "ImageWidth": 32,
        }

    def test_a_free_size_is_asked_for(self) -> None:
        asked = {"ImageHeight": "e.g. 256", "ImageWidth": "e.g. 256"}
        assert tile_keys(description(inputs=(image("x", None, 4, None, None),))) == asked
        assert tile_keys(description(inputs=())) == asked

    def test_a_model_of_pixels_takes_none(self) -> None:
        assert (
            tile_keys(
                description(inputs=(replace(image("x", 1, 4, 8, 8), shape=(1, 4), axes="NC"),))
            )
            == {}
        )


def noted(folder: Path, **properties: str) -> Path:
    """An ONNX model of 4 bands with these metadata properties."""
    whole = (FIXTURES / "onnx" / "unet.onnx").read_bytes()
    for key, value in properties.items():
        # https://github.com/onnx/onnx/blob/main/onnx/onnx.proto: ModelProto.metadata_props
        whole += piece(14, piece(1, key.encode()) + piece(2, value.encode()))
    path = folder / "noted.onnx"
    path.write_bytes(whole)
    return path


class TestScaling:
    STEPS = [
        {"type": "scale", "value": 255},
        {"type": "z-score", "mean": [0.1, 0.2, 0.3, 0.4], "stddev": 0.5},
    ]

    def test_that_the_model_tells_is_written(self, tmp_path: Path) -> None:
        model = noted(
            tmp_path,
            standardization_mean="[0.1, 0.2, 0.3, 0.4]",
            standardization_std="[0.5]",
        )
        made = write_template(model, tmp_path / "a.json")
        assert made.document["InputScaling"] == self.STEPS
        assert not made.scaling_open
        info = examine_class_info(tmp_path / "a.json")
        assert info.emd_keys["InputScaling"] == self.STEPS
        assert not errors_in(info.findings)

    def test_that_does_not_fit_the_bands_is_left_out(self, tmp_path: Path) -> None:
        made = template(noted(tmp_path, standardization_mean="[0.1, 0.2, 0.3]"))
        assert "InputScaling" not in made.document
        assert made.scaling_open

    @pytest.mark.parametrize(
        "said",
        [
            {"InputScaling": [{"type": "scale", "value": 10_000}]},
            {
                "NormalizationStats": {
                    "band_min_values": [0] * 4, "band_max_values": [4_000] * 4,
                },
            },
        ],
    )  # fmt: skip
    def test_of_a_definition_goes_before_that_of_the_model(self, tmp_path: Path, said: Any) -> None:
        model = noted(tmp_path, standardization_mean="[0.5]")
        classes = [{"Value": n, "Name": f"Ö{n}", "Color": [n, n, n]} for n in range(2)]
        (tmp_path / "a.emd").write_text(json.dumps({"Framework": "x", "Classes": classes, **said}))
        made = template(model, legend=tmp_path / "a.emd")
        assert {
            key: made.document[key]
            for key in ("InputScaling", "NormalizationStats")
            if key in made.document
        } == said
        assert not made.scaling_open

    def test_that_nobody_tells_is_made_up_by_nobody(self, demo: Path) -> None:
        found = template(demo / MODEL)
        assert "InputScaling" not in found.document
        assert found.scaling_open

    def test_of_a_model_that_does_not_tell_its_bands(self) -> None:
        model = description(
            inputs=(image("x", None, None, 8, 8),), standardization=Standardization((0.5, 0.25))
        )
        assert scaling_keys(model) == {
            "InputScaling": [
                {"type": "scale", "value": 255},
                {"type": "z-score", "mean": [0.5, 0.25], "stddev": 1},
            ]
        }

    def test_is_open_only_where_a_run_would_ask(self) -> None:
        pixels = image("x", None, 4, 8, 8)
        assert leaves_scaling_open(description(inputs=(pixels,)), {})
        assert not leaves_scaling_open(description(inputs=(pixels,)), {"DataRange": [0, 1]})
        assert not leaves_scaling_open(
            description(inputs=(replace(pixels, data_type="uint8"),)), {}
        )
        assert not leaves_scaling_open(
            description(inputs=(pixels,), notes=ExportNotes("detect")), {}
        )
        assert not leaves_scaling_open(description(inputs=()), {})
