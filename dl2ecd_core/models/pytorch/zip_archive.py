"""What torch.save writes since PyTorch 1.6: a zip archive of a pickle and raw storages.

Layout in PyTorch's source, torch/serialization.py (``_save``): ``<top>/data.pkl`` is the pickle,
``<top>/data/<key>`` the storages it names by persistent ids; the top folder has any name.
"""

from __future__ import annotations

from typing import Optional

from ...findings.errors import ModelFileError
from ...findings.wording import counted, listed, printable
from ...wire.pickle import walk_pickle
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ...wire.zip import LONGEST_UNPACKED, Archive, is_archive, open_archive
from ..description import ModelDescription
from ..pickles import pickle_findings
from ..registry import Match
from .saved import described
from .weights import storages_in

_DATA = "data.pkl"


def top_folder(archive: Archive) -> Optional[str]:
    """The folder of the pickle, with its slash; None when the archive has none."""
    for name in archive.names():
        top, slash, rest = name.partition("/")
        if slash and rest == _DATA:
            return top + slash
    return "" if _DATA in archive else None


def opened(source: ByteSource) -> Optional[Archive]:
    """The archive, if the file is one that can be opened."""
    if not is_archive(source):
        return None
    try:
        return open_archive(source)
    except ModelFileError:
        return None


def holds_script(source: ByteSource) -> Optional[bool]:
    """Whether an archive with a data.pkl is TorchScript; None for any other file.

    Constants or byte code beside the data.pkl tell it from what torch.save wrote.
    """
    archive = opened(source)
    top = None if archive is None else top_folder(archive)
    if archive is None or top is None:
        return None
    return f"{top}constants.pkl" in archive or f"{top}bytecode.pkl" in archive


def recognise(source: ByteSource) -> Match:
    """An archive with a data.pkl and no code."""
    return Match.SURE if holds_script(source) is False else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """What the weights in the archive say about their network.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the pickle is broken or storages are missing.
    """
    archive = open_archive(source)
    top = top_folder(archive) or ""
    walk = checked_walk(source, archive, top + _DATA)
    _check_storages(source, archive, top, walk)
    return described(source, "pytorch-zip", walk, [walk])


def checked_walk(source: ByteSource, archive: Archive, name: str) -> Walk:
    """The walk over a pickle in an archive.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the pickle is broken.
    """
    if archive.entry(name).size <= LONGEST_UNPACKED:
        archive.read(name)  # for its checksum
    walk = walk_pickle(archive.source(name))
    if walk.broken:
        error = source.damaged(
            archive.entry(name).header,
            f"The pickle {name!r} is broken: {printable(str(walk.problem))}.",
        )
        raise with_findings(error, source, walk)
    return walk


def with_findings(error: ModelFileError, source: ByteSource, walk: Walk) -> ModelFileError:
    """The same error, with what the pickle imports before it breaks."""
    told = ("pickle-runs-code", "pickle-unlisted-globals")
    further = [item for item in pickle_findings(source, [walk]) if item.rule in told]
    item = error.finding
    return ModelFileError(
        item.rule,
        item.message,
        hint=item.hint,
        file=item.where.file,
        offset=item.where.offset,
        further=further,
    )


def _check_storages(source: ByteSource, archive: Archive, top: str, walk: Walk) -> None:
    """Every storage that the pickle names has to be there."""
    missing = sorted(key for key in storages_in(walk.value) if f"{top}data/{key}" not in archive)
    if missing:
        raise source.damaged(
            source.size,
            f"The archive lacks {counted(len(missing), 'tensor')} of the model: {listed(missing)}.",
        )
