"""What an IR's outputs look at, against OpenVINO: change pixels and see what changes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Callable, List, Sequence, Tuple

import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.openvino.outlook import outlook_of
from dl2ecd_core.network.value import Value
from dl2ecd_core.wire.source import ByteSource

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")
op = pytest.importorskip("openvino.opset8")
opset12 = pytest.importorskip("openvino.opset12")
node_factory = pytest.importorskip("openvino.utils.node_factory")

SIZE = 48
Build = Callable[[Any], Any]


def whole(*numbers: int) -> Any:
    return op.constant(np.array(numbers, np.int64))


def weights(*shape: int, seed: int = 1) -> Any:
    return op.constant(np.random.default_rng(seed).uniform(0.5, 1, shape).astype("float32"))


def channels(x: Any) -> int:
    return int(x.get_output_partial_shape(0)[1].get_length())


def conv(x: Any, kernel: Tuple[int, int] = (3, 3), stride: int = 1, pad: int = 0,
         dilation: int = 1, auto: str = "explicit") -> Any:  # fmt: skip
    return op.convolution(x, weights(2, channels(x), *kernel), [stride] * 2, [pad] * 2, [pad] * 2,
                          [dilation] * 2, auto)  # fmt: skip


def grouped(x: Any) -> Any:
    """Depthwise, with weights in 16 bits as converters save them."""
    content = np.random.default_rng(3).uniform(0.5, 1, (2, 1, 1, 3, 5)).astype("float16")
    kernel = op.convert(op.constant(content), "f32")
    return op.group_convolution(x, kernel, [2, 1], [1, 2], [1, 2], [1, 1])


def same_lower(x: Any) -> Any:
    return conv(conv(x, (3, 3), 2, auto="same_lower"), (2, 4), 1, auto="same_upper")


def valid(x: Any) -> Any:
    return conv(x, (3, 3), dilation=3, auto="valid")


def uneven(x: Any) -> Any:
    return op.convolution(x, weights(2, 2, 4, 3), [1, 1], [3, 0], [0, 2], [1, 1])


def transposed(x: Any) -> Any:
    small = conv(x, stride=2, pad=1)
    return op.convolution_backprop_data(small, weights(2, 2, 4, 4), [2, 2],
                                        pads_begin=[1, 1], pads_end=[1, 1])  # fmt: skip


def transposed_longer(x: Any) -> Any:
    small = conv(x, stride=2, pad=1)
    return op.convolution_backprop_data(small, weights(2, 2, 3, 3), [2, 2], pads_begin=[1, 1],
                                        pads_end=[1, 1], output_padding=[1, 1])  # fmt: skip


def transposed_to_a_size(x: Any) -> Any:
    small = conv(x, (2, 2), stride=2)
    sizes = op.strided_slice(op.shape_of(x), whole(2), whole(4), whole(1), [0], [0])
    return op.convolution_backprop_data(small, weights(2, 2, 4, 4), [2, 2], sizes,
                                        auto_pad="same_upper")  # fmt: skip


def transposed_by_groups(x: Any) -> Any:
    kernel = weights(2, 1, 1, 2, 2)
    return op.group_convolution_backprop_data(conv(x, stride=2, pad=1), kernel, [2, 2])


def pooled(x: Any, size: int = 2, rounding: str = "floor") -> Any:
    return op.avg_pool(x, [size] * 2, [0, 0], [0, 0], [size] * 2, False, rounding)


def largest(x: Any) -> Any:
    return op.max_pool(x, [2, 1], [1, 2], [1, 1], [1, 1], [3, 3], "floor").output(0)


def padded(x: Any) -> Any:
    return conv(op.pad(x, whole(0, 0, 3, 1), whole(0, 0, 1, 3), "reflect"))


def cropped(x: Any) -> Any:
    return conv(op.slice(x, whole(2, 3), whole(-2, -3), whole(1, 1), whole(2, 3)))


def every_other(x: Any) -> Any:
    return op.slice(x, whole(1), whole(1000), whole(2), whole(3))


def strided(x: Any) -> Any:
    ends = whole(0, 0, 3), whole(0, 0, 1000)
    return op.strided_slice(x, *ends, whole(1, 1, 3), [1, 1, 0], [1, 1, 0])


def elided(x: Any) -> Any:
    """All but the last columns, of one channel alone, with a new axis instead."""
    cut = op.strided_slice(
        x, whole(0, 1, 0, 0, 2), whole(0, 2, 0, 0, -2), whole(1, 1, 1, 1, 1),
        begin_mask=[1, 0, 0, 1, 0], end_mask=[1, 0, 0, 1, 0], new_axis_mask=[0, 0, 1, 0, 0],
        shrink_axis_mask=[0, 1, 0, 0, 0], ellipsis_mask=[0, 0, 0, 1, 0],
    )  # fmt: skip
    return conv(cut)


def unet(x: Any) -> Any:
    one = conv(x, pad=1)
    two = conv(pooled(one), pad=1)
    three = conv(pooled(two), pad=1)
    up = op.convolution_backprop_data(three, weights(2, 2, 2, 2), [2, 2])
    two = conv(op.concat([up, two], 1), pad=1)
    up = op.convolution_backprop_data(two, weights(2, 2, 2, 2), [2, 2])
    return conv(op.concat([up, one], 1), pad=1)


def last_bands(x: Any) -> Any:
    """A network that has its channels last, and turns its image around for every window."""
    turned = op.transpose(x, whole(0, 2, 3, 1))
    scaled = op.multiply(op.convert(turned, "f32"), op.constant(np.array([2, 3], np.float32)))
    scores = op.softmax(conv(op.transpose(scaled, whole(0, 3, 1, 2))), 1)
    return op.transpose(scores, whole(0, 2, 3, 1))


def shuffled(x: Any) -> Any:
    deep = op.space_to_depth(x, "blocks_first", 4)
    mixed = op.add(deep, op.reduce_mean(deep, whole(1), True))
    return op.depth_to_space(mixed, "depth_first", 4)


def resized(
    version: int,
    mode: str,
    *,
    by: float = 2,
    how: str = "scales",
    coordinates: str = "half_pixel",
    nearest: str = "round_prefer_floor",
) -> Build:
    """An image that is pooled first, so that pixels beside each other are not the same ones."""

    def build(x: Any) -> Any:
        small = pooled(x)
        sizes = [int(size * by) for size in (SIZE // 2, SIZE // 2)]
        attributes = {
            "mode": mode, "shape_calculation_mode": how, "pads_begin": [0], "pads_end": [0],
            "coordinate_transformation_mode": coordinates, "nearest_mode": nearest,
            "antialias": False, "cube_coeff": -0.75,
        }  # fmt: skip
        scales = op.constant(np.array([by, by], np.float32))
        amounts = [whole(*sizes), scales] if version == 4 else [whole(*sizes)]
        if version == 11 and how == "scales":
            amounts = [scales]
        if version == 1:
            attributes = {"axes": [2, 3], "mode": mode, "align_corners": False}
        axes = [] if version == 1 else [whole(2, 3)]
        inputs = [one.output(0) for one in (small, *amounts, *axes)]
        return node_factory.NodeFactory(f"opset{version}").create("Interpolate", inputs, attributes)

    return build


def turned_and_resized(x: Any) -> Any:
    small = op.transpose(pooled(x), whole(0, 2, 3, 1))
    return node_factory.NodeFactory("opset1").create(
        "Interpolate",
        [small.output(0), whole(SIZE, SIZE).output(0)],
        {"axes": [1, 2], "mode": "linear", "align_corners": False},
    )


def followed_sizes(x: Any) -> Any:
    """Sizes that are worked out of the image's, as converters write them."""
    small = conv(conv(x, stride=2, pad=1), stride=2, pad=1)
    sizes = op.gather(op.shape_of(x, "i32"), whole(2, 3), whole(0))
    halves = op.convert(op.floor(op.divide(op.convert(sizes, "f32"), np.float32(2))), "i64")
    inputs = [one.output(0) for one in (small, halves, whole(2, 3))]
    return node_factory.NodeFactory("opset11").create("Interpolate", inputs, {
        "mode": "nearest", "shape_calculation_mode": "sizes", "nearest_mode": "floor",
        "coordinate_transformation_mode": "asymmetric",
    })  # fmt: skip


