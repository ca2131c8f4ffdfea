"""Classify: a scene and a definition become a map with values, colors and names."""

from __future__ import annotations

import hashlib
import json
import math
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from ..ecd.content import Ecd
from ..examination import AnyPath
from ..exports import aux_xml
from ..exports.legend import legend_of
from ..files.output import check_target, refused
from ..findings import Finding, in_order
from ..findings.errors import Cancelled
from ..findings.wording import printable
from ..progress import Listener
from ..version import __version__
from .building import Options, classifier_for
from .classifier import Classifier
from .engine import classify_raster
from .georeference import Georeference
from .geotiff import Color, Content, made_here, write_geotiff
from .opening import OpenedModel, opened_model
from .part_file import PartFile, PartFolder
from .raster_library import RasterLibrary
from .rasterio_library import RasterioLibrary
from .scene import Scene, opened_scene
from .sessions.opening import open_session

if TYPE_CHECKING:
    from .sessions import Array


@dataclass(frozen=True)
class ClassCount:
    """How much of the map a class has.

    Attributes
    ----------
    pixels
        How many pixels.
    area
        In square units of the scene's coordinate system; None where it has none.
    """

    value: int
    name: str
    color: Optional[Color]
    pixels: int
    area: Optional[float]


@dataclass(frozen=True)
class Classification:
    """A finished map.

    Attributes
    ----------
    raster
        The path that was written, as it was given; also what ``str()`` gives.
    findings
        Warnings and information.
    classes
        How much of the map each has.
    nodata
        The value for no data, and how many pixels have it.
    runtime
        What ran the model.
    halo
        Input pixels that tiles overlap by; None where they were blended.
    seconds
        How long it took.
    """

    raster: str
    findings: Tuple[Finding, ...]
    classes: Tuple[ClassCount, ...]
    nodata: Tuple[int, int]
    runtime: str
    halo: Optional[int]
    scaling: str
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        return self.raster

    def __fspath__(self) -> str:
        return self.raster

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "raster": self.raster,
            "classes": [
                {
                    "value": item.value,
                    "name": item.name,
                    "color": None if item.color is None else list(item.color),
                    "pixels": item.pixels,
                    "area": item.area,
                }
                for item in self.classes
            ],
            "nodata": {"value": self.nodata[0], "pixels": self.nodata[1]},
            "runtime": self.runtime,
            "halo": self.halo,
            "scaling": self.scaling,
            "seconds": round(self.seconds, 3),
        }


def classify(
    scene: AnyPath,
    model: AnyPath,
    raster: AnyPath,
    *,
    class_info: Optional[AnyPath] = None,
    options: Optional[Options] = None,
    probabilities: Optional[AnyPath] = None,
    device: str = "cpu",
    workers: Optional[int] = None,
    overwrite: bool = False,
    messages: Optional[Listener] = None,
    library: Optional[RasterLibrary] = None,
) -> Classification:
    """Classify every pixel of a scene.

    Parameters
    ----------
    scene
        A raster that GDAL reads.
    model
        An .ecd, .emd or .dlpk; or a model, with its `class_info`.
    raster
        The map to write: a cloud optimised GeoTIFF with colors, and names beside it (.aux.xml).
    class_info
        The class information document of a model.
    options
        Bands, scaling, value for no data, threshold.
    probabilities
        A second raster, with the probability of each class.
    device
        ``cpu``, ``cuda`` or ``auto``.
    workers
        Tiles at once; as many as there are cores by default.
    overwrite
        Replace a raster at the output's place also where this project did not write it.
    messages
        Hears findings and progress, and may cancel.
    library
        What reads and writes rasters; rasterio by default.

    Raises
    ------
    Dl2EcdError
        With all findings; what was there before is untouched.
    Cancelled
        When `messages` says so.

    Examples
    --------
    >>> classify("scene.tif", "landcover.ecd", "map.tif")  # doctest: +SKIP
    """
    began = time.monotonic()
    listener = messages or Listener()
    rasters = library or RasterioLibrary()
    target = Path(raster)
    inputs = [Path(path) for path in (scene, model, class_info) if path is not None]
    second = None if probabilities is None else Path(probabilities)
    for output in (target, second):
        if output is None:
            continue
        check_target(output, inputs)
        _check_ours(output, overwrite, rasters)
    with (
        opened_scene(os.fspath(scene), rasters) as reader,
        opened_model(model, class_info, listener) as opened,
    ):
        session = open_session(opened.model, opened.primary, device=device)
        classifier, said = classifier_for(opened, session, reader, options or Options())
        findings = in_order([*opened.findings, *said])
        for item in findings:
            listener.found(item)
        result = _Result(target, second, classifier, opened.ecd, rasters)
        counts = result.make(reader, _key(scene, reader, opened, classifier), workers, listener)
        classes, nodata = _counted(counts, opened.ecd, classifier, reader.georeference)
    return Classification(
        os.fspath(raster),
        findings,
        classes,
        nodata,
        session.runtime,
        classifier.fitted.halo,
        f"{classifier.scaling} ({classifier.scaling.source})",
        time.monotonic() - began,
    )


