"""Signals that ask a command to stop: whom they reach, and how often they are heard."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Iterator, List

import pytest

from dl2ecd_core.cli.stopping import Terminated, hear_interruptions, hear_terminations
from tests.cli.test_parent_dies import SLOWED
from tests.conftest import NO_POSIX, hears_ctrl_c

ROOT = Path(__file__).parents[2]
SIGNALS = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[List[float]]:
    """What time it is; afterwards this process hears signals as before."""
    now = [0.0]
    monkeypatch.setattr("dl2ecd_core.cli.stopping.time.monotonic", lambda: now[0])
    before = [signal.getsignal(number) for number in SIGNALS]
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield now
    for number, handler in zip(SIGNALS, before):
        signal.signal(number, handler)


@pytest.mark.parametrize(
    ("number", "meaning"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)]
)
def test_what_is_passed_on_at_once_is_the_same_request(
    clock: List[float], number: int, meaning: Any
) -> None:
    hear_interruptions()
    hear_terminations()
    with pytest.raises(meaning):
        signal.raise_signal(number)
    clock[0] = 0.5
    signal.raise_signal(number)
    # Who asks once more, means it.
    clock[0] = 1.5
    with pytest.raises(meaning):
        signal.raise_signal(number)


def test_what_ignores_ctrl_c_goes_on_to(clock: List[float]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hear_interruptions()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


@pytest.mark.skipif(NO_POSIX, reason="sends signals as POSIX systems do")
@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("rasterio", "onnxruntime"))),
    reason="needs what the extra run brings",
)
@pytest.mark.parametrize("everyone", [False, True], ids=["to the command", "to both processes"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_both_processes_of_a_run_end(
    tmp_path: Path, everyone: bool, number: int, code: int
) -> None:
    from dl2ecd_core.running.maps.part_file import folder_of
    from tests.running.scenes import fixture, pixels, write_classes, write_scene

    scene = write_scene(tmp_path / "scene.tif", pixels(1500, 1500))
    model = fixture("unet", tmp_path / "model")
    classes = write_classes(tmp_path / "classes.json", (100, 200))
    out, site = tmp_path / "map.tif", tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(SLOWED, encoding="utf-8")
    command = [sys.executable, "-m", "dl2ecd_core.cli", "classify"]
    with subprocess.Popen(
        [*command, *map(str, (scene, model, classes, out)), "--scale", "min-max 0 255"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(site), str(ROOT)]),
            "TMPDIR": str(tmp_path),
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=hears_ctrl_c,
        start_new_session=True,
    ) as parent:
        values = folder_of(out) / "values"
        while not values.exists():
            assert parent.poll() is None
            time.sleep(0.01)
        (os.killpg if everyone else os.kill)(parent.pid, number)
        # Its end comes when the last process that may write there is gone.
        said, told = parent.communicate(timeout=600)
    assert (parent.returncode, said) == (code, b"")
    assert told.startswith(b"Cancelled; no output was left half-written.")
    assert told.count(b"\n") == 1
    left = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert left - {folder_of(out).name} == {"model", "site"}
    assert not out.exists()
    if number == signal.SIGINT:
        assert not folder_of(out).exists()
