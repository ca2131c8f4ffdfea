"""The one door to a model's network: lowered, ONNX as it is, or who converts it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.findings.errors import ConversionRefused, ModelFileError
from dl2ecd_core.models import Activation, inspect_model, network_file
from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import is_lowered, read_network
from dl2ecd_core.models.onnx.document import read_document
from dl2ecd_core.wire.protobuf import Message
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES


def test_a_format_that_is_lowered_becomes_a_graph() -> None:
    found = read_network(FIXTURES / "caffe" / "valid.caffemodel")
    graph = found.network.graph
    assert (found.description.format, found.is_onnx) == ("caffe", False)
    assert [node.op for node in graph.nodes] == ["Conv", "Conv", "Concat", "Conv"]
    assert graph.inputs["image"].shape == (None, 3, 20, 20)
    assert graph.outputs["classes"].shape == (None, 5, 14, 14)
    assert found.network.letters == {"image": "NCHW"}
    rows = found.network.values["classes"].axes[2].footprint
    assert rows is not None
    assert (rows.halo(3), rows.alignment) == ((3, 3), 1)


def test_onnx_is_taken_as_it_is() -> None:
    found = read_network(FIXTURES / "onnx" / "unet.onnx")
    assert found.is_onnx
    assert list(found.network.graph.inputs) == [found.description.inputs[0].name]
    value = found.network.values[found.description.outputs[0].name or ""]
    rows = value.axes[2].footprint
    assert rows is not None
    assert rows.alignment is not None
    assert rows.alignment > 1
    assert list(found.network.letters.values()) == ["NCHW"]


def test_others_are_refused_with_who_converts_them() -> None:
    path = next((FIXTURES / "safetensors").glob("*.safetensors"))
    with pytest.raises(ConversionRefused) as caught:
        read_network(path)
    (finding,) = caught.value.findings
    assert finding.rule == "network-format-not-convertible"
    assert "torch.onnx.export" in finding.hint
    assert is_lowered("onnx")
    assert not is_lowered("safetensors")


@pytest.mark.shared_models
def test_a_real_network_is_lowered_whole(shared_models: Path) -> None:
    found = read_network(shared_models / "caffe" / "kpzhang93_mtcnn_det1.caffemodel")
    assert list(found.network.graph.outputs) == ["conv4-2", "prob1"]
    assert sum(one.elements for one in found.network.graph.initializers.values()) == 6632


def properties_of(path: Path) -> Dict[str, str]:
    """The metadata properties of an ONNX file."""
    with ByteSource(path) as source:
        return dict(read_document(Message(source, what="the model")).properties)


class TestTheFile:
    def test_onnx_keeps_its_bytes_and_gets_metadata(self, tmp_path: Path) -> None:
        path = FIXTURES / "onnx" / "deepness.onnx"
        before = properties_of(path)
        assert set(before) >= {"class_names", "model_type"}
        same, changed = tmp_path / "same.onnx", tmp_path / "changed.onnx"
        assert write_network(read_network(path), same) == (same,)
        assert same.read_bytes() == path.read_bytes()
        wanted = {"class_names": '{"0":"a","1":"b"}', "own": "1"}
        write_network(read_network(path), changed, metadata=wanted)
        assert properties_of(changed) == {**before, **wanted}
        assert changed.read_bytes().count(b"class_names") == 1

    def test_files_beside_go_along(self, tmp_path: Path) -> None:
        network = read_network(FIXTURES / "onnx" / "external.onnx")
        target, beside = tmp_path / "x.onnx", tmp_path / "external.onnx.data"
        assert write_network(network, target) == (target, beside)
        assert beside.read_bytes() == (FIXTURES / "onnx" / "external.onnx.data").read_bytes()
        with pytest.raises(ConversionRefused) as caught:
            write_network(network, tmp_path / "y.onnx")
        assert caught.value.findings[0].rule == "output-exists"
        assert not (tmp_path / "y.onnx").exists()
        write_network(network, tmp_path / "y.onnx", overwrite=True)

    def test_weights_may_lie_beside(self, tmp_path: Path) -> None:
        network = read_network(FIXTURES / "caffe" / "valid.caffemodel")
        advanced: List[int] = []
        written = write_network(
            network, tmp_path / "x.onnx", external=True, advance=advanced.append
        )
        assert [path.name for path in written] == ["x.onnx", "x.onnx.data"]
        assert sum(advanced) == 4 * 689
        assert [part.path for part in inspect_model(written[0]).files] == ["x.onnx", "x.onnx.data"]

    def test_a_model_that_changes_meanwhile_is_not_written(self, tmp_path: Path) -> None:
        for path in (FIXTURES / "caffe").glob("valid.*"):
            shutil.copy(path, tmp_path)
        model = tmp_path / "valid.caffemodel"
        network = read_network(model)
        model.write_bytes(model.read_bytes()[:-8] + bytes(8))
        with pytest.raises(ConversionRefused) as caught:
            write_network(network, tmp_path / "x.onnx")
        assert caught.value.findings[0].rule == "file-changed"
        assert not (tmp_path / "x.onnx").exists()

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"padding": 2}, "crops 3 pixels where 2"),
            ({"outputs": ()}, "outputs have other names"),
            ({"shape": (1, 5, 14, 13)}, "not 1 x 5 x 14 x 13"),
            ({"axes": "NHWC"}, "the axes NCHW, not NHWC"),
            ({"class_count": 7}, "None classes apart"),
            ({"activation": Activation.SOFTMAX}, "means is another"),
            ({"shape": None, "axes": None}, ""),
        ],
    )
    def test_what_differs_from_the_model_is_not_written(
        self, changes: Dict[str, Any], told: str, tmp_path: Path
    ) -> None:
        network = read_network(FIXTURES / "caffe" / "valid.caffemodel")
        description = network.description
        own = {key: value for key, value in changes.items() if hasattr(description, key)}
        if not own:
            own = {"outputs": (replace(description.outputs[0], **changes),)}
        network = replace(network, description=replace(description, **own))
        if not told:
            write_network(network, tmp_path / "x.onnx")
            return
        with pytest.raises(ConversionRefused, match=told) as caught:
            write_network(network, tmp_path / "x.onnx")
        assert caught.value.findings[0].rule == "network-written-wrong"
        assert list(tmp_path.iterdir()) == []


def test_weights_far_larger_than_the_files_are_refused_before_they_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = read_network(FIXTURES / "darknet" / "scene.weights")
    weights = found.network.graph.initializers.values()
    total = sum(one.content.size for one in weights if one.content is not None)
    files = sum(part.size for part in found.description.files)
    for times, always in ((0, total - 1), (1, total - files - 1)):
        monkeypatch.setattr(network_file, "_MOST_TIMES", times)
        monkeypatch.setattr(network_file, "_ALWAYS_TAKEN", always)
        with pytest.raises(ModelFileError) as caught:
            write_network(found, tmp_path / "x.onnx")
        assert caught.value.finding.rule == "model-too-complex"
        assert f"would take {total} bytes, but" in caught.value.finding.message
        assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(network_file, "_ALWAYS_TAKEN", total - files)
    assert write_network(found, tmp_path / "x.onnx")
