"""A model that is ready to classify: pixels of a tile go in, scores come out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ..scaling.steps import Scaling
from .inputs.scaling import scaled
from .probabilities import Probabilities
from .rasters.raster import Block
from .tiles.fitted import Fitted
from .tiles.planning import Plan, can_be_joined, plan_tiles
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
        rows, columns = self.fitted.placements(height, width)
        blended = not (can_be_joined(rows, height) and can_be_joined(columns, width))
        return plan_tiles(rows, columns, height, width, blended=blended)

    def halo(self, height: int, width: int) -> Optional[int]:
        """Input pixels that tiles of such a raster overlap by; None where they are blended."""
        return None if self.plan(height, width).blended else self.fitted.halo

    def scores(self, block: Block) -> Array:
        """The scores of a block that has the size of a tile."""
        return self.fitted.scores(self._input(block))

    def scores_of(self, blocks: Sequence[Block]) -> List[Array]:
        """The scores of several blocks in one run."""
        return self.fitted.scores.of_tiles([self._input(block) for block in blocks])

    def _input(self, block: Block) -> Array:
        pixels = block.pixels
        if pixels.dtype.kind == "f":
            pixels = _finite(pixels)
        return scaled(pixels, self.scaling, self.fitted.scores.data_type)


def _finite(pixels: Array) -> Array:
    """Pixels in which what is no number is 0: it would spread over all that the model sees."""
    import numpy

    numbers = numpy.isfinite(pixels)
    if bool(numbers.all()):
        return pixels
    return numpy.where(numbers, pixels, pixels.dtype.type(0))
