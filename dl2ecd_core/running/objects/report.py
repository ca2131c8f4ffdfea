"""What there is to say about objects that were found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Sequence, Tuple

from ...color import Color
from ...ecd.content import EcdClass
from ...findings import Finding
from .found import Objects


@dataclass(frozen=True)
class ObjectCount:
    """How many objects of a class there are.

    Attributes
    ----------
    scores
        The lowest and the highest score; None without objects.
    """

    value: int
    name: str
    color: Optional[Color]
    objects: int
    scores: Optional[Tuple[float, float]]


@dataclass(frozen=True)
class Detection:
    """A finished layer of objects.

    Attributes
    ----------
    layer
        The path that was written, as it was given; also what ``str()`` gives.
    findings
        Warnings and information.
    classes
        How many objects each has.
    runtime
        What ran the model.
    reading
        How objects were read from its outputs.
    overlap, tiles
        Pixels that neighbouring tiles shared, and how many tiles there were.
    scaling
        How pixel values became what the model takes.
    seconds
        How long it took.
    """

    layer: str
    findings: Tuple[Finding, ...]
    classes: Tuple[ObjectCount, ...]
    runtime: str
    reading: str
    overlap: int
    tiles: int
    scaling: str
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        return self.layer

    def __fspath__(self) -> str:
        return self.layer

    @property
    def objects(self) -> int:
        """How many there are."""
        return sum(item.objects for item in self.classes)

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "layer": self.layer,
            "objects": self.objects,
            "classes": [
                {
                    "value": item.value,
                    "name": item.name,
                    "color": None if item.color is None else list(item.color),
                    "objects": item.objects,
                    "scores": None if item.scores is None else list(item.scores),
                }
                for item in self.classes
            ],
            "runtime": self.runtime,
            "reading": self.reading,
            "overlap": self.overlap,
            "tiles": self.tiles,
            "scaling": self.scaling,
            "seconds": round(self.seconds, 3),
        }


def counted_objects(objects: Objects, classes: Sequence[EcdClass]) -> Tuple[ObjectCount, ...]:
    """How many objects each class has, whose places are their labels."""
    counts = []
    for place, item in enumerate(classes):
        scores = objects.scores[objects.labels == place]
        span = (float(scores.min()), float(scores.max())) if len(scores) else None
        counts.append(ObjectCount(item.value, item.name, item.color, len(scores), span))
    return tuple(counts)
