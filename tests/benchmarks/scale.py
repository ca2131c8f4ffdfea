"""Classifying on a cluster: over one machine with the same cores, and how it grows with workers."""

from __future__ import annotations

import importlib.util
import statistics
from math import isqrt
from typing import Dict, Iterator, List

from . import big_models
from .big_models import Chain
from .measuring import GIB, MIB, Row, Setting, worker

#: Columns and rows of a scene for goals; benchmarks of a smaller size take smaller ones.
_SIDE = 8000
#: Of about a microsecond a pixel: layers and channels.
_HEAVY = Chain(10, 64)
_NEEDED = ("numpy", "rasterio", "onnxruntime", "distributed")
#: At least 95 % of the workers' time is work.
_EFFICIENT = 1 / 0.95


def scale(setting: Setting) -> Iterator[Row]:
    """Time over one machine, over the work alone, and memory over tasks."""
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        note = f"{', '.join(missing)} not installed"
        yield Row("scale", "over one machine", None, "x", 1.15, note)
        return
    yield from _over_one_machine(setting)
    large = setting.size >= MIB
    for kind, counts in (("threads", (1, 2, 4, 8, 64)), ("processes", (1, 2, 4, 8))):
        for workers in counts if large else counts[1:2] if kind == "threads" else ():
            seconds, rounds = ("1", "10") if large else ("0.01", "3")
            figures, _ = worker("sleeping", workers, kind, seconds, rounds)
            share = figures["wall"] / figures["ideal"]
            note = f"{1 / share:.1%} of their time is work"
            goal = _EFFICIENT if large else None
            yield Row("scale", f"{workers} {kind}, tasks of {seconds} s", share, "x", goal, note)
    few, many = (2_000, 20_000) if large else (50, 100)
    figures = {count: worker("flood", count)[0] for count in (few, many)}
    per_task = figures[many]["per_task"]
    note = f"of a processor, for client, scheduler and worker; {many:,} tasks of no time"
    yield Row("scale", "scheduling, a task", per_task, "ms", None, note)
    ratio = figures[many]["peak"] / figures[few]["peak"]
    note = f"{figures[many]['peak']:.0f} MiB with scheduler and workers"
    yield Row("scale", f"peak, {many:,} tasks over {few:,}", ratio, "x", 1.25, note)
    found, _ = worker("million", 1_000_000 if large else 10_000)
    note = f"{found['windows']:,.0f} windows in {found['wall']:.1f} s"
    yield Row("scale", "peak of making windows", found["peak"], "MiB", 1, note)


def _over_one_machine(setting: Setting) -> Iterator[Row]:
    side = max(256, isqrt(int(_SIDE * _SIDE * setting.size / GIB)))
    scene, model = setting.folder / "scene.tif", setting.folder / "heavy.onnx"
    worker("scene", scene, side, side)
    # Of tiny scenes it is enough to see that it runs.
    big_models.write_onnx(model, _HEAVY if setting.size >= MIB else Chain(2, 8))
    found: Dict[str, List[Dict[str, float]]] = {"classify": [], "clustered": []}
    for _ in range(setting.rounds):
        for task, measured in found.items():
            measured.append(worker(task, scene, model, setting.folder / f"{task}.tif")[0])
    walls, cpus = (
        statistics.median(
            many[key] / one[key] for many, one in zip(found["clustered"], found["classify"])
        )
        for key in ("wall", "cpu")
    )
    one, many, start = (
        statistics.median(figures[key] for figures in found[task])
        for task, key in (("classify", "wall"), ("clustered", "wall"), ("clustered", "start"))
    )
    note = (
        f"{many:.1f} s over {one:.1f} s, {cpus:.2f} in processor time; {start:.1f} s to start "
        "the cluster"
    )
    same = (setting.folder / "classify.tif").read_bytes() == (
        setting.folder / "clustered.tif"
    ).read_bytes()
    if not same:
        raise SystemExit("the maps differ")
    what, goal = "1 us a pixel, over one machine", 1.15 if setting.size >= MIB else None
    yield Row("scale", what, walls, "x", goal, note)
    for pattern in ("scene.tif", "heavy.onnx", "classify.*", "clustered.*"):
        for path in setting.folder.glob(pattern):
            path.unlink()
