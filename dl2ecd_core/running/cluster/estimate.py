"""What a job would cost, from a second of the real model on this machine: nothing is written.

A few scenes are looked at, and of one of them a window is read, run and written for real. What
comes of it is an estimate: other machines are faster or slower, and disks are shared.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple

from ...examination import AnyPath
from ...files.scratch import scratch_folder
from ...findings import Finding, in_order
from ...findings.errors import Dl2EcdError
from ...progress import Listener, Unmeasured
from ...version import __version__
from ..building import Options
from ..classifier import Classifier
from ..classify import place_of
from ..engine import strips
from ..inputs.model_input import checked_options
from ..maps.report import Report
from ..opening import PREPARING, opened_model
from ..processes.cores import cores
from ..processes.memory import system_size
from ..rasters.raster import Window
from ..tiles.planning import Plan
from .address import LOCAL, Certificates, address_of, said_of
from .classify import absolute, scene_file
from .connecting import connected
from .grid import Grid, grid_of
from .held import HeldModel
from .orders import Described, SceneFiles, Work
from .pieces import MARK, PieceFolder
from .shipping import shipped
from .sources import is_many, scenes_in, wanted_bands
from .stacking import opened_files
from .worker import described_scene

#: Scenes that are looked at; of more, the others are taken to be like them.
_LOOKED_AT = 50
#: Seconds of the model.
_MEASURED = 1.0
#: Seconds that client and scheduler need for a task.
_PER_TASK = 0.002
READING, MODEL, WRITING = "reading", "the model", "writing"


@dataclass(frozen=True)
class Estimate(Report):
    """What a job would cost.

    Attributes
    ----------
    scenes, looked_at
        How many there are, and of how many of them the sizes are known.
    unread
        The names of those of them that can't be read.
    windows
        Tasks.
    bytes_to_read
        Of the scenes' files, with what neighbouring windows both read.
    worker_bytes
        Memory of a worker; None where the system does not tell.
    threads
        Of the workers together.
    window_seconds
        What a window takes of one thread, by :data:`READING`, :data:`MODEL`, :data:`WRITING`.
    """

    scenes: int
    looked_at: int
    unread: Tuple[str, ...]
    windows: int
    bytes_to_read: int
    worker_bytes: Optional[int]
    threads: int
    window_seconds: Dict[str, float]

    @property
    def limit(self) -> str:
        """Which part takes longest."""
        return max(self.window_seconds, key=lambda part: self.window_seconds[part])

    @property
    def hours(self) -> float:
        """By the clock: reading goes on beside the model, and writing comes after both."""
        parts = self.window_seconds
        window = max(parts[READING], parts[MODEL]) + parts[WRITING] + _PER_TASK
        # Windows are not shared among threads.
        rounds = max(self.windows / self.threads, 1) if self.windows else 0
        return rounds * window / 3600

    @property
    def core_hours(self) -> float:
        """Of all cores together."""
        return self.windows * sum(self.window_seconds.values()) / 3600

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "scenes": self.scenes,
            "looked_at": self.looked_at,
            "unreadable": len(self.unread),
            "unread": list(self.unread),
            "windows": self.windows,
            "bytes_to_read": self.bytes_to_read,
            "worker_bytes": self.worker_bytes,
            "threads": self.threads,
            "window_seconds": {part: round(one, 4) for part, one in self.window_seconds.items()},
            "limit": self.limit,
            "hours": round(self.hours, 4),
            "core_hours": round(self.core_hours, 4),
            **super().as_dict(),
        }


def estimate(
    scheduler: Optional[str],
    scenes: AnyPath,
    model: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[Options] = None,
    aoi: Optional[AnyPath] = None,
    device: str = "cpu",
    trusted: bool = False,
    messages: Optional[Listener] = None,
    certificates: Optional[Certificates] = None,
    side: int = 0,
) -> Estimate:
    """Estimate what classifying a scene, or many, would cost.

    Parameters
    ----------
    scheduler
        Where it would be done: its threads are counted; None for the cores of this machine.
    scenes, model, class_info, options, aoi, device, trusted, messages, certificates, side
        As in :func:`~dl2ecd_core.running.cluster.many.classify_many`.

    Raises
    ------
    Dl2EcdError
        When none of the scenes that were looked at can be read.
    """
    began = time.monotonic()
    listener = messages or Listener()
    findings: List[Finding] = [] if scheduler is None else list(said_of(scheduler))
    threads = _threads(scheduler, certificates)
    with scratch_folder(Path(tempfile.gettempdir())) as folder:
        with opened_model(model, class_info, listener) as opened:
            definition, digest = shipped(
                opened, folder / "model.ecd", Unmeasured(listener, PREPARING)
            )
        held = HeldModel(folder / "held", definition, os.fspath(model))
        try:
            ecd = held.opened().ecd
            asked = asdict(checked_options(options, Options, "estimate"))
            work = Work(__version__, digest, asked, device, trusted, absolute(aoi))
            wanted = wanted_bands(ecd.document, ecd.band_count or 0, asked["bands"])
            total, some = _sampled(_files(os.fspath(scenes), wanted))
            looks, refused, unread = _looks(some, held, work, side)
            if not looks:
                raise Dl2EcdError(refused)
            files, described, classifier, grid = max(looks, key=lambda look: len(look[3]))
            findings += [*held.opened().findings, *held.classifier(described, work.plain())[1]]
            seconds = _measured(files, described, classifier, grid, folder)
            share = total / len(some)
            session = held.session(device, trusted)
            return Estimate(
                os.fspath(scenes),
                in_order(findings),
                session.runtime,
                classifier.scaling.with_source,
                time.monotonic() - began,
                total,
                len(some),
                unread,
                round(sum(len(look[3]) for look in looks) * share),
                round(sum(_bytes(*look[1:]) for look in looks) * share),
                system_size("/proc/self/status", "VmHWM"),
                threads,
                seconds,
            )
        finally:
            held.let_go()


_Look = Tuple[SceneFiles, Described, Classifier, Grid]


def _threads(scheduler: Optional[str], certificates: Optional[Certificates]) -> int:
    if scheduler is None:
        return cores()
    address = address_of(scheduler)
    if address.scheme == LOCAL:
        return address.workers
    with connected(scheduler, certificates) as client:
        return sum(client.nthreads().values()) or 1


#: A scene by its name, and what it is read from.
_Named = Tuple[str, Optional[SceneFiles]]


def _files(scenes: str, wanted: Any) -> Iterator[_Named]:
    if is_many(scenes):
        found = scenes_in(Path(scenes), wanted)
        return ((one.name if one.files is None else one.files.name, one.files) for one in found)
    return iter([(scenes, scene_file(scenes))])


def _sampled(files: Iterator[_Named]) -> Tuple[int, List[_Named]]:
    """How many scenes there are, and some of them by chance, the same every time."""
    chance = random.Random(0)
    some: List[_Named] = []
    total = 0
    for one in files:
        total += 1
        if len(some) < _LOOKED_AT:
            some.append(one)
        else:
            place = chance.randrange(total)
            if place < _LOOKED_AT:
                some[place] = one
    return total, some


def _looks(
    some: Sequence[_Named], held: HeldModel, work: Work, side: int
) -> Tuple[List[_Look], Tuple[Finding, ...], Tuple[str, ...]]:
    """The scenes that can be classified; what is wrong with the first other, and all others."""
    looks: List[_Look] = []
    refused: Tuple[Finding, ...] = ()
    unread: List[str] = []
    for name, files in some:
        if files is None:
            unread.append(name)
            continue
        try:
            with opened_files(files) as scene:
                described = described_scene(scene, files)
            classifier, _ = held.classifier(described, work.plain())
        except Dl2EcdError as error:
            refused = refused or error.findings
            unread.append(name)
            continue
        plan = classifier.plan(described.height, described.width)
        whole = Window(0, plan.height, 0, plan.width)
        looks.append((files, described, classifier, grid_of(classifier, plan, whole, side)))
    return looks, refused, tuple(unread)


def _read(classifier: Classifier, plan: Plan, described: Described, window: Window) -> Window:
    """What of a scene is read for a window: what its tiles see."""
    rows = plan.rows_touching(window.top, window.bottom)
    columns = plan.columns_touching(window.left, window.right)
    return Window(
        max(rows[0].origin, 0),
        min(rows[-1].origin + rows[-1].size, described.height),
        max(columns[0].origin, 0),
        min(columns[-1].origin + columns[-1].size, described.width),
    )


def _bytes(described: Described, classifier: Classifier, grid: Grid) -> float:
    """Of a scene, to be read: its files' size; of the web's, that of the pixels."""
    plan = classifier.plan(described.height, described.width)
    # Windows of one row are alike but for the columns.
    rows = [Window(top, bottom, 0, 1) for top, bottom in zip(grid.rows, grid.rows[1:])]
    columns = [Window(0, 1, left, right) for left, right in zip(grid.columns, grid.columns[1:])]
    height = sum(_read(classifier, plan, described, one).height for one in rows)
    width = sum(_read(classifier, plan, described, one).width for one in columns)
    share = height * width / (described.height * described.width)
    import numpy

    item = numpy.dtype(described.data_type).itemsize
    pixels = described.height * described.width * len(classifier.bands) * item
    return share * (described.bytes or pixels)


def _measured(
    files: SceneFiles, described: Described, classifier: Classifier, grid: Grid, folder: Path
) -> Dict[str, float]:
    """Seconds of one thread for a window, by what they go to."""
    plan = classifier.plan(described.height, described.width)
    windows = list(zip(range(len(grid)), grid.windows()))
    window = windows[len(windows) // 2][1] if len(windows) < 10_000 else windows[0][1]
    with opened_files(files) as scene:
        started = time.perf_counter()
        scene.read(_read(classifier, plan, described, window), classifier.bands)
        reading = time.perf_counter() - started
        rows: List[Any] = []
        seconds, first = 0.0, window.top
        started = time.perf_counter()
        for strip in strips(scene, classifier, plan, window, workers=1):
            rows.append(strip.values)
            seconds, first = time.perf_counter() - started, strip.top + len(strip.values)
            if seconds >= _MEASURED:
                break
        # What was read on the way went on beside the model.
        model = seconds * window.height / (first - window.top)
    import numpy

    values = numpy.concatenate(rows)
    (folder / MARK).write_text("estimate", encoding="ascii")
    pieces = PieceFolder(folder, "estimate", "0" * 64)
    place = place_of(described.georeference, classifier)
    part = Window(window.top, window.top + len(values), window.left, window.right)
    started = time.perf_counter()
    pieces.write(part, values[None], place)
    # Once as a piece, once as a part of the map.
    writing = 2 * (time.perf_counter() - started) * window.height / len(values)
    return {READING: reading, MODEL: model, WRITING: writing}
