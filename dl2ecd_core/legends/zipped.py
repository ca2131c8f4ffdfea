"""Packages that hold a definition or a project: Esri's .dlpk, QGIS's .qgz."""

from __future__ import annotations

from typing import Callable, List, Tuple

from ..findings.errors import ModelFileError
from ..findings.wording import listed
from ..packages import is_added
from ..wire.part import MemorySource
from ..wire.zip import Archive
from . import json_documents, qml
from .candidate import Candidate
from .entries import Entries

_READERS: Tuple[Tuple[str, str, Callable[[Candidate], Entries]], ...] = (
    (".emd", "deep learning package", json_documents.read),
    (".qgs", "QGIS project", qml.read),
)


def recognises(candidate: Candidate) -> bool:
    """Whether it is a ZIP archive with a definition or a project in it."""
    if not candidate.head.startswith(b"PK\x03\x04"):
        return False
    try:
        archive = Archive(candidate.source)
    except ModelFileError:
        return False
    return any(_of_kind(archive, ending) for ending, _, _ in _READERS)


def _of_kind(archive: Archive, ending: str) -> List[str]:
    return [
        name for name in archive.names() if name.lower().endswith(ending) and not is_added(name)
    ]


def read(candidate: Candidate) -> Entries:
    """The classes of the only definition or project inside."""
    archive = Archive(candidate.source)
    ending, kind, reader = next(one for one in _READERS if _of_kind(archive, one[0]))
    names = _of_kind(archive, ending)
    if len(names) > 1:
        raise candidate.no_classes(
            kind,
            f"holds {len(names)} files of its kind: {listed(names)}.",
            "Unpack it and give the one that is meant.",
        )
    part = MemorySource(candidate.source, names[0], 0, archive.read(names[0]))
    inside = Candidate(part, candidate.known)
    found = reader(inside)
    candidate.notes += inside.notes
    return found
