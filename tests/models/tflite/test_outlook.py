"""What a model's outputs look at, against LiteRT: change pixels and see what changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, List, Sequence, Tuple, Union

import pytest

from dl2ecd_core.models.outlooks import read_outlook
from dl2ecd_core.network.value import Value
from tests.models.tflite.writers import Shape, Step, Told, Weights, Whole, flat, network

np = pytest.importorskip("numpy")
interpreter = pytest.importorskip("ai_edge_litert.interpreter")

from tests.models.looking import BANDS, SIZE, assert_looks, changed  # noqa: E402

HALF = SIZE // 2
IMAGE, SMALL = (1, SIZE, SIZE, BANDS), (1, HALF, HALF, BANDS)
SAME, VALID = 0, 1
AVERAGE, CONCATENATION, CONV, DEPTHWISE, DEPTH_TO_SPACE = 1, 2, 3, 4, 5
MAX_POOL, RESHAPE, BILINEAR, SPACE_TO_DEPTH, PAD = 17, 22, 23, 26, 34


class Net:
    """A model in the making."""

    def __init__(self) -> None:
        self.tensors: List[Union[Shape, List[int], Weights, Whole]] = [IMAGE]
        self.steps: List[Step] = []

    def add(self, code: int, taken: Sequence[int], shape: Union[Shape, Whole], *told: Told) -> int:
        """An operator; the number of what it gives."""
        self.tensors.append(shape)
        given = len(self.tensors) - 1
        self.steps.append((code, taken, [given], *told))  # type: ignore[arg-type]
        return given

    def constant(self, *numbers: int) -> int:
        self.tensors.append(list(numbers))
        return len(self.tensors) - 1

    def table(self, rows: Sequence[Sequence[int]]) -> int:
        """Whole numbers in rows."""
        numbers = [number for row in rows for number in row]
        self.tensors.append(Whole((len(rows), len(rows[0])), numbers))
        return len(self.tensors) - 1

    def weights(self, *shape: int) -> int:
        numbers = np.random.default_rng(1).uniform(0.5, 1, shape)
        self.tensors.append(Weights(shape, [float(one) for one in numbers.ravel()]))
        return len(self.tensors) - 1

    def save(self, path: Path, output: int) -> None:
        path.write_bytes(flat(network(self.tensors, self.steps, outputs=[output])))


Build = Callable[[Net, int], int]


def conv(
    net: Net, x: int, kernel: Tuple[int, int] = (3, 3), stride: int = 1, padding: int = SAME,
    dilation: int = 1, channels: int = 2,
) -> int:  # fmt: skip
    options: Dict[int, Any] = {0: padding, 1: stride, 2: stride}
    if dilation > 1:
        options.update({4: dilation, 5: dilation})
    return net.add(
        CONV, [x, net.weights(2, *kernel, channels), net.weights(2)], IMAGE, (1, options)
    )


def unlike(net: Net, x: int) -> int:
    """Strides and dilations that are not alike in rows and columns."""
    taken = [x, net.weights(2, 3, 3, 2), net.weights(2)]
    wide = net.add(CONV, taken, IMAGE, (1, {0: SAME, 1: 1, 2: 2}))
    taken = [wide, net.weights(2, 3, 2, 2), net.weights(2)]
    return net.add(CONV, taken, IMAGE, (1, {0: VALID, 1: 1, 2: 1, 4: 3}))


def depthwise(net: Net, x: int) -> int:
    """Each channel becomes three."""
    taken = [x, net.weights(1, 3, 5, 6), net.weights(6)]
    options = {0: SAME, 1: 1, 2: 1, 3: 3, 5: 2, 6: 2}
    return conv(net, net.add(DEPTHWISE, taken, (1, SIZE, SIZE, 6), (2, options)), channels=6)


def pool(net: Net, x: int, code: int = AVERAGE, kernel: int = 2, padding: int = VALID) -> int:
    options = {0: padding, 1: 2, 2: 2, 3: kernel, 4: kernel}
    return net.add(code, [x], SMALL, (5, options))


def unlike_pool(net: Net, x: int) -> int:
    return net.add(MAX_POOL, [x], IMAGE, (5, {0: SAME, 1: 1, 2: 3, 3: 2, 4: 5}))


def transposed(kernel: int, padding: int, size: int) -> Build:
    def build(net: Net, x: int) -> int:
        small = conv(net, x, (2, 2), 2)
        taken = [net.constant(1, size, size, 2), net.weights(2, kernel, kernel, 2), small]
        return net.add(67, taken, (1, size, size, 2), (49, {0: padding, 1: 2, 2: 2}))

    return build


def transposed_unlike(net: Net, x: int) -> int:
    """Rows and columns of a transposed convolution that are not alike."""
    small = net.add(MAX_POOL, [x], (1, HALF, SIZE, 2), (5, {0: SAME, 1: 1, 2: 2, 3: 1, 4: 2}))
    taken = [net.constant(*IMAGE), net.weights(2, 4, 3, 2), small]
    return net.add(67, taken, IMAGE, (49, {0: SAME, 1: 1, 2: 2}))


def bilinear(size: int, **flags: int) -> Build:
    options = {2: flags.get("corners", 0), 3: flags.get("halves", 0)}

    def build(net: Net, x: int) -> int:
        taken = [pool(net, x), net.constant(size, size)]
        return net.add(BILINEAR, taken, (1, size, size, 2), (15, options))

    return build


def nearest(size: int, **flags: int) -> Build:
    options = {0: flags.get("corners", 0), 1: flags.get("halves", 0)}

    def build(net: Net, x: int) -> int:
        taken = [pool(net, x), net.constant(size, size)]
        return net.add(97, taken, (1, size, size, 2), (74, options))

    return build


def to_the_size_of(net: Net, x: int) -> int:
    """A size that is worked out of another image's, as converters write it."""
    coarse = conv(net, conv(net, x, (3, 3), 2), (3, 3), 2)
    shape = net.add(77, [x], Whole((4,)), (55, {0: 2}))
    ends = [net.constant(1), net.constant(3), net.constant(1)]
    sizes = net.add(45, [shape, *ends], Whole((2,)), (32, {}))
    halves = net.add(90, [sizes, net.constant(2)], Whole((2,)))  # FLOOR_DIV
    twice = net.add(18, [halves, net.constant(2)], Whole((2,)), (21, {}))
    whole = net.add(53, [twice], Whole((2,)), (37, {0: 2, 1: 2}))
    fine = net.add(BILINEAR, [coarse, whole], IMAGE, (15, {3: 1}))
    return net.add(0, [fine, x], IMAGE, (11, {}))


