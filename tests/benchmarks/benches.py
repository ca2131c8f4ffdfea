"""The benchmarks: what is measured, beside what, and the goal for it."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple
from unittest import mock

from dl2ecd_core.conversion import convert
from dl2ecd_core.ecd import payload
from dl2ecd_core.models import inspect_model

from . import big_models
from .big_models import Chain
from .detecting import detecting
from .measuring import (
    MIB,
    ROOT,
    Absent,
    Cost,
    Row,
    Setting,
    cost,
    cost_of_fsync,
    framework,
    hashed,
    idle_interpreter,
    in_turn,
    one_core,
    ratio,
    seconds,
    worker,
    written,
)
from .networks import networks
from .on_cuda import on_cuda
from .running import running
from .scale import scale

Rows = Iterator[Row]


def class_document(path: Path, count: int = 2) -> Path:
    """Class information for the models of this folder."""
    classes = [
        {"Value": value, "Name": f"Class {value}", "Color": [value % 256, value // 256 % 256, 9]}
        for value in range(1, count + 1)
    ]
    document = {
        "ImportDeepLearningModelToEsriExtraInfo": 0,
        "Version": 1,
        "Classifier": "PyTorch",
        "NumberRasterBands": 4,
        "MiniBatchSize": 16,
        "Classes": classes,
    }
    path.write_text(json.dumps(document), encoding="ascii")
    return path


def conversions(setting: Setting) -> Rows:
    """Converting, beside SHA-256 over the same file and writing the same bytes alone."""
    model = setting.folder / "convert.safetensors"
    ecd = setting.folder / "convert.ecd"
    other = setting.folder / "convert.other"
    classes = class_document(setting.folder / "convert.json")
    big_models.write_safetensors(model, Chain.of_size(setting.size))
    convert(model, classes, ecd)
    size = ecd.stat().st_size
    ecd.unlink()
    fsyncs: List[float] = []

    def converted(storage: str) -> Cost:
        with cost_of_fsync() as spent:
            taken = cost(lambda: convert(model, classes, ecd, storage=storage))
        ecd.unlink()
        for waited in spent:
            taken = taken.less(waited)
        if storage == "embedded":
            fsyncs.append(sum(waited.wall for waited in spent))
        return taken

    def without_extra() -> Cost:
        with mock.patch.object(payload, "_encode_fast", None):
            return converted("embedded")

    actions: Dict[str, Callable[[], Cost]] = {
        "sha": lambda: hashed(model),
        "write": lambda: written(other, size),
        "slow": without_extra,
        "reference": lambda: converted("referenced"),
    }
    fast = payload._encode_fast is not None
    if fast:
        actions["fast"] = lambda: converted("embedded")
    if hasattr(os, "sched_setaffinity"):
        actions["sha, one core"] = lambda: _on_one_core(lambda: hashed(model))
        actions["write, one core"] = lambda: _on_one_core(lambda: written(other, size))
        actions["fast, one core"] = lambda: _on_one_core(lambda: converted("embedded"))
    hashed(model)
    found = in_turn(setting.rounds, actions)
    model.unlink()

    lacking = "pybase64 is not installed"
    several = (os.cpu_count() or 1) > 1
    at_once = _larger if several else _together
    yield from _beside(
        found, "fast", "embedded, fast extra", at_once, 1.25 if several else 1.4, lacking
    )
    yield from _beside(
        found,
        "fast, one core",
        "embedded, one core",
        _together,
        1.4 if fast else None,
        "no way to stay on one core here",
        ", one core",
    )
    yield from _beside(found, "slow", "embedded, without the extra", _larger, 2)
    yield from _beside(found, "reference", "referenced", _hashing, 1.1)
    for what in ("sha", "write"):
        rate = size if what == "write" else setting.size
        walls, cpus = zip(*found[what])
        note = f"{_median(walls):.2f} s, {_median(cpus):.2f} s of processor time"
        yield Row("convert", f"{what} alone", rate / _median(walls) / MIB, "MiB/s", None, note)
    yield Row("convert", "fsync, left out above", _median(fsyncs), "s", None)


Sticks = Callable[[float, float], float]


def _larger(sha: float, write: float) -> float:
    """Both at once, on two cores: no less than the larger."""
    return max(sha, write)


def _together(sha: float, write: float) -> float:
    """One after the other, on one core."""
    return sha + write


def _hashing(sha: float, write: float) -> float:
    """Nothing is written but the document."""
    del write
    return sha


def _beside(
    found: Mapping[str, List[Cost]],
    action: str,
    what: str,
    sticks: Sticks,
    goal: Optional[float],
    why: str = "",
    cores: str = "",
) -> Rows:
    """A conversion beside hashing and writing: by the clock, and in processor time."""
    if action not in found:
        yield Row("convert", what, None, "x", goal, why)
        return
    taken, sha, write = found[action], found[f"sha{cores}"], found[f"write{cores}"]
    walls = [sticks(one.wall, other.wall) for one, other in zip(sha, write)]
    note = (
        f"{_median([item.wall for item in taken]):.2f} s; sha256 "
        f"{_median([item.wall for item in sha]):.2f} s, writing "
        f"{_median([item.wall for item in write]):.2f} s"
    )
    yield Row("convert", what, ratio([item.wall for item in taken], walls), "x", goal, note)
    # Whatever runs beside it, all of it is paid for.
    add_up = _hashing if sticks is _hashing else _together
    cpus = [add_up(one.cpu, other.cpu) for one, other in zip(sha, write)]
    note = f"{_median([item.cpu for item in taken]):.2f} s, both alone {_median(cpus):.2f} s"
    name = f"{what}: processor time"
    yield Row("convert", name, ratio([item.cpu for item in taken], cpus), "x", None, note)


def _on_one_core(action: Callable[[], Cost]) -> Cost:
    with one_core():
        return action()


def _median(values: Sequence[float]) -> float:
    return statistics.median(values)


def memory(setting: Setting) -> Rows:
    """Anonymous memory at its peak above that of a Python that imported nothing."""
    idle = idle_interpreter()
    folder = setting.folder
    for factor in (1 / 1024, 100 / 1024, 2):
        size = setting.times(factor)
        model = folder / "memory.safetensors"
        ecd, package, unpacked = folder / "memory.ecd", folder / "memory.dlpk", folder / "unpacked"
        classes = class_document(folder / "memory.json")
        big_models.write_safetensors(model, Chain.of_size(size))
        tasks: Mapping[str, Tuple[object, ...]] = {
            "convert": (model, classes, ecd),
            "extract": (ecd, unpacked),
            "verify": (ecd,),
            "dlpk": (ecd, package),
        }
        for task, arguments in tasks.items():
            measured, peak = worker(task, *arguments)
            what = f"{task}, {_size(size)}"
            if peak is None or idle is None:
                yield Row("memory", what, None, "MiB", 32, "needs /proc of Linux")
            else:
                note = f"{measured['seconds']:.2f} s; idle {idle:.1f} MiB"
                yield Row("memory", what, peak - idle, "MiB", 32, note)
            model.unlink(missing_ok=True)
            package.unlink(missing_ok=True)
            shutil.rmtree(unpacked, ignore_errors=True)
        ecd.unlink()


def _size(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.1f} GiB"


Writer = Callable[[Path, Chain], None]


def inspections(setting: Setting) -> Rows:
    """Inspecting big models, beside loading them with their framework."""
    written: Tuple[Tuple[str, str, Writer, str, float], ...] = (
        ("GraphDef", "big.pb", big_models.write_graphdef, "tensorflow", 1.4),
        ("ONNX", "big.onnx", big_models.write_onnx, "onnx", 1.4),
        ("safetensors", "big.safetensors", big_models.write_safetensors, "safetensors", 1.4),
        ("CNTK", "big.model", big_models.write_cntk, "cntk", 2.15),
    )
    for name, file, write, loader, factor in written:
        path = setting.folder / file
        write(path, Chain.of_size(setting.times(factor)))
        yield from _inspection(setting, name, path, loader)
    for name, file, maker in ((".pth", "big.pth", "torch"), (".keras", "big.keras", "keras")):
        path = setting.folder / file
        try:
            framework(setting, maker, "make", path, setting.times(1.4))
        except Absent as absent:
            yield Row("inspect", f"{name}, first", None, "ms", 150, f"not made: {absent}")
            continue
        yield from _inspection(setting, name, path, maker)


def _inspection(setting: Setting, name: str, path: Path, loader: str) -> Rows:
    first, cpu, second, share, loading = [], [], [], [], []
    size = path.stat().st_size
    absent = ""
    for _ in range(setting.rounds):
        measured, _peak = worker("inspect", path)
        first.append(measured["first"])
        cpu.append(measured["cpu"])
        second.append(measured["second"])
        if "read" in measured:
            share.append(measured["read"])
        if not absent:
            try:
                loading.append(framework(setting, loader, "load", path)[0]["seconds"])
            except Absent as error:
                absent = str(error)
    path.unlink()
    read = f", reads {_size(_median(share))}" if share else ""
    note = f"{_size(size)}{read}, {_median(cpu) * 1000:.0f} ms of processor time"
    yield Row("inspect", f"{name}, first", _median(first) * 1000, "ms", 150, note)
    yield Row("inspect", f"{name}, again", _median(second) * 1000, "ms", 150)
    if absent:
        yield Row("inspect", f"{name} : {loader}", None, "x", None, f"not loaded: {absent}")
    else:
        note = f"{loader} takes {_median(loading):.2f} s"
        yield Row("inspect", f"{name} : {loader}", ratio(first, loading), "x", None, note)


def metadata(setting: Setting) -> Rows:
    """An .ecd's metadata, beside the obvious json.load."""
    size = setting.times(2)
    model, ecd = setting.folder / "metadata.safetensors", setting.folder / "metadata.ecd"
    classes = class_document(setting.folder / "metadata.json")
    big_models.write_safetensors(model, Chain.of_size(size))
    convert(model, classes, ecd)
    model.unlink()
    ours, again, obvious, peaks = [], [], [], []
    for _ in range(setting.rounds):
        measured, _peak = worker("metadata", ecd)
        ours.append(measured["seconds"])
        again.append(measured["again"])
        measured, peak = worker("json_load", ecd)
        obvious.append(measured["seconds"])
        peaks.append(peak or 0)
    ecd.unlink()
    note = f"model of {_size(size)} in it"
    yield Row("ecd", "metadata, first", _median(ours) * 1000, "ms", 20, note)
    yield Row("ecd", "metadata, again", _median(again) * 1000, "ms", 20)
    note = f"json.load takes {_median(obvious):.2f} s and {_median(peaks):.0f} MiB"
    yield Row("ecd", "metadata : json.load", ratio(ours, obvious), "x", None, note)


