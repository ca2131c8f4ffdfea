"""A model that is ready to detect: pixels of a tile go in, objects come out."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, FrozenSet, List, Mapping, Optional, Sequence, Tuple, Union

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import counted, listed
from ...models import Role, Tensor
from ...scaling.steps import Scaling
from ..extras import RunningRefused
from ..inputs.model_input import InputOptions, model_input
from ..inputs.scaling import scaled
from ..opening import OpenedModel
from ..purpose import check_no_map
from ..rasters.raster import RasterReader
from ..sessions import Session
from ..sessions.scores import ImageInput, arranged, image_input
from .decoding import decoded
from .found import Objects
from .masks import outlined
from .reading import AskedReading, Reading, reading_of, said_of_masks
from .suppression import suppressed

if TYPE_CHECKING:
    from ..sessions import Array

#: Lowest score, and highest overlap, where nothing else is asked for.
SCORE, IOU = 0.25, 0.5
#: Rows and columns of a tile where any size goes in and the exporter notes none.
USUAL = 640
#: Of a tile, what neighbours share where nothing else is asked for.
_SHARED = 4
#: Value around a scene that is smaller than a tile, after scaling: ultralytics' grey, else 0.
_GREY = 114 / 255


@dataclass(frozen=True)
class DetectOptions(InputOptions):
    """What a person asks for beside scene and model; None where the definition decides.

    Attributes
    ----------
    bands, scale
        As in :class:`~dl2ecd_core.running.building.Options`.
    score
        Objects of a lower score are left out.
    iou
        Of two objects of a class that overlap by more, the better one stays.
    classes
        Names or values of the classes that are wanted; all where it is empty.
    overlap
        Pixels that neighbouring tiles share: the length of the longest object.
    reading
        What is said of the model's outputs.
    """

    score: float = SCORE
    iou: float = IOU
    classes: Sequence[Union[str, int]] = ()
    overlap: Optional[int] = None
    reading: AskedReading = field(default_factory=AskedReading)


class BestScore:
    """The best score that was seen where no object was found; tiles run in several threads.

    Attributes
    ----------
    seen
        None where there was none.
    """

    def __init__(self) -> None:
        self.seen: Optional[float] = None
        self._lock = threading.Lock()

    def hear(self, score: float) -> None:
        """That of a tile."""
        with self._lock:
            self.seen = score if self.seen is None else max(self.seen, score)


@dataclass(frozen=True)
class Detector:
    """A model that is ready to detect in any raster of its bands.

    Attributes
    ----------
    tile
        Rows and columns.
    overlap
        Pixels that neighbouring tiles share.
    padding
        Value around a scene that is smaller than a tile, after scaling.
    wanted
        Labels of the classes that are wanted.
    missed
        The best score where no object was found, of the tiles that were run in this process.
    """

    session: Session
    entry: ImageInput
    reading: Reading
    bands: Tuple[int, ...]
    scaling: Scaling
    tile: Tuple[int, int]
    overlap: int
    padding: float
    score: float
    iou: float
    wanted: FrozenSet[int]
    missed: BestScore = field(default_factory=BestScore, compare=False)

    @property
    def settings(self) -> List[str]:
        """All that its answers hang on beside session, bands and scaling."""
        settings = (
            self.reading, self.tile, self.overlap, self.padding, self.score, self.iou,
            sorted(self.wanted),
        )  # fmt: skip
        return [str(one) for one in settings]

    def objects(self, pixels: Array) -> Objects:
        """The objects of a tile ``(bands, rows, columns)``; a smaller one is filled up."""
        import numpy

        if pixels.dtype.kind == "f":
            pixels = numpy.nan_to_num(pixels, posinf=0, neginf=0)
        values = scaled(pixels, self.scaling, self.entry.data_type)
        lacking = [size - have for size, have in zip(self.tile, values.shape[1:])]
        if any(lacking):
            around = ((0, 0), (0, lacking[0]), (0, lacking[1]))
            values = numpy.pad(values, around, constant_values=self.padding)
        outputs = self.session.run([arranged(values, self.entry)])
        found = decoded(self.reading, outputs, self.tile, self.score, self.missed.hear)
        found = found.taken(numpy.isin(found.labels, sorted(self.wanted)))
        if not self.reading.finished:
            found = found.taken(suppressed(found, self.iou))
        return outlined(found, self.reading, outputs, self.tile, pixels.shape[1:])


def detector_for(
    opened: OpenedModel, session: Session, reader: RasterReader, options: DetectOptions
) -> Tuple[Detector, Tuple[Finding, ...]]:
    """A detector for a scene, and what the person must know about it.

    Raises
    ------
    RunningRefused
        Where something is missing that nobody can guess.
    """
    ecd = opened.ecd
    if options.reading.head is None:
        check_no_map(opened)
    tensor, entry = detector_input(session, ecd.band_count or 0)
    bands, scaling, said = model_input(opened, session, reader, options, entry.data_type)
    head = opened.model.detector
    reading = reading_of(head, session.outputs, len(ecd.classes), options.reading, ecd.name)
    noted = (head.image_size if head is not None else None) or (USUAL, USUAL)
    sizes = tuple(
        (tensor.shape or ())[entry.axes.index(axis)] or size for axis, size in zip("HW", noted)
    )
    overlap = options.overlap
    if overlap is None:
        overlap = _usual_overlap(reading, min(sizes))
    findings: List[Finding] = [*said]
    findings += said_of_masks(reading, session.outputs, (sizes[0], sizes[1]), ecd.name)
    findings += _checked_overlap(overlap, min(sizes))
    if reader.height < sizes[0] or reader.width < sizes[1]:
        findings.append(_padded(reader, sizes))
    grey = session.properties.get("author") == "Ultralytics"
    detector = Detector(
        session,
        entry,
        reading,
        bands,
        scaling,
        (sizes[0], sizes[1]),
        overlap,
        _GREY if grey else 0.0,
        options.score,
        options.iou,
        frozenset(_wanted(opened, options.classes)),
    )
    return detector, tuple(findings)


def _usual_overlap(reading: Reading, tile: int) -> int:
    """A quarter of a tile; as much as the longest anchor where that is more, up to a half."""
    sides = [side for grid in reading.grids for anchor in grid.anchors for side in anchor]
    longest = math.ceil(max(sides, default=0.0))
    return max(tile // _SHARED, min(longest, tile // 2))


def labels_of(opened: OpenedModel) -> Mapping[int, int]:
    """For each of the model's labels, the place of its class in the definition's list.

    Classes of a detector are listed in the order in which it was trained.
    """
    return {
        place if item.index is None else item.index: place
        for place, item in enumerate(opened.ecd.classes)
    }


def detector_input(session: Session, bands: int) -> Tuple[Tensor, ImageInput]:
    """The input that takes the picture, and how.

    Raises
    ------
    RunningRefused
        ``model-input-unknown``.
    """
    data = [tensor for tensor in session.inputs if tensor.role is Role.DATA]
    if len(data) == 1:
        entry = image_input(data[0], bands)
        if "H" in entry.axes:
            return data[0], entry
    raise RunningRefused(
        [
            finding(
                "model-input-unknown",
                f"The model has {counted(len(data), 'input')}, where one picture of "
                f"{counted(bands, 'band')} is to go in.",
                hint="Export the model again with an image as its only input.",
            )
        ]
    )


def _wanted(opened: OpenedModel, asked: Sequence[Union[str, int]]) -> List[int]:
    """Labels of the classes that are asked for, by name or value."""
    places = labels_of(opened)
    classes = opened.ecd.classes
    wanted: List[int] = []
    missing: List[str] = []
    for one in asked:
        text = str(one).strip().casefold()
        found = [
            label
            for label, place in places.items()
            if text in (classes[place].name.casefold(), str(classes[place].value))
        ]
        wanted += found
        if not found:
            missing.append(str(one))
    if not missing:
        return wanted if asked else list(places)
    raise RunningRefused(
        [
            finding(
                "class-not-listed",
                f"The definition has no class {listed(missing)}.",
                hint=f"It has {listed(item.name for item in classes)}.",
                where=Place(file=opened.ecd.name),
            )
        ]
    )


def _checked_overlap(overlap: int, tile: int) -> List[Finding]:
    if 0 <= overlap < tile:
        return []
    raise RunningRefused(
        [
            finding(
                "overlap-wrong",
                f"Tiles of {tile} pixels can't share {overlap}.",
                hint=f"Give from 0 to {tile - 1}: the length of the longest object in pixels.",
            )
        ]
    )


def _padded(reader: RasterReader, sizes: Sequence[int]) -> Finding:
    return finding(
        "scene-padded",
        f"The scene has {reader.height} x {reader.width} pixels and the model takes {sizes[0]} x "
        f"{sizes[1]}: it is filled up to the right and below, and not stretched.",
        where=Place(file=reader.name),
    )
