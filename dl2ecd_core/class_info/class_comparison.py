"""What shows in the names, values and colors of classes, above all when seen together."""

from __future__ import annotations

from typing import Dict, Sequence

from ..findings.wording import counted, listed, quoted
from .keys import CLASS_KEYS, SCHEMA_ID
from .report import Entry, Report

_VALUE, _NAME, _COLOR = CLASS_KEYS


def compare(entries: Sequence[Entry], report: Report) -> None:
    """Report what is wrong with the names, the values and the colors of a list of classes."""
    for entry in entries:
        if entry.name:
            _check_name(entry, report)
    _duplicate_values(entries, report)
    _duplicate_names(entries, report)
    if is_filled_in(report.text.value):
        _numbered_names(entries, report)
    _large_values(entries, report)
    _open_colors(entries, report)


def is_filled_in(root: object) -> bool:
    """Whether a document is one that was written to be filled in: its $schema is the mark.

    Elsewhere a class may be called "Class 1" because that is what it is called.
    """
    return isinstance(root, dict) and root.get("$schema") == SCHEMA_ID


def _check_name(entry: Entry, report: Report) -> None:
    name = entry.name
    if name != name.strip():
        report.add(
            "class-name-blanks",
            f"The name {quoted(name)} of class {entry.index + 1} starts or ends with a blank; "
            "it is kept as it is.",
            (entry.index, report.name_of(entry.index, _NAME)),
            "Remove the blank, unless it is meant.",
        )
    if any(ord(letter) < 0x20 or letter == "\x7f" for letter in name.strip()):
        report.add(
            "class-name-control-character",
            f"The name {quoted(name)} of class {entry.index + 1} holds a control character, "
            "such as a tab, a line end or NUL.",
            (entry.index, report.name_of(entry.index, _NAME)),
            "Write the name on one line, with plain blanks.",
        )


def _duplicate_values(entries: Sequence[Entry], report: Report) -> None:
    first: Dict[int, Entry] = {}
    for entry in entries:
        if entry.value is None:
            continue
        other = first.setdefault(entry.value, entry)
        if other is not entry:
            report.add(
                "class-value-duplicate",
                f"The value {entry.value} is given to class {other.index + 1} "
                f"({quoted(other.name)}) and again to class {entry.index + 1} "
                f"({quoted(entry.name)}).",
                (entry.index, report.name_of(entry.index, _VALUE)),
                "Give each class a value of its own.",
            )


def _duplicate_names(entries: Sequence[Entry], report: Report) -> None:
    first: Dict[str, Entry] = {}
    for entry in entries:
        plain = entry.name.strip().casefold()
        if not plain:
            continue
        other = first.setdefault(plain, entry)
        if other is not entry:
            alike = "" if other.name == entry.name else f" (there as {quoted(other.name)})"
            report.add(
                "class-name-duplicate",
                f"The name {quoted(entry.name)} of class {entry.index + 1} is also that of "
                f"class {other.index + 1}{alike}.",
                (entry.index, report.name_of(entry.index, _NAME)),
                "Give each class a name of its own, or nobody can tell them apart on the map.",
            )


def _numbered_names(entries: Sequence[Entry], report: Report) -> None:
    numbered = [entry for entry in entries if entry.name == f"Class {entry.value}"]
    if not numbered:
        return
    names = listed(entry.name for entry in numbered)
    are = f"The name {names} is" if len(numbered) == 1 else f"The names {names} are"
    report.add(
        "class-name-numbered",
        f"{are} only {'a number' if len(numbered) == 1 else 'numbers'}, as a new document has it "
        "where nobody told the names.",
        (numbered[0].index, report.name_of(numbered[0].index, _NAME)),
        "Write what the map's readers should see.",
    )


def _large_values(entries: Sequence[Entry], report: Report) -> None:
    large = [entry for entry in entries if entry.value is not None and entry.value > 255]
    negative = [entry for entry in entries if entry.value is not None and entry.value < 0]
    if large:
        report.add(
            "class-value-above-8-bit",
            f"{_values(large)} above 255: the classified raster has to be 16- or 32-bit, and "
            "then gets no color map.",
            (large[0].index, report.name_of(large[0].index, _VALUE)),
            "Use values from 0 to 255 where you can.",
        )
    if negative:
        report.add(
            "class-value-negative",
            f"{_values(negative)} negative: the classified raster has to be of a signed type, "
            "and then gets no color map.",
            (negative[0].index, report.name_of(negative[0].index, _VALUE)),
            "Use values from 0 to 255 where you can.",
        )


def _open_colors(entries: Sequence[Entry], report: Report) -> None:
    without = [entry for entry in entries if entry.without_color]
    if not without:
        return
    names = listed(entry.name or f"class {entry.index + 1}" for entry in without)
    which = "has" if len(without) == 1 else "have"
    report.add(
        "class-color-from-palette",
        f"{counted(len(without), 'class', 'classes')} {which} no color of "
        f"{'its' if len(without) == 1 else 'their'} own and "
        f"{'gets' if len(without) == 1 else 'get'} one from a color-blind-safe palette: "
        f"{names}.",
        (without[0].index, _COLOR.name),
        'Give each class its color, for example "Color": [56, 168, 0].',
    )


def _values(entries: Sequence[Entry]) -> str:
    numbers = [str(entry.value) for entry in entries[:8]]
    more = len(entries) - len(numbers)
    text = ", ".join(numbers) + (f" and {more} more" if more else "")
    return f"The class value{'' if len(entries) == 1 else 's'} {text} " + (
        "is" if len(entries) == 1 else "are"
    )
