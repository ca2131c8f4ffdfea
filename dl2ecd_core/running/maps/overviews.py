"""Smaller copies of a raster for programs that show it from afar: every second pixel, and so on.

GDAL makes them, too, with more work than all else that a map costs after the model has run: it
reads and packs what it has just written. Here they come out of one pass over the rows.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, List, Sequence, Tuple

from ..rasters.raster import Window
from ..rasters.raster_library import RasterLibrary, Source

#: The smallest copy is no larger than this along either axis; GDAL's own measure for a COG.
_LEAST = 512
#: Bytes of rows that are read at once.
_STRIP = 4 << 20


@dataclass(frozen=True)
class Overview:
    """A smaller copy.

    Attributes
    ----------
    path
        A plain file of rows.
    factor
        How many pixels become one, along each axis.
    height, width
        Its rows and columns.
    """

    path: Path
    factor: int
    height: int
    width: int


def overviews_of(height: int, width: int, new: Path) -> Tuple[Overview, ...]:
    """The overviews that a raster gets, the largest first; their files lie beside `new`.

    Examples
    --------
    >>> [(one.height, one.width) for one in overviews_of(1501, 400, Path("map.tif"))]
    [(751, 200), (376, 100)]
    """
    found: List[Overview] = []
    factor = 1
    while max(height, width) > _LEAST * factor:
        factor *= 2
        path = new.with_name(f"{new.name}.{factor}")
        found.append(Overview(path, factor, -(-height // factor), -(-width // factor)))
    return tuple(found)


def write_overviews(virtual: str, overviews: Sequence[Overview], library: RasterLibrary) -> None:
    """Write the overviews of a raster in one pass.

    Parameters
    ----------
    virtual
        The raster, as the text of a virtual one.

    Raises
    ------
    RasterError
        When it can't be read.
    OSError
        When they can't be written.
    """
    with library.opened(virtual) as source, ExitStack() as closing:
        files = [(one.factor, closing.enter_context(one.path.open("wb"))) for one in overviews]
        _decimate(source, files)


def _decimate(source: Source, files: Sequence[Tuple[int, BinaryIO]]) -> None:
    """Write of each overview its rows and columns; all bands of a row lie together."""
    import numpy

    bands = range(len(source.data_types))
    row = source.width * len(bands) * numpy.dtype(source.data_types[0]).itemsize
    largest = files[-1][0]
    # Strips begin where a row of every overview does.
    step = max(_STRIP // row // largest, 1) * largest
    for top in range(0, source.height, step):
        window = Window(top, min(top + step, source.height), 0, source.width)
        strip = source.read(bands, window)
        for factor, file in files:
            rows = strip[:, ::factor, ::factor].transpose(1, 0, 2)
            kind = rows.dtype.newbyteorder("<")
            file.write(numpy.ascontiguousarray(rows, kind).tobytes())
