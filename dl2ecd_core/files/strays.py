"""Temporary files and folders that killed runs left, told from those in use.

Whoever makes one holds a lock on it as long as it is in use: on the file itself, in a folder on a
file of that purpose. The system lets go of a killed process's locks.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO

from .plain_files import open_plain

#: The file in a temporary folder that is locked as long as the folder is in use.
LOCK = "lock"

# Short whatever the target is called, so that a target's name may be as long as the system allows.
_NAME = re.compile(r"\.dl2ecd-[0-9a-f]{16}\.tmp")

_WINDOWS = os.name == "nt"


def new_name(folder: Path) -> Path:
    """A name for a temporary file or folder in `folder`."""
    return folder / f".dl2ecd-{secrets.token_hex(8)}.tmp"


def lock(handle: BinaryIO) -> bool:
    """Mark a temporary file as in use; False when another run has it.

    On Windows an open file can't be removed, which does the same without a lock. Where the file
    system has no locks, strays can't be told from files in use and are left alone.
    """
    if _WINDOWS:
        return True
    import fcntl

    try:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
    return True


def _is_free(path: Path) -> bool:
    """Whether no run holds a temporary file."""
    if _WINDOWS:
        return True
    import fcntl

    with open_plain(path) as handle:
        try:
            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    return True


def remove_strays(folder: Path) -> None:
    """Remove what killed runs left in a folder; what is in use is left alone."""
    try:
        with os.scandir(folder) as entries:
            strays = [
                (Path(entry.path), entry.is_dir(follow_symlinks=False))
                for entry in entries
                if _NAME.fullmatch(entry.name)
                and (entry.is_file(follow_symlinks=False) or entry.is_dir(follow_symlinks=False))
            ]
    except OSError:
        # A folder that can be written but not listed: nothing to tidy.
        return
    for stray, is_folder in strays:
        try:
            if is_folder:
                _remove_folder(stray)
            elif _is_free(stray):
                stray.unlink()
        except OSError:
            # In use, someone else's, or gone already.
            continue


def _remove_folder(stray: Path) -> None:
    lock_file = stray / LOCK
    try:
        if not _is_free(lock_file):
            return
        # On Windows this fails as long as the folder is in use.
        lock_file.unlink()
    except FileNotFoundError:
        # Just made, and its maker finds that it is gone; or its removal was broken off.
        pass
    shutil.rmtree(stray)
