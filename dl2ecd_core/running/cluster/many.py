"""Many scenes become many maps: what is missing or has changed, and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Set, Tuple, Union

from ...examination import AnyPath
from ...exports.slugs import slug
from ...files.output import refused
from ...files.replacing import check_replaceable
from ...findings import Finding, in_order
from ...findings.errors import Dl2EcdError
from ...findings.wording import printable
from ...progress import Listener
from ...version import __version__
from ..building import Options
from ..inputs.model_input import checked_options
from ..maps.report import Report
from .address import Certificates
from .catalogue import COLLECTION, interval_of, write_collection, write_item
from .classify import Cluster, absolute, checked_with_item, cluster_with, made, said_of_runtimes
from .dispatching import Patience
from .manifest import MANIFEST, NAME, Manifest
from .mapping import MapJob
from .orders import Work
from .sources import FoundScene, scenes_in, wanted_bands

#: Of scenes that failed, so many are told with all that is wrong, of the others their number; and
#: of warnings, which are often the same of each scene, so many.
_TOLD = 1000


@dataclass(frozen=True)
class Maps(Report):
    """What came of many scenes; its output is the folder of the maps.

    Attributes
    ----------
    made, unchanged
        How many maps were made now, and how many were there already.
    failed
        Scenes of which there is no map, and what is wrong with each: the first thousand.
    failures
        How many there are of them.
    """

    made: int
    unchanged: int
    failed: Tuple[Tuple[str, Tuple[Finding, ...]], ...]
    failures: int

    @property
    def ok(self) -> bool:
        """Whether there is a map of every scene."""
        return not self.failures

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "folder": self.output,
            "made": self.made,
            "unchanged": self.unchanged,
            "failures": self.failures,
            "failed": [
                {"scene": scene, "findings": [item.as_dict() for item in findings]}
                for scene, findings in self.failed
            ],
            **super().as_dict(),
        }


def classify_many(
    scheduler: Union[str, Any],
    scenes: AnyPath,
    model: AnyPath,
    folder: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[Options] = None,
    aoi: Optional[AnyPath] = None,
    device: str = "cpu",
    trusted: bool = False,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    certificates: Optional[Certificates] = None,
    patience: Optional[Patience] = None,
    side: int = 0,
    tell: Callable[[str], object] = lambda text: None,
) -> Maps:
    """Classify many scenes on a cluster: a map, its names and its STAC Item for each.

    A scene that fails is told at the end and keeps no other from being done. The same call again
    does what failed, what is new, and what has changed.

    Parameters
    ----------
    scenes
        A folder, a list of paths (.txt), or STAC items (.json, .parquet).
    folder
        Where the maps go, with ``collection.json`` and ``manifest.jsonl``; made where it is not.
    scheduler, model, class_info, options, aoi, device, trusted, messages, certificates, patience
        As in :func:`~dl2ecd_core.running.cluster.classify.classify_on`, as are `side` and `tell`.
    overwrite
        Replace files at the maps' places also where this project did not write them.

    Raises
    ------
    Dl2EcdError
        When nothing can be done at all.
    Cancelled
        When `messages` says so; maps that are done stay.

    Examples
    --------
    >>> classify_many("local:2", "scenes", "landcover.ecd", "maps")  # doctest: +SKIP
    """
    began = time.monotonic()
    listener = messages or Listener()
    target, source = Path(folder), Path(scenes)
    with ExitStack() as stack:
        stack.enter_context(_folder_of_maps(target))
        check_replaceable(target / "collection.json", COLLECTION, [source], overwrite=overwrite)
        check_replaceable(target / NAME, MANIFEST, [source], overwrite=overwrite)
        cluster = stack.enter_context(
            cluster_with(
                scheduler,
                model,
                class_info,
                listener,
                certificates=certificates,
                patience=patience,
                tell=tell,
            )
        )
        ecd = cluster.model.opened().ecd
        work = Work(
            __version__,
            cluster.digest,
            asdict(checked_options(options, Options, "classify_many")),
            device,
            trusted,
            absolute(aoi),
        )
        wanted = wanted_bands(ecd.document, ecd.band_count or 0, work.options["bands"])
        run = _Run(cluster, work, target, Manifest(target), overwrite, side)
        try:
            for job in made(cluster, run.jobs(scenes_in(source, wanted, target)), listener):
                run.ended(job)
            write_collection(target, ecd, run.catalogued())
        finally:
            run.manifest.close()
        findings = in_order([*cluster.findings, *run.findings, *said_of_runtimes(run.runtimes)])
        return Maps(
            os.fspath(folder),
            findings,
            ", ".join(sorted(run.runtimes)),
            ", ".join(sorted(run.scalings)),
            time.monotonic() - began,
            run.made,
            run.unchanged,
            tuple(run.failed),
            run.failures,
        )


@contextmanager
def _folder_of_maps(folder: Path) -> Iterator[None]:
    """The folder, made where it is not; one that was made in vain goes again."""
    there = folder.exists()
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise refused(
            "output-folder-missing",
            f"The folder '{printable(str(folder), 400)}' can't be made: "
            f"{printable(error.strerror or str(error))}.",
            "Give the name of a folder, in one that is there.",
            folder,
        ) from error
    try:
        yield
    finally:
        if not there:
            # With something in it, it stays.
            with suppress(OSError):
                folder.rmdir()


@dataclass
class _Run:
    """Scenes on their way to maps."""

    cluster: Cluster
    work: Work
    folder: Path
    manifest: Manifest
    overwrite: bool
    side: int
    made: int = 0
    unchanged: int = 0
    failures: int = 0
    failed: List[Tuple[str, Tuple[Finding, ...]]] = field(default_factory=list)
    findings: Dict[Finding, None] = field(default_factory=dict)
    runtimes: Set[str] = field(default_factory=set)
    scalings: Set[str] = field(default_factory=set)
    _names: Set[str] = field(default_factory=set)
    _present: List[str] = field(default_factory=list)
    _scenes: Dict[int, Tuple[FoundScene, str]] = field(default_factory=dict)

    def jobs(self, scenes: Iterator[FoundScene]) -> Iterator[MapJob]:
        """One for each scene of which something can be read."""
        key = self.work.key
        for scene in scenes:
            try:
                if scene.error is not None or scene.files is None:
                    raise scene.error or Dl2EcdError(())
                name = self._name(scene)
                what = _digest({**key, **scene.files.plain(), "item": _versions(scene.item)})
                known = self.manifest.unchanged(name, what)
                outputs = checked_with_item(
                    self.folder / name, None, None, list(_local(scene)), overwrite=self.overwrite
                )
            except Dl2EcdError as error:
                self._fail(scene.name, error.findings)
                continue
            job = MapJob(
                scene.files, outputs, self.work, self.cluster.model, known=known, side=self.side
            )
            self._scenes[id(job)] = scene, what
            yield job

    def _name(self, scene: FoundScene) -> str:
        """Of the map; of two scenes of one name the second gets a digest of where it is from."""
        stem = slug(scene.name) or "scene"
        name = f"{stem}.tif"
        if name.casefold() in self._names and scene.files is not None:
            name = f"{stem}-{_digest(scene.files.plain())[:8]}.tif"
        self._names.add(name.casefold())
        return name

    def ended(self, job: MapJob) -> None:
        """Count it, and note it."""
        scene, what = self._scenes.pop(id(job))
        name = job.outputs.raster.name
        if job.failed:
            self._fail(job.files.name, tuple(in_order(job.findings)))
            return
        self._present.append(name)
        if job.unchanged:
            self.unchanged += 1
            return
        item = write_item(job, scene.item, in_collection=True)
        described, classifier = job.known_scene()
        self.manifest.note(
            name,
            {
                "scene": job.files.name,
                "what": what,
                "stamps": described.stamps,
                "item": f"{Path(name).stem}.json",
                "bbox": item.get("bbox"),
                "interval": interval_of(item),
            },
        )
        self.made += 1
        self.runtimes |= job.runtimes
        self.scalings.add(classifier.scaling.with_source)
        for one in job.findings:
            if len(self.findings) < _TOLD:
                self.findings[one] = None

    def _fail(self, name: str, findings: Tuple[Finding, ...]) -> None:
        self.failures += 1
        if len(self.failed) < _TOLD:
            self.failed.append((name, findings))

    def catalogued(self) -> Iterator[Mapping[str, Any]]:
        """The maps that are there."""
        return (self.manifest.records[name] for name in sorted(self._present))


def _digest(value: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode("ascii")).hexdigest()


def _versions(item: Mapping[str, Any]) -> List[Any]:
    """What an Item says of when its files were changed: of the web's, there is nothing else."""
    properties, assets = item.get("properties"), item.get("assets")
    said: List[Any] = [properties.get("updated") if isinstance(properties, dict) else None]
    for asset in assets.values() if isinstance(assets, dict) else ():
        if isinstance(asset, dict):
            said.append([asset.get("file:checksum"), asset.get("updated")])
    return said


def _local(scene: FoundScene) -> List[Optional[AnyPath]]:
    """Files that no output may replace."""
    files = scene.files
    return [] if files is None else [files.path, *(one.path for one in files.bands)]
