"""Classifying scenes, beside inference alone, the loop that people write themselves, and peers."""

from __future__ import annotations

import importlib.util
import statistics
from math import isqrt
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from tests.conftest import FIXTURES, SHARED_MODELS

from .against_peers import against_peers
from .heavy_net import write_heavy_net
from .measuring import GIB, MIB, Row, Setting, worker

#: Columns and rows of a scene for goals; benchmarks of a smaller size take smaller ones.
SIDE = 8000
#: A light network as people have it; where it is absent, a smaller one that comes with the tests.
LIGHT = SHARED_MODELS / "generated" / "torch" / "landcover_unet_ts.onnx"
_NEEDED = ("numpy", "rasterio", "onnxruntime", "onnx")


def running(setting: Setting) -> Iterator[Row]:
    """Time over inference alone, over a plain loop, and memory over rows."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield Row("run", "classify", None, "x", 1.3, f"{', '.join(missing)} not installed")
        return
    side = max(256, isqrt(int(SIDE * SIDE * setting.size / GIB)))
    scene, out = setting.folder / "scene.tif", setting.folder / "map.tif"
    worker("scene", scene, side, side)
    light = LIGHT if LIGHT.exists() else FIXTURES / "onnx" / "unet.onnx"
    heavy = setting.folder / "heavy.onnx"
    write_heavy_net(heavy)
    # Of a heavy net both take what inference takes, a loop with seams and without margins.
    models = [("light net", light, 1.3, 0.75), ("1 us a pixel", heavy, 1.1, None)]
    # Of tiny scenes one is enough to see that it runs.
    for name, model, goal, over_loop in models if setting.size >= MIB else models[:1]:
        found: Dict[str, List[Dict[str, float]]] = {"inference": [], "classify": [], "loop": []}
        peak: Optional[float] = None
        out.unlink(missing_ok=True)
        for _ in range(setting.rounds):
            for task, measured in found.items():
                target = out.with_name("loop.tif") if task == "loop" else out
                figures, high = worker(task, scene, model, target)
                measured.append(figures)
                peak = high if task == "classify" else peak
        yield _over(f"{name}: over the same tiles' inference", found, "inference", goal)
        yield _over(f"{name}: over inference without overlap", found, "inference", None, "bare")
        yield _over(f"{name}: over rasterio and a loop", found, "loop", over_loop)
        yield Row("run", f"{name}: peak of memory", peak, "MiB", 300)
    for path in (scene, heavy, out.with_name("loop.tif")):
        path.unlink()
    yield from against_peers(setting, light)
    yield from _memory(setting, side, light, scene, out)


def _over(
    what: str,
    found: Dict[str, List[Dict[str, float]]],
    base: str,
    goal: Optional[float],
    key: str = "wall",
) -> Row:
    """The median of the rounds' ratios by the clock; in the note the same in processor time."""
    walls = [_share(one, other, key) for one, other in zip(found["classify"], found[base])]
    cpus = [
        one["cpu"] / other["bare_cpu" if key == "bare" else "cpu"]
        for one, other in zip(found["classify"], found[base])
    ]
    seconds = statistics.median(one["wall"] for one in found["classify"])
    note = f"{seconds:.2f} s; {statistics.median(cpus):.2f} in processor time"
    return Row("run", what, statistics.median(walls), "x", goal, note)


def _share(one: Dict[str, float], other: Dict[str, float], key: str) -> float:
    return one["wall"] / other[key]


def _memory(setting: Setting, side: int, model: Path, scene: Path, out: Path) -> Iterator[Row]:
    """Peaks of a scene of ten times as many rows."""
    peaks: List[Tuple[int, float]] = []
    for rows in (side, 10 * side):
        worker("scene", scene, side, rows)
        _, peak = worker("classify", scene, model, out)
        peaks.append((rows, peak or 0.0))
        scene.unlink()
    for left in setting.folder.glob(f"{out.name}*"):
        left.unlink()
    (few, low), (many, high) = peaks
    note = f"{few} rows: {low:.0f} MiB"
    yield Row("run", f"peak of {side} columns, {many} rows", high, "MiB", 300, note)
    yield Row("run", "peak, ten times the rows", high / low if low else None, "x", 1.1, note)
