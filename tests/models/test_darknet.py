"""Darknet: the configuration's layers give the sizes that OpenCV works out."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.darknet.config import read_config
from dl2ecd_core.models.darknet.lowering import lowered
from dl2ecd_core.models.description import Activation, Evidence
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

FOLDER = FIXTURES / "darknet"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))


def copied(folder: Path, *names: str) -> Path:
    """Some of the files in a folder of their own; the first one's path."""
    folder.mkdir(exist_ok=True)
    for name in names:
        shutil.copy(FOLDER / name, folder)
    return folder / names[0]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_every_layer_has_the_size_that_opencv_gives_it(name: str) -> None:
    with ByteSource(FOLDER / f"{name}.cfg") as source:
        layers, _ = lowered(read_config(source))
    for said, shape in EXPECTED[name]["layers"].items():
        kind, number = said.rsplit("_", 1)
        size = layers[int(number)].size
        assert size is not None, said
        if kind == "yolo":
            # OpenCV lists the boxes one under the other.
            assert size[0] * size[1] * size[2] == shape[0] * shape[1]
        else:
            assert [1, *size][: len(shape)] == shape, said


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_inputs_and_weights_are_counted_and_fit(name: str) -> None:
    model = inspect_model(FOLDER / f"{name}.weights")
    assert (model.format, model.framework) == ("darknet", "Darknet")
    assert model.framework_version == "0.2.0"
    (image,) = model.inputs
    assert image.shape == (None, *EXPECTED[name]["input"])
    assert (image.axes, image.evidence) == ("NCHW", Evidence.DECLARED)
    assert model.parameters == EXPECTED[name]["parameters"]
    assert model.findings == ()


def test_a_detector_has_an_output_per_scale() -> None:
    model = inspect_model(FOLDER / "detector.weights")
    assert [tensor.shape for tensor in model.outputs] == [(None, 21, 16, 24), (None, 21, 32, 48)]
    # Its channels are boxes and scores in turn: not a class axis.
    assert {(tensor.axes, tensor.class_count) for tensor in model.outputs} == {("N?HW", 2)}


def test_a_classifier_ends_in_its_softmax() -> None:
    (output,) = inspect_model(FOLDER / "scene.weights").outputs
    assert (output.shape, output.axes) == ((None, 10), "NC")
    assert output.activation is Activation.SOFTMAX


def test_either_file_may_be_given() -> None:
    for names in (["scene.weights", "scene.cfg"], ["scene.cfg", "scene.weights"]):
        model = inspect_model(FOLDER / names[0])
        assert [part.path for part in model.files] == names
        assert model.parameters == EXPECTED["scene"]["parameters"]


@pytest.mark.parametrize("stem", ["scene_final", "scene_best", "scene_20000"])
def test_weights_find_the_configuration_they_were_trained_with(stem: str, tmp_path: Path) -> None:
    folder = copied(tmp_path / "m", "scene.weights", "scene.cfg").parent
    weights = (folder / "scene.weights").rename(folder / f"{stem}.weights")
    assert inspect_model(weights).outputs[0].shape == (None, 10)
    assert inspect_model(folder / "scene.cfg").files[1].path == weights.name


def test_names_are_those_of_the_list_that_the_data_file_names() -> None:
    model = inspect_model(FOLDER / "detector.weights")
    (found,) = model.class_names
    assert [part.path for part in model.files][1:] == ["detector.cfg", "trees.names"]
    assert found.names == ("conifer", "broadleaf")
    assert "trees.names" in found.source
    assert inspect_model(FOLDER / "scene.weights").class_names == ()


def test_weights_alone_say_what_is_missing(tmp_path: Path) -> None:
    model = inspect_model(copied(tmp_path / "m", "scene.weights"))
    assert (model.inputs, model.outputs) == ((), ())
    assert model.missing_files == ("scene.cfg",)
    assert "model-shape-unknown" in {item.rule for item in model.findings}


def test_a_configuration_alone_says_what_is_missing(tmp_path: Path) -> None:
    model = inspect_model(copied(tmp_path / "m", "scene.cfg"))
    assert model.missing_files == ("scene.weights",)
    assert model.outputs[0].shape == (None, 10)
    assert model.parameters is None


@pytest.mark.parametrize(("values", "rule"), [(-4, "model-damaged"), (4, "model-parts-differ")])
def test_weights_of_another_configuration_are_found_out(
    values: int, rule: str, tmp_path: Path
) -> None:
    path = copied(tmp_path / "m", "scene.weights", "scene.cfg")
    content = path.read_bytes()
    path.write_bytes(content[:values] if values < 0 else content + bytes(values))
    (finding,) = inspect_model(path).findings
    assert finding.rule == rule


@pytest.mark.parametrize(
    "content",
    [
        struct.pack("<3iQ", 0, 2, 0, 0) + bytes(4000),
        struct.pack("<3iQ", 0, 2, 0, 0) + b"\xff" * 4000,
        struct.pack("<3iQ", 1, 2, 3, 4) + struct.pack("<1000f", *range(1000)),
        struct.pack("<3i", 0, 2, 0),
        struct.pack("<3iQ", 0, 2, 0, 1 << 50) + struct.pack("<1000f", *range(1000)),
        struct.pack("<3iQ", 0, 2, 0, 0) + struct.pack("<1000f", *range(1000)) + b"x",
    ],
)
def test_other_binary_files_are_not_taken_for_weights(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "other.weights"
    path.write_bytes(content)
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_settings_of_other_programs_are_not_taken_for_a_configuration(tmp_path: Path) -> None:
    path = tmp_path / "settings.cfg"
    path.write_text("[net]\nport=80\n[http]\nproxy=none\n", encoding="ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


def test_a_layer_that_is_not_known_makes_sizes_unknown(tmp_path: Path) -> None:
    path = copied(tmp_path / "m", "scene.weights", "scene.cfg")
    config = path.with_suffix(".cfg")
    config.write_text(config.read_text("ascii").replace("[avgpool]", "[gru]"), encoding="ascii")
    model = inspect_model(path)
    assert model.outputs[0].shape is None
    (item,) = model.findings
    assert (item.rule, item.where.file) == ("model-layer-unknown", str(config))
    assert "gru" in item.message


@pytest.mark.parametrize("part", [None, "detector.cfg"])
def test_damaged_files_are_refused_in_a_sentence(part: str, tmp_path: Path) -> None:
    path = copied(tmp_path / "model", "detector.weights", "detector.cfg", "trees.names")
    assert_survives_damage(path, tmp_path, part)
