"""The list of classes: each by itself, then all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, List, Optional, Sequence, Tuple

from ..findings import Finding, Place
from ..json_text import UNREADABLE, JsonText, Step
from ..palette import colors_for
from ..rules import finding
from ..wording import counted, listed, printable, quoted
from .description import Color, LandClass
from .keys import CHANNELS, CLASS_KEYS, CLASS_NAMES, HIGHEST_VALUE, LOWEST_VALUE, Key
from .schema import validators
from .values import complaint, is_placeholder, lookalike, out_of_range, shown, whole_number

#: Of one rule so many findings are shown one by one, the rest counted.
MOST_OF_A_RULE = 20

_VALUE, _NAME, _COLOR = CLASS_KEYS
_CHANNEL_NAMES = tuple(key.name for key in CHANNELS)
_BY_NAME: Dict[str, Key] = {
    name: key for key in (*CLASS_KEYS, *CHANNELS) for name in (key.name, *key.aliases)
}
_KNOWN = frozenset(CLASS_NAMES)
_NO_COLOR = (-1, -1, -1)


@dataclass(frozen=True)
class _Entry:
    """What one class says; None for what it doesn't say, or says wrongly."""

    index: int
    value: Optional[int]
    name: str
    color: Optional[Color]
    # No colour by the author's leave: missing or -1, not wrong.
    without_color: bool


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
    examination = _Examination(text, steps)
    entries = [examination.entry(index, item) for index, item in enumerate(classes)]
    examination.compare(entries)
    found = examination.findings()
    if not text.is_complete(classes) or any(entry.value is None for entry in entries):
        return (), found, False
    return _with_colors(entries), found, True


