"""The memory that a model will need, told before it runs where the process has no limit."""

from __future__ import annotations

import builtins
import ctypes
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Dict, List, Optional, Tuple

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running import estimating
from dl2ecd_core.running.classify import classify
from dl2ecd_core.running.estimating import Need, check_memory, estimate
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.processes import memory
from tests.conftest import FIXTURES
from tests.running.random_networks import Conv, Level, Net, write
from tests.running.test_classify import BYTES, Place

MIB = 1 << 20
NO_NETWORK = "coreml/network.mlmodel"


def made(
    folder: Path, nodes: List[Any], constants: Dict[str, np.ndarray], size: Optional[int] = 256
) -> Path:
    """A model of an image ``x`` with four bands."""
    sides = [size or "rows", size or "columns"]
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4, *sides])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1, 2, None, None])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    path = folder / "model.onnx"
    onnx.save(model, path)
    return path


def need(path: Path) -> Need:
    found = estimate(inspect_model(path))
    assert found is not None
    return found


def node(kind: str, inputs: List[str], output: str, **more: Any) -> Any:
    return helper.make_node(kind, inputs, [output], **more)


def whole(*numbers: int) -> np.ndarray:
    return np.array(numbers, "int64")


def same(one: str, other: str) -> Any:
    """An operation on pixels that lets them be."""
    return node("MaxPool", [one], other, kernel_shape=[1, 1])


class TestEstimate:
    def test_counts_what_lives_at_one_time(self, tmp_path: Path) -> None:
        """A result takes the place of what is used no more; what is used later lives on."""
        chain = [same(one, other) for one, other in zip("xabc", "abcy")]
        image = 4 * 4 * 256 * 320
        assert need(made(tmp_path, chain, {})).tile == image
        late = [*chain[:-1], node("Add", ["c", "x"], "y")]
        assert need(made(tmp_path, late, {})).tile == 2 * image

    def test_follows_what_is_halved_and_how_many_bytes_a_number_has(self, tmp_path: Path) -> None:
        nodes = [
            node("MaxPool", ["x"], "a", kernel_shape=[2, 2], strides=[2, 2]),
            node("Tile", ["a", "s"], "b"),
            node("Cast", ["b"], "c", to=TensorProto.UINT8),
            node("Relu", ["b"], "y"),
        ]
        half = 4 * 128 * 160
        # While forty of the halves become bytes, nothing of the image is left.
        found = need(made(tmp_path, nodes, {"s": whole(1, 40, 1, 1)}))
        assert found.tile == 4 * 40 * half + 40 * half

    def test_is_for_the_tiles_that_are_run(self, tmp_path: Path) -> None:
        alike = [same("x", "y")]
        free = need(made(tmp_path, alike, {}, None)).tile
        assert free == need(made(tmp_path, alike, {}, 64)).tile
        assert need(made(tmp_path, alike, {}, 512)).tile == free * 512 * 512 // (256 * 320)

    def test_weights_are_there_once(self, tmp_path: Path) -> None:
        path = made(tmp_path, [same("x", "y")], {})
        assert need(path).model == path.stat().st_size

    def test_what_is_made_of_weights_takes_their_place(self, tmp_path: Path) -> None:
        """As where they are kept in fewer bits than they are used with."""
        half = np.zeros((2, 4, 200, 200), "float16")
        nodes = [
            node("Cast", ["h"], "w", to=TensorProto.FLOAT),
            node("Conv", ["x", "w"], "y", pads=[99, 99, 100, 100]),
        ]
        path = made(tmp_path, nodes, {"h": half})
        assert need(path).model == 2 * half.nbytes < 2 * path.stat().st_size

    def test_a_border_that_is_added_counts(self, tmp_path: Path) -> None:
        around = whole(0, 0, 0, 0, 0, 0, 200_000, 200_000)
        nodes = [
            same("x", "p"),
            node("Pad", ["p", "s"], "c"),
            node("ReduceMax", ["c"], "y", axes=[2, 3]),
        ]
        assert need(made(tmp_path, nodes, {"s": around})).tile > 100 << 30
        # Of an image of any size what lies in front is known.
        before = whole(0, 0, 200_000, 200_000, 0, 0, 0, 0)
        assert need(made(tmp_path, nodes, {"s": before}, None)).tile > 100 << 30

    @pytest.mark.parametrize(
        ("nodes", "constants", "part"),
        [
            (
                [
                    node("ConstantOfShape", ["s"], "c"),
                    node("ReduceMax", ["c"], "m", keepdims=0),
                    node("Add", ["x", "m"], "y"),
                ],
                {"s": whole(1, 1, 200_000, 200_000)},
                "model",
            ),
            (
                [node("Tile", ["x", "s"], "c"), node("ReduceMax", ["c"], "y", axes=[1])],
                {"s": whole(1, 50_000, 1, 1)},
                "tile",
            ),
        ],
    )
    def test_a_small_file_that_asks_for_much(
        self, tmp_path: Path, nodes: List[Any], constants: Dict[str, np.ndarray], part: str
    ) -> None:
        path = made(tmp_path, nodes, constants)
        assert path.stat().st_size < 500
        assert getattr(need(path), part) > 40 << 30

    def test_of_a_network_that_is_lowered(self) -> None:
        """Its file has no axis for the batch: bands are no rows."""
        path = FIXTURES / "cntk" / "unet_same.model"
        assert 1 * MIB < need(path).tile < 16 * MIB

    def test_of_a_whole_network(self, tmp_path: Path) -> None:
        level = Level("max", Conv((3, 3)), "nearest", "concatenated")
        net = Net(Conv((3, 3)), (level, level), Conv((3, 3)), cropped=False, seed=1)
        assert 2 * MIB < need(write(net, tmp_path / "net.onnx")).tile < 20 * MIB

    def test_is_none_where_no_network_can_be_read(self) -> None:
        path = FIXTURES / NO_NETWORK
        assert estimate(inspect_model(path)) is None


