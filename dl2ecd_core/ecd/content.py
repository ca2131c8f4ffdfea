"""What an .ecd says, in the same words whether it was read or is about to be written."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Mapping, Optional, Tuple

from ..color import Color
from ..findings import Finding
from .stored import StoredFile


class Kind(str, Enum):
    """What kind of definition a file is."""

    DEEP_LEARNING = "deep-learning"
    CLASSIC = "classic"
    """A classifier without a model, such as maximum likelihood."""
    ENDMEMBERS = "endmembers"
    """Spectral profiles for unmixing, which share the extension."""


@dataclass(frozen=True)
class EcdClass:
    """A class as the definition lists it.

    Attributes
    ----------
    index
        The model's output index; None in classic definitions.
    color
        None where the definition gives none.
    """

    value: int
    name: str
    color: Optional[Color]
    index: Optional[int] = None


@dataclass(frozen=True)
class Ecd:
    """An .ecd.

    Attributes
    ----------
    name
        The path as the user gave it.
    kind
        What it is a definition of.
    document
        The JSON document without the files' bytes.
    classifier
        As written in the definition; None where it says nothing.
    classes
        In the order of the definition.
    band_count, background
        None where not said.
    storage
        ``"embedded"`` or ``"referenced"``; None without a model.
    files
        The model's files, the primary one first.
    findings
        Warnings and information about the document.
    """

    name: str
    kind: Kind
    document: Mapping[str, Any]
    classifier: Optional[str]
    classes: Tuple[EcdClass, ...]
    band_count: Optional[int] = None
    background: Optional[int] = None
    storage: Optional[str] = None
    files: Tuple[StoredFile, ...] = ()
    findings: Tuple[Finding, ...] = ()

    @property
    def definition(self) -> Mapping[str, Any]:
        """``Definitions[0]``, empty where there is none."""
        definitions = self.document.get("Definitions")
        first = definitions[0] if isinstance(definitions, list) and definitions else {}
        return first if isinstance(first, Mapping) else {}

    @property
    def model(self) -> Mapping[str, Any]:
        """What the definition says of the model, empty where there is none."""
        model = self.definition.get("Model")
        return model if isinstance(model, Mapping) else {}