def padded(code: int, told: Told) -> Build:
    def build(net: Net, x: int) -> int:
        pads = net.table([[0, 0], [2, 1], [0, 3], [0, 0]])
        large = net.add(code, [x, pads], (1, SIZE + 3, SIZE + 3, 2), told)
        return conv(net, large, padding=VALID)

    return build


def shuffled(net: Net, x: int) -> int:
    deep = net.add(SPACE_TO_DEPTH, [x], (1, 12, 12, 32), (19, {0: 4}))
    mean = net.add(40, [deep, net.constant(3)], (1, 12, 12, 1), (27, {0: 1}))
    mixed = net.add(0, [deep, mean], (1, 12, 12, 32), (11, {}))
    return net.add(DEPTH_TO_SPACE, [mixed], IMAGE, (94, {0: 4}))


def apart(net: Net, x: int) -> int:
    """A dilated convolution as TensorFlow writes it: the image is cut, and joined again."""
    blocks = net.constant(3, 2)
    cut = net.add(38, [x, blocks, net.table([[3, 6], [2, 4]])], (6, 19, 27, 2), (25, {}))
    options = {0: VALID, 1: 1, 2: 1}
    taken = [cut, net.weights(2, 3, 3, 2), net.weights(2)]
    wide = net.add(CONV, taken, (6, 17, 25, 2), (1, options))
    return net.add(37, [wide, blocks, net.table([[1, 2], [0, 2]])], (1, 48, 48, 2), (24, {}))


