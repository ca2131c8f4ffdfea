"""Finished rows become a GeoTIFF: cloud optimised, with colors, and names beside it.

The rows are described to GDAL by a virtual raster
(https://gdal.org/en/stable/drivers/raster/vrt.html) over a plain file
(https://gdal.org/en/stable/drivers/raster/envi.html), and copied into the target's format in one
go, so that no second copy of them is ever made.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional, Sequence, Tuple

from lxml import etree

from ..color import Color
from ..exports.xml_text import child
from ..files.output import refused, write_failure
from ..findings.wording import printable
from ..version import __version__
from .georeference import Georeference
from .part_file import PartFile
from .raster_library import RasterError, RasterLibrary

#: The entry of a raster's metadata that says that this project made it.
TAG, TAG_VALUE = "DL2ECD", "classify"

#: GDAL takes no file of a single byte for a raster; what follows the pixels does no harm.
_SMALLEST = 2

#: NumPy's names with those of GDAL and the numbers of ENVI.
_GDAL = {
    "uint8": ("Byte", 1), "uint16": ("UInt16", 12), "int16": ("Int16", 2),
    "uint32": ("UInt32", 13), "int32": ("Int32", 3), "float32": ("Float32", 4),
}  # fmt: skip


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


def write_geotiff(
    part: PartFile, height: int, target: Path, content: Content, library: RasterLibrary
) -> None:
    """Make a GeoTIFF of finished rows at `target`, whole or not at all.

    Raises
    ------
    ConversionRefused
        When it can't be written; what was there before stays.
    """
    new = part.path.with_name(f"{part.path.name}.tif")
    _write_header(part, height)
    real = Path(os.path.realpath(target))
    driver, options = _format(content)
    try:
        library.copy(_virtual_raster(part, height, content), new, driver, options)
        with new.open("rb+") as handle:
            os.fsync(handle.fileno())
        new.replace(real)
    except RasterError as error:
        _say_full(error, target)
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


def _say_full(error: Exception, target: Path) -> None:
    """GDAL tells of a full disk in words of its own."""
    if "no space left" in str(error).lower():
        import errno

        raise write_failure(OSError(errno.ENOSPC, str(error)), target) from error


def _format(content: Content) -> Tuple[str, Dict[str, str]]:
    """GDAL's driver and its options."""
    options = {"COMPRESS": "LZW", "NUM_THREADS": "ALL_CPUS", "BIGTIFF": "IF_SAFER"}
    if content.cloud_optimised:
        return "COG", {**options, "BLOCKSIZE": "512", "OVERVIEW_RESAMPLING": "NEAREST"}
    return "GTiff", {**options, "TILED": "YES", "BLOCKXSIZE": "512", "BLOCKYSIZE": "512"}


def _write_header(part: PartFile, height: int) -> None:
    if part.path.stat().st_size < _SMALLEST:
        with part.path.open("ab") as file:
            file.write(bytes(_SMALLEST))
    part.path.with_name(f"{part.path.name}.hdr").write_text(
        "ENVI\n"
        f"samples = {part.width}\nlines = {height}\nbands = {part.layers}\n"
        "header offset = 0\nfile type = ENVI Standard\n"
        f"data type = {_GDAL[part.data_type][1]}\ninterleave = bil\nbyte order = 0\n",
        encoding="ascii",
    )


def _virtual_raster(part: PartFile, height: int, content: Content) -> str:
    """The text of a virtual raster over the rows."""
    root = etree.Element("VRTDataset", rasterXSize=str(part.width), rasterYSize=str(height))
    place = content.georeference
    if place.crs is not None:
        child(root, "SRS", place.crs)
    if place.transform is not None:
        a, b, c, d, e, f = place.transform
        # GDAL's order: origin and steps of x, then of y.
        child(root, "GeoTransform", ", ".join(repr(float(one)) for one in (c, a, b, f, d, e)))
    metadata = child(root, "Metadata")
    child(metadata, "MDI", content.made_by, key=TAG)
    child(metadata, "MDI", f"dl2ecd {__version__}", key="TIFFTAG_SOFTWARE")
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
    for band in range(1, part.layers + 1):
        _band(root, part, height, content, band)
    return str(etree.tostring(root, encoding="unicode"))


def _band(root: Any, part: PartFile, height: int, content: Content, band: int) -> None:
    entry = child(root, "VRTRasterBand", dataType=_GDAL[part.data_type][0], band=str(band))
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
    source = child(entry, "SimpleSource")
    child(source, "SourceFilename", str(part.path.resolve()), relativeToVRT="0")
    child(source, "SourceBand", str(band))
    size = {"xOff": "0", "yOff": "0", "xSize": str(part.width), "ySize": str(height)}
    child(source, "SrcRect", **size)
    child(source, "DstRect", **size)


def made_here(path: Path, library: RasterLibrary) -> bool:
    """Whether this project wrote a raster."""
    return library.tags(path).get(TAG) == TAG_VALUE
