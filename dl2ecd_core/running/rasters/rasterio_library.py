"""Rasters through rasterio."""

from __future__ import annotations

import re
import threading
import warnings
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from ..extras import not_installed
from .block_cache import LEAST, BlockCache, Blocks, together
from .georeference import Georeference
from .raster import Window
from .raster_library import (
    AREA_OR_POINT,
    DRIVERS,
    POINT,
    Geometry,
    RasterError,
    Unit,
    without_bands,
)

if TYPE_CHECKING:
    from ..sessions import Array

#: How addresses begin.
SCHEMES = ("http://", "https://")
#: Files of a mosaic that GDAL keeps open: its own number, and the most.
_FEWEST_OPEN, _MOST_OPEN = 100, 450
#: No file makes GDAL ask a server: not as a file that lies there, nor as a service of the web.
_OFFLINE = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_PROXY": "127.0.0.1:0",
    "GDAL_HTTPS_PROXY": "127.0.0.1:0",
}
#: Where a virtual raster says when coordinates are of; its coordinate system comes first in it.
_EPOCH = re.compile(rb'<SRS [^>]*coordinateEpoch="([0-9.]+)"')
_HEAD = 4096
#: Finished rows are read as they lie, past that cache.
_ROWS = {"GDAL_ONE_BIG_READ": "YES"}
#: Rows of the blocks that are written, and bytes of lines that are kept in any case.
_WRITTEN, _FEW_LINES = 512, 4 << 20


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


def _cache_size() -> int:
    rasterio_module()
    from rasterio.env import get_gdal_config

    return int(get_gdal_config("GDAL_CACHEMAX"))


def _resize_cache(size: int) -> None:
    from rasterio.env import set_gdal_config

    set_gdal_config("GDAL_CACHEMAX", size)


#: Not among the options of an environment: GDAL forgets all blocks where one of those ends.
_CACHE = BlockCache(_cache_size, _resize_cache)
#: Drivers whose rasters are made of other files, whose blocks they don't tell.
_OF_OTHERS = ("VRT", "SENTINEL2", "SAFE")
#: So many of these files are looked at.
_LOOKED_AT = 16


def _blocks_of(dataset: Any) -> Blocks:
    heights, widths = zip(*dataset.block_shapes)
    mixed = dataset.interleaving is rasterio_module().enums.Interleaving.pixel
    return Blocks(max(heights), max(widths), dataset.count if mixed else 1)


def _size_of(data_type: str) -> int:
    """Bytes of a value; of complex numbers, of which GDAL has more types than NumPy, the most."""
    import numpy

    return 16 if data_type.startswith("complex") else numpy.dtype(data_type).itemsize


