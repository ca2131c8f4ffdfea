"""Color maps as text: a value and its color a line, with or without a name.

Esri's .clr (``value red green blue``); QGIS's, with opacity and name behind the color, parted by
blanks or by commas under an INTERPOLATION line; GRASS's color rules (``value red:green:blue``);
gdaldem's (``nv`` for no data); hexadecimal colors; and lists of colors with names but no values.
https://grass.osgeo.org/grass-stable/manuals/r.colors.html
https://gdal.org/programs/gdaldem.html#color-relief
"""

from __future__ import annotations

import re
from typing import List, Optional

from ..class_names.lines import lines_of
from ..color import NAMED_COLORS, color_from
from ..findings.wording import printable
from .candidate import Candidate
from .entries import Entries

KIND = "color map"
_VALUE = r"(?P<value>[-+]?\d{1,12}(?:\.\d{0,12})?|nv|nan|default|null|end)"
_SEPARATOR = r"(?:\s*[,;:=]\s*|\s+)"
_HEX = r"(?:#|0x)[0-9a-fA-F]{6,8}|#[0-9a-fA-F]{3}"
_CHANNELS = r"\(?\d{1,3}(?:\s*[,;:]\s*|\s+)\d{1,3}(?:\s*[,;:]\s*|\s+)\d{1,3}\)?"
_COLOR = rf"(?P<color>{_HEX}|(?:rgb)?{_CHANNELS}|{'|'.join(NAMED_COLORS)})"
_NAME_BEHIND = r"(?:[\s,;:]+(?P<alpha>\d{1,3})(?=[\s,;:]|$))?(?:[\s,;:](?P<name>.*))?"
#: A value, its color, perhaps opacity and a name.
_ROW = re.compile(rf"{_VALUE}{_SEPARATOR}{_COLOR}{_NAME_BEHIND}", re.IGNORECASE)
#: A value, its name, and the color last.
_NAME_FIRST = re.compile(
    rf"{_VALUE}{_SEPARATOR}(?P<name>\S.*?)[\s,;:=]+{_COLOR}(?:[\s,;:]+(?P<alpha>\d{{1,3}}))?",
    re.IGNORECASE,
)
#: Colors and names without values.
_NO_VALUE = re.compile(rf"{_COLOR}[\s,;:]+(?P<name>\S*[^\W\d_].*)")
_MORE_CELLS = re.compile(r"\s*\d+\s*[,;]")
_PERCENT = re.compile(r"\d+(?:\.\d*)?\s*%")
_REMARK = re.compile(r"\s*(?:#(?![0-9a-fA-F]{3}(?:[0-9a-fA-F]{3}){0,1}\b).*|//.*)?")
_INTERPOLATION = re.compile(r"\s*INTERPOLATION\s*:\s*(\w+)\s*", re.IGNORECASE)
_LOOKED_AT = 20
_MOST_LINES = 200_000
#: Longer lines are no rows.
_LONGEST_LINE = 400


def recognises(candidate: Candidate) -> bool:
    """Whether nearly all of the first lines are rows of one kind."""
    lines = lines_of(candidate.start)
    # The last one may be cut.
    if len(candidate.head) < candidate.source.size:
        lines = lines[:-1]
    return _pattern(lines[:_LOOKED_AT]) is not None


def _pattern(lines: List[str]) -> Optional[re.Pattern[str]]:
    if any(len(line) > _LONGEST_LINE for line in lines):
        return None
    rows = [line.strip() for line in lines if not _is_remark(line)]
    if any('"' in row and ("," in row or ";" in row) for row in rows):
        # Quotes around cells are those of tables.
        return None
    for pattern in (_ROW, _NAME_FIRST, _NO_VALUE):
        hits = [pattern.fullmatch(row) for row in rows]
        told = sum(hit is not None or _is_share(row) for hit, row in zip(hits, rows))
        named = [hit for hit in hits if hit is not None]
        if told and told == len(rows) and not _may_be_something_else(named):
            return pattern
    return None


def _may_be_something_else(hits: List[re.Match[str]]) -> bool:
    """Whether all "colors" are words with text behind them: "0 orange tree"; or a table goes on."""
    if any(_MORE_CELLS.match(hit["name"] or "") for hit in hits):
        return True
    return bool(hits) and all(
        hit["color"].isalpha() and (hit["name"] or "").strip() for hit in hits
    )


def _is_share(row: str) -> bool:
    return _PERCENT.match(row) is not None


def _is_remark(line: str) -> bool:
    return _REMARK.fullmatch(line) is not None or _INTERPOLATION.fullmatch(line) is not None


def read(candidate: Candidate) -> Entries:
    """The rows of a color map.

    Raises
    ------
    Dl2EcdError
        ``legend-not-recognised`` for colors between values or for shares of a range,
        ``legend-damaged`` for a line that is none of these.
    """
    lines = lines_of(candidate.text)[:_MOST_LINES]
    pattern = _pattern(lines[:_LOOKED_AT]) or _ROW
    found = Entries(KIND)
    for number, written in enumerate(lines, 1):
        line = written[: _LONGEST_LINE + 1]
        _refuse_shades(candidate, line)
        if _is_remark(line):
            continue
        row = pattern.fullmatch(line.strip()) if len(line) <= _LONGEST_LINE else None
        color = None if row is None else color_from(row["color"].replace(":", ","))
        if row is None or color is None:
            raise candidate.damaged(
                f"Line {number} of the color map is '{printable(line.strip())}', which is not "
                "value, red, green and blue.",
                "Write whole numbers, colors from 0 to 255.",
                line=number,
            )
        # What stands behind a hash is what a person calls the class.
        name = (row["name"] or "").strip().lstrip("# ").strip('"') or None
        if name is None and row["color"].isalpha():
            # "0 blue": the word may be the class's name; at least it is what stands there.
            name = row["color"]
        value = str(len(found.classes)) if pattern is _NO_VALUE else row["value"]
        if value.isalpha():
            # No data, and what is left: no class has them.
            found.skipped.append(value)
        else:
            found.add(value, name, color)
    if pattern is _NO_VALUE:
        found.counted_from_0()
    return found


def _refuse_shades(candidate: Candidate, line: str) -> None:
    interpolation = _INTERPOLATION.fullmatch(line)
    if interpolation is not None and interpolation.group(1).upper() != "EXACT":
        raise candidate.no_classes(
            KIND,
            f"says INTERPOLATION:{printable(interpolation.group(1), 20).upper()}: its colors go "
            "for ranges of values or are shades between them.",
            "Export the color map of 'Paletted/Unique values', or of exact pseudocolor.",
        )
    if _is_share(line.strip()):
        raise candidate.no_classes(
            KIND,
            f"gives colors for shares of the range of values ('{printable(line.strip(), 60)}'): "
            "they are shades, not classes.",
            "Give a color map of single class values.",
        )
