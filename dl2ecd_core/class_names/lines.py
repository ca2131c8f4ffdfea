"""Names of classes one a line, with or without a number before them or behind them.

Label files of TensorFlow and Darknet have a name a line; those of TFLite's examples ("0 water"),
of people ("1. Car") and of scripts ("2: notice", "water<TAB>0") have numbers beside the names.
"""

from __future__ import annotations

import re
from typing import List, Optional, Tuple

from .named import MOST_NAMES, Form, NamedClass, NamedClasses, number_of

#: Stands for an index without a class, as in label files of TensorFlow's detection models.
NO_CLASS = "???"
#: Longer lines are prose or data, not names.
LONGEST_NAME = 200

# Ways to number a line; all lines of a text keep to one of them.
_BEFORE = (
    re.compile(r"\s*(-?\d{1,9})\s*[:=]\s*(\S.*)"),
    re.compile(r"\s*(-?\d{1,9})[.)]\s+(\S.*)"),
    re.compile(r"\s*(-?\d{1,9})\s+-\s+(\S.*)"),
    re.compile(r"\s*(-?\d{1,9})\s+(\S.*)"),
)
_BEHIND = (re.compile(r"\s*(\S.*?)\s*[:=\t]\s*(-?\d{1,9})\s*"),)
_REMARK = re.compile(r"\s*(?:#(?:\s|$)|//|;)")
_QUOTED = re.compile(r"(['\"])([^'\"\\]*)\1")
_DATA = re.compile(
    r"\A[\d.]+[\s,;:]+[\d.]+(?:[\s,;:]|\Z)|#[0-9a-fA-F]{6}\b|(?:[\s,;:(]\d{1,3}){3}\)?\Z"
)
_LETTER = re.compile(r"[^\W\d_]")


def lines_of(text: str) -> List[str]:
    """Lines without their ends; empty ones at the end are none."""
    lines = re.split(r"\r\n|\n|\r", text.lstrip("\ufeff"))
    while lines and not lines[-1].strip():
        lines.pop()
    return lines


def is_remark(line: str) -> bool:
    """Whether a line is a comment: a hash and a blank, two slashes, a semicolon."""
    return _REMARK.match(line) is not None


def numbered_lines(lines: List[str]) -> Optional[NamedClasses]:
    """Numbers and names when all lines have both in the same manner; None otherwise."""
    if any(len(line) > LONGEST_NAME for line in lines):
        return None
    for patterns, number, name in ((_BEFORE, 1, 2), (_BEHIND, 2, 1)):
        for pattern in patterns:
            found = _matched(lines, pattern, number, name)
            if found is not None:
                return found
    return None


def _matched(
    lines: List[str], pattern: re.Pattern[str], number: int, name: int
) -> Optional[NamedClasses]:
    classes: List[NamedClass] = []
    for line in lines:
        match = pattern.fullmatch(line)
        value = None if match is None else number_of(match.group(number))
        if match is None or value is None or not _may_be_numbered(match.group(name)):
            return None
        classes.append(NamedClass(value, match.group(name).rstrip()))
    if not classes or len({item.value for item in classes}) < len(classes):
        return None
    return NamedClasses(tuple(_unquoted(classes)), True, Form.MAPPING)


def _may_be_numbered(name: str) -> bool:
    """Whether what stands beside a number is a name: not further numbers, nor a color."""
    if name.strip() == NO_CLASS:
        return True
    return _LETTER.search(name) is not None and not _DATA.search(name)


def _unquoted(classes: List[NamedClass]) -> List[NamedClass]:
    """Without the quotes around the names, where all have them."""
    inside = [_QUOTED.fullmatch(item.name) for item in classes]
    return [
        item if match is None or None in inside else NamedClass(item.value, match.group(2))
        for item, match in zip(classes, inside)
    ]


def share_numbered(lines: List[str]) -> float:
    """Which part of the lines has a number before a name, in any manner."""
    hits = sum(any(pattern.fullmatch(line) for pattern in _BEFORE) for line in lines)
    return hits / len(lines) if lines else 0.0


def classes_in_lines(text: str) -> Optional[NamedClasses]:
    """The classes of a text with one a line; None where lines are not plainly that.

    Lines of comments don't count. "???" and empty lines keep their place where lines are
    counted, but are no class.

    Examples
    --------
    >>> [(item.value, item.name) for item in classes_in_lines("1. Car\\n2. Bus\\n").classes]
    [(1, 'Car'), (2, 'Bus')]
    """
    lines = [line for line in lines_of(text) if not is_remark(line)]
    if not lines or len(lines) > MOST_NAMES or any(len(line) > LONGEST_NAME for line in lines):
        return None
    filled = [line for line in lines if line.strip()]
    numbered = numbered_lines([line for line in filled if not _no_class(line)])
    if numbered is not None:
        return numbered
    if share_numbered(filled) > 0.5 or not all(map(_may_be_name, filled)):
        return None
    counted: List[Tuple[int, str]] = [
        (place, line)
        for place, line in enumerate(lines)
        if line.strip() and line.strip() != NO_CLASS
    ]
    if not counted:
        return None
    return NamedClasses(tuple(NamedClass(*pair) for pair in counted), False, Form.LIST)


def _no_class(line: str) -> bool:
    """A line for an index without a class, numbered or not."""
    return line.strip() == NO_CLASS or re.fullmatch(r"\s*\d{1,9}\W+\?\?\?\s*", line) is not None


def _may_be_name(line: str) -> bool:
    return line.strip() == NO_CLASS or _LETTER.search(line) is not None
