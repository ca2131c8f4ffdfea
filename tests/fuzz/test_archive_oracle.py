"""A short run: PyTorch's own zip reader takes the entry that is looked at here."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from .archive_oracle import ArchiveOracle

if importlib.util.find_spec("torch") is None:
    pytest.skip("PyTorch is not installed", allow_module_level=True)


def test_pytorch_takes_the_entry_that_is_looked_at(tmp_path: Path) -> None:
    oracle = ArchiveOracle(seed=0, failures=tmp_path / "misses")
    oracle.run(500)
    assert oracle.misses == []
    assert oracle.same > 20
