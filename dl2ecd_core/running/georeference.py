"""Where a raster lies on the earth, in words that every library knows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Dict, Optional, Tuple

#: Column, row and height on the ground of a ground control point: row, column, x, y, z.
GroundPoint = Tuple[float, float, float, float, float]


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
    """

    crs: Optional[str] = None
    transform: Optional[Tuple[float, ...]] = None
    points: Tuple[GroundPoint, ...] = ()
    points_crs: Optional[str] = None
    polynomials: Dict[str, str] = field(default_factory=dict)

    @property
    def pixel_area(self) -> Optional[float]:
        """Of a pixel, in square units of the coordinate system; None where there is none."""
        if self.crs is None or self.transform is None:
            return None
        a, b, _, d, e, _ = self.transform
        return abs(a * e - b * d)

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