class RasterioSource:
    """As :class:`~dl2ecd_core.running.rasters.raster_library.Source`.

    Parameters
    ----------
    options
        GDAL's, with which it was opened: whoever reads may be another thread, for which those of
        the thread that opened it don't count unless that is Python's first.
    """

    def __init__(self, dataset: Any, options: Mapping[str, object]) -> None:
        self._dataset = dataset
        self._options = dict(options)
        self._lock = threading.Lock()
        #: Bands that were read, counted from 0.
        self._taken: Set[int] = set()
        _CACHE.open(self)

    def close(self) -> None:
        """Close the file when it is not read any more: it would take the process down.

        What reads ahead may not have been waited for, where a signal came when it was started.
        """
        with self._lock:
            self._dataset.close()
            _CACHE.close(self)

    @contextmanager
    def _in_use(self, bands: Sequence[int]) -> Iterator[None]:
        with self._lock:
            if self._dataset.closed:
                raise RasterError("it is closed")
            with rasterio_module().Env(**self._options):
                self._taken.update(bands)
                sizes = [_size_of(self._dataset.dtypes[band]) for band in self._taken]
                _CACHE.read(self, self._blocks.row_size(self.width, sizes))
                yield

    @cached_property
    def _blocks(self) -> Blocks:
        """Its blocks, or those of the first files that it is made of."""
        if self._dataset.driver not in _OF_OTHERS:
            return _blocks_of(self._dataset)
        rasterio = rasterio_module()
        found: List[Blocks] = []
        for path in self._dataset.files[1 : _LOOKED_AT + 1]:
            try:
                with _quiet(rasterio), rasterio.io.DatasetReader(path, driver=[*DRIVERS]) as part:
                    found.append(_blocks_of(part))
            except (rasterio.errors.RasterioError, ValueError):
                # Another one beside it, or what is said of it when it is read.
                continue
        return together(found or [_blocks_of(self._dataset)])

    @property
    def height(self) -> int:
        """Rows."""
        return int(self._dataset.height)

    @property
    def width(self) -> int:
        """Columns."""
        return int(self._dataset.width)

    @property
    def data_types(self) -> Tuple[str, ...]:
        """NumPy's names."""
        return tuple(self._dataset.dtypes)

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """Descriptions of the bands."""
        return tuple(text or None for text in self._dataset.descriptions)

    @property
    def nodata(self) -> Tuple[Optional[float], ...]:
        """Values for no data."""
        return tuple(self._dataset.nodatavals)

    @property
    def units(self) -> Tuple[Unit, ...]:
        """Scales and offsets."""
        return tuple(zip(self._dataset.scales, self._dataset.offsets))

    @property
    def piece(self) -> int:
        """Bytes of a block, or of what GDAL gives in lines and loads as a whole."""
        sizes = [_size_of(kind) for kind in self._dataset.dtypes]
        packed = self._dataset.get_tag_item("BLOCK_SIZE_0_0", "TIFF", bidx=1)
        return max(self._blocks.size(sizes), int(packed or 0))

    @property
    def transparency(self) -> Tuple[int, ...]:
        """Alpha bands."""
        alpha = rasterio_module().enums.ColorInterp.alpha
        return tuple(at for at, kind in enumerate(self._dataset.colorinterp) if kind is alpha)

    @property
    def has_mask(self) -> bool:
        """Whether there is a mask that is no alpha band."""
        flags = rasterio_module().enums.MaskFlags
        first = self._dataset.mask_flag_enums[0]
        return flags.per_dataset in first and flags.alpha not in first

    @property
    def tags(self) -> Mapping[str, str]:
        """The file's own metadata."""
        found: Mapping[str, str] = self._dataset.tags()
        return found

    @cached_property
    def georeference(self) -> Georeference:
        """Where the raster lies on the earth."""
        data = self._dataset
        gcps, gcp_crs = data.gcps
        return Georeference(
            None if data.crs is None else data.crs.to_wkt(),
            None if data.transform.is_identity else tuple(data.transform)[:6],
            tuple((gcp.row, gcp.col, gcp.x, gcp.y, gcp.z or 0.0) for gcp in gcps),
            None if not gcps or gcp_crs is None else gcp_crs.to_wkt(),
            {} if data.rpcs is None else dict(data.rpcs.to_gdal()),
            self._epoch(),
            data.tags().get(AREA_OR_POINT) == POINT,
        )

    def _epoch(self) -> Optional[float]:
        """What rasterio does not tell of a coordinate system stands in a virtual raster of it."""
        rasterio = rasterio_module()
        import rasterio.shutil as copying
        from rasterio._err import CPLE_BaseError

        try:
            with rasterio.Env(**self._options), rasterio.io.MemoryFile(ext=".vrt") as virtual:
                copying.copy(self._dataset, virtual.name, driver="VRT")
                found = _EPOCH.search(virtual.read(_HEAD))
        except (rasterio.errors.RasterioError, CPLE_BaseError):
            return None
        return None if found is None else float(found.group(1))

    def read(self, bands: Sequence[int], window: Window) -> Array:
        """Pixels of these bands."""
        rasterio = rasterio_module()
        try:
            with self._in_use(bands):
                pixels: Array = self._read([at + 1 for at in bands], _part(window))
        except rasterio.errors.RasterioError as error:
            raise RasterError(_said(error)) from error
        return pixels

    def _read(self, numbers: Sequence[int], part: Any) -> Array:
        import numpy

        if len({self._dataset.dtypes[number - 1] for number in numbers}) == 1:
            pixels: Array = self._dataset.read(numbers, window=part)
            return pixels
        # rasterio reads bands of several types one by one alone.
        layers = [self._dataset.read(number, window=part) for number in numbers]
        return numpy.stack(layers)

    def mask(self, band: int, window: Window) -> Array:
        """The file's mask."""
        rasterio = rasterio_module()
        try:
            with self._in_use([band]):
                seen: Array = self._dataset.read_masks(band + 1, window=_part(window))
        except rasterio.errors.RasterioError as error:
            raise RasterError(_said(error)) from error
        return seen


