"""Paths of the machine that a model was made on, in texts that its exporter left in it."""

from __future__ import annotations

import re
from typing import Optional

# A path that a person's or a build machine's files have; not a URL, not a tensor's name.
_LOCAL_PATH = re.compile(
    r"(?:^|[\s\"'=(:,;])("
    r"(?:/(?:home|Users|root|mnt|media|tmp|opt|usr|var|data|workspace|work|srv)/"
    r"[^\s\"'<>|:,;()]+)"
    r"|(?:[A-Za-z]:\\(?:[^\s\"'<>|:*?\\]+\\)+[^\s\"'<>|:*?\\]*)"
    r")"
)


def local_path_in(text: str) -> Optional[str]:
    """A path of the machine that the text was written on; None when there is none."""
    match = _LOCAL_PATH.search(text)
    return match.group(1) if match else None
