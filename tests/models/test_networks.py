"""The one door to a model's network: lowered, ONNX as it is, or who converts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.models.networks import converter_of, read_network
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
    assert "tf2onnx" in (converter_of("tflite") or "")
    assert converter_of("onnx") is converter_of("caffe") is None


@pytest.mark.shared_models
def test_a_real_network_is_lowered_whole(shared_models: Path) -> None:
    found = read_network(shared_models / "caffe" / "kpzhang93_mtcnn_det1.caffemodel")
    assert list(found.network.graph.outputs) == ["conv4-2", "prob1"]
    assert sum(one.elements for one in found.network.graph.initializers.values()) == 6632
