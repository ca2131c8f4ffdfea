"""Detect on a cluster: the same objects as on one machine, found by many."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any, Callable, Dict, Iterator, List, Optional, Sequence, Union

from ...examination import AnyPath
from ...findings import in_order
from ...findings.errors import Dl2EcdError
from ...progress import Listener
from ...version import __version__
from ..detect import DetectOptions, detect
from ..inputs.model_input import checked_options
from ..objects.detector import Detector
from ..objects.found import Objects
from ..objects.report import Detection
from ..rasters.georeference import Extent
from ..rasters.raster import Window
from .address import Certificates
from .classify import Cluster, absolute, cluster_with, scene_file
from .dispatching import Patience, Task
from .orders import Described, Plain, SceneFiles, Work, plain_data
from .plain_objects import objects_of
from .stacking import opened_files
from .worker import described_scene

#: Tiles that a worker is given at once.
_AT_ONCE = 8


def detect_on(
    scheduler: Union[str, Any],
    scene: AnyPath,
    model: AnyPath,
    layer: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[DetectOptions] = None,
    extent: Optional[Extent] = None,
    aoi: Optional[AnyPath] = None,
    preview: Optional[AnyPath] = None,
    device: str = "cpu",
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    certificates: Optional[Certificates] = None,
    patience: Optional[Patience] = None,
    tell: Callable[[str], object] = lambda text: None,
) -> Detection:
    """Find the objects of a scene on a cluster.

    Workers read the scene and run tiles; what they find comes back, and is put together here.

    Parameters
    ----------
    scheduler, certificates, patience, tell
        As in :func:`~dl2ecd_core.running.cluster.classify.classify_on`.
    scene, model, layer
        These and the others are those of :func:`~dl2ecd_core.running.detect.detect`.

    Raises
    ------
    Dl2EcdError
        With all findings. What was found so far stays beside the target, and the same call goes on
        with it.
    Cancelled
        When `messages` says so; then nothing is left.

    Examples
    --------
    >>> detect_on("local:2", "scene.tif", "trees.ecd", "trees.gpkg")  # doctest: +SKIP
    """
    listener = messages or Listener()
    asked = checked_options(options, DetectOptions, "detect_on")
    with cluster_with(
        scheduler,
        model,
        class_info,
        listener,
        certificates=certificates,
        patience=patience,
        tell=tell,
    ) as cluster:
        work = Work(
            __version__,
            cluster.digest,
            plain_data(asdict(asked)),
            device,
            trusted,
            absolute(aoi),
        )
        files = scene_file(scene)

        def run_tiles(detector: Detector) -> _Remote:
            with opened_files(files) as reader:
                described = described_scene(reader, files)
            return _Remote(cluster, work, files, described, detector, listener)

        done = detect(
            scene,
            model,
            layer,
            class_info=class_info,
            options=asked,
            extent=extent,
            aoi=aoi,
            preview=preview,
            device=device,
            trusted=trusted,
            overwrite=overwrite,
            messages=listener,
            run_tiles=run_tiles,
        )
        return replace(done, findings=in_order([*cluster.findings, *done.findings]))


class _Remote:
    """Runs tiles on workers; a :data:`~dl2ecd_core.running.objects.searching.Runner`."""

    def __init__(
        self,
        cluster: Cluster,
        work: Work,
        files: SceneFiles,
        described: Described,
        detector: Detector,
        listener: Listener,
    ) -> None:
        self._cluster, self._listener = cluster, listener
        self._common: Plain = {
            "work": work.plain(),
            "scene": files.plain(),
            "described": described.plain(),
            "settings": detector.settings,
        }

    def __call__(self, windows: Sequence[Window], doing: str) -> Iterator[Objects]:
        """The objects of each tile, in the order of the tiles."""
        groups = range(0, len(windows), _AT_ONCE)

        def tasks() -> Iterator[Task]:
            for number, first in enumerate(groups):
                some = [asdict(one) for one in windows[first : first + _AT_ONCE]]
                yield Task("objects", {**self._common, "windows": some}, number)

        waiting: Dict[int, List[Plain]] = {}
        wanted = done = 0
        for outcome in self._cluster.dispatcher.outcomes(tasks()):
            if outcome.result is None:
                raise Dl2EcdError(outcome.findings)
            waiting[outcome.task.about] = outcome.result["objects"]
            while wanted in waiting:
                for plain in waiting.pop(wanted):
                    done += 1
                    yield objects_of(plain)
                    self._listener.progressed(done, len(windows), doing)
                wanted += 1
