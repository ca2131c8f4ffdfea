"""Output files that appear whole or not at all.

A temporary file in the target's folder is written, synchronised and then moved over the target.
If the process is killed, the temporary file stays behind unlocked, and the next run removes it.
A link is followed: the file it points to is replaced, the link stays.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Iterable, Iterator, Optional, Union

from ..findings import Place
from ..findings.errors import ConversionRefused
from ..findings.rules import finding
from ..findings.wording import printable
from .strays import lock, new_name, remove_strays
from .windows import followed, on_windows

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG} if hasattr(errno, "EDQUOT") else {errno.ENOSPC}

_MIB = 1 << 20
#: As the system says it, and as SQLite does.
_FULL_WORDS = ("no space left", "disk is full")


def refused(rule: str, message: str, hint: str, target: Union[str, Path]) -> ConversionRefused:
    """An error about the output, for the caller to raise."""
    return ConversionRefused([finding(rule, message, hint=hint, where=Place(file=str(target)))])


def check_target(target: Union[str, Path], inputs: Iterable[Path] = ()) -> None:
    """Refuse, before any work, a target that can't be written or is one of the inputs.

    Raises
    ------
    ConversionRefused
        ``output-is-folder``, ``output-folder-missing``, ``output-is-input`` or
        ``output-not-writable``.
    """
    shown = printable(str(target), 400)
    real = real_path(target)
    try:
        if real.is_dir():
            raise refused(
                "output-is-folder",
                f"The output '{shown}' is a folder.",
                "Give the name of a file in it.",
                target,
            )
        if not real.parent.is_dir():
            raise refused(
                "output-folder-missing",
                f"The folder of the output '{shown}' does not exist.",
                "Make the folder first, or choose another.",
                target,
            )
        check_no_input(real, inputs, shown)
        if not os.access(real.parent, os.W_OK):
            number = errno.EROFS if _is_read_only(real.parent) else errno.EACCES
            raise OSError(number, os.strerror(number))
        if real.exists() and not stat.S_ISREG(real.stat().st_mode):
            raise refused(
                "output-not-writable",
                f"The output '{shown}' is a device or pipe, not a file.",
                "Give the name of a file.",
                target,
            )
    except OSError as error:
        raise write_failure(error, target) from error


def _is_read_only(folder: Path) -> bool:
    """Whether nobody may write to a folder's file system, whoever asks."""
    if on_windows():
        return False
    return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)


def check_no_input(target: Path, inputs: Iterable[Path], shown: str = "") -> None:
    """Refuse a target that is one of the files that are read, under whatever name.

    Raises
    ------
    ConversionRefused
        ``output-is-input``.
    """
    for path in inputs:
        if _is_same(target, path):
            raise refused(
                "output-is-input",
                f"The output '{shown or printable(str(target), 400)}' is the input "
                f"'{printable(str(path), 400)}'.",
                "Choose another name for the output.",
                target,
            )


def _is_same(target: Path, path: Path) -> bool:
    try:
        return target.samefile(path)
    except (OSError, ValueError):
        # One of them is not there, or has a name that no file can have, which is said elsewhere.
        return False


def real_path(target: Union[str, Path]) -> Path:
    """The file that a target leads to, links followed."""
    return Path(followed(os.path.realpath(target)))


def is_full(error: Exception) -> bool:
    """Whether there was no room to write; GDAL and SQLite say so in words alone."""
    said = str(error).lower()
    return getattr(error, "errno", None) in _FULL or any(words in said for words in _FULL_WORDS)


def check_room(error: Exception, target: Union[str, Path], most: int, folder: Path) -> None:
    """Refuse where a library could not write, and there was no room, or probably none.

    Libraries tell of a full disk in words of their own, or of what came of it alone.

    Parameters
    ----------
    most
        Bytes that the output may take.
    folder
        On its disk.

    Raises
    ------
    ConversionRefused
        ``output-disk-full``.
    """
    if is_full(error):
        raise write_failure(OSError(errno.ENOSPC, str(error)), target) from error
    free = shutil.disk_usage(folder).free
    if free < most:
        raise refused(
            "output-disk-full",
            f"There is probably no room left to write '{printable(str(target), 400)}': it may take "
            f"{most / _MIB:,.1f} MiB, and {free / _MIB:,.1f} are free.",
            "Free some space or choose another disk. An older output was left as it was.",
            target,
        ) from error