def pane(setting: Setting) -> Rows:
    """The dialog, played without ArcGIS."""
    model = setting.folder / "pane.onnx"
    classes = class_document(setting.folder / "pane.json")
    big_models.write_onnx(model, Chain.of_size(setting.times(1)))
    found: Dict[str, List[float]] = {}
    for _ in range(setting.rounds):
        measured, _peak = worker("pane", ROOT / "DeepLearningTools.pyt", model, classes)
        for key, value in measured.items():
            found.setdefault(key, []).append(value)
    model.unlink()
    note = "over the import of headless"
    yield Row("pane", "loading the .pyt", _median(found["loading"]) * 1000, "ms", 30, note)
    yield Row("pane", "opening the dialog", _median(found["opening"]) * 1000, "ms", 250)
    yield Row("pane", "validation, cold", _median(found["cold"]) * 1000, "ms", 250)
    yield Row("pane", "validation, warm", _median(found["warm"]) * 1000, "ms", 2)


def start(setting: Setting) -> Rows:
    """Starting the command, beside starting Python."""
    version = (
        "import sys; from dl2ecd_core.cli import main; sys.argv = ['dl2ecd', '--version']; main()"
    )

    def started(code: str) -> float:
        command = [sys.executable, "-c", code]
        return seconds(
            lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        )

    codes = {"pass": "pass", "click": "import click", "version": version}
    actions = {name: (lambda code=code: started(code)) for name, code in codes.items()}
    in_turn(1, actions)
    found = in_turn(3 * setting.rounds, actions)
    note = f"{_median(found['version']) * 1000:.0f} ms"
    yield Row("start", "dl2ecd --version", ratio(found["version"], found["pass"]), "x", 4, note)
    note = f"{_median(found['click']) * 1000:.0f} ms"
    yield Row("start", "import click", ratio(found["click"], found["pass"]), "x", None, note)


