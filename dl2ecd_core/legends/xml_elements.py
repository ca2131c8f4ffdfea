"""XML from elsewhere, element by element: no entities, no other files, little memory."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any, Iterator, List, Tuple

from lxml import etree

from ..findings.wording import printable, quoted
from .candidate import Candidate

#: Most elements in a file; 65,536 classes with five fields each are fewer.
MOST_ELEMENTS = 500_000

# lxml's elements; it ships no types.
Element = Any

_BEFORE_ROOT = r"\s*(?:<\?[^>]*\?>\s*|<!--(?:(?!-->).)*-->\s*|<!DOCTYPE[^>\[]*>\s*)*"
# A document type with declarations of its own names the root too; it is refused later on.
_ROOT = re.compile(_BEFORE_ROOT + r"<(?:!DOCTYPE\s+)?([\w:.-]+)", re.DOTALL)
_ENTITY = re.compile("<!ENTITY", re.IGNORECASE)


def root_name(start: str) -> str:
    """The root element's name without a prefix; empty when the text is not XML."""
    if not start.lstrip().startswith("<"):
        return ""
    found = _ROOT.match(start)
    return "" if found is None else found.group(1).rsplit(":", 1)[-1]


def finished_elements(candidate: Candidate) -> Iterator[Tuple[Tuple[str, ...], Element]]:
    """Each element when it ends, with the names from the root down to it.

    Children come before their parents and are empty by then: take texts and attributes as they
    come.

    Raises
    ------
    Dl2EcdError
        ``legend-damaged`` when the text is not well-formed, declares entities, or never ends.
    """
    text = candidate.text
    if _ENTITY.search(text):
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} declares entities, which no legend needs and which "
            "are not followed.",
        )
    options: Any = {
        "events": ("start", "end"),
        # The text was decoded already, whatever its declaration says.
        "encoding": "utf-8",
        "resolve_entities": False,
        "no_network": True,
        "load_dtd": False,
        "dtd_validation": False,
        "huge_tree": False,
        "remove_comments": True,
        "remove_pis": True,
    }
    path: List[str] = []
    count = 0
    try:
        for event, element in etree.iterparse(BytesIO(text.encode("utf-8")), **options):
            if event == "start":
                path.append(element.tag.rsplit("}", 1)[-1])
                count += 1
                if count > MOST_ELEMENTS:
                    raise candidate.damaged(
                        f"{quoted(candidate.name, 400)} has more than {MOST_ELEMENTS} elements."
                    )
                continue
            yield tuple(path), element
            path.pop()
            _forget(element)
    except etree.XMLSyntaxError as error:
        line = error.lineno or None
        reason = printable(str(error.msg or "it breaks off"))
        raise candidate.damaged(
            f"{quoted(candidate.name, 400)} is damaged XML: {reason}.", line=line
        ) from error


def _forget(element: Element) -> None:
    """Free what was read; the element itself still stands in lxml's hands."""
    before = element.getprevious()
    if before is not None:
        element.getparent().remove(before)
    element.clear(keep_tail=True)
