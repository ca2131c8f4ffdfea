"""Classify on a cluster: the same map as on one machine, made by many."""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Optional, Set, Tuple, Union

from ...examination import AnyPath
from ...files.replacing import check_replaceable
from ...files.scratch import scratch_folder
from ...findings import Finding, in_order
from ...findings.errors import Cancelled, Dl2EcdError
from ...findings.rules import finding
from ...findings.wording import listed
from ...progress import Listener, Unmeasured
from ...version import __version__
from ..building import Options
from ..inputs.model_input import checked_options
from ..maps.outputs import Outputs, checked_outputs
from ..maps.report import BandsTaken, Classification, counted_classes, path_text
from ..opening import PREPARING, opened_model
from ..rasters.georeference import Extent
from ..rasters.rasterio_library import RasterioLibrary, is_remote
from .address import Certificates, said_of
from .catalogue import ITEM, item_path, write_item
from .connecting import Supply, check_workers, connected
from .dispatching import Dispatcher, Patience, Task
from .held import HeldModel
from .mapping import MapJob
from .orders import SceneFiles, Work
from .shipping import shipped

#: What a listener hears before there are workers, and while they make windows.
CONNECTING, CLASSIFYING = "Waiting for workers", "Classifying"


@dataclass(frozen=True)
class Cluster:
    """Workers that have been given the model.

    Attributes
    ----------
    model
        The same model at the client.
    digest
        Of the definition that holds it.
    findings
        About the way to the scheduler.
    """

    client: Any
    model: HeldModel
    digest: str
    dispatcher: Dispatcher
    findings: List[Finding]


@contextmanager
def cluster_with(
    scheduler: Union[str, Any],
    model: AnyPath,
    class_info: Optional[AnyPath],
    listener: Listener,
    *,
    certificates: Optional[Certificates] = None,
    patience: Optional[Patience] = None,
    tell: Callable[[str], object] = lambda text: None,
) -> Iterator[Cluster]:
    """A cluster, for as long as it is used, with a model to be given to its workers.

    Raises
    ------
    Dl2EcdError
        As :func:`~dl2ecd_core.running.cluster.connecting.connected`, and with what is wrong with
        the model.
    """
    waiting = patience or Patience()
    with ExitStack() as stack:
        folder = stack.enter_context(scratch_folder(Path(tempfile.gettempdir())))
        with opened_model(model, class_info, listener) as opened:
            quiet = Unmeasured(listener, PREPARING)
            definition, digest = shipped(opened, folder / "model.ecd", quiet)
        held = HeldModel(folder, definition, os.fspath(model))
        stack.callback(held.let_go)
        held.opened()
        # Said before anything goes there.
        findings = [] if not isinstance(scheduler, str) else list(said_of(scheduler))
        for item in findings:
            listener.found(item)
        listener.progressed(0, 1, CONNECTING)
        client = stack.enter_context(connected(scheduler, certificates))
        check_workers(client, digest, waiting)
        tell(f"Dask's dashboard: {client.dashboard_link}")
        supply = Supply(client, definition, digest)
        stack.callback(supply.end)
        dispatcher = Dispatcher(client, supply, listener, waiting)
        yield Cluster(client, held, digest, dispatcher, findings)


def classify_on(
    scheduler: Union[str, Any],
    scene: AnyPath,
    model: AnyPath,
    raster: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[Options] = None,
    probabilities: Optional[AnyPath] = None,
    extent: Optional[Extent] = None,
    aoi: Optional[AnyPath] = None,
    preview: Optional[AnyPath] = None,
    device: str = "cpu",
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    certificates: Optional[Certificates] = None,
    patience: Optional[Patience] = None,
    side: int = 0,
    tell: Callable[[str], object] = lambda text: None,
) -> Classification:
    """Classify every pixel of a scene on a cluster.

    Scene and output must be seen by all workers under the same paths.

    Parameters
    ----------
    scheduler
        Its address (``tcp://``, ``tls://``), ``local:N`` for N workers on this machine, or a
        ``Client`` of Dask's.
    certificates
        For ``tls://``; by default as Dask's configuration says.
    patience
        How long to wait for what may pass by itself.
    side
        Rows and columns of the scene under a window, about.
    tell
        Hears where the cluster can be looked at.
    scene, model, raster
        These and the others are those of :func:`~dl2ecd_core.running.classify.classify`.

    Raises
    ------
    Dl2EcdError
        With all findings. What is done of the map stays beside its target, and the same call goes
        on with it.
    Cancelled
        When `messages` says so; then nothing is left.

    Examples
    --------
    >>> classify_on("local:2", "scene.tif", "landcover.ecd", "map.tif")  # doctest: +SKIP
    """
    began = time.monotonic()
    asked = checked_options(options, Options, "classify_on")
    listener = messages or Listener()
    outputs = checked_with_item(
        raster, probabilities, preview, [scene, model, class_info, aoi], overwrite=overwrite
    )
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
            asdict(asked),
            device,
            trusted,
            absolute(aoi),
            outputs.probabilities is not None,
        )
        job = MapJob(scene_file(scene), outputs, work, cluster.model, extent, side=side)
        for _ in made(cluster, iter([job]), _Windows(listener, job)):
            pass
        if job.failed:
            raise Dl2EcdError(in_order([*cluster.findings, *job.findings]))
        write_item(job, {}, in_collection=False)
        findings = in_order([*cluster.findings, *job.findings, *said_of_runtimes(job.runtimes)])
        for item in (one for one in findings if one not in cluster.findings):
            listener.found(item)
        done = report_of(job, findings, os.fspath(raster), time.monotonic() - began)
        return replace(done, probabilities=path_text(probabilities), preview=path_text(preview))


