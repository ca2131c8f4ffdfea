"""Finished rows become a GeoTIFF: cloud optimised, with colors, and names beside it.

The rows are described to GDAL by a virtual raster
(https://gdal.org/en/stable/drivers/raster/vrt.html) over a plain file
(https://gdal.org/en/stable/drivers/raster/envi.html), and copied into the target's format in one
go, so that no second copy of them is ever made.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Iterator, Optional, Sequence, Tuple

from lxml import etree

from ...color import Color
from ...exports.xml_text import child
from ...files.output import check_room, refused, write_failure
from ...files.scratch_beside import scratch_beside
from ...findings.wording import printable
from ...network.data_types import width_of
from ...version import __version__
from ..rasters.georeference import Georeference
from ..rasters.raster import Window
from ..rasters.raster_library import AREA_OR_POINT, POINT, RasterError, RasterLibrary
from .overviews import overviews_of, write_overviews
from .part_file import PartFile

#: The entry of a raster's metadata that says that this project made it.
TAG, TAG_VALUE = "DL2ECD", "classify"

#: GDAL takes no file of a single byte for a raster; what follows the pixels does no harm.
_SMALLEST = 2

#: NumPy's names with those of GDAL and the numbers of ENVI.
_GDAL = {
    "uint8": ("Byte", 1), "uint16": ("UInt16", 12), "int16": ("Int16", 2),
    "uint32": ("UInt32", 13), "int32": ("Int32", 3), "float32": ("Float32", 4),
}  # fmt: skip
_NUMPY = {name: kind for kind, (name, _) in _GDAL.items()}


@dataclass(frozen=True)
class Content:
    """What a GeoTIFF says beside its pixels.

    Attributes
    ----------
    georeference
        Where it lies.
    nodata
        The value for no data.
    colors
        By value from 0 to 255; None where there is no color table.
    names
        Of the bands.
    cloud_optimised
        Whether it gets overviews and the layout of a COG.
    made_by
        Which of this project's commands makes it.
    """

    georeference: Georeference
    nodata: Optional[float]
    colors: Optional[Dict[int, Color]] = None
    names: Sequence[str] = ()
    cloud_optimised: bool = True
    made_by: str = TAG_VALUE


@dataclass(frozen=True)
class Shape:
    """Rows, columns and layers of a raster, and NumPy's name of its type."""

    height: int
    width: int
    layers: int
    data_type: str


@dataclass(frozen=True)
class Piece:
    """A raster file that is a part of a larger raster.

    Attributes
    ----------
    path
        Of the file; a relative one is seen from the virtual raster.
    window
        Which part it is.
    """

    path: Path
    window: Window


@dataclass(frozen=True)
class NewRaster:
    """A raster that is made, and has not taken its place yet.

    Attributes
    ----------
    path
        Where it lies.
    target
        Where it is to lie, on the same disk.
    """

    path: Path
    target: Path

    def place(self) -> None:
        """Let it take its place.

        Raises
        ------
        ConversionRefused
            When it can't; what was there before stays.
        """
        try:
            self.path.replace(os.path.realpath(self.target))
        except OSError as error:
            raise write_failure(error, self.target) from error


def write_geotiff(
    part: PartFile, height: int, target: Path, content: Content, library: RasterLibrary
) -> None:
    """Make a GeoTIFF of finished rows at `target`, whole or not at all.

    Raises
    ------
    ConversionRefused
        When it can't be written; what was there before stays.
    """
    with room_beside(target, part.path.parent) as room:
        new_geotiff(part, height, room, target, content, library).place()


