"""Pickles and archives that somebody put into a .keras archive, where none belong."""

from __future__ import annotations

from typing import List, Tuple

from ...errors import ModelFileError
from ...findings import Finding, Place
from ...rules import finding
from ...wording import quoted
from ..pickles import pickle_findings
from ..wire.pickle import walk_pickle
from ..wire.pickle_values import Walk
from ..wire.source import ByteSource
from ..wire.zip import Archive, is_archive

_MOST_ENTRIES = 2000
_MOST_LEVELS = 3
_LONGEST_UNPACKED = 8 * 1024 * 1024
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".dill")


def hidden_pickles(source: ByteSource, archive: Archive) -> Tuple[Finding, ...]:
    """Findings about the pickles in an archive, those in archives within it included."""
    walks: List[Walk] = []
    unread: List[str] = []
    waiting: List[Tuple[Archive, int]] = [(archive, 1)]
    left = _MOST_ENTRIES
    while waiting:
        inner, level = waiting.pop()
        for name in inner.names():
            entry = inner.entry(name)
            left -= 1
            if entry.is_folder or not entry.size:
                continue
            try:
                if left < 0:
                    raise ValueError
                start = inner.read_up_to(name, 4)
                pickled = _looks_pickled(name, start)
                if not pickled and not start.startswith(b"PK\x03\x04"):
                    continue
                part = inner.source(name, _LONGEST_UNPACKED)
                if pickled:
                    walks.append(walk_pickle(part))
                elif is_archive(part) and level < _MOST_LEVELS:
                    waiting.append((Archive(part), level + 1))
                else:
                    raise ValueError
            except (ModelFileError, ValueError):
                unread.append(name)
                if left < 0:
                    waiting.clear()
                    break
    findings = list(pickle_findings(source, walks)) if walks else []
    if unread:
        findings.append(
            finding(
                "pickle-not-analysed",
                f"The entry {quoted(unread[0])} of the archive can't be looked into, so what it "
                "would do on loading can't be told.",
                hint="Load the model only if you know where it comes from.",
                where=Place(file=source.name),
            )
        )
    return tuple(findings)


def _looks_pickled(name: str, start: bytes) -> bool:
    # Protocols 2 and later begin with their number; older ones can only be told by their name.
    protocol = len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5
    return protocol or name.lower().endswith(_PICKLE_NAMES)
