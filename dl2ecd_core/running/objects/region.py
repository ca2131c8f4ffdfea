"""The part of a scene in which objects are wanted: those whose boxes have their middle in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ..rasters.area import AreaReader
from ..rasters.raster import Window
from .found import Objects

if TYPE_CHECKING:
    from ..sessions import Array


@dataclass(frozen=True)
class Region:
    """A part of a scene. Parts that share no place share no object.

    Attributes
    ----------
    window
        In pixels; None for all of the scene.
    area
        Polygons; None without any.
    """

    window: Optional[Window] = None
    area: Optional[AreaReader] = None

    def touched(self, tiles: Sequence[Window]) -> List[Window]:
        """The tiles that may show an object of it."""
        wanted = self.window
        return [
            tile
            for tile in tiles
            if wanted is None
            or (
                tile.left < wanted.right
                and wanted.left < tile.right
                and tile.top < wanted.bottom
                and wanted.top < tile.bottom
            )
        ]

    def has(self, objects: Objects) -> Array:
        """``(n,)``: whether each object is of it."""
        import numpy
        import shapely

        bounds = objects.bounds
        middles = (bounds[:, :2] + bounds[:, 2:]) / 2
        found = numpy.ones(len(objects), bool)
        if self.window is not None:
            low, high = _corners(self.window)
            found &= numpy.all((middles >= low) & (middles < high), axis=1)
        if self.area is not None:
            found &= self.area.meets(shapely.points(middles))
        return found

    def meets(self, bounds: Array) -> Array:
        """``(n,)``: whether each box has a part of it."""
        import numpy
        import shapely

        found = numpy.ones(len(bounds), bool)
        if self.window is not None:
            low, high = _corners(self.window)
            found &= numpy.all((bounds[:, 2:] > low) & (bounds[:, :2] < high), axis=1)
        if self.area is not None:
            found &= self.area.meets(shapely.box(*bounds.T))
        return found


def _corners(window: Window) -> Tuple[Array, Array]:
    import numpy

    low = numpy.array([window.left, window.top])
    return low, numpy.array([window.right, window.bottom])
