"""LiteRT behind the interface of sessions."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.litert_session import LiteRtSession
from tests.conftest import FIXTURES
from tests.running.sessions.loading import CLOSE, difference, session_of, tile


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
