"""Every runtime behind one interface: what goes in, what comes out, and how it fails."""

from __future__ import annotations

import errno
import io
import json
import shutil
import signal
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any, List, Sequence, Set, Tuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dl2ecd_core.findings.errors import ConversionRefused, Dl2EcdError
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import Tensor, inspect_model
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions import Session, onnx_session
from dl2ecd_core.running.sessions.base import RuntimeSession
from dl2ecd_core.running.sessions.exchange import Exchange
from dl2ecd_core.running.sessions.failures import run_failed
from dl2ecd_core.running.sessions.litert_session import LiteRtSession
from dl2ecd_core.running.sessions.messages import Message, read_message, write_message
from dl2ecd_core.running.sessions.naming import matched
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.onnx_sizes import freed_model
from dl2ecd_core.running.sessions.opening import RUNTIMES, open_session
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.sessions.taking_turns import TakingTurns
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.running.random_networks import Conv, Level, Net, write
from tests.running.sessions.test_scores import Made

#: The same arithmetic in another order.
CLOSE = 5e-6


def session_of(folder: Path, *names: str, **more: Any) -> Session:
    """A session for a fixture: the first file, with the others beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [Path(shutil.copy(FIXTURES / name, folder)) for name in names]
    return open_session(inspect_model(paths[0]), paths[0], **more)


def tile(*shape: int, data_type: str = "float32") -> np.ndarray:
    random = np.random.default_rng(5).random(shape)
    return (random * (1 if data_type.startswith("float") else 200)).astype(data_type)


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max() / np.abs(one).max())


def resized(path: Path, side: int, *targets: Sequence[int]) -> Path:
    """A network that resizes its image to some sizes, one after the other."""
    onnx = pytest.importorskip("onnx")
    helper = onnx.helper
    # A window tells that the last two axes are rows and columns.
    window = helper.make_node("MaxPool", ["tile"], ["image"], kernel_shape=[1, 1])
    names = ["image", *(f"resized_{place}" for place in range(len(targets)))]
    nodes = [
        helper.make_node("Resize", [before, "", "", f"size_{place}"], [after], mode="linear")
        for place, (before, after) in enumerate(zip(names, names[1:]))
    ]
    sizes = [
        onnx.numpy_helper.from_array(np.array(target, "int64"), f"size_{place}")
        for place, target in enumerate(targets)
    ]
    kind = onnx.TensorProto.FLOAT
    ends = [
        helper.make_tensor_value_info(name, kind, [1, 4, side, side])
        for name in ("tile", names[-1])
    ]
    graph = helper.make_graph([window, *nodes], "net", ends[:1], ends[1:], sizes)
    opset = [helper.make_opsetid("", 13)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=7), path)
    return path


class TestOnnx:
    def test_one_that_does_not_load_without_its_sizes_is_not_freed(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        monkeypatch.setattr(onnx_session, "freed_content", lambda *given: b"no model")
        assert session.freed() is None

    def test_fields_that_nobody_knows_are_kept(self, tmp_path: Path) -> None:
        """Of fixed length, as a newer version of the format may have them."""
        four, eight = b"\xfd\x01abcd", b"\xf9\x01abcdefgh"
        graph = bytes([0x3A, len(four + eight)]) + four + eight
        path = tmp_path / "m.onnx"
        path.write_bytes(graph)
        with ByteSource(path) as source:
            assert freed_model(source, {}) == graph

    def test_says_what_runs_and_what_the_file_carries(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "onnx/deepness.onnx")
        assert session.runtime.startswith("ONNX Runtime ")
        assert session.runtime.endswith(" on the CPU")
        assert "class_names" in session.properties
        session.close()

    def test_freed_takes_any_size_and_gives_the_same(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        free = session.freed()
        assert free is not None
        assert free.inputs[0].shape == (None, 4, None, None)
        small = tile(1, 4, 16, 16)
        assert np.array_equal(session.run([small])[0], free.run([small])[0])
        assert free.run([tile(1, 4, 40, 20)])[0].shape == (1, 2, 40, 20)

    def test_values_in_another_file_are_found_when_freed(self, tmp_path: Path) -> None:
        onnxruntime = pytest.importorskip("onnxruntime", minversion="1.20")
        session = session_of(tmp_path, "onnx/external.onnx", "onnx/external.onnx.data")
        free = session.freed()
        assert free is not None, onnxruntime.__version__
        pixels = tile(1, 4, 16, 16)
        assert np.array_equal(session.run([pixels])[0], free.run([pixels])[0])
        assert free.run([tile(1, 4, 40, 20)])[0].shape == (1, 2, 40, 20)

    def test_an_enlargement_to_a_fixed_size_becomes_one_by_a_factor(self, tmp_path: Path) -> None:
        """As PyTorch exports an enlargement to another layer's size, of a network of one size."""
        model = resized(tmp_path / "m.onnx", 32, [1, 4, 8, 16], [1, 4, 32, 32])
        session = open_session(inspect_model(model), model)
        free = session.freed()
        assert free is not None
        pixels = tile(1, 4, 32, 32)
        assert np.array_equal(session.run([pixels])[0], free.run([pixels])[0])
        assert free.run([tile(1, 4, 64, 96)])[0].shape == (1, 4, 64, 96)

    def test_an_enlargement_to_a_size_that_is_worked_out_stays_what_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By a factor, the runtime may take its sums in another order."""
        near = Conv((3, 3))
        level = Level("max", near, "linear to the size", "concatenated")
        model = write(Net(near, (level,), near, cropped=False, seed=3), tmp_path / "m.onnx", 32)
        assert onnx_session.factors_of(read_network(model).network)
        asked: List[Any] = []
        made = onnx_session.freed_content
        monkeypatch.setattr(
            onnx_session, "freed_content", lambda *given: asked.append(given[2:]) or made(*given)
        )
        session = open_session(inspect_model(model), model)
        free = session.freed()
        assert free is not None
        assert free.run([tile(1, 3, 64, 96)])[0].shape == (1, 3, 64, 96)
        assert asked == [()]

    def test_one_that_fails_on_a_larger_tile_does_not_grow(self, tmp_path: Path) -> None:
        model = resized(tmp_path / "m.onnx", 32, [1, 4, 8, 16])
        session = open_session(inspect_model(model), model)
        free = session.freed()
        assert isinstance(session, OnnxSession)
        assert isinstance(free, OnnxSession)
        assert session._grows(free)
        # It takes tiles of 32 pixels, and no other.
        assert not session._grows(session)

    def test_factors_that_the_runtime_does_not_take_are_left_out(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        model = resized(tmp_path / "m.onnx", 32, [1, 4, 64, 64])
        monkeypatch.setattr(onnx_session, "_factors", lambda path: {"resized_0": (2.0,)})
        free = open_session(inspect_model(model), model).freed()
        assert isinstance(free, OnnxSession)
        assert free.factors == {}

    def test_of_sizes_that_are_not_known_no_factors_are_told(self, tmp_path: Path) -> None:
        near = Conv((3, 3))
        level = Level("max", near, "linear to the size", "concatenated")
        model = write(Net(near, (level,), near, cropped=False, seed=3), tmp_path / "m.onnx")
        assert onnx_session.factors_of(read_network(model).network) == {}

    def test_a_large_one_keeps_its_sizes(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        monkeypatch.setattr(onnx_session, "LARGEST", 100)
        assert session.freed() is None

    def test_a_network_that_can_not_be_read_tells_no_factors(self, tmp_path: Path) -> None:
        assert onnx_session._factors(FIXTURES / "onnx" / "no such file") == {}

    def test_an_enlargement_by_no_whole_factor_keeps_its_size(self, tmp_path: Path) -> None:
        model = resized(tmp_path / "m.onnx", 32, [1, 4, 12, 16], [1, 4, 32, 32])
        session = open_session(inspect_model(model), model)
        free = session.freed()
        assert free is not None
        assert free.run([tile(1, 4, 64, 64)])[0].shape == (1, 4, 32, 32)

    def test_a_wrong_tile_is_a_sentence(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        with pytest.raises(RunningRefused, match="model-run-failed: ONNX Runtime"):
            session.run([tile(1, 3, 16, 16)])

    def test_a_damaged_model_is_a_sentence(self, tmp_path: Path) -> None:
        path = Path(shutil.copy(FIXTURES / "onnx" / "unet.onnx", tmp_path))
        model = inspect_model(path)
        path.write_bytes(path.read_bytes()[:-200])
        with pytest.raises(RunningRefused, match=r"model-not-loaded: ONNX Runtime .*'unet\.onnx'"):
            OnnxSession(path, model.inputs, model.outputs)

    def test_operations_of_others_are_not_loaded(self, tmp_path: Path) -> None:
        with pytest.raises(RunningRefused, match="model-not-loaded"):
            session_of(tmp_path, "onnx/foreign.onnx")

    def test_sequences_and_maps_are_left_out(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "onnx/forest_zipmap.onnx")
        assert [tensor.name for tensor in session.outputs] == ["output_label"]

    def test_without_the_extra_a_command_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "onnxruntime", None)
        with pytest.raises(RunningRefused, match=r"runtime-missing.*pip install 'dl2ecd\[run\]'"):
            session_of(tmp_path, "onnx/unet.onnx")

    def test_networks_of_other_frameworks_become_onnx(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "caffe/fcn.caffemodel", "caffe/fcn.prototxt")
        assert session.runtime.startswith("ONNX Runtime")
        assert session.run([tile(1, 4, 17, 17)])[0].shape == (1, 3, 17, 17)
        free = session.freed()
        assert free is not None


class TestCuda:
    """With a provider that is made up: what is asked of ONNX Runtime, and how many tiles go in."""

    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> List[List[Any]]:
        """The providers that each session was asked for; the card's is said to be there."""
        import onnxruntime

        found: List[List[Any]] = []
        real = onnxruntime.InferenceSession

        class Session:
            def __init__(self, model: Any, options: Any, providers: List[Any]) -> None:
                assert options.intra_op_num_threads == 1
                found.append(providers)
                self._providers = [one if isinstance(one, str) else one[0] for one in providers]
                self._session = real(model, options, providers=["CPUExecutionProvider"])

            def __getattr__(self, name: str) -> Any:
                return getattr(self._session, name)

            def get_providers(self) -> List[str]:
                return self._providers

        both = ["CUDAExecutionProvider", "CPUExecutionProvider"]
        monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: both)
        monkeypatch.setattr(onnxruntime, "InferenceSession", Session)
        return found

    @pytest.mark.parametrize("device", ["cuda", "auto"])
    def test_is_asked_for_first(self, tmp_path: Path, asked: List[List[Any]], device: str) -> None:
        """With all digits of its numbers, and an algorithm that no race decides on."""
        session = session_of(tmp_path, "onnx/unet.onnx", device=device)
        options = {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"}
        assert asked == [[("CUDAExecutionProvider", options), "CPUExecutionProvider"]]
        assert session.runtime.endswith(" on CUDA")
        assert session.batch == 64
        free = session.freed()
        assert free is not None
        assert free.batch == 64

    def test_asked_for_by_name_it_has_to_be_there(self, tmp_path: Path) -> None:
        for device in ("auto", "cpu"):
            session = session_of(tmp_path, "onnx/unet.onnx", device=device)
            assert session.runtime.endswith(" on the CPU")
        with pytest.raises(RunningRefused) as refused:
            session_of(tmp_path, "onnx/unet.onnx", device="cuda")
        (said,) = refused.value.findings
        assert said.rule == "device-missing"
        assert said.message.endswith(f"the model would run by {session.runtime}.")
        assert "pip install 'dl2ecd[gpu]'" in said.hint
        assert "device auto" in said.hint

    @pytest.mark.parametrize(
        ("family", "kind", "hint"),
        [
            ("OpenVinoSession", "openvino-ir", "exported to ONNX"),
            ("LiteRtSession", "tflite", "exported to ONNX"),
            ("TorchSession", "torchscript", "a PyTorch for CUDA"),
        ],
    )
    def test_nor_is_it_made_up_for_by_other_runtimes(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        family: str,
        kind: str,
        hint: str,
    ) -> None:
        closed: List[bool] = []

        class Session:
            runtime = "A runtime 1.0 on the CPU"

            def __init__(self, *ends: Any, **more: Any) -> None:
                assert not closed

            def close(self) -> None:
                closed.append(True)

        monkeypatch.setattr(f"dl2ecd_core.running.sessions.opening.{family}", Session)
        model = replace(inspect_model(FIXTURES / "onnx" / "unet.onnx"), format=kind)
        with pytest.raises(RunningRefused) as refused:
            open_session(model, tmp_path / "a", device="cuda", trusted=True)
        (said,) = refused.value.findings
        assert said.rule == "device-missing"
        assert hint in said.hint
        assert closed == [True]

    def test_is_left_alone_where_it_is_not_wanted(
        self, tmp_path: Path, asked: List[List[str]]
    ) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        assert asked == [["CPUExecutionProvider"]]
        assert session.batch == 1


class TestOpenVino:
    @pytest.fixture(autouse=True)
    def _needed(self) -> None:
        pytest.importorskip("openvino")

    def test_signals_are_heard_afterwards(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")
        free = session.freed()
        assert free is not None
        free.run([tile(1, 4, 48, 40)])
        heard: List[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: heard.append(number))
        signal.raise_signal(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
        assert heard == [signal.SIGTERM]

    def test_any_size_may_be_freed(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")
        assert session.runtime.startswith("OpenVINO ")
        assert session.properties == {}
        pixels = tile(1, 4, 32, 32)
        free = session.freed()
        assert free is not None
        assert difference(session.run([pixels])[0], free.run([pixels])[0]) <= CLOSE
        shares = free.run([tile(1, 4, 48, 40)])[0]
        assert shares.shape == (1, 5, 48, 40)
        assert shares.sum(1) == pytest.approx(np.ones((1, 48, 40)), abs=1e-5)
        session.close()

    def test_axes_are_those_of_the_description(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "openvino/argmax.xml", "openvino/argmax.bin")
        assert session.inputs[0].axes == "NHWC"
        assert session.inputs[0].data_type == "uint8"
        made = scores_of(session, 4, None, 5)
        assert made(tile(4, 32, 20, data_type="uint8")).shape == (1, 32, 20)

    def test_a_frozen_graph_of_tensorflow(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "tensorflow/tf1/unet_same.pb")
        assert session.runtime.startswith("OpenVINO")
        assert {"H", "W", "C"} <= set(session.inputs[0].axes or "")

    def test_a_program_of_paddle(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "paddle/softmax.pdmodel", "paddle/softmax.pdiparams")
        sizes = [size or 1 for size in session.inputs[0].shape or ()]
        assert session.run([tile(*sizes)])[0].ndim == len(session.outputs[0].shape or ())

    def test_what_it_does_not_take_is_a_sentence(self, tmp_path: Path) -> None:
        with pytest.raises(RunningRefused, match="model-not-loaded: OpenVINO"):
            session_of(tmp_path, "openvino/extension.xml", "openvino/extension.bin")

    def test_a_wrong_tile_is_a_sentence(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")
        with pytest.raises(RunningRefused, match="model-run-failed: OpenVINO"):
            session.run([tile(1, 3, 32, 32)])

    def test_a_size_that_can_not_be_freed(self, tmp_path: Path) -> None:
        from dl2ecd_core.running.sessions.openvino_session import OpenVinoSession

        session = session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")
        assert isinstance(session, OpenVinoSession)
        network = session._network

        class Fixed:
            def __getattr__(self, name: str) -> object:
                return getattr(network, name)

            def clone(self) -> Fixed:
                return self

            def reshape(self, shapes: object) -> None:
                raise RuntimeError("no")

        session._network = Fixed()
        assert session.freed() is None

    def test_without_the_extra_a_command_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "openvino", None)
        with pytest.raises(RunningRefused, match=r"runtime-missing.*dl2ecd\[openvino\]"):
            session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")


class TestLiteRt:
    def test_damaged_is_a_sentence(self, tmp_path: Path) -> None:
        pytest.importorskip("ai_edge_litert")
        model = inspect_model(FIXTURES / "tflite" / "softmax.tflite")
        path = tmp_path / "softmax.tflite"
        path.write_bytes(b"nothing of the kind")
        with pytest.raises(RunningRefused, match="model-not-loaded: LiteRT"):
            LiteRtSession(path, model.inputs, model.outputs)

    def test_threads_have_interpreters_of_their_own(self, tmp_path: Path) -> None:
        pytest.importorskip("ai_edge_litert")
        session = session_of(tmp_path, "tflite/softmax.tflite")
        shape = [size or 1 for size in session.inputs[0].shape or ()]
        pixels = tile(*shape)
        (expected, *_) = session.run([pixels])
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda place: session.run([pixels])[0], range(16)))
        assert all(np.array_equal(one, expected) for one in found)

    def test_that_is_gone_is_not_freed(self, tmp_path: Path) -> None:
        pytest.importorskip("ai_edge_litert")
        session = session_of(tmp_path, "tflite/softmax.tflite")
        assert session.batch == 1
        (tmp_path / "softmax.tflite").unlink()
        assert session.freed() is None

    @pytest.fixture(autouse=True)
    def _needed(self) -> None:
        pytest.importorskip("ai_edge_litert")

    def test_runs_in_several_threads_at_once(self, tmp_path: Path) -> None:
        from concurrent.futures import ThreadPoolExecutor

        session = session_of(tmp_path, "tflite/softmax.tflite")
        assert session.runtime.startswith("LiteRT ")
        assert session.properties == {}
        tiles = [tile(1, 16, 16, 4) * place for place in range(8)]
        alone = [session.run([one])[0] for one in tiles]
        with ThreadPoolExecutor(4) as pool:
            together = list(pool.map(lambda one: session.run([one])[0], tiles))
        assert all(map(np.array_equal, alone, together))
        session.close()

    def test_free_sizes_take_any(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "tflite/free.tflite")
        assert session.run([tile(1, 24, 40, 4)])[0].shape == (1, 24, 40, 3)

    def test_stated_sizes_may_be_freed(self, tmp_path: Path) -> None:
        free = session_of(tmp_path, "tflite/softmax.tflite").freed()
        assert free is not None
        assert free.inputs[0].shape == (None, None, None, 4)
        assert free.run([tile(1, 24, 40, 4)])[0].shape == (1, 24, 40, 3)

    def test_quantised_numbers_are_what_they_stand_for(self, tmp_path: Path) -> None:
        """As close as 8 bits are to a model that computes in floats."""
        session = session_of(tmp_path / "a", "tflite/quantised.tflite")
        assert session.inputs[0].data_type == session.outputs[0].data_type == "float32"
        result = session.run([tile(1, 16, 16, 4)])[0]
        assert result.dtype == np.float32
        assert result.min() >= 0
        assert result.sum(-1) == pytest.approx(np.ones((1, 16, 16)), abs=0.02)

    def test_a_wrong_tile_is_a_sentence(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "tflite/softmax.tflite")
        with pytest.raises(RunningRefused, match="model-run-failed: LiteRT"):
            session.run([tile(1, 16, 16, 3)])

    def test_custom_operations_are_a_sentence(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "tflite/custom.tflite")
        with pytest.raises(RunningRefused, match="model-run-failed: LiteRT"):
            session.run([tile(1, 16, 16, 4)])

    def test_where_it_is_absent_openvino_stands_in(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pytest.importorskip("openvino")
        one = session_of(tmp_path / "a", "tflite/softmax.tflite").run([tile(1, 16, 16, 4)])[0]
        monkeypatch.setitem(__import__("sys").modules, "ai_edge_litert", None)
        session = session_of(tmp_path / "b", "tflite/softmax.tflite")
        assert session.runtime.startswith("OpenVINO")
        assert difference(one, session.run([tile(1, 16, 16, 4)])[0]) <= CLOSE

    def test_without_both_a_command_is_said(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for module in ("ai_edge_litert", "openvino"):
            monkeypatch.setitem(__import__("sys").modules, module, None)
        with pytest.raises(RunningRefused, match=r"runtime-missing.*dl2ecd\[litert\]"):
            session_of(tmp_path, "tflite/softmax.tflite")


#: A stand-in for PyTorch with as much of it as a model needs here; models say in their path what
#: they do.
TORCH = """
import numpy, os, sys, threading
from types import SimpleNamespace
__version__ = "2.0.stand-in"
class Tensor:
    def __init__(self, array): self.array = array
    def to(self, device): return self
    def float(self): return Tensor(self.array.astype("float32"))
    def cpu(self): return self
    def numpy(self): return self.array
    def is_floating_point(self): return self.array.dtype.kind == "f"
def from_numpy(array): return Tensor(array)
# As with OpenMP: each thread has its own, and begins with what was set last when it first asks.
last, own = 4, threading.local()
def get_num_threads():
    own.count = getattr(own, "count", last)
    return own.count
def set_num_threads(count):
    global last
    last = own.count = count if hasattr(own, "count") else last
class cuda:
    @staticmethod
    def is_available(): return False
class inference_mode:
    def __enter__(self): pass
    def __exit__(self, *error): pass
class Model:
    def __init__(self, path):
        self.path, self.running, self.both = path, 0, threading.Barrier(2)
        targets = ["x.weight"] if "keeps" in path else []
        held = [SimpleNamespace(op="call_module", target=name) for name in targets]
        self.graph = SimpleNamespace(nodes=held)
    def eval(self): return self
    def to(self, device): return self
    def module(self): return self
    def __call__(self, tensor):
        if tensor.array.shape[1] != 4: raise RuntimeError("expected 4 channels")
        if tensor.array.min() < 0: os._exit(3)
        if tensor.array.max() > 1: sys.exit("a model that wants to end")
        print("whatever a model prints")
        self.running += 1
        if "together" in self.path: self.both.wait(60)
        else: threading.Event().wait(0.01)
        at_once, self.running = self.running, self.running - 1
        half = tensor.array[:, :2]
        counts = numpy.array([at_once, get_num_threads()])
        return {"out": Tensor(half.astype("float64")), "more": [Tensor(half > 0.5), Tensor(counts)]}
class jit:
    @staticmethod
    def load(path, map_location):
        if "crash" in path: import os; os._exit(3)
        if "refuse" in path: raise RuntimeError("not a script")
        return Model(path)
    @staticmethod
    def freeze(model, optimize_numerics):
        if "unclear" in model.path: raise RuntimeError("not to be frozen")
        kinds = ["prim::SetAttr"] if "keeps" in model.path else []
        nodes = [SimpleNamespace(kind=lambda: kind, blocks=lambda: []) for kind in kinds]
        graph = SimpleNamespace(nodes=lambda: nodes)
        graph.alias_db = lambda: SimpleNamespace(has_writers=lambda value: False)
        return SimpleNamespace(graph=graph)
class export:
    @staticmethod
    def load(path): return Model(path)
"""


def counts_of(session: Session) -> Set[Tuple[int, int]]:
    """Of tiles that are asked for all at once: how many ran, and with how many cores each."""
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda place: session.run([tile(1, 4, 8, 8)])[2], range(8)))
    return {(int(at_once), int(threads)) for at_once, threads in found}


class TestPyTorch:
    def test_whatever_else_it_says_is_a_sentence(self, tmp_path: Path) -> None:
        """A file beside the model may be what Python takes for PyTorch, and say anything."""
        (tmp_path / "torch.py").write_text("import os; os.write(1, b'nonsense'); os._exit(0)")
        with pytest.raises(RunningRefused, match="model-not-loaded"):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)

    @pytest.fixture(autouse=True)
    def _stand_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "torch.py").write_text(TORCH)
        root = str(FIXTURES.parents[1])
        monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{root}")

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    def test_runs_in_a_process_of_its_own_when_trusted(self, tmp_path: Path, model: str) -> None:
        session = session_of(tmp_path / "m", f"pytorch/{model}", trusted=True)
        assert session.runtime == "PyTorch 2.0.stand-in on the CPU"
        assert session.properties == {}
        assert session.freed() is session
        assert session.threads == 1
        pixels = tile(1, 4, 8, 8)
        results = session.run([pixels])
        assert np.array_equal(results[0], pixels[:, :2])
        assert results[0].dtype == np.float32
        assert np.array_equal(results[1], pixels[:, :2] > 0.5)
        with pytest.raises(RunningRefused, match=r"model-run-failed.*expected 4 channels"):
            session.run([tile(1, 3, 8, 8)])
        with pytest.raises(RunningRefused, match=r"model-run-failed.*a model that wants to end"):
            session.run([pixels + 1])
        # A model that refused a tile goes on.
        assert len(session.run([pixels])) == 3
        session.close()
        with pytest.raises(RunningRefused, match="model-run-failed"):
            session.run([pixels])

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    @pytest.mark.parametrize("installed", [True, False])
    def test_is_refused_unless_trusted(
        self, installed: bool, tmp_path: Path, model: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What else is missing is said at once, not after the next try."""
        monkeypatch.setitem(sys.modules, "torch", None)  # type: ignore[arg-type]
        if installed:
            torch = ModuleType("torch")
            torch.__spec__ = ModuleSpec("torch", None)
            monkeypatch.setitem(sys.modules, "torch", torch)
        with pytest.raises(RunningRefused, match=r"model-is-program.*--trust-model") as refused:
            session_of(tmp_path / "m", f"pytorch/{model}")
        assert ("pip install 'dl2ecd[torch]'" in str(refused.value)) is not installed

    @pytest.mark.parametrize(
        ("folder", "said"), [("refuse", "not a script"), ("crash", "its process ended")]
    )
    def test_failing_is_a_sentence(self, tmp_path: Path, folder: str, said: str) -> None:
        with pytest.raises(RunningRefused, match=f"model-not-loaded: PyTorch.*{said}"):
            session_of(tmp_path / folder, "pytorch/unet_scripted.pt", trusted=True)

    def test_ctrl_c_while_it_begins_ends_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun: List[Exchange] = []

        def interrupted(one: Exchange) -> None:
            begun.append(one)
            raise KeyboardInterrupt

        monkeypatch.setattr(Exchange, "hello", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)
        assert begun[0]._process.process.poll() is not None

    def test_without_the_extra_a_command_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "torch.py").write_text("raise ImportError('No module named torch')")
        with pytest.raises(RunningRefused, match=r"runtime-missing.*dl2ecd\[torch\]"):
            session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)

    @pytest.mark.parametrize("model", ["unet_scripted.pt", "softmax_exported.pt2"])
    def test_tiles_run_at_once_with_a_core_each(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
    ) -> None:
        """Each of the two waits until the other runs, too."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "together", f"pytorch/{model}", trusted=True)
        tiles = [tile(1, 4, 8, 8) / place for place in (1, 2)]
        with ThreadPoolExecutor(2) as pool:
            found = list(pool.map(lambda one: session.run([one]), tiles))
        for one, (result, _, counts) in zip(tiles, found):
            assert np.array_equal(result, one[:, :2])
            assert counts[1] == 1

    @pytest.mark.parametrize(
        ("folder", "model"),
        [
            ("keeps", "unet_scripted.pt"),
            ("keeps", "softmax_exported.pt2"),
            ("unclear", "unet_scripted.pt"),
        ],
    )
    def test_tiles_of_a_model_that_may_keep_something_run_one_by_one(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, model: str
    ) -> None:
        """With all cores."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 3)
        session = session_of(tmp_path / folder, f"pytorch/{model}", trusted=True)
        assert session.threads == 3
        assert session.threaded(2) is session
        assert counts_of(session) == {(1, 3)}

    def test_a_tile_may_have_several_cores(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In the process that there is; what is closed is the session that it was made of."""
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "m", "pytorch/unet_scripted.pt", trusted=True)
        shared = session.threaded(3)
        assert (session.threads, shared.threads) == (1, 3)
        assert counts_of(session) <= {(1, 1), (2, 1)}
        assert counts_of(shared) == {(1, 3)}
        assert counts_of(session) <= {(1, 1), (2, 1)}
        session.close()
        with pytest.raises(RunningRefused, match="model-run-failed"):
            shared.run([tile(1, 4, 8, 8)])

    def test_nobody_has_to_wait_for_a_tile(self, tmp_path: Path) -> None:
        """Which waits for another to come."""
        session = session_of(tmp_path / "together", "pytorch/unet_scripted.pt", trusted=True)
        with ThreadPoolExecutor(1) as pool:
            thread = pool.submit(threading.get_ident).result()
            waits = pool.submit(session.run, [tile(1, 4, 8, 8)])
            threading.Event().wait(0.2)
            session.threaded(2).stop([thread])
            with pytest.raises(RunningRefused, match=r"model-run-failed.*it was stopped"):
                waits.result()

    def test_whoever_waits_hears_that_the_process_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("dl2ecd_core.running.processes.cores.cores", lambda: 2)
        session = session_of(tmp_path / "together", "pytorch/unet_scripted.pt", trusted=True)
        with ThreadPoolExecutor(2) as pool:
            # This one waits for another to come.
            waits = pool.submit(session.run, [tile(1, 4, 8, 8)])
            falls = pool.submit(session.run, [-tile(1, 4, 8, 8)])
            for failed in (waits, falls):
                with pytest.raises(RunningRefused, match=r"model-run-failed.*its process ended"):
                    failed.result()

    def test_shapes_that_are_not_stated_are_those_of_images(self, tmp_path: Path) -> None:
        from dl2ecd_core.running.sessions.torch_session import TorchSession

        session = TorchSession(tmp_path / "a.pt", "torchscript", (), (Tensor("scores"),))
        assert session.inputs[0].axes == session.outputs[0].axes == "NCHW"
        assert session.outputs[0].name == "scores"


