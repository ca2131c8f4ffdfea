"""The benchmarks run; how fast things are is not a test's business."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

import pytest

from tests.conftest import FIXTURES

from . import against_peers
from .__main__ import main
from .against_peers import PEERS
from .benches import BENCHMARKS
from .measuring import Setting

UNET = FIXTURES / "onnx" / "unet.onnx"


def test_every_benchmark_runs_on_a_tiny_size(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    arguments = ["--size", "256K", "--rounds", "1", "--folder", str(tmp_path)]
    rows = main([*arguments, "--json", str(results)])
    assert {row.benchmark for row in rows} == set(BENCHMARKS)
    assert len(json.loads(results.read_text("utf-8"))["rows"]) == len(rows)
    # Nothing big stays behind.
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


class TestPeers:
    def test_those_that_are_absent_are_rows_with_a_reason(self, tmp_path: Path) -> None:
        pytest.importorskip("onnxruntime")
        nowhere = {peer.key: str(tmp_path / "absent" / "python") for peer in PEERS}
        setting = Setting(tmp_path, size=1, rounds=1, pythons=nowhere)
        first, *rows = against_peers.against_peers(setting, UNET)
        assert (first.what, first.measured) == ("pixels that differ from one pass", 0)
        assert [(row.measured, row.goal) for row in rows] == [
            (None, 0.35),
            (None, 0.35),
            (None, 0.25),
        ]
        assert all("No such file" in row.note for row in rows)
        assert not list(tmp_path.iterdir())

    def test_those_that_are_present_are_measured_against_us(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """In place of a peer stands one that gives back the scene's first band."""
        pytest.importorskip("onnxruntime")

        def stand_in(
            setting: Setting, folder: str, name: str, *arguments: object
        ) -> Tuple[Dict[str, Any], Optional[float]]:
            del setting
            scene, _, out, classes, tile = arguments
            assert (folder, classes, tile) == ("peers", 2, 16)
            shutil.copy(str(scene), str(out))
            took = {"wall": 1e6, "cpu": 6000.0, "imports": 5e5}
            return {**took, "version": "1.2", "how": f"as {name} does"}, 12.0

        monkeypatch.setattr(against_peers, "side_script", stand_in)
        _, *rows = against_peers.against_peers(Setting(tmp_path, size=1, rounds=2), UNET)
        assert [row.what for row in rows] == [f"over {peer.title} 1.2" for peer in PEERS]
        for row, peer in zip(rows, PEERS):
            assert row.met
            assert "to its 1000000.00, 500000.00 of which are imports" in row.note
            assert "its peak 12 MiB" in row.note
            assert row.note.endswith(f"as {peer.key} does")
            # Next to none of a band's pixels happen to be 0 or 1 as the model would have them.
            assert int(row.note.split("MiB; ")[1].split(" of")[0]) > 60_000
        assert not list(tmp_path.iterdir())
