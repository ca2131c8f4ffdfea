"""Lists of class names: TensorFlow label maps, and one name a line.

A label map gives each class an id, which is its pixel value here:
string_int_label_map.proto in
https://github.com/tensorflow/models/tree/master/research/object_detection/protos
In a list, the line's number from 0 is the model's output index, and "???" has no class.
"""

from __future__ import annotations

import re
from typing import Dict, Optional

from ..exports.labels import NO_CLASS
from ..findings.wording import quoted
from ..wire.prototext import END, SCALAR, START, events
from .candidate import Candidate, Entries

_ITEM = re.compile(r"(?:\s|#[^\n]*\n)*item\s*:?\s*[{<]")
_STRANGE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
#: Longer lines are prose or data, not names.
_LONGEST_NAME = 1000
_MOST_NAMES = 100_000


def recognises_map(candidate: Candidate) -> bool:
    """Whether the text begins with an item of a label map."""
    return _ITEM.match(candidate.start) is not None


def read_map(candidate: Candidate) -> Entries:
    """The items of a label map; display names come before names, which may be codes."""
    _ = candidate.text  # Too large or no text at all is said first.
    found = Entries("TensorFlow label map")
    depth = 0
    item: Dict[str, str] = {}
    for event in events(candidate.source, "the label map"):
        if event.kind == START:
            depth += 1
            if depth == 1:
                item = {}
        elif event.kind == END:
            depth -= 1
            if depth == 0 and event.name == "item":
                found.add(item.get("id"), _name(item), None)
        elif event.kind == SCALAR and depth == 1:
            value = event.value
            text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
            item[event.name] = text
    return found


def _name(item: Dict[str, str]) -> Optional[str]:
    return item.get("display_name") or item.get("name") or None


def recognises_lines(candidate: Candidate) -> bool:
    """Whether it is plain text at all: what no other reader knows may be a list of names."""
    start = candidate.start
    return (
        bool(start.strip()) and not _STRANGE.search(start[:-1]) and start.lstrip()[0] not in "<{["
    )


def read_lines(candidate: Candidate) -> Entries:
    """One name a line."""
    lines = [line[:-1] if line.endswith("\r") else line for line in candidate.text.split("\n")]
    while lines and not lines[-1].strip():
        lines.pop()
    if len(lines) > _MOST_NAMES or any(len(line) > _LONGEST_NAME for line in lines):
        raise candidate.unknown(
            f"{quoted(candidate.name, 400)} is a text, but no list of class names: it has "
            f"{len(lines)} lines, the longest of {max(map(len, lines))} letters."
        )
    found = Entries("list of class names, one a line")
    for index, line in enumerate(lines):
        if line.strip() != NO_CLASS:
            found.add(index, line if line.strip() else None, None)
    return found