def new_geotiff(
    part: PartFile,
    height: int,
    room: Path,
    target: Path,
    content: Content,
    library: RasterLibrary,
) -> NewRaster:
    """Make a GeoTIFF of finished rows that is to lie at `target`.

    Parameters
    ----------
    room
        A folder on the target's disk (:func:`room_beside`).

    Raises
    ------
    ConversionRefused
        When it can't be written.
    """
    new = room / f"{part.path.name}.tif"
    whole = Window(0, height, 0, part.width)
    shape = Shape(height, part.width, part.layers, part.data_type)
    _write_header(part.path, shape)
    virtual = virtual_raster(shape, content, [Piece(part.path.resolve(), whole)])
    return copied_raster(virtual, new, target, content, library)


@contextmanager
def room_beside(target: Path, folder: Path) -> Iterator[Path]:
    """A folder on a target's disk for what is not finished, gone afterwards unless it is `folder`.

    Parameters
    ----------
    folder
        The one to take where it lies beside the target.

    Raises
    ------
    ConversionRefused
        When none can be made.
    """
    real = Path(os.path.realpath(target))
    if Path(os.path.realpath(folder)).parent == real.parent:
        yield folder
        return
    with scratch_beside(real) as room:
        yield room


def copied_raster(
    virtual: str, new: Path, target: Path, content: Content, library: RasterLibrary
) -> NewRaster:
    """Make a GeoTIFF of a virtual raster that is to lie at `target`.

    Parameters
    ----------
    new
        Where it is made, on the target's disk.

    Raises
    ------
    ConversionRefused
        When it can't be written.
    """
    try:
        with _overviews(virtual, new, content, library) as whole:
            library.copy(whole, new, *_format(content))
        with new.open("rb+") as handle:
            os.fsync(handle.fileno())
    except RasterError as error:
        check_room(error, target, _most(virtual), new.parent)
        raise refused(
            "output-not-writable",
            f"The output '{printable(str(target), 400)}' can't be written: "
            f"{printable(str(error), 300)}.",
            "Check that there is room, and that you may write to its folder. An older output was "
            "left as it was.",
            target,
        ) from error
    except OSError as error:
        raise write_failure(error, target) from error
    return NewRaster(new, target)


def _most(virtual: str) -> int:
    """Bytes that a raster takes at most, with its smaller copies: these lie there twice so long."""
    root = etree.fromstring(virtual)
    bands = root.findall("VRTRasterBand")
    width = width_of(_NUMPY[str(bands[0].get("dataType"))])
    size = int(str(root.get("rasterXSize"))) * int(str(root.get("rasterYSize")))
    return 2 * size * width * len(bands)


def _format(content: Content) -> Tuple[str, Dict[str, str]]:
    """GDAL's driver and its options."""
    options = {"COMPRESS": "LZW", "NUM_THREADS": "ALL_CPUS", "BIGTIFF": "IF_SAFER"}
    if content.cloud_optimised:
        return "COG", {**options, "BLOCKSIZE": "512", "OVERVIEW_RESAMPLING": "NEAREST"}
    return "GTiff", {**options, "TILED": "YES", "BLOCKXSIZE": "512", "BLOCKYSIZE": "512"}


@contextmanager
def _overviews(virtual: str, new: Path, content: Content, library: RasterLibrary) -> Iterator[str]:
    """A virtual raster with overviews, where it gets any; their files lie beside `new` so long."""
    if not content.cloud_optimised:
        yield virtual
        return
    root = etree.fromstring(virtual)
    bands = root.findall("VRTRasterBand")
    height, width = (int(str(root.get(name))) for name in ("rasterYSize", "rasterXSize"))
    made = overviews_of(height, width, new)
    try:
        if made:
            write_overviews(virtual, made, library)
        for one in made:
            kind = _NUMPY[str(bands[0].get("dataType"))]
            _write_header(one.path, Shape(one.height, one.width, len(bands), kind))
            for number, band in enumerate(bands, 1):
                overview = child(band, "Overview")
                child(overview, "SourceFilename", str(one.path.resolve()), relativeToVRT="0")
                child(overview, "SourceBand", str(number))
        yield str(etree.tostring(root, encoding="unicode"))
    finally:
        for one in made:
            one.path.unlink(missing_ok=True)
            header_of(one.path).unlink(missing_ok=True)


