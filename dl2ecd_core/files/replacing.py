"""Which existing files an output may replace: an earlier one of its kind, unless told otherwise."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Iterable, List, Optional, Tuple

from ..findings import Finding, Place
from ..findings.errors import ConversionRefused, Dl2EcdError, ModelFileError
from ..findings.rules import finding
from ..findings.wording import printable
from ..models.registry import Match, readers
from ..wire.source import ByteSource
from .output import check_target

_CLASS_INFORMATION = b'"ImportDeepLearningModelToEsriExtraInfo"'
#: Outputs of this project hold their source document: its mark alone says nothing there.
_OUR_OUTPUTS = (b'"EsriClassifierDefinitionFile"',)
_HEAD = 64 * 1024


@dataclass(frozen=True)
class OutputKind:
    """A kind of output file.

    Attributes
    ----------
    name
        For people, as in "not an earlier NAME".
    endings
        That its files' names may have, in lower case; the first is the usual one.
    is_earlier
        Whether the content of an existing file is that of an earlier output of this kind. It may
        raise :class:`~dl2ecd_core.findings.errors.Dl2EcdError` or OSError for one that can't be
        read.
    """

    name: str
    endings: Tuple[str, ...]
    is_earlier: Callable[[Path], bool]


#: Class information, which is somebody's work wherever it is: never replaced without being told.
DOCUMENT = OutputKind("class information document", (".json",), lambda path: False)


def check_replaceable(
    target: Path, kind: OutputKind, inputs: Iterable[Path] = (), *, overwrite: bool = False
) -> None:
    """Refuse a target of another kind's name, one that can't be written, and one that is precious.

    Parameters
    ----------
    overwrite
        Replace whatever file is there, unless it is an input.

    Raises
    ------
    ConversionRefused
        ``output-ending``, ``output-is-another-file``, or as
        :func:`~dl2ecd_core.files.output.check_target`.
    """
    check_target(target, inputs)
    findings: List[Finding] = []
    if not has_ending(target, kind.endings):
        findings.append(_wrong_ending(target, kind.endings))
    if not overwrite and not _may_go(target, kind):
        findings.append(_another_file(target, kind))
    if findings:
        raise ConversionRefused(findings)


def check_ending(target: Path, endings: Tuple[str, ...]) -> None:
    """Refuse a target whose name has none of these endings.

    Raises
    ------
    ConversionRefused
        ``output-ending``.
    """
    if not has_ending(target, endings):
        raise ConversionRefused([_wrong_ending(target, endings)])


def has_ending(target: Path, endings: Iterable[str]) -> bool:
    """Whether a name has one of these endings, and more than that."""
    name = target.name.lower()
    return any(name.endswith(ending) and name != ending for ending in endings)


def _wrong_ending(target: Path, endings: Tuple[str, ...]) -> Finding:
    """What to say of an output whose name ends otherwise."""
    said = " or ".join(endings)
    stem = target.name.split(".")[0] or "landcover"
    return finding(
        "output-ending",
        f"The output '{printable(str(target), 400)}' does not end in {said}, as its kind of file "
        "does.",
        hint=f"Name it, for example, '{printable(stem, 100)}{endings[0]}'.",
        where=Place(file=str(target)),
    )


def _another_file(target: Path, kind: OutputKind) -> Finding:
    precious = _precious_kind(target)
    what = f"is {precious}" if precious else f"is not an earlier {kind.name}"
    return finding(
        "output-is-another-file",
        f"The output '{printable(str(target), 400)}' exists and {what}: it is not replaced.",
        hint="Was an argument forgotten? Give the output another name, remove the file first, or "
        "have it replaced with --overwrite (in Python overwrite=True).",
        where=Place(file=str(target)),
    )


def _may_go(target: Path, kind: OutputKind) -> bool:
    """Whether nothing is lost with a file: there is none, it is empty, or an earlier output."""
    try:
        if not target.is_file() or target.stat().st_size == 0:
            return True
        return kind.is_earlier(target)
    except (OSError, Dl2EcdError):
        # What can't be read is nothing that can be told to be ours.
        return False


def _is_class_information(head: bytes) -> bool:
    """Whether a text is a document of its own: other files, such as models, may carry one."""
    text = head[len(BOM_UTF8) :] if head.startswith(BOM_UTF8) else head
    ours = any(mark in text for mark in _OUR_OUTPUTS)
    return text.lstrip().startswith(b"{") and _CLASS_INFORMATION in text and not ours


def _precious_kind(path: Path) -> Optional[str]:
    """What a file is, where nobody would want an output to take its place."""
    try:
        with ByteSource(path) as source:
            head = source.read_up_to(0, _HEAD)
            if b"\0" in head:
                sure = any(reader.recognise(source) is Match.SURE for reader in readers(head[:16]))
                return "a model" if sure else None
            if _is_class_information(head):
                return "a class information document"
    except ModelFileError:
        return None
    return None
