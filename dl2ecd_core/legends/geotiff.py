"""A classified GeoTIFF itself: its palette, the tables beside it, and the values in its pixels.

Read through rasterio, imported on first use; only GDAL's own driver for TIFF is let near the file.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any, Dict, Optional, Set

from ..color import Color
from ..findings.errors import Dl2EcdError
from ..findings.wording import quoted
from ..wire.source import ByteSource
from . import aux_xml, dbf
from .candidate import Candidate
from .description import LegendClass
from .entries import Entries, Note

_KIND = "classified raster"
_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
#: More pixels are not counted one by one.
_MOST_PIXELS = 400_000_000
_MOST_VALUES = 1000


def recognises(candidate: Candidate) -> bool:
    """Whether it is a TIFF."""
    return candidate.head.startswith(_MAGIC)


def read(candidate: Candidate) -> Entries:
    """The classes of the table beside a raster, else those of its pixels' values."""
    beside = _beside(candidate)
    try:
        import rasterio
        from rasterio.errors import NotGeoreferencedWarning, RasterioError
    except ImportError as error:
        if beside is not None:
            return beside
        raise candidate.unknown(
            f"{quoted(candidate.name, 400)} is a TIFF image, and the Python package rasterio, "
            "which reads it, is not installed here.",
            "Install it (pip install rasterio), or give the raster's .vat.dbf, .aux.xml or style.",
        ) from error
    try:
        with warnings.catch_warnings():
            # Where on Earth it lies is of no interest here.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            raster = rasterio.open(candidate.path, driver="GTiff")
        with raster:
            _refuse_images(candidate, raster)
            colors = _palette(raster)
            return (
                _of_pixels(candidate, raster, colors) if beside is None else _with(beside, colors)
            )
    except (RasterioError, OSError, ValueError) as error:
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} is a damaged TIFF image: it can't be read to its end.",
        ) from error


def _beside(candidate: Candidate) -> Optional[Entries]:
    """What GDAL's or ArcGIS's table beside the raster says; None when it lists no classes."""
    for ending, recognises_table, read_table in (
        (".vat.dbf", dbf.recognises, dbf.read),
        (".aux.xml", aux_xml.recognises, aux_xml.read),
    ):
        path = candidate.path.with_name(candidate.path.name + ending)
        if not path.is_file():
            continue
        try:
            with ByteSource(path) as source:
                table = Candidate(source, candidate.known)
                found = read_table(table) if recognises_table(table) else None
        except Dl2EcdError:
            # A side file of statistics alone is no legend, and no fault of the raster.
            continue
        if found:
            found.notes.append(
                Note(
                    "legend-read-beside",
                    f"The classes of {{file}} are those of {quoted(path.name)} beside it.",
                    "",
                )
            )
            return found
    return None


def _with(table: Entries, colors: Dict[int, Color]) -> Entries:
    """The table's classes, with the palette's colors where it has none."""
    classes = [
        LegendClass(item.value, item.name, item.color or colors.get(item.value))
        for item in table.classes
    ]
    return replace(table, classes=classes)


def _refuse_images(candidate: Candidate, raster: Any) -> None:
    kinds = {str(kind) for kind in raster.dtypes}
    if raster.count != 1 or not all(kind.lstrip("u").startswith("int") for kind in kinds):
        bands = "1 band" if raster.count == 1 else f"{raster.count} bands"
        raise candidate.no_classes(
            "TIFF image",
            f"is no classified raster: it has {bands} of {', '.join(sorted(kinds))}.",
            "A classified raster has one band of whole numbers.",
        )


def _of_pixels(candidate: Candidate, raster: Any, colors: Dict[int, Color]) -> Entries:
    found = Entries(_KIND)
    for value in sorted(_values(candidate, raster)):
        if raster.nodata is not None and value == raster.nodata:
            found.skipped.append(f"{value} (no data)")
        else:
            found.add(value, None, colors.get(value))
    found.notes.append(
        Note(
            "legend-values-counted",
            f"{{file}} ({_KIND}) tells its classes by the {len(found.classes)} values that its "
            "pixels have.",
            "A class that no pixel has is not among them: add it by hand.",
        )
    )
    return found


def _palette(raster: Any) -> Dict[int, Color]:
    try:
        palette = raster.colormap(1)
    except ValueError:
        return {}
    return {
        int(value): (int(entry[0]), int(entry[1]), int(entry[2]))
        for value, entry in palette.items()
        if entry[3]
    }


def _values(candidate: Candidate, raster: Any) -> Set[int]:
    """The different values of all pixels, block by block."""
    import numpy

    if raster.width * raster.height > _MOST_PIXELS:
        raise candidate.no_classes(
            _KIND,
            f"has {raster.width} x {raster.height} pixels: too many to look at each for its value.",
            "Give a part of it, or its .vat.dbf, .aux.xml or style.",
        )
    values: Set[int] = set()
    for _, window in raster.block_windows(1):
        block = raster.read(1, window=window, masked=False)
        values.update(int(value) for value in numpy.unique(block))
        if len(values) > _MOST_VALUES:
            raise candidate.no_classes(
                "TIFF image",
                f"has more than {_MOST_VALUES} different values: it is an image, not a classified "
                "raster.",
                "Give the raster that holds class values.",
            )
    return values