def header_of(path: Path) -> Path:
    """Where GDAL looks for what a plain file of rows holds."""
    return path.with_name(f"{path.name}.hdr")


def _write_header(path: Path, shape: Shape) -> None:
    if path.stat().st_size < _SMALLEST:
        with path.open("ab") as file:
            file.write(bytes(_SMALLEST))
    header_of(path).write_text(
        "ENVI\n"
        f"samples = {shape.width}\nlines = {shape.height}\nbands = {shape.layers}\n"
        "header offset = 0\nfile type = ENVI Standard\n"
        f"data type = {_GDAL[shape.data_type][1]}\ninterleave = bil\nbyte order = 0\n",
        encoding="ascii",
    )


def virtual_raster(shape: Shape, content: Content, pieces: Sequence[Piece]) -> str:
    """The text of a virtual raster that is put together from files."""
    root = etree.Element("VRTDataset", rasterXSize=str(shape.width), rasterYSize=str(shape.height))
    place = content.georeference
    if place.crs is not None:
        dated = {} if place.epoch is None else {"coordinateEpoch": repr(place.epoch)}
        child(root, "SRS", place.crs, **dated)
    if place.transform is not None:
        a, b, c, d, e, f = place.transform
        # GDAL's order: origin and steps of x, then of y.
        child(root, "GeoTransform", ", ".join(repr(float(one)) for one in (c, a, b, f, d, e)))
    metadata = child(root, "Metadata")
    child(metadata, "MDI", content.made_by, key=TAG)
    child(metadata, "MDI", f"dl2ecd {__version__}", key="TIFFTAG_SOFTWARE")
    if place.is_point:
        child(metadata, "MDI", POINT, key=AREA_OR_POINT)
    if place.polynomials:
        polynomials = child(root, "Metadata", domain="RPC")
        for key, value in place.polynomials.items():
            child(polynomials, "MDI", value, key=key)
    if place.points:
        listed = child(root, "GCPList", Projection=place.points_crs or "")
        for number, (row, column, x, y, z) in enumerate(place.points, 1):
            child(
                listed, "GCP", Id=str(number), Pixel=repr(column), Line=repr(row),
                X=repr(x), Y=repr(y), Z=repr(z),
            )  # fmt: skip
    for band in range(1, shape.layers + 1):
        _band(root, shape.data_type, content, band, pieces)
    return str(etree.tostring(root, encoding="unicode"))


def _band(root: Any, data_type: str, content: Content, band: int, pieces: Sequence[Piece]) -> None:
    entry = child(root, "VRTRasterBand", dataType=_GDAL[data_type][0], band=str(band))
    if band <= len(content.names):
        child(entry, "Description", content.names[band - 1])
    if content.nodata is not None:
        child(entry, "NoDataValue", repr(content.nodata))
    if content.colors is not None:
        child(entry, "ColorInterp", "Palette")
        table = child(entry, "ColorTable")
        for value in range(256):
            color = content.colors.get(value)
            red, green, blue, alpha = (0, 0, 0, 0) if color is None else (*color, 255)
            child(table, "Entry", c1=str(red), c2=str(green), c3=str(blue), c4=str(alpha))
    for piece in pieces:
        source = child(entry, "SimpleSource")
        inside = "0" if piece.path.is_absolute() else "1"
        child(source, "SourceFilename", str(piece.path), relativeToVRT=inside)
        child(source, "SourceBand", str(band))
        window = piece.window
        size = {"xSize": str(window.width), "ySize": str(window.height)}
        child(source, "SrcRect", xOff="0", yOff="0", **size)
        child(source, "DstRect", xOff=str(window.left), yOff=str(window.top), **size)


def made_here(path: Path, library: RasterLibrary) -> bool:
    """Whether this project wrote a raster."""
    return library.tags(path).get(TAG) == TAG_VALUE
