"""What is different about files on Windows, in one place.

https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
"""

from __future__ import annotations

import ntpath
import os
from typing import Union

#: Asked each time, so that tests can have another system.
ON_WINDOWS = os.name == "nt"

#: From this length on a path needs the prefix: 260 with the end mark, less the longest name that
#: is put beside it (a temporary file's).
_LONG = 230
_PREFIX, _UNC = "\\\\?\\", "\\\\?\\UNC\\"


def on_windows() -> bool:
    """Whether files are those of Windows: no POSIX locks or owners, what is open can't go."""
    return ON_WINDOWS


def reachable(path: str) -> str:
    r"""A path that Windows follows also where it is beyond 260 characters.

    Parameters
    ----------
    path
        Absolute and normal, as ``realpath`` gives it, else it is left as it is: behind the prefix
        nothing is resolved any more.

    Examples
    --------
    >>> reachable("C:\\maps\\" + "n" * 300 + ".ecd")[:13]
    '\\\\?\\C:\\maps\\n'
    >>> reachable("C:\\maps\\landcover.ecd")
    'C:\\maps\\landcover.ecd'
    """
    if len(path) < _LONG or path.startswith(("\\\\?\\", "\\\\.\\")):
        return path
    drive, rest = ntpath.splitdrive(path)
    if not drive or not rest.startswith("\\") or ntpath.normpath(path) != path:
        return path
    if drive.startswith("\\\\"):
        return _UNC + path[2:]
    return _PREFIX + path


def followed(path: Union[str, os.PathLike[str]]) -> str:
    """A path as it is to be given to the system: on Windows one that it follows to its end."""
    text = os.fspath(path)
    if not on_windows() or not text:
        return text
    return reachable(os.path.abspath(text))  # noqa: PTH100
