"""What there is to say about a finished map."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Tuple

from ..color import Color
from ..ecd.content import Ecd
from ..findings import Finding
from .classifier import Classifier
from .georeference import Georeference


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


def counted_classes(
    counts: Counter[int], ecd: Ecd, classifier: Classifier, place: Georeference
) -> Tuple[Tuple[ClassCount, ...], Tuple[int, int]]:
    """How much of the map each class has, and the value for no data with its number."""
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
