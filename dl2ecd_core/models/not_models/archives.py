"""Zip archives that hold no model of a known format."""

from __future__ import annotations

from ...findings.errors import ModelFileError
from ...findings.wording import listed, printable
from ...wire.source import ByteSource
from ...wire.zip import is_archive, open_archive
from ..description import ModelDescription
from ..pickle_search import archive_pickles, search_findings
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
    found = archive_pickles(archive, most=_MOST_PICKLES)
    names = archive.names()
    content = f"it holds {listed(names)}" if names else "it is empty"
    raise ModelFileError(
        "model-not-recognised",
        f"'{printable(source.name)}' is a zip archive, but no model of a known format: {content}.",
        hint="If the model lies in the archive, unpack it and give the model file itself.",
        file=source.name,
        offset=0,
        further=[
            item for item in search_findings(source, found) if item.rule != "pickle-known-globals"
        ],
    )
