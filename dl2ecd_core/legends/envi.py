"""ENVI headers (.hdr) of classifications: class names, and colors as a lookup table.

https://www.nv5geospatialsoftware.com/docs/enviheaderfiles.html
"""

from __future__ import annotations

import re
from typing import Dict, List, Optional

from ..color import from_channels
from .candidate import Candidate
from .entries import Entries, Note, whole

_KIND = "ENVI header"
_FIELD = re.compile(
    r"^[ \t]*([A-Za-z][A-Za-z0-9 _]*?)[ \t]*=[ \t]*(\{[^}]*\}?|[^\n]*)", re.MULTILINE
)


def recognises(candidate: Candidate) -> bool:
    """Whether the first line is ENVI's."""
    return re.match(r"\s*ENVI\s*?\n", candidate.start.replace("\r", "\n")) is not None


def read(candidate: Candidate) -> Entries:
    """The classes of the header."""
    fields = _fields(candidate.text)
    names = _items(fields.get("class names"))
    if names is None:
        raise candidate.no_classes(
            _KIND,
            "is that of an image: it has no 'class names'.",
            "Give the header of the classified raster.",
        )
    found = Entries(_KIND)
    lookup = _items(fields.get("class lookup")) or []
    values = _items(fields.get("class values")) or []
    for place, name in enumerate(names):
        channels = lookup[3 * place : 3 * place + 3]
        color = from_channels(channels, fractions=False) if len(channels) == 3 else None
        if channels and color is None:
            found.unread.append(", ".join(channels))
        value: object = values[place] if len(values) == len(names) else place
        found.add(value, name or None, color)
    count = whole(fields.get("classes", str(len(names))))
    if count != len(names):
        found.notes.append(
            Note(
                "legend-entry-skipped",
                f"{{file}} says that there are {fields['classes']} classes, but names "
                f"{len(names)}.",
                "Look whether names with commas in them were parted.",
            )
        )
    return found


def _fields(text: str) -> Dict[str, str]:
    fields: Dict[str, str] = {}
    for match in _FIELD.finditer(text.replace("\r\n", "\n").replace("\r", "\n")):
        fields.setdefault(" ".join(match.group(1).lower().split()), match.group(2).strip())
    return fields


def _items(written: Optional[str]) -> Optional[List[str]]:
    """What stands between braces, parted by commas."""
    if written is None or not written.startswith("{"):
        return None
    inside = written.strip("{}").strip()
    return [" ".join(item.split()) for item in inside.split(",")] if inside else None
