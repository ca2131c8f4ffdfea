"""The libtiff that comes with rasterio, which says on standard error that a disk is full.

GDAL says it, too, as an error that is caught; but what it calls to write has no file to report for,
and reports to a function that libtiff shares among all its files. That one is a process' own:
https://libtiff.gitlab.io/libtiff/functions/TIFFError.html .
"""

from __future__ import annotations

import ctypes
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterator, Optional

#: Where wheels keep the libraries that they bring, seen from the package, and how this one begins.
_FOLDERS = ("../rasterio.libs", ".dylibs")
_NAMES = ("libtiff*", "tiff*")


@contextmanager
def silent_libtiff() -> Iterator[None]:
    """Let it say nothing on standard error; an installation of another kind is left as it is."""
    handler = _handler()
    if handler is None:
        yield
        return
    before = handler(None)
    try:
        yield
    finally:
        handler(before)


@lru_cache(maxsize=1)
def _handler() -> Optional[Any]:
    """The function that changes what it reports to."""
    import rasterio

    package = Path(rasterio.__file__).parent
    for folder in _FOLDERS:
        for path in (one for name in _NAMES for one in (package / folder).glob(name)):
            try:
                found = ctypes.CDLL(str(path.resolve())).TIFFSetErrorHandler
            except (OSError, AttributeError):
                continue
            found.argtypes, found.restype = [ctypes.c_void_p], ctypes.c_void_p
            return found
    return None
