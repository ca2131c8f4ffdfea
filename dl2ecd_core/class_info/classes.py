"""The list of classes: each by itself, then all of them together."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

from ..color import Color
from ..findings import Finding
from ..findings.rules import finding
from ..findings.wording import counted, listed, printable, quoted
from ..json_text import UNREADABLE, JsonText, Step
from ..palette import colors_for
from .class_comparison import compare
from .description import LandClass
from .keys import CHANNELS, CLASS_KEYS, CLASS_NAMES, HIGHEST_VALUE, LOWEST_VALUE, Key
from .report import Entry, Report
from .schema import validators
from .values import (
    Complaint,
    complaint,
    is_placeholder,
    lookalike,
    out_of_range,
    shown,
    whole_number,
)

_VALUE, _NAME, _COLOR = CLASS_KEYS
_CHANNEL_NAMES = tuple(key.name for key in CHANNELS)
_BY_NAME: Dict[str, Key] = {
    name: key for key in (*CLASS_KEYS, *CHANNELS) for name in (key.name, *key.aliases)
}
_KNOWN = frozenset(CLASS_NAMES)
_NO_COLOR = (-1, -1, -1)

#: So many classes with something wrong are looked at closely.
MOST_ODD = 1000
#: So many different unknown keys are compared with the known ones.
MOST_UNKNOWN = 200


def examine_classes(
    classes: object, text: JsonText, steps: Tuple[Step, ...]
) -> Tuple[Tuple[LandClass, ...], List[Finding], bool]:
    """The classes, what is wrong with them, and whether the list as such can be relied on.

    Parameters
    ----------
    classes
        The value of the key Classes.
    text
        The document.
    steps
        Where the list lies in it.
    """
    if not isinstance(classes, list) or not classes:
        return (), [], False
    report = Report(text, steps)
    examination = _Examination(report)
    looked_at = [examination.entry(index, item) for index, item in enumerate(classes)]
    entries = [entry for entry in looked_at if entry is not None]
    examination.say_misspelt()
    compare(entries, report)
    found = report.findings() + examination.not_looked_at()
    valued = [entry for entry in entries if entry.value is not None]
    if not text.is_complete(classes) or len(valued) < len(classes):
        return (), found, False
    return _with_colors(entries), found, True


def _with_colors(entries: Sequence[Entry]) -> Tuple[LandClass, ...]:
    missing = [entry.index for entry in entries if entry.color is None]
    taken = {entry.color for entry in entries if entry.color is not None}
    colors = dict(zip(missing, colors_for(missing, taken)))
    return tuple(
        LandClass(entry.value, entry.name, entry.color or colors[entry.index], bool(entry.color))
        for entry in entries
        if entry.value is not None
    )


class _Examination:
    """One run over a list of classes."""

    def __init__(self, report: Report) -> None:
        self.report = report
        _, self.validator = validators()
        self.misspelt: Dict[Tuple[str, str], List[int]] = {}
        self.lookalikes: Dict[Tuple[str, Tuple[str, ...]], Optional[str]] = {}
        self.odd = 0

    def say_misspelt(self) -> None:
        """Report unknown keys, each once for all classes that have it."""
        for (name, meant), indices in self.misspelt.items():
            self._say_misspelt(name, meant, indices)

    def not_looked_at(self) -> List[Finding]:
        """What is said of the classes beyond :data:`MOST_ODD`."""
        if self.odd <= MOST_ODD:
            return []
        rest = counted(self.odd - MOST_ODD, "more class", "more classes")
        return [
            finding(
                "json-too-many-problems",
                f"Something is wrong with {rest}, which are not looked at closely.",
                hint="Solve the problems that are listed first, then check again.",
                where=self.report.text.places.at(self.report.steps),
            )
        ]

    # -- one class ------------------------------------------------------------------------------

    def entry(self, index: int, item: object) -> Optional[Entry]:
        """What one class says; None where it is no class, or one beyond :data:`MOST_ODD`."""
        if item is UNREADABLE:
            return None
        if not isinstance(item, dict):
            self.report.add(
                "class-info-wrong-type",
                f"Class {index + 1} should be an object in braces {{ }}, not {shown(item)}.",
                (index,),
                'Example: {"Value": 0, "Name": "Impervious", "Color": [204, 204, 204]}',
            )
            return None
        known, color_misspelt = item, False
        if not _KNOWN.issuperset(item):
            known, color_misspelt = self._known_keys(index, item)
        plain = plain_entry(index, known)
        if plain is not None:
            return replace(plain, without_color=False) if color_misspelt else plain
        self.odd += 1
        if self.odd > MOST_ODD:
            return None
        wrong = self._wrong_names(index, known, complete=self.report.text.is_complete(item))
        value = self._one_of(index, known, _VALUE, wrong)
        name = self._one_of(index, known, _NAME, wrong)
        color, left_open = self._color(index, known, wrong)
        without_color = left_open and not color_misspelt
        name = name if isinstance(name, str) else ""
        return Entry(index, whole_number(value), name, color, without_color)

    def _known_keys(self, index: int, item: Dict[str, object]) -> Tuple[Dict[str, object], bool]:
        """What a class says under known keys, or under one that a required key is misspelt as.

        And whether the key of its color is misspelt.
        """
        color_misspelt = False
        known = {name: value for name, value in item.items() if name in _KNOWN}
        given = {_BY_NAME[name].name for name in known}
        if given & set(_CHANNEL_NAMES):
            given.add(_COLOR.name)
        still_open = tuple(name for name in CLASS_NAMES if _BY_NAME[name].name not in given)
        for name in item:
            meant = None if name in _KNOWN else self._lookalike(name, still_open)
            if meant is None:
                continue
            self.misspelt.setdefault((name, meant), []).append(index)
            key = _BY_NAME[meant]
            color_misspelt = color_misspelt or key is _COLOR
            if key.required:
                known.setdefault(meant, item[name])
        return known, color_misspelt

    def _lookalike(self, name: str, known: Tuple[str, ...]) -> Optional[str]:
        """The key that an unknown one is probably meant to be; after so many, no more is asked."""
        if (name, known) not in self.lookalikes:
            if len(self.lookalikes) >= MOST_UNKNOWN:
                return None
            self.lookalikes[name, known] = lookalike(name, known)
        return self.lookalikes[name, known]

    def _say_misspelt(self, name: str, meant: str, indices: List[int]) -> None:
        where = f"class {indices[0] + 1}"
        if len(indices) > 1:
            where += f" and {len(indices) - 1} more"
        key = _BY_NAME[meant]
        message = f"The key {quoted(name)} of {where} is not known"
        rule = "class-info-misspelt-key"
        if key.required:
            rule = "class-info-key-missing"
            message += f", and '{key.name}' is missing."
        elif key is _COLOR:
            message += ", so a color is taken from the palette."
        else:
            message += ", and is not used."
        self.report.add(rule, message, (indices[0], name), f"Did you mean '{meant}'?", of_key=True)

    def _wrong_names(self, index: int, item: Dict[str, object], *, complete: bool) -> Set[str]:
        """The keys whose values are wrong, each said; missing ones too."""
        document: Any = item  # a validator's idea of JSON is narrower than "object"
        paths = [error.absolute_path for error in self.validator.iter_errors(document)]
        wrong = {str(path[0]) for path in paths if path}
        wrong.update(name for name, value in item.items() if is_placeholder(value))
        for key in (_VALUE, _NAME):
            if complete and not any(name in item for name in (key.name, *key.aliases)):
                self._missing(index, item, key)
        for name in item:
            if name in wrong:
                self._wrong(index, item, name)
        return wrong

    def _missing(self, index: int, item: Dict[str, object], key: Key) -> None:
        self.report.add(
            "class-info-key-missing",
            f"{_called(index, item)} has no {key.name}.",
            (index,),
            f'Add it, for example "{key.name}": {_example(key)}.',
        )

    def _wrong(self, index: int, item: Dict[str, object], name: str) -> None:
        value = item[name]
        if value is UNREADABLE:
            return
        key, inner = _BY_NAME[name], (index, name)
        color = _three(value) if key is _COLOR else None
        if color is not None:
            for position, channel in enumerate(color):
                if not 0 <= channel <= 255:
                    part = f"{_CHANNEL_NAMES[position]} of {name}"
                    self._say(index, item, part, out_of_range(channel), (*inner, position))
        elif key in CHANNELS and whole_number(value) is not None:
            self._say(index, item, name, out_of_range(value), inner)
        else:
            self._say(index, item, name, complaint(key, value), inner)

    def _say(
        self,
        index: int,
        item: Dict[str, object],
        part: str,
        about: Complaint,
        steps: Tuple[Step, ...],
    ) -> None:
        message = f"{_called(index, item)}: {part} {about.says}"
        self.report.add(about.rule, message, steps, about.hint)

    def _one_of(self, index: int, item: Dict[str, object], key: Key, wrong: Set[str]) -> object:
        """The value of a key under any of its names."""
        names = [name for name in (key.name, *key.aliases) if name in item and name not in wrong]
        if len(names) == 2 and item[names[0]] != item[names[1]]:
            self._contradiction(index, item, names[0], names[1])
        return item[names[0]] if names else None

    def _contradiction(self, index: int, item: Dict[str, object], first: str, second: str) -> None:
        self.report.add(
            "class-info-contradiction",
            f"{_called(index, item)}: {first} is {shown(item[first])}, but {second} is "
            f"{shown(item[second])}.",
            (index, second),
            "They are the same thing: leave one of them out.",
        )

    # -- colors --------------------------------------------------------------------------------

    def _color(
        self, index: int, item: Dict[str, object], wrong: Set[str]
    ) -> Tuple[Optional[Color], bool]:
        """The color, and whether its author left it open."""
        if any(name in wrong for name in (_COLOR.name, *_CHANNEL_NAMES)):
            return None, False
        listed_color = _three(item.get(_COLOR.name))
        given = [name for name in _CHANNEL_NAMES if name in item]
        if not given:
            return _open_or(listed_color)
        if len(given) < 3:
            lacking = [name for name in _CHANNEL_NAMES if name not in item]
            self.report.add(
                "class-info-key-missing",
                f"{_called(index, item)} has {listed(given)}, but not {listed(lacking)}.",
                (index,),
                "Give all three of Red, Green and Blue, or Color.",
            )
            return None, False
        by_channel = _three([item[name] for name in _CHANNEL_NAMES])
        if by_channel is not None and by_channel != _NO_COLOR and min(by_channel) < 0:
            position = by_channel.index(min(by_channel))
            name = _CHANNEL_NAMES[position]
            self._say(index, item, name, out_of_range(by_channel[position]), (index, name))
            return None, False
        if listed_color in (None, _NO_COLOR):
            return _open_or(by_channel)
        if by_channel not in (listed_color, _NO_COLOR):
            self.report.add(
                "class-info-contradiction",
                f"{_called(index, item)}: Color is {shown(item[_COLOR.name])}, but Red, Green and "
                f"Blue are {list(by_channel or ())}.",
                (index, _COLOR.name),
                "Leave out either Color or Red, Green and Blue.",
            )
        return listed_color, False


def plain_entry(index: int, item: Dict[str, object]) -> Optional[Entry]:
    """The entry of a class of known keys that is plainly right, as nearly all are.

    The schema agrees with it.
    """
    value = item.get("Value", item.get("ClassValue"))
    if type(value) is not int or not LOWEST_VALUE <= value <= HIGHEST_VALUE:
        return None
    name = item.get("Name", item.get("ClassName"))
    if type(name) is not str or not name.strip() or is_placeholder(name):
        return None
    if len(item) == 2:
        return Entry(index, value, name, None, without_color=True)
    color = item.get("Color")
    if color is None and len(item) == 5:
        color = [item.get(channel) for channel in _CHANNEL_NAMES]
    elif len(item) != 3:
        return None
    if type(color) is not list or len(color) != 3:
        return None
    red, green, blue = color
    if not type(red) is type(green) is type(blue) is int:
        return None
    if red == green == blue == -1:
        return Entry(index, value, name, None, without_color=True)
    if not (0 <= red <= 255 and 0 <= green <= 255 and 0 <= blue <= 255):
        return None
    return Entry(index, value, name, (red, green, blue), without_color=False)


def _three(channels: object) -> Optional[Color]:
    given = channels if isinstance(channels, list) else []
    whole = [number for number in map(whole_number, given) if number is not None]
    return (whole[0], whole[1], whole[2]) if len(whole) == len(given) == 3 else None


def _open_or(color: Optional[Color]) -> Tuple[Optional[Color], bool]:
    return (None, True) if color in (None, _NO_COLOR) else (color, False)


def _called(index: int, item: Dict[str, object]) -> str:
    """A class as a person finds it: its number, counted from 1, and its name."""
    name = item.get(_NAME.name, item.get(_NAME.aliases[0]))
    return f"Class {index + 1} ({quoted(name)})" if isinstance(name, str) else f"Class {index + 1}"


def _example(key: Key) -> str:
    return f'"{printable(str(key.example))}"' if isinstance(key.example, str) else str(key.example)
