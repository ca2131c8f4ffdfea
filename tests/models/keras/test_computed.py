"""Single layers in ONNX's operators: what three generations of Keras compute with them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any, Dict, Tuple

import pytest

from dl2ecd_core.models.keras.config import read_layer, read_network
from dl2ecd_core.models.keras.lowering import Generation, lowered
from dl2ecd_core.models.keras.lowering.shelves import ListShelf, Weight
from dl2ecd_core.network.lowering import Network
from dl2ecd_core.network.onnx_file import refusals, write_onnx
from dl2ecd_core.network.weights import Literal
from tests.conftest import FIXTURES

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

COMPUTED: Dict[str, Any] = json.loads(
    gzip.decompress((FIXTURES / "keras" / "computed.json.gz").read_bytes())
)
VERSIONS = {"keras2": "2.2.4", "tf_keras": "2.21.0", "keras3": "3.15.1"}


def waves(shape: Any, number: int) -> Any:
    """The weights or inputs of a number, as the script beside the fixtures makes them."""
    count = int(np.prod(shape))
    return np.sin(np.arange(count, dtype="f8") * 0.7 + number).reshape(shape).astype("f4")


def weight(shape: Any, number: int, positive: bool) -> Weight:
    """Weights of a layer."""
    values = np.abs(waves(shape, number)) + 0.5 if positive else waves(shape, number)
    return Weight(tuple(shape), Literal(values.astype("<f4").tobytes()))


def lowered_of(name: str) -> Tuple[Network, Dict[str, Any]]:
    """The network of a case, and what is known of it."""
    case = COMPUTED[name]
    model = read_layer(case["model"])
    network = None if model is None else read_network(model)
    assert network is not None
    shelf = ListShelf(
        {
            layer: [weight(shape, number, ones) for number, (shape, ones) in enumerate(weights)]
            for layer, weights in case["weights"].items()
        }
    )
    return lowered(network, shelf, Generation(VERSIONS[name.rpartition(", ")[2]])), case


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_layers_compute_what_keras_computes(name: str, tmp_path: Path) -> None:
    network, case = lowered_of(name)
    assert refusals(network.graph) == ()
    write_onnx(network.graph, tmp_path / "x.onnx")
    session = onnxruntime.InferenceSession(
        str(tmp_path / "x.onnx"), providers=["CPUExecutionProvider"]
    )
    images = [waves((2, *size), 10 + number) for number, size in enumerate(case["sizes"])]
    if name.startswith("lookup"):
        images = [np.abs(image * 8).astype("i4").astype("f4") for image in images]
    names = [one.name for one in session.get_inputs()]
    (result,) = session.run(None, dict(zip(names, images)))
    assert list(result.shape) == case["shape"]
    wanted = np.asarray(case["values"])
    most = 5e-6 * max(1.0, np.abs(wanted).max())
    assert np.abs(result.ravel()[:: case["step"]] - wanted).max() <= most
    told = network.values[next(iter(network.graph.outputs))].shape
    assert told is not None
    assert all(size in (None, found) for size, found in zip(told, result.shape))