def checked_with_item(
    raster: AnyPath,
    probabilities: Optional[AnyPath],
    preview: Optional[AnyPath],
    inputs: List[Optional[AnyPath]],
    *,
    overwrite: bool,
) -> Outputs:
    """What is to be made, when it and its item may be.

    Raises
    ------
    ConversionRefused
        As :func:`~dl2ecd_core.running.maps.outputs.checked_outputs`.
    """
    library = RasterioLibrary()
    outputs = checked_outputs(raster, probabilities, preview, inputs, library, overwrite=overwrite)
    read = [Path(path) for path in inputs if path is not None]
    check_replaceable(item_path(outputs.raster), ITEM, read, overwrite=overwrite)
    return outputs


def absolute(path: Optional[AnyPath]) -> Optional[str]:
    """As every worker understands it."""
    return None if path is None else str(Path(path).absolute())


def scene_file(scene: AnyPath) -> SceneFiles:
    """A scene that is one file, by a path that every worker understands."""
    name = os.fspath(scene)
    return SceneFiles(name, name if is_remote(name) else str(Path(name).absolute()))


class _Windows(Listener):
    """Tells of windows where tasks end."""

    def __init__(self, listener: Listener, job: MapJob) -> None:
        self._listener, self._job = listener, job

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Windows of the one map there is."""
        del done, total
        self._listener.progressed(self._job.ready, self._job.windows, doing)


def made(cluster: Cluster, jobs: Iterator[MapJob], listener: Listener) -> Iterator[MapJob]:
    """Make maps; each is given when it is done or given up.

    Raises
    ------
    Cancelled
        When the listener says so; what is unfinished is taken away.
    RunningRefused
        ``scheduler-lost``; what is unfinished stays.
    """
    dispatcher = cluster.dispatcher
    begun: Dict[int, MapJob] = {}
    ended = 0

    def first_tasks() -> Iterator[Task]:
        for job in jobs:
            begun[id(job)] = job
            yield job.first_task()

    try:
        for outcome in dispatcher.outcomes(first_tasks()):
            job = outcome.task.about
            job.heard(outcome, dispatcher)
            if (job.done or job.failed) and begun.pop(id(job), None) is not None:
                ended += 1
                yield job
            listener.progressed(ended, ended + len(begun), CLASSIFYING)
    except (Cancelled, KeyboardInterrupt):
        for job in begun.values():
            job.remove()
        raise
    finally:
        for job in begun.values():
            job.close()


def report_of(
    job: MapJob, findings: Tuple[Finding, ...], raster: str, seconds: float
) -> Classification:
    """What there is to say about a map that is done."""
    described, classifier = job.known_scene()
    classes, nodata, background = counted_classes(
        job.counts, job.model.opened().ecd, classifier, described.georeference
    )
    return Classification(
        raster,
        findings,
        ", ".join(sorted(job.runtimes)),
        classifier.scaling.with_source,
        seconds,
        classes,
        nodata,
        classifier.halo(described.height, described.width),
        background,
        described.georeference.area_unit,
        bands=BandsTaken.from_places(classifier.bands, described.band_names),
    )


def said_of_runtimes(runtimes: Set[str]) -> List[Finding]:
    """Different runtimes may round differently."""
    if len(runtimes) < 2:
        return []
    return [
        finding(
            "runtimes-differ",
            f"The workers ran the model with {listed(sorted(runtimes))}: single pixels may differ "
            "from what each of them alone would give.",
            hint="Install the same versions on all machines.",
        )
    ]
