"""Color maps as text: ``value red green blue`` a line.

Esri's .clr; QGIS and GRASS-like tools put opacity and a name behind the color, and QGIS's own
export parts them by commas under an INTERPOLATION line.
"""

from __future__ import annotations

import re

from ..findings.wording import printable
from .candidate import Candidate, Entries, color_of

_ROW = re.compile(
    r"(?P<value>[-+]?\d{1,12}(?:\.\d{0,12})?)[\s,;:]+(?P<red>\d{1,3})[\s,;]+(?P<green>\d{1,3})[\s,;]+"
    r"(?P<blue>\d{1,3})(?:[\s,;]+(?P<alpha>\d{1,3}))?(?:[\s,;](?P<name>.*))?"
)
_REMARK = re.compile(r"\s*(?:#.*|INTERPOLATION:.*)?")
_LOOKED_AT = 20


def recognises(candidate: Candidate) -> bool:
    """Whether all of the first lines are rows or remarks, and one is a row."""
    lines = candidate.start.split("\n")
    # The last one may be cut.
    lines = lines[: min(_LOOKED_AT, len(lines) - 1)] or lines[:1]
    rows = [line for line in lines if not _REMARK.fullmatch(line.rstrip("\r"))]
    return bool(rows) and all(_ROW.fullmatch(line.strip()) for line in rows)


def read(candidate: Candidate) -> Entries:
    """The rows of a color map."""
    found = Entries("color map")
    for number, line in enumerate(candidate.text.split("\n"), 1):
        if _REMARK.fullmatch(line.rstrip("\r")):
            continue
        row = _ROW.fullmatch(line.strip())
        color = row and color_of(row["red"], row["green"], row["blue"])
        if row is None or color is None:
            raise candidate.damaged(
                f"Line {number} of the color map is '{printable(line.strip())}', which is not "
                "value, red, green and blue.",
                "Write whole numbers, colors from 0 to 255.",
                line=number,
            )
        found.add(row["value"], (row["name"] or "").strip() or None, color)
    return found
