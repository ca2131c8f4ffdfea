"""An extent in coordinates, and the pixels that it means."""

from __future__ import annotations

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import quoted
from ..extras import RunningRefused
from .georeference import Extent, Georeference
from .raster import Window


def window_of(place: Georeference, extent: Extent, whole: Window, scene: str) -> Window:
    """The part of a raster that is wanted.

    Parameters
    ----------
    place, whole
        Where all of the raster lies, and its pixels.
    scene
        The scene's path, for messages.

    Raises
    ------
    RunningRefused
        ``extent-outside``.
    """
    window = place.window_of(extent, whole.height, whole.width)
    if window is None:
        raise RunningRefused(
            [
                finding(
                    "extent-outside",
                    f"The extent has no part of {quoted(scene, 400)}.",
                    hint="Give west, south, east and north in the scene's coordinate system.",
                    where=Place(file=scene),
                )
            ]
        )
    return window
