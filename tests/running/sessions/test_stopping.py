"""Runs that are stopped while they compute."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dl2ecd_core.running.extras import RunningRefused
from dl2ecd_core.running.sessions.base import RuntimeSession
from dl2ecd_core.running.sessions.onnx_session import OnnxSession
from tests.running.sessions.loading import session_of, tile


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