def write_failure(error: OSError, target: Union[str, Path]) -> ConversionRefused:
    """What a failed write means, in a sentence."""
    shown = printable(str(target), 400)
    if error.errno in _FULL:
        return refused(
            "output-disk-full",
            f"There is no room left to write '{shown}'.",
            "Free some space or choose another disk. An older output was left as it was.",
            target,
        )
    if error.errno in {errno.ENOENT, errno.ENOTDIR}:
        return refused(
            "output-folder-missing",
            f"The folder of the output '{shown}' does not exist (any more).",
            "Make the folder first, or choose another.",
            target,
        )
    reason = printable(error.strerror or str(error))
    if error.errno == errno.EROFS:
        return refused(
            "output-not-writable",
            f"The output '{shown}' can't be written: {reason}.",
            "Nothing can be written to that disk: choose a folder on another one.",
            target,
        )
    return refused(
        "output-not-writable",
        f"The output '{shown}' can't be written: {reason}.",
        "Check the name, that you may write to its folder, and that no other program has the "
        "file open. An older output was left as it was.",
        target,
    )


@contextmanager
def whole_file(target: Union[str, Path]) -> Iterator[BinaryIO]:
    """A file to write that becomes `target` when the block ends without an exception.

    An existing target keeps its permissions and, where the system allows it, its owner.

    Raises
    ------
    ConversionRefused
        When it can't be written; the target is then as it was.

    Examples
    --------
    >>> with whole_file("map.clr") as output:  # doctest: +SKIP
    ...     output.write(b"1 0 0 255")
    """
    real = real_path(target)
    temporary: Optional[Path] = None
    try:
        remove_strays(real.parent)
        handle = None
        while handle is None:
            # Named before it is made, so that no interruption can leave it behind.
            temporary = new_name(real.parent)
            handle = _create(temporary)
        with handle:
            yield handle
            finish(handle, real)
            if not on_windows() and temporary is not None:
                # The lock goes with the handle: replace first, so that no other run takes the
                # finished file for a stray.
                temporary.replace(real)
                temporary = None
        if temporary is not None:
            temporary.replace(real)
            temporary = None
        sync_folder(real.parent)
    except OSError as error:
        raise write_failure(error, target) from error
    finally:
        if temporary is not None:
            try:
                temporary.unlink()
            except OSError:
                # Gone with its folder, or the next run removes it.
                pass


def _create(path: Path) -> Optional[BinaryIO]:
    """A new file, locked; None when another run took it for a stray before it was locked."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    # 0o666 less the umask, as for any new file.
    handle = os.fdopen(os.open(path, flags, 0o666), "w+b")
    if lock(handle) and path.exists():
        return handle
    handle.close()
    return None


def finish(handle: BinaryIO, target: Path) -> None:
    """Bring what was written to the disk, with the permissions of the file that it replaces."""
    hand_over(handle, target)
    os.fsync(handle.fileno())


def hand_over(handle: BinaryIO, target: Path) -> None:
    """Give what was written to the system, with the permissions of the file that it replaces."""
    handle.flush()
    _take_over_permissions(handle, target)


def _take_over_permissions(handle: BinaryIO, real: Path) -> None:
    try:
        old = real.stat()
    except (FileNotFoundError, NotADirectoryError):
        # Nothing is replaced; whether it can come to lie there shows when it is moved.
        return
    if on_windows():
        return
    new = os.fstat(handle.fileno())
    if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
        try:
            os.fchown(handle.fileno(), old.st_uid, old.st_gid)
        except OSError:
            # Only the superuser may give files away.
            pass
    os.fchmod(handle.fileno(), stat.S_IMODE(old.st_mode))


def sync_folder(folder: Path) -> None:
    """Make the move itself last through a power cut, where folders can be synchronised."""
    if on_windows():
        return
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(descriptor)
    except OSError:
        pass
    finally:
        os.close(descriptor)
