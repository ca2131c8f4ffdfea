"""The benchmarks run; how fast things are is not a test's business."""

from __future__ import annotations

import json
from pathlib import Path

from .__main__ import main
from .benches import BENCHMARKS


def test_every_benchmark_runs_on_a_tiny_size(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    arguments = ["--size", "256K", "--rounds", "1", "--folder", str(tmp_path)]
    rows = main([*arguments, "--json", str(results)])
    assert {row.benchmark for row in rows} == set(BENCHMARKS)
    assert len(json.loads(results.read_text("utf-8"))["rows"]) == len(rows)
    # Nothing big stays behind.
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
