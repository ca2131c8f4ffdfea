"""Pickles and archives that somebody put into a .keras archive, where none belong."""

from __future__ import annotations

from typing import List, Tuple

from ...findings import Finding, Place
from ...findings.errors import ModelFileError
from ...findings.rules import finding
from ...findings.wording import quoted
from ...wire.pickle import walk_pickle
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ...wire.zip import Archive
from ...wire.zip_directory import LOCAL_HEADER
from ..pickles import pickle_findings

_MOST_ENTRIES = 2000
_LONGEST_UNPACKED = 8 * 1024 * 1024
_PICKLE_NAMES = (".pkl", ".pickle", ".joblib", ".pt", ".pth", ".bin", ".dill")


def hidden_pickles(source: ByteSource, archive: Archive) -> Tuple[Finding, ...]:
    """Findings about the pickles in an archive, those in archives within it included."""
    walks: List[Walk] = []
    unread: List[str] = []
    waiting: List[Archive] = [archive]
    left = _MOST_ENTRIES
    while waiting:
        inner = waiting.pop()
        for name in inner.names():
            entry = inner.entry(name)
            left -= 1
            if left < 0:
                unread.append(name)
                waiting.clear()
                break
            if entry.is_folder or not entry.size:
                continue
            try:
                start = inner.read_up_to(name, 4)
                # Whatever its name: PyTorch's .pt and .bin files are archives too.
                if start == LOCAL_HEADER:
                    waiting.append(Archive(inner.source(name, _LONGEST_UNPACKED)))
                elif _looks_pickled(name, start):
                    walks.append(walk_pickle(inner.source(name, _LONGEST_UNPACKED)))
            except ModelFileError:
                unread.append(name)
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