class TestFormats:
    @pytest.mark.parametrize(
        ("model", "said"),
        [
            ("pytorch/unet_state_dict.pth", "torch.onnx.export"),
            ("coreml/pixels.mlmodel", "coremltools"),
        ],
    )
    def test_that_nothing_runs_say_what_to_do(self, tmp_path: Path, model: str, said: str) -> None:
        with pytest.raises(RunningRefused, match=f"model-not-runnable.*{said}"):
            session_of(tmp_path, model)

    def test_are_known_ones(self) -> None:
        from dl2ecd_core.models.formats import FORMATS

        assert set(RUNTIMES) <= {item.id for item in FORMATS}


class TestWeightsAlone:
    """Of formats that otherwise hold networks."""

    @pytest.mark.parametrize(
        "name",
        [
            "keras/landcover_tf1_weights.h5",
            "keras/landcover_k3.weights.h5",
            "paddle/state.pdparams",
        ],
    )
    def test_say_what_to_save_instead(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(RunningRefused) as refused:
            session_of(tmp_path, name)
        (said,) = refused.value.findings
        assert said.rule == "model-not-runnable"
        assert said.message.startswith(f"'{Path(name).name}' holds weights alone")
        assert "model.save" in said.hint

    def test_a_damaged_network_is_told_as_such(self, tmp_path: Path) -> None:
        model = inspect_model(FIXTURES / "cntk" / "unet_same.model")
        path = tmp_path / "unet_same.model"
        path.write_bytes((FIXTURES / "cntk" / "unet_same.model").read_bytes()[:-400])
        with pytest.raises(Dl2EcdError) as refused:
            open_session(model, path)
        assert "model-not-runnable" not in [item.rule for item in refused.value.findings]


class TestNames:
    def test_of_tensorflow_have_more_to_them(self) -> None:
        described = (Tensor("image"), Tensor("mask"))
        names = [["mask:0"], ["serving_default_image:0", "x"]]
        assert [one and one.name for one in matched(names, described)] == ["mask", "image"]

    def test_that_are_made_up_go_by_their_order(self) -> None:
        described = (Tensor("a"), Tensor("b"))
        assert matched([["x"], ["y"]], described) == described

    def test_of_too_few_are_unknown(self) -> None:
        assert matched([["x"], ["y"]], (Tensor("a"),)) == (None, None)


arrays = st.builds(
    lambda shape, kind, seed: (np.random.default_rng(seed).random(shape) * 100).astype(kind),
    st.lists(st.integers(0, 4), max_size=4),
    st.sampled_from(["float32", "uint8", "int64", "bool"]),
    st.integers(0, 99),
)


class TestMessages:
    @given(st.lists(arrays, max_size=3))
    def test_arrive_as_they_were_sent(self, sent: List[np.ndarray]) -> None:
        stream = io.BytesIO()
        write_message(stream, Message(sent, about="x", number=7, threads=3))
        stream.seek(0)
        message = read_message(stream)
        assert message is not None
        assert (message.about, message.number, message.threads) == ("x", 7, 3)
        assert len(message.arrays) == len(sent)
        for one, other in zip(sent, message.arrays):
            assert one.dtype == other.dtype
            assert np.array_equal(one, other)

    def test_cut_short_are_none(self) -> None:
        stream = io.BytesIO()
        write_message(stream, Message([np.ones(9)]))
        assert read_message(io.BytesIO(stream.getvalue()[:-1])) is None
        assert read_message(io.BytesIO()) is None

    @pytest.mark.parametrize(
        "entry",
        [{"shape": [1 << 40], "type": "<f4"}, {"shape": [-1], "type": "<f4"},
         {"shape": [1], "type": "|O"}, {"shape": [0, 1 << 70], "type": "<f4"}],
    )  # fmt: skip
    def test_that_no_process_sends_are_refused(self, entry: object) -> None:
        line = json.dumps({"arrays": [entry]}).encode() + b"\n"
        with pytest.raises(ValueError, match="array"):
            read_message(io.BytesIO(line))

    @pytest.mark.parametrize(
        "line",
        ["[]", "3", "{}", '{"arrays": 3}', '{"arrays": [{"shape": [1], "type": "?!"}]}', "nonsense",
         '{"arrays": [], "number": 1e999}', '{"arrays": [], "number": []}', "[" * 99_999,
         '{"arrays": [{}]}', '{"arrays": [{"shape": ["a"], "type": "<f4"}]}'],
    )  # fmt: skip
    def test_lines_that_begin_none_are_refused(self, line: str) -> None:
        with pytest.raises(ValueError):
            read_message(io.BytesIO(line.encode() + b"\n"))


def test_a_model_of_pixels_takes_a_table(tmp_path: Path) -> None:
    session = session_of(tmp_path, "onnx/forest.onnx")
    made = scores_of(session, 4, "probabilities", 3)
    assert made.per_pixel
    pixels = tile(4, 3, 5) * 8
    result = made(pixels)
    assert result.shape == (3, 3, 5)
    alone = session.run([np.ascontiguousarray(pixels[:, 1, 2][None])])
    place = [tensor.name for tensor in session.outputs].index("probabilities")
    assert result[:, 1, 2] == pytest.approx(alone[place][0])
    assert fit_tiles(made).halo == 0


def test_a_model_that_is_not_whole_is_not_run(tmp_path: Path) -> None:
    with pytest.raises(Dl2EcdError):
        session_of(tmp_path, "caffe/fcn.caffemodel")


def test_a_tensor_of_another_rank_than_is_described_has_no_axes() -> None:
    from dl2ecd_core.models import Tensor as Described
    from dl2ecd_core.running.sessions.naming import tensor_of

    known = Described("a", (None, 3), "NC", "float32")
    assert tensor_of("x", (1, 2, 3), "float32", None).axes == "???"
    assert tensor_of("x", (1, 2, 3), "float32", known).axes == "???"
    assert tensor_of("x", (None, 3), "float32", known).axes == "NC"


def test_a_process_that_is_gone_is_ended_all_the_same() -> None:
    from dl2ecd_core.running.processes.child import ModuleProcess

    class Gone:
        ended = 0

        def close(self) -> None:
            assert Gone.ended == 2
            raise BrokenPipeError

        def kill(self) -> None:
            Gone.ended += 1

        def wait(self) -> None:
            Gone.ended += 1

    stream: Any = Gone()
    ModuleProcess(stream, stream, stream).end()
    assert Gone.ended == 2


def test_a_runtime_that_gives_up_without_a_word() -> None:
    """As LiteRT does for want of memory."""
    (said,) = run_failed("LiteRT 2.3.0 on the CPU", RuntimeError()).findings
    assert said.message.endswith("could not run the model: it does not say why.")
    assert "more memory" in said.hint


class TestNoRoomForTheNetworkAsOnnx:
    @pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES])
    def test_is_a_sentence_that_names_the_folder(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
    ) -> None:
        def fail(*arguments: Any) -> None:
            raise OSError(code, "what the system says")

        monkeypatch.setattr("dl2ecd_core.running.sessions.opening.write_onnx", fail)
        with pytest.raises(ConversionRefused) as refused:
            session_of(tmp_path, "cntk/unet_same.model")
        (said,) = refused.value.findings
        assert tempfile.gettempdir() in said.message
        assert ("TMPDIR" in said.hint) == (code == errno.ENOSPC)
        assert str(tmp_path) not in said.message

    def test_what_else_refuses_it_stays_what_it_is(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*arguments: Any) -> None:
            raise ConversionRefused([finding("network-not-convertible", "A reason.")])

        monkeypatch.setattr("dl2ecd_core.running.sessions.opening.write_onnx", fail)
        with pytest.raises(ConversionRefused, match=r"A reason\."):
            session_of(tmp_path, "cntk/unet_same.model")


