"""Several output files in one folder, which appear together or not at all.

All of them are written in a scratch folder beside their places and moved when the last one is
whole. Moving takes a moment and seldom fails; where it does, what was moved is taken back.
"""

from __future__ import annotations

import errno
import os
import shutil
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Dict, Iterable, Iterator, List, Optional, Sequence, Tuple

from ..findings.wording import printable
from .output import (
    check_no_input,
    hand_over,
    refused,
    sync_folder,
    whole_file,
    write_failure,
)
from .scratch import scratch_folder
from .windows import followed

#: Files that wait for the disk together.
_AT_A_TIME = 32
#: What to do where two outputs want one place.
_RENAME = "Rename the .ecd, or the output that is named after it."


def check_set(
    folder: Path, targets: Sequence[Path], inputs: Iterable[Path] = (), *, overwrite: bool = False
) -> None:
    """Refuse, before a byte is written, files that can't all come to lie in a folder.

    Parameters
    ----------
    folder
        What holds them, itself or in folders below; it need not be there yet.
    inputs
        Files that are read, which no output may replace.
    overwrite
        Let files be replaced that are there already; links never are.

    Raises
    ------
    ConversionRefused
        ``output-named-twice``, ``ecd-path-outside``, ``output-is-input`` or ``output-exists``.
    """
    check_apart(targets)
    read = list(inputs)
    for target in targets:
        check_inside(folder, target)
        check_no_input(target, read)
        check_free(target, overwrite=overwrite)


def check_apart(targets: Sequence[Path], hint: str = _RENAME) -> None:
    """Refuse names that are one on some system, or of which one needs the other as a folder.

    Windows and macOS tell neither case nor composition of letters apart.

    Parameters
    ----------
    hint
        What to do about them.
    """
    names: Dict[Tuple[str, ...], Path] = {}
    for target in targets:
        parts = tuple(_folded(part) for part in target.parts)
        other = names.setdefault(parts, target)
        if other is not target:
            raise _twice(target, other, hint)
    for parts, target in names.items():
        for length in range(1, len(parts)):
            other_file = names.get(parts[:length])
            if other_file is not None:
                raise _twice(target, other_file, hint)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _twice(target: Path, other: Path, hint: str) -> Exception:
    return refused(
        "output-named-twice",
        f"Two outputs want the same place: '{printable(str(other), 400)}' and "
        f"'{printable(str(target), 400)}' can't both be there on every system.",
        hint,
        target,
    )


def check_inside(folder: Path, target: Path) -> None:
    """Refuse a place that a link leads out of the folder."""
    inside, place = (Path(os.path.realpath(path)) for path in (folder, target.parent))
    if place != inside and inside not in place.parents:
        raise refused(
            "ecd-path-outside",
            f"'{printable(str(target), 400)}' would lie outside the folder, through a link.",
            "Give a folder without links in it.",
            target,
        )


def check_free(target: Path, *, overwrite: bool, what: str = "") -> None:
    """Refuse a place that is taken, unless the file in it is to be replaced.

    Parameters
    ----------
    what
        What is there, to be said of it: ``"is another file"``.
    """
    # A name that no file can have is said when it is written.
    if os.path.lexists(target) and (not overwrite or target.is_symlink()):
        raise refused(
            "output-exists",
            f"'{printable(str(target), 400)}' exists already{what and ' and '}{what}.",
            "Give another folder, or --overwrite to replace files (links are never followed).",
            target,
        )


class OutputSet:
    """Files that are written now and appear later, together."""

    def __init__(self, scratch: Path, made: List[Path]) -> None:
        self._scratch = scratch
        self._made = made
        self._written: List[Tuple[Path, Path]] = []
        self._moved: List[Tuple[Path, Optional[Path], bool]] = []

    @contextmanager
    def file(self, target: Path) -> Iterator[BinaryIO]:
        """A file to write that becomes `target` when the set is complete.

        Raises
        ------
        ConversionRefused
            When it can't be written.
        """
        written = self._scratch / f"new{len(self._written)}"
        try:
            with written.open("w+b") as handle:
                yield handle
                hand_over(handle, Path(followed(target)))
        except OSError as error:
            raise write_failure(error, target) from error
        self._written.append((written, target))

    def adopt(self, written: Path, target: Path) -> None:
        """A file that was written elsewhere on the same disk becomes `target`, too."""
        self._written.append((written, target))

    def place(self) -> None:
        """Move every file to its place; an exception leaves those moved so far to `take_back`."""
        _synchronise(self._written)
        for written, given in self._written:
            target = Path(followed(given))
            try:
                make_folder(target.parent, self._made)
                there = os.path.lexists(target)
                self._moved.append((target, self._kept(target) if there else None, there))
                _move(written, target)
            except OSError as error:
                raise write_failure(error, given) from error
        for folder in {target.parent for _, target in self._written}:
            sync_folder(folder)

    def _kept(self, target: Path) -> Optional[Path]:
        """A second name for the file that is about to be replaced, where the disk has such."""
        kept = self._scratch / f"old{len(self._moved)}"
        try:
            os.link(target, kept)
        except OSError:
            return None
        return kept

    def take_back(self) -> None:
        """Put what was replaced back, and take away what is new."""
        for target, kept, was_there in reversed(self._moved):
            with suppress(OSError):
                if kept is not None:
                    kept.replace(target)
                elif not was_there:
                    target.unlink()


def _synchronise(files: Sequence[Tuple[Path, Path]]) -> None:
    """Bring all files to the disk.

    Many at a time: a disk's journal takes those that wait together in one go, so that thousands
    take as long as some dozens one after the other.
    """
    with ThreadPoolExecutor(min(_AT_A_TIME, len(files) or 1)) as pool:
        for error, target in pool.map(_synchronised, files):
            if error is not None:
                raise write_failure(error, target) from error


def _synchronised(file: Tuple[Path, Path]) -> Tuple[Optional[OSError], Path]:
    written, target = file
    try:
        # Windows synchronises what is open for writing only.
        with written.open("r+b") as handle:
            os.fsync(handle.fileno())
    except OSError as error:
        return error, target
    return None, target


def _move(written: Path, target: Path) -> None:
    try:
        written.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # Another disk is mounted there, or a link leads to one.
        with written.open("rb") as source, whole_file(target) as output:
            shutil.copyfileobj(source, output)


@contextmanager
def output_set(folder: Path) -> Iterator[OutputSet]:
    """Files in a folder, or in folders below it, that appear when the block ends.

    `folder` and the folders that files need are made. Whatever ends the block early, nothing new
    is there afterwards, and what was there is as it was.

    Raises
    ------
    ConversionRefused
        When they can't be written.

    Examples
    --------
    >>> with output_set(Path("unpacked")) as outputs:  # doctest: +SKIP
    ...     with outputs.file(Path("unpacked/a.model")) as output:
    ...         output.write(b"model")
    """
    made: List[Path] = []
    try:
        try:
            make_folder(Path(followed(folder)), made)
            with scratch_folder(folder) as scratch:
                outputs = OutputSet(scratch, made)
                try:
                    yield outputs
                    outputs.place()
                except BaseException:
                    outputs.take_back()
                    raise
        except OSError as error:
            raise write_failure(error, folder) from error
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                # Folders into which someone else has put something meanwhile stay.
                path.rmdir()
        raise


def make_folder(folder: Path, made: List[Path]) -> None:
    """Make a folder with those above it, and put them on the list of what is new."""
    for path in (*reversed(folder.parents), folder):
        if not path.is_dir():
            path.mkdir(exist_ok=True)
            made.append(path)
