"""Detecting, beside inference alone; suppression, beside the plain rule; memory over rows."""

from __future__ import annotations

import importlib.util
import statistics
from math import isqrt
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Tuple

from .measuring import GIB, MIB, Row, Setting, worker

#: Columns and rows of a scene for goals; benchmarks of a smaller size take smaller ones.
_SIDE = 6000
#: Boxes that are suppressed at once.
_BOXES = 50_000
_NEEDED = ("numpy", "rasterio", "onnxruntime", "shapely", "pyogrio", "onnx")


def detecting(setting: Setting) -> Iterator[Row]:
    """Time over the same tiles' inference, peak of memory, and both over rows."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        yield Row("detect", "detect", None, "x", 1.3, f"{', '.join(missing)} not installed")
        return
    share = min(setting.size / GIB, 1.0)
    count = max(int(_BOXES * share), 500)
    found, _ = worker("suppression", count)
    note = f"{found['kept']:.0f} stay; the plain rule takes {found['plain']:.2f} s"
    yield Row("detect", f"suppression of {count} boxes", found["seconds"], "s", 0.5, note)
    yield Row("detect", "boxes that differ from the plain rule", found["different"], "", 0)
    side = max(256, isqrt(int(_SIDE * _SIDE * share)))
    scene, model = setting.folder / "scene.tif", setting.folder / "detector" / "yolo.onnx"
    # Of tiny scenes a small network is enough to see that it runs.
    worker("detector", model, 640 if setting.size >= MIB else 64)
    worker("scene_of_objects", scene, side, side)
    out = setting.folder / "objects.gpkg"
    yield from _over_inference(setting, scene, model, out)
    yield from _memory(side, scene, model, out)
    for path in (model, model.parent / "classes.json", out, out.with_suffix(".qml")):
        path.unlink()
    model.parent.rmdir()


def _over_inference(setting: Setting, scene: Path, model: Path, out: Path) -> Iterator[Row]:
    ours: List[Dict[str, float]] = []
    bare: List[Dict[str, float]] = []
    peak: Optional[float] = None
    for _ in range(setting.rounds):
        figures, peak = worker("detect", scene, model, out)
        ours.append(figures)
        bare.append(worker("detect_inference", model, int(figures["tiles"]))[0])
    walls = [one["wall"] / other["wall"] for one, other in zip(ours, bare)]
    cpus = statistics.median(one["cpu"] / other["cpu"] for one, other in zip(ours, bare))
    note = (
        f"{statistics.median(one['wall'] for one in ours):.2f} s, {ours[0]['objects']:.0f} objects "
        f"in {ours[0]['tiles']:.0f} tiles; {cpus:.2f} in processor time"
    )
    what = "over the same tiles' inference"
    yield Row("detect", what, statistics.median(walls), "x", 1.3, note)
    yield Row("detect", "peak of memory", peak, "MiB", 400)


def _memory(side: int, scene: Path, model: Path, out: Path) -> Iterator[Row]:
    """Peaks of a scene of four times as many rows."""
    peaks: List[Tuple[int, float]] = []
    for rows in (side // 2, 2 * side):
        scene.unlink()
        worker("scene_of_objects", scene, side, rows)
        _, peak = worker("detect", scene, model, out)
        peaks.append((rows, peak or 0.0))
    scene.unlink()
    (few, low), (_, high) = peaks
    note = f"{few} rows: {low:.0f} MiB, four times as many: {high:.0f}"
    yield Row("detect", "peak, four times the rows", high / low if low else None, "x", 1.1, note)
