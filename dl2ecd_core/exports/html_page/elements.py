"""Elements of the page, and foreign text in them.

Everything is built as a tree, so no text can turn into markup.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Optional, Union

from lxml import html as lxml_html

#: An element of lxml, or text.
Child = Union[str, Any, None]

# What XML can't hold or would end a line: control characters, halves of surrogate pairs,
# separators. Joiners and marks of direction stay: some scripts need them.
_ESCAPED = {"Cc", "Cs", "Zl", "Zp"}
# Embeddings, overrides and isolates could make a name read like another.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def tag(name: str, /, *children: Child, **attributes: Optional[str]) -> Any:
    """An element with children.

    ``class_`` stands for class and ``aria_label`` for aria-label; attributes that are None are
    left out, and so are children.
    """
    element = lxml_html.Element(name)
    for key, value in attributes.items():
        if value is not None:
            element.set(key.rstrip("_").replace("_", "-"), value)
    last: Any = None
    for child in children:
        if child is None:
            continue
        if not isinstance(child, str):
            element.append(child)
            last = child
        elif last is None:
            element.text = (element.text or "") + child
        else:
            last.tail = (last.tail or "") + child
    return element


def shown(text: str) -> str:
    r"""Foreign text as it can be shown: whole, with what can't be shown or misleads escaped.

    Examples
    --------
    >>> shown("a\x00b")
    'a\\x00b'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    nothing = ord(letter) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(letter) <= 0xFDEF
    if nothing or letter in _TURNING or unicodedata.category(letter) in _ESCAPED:
        return letter.encode("unicode_escape").decode("ascii")
    return letter


def foreign(text: str, name: str = "bdi") -> Any:
    """Foreign text in an element of its own, so that its direction stays inside."""
    return tag(name, shown(text), dir="auto")


def section(title: str, anchor: str, *children: Child) -> Any:
    """A section with a heading, which names it for screen readers."""
    return tag(
        "section", tag("h2", title, id=anchor), *children, aria_labelledby=anchor, class_=anchor
    )
