"""Caffe networks written as ONNX compute what OpenCV computes with the Caffe files."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.caffe.arranging import _factor
from dl2ecd_core.models.network_file import write_network
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.network.onnx_file import write_onnx
from tests.conftest import FIXTURES
from tests.models.messages import piece

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


def computed(
    folder: Path, layers: str, image: Any, weights: bytes = b"", sizes: str = "1 2 3 4"
) -> Dict[str, Any]:
    """What the written network of some layers computes."""
    dims = " ".join(f"dim: {size}" for size in sizes.split())
    path = folder / "x.caffemodel"
    path.write_bytes(weights or piece(100, piece(1, b"a") + piece(2, b"Silence")))
    path.with_suffix(".prototxt").write_text(
        f'input: "data" input_shape {{ {dims} }}\n{layers}', encoding="ascii"
    )
    (written,) = write_onnx(read_network(path).network.graph, folder / "x.onnx")
    return run(written, image)


def layer(type_: str, settings: str = "", tops: str = "x", bottoms: str = "data") -> str:
    ends = "".join(f' bottom: "{one}"' for one in bottoms.split())
    ends += "".join(f' top: "{one}"' for one in tops.split())
    return f'layer {{ name: "x" type: "{type_}"{ends} {settings} }}\n'


IMAGE = np.random.default_rng(7).normal(0, 1, (1, 2, 3, 4)).astype("float32")
IMAGE[0, :, 0, 0] = 0.5


# What OpenCV has not, by the layers' source in Caffe.
@pytest.mark.parametrize(
    ("text", "values"),
    [
        (layer("ArgMax", "argmax_param { axis: 1 }"),
         # Of equal ones, the last.
         np.where(IMAGE[:, 1:] >= IMAGE[:, :1], 1.0, 0.0)),
        (layer("ArgMax"), [[[23 - IMAGE.ravel()[::-1].argmax()]]]),
        (layer("ArgMax", "argmax_param { out_max_val: true }"),
         [[[IMAGE.ravel().argmax()], [IMAGE.max()]]]),
        (layer("ArgMax", "argmax_param { axis: 2 out_max_val: true }"),
         IMAGE.max(axis=2, keepdims=True)),
        (layer("Threshold", "threshold_param { threshold: 0.25 }"), IMAGE > 0.25),
        (layer("Clip", "clip_param { min: -0.5 max: 0.25 }"), IMAGE.clip(-0.5, 0.25)),
        (layer("Clip", "clip_param { min: few max: 0.25 }"), IMAGE.clip(None, 0.25)),
        (layer("AbsVal", tops="a") + layer("Log", "log_param { shift: 1 }", bottoms="a"),
         np.log(1 + np.abs(IMAGE))),
        (layer("AbsVal", tops="a") + layer("Log", "log_param { base: 10 shift: 1 }", bottoms="a"),
         np.log10(1 + np.abs(IMAGE))),
        (layer("Pooling", "pooling_param { global_pooling: true }", "p")
         + layer("ArgMax", bottoms="p"), [[[IMAGE.max(axis=(2, 3)).argmax()]]]),
        (layer("Eltwise", bottoms="data"), IMAGE),
        (layer("Scale", "scale_param { axis: 0 }", bottoms="data data"), IMAGE * IMAGE),
        (layer("Bias", "bias_param { axis: 0 }", bottoms="data data"), IMAGE + IMAGE),
        (layer("Split", tops="s x"), IMAGE),
        (layer("Slice", "slice_param { axis: 2 slice_point: 1 }", tops="p x"), IMAGE[:, :, 1:]),
        (layer("Flatten", "flatten_param { axis: 1 end_axis: 2 }"), IMAGE.reshape(1, 6, 4)),
        (layer("MVN", "mvn_param { normalize_variance: false across_channels: true }"),
         IMAGE - IMAGE.mean()),
    ],
)  # fmt: skip
def test_what_opencv_does_not_have_is_what_caffe_says(
    text: str, values: Any, tmp_path: Path
) -> None:
    found = computed(tmp_path, text, IMAGE)["x"]
    assert found.shape == np.shape(values)
    assert np.abs(found - np.asarray(values, "float32")).max() <= 1e-6


def test_places_of_the_largest_are_counted_in_each_channel(tmp_path: Path) -> None:
    text = layer("Pooling", "pooling_param { pool: MAX kernel_size: 2 stride: 2 }", "x mask")
    found = computed(tmp_path, text, IMAGE)
    assert found["x"].shape == found["mask"].shape == (1, 2, 2, 2)
    for channel in range(2):
        places = found["mask"][0, channel].astype(int)
        assert (IMAGE[0, channel].ravel()[places] == found["x"][0, channel]).all()


def test_weights_of_double_width_are_converted(tmp_path: Path) -> None:
    slopes = np.array([0.5, 0.25])
    blob = piece(7, piece(1, b"\x02")) + piece(8, slopes.tobytes())
    weights = piece(100, piece(1, b"x") + piece(2, b"PReLU") + piece(7, blob))
    found = computed(tmp_path, layer("PReLU"), IMAGE, weights)["x"]
    assert np.abs(found - np.where(IMAGE > 0, IMAGE, IMAGE * slopes[:, None, None])).max() <= 1e-6


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (layer("Riddle"), "is of a kind that is not known"),
        (layer("ReLU", bottoms="nowhere"), "is of a kind that is not known"),
        (layer("BN"), "forks of Caffe differ"),
        (layer("LRN", "lrn_param { norm_region: WITHIN_CHANNEL }"), "inside a channel"),
        (layer("BatchNorm", "batch_norm_param { use_global_stats: false }"), "at hand"),
        (layer("Pooling", "pooling_param { pool: STOCHASTIC kernel_size: 2 }"), "random"),
        (layer("Pooling", "pooling_param { pool: STOCHASTIC global_pooling: true }"), "random"),
        (layer("Pooling", "pooling_param { kernel_size: 1 stride: 3 }"), "outside of the image"),
        (layer("ArgMax", "argmax_param { axis: 1 top_k: 2 }"), "of equal values"),
        (layer("ArgMax", "argmax_param { top_k: 2 }"), "of equal values"),
        (layer("Convolution", "convolution_param { num_output: 3 kernel_size: 1 group: 2 }"),
         "into 2 groups"),
        (layer("Eltwise", "eltwise_param { operation: PROD coeff: 2 }"), "operation or factors"),
        (layer("Scale", "scale_param { axis: 3 num_axes: 2 }"), "more than there are"),
        (layer("Scale", "scale_param { axis: 1 }", bottoms="data data"), "too many axes"),
        (layer("Flatten", "flatten_param { axis: 2 end_axis: 1 }"), "behind its last"),
        (layer("Flatten", tops="f") + layer("MVN", bottoms="f"), "the mean of"),
        (layer("Flatten", tops="f") + layer("Pooling", "pooling_param { kernel_size: 2 }",
                                           bottoms="f"), "images only"),
        (layer("InnerProduct", "inner_product_param { num_output: 2 axis: 0 }"), "unknown size"),
        (layer("Crop"), "two inputs"),
        (layer("Interp", "interp_param { height: 5 }", tops="i")
         + layer("Interp", "interp_param { width: 5 }", "x", "i"), "to what size is not known"),
        (layer("Interp", "interp_param { shrink_factor: -1 }", tops="i")
         + layer("Flatten", "flatten_param { axis: 1 end_axis: 1 }", "x", "i"), "several sizes"),
        # Without the size of an axis, not even the number of channels is known.
        (layer("Interp", "interp_param { height: 5 }", tops="i")
         + layer("Permute", "permute_param { order: 0 order: 3 }", "p", "i")
         + layer("BatchNorm", bottoms="p"), "how many channels"),
        (layer("Interp", "interp_param { height: 5 }", tops="i")
         + layer("Crop", bottoms="data i"), "to what size it cuts"),
        (layer("Interp", "interp_param { height: 5 }", tops="i")
         + layer("Flatten", "flatten_param { axis: 1 end_axis: 2 }", "f", "i")
         + layer("Pooling", "pooling_param { kernel_size: 2 }", "x", "i"), "is not known"),
        (layer("Slice", "slice_param { slice_point: 0 }", tops="x y"), "empty"),
        (layer("ReLU", tops="x y"), "not all of its outputs"),
        (layer("PReLU"), "do not hold the weights"),
    ],
)  # fmt: skip
def test_what_can_not_be_said_exactly_is_refused(text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(ConversionRefused, match=reason):
        computed(tmp_path, text, IMAGE)


@settings(max_examples=300)
@given(st.integers(2, 5000), st.integers(2, 5000))
def test_a_resize_gets_the_very_size_that_was_asked_for(before: int, after: int) -> None:
    factor = _factor(before, after)
    assert factor is not None
    assert np.floor(np.float32(before) * np.float32(factor)) == after
    assert abs(factor * before - after) < 0.01


@pytest.mark.parametrize("name", ["fcn", "valid", "old", "every"])
def test_what_needs_no_truth_beside_it_is_read_back_as_it_was(name: str, tmp_path: Path) -> None:
    found = read_network(FIXTURES / "caffe" / f"{name}.caffemodel")
    (path,) = write_network(found, tmp_path / "x.onnx")
    told = inspect_model(path)
    assert told.padding == found.description.padding
    assert [t.name for t in told.outputs] == [t.name for t in found.description.outputs]


def test_each_of_several_images_is_convolved_with_the_same_weights(tmp_path: Path) -> None:
    kernel = np.ones((1, 2, 1, 1), "<f4")
    blob = piece(7, piece(1, b"\x01\x02\x01\x01")) + piece(5, kernel.tobytes())
    weights = piece(100, piece(1, b"x") + piece(2, b"Convolution") + piece(7, blob))
    settings = "convolution_param { num_output: 1 kernel_size: 1 bias_term: false }"
    text = layer("ReLU", tops="r") + layer("Convolution", settings, "x y", "data r")
    found = computed(tmp_path, text, IMAGE, weights)
    assert np.abs(found["x"] - IMAGE.sum(axis=1, keepdims=True)).max() <= 1e-6
    assert np.abs(found["y"] - IMAGE.clip(0).sum(axis=1, keepdims=True)).max() <= 1e-6


def test_without_a_number_of_groups_each_channel_is_convolved_by_itself(tmp_path: Path) -> None:
    kernel = np.array([2, 3], "<f4")
    blob = piece(7, piece(1, b"\x02\x01\x01\x01")) + piece(5, kernel.tobytes())
    weights = piece(100, piece(1, b"x") + piece(2, b"DepthwiseConvolution") + piece(7, blob))
    settings = "convolution_param { num_output: 2 kernel_size: 1 bias_term: false }"
    found = computed(tmp_path, layer("DepthwiseConvolution", settings), IMAGE, weights)["x"]
    assert np.abs(found - IMAGE * kernel[:, None, None]).max() <= 1e-6


def test_weights_in_too_many_pieces_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one_by_one = b"".join(b"\x2d" + slope.tobytes() for slope in np.array([0.5, 0.25], "<f4"))
    blob = piece(7, piece(1, b"\x02")) + one_by_one
    weights = piece(100, piece(1, b"x") + piece(2, b"PReLU") + piece(7, blob))
    found = computed(tmp_path, layer("PReLU"), IMAGE, weights)["x"]
    assert np.abs(found[0, 0] - np.where(IMAGE > 0, IMAGE, IMAGE * 0.5)[0, 0]).max() <= 1e-6
    monkeypatch.setattr("dl2ecd_core.models.caffe.network._MOST_SPANS", 0)
    with pytest.raises(ConversionRefused, match="do not hold the weights"):
        computed(tmp_path, layer("PReLU"), IMAGE, weights)
