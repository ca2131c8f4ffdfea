"""Telling an .ecd that this tool wrote from one that a person trained or wrote by hand."""

from __future__ import annotations

import re
from pathlib import Path

from ..files.plain_files import open_plain
from ..files.replacing import OutputKind
from .document import SIGNATURE
from .scan import scan

_HEAD = 64 * 1024
#: As the document is laid out, and before its embedded bytes: true of one cut short as well.
_OURS = re.compile(rb'"Generator": \{"Name": "dl2ecd"')


def is_ours(path: Path) -> bool:
    """Whether a file is an .ecd that this tool wrote, whole or not.

    Classifiers trained elsewhere, which share the extension, are not: they may be the only copy.

    Raises
    ------
    EcdFileError, OSError
        When it can't be read.
    """
    with open_plain(path, buffering=-1) as file:
        head = file.read(_HEAD)
    if f'"{SIGNATURE}"'.encode() not in head:
        return False
    if _OURS.search(head):
        return True
    # Behind many classes it stands further down.
    generator = scan(path, str(path)).document.get("Generator")
    return isinstance(generator, dict) and generator.get("Name") == "dl2ecd"


ECD = OutputKind(".ecd that this tool wrote", (".ecd",), is_ours)
