"""What client and workers tell each other: numbers, texts, lists and mappings of them, no objects.

An order is such plain data with the name of what is to be done; what comes back is a told result,
or findings. So nothing depends on how one Python pickles for another.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Sequence, Tuple

from ...files.digests import sha256_of
from ...findings import Finding, Place, Severity
from ...findings.rules import CATALOGUE
from ..rasters.georeference import Georeference
from ..rasters.raster import NoPixels, Window

Plain = Dict[str, Any]


@dataclass(frozen=True)
class BandFile:
    """A band of a scene whose bands lie in several files.

    Attributes
    ----------
    path
        Of the file, or its address on the web.
    band
        Counted from 0.
    name
        Of the band; None where it has none.
    """

    path: str
    band: int = 0
    name: Optional[str] = None


@dataclass(frozen=True)
class SceneFiles:
    """What a scene is read from.

    Attributes
    ----------
    name
        For messages.
    path
        Of its file, or its address.
    bands
        Where they lie in several files, or have other names than the file says; else empty.
    """

    name: str
    path: str
    bands: Tuple[BandFile, ...] = ()

    def plain(self) -> Plain:
        """For a worker."""
        return {"name": self.name, "path": self.path, "bands": [asdict(one) for one in self.bands]}

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> SceneFiles:
        """As a worker gets it."""
        bands = tuple(BandFile(**one) for one in plain["bands"])
        return cls(plain["name"], plain["path"], bands)


@dataclass(frozen=True)
class Work:
    """What is alike in all that a run asks of workers.

    Attributes
    ----------
    version
        Of dl2ecd at the client.
    model
        SHA-256 of the definition that the workers have been given.
    options
        What ``Options(**...)`` or ``DetectOptions(**...)`` takes.
    aoi
        Polygons.
    probabilities
        Whether they are made, too.
    """

    version: str
    model: str
    options: Mapping[str, Any] = field(default_factory=dict)
    device: str = "cpu"
    trusted: bool = False
    aoi: Optional[str] = None
    probabilities: bool = False

    def plain(self) -> Plain:
        """For a worker."""
        return plain_data(asdict(self))

    @property
    def key(self) -> Plain:
        """What of it a map is the result of."""
        aoi = None if self.aoi is None else sha256_of(Path(self.aoi))
        return {
            "version": self.version,
            "model": self.model,
            "options": dict(self.options),
            "aoi": aoi,
            "probabilities": self.probabilities,
        }


@dataclass(frozen=True)
class Described:
    """A scene as a worker found it: a raster reader that has no pixels.

    Attributes
    ----------
    stamps
        Of its files: size and time of the last change, None of what is on the web.
    """

    name: str
    height: int
    width: int
    data_type: str
    band_names: Tuple[Optional[str], ...]
    georeference: Georeference
    stamps: Tuple[Optional[Tuple[int, int]], ...] = ()
    bytes: int = 0

    def plain(self) -> Plain:
        """For the client."""
        return plain_data(asdict(self))

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> Described:
        """As it comes back."""
        place = plain["georeference"]
        return cls(
            plain["name"],
            plain["height"],
            plain["width"],
            plain["data_type"],
            tuple(plain["band_names"]),
            Georeference(
                place["crs"],
                None if place["transform"] is None else tuple(place["transform"]),
                tuple(tuple(point) for point in place["points"]),
                place["points_crs"],
                dict(place["polynomials"]),
                place["epoch"],
                place["is_point"],
            ),
            tuple(None if one is None else (one[0], one[1]) for one in plain["stamps"]),
            plain["bytes"],
        )

    def read(self, window: Window, bands: Sequence[int]) -> Any:
        """There are no pixels at the client."""
        raise NoPixels("a described scene has no pixels")


def plain_data(value: Mapping[str, Any]) -> Plain:
    """The same in what JSON knows; anything else is refused.

    Raises
    ------
    TypeError
        For an object of another kind.
    """
    plain: Plain = json.loads(json.dumps(value))
    return plain


def plain_finding(item: Finding) -> Plain:
    """For the client."""
    return {**item.as_dict(), "where": asdict(item.where)}


def finding_of(plain: Mapping[str, Any]) -> Finding:
    """As it comes back; of rules of this package alone."""
    rule = CATALOGUE[plain["rule"]]
    where = Place(**plain["where"])
    return Finding(rule.id, Severity(rule.severity), plain["message"], plain["hint"], where)


__all__ = [
    "BandFile",
    "Described",
    "Plain",
    "SceneFiles",
    "Work",
    "finding_of",
    "plain_data",
    "plain_finding",
]
