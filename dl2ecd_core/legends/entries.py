"""What a reader finds in a file, before values are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Dict, List, NamedTuple, Optional

from ..class_info.keys import HIGHEST_VALUE, LOWEST_VALUE
from ..color import Color, color_from, number_from
from .description import LegendClass

#: A number whose decimals are all zero, with the comma of half the world.
_WHOLE_WITH_COMMA = re.compile(r"\s*([-+]?\d{1,12}),0{1,2}\s*")


class Note(NamedTuple):
    """Something to say about the file: rule, sentence and hint."""

    rule: str
    message: str
    hint: str


@dataclass(frozen=True)
class Entries:
    """What a reader finds in a file.

    Attributes
    ----------
    kind
        What the file is, for people.
    classes
        Values may still repeat.
    skipped
        Entries that are no class with one whole value, as they are in the file.
    unread
        Colors in a form that is not read, as they are in the file.
    notes
        What else the person must know.
    definition
        The document around the classes, where it is a definition of Esri's.
    """

    kind: str
    classes: List[LegendClass] = field(default_factory=list)
    skipped: List[str] = field(default_factory=list)
    unread: List[str] = field(default_factory=list)
    notes: List[Note] = field(default_factory=list)
    definition: Dict[str, object] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Whether anything was found at all."""
        return bool(self.classes or self.skipped)

    def add(self, value: object, name: Optional[str], color: Optional[Color]) -> None:
        """Take an entry, or put it with those left out when its value is no whole number."""
        number = whole(value)
        if number is None:
            self.skipped.append(str(value if name is None else name)[:200])
        else:
            self.classes.append(LegendClass(number, name, color))

    def add_written(self, value: object, name: Optional[str], color: object) -> None:
        """The same with a color as it is written; one that can't be read is remembered."""
        read = color_from(color)
        if read is None and is_given(color):
            self.unread.append(str(color)[:200])
        self.add(value, name, read)

    def counted_from_0(self) -> None:
        """Say that the file gives no values."""
        self.notes.append(
            Note(
                "legend-values-counted",
                f"{{file}} ({self.kind}) gives no values: they are counted from 0 in its order.",
                "If the raster has others, write them into the document.",
            )
        )


def is_given(color: object) -> bool:
    """Whether there is a color at all: neither empty nor [-1, -1, -1], Esri's word for none."""
    if color is None or color == [-1, -1, -1]:
        return False
    return not isinstance(color, str) or bool(color.strip())


def whole(value: object) -> Optional[int]:
    """A pixel value from a number or its text; None for fractions, ranges and what is too large.

    Examples
    --------
    >>> whole("7"), whole(" 7.00 "), whole("7,0"), whole("7.5"), whole("1-5"), whole(True)
    (7, 7, 7, None, None, None)
    """
    if isinstance(value, str):
        comma = _WHOLE_WITH_COMMA.fullmatch(value)
        if comma is not None:
            value = comma.group(1)
    number = number_from(value)
    if number is None or not LOWEST_VALUE <= number <= HIGHEST_VALUE or number != int(number):
        return None
    return int(number)
