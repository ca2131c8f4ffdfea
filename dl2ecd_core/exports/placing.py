"""Putting a model's files beside an export that names them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import List, Optional, Tuple

from ..ecd.content import Ecd, Kind
from ..ecd.extraction import sources
from ..ecd.payload import Progress
from ..ecd.stored import Embedded, StoredFile
from ..files.digests import sha256_of
from ..files.output import check_no_input
from ..files.output_set import OutputSet, check_apart, check_free, check_inside
from ..files.plain_files import is_plain
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
                    hint="Legends can be exported: clr, qml, sld, lyrx, aux-xml, csv, labels.",
                    where=Place(file=ecd.name),
                )
            ]
        )


def place_files(
    ecd: Ecd, target: Path, outputs: OutputSet, listener: Listener, *, overwrite: bool
) -> None:
    """Write the model's files beside the export `target`, unless they are there already.

    The places are those of an extraction: nothing leaves the folder through a link, and no two
    files are one on any system.

    Raises
    ------
    Dl2EcdError
        As :func:`~dl2ecd_core.files.output_set.check_set`, and ``output-exists`` when another file
        is in the place of one, before anything is written; or what is wrong with the files.
    """
    folder = target.parent
    places = [(item, folder.joinpath(*item.path.split("/"))) for item in ecd.files]
    missing: List[Tuple[StoredFile, Path]] = []
    check_apart([*(place for _, place in places), target])
    for item, place in places:
        check_inside(folder, place)
        what = _what_else(item, place) if os.path.lexists(place) else ""
        if what is not None:
            check_no_input(place, sources(ecd))
            check_free(place, overwrite=overwrite, what=what)
            missing.append((item, place))
    progress = Progress(listener, sum(item.size for item, _ in missing))
    for item, place in missing:
        with outputs.file(place) as output:
            for piece in item.chunks():
                output.write(piece)
                progress.advance(len(piece), f"Writing {printable(item.path)}")


def _what_else(item: StoredFile, place: Path) -> Optional[str]:
    """What is in the place of a model's file; None when it has the same bytes."""
    try:
        if (
            is_plain(place)
            and place.stat().st_size == item.size
            and (_is_its_source(item, place) or sha256_of(place) == digest_of(item))
        ):
            return None
    except OSError as error:
        return f"can't be read ({error.strerror})"
    return "is another file"


def _is_its_source(item: StoredFile, target: Path) -> bool:
    """Whether the file there is the very one that the .ecd refers to."""
    try:
        return not isinstance(item.source, Embedded) and target.samefile(item.source)
    except OSError:
        # The file it refers to is gone: a copy of it is known by its digest.
        return False


def digest_of(item: StoredFile) -> str:
    """A file's SHA-256: the stated one, else made by reading it."""
    if item.sha256 is not None:
        return item.sha256
    digest = hashlib.sha256()
    for piece in item.chunks():
        digest.update(piece)
    return digest.hexdigest()
