"""What a string in double quotes means: its escapes, or the path that was meant.

Escapes: RFC 8259 section 7.
"""

from __future__ import annotations

import json
import re
from typing import List, NamedTuple, Optional, Tuple

from ..findings.wording import printable, quoted
from .mends import Mend, doubled_backslashes, in_quotes


class Problem(NamedTuple):
    """Something wrong in a string, and where in the text."""

    rule: str
    message: str
    start: int
    end: int
    hint: str
    #: What has to be written, where that is certain.
    mends: Tuple[Mend, ...] = ()


class Meaning(NamedTuple):
    """A string's value, where it ends (after the quote), and what is wrong in it."""

    value: str
    end: int
    problems: Tuple[Problem, ...]


# Many pieces at once, but not all: a regular expression takes memory for each of a group's turns.
_RIGHT = re.compile(r'(?:[^"\\\n\r]+|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4}){1,256}')
_ANY = re.compile(r'(?:[^"\\\n\r]+|\\[^\n\r]){1,256}')
_PIECES = {'"': _ANY, "'": re.compile(r"(?:[^'\\\n\r]+|\\[^\n\r]){1,256}")}
_CONTROL = re.compile(r"[\x00-\x1f]")
_PATH = re.compile(r"(?:[A-Za-z]:\\|\.{1,2}\\|\\)[^\\]")
# A path of which JSON makes something else without a word.
_MISREAD_PATH = re.compile(r"[A-Za-z]:\\[bfnrt][A-Za-z0-9_.\\ -]*\Z")
_TO_QUOTE = re.compile(r'(?:[^"\\\n\r]|\\[^\n\r]){0,4096}"(?=[\s,:}\]]|\Z)')
_TAKEN_QUOTE = re.compile(r'\\"[ \t]*(?=[,}\]\n\r]|\Z)')
_KEY_AND_COLON = re.compile(r"(\w+)\s*:")
_SURROGATE = re.compile("[\ud800-\udfff]")


def quoted_end(text: str, start: int) -> Optional[int]:
    """Where a text in quotes ends, behind the quote that it began with; None without one.

    Parameters
    ----------
    start
        Where the opening quote is, single or double. A line's end ends the text, too.
    """
    quote, position = text[start], start + 1
    pieces = _PIECES[quote]
    match = pieces.match(text, position)
    while match is not None:
        position = match.end()
        match = pieces.match(text, position)
    return position + 1 if text.startswith(quote, position) else None


def meaning_of(text: str, start: int, *, key: bool) -> Meaning:
    """Read the string whose opening quote is at `start`, mending what can be mended.

    Parameters
    ----------
    text
        The whole text.
    start
        Where the opening quote is.
    key
        Whether a key belongs here.
    """
    taken = _taken_quote(text, start)
    if taken is not None:
        raw = text[start + 1 : taken + 1]
        problem = _backslash(raw, taken, start, taken + 2)
        mend = Mend(start, taken + 2, in_quotes(raw))
        return Meaning(raw, taken + 2, (problem._replace(mends=(mend,)),))
    position, wrong, pieces = start + 1, None, _RIGHT
    while True:
        match = pieces.match(text, position)
        if match is not None:
            position = match.end()
        elif position < len(text) and text[position] == "\\" and wrong is None:
            wrong, pieces = position, _ANY
        else:
            break
    if position >= len(text) or text[position] != '"':
        return _unclosed(text, start, position, key)
    end = position + 1
    raw = text[start + 1 : position]
    if wrong is not None:
        value = raw if _looks_like_path(raw) else raw.replace("\\'", "'").replace('\\"', '"')
        written = doubled_backslashes(raw, is_path=_looks_like_path(raw))
        mends = () if written is None else (Mend(start, end, written),)
        problems = [_backslash(raw, wrong, start, end)._replace(mends=mends)]
    else:
        # The standard library knows the escapes; control characters are reported below.
        value = json.loads(text[start:end], strict=False) if "\\" in raw else raw
        problems = _suspicious(raw, value, start, end)
    problems.extend(_control_characters(text, start, end))
    return Meaning(value, end, tuple(problems))


def _taken_quote(text: str, start: int) -> Optional[int]:
    r"""Where the last backslash of a path took its closing quote away: ``"C:\data\"``."""
    if _PATH.match(text, start + 1) is None:
        return None
    quote = text.find('"', start + 1)
    if quote < 0 or text[quote - 2] == "\\" or _TAKEN_QUOTE.match(text, quote - 1) is None:
        return None
    # Unless it is a string that goes on after a quote inside it, and then ends as strings do.
    return None if _TO_QUOTE.match(text, quote + 1) else quote - 1


def _looks_like_path(raw: str) -> bool:
    return _PATH.match(raw) is not None


def _backslash(raw: str, wrong: int, start: int, end: int) -> Problem:
    if _looks_like_path(raw):
        return Problem(
            "json-backslash",
            f"The path '{printable(raw)}' has single backslashes, which JSON reads as escapes.",
            start,
            end,
            f'Write "{printable(raw.replace(chr(92), "/"))}", or double each backslash.',
        )
    return Problem(
        "json-backslash",
        "This backslash does not start an escape that JSON knows.",
        wrong,
        min(wrong + 2, end),
        "Double it for a backslash, or use / in paths.",
    )


def _suspicious(raw: str, value: str, start: int, end: int) -> List[Problem]:
    problems = []
    if _MISREAD_PATH.match(raw):
        problems.append(
            Problem(
                "json-path-escape",
                f"The path '{printable(raw)}' has single backslashes: JSON reads \\t, \\n, \\r, "
                "\\b and \\f in it as a tab, a line end and the like.",
                start,
                end,
                f'Write "{printable(raw.replace(chr(92), "/"))}", or double each backslash.',
            )
        )
    if _SURROGATE.search(value):
        problems.append(
            Problem(
                "json-half-character",
                f"The text {quoted(value)} holds half of a character: a \\uD800 to \\uDFFF "
                "escape without its partner.",
                start,
                end,
                "Type the character itself.",
            )
        )
    return problems


def _control_characters(text: str, start: int, end: int) -> List[Problem]:
    first = _CONTROL.search(text, start, end)
    if first is None:
        return []
    code = ord(first.group())
    name = {0: "a NUL character", 9: "a tab"}.get(code, f"a control character (U+{code:04X})")
    hint = "Write \\t for a tab, or a blank." if code == 9 else "Delete it."
    found = [(match.group(), match.start()) for match in _CONTROL.finditer(text, start, end)]
    # A tab's escape means the same; of others nobody knows what they were meant for.
    tabs = all(letter == "\t" for letter, _ in found)
    mends = tuple(Mend(at, at + 1, "\\t") for _, at in found) if tabs else ()
    return [
        Problem(
            "json-control-character",
            f"There is {name} inside this text.",
            first.start(),
            first.end(),
            hint,
            mends,
        )
    ]


def _unclosed(text: str, start: int, stop: int, key: bool) -> Meaning:
    """A string that its line ends first."""
    inside = text[start + 1 : stop].rstrip(" \t,}]")
    colon = _KEY_AND_COLON.match(inside) if key else None
    if colon is not None:
        inside = colon.group(1)
    end = start + 1 + len(inside)
    problem = Problem(
        "json-missing-quote",
        f"The text {quoted(inside)} has no closing quote on its line.",
        start,
        end,
        "Put a double quote at its end.",
        (Mend(end, end, '"'),),
    )
    return Meaning(inside, end, (problem, *_control_characters(text, start, end)))
