"""Pickles of no known layout: named for what they are, with what loading them would import."""

from __future__ import annotations

from typing import Sequence, Tuple

from ...findings.errors import ModelFileError
from ...findings.wording import listed, quoted
from ...wire.pickle import new_budget, starts_as_pickle, walk_pickle
from ...wire.pickle_values import Walk, class_path
from ...wire.source import ByteSource
from ..description import ModelDescription
from ..formats import NONE_OF_THEM
from ..pickle_search import is_marked, pickles_of
from ..pickles import import_findings, refused_pickle
from ..pytorch.state_dict import is_module
from ..registry import Match
from .old_tar import is_old_tar, refuse_old_tar


class _Pickles(Tuple[Walk, ...]):
    """The walks over the pickles of a file, kept with it between recognising and reading."""


def recognise(source: ByteSource) -> Match:
    """Pickles of any protocol, or the tar archive of PyTorch's first versions."""
    if is_old_tar(source):
        return Match.SURE
    if not starts_as_pickle(source.read_up_to(0, 1)):
        return Match.NO
    walks = _pickles(source)
    if walks and not walks[0].broken:
        return Match.SURE
    return Match.MAYBE if walks or is_marked(source.read_up_to(0, 2)) else Match.NO


def _pickles(source: ByteSource) -> Tuple[Walk, ...]:
    known = source.known.get(_Pickles)
    if not isinstance(known, _Pickles):
        known = source.known[_Pickles] = _Pickles(pickles_of(source, new_budget()))
    return known


def read(source: ByteSource) -> ModelDescription:
    """Never a description: plain pickles tell no inputs and outputs.

    Raises
    ------
    ModelFileError
        ``model-unsupported`` with what the pickle would import; ``model-damaged`` when it is
        broken; ``model-not-recognised`` when it may be a text as well.
    """
    if is_old_tar(source):
        raise refuse_old_tar(source)
    walks = _pickles(source)
    marked = is_marked(source.read_up_to(0, 2))
    if walks and (marked or not walks[0].broken):
        raise refused_pickle(source, _kind(walks), walks)
    walk = walks[0] if walks else walk_pickle(source)
    if marked and walk.end > 2:
        raise source.damaged(walk.end, f"The file starts as a Python pickle, but {walk.problem}.")
    start = source.read_up_to(0, 8).hex(" ")
    imported = listed(item.path for item in walk.imports)
    raise ModelFileError(
        "model-not-recognised",
        f"'{source.name}' is not a model of a known format; it starts with the bytes {start}."
        + (f" Read as a Python pickle it imports {imported} and breaks off." if imported else ""),
        hint=NONE_OF_THEM,
        file=source.name,
        offset=0,
        further=import_findings(source, walks),
    )


def _kind(walks: Sequence[Walk]) -> str:
    """What a pickle holds, for a person."""
    walk = walks[0]
    modules = {item.module.partition(".")[0] for one in walks for item in one.imports}
    if modules & {"sklearn", "joblib", "xgboost", "lightgbm"}:
        return "a Python pickle of a scikit-learn-like model (perhaps written by joblib)"
    if is_module(walk.value):
        return "a Python pickle of a PyTorch module, not written by torch.save"
    path = class_path(walk.value)
    return f"a plain Python pickle of a {quoted(path)}" if path else "a plain Python pickle"
