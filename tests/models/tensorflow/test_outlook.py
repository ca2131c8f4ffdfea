"""What a graph's outputs look at, against OpenVINO: change pixels and see what changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Sequence, Tuple

import pytest

from dl2ecd_core.models.outlooks import read_outlook
from dl2ecd_core.models.tensorflow import in_onnx, in_onnx_windows
from dl2ecd_core.models.tensorflow.in_onnx import InOnnx
from dl2ecd_core.models.tensorflow.text_format import text_as_binary
from dl2ecd_core.models.tflite.options import Options
from dl2ecd_core.network.following import Following
from dl2ecd_core.network.value import Value
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.models.cntk.writers import field
from tests.models.tensorflow.graphs import Shape, const, fed, node

np = pytest.importorskip("numpy")
openvino = pytest.importorskip("openvino")

from tests.models.looking import BANDS, SIZE, assert_looks, changed  # noqa: E402


class Net:
    """A graph in the making, as text."""

    def __init__(self, shape: Shape = (1, SIZE, SIZE, BANDS)) -> None:
        self.text = fed("image", shape)
        self._made = 0

    def add(self, op: str, *inputs: Any, **attributes: Any) -> str:
        """An operation; numbers among what it takes are constants."""
        names = [one if isinstance(one, str) else self.constant(one) for one in inputs]
        self._made += 1
        name = f"n{self._made}"
        self.text += node(name, op, *names, **{"T": "DT_FLOAT", **attributes})
        return name

    def constant(self, values: Any, kind: str = "") -> str:
        self._made += 1
        self.text += const(f"n{self._made}", values, kind)
        return f"n{self._made}"

    def weights(self, *shape: int) -> str:
        return self.constant(np.random.default_rng(1).uniform(0.5, 1, shape).tolist())

    def save(self, path: Path, output: str) -> None:
        path.write_text(self.text + node("scores", "Identity", output, T="DT_FLOAT"), "ascii")


Build = Callable[[Net, str], str]


def conv(
    net: Net, x: str, kernel: Tuple[int, int] = (3, 3), stride: int = 1, padding: str = "SAME",
    dilation: int = 1, channels: int = 2, **more: Any
) -> str:  # fmt: skip
    return net.add(
        "Conv2D", x, net.weights(*kernel, channels, 2), strides=[1, stride, stride, 1],
        dilations=[1, dilation, dilation, 1], padding=padding, data_format="NHWC", **more,
    )  # fmt: skip


def depthwise(net: Net, x: str) -> str:
    """Each channel becomes three, which are told apart from those of the image."""
    deep = net.add(
        "DepthwiseConv2dNative", x, net.weights(3, 5, 2, 3), strides=[1, 1, 1, 1],
        dilations=[1, 1, 1, 1], padding="VALID", data_format="NHWC",
    )  # fmt: skip
    return conv(net, net.add("ConcatV2", deep, deep, 3, N=2, Tidx="DT_INT32"), channels=12)


def explicit(net: Net, x: str) -> str:
    pads = [0, 0, 2, 1, 0, 3, 0, 0]
    return conv(net, x, (4, 4), padding="EXPLICIT", explicit_paddings=pads)


def first_bands(net: Net, x: str) -> str:
    """A graph that has its channels first."""
    turned = net.add("Transpose", x, [0, 3, 1, 2], Tperm="DT_INT32")
    small = net.add(
        "Conv2D", turned, net.weights(3, 3, 2, 2), strides=[1, 1, 2, 2], padding="SAME",
        dilations=[1, 1, 1, 1], data_format="NCHW",
    )  # fmt: skip
    small = net.add("BiasAdd", small, [0.5, 0.25], data_format="NCHW")
    large = net.add(
        "MaxPool", small, ksize=[1, 1, 3, 1], strides=[1, 1, 1, 1], padding="SAME",
        data_format="NCHW",
    )  # fmt: skip
    return net.add("Transpose", large, [0, 2, 3, 1], Tperm="DT_INT32")


def transposed(kernel: int, stride: int, padding: str, size: int) -> Build:
    """A transposed convolution of an image that is half as large, to a size."""

    def build(net: Net, x: str) -> str:
        small = conv(net, x, (2, 2), 2)
        sizes = [1, size, size, 2]
        return net.add(
            "Conv2DBackpropInput", sizes, net.weights(kernel, kernel, 2, 2), small,
            strides=[1, stride, stride, 1], dilations=[1, 1, 1, 1], padding=padding,
            data_format="NHWC",
        )  # fmt: skip

    return build


def pool(net: Net, x: str, op: str = "AvgPool", kernel: int = 2, padding: str = "VALID") -> str:
    return net.add(
        op, x, ksize=[1, kernel, kernel, 1], strides=[1, 2, 2, 1], padding=padding,
        data_format="NHWC",
    )  # fmt: skip


def resized(op: str, size: int, **attributes: Any) -> Build:
    def build(net: Net, x: str) -> str:
        return net.add(op, pool(net, x), [size, size], **attributes)

    return build


def to_the_size_of(net: Net, x: str) -> str:
    """A size that is worked out of another image's, as programs write it."""
    coarse = conv(net, conv(net, x, (3, 3), 2), (3, 3), 2)
    shape = net.add("Shape", x, out_type="DT_INT32")
    sizes = net.add("StridedSlice", shape, [1], [3], [1], T="DT_INT32", Index="DT_INT32",
                    begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0,
                    shrink_axis_mask=0)  # fmt: skip
    fine = net.add("ResizeBilinear", coarse, sizes, half_pixel_centers=True, align_corners=False)
    return net.add("AddV2", fine, x)


