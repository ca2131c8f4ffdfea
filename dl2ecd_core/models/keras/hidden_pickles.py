"""Pickles, arrays of objects and archives that somebody put into a .keras archive."""

from __future__ import annotations

from typing import Tuple

from ...findings import Finding
from ...wire.source import ByteSource
from ...wire.zip import Archive
from ..pickle_search import archive_pickles, search_findings


def hidden_pickles(source: ByteSource, archive: Archive) -> Tuple[Finding, ...]:
    """Findings about the pickles in an archive, where none belong."""
    return search_findings(source, archive_pickles(archive))
