"""A tile that several cores share."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, List, Sequence

import numpy as np
import pytest

from dl2ecd_core.running.sessions.taking_turns import TakingTurns
from tests.running.sessions.loading import session_of, tile
from tests.running.sessions.test_scores import Made


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