class TestSharedTiles:
    """A runtime that takes several cores for one tile."""

    @pytest.mark.parametrize(
        ("needed", "names", "shape"),
        [
            ("onnxruntime", ("onnx/unet.onnx",), (1, 4, 96, 64)),
            ("openvino", ("openvino/softmax.xml", "openvino/softmax.bin"), (1, 4, 96, 64)),
            ("ai_edge_litert", ("tflite/softmax.tflite",), (1, 96, 64, 4)),
        ],
    )
    def test_give_the_same_bit_for_bit(
        self, tmp_path: Path, needed: str, names: Sequence[str], shape: Sequence[int]
    ) -> None:
        pytest.importorskip(needed)
        session = session_of(tmp_path, *names)
        free = session.freed()
        assert free is not None
        pixels = tile(*shape)
        expected = free.run([pixels])[0]
        for count in (2, 3, 5):
            shared = free.threaded(count)
            assert (free.threads, shared.threads) == (1, count)
            assert np.array_equal(shared.run([pixels])[0], expected)
            assert (shared.inputs, shared.outputs) == (free.inputs, free.outputs)
            assert (shared.runtime, shared.properties) == (free.runtime, free.properties)
            assert shared.batch == 1
            shared.close()

    def test_take_turns(self) -> None:
        """What two runs hold at a time is more than there may be room for."""
        running: List[int] = []
        most: List[int] = []

        def give(image: np.ndarray) -> np.ndarray:
            running.append(1)
            most.append(len(running))
            threading.Event().wait(0.01)
            running.pop()
            return image

        shared = TakingTurns(Made([], [], give), 4)
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda count: shared.run([np.full(1, count)])[0][0], range(8)))
        assert (found, max(most)) == (list(range(8)), 1)

    def test_are_stopped_as_the_session_is_that_runs(self) -> None:
        class Asked(Made):
            def stop(self, threads: Any) -> None:
                asked.append(threads)

        asked: List[Any] = []
        TakingTurns(Asked([], [], None), 2).stop({5})
        assert asked == [{5}]

    def test_may_be_shared_by_more_or_freed(self, tmp_path: Path) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        shared = session.threaded(2)
        assert shared.threaded(3).threads == 3
        free = shared.freed()
        assert free is not None
        assert free.inputs[0].size_of("H") is None


