"""Keras' networks in ONNX's operators: what three generations of Keras compute."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from tests.conftest import FIXTURES

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

FOLDER = FIXTURES / "keras" / "networks"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))


def run(path: Path, folder: Path, image: Any) -> List[Any]:
    """What the network computes once it is ONNX."""
    target = folder / "network.onnx"
    write_network(read_network(path), target)
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    results: List[Any] = session.run(None, {session.get_inputs()[0].name: image})
    return results


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_networks_compute_what_keras_computes(name: str, tmp_path: Path) -> None:
    size = EXPECTED[name]["input"]
    image = np.sin(np.arange(2 * np.prod(size), dtype="f8")).astype("f4").reshape(2, *size)
    results = run(FOLDER / name, tmp_path, image)
    # What somebody's own code computes is left out.
    wanted = EXPECTED[name]["outputs"][:1]
    assert len(results) == len(wanted)
    for found, told in zip(results, wanted):
        assert list(found.shape) == told["shape"]
        values = np.asarray(told["values"])
        assert np.abs(found.ravel()[:: told["step"]] - values).max() <= 5e-6 * max(
            1.0, np.abs(values).max()
        )
