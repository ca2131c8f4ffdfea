"""Writing a model's network as ONNX, beside SHA-256 over the model and writing as many bytes."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Dict, Iterator, List, Optional

from .big_models import Chain, write_cntk
from .measuring import MIB, Cost, Row, Setting, hashed, idle_interpreter, in_turn, worker, written

#: A model of more than 2 GiB: CNTK lays such a one out in its own way, and ONNX in two files.
_FACTOR = 2.15


def networks(setting: Setting) -> Iterator[Row]:
    """Time, size and memory of a big CNTK model that becomes ONNX."""
    model, target = setting.folder / "big.model", setting.folder / "big.onnx"
    other = setting.folder / "big.other"
    write_cntk(model, Chain.of_size(setting.times(_FACTOR)))
    size = model.stat().st_size
    idle = idle_interpreter()
    sizes: List[int] = []
    peaks: List[Optional[float]] = []

    def exported() -> Cost:
        measured, peak = worker("network", model, target)
        files = list(_files(target))
        sizes.append(sum(path.stat().st_size for path in files))
        peaks.append(peak)
        for path in files:
            path.unlink()
        return Cost(measured["seconds"], measured["cpu"])

    hashed(model)
    found: Dict[str, List[Cost]] = in_turn(
        setting.rounds,
        {
            "sha": lambda: hashed(model),
            "write": lambda: written(other, size),
            "export": exported,
        },
    )
    model.unlink()
    both = [sha.wall + write.wall for sha, write in zip(found["sha"], found["write"])]
    walls = [taken.wall for taken in found["export"]]
    ratio = statistics.median(wall / stick for wall, stick in zip(walls, both))
    note = f"{statistics.median(walls):.2f} s; sha256 and writing {statistics.median(both):.2f} s"
    yield Row("networks", "CNTK as ONNX, over sha256 and writing", ratio, "x", 1.2, note)
    more = (max(sizes) - size) / MIB
    yield Row("networks", "CNTK as ONNX, bytes over the model's", more, "MiB", 32)
    peak = peaks[0]
    if peak is None or idle is None:
        yield Row("networks", "CNTK as ONNX, peak", None, "MiB", 32, "needs /proc of Linux")
    else:
        note = f"idle {idle:.1f} MiB"
        yield Row("networks", "CNTK as ONNX, peak", peak - idle, "MiB", 32, note)


def _files(target: Path) -> Iterator[Path]:
    """The network and the weights that lie beside it."""
    return target.parent.glob(f"{target.name}*")
