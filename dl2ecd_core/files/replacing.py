"""Which existing files an output may replace: not the ones that a forgotten argument points at."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Optional

from ..findings.errors import ModelFileError
from ..findings.wording import printable
from ..models.registry import Match, readers
from ..wire.source import ByteSource
from .output import check_target, refused

_CLASS_INFORMATION = b'"ImportDeepLearningModelToEsriExtraInfo"'
#: Outputs of this project hold their source document: its mark alone says nothing there.
_OUR_OUTPUTS = (b'"EsriClassifierDefinitionFile"',)
_HEAD = 64 * 1024


def check_replaceable(target: Path, inputs: Iterable[Path] = ()) -> None:
    """Refuse a target that can't be written, is an input, or is a model or class information.

    Raises
    ------
    ConversionRefused
        ``output-is-another-file``, or as :func:`~dl2ecd_core.files.output.check_target`.
    """
    check_target(target, inputs)
    kind = _valuable_kind(target)
    if kind is not None:
        raise refused(
            "output-is-another-file",
            f"The output '{printable(str(target), 400)}' exists and is {kind}: it is not replaced.",
            "Was an argument forgotten? Give the output another name, or remove the file first.",
            target,
        )


def _valuable_kind(path: Path) -> Optional[str]:
    """What a file is, where nobody would want an output to take its place."""
    if not path.is_file():
        return None
    try:
        with ByteSource(path) as source:
            head = source.read_up_to(0, _HEAD)
            if _CLASS_INFORMATION in head and not any(mark in head for mark in _OUR_OUTPUTS):
                return "a class information document"
            if b"\0" in head and any(
                reader.recognise(source) is Match.SURE for reader in readers(head[:16])
            ):
                return "a model"
    except ModelFileError:
        # It can't be read: whether it can be replaced shows when it is written.
        return None
    return None
