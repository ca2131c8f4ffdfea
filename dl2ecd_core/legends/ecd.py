"""Classes of a classifier definition (.ecd), whatever the size of the model in it."""

from __future__ import annotations

from ..ecd.reader import read_ecd
from ..findings.wording import quoted
from .candidate import Candidate
from .entries import Entries

_SIGNATURE = '"EsriClassifierDefinitionFile"'


def recognises(candidate: Candidate) -> bool:
    """Whether the signature is among the first keys, where every writer puts it."""
    return candidate.start.lstrip()[:1] == "{" and _SIGNATURE in candidate.start


def read(candidate: Candidate) -> Entries:
    """The classes of an .ecd."""
    found = Entries("classifier definition")
    ecd = read_ecd(candidate.path)
    found.definition.update(ecd.document)
    for item in ecd.classes:
        color = None if item.color is None else list(item.color)
        found.add_written(item.value, item.name or None, color)
    if not found.classes:
        raise candidate.unknown(f"{quoted(candidate.name, 400)} holds no classes.")
    return found
