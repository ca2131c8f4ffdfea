"""What pictures were given, as a table (CSV), or as a layer of points or of pictures' outlines."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Mapping, Optional, Sequence

from ...exports.legend import LegendRow
from ...files.output import whole_file
from ...files.replacing import OutputKind
from ..objects.layer import GEOJSON, GEOPACKAGE, NAME, OBJECTS, SCORE, VALUE, write_features
from ..objects.style import write_style
from ..rasters.georeference import System

if TYPE_CHECKING:
    from ..sessions import Array

CSV = ".csv"
#: The field that says which picture, or which feature, a row is about.
PICTURE, FEATURE = "picture", "feature"
_HEADERS = tuple(f"{what},{VALUE},{NAME},{SCORE}\r\n".encode() for what in (PICTURE, FEATURE))


def _is_ours(path: Path) -> bool:
    """Whether an earlier run wrote a file: its columns are ours, or its layer's description."""
    with path.open("rb") as file:
        first = file.read(64)
    return first.startswith(_HEADERS) or OBJECTS.is_earlier(path)


LABELS = OutputKind("table of classes of pictures", (CSV, GEOPACKAGE, GEOJSON), _is_ours)


def write_labels(
    target: Path,
    fields: Mapping[str, Array],
    shapes: Optional[Array],
    system: System,
    legend: Sequence[LegendRow],
) -> None:
    """Write a row for each picture, whole or not at all.

    Parameters
    ----------
    shapes
        Points, or outlines of pictures; None for a table alone.

    Raises
    ------
    ConversionRefused
        When it can't be written; what was there before stays.
    """
    if shapes is None:
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(fields)
        writer.writerows(zip(*(column.tolist() for column in fields.values())))
        with whole_file(target) as output:
            output.write(text.getvalue().encode("utf-8"))
        return
    points = FEATURE in fields

    def write_beside() -> None:
        write_style(target.with_suffix(".qml"), legend, points=points)

    kind = "Point" if points else "Polygon"
    write_features(target, shapes, kind, system, fields, before=write_beside)
