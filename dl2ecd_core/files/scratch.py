"""A folder for as long as work lasts; what a killed run leaves of it, the next one removes."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Iterator, Optional

from ..findings.errors import ConversionRefused
from ..findings.wording import printable
from .output import is_full, refused, write_failure
from .strays import LOCK, lock, new_name, remove_strays
from .windows import followed


@contextmanager
def scratch_folder(parent: Path) -> Iterator[Path]:
    """A new folder in `parent`, for this user alone, gone with all that is in it afterwards.

    Raises
    ------
    OSError
        When it can't be made.

    Examples
    --------
    >>> with scratch_folder(Path(tempfile.gettempdir())) as folder:  # doctest: +SKIP
    ...     (folder / "a.model").write_bytes(b"model")
    """
    parent = Path(followed(parent))
    remove_strays(parent)
    folder = new_name(parent)
    handle: Optional[BinaryIO] = None
    try:
        while handle is None:
            # Named before it is made, so that no interruption can leave it behind.
            folder = new_name(parent)
            folder.mkdir(mode=0o700)
            handle = _locked(folder / LOCK)
        # The lock is not beside what is put there: its name is nobody's, and some look around.
        inside = folder / "files"
        inside.mkdir()
        yield inside
    finally:
        if handle is not None:
            handle.close()
        # What can't be removed now, the next run removes.
        shutil.rmtree(folder, ignore_errors=True)


def scratch_failure(error: OSError, what: str) -> ConversionRefused:
    """What it means that something can't be put into a folder for as long as work lasts.

    Parameters
    ----------
    what
        What it is, for the message: "a copy of the model".
    """
    # None when the system has no folder for them at all.
    place = tempfile.tempdir
    if place is None or not is_full(error):
        return write_failure(error, place or "folder for temporary files")
    return refused(
        "output-disk-full",
        f"There is no room for {what} in the folder for temporary files, "
        f"'{printable(place, 400)}'.",
        "Free some space there, or have TMPDIR (on Windows TEMP) name a folder on a larger disk. "
        "An older output was left as it was.",
        place,
    )


def _locked(path: Path) -> Optional[BinaryIO]:
    """A new file, locked; None when another run took its folder for a stray before that."""
    try:
        handle = path.open("xb")
    except FileNotFoundError:
        return None
    if lock(handle) and path.exists():
        return handle
    handle.close()
    return None
