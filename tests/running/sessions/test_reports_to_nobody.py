"""ONNX Runtime tells its maker what is run, unless told not to: nothing leaves this machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Dict, List

import onnxruntime
import pytest

from dl2ecd_core.running.sessions.onnx_runtime import onnx_runtime
from tests.conftest import FIXTURES

ROOT = Path(__file__).parents[3]
VARIABLE = "ORT_DISABLE_TELEMETRY"

#: The library writes a file beside others' temporary files as soon as it gets ready to report.
SESSION = """
import sys
from pathlib import Path
from dl2ecd_core.models import inspect_model
from dl2ecd_core.running.sessions.opening import open_session
path = Path(sys.argv[1])
open_session(inspect_model(path), path).close()
"""
PACKED = """
import sys
from dl2ecd_core.adaptors.alone.shared import opened_session
opened_session(sys.argv[1], None)
"""


def environment(folder: Path) -> Dict[str, str]:
    """A machine that runs no tests: there it would not report either."""
    hushed = (VARIABLE, "ORT_RUNNING_UNIT_TESTS", "CI", "GITHUB_ACTIONS", "PYTEST_CURRENT_TEST")
    kept = {name: value for name, value in os.environ.items() if name not in hushed}
    return {**kept, "TMPDIR": str(folder), "HOME": str(folder), "XDG_CACHE_HOME": str(folder)}


@pytest.mark.parametrize("code", [SESSION, PACKED])
def test_a_session_leaves_nothing_to_report(tmp_path: Path, code: str) -> None:
    model = str(FIXTURES / "onnx" / "unet.onnx")
    subprocess.run(
        [sys.executable, "-c", code, model], cwd=ROOT, env=environment(tmp_path), check=True
    )
    assert list(tmp_path.iterdir()) == []


def test_it_is_told_before_it_is_loaded_and_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    told: List[bool] = []
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(onnxruntime, "disable_telemetry_events", lambda: told.append(True))
    assert onnx_runtime() is onnxruntime
    assert os.environ[VARIABLE] == "1"
    assert told == [True]


def test_what_a_person_sets_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "0")
    monkeypatch.delattr(onnxruntime, "disable_telemetry_events")
    onnx_runtime()
    assert os.environ[VARIABLE] == "0"
