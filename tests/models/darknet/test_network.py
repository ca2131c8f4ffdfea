"""Darknet's layers in ONNX's operators: what OpenCV and Darknet's own source compute."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any, Dict, List, Sequence

import pytest

from dl2ecd_core.findings.errors import Dl2EcdError
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from tests.conftest import FIXTURES

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

FOLDER = FIXTURES / "darknet"
EXPECTED: Dict[str, Any] = json.loads((FOLDER / "expected.json").read_text("ascii"))


def run(path: Path, folder: Path, image: Any) -> List[Any]:
    """What the network computes once it is ONNX."""
    target = folder / "network.onnx"
    write_network(read_network(path), target)
    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    results: List[Any] = session.run(None, {"data": image})
    return results


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_networks_compute_what_opencv_computes(name: str, tmp_path: Path) -> None:
    size = EXPECTED[name]["input"]
    count = int(np.prod(size))
    image = np.sin(np.arange(count) * 0.37).astype(np.float32).reshape(1, *size)
    results = run(FOLDER / f"{name}.weights", tmp_path, image)
    assert len(results) == len(EXPECTED[name]["values"])
    for found, wanted in zip(results, EXPECTED[name]["values"].values()):
        values = found.ravel()
        kept = values[:: max(1, len(values) // 100)]
        assert np.abs(kept - wanted).max() <= 5e-6 * max(1.0, np.abs(wanted).max())


def network(folder: Path, weights: Sequence[float], *sections: str) -> Path:
    """A model of 4 x 4 x 6 values in, and these sections."""
    config = "[net]\nchannels=4\nheight=4\nwidth=6\n" + "\n".join(sections) + "\n"
    (folder / "x.cfg").write_text(config, encoding="ascii")
    path = folder / "x.weights"
    path.write_bytes(struct.pack("<3iQ", 0, 2, 0, 0) + np.asarray([*weights, 0.0], "<f4").tobytes())
    return path


IMAGE: Any = np.random.default_rng(3).standard_normal((2, 4, 4, 6)).astype(np.float32) * 3


def computed(folder: Path, *sections: str, weights: Sequence[float] = ()) -> Any:
    """What comes out of a few layers."""
    (result,) = run(network(folder, weights, *sections), folder, IMAGE)
    return result


# From src/activations.h of both lineages.
ACTIVATIONS = {
    "linear": lambda x: x,
    "leaky": lambda x: np.where(x > 0, x, 0.1 * x),
    "relie": lambda x: np.where(x > 0, x, 0.01 * x),
    "logistic": lambda x: 1 / (1 + np.exp(-x)),
    "loggy": lambda x: 2 / (1 + np.exp(-x)) - 1,
    "relu": lambda x: x * (x > 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "ramp": lambda x: x * (x > 0) + 0.1 * x,
    "elu": lambda x: np.where(x >= 0, x, np.exp(x) - 1),
    "selu": lambda x: np.where(x >= 0, 1.0507 * x, 1.0507 * 1.6732 * (np.exp(x) - 1)),
    "tanh": np.tanh,
    "hardtan": lambda x: np.clip(x, -1, 1),
    "lhtan": lambda x: np.where(x < 0, 0.001 * x, np.where(x > 1, 0.001 * (x - 1) + 1, x)),
    "plse": lambda x: np.where(
        x < -4, 0.01 * (x + 4), np.where(x > 4, 0.01 * (x - 4) + 1, 0.125 * x + 0.5)
    ),
    "mish": lambda x: x * np.tanh(np.log1p(np.exp(x))),
    "swish": lambda x: x / (1 + np.exp(-x)),
}


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_are_those_of_darknets_source(name: str, tmp_path: Path) -> None:
    found = computed(tmp_path, f"[activation]\nactivation={name}")
    # selu's constants have four digits there.
    tolerance = 2e-4 if name == "selu" else 5e-6
    assert np.allclose(found, ACTIVATIONS[name](IMAGE.astype("f8")), rtol=0, atol=tolerance)


def test_an_image_is_turned_as_darknets_loops_do_it(tmp_path: Path) -> None:
    # reorg_cpu(x, w, h, c, batch, stride, forward, out) of src/blas.c, for the way back.
    channels, rows, columns, stride = 4, 4, 6, 2
    wanted = np.empty(IMAGE[0].size, np.float32)
    flat = IMAGE[0].ravel()
    fewer = channels // stride**2
    for k in range(channels):
        for j in range(rows):
            for i in range(columns):
                down, right = j * stride + k // fewer // stride, i * stride + k // fewer % stride
                at = right + columns * stride * (down + rows * stride * (k % fewer))
                wanted[i + columns * (j + rows * k)] = flat[at]
    found = computed(tmp_path, "[reorg]\nstride=2")
    assert found.shape == (2, 16, 2, 3)
    assert (found[0].ravel() == wanted).all()


def test_channels_become_pixels_and_pixels_channels(tmp_path: Path) -> None:
    found = computed(tmp_path, "[reorg]\nstride=2\nreverse=1")
    assert found.shape == (2, 1, 8, 12)
    assert found[0, 0, 3, 4] == IMAGE[0, 2, 1, 2]
    (tmp_path / "b").mkdir()
    blocks = computed(tmp_path / "b", "[reorg3d]\nstride=2")
    assert blocks.shape == (2, 16, 2, 3)
    assert blocks[0, 3 * 4 + 1, 1, 2] == IMAGE[0, 1, 3, 5]


def test_the_middle_is_cut_out_and_its_range_changed(tmp_path: Path) -> None:
    sizes = "[crop]\ncrop_height=2\ncrop_width=3"
    assert np.allclose(computed(tmp_path, sizes), IMAGE[:, :, 1:3, 1:4] * 2 - 1, atol=1e-6)
    (tmp_path / "b").mkdir()
    assert (computed(tmp_path / "b", f"{sizes}\nnoadjust=1") == IMAGE[:, :, 1:3, 1:4]).all()


def test_upsampling_backwards_adds_pixels_up(tmp_path: Path) -> None:
    found = computed(tmp_path, "[upsample]\nstride=-2\nscale=0.5")
    blocks = IMAGE.reshape(2, 4, 2, 2, 3, 2).sum(axis=(3, 5))
    assert np.allclose(found, blocks * 0.5, atol=1e-5)


def test_means_do_not_count_what_lies_outside(tmp_path: Path) -> None:
    found = computed(tmp_path, "[local_avgpool]\nsize=3\nstride=1")
    assert np.allclose(found[:, :, 0, 0], IMAGE[:, :, :2, :2].mean(axis=(2, 3)), atol=1e-6)
    assert np.allclose(found[:, :, 1, 1], IMAGE[:, :, :3, :3].mean(axis=(2, 3)), atol=1e-6)


def test_softmax_covers_all_values_of_a_group(tmp_path: Path) -> None:
    found = computed(tmp_path, "[softmax]\ngroups=2\ntemperature=2")
    rows = np.exp(IMAGE.reshape(2, 2, -1).astype("f8") / 2)
    assert np.allclose(found, (rows / rows.sum(axis=2, keepdims=True)).reshape(IMAGE.shape))
    (tmp_path / "b").mkdir()
    spatial = computed(tmp_path / "b", "[softmax]\nspatial=1")
    assert np.allclose(spatial.sum(axis=1), 1)


def test_channels_are_brought_to_a_length_of_one(tmp_path: Path) -> None:
    assert np.allclose((computed(tmp_path, "[l2norm]") ** 2).sum(axis=1), 1, atol=1e-5)


@pytest.mark.parametrize(
    ("sections", "wanted"),
    [
        (["[avgpool]", "[scale_channels]\nfrom=0"], None),
        (["[activation]\nactivation=relu", "[sam]\nfrom=-2\nactivation=linear"], None),
    ],
)
def test_layers_that_multiply(sections: Sequence[str], wanted: Any, tmp_path: Path) -> None:
    found = computed(tmp_path, "[activation]\nactivation=linear", *sections)
    factor = (
        IMAGE.mean(axis=(2, 3), keepdims=True) if "avgpool" in sections[0] else np.maximum(IMAGE, 0)
    )
    assert np.allclose(found, IMAGE * factor, atol=1e-5)


def test_rows_are_normalised_behind_their_weights(tmp_path: Path) -> None:
    # load_connected_weights: biases, weights, and then scales, means and variances.
    row = "[connected]\noutput=1\nbatch_normalize=1\nactivation=linear"
    weights = [0.5, *([0.25] * 96), 2.0, 1.0, 4.0]
    found = computed(tmp_path, row, weights=weights)
    sums = IMAGE.reshape(2, -1).sum(axis=1) * 0.25
    assert np.allclose(found.ravel(), (sums - 1) / 2 * 2 + 0.5, atol=1e-4)


def test_a_transposed_convolution_spreads_pixels(tmp_path: Path) -> None:
    layer = "[deconvolutional]\nfilters=1\nsize=2\nstride=2\nactivation=linear"
    kernel = np.arange(16, dtype="f4")
    found = computed(tmp_path, layer, weights=[1.0, *kernel])
    wanted = np.einsum("nchw,cij->nhiwj", IMAGE, kernel.reshape(4, 2, 2)).reshape(2, 1, 8, 12)
    assert np.allclose(found, wanted + 1, atol=1e-4)


def test_a_detector_keeps_its_heads_and_their_order(tmp_path: Path) -> None:
    target = tmp_path / "x.onnx"
    write_network(read_network(FOLDER / "detector.weights"), target)
    written = inspect_model(target)
    assert [tensor.name for tensor in written.inputs] == ["data"]
    assert [tensor.name for tensor in written.outputs] == ["yolo_7", "yolo_13"]
    assert [tensor.shape for tensor in written.outputs] == [
        (None, 21, 16, 24), (None, 21, 32, 48)
    ]  # fmt: skip


def test_the_choice_of_what_is_added_to_variances_is_noted() -> None:
    assert "variance" in "".join(read_network(FOLDER / "scene.weights").network.notes)


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ("[convolutional]\nxnor=1", "'xnor' changes"),
        ("[convolutional]\nshare_index=0", "weights of another layer"),
        ("[convolutional]\nantialiasing=1", "it blurs"),
        ("[convolutional]\ngroups=3", "into 3 groups"),
        ("[convolutional]\nactivation=stair", "'stair' is not known"),
        ("[convolutional]\nsize=0", "makes no window"),
        ("[deconvolutional]\nsize=0", "make no window"),
        ("[deconvolutional]\nsize=2\npadding=9", "nothing would come out"),
        ("[connected]\noutput=0", "nothing would come out"),
        ("[local]\nsize=2", "kernel of its own"),
        ("[maxpool]\nmaxpool_depth=1", "largest of several channels"),
        ("[maxpool]\nsize=2\nstride=2\nantialiasing=1", "it blurs"),
        ("[maxpool]\nsize=9\nstride=1\npadding=2", "outside of the image"),
        ("[maxpool]\nsize=3\nstride=1\npadding=9", "outside of the image"),
        ("[route]\nlayers=-1\ngroups=3", "there is no layer -1"),
        ("[activation]\n[route]\nlayers=-1\ngroups=3", "into 3 groups"),
        ("[activation]\n[shortcut]\nfrom=-1\nweights_type=per_layer", "weighs what it adds"),
        ("[activation]\n[shortcut]\nfrom=-1\nalpha=0.5", "weighs what it adds"),
        ("[avgpool]\n[maxpool]\nsize=1\n[upsample]\n[shortcut]\nfrom=0", "another size"),
        ("[activation]\n[upsample]\n[sam]\nfrom=0", "another size"),
        ("[upsample]\nstride=0", "stride is 0"),
        ("[upsample]\nstride=-3", "no multiple of its stride"),
        ("[reorg]\nflatten=1", "order of its own"),
        ("[reorg]\nstride=3", "no multiple of its stride"),
        ("[reorg]\nstride=3\nreverse=1", "no multiple of its stride"),
        ("[route]\nlayers=-5", "there is no layer -5"),
        ("[maxpool]\nsize=1\n[activation]\n[route]\nlayers=0\n[reorg]\nstride=4", "multiple"),
        ("[crop]\ncrop_height=9", "more than there is"),
        ("[softmax]\ntree=a.tree", "different sizes"),
        ("[softmax]\ntemperature=0", "temperature"),
        ("[lrn]", "normalises over channels"),
        ("[batchnorm]", "differs between Darknet's lineages"),
        ("[gru]", "kind that is not known"),
    ],
)
def test_what_can_not_be_said_is_refused_by_name(section: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError, match=reason):
        write_network(read_network(network(tmp_path, [], section)), tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()


def test_a_configuration_alone_lacks_its_weights(tmp_path: Path) -> None:
    network(tmp_path, [], "[connected]\noutput=1").unlink()
    with pytest.raises(Dl2EcdError, match="do not hold the weights"):
        write_network(read_network(tmp_path / "x.cfg"), tmp_path / "x.onnx")


def test_weights_alone_are_no_network(tmp_path: Path) -> None:
    path = tmp_path / "scene.weights"
    path.write_bytes((FOLDER / "scene.weights").read_bytes())
    with pytest.raises(Dl2EcdError, match=r"Put the \.cfg"):
        read_network(path)
