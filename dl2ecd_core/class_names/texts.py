"""Names of classes in one text of unknown kind, such as a property that a model carries."""

from __future__ import annotations

import json
import re
from typing import List, Optional, Tuple

from ..wire.json_data import whole_number
from .lines import classes_in_lines, lines_of, numbered_lines
from .named import MOST_NAMES, NamedClasses, listed_names, number_of, numbered_names
from .structures import classes_of
from .yaml_text import classes_in_yaml, looks_like_yaml

#: Longer texts are no list of class names.
LONGEST_TEXT = 1 << 20

_QUOTED = r"[uU]?(?:'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\")"
# One entry of a dictionary as Python prints it: 0: 'water'. Quotes inside are escaped.
_NUMBER_FIRST = re.compile(rf"\s*['\"]?(-?\d{{1,9}})['\"]?\s*:\s*{_QUOTED}\s*(,|$)", re.DOTALL)
_NAME_FIRST = re.compile(rf"\s*{_QUOTED}\s*:\s*(-?\d{{1,9}})\s*(,|$)", re.DOTALL)
_ITEM = re.compile(rf"\s*{_QUOTED}\s*(,|$)", re.DOTALL)
_PAIR = re.compile(rf"\s*[{{(]\s*(-?\d{{1,9}})\s*[:,]\s*{_QUOTED}\s*[)}}]\s*(,|$)", re.DOTALL)
_PAIR_NAME_FIRST = re.compile(rf"\s*\(\s*{_QUOTED}\s*,\s*(-?\d{{1,9}})\s*\)\s*(,|$)", re.DOTALL)
# OrderedDict([...]), dict_values([...]), array([...]): what is inside counts.
_WRAPPING = re.compile(r"[A-Za-z_][\w.]{0,60}\(\s*(?=[\[{(])")
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


def classes_in(text: str) -> Optional[NamedClasses]:
    """Class names in JSON, Python's way to print, YAML, numbered lines, or between commas.

    Returns
    -------
    NamedClasses or None
        None when the text is something else.

    Raises
    ------
    YamlMissing
        When it can only be read by PyYAML, which is not installed.

    Examples
    --------
    >>> classes_in("{0: 'water', 1: 'forest'}").by_index, classes_in("water, forest").by_index
    (('water', 'forest'), ('water', 'forest'))
    """
    if len(text) > LONGEST_TEXT:
        return None
    text = text.strip()
    try:
        return classes_of(json.loads(text, parse_int=whole_number))
    except (ValueError, RecursionError):
        pass
    found = python_classes(text) or numbered_lines(lines_of(text))
    if found is not None:
        return found
    if looks_like_yaml(text):
        return classes_in_yaml(text)
    return classes_in_lines(text) if "\n" in text else comma_names(text)


def python_classes(text: str) -> Optional[NamedClasses]:
    """Names from ``{0: 'a'}``, ``{'a': 0}``, ``['a', 'b']`` or ``[{0: 'a'}]`` as Python prints.

    An OrderedDict and the like are told by what is in their brackets.
    """
    text = text.strip()
    wrapping = _WRAPPING.match(text)
    if wrapping is not None and text[-1:] == ")":
        text = text[wrapping.end() : -1].rstrip()
    inside, ends = text[1:-1], text[:1] + text[-1:]
    if ends == "{}":
        found = _entries(_NUMBER_FIRST, inside)
        if found is not None:
            return numbered_names((number_of(one[0]), one[1] or one[2]) for one in found)
        found = _entries(_NAME_FIRST, inside) or []
        return numbered_names((number_of(one[2]), one[0] or one[1]) for one in found)
    if ends in ("[]", "()"):
        found = _entries(_ITEM, inside)
        if found is not None:
            return listed_names([one[0] or one[1] for one in found])
        found = _entries(_PAIR, inside)
        if found is not None:
            return numbered_names((number_of(one[0]), one[1] or one[2]) for one in found)
        found = _entries(_PAIR_NAME_FIRST, inside) or []
        return numbered_names((number_of(one[2]), one[0] or one[1]) for one in found)
    return None


def comma_names(text: str) -> Optional[NamedClasses]:
    """Names between commas on a single line, none of them empty or a number."""
    if "," not in text or "\n" in text or text[:1] in "[{(<" or len(text) > LONGEST_TEXT:
        return None
    names = [name.strip() for name in text.split(",")]
    if not all(names) or any(_is_number(name) for name in names):
        return None
    return listed_names(names)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _entries(pattern: re.Pattern[str], text: str) -> Optional[List[Tuple[str, ...]]]:
    found: List[Tuple[str, ...]] = []
    position = 0
    text = text.rstrip()
    while position < len(text):
        match = pattern.match(text, position)
        if match is None or len(found) >= MOST_NAMES:
            return None
        found.append(tuple(_ESCAPE.sub(_unescaped, part or "") for part in match.groups()))
        position = match.end()
    return found


def _unescaped(match: re.Match[str]) -> str:
    """A character that Python printed as an escape."""
    code = match.group(1) or match.group(2) or match.group(3)
    if code is None:
        return _LETTERS.get(match.group(4), match.group(4))
    return chr(int(code, 16)) if int(code, 16) < 0x110000 else match.group()