def quantised(x: Any) -> Any:
    ends = [op.constant(np.float32(end)) for end in (0, 40, 0, 40)]
    return conv(op.fake_quantize(conv(x), *ends, 4096))


def grown(x: Any) -> Any:
    """Operations that change each pixel by itself, or by others of its own place."""
    one, two = op.constant(np.int64(1)), whole(1)
    x = op.prelu(op.relu(conv(x)), weights(2))
    x = op.batch_norm_inference(x, weights(2), weights(2), weights(2), weights(2), 1e-3)
    x = op.mvn(op.normalize_l2(x, two, 1e-3, "add"), two, True, 10.0, "inside_sqrt")
    x = op.lrn(op.concat([x, x], 1), two, size=3)
    first, rest = op.variadic_split(x, one, whole(1, -1)).outputs()
    last = op.split(x, one, 4).output(3)
    best = op.squeeze(op.topk(rest, one, 1, "max", "none").output(0), two)
    return op.softmax(op.concat([op.unsqueeze(best, two), op.add(first, last)], 1), 1)


def dense(x: Any) -> Any:
    """Each pixel's channels through a matrix, and pixels back as an image of the same sizes."""
    turned = op.matmul(op.transpose(x, whole(0, 2, 3, 1)), weights(5, 2), False, True)
    image = op.transpose(turned, whole(0, 3, 1, 2))
    return conv(op.reshape(image, whole(0, 5, SIZE, SIZE), True))


