"""Putting names and numbers from files into sentences without letting them do harm.

Text from a model or a document is someone else's: it may be endless, hold terminal escape
sequences, or turn the reading direction around. Everything that goes into a message passes here.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Iterable, Optional, Sequence

#: Longest piece of foreign text in a message, in characters.
LONGEST = 120

# Control, format (bidirectional marks, zero-width), surrogate, private and unassigned characters,
# and the separators that end a line.
_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def harmless(text: str) -> str:
    r"""The text with unprintable characters escaped, whatever its length.

    Examples
    --------
    >>> harmless("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(letter) for letter in text)


def printable(text: str, longest: int = LONGEST) -> str:
    r"""The text with unprintable characters escaped, shortened in the middle.

    Examples
    --------
    >>> printable("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    if len(text) > longest:
        half = (longest - 1) // 2
        text = f"{text[:half]}…{text[-half:]}"
    return harmless(text)


def _escaped(letter: str) -> str:
    if unicodedata.category(letter) not in _UNPRINTABLE:
        return letter
    return letter.encode("unicode_escape").decode("ascii")


def quoted(text: Optional[str], longest: int = LONGEST) -> str:
    """A name in single quotes, or a word for a missing one."""
    return "(unnamed)" if text is None else f"'{printable(text, longest)}'"


def counted(number: int, singular: str, plural: Optional[str] = None) -> str:
    """A number with its noun.

    Examples
    --------
    >>> counted(1, "class", "classes"), counted(2, "band")
    ('1 class', '2 bands')
    """
    return f"{number} {singular if number == 1 else plural or singular + 's'}"


def pixels_text(number: int) -> str:
    """A number of pixels, which may be large.

    Examples
    --------
    >>> pixels_text(1), pixels_text(6300)
    ('1 pixel', '6,300 pixels')
    """
    return f"{number:,} {'pixel' if number == 1 else 'pixels'}"


def listed(items: Iterable[str], *, most: int = 8) -> str:
    """Names in a row, the rest counted.

    Examples
    --------
    >>> listed(["a", "b"]), listed("abcd", most=2)
    ("'a' and 'b'", "'a', 'b' and 2 more")
    """
    names: Sequence[str] = list(items)
    shown = [quoted(name) for name in names[:most]]
    if len(names) > most:
        return f"{', '.join(shown)} and {len(names) - most} more"
    if len(shown) > 1:
        return f"{', '.join(shown[:-1])} and {shown[-1]}"
    return "".join(shown)


def shape_text(shape: Optional[Sequence[Optional[int]]]) -> str:
    """Dimensions as people write them: ``4 x 256 x 256``, ``?`` for a free one."""
    if shape is None:
        return "unknown"
    if not shape:
        return "scalar"
    return " x ".join("?" if size is None else str(size) for size in shape)


#: What to do about a key that an object has twice.
REMOVE_ONE = "Remove one of the two: programs differ in which one they take."


def given_twice(key: str, line: int) -> str:
    """What to say of a key that an object has twice.

    Examples
    --------
    >>> given_twice("names", 3)
    "The key 'names' is given twice in the same object, first in line 3."
    """
    return f"The key {quoted(key)} is given twice in the same object, first in line {line}."


def where_missing(path: str) -> str:
    """What to do about a path where there is no file, of those that are read on this machine."""
    if _ADDRESS.match(path):
        return "Download the file and give its path: only a scene may be an address."
    return "Check the path and the spelling of the name."


# A path may have lost one of the slashes; one letter is a drive.
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