class _Counting:
    """Counts pixels by their value on their way into a file of rows."""

    def __init__(self, part: PartFile, folder: PartFolder) -> None:
        self._part, self._folder = part, folder
        self.counts: Counter[int] = Counter()
        for strip in part.rows(folder.done):
            self._count(strip)

    def write(self, top: int, strip: Array) -> None:
        """As :class:`~dl2ecd_core.running.rasters.RasterWriter`."""
        self._part.write(top, strip)
        self._count(strip)
        self._folder.finished(top)

    def _count(self, strip: Array) -> None:
        import numpy

        if strip.dtype == numpy.uint8:
            found = numpy.bincount(strip.ravel(), minlength=256)
            self.counts.update({value: int(found[value]) for value in found.nonzero()[0].tolist()})
        else:
            values, numbers = numpy.unique(strip, return_counts=True)
            self.counts.update(dict(zip(values.tolist(), numbers.tolist())))


@dataclass(frozen=True)
class _Result:
    """The rasters that are made."""

    target: Path
    probabilities: Optional[Path]
    classifier: Classifier
    ecd: Ecd
    library: RasterLibrary

    def make(
        self, reader: Scene, key: Dict[str, Any], workers: Optional[int], listener: Listener
    ) -> Counter[int]:
        """Make them, whole or not at all; how many pixels have which value."""
        classifier = self.classifier
        plan = classifier.plan(reader.height, reader.width)
        folder = PartFolder(self.target, key)
        try:
            part = folder.file("values", plan.width, 1, classifier.values.data_type)
            shares = None
            if self.probabilities is not None:
                layers = classifier.probabilities.layers
                shares = folder.file("probabilities", plan.width, layers, "float32")
            counting = _Counting(part, folder)
            classify_raster(
                reader,
                classifier,
                counting,
                probabilities=shares,
                from_row=folder.done,
                workers=workers,
                listener=listener,
            )
            folder.note(plan.height)
            self._write(part, shares, plan.height, reader)
        except (Cancelled, KeyboardInterrupt):
            folder.remove()
            raise
        finally:
            folder.close()
        folder.remove()
        return counting.counts

    def _write(
        self, part: PartFile, shares: Optional[PartFile], height: int, reader: Scene
    ) -> None:
        values, fitted = self.classifier.values, self.classifier.fitted
        place = reader.georeference.resized(
            (fitted.rows.scale, fitted.columns.scale),
            (fitted.rows.start - fitted.rows.lead, fitted.columns.start - fitted.columns.lead),
        )
        rows = legend_of(self.ecd, "tif").rows
        colors = {row.value: row.color for row in rows}
        small = values.data_type == "uint8"
        content = Content(place, values.nodata, colors if small else None)
        write_geotiff(part, height, self.target, content, self.library)
        names = Path(f"{self.target}.aux.xml")
        aux_xml.write(self.ecd, names, Listener(), overwrite=True)
        if shares is not None and self.probabilities is not None:
            write_geotiff(
                shares,
                height,
                self.probabilities,
                Content(place, math.nan, names=_layer_names(self.ecd, shares.layers)),
                self.library,
            )


def _layer_names(ecd: Ecd, layers: int) -> List[str]:
    """The name of each layer of probabilities."""
    by_index = {item.index: item.name for item in ecd.classes}
    if layers == 1:
        return [by_index.get(1, "probability")]
    return [by_index.get(index, "background") for index in range(layers)]


def _counted(
    counts: Counter[int], ecd: Ecd, classifier: Classifier, place: Georeference
) -> Tuple[Tuple[ClassCount, ...], Tuple[int, int]]:
    area = place.pixel_area
    if area is not None:
        area *= float(classifier.fitted.rows.scale * classifier.fitted.columns.scale)
    classes = tuple(
        ClassCount(
            item.value,
            item.name,
            item.color,
            counts[item.value],
            None if area is None else counts[item.value] * area,
        )
        for item in ecd.classes
    )
    nodata = classifier.values.nodata
    return classes, (nodata, counts[nodata])


def _check_ours(target: Path, overwrite: bool, library: RasterLibrary) -> None:
    """Refuse to replace what this project did not write."""
    if overwrite or not target.exists() or made_here(target, library):
        return
    raise refused(
        "output-not-ours",
        f"'{printable(str(target), 400)}' exists, and dl2ecd did not write it.",
        "Choose another name, or say --overwrite to replace it.",
        target,
    )


def _key(
    scene: AnyPath, reader: Scene, opened: OpenedModel, classifier: Classifier
) -> Dict[str, Any]:
    """What a result is the result of: an unfinished one is gone on with only where all is alike."""
    path = Path(scene)
    status = path.stat() if path.exists() else None
    document = json.dumps(opened.ecd.document, sort_keys=True, default=str)
    files = []
    for part in opened.model.files:
        digest = hashlib.sha256()
        with part.location.open("rb") as file:
            for piece in iter(lambda: file.read(1 << 20), b""):
                digest.update(piece)
        files.append([part.path, digest.hexdigest()])
    fitted = classifier.fitted
    return {
        "version": __version__,
        "scene": [os.path.realpath(path), reader.height, reader.width],
        "changed": None if status is None else [status.st_size, status.st_mtime_ns],
        "document": hashlib.sha256(document.encode()).hexdigest(),
        "files": files,
        "bands": list(classifier.bands),
        "scaling": [step.as_dict() for step in classifier.scaling.steps],
        "values": str(classifier.values),
        "tiles": [str(fitted.rows), str(fitted.columns)],
    }
