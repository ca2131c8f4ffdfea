"""Writing an .ecd: streamed, so that memory does not grow with the model."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Mapping, Sequence, Tuple

from ..files.output import whole_file
from ..files.stamps import Stamp, Stamped, check_unchanged
from ..models import ModelPart
from ..progress import Listener
from .layout import Gap, laid_out
from .payload import Progress, pass_on

_DIGEST_LENGTH = 64


def write_ecd(
    target: Path,
    document: Mapping[str, object],
    parts: Sequence[Tuple[ModelPart, Stamp]],
    listener: Listener,
    inputs: Stamped = (),
) -> None:
    """Write a document and fill its gaps from the model's files.

    Every file is read once. Its digest stands before its bytes and is known only after them, so
    its place is kept free and filled in at the end.

    Parameters
    ----------
    document
        As :func:`~dl2ecd_core.ecd.document.build_document` makes it.
    parts
        The model's files in the document's order, with what they were when inspected.
    inputs
        What the document was made from, which must be the same when all is written.

    Raises
    ------
    ConversionRefused
        When the output can't be written or a file changed; an older output stays as it was.
    Cancelled
        When the listener says so.
    """
    progress = Progress(listener, sum(part.size for part, _ in parts))
    digest_places: Dict[int, int] = {}
    digests: Dict[int, str] = {}
    with whole_file(target) as output:
        for piece in laid_out(document):
            if isinstance(piece, str):
                output.write(piece.encode("ascii"))
            elif piece == Gap("digest", piece.file):
                digest_places[piece.file] = output.tell()
                output.write(b"0" * _DIGEST_LENGTH)
            else:
                part, stamp = parts[piece.file]
                digests[piece.file] = pass_on(part, stamp, progress, output.write)
        for index, place in digest_places.items():
            if index not in digests:
                part, stamp = parts[index]
                digests[index] = pass_on(part, stamp, progress)
            output.seek(place)
            output.write(digests[index].encode("ascii"))
        check_unchanged(inputs)