def _with_colors(entries: Sequence[_Entry]) -> Tuple[LandClass, ...]:
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

    def __init__(self, text: JsonText, steps: Tuple[Step, ...]) -> None:
        self.text = text
        self.steps = steps
        _, self.validator = validators()
        self.found: List[Finding] = []
        self.counts: Dict[str, int] = {}
        self.first_unlisted: Dict[str, Place] = {}
        self.misspelt: Dict[Tuple[str, str], List[int]] = {}

    def findings(self) -> List[Finding]:
        """Everything found; what was only counted is said last."""
        for (name, meant), indices in self.misspelt.items():
            self._say_misspelt(name, meant, indices)
        rest = [
            finding(
                rule,
                f"The same is wrong here and in {counted(more - 1, 'other place')}.",
                hint="Solve those above first, then check again.",
                where=self.first_unlisted[rule],
            )
            for rule, more in (
                (rule, count - MOST_OF_A_RULE) for rule, count in self.counts.items()
            )
            if more > 0
        ]
        return self.found + rest

    def _at(self, inner: Tuple[Step, ...], *, of_key: bool = False) -> Place:
        return self.text.places.at((*self.steps, *inner), of_key=of_key)

    def _add(
        self, rule: str, message: str, inner: Tuple[Step, ...], hint: str, *, of_key: bool = False
    ) -> None:
        self.counts[rule] = self.counts.get(rule, 0) + 1
        if self.counts[rule] <= MOST_OF_A_RULE:
            where = self._at(inner, of_key=of_key)
            self.found.append(finding(rule, message, hint=hint, where=where))
        elif self.counts[rule] == MOST_OF_A_RULE + 1:
            self.first_unlisted[rule] = self._at(inner, of_key=of_key)

    # -- one class ------------------------------------------------------------------------------

    def entry(self, index: int, item: object) -> _Entry:
        """Look at one class."""
        if item is UNREADABLE:
            return _Entry(index, None, "", None, False)
        if not isinstance(item, dict):
            self._add(
                "class-info-wrong-type",
                f"Class {index + 1} should be an object in braces {{ }}, not {shown(item)}.",
                (index,),
                'Example: {"Value": 100, "Name": "Impervious", "Color": [204, 204, 204]}',
            )
            return _Entry(index, None, "", None, False)
        plain = _plain_entry(index, item)
        if plain is not None:
            self._check_name(plain)
            return plain
        self._find_misspelt(index, item)
        wrong = self._wrong_names(index, item)
        value = self._one_of(index, item, _VALUE, wrong)
        name = self._one_of(index, item, _NAME, wrong)
        color, without = self._color(index, item, wrong)
        entry = _Entry(
            index, whole_number(value), name if isinstance(name, str) else "", color, without
        )
        if entry.name:
            self._check_name(entry)
        return entry

    def _find_misspelt(self, index: int, item: Dict[str, object]) -> None:
        given = {_BY_NAME[name].name for name in item if name in _BY_NAME}
        if given & set(_CHANNEL_NAMES):
            given.add(_COLOR.name)
        still_open = tuple(name for name in CLASS_NAMES if _BY_NAME[name].name not in given)
        for name in item:
            if name in _KNOWN:
                continue
            meant = lookalike(name, still_open)
            if meant is not None:
                self.misspelt.setdefault((name, meant), []).append(index)

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
            message += ", so a colour is taken from the palette."
        else:
            message += ", and is not used."
        self._add(rule, message, (indices[0], name), f"Did you mean '{meant}'?", of_key=True)

    def _wrong_names(self, index: int, item: Dict[str, object]) -> Dict[str, None]:
        """The keys whose values are wrong, each said; missing ones too."""
        wrong: Dict[str, None] = {}
        document: Any = item  # a validator's idea of JSON is narrower than "object"
        for error in self.validator.iter_errors(document):
            path = list(error.absolute_path)
            if path:
                wrong[str(path[0])] = None
        for name, value in item.items():
            if name in _BY_NAME and is_placeholder(value):
                wrong[name] = None
        for key in (_VALUE, _NAME):
            if not any(name in item for name in (key.name, *key.aliases)):
                self._missing(index, item, key)
        for name in wrong:
            self._wrong(index, item, name)
        return wrong

    def _missing(self, index: int, item: Dict[str, object], key: Key) -> None:
        misspelt = any(
            _BY_NAME[meant] is key and indices[-1] == index
            for (_, meant), indices in self.misspelt.items()
        )
        if misspelt or not self.text.is_complete(item):
            return
        self._add(
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
        if key in CHANNELS and whole_number(value) is not None:
            about = out_of_range(value)
        else:
            about = complaint(key, value)
        if about.rule == "class-color-out-of-range" and isinstance(value, list):
            for position, channel in enumerate(value):
                number = whole_number(channel)
                if number is not None and not 0 <= number <= 255:
                    about = out_of_range(channel)
                    self._add(
                        about.rule,
                        f"{_called(index, item)}: {_CHANNEL_NAMES[position]} of {name} "
                        f"{about.says}",
                        (*inner, position),
                        about.hint,
                    )
            return
        self._add(about.rule, f"{_called(index, item)}: {name} {about.says}", inner, about.hint)

    def _one_of(
        self, index: int, item: Dict[str, object], key: Key, wrong: Dict[str, None]
    ) -> object:
        """The value of a key under any of its names."""
        names = [name for name in (key.name, *key.aliases) if name in item and name not in wrong]
        if len(names) == 2 and item[names[0]] != item[names[1]]:
            self._contradiction(index, item, names[0], names[1])
        return item[names[0]] if names else None

    def _contradiction(self, index: int, item: Dict[str, object], first: str, second: str) -> None:
        self._add(
            "class-info-contradiction",
            f"{_called(index, item)}: {first} is {shown(item[first])}, but {second} is "
            f"{shown(item[second])}.",
            (index, second),
            "They are the same thing: leave one of them out.",
        )

    # -- colours --------------------------------------------------------------------------------

    def _color(
        self, index: int, item: Dict[str, object], wrong: Dict[str, None]
    ) -> Tuple[Optional[Color], bool]:
        """The colour, and whether its author left it open."""
        if any(name in wrong for name in (_COLOR.name, *_CHANNEL_NAMES)):
            return None, False
        listed_color = _three(item.get(_COLOR.name))
        given = [name for name in _CHANNEL_NAMES if name in item]
        if not given:
            return _open_or(listed_color, not self._is_misspelt(index))
        if len(given) < 3:
            lacking = [name for name in _CHANNEL_NAMES if name not in item]
            self._add(
                "class-info-key-missing",
                f"{_called(index, item)} has {listed(given)}, but not {listed(lacking)}.",
                (index,),
                "Give all three of Red, Green and Blue, or Color.",
            )
            return None, False
        by_channel = _three([item[name] for name in _CHANNEL_NAMES])
        if by_channel is not None and by_channel != _NO_COLOR and min(by_channel) < 0:
            position = by_channel.index(min(by_channel))
            about = out_of_range(by_channel[position])
            name = _CHANNEL_NAMES[position]
            self._add(
                about.rule,
                f"{_called(index, item)}: {name} {about.says}",
                (index, name),
                about.hint,
            )
            return None, False
        if listed_color in (None, _NO_COLOR):
            return _open_or(by_channel, True)
        if by_channel not in (listed_color, _NO_COLOR):
            self._add(
                "class-info-contradiction",
                f"{_called(index, item)}: Color is {shown(item[_COLOR.name])}, but Red, Green and "
                f"Blue are {list(by_channel or ())}.",
                (index, _COLOR.name),
                "Leave out either Color or Red, Green and Blue.",
            )
        return listed_color, False

    def _is_misspelt(self, index: int) -> bool:
        return any(
            _BY_NAME[meant] is _COLOR and indices[-1] == index
            for (_, meant), indices in self.misspelt.items()
        )

    # -- names, and all together ----------------------------------------------------------------

    def _check_name(self, entry: _Entry) -> None:
        name = entry.name
        if name != name.strip():
            self._add(
                "class-name-blanks",
                f"The name {quoted(name)} of class {entry.index + 1} starts or ends with a blank; "
                "it is kept as it is.",
                (entry.index, self._name_key(entry.index)),
                "Remove the blank, unless it is meant.",
            )
        if any(ord(letter) < 0x20 or letter == "\x7f" for letter in name.strip()):
            self._add(
                "class-name-control-character",
                f"The name {quoted(name)} of class {entry.index + 1} holds a control character, "
                "such as a tab, a line end or NUL.",
                (entry.index, self._name_key(entry.index)),
                "Write the name on one line, with plain blanks.",
            )

    def _name_key(self, index: int) -> str:
        place = self.text.places.has((*self.steps, index, _NAME.name))
        return _NAME.name if place else _NAME.aliases[0]

    def compare(self, entries: Sequence[_Entry]) -> None:
        """What only shows when the classes are seen together."""
        self._duplicate_values(entries)
        self._duplicate_names(entries)
        self._large_values(entries)
        self._open_colors(entries)

    def _duplicate_values(self, entries: Sequence[_Entry]) -> None:
        first: Dict[int, _Entry] = {}
        for entry in entries:
            if entry.value is None:
                continue
            other = first.setdefault(entry.value, entry)
            if other is not entry:
                self._add(
                    "class-value-duplicate",
                    f"The value {entry.value} is given to class {other.index + 1} "
                    f"({quoted(other.name)}) and again to class {entry.index + 1} "
                    f"({quoted(entry.name)}).",
                    (entry.index, self._value_key(entry.index)),
                    "Give each class a value of its own.",
                )

    def _value_key(self, index: int) -> str:
        place = self.text.places.has((*self.steps, index, _VALUE.name))
        return _VALUE.name if place else _VALUE.aliases[0]

    def _duplicate_names(self, entries: Sequence[_Entry]) -> None:
        first: Dict[str, _Entry] = {}
        for entry in entries:
            plain = entry.name.strip().casefold()
            if not plain:
                continue
            other = first.setdefault(plain, entry)
            if other is not entry:
                alike = "" if other.name == entry.name else f" (there as {quoted(other.name)})"
                self._add(
                    "class-name-duplicate",
                    f"The name {quoted(entry.name)} of class {entry.index + 1} is also that of "
                    f"class {other.index + 1}{alike}.",
                    (entry.index, self._name_key(entry.index)),
                    "Give each class a name of its own, or nobody can tell them apart on the map.",
                )

    def _large_values(self, entries: Sequence[_Entry]) -> None:
        large = [entry for entry in entries if entry.value is not None and entry.value > 255]
        negative = [entry for entry in entries if entry.value is not None and entry.value < 0]
        if large:
            self._add(
                "class-value-above-8-bit",
                f"{_values(large)} above 255: the classified raster has to be 16- or 32-bit, and "
                "then gets no colour map.",
                (large[0].index, self._value_key(large[0].index)),
                "Use values from 0 to 255 where you can.",
            )
        if negative:
            self._add(
                "class-value-negative",
                f"{_values(negative)} negative: the classified raster has to be of a signed type, "
                "and then gets no colour map.",
                (negative[0].index, self._value_key(negative[0].index)),
                "Use values from 0 to 255 where you can.",
            )

    def _open_colors(self, entries: Sequence[_Entry]) -> None:
        without = [entry for entry in entries if entry.without_color]
        if not without:
            return
        names = listed(entry.name for entry in without)
        which = "has" if len(without) == 1 else "have"
        self._add(
            "class-color-from-palette",
            f"{counted(len(without), 'class', 'classes')} {which} no colour of "
            f"{'its' if len(without) == 1 else 'their'} own and "
            f"{'gets' if len(without) == 1 else 'get'} one from a palette for colour-blind eyes: "
            f"{names}.",
            (without[0].index,),
            'Give each class its colour, for example "Color": [56, 168, 0].',
        )


def _plain_entry(index: int, item: Dict[str, object]) -> Optional[_Entry]:
    """The entry of a class that is plainly right, as nearly all are; the schema agrees."""
    if not _KNOWN.issuperset(item):
        return None
    value = item.get("Value", item.get("ClassValue"))
    if type(value) is not int or not LOWEST_VALUE <= value <= HIGHEST_VALUE:
        return None
    name = item.get("Name", item.get("ClassName"))
    if type(name) is not str or not name.strip() or is_placeholder(name):
        return None
    if len(item) == 2:
        return _Entry(index, value, name, None, without_color=True)
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
        return _Entry(index, value, name, None, without_color=True)
    if not (0 <= red <= 255 and 0 <= green <= 255 and 0 <= blue <= 255):
        return None
    return _Entry(index, value, name, (red, green, blue), without_color=False)


def _three(channels: object) -> Optional[Color]:
    if not isinstance(channels, list) or len(channels) != 3:
        return None
    red, green, blue = (whole_number(channel) for channel in channels)
    if red is None or green is None or blue is None:
        return None
    return red, green, blue


def _open_or(color: Optional[Color], said: bool) -> Tuple[Optional[Color], bool]:
    return (None, said) if color in (None, _NO_COLOR) else (color, False)


def _called(index: int, item: Dict[str, object]) -> str:
    """A class as a person finds it: its number, counted from 1, and its name."""
    name = item.get(_NAME.name, item.get(_NAME.aliases[0]))
    return f"Class {index + 1} ({quoted(name)})" if isinstance(name, str) else f"Class {index + 1}"


def _values(entries: Sequence[_Entry]) -> str:
    numbers = [str(entry.value) for entry in entries[:8]]
    more = len(entries) - len(numbers)
    text = ", ".join(numbers) + (f" and {more} more" if more else "")
    return f"The class value{'' if len(entries) == 1 else 's'} {text} " + (
        "is" if len(entries) == 1 else "are"
    )


def _example(key: Key) -> str:
    return f'"{printable(str(key.example))}"' if isinstance(key.example, str) else str(key.example)
