"""What output pixels look at, against ONNX Runtime: change one input pixel and see what changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, List, Tuple

import pytest

from dl2ecd_core.models.networks import read_network
from dl2ecd_core.network.lowering import Lowering, Network
from dl2ecd_core.network.onnx_file import write_onnx
from dl2ecd_core.network.weights import Literal

np = pytest.importorskip("numpy")
onnxruntime = pytest.importorskip("onnxruntime")

SIZE = 48
Build = Callable[[Lowering, str], str]


def convolution(lowering: Lowering, x: str, kernel: int = 3, **attributes: Any) -> str:
    before = lowering.value(x).size(1) or 1
    values = np.abs(np.random.default_rng(1).normal(1, 0.2, (2, before, kernel, kernel)))
    weights = lowering.weight("w", values.shape, Literal(values.astype("<f4").tobytes()))
    return lowering.add("Conv", [x, weights], **attributes)


def up(lowering: Lowering, x: str, stride: int = 2, kernel: int = 2, **attributes: Any) -> str:
    values = np.abs(np.random.default_rng(2).normal(1, 0.2, (2, 2, kernel, kernel)))
    weights = lowering.weight("u", values.shape, Literal(values.astype("<f4").tobytes()))
    return lowering.add("ConvTranspose", [x, weights], strides=(stride, stride), **attributes)


def resized(lowering: Lowering, x: str, factor: float, **attributes: Any) -> str:
    scales = lowering.constant([1.0, 1.0, factor, factor], "float32")
    return lowering.add("Resize", [x, "", scales], **attributes)


def pooled(lowering: Lowering, x: str, size: int = 2) -> str:
    return lowering.add("AveragePool", [x], kernel_shape=(size, size), strides=(size, size))


def unet(lowering: Lowering, x: str) -> str:
    one = convolution(lowering, x, pads=(1, 1, 1, 1))
    two = convolution(lowering, pooled(lowering, one), pads=(1, 1, 1, 1))
    three = convolution(lowering, pooled(lowering, two), pads=(1, 1, 1, 1))
    back = lowering.add("Concat", [up(lowering, three), two], axis=1)
    back = up(lowering, convolution(lowering, back, pads=(1, 1, 1, 1)))
    return convolution(lowering, lowering.add("Concat", [back, one], axis=1), pads=(1, 1, 1, 1))


def valid(lowering: Lowering, x: str) -> str:
    small = convolution(lowering, convolution(lowering, x), dilations=(2, 2))
    ends = [lowering.constant([value, value]) for value in (3, -3)]
    cut = lowering.add("Slice", [x, *ends, lowering.constant([2, 3])])
    return lowering.add("Concat", [small, cut], axis=1)


def strided(lowering: Lowering, x: str) -> str:
    small = convolution(lowering, x, 5, strides=(2, 2), pads=(2, 2, 2, 2))
    return resized(lowering, small, 2.0, mode="linear", coordinate_transformation_mode="half_pixel")


def shuffled(lowering: Lowering, x: str) -> str:
    small = lowering.add("SpaceToDepth", [x], blocksize=4)
    # Pixels of a block are channels now, which are mixed.
    small = lowering.add("Add", [small, lowering.add("ReduceMean", [small], axes=(1,))])
    return lowering.add("DepthToSpace", [small], blocksize=4)


def every_other(lowering: Lowering, x: str) -> str:
    numbers = [lowering.constant([v, v]) for v in (1, 1 << 40)]
    axes, steps = lowering.constant([2, 3]), lowering.constant([2, 2])
    cut = lowering.add("Slice", [x, *numbers, axes, steps])
    return resized(lowering, cut, 2.0, mode="nearest", nearest_mode="floor",
                   coordinate_transformation_mode="asymmetric")  # fmt: skip


def odd(lowering: Lowering, x: str) -> str:
    small = pooled(lowering, x, 3)
    larger = resized(lowering, small, 1.5, mode="linear")
    return resized(lowering, larger, 2.0, mode="nearest")


def transposed(lowering: Lowering, x: str) -> str:
    small = convolution(lowering, x, 3, strides=(2, 2), pads=(1, 1, 1, 1))
    return up(lowering, small, 2, 4, pads=(1, 1, 1, 1))


def cubic(lowering: Lowering, x: str) -> str:
    return resized(lowering, pooled(lowering, x), 2.0, mode="cubic")


def unpooled(lowering: Lowering, x: str) -> str:
    # Two by two pixels become one, which goes back to where the largest was found.
    window = {"kernel_shape": (2, 2), "strides": (2, 2)}
    largest, places = lowering.add_several("MaxPool", [x], 2, **window)
    sizes = lowering.add("Shape", [x])
    return lowering.add("MaxUnpool", [largest, places, sizes], **window)


def repeated(lowering: Lowering, x: str) -> str:
    """Pixels that are spread into blocks of equal ones."""
    small = pooled(lowering, x)
    half = SIZE // 2
    ones = lowering.add("Reshape", [small, lowering.constant([1, 2, half, 1, half, 1])])
    blocks = lowering.add("Expand", [ones, lowering.constant([1, 2, half, 2, half, 2])])
    return lowering.add("Reshape", [blocks, lowering.constant([1, 2, SIZE, SIZE])])


def patches(lowering: Lowering, x: str) -> str:
    """Blocks of pixels as channels, and channels as blocks of pixels."""
    third = SIZE // 3
    blocks = lowering.add("Reshape", [x, lowering.constant([1, 2, third, 3, third, 3])])
    deep = lowering.add("Transpose", [blocks], perm=(0, 1, 3, 5, 2, 4))
    deep = lowering.add("Reshape", [deep, lowering.constant([1, 18, third, third])])
    deep = lowering.add("Add", [deep, lowering.add("ReduceMean", [deep], axes=(1,))])
    back = lowering.add("Reshape", [deep, lowering.constant([1, 2, 3, 3, third, third])])
    back = lowering.add("Transpose", [back], perm=(0, 1, 4, 2, 5, 3))
    return lowering.add("Reshape", [back, lowering.constant([1, 2, SIZE, SIZE])])


def excited(lowering: Lowering, x: str) -> str:
    mean = lowering.add("GlobalAveragePool", [x])
    return lowering.add("Mul", [x, lowering.add("Sigmoid", [mean])])


def flattened(lowering: Lowering, x: str) -> str:
    flat = lowering.add("Flatten", [x], axis=1)
    mean = lowering.add("ReduceMean", [flat], axes=(1,))
    back = lowering.add("Reshape", [mean, lowering.constant([0, 1, 1, 1])])
    return lowering.add("Add", [x, back])


def instance(lowering: Lowering, x: str) -> str:
    ones = lowering.constant([1.0, 1.0], "float32")
    return lowering.add("InstanceNormalization", [x, ones, ones])


def attention(lowering: Lowering, x: str) -> str:
    turned = lowering.add("Transpose", [x], perm=(0, 1, 3, 2))
    return lowering.add("MatMul", [lowering.add("MatMul", [x, turned]), x])


def across(lowering: Lowering, x: str) -> str:
    return lowering.add("Mul", [x, lowering.add("Softmax", [x], axis=3)])


def made(build: Build, path: Path) -> Network:
    lowering = Lowering(reserved=["x", "y"])
    lowering.output("y", build(lowering, lowering.input("x", (1, 2, SIZE, SIZE))))
    network = lowering.network()
    write_onnx(network.graph, path)
    return network


def changed(path: Path, axis: int) -> Any:
    """For each input pixel along an axis, which output pixels change with it."""
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    image = np.random.default_rng(3).uniform(0.5, 1, (1, 2, SIZE, SIZE)).astype("float32")

    def run(values: Any) -> Any:
        return session.run(None, {"x": values})[0]

    before = run(image)
    rows = []
    for pixel in range(SIZE):
        other = image.copy()
        index: List[Any] = [slice(None)] * 4
        index[axis] = pixel
        other[tuple(index)] += np.float32(8)
        differs = np.abs(run(other) - before) > 1e-6
        rows.append(differs.any(axis=tuple(one for one in range(4) if one != axis)))
    return np.array(rows)


@pytest.mark.parametrize(
    ("build", "alignment"),
    [
        (unet, 4), (valid, 1), (strided, 2), (shuffled, 4), (every_other, 2), (odd, 6),
        (transposed, 2), (cubic, 2), (unpooled, 2), (repeated, 2), (patches, 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("axis", [2, 3])
def test_pixels_look_at_what_changes_them(
    build: Build, alignment: int, axis: int, tmp_path: Path
) -> None:
    network = made(build, tmp_path / "x.onnx")
    value = network.values["y"]
    footprint = value.axes[axis].footprint
    assert footprint is not None
    assert ("x", axis) not in value.whole
    table = changed(tmp_path / "x.onnx", axis)
    margin, offset = SIZE // 3, (SIZE - table.shape[1]) // 2
    before = behind = 0
    for pixel in range(margin, table.shape[1] - margin):
        seen = np.flatnonzero(table[:, pixel])
        assert footprint.looks_at(pixel) == (seen[0], seen[-1]), pixel
        before = max(before, pixel + offset - seen[0])
        behind = max(behind, seen[-1] - pixel - offset)
    assert footprint.alignment == alignment
    assert footprint.halo(offset) == (before, behind)


@pytest.mark.parametrize(
    ("build", "axes"),
    [
        (excited, (2, 3)), (flattened, (2, 3)), (instance, (2, 3)), (attention, (2, 3)),
        (across, (3,)),
    ],
)  # fmt: skip
def test_what_looks_from_end_to_end_says_so(
    build: Build, axes: Tuple[int, ...], tmp_path: Path
) -> None:
    network = made(build, tmp_path / "x.onnx")
    value = network.values["y"]
    for axis in (2, 3):
        table = changed(tmp_path / "x.onnx", axis)
        far = table[0, -4:].any() or table[-1, :4].any()
        assert far == (axis in axes)
        assert (("x", axis) in value.whole) == far


def test_a_real_unet_is_followed() -> None:
    from tests.conftest import FIXTURES

    found = read_network(FIXTURES / "onnx" / "unet.onnx")
    (name,) = found.network.graph.outputs
    assert found.network.values[name].axes[2].footprint is not None