class TestStopping:
    """A run that takes long ends when somebody asks for that; the session goes on."""

    @pytest.mark.parametrize(("own", "ends"), [(True, True), (False, False)])
    def test_onnx_runtime_ends_between_two_operations(
        self, own: bool, ends: bool, tmp_path: Path
    ) -> None:
        session = session_of(tmp_path, "onnx/unet.onnx")
        assert isinstance(session, OnnxSession)
        pixels = tile(1, 4, 16, 16)
        expected = session.run([pixels])[0]
        runtime = session._session

        class Stopped:
            def run(self, *arguments: Any) -> Any:
                session.stop({threading.get_ident() + (not own)})
                return runtime.run(*arguments)

            def __getattr__(self, name: str) -> Any:
                return getattr(runtime, name)

        session._session = Stopped()
        if ends:
            with pytest.raises(RunningRefused, match="terminate"):
                session.run([pixels])
        else:
            assert np.array_equal(session.run([pixels])[0], expected)
        session._session = runtime
        assert np.array_equal(session.run([pixels])[0], expected)

    def test_openvino_cancels_a_request(self, tmp_path: Path) -> None:
        class Request:
            def __init__(self) -> None:
                self.began, self.cancelled = threading.Event(), threading.Event()

            def start_async(self, *arguments: Any, **more: Any) -> None:
                self.began.set()

            def wait(self) -> None:
                assert self.cancelled.wait(60)
                raise RuntimeError("Infer Request was canceled")

            def cancel(self) -> None:
                self.cancelled.set()

        pytest.importorskip("openvino")
        session: Any = session_of(tmp_path, "openvino/softmax.xml", "openvino/softmax.bin")
        request = Request()
        session._idle.put(request)
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(session.run, [tile(1, 3, 8, 8)])
            assert request.began.wait(60)
            session.stop({threading.get_ident()})
            assert not request.cancelled.is_set()
            session.stop(set(session._running))
            with pytest.raises(RunningRefused, match="canceled"):
                future.result()
        assert not session._running

    def test_what_a_runtime_can_not_stop_goes_on(self) -> None:
        RuntimeSession((), ()).stop({threading.get_ident()})
