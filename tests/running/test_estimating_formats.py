"""The memory of models that are run as they are: TensorFlow Lite, TensorFlow, OpenVINO, Paddle.

A file may declare what it likes; runtimes work sizes out, and so is the need.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path
from typing import List, Sequence, Tuple, Union

import pytest

from dl2ecd_core.models import ModelDescription, inspect_model
from dl2ecd_core.running import estimating
from dl2ecd_core.running.estimating import Need, check_memory, estimate
from dl2ecd_core.running.extras import RunningRefused
from tests.conftest import FIXTURES
from tests.models.messages import number
from tests.models.paddle import test_programs as paddle
from tests.models.tensorflow import graphs
from tests.models.tensorflow.graphs import Numbers, const, fed, node
from tests.models.tflite.writers import Shape, network
from tests.models.tflite.writers import inspected as lite

MIB = 1 << 20
GIB = 1 << 30
#: What a hostile model asks for, and no machine that runs these tests has.
MUCH = 40 * GIB


def need(model: ModelDescription) -> Need:
    found = estimate(model)
    assert found is not None
    return found


def refused(model: ModelDescription, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of a model where 32 GiB are free."""
    monkeypatch.setattr(estimating, "has_limit", lambda: False)
    monkeypatch.setattr(estimating, "free_memory", lambda: 32 * GIB)
    with pytest.raises(RunningRefused) as caught:
        check_memory(model, 1, name="land.ecd")
    (said,) = caught.value.findings
    assert said.rule == "memory-short"
    return said.message


# --- fixtures that the frameworks made ---


@pytest.mark.parametrize(
    "name",
    [
        *(f"tflite/{name}.tflite" for name in ("scores", "quantised", "float16", "argmax", "row")),
        *(f"openvino/{name}.xml" for name in ("softmax", "argmax", "moves", "version_6")),
        *("paddle/softmax.pdmodel", "paddle/moves.pdmodel", "paddle/moves_pir.json"),
    ],
)
def test_real_models_need_what_lies_in_their_files_and_little_for_a_tile(name: str) -> None:
    model = inspect_model(FIXTURES / name)
    found = need(model)
    files = sum(part.size for part in model.files)
    assert files <= found.model <= 2 * files
    assert 0 < found.tile < 8 * MIB


@pytest.mark.parametrize(
    "path",
    sorted((FIXTURES / "tensorflow").rglob("saved_model.pb")),
    ids=lambda path: str(path.parent),
)
def test_saved_models_need_what_is_read_of_their_variables(path: Path) -> None:
    model = inspect_model(path)
    found = need(model)
    assert 0 <= found.model <= sum(part.size for part in model.files)
    assert found.tile < 8 * MIB


def test_a_network_that_is_fed_nothing() -> None:
    (several,) = (FIXTURES / "tensorflow").rglob("several/saved_model.pb")
    model = inspect_model(several)
    assert need(replace(model, inputs=())).tile == need(model).tile


def test_weights_alone_tell_nothing() -> None:
    assert estimate(inspect_model(FIXTURES / "paddle" / "linear.pdparams")) is None


# --- TensorFlow Lite ---

IMAGE = (1, 256, 256, 4)
BYTES = 4 * 4 * 256 * 256
#: An input counts as large as tiles are, where the network takes other sizes than it says.
INPUT = 4 * 4 * 256 * 320
ADD, CONCAT, CONV, RESHAPE, RELU, RESIZE, PAD, TRANSPOSE_CONV = 0, 2, 3, 22, 19, 23, 34, 67
TILE, SHAPE, PACK, ONE_HOT, FILL, RANGE, MATMUL, BROADCAST_TO, RANDOM = (
    69, 77, 83, 85, 94, 96, 126, 130, 148,
)  # fmt: skip
Steps = Sequence[Tuple[int, Sequence[int], Sequence[int]]]
Tensors = Sequence[Union[Shape, List[int]]]


