"""Classifying a scene, beside other tools that classify scenes with an ONNX model."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any, Dict, Iterator, Sequence, Tuple

from dl2ecd_core.fit.class_output import classes_of
from dl2ecd_core.models import inspect_model

from .measuring import GIB, Absent, Row, Setting, ratio, side_script, worker
from .running_tasks import TILE

#: Columns and rows of the scene for the goals; benchmarks of a smaller size take a smaller one.
_SIDE = 4000
#: And of the one on which maps are compared with one pass over the whole, which takes much memory.
_COMPARED = 1024
#: What a process reports of itself.
_Figures = Dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A tool that does the same work.

    Attributes
    ----------
    key
        Of its script and its environment.
    title
        As its people write it.
    goal
        The most that our time should be over its.
    """

    key: str
    title: str
    goal: float


PEERS = (
    Peer("rastervision", "Raster Vision", 0.35),
    Peer("deepness", "Deepness", 0.35),
    Peer("geoai", "geoai-py", 0.25),
)


@dataclass(frozen=True)
class _Work:
    """One scene and the model for it, as scripts take them."""

    scene: Path
    model: Path

    def by_us(self, out: Path) -> _Figures:
        return worker("classify", self.scene, self.model, out)[0]

    def by(self, setting: Setting, peer: Peer, out: Path) -> _Figures:
        (image, *_) = inspect_model(self.model).inputs
        tile = image.size_of("H") or TILE
        classes = classes_of(inspect_model(self.model)) or 2
        arguments = (self.scene, self.model, out, classes, tile)
        figures, peak = side_script(setting, "peers", peer.key, *arguments)
        return {**figures, "peak": peak or 0.0}

    def different(self, out: Path, first: int) -> int:
        """Pixels of a map that differ from one pass over the whole scene."""
        return int(worker("differing", self.scene, self.model, out, first)[0]["different"])


def against_peers(setting: Setting, model: Path) -> Iterator[Row]:
    """Our time over that of each peer that is installed, imports and all."""
    side = max(256, isqrt(int(_SIDE * _SIDE * setting.size / GIB)))
    work = _Work(setting.folder / "peers.tif", model)
    small = _Work(setting.folder / "compared.tif", model)
    worker("scene", work.scene, side, side)
    worker("scene", small.scene, min(side, _COMPARED), min(side, _COMPARED))
    ours, theirs = setting.folder / "ours.tif", setting.folder / "theirs.tif"
    small.by_us(ours)
    yield Row("run", "pixels that differ from one pass", small.different(ours, 1), "", 0)
    for peer in PEERS:
        try:
            # What is read from the disk for the first time takes longer: this is not measured.
            small.by(setting, peer, theirs)
            different = small.different(theirs, 0)
            found = [
                (work.by_us(ours), work.by(setting, peer, theirs)) for _ in range(setting.rounds)
            ]
        except Absent as absent:
            note = f"{absent}; peers/make_environments.py installs it"
            yield Row("run", f"over {peer.title}", None, "x", peer.goal, note)
            continue
        yield _row(peer, found, different)
    for left in (work.scene, small.scene, theirs, *setting.folder.glob(f"{ours.name}*")):
        left.unlink(missing_ok=True)


def _row(peer: Peer, found: Sequence[Tuple[_Figures, _Figures]], different: int) -> Row:
    """The median of the rounds' ratios; in the note what helps to judge it."""

    def median(key: str) -> float:
        return statistics.median(theirs[key] for _, theirs in found)

    cpu = ratio([ours["cpu"] for ours, _ in found], [theirs["cpu"] for _, theirs in found])
    walls = [ours["wall"] for ours, _ in found]
    bare = ratio(walls, [theirs["wall"] - theirs["imports"] for _, theirs in found])
    about = found[0][1]
    note = (
        f"{statistics.median(walls):.2f} s to its {median('wall'):.2f}, {median('imports'):.2f} of "
        f"which are imports ({bare:.2f} without these); {cpu:.2f} in processor time; its peak "
        f"{median('peak'):.0f} MiB; {different} of its pixels differ from one pass; {about['how']}"
    )
    if "whole" in about:
        whole = ratio(walls, [theirs["whole"] for _, theirs in found])
        note += f"; with all that its users get {median('whole'):.2f} s ({whole:.2f})"
    measured = ratio(walls, [theirs["wall"] for _, theirs in found])
    return Row("run", f"over {peer.title} {about['version']}", measured, "x", peer.goal, note)
