"""XML legends, element by element: no entities, no other files, little memory."""

from __future__ import annotations

import re
from typing import FrozenSet, Iterator

from ..findings.wording import quoted
from ..wire.xml import Element, EntitiesDeclared, TooMuch, XmlError, elements
from .candidate import Candidate

_BEFORE_ROOT = r"\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>\[]*>\s*)*"
# A document type with declarations of its own names the root too; it is refused later on.
_ROOT = re.compile(_BEFORE_ROOT + r"<(?:!DOCTYPE\s+)?([\w:.-]+)", re.DOTALL)


def root_name(start: str) -> str:
    """The root element's name without a prefix; empty when the text is not XML."""
    if not start.lstrip().startswith("<"):
        return ""
    found = _ROOT.match(start)
    return "" if found is None else found.group(1).rsplit(":", 1)[-1]


def elements_of(candidate: Candidate, begins: FrozenSet[str] = frozenset()) -> Iterator[Element]:
    """Each element when it ends; those of the given names also when they begin.

    Raises
    ------
    Dl2EcdError
        ``legend-damaged`` when the text is not well-formed, declares entities, or never ends.
    """
    try:
        yield from elements(candidate.text.encode("utf-8", "replace"), begins)
    except EntitiesDeclared as error:
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} declares entities, which no legend needs and which "
            "are not followed.",
        ) from error
    except TooMuch as error:
        raise candidate.damaged(f"{quoted(candidate.name, 400)} has {error}.") from error
    except XmlError as error:
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} is damaged XML: {error.reason}.", line=error.line
        ) from error
