"""A file that may be a legend: its beginning, and its text within a fixed limit."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional

from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import counted, quoted
from ..json_text import LARGEST_TEXT
from ..wire.source import ByteSource
from .description import Color, LegendClass

_HEAD = 64 * 1024


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
    """

    kind: str
    classes: List[LegendClass] = field(default_factory=list)
    skipped: List[str] = field(default_factory=list)

    def add(self, value: object, name: Optional[str], color: Optional[Color]) -> None:
        """Take an entry, or put it with those left out when its value is no whole number."""
        number = whole(value)
        if number is None:
            self.skipped.append(str(value if name is None else name))
        else:
            self.classes.append(LegendClass(number, name, color))


class Candidate:
    """A file on its way to the reader that knows it.

    Parameters
    ----------
    source
        The file.
    known
        The kinds that there are, for a hint.
    """

    def __init__(self, source: ByteSource, known: str) -> None:
        self.source = source
        self.known = known
        self.path: Path = source.path
        self.name = source.name
        self.head = source.read_up_to(0, _HEAD)

    @property
    def start(self) -> str:
        """The beginning as text, for recognising; what is no text becomes a question mark."""
        if self.head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return self.head.decode("utf-16", "replace")
        return self.head.decode("utf-8-sig", "replace")

    @property
    def text(self) -> str:
        """The whole text, read and decoded anew each time.

        Raises
        ------
        Dl2EcdError
            ``file-too-large``, or ``legend-damaged`` when it is neither UTF-8 nor UTF-16.
        """
        if self.source.size > LARGEST_TEXT:
            raise Dl2EcdError(
                [
                    finding(
                        "file-too-large",
                        f"{quoted(self.name, 400)} has {self.source.size / 2**20:,.1f} MiB. Lists "
                        f"of classes of more than {LARGEST_TEXT // 2**20} MiB are not read.",
                        hint="A legend takes a few KB: was another file chosen in its place?",
                        where=Place(file=self.name),
                    )
                ]
            )
        data = self.source.read(0, self.source.size)
        wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        try:
            return data.decode("utf-16" if wide else "utf-8-sig")
        except UnicodeDecodeError as error:
            raise self.damaged(
                f"{quoted(self.name, 400)} is no UTF-8 text: it breaks off at byte {error.start}.",
                "Save it as UTF-8, which any text editor can.",
            ) from error

    def damaged(self, message: str, hint: str = "", line: Optional[int] = None) -> Dl2EcdError:
        """An error for the caller to raise."""
        hint = hint or "Export the file again, or give another one."
        place = Place(file=self.name, line=line)
        return Dl2EcdError([finding("legend-damaged", message, hint=hint, where=place)])

    def unknown(self, message: str) -> Dl2EcdError:
        """An error about a file that is no legend, for the caller to raise."""
        return Dl2EcdError(
            [
                finding(
                    "legend-not-recognised",
                    message,
                    hint=f"Give {self.known}.",
                    where=Place(file=self.name),
                )
            ]
        )


def whole(value: object) -> Optional[int]:
    """A pixel value from a number or its text; None for fractions, ranges and what is too large.

    Examples
    --------
    >>> whole("7"), whole(" 7.00 "), whole("7.5"), whole("1-5"), whole(True)
    (7, 7, None, None, None)
    """
    if isinstance(value, str):
        text = value.strip()
        if not 0 < len(text) <= 40 or not text.isascii() or "_" in text:
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # Also false for what is not a number.
    if not -(2**31) <= value < 2**31 or value != int(value):
        return None
    return int(value)


def channel(value: object) -> Optional[int]:
    """One of red, green and blue; None when it is none."""
    number = whole(value)
    return number if number is not None and 0 <= number <= 255 else None


def color_of(red: object, green: object, blue: object) -> Optional[Color]:
    """A color from its channels; None when one of them is none."""
    channels = (channel(red), channel(green), channel(blue))
    if channels[0] is None or channels[1] is None or channels[2] is None:
        return None
    return channels[0], channels[1], channels[2]


def said(number: int) -> str:
    """How many entries, in words."""
    return counted(number, "entry", "entries")
