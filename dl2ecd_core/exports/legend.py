"""What a legend needs of an .ecd: pixel values, names and colors of its classes, in order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from ..class_info.keys import HIGHEST_VALUE, LOWEST_VALUE
from ..color import Color
from ..ecd.content import Ecd, EcdClass, Kind
from ..findings import Finding, Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import counted, listed, quoted
from ..palette import colors_for


@dataclass(frozen=True)
class LegendRow:
    """One class as a legend shows it.

    Attributes
    ----------
    value
        The pixel value of the classified raster, 32 bits with sign.
    color
        Red, green and blue, 0 to 255.
    index
        The model's output index; None in classic definitions.
    """

    value: int
    name: str
    color: Color
    index: Optional[int]


@dataclass(frozen=True)
class Legend:
    """A legend, and what was done to complete it.

    Attributes
    ----------
    title
        The .ecd's file name without folder and ending.
    rows
        In the order of the definition, each value once.
    """

    title: str
    rows: Tuple[LegendRow, ...]
    findings: Tuple[Finding, ...]


def legend_of(ecd: Ecd, format_name: str) -> Legend:
    """The legend of an .ecd.

    Background has no row: no listed class has its pixels, so no legend may color them.

    Raises
    ------
    Dl2EcdError
        ``export-not-possible`` without classes, or when a value is none that a raster can have.
    """
    if ecd.kind is Kind.ENDMEMBERS or not ecd.classes:
        raise not_possible(
            ecd, f"{quoted(ecd.name, 400)} holds no classes, so there is no legend to write."
        )
    for land_class in ecd.classes:
        if not LOWEST_VALUE <= land_class.value <= HIGHEST_VALUE:
            raise not_possible(
                ecd,
                f"The class {quoted(land_class.name)} has a value that no raster of whole numbers "
                f"holds; {format_name} can't say it.",
            )
    unique, repeated = _unique(ecd.classes)
    missing = [place for place, item in enumerate(unique) if _sound(item.color) is None]
    colors = _colors(unique, missing)
    rows = tuple(
        LegendRow(item.value, item.name, color, item.index) for item, color in zip(unique, colors)
    )
    findings = []
    if repeated:
        findings.append(
            adjusted(
                ecd,
                f"The definition lists values twice; the legend leaves out the later classes "
                f"{listed(item.name for item in repeated)}.",
            )
        )
    if missing:
        findings.append(
            adjusted(
                ecd,
                f"The definition gives {counted(len(missing), 'class', 'classes')} no color: "
                f"{listed(unique[place].name for place in missing)} got one of the palette's.",
            )
        )
    return Legend(Path(ecd.name).stem, rows, tuple(findings))


def not_possible(ecd: Ecd, message: str, hint: str = "") -> Dl2EcdError:
    """An error for the caller to raise."""
    return Dl2EcdError(
        [finding("export-not-possible", message, hint=hint, where=Place(file=ecd.name))]
    )


def adjusted(ecd: Ecd, message: str, hint: str = "") -> Finding:
    """What the format can't hold as it is."""
    return finding("export-adjusted", message, hint=hint, where=Place(file=ecd.name))


def incomplete(ecd: Ecd, message: str, hint: str) -> Finding:
    """What the person must add."""
    return finding("export-incomplete", message, hint=hint, where=Place(file=ecd.name))


def _unique(classes: Tuple[EcdClass, ...]) -> Tuple[List[EcdClass], List[EcdClass]]:
    """The first class of each value, and the others."""
    first: Dict[int, EcdClass] = {}
    others = [item for item in classes if first.setdefault(item.value, item) is not item]
    return list(first.values()), others


def _sound(color: Optional[Color]) -> Optional[Color]:
    if color is None or not all(0 <= channel <= 255 for channel in color):
        return None
    return color


def _colors(classes: List[EcdClass], missing: List[int]) -> List[Color]:
    given = [_sound(item.color) for item in classes]
    chosen = iter(colors_for(missing, [color for color in given if color is not None]))
    return [color if color is not None else next(chosen) for color in given]
