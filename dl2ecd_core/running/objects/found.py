"""Objects that were found: outlines, scores and labels, in pixels."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Optional, Sequence

if TYPE_CHECKING:
    from ..sessions import Array


@dataclass(frozen=True)
class Objects:
    """Some objects.

    Attributes
    ----------
    corners
        ``(n, 4, 2)``: column and row of the four corners, in order around the object; 0 is the
        outer edge of the first pixel.
    scores
        ``(n,)``, from 0 to 1.
    labels
        ``(n,)``: the model's indices of classes.
    turned
        Whether sides may be oblique: then overlaps are those of polygons.
    rows
        ``(n,)``: which row of the model's outputs each was read from; None where that is past.
    outlines
        ``(n,)`` polygons of shapely, in pixels, of models that give masks; else None.
    """

    corners: Array
    scores: Array
    labels: Array
    turned: bool = False
    rows: Optional[Array] = None
    outlines: Optional[Array] = None

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def bounds(self) -> Array:
        """``(n, 4)``: left, top, right, bottom."""
        import numpy

        low, high = self.corners.min(1), self.corners.max(1)
        return numpy.concatenate([low, high], 1)

    def taken(self, chosen: Array) -> Objects:
        """Those at these places, or where a mask is true, in that order."""
        return Objects(
            self.corners[chosen],
            self.scores[chosen],
            self.labels[chosen],
            self.turned,
            None if self.rows is None else self.rows[chosen],
            None if self.outlines is None else self.outlines[chosen],
        )

    def moved(self, across: float, down: float) -> Objects:
        """The same, so many columns and rows further."""
        import numpy
        import shapely

        by = numpy.array([across, down], "float64")
        outlines = self.outlines
        if outlines is not None:
            outlines = shapely.transform(outlines, lambda corners: corners + by)
        return replace(self, corners=self.corners + by, outlines=outlines)


def boxes(bounds: Array, scores: Array, labels: Array) -> Objects:
    """Objects with upright outlines: left, top, right and bottom of each."""
    import numpy

    left, top, right, bottom = bounds.astype("float64").T
    around = [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners = numpy.stack([numpy.stack(corner, -1) for corner in around], 1)
    return Objects(corners, scores, labels)


def turned_boxes(centers: Array, angles: Array, scores: Array, labels: Array) -> Objects:
    """Objects with oblique outlines.

    Parameters
    ----------
    centers
        ``(n, 4)``: column and row of the center, width, height.
    angles
        In radians, from the columns' axis towards the rows' axis (clockwise on a screen).
    """
    import numpy

    column, row, width, height = centers.astype("float64").T
    cosine, sine = numpy.cos(angles.astype("float64")), numpy.sin(angles.astype("float64"))
    along = numpy.stack([cosine * width, sine * width], -1) / 2
    across = numpy.stack([-sine * height, cosine * height], -1) / 2
    middle = numpy.stack([column, row], -1)
    around = [-along - across, along - across, along + across, -along + across]
    return Objects(numpy.stack([middle + one for one in around], 1), scores, labels, True)


def joined(parts: Sequence[Objects]) -> Objects:
    """All objects of several."""
    import numpy

    if not parts:
        return boxes(numpy.zeros((0, 4)), numpy.zeros(0), numpy.zeros(0, "int64"))
    drawn = [part.outlines for part in parts if part.outlines is not None]
    return Objects(
        numpy.concatenate([part.corners for part in parts]),
        numpy.concatenate([part.scores for part in parts]),
        numpy.concatenate([part.labels for part in parts]),
        any(part.turned for part in parts),
        # Tiles that were not run have no objects, and so no outlines.
        outlines=numpy.concatenate(drawn) if drawn else None,
    )
