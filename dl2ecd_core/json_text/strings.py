"""What a string in double quotes means: its escapes, or the path that was meant.

Escapes: RFC 8259 section 7.
"""

from __future__ import annotations

import re
from typing import List, NamedTuple, Tuple

from ..wording import printable, quoted


class Problem(NamedTuple):
    """Something wrong in a string, and where in the text."""

    rule: str
    message: str
    start: int
    end: int
    hint: str


class Meaning(NamedTuple):
    """A string's value, where it ends (after the quote), and what is wrong in it."""

    value: str
    end: int
    problems: Tuple[Problem, ...]


_PIECE = re.compile(r'[^"\\\n\r]*')
_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt])|u([0-9a-fA-F]{4}))')
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONTROL = re.compile(r"[\x00-\x1f]")
_DRIVE_PATH = re.compile(r"(?:[A-Za-z]:\\|\.{1,2}\\)[^\\]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def meaning_of(text: str, start: int) -> Meaning:
    """Read the string whose opening quote is at `start`, mending what can be mended."""
    pieces: List[str] = []
    problems: List[Problem] = []
    wrong_escapes: List[int] = []
    escaped_quotes: List[int] = []
    position = start + 1
    while True:
        plain = _PIECE.match(text, position)
        stop = position if plain is None else plain.end()
        if stop > position:
            pieces.append(text[position:stop])
        if stop >= len(text) or text[stop] in "\n\r":
            return _unclosed(text, start, stop, escaped_quotes, problems)
        if text[stop] == '"':
            break
        escape = _ESCAPE.match(text, stop)
        if escape is None:
            wrong_escapes.append(stop)
            pieces.append(text[stop])
            position = stop + 1
            continue
        letter, code = escape.groups()
        if letter == '"':
            escaped_quotes.append(stop)
        pieces.append(chr(int(code, 16)) if letter is None else _LETTERS.get(letter, letter))
        position = escape.end()
    end = stop + 1
    raw = text[start + 1 : stop]
    value = "".join(pieces)
    if wrong_escapes:
        value = _without_escapes(raw, value)
        problems.append(_backslash(raw, wrong_escapes[0], start, end))
    else:
        value = _joined_pairs(value)
        problems.extend(_suspicious(raw, value, start, end))
    problems.extend(_control_characters(text, start, end))
    return Meaning(value, end, tuple(problems))


def _without_escapes(raw: str, value: str) -> str:
    if "\\'" in raw and raw.count("\\") == raw.count("\\'"):
        return raw.replace("\\'", "'")
    # One backslash that escapes nothing says that none of them was meant to.
    return raw if _looks_like_path(raw) else value


def _looks_like_path(raw: str) -> bool:
    return _DRIVE_PATH.match(raw) is not None or raw.startswith("\\")


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


def _joined_pairs(value: str) -> str:
    """Escaped halves of a character beyond U+FFFF become that character."""
    if _SURROGATE.search(value) is None:
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def _suspicious(raw: str, value: str, start: int, end: int) -> List[Problem]:
    problems = []
    if _DRIVE_PATH.match(raw) and any(ord(letter) < 0x20 for letter in value):
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
    return [
        Problem(
            "json-control-character",
            f"There is {name} inside this text.",
            first.start(),
            first.end(),
            hint,
        )
    ]


def _unclosed(
    text: str, start: int, stop: int, escaped_quotes: List[int], problems: List[Problem]
) -> Meaning:
    """A string that its line ends first."""
    if escaped_quotes:
        # "C:\data\" : the last backslash took the closing quote away.
        last = escaped_quotes[-1]
        if not text[last + 2 : stop].strip(" \t,}]:"):
            raw = text[start + 1 : last + 1]
            problems.append(_backslash(raw, last, start, last + 2))
            return Meaning(raw, last + 2, tuple(problems))
    inside = text[start + 1 : stop].rstrip(" \t,}]")
    end = start + 1 + len(inside)
    problems.append(
        Problem(
            "json-missing-quote",
            f"The text {quoted(inside)} has no closing quote on its line.",
            start,
            end,
            "Put a double quote at its end.",
        )
    )
    problems.extend(_control_characters(text, start, end))
    return Meaning(inside, end, tuple(problems))
