"""Opening files, and nothing but files: pipes, devices and folders are refused before they block.

Opening a pipe waits for its other end, a terminal or tape may act on being opened, and
``/dev/zero`` never ends. A path may come from a stranger's document, so what it leads to is asked
before it is opened, and once more afterwards.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import BinaryIO, Union

from .windows import followed

AnyPath = Union[str, "os.PathLike[str]"]


class NotPlainFile(OSError):
    """A folder, pipe, device, or a path that no file can have; ``strerror`` says which."""


def open_plain(path: AnyPath, *, buffering: int = 0) -> BinaryIO:
    """Open a file for reading; unbuffered unless told otherwise.

    Raises
    ------
    OSError
        :class:`NotPlainFile` for anything else than a file; else as :func:`open` raises it.

    Examples
    --------
    >>> open_plain("/dev/zero")  # doctest: +SKIP
    Traceback (most recent call last):
    dl2ecd_core.files.plain_files.NotPlainFile: [Errno 22] it is a device, not a file: '/dev/zero'
    """
    try:
        return open(followed(path), "rb", buffering=buffering, opener=_opener)
    except ValueError as error:
        raise NotPlainFile(
            errno.EINVAL, "its path has a character that no path can have", os.fspath(path)
        ) from error


def _opener(path: str, flags: int) -> int:
    _refuse_special(os.stat(path), path)  # noqa: PTH116
    # Between the question and the opening another file may have come into its place.
    handle = os.open(path, flags | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0))
    try:
        _refuse_special(os.fstat(handle), path)
    except NotPlainFile:
        os.close(handle)
        raise
    return handle


def _refuse_special(status: os.stat_result, path: str) -> None:
    mode = status.st_mode
    if stat.S_ISREG(mode):
        return
    if stat.S_ISDIR(mode):
        raise NotPlainFile(errno.EISDIR, "it is a folder", path)
    kind = "pipe" if stat.S_ISFIFO(mode) else "socket" if stat.S_ISSOCK(mode) else "device"
    raise NotPlainFile(errno.EINVAL, f"it is a {kind}, not a file", path)


def is_plain(path: AnyPath) -> bool:
    """Whether there is a file; False also for paths that are too long or make no sense."""
    return os.path.isfile(followed(path))  # noqa: PTH113


def is_folder(path: AnyPath) -> bool:
    """Whether there is a folder; False also for paths that are too long or make no sense."""
    return os.path.isdir(followed(path))  # noqa: PTH112
