"""CVAT's annotations as XML: the labels of its task, with their colors.

https://docs.cvat.ai/docs/manual/advanced/xml_format/
"""

from __future__ import annotations

from .candidate import Candidate
from .entries import Entries
from .xml_elements import elements_of, root_name

_KIND = "CVAT labels"


def recognises(candidate: Candidate) -> bool:
    """Whether the root element is CVAT's, which others share, and labels follow."""
    return root_name(candidate.start) == "annotations" and "<label>" in candidate.start


def read(candidate: Candidate) -> Entries:
    """The labels, in their order."""
    found = Entries(_KIND)
    name = color = ""
    for element in elements_of(candidate):
        if element.parent not in ("label", "labels"):
            continue
        if element.tag == "name":
            name = element.text.strip()
        elif element.tag == "color":
            color = element.text.strip()
        elif element.tag == "label":
            found.add_written(len(found.classes), name or None, color)
            name = color = ""
    if not found:
        raise candidate.no_classes(_KIND, "lists no labels.")
    found.counted_from_0()
    return found