class TestRefusal:
    @pytest.fixture(autouse=True)
    def _unlimited(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimating, "has_limit", lambda: False)

    def refusal(self, path: Path, workers: int = 4) -> Optional[str]:
        try:
            check_memory(inspect_model(path), workers, least=workers, name="land.ecd")
        except RunningRefused as refused:
            (said,) = refused.findings
            assert said.rule == "memory-short"
            assert said.where.file == "land.ecd"
            return said.message
        return None

    @pytest.fixture
    def alike(self, tmp_path: Path) -> Path:
        return made(tmp_path, [same("x", "y")], {})

    def test_says_how_much_and_how_much_there_is(
        self, alike: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(estimating, "free_memory", lambda: 5 * MIB)
        assert self.refusal(alike) == (
            "Running the model takes at least 5 MiB of memory, 1 MiB of it for each of 4 tiles at "
            "once, and 5 MiB are free."
        )
        assert self.refusal(alike, workers=3) is None

    def test_a_single_tile(self, alike: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimating, "free_memory", lambda: MIB)
        said = self.refusal(alike, workers=1) or ""
        assert said.startswith("Running the model takes at least 1 MiB of memory, and 1 MiB are")

    def test_there_is_enough(self, alike: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimating, "free_memory", lambda: 6 * MIB)
        assert self.refusal(alike) is None

    @pytest.mark.parametrize(("limited", "free"), [(True, 1), (False, None)])
    def test_a_limit_or_a_system_that_does_not_tell_leaves_it_to_the_runtime(
        self, alike: Path, limited: bool, free: Optional[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(estimating, "has_limit", lambda: limited)
        monkeypatch.setattr(estimating, "free_memory", lambda: free)
        assert self.refusal(alike) is None

    def test_what_is_not_known_refuses_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimating, "free_memory", lambda: 1)
        assert self.refusal(FIXTURES / NO_NETWORK) is None

    def test_comes_before_anything_of_the_model_runs(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        place = Place(tmp_path)
        monkeypatch.setattr(estimating, "free_memory", lambda: 1 * MIB)
        monkeypatch.setattr("dl2ecd_core.running.bounded.open_session", None)
        with pytest.raises(RunningRefused, match="Running the model takes at least"):
            classify(place.scene, place.ecd, place.out, options=BYTES)
        assert place.left() == []

    def test_gibibytes(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(estimating, "free_memory", lambda: 1 << 30)
        tile = [node("Tile", ["x", "s"], "c"), node("ReduceMax", ["c"], "y", axes=[1])]
        path = made(tmp_path, tile, {"s": whole(1, 50_000, 1, 1)})
        assert "49 GiB of memory" in (self.refusal(path, 1) or "")


class TestWhatTheSystemTells:
    def test_linux(self) -> None:
        if not Path("/proc/meminfo").exists():
            pytest.skip("no /proc/meminfo")
        free = memory.free_memory()
        assert free is not None
        assert free > MIB

    @pytest.mark.parametrize(("answer", "free"), [(1, 123 * MIB), (0, None)])
    def test_windows(
        self, answer: int, free: Optional[int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def status(pointer: Any) -> int:
            found = pointer._obj
            assert found.length == ctypes.sizeof(found) == 64
            found.free = 123 * MIB
            return answer

        kernel = SimpleNamespace(GlobalMemoryStatusEx=status)
        monkeypatch.setattr(ctypes, "windll", SimpleNamespace(kernel32=kernel), raising=False)
        monkeypatch.setattr(sys, "platform", "win32")
        assert memory.free_memory() == free

    @pytest.mark.parametrize(("limit", "told"), [(-1, False), (1 << 40, True)])
    def test_a_limit(self, limit: int, told: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        resource = pytest.importorskip("resource")

        def given(kind: int) -> Tuple[int, int]:
            return (limit, -1)

        monkeypatch.setattr(resource, "getrlimit", given)
        assert memory.has_limit() is told

    def test_no_limits_on_a_system_without_them(self, monkeypatch: pytest.MonkeyPatch) -> None:
        real = builtins.__import__

        def imported(name: str, *more: Any) -> Any:
            if name == "resource":
                raise ImportError(name)
            return real(name, *more)

        monkeypatch.setattr(builtins, "__import__", imported)
        assert memory.has_limit() is False
