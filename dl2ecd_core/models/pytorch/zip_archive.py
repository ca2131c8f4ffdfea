"""What torch.save writes since PyTorch 1.6: a zip archive of a pickle and raw storages.

Layout in PyTorch's source, torch/serialization.py (``_save``): ``<top>/data.pkl`` is the pickle,
``<top>/data/<key>`` the storages it names by persistent ids; the top folder has any name.
"""

from __future__ import annotations

from typing import Optional, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import counted, listed, printable
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ...wire.zip import LONGEST_UNPACKED, Archive, is_archive, open_archive
from ..description import ModelDescription
from ..pickle_search import Found, archive_pickles, walks_to_end
from ..pickles import import_findings
from ..registry import Match
from .saved import described
from .weights import storages_in

_DATA = "data.pkl"


def top_folder(archive: Archive) -> Optional[str]:
    """The folder of the pickle, with its slash; None when the archive has none.

    PyTorch takes the folder of the entry that is listed first, and looks for the others in it
    (``PyTorchStreamReader::init`` in caffe2/serialize/inline_container.cc).
    """
    names = archive.names()
    first, slash, _ = names[0].partition("/") if names else ("", "", "")
    for top in (first + slash if slash else "", ""):
        if find_record(archive, top + _DATA) is not None:
            return top
    for name in names:
        folder, slash, rest = name.partition("/")
        if slash and rest == _DATA:
            return folder + slash
    return None


def find_record(archive: Archive, name: str) -> Optional[str]:
    """The entry that PyTorch takes for a name: it does not tell A from a (``mz_zip_reader``)."""
    if name in archive:
        return name
    lower = name.lower()
    return next((item for item in archive.names() if item.lower() == lower), None)


def opened(source: ByteSource) -> Optional[Archive]:
    """The archive, if the file is one that can be opened."""
    if not is_archive(source):
        return None
    try:
        return open_archive(source)
    except ModelFileError:
        return None


def holds_script(source: ByteSource) -> Optional[bool]:
    """Whether PyTorch takes an archive with a data.pkl for TorchScript; None for any other file.

    As ``torch.load`` tells it (``_is_torchscript_zip``): by constants.pkl, and by nothing else.
    """
    archive = opened(source)
    top = None if archive is None else top_folder(archive)
    if archive is None or top is None:
        return None
    return f"{top}constants.pkl" in archive


def recognise(source: ByteSource) -> Match:
    """An archive with a data.pkl and no constants of code."""
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
    name = find_record(archive, top + _DATA) or top + _DATA
    walks = checked_walks(source, archive, name)
    _check_storages(source, archive, top, walks[0])
    return described(source, "pytorch-zip", walks[0], walks, other_pickles(archive, top, name))


def other_pickles(archive: Archive, top: str, *walked: str) -> Found:
    """The pickles beside those that PyTorch itself loads: nothing tells who else does."""

    def passed_over(name: str) -> bool:
        # Raw numbers, and where the code came from.
        raw = name.startswith((f"{top}data/", f"{top}constants/")) or name.endswith(".debug_pkl")
        return raw or name in walked

    return archive_pickles(archive, passed_over=passed_over)


def checked_walks(source: ByteSource, archive: Archive, name: str) -> Tuple[Walk, ...]:
    """The walk over a pickle in an archive, and over what follows it.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when the pickle is broken.
    """
    if archive.entry(name).size <= LONGEST_UNPACKED:
        archive.read(name)  # for its checksum
    walks = walks_to_end(archive.source(name))
    walk = walks[0]
    if walk.broken:
        error = source.damaged(
            archive.entry(name).header,
            f"The pickle {name!r} is broken: {printable(str(walk.problem))}.",
        )
        raise with_findings(error, source, walk)
    return walks


def with_findings(error: ModelFileError, source: ByteSource, walk: Walk) -> ModelFileError:
    """The same error, with what the pickle imports before it breaks."""
    item = error.finding
    return ModelFileError(
        item.rule,
        item.message,
        hint=item.hint,
        file=item.where.file,
        offset=item.where.offset,
        further=import_findings(source, [walk]),
    )


def _check_storages(source: ByteSource, archive: Archive, top: str, walk: Walk) -> None:
    """Every storage that the pickle names has to be there."""
    missing = sorted(key for key in storages_in(walk.value) if f"{top}data/{key}" not in archive)
    if missing:
        raise source.damaged(
            source.size,
            f"The archive lacks {counted(len(missing), 'tensor')} of the model: {listed(missing)}.",
        )
