"""Caffe networks written as ONNX compute what OpenCV computes with the Caffe files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest

from dl2ecd_core.models.networks import read_network
from dl2ecd_core.network.onnx_file import write_onnx
from tests.conftest import FIXTURES

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

HERE = FIXTURES / "caffe" / "networks"
NAMES = sorted(path.stem for path in HERE.glob("*.caffemodel"))
#: OpenCV names the first part of a layer that cuts like the layer itself.
ALIKE = {"parts": "p"}


@pytest.fixture(scope="module")
def expected() -> Dict[str, Any]:
    with np.load(HERE / "expected.npz") as arrays:
        return dict(arrays)


def run(path: Path, image: Any) -> Dict[str, Any]:
    """What ONNX Runtime computes, by the outputs' names."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    (data,) = session.get_inputs()
    return dict(zip(names, session.run(names, {data.name: image})))


@pytest.mark.parametrize("name", NAMES)
def test_the_written_network_computes_the_same(
    name: str, expected: Dict[str, Any], tmp_path: Path
) -> None:
    network = read_network(HERE / f"{name}.caffemodel").network
    (path,) = write_onnx(network.graph, tmp_path / "x.onnx")
    image = expected[f"{name}.in"]
    found = run(path, image)
    wanted = {key.split(".")[1]: value for key, value in expected.items() if key.startswith(name)}
    for output, values in wanted.items():
        if output == "in":
            continue
        mine = found[ALIKE.get(output, output)]
        assert mine.shape == values.shape, output
        assert np.abs(mine - values).max() <= 5e-6 * max(1, np.abs(values).max()), output


@pytest.mark.parametrize("name", NAMES)
def test_any_number_of_images_may_go_in(
    name: str, expected: Dict[str, Any], tmp_path: Path
) -> None:
    network = read_network(HERE / f"{name}.caffemodel").network
    (path,) = write_onnx(network.graph, tmp_path / "x.onnx")
    image = expected[f"{name}.in"]
    one, two = run(path, image), run(path, np.concatenate([image * 0.5, image]))
    for output, values in one.items():
        assert np.allclose(two[output][1:], values, rtol=1e-5, atol=1e-6), output
