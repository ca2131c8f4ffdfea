"""Telling an earlier export in XML from a file that a person made: by its elements."""

from __future__ import annotations

from pathlib import Path
from typing import FrozenSet, List, Tuple

from ..files.plain_files import open_plain
from ..json_text import LARGEST_TEXT
from ..wire.xml import EntitiesDeclared, TooMuch, XmlError, elements
from .earlier import Steps
from .xml_text import Element


def holds_no_more(path: Path, root: Element) -> bool:
    """Whether every element of a file is, by the way to it, one of a document of ours.

    Raises
    ------
    OSError
        When it can't be read.
    """
    with open_plain(path, buffering=-1) as file:
        data = file.read(LARGEST_TEXT + 1)
    if len(data) > LARGEST_TEXT:
        return False
    try:
        return {element.path for element in elements(data)} <= _elements_of(root)
    except (XmlError, EntitiesDeclared, TooMuch):
        return False


def _elements_of(root: Element) -> FrozenSet[Steps]:
    """The ways to every element of a document, names without their namespaces."""
    found: List[Steps] = []
    waiting: List[Tuple[Steps, Element]] = [((), root)]
    while waiting:
        above, element = waiting.pop()
        steps = (*above, element.tag.rsplit("}", 1)[-1])
        found.append(steps)
        waiting += [(steps, inner) for inner in element]
    return frozenset(found)
