"""JSON as text for people, in ASCII, with gaps that are filled while the file is written."""

from __future__ import annotations

import json
from collections import abc
from dataclasses import dataclass
from typing import Iterator, List, Mapping, Union

_WIDTH = 160
_INDENT = "  "


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


def _scalar(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, allow_nan=False)


def _is_container(value: object) -> bool:
    # Most values are scalars, and asking whether one is a Mapping takes longest.
    if value is None or isinstance(value, (str, int, float, Gap)):
        return False
    return isinstance(value, (dict, list, tuple, abc.Mapping))


def _is_plain(value: object) -> bool:
    """Whether a container may stand on one line: scalars, and lists of scalars, alone."""
    if isinstance(value, Mapping):
        return all(
            not _is_container(item) or (isinstance(item, (list, tuple)) and _is_plain(item))
            for item in value.values()
        ) and not any(isinstance(item, Gap) for item in value.values())
    if isinstance(value, (list, tuple)):
        return not any(_is_container(item) or isinstance(item, Gap) for item in value)
    return True


def _value(value: object, indent: str) -> Iterator[Piece]:
    """Text of a value; the depth is bounded by that of the documents read."""
    if isinstance(value, Gap):
        yield '"'
        yield value
        yield '"'
        return
    if not _is_container(value):
        yield _scalar(value)
        return
    if _is_plain(value):
        line = json.dumps(value, ensure_ascii=True, allow_nan=False)
        if len(indent) + len(line) <= _WIDTH or not value:
            yield line
            return
    inner = indent + _INDENT
    if isinstance(value, Mapping):
        yield "{\n"
        for index, (key, item) in enumerate(value.items()):
            yield f"{',' + chr(10) if index else ''}{inner}{_scalar(key)}: "
            yield from _value(item, inner)
        yield f"\n{indent}}}"
    elif isinstance(value, (list, tuple)):
        yield "[\n"
        for index, item in enumerate(value):
            yield f"{',' + chr(10) if index else ''}{inner}"
            yield from _value(item, inner)
        yield f"\n{indent}]"


def text_of(document: Mapping[str, object]) -> str:
    """A document without gaps as indented JSON text."""
    return "".join(piece for piece in laid_out(document) if isinstance(piece, str))