def ceiled(x: Any) -> Any:
    return pooled(conv(x), 5, "ceil")


NEAR: Sequence[Tuple[str, Build, Tuple[int, int]]] = [
    ("convolution", lambda x: conv(x, (3, 5), 2, 1), (2, 2)),
    ("with more in front", uneven, (1, 1)),
    ("dilated, valid", valid, (1, 1)),
    ("same, lower and upper", same_lower, (2, 2)),
    ("grouped", grouped, (2, 1)),
    ("transposed", transposed, (2, 2)),
    ("transposed, longer", transposed_longer, (2, 2)),
    ("transposed, to a size", transposed_to_a_size, (2, 2)),
    ("transposed, by groups", transposed_by_groups, (2, 2)),
    ("average pool", lambda x: pooled(conv(x), 3), (3, 3)),
    ("rounded up", ceiled, (5, 5)),
    ("largest, dilated", largest, (2, 1)),
    ("reflected", padded, (1, 1)),
    ("cropped", cropped, (1, 1)),
    ("every other column", every_other, (1, 2)),
    ("cut with steps", strided, (3, 1)),
    ("cut with masks", elided, (1, 1)),
    ("U-Net", unet, (4, 4)),
    ("channels last", last_bands, (1, 1)),
    ("blocks", shuffled, (4, 4)),
    ("sizes worked out", followed_sizes, (4, 4)),
    ("quantised", quantised, (1, 1)),
    ("pixel by pixel", grown, (1, 1)),
    ("dense", dense, (1, 1)),
    ("nearest", resized(4, "nearest"), (2, 2)),
    ("nearest to sizes", resized(4, "nearest", how="sizes", by=1.5), (4, 4)),
    ("nearest, floor", resized(11, "nearest", nearest="floor", coordinates="asymmetric"), (2, 2)),
    ("nearest, simple", resized(11, "nearest", nearest="simple", how="sizes"), (2, 2)),
    ("smaller, simple", resized(11, "nearest", nearest="simple", by=0.5), (4, 4)),
    ("for TensorFlow", resized(11, "nearest", coordinates="tf_half_pixel_for_nn"), (2, 2)),
    ("linear", resized(4, "linear"), (2, 2)),
    ("linear, ONNX's", resized(11, "linear_onnx", how="sizes", by=1.5), (4, 4)),
    ("linear from the corner", resized(11, "linear_onnx", coordinates="asymmetric"), (2, 2)),
    ("cubic", resized(11, "cubic", coordinates="pytorch_half_pixel"), (2, 2)),
    ("first nearest", resized(1, "nearest"), (2, 2)),
    ("first linear", resized(1, "linear"), (2, 2)),
    ("first linear, channels last", turned_and_resized, (2, 2)),
    ("first cubic", resized(1, "cubic"), (2, 2)),
]


def excited(x: Any) -> Any:
    return op.multiply(x, op.sigmoid(op.reduce_mean(x, whole(2, 3), True)))


def pooled_to_one(x: Any) -> Any:
    mean = op.adaptive_avg_pool(x, whole(1, 1))
    return op.add(x, op.broadcast(mean, op.shape_of(x)))


def normalised(x: Any) -> Any:
    return op.mvn(x, whole(2, 3), True, 1e-3, "inside_sqrt")


def first_normalised(x: Any) -> Any:
    return node_factory.NodeFactory("opset2").create(
        "MVN", [x.output(0)], {"across_channels": False, "normalize_variance": True, "eps": 1e-3}
    )


def by_groups(x: Any) -> Any:
    return opset12.group_normalization(x, weights(2), weights(2), 1, 1e-3)


def attention(x: Any) -> Any:
    turned = op.transpose(x, whole(0, 1, 3, 2))
    return op.matmul(op.softmax(op.matmul(x, turned, False, False), 3), x, False, False)


def across(x: Any) -> Any:
    return op.multiply(x, op.softmax(x, 3))


def by_the_ends(x: Any) -> Any:
    small = pooled(x)
    return node_factory.NodeFactory("opset11").create(
        "Interpolate",
        [small.output(0), whole(SIZE).output(0), whole(2).output(0)],
        {
            "mode": "linear_onnx",
            "shape_calculation_mode": "sizes",
            "coordinate_transformation_mode": "align_corners",
        },
    )


