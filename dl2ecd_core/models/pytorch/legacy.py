"""What torch.save wrote before PyTorch 1.6, and still writes when asked to.

Layout in PyTorch's source, torch/serialization.py (``_legacy_save``): five pickles one after the
other (a magic number, a version, facts about the machine, the value, the keys of the storages),
then each storage as a u64 count and its raw elements.
"""

from __future__ import annotations

from typing import List, Optional

from ...findings.wording import printable, quoted
from ...wire.pickle import walk_pickle
from ...wire.pickle_values import Walk
from ...wire.source import ByteSource
from ..description import ModelDescription
from ..not_models.old_tar import is_tar
from ..registry import Match
from .saved import described
from .weights import ELEMENT_SIZES, storages_in
from .zip_archive import with_findings

# LONG1 with ten bytes: 0x1950a86a20f9469cfc6c.
_MAGIC = bytes.fromhex("8a0a6cfc9c46f9206aa85019")
_PARTS = (
    "the magic number",
    "the version",
    "the facts about the machine",
    "the model",
    "the list of storages",
)


def recognise(source: ByteSource) -> Match:
    """A pickle of PyTorch's magic number, in no tar archive: PyTorch asks for that first."""
    start = source.read_up_to(0, 32)
    return (
        Match.SURE if start[:1] == b"\x80" and _MAGIC in start and not is_tar(source) else Match.NO
    )


def read(source: ByteSource) -> ModelDescription:
    """What the weights in the file say about their network.

    Raises
    ------
    ModelFileError
        ``model-damaged`` when a pickle is broken or a storage is cut short.
    """
    walks: List[Walk] = []
    at = 0
    for part in _PARTS:
        walk = walk_pickle(source, at)
        if walk.broken:
            error = source.damaged(
                walk.end, f"The pickle with {part} is broken: {printable(str(walk.problem))}."
            )
            raise with_findings(error, source, walk)
        walks.append(walk)
        if walk.problem is not None and part != _PARTS[-1] and walk.value is None:
            # Where the next one begins is not known.
            return described(source, "pytorch-legacy", walk, walks)
        at = walk.end
    end = _end_of_storages(source, walks[3], walks[4].value, at)
    if end is None:
        walks.append(Walk(None, at, problem="it does not say where the numbers of its tensors end"))
    elif end != source.size:
        walks.append(Walk(None, end, problem="bytes follow the numbers of its tensors"))
    return described(source, "pytorch-legacy", walks[3], walks)


def _end_of_storages(source: ByteSource, walk: Walk, keys: object, at: int) -> Optional[int]:
    """Where the last storage ends; None when that is not known.

    Every storage has to lie in the file, with the size that the tensors expect.
    """
    if not isinstance(keys, list):
        raise source.damaged(at, "The list of storages is no list.")
    storages = storages_in(walk.value)
    for key in keys:
        name = str(key) if isinstance(key, (str, int)) else ""
        storage = storages.get(name)
        # Packed and untyped numbers count in bytes.
        size = ELEMENT_SIZES.get((storage and storage.data_type) or "", 1)
        (count,) = source.unpack("<Q", at, "the size of a storage")
        if storage is None or (storage.data_type is None and count != storage.elements):
            # Where the next one begins is not known.
            return None
        if count != storage.elements:
            raise source.damaged(
                at, f"Storage {quoted(name)} has {count} elements instead of {storage.elements}."
            )
        at += 8 + count * size
        if at > source.size:
            raise source.damaged(
                source.size, f"The file ends inside storage {quoted(name)} of the weights."
            )
    return at
