"""The command line without its script on the path."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dl2ecd_core.version import __version__


@pytest.mark.parametrize("module", ["dl2ecd_core", "dl2ecd_core.cli"])
def test_as_a_module(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == f"dl2ecd {__version__}\n"
