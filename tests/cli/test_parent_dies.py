"""The process that runs a model ends with the command that started it, however that ends."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, List

import pytest

from dl2ecd_core.running.processes import child
from tests.conftest import NO_POSIX

ROOT = Path(__file__).parents[2]
#: Python runs this first: a tile takes so long that a run is not done before it is killed.
SLOWED = """
import os, time
if "DL2ECD_INSIDE" in os.environ:
    from dl2ecd_core.running.classifier import Classifier
    quick = Classifier.scores
    Classifier.scores = lambda self, block: time.sleep(0.5) or quick(self, block)
"""


@pytest.mark.skipif(NO_POSIX, reason="kills as POSIX systems do")
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("rasterio", "onnxruntime"))),
    reason="needs what the extra run brings",
)
def test_a_killed_command_leaves_nothing_running_and_is_gone_on_with(tmp_path: Path) -> None:
    from dl2ecd_core.running.building import Options
    from dl2ecd_core.running.classify import classify
    from dl2ecd_core.running.maps.part_file import folder_of
    from tests.running.scenes import fixture, opened, pixels, write_classes, write_scene

    scene = write_scene(tmp_path / "scene.tif", pixels(1500, 1500))
    model = fixture("unet", tmp_path / "model")
    classes = write_classes(tmp_path / "classes.json", (100, 200))
    out, whole = tmp_path / "map.tif", tmp_path / "whole.tif"
    scale = ["--scale", "min-max 0 255"]
    command = [sys.executable, "-m", "dl2ecd_core.cli", "classify"]
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(SLOWED, encoding="utf-8")
    path = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])
    with subprocess.Popen(
        [*command, *map(str, (scene, model, classes, out)), *scale],
        env={**os.environ, "PYTHONPATH": path, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
    ) as parent:
        part = folder_of(out)
        while not (part / "values").exists():
            assert parent.poll() is None
            time.sleep(0.01)
        parent.kill()
        assert parent.stdout is not None
        # Its end comes when the last process that may write there is gone.
        assert parent.stdout.read() == b""
    assert parent.returncode == -signal.SIGKILL
    assert not out.exists()
    # The model's private copy was tidied away.
    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert left - {part.name} == {"model", "site"}
    options = Options(scale=["min-max 0 255"])
    for target in (out, whole):
        classify(scene, model, target, class_info=classes, options=options)
    with opened(out) as one, opened(whole) as other:
        assert (one.read(1) == other.read(1)).all()
    assert not part.exists()


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> List[Any]:
    """How this process would have been ended."""
    told: List[Any] = []
    monkeypatch.setattr(os, "kill", lambda process, number: told.append((process, number)))
    monkeypatch.setattr(os, "_exit", told.append)
    monkeypatch.setattr(child, "_PATIENCE", 0)
    return told


@pytest.fixture
def pipe() -> Any:
    """Standard input as a pipe; the end that the parent holds."""
    before = os.dup(0)
    reader, writer = os.pipe()
    os.dup2(reader, 0)
    os.close(reader)
    yield writer
    os.dup2(before, 0)
    os.close(before)


def test_it_is_asked_to_end_and_then_ended(
    monkeypatch: pytest.MonkeyPatch, ended: List[Any], pipe: int
) -> None:
    monkeypatch.setenv("DL2ECD_ENDS_WITH_PARENT", "1")
    child.end_with_parent()
    (watching,) = (one for one in threading.enumerate() if one.name == "dl2ecd-parent")
    assert watching.daemon
    assert ended == []
    # Whatever it starts is not watched for, and has nothing to read.
    assert "DL2ECD_ENDS_WITH_PARENT" not in os.environ
    assert os.read(0, 1) == b""
    os.close(pipe)
    watching.join()
    assert ended == [(os.getpid(), signal.SIGTERM), 1]


def test_a_process_that_someone_else_started_is_left_alone(
    monkeypatch: pytest.MonkeyPatch, ended: List[Any]
) -> None:
    monkeypatch.delenv("DL2ECD_ENDS_WITH_PARENT", raising=False)
    child.end_with_parent()
    assert [one for one in threading.enumerate() if one.name == "dl2ecd-parent"] == []
