"""Pixel blocks as ArcGIS hands them over, as a scene that is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, List, Optional, Sequence, Tuple

from ..running.rasters.raster import ArrayReader, Block, Window
from .placing import Place

if TYPE_CHECKING:
    from ..running.sessions import Array

_LARGE = 1 << 20


class BlockReader:
    """The scene that a block is a part of; what is asked for beyond the block is its nearest pixel.

    Attributes
    ----------
    name, height, width, data_type, band_names
        As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`.
    place, size
        Where the block lies, and its rows and columns.
    """

    name = "the raster"

    def __init__(self, place: Place, pixels: Array, valid: Array) -> None:
        self.place, self.size = place, valid.shape
        self._pixels, self._valid = pixels, valid
        self.height, self.width = place.height, place.width
        self.data_type = str(pixels.dtype)
        self.band_names: Tuple[Optional[str], ...] = (None,) * len(pixels)

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`."""
        import numpy

        rows, columns = self.size
        down = numpy.arange(window.top, window.bottom) - self.place.top
        across = numpy.arange(window.left, window.right) - self.place.left
        down = numpy.clip(down, 0, rows - 1)[:, None]
        across = numpy.clip(across, 0, columns - 1)
        pixels = self._pixels[numpy.asarray(bands)[:, None, None], down, across]
        return Block(pixels, self._valid[down, across])


def unseen(bands: int) -> Tuple[ArrayReader, List[int]]:
    """A scene of which nothing is known yet but how many bands it has, and these, counted from 1.

    ArcGIS extracts the bands that are taken, in their order: all that come are the model's.
    """
    import numpy

    # Larger than any tile, and of one number.
    pixels = numpy.broadcast_to(numpy.uint8(0), (bands, _LARGE, _LARGE))
    return ArrayReader(pixels), list(range(1, bands + 1))