def masked(net: Net, x: int) -> int:
    """Every other row from the second on and the last but two columns, by masks."""
    ends = [net.constant(0, 1, 0, 1), net.constant(0, 0, -2, 2), net.constant(1, 2, 1, 1)]
    options = {0: 5, 1: 3, 4: 8}
    cut = net.add(45, [conv(net, x, (1, 1)), *ends], (1, HALF, SIZE - 2), (32, options))
    return net.add(70, [cut, net.constant(3)], (1, HALF, SIZE - 2, 1), (52, {}))


def repeated(net: Net, x: int) -> int:
    """Pixels that are written several times, as Keras enlarges an image."""
    rows = net.add(70, [pool(net, x), net.constant(2)], (1, HALF, 1, HALF, 2), (52, {}))
    times = net.constant(1, 1, 2, 1, 1)
    rows = net.add(69, [rows, times], (1, HALF, 2, HALF, 2), (51, {}))
    shape = net.constant(1, SIZE, HALF, 2)
    rows = net.add(RESHAPE, [rows, shape], (1, SIZE, HALF, 2), (17, {0: [1, SIZE, HALF, 2]}))
    columns = net.add(70, [rows, net.constant(3)], (1, SIZE, HALF, 1, 2), (52, {}))
    times = net.constant(1, 1, 1, 2, 1)
    columns = net.add(69, [columns, times], (1, SIZE, HALF, 2, 2), (51, {}))
    return net.add(RESHAPE, [columns], IMAGE, (17, {0: list(IMAGE)}))


def unet(net: Net, x: int) -> int:
    one = conv(net, x)
    two = conv(net, pool(net, one, MAX_POOL))
    three = conv(net, pool(net, two, MAX_POOL))
    for fine, size in ((two, HALF), (one, SIZE)):
        sizes, shape = net.constant(1, size, size, 2), (1, size, size, 2)
        taken = [sizes, net.weights(2, 2, 2, 2), three]
        up = net.add(67, taken, shape, (49, {0: VALID, 1: 2, 2: 2}))
        both = net.add(CONCATENATION, [up, fine], (1, size, size, 4), (10, {0: 3}))
        three = conv(net, both, channels=4)
    return three


def grown(net: Net, x: int) -> int:
    """Operators that change each pixel by itself, or by others of its own place."""
    x = net.add(98, [net.add(19, [conv(net, x)], IMAGE)], IMAGE, (75, {}))
    x = net.add(54, [x, net.weights(1, 1, 2)], IMAGE)
    x = net.add(55, [net.add(92, [x], IMAGE), net.add(18, [x, net.weights(2)], IMAGE, (21, {}))],
                IMAGE)  # fmt: skip
    pieces = [len(net.tensors), len(net.tensors) + 1]
    net.tensors += [(1, SIZE, SIZE, 1)] * 2
    net.steps.append((49, [net.constant(3), x], pieces, (35, {0: 2})))
    x = net.add(CONCATENATION, [pieces[1], pieces[0]], IMAGE, (10, {0: 3}))
    return net.add(36, [x, net.constant(1, 0)], IMAGE, (23, {0: 3}))


def dense(net: Net, x: int) -> int:
    """Each pixel's channels through a matrix."""
    told = (8, {2: 1})
    return net.add(9, [conv(net, x), net.weights(5, 2), net.weights(5)], (1, SIZE, SIZE, 5), told)