def nodes(setting: Setting) -> Rows:
    """Graphs of many small layers: time must grow as the graph does."""
    most = min(200_000, max(400, setting.size // 5000))
    families: Tuple[Tuple[str, str, Writer, int], ...] = (
        ("GraphDef", "nodes.pb", big_models.write_graphdef, 2),
        ("ONNX", "nodes.onnx", big_models.write_onnx, 1),
    )
    for name, file, write, per_layer in families:
        paths = {}
        for count in (most // 4, most // 2, most):
            paths[count] = setting.folder / f"{count}-{file}"
            write(paths[count], Chain(count // per_layer, 2))
        inspect_model(paths[most // 4])
        actions = {
            str(count): (lambda path=path: seconds(lambda: inspect_model(path)))
            for count, path in paths.items()
        }
        # Long enough to be told apart without many rounds.
        found = in_turn((setting.rounds + 1) // 2, actions)
        for path in paths.values():
            path.unlink()
        few, some, many = (found[str(count)] for count in paths)
        note = f"{_median(few):.2f}, {_median(some):.2f}, {_median(many):.2f} s"
        growth = ratio(many, few) / 4
        what = f"{name} of {most} nodes, per node : {most // 4}"
        yield Row("nodes", what, growth, "x", 1.5, note)


def classes(setting: Setting) -> Rows:
    """Converting with many classes."""
    count = min(10_000, max(10, setting.size // 100_000))
    model, ecd = setting.folder / "classes.onnx", setting.folder / "classes.ecd"
    big_models.write_onnx(model, Chain(1, 16, count))
    document = class_document(setting.folder / "classes.json", count)
    found = [seconds(lambda: convert(model, document, ecd)) for _ in range(setting.rounds)]
    ecd.unlink()
    yield Row("classes", f"convert with {count} classes", _median(found), "s", 2)


BENCHMARKS: Dict[str, Callable[[Setting], Rows]] = {
    "convert": conversions,
    "memory": memory,
    "inspect": inspections,
    "ecd": metadata,
    "pane": pane,
    "start": start,
    "nodes": nodes,
    "classes": classes,
    "networks": networks,
    "run": running,
    "cuda": on_cuda,
    "scale": scale,
    "detect": detecting,
}


def machine(setting: Setting) -> Dict[str, Any]:
    """What the figures depend on."""
    return {
        "python": sys.version.split()[0],
        "platform": sys.platform,
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
        "pybase64": payload._encode_fast is not None,
        "size": setting.size,
        "rounds": setting.rounds,
    }
