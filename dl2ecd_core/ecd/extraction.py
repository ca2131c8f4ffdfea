"""Getting the model's files out of an .ecd again, with an .ecd that fits their new place."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any, BinaryIO, Dict, Iterable, Iterator, List, Mapping, Optional, Tuple

from ..files.output_set import check_set, output_set
from ..findings import Finding, Place
from ..findings.errors import EcdFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..progress import Listener
from .content import Ecd, Kind
from .document import EMBEDDED
from .layout import Gap, laid_out
from .payload import Progress, encoded
from .reader import AnyEcd, AnyPath, read_if_path
from .scan import file_entries

#: Bytes turned to base64 at once; a multiple of 3, so that pieces join.
_PIECE = 768 * 1024


def extract(
    ecd: AnyEcd, folder: AnyPath, *, overwrite: bool = False, messages: Optional[Listener] = None
) -> Tuple[Path, ...]:
    """Write the model's files into a folder, and beside them the .ecd with a fitting ModelFile.

    Parameters
    ----------
    ecd
        That was read, or its path.
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
        ``output-exists``, or as :func:`~dl2ecd_core.files.output_set.check_set`, before anything is
        written; or when writing fails.

    Whatever ends it early, the folder is as it was.
    """
    ecd = read_if_path(ecd)
    listener = messages or Listener()
    folder = Path(folder)
    if ecd.kind is not Kind.DEEP_LEARNING or not ecd.files:
        raise EcdFileError([_nothing_inside(ecd)])
    targets = [folder / item.path for item in ecd.files]
    relinked = folder / Path(ecd.name).name
    check_set(folder, [*targets, relinked], sources(ecd), overwrite=overwrite)
    times = 2 if ecd.storage == EMBEDDED else 1
    progress = Progress(listener, times * sum(item.size for item in ecd.files))
    with output_set(folder) as outputs:
        for item, target in zip(ecd.files, targets):
            with outputs.file(target) as output:
                for piece in item.chunks():
                    output.write(piece)
                    progress.advance(len(piece), f"Extracting {printable(item.path)}")
        with outputs.file(relinked) as output:
            _write_relinked(ecd, output, relinked.name, progress)
    return (*targets, relinked)


def sources(ecd: Ecd) -> List[Path]:
    """The files that an .ecd's content is read from: itself, and those that it refers to."""
    return [Path(ecd.name), *(item.source for item in ecd.files if isinstance(item.source, Path))]


def _nothing_inside(ecd: Ecd) -> Finding:
    return finding(
        "ecd-not-valid",
        f"{quoted(ecd.name, 400)} holds no model: it is a {ecd.kind.value} definition.",
        where=Place(file=ecd.name),
    )


def _write_relinked(ecd: Ecd, output: BinaryIO, name: str, progress: Progress) -> None:
    """The same document with another ModelFile; embedded bytes are passed on, never held."""
    document = dict(ecd.document)
    document["ModelFile"] = ecd.files[0].path
    for piece in laid_out(with_gaps(document, ecd.storage == EMBEDDED)):
        if isinstance(piece, str):
            output.write(piece.encode("ascii"))
            continue
        item = ecd.files[piece.file]
        for data in in_pieces(item.chunks()):
            output.write(encoded(data))
            progress.advance(len(data), f"Writing {printable(name)}")


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
