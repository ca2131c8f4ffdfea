"""Values and keys of class information that have one certain mending: in what words, and where."""

from __future__ import annotations

import json
from typing import Any, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple

from ..color import from_channels
from ..color_text import channels_of
from ..json_text import JsonText, Step
from ..json_text.mends import Mend
from .keys import (
    CHANNELS,
    CLASS_KEYS,
    CLASS_NAMES,
    PUBLISHED_READERS,
    ROOT_KEYS,
    Key,
    Kind,
)
from .values import bare, quoted_number, whole_number

_BY_NAME: Dict[str, Key] = {
    name: key for key in (*CLASS_KEYS, *CHANNELS) for name in (key.name, *key.aliases)
}


def value_mends(text: JsonText) -> List[Mend]:
    """What mends the document's keys and values.

    Only what the document itself settles: a number in quotes is that number, a color in six digits
    is that color, a key in other capitals is that key. What is missing, out of range or
    contradictory stays for its author.
    """
    root = text.value
    if not isinstance(root, dict) or "EsriClassifierDefinitionFile" in root:
        return []
    mends = list(_object(text, (), root, ROOT_KEYS, tuple(ROOT_KEYS)))
    for name, classes in root.items():
        if bare(name) != "classes" or not isinstance(classes, list):
            continue
        for place, item in enumerate(classes):
            if isinstance(item, dict):
                mends += _object(text, (name, place), item, _BY_NAME, CLASS_NAMES)
    return mends


def _object(
    text: JsonText,
    steps: Tuple[Step, ...],
    item: Mapping[str, Any],
    keys: Mapping[str, Key],
    names: Sequence[str],
) -> Iterator[Mend]:
    for name, value in item.items():
        key = keys.get(name)
        if key is None:
            meant = _same_but_for_capitals(name, item, names)
            if meant is None:
                continue
            key = keys[meant]
            yield from _in_place(text, (*steps, name), meant, of_key=True)
        right = mended_value(key, value)
        if right is not None:
            yield from _in_place(text, (*steps, name), right)


def _in_place(
    text: JsonText, steps: Tuple[Step, ...], right: object, *, of_key: bool = False
) -> Iterator[Mend]:
    span = text.places.span(steps, of_key=of_key)
    if span is not None:
        yield Mend(*span, json.dumps(right, ensure_ascii=False))


def _same_but_for_capitals(
    name: str, item: Mapping[str, Any], names: Sequence[str]
) -> Optional[str]:
    """The known key that an unknown one is but for capitals, blanks, hyphens and underscores."""
    meant = [known for known in names if bare(known) == bare(name)]
    rivals = [other for other in item if bare(other) == bare(name)]
    return meant[0] if len(meant) == 1 and len(rivals) == 1 else None


def mended_value(key: Key, value: object) -> Any:
    """The value that a wrong one certainly is; None where it is right, or not certain.

    Examples
    --------
    >>> mended_value(ROOT_KEYS["NumberRasterBands"], "4")
    4
    """
    if key.kind is Kind.INTEGER:
        return _integer(key, value)
    if key.kind is Kind.COLOR:
        return _color(value)
    if key.kind in (Kind.TEXT, Kind.CONFIGURATION):
        return _text(key, value)
    return _range(value) if key.kind is Kind.RANGE else None


def _integer(key: Key, value: object) -> Optional[int]:
    number = quoted_number(value)
    if number is None or number != (number if key.constant is None else key.constant):
        return None
    lowest = number if key.minimum is None else key.minimum
    highest = number if key.maximum is None else key.maximum
    return number if lowest <= number <= highest else None


def _text(key: Key, value: object) -> Optional[str]:
    choices = PUBLISHED_READERS if key.kind is Kind.CONFIGURATION else key.choices
    if isinstance(value, str):
        meant = [choice for choice in choices if bare(choice) == bare(value)]
        return meant[0] if len(meant) == 1 and meant[0] != value else None
    if key.kind is Kind.TEXT and not choices and isinstance(value, int):
        return None if isinstance(value, bool) else str(value)
    return None


def _color(value: object) -> Optional[List[int]]:
    if isinstance(value, str):
        return channels_of(value)
    if not isinstance(value, list):
        return None
    quoted = [quoted_number(part) for part in value]
    if len(value) == 3 and None not in quoted:
        return _channels(quoted)
    if not all(type(part) in (int, float) for part in value):
        return None
    if len(value) == 4 and all(whole_number(part) is not None for part in value):
        return _channels(value) if 0 <= value[3] <= 255 else None
    if len(value) == 3 and not all(float(part).is_integer() for part in value):
        color = from_channels(value, fractions=True)
        return None if color is None else list(color)
    return None


def _channels(numbers: Sequence[Any]) -> Optional[List[int]]:
    whole = [int(number) for number in numbers[:3]]
    return whole if all(0 <= number <= 255 for number in whole) else None


def _range(value: object) -> Optional[List[float]]:
    """Two numbers in quotes."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    numbers = [_number(part) for part in value]
    if None in numbers or not any(isinstance(part, str) for part in value):
        return None
    return [number for number in numbers if number is not None]


def _number(part: object) -> Optional[float]:
    """A number, or the one that a text is in JSON."""
    if isinstance(part, str):
        try:
            part = json.loads(part)
        except (ValueError, RecursionError):
            return None
    return part if isinstance(part, (int, float)) and not isinstance(part, bool) else None
