"""What there is to say about what was made of a scene: of anything, and of a map."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Dict, Optional, Sequence, Tuple

from ...color import Color
from ...ecd.content import Ecd
from ...examination import AnyPath
from ...findings import Finding
from ..classifier import Classifier
from ..inputs.bands import bands_text
from ..rasters.georeference import Georeference

#: What a preview is, in a few words.
PICTURE = "a picture of it with its legend"


def path_text(path: Optional[AnyPath]) -> Optional[str]:
    """A path as it was given, for a report."""
    return None if path is None else os.fspath(path)


@dataclass(frozen=True)
class ClassFound:
    """A class of which some was found."""

    value: int
    name: str
    color: Optional[Color]

    def as_dict(self) -> Dict[str, Any]:
        """The class as ``--json`` shows it."""
        color = None if self.color is None else list(self.color)
        return {"value": self.value, "name": self.name, "color": color}


@dataclass(frozen=True)
class Report:
    """What was made, and how.

    Attributes
    ----------
    output
        The path that was written, as it was given; also what ``str()`` gives.
    findings
        Warnings and information.
    runtime
        What ran the model.
    scaling
        How pixel values became what the model takes.
    seconds
        How long it took.
    """

    output: str
    findings: Tuple[Finding, ...]
    runtime: str
    scaling: str
    seconds: float = field(compare=False)

    @property
    def ok(self) -> bool:
        """Whether all is done that was asked for."""
        return True

    @property
    def beside(self) -> Tuple[Tuple[str, str], ...]:
        """What else was asked for and written: its path, as it was given, and what it is."""
        return ()

    def __str__(self) -> str:
        return self.output

    def __fspath__(self) -> str:
        return self.output

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "runtime": self.runtime,
            "scaling": self.scaling,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class BandsTaken:
    """Which bands of a scene went into the model.

    Attributes
    ----------
    numbers
        Counted from 1, in the model's order.
    of
        How many the scene has.
    """

    numbers: Tuple[int, ...] = ()
    of: int = 0

    @classmethod
    def from_places(cls, bands: Sequence[int], of: Sequence[object]) -> BandsTaken:
        """Of bands that are counted from 0, and all bands of the scene."""
        return cls(tuple(band + 1 for band in bands), len(of))

    def __str__(self) -> str:
        return bands_text(self.numbers, self.of)

    def as_dict(self) -> Dict[str, Any]:
        """The bands as ``--json`` shows them."""
        return {"bands": list(self.numbers), "scene_bands": self.of}


#: Where nobody tells.
NO_BANDS = BandsTaken()


@dataclass(frozen=True)
class ClassCount(ClassFound):
    """How much of the map a class has.

    Attributes
    ----------
    pixels
        How many pixels.
    area
        In square units of the scene's coordinate system; None where it has none.
    """

    pixels: int
    area: Optional[float]

    def as_dict(self) -> Dict[str, Any]:
        """The class as ``--json`` shows it."""
        return {**super().as_dict(), "pixels": self.pixels, "area": self.area}


@dataclass(frozen=True)
class Classification(Report):
    """A finished map.

    Attributes
    ----------
    classes
        How much of the map each has.
    nodata
        The value for no data, and how many pixels have it.
    halo
        Input pixels that tiles overlap by; None where they were blended.
    background
        The value of pixels of none of the classes, and how many have it; None where all pixels
        with data are of a class.
    area_unit
        Of areas: ``square metre``, ``square degree``; None where nobody says it.
    probabilities, preview
        The paths of both, as they were given; None where they were not asked for.
    bands
        Which of the scene's went into the model.
    """

    classes: Tuple[ClassCount, ...]
    nodata: Tuple[int, int]
    halo: Optional[int]
    background: Optional[Tuple[int, int]] = None
    area_unit: Optional[str] = None
    probabilities: Optional[str] = None
    preview: Optional[str] = None
    bands: BandsTaken = NO_BANDS

    @property
    def beside(self) -> Tuple[Tuple[str, str], ...]:
        """The probabilities and the picture."""
        shares, picture = self.probabilities, self.preview
        return (
            *(() if shares is None else ((shares, "the probabilities of its classes"),)),
            *(() if picture is None else ((picture, PICTURE),)),
        )

    @property
    def pixels(self) -> int:
        """How many the map has."""
        others = 0 if self.background is None else self.background[1]
        return sum(item.pixels for item in self.classes) + self.nodata[1] + others

    @property
    def raster(self) -> str:
        """The map's path."""
        return self.output

    def as_dict(self) -> Dict[str, Any]:
        """The report as ``--json`` shows it."""
        return {
            "raster": self.output,
            "probabilities": self.probabilities,
            "preview": self.preview,
            "classes": [item.as_dict() for item in self.classes],
            "nodata": {"value": self.nodata[0], "pixels": self.nodata[1]},
            "background": None
            if self.background is None
            else {"value": self.background[0], "pixels": self.background[1]},
            "area_unit": self.area_unit,
            "halo": self.halo,
            **self.bands.as_dict(),
            **super().as_dict(),
        }


def counted_classes(
    counts: Counter[int], ecd: Ecd, classifier: Classifier, place: Georeference
) -> Tuple[Tuple[ClassCount, ...], Tuple[int, int], Optional[Tuple[int, int]]]:
    """How much of the map each class has, no data, and what is of none of the classes."""
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
    listed = {nodata, *(item.value for item in ecd.classes)}
    others = [value for value in classifier.values.by_index if value not in listed]
    background = (others[0], counts[others[0]]) if others else None
    return classes, (nodata, counts[nodata]), background