def dense_by_rows(net: Net, x: int) -> int:
    """The same as a matrix of pixels, as Keras writes it."""
    shape = (SIZE * SIZE, 2)
    rows = net.add(RESHAPE, [conv(net, x)], shape, (17, {0: list(shape)}))
    rows = net.add(9, [rows, net.weights(5, 2), net.weights(5)], (SIZE * SIZE, 5), (8, {}))
    shape = net.constant(1, SIZE, SIZE, 5)
    return net.add(RESHAPE, [rows, shape], (1, SIZE, SIZE, 5), (17, {}))


NEAR: Sequence[Tuple[str, Build, Tuple[int, int]]] = [
    ("same", conv, (1, 1)),
    ("same, strided", lambda net, x: conv(net, x, (3, 5), 2), (2, 2)),
    ("same, even kernel", lambda net, x: conv(net, x, (2, 4)), (1, 1)),
    ("same, dilated", lambda net, x: conv(net, x, (3, 2), dilation=2), (1, 1)),
    ("valid", lambda net, x: conv(net, x, (3, 4), 3, VALID), (3, 3)),
    ("rows unlike columns", unlike, (2, 1)),
    ("depthwise", depthwise, (1, 1)),
    ("transposed, valid", transposed(2, VALID, SIZE), (2, 2)),
    ("transposed, same", transposed(4, SAME, SIZE), (2, 2)),
    ("transposed, same, odd", transposed(3, SAME, SIZE), (2, 2)),
    ("transposed, same, odd size", transposed(5, SAME, SIZE - 1), (2, 2)),
    ("transposed, rows unlike columns", transposed_unlike, (2, 1)),
    ("average", lambda net, x: pool(net, x, AVERAGE, 3, SAME), (2, 2)),
    ("largest", lambda net, x: pool(net, x, MAX_POOL, 3), (2, 2)),
    ("largest, rows unlike columns", unlike_pool, (3, 1)),
    ("bilinear", bilinear(SIZE), (2, 2)),
    ("bilinear, halves", bilinear(SIZE, halves=1), (2, 2)),
    ("nearest", nearest(SIZE), (2, 2)),
    ("nearest, halves", nearest(8, halves=1), (6, 6)),
    ("to the size of another", to_the_size_of, (4, 4)),
    ("padded", padded(34, (22, {})), (1, 1)),
    ("reflected", padded(100, (77, {0: 0})), (1, 1)),
    ("blocks", shuffled, (4, 4)),
    ("dilated", apart, (3, 2)),
    ("cut by masks", masked, (2, 1)),
    ("written several times", repeated, (2, 2)),
    ("U-Net", unet, (4, 4)),
    ("pixel by pixel", grown, (1, 1)),
    ("dense", dense, (1, 1)),
    ("dense, by rows", dense_by_rows, (1, 1)),
]


def excited(net: Net, x: int) -> int:
    mean = net.add(40, [x, net.constant(1, 2)], (1, 1, 1, 2), (27, {0: 1}))
    return net.add(18, [x, net.add(14, [mean], (1, 1, 1, 2))], IMAGE, (21, {}))


def across(net: Net, x: int) -> int:
    turned = net.add(39, [x, net.constant(0, 3, 1, 2)], (1, 2, SIZE, SIZE), (26, {}))
    rows = net.add(25, [turned], (1, 2, SIZE, SIZE), (9, {}))
    return net.add(39, [rows, net.constant(0, 2, 3, 1)], IMAGE, (26, {}))


def in_a_row(net: Net, x: int) -> int:
    """Pixels and channels of an image as one row of numbers."""
    return net.add(9, [x, net.weights(2, SIZE * SIZE * 2)], (1, 2), (8, {}))


FAR: Sequence[Tuple[str, Build, str]] = [
    ("excited", excited, "HW"),
    ("softmax of a row", across, "W"),
    ("corners stay", bilinear(SIZE, corners=1), "HW"),
    ("corners stay, nearest", nearest(SIZE, corners=1), "HW"),
    ("in a row", in_a_row, "HW"),
    ("with a kernel of its own", lambda net, x: net.add(32, [x], IMAGE), "HW"),
]


