"""Scenes in files: their pixels, and where they have data.

Where there is no data: pixels that every band that is taken marks as such. A value that no
measurement has (not a number, endless, a value for no data below zero) marks a pixel by any of the
bands, and goes into a model as 0: it would spoil its neighbours. An alpha band or mask of the file
counts, unless the model takes that very band: a file of red, green, blue and near infrared is often
written as if the fourth were transparency.
"""

from __future__ import annotations

import math
import os
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, List, Mapping, Optional, Sequence, Tuple

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import printable, quoted, where_missing
from ..extras import RunningRefused
from .georeference import Georeference
from .raster import Block, Window
from .raster_library import RasterError, RasterLibrary, Source, Unit
from .rasterio_library import SCHEMES, RasterioLibrary, is_remote
from .scene_stamps import SceneStamps
from .virtual import check_sources

if TYPE_CHECKING:
    from ..sessions import Array


#: Archives by their endings, and what GDAL wants before their names.
_ARCHIVES = (
    (".zip", "/vsizip/"),
    (".tar", "/vsitar/"),
    (".tar.gz", "/vsitar/"),
    (".tgz", "/vsitar/"),
)


#: What GDAL says of a server that gives no parts of files.
_WHOLE = "range downloading not supported"


class Scene:
    """A scene that is open; see :class:`~dl2ecd_core.running.rasters.raster.RasterReader`.

    Attributes
    ----------
    stamps
        What its files were before it was opened.
    """

    def __init__(
        self,
        source: Source,
        name: str,
        files: Sequence[Path] = (),
        stamps: Optional[SceneStamps] = None,
    ) -> None:
        self._source = source
        self._name = name
        self._files = tuple(files)
        self.stamps = SceneStamps(files) if stamps is None else stamps
        self._transparency = source.transparency
        self._nodata = source.nodata
        self._has_mask = source.has_mask

    @property
    def name(self) -> str:
        """The path as the user gave it."""
        return self._name

    @property
    def files(self) -> Tuple[Path, ...]:
        """What is read: the file, and those that a virtual raster is made of."""
        return self._files

    @property
    def transparency(self) -> Tuple[int, ...]:
        """The bands, counted from 0, that count as transparency unless a model takes them."""
        return self._transparency

    @property
    def height(self) -> int:
        """Rows."""
        return self._source.height

    @property
    def width(self) -> int:
        """Columns."""
        return self._source.width

    @property
    def data_type(self) -> str:
        """NumPy's name of the type that holds the values of all bands."""
        import numpy

        types = self._source.data_types
        if any(kind.startswith("complex") for kind in types):
            # GDAL has more of them than NumPy.
            return "complex128"
        return str(numpy.result_type(*types))

    @property
    def band_names(self) -> Tuple[Optional[str], ...]:
        """Descriptions of the bands."""
        return self._source.band_names

    @property
    def units(self) -> Tuple[Unit, ...]:
        """What each band says of its values."""
        return self._source.units

    @property
    def piece(self) -> int:
        """Bytes that are loaded at once, whichever pixel is wanted."""
        return self._source.piece

    @property
    def tags(self) -> Mapping[str, str]:
        """The file's own metadata."""
        return self._source.tags

    @property
    def georeference(self) -> Georeference:
        """Where the scene lies on the earth."""
        return self._source.georeference

    def read(self, window: Window, bands: Sequence[int]) -> Block:
        """As :class:`~dl2ecd_core.running.rasters.raster.RasterReader`.

        Raises
        ------
        RunningRefused
            ``raster-not-readable`` where the file is damaged.
        """
        try:
            pixels = self._source.read(bands, window)
            return Block(pixels, self._valid(pixels, window, bands))
        except RasterError as error:
            raise not_read(self._name, error) from error

    def _valid(self, pixels: Array, window: Window, bands: Sequence[int]) -> Optional[Array]:
        import numpy

        valid: Optional[Array] = None
        nothing: List[Array] = []
        for layer, band in zip(pixels, bands):
            nodata = self._nodata[band]
            marked = _marked(layer, nodata)
            if marked is not None and _measurable(nodata):
                nothing.append(marked)
                marked = None
            odd = _odd(layer, marked)
            if odd is not None and bool(odd.any()):
                layer[odd] = 0
                valid = ~odd if valid is None else valid & ~odd
        if nothing and len(nothing) == len(bands):
            seen = ~numpy.logical_and.reduce(nothing)
            valid = seen if valid is None else valid & seen
        for band in self._transparency:
            if band not in bands:
                seen = self._source.read([band], window)[0] != 0
                valid = seen if valid is None else valid & seen
        if self._has_mask:
            seen = self._source.mask(bands[0], window) != 0
            valid = seen if valid is None else valid & seen
        return None if valid is None or bool(valid.all()) else valid


