"""What a class information document says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import FrozenSet, Mapping, Optional, Tuple

from ..color import Color
from ..findings import Finding, Place
from ..json_text import Places


@dataclass(frozen=True)
class LandClass:
    """One class.

    Attributes
    ----------
    value
        The pixel value of the classified raster.
    name
        As written, blanks included.
    color
        Red, green and blue, 0 to 255.
    color_given
        False where the color is one of the palette's.
    """

    value: int
    name: str
    color: Color
    color_given: bool


@dataclass(frozen=True)
class ClassInfo:
    """The class information, and everything that is wrong with it.

    Attributes
    ----------
    file
        The path as the user gave it.
    classifier
        The name of the framework, as written.
    band_count
        Bands of the raster that the model takes.
    mini_batch_size
        Tiles per run of the model; 1 when not given.
    mini_batch_given
        Whether the document gives it (as MiniBatchSize or BatchSize).
    classes
        In the order of the document.
    emd_keys
        The keys of the model definition (.emd) vocabulary that it gives, in its order.
    storage
        "embedded" or "referenced" from ModelStorage; None when not given.
    document
        The source document as it is, order and unknown keys kept; null stands for what could not
        be read.
    unusable
        Top-level keys whose value is missing or wrong; their attribute above then holds a neutral
        default, and checks skip them.
    findings
        Everything wrong with the document, in its order.
    """

    file: str
    classifier: str
    band_count: int
    mini_batch_size: int
    mini_batch_given: bool
    classes: Tuple[LandClass, ...]
    emd_keys: Mapping[str, object]
    storage: Optional[str]
    document: Mapping[str, object]
    unusable: FrozenSet[str]
    findings: Tuple[Finding, ...]
    places: Places = field(repr=False, compare=False)

    def where(self, path: str) -> Place:
        """The place of a JSON path such as ``$.Classes[3].Name``, or of its nearest parent."""
        return self.places.at(path)
