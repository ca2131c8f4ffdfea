"""ONNX Runtime behind the interface of sessions."""

from __future__ import annotations

import errno
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, List, Sequence

import numpy as np
import pytest

from dl2ecd_core.findings.errors import ConversionRefused
from dl2ecd_core.findings.rules import finding
from dl2ecd_core.models import inspect_model
from dl2ecd_core.models.networks import read_network
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions import onnx_session
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from dl2ecd_core.running.sessions.onnx_sizes import freed_model
from dl2ecd_core.running.sessions.opening import open_session
from dl2ecd_core.running.sessions.scores import scores_of
from dl2ecd_core.running.tiles.fitting import fit_tiles
from dl2ecd_core.wire.source import ByteSource
from tests.conftest import FIXTURES
from tests.running.random_networks import Conv, Level, Net, write
from tests.running.sessions.loading import session_of, tile


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
