"""Getting the model's files out of an .ecd again, with an .ecd that fits their new place."""

from __future__ import annotations

import copy
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from ..files.output import refused, whole_file, write_failure
from ..findings import Finding, Place
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..progress import Listener
from .content import Ecd, Kind
from .document import EMBEDDED
from .layout import Gap, laid_out
from .payload import Progress, encoded
from .scan import file_entries

#: Bytes turned to base64 at once; a multiple of 3, so that pieces join.
_PIECE = 768 * 1024


def extract(
    ecd: Ecd, folder: Path, *, overwrite: bool = False, messages: Optional[Listener] = None
) -> Tuple[Path, ...]:
    """Write the model's files into a folder, and beside them the .ecd with a fitting ModelFile.

    Parameters
    ----------
    folder
        Made if it is not there; nothing is ever written outside it.
    overwrite
        Replace files that are there already.

    Returns
    -------
    tuple of Path
        What was written: the model's files, then the .ecd.

    Raises
    ------
    EcdFileError
        When a file is missing or damaged.
    ConversionRefused
        ``output-exists`` before anything is written, or when writing fails.

    Whatever ends it early, files and folders that were not there before are taken away again.
    """
    listener = messages or Listener()
    if ecd.kind is not Kind.DEEP_LEARNING or not ecd.files:
        raise EcdFileError([_nothing_inside(ecd)])
    targets = [folder / item.path for item in ecd.files]
    relinked = folder / Path(ecd.name).name
    times = 2 if ecd.storage == EMBEDDED else 1
    progress = Progress(listener, times * sum(item.size for item in ecd.files))
    with _new_paths() as new:
        _make(folder, new)
        for target in [*targets, relinked]:
            _check_free(folder, target, overwrite)
        for item, target in zip(ecd.files, targets):
            _make(target.parent, new)
            if not os.path.lexists(target):
                new.append(target)
            with whole_file(target) as output:
                for piece in item.chunks():
                    output.write(piece)
                    progress.advance(len(piece), f"Extracting {printable(item.path)}")
        _write_relinked(ecd, relinked, progress)
    return (*targets, relinked)


@contextmanager
def _new_paths() -> Iterator[List[Path]]:
    """A list for what is made on the way; an exception takes it away again."""
    new: List[Path] = []
    try:
        yield new
    except BaseException:
        for path in reversed(new):
            with suppress(OSError):
                # Folders into which someone else has put something meanwhile stay.
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink()
        raise


def _nothing_inside(ecd: Ecd) -> Finding:
    return finding(
        "ecd-not-valid",
        f"{quoted(ecd.name, 400)} holds no model: it is a {ecd.kind.value} definition.",
        where=Place(file=ecd.name),
    )


def _make(folder: Path, new: List[Path]) -> None:
    """Make a folder with those above it, and put them on the list of what is new."""
    try:
        for path in (*reversed(folder.parents), folder):
            if not path.is_dir():
                path.mkdir(exist_ok=True)
                new.append(path)
    except OSError as error:
        raise write_failure(error, folder) from error


def _check_free(folder: Path, target: Path, overwrite: bool) -> None:
    """Refuse a place that is taken, or that a link in the folder leads out of it."""
    inside = folder.resolve()
    if inside not in target.parent.resolve().parents and target.parent.resolve() != inside:
        raise refused(
            "ecd-path-outside",
            f"'{printable(str(target), 400)}' would lie outside the folder, through a link.",
            "Give a folder without links in it.",
            target,
        )
    # A name that no file can have is said when it is written.
    if os.path.lexists(target) and (not overwrite or target.is_symlink()):
        raise refused(
            "output-exists",
            f"'{printable(str(target), 400)}' exists already.",
            "Give another folder, or --overwrite to replace files (links are never followed).",
            target,
        )


def _write_relinked(ecd: Ecd, target: Path, progress: Progress) -> None:
    """The same document with another ModelFile; embedded bytes are passed on, never held."""
    document = dict(ecd.document)
    document["ModelFile"] = ecd.files[0].path
    with whole_file(target) as output:
        for piece in laid_out(with_gaps(document, ecd.storage == EMBEDDED)):
            if isinstance(piece, str):
                output.write(piece.encode("ascii"))
                continue
            item = ecd.files[piece.file]
            for data in in_pieces(item.chunks()):
                output.write(encoded(data))
                progress.advance(len(data), f"Writing {printable(target.name)}")


def with_gaps(document: Mapping[str, Any], embedded: bool) -> Dict[str, Any]:
    """A document that was read, with gaps where the files' bytes belong."""
    whole = copy.deepcopy(dict(document))
    if embedded:
        for index, entry in enumerate(file_entries(whole)):
            entry["Data"] = Gap("data", index)
    return whole


def in_pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces whose base64 joins without padding."""
    left = b""
    for chunk in chunks:
        left += chunk
        end = len(left) // _PIECE * _PIECE
        if end:
            yield left[:end]
            left = left[end:]
    yield left
