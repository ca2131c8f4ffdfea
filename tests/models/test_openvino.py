"""OpenVINO IR: what is read is what OpenVINO says, and XML attacks find nothing to bite."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.findings.errors import ModelFileError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.description import Activation, Evidence
from dl2ecd_core.models.openvino.net import parse
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.damage import assert_survives_damage

FOLDER = FIXTURES / "openvino"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))


def copied(name: str, folder: Path) -> Path:
    """A model with its weights in a folder of its own."""
    folder.mkdir(exist_ok=True)
    for suffix in (".xml", ".bin"):
        shutil.copy(FOLDER / (name + suffix), folder)
    return folder / f"{name}.xml"


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_inputs_and_outputs_are_those_of_openvino(name: str) -> None:
    model = inspect_model(FOLDER / name)
    assert (model.format, model.framework) == ("openvino-ir", "OpenVINO")
    for side in ("inputs", "outputs"):
        assert [
            {
                "name": tensor.name,
                "shape": None if tensor.shape is None else list(tensor.shape),
                "data_type": tensor.data_type,
            }
            for tensor in getattr(model, side)
        ] == EXPECTED[name][side]


@pytest.mark.parametrize("version", [2, 6])
def test_old_versions_have_outputs_where_nothing_is_connected(version: int) -> None:
    model = inspect_model(FOLDER / f"version_{version}.xml")
    (image,), (output,) = model.inputs, model.outputs
    assert (image.name, image.shape, image.axes) == ("data", (1, 4, 8, 8), "NCHW")
    assert (output.name, output.shape, output.axes) == ("prob", (1, 4, 6, 6), "NCHW")
    assert output.activation is Activation.SOFTMAX
    assert output.evidence is Evidence.DECLARED


def test_the_weights_belong_to_the_model() -> None:
    model = inspect_model(FOLDER / "softmax.xml")
    assert [part.path for part in model.files] == ["softmax.xml", "softmax.bin"]
    assert model.missing_files == ()


def test_missing_weights_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = copied("argmax", tmp_path / "model")
    path.with_suffix(".bin").unlink()
    model = inspect_model(path)
    assert model.missing_files == ("argmax.bin",)
    assert model.inputs[0].shape == (None, 32, None, 4)
    # The order of the transpose is among the weights.
    assert model.inputs[0].axes == "????"


def test_weights_that_are_too_short_are_an_error(tmp_path: Path) -> None:
    path = copied("softmax", tmp_path / "model")
    path.with_suffix(".bin").write_bytes(bytes(100))
    (finding,) = [item for item in inspect_model(path).findings if item.rule == "model-damaged"]
    assert "720" in finding.message and "100" in finding.message


def test_axes_follow_the_graph() -> None:
    model = inspect_model(FOLDER / "argmax.xml")
    assert model.inputs[0].axes == "NHWC"
    (mask,) = model.outputs
    assert (mask.axes, mask.activation, mask.class_count) == ("N?HW", Activation.ARGMAX, 6)


def test_only_rows_that_weights_are_applied_to_have_bands() -> None:
    (spectrum,) = inspect_model(FOLDER / "pixels.xml").inputs
    assert (spectrum.shape, spectrum.axes) == ((None, 6), "NC")


def test_the_last_operation_is_recognised() -> None:
    assert inspect_model(FOLDER / "softmax.xml").outputs[0].activation is Activation.SOFTMAX
    water, scores = inspect_model(FOLDER / "two_outputs.xml").outputs
    assert (water.activation, scores.activation) == (Activation.SIGMOID, Activation.NONE)
    assert inspect_model(FOLDER / "extension.xml").outputs[0].activation is None


def test_labels_are_read_in_order() -> None:
    (found,) = inspect_model(FOLDER / "softmax.xml").class_names
    assert found.names == ("water", "tree_cover", "built_up", "crops", "bare")


def test_operations_of_an_extension_are_named() -> None:
    findings = inspect_model(FOLDER / "extension.xml").findings
    (finding,) = [item for item in findings if item.rule == "model-runs-own-code"]
    assert "'Own'" in finding.message


def test_paths_of_the_machine_that_converted_are_said() -> None:
    findings = inspect_model(FOLDER / "softmax.xml").findings
    (finding,) = [item for item in findings if item.rule == "model-local-paths"]
    assert "/home/someone/models/a.onnx" in finding.message


@pytest.mark.parametrize(
    "attack",
    [
        '<!DOCTYPE net [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
        '<!DOCTYPE net [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE net SYSTEM "http://127.0.0.1/net.dtd">',
    ],
)
def test_entities_are_not_even_declared(attack: str, tmp_path: Path) -> None:
    net = '<net name="x" version="11"><layers><layer id="0" name="&b;"/></layers></net>'
    path = tmp_path / "attack.xml"
    path.write_text(f"<?xml version='1.0'?>{attack}{net}", encoding="ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"
    with ByteSource(path) as source, pytest.raises(ModelFileError) as caught:
        parse(source)
    assert caught.value.finding.rule == "model-unsupported"


@pytest.mark.parametrize("encoding", ["utf-7", "utf-16"])
def test_an_encoding_can_not_hide_a_document_type(encoding: str, tmp_path: Path) -> None:
    hidden = "+ADwAIQ-DOCTYPE net [+ADwAIQ-ENTITY a 'b'+AD4]+AD4"
    net = f'<net name="x" version="11">{hidden}<layers><layer id="0" name="&amp;"/></layers></net>'
    path = tmp_path / "attack.xml"
    path.write_text(f'<?xml version="1.0" encoding="{encoding}"?>{net}', encoding="ascii")
    assert inspect_model(path).inputs == ()


def test_depth_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "deep.xml"
    path.write_text('<net name="x" version="11"><layers>' + "<a>" * 100_000, encoding="ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-too-complex"


def test_an_unknown_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "future.xml"
    path.write_text('<net name="x" version="77"><layers></layers></net>', encoding="ascii")
    with pytest.raises(ModelFileError, match="version '77'"):
        inspect_model(path)


def test_other_xml_is_not_taken_for_a_model(tmp_path: Path) -> None:
    path = tmp_path / "other.xml"
    path.write_text("<network><layers/></network>", encoding="ascii")
    with pytest.raises(ModelFileError) as caught:
        inspect_model(path)
    assert caught.value.finding.rule == "model-not-recognised"


@pytest.mark.parametrize("part", [None, "argmax.bin"])
def test_damaged_files_are_refused_in_a_sentence(part: str, tmp_path: Path) -> None:
    path = copied("argmax", tmp_path / "model")
    assert_survives_damage(path, tmp_path, part)


@pytest.mark.shared_models
def test_real_models_agree_with_openvino(shared_models: Path) -> None:
    truth = json.loads((shared_models / "truth.json").read_text("utf-8"))
    for name, said in truth.items():
        if said["format"] != "openvino-ir":
            continue
        model = inspect_model(shared_models / name)
        for side in ("inputs", "outputs"):
            found = [(tensor.name, list(tensor.shape or ())) for tensor in getattr(model, side)]
            assert found == [(item["name"], item["shape"]) for item in said[side]], name