def rolled(x: Any) -> Any:
    """What no operator of ONNX is said to be."""
    return op.roll(x, whole(1), whole(3))


def tiled(x: Any) -> Any:
    return op.tile(op.slice(x, whole(0), whole(24), whole(1), whole(2)), whole(1, 1, 2, 1))


FAR: Sequence[Tuple[str, Build, str]] = [
    ("excited", excited, "HW"),
    ("pooled to one pixel", pooled_to_one, "HW"),
    ("normalised", normalised, "HW"),
    ("first normalised", first_normalised, "HW"),
    ("normalised by groups", by_groups, "HW"),
    ("attention", attention, "HW"),
    ("softmax of a row", across, "W"),
    ("by the ends", by_the_ends, "H"),
    ("rolled", rolled, "HW"),
    ("tiled", tiled, "H"),
]


def saved(build: Build, path: Path, shape: Sequence[int]) -> Any:
    """The network as OpenVINO has it, saved as an IR."""
    image = op.parameter(openvino.PartialShape(list(shape)), np.float32, name="image")
    image.output(0).set_names({"image"})
    output = build(image)
    output = output if isinstance(output, openvino.Output) else output.output(0)
    output.set_names({"scores"})
    network = openvino.Model([output], [image], "network")
    openvino.save_model(network, path, compress_to_fp16=False)
    return network


def told(path: Path) -> Value:
    """What the IR's output looks at; its image's letters are those that the tests feed."""
    model = inspect_model(path)
    model = replace(model, inputs=(replace(model.inputs[0], axes="NCHW"),))
    with ByteSource(path) as source:
        value = outlook_of(source, model, SIZE).output("scores")
    assert value is not None
    return value


def changed(network: Any, axis: int, place: int) -> Any:
    """For each input pixel along an axis, which output pixels along one change with it."""
    compiled = openvino.Core().compile_model(network, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    image = np.random.default_rng(3).uniform(0.5, 1, (1, 2, SIZE, SIZE)).astype("float32")
    before = compiled([image])[0].copy()
    rows = []
    for pixel in range(SIZE):
        other = image.copy()
        index: List[Any] = [slice(None)] * 4
        index[axis] = pixel
        other[tuple(index)] += (
            np.random.default_rng(4).uniform(4, 8, (1, 2, SIZE)).astype("float32")
        )
        differs = np.abs(compiled([other])[0] - before) > 1e-6
        rows.append(differs.any(axis=tuple(one for one in range(before.ndim) if one != place)))
    return np.array(rows)


@pytest.mark.parametrize(
    ("build", "alignments"), [one[1:] for one in NEAR], ids=[one[0] for one in NEAR]
)
@pytest.mark.parametrize("letter", ["H", "W"])
def test_pixels_look_at_what_changes_them(
    build: Build, alignments: Tuple[int, int], letter: str, tmp_path: Path
) -> None:
    network = saved(build, tmp_path / "x.xml", (1, 2, SIZE, SIZE))
    value, axis = told(tmp_path / "x.xml"), "NCHW".index(letter)
    assert value.shape == tuple(network.outputs[0].shape)
    assert value.letters is not None
    place = value.letters.index(letter)
    footprint = value.axes[place].footprint
    assert footprint is not None
    assert ("0:0", axis) not in value.whole
    table = changed(network, axis, place)
    margin = table.shape[1] // 3
    for pixel in range(margin, table.shape[1] - margin):
        seen = np.flatnonzero(table[:, pixel])
        assert footprint.looks_at(pixel) == (seen[0], seen[-1]), pixel
    assert footprint.alignment == alignments["HW".index(letter)]


@pytest.mark.parametrize(
    ("build", "letters"), [one[1:] for one in FAR], ids=[one[0] for one in FAR]
)
def test_what_looks_from_end_to_end_says_so(build: Build, letters: str, tmp_path: Path) -> None:
    saved(build, tmp_path / "x.xml", (1, 2, SIZE, SIZE))
    value = told(tmp_path / "x.xml")
    for axis, letter in enumerate("HW", 2):
        assert (("0:0", axis) in value.whole) == (letter in letters)


@pytest.mark.parametrize("build", [one[1] for one in NEAR], ids=[one[0] for one in NEAR])
def test_of_a_free_size_the_same_is_told(build: Build, tmp_path: Path) -> None:
    saved(build, tmp_path / "fixed.xml", (1, 2, SIZE, SIZE))
    saved(build, tmp_path / "free.xml", (-1, 2, -1, -1))
    fixed, free = told(tmp_path / "fixed.xml"), told(tmp_path / "free.xml")
    assert [axis.footprint for axis in free.axes[1:]] == [axis.footprint for axis in fixed.axes[1:]]
