"""What there is to say about objects that were found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Dict, Optional, Sequence, Tuple

from ...ecd.content import EcdClass
from ..maps.report import NO_BANDS, PICTURE, BandsTaken, ClassFound, Report
from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array


@dataclass(frozen=True)
class ObjectCount(ClassFound):
    """How many objects of a class there are.

    Attributes
    ----------
    scores
        The lowest and the highest score; None without objects.
    """

    objects: int
    scores: Optional[Tuple[float, float]]

    def as_dict(self) -> Dict[str, Any]:
        """The class as ``--json`` shows it."""
        scores = None if self.scores is None else list(self.scores)
        return {**super().as_dict(), "objects": self.objects, "scores": scores}


@dataclass(frozen=True)
class Detection(Report):
    """A finished layer of objects.

    Attributes
    ----------
    classes
        How many objects each has.
    reading
        How objects were read from its outputs.
    overlap, tiles
        Pixels that neighbouring tiles shared, and how many tiles there were.
    preview
        The path of the picture, as it was given; None where it was not asked for.
    bands
        Which of the scene's went into the model.
    """

    classes: Tuple[ObjectCount, ...]
    reading: str
    overlap: int
    tiles: int
    preview: Optional[str] = None
    bands: BandsTaken = NO_BANDS

    @property
    def beside(self) -> Tuple[Tuple[str, str], ...]:
        """The picture."""
        return () if self.preview is None else ((self.preview, PICTURE),)

    @property
    def layer(self) -> str:
        """The layer's path."""
        return self.output

    @property
    def objects(self) -> int:
        """How many there are."""
        return sum(item.objects for item in self.classes)

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "layer": self.output,
            "preview": self.preview,
            "objects": self.objects,
            "classes": [item.as_dict() for item in self.classes],
            "reading": self.reading,
            "overlap": self.overlap,
            "tiles": self.tiles,
            **self.bands.as_dict(),
            **super().as_dict(),
        }


def counted_objects(objects: Objects, classes: Sequence[EcdClass]) -> Tuple[ObjectCount, ...]:
    """How many objects each class has, whose places are their labels."""
    return counted_by_class(objects.labels, objects.scores, classes)


def counted_by_class(
    labels: Array, scores: Array, classes: Sequence[EcdClass]
) -> Tuple[ObjectCount, ...]:
    """How many labels each class has, whose places they are."""
    counts = []
    for place, item in enumerate(classes):
        mine = scores[labels == place]
        span = (float(mine.min()), float(mine.max())) if len(mine) else None
        counts.append(ObjectCount(item.value, item.name, item.color, len(mine), span))
    return tuple(counts)
