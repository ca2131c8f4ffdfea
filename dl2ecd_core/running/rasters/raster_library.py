"""What classifying a file asks of a library for rasters: to open scenes, and to copy the result.

rasterio does it by default (:mod:`.rasterio_library`); inside QGIS its own GDAL does.
"""

from __future__ import annotations

from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    ContextManager,
    Dict,
    Mapping,
    Optional,
    Protocol,
    Sequence,
    Tuple,
)

from .georeference import Georeference
from .raster import Window

if TYPE_CHECKING:
    from ..sessions import Array

#: Formats that scenes are read in: of files alone, none that asks a server or runs a program.
DRIVERS: Tuple[str, ...] = (
    "GTiff", "COG", "VRT", "ENVI", "EHdr", "HFA", "JP2OpenJPEG", "PNG", "JPEG", "AAIGrid", "NITF",
    "netCDF", "HDF5", "PCIDSK", "ERS", "SAFE", "SENTINEL2", "GPKG", "MEM",
)  # fmt: skip


#: The entry of a raster's metadata that says what a value is of: the middle of its pixel
#: (https://gdal.org/en/stable/user/raster_data_model.html#metadata).
AREA_OR_POINT, POINT = "AREA_OR_POINT", "Point"
#: Of the rasters in a file, so many are named.
_SHOWN = 12
#: A geometry as GeoJSON has it.
Geometry = Dict[str, Any]
#: By which factor and summand a band's values become what they measure.
Unit = Tuple[float, float]
#: Of a band that says nothing of it.
AS_STORED: Unit = (1.0, 0.0)


class RasterError(Exception):
    """The library can't read or write; the text is its own.

    Parameters
    ----------
    text
        What is wrong.
    hint
        What to do; empty where the usual advice will do.
    """

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


def without_bands(parts: Sequence[str]) -> RasterError:
    """A file that has no bands of its own: it is made of several rasters, or of none.

    Parameters
    ----------
    parts
        What GDAL calls each of them.
    """
    if not parts:
        return RasterError("it has no bands.")
    shown = ", ".join(f"'{part}'" for part in parts[:_SHOWN])
    more = f" and {len(parts) - _SHOWN} more" if len(parts) > _SHOWN else ""
    return RasterError(
        f"it has no bands of its own, but {len(parts)} rasters in it.",
        f"Give one of them in place of the file: {shown}{more}.",
    )


class Source(Protocol):
    """An open raster file."""

    @property
    def height(self) -> int:
        """Rows."""
        ...

    @property
    def width(self) -> int:
        """Columns."""
        ...

    @property
    def data_types(self) -> Tuple[str, ...]:
        """NumPy's name of each band's type."""
        ...

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """A name for each band, None where it has none."""
        ...

    @property
    def nodata(self) -> Tuple[Optional[float], ...]:
        """Each band's value for no data, None where it has none."""
        ...

    @property
    def units(self) -> Tuple[Unit, ...]:
        """What each band says of its values."""
        ...

    @property
    def piece(self) -> int:
        """Bytes that are loaded at once, whichever pixel is wanted."""
        ...

    @property
    def transparency(self) -> Tuple[int, ...]:
        """The bands, counted from 0, that say how transparent pixels are."""
        ...

    @property
    def has_mask(self) -> bool:
        """Whether the file has a mask for all bands together."""
        ...

    @property
    def tags(self) -> Mapping[str, str]:
        """The file's own metadata."""
        ...

    @property
    def georeference(self) -> Georeference:
        """Where it lies on the earth."""
        ...

    def read(self, bands: Sequence[int], window: Window) -> Array:
        """Pixels ``(bands, rows, columns)`` of these bands, counted from 0.

        Raises
        ------
        RasterError
            When the file is damaged.
        """
        ...

    def mask(self, band: int, window: Window) -> Array:
        """``(rows, columns)``: 0 where the file's mask says that there is no data."""
        ...


class RasterLibrary(Protocol):
    """A library for rasters."""

    def opened(self, path: str) -> ContextManager[Source]:
        """A raster file, open for as long as it is used.

        Raises
        ------
        RasterError
            When it is no raster of the formats in :data:`DRIVERS`.
        """
        ...

    def copy(self, virtual: str, target: Path, driver: str, options: Mapping[str, str]) -> None:
        """Write a raster that is given as the text of a virtual one, with a driver of GDAL's.

        Raises
        ------
        RasterError
            When it can't be written.
        """
        ...

    def burnt(
        self, polygons: Sequence[Geometry], size: Tuple[int, int], transform: Tuple[float, ...]
    ) -> Array:
        """``(rows, columns)`` of truth: the pixels whose middle lies in one of the polygons.

        Parameters
        ----------
        polygons
            GeoJSON geometries.
        transform
            As :class:`~dl2ecd_core.running.rasters.georeference.Georeference` has it.
        """
        ...

    def tags(self, path: Path) -> Mapping[str, str]:
        """The metadata of a raster file of any format; empty where it is none."""
        ...
