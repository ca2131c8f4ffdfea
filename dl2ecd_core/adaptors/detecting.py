"""Detect: a Python raster function that finds objects with an .ecd's model."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Dict, List, Mapping, Optional, Tuple

from ..running.objects.detector import DetectOptions, Detector, detector_for, labels_of
from ..running.objects.found import Objects
from ..running.objects.searching import search
from ..running.opening import OpenedModel
from ..running.rasters.raster import ArrayReader
from ..running.sessions import Session
from . import contract, placing
from .blocks import unseen
from .function import ModelFunction
from .opening import said_in_arcgis

if TYPE_CHECKING:
    from ..running.sessions import Array


@dataclass(frozen=True)
class Ready:
    """A detector whose scaling is still to be chosen, and the names of its labels."""

    detector: Detector
    names: Mapping[int, str]


class Detection(ModelFunction[Ready]):
    """The function, by ArcGIS's contract of deep learning functions that find objects."""

    _instead = "dl2ecd detect SCENE MODEL OBJECTS.gpkg --trust-model"

    def __init__(self) -> None:
        super().__init__()
        self.name = "Detect"
        self.description = (
            "Finds objects in a raster with the model of a classifier definition (.ecd), model "
            "definition (.emd) or deep learning package (.dlpk)."
        )
        self._overlap: Optional[int] = None
        self._score = contract.SCORE_THRESHOLD

    def getParameterInfo(self) -> List[Dict[str, Any]]:
        """The parameters: those of Esri's detectors, and the scaling where nothing says it."""
        return self._listed("padding", "score_threshold")

    def getConfiguration(self, **scalars: Any) -> Dict[str, Any]:
        """Which bands and how much around a block are needed, and how large blocks are best."""
        overlap = int(scalars.get("padding") or 0) or None
        if overlap != self._overlap:
            self._overlap, self._opened = overlap, None
        opened, batch, configuration = self._configured(scalars)
        self._score = float(scalars.get("score_threshold") or contract.SCORE_THRESHOLD)
        detector = opened.made.detector
        height, width = (
            placing.block_of_tiles(size, detector.overlap, batch) for size in detector.tile
        )
        return {**configuration, "padding": detector.overlap, "tx": width, "ty": height}

    def getFields(self) -> str:
        """The fields of the objects."""
        return contract.object_fields()

    def getGeometryType(self) -> int:
        """Polygons."""
        return contract.POLYGON

    def vectorize(self, **pixelBlocks: Any) -> Dict[str, Any]:
        """The objects whose middle lies in the block without its padding."""
        opened = self._open({})
        pixels, valid = placing.pixels_and_valid(pixelBlocks, opened.bands)
        if not valid.any():
            return {"output_vectors": contract.objects(())}
        # A block's place is not told: what it has of the scene is searched like a scene.
        part = placing.part_with_data(valid)
        here = (slice(part.top, part.top + part.height), slice(part.left, part.left + part.width))
        with said_in_arcgis():
            detector = replace(
                opened.made.detector,
                scaling=opened.scaling(str(pixels.dtype), self._asked),
                score=self._score,
            )
            found = search(ArrayReader(pixels[(slice(None), *here)], valid[here]), detector)
        padding, names = detector.overlap, opened.made.names
        moved = found.objects.moved(part.left - padding, part.top - padding)
        inner = moved.taken(_in_the_middle(moved, *(size - 2 * padding for size in valid.shape)))
        listed = zip(_rings(inner), inner.labels.tolist(), inner.scores.tolist())
        told = contract.objects((rings, names[label], score) for rings, label, score in listed)
        return {"output_vectors": told}

    def _make(self, opened: OpenedModel, session: Session) -> Tuple[Ready, int, str]:
        scene, bands = unseen(opened.ecd.band_count or 0)
        # Scaling is chosen when pixels come: their type counts.
        options = DetectOptions(bands, ("none",), overlap=self._overlap)
        detector, _ = detector_for(opened, session, scene, options)
        classes = opened.ecd.classes
        names = {label: classes[place].name for label, place in labels_of(opened).items()}
        return Ready(detector, names), len(detector.bands), detector.entry.data_type


def _in_the_middle(objects: Objects, height: int, width: int) -> Array:
    """Whether an object's middle lies in these rows and columns: each does in one block."""
    import numpy

    bounds = objects.bounds
    middle = (bounds[:, :2] + bounds[:, 2:]) / 2
    return numpy.all((middle >= 0) & (middle < (width, height)), axis=1)


def _rings(objects: Objects) -> List[List[List[List[float]]]]:
    """The rings of each object: clockwise as seen, holes the other way round, closed."""
    if objects.outlines is None:
        return [[[*ring, ring[0]]] for ring in objects.corners.tolist()]
    from shapely.geometry.polygon import orient

    return [
        [
            [list(corner) for corner in ring.coords]
            for polygon in map(orient, outline.geoms)
            for ring in (polygon.exterior, *polygon.interiors)
        ]
        for outline in objects.outlines
    ]