def padded(op: str, **attributes: Any) -> Build:
    def build(net: Net, x: str) -> str:
        pads = [[0, 0], [2, 1], [0, 3], [0, 0]]
        more = [0.5] if op == "PadV2" else []
        large = net.add(op, x, pads, *more, Tpaddings="DT_INT32", **attributes)
        return conv(net, large, padding="VALID")

    return build


def shuffled(net: Net, x: str) -> str:
    deep = net.add("SpaceToDepth", x, block_size=4, data_format="NHWC")
    mixed = net.add("AddV2", deep, net.add("Mean", deep, [3], keep_dims=True, Tidx="DT_INT32"))
    return net.add("DepthToSpace", mixed, block_size=4, data_format="NHWC")


def apart(op: str, edges: Sequence[Sequence[int]], crops: Sequence[Sequence[int]]) -> Build:
    """A dilated convolution as TensorFlow writes it: the image is cut, and joined again."""

    def build(net: Net, x: str) -> str:
        kinds = {"Tblock_shape": "DT_INT32", "Tpaddings": "DT_INT32", "Tcrops": "DT_INT32"}
        blocks = [3, 2]
        cut = net.add("SpaceToBatchND", x, blocks, [list(one) for one in edges], **kinds)
        weights = net.weights(3, 3, 2, 2) if op == "Conv2D" else net.weights(3, 3, 2, 1)
        wide = net.add(op, cut, weights, strides=[1, 1, 1, 1], dilations=[1, 1, 1, 1],
                       padding="VALID", data_format="NHWC")  # fmt: skip
        wide = net.add("Relu", net.add("BiasAdd", wide, [0.5, 0.25], data_format="NHWC"))
        return net.add("BatchToSpaceND", wide, blocks, [list(one) for one in crops], **kinds)

    return build


def masked(net: Net, x: str) -> str:
    """Every other row from the second on and the last but two columns, by masks."""
    masks = {"begin_mask": 8, "end_mask": 2, "ellipsis_mask": 1, "new_axis_mask": 4,
             "shrink_axis_mask": 16}  # fmt: skip
    ends = [0, 1, 0, 0, 1], [0, 0, 0, -2, 2], [1, 2, 1, 1, 1]
    cut = net.add("StridedSlice", conv(net, x, (1, 1)), *ends, Index="DT_INT32", **masks)
    return net.add("Sum", cut, [2], keep_dims=False, Tidx="DT_INT32")


def sliced(net: Net, x: str) -> str:
    return conv(net, net.add("Slice", x, [0, 2, 3, 0], [1, -1, 40, 2], Index="DT_INT32"))


def repeated(net: Net, x: str) -> str:
    """Pixels that are written several times, as Keras enlarges an image."""
    small = pool(net, x)
    half = SIZE // 2
    rows = net.add("ExpandDims", small, 2, Tdim="DT_INT32")
    rows = net.add("Tile", rows, [1, 1, 2, 1, 1], Tmultiples="DT_INT32")
    rows = net.add("Reshape", rows, [1, SIZE, half, 2], Tshape="DT_INT32")
    columns = net.add("ExpandDims", rows, 3, Tdim="DT_INT32")
    columns = net.add("Tile", columns, [1, 1, 1, 2, 1], Tmultiples="DT_INT32")
    return net.add("Reshape", columns, [1, SIZE, SIZE, 2], Tshape="DT_INT32")