class TestTensorFlowLite:
    def test_counts_what_lives_at_one_time(self, tmp_path: Path) -> None:
        """A result takes the place of what is used no more; what is used later lives on."""
        chain: Steps = [(CONV, [n], [n + 1]) for n in range(3)]
        model = lite(tmp_path, network([IMAGE] * 4, chain))
        assert need(model).tile == INPUT
        late: Steps = [*chain, (ADD, [3, 0], [4])]
        assert need(lite(tmp_path, network([IMAGE] * 5, late))).tile == BYTES + INPUT

    def test_what_is_made_over_again_counts_once(self, tmp_path: Path) -> None:
        root = network([IMAGE, IMAGE], [(RELU, [0], [0]), (ADD, [0, 0], [1]), (CONV, [1], [1])])
        assert need(lite(tmp_path, root)).tile == INPUT

    def test_a_number_has_as_many_bytes_as_its_type(self, tmp_path: Path) -> None:
        root = network([IMAGE, IMAGE], [(CONV, [0], [1])])
        for tensor in root[2][0][0]:
            tensor[1] = 9  # int8
        assert need(lite(tmp_path, root)).tile == INPUT // 4

    def test_what_is_free_is_as_large_as_a_tile_where_it_is_the_input(self, tmp_path: Path) -> None:
        root = network([(1, 1, 1, 4), (1, 1, 1, 4)], [(CONV, [0], [1])])
        for tensor in root[2][0][0]:
            tensor[7] = [1, -1, -1, 4]
        # What comes of it, nobody knows: it refuses nothing.
        assert need(lite(tmp_path, root)).tile == INPUT

    @pytest.mark.parametrize(
        ("tensors", "steps"),
        [
            ([IMAGE, (1, 200_000, 200_000, 4)], [(CONV, [0], [1])]),
            ([IMAGE, [1, 200_000, 200_000, 4], (4,)], [(FILL, [1], [2])]),
            ([IMAGE, [1, 200_000, 200_000, 4], (4,)], [(RANDOM, [1], [2])]),
            ([IMAGE, [1, 1, 50_000, 1], IMAGE, (1,)], [(TILE, [0, 1], [2])]),
            ([IMAGE, [100_000, 256, 256, 4], IMAGE], [(BROADCAST_TO, [0, 1], [2])]),
            ([IMAGE, [200_000, 200_000], IMAGE], [(RESIZE, [0, 1], [2])]),
            ([IMAGE, [0, 0, 100_000, 0, 100_000, 0, 0, 0], IMAGE], [(PAD, [0, 1], [2])]),
            ([IMAGE, [1, 200_000, 200_000, 4], IMAGE], [(TRANSPOSE_CONV, [1, -1, 0], [2])]),
            ([IMAGE, [100_000], IMAGE], [(ONE_HOT, [0, 1], [2])]),
            ([IMAGE, [0], [1 << 30], [1], (1,), (1,)], [(RANGE, [1, 2, 3], [4]),
                                                          (PACK, [4] * 20, [5])]),
            # A column and a row become a table.
            ([(200_000, 1), (1, 200_000), (1,)], [(ADD, [0, 1], [2])]),
            ([(200_000, 4), (4, 200_000), (1,)], [(MATMUL, [0, 1], [2])]),
            # Twice as much, and again.
            ([IMAGE] * 21, [(CONCAT, [n, n], [n + 1]) for n in range(20)]),
            ([IMAGE] * 21, [(PACK, [n, n], [n + 1]) for n in range(20)]),
            # By way of a size, of a rectifier, of another shape.
            ([IMAGE, [1, 1, 50_000, 1], (4,), (1,), (1,)],
             [(TILE, [0, 1], [2]), (SHAPE, [2], [3]), (FILL, [3], [4])]),
            ([IMAGE, [1, 1, 500, 1], (1,), (1,), (1,)],
             [(TILE, [0, 1], [2]), (RELU, [2], [3]), (TILE, [3, 1], [4])]),
            ([IMAGE, [-1, 1], (1,), [1, 200_000], (1,)],
             [(RESHAPE, [0, 1], [2]), (TILE, [2, 3], [4])]),
        ],
    )  # fmt: skip
    def test_a_small_file_that_asks_for_much(
        self, tmp_path: Path, tensors: Tensors, steps: Steps, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        inputs = [n for n in (0, 1) if not isinstance(tensors[n], list)][: len(tensors) - 1]
        model = lite(tmp_path, network(tensors, steps, inputs if len(tensors) == 3 else [0]))
        assert model.primary.size < 4000
        assert need(model).total(1) > MUCH
        assert "at least" in refused(model, monkeypatch)

    def test_a_tensor_without_bytes_is_made_room_for(self, tmp_path: Path) -> None:
        root = network([IMAGE, (200_000, 200_000, 4), IMAGE], [(CONV, [0, 1], [2])])
        assert need(lite(tmp_path, root)).model > MUCH

    def test_weights_in_the_file_take_what_the_file_takes(self, tmp_path: Path) -> None:
        root = network([IMAGE, (1000, 1000), IMAGE], [(CONV, [0, 1], [2])])
        root[4].append({0: bytes(4_000_000)})
        root[2][0][0][1][2] = 1
        model = lite(tmp_path, root)
        assert need(model).model == model.primary.size

    def test_joining_goes_along_the_axis_that_is_said(self, tmp_path: Path) -> None:
        root = network([IMAGE, (1, 256, 256, 8)], [(CONCAT, [0, 0], [1])])
        root[2][0][3][0][4] = {0: 3}
        assert need(lite(tmp_path, root)).tile == 2 * INPUT

    @pytest.mark.parametrize(
        ("tensors", "steps"),
        [
            ([IMAGE, [64, 64], None], [(RESIZE, [0], [2])]),
            ([IMAGE, (2,), None], [(RESIZE, [0, 1], [2])]),
            ([(1, 4), [64, 64], None], [(RESIZE, [0, 1], [2])]),
            ([IMAGE, (8,), None], [(PAD, [0, 1], [2])]),
            ([IMAGE, None], [(PAD, [0], [1])]),
            ([IMAGE, None], [(TRANSPOSE_CONV, [], [1])]),
            ([IMAGE, (4,), None], [(TRANSPOSE_CONV, [1, -1, 0], [2])]),
            ([None, [100_000], None], [(ONE_HOT, [0, 1], [2])]),
            ([IMAGE, (1,), None], [(ONE_HOT, [0, 1], [2])]),
            ([IMAGE, (4,), None], [(TILE, [0, 1], [2])]),
            ([(8, 4), (8, 4), None], [(MATMUL, [0, 1], [2])]),
            ([IMAGE, None], [(MATMUL, [0], [1])]),
            ([IMAGE, None], [(CONV, [-1, 0], [-1, 1])]),
        ],
    )  # fmt: skip
    def test_what_is_not_told_counts_for_nothing(
        self, tmp_path: Path, tensors: Tensors, steps: Steps
    ) -> None:
        model = lite(tmp_path, network(tensors, steps, [0]))
        assert need(model).total(1) < 4 * BYTES


# --- TensorFlow ---


class TestTensorFlow:
    def graph(self, folder: Path, *nodes: str) -> ModelDescription:
        return graphs.inspected(folder, fed("x", (1, 256, 256, 4)), *nodes)

    def test_counts_what_lives_at_one_time(self, tmp_path: Path) -> None:
        chain = [node(b, "Relu", a, T="DT_FLOAT") for a, b in zip("xabc", "abcd")]
        assert need(self.graph(tmp_path, *chain)).tile == BYTES
        late = node("y", "AddV2", "d", "x", T="DT_FLOAT")
        assert need(self.graph(tmp_path, *chain, late)).tile == 2 * BYTES

    def test_a_constant_of_one_number_may_have_any_size(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What 152 bytes can ask for."""
        large = Numbers(1.0)
        large.shape = [200_000, 200_000]
        model = self.graph(
            tmp_path,
            node("c", "Const", dtype="DT_FLOAT", value=large),
            node("m", "Max", "c", "axes", T="DT_FLOAT"),
            const("axes", [0, 1]),
            node("y", "AddV2", "x", "m", T="DT_FLOAT"),
        )
        assert need(model).model > MUCH
        assert "at least" in refused(model, monkeypatch)

    @pytest.mark.parametrize(
        "nodes",
        [
            (const("s", [200_000, 200_000]), const("v", 1.0),
             node("y", "Fill", "s", "v", T="DT_FLOAT", index_type="DT_INT32")),
            (const("s", [1, 1, 50_000, 1]), node("y", "Tile", "x", "s", T="DT_FLOAT")),
            (const("s", [100_000, 256, 256, 4]), node("y", "BroadcastTo", "x", "s", T="DT_FLOAT")),
            (const("s", [200_000, 200_000]),
             node("y", "ResizeBilinear", "x", "s", T="DT_FLOAT")),
            (const("s", [[0, 0], [100_000, 0], [100_000, 0], [0, 0]]),
             node("y", "Pad", "x", "s", T="DT_FLOAT", Tpaddings="DT_INT32")),
        ],
    )  # fmt: skip
    def test_a_small_file_that_asks_for_much(
        self, tmp_path: Path, nodes: Sequence[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = self.graph(tmp_path, *nodes)
        assert need(model).total(1) > MUCH
        assert "at least" in refused(model, monkeypatch)

    def test_a_loop_ends(self, tmp_path: Path) -> None:
        loop = (
            node("m", "Merge", "x", "n", T="DT_FLOAT"),
            node("n", "NextIteration", "m", T="DT_FLOAT"),
            node("y", "Relu", "m", T="DT_FLOAT"),
        )
        assert need(self.graph(tmp_path, *loop)).total(1) < 64 * MIB

    def test_a_variable_that_is_read_twice_is_there_once(self) -> None:
        path = FIXTURES / "tensorflow" / "tf2"
        (model,) = [inspect_model(path) for path in sorted(path.glob("*/saved_model.pb"))[:1]]
        found = need(model)
        assert 0 < found.model <= sum(part.size for part in model.files)


# --- OpenVINO ---


class Net:
    """An IR, layer by layer; each has one output with the port 9."""

    def __init__(self) -> None:
        self.layers: List[str] = []
        self.edges: List[str] = []
        self.weights = b""

    def layer(
        self,
        kind: str,
        inputs: Sequence[int],
        declared: Sequence[int],
        precision: str = "FP32",
        **data: object,
    ) -> int:
        number_ = len(self.layers)
        dims = "".join(f"<dim>{size}</dim>" for size in declared)
        said = "".join(f' {key}="{value}"' for key, value in data.items())
        output = f'<output><port id="9" precision="{precision}">{dims}</port></output>'
        self.layers.append(
            f'<layer id="{number_}" name="l{number_}" type="{kind}" version="opset1">'
            f"<data{said}/>{'' if kind == 'Result' else output}</layer>"
        )
        for port, source in enumerate(inputs):
            self.edges.append(
                f'<edge from-layer="{source}" from-port="9" to-layer="{number_}" to-port="{port}"/>'
            )
        return number_

    def numbers(self, *numbers_: int) -> int:
        raw = struct.pack(f"<{len(numbers_)}q", *numbers_)
        self.weights += raw
        return self.layer(
            "Const", [], [len(numbers_)], "I64", element_type="i64", shape=str(len(numbers_)),
            offset=len(self.weights) - len(raw), size=len(raw),
        )  # fmt: skip

    def image(self, *sizes: int) -> int:
        shape = ",".join(map(str, sizes))
        return self.layer("Parameter", [], sizes, shape=shape, element_type="f32")

    def written(self, folder: Path, output: int, version: int = 11) -> ModelDescription:
        if version > 7:
            self.layer("Result", [output], [])
        path = folder / "model.xml"
        path.write_text(
            f'<?xml version="1.0"?><net name="n" version="{version}"><layers>'
            f"{''.join(self.layers)}</layers><edges>{''.join(self.edges)}</edges></net>",
            encoding="ascii",
        )
        path.with_suffix(".bin").write_bytes(self.weights + bytes(4))
        return inspect_model(path)


PLANES = (1, 4, 256, 256)


class TestOpenVino:
    @pytest.mark.parametrize("version", [11, 7])
    def test_counts_what_lives_at_one_time(self, tmp_path: Path, version: int) -> None:
        net = Net()
        image = net.image(*PLANES)
        one = net.layer("Convolution", [image], PLANES)
        two = net.layer("Convolution", [one], PLANES)
        assert need(net.written(tmp_path, two, version)).tile == INPUT
        both = Net()
        image = both.image(*PLANES)
        one = both.layer("Convolution", [image], (1, 12, 256, 256))
        two = both.layer("Convolution", [one], PLANES)
        both.layer("Add", [two, image], PLANES)
        assert need(both.written(tmp_path, 3, version)).tile == BYTES * 3 + INPUT

    def hostile(self, folder: Path, kind: str) -> ModelDescription:
        net = Net()
        image = net.image(*PLANES)
        if kind == "declared":
            last = net.layer("Convolution", [image], (1, 4, 200_000, 200_000))
        elif kind == "Parameter":
            image = net.layer("Parameter", [], PLANES, shape="1,4,200000,200000")
            last = net.layer("ReLU", [image], PLANES)
        elif kind == "Broadcast":
            last = net.layer(kind, [image, net.numbers(100_000, 4, 256, 256)], PLANES)
        elif kind == "RandomUniform":
            last = net.layer(kind, [net.numbers(200_000, 200_000)], (1,))
        elif kind == "Tile":
            last = net.layer(kind, [image, net.numbers(1, 1, 50_000, 1)], PLANES)
        elif kind == "Pad":
            before, after = net.numbers(0, 0, 200_000, 0), net.numbers(0, 0, 0, 200_000)
            last = net.layer(kind, [image, before, after], PLANES)
        elif kind == "Interpolate":
            last = net.layer(kind, [image, net.numbers(200_000, 200_000)], PLANES)
        elif kind == "Interpolate along":
            sizes, axes = net.numbers(200_000, 200_000), net.numbers(0, 1)
            last = net.layer("Interpolate", [image, sizes, axes], PLANES)
        elif kind == "ConvolutionBackpropData":
            sizes = net.numbers(200_000, 200_000)
            last = net.layer(kind, [image, net.numbers(1), sizes], PLANES)
        elif kind == "OneHot":
            last = net.layer(kind, [image, net.numbers(1_000_000)], PLANES)
        elif kind == "Concat":
            last = image
            for _ in range(20):
                last = net.layer(kind, [last, last], PLANES, axis=1)
        elif kind == "Add":
            column, row = net.image(200_000, 1), net.image(1, 200_000)
            last = net.layer(kind, [column, row], (1,))
        else:
            size = net.layer("ShapeOf", [net.layer("Tile", [image, net.numbers(1, 1, 50_000, 1)],
                                                   PLANES)], (4,), "I64")  # fmt: skip
            last = net.layer("Broadcast", [net.numbers(1), size], (1,))
        return net.written(folder, last)

    @pytest.mark.parametrize(
        "kind",
        [
            *("declared", "Parameter", "Broadcast", "RandomUniform", "Tile", "Pad", "Interpolate"),
            *("Interpolate along", "ConvolutionBackpropData", "OneHot", "Concat", "Add", "ShapeOf"),
        ],
    )
    def test_a_small_file_that_asks_for_much(
        self, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = self.hostile(tmp_path, kind)
        assert need(model).total(1) > MUCH
        assert "at least" in refused(model, monkeypatch)

    @pytest.mark.parametrize(
        ("kind", "numbers_"),
        [
            ("Interpolate", ()),
            ("Interpolate", ((64, 64), (7, 8))),
            ("ConvolutionBackpropData", ((1,), (1, 2, 3))),
            ("Broadcast", ()),
            ("Pad", ((0, 0, 0, 0),)),
            ("Pad", ((0, 0, 0, 0), tuple(range(200)))),
            ("OneHot", ()),
            ("Concat", ()),
        ],
    )
    def test_what_is_not_told_counts_for_nothing(
        self, tmp_path: Path, kind: str, numbers_: Sequence[Sequence[int]]
    ) -> None:
        net = Net()
        image = net.image(*PLANES)
        given = [net.numbers(*one) for one in numbers_]
        last = net.layer(kind, [image, *given], (1,))
        assert need(net.written(tmp_path, last)).tile < 2 * BYTES

    def test_sizes_that_no_weights_hold_are_not_known(self, tmp_path: Path) -> None:
        net = Net()
        last = net.layer("Interpolate", [net.image(*PLANES), net.numbers(9, 9)], (1,))
        model = net.written(tmp_path, last)
        (tmp_path / "model.bin").unlink()
        assert need(inspect_model(model.primary.location)).tile < 2 * BYTES


# --- PaddlePaddle ---


def longs(name: str, *numbers_: int, field: int = 11) -> bytes:
    return paddle.attribute(name, b"".join(number(field, one & (1 << 64) - 1) for one in numbers_))


class TestPaddle:
    IMAGE = paddle.variable("x", paddle.tensor(1, 4, 256, 256))

    def program(self, folder: Path, *steps: bytes, y: bytes = paddle.tensor(1)) -> ModelDescription:
        return paddle.program(folder, self.IMAGE, paddle.variable("y", y), *steps)

    def test_counts_what_lives_at_one_time(self, tmp_path: Path) -> None:
        convolution = paddle.convolution(out="c")
        c = paddle.variable("c", paddle.tensor(1, 12, 256, 256))
        last = paddle.step("elementwise_add", {"X": ["x"], "Y": ["c"]}, {"Out": ["y"]})
        assert need(self.program(tmp_path, c, convolution, last)).tile == 3 * BYTES + INPUT

    @pytest.mark.parametrize(
        "step",
        [
            paddle.step("fill_constant", {}, {"Out": ["y"]}, longs("shape", 200_000, 200_000)),
            paddle.step("fill_constant", {}, {"Out": ["y"]},
                        longs("shape", 200_000, 200_000, field=6)),
            paddle.step("expand_v2", {"X": ["x"]}, {"Out": ["y"]},
                        longs("shape", 100_000, -1, -1, -1)),
            paddle.step("tile", {"X": ["x"]}, {"Out": ["y"]},
                        longs("repeat_times", 1, 1, 50_000, 1)),
            paddle.step("matmul_v2", {"X": ["column"], "Y": ["row"]}, {"Out": ["y"]}),
            paddle.step("elementwise_add", {"X": ["column"], "Y": ["row"]}, {"Out": ["y"]}),
        ],
    )  # fmt: skip
    def test_a_small_file_that_asks_for_much(
        self, tmp_path: Path, step: bytes, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        more = (
            paddle.variable("column", paddle.tensor(200_000, 1), kept=True),
            paddle.variable("row", paddle.tensor(1, 200_000), kept=True),
        )
        model = self.program(tmp_path, *more, step)
        assert need(model).total(1) > MUCH
        assert "at least" in refused(model, monkeypatch)

    def test_much_that_is_declared(self, tmp_path: Path) -> None:
        much = paddle.tensor(1, 4, 200_000, 200_000)
        assert need(self.program(tmp_path, paddle.convolution(out="y"), y=much)).tile > MUCH

    def test_twice_as_much_and_again(self, tmp_path: Path) -> None:
        names = ["x", *(f"v{place}" for place in range(20)), "y"]
        axis = paddle.attribute("axis", number(3, 1))
        steps = [
            paddle.step("concat", {"X": [one, one]}, {"Out": [other]}, axis)
            for one, other in zip(names, names[1:])
        ]
        assert need(self.program(tmp_path, *steps)).tile > MUCH

    @pytest.mark.parametrize(
        "step",
        [
            paddle.step("tile", {"X": ["x"]}, {"Out": ["y"]}),
            paddle.step("concat", {"X": ["x", "x"]}, {"Out": ["y"]}),
            paddle.step("reshape2", {"X": ["x"]}, {"Out": ["y"]}, longs("shape", 1 << 40)),
            # Added from the channels on, which are no columns.
            paddle.step("elementwise_add", {"X": ["x"], "Y": ["c"]}, {"Out": ["y"]},
                        paddle.attribute("axis", number(3, 1))),
        ],
    )  # fmt: skip
    def test_what_is_not_told_counts_for_nothing(self, tmp_path: Path, step: bytes) -> None:
        c = paddle.variable("c", paddle.tensor(1 << 30, 1), kept=True)
        assert need(self.program(tmp_path, c, step)).tile < 2 * BYTES
