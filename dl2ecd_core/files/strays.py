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
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Iterator, Optional

from .plain_files import open_plain
from .windows import on_windows

#: The file in a temporary folder that is locked as long as the folder is in use.
LOCK = "lock"

# Short whatever the target is called, so that a target's name may be as long as the system allows.
_NAME = re.compile(r"\.dl2ecd-[0-9a-f]{16}\.(tmp|old)")
#: The ending of a folder whose removal has begun.
_DEAD = ".old"


def new_name(folder: Path) -> Path:
    """A name for a temporary file or folder in `folder`."""
    return folder / f".dl2ecd-{secrets.token_hex(8)}.tmp"


def lock(handle: BinaryIO) -> bool:
    """Mark a temporary file as in use; False when another run has it.

    On Windows an open file can't be removed, which does the same without a lock for one that is
    new; :func:`held_alone` is for one that may be there already. Where the file system has no
    locks, strays can't be told from files in use and are left alone.
    """
    if on_windows():
        return True
    import fcntl

    try:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}
    return True


def held_alone(path: Path) -> Optional[BinaryIO]:
    """A file that stays, locked by one run at a time; None when another run has it.

    Raises
    ------
    OSError
        When it can't be made.
    """
    if not on_windows():
        handle = path.open("ab")
        if lock(handle):
            return handle
        handle.close()
        return None
    # What a killed run left can be removed, what is open can't; of two that make it, one is first.
    try:
        path.unlink()
    except FileNotFoundError:
        pass
    except PermissionError:
        return None
    try:
        return path.open("xb")
    except FileExistsError:
        return None


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Hold the lock of what no run uses, so that none takes it up before it is gone.

    Raises
    ------
    OSError
        When a run uses it, or there is no such file. On Windows using it shows when it is removed.
    """
    if on_windows():
        path.stat()
        yield
        return
    import fcntl

    with open_plain(path) as handle:
        fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield


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
            else:
                with _held(stray):
                    stray.unlink()
        except OSError:
            # In use, someone else's, or gone already.
            continue


def _remove_folder(stray: Path) -> None:
    """Remove a folder that no run uses: renamed first, which tells that it is to go for good."""
    dead = stray.with_suffix(_DEAD)
    if dead != stray:
        try:
            with _held(stray / LOCK):
                # On Windows this fails as long as the lock is open.
                stray.rename(dead)
        except FileNotFoundError:
            # Just made, and not locked yet: its maker makes another one.
            stray.rmdir()
            return
    shutil.rmtree(dead)