def _measurable(nodata: Optional[float]) -> bool:
    """Whether a value for no data is one that a measurement may have, too."""
    return nodata is not None and math.isfinite(nodata) and 0 <= nodata < 1e30


def _marked(pixels: Array, nodata: Optional[float]) -> Optional[Array]:
    """Where a band has its value for no data; None where there is none that its type holds."""
    import numpy

    if nodata is None or not math.isfinite(nodata):
        return None
    if pixels.dtype.kind in "iu":
        limits = numpy.iinfo(pixels.dtype)
        if not (limits.min <= nodata <= limits.max and float(nodata).is_integer()):
            return None
        nodata = int(nodata)
    marked: Array = pixels == pixels.dtype.type(nodata)
    return marked


def _odd(pixels: Array, marked: Optional[Array]) -> Optional[Array]:
    """Where a band has what no measurement has: what is marked as that, and what is no number."""
    import numpy

    if pixels.dtype.kind in "iu":
        return marked
    odd: Array = ~numpy.isfinite(pixels)
    return odd if marked is None else odd | marked


@contextmanager
def opened_scene(path: str, library: Optional[RasterLibrary] = None) -> Iterator[Scene]:
    """A scene, open for as long as it is used.

    An address of the web is opened only where `path` itself is one.

    Parameters
    ----------
    library
        rasterio by default.

    Raises
    ------
    RunningRefused
        ``raster-not-readable``; ``raster-source-elsewhere`` for a virtual raster of addresses,
        ``raster-holds-program`` for one that is a program.
    """
    with ExitStack() as stack:
        files = () if is_remote(path) else check_sources(Path(path))
        stamps = SceneStamps(files)
        try:
            source = stack.enter_context((library or RasterioLibrary()).opened(path))
        except RasterError as error:
            if not is_remote(path) and not Path(path).exists():
                raise _not_there(path) from error
            raise not_readable(path, error) from error
        yield Scene(source, path, files, stamps)


def _not_there(path: str) -> RunningRefused:
    return RunningRefused(
        [
            finding(
                "file-not-found",
                f"There is no file {quoted(path, 400)}.",
                hint=f"Addresses begin with {' or '.join(SCHEMES)}."
                if "://" in path
                else where_missing(path),
                where=Place(file=path),
            )
        ]
    )


def not_readable(name: str, error: Exception) -> RunningRefused:
    """An error for the caller to raise when a raster can't be read."""
    return RunningRefused(
        [
            finding(
                "raster-not-readable",
                f"{quoted(name, 400)} can't be read as a raster: {printable(str(error), 300)}",
                hint=getattr(error, "hint", "") or _what_to_do(name, error),
                where=Place(file=name),
            )
        ]
    )


def _what_to_do(name: str, error: Exception) -> str:
    if is_remote(name):
        if _WHOLE in str(error).lower():
            return (
                "This server gives files as a whole alone: download the file, and give its path in "
                "place of the address."
            )
        return (
            "Check the address, which must be that of one raster file; virtual rasters (.vrt) and "
            "lists of files are read on this machine alone. Else download the file, and give "
            "its path."
        )
    inside = next((kind for end, kind in _ARCHIVES if name.lower().endswith(end)), None)
    if inside is not None:
        return f"A raster in an archive is given as {inside}{printable(name, 200)}/NAME.tif."
    if Path(name).exists() and not os.access(name, os.R_OK):
        return "Check that you may read it."
    return "Fetch the file again; a raster of another format can be made a GeoTIFF."


def not_read(name: str, error: Exception) -> RunningRefused:
    """An error for the caller to raise when pixels of a raster that is open can't be read."""
    if is_remote(name):
        return not_readable(name, error)
    return RunningRefused(
        [
            finding(
                "raster-not-readable",
                f"Pixels of {quoted(name, 400)} can't be read: {printable(str(error), 300)}",
                hint="The file is probably damaged, or cut short on its way: fetch it again.",
                where=Place(file=name),
            )
        ]
    )


__all__ = ["Scene", "not_read", "not_readable", "opened_scene"]
