"""Putting a model's files beside an export that names them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import List

from ..ecd.content import Ecd, Kind
from ..ecd.payload import Progress
from ..ecd.stored import Embedded, StoredFile
from ..files.output import refused, whole_file, write_failure
from ..files.plain_files import is_plain, open_plain
from ..findings import Place
from ..findings.errors import Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..progress import Listener


def require_model(ecd: Ecd, format_name: str) -> None:
    """Refuse definitions without a model, which classic classifiers have.

    Raises
    ------
    Dl2EcdError
        ``export-not-possible``.
    """
    if ecd.kind is not Kind.DEEP_LEARNING or not ecd.files:
        raise Dl2EcdError(
            [
                finding(
                    "export-not-possible",
                    f"{quoted(ecd.name, 400)} holds no deep-learning model, so there is nothing "
                    f"to write as {format_name}.",
                    hint="Legends can be exported: clr, qml, sld, lyrx, aux-xml, labels.",
                    where=Place(file=ecd.name),
                )
            ]
        )


def place_files(ecd: Ecd, folder: Path, listener: Listener, beside: Path) -> None:
    """Write the model's files into a folder, unless they are there already.

    Parameters
    ----------
    beside
        The export that is written after them, which must not take the place of one of them.

    Raises
    ------
    Dl2EcdError
        ``output-exists`` when another file is in the place of one, before anything is written;
        or what is wrong with the files.
    """
    missing: List[StoredFile] = []
    _refuse_same_place(ecd, folder, beside)
    for item in ecd.files:
        target = folder.joinpath(*item.path.split("/"))
        # A name that no file can have is said when it is written.
        if os.path.lexists(target):
            _refuse_another(item, target)
        else:
            missing.append(item)
    progress = Progress(listener, sum(item.size for item in missing))
    for item in missing:
        target = folder.joinpath(*item.path.split("/"))
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise write_failure(error, target) from error
        with whole_file(target) as output:
            for piece in item.chunks():
                output.write(piece)
                progress.advance(len(piece), f"Writing {printable(item.path)}")


def _refuse_same_place(ecd: Ecd, folder: Path, beside: Path) -> None:
    own = os.path.normcase(os.path.realpath(beside))
    for item in ecd.files:
        place = folder.joinpath(*item.path.split("/"))
        if os.path.normcase(os.path.realpath(place)) == own:
            raise refused(
                "output-is-input",
                f"The output '{printable(str(beside), 400)}' has the name of the model's file, "
                "which belongs in the same place.",
                "Choose another name for the output.",
                beside,
            )


def _refuse_another(item: StoredFile, target: Path) -> None:
    """Refuse what is there already unless it has the bytes of the model's file."""
    what = "is another file"
    try:
        if (
            is_plain(target)
            and target.stat().st_size == item.size
            and (_is_its_source(item, target) or _digest_of(target) == digest_of(item))
        ):
            return
    except OSError as error:
        what = f"can't be read ({error.strerror})"
    raise refused(
        "output-exists",
        f"'{printable(str(target), 400)}' exists already and {what}.",
        "Export into another folder.",
        target,
    )


def _is_its_source(item: StoredFile, target: Path) -> bool:
    """Whether the file there is the very one that the .ecd refers to."""
    try:
        return not isinstance(item.source, Embedded) and target.samefile(item.source)
    except OSError:
        # The file it refers to is gone: a copy of it is known by its digest.
        return False


def _digest_of(path: Path) -> str:
    digest = hashlib.sha256()
    with open_plain(path) as handle:
        while True:
            piece = handle.read(1 << 20)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)


def digest_of(item: StoredFile) -> str:
    """A file's SHA-256: the stated one, else made by reading it."""
    if item.sha256 is not None:
        return item.sha256
    digest = hashlib.sha256()
    for piece in item.chunks():
        digest.update(piece)
    return digest.hexdigest()
