"""Scenes that GDAL reads, through rasterio.

Where there is no data: pixels that every band that is taken marks as such. A value for no data
that no measurement has (not a number, below zero, endless) marks a pixel by any of the bands. An
alpha band or mask of the file counts, unless the model takes that very band: a file of red, green,
blue and near infrared is often written as if the fourth were transparency.
"""

from __future__ import annotations

import math
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, List, Optional, Sequence, Tuple

from ..findings import Place
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from .extras import RunningRefused, not_installed
from .georeference import Georeference
from .rasters import Block, Window

if TYPE_CHECKING:
    from .sessions import Array

#: Formats that scenes are read in: of files alone, none that asks a server or runs a program.
DRIVERS: Tuple[str, ...] = (
    "GTiff", "COG", "VRT", "ENVI", "EHdr", "HFA", "JP2OpenJPEG", "PNG", "JPEG", "AAIGrid", "NITF",
    "netCDF", "HDF5", "PCIDSK", "ERS", "SAFE", "SENTINEL2", "GPKG", "MEM",
)  # fmt: skip

#: Bytes of decoded blocks that GDAL keeps; by default it takes a share of all memory.
_LEAST_CACHE, _MOST_CACHE = 32 << 20, 192 << 20


def rasterio_module() -> Any:
    """The library, or a sentence that says how to get it."""
    try:
        import rasterio
        import rasterio.enums
        import rasterio.errors
        import rasterio.io
        import rasterio.windows
    except ImportError as error:
        raise not_installed("rasterio", "run", "read rasters") from error
    return rasterio


class Scene:
    """A scene that is open; see :class:`~dl2ecd_core.running.rasters.RasterReader`."""

    def __init__(self, dataset: Any, name: str) -> None:
        self._dataset = dataset
        self._name = name
        self._masks = _band_masks(dataset)

    @property
    def name(self) -> str:
        """The path as the user gave it."""
        return self._name

    @property
    def height(self) -> int:
        """Rows."""
        return int(self._dataset.height)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self._dataset.width)

    @property
    def data_type(self) -> str:
        """NumPy's name of the type that holds the values of all bands."""
        import numpy

        return str(numpy.result_type(*self._dataset.dtypes))

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """Descriptions of the bands."""
        return tuple(text or None for text in self._dataset.descriptions)

    @property
    def tags(self) -> Any:
        """The file's own metadata."""
        return self._dataset.tags()

    @property
    def georeference(self) -> Georeference:
        """Where the scene lies on the earth."""
        data = self._dataset
        gcps, gcp_crs = data.gcps
        return Georeference(
            None if data.crs is None else data.crs.to_wkt(),
            None if data.transform.is_identity else tuple(data.transform)[:6],
            tuple((gcp.row, gcp.col, gcp.x, gcp.y, gcp.z or 0.0) for gcp in gcps),
            None if not gcps or gcp_crs is None else gcp_crs.to_wkt(),
            {} if data.rpcs is None else dict(data.rpcs.to_gdal()),
        )

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`~dl2ecd_core.running.rasters.RasterReader`.

        Raises
        ------
        RunningRefused
            ``raster-not-readable`` where the file is damaged.
        """
        rasterio = rasterio_module()
        where = rasterio.windows.Window(window.left, window.top, window.width, window.height)
        try:
            pixels = self._dataset.read([band + 1 for band in bands], window=where)
            valid = self._valid(pixels, where, bands)
        except rasterio.errors.RasterioError as error:
            raise not_readable(self._name, error) from error
        return Block(pixels, valid)

    def _valid(self, pixels: Array, where: Any, bands: Sequence[int]) -> Optional[Array]:
        import numpy

        valid: Optional[Array] = None
        nothing: List[Array] = []
        for layer, band in zip(pixels, bands):
            nodata = self._dataset.nodatavals[band]
            marked = _marked(layer, nodata)
            if marked is None:
                continue
            if _measurable(nodata):
                nothing.append(marked)
            else:
                valid = ~marked if valid is None else valid & ~marked
        if nothing and len(nothing) == len(bands):
            seen = ~numpy.logical_and.reduce(nothing)
            valid = seen if valid is None else valid & seen
        for band in self._masks:
            if band not in bands:
                seen = self._dataset.read(band + 1, window=where) != 0
                valid = seen if valid is None else valid & seen
        if self._has_file_mask:
            seen = self._dataset.read_masks(bands[0] + 1, window=where) != 0
            valid = seen if valid is None else valid & seen
        return None if valid is None or bool(valid.all()) else valid

    @property
    def _has_file_mask(self) -> bool:
        flags = rasterio_module().enums.MaskFlags
        first = self._dataset.mask_flag_enums[0]
        return flags.per_dataset in first and flags.alpha not in first


def _band_masks(dataset: Any) -> Tuple[int, ...]:
    """Bands that say how transparent pixels are."""
    alpha = rasterio_module().enums.ColorInterp.alpha
    return tuple(place for place, kind in enumerate(dataset.colorinterp) if kind is alpha)


def _measurable(nodata: Optional[float]) -> bool:
    """Whether a value for no data is one that a measurement may have, too."""
    return nodata is not None and math.isfinite(nodata) and 0 <= nodata < 1e30


def _marked(pixels: Array, nodata: Optional[float]) -> Optional[Array]:
    """Where a band has no data by its value; None where it has none for that."""
    import numpy

    nothing = numpy.isnan(pixels) if pixels.dtype.kind == "f" else None
    if nodata is None or math.isnan(nodata):
        return nothing
    marked: Array = pixels == pixels.dtype.type(nodata)
    return marked if nothing is None else marked | nothing


@contextmanager
def opened_scene(path: str) -> Iterator[Scene]:
    """A scene, open for as long as it is used.

    An address of the web is opened only where `path` itself is one.

    Raises
    ------
    RunningRefused
        ``raster-not-readable``.
    """
    rasterio = rasterio_module()
    remote = path.startswith(("http://", "https://"))
    options = {
        "GDAL_CACHEMAX": _LEAST_CACHE,
        "GDAL_NUM_THREADS": "ALL_CPUS",
        "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR" if remote else "FALSE",
        "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": "" if remote else ".none",
    }
    with rasterio.Env(**options):
        if not remote and not Path(path).exists():
            raise RunningRefused(
                [
                    finding(
                        "file-not-found",
                        f"There is no file {quoted(path, 400)}.",
                        hint="Check the path and the spelling of the name.",
                        where=Place(file=path),
                    )
                ]
            )
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
                dataset = rasterio.io.DatasetReader(path, driver=[*DRIVERS])
        except (rasterio.errors.RasterioError, ValueError) as error:
            raise not_readable(path, error) from error
        with dataset:
            yield Scene(dataset, path)


def not_readable(name: str, error: Exception) -> RunningRefused:
    """An error for the caller to raise when a raster can't be read."""
    return RunningRefused(
        [
            finding(
                "raster-not-readable",
                f"{quoted(name, 400)} can't be read as a raster: {printable(str(error), 300)}",
                hint="Fetch the file again; a raster of another format can be made a GeoTIFF.",
                where=Place(file=name),
            )
        ]
    )


def cache_for(width: int, bands: int, bytes_per_pixel: int, block_rows: int) -> int:
    """Bytes of decoded blocks to keep: two rows of blocks, since tiles overlap."""
    rows = 2 * width * bands * bytes_per_pixel * block_rows
    return min(max(rows, _LEAST_CACHE), _MOST_CACHE)


__all__: List[str] = ["DRIVERS", "Scene", "cache_for", "not_readable", "opened_scene"]