def _pool() -> str:
    """How many files of a mosaic stay open; by default fewer than a row of tiles often has.

    They are opened for each band anew where they do not all stay open. Half of the files that the
    system lets a process have open are left to others.
    """
    try:
        import resource
    except ImportError:
        return str(_FEWEST_OPEN)
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    half = _MOST_OPEN if allowed == resource.RLIM_INFINITY else allowed // 2
    return str(max(min(half, _MOST_OPEN), _FEWEST_OPEN))


def _said(error: BaseException) -> str:
    """What GDAL says: of some errors rasterio says no more than that there was one before."""
    while error.__cause__ is not None:
        error = error.__cause__
    return str(error)


@contextmanager
def _lines_kept(source: Any) -> Iterator[None]:
    """Room for the lines under a row of blocks that are written: else each is read for every block.

    Where they take too much, each block's part of a line is read by itself.
    """
    size = 2 * _WRITTEN * source.width * sum(map(_size_of, source.dtypes))
    kept = size <= LEAST
    with (
        _CACHE.spared(max(size, _FEW_LINES) if kept else LEAST),
        rasterio_module().Env(**({} if kept else _ROWS)),
    ):
        yield


class RasterioLibrary:
    """As :class:`~dl2ecd_core.running.rasters.raster_library.RasterLibrary`."""

    @contextmanager
    def opened(self, path: str) -> Iterator[RasterioSource]:
        """A file, or an address of the web where `path` itself is one."""
        rasterio = rasterio_module()
        remote = is_remote(path)
        options: Dict[str, object] = {
            # Several threads take what a server does not give for zeros (seen in GDAL 3.10).
            "GDAL_NUM_THREADS": "1" if remote else "ALL_CPUS",
            "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR" if remote else "FALSE",
            # No file is a program.
            "GDAL_VRT_ENABLE_PYTHON": "NO",
            "GDAL_MAX_DATASET_POOL_SIZE": _pool(),
        }
        drivers = DRIVERS
        if remote:
            # A virtual raster would open addresses that nobody gave.
            drivers = tuple(driver for driver in DRIVERS if driver != "VRT")
        else:
            options.update(_OFFLINE)
        if path.startswith("<"):
            options.update(_ROWS)
        with rasterio.Env(**options):
            try:
                with _quiet(rasterio):
                    dataset = rasterio.io.DatasetReader(path, driver=[*drivers])
            except (rasterio.errors.RasterioError, ValueError) as error:
                raise RasterError(_said(error)) from error
            with dataset:
                if not dataset.count:
                    raise without_bands(dataset.subdatasets)
                source = RasterioSource(dataset, options)
                try:
                    yield source
                finally:
                    source.close()

    def copy(self, virtual: str, target: Path, driver: str, options: Mapping[str, str]) -> None:
        """Write a raster."""
        rasterio = rasterio_module()
        import rasterio.shutil as copying
        from rasterio._err import CPLE_BaseError

        try:
            with (
                _quiet(rasterio),
                # Also while a scene of the web is open, for which GDAL looks at no folder.
                rasterio.Env(GDAL_PAM_ENABLED="NO", GDAL_DISABLE_READDIR_ON_OPEN="FALSE"),
                rasterio.open(virtual) as source,
                _lines_kept(source),
            ):
                copying.copy(source, str(target), driver=driver, **options)
        except (rasterio.errors.RasterioError, CPLE_BaseError) as error:
            raise RasterError(_said(error)) from error

    def burnt(
        self, polygons: Sequence[Geometry], size: Tuple[int, int], transform: Tuple[float, ...]
    ) -> Array:
        """The pixels whose middle lies in one of the polygons."""
        rasterio_module()
        import rasterio.features
        from affine import Affine

        found: Array = rasterio.features.rasterize(
            polygons, size, transform=Affine(*transform), fill=0, default_value=1, dtype="uint8"
        )
        return found.astype(bool)

    def tags(self, path: Path) -> Mapping[str, str]:
        """The metadata of a raster."""
        rasterio = rasterio_module()
        try:
            with rasterio.Env(), _quiet(rasterio), rasterio.open(str(path)) as source:
                found: Mapping[str, str] = source.tags()
                return found
        except rasterio.errors.RasterioError:
            return {}


def is_remote(path: str) -> bool:
    """Whether a path is an address of the web."""
    return path.lower().startswith(SCHEMES)


@contextmanager
def _quiet(rasterio: Any) -> Iterator[None]:
    """Without a remark about rasters that lie nowhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        yield


def _part(window: Window) -> Any:
    return rasterio_module().windows.Window(window.left, window.top, window.width, window.height)
