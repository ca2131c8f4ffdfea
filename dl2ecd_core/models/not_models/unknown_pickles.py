"""Pickles of no known layout: named for what they are, with what loading them would import."""

from __future__ import annotations

from ...findings.errors import ModelFileError
from ...findings.wording import quoted
from ...wire.pickle import walk_pickle
from ...wire.pickle_values import Walk, class_path
from ...wire.source import ByteSource
from ..description import ModelDescription
from ..pickles import refused_pickle
from ..pytorch.state_dict import is_module
from ..registry import Match

_OLD_TORCH = (b"pickle", b"storages", b"tensors", b"sys_info")


def recognise(source: ByteSource) -> Match:
    """The start of a pickle, or of the tar archive of PyTorch's first versions."""
    start = source.read_up_to(0, 512)
    if start[:1] == b"\x80" and start[1:2] in (b"\1", b"\2", b"\3", b"\4", b"\5"):
        return Match.MAYBE
    if start[257:262] == b"ustar" and start[:100].rstrip(b"\0") in _OLD_TORCH:
        return Match.SURE
    # Protocol 0 has no mark; only a walk to the end tells it from text.
    return Match.MAYBE if start[:1] in (b"(", b"c", b"]", b"}") else Match.NO


def read(source: ByteSource) -> ModelDescription:
    """Never a description: plain pickles tell no inputs and outputs.

    Raises
    ------
    ModelFileError
        ``model-unsupported`` with what the pickle would import; ``model-damaged`` when it is
        broken.
    """
    if source.read_up_to(0, 262)[257:] == b"ustar":
        raise ModelFileError(
            "model-unsupported",
            f"'{source.name}' is a tar archive of a PyTorch before 0.1.10.",
            hint="Load it with PyTorch and save it again with torch.save.",
            file=source.name,
        )
    walk = walk_pickle(source)
    if walk.broken and not any(item.is_plausible for item in walk.imports):
        if source.read(0, 1) == b"\x80" and walk.end > 2:
            raise source.damaged(
                walk.end, f"The file starts as a Python pickle, but {walk.problem}."
            )
        raise ModelFileError(
            "model-not-recognised",
            f"'{source.name}' is not a model of a known format; it starts with the bytes "
            f"{source.read_up_to(0, 8).hex(' ')}.",
            hint="Known formats are listed in the README. Export the model again, or convert it "
            "to ONNX.",
            file=source.name,
            offset=0,
        )
    raise refused_pickle(source, _kind(walk), [walk])


def _kind(walk: Walk) -> str:
    """What a pickle holds, for a person."""
    modules = {item.module.partition(".")[0] for item in walk.imports}
    if modules & {"sklearn", "joblib", "xgboost", "lightgbm"}:
        return "a Python pickle of a scikit-learn-like model (perhaps written by joblib)"
    if is_module(walk.value):
        return "a Python pickle of a PyTorch module, not written by torch.save"
    path = class_path(walk.value)
    return f"a plain Python pickle of a {quoted(path)}" if path else "a plain Python pickle"
