"""Paths that an .ecd may name: plain, relative, and harmless on every system."""

from __future__ import annotations

import re

# https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\..*)?$", re.IGNORECASE)
_FORBIDDEN = re.compile(r'[\x00-\x1f<>:"|?*\\]')

#: Longest path, in characters.
LONGEST = 1024


def inside_path(path: str) -> bool:
    """Whether a path stays in its folder on every system.

    Examples
    --------
    >>> inside_path("variables/variables.index"), inside_path("../secret"), inside_path("C:x")
    (True, False, False)
    """
    if len(path) > LONGEST or _FORBIDDEN.search(path):
        return False
    return all(_plain(part) for part in path.split("/"))


def _plain(part: str) -> bool:
    # Nothing before a slash is the system's root; '.' and '..' end with a dot as well.
    return part != "" and part[-1] not in " ." and not _RESERVED.match(part)
