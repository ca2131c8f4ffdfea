"""What there is to say of a scene before a model looks at it."""

from __future__ import annotations

from typing import List, Sequence

from ...findings import Finding, Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ...scaling.steps import Scaling
from ..rasters.scene import Scene
from .band_units import said_of_units
from .transparency import said_of_transparency
from .value_range import said_of_range

#: Bytes of a piece from which on memory is no longer that of a few rows of tiles.
_LARGE = 64 << 20


def said_of_scene(
    scene: Scene, bands: Sequence[int], scaling: Scaling, input_type: str
) -> List[Finding]:
    """Of its values, its bands and its file.

    Parameters
    ----------
    bands
        Those that the model takes, counted from 0.
    input_type
        Of the model's input.
    """
    return [
        *said_of_range(scene, bands, scaling, input_type),
        *said_of_units(scene, bands, scaling),
        *said_of_transparency(scene, bands),
        *_said_of_pieces(scene),
    ]


def _said_of_pieces(scene: Scene) -> List[Finding]:
    """That memory grows with the scene: GDAL loads what was packed as one only as one."""
    if scene.piece < _LARGE:
        return []
    return [
        finding(
            "scene-in-large-pieces",
            f"Pixels of {quoted(scene.name, 400)} are packed in pieces of {scene.piece >> 20:,} "
            "MiB, each of which is loaded as a whole: this takes memory beside that of the model.",
            hint="Where memory is short, have the scene written in tiles first: gdal_translate "
            "-of COG, or Copy Raster in ArcGIS.",
            where=Place(file=scene.name),
        )
    ]


__all__ = ["said_of_scene"]
