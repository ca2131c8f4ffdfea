"""Names of classes in texts that models carry: JSON, or what Python prints for a dictionary."""

from __future__ import annotations

import json
import re
from typing import Any, Dict, List, Optional, Tuple

from ..wire.json_data import whole_number

#: Longer texts are no list of class names.
LONGEST_TEXT = 1 << 20
_MOST_NAMES = 100_000

_NAME_KEYS = ("Name", "name", "ClassName", "class_name", "label", "title")
_VALUE_KEYS = ("Value", "value", "ClassValue", "id", "index")
_LIST_KEYS = ("Classes", "classes", "classification:classes", "class_names", "names", "labels")

# One entry of a dictionary as Python prints it: 0: 'water'. Quotes inside are escaped.
_PYTHON_ENTRY = re.compile(
    r"\s*(\d{1,9})\s*:\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*(,|$)", re.DOTALL
)
_PYTHON_ITEM = re.compile(r"\s*(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")\s*(,|$)", re.DOTALL)
_PYTHON_ESCAPE = re.compile(r"\\(['\"\\])")


def names_in(text: str) -> Optional[Tuple[str, ...]]:
    """Class names in the order of their indices, from JSON or from Python's way to print.

    Understood are a list of names, an object from index to name (indices 0, 1, 2 ...), and a list
    of objects with a name and perhaps an index.

    Returns
    -------
    tuple of str or None
        None when the text is something else, or has gaps in its indices.

    Examples
    --------
    >>> names_in('{"0": "water", "1": "forest"}'), names_in("{0: 'water', 1: 'forest'}")
    (('water', 'forest'), ('water', 'forest'))
    """
    if len(text) > LONGEST_TEXT:
        return None
    text = text.strip()
    try:
        return names_of(json.loads(text, parse_int=whole_number))
    except (ValueError, RecursionError):
        return _python_names(text)


def names_of(value: Any, depth: int = 0) -> Optional[Tuple[str, ...]]:
    """Class names in a value that came from JSON; None when it holds none."""
    if isinstance(value, str) and depth == 0 and value[:1] in "[{":
        # Some writers put the JSON text of the names into JSON once more.
        try:
            return names_of(json.loads(value, parse_int=whole_number), 1)
        except (ValueError, RecursionError):
            return None
    if isinstance(value, list):
        if value and all(isinstance(item, dict) for item in value):
            return _of_objects(value)
        return _sound(value)
    if isinstance(value, dict):
        for key in _LIST_KEYS:
            if isinstance(value.get(key), (list, dict)) and depth < 2:
                return names_of(value[key], depth + 1)
        return _by_index(value)
    return None


def _sound(names: List[Any]) -> Optional[Tuple[str, ...]]:
    if not names or len(names) > _MOST_NAMES or not all(isinstance(n, str) for n in names):
        return None
    return tuple(names)


def _by_index(names: Dict[Any, Any]) -> Optional[Tuple[str, ...]]:
    """An object whose keys are the indices 0, 1, 2 ..."""
    by_index: Dict[int, Any] = {}
    for key, name in names.items():
        text = str(key)
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            return None
        by_index[int(text)] = name
    if sorted(by_index) != list(range(len(by_index))):
        return None
    return _sound([by_index[index] for index in range(len(by_index))])


def _of_objects(classes: List[Dict[Any, Any]]) -> Optional[Tuple[str, ...]]:
    """Objects that each describe a class, put in the order of their values where they have any."""
    described = []
    for place, one in enumerate(classes):
        name = next((one[key] for key in _NAME_KEYS if key in one), None)
        value = next((one[key] for key in _VALUE_KEYS if key in one), None)
        if not isinstance(name, str):
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            value = None
        described.append((value, place, name))
    if all(value is not None for value, _, _ in described):
        described.sort(key=lambda item: (item[0] or 0, item[1]))
    return _sound([name for _, _, name in described])


def _python_names(text: str) -> Optional[Tuple[str, ...]]:
    """Names from ``{0: 'a', 1: 'b'}`` or ``['a', 'b']`` as Python prints them."""
    if text[:1] == "{" and text[-1:] == "}":
        found = _entries(_PYTHON_ENTRY, text[1:-1])
        return None if found is None else _by_index({one[0]: one[1] or one[2] for one in found})
    if text[:1] in ("[", "(") and text[-1:] in ("]", ")"):
        found = _entries(_PYTHON_ITEM, text[1:-1])
        return None if found is None else _sound([one[0] or one[1] for one in found])
    return None


def _entries(pattern: re.Pattern[str], text: str) -> Optional[List[Tuple[str, ...]]]:
    found: List[Tuple[str, ...]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None or len(found) >= _MOST_NAMES:
            return None
        found.append(tuple(_PYTHON_ESCAPE.sub(r"\1", part or "") for part in match.groups()))
        position = match.end()
    return found
