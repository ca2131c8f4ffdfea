"""Where a raster lies on the earth, in words that every library knows."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Dict, NamedTuple, Optional, Tuple

from .crs_unit import unit_of
from .raster import Window

#: West, south, east and north, in the raster's coordinate system.
Extent = Tuple[float, float, float, float]

#: Where a raster has no place: one unit a pixel, to the right and down, as QGIS shows it.
_NOWHERE = (1.0, 0.0, 0.0, 0.0, -1.0, 0.0)
#: Of a pixel: what rounding of coordinates may make of an edge.
_SLIVER = 1e-4

#: Column, row and height on the ground of a ground control point: row, column, x, y, z.
GroundPoint = Tuple[float, float, float, float, float]


class System(NamedTuple):
    """A coordinate system.

    Attributes
    ----------
    crs
        As WKT; None where there is none.
    epoch
        The year that coordinates are of, as :class:`Georeference` has it.
    """

    crs: Optional[str] = None
    epoch: Optional[float] = None


#: Of what has none.
NO_SYSTEM = System()


@dataclass(frozen=True)
class Georeference:
    """Where a raster lies.

    Attributes
    ----------
    crs
        The coordinate system as WKT; None where the raster names none.
    transform
        Six numbers a, b, c, d, e, f: x = a * column + b * row + c, y = d * column + e * row + f;
        None where the raster has none.
    points
        Ground control points.
    points_crs
        Their coordinate system.
    polynomials
        Rational polynomial coefficients, as GDAL's texts.
    epoch
        The year, with its fraction, of coordinates in a system that moves with the ground; None
        where none is said.
    is_point
        Whether a value is that of the middle of its pixel, and not of all of it: some programs draw
        it half a pixel away then. `transform` is that of pixels' corners in either case.
    """

    crs: Optional[str] = None
    transform: Optional[Tuple[float, ...]] = None
    points: Tuple[GroundPoint, ...] = ()
    points_crs: Optional[str] = None
    polynomials: Dict[str, str] = field(default_factory=dict)
    epoch: Optional[float] = None
    is_point: bool = False

    @property
    def system(self) -> System:
        """Of what is placed by the transform; where there is none, things lie in pixels."""
        return NO_SYSTEM if self.transform is None else System(self.crs, self.epoch)

    @property
    def pixel_area(self) -> Optional[float]:
        """Of a pixel, in square units of the coordinate system; None where there is none."""
        if self.crs is None or self.transform is None:
            return None
        a, b, _, d, e, _ = self.transform
        return abs(a * e - b * d)

    @property
    def area_unit(self) -> Optional[str]:
        """Of areas: the square of that of its coordinates; None where it names none."""
        unit = None if self.crs is None else unit_of(self.crs)
        return None if unit is None else f"square {unit}"

    def resized(
        self, scales: Tuple[Fraction, Fraction], starts: Tuple[Fraction, Fraction]
    ) -> Georeference:
        """Of a result whose pixels are so many scene pixels wide, and begin so far into it.

        Parameters
        ----------
        scales, starts
            In rows and in columns.
        """
        if all(scale == 1 for scale in scales):
            return self
        down, across = (float(scale) for scale in scales)
        top, left = (float(start) for start in starts)
        transform = self.transform
        if transform is not None:
            a, b, c, d, e, f = transform
            transform = (
                a * across, b * down, a * left + b * top + c,
                d * across, e * down, d * left + e * top + f,
            )  # fmt: skip
        points = tuple(
            ((row - top) / down, (column - left) / across, x, y, z)
            for row, column, x, y, z in self.points
        )
        # Polynomials speak of the scene's own pixels.
        return replace(self, transform=transform, points=points, polynomials={})

    def window_of(self, extent: Extent, height: int, width: int) -> Optional[Window]:
        """The pixels of a raster of this size that an extent touches; None where it touches none.

        Of a raster that is not north up, those of the smallest window around it.
        """
        west, south, east, north = extent
        a, b, c, d, e, f = self.transform or _NOWHERE
        whole = a * e - b * d
        if not whole:
            return None
        columns, rows = [], []
        for x, y in ((west, south), (west, north), (east, south), (east, north)):
            columns.append((e * (x - c) - b * (y - f)) / whole)
            rows.append((a * (y - f) - d * (x - c)) / whole)
        if not all(map(math.isfinite, (*columns, *rows))):
            return None
        left, right = _touched(min(columns), max(columns), width)
        top, bottom = _touched(min(rows), max(rows), height)
        return Window(top, bottom, left, right) if left < right and top < bottom else None

    def part(self, window: Window) -> Georeference:
        """Of a raster that is this window of it."""
        transform = self.transform
        if transform is not None:
            a, b, c, d, e, f = transform
            left, top = window.left, window.top
            transform = (a, b, c + a * left + b * top, d, e, f + d * left + e * top)
        points = tuple(
            (row - window.top, column - window.left, x, y, z)
            for row, column, x, y, z in self.points
        )
        polynomials = dict(self.polynomials)
        for name, by in (("LINE_OFF", window.top), ("SAMP_OFF", window.left)):
            if name in polynomials:
                polynomials[name] = repr(float(polynomials[name].split()[0]) - by)
        return replace(self, transform=transform, points=points, polynomials=polynomials)


def _touched(low: float, high: float, size: int) -> Tuple[int, int]:
    first, end = math.floor(low + _SLIVER), math.ceil(high - _SLIVER)
    return max(first, 0), min(end, size)
