"""A model that is ready to classify: pixels of a tile go in, scores come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

from .fitting import Fitted
from .planning import Plan, plan_tiles
from .probabilities import Probabilities
from .rasters import Block
from .scaling import Scaling
from .values import Values

if TYPE_CHECKING:
    from .sessions import Array


@dataclass(frozen=True)
class Classifier:
    """A model that is ready to classify any raster of its bands.

    Attributes
    ----------
    fitted
        The model and its tiles.
    bands
        Which of the raster's bands it takes, counted from 0, in its order.
    scaling
        From raster values to what the model takes.
    values
        From scores to pixel values.
    probabilities
        How scores become probabilities.
    """

    fitted: Fitted
    bands: Tuple[int, ...]
    scaling: Scaling
    values: Values
    probabilities: Probabilities

    def plan(self, height: int, width: int) -> Plan:
        """The tiles of a raster of this size."""
        rows, columns = self.fitted.rows, self.fitted.columns
        blended = not (
            (rows.step or rows.needed(height) == rows.tile)
            and (columns.step or columns.needed(width) == columns.tile)
        )
        return plan_tiles(rows, columns, height, width, blended=blended)

    def scores(self, block: Block) -> Array:
        """The scores of a block that has the size of a tile."""
        pixels = block.pixels
        if block.valid is not None or pixels.dtype.kind == "f":
            pixels = _without_nothing(block)
        scores = self.fitted.scores
        return scores(self.scaling.apply(pixels, scores.data_type))


def _without_nothing(block: Block) -> Array:
    """Pixels in which what is no number is 0: it would spread over all that the model sees."""
    import numpy

    if block.pixels.dtype.kind != "f" or bool(numpy.isfinite(block.pixels).all()):
        return block.pixels
    return numpy.where(numpy.isfinite(block.pixels), block.pixels, block.pixels.dtype.type(0))
