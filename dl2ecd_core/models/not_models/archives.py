"""Zip archives that hold no model of a known format."""

from __future__ import annotations

from typing import List

from ...findings.errors import ModelFileError
from ...findings.wording import listed, printable
from ...wire.pickle import walk_pickle
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ...wire.zip import is_archive, open_archive
from ..description import ModelDescription
from ..pickles import not_walked, pickle_findings
from ..registry import Match

_MOST_PICKLES = 8


def recognise(source: ByteSource) -> Match:
    """Any zip archive; asked last."""
    return Match.MAYBE if is_archive(source) else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """Never a description.

    Raises
    ------
    ModelFileError
        What is wrong with the archive, or ``model-not-recognised`` with what it holds and what
        pickles in it would import.
    """
    archive = open_archive(source)
    walks: List[Walk] = []
    for name in archive.names():
        if name.endswith("/"):
            continue
        start = archive.read_up_to(name, 2)
        if start[:1] == b"\x80" and start[1:2] in (b"\2", b"\3", b"\4", b"\5"):
            if len(walks) == _MOST_PICKLES:
                walks.append(not_walked(_MOST_PICKLES))
                break
            walks.append(walk_pickle(archive.source(name)))
    names = archive.names()
    content = f"it holds {listed(names)}" if names else "it is empty"
    raise ModelFileError(
        "model-not-recognised",
        f"'{printable(source.name)}' is a zip archive, but no model of a known format: {content}.",
        hint="If the model lies in the archive, unpack it and give the model file itself.",
        file=source.name,
        offset=0,
        further=[
            item
            for item in (pickle_findings(source, walks) if walks else ())
            if item.rule != "pickle-known-globals"
        ],
    )
