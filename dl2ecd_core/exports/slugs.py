"""Names for programs: plain ASCII, made from names for people."""

from __future__ import annotations

import re
import unicodedata
from typing import Dict, Iterable, List, Set, Tuple

#: Letters that do not come apart into an ASCII letter and a mark.
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "AE", "ø": "o", "Ø": "O", "œ": "oe", "ł": "l", "Ł": "L", "đ": "d"}
)
_OTHER = re.compile(r"[^0-9A-Za-z_]+")
_LONGEST = 100


def slug(text: str) -> str:
    """Letters, digits, hyphens and underscores that recall a text; empty where nothing does.

    Examples
    --------
    >>> slug(" Grünland & Äcker")
    'Grunland-Acker'
    """
    plain = unicodedata.normalize("NFKD", text[: 4 * _LONGEST].translate(_LETTERS))
    ascii_text = plain.encode("ascii", "ignore").decode("ascii")
    return _OTHER.sub("-", ascii_text)[:_LONGEST].strip("-")


def distinct_slugs(named: Iterable[Tuple[str, str]]) -> List[str]:
    """A slug for each pair of name and fallback, no two alike, whatever their case.

    Examples
    --------
    >>> distinct_slugs([("Wald", "class-1"), ("wald", "class-2"), ("森", "class-3")])
    ['Wald', 'wald-2', 'class-3']
    """
    slugs: List[str] = []
    taken: Set[str] = set()
    following: Dict[str, int] = {}
    for name, fallback in named:
        stem = slug(name) or fallback
        candidate = stem
        while candidate.casefold() in taken:
            # Counted on from the last one: many classes of one name must not take long.
            following[stem.casefold()] = following.get(stem.casefold(), 1) + 1
            candidate = f"{stem}-{following[stem.casefold()]}"
        taken.add(candidate.casefold())
        slugs.append(candidate)
    return slugs


def without_surrogates(text: str) -> str:
    """The text without halves of surrogate pairs, which JSON readers refuse."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
