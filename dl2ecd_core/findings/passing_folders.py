"""Findings about files in a folder that is gone in a moment, named as the person knows them."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from .finding import Finding
from .wording import harmless


def named_as_in(item: Finding, folder: Path, file: str) -> Finding:
    """A finding that names what lies in a folder as part of the file that it came out of.

    Parameters
    ----------
    folder
        Where the files lie for now; nobody is told of it.
    file
        What they came out of, as the person gave it.
    """
    place = item.where
    if place.file is not None and Path(place.file).is_relative_to(folder):
        inside = Path(place.file).relative_to(folder).as_posix()
        place = replace(place, file=f"{file}/{inside}")
    message, hint = item.message, item.hint
    for path in (str(folder), harmless(str(folder))):
        message, hint = (text.replace(f"{path}{os.sep}", "") for text in (message, hint))
    return replace(item, where=place, message=message, hint=hint)
