"""An .ecd's model as ONNX: the network, and in its metadata what the .ecd says of classes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.cli import main
from dl2ecd_core.conversion import convert
from dl2ecd_core.definition import convert_definition
from dl2ecd_core.ecd.content import EcdClass
from dl2ecd_core.ecd.reader import read_ecd
from dl2ecd_core.exports import export
from dl2ecd_core.exports.onnx import metadata_of, write_model
from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.progress import Listener
from tests.conftest import FIXTURES
from tests.documents import document, land_classes
from tests.exports.ecds import ecd
from tests.models.test_networks import properties_of


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for name in ("valid.caffemodel", "valid.prototxt"):
        shutil.copy(FIXTURES / "caffe" / name, tmp_path)
    return tmp_path / "valid.caffemodel"


@pytest.fixture
def info(tmp_path: Path) -> Path:
    path = tmp_path / "classes.json"
    told = document(Classifier="Caffe", NumberRasterBands=3, Classes=land_classes(5))
    path.write_text(json.dumps(told), encoding="ascii")
    return path


@pytest.mark.parametrize("storage", ["embedded", "referenced"])
def test_an_ecd_gives_back_its_network_with_its_classes(
    model: Path, info: Path, storage: str
) -> None:
    target = model.parent / "made.ecd"
    convert(model, info, target, storage=storage)
    written = model.parent / "made.onnx"
    assert export(read_ecd(target), "onnx", written) == ()
    told = properties_of(written)
    names = {str(index): f"Class {index}" for index in range(5)}
    assert json.loads(told["class_names"]) == names
    assert json.loads(told["dl2ecd_class_information"]) == json.loads(info.read_text("ascii"))
    assert json.loads(told["model_type"]) == "Segmentor"
    assert {key: json.loads(told[key]) for key in ("tile_size", "tiles_size", "tiles_overlap")} == {
        "tile_size": 20, "tiles_size": 20, "tiles_overlap": 30,
    }  # fmt: skip
    definition = json.loads(told["dl2ecd_definition"])
    assert (definition["NumberBands"], definition["ModelPadding"]) == (3, 3)
    assert definition["Classes"][1] == {
        "Value": 1, "Name": "Class 1", "Color": [1, 10, 20], "Index": 1,
    }  # fmt: skip
    found = inspect_model(written)
    assert found.padding == 3
    assert found.class_names[0].names == tuple(names.values())
    assert sorted(path.name for path in model.parent.iterdir()) == [
        "classes.json", "made.ecd", "made.onnx", "valid.caffemodel", "valid.prototxt",
    ]  # fmt: skip


def told(tmp_path: Path, **root: Any) -> Dict[str, Any]:
    made = ecd(tmp_path, **root)
    return {key: json.loads(text) for key, text in metadata_of(made).items()}


def test_what_is_not_known_is_left_out(tmp_path: Path) -> None:
    found = told(tmp_path, ModelType="ObjectClassification")
    assert set(found) == {"class_names", "dl2ecd_definition"}
    square = told(tmp_path, ImageHeight=64, ImageWidth=64, ModelPadding=None)
    assert (square["tile_size"], "tiles_overlap" in square) == (64, False)
    assert "tile_size" not in told(tmp_path, ImageHeight=64, ImageWidth=32)


def test_names_follow_the_models_outputs(tmp_path: Path) -> None:
    listed = [EcdClass(10, "Water", None, 2), EcdClass(20, "Forest", (1, 2, 3), 1)]
    gap = told(tmp_path, classes=listed)
    assert "class_names" not in gap
    made = ecd(tmp_path, classes=listed)
    definition = made.document["Definitions"][0]
    definition["BackgroundIndex"] = 0
    made = type(made)(**{**made.__dict__, "background": 0})
    assert json.loads(metadata_of(made)["class_names"]) == {
        "0": "background", "1": "Forest", "2": "Water",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "mean", "deviation"),
    [
        ([{"type": "min-max", "minimum": 0, "maximum": 255}], 0.0, 1.0),
        ([{"type": "scale", "value": 255},
          {"type": "z-score", "mean": [0.5, 0.25, 0, 0], "stddev": 0.5}], 0.5, 0.5),
        ([{"type": "offset", "value": 51}, {"type": "scale", "value": 510}], 0.2, 2.0),
        ([], 0.0, 1 / 255),
        ([{"type": "clip", "minimum": 0, "maximum": 255}], None, None),
        ([{"type": "riddle"}], None, None),
        ([{"type": "scale", "value": -1}], None, None),
    ],
)  # fmt: skip
def test_scaling_is_said_as_deepness_says_it(
    tmp_path: Path, steps: List[Any], mean: Any, deviation: Any
) -> None:
    made = ecd(tmp_path)
    made.document["Definitions"][0]["InputScaling"] = steps
    found = {key: json.loads(text) for key, text in metadata_of(made).items()}
    assert found["dl2ecd_definition"]["InputScaling"] == steps
    if mean is None:
        assert "standardization_mean" not in found
        return
    assert found["standardization_mean"][0] == pytest.approx(mean)
    assert found["standardization_std"] == pytest.approx([deviation] * 4)


def test_a_model_that_can_not_be_turned_into_onnx_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError):
        export(ecd(tmp_path), "onnx", tmp_path / "x.onnx")
    with pytest.raises(Dl2EcdError) as caught:
        export(ecd(tmp_path, files=()), "onnx", tmp_path / "x.onnx")
    assert caught.value.findings[0].rule == "export-not-possible"


class TestTheWayBack:
    def test_the_file_becomes_an_ecd_without_another_document(
        self, model: Path, info: Path
    ) -> None:
        convert(model, info, model.parent / "made.ecd")
        first = read_ecd(model.parent / "made.ecd")
        export(first, "onnx", model.parent / "made.onnx")
        done = convert_definition(model.parent / "made.onnx", model.parent / "again.ecd")
        again = read_ecd(done.ecd)
        assert again.document["ExtraInfo"] == first.document["ExtraInfo"]
        assert again.classes == first.classes
        assert (again.band_count, again.document["ModelPadding"]) == (3, 3)
        assert [item.path for item in again.files] == ["made.onnx"]

    def test_a_model_definition_is_carried_as_well(self, model: Path, info: Path) -> None:
        convert(model, info, model.parent / "made.ecd")
        folder = model.parent / "emd"
        folder.mkdir()
        export(read_ecd(model.parent / "made.ecd"), "emd", folder / "x.emd")
        definition = json.loads((folder / "x.emd").read_text("ascii"))
        definition["ModelConfiguration"] = "Own"
        (folder / "x.emd").write_text(json.dumps(definition), encoding="ascii")
        convert_definition(folder / "x.emd", folder / "x.ecd")
        export(read_ecd(folder / "x.ecd"), "onnx", folder / "x.onnx")
        convert_definition(folder / "x.onnx", folder / "y.ecd")
        before, after = (read_ecd(folder / name) for name in ("x.ecd", "y.ecd"))
        assert after.classes == before.classes
        assert after.document["ExtraInfo"] == before.document["ExtraInfo"]

    def test_a_file_without_class_information_is_no_definition(self, tmp_path: Path) -> None:
        shutil.copy(FIXTURES / "onnx" / "unet.onnx", tmp_path)
        with pytest.raises(Dl2EcdError):
            convert_definition(tmp_path / "unet.onnx", tmp_path / "x.ecd")


class TestTheCommand:
    def call(self, *arguments: object) -> int:
        with pytest.raises(SystemExit) as ended:
            main([str(one) for one in arguments])
        return int(str(ended.value.code or 0))

    def test_turns_a_model_alone_into_onnx(self, model: Path) -> None:
        target = model.parent / "x.onnx"
        assert self.call("export", model, "--to", "onnx", target) == 0
        assert properties_of(target) == {}

    def test_takes_class_information_along(self, model: Path, info: Path) -> None:
        target = model.parent / "x.onnx"
        assert self.call("export", model, info, target, "--to", "onnx") == 0
        assert "class_names" in properties_of(target)
        # What was written may be written again; another model stays.
        assert self.call("export", model, target, "--to", "onnx") == 0
        assert self.call("export", model, info, target, "--to", "onnx") == 0
        target.write_bytes(model.read_bytes())
        for paths in ((model,), (model, info)):
            assert self.call("export", *paths, target, "--to", "onnx") == 1
            assert target.read_bytes() == model.read_bytes()
        assert self.call("export", model, target, "--to", "onnx", "--overwrite") == 0
        assert self.call("export", model, target.with_suffix(".tif"), "--to", "onnx") == 1

    def test_tells_an_ecd_by_its_content(self, model: Path, info: Path) -> None:
        made = model.parent / "made.onnx"
        convert(model, info, made.with_suffix(".ecd"))
        made.with_suffix(".ecd").rename(made)
        assert self.call("export", made, model.parent / "x.onnx", "--to", "onnx") == 0
        assert "class_names" in properties_of(model.parent / "x.onnx")

    def test_says_what_is_wrong_with_the_model(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert self.call("export", tmp_path / "none", tmp_path / "x.onnx", "--to", "onnx") == 1
        captured = capsys.readouterr()
        assert "file-not-found" in captured.out + captured.err

    def test_needs_a_file(self, model: Path) -> None:
        assert self.call("export", model, "-", "--to", "onnx") == 2
        assert self.call("export", "-", "-", "--to", "onnx") == 2


def test_what_a_model_leaves_open_is_said_to_be_decided(tmp_path: Path) -> None:
    for name in ("scene.weights", "scene.cfg"):
        shutil.copy(FIXTURES / "darknet" / name, tmp_path)
    target = tmp_path / "scene.onnx"
    found = write_model(tmp_path / "scene.weights", target, Listener())
    assert [item.rule for item in found] == ["network-decided"]
    assert "OpenCV" in found[0].message
