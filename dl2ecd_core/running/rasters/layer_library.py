"""What writing objects asks of a library for layers: one call, behind a small interface.

pyogrio does it by default (:mod:`.pyogrio_library`); inside QGIS its own GDAL does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Mapping, Protocol, Sequence

from .georeference import System

if TYPE_CHECKING:
    from ..sessions import Array


class LayerError(Exception):
    """The library can't write; the text is its own."""


@dataclass(frozen=True)
class Layer:
    """A layer that is to be written.

    Attributes
    ----------
    kind
        ``Polygon``, ``MultiPolygon`` or ``Point``.
    system
        Its coordinate system.
    shapes
        Well-known binary of each feature.
    fields
        Values of each feature, by the field's name.
    driver, options, dataset_options
        GDAL's driver, and its options for the layer and for the file.
    """

    name: str
    kind: str
    system: System
    shapes: Sequence[bytes]
    fields: Mapping[str, Array]
    driver: str
    options: Mapping[str, str] = field(default_factory=dict)
    dataset_options: Mapping[str, str] = field(default_factory=dict)


class LayerLibrary(Protocol):
    """A library for layers."""

    def write(self, target: Path, layer: Layer) -> None:
        """Write a layer into a file of its own.

        Raises
        ------
        LayerError, OSError
            When it can't be written.
        """
        ...
