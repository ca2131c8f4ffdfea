"""The command line without its script on the path."""

from __future__ import annotations

import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from dl2ecd_core.version import __version__

MODULES = pytest.mark.parametrize("module", ["dl2ecd_core", "dl2ecd_core.cli"])


@MODULES
def test_a_module_is_the_command_line(
    module: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [module, "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module(module, run_name="__main__")
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"dl2ecd {__version__}\n"


@MODULES
def test_as_a_module(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--version"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=600,
        check=True,
    )
    assert done.stdout == f"dl2ecd {__version__}\n"
