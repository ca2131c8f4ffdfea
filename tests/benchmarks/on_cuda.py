"""Classifying on a graphics card, beside decoding and inference: it can take no less than those."""

from __future__ import annotations

import importlib.util
import statistics
from math import isqrt
from typing import Dict, Iterator, List

from .measuring import GIB, Row, Setting, worker
from .running import LIGHT, SIDE

_WHAT = "light net: over the larger of decoding and inference"
_GOAL = 1.5


def on_cuda(setting: Setting) -> Iterator[Row]:
    """Time over what a card's work has to wait for anyway."""
    if not _is_there():
        yield Row("cuda", _WHAT, None, "x", _GOAL, "no CUDA for ONNX Runtime here")
        return
    side = max(256, isqrt(int(SIDE * SIDE * setting.size / GIB)))
    scene, out = setting.folder / "scene.tif", setting.folder / "map.tif"
    worker("scene", scene, side, side)
    found: Dict[str, List[float]] = {"decoding": [], "inference": [], "rows": [], "whole": []}
    for _ in range(setting.rounds):
        found["decoding"].append(worker("decoding", scene)[0]["wall"])
        found["inference"].append(worker("inference", scene, LIGHT, out, "cuda")[0]["wall"])
        figures, _ = worker("classify", scene, LIGHT, out, "cuda")
        found["rows"].append(figures["rows"])
        found["whole"].append(figures["wall"])
    least = map(max, found["decoding"], found["inference"])
    note = ", ".join(f"{name} {statistics.median(each):.2f} s" for name, each in found.items())
    yield Row("cuda", _WHAT, _over(found["rows"], list(least)), "x", _GOAL, note)
    for left in (scene, *setting.folder.glob(f"{out.name}*")):
        left.unlink()


def _over(ones: List[float], others: List[float]) -> float:
    return statistics.median(one / other for one, other in zip(ones, others))


def _is_there() -> bool:
    """Whether ONNX Runtime is one that knows cards, and rasters can be read."""
    if any(importlib.util.find_spec(name) is None for name in ("rasterio", "onnxruntime")):
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
