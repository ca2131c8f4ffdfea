"""What a file's bytes are, in 64 digits."""

from __future__ import annotations

import hashlib
from pathlib import Path

from .plain_files import open_plain

_PIECE = 1 << 20


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, read in pieces.

    Raises
    ------
    OSError
        When it can't be read.
    """
    digest = hashlib.sha256()
    with open_plain(path) as handle:
        while True:
            piece = handle.read(_PIECE)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)
