"""OpenVINO behind the interface of sessions."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import List

import numpy as np
import pytest

from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.scores import scores_of
from tests.running.sessions.loading import CLOSE, difference, session_of, tile


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
