"""What a legend file says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Mapping, Optional, Tuple

from ..color import Color
from ..findings import Finding


@dataclass(frozen=True)
class LegendClass:
    """One entry of a legend.

    Attributes
    ----------
    value
        The pixel value, 32 bits with sign.
    name
        As written; None where the file has none.
    color
        Red, green and blue, 0 to 255; None where the file has none.
    """

    value: int
    name: Optional[str]
    color: Optional[Color]


@dataclass(frozen=True)
class Legend:
    """A legend file.

    Attributes
    ----------
    file
        The path as the user gave it.
    kind
        What it was recognised as, for people: "QGIS style".
    classes
        In the file's order, each value once.
    findings
        Warnings and information about it.
    definition
        The document around the classes, where it is a model definition, class information or an
        .ecd.
    """

    file: str
    kind: str
    classes: Tuple[LegendClass, ...]
    findings: Tuple[Finding, ...] = ()
    definition: Mapping[str, object] = field(default_factory=dict, repr=False)
