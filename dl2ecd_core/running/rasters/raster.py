"""What running asks of a library for rasters: one reader, one writer, behind small interfaces.

Whoever has a raster library of its own (GDAL in QGIS, pixel blocks in ArcGIS, arrays) writes these
few methods and uses all the rest as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Optional, Protocol, Sequence, Tuple

if TYPE_CHECKING:
    from ..sessions import Array


@dataclass(frozen=True)
class Window:
    """Rows ``[top, bottom)`` and columns ``[left, right)`` of a raster."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def height(self) -> int:
        """Number of rows."""
        return self.bottom - self.top

    @property
    def width(self) -> int:
        """Number of columns."""
        return self.right - self.left


@dataclass(frozen=True)
class Block:
    """Pixels of a window.

    Attributes
    ----------
    pixels
        ``(bands, rows, columns)`` in the raster's own type.
    valid
        ``(rows, columns)``: where there is data; None where there is everywhere.
    measured
        The same outside of an area that is wanted, too; None where there is no such area.
    """

    pixels: Array
    valid: Optional[Array] = None
    measured: Optional[Array] = None


class NoPixels(ValueError):
    """Raised where a scene is known by its description alone."""


class RasterReader(Protocol):
    """A scene. It is read from one thread at a time, from the top to the bottom."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    @property
    def data_type(self) -> str:
        """NumPy's name of the pixels' type."""
        ...

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """A name for each band, None where it has none."""
        ...

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """Pixels of a window inside the raster, of these bands counted from 0, in their order."""
        ...


class RasterWriter(Protocol):
    """What becomes of the result: strips of full width, from the top to the bottom."""

    def write(self, top: int, strip: Array) -> None:
        """The next rows: ``(rows, columns)`` of values, or ``(layers, rows, columns)``."""
        ...


class ArrayReader:
    """Pixels that are in memory already.

    Parameters
    ----------
    pixels
        ``(bands, rows, columns)``.
    valid
        ``(rows, columns)``; None where all are.
    """

    def __init__(
        self, pixels: Array, valid: Optional[Array] = None, *, name: str = "array"
    ) -> None:
        self._pixels, self._valid, self._name = pixels, valid, name

    @property
    def name(self) -> str:
        """As :class:`RasterReader`."""
        return self._name

    @property
    def height(self) -> int:
        """As :class:`RasterReader`."""
        return int(self._pixels.shape[1])

    @property
    def width(self) -> int:
        """As :class:`RasterReader`."""
        return int(self._pixels.shape[2])

    @property
    def data_type(self) -> str:
        """As :class:`RasterReader`."""
        return str(self._pixels.dtype)

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """As :class:`RasterReader`."""
        return (None,) * len(self._pixels)

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`RasterReader`."""
        rows, columns = slice(window.top, window.bottom), slice(window.left, window.right)
        valid = None if self._valid is None else self._valid[rows, columns]
        return Block(self._pixels[list(bands), rows, columns], valid)


class ArrayWriter:
    """The result in memory.

    Attributes
    ----------
    array
        What was written so far, at its place; made with the first strip.
    """

    def __init__(self, height: int) -> None:
        self._height = height
        self.array: Optional[Array] = None

    def write(self, top: int, strip: Array) -> None:
        """As :class:`RasterWriter`."""
        import numpy

        if self.array is None:
            shape = (*strip.shape[:-2], self._height, strip.shape[-1])
            self.array = numpy.zeros(shape, strip.dtype)
        self.array[..., top : top + strip.shape[-2], :] = strip
