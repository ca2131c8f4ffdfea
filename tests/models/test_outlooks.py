"""The one door to what a model's outputs look at: lowered, followed as it is, or refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dl2ecd_core.findings.errors import ConversionRefused, ModelFileError
from dl2ecd_core.models.outlooks import read_outlook
from dl2ecd_core.network.lowering import Lowering
from dl2ecd_core.network.onnx_file import write_onnx
from tests.conftest import FIXTURES


def test_of_a_format_that_is_lowered() -> None:
    outlook = read_outlook(FIXTURES / "caffe" / "valid.caffemodel", assumed=64)
    value = outlook.output("classes")
    assert value is not None
    rows = value.axes[2].footprint
    assert rows is not None
    assert (rows.halo(3), outlook.letters) == ((3, 3), {"image": "NCHW"})


def test_of_onnx_with_free_sizes(tmp_path: Path) -> None:
    lowering = Lowering(reserved=["image", "scores"])
    image = lowering.input("image", (None, 3, None, None), letters="NCHW")
    pooled = lowering.add("MaxPool", [image], kernel_shape=(2, 2), strides=(2, 2))
    lowering.output("scores", pooled)
    write_onnx(lowering.network().graph, tmp_path / "free.onnx")
    value = read_outlook(tmp_path / "free.onnx", assumed=64).output("scores")
    assert value is not None
    assert value.shape == (None, 3, 32, 32)


def test_of_a_format_that_is_followed_as_it_is() -> None:
    outlook = read_outlook(FIXTURES / "openvino" / "argmax.xml", assumed=64)
    value = outlook.output(None)
    assert value is not None
    assert value.shape == (1, 1, 32, 64)
    assert "NHWC" in outlook.letters.values()
    rows, columns = (value.axes[axis].footprint for axis in (2, 3))
    assert rows is not None
    assert columns is not None
    assert rows.halo() == columns.halo() == (1, 1)


def test_others_are_refused() -> None:
    path = next((FIXTURES / "safetensors").glob("*.safetensors"))
    with pytest.raises(ConversionRefused):
        read_outlook(path, assumed=64)
    with pytest.raises(ModelFileError):
        read_outlook(FIXTURES / "no-such-file", assumed=64)