def told(path: Path, size: int = SIZE) -> Value:
    value = read_outlook(path, assumed=size).output(None)
    assert value is not None
    return value


def run_by(path: Path) -> Callable[[Any], Any]:
    lite = interpreter.Interpreter(str(path), num_threads=1)
    lite.allocate_tensors()
    (image,), (scores,) = lite.get_input_details(), lite.get_output_details()

    def run(values: Any) -> Any:
        lite.set_tensor(image["index"], values)
        lite.invoke()
        return lite.get_tensor(scores["index"])

    return run


@pytest.mark.parametrize(
    ("build", "alignments"), [one[1:] for one in NEAR], ids=[one[0] for one in NEAR]
)
@pytest.mark.parametrize("letter", ["H", "W"])
def test_pixels_look_at_what_changes_them(
    build: Build, alignments: Tuple[int, int], letter: str, tmp_path: Path
) -> None:
    path, net = tmp_path / "model.tflite", Net()
    net.save(path, build(net, 0))
    value, axis = told(path), "NHWC".index(letter)
    assert value.letters is not None
    place = value.letters.index(letter)
    footprint = value.axes[place].footprint
    assert footprint is not None
    assert ("0", axis) not in value.whole
    assert_looks(footprint, changed(run_by(path), axis, place))
    assert footprint.alignment == alignments["HW".index(letter)]


@pytest.mark.parametrize(
    ("build", "letters"), [one[1:] for one in FAR], ids=[one[0] for one in FAR]
)
def test_what_looks_from_end_to_end_says_so(build: Build, letters: str, tmp_path: Path) -> None:
    path, net = tmp_path / "model.tflite", Net()
    net.save(path, build(net, 0))
    value = told(path)
    for letter in "HW":
        assert (("0", "NHWC".index(letter)) in value.whole) == (letter in letters)


def test_what_is_followed_without_being_run(tmp_path: Path) -> None:
    """Numbers by their length, and the shape of a reshape that an option has alone."""
    path, net = tmp_path / "model.tflite", Net()
    long = net.add(11, [conv(net, 0)], IMAGE)
    net.save(path, net.add(RESHAPE, [long], (1, SIZE, 1, SIZE, 2), (17, {0: [1, 48, 1, 48, 2]})))
    value = told(path)
    assert [axis.footprint is not None for axis in value.axes] == [False, True, False, True, False]


def row(net: Net, x: int) -> int:
    """A number for each band, made of the whole image."""
    return net.add(40, [x, net.constant(0, 1, 2)], (2,), (27, {}))