def unet(net: Net, x: str) -> str:
    one = conv(net, x)
    two = conv(net, pool(net, one, "MaxPool"))
    three = conv(net, pool(net, two, "MaxPool"))
    for fine, size in ((two, SIZE // 2), (one, SIZE)):
        up = net.add(
            "Conv2DBackpropInput", [1, size, size, 2], net.weights(2, 2, 2, 2), three,
            strides=[1, 2, 2, 1], dilations=[1, 1, 1, 1], padding="VALID", data_format="NHWC",
        )  # fmt: skip
        both = net.add("ConcatV2", up, fine, 3, N=2, Tidx="DT_INT32")
        three = conv(net, both, channels=4)
    return three


def grown(net: Net, x: str) -> str:
    """Operations that change each pixel by itself, or by others of its own place."""
    x = net.add("LeakyRelu", net.add("Relu", conv(net, x)), alpha=0.5)
    ones = [net.constant([1.5, 2.5]) for _ in range(4)]
    x = net.add("FusedBatchNormV3", x, *ones, U="DT_FLOAT", epsilon=0.001, is_training=False,
                data_format="NHWC")  # fmt: skip
    x = net.add("Maximum", net.add("Mul", x, [0.5, 2.0]), net.add("Square", x))
    first, last = (
        net.add("Slice", x, [0, 0, 0, band], [1, -1, -1, 1], Index="DT_INT32") for band in (0, 1)
    )
    x = net.add("AddN", first, last, N=2)
    x = net.add("Squeeze", x, squeeze_dims=[3])
    x = net.add("Pack", x, x, N=2, axis=3)
    x = net.add("SelectV2", net.add("Greater", x, 0.5), x, net.add("Neg", x))
    return net.add("ReverseV2", x, [3], Tidx="DT_INT32")


def dense(net: Net, x: str) -> str:
    """Each pixel's channels through a matrix."""
    product = net.add("BatchMatMulV2", x, net.weights(5, 2), adj_x=False, adj_y=True)
    return conv(net, product, channels=5)


def dense_by_rows(net: Net, x: str) -> str:
    """The same as a matrix of pixels, as Keras writes it."""
    rows = net.add("Reshape", conv(net, x), [SIZE * SIZE, 2], Tshape="DT_INT32")
    rows = net.add("BiasAdd", net.add("MatMul", rows, net.weights(2, 5)), [0.5] * 5)
    rows = net.add("Reshape", net.add("Relu", rows), [-1, 5], Tshape="DT_INT32")
    rows = net.add("MatMul", rows, net.weights(3, 5), transpose_b=True)
    shape = net.add("Pack", 1, SIZE, -1, 3, N=4, T="DT_INT32", axis=0)
    return conv(net, net.add("Reshape", rows, shape, Tshape="DT_INT32"), channels=3)


def several(net: Net, x: str) -> str:
    """Values that are handed on together."""
    return net.add("IdentityN", x, conv(net, x), T=["DT_FLOAT"] * 2) + ":1"


def gathered(net: Net, x: str) -> str:
    """Bands in another order."""
    kinds = {"Tparams": "DT_FLOAT", "Tindices": "DT_INT32", "Taxis": "DT_INT32", "batch_dims": 0}
    return conv(net, net.add("GatherV2", x, [1, 0], 3, **kinds))


def best(net: Net, x: str) -> str:
    found = net.add("ArgMax", conv(net, x), 3, Tidx="DT_INT32", output_type="DT_INT32")
    return net.add("Cast", found, SrcT="DT_INT32", DstT="DT_FLOAT")


HALVES, CORNERS = {"half_pixel_centers": True, "align_corners": False}, {"align_corners": True}
FROM_CORNER = {"half_pixel_centers": False, "align_corners": False}

NEAR: Sequence[Tuple[str, Build, Tuple[int, int]]] = [
    ("same", conv, (1, 1)),
    ("same, strided", lambda net, x: conv(net, x, (3, 5), 2), (2, 2)),
    ("same, even kernel", lambda net, x: conv(net, x, (2, 4)), (1, 1)),
    ("same, dilated", lambda net, x: conv(net, x, (3, 2), dilation=2), (1, 1)),
    ("valid", lambda net, x: conv(net, x, (3, 4), 3, "VALID"), (3, 3)),
    ("explicit", explicit, (1, 1)),
    ("depthwise", depthwise, (1, 1)),
    ("channels first", first_bands, (2, 2)),
    ("transposed, valid", transposed(2, 2, "VALID", SIZE), (2, 2)),
    ("transposed, valid, longer", transposed(3, 2, "VALID", SIZE + 1), (2, 2)),
    ("transposed, same", transposed(4, 2, "SAME", SIZE), (2, 2)),
    ("transposed, same, odd", transposed(3, 2, "SAME", SIZE), (2, 2)),
    ("transposed, same, odd size", transposed(5, 2, "SAME", SIZE - 1), (2, 2)),
    ("average", lambda net, x: pool(net, x, "AvgPool", 3, "SAME"), (2, 2)),
    ("largest", lambda net, x: pool(net, x, "MaxPool", 3), (2, 2)),
    ("nearest", resized("ResizeNearestNeighbor", SIZE, **FROM_CORNER), (2, 2)),
    ("nearest, halves", resized("ResizeNearestNeighbor", SIZE, **HALVES), (2, 2)),
    ("nearest, to a third", resized("ResizeNearestNeighbor", 8, **HALVES), (6, 6)),
    ("bilinear", resized("ResizeBilinear", SIZE, **FROM_CORNER), (2, 2)),
    ("bilinear, halves", resized("ResizeBilinear", SIZE, **HALVES), (2, 2)),
    ("to the size of another", to_the_size_of, (4, 4)),
    ("padded", padded("Pad"), (1, 1)),
    ("padded with a number", padded("PadV2"), (1, 1)),
    ("reflected", padded("MirrorPad", mode="REFLECT"), (1, 1)),
    ("blocks", shuffled, (4, 4)),
    ("dilated", apart("Conv2D", [[3, 3], [2, 2]], [[0, 0], [0, 0]]), (3, 2)),
    ("dilated, one by one", apart("DepthwiseConv2dNative", [[3, 6], [2, 4]], [[1, 2], [0, 2]]),
     (3, 2)),
    ("cut by masks", masked, (2, 1)),
    ("cut", sliced, (1, 1)),
    ("written several times", repeated, (2, 2)),
    ("U-Net", unet, (4, 4)),
    ("pixel by pixel", grown, (1, 1)),
    ("dense", dense, (1, 1)),
    ("dense, by rows", dense_by_rows, (1, 1)),
    ("several", several, (1, 1)),
    ("other bands", gathered, (1, 1)),
]  # fmt: skip


def excited(net: Net, x: str) -> str:
    mean = net.add("Mean", x, [1, 2], keep_dims=True, Tidx="DT_INT32")
    return net.add("Mul", x, net.add("Sigmoid", mean))


def of_this_image(net: Net, x: str) -> str:
    ones = [net.constant([1.5, 2.5]) for _ in range(2)]
    return net.add("FusedBatchNormV3", x, *ones, net.constant([], "DT_FLOAT"),
                   net.constant([], "DT_FLOAT"), U="DT_FLOAT", is_training=True)  # fmt: skip


def across(net: Net, x: str) -> str:
    turned = net.add("Transpose", x, [0, 3, 1, 2], Tperm="DT_INT32")
    rows = net.add("Softmax", turned)
    return net.add("Transpose", rows, [0, 2, 3, 1], Tperm="DT_INT32")


def turned_around(net: Net, x: str) -> str:
    return net.add("AddV2", x, net.add("ReverseV2", x, [1], Tidx="DT_INT32"))


def made_of_the_image(net: Net, x: str) -> str:
    """A convolution whose bias is made of all of the image."""
    mean = net.add("Mean", x, [0, 1, 2], keep_dims=False, Tidx="DT_INT32")
    return net.add("BiasAdd", conv(net, x), mean, data_format="NHWC")


def pooled_between(net: Net, x: str) -> str:
    """What is done between cutting and joining is more than a convolution of pixels apart."""
    kinds = {"Tblock_shape": "DT_INT32", "Tpaddings": "DT_INT32", "Tcrops": "DT_INT32"}
    none = [[0, 0], [0, 0]]
    cut = net.add("SpaceToBatchND", x, [2, 2], none, **kinds)
    small = net.add("MaxPool", cut, ksize=[1, 2, 2, 1], strides=[1, 1, 1, 1], padding="SAME",
                    data_format="NHWC")  # fmt: skip
    return net.add("BatchToSpaceND", small, [2, 2], none, **kinds)


FAR: Sequence[Tuple[str, Build, str]] = [
    ("excited", excited, "HW"),
    ("normalised by itself", of_this_image, "HW"),
    ("softmax of a row", across, "W"),
    ("corners stay", resized("ResizeBilinear", SIZE, **CORNERS), "HW"),
    ("turned around", turned_around, "H"),
    ("summed up", lambda net, x: net.add("Cumsum", x, 1, Tidx="DT_INT32"), "HW"),
    ("a bias of the image", made_of_the_image, "HW"),
    ("pooled in pieces", pooled_between, "HW"),
    ("unknown", lambda net, x: net.add("Roll", x, 1, 2, Tshift="DT_INT32", Taxis="DT_INT32"), "HW"),
]


def told(path: Path, name: str = "scores") -> Value:
    value = read_outlook(path, assumed=SIZE).output(name)
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("build", "alignments"), [one[1:] for one in NEAR], ids=[one[0] for one in NEAR]
)
@pytest.mark.parametrize("letter", ["H", "W"])
def test_pixels_look_at_what_changes_them(
    build: Build, alignments: Tuple[int, int], letter: str, tmp_path: Path
) -> None:
    path, net = tmp_path / "graph.pbtxt", Net()
    net.save(path, build(net, "image"))
    value, axis = told(path), "NHWC".index(letter)
    assert value.letters is not None
    place = value.letters.index(letter)
    footprint = value.axes[place].footprint
    assert footprint is not None
    assert not any(source[1] == axis for source in value.whole)
    compiled = openvino.Core().compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    assert_looks(footprint, changed(lambda image: compiled([image])[0], axis, place))
    assert footprint.alignment == alignments["HW".index(letter)]


@pytest.mark.parametrize(
    ("build", "letters"), [one[1:] for one in FAR], ids=[one[0] for one in FAR]
)
def test_what_looks_from_end_to_end_says_so(build: Build, letters: str, tmp_path: Path) -> None:
    path, net = tmp_path / "graph.pbtxt", Net()
    net.save(path, build(net, "image"))
    value = told(path)
    for letter in "HW":
        axis = "NHWC".index(letter)
        assert any(source[1] == axis for source in value.whole) == (letter in letters)


KINDS = {"Tidx": "DT_INT32", "Tpaddings": "DT_INT32", "Tcrops": "DT_INT32", "Index": "DT_INT32"}
NONE, ONES = [[0, 0], [0, 0]], [1, 1, 1, 1]
LAST = {"data_format": "NHWC", "padding": "SAME", "strides": ONES}


def cut_and_joined(between: Callable[[Net, str], str], blocks: int = 2) -> Build:
    """Something between cutting an image and joining it."""

    def build(net: Net, x: str) -> str:
        cut = net.add("SpaceToBatch", x, NONE, block_size=2, **KINDS)
        return net.add("BatchToSpace", between(net, cut), NONE, block_size=blocks, **KINDS)

    return build


def of_rows(between: Callable[[Net, str], str]) -> Build:
    """Something done to the pixels of an image as rows of a matrix."""

    def build(net: Net, x: str) -> str:
        rows = net.add("Reshape", x, [SIZE * SIZE, 2], Tshape="DT_INT32")
        return net.add("Reshape", between(net, rows), [1, SIZE, SIZE, 2], Tshape="DT_INT32")

    return build


def row(net: Net, x: str) -> str:
    """A number for each band, the same for all pixels of an image."""
    return net.add("Mean", x, [0, 1, 2], keep_dims=False, Tidx="DT_INT32")


def halves(net: Net, x: str, op: str, *more: Any, **attributes: Any) -> str:
    """The second of two bands."""
    inputs = [*more, x] if op == "Split" else [x, *more]
    return net.add(op, *inputs, **attributes) + ":1"


#: Networks that no runtime is asked about, and what a pixel looks at: before and behind it.
TOLD: Sequence[Tuple[str, Build, Tuple[int, int]]] = [
    ("cubic", resized("ResizeBicubic", SIZE, **HALVES), (4, 4)),
    ("largest, with its sizes as inputs",
     lambda net, x: net.add("MaxPoolV2", x, [1, 3, 3, 1], ONES, **LAST), (1, 1)),
    ("cut and joined", cut_and_joined(lambda net, x: conv(net, x, padding="VALID")), (0, 4)),
    ("cut and joined, and nothing between", cut_and_joined(lambda net, x: net.add("Relu", x)),
     (0, 0)),
    ("joined as it was once", lambda net, x: net.add("Concat", 3, x, x, N=2), (0, 0)),
    ("split", lambda net, x: halves(net, x, "Split", 3, num_split=2), (0, 0)),
    ("split into sizes",
     lambda net, x: halves(net, x, "SplitV", [1, 1], 3, num_split=2), (0, 0)),
    ("unpacked", lambda net, x: net.add("ExpandDims", halves(net, x, "Unpack", axis=3, num=2), 3),
     (0, 0)),
    ("rows", of_rows(lambda net, x: net.add("AddV2", x, net.add("Relu", x))), (0, 0)),
    ("the largest", lambda net, x: net.add("TopKV2", x, 1, sorted=True), (0, 0)),
    ("chosen", lambda net, x: net.add("Select", net.add("Less", x, 1.0), x, x), (0, 0)),
    ("nothing summed up", lambda net, x: net.add("Sum", x, []), (0, 0)),
    ("nothing turned around", lambda net, x: net.add("ReverseV2", x, []), (0, 0)),
    ("no places of one", lambda net, x: net.add("Squeeze", net.add("ExpandDims", x, 1)), (0, 0)),
    ("spread", lambda net, x: net.add("BroadcastTo", x, [1, SIZE, SIZE, 2]), (0, 0)),
    ("strides of nothing", lambda net, x: net.add("MaxPool", x, ksize=ONES, padding="VALID"),
     (0, 0)),
    ("transposed, explicit", lambda net, x: net.add(
        "Conv2DBackpropInput", [1, SIZE, SIZE, 2], net.weights(4, 4, 2, 2), x, strides=ONES,
        padding="EXPLICIT", explicit_paddings=[0, 0, 2, 1, 2, 1, 0, 0]), (1, 2)),
    ("transposed, channels first", lambda net, x: net.add("Transpose", net.add(
        "Conv2DBackpropInput", [1, 2, SIZE, SIZE], net.weights(3, 3, 2, 2),
        net.add("Transpose", x, [0, 3, 1, 2]), strides=ONES, padding="SAME",
        data_format="NCHW"), [0, 2, 3, 1]), (1, 1)),
    ("a matrix", lambda net, x: net.add("BatchMatMulV2", x, net.weights(2, 2)), (0, 0)),
    ("rounded down",
     lambda net, x: net.add("FloorDiv", x, net.add("FloorMod", x, 2.0)), (0, 0)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "reach"), [one[1:] for one in TOLD], ids=[one[0] for one in TOLD]
)
def test_what_pixels_look_at_is_told(build: Build, reach: Tuple[int, int], tmp_path: Path) -> None:
    path, net = tmp_path / "graph.pbtxt", Net()
    net.save(path, build(net, conv(net, "image", (1, 1))))
    value = told(path)
    for letter in "HW":
        footprint = value.axes[(value.letters or "").index(letter)].footprint
        assert footprint is not None
        assert footprint.halo() == reach


#: Networks of which it can't be said what their pixels look at.
UNKNOWN: Sequence[Tuple[str, Build]] = [
    ("of no order that is known", lambda net, x: net.add("MaxPool", x, ksize=ONES, strides=ONES,
                                                         padding="SAME", data_format="CHWN")),
    ("of another rank", lambda net, x: net.add("MaxPool", net.add("Squeeze", x), ksize=ONES,
                                               **LAST)),
    ("resized, of another rank",
     lambda net, x: net.add("ResizeBilinear", net.add("Squeeze", x), [SIZE, SIZE])),
    ("cut, of another rank", lambda net, x: net.add("SpaceToBatchND", net.add("Squeeze", x), [2],
                                                    [[0, 0]], **KINDS)),
    ("cut in more ways", lambda net, x: net.add("SpaceToBatchND", x, [1, 2, 2],
                                                [[0, 0], *NONE], **KINDS)),
    ("joined and never cut", lambda net, x: net.add("BatchToSpaceND", x, [1, 1], NONE, **KINDS)),
    ("joined in other blocks", cut_and_joined(lambda net, x: net.add("Relu", x), 3)),
    ("never joined", lambda net, x: net.add("SpaceToBatchND", x, [2, 2], NONE, **KINDS)),
    ("cut, strided", cut_and_joined(lambda net, x: conv(net, x, stride=2, padding="VALID"))),
    ("cut, padded", cut_and_joined(lambda net, x: conv(net, x))),
    ("cut, and another image", cut_and_joined(
        lambda net, x: net.add("AddV2", x, net.add("Mean", "image", [3], keep_dims=True)))),
    ("rows, and an image's",
     of_rows(lambda net, x: net.add("MatMul", x, net.add("Reshape", row(net, "image"), [2, 1])))),
    ("rows, and a number for each", of_rows(lambda net, x: net.add("Mul", x, net.weights(1, 2)))),
    ("rows, turned around", of_rows(lambda net, x: net.add("MatMul", net.weights(2, 2), x))),
    ("rows, each its own image", of_rows(lambda net, x: net.add("Softmax", x))),
    ("rows that become columns",
     lambda net, x: net.add("Reshape", net.add("Reshape", x, [SIZE * SIZE, 2]), [2, -1])),
    ("rows that become another image", lambda net, x: net.add(
        "Reshape", net.add("Reshape", x, [SIZE * SIZE, 2]), [1, SIZE * 2, SIZE // 2, 2])),
    ("rows that become an image of no size that is known", lambda net, x: net.add(
        "Reshape", net.add("Reshape", x, [SIZE * SIZE, 2]), net.add("Cast", x))),
    ("rows that stay rows", lambda net, x: net.add("Reshape", x, [SIZE * SIZE, 2])),
    ("strides of half the axes",
     lambda net, x: net.add("AvgPool", x, ksize=[1, 2, 2], strides=ONES, padding="SAME")),
    ("strides over bands",
     lambda net, x: net.add("AvgPool", x, ksize=ONES, strides=[1, 1, 1, 2], padding="SAME")),
    ("padding of no kind",
     lambda net, x: net.add("AvgPool", x, ksize=ONES, strides=ONES, padding="HALF")),
    ("no window", lambda net, x: net.add("AvgPool", x, strides=ONES, padding="SAME")),
    ("explicit padding without numbers", lambda net, x: conv(net, x, padding="EXPLICIT")),
    ("weights of another rank",
     lambda net, x: net.add("DepthwiseConv2dNative", x, net.weights(3, 3, 2), **LAST)),
    ("transposed to no size", lambda net, x: net.add(
        "Conv2DBackpropInput", [SIZE, SIZE], net.weights(2, 2, 2, 2), x, **LAST)),
    ("transposed to a size that nobody knows", lambda net, x: net.add(
        "Conv2DBackpropInput", net.add("Cast", row(net, x)), net.weights(2, 2, 2, 2), x, **LAST)),
    ("transposed to a free size", lambda net, x: net.add(
        "Conv2DBackpropInput", net.add("Shape", net.add(
            "NoSuchOperation", x, _output_shapes=[(1, None, None, 2)])),
        net.weights(2, 2, 2, 2), x, **LAST)),
    ("a matrix that is turned around",
     lambda net, x: net.add("BatchMatMulV2", x, net.weights(SIZE, 2), adj_x=True)),
    ("a row for a matrix",
     lambda net, x: net.add("BatchMatMulV2", x, net.weights(2), adj_y=True)),
    ("chosen by rows", lambda net, x: net.add("Select", net.add("Less", [1.0], 2.0), x, x)),
    ("gathered by images",
     lambda net, x: net.add("GatherV2", x, [[0]], 3, batch_dims=1)),
    ("an axis that is several", lambda net, x: net.add("ArgMax", x, [1, 2])),
    ("an axis that nobody knows", lambda net, x: net.add("ArgMax", x, net.add("Cast", x))),
    ("nothing to take", lambda net, x: net.add("AddV2", x)),
    ("slices of another rank",
     lambda net, x: net.add("StridedSlice", x, [0, 0], [1, 1], [1], Index="DT_INT32")),
    ("more slices than axes", lambda net, x: net.add(
        "StridedSlice", x, [0] * 6, [1] * 6, [1] * 6, ellipsis_mask=1, Index="DT_INT32")),
    ("begins without sizes", lambda net, x: net.add("Slice", x, [0, 0], [1, 1, 1, 2])),
    ("pads that nobody knows",
     lambda net, x: net.add("Pad", x, net.add("Cast", net.add("Squeeze", x)))),
    ("a network that goes on elsewhere", lambda net, x: net.add("AddV2", x, "no such node")),
]  # fmt: skip


@pytest.mark.parametrize("build", [one[1] for one in UNKNOWN], ids=[one[0] for one in UNKNOWN])
def test_what_is_not_certain_is_not_told(build: Build, tmp_path: Path) -> None:
    path, net = tmp_path / "graph.pbtxt", Net()
    net.save(path, build(net, conv(net, "image", (1, 1))))
    value = told(path)
    assert all(axis.footprint is None for axis in value.axes)


def test_other_inputs_are_fed_as_well(tmp_path: Path) -> None:
    path, net = tmp_path / "graph.pbtxt", Net()
    net.text += fed("more", (1, SIZE, SIZE, 2))
    net.text += node(
        "flag", "PlaceholderWithDefault", net.constant([0.5]), shape=(), dtype="DT_FLOAT"
    )
    both = net.add("AddV2", conv(net, "image"), net.add("Mul", "more", "flag"))
    net.save(path, both)
    footprint = told(path).axes[1].footprint
    assert footprint is not None
    assert {axis for _, axis in footprint.sources} == {1}
    assert len(footprint.sources) == 2


def test_an_image_of_unknown_rank_is_not_followed(tmp_path: Path) -> None:
    path, net = tmp_path / "graph.pbtxt", Net(None)
    net.save(path, net.add("Relu", "image"))
    assert told(path).axes == ()


def saved_model(folder: Path, graph: bytes, tensors: Tuple[bytes, bytes]) -> Path:
    """A graph that serves, with an input and an output."""
    ends = [
        field(number, field(1, name) + field(2, field(1, tensor)))
        for number, name, tensor in zip((1, 2), (b"tile", b"classes"), tensors)
    ]
    signature = field(5, field(1, b"serving_default") + field(2, b"".join(ends)))
    path = folder / "saved_model.pb"
    tags = field(1, field(4, b"serve"))
    path.write_bytes(field(1, 1) + field(2, tags + field(2, graph) + signature))
    return path


def test_a_saved_model_is_followed_by_its_signature(tmp_path: Path) -> None:
    net = Net((None, None, None, BANDS))
    net.save(tmp_path / "graph.pbtxt", conv(net, conv(net, "image", (3, 3), 2), (3, 3)))
    with ByteSource(tmp_path / "graph.pbtxt") as source:
        text = text_as_binary(source, "GraphDef")
        graph = text.read(0, text.size)
    path = saved_model(tmp_path, graph, (b"image:0", b"scores:0"))
    value = told(path, "classes")
    assert value.shape == (1, SIZE // 2, SIZE // 2, 2)
    assert value.axes[1].footprint is not None
    path = saved_model(tmp_path, graph, (b"elsewhere:0", b"scores:0"))
    # The placeholder of the graph is fed then, whatever the signature calls it.
    assert told(path, "classes").rank == 4
    path = saved_model(tmp_path, graph, (b"image:0", b"elsewhere:0"))
    assert told(path, "classes").shape is None


def test_a_saved_model_that_serves_nothing_tells_nothing(tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pb"
    net = Net()
    net.save(tmp_path / "graph.pbtxt", "image")
    with ByteSource(tmp_path / "graph.pbtxt") as source:
        text = text_as_binary(source, "GraphDef")
        path.write_bytes(field(1, 1) + field(2, field(2, text.read(0, text.size))))
    assert read_outlook(path, assumed=SIZE).outputs == ()


def test_the_graph_beside_a_checkpoint_is_followed() -> None:
    folder = FIXTURES / "tensorflow" / "tf1"
    value = told(folder / "ckpt" / "model.ckpt.index", "predicted")
    footprint = value.axes[1].footprint
    assert footprint is not None
    assert footprint.halo() == (1, 1)
    weights = folder / "keras_ckpt" / "weights.index"
    assert read_outlook(weights, assumed=SIZE).outputs == ()


def test_what_is_laid_around_an_image_may_follow_its_size(tmp_path: Path) -> None:
    """Then an image of any size can be cut, and its tiles are moved by one pixel."""
    path, net = tmp_path / "graph.pbtxt", Net((1, None, None, BANDS))
    image = conv(net, "image", (1, 1))
    shape = net.add("Shape", image, T="DT_FLOAT", out_type="DT_INT32")
    masks = {"begin_mask": 0, "end_mask": 0, "ellipsis_mask": 0, "new_axis_mask": 0,
             "shrink_axis_mask": 1, "Index": "DT_INT32", "T": "DT_INT32"}  # fmt: skip
    rows = net.add("StridedSlice", shape, [1], [2], [1], **masks)
    more = net.add("FloorMod", net.add("Neg", rows, T="DT_INT32"), 5, T="DT_INT32")
    above = net.add("Pack", 0, more, N=2, axis=0, T="DT_INT32")
    beside = net.add("Pack", 0, 0, N=2, axis=0, T="DT_INT32")
    edges = net.add("Pack", above, beside, N=2, axis=0, T="DT_INT32")
    cut = net.add("SpaceToBatchND", image, [5, 1], edges, **KINDS)
    net.save(path, net.add("BatchToSpaceND", net.add("Relu", cut), [5, 1], edges, **KINDS))
    footprint = told(path).axes[1].footprint
    assert footprint is not None
    assert (footprint.alignment, footprint.halo()) == (1, (0, 0))


@pytest.mark.parametrize("count", range(5))
def test_operations_that_take_too_little_do_no_harm(count: int) -> None:
    following = Following(SIZE)
    following.input("image", (1, SIZE, SIZE, BANDS), "float32", "NHWC")
    operations = InOnnx(following)
    for op in (*in_onnx._RULES, *in_onnx_windows.CUTTING, *in_onnx_windows.JOINING):
        for names in (["image"] * count, [""] * count):
            operations.layer(op, names, {op: None, f"{op}:1": None}, Options(padding="SAME"))
    assert following.shape("image") == (1, SIZE, SIZE, BANDS)
