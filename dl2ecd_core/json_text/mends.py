"""Mends of a text: what has to be put in which place, where that is certain."""

from __future__ import annotations

import json
import re
from typing import Iterable, List, NamedTuple, Optional

_RIGHT_ESCAPE = re.compile(r"\\[bfnrtu/\\]")
_BACKSLASH = re.compile(r'\\(?!")')


class Mend(NamedTuple):
    """Characters that take the place of others.

    Attributes
    ----------
    start, end
        The characters that go; the same where something is only put in between.
    text
        What comes.
    """

    start: int
    end: int
    text: str


def mended(text: str, mends: Iterable[Mend]) -> str:
    """The text with all mends; of two in the same place the first counts.

    Examples
    --------
    >>> mended("[1 2,]", [Mend(2, 2, ","), Mend(4, 5, "")])
    '[1, 2]'
    """
    pieces: List[str] = []
    position = 0
    for mend in sorted(mends, key=lambda one: (one.start, one.end)):
        if mend.start < position:
            continue
        pieces += [text[position : mend.start], mend.text]
        position = mend.end
    return "".join([*pieces, text[position:]])


def in_quotes(value: str) -> str:
    """A text as JSON writes it, letters of all languages as they are."""
    return json.dumps(value, ensure_ascii=False)


def without_comment(text: str, start: int, end: int) -> Mend:
    """A comment goes, with the blanks before it, and with its line when nothing else is on it."""
    first = start
    while first and text[first - 1] in " \t":
        first -= 1
    ends_line = end >= len(text) or text[end] in "\r\n"
    if not ends_line:
        return Mend(start, end, "")
    if first and text[first - 1] not in "\r\n":
        return Mend(first, end, "")
    line_end = re.compile(r"\r\n|\n|\r").match(text, end)
    return Mend(first, end if line_end is None else line_end.end(), "")


def doubled_backslashes(raw: str, *, is_path: bool) -> Optional[str]:
    """The inside of a string with its wrong backslashes doubled, in quotes; None where unclear.

    Beside a wrong escape, a right one may be meant as it is written or not; only in a path no
    backslash is meant to escape anything.
    """
    if not is_path and _RIGHT_ESCAPE.search(raw):
        return None
    plain = raw if is_path else raw.replace("\\'", "'")
    return '"' + _BACKSLASH.sub(r"\\\\", plain) + '"'
