"""JSON as text for people, in ASCII, with gaps that are filled while the file is written."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Iterator, List, Mapping, Sequence, Union

_WIDTH = 160
_INDENT = "  "
# A doubled backslash is one, whatever follows it.
_ESCAPES = re.compile(r"\\\\|(?:\\u[0-9a-f]{4})+")


@dataclass(frozen=True)
class Gap:
    """A string value that is known or written later: a digest, or a file's bytes as base64.

    Attributes
    ----------
    kind
        ``"digest"`` or ``"data"``.
    file
        Index of the file that it belongs to.
    """

    kind: str
    file: int


Piece = Union[str, Gap]
Container = Union[Mapping[str, object], Sequence[object]]


def laid_out(document: Mapping[str, object]) -> List[Piece]:
    """The document as indented JSON text, cut at its gaps; a gap's quotes are in the text.

    A list or object without lists or objects that are not plain themselves stands on one line
    when it fits, so that a class takes one line.
    """
    pieces: List[Piece] = []
    text: List[str] = []
    for piece in _value(document, ""):
        if isinstance(piece, Gap):
            pieces += ["".join(text), piece]
            text = []
        else:
            text.append(piece)
    text.append("\n")
    return [*pieces, "".join(text)]


def _json(value: object) -> str:
    """On one line; everything but ASCII is escaped."""
    return json.dumps(value, allow_nan=False)


def _is_scalar(value: object) -> bool:
    return value is None or isinstance(value, (str, int, float))


def _is_plain(value: Container) -> bool:
    """Whether a container may stand on one line: scalars, and lists of scalars, alone."""
    if isinstance(value, Mapping):
        return all(
            _is_scalar(item) or (isinstance(item, (list, tuple)) and all(map(_is_scalar, item)))
            for item in value.values()
        )
    return all(map(_is_scalar, value))


def _value(value: Any, indent: str) -> Iterator[Piece]:
    """Text of a value; the depth is bounded by that of the documents read."""
    if isinstance(value, Gap):
        yield '"'
        yield value
        yield '"'
        return
    if _is_scalar(value):
        yield _json(value)
        return
    if _is_plain(value):
        line = _json(value)
        if len(indent) + len(line) <= _WIDTH or not value:
            yield line
            return
    inner = indent + _INDENT
    if isinstance(value, Mapping):
        yield "{\n"
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' + chr(10) if index else ''}{inner}{_json(key)}: "
            yield from _value(item, inner)
        yield f"\n{indent}}}"
    else:
        yield "[\n"
        for index, item in enumerate(value):
            yield f"{',' + chr(10) if index else ''}{inner}"
            yield from _value(item, inner)
        yield f"\n{indent}]"


def text_of(document: Mapping[str, object]) -> str:
    """A document without gaps as indented JSON text."""
    return "".join(piece for piece in laid_out(document) if isinstance(piece, str))


def readable_text_of(document: Mapping[str, object]) -> str:
    """The same for people: letters of all languages are themselves, not escapes."""
    return _ESCAPES.sub(_letters, text_of(document))


def _letters(match: re.Match[str]) -> str:
    """What escapes in a row stand for; control characters and halves of characters stay escaped."""
    if match.group().startswith("\\\\"):
        return match.group()
    letters: str = json.loads(f'"{match.group()}"')
    return "".join(
        letter if letter.isprintable() else json.dumps(letter)[1:-1] for letter in letters
    )
