"""Whether a file is still the one that was looked at."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Iterable, Sequence, Tuple, Union

from ..findings import Place
from ..findings.errors import ConversionRefused, ModelFileError
from ..findings.rules import finding
from ..findings.wording import printable
from .plain_files import is_plain
from .windows import followed

AnyPath = Union[str, "os.PathLike[str]"]


@dataclass(frozen=True)
class Stamp:
    """What tells that a file is still the one that was looked at.

    Attributes
    ----------
    modified
        Which any program may set back.
    changed
        When the system last saw a change of it, which no program can set back. Windows tells the
        time of creation instead: there a change that keeps size and time is not noticed.
    """

    size: int
    modified: int
    changed: int
    inode: int
    device: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """The stamp in a file's status."""
        return cls(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )


#: Files with what they were when they were looked at.
Stamped = Sequence[Tuple[Path, Stamp]]


def stamp(location: Path) -> Stamp:
    """The stamp of a file as it is now.

    Raises
    ------
    ModelFileError
        ``file-unreadable`` when it is gone or may not be looked at.
    """
    try:
        return Stamp.of(os.stat(followed(location)))  # noqa: PTH116
    except OSError as error:
        raise unreadable(location, error) from error


def stamps_before(paths: Iterable[AnyPath]) -> Stamped:
    """What files are before they are read; folders and missing files are left out."""
    found = []
    for path in map(Path, paths):
        try:
            if is_plain(path):
                found.append((path, stamp(path)))
        except ModelFileError:
            # Reading it will say why.
            continue
    return found


def check_unchanged(stamped: Stamped) -> None:
    """Refuse files that are no longer what they were.

    Raises
    ------
    ConversionRefused, ModelFileError
        ``file-changed``; ``file-unreadable`` when one is gone.
    """
    for path, before in stamped:
        if stamp(path) != before:
            raise changed(path, "file")


def changed(location: Path, what: str = "model file") -> ConversionRefused:
    """The refusal of a file that changed while it was used."""
    return ConversionRefused(
        [
            finding(
                "file-changed",
                f"The {what} '{printable(str(location), 400)}' changed while it was read.",
                hint="Wait until nothing writes to it any more and try again.",
                where=Place(file=str(location)),
            )
        ]
    )


def unreadable(location: Path, error: OSError) -> ModelFileError:
    """An error about a file that can't be read, for the caller to raise."""
    return ModelFileError(
        "file-unreadable",
        f"The model file '{printable(str(location), 400)}' can't be read: "
        f"{printable(error.strerror or str(error))}.",
        hint="Check that you may read it and that no other program holds it.",
        file=str(location),
    )