UNKNOWN: Sequence[Tuple[str, Build]] = [
    ("no input", lambda net, x: net.add(3, [], IMAGE, (1, {1: 1, 2: 1}))),
    ("nothing to cut", lambda net, x: net.add(38, [], IMAGE, (25, {}))),
    ("nothing to join", lambda net, x: net.add(37, [], IMAGE, (24, {}))),
    ("nothing to reshape", lambda net, x: net.add(RESHAPE, [], IMAGE, (17, {}))),
    ("nothing to put together", lambda net, x: net.add(CONCATENATION, [], IMAGE, (10, {}))),
    ("a matrix of nothing", lambda net, x: net.add(9, [], IMAGE, (8, {2: 1}))),
    ("weights in another order",
     lambda net, x: net.add(9, [x, net.weights(2, 2)], IMAGE, (8, {1: 1, 2: 1}))),
    ("padding of no kind",
     lambda net, x: net.add(MAX_POOL, [x], IMAGE, (5, {0: 7, 1: 1, 2: 1, 3: 2, 4: 2}))),
    ("no options", lambda net, x: net.add(MAX_POOL, [x], IMAGE)),
    ("no strides", lambda net, x: net.add(MAX_POOL, [x], IMAGE, (5, {3: 2, 4: 2}))),
    ("slices that count from where they begin", lambda net, x: net.add(
        45, [x, net.constant(0, 0, 0, 0), net.constant(1, 8, 8, 2), net.constant(1, 1, 1, 1)],
        IMAGE, (32, {5: 1}))),
    ("an image that is cut and not joined", lambda net, x: net.add(
        38, [x, net.constant(2, 2), net.table([[0, 0], [0, 0]])], (4, HALF, HALF, 2), (25, {}))),
    ("a bias of the image", lambda net, x: net.add(
        CONV, [x, net.weights(2, 3, 3, 2), row(net, x)], IMAGE, (1, {0: SAME, 1: 1, 2: 1}))),
    ("a bias of the image, band by band", lambda net, x: net.add(
        DEPTHWISE, [x, net.weights(1, 3, 3, 2), row(net, x)], IMAGE, (2, {0: SAME, 1: 1, 2: 1}))),
    ("a bias of the image, transposed", lambda net, x: net.add(
        67, [net.constant(*IMAGE), net.weights(2, 3, 3, 2), x, row(net, x)], IMAGE,
        (49, {0: SAME, 1: 1, 2: 1}))),
    ("a bias of the image, dense", lambda net, x: net.add(
        9, [x, net.weights(2, 2), row(net, x)], IMAGE, (8, {2: 1}))),
    ("padded with a number of the image", lambda net, x: net.add(
        60, [x, net.table([[0, 0], [1, 1], [1, 1], [0, 0]]),
             net.add(40, [x, net.constant(0, 1, 2, 3)], (), (27, {}))],
        (1, SIZE + 2, SIZE + 2, 2), (60, {}))),
    ("what comes from nowhere",
     lambda net, x: net.add(0, [x, net.add(142, [], IMAGE)], IMAGE, (11, {}))),
]  # fmt: skip


@pytest.mark.parametrize("build", [one[1] for one in UNKNOWN], ids=[one[0] for one in UNKNOWN])
def test_what_is_not_certain_is_not_told(build: Build, tmp_path: Path) -> None:
    path, net = tmp_path / "model.tflite", Net()
    net.save(path, build(net, conv(net, 0)))
    assert all(axis.footprint is None for axis in told(path).axes)


def test_an_operator_without_results_does_no_harm(tmp_path: Path) -> None:
    path, net = tmp_path / "model.tflite", Net()
    scores = conv(net, 0)
    net.steps.append((129, [], []))
    net.save(path, scores)
    assert told(path).axes[1].footprint is not None


def test_a_free_image_is_taken_to_have_a_size(tmp_path: Path) -> None:
    path, net = tmp_path / "model.tflite", Net()
    small = conv(net, conv(net, 0), (3, 3), 2)
    sizes = net.add(45, [net.add(77, [0], Whole((4,)), (55, {0: 2})), net.constant(1),
                         net.constant(3), net.constant(1)], Whole((2,)), (32, {}))  # fmt: skip
    output = net.add(BILINEAR, [small, sizes], IMAGE, (15, {3: 1}))
    root = network(net.tensors, net.steps, outputs=[output])
    root[2][0][0][0][7] = [1, -1, -1, 2]
    path.write_bytes(flat(root))
    value = told(path, 640)
    assert value.shape == (1, 640, 640, 2)
    footprint = value.axes[1].footprint
    assert footprint is not None
    assert footprint.alignment == 2


def test_operators_that_take_nothing_do_no_harm(tmp_path: Path) -> None:
    path, net = tmp_path / "model.tflite", Net()
    scores = conv(net, 0)
    for code in range(160):
        net.add(code, [], IMAGE)
        net.add(code, [scores], IMAGE)
    net.save(path, scores)
    assert told(path).axes[1].footprint is not None
