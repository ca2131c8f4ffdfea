"""The main job: a model and its class information become an .ecd."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Tuple

from .ecd.document import EMBEDDED, REFERENCED, build_document
from .ecd.payload import Stamp, changed, stamp
from .ecd.writer import write_ecd
from .errors import Cancelled, ConversionRefused
from .examination import AnyPath, Examination, examine
from .findings import Finding, Place, in_order, refusing
from .models import ModelDescription, ModelPart
from .output import check_target
from .progress import Listener
from .rules import finding

#: From this many embedded bytes on, a warning says what Esri's readers do with them.
_LARGE = 1 << 30


@dataclass(frozen=True)
class Conversion:
    """A finished conversion.

    Attributes
    ----------
    ecd
        The path that was written, as it was given; also what ``str()`` gives.
    findings
        Warnings and information; errors would have refused the conversion.
    """

    ecd: str
    findings: Tuple[Finding, ...]
    examination: Examination

    def __str__(self) -> str:
        return self.ecd

    def __fspath__(self) -> str:
        return self.ecd


def convert(
    model: AnyPath,
    class_info: AnyPath,
    ecd: AnyPath,
    *,
    storage: Optional[str] = None,
    strict: bool = False,
    messages: Optional[Listener] = None,
) -> Conversion:
    """Turn a deep-learning model and its class information into an .ecd.

    Parameters
    ----------
    model
        The model's file, or the folder of a format that is one.
    class_info
        The class information document (JSON).
    ecd
        Where to write; an existing file is replaced, whole or not at all.
    storage
        ``"embedded"`` or ``"referenced"``; by default what ModelStorage in the class information
        asks for, else embedded.
    strict
        Refuse for warnings too.
    messages
        Hears findings and progress, and may cancel.

    Raises
    ------
    ConversionRefused
        With all findings, when one of them is an error; nothing is written then.
    Cancelled
        When `messages` says so; nothing is written then.

    Examples
    --------
    >>> convert("landcover.model", "classes.json", "landcover.ecd")  # doctest: +SKIP
    """
    listener = messages if messages is not None else Listener()
    target = Path(ecd)
    before = _stamp_before(model)

    examination = examine(model, class_info)
    findings = list(examination.findings)
    findings += _check_storage(storage)
    storage = storage or examination.info.storage or EMBEDDED
    if examination.model is not None:
        findings += _check_size(examination.model, storage)
    inputs = [Path(class_info)]
    inputs += [part.location for part in examination.model.files] if examination.model else []
    findings += _check_target(target, inputs)

    findings = list(in_order(findings))
    for item in findings:
        listener.found(item)
    if refusing(findings, strict=strict) or examination.model is None:
        raise ConversionRefused(findings)
    if listener.cancelled():
        raise Cancelled

    document = build_document(examination.model, examination.info, target, storage)
    write_ecd(target, document, _unchanged(examination.model, before), listener)
    return Conversion(os.fspath(ecd), tuple(findings), examination)


def _stamp_before(model: AnyPath) -> Optional[Stamp]:
    """What the primary file is before it is inspected; None for a folder or a missing file."""
    try:
        return Stamp.of(Path(model).stat()) if Path(model).is_file() else None
    except OSError:
        return None


def _unchanged(model: ModelDescription, before: Optional[Stamp]) -> List[Tuple[ModelPart, Stamp]]:
    """The model's files with their stamps, refused when one is not the one inspected."""
    stamped = [(part, stamp(part.location)) for part in model.files]
    for part, now in stamped:
        if now.size != part.size:
            raise changed(part.location)
    if before is not None and before != stamped[0][1]:
        raise changed(stamped[0][0].location)
    return stamped


def _check_storage(storage: Optional[str]) -> List[Finding]:
    if storage in (None, EMBEDDED, REFERENCED):
        return []
    return [
        finding(
            "storage-unknown",
            f"The model can't be stored as {storage!r}.",
            hint="Use 'embedded' or 'referenced'.",
        )
    ]


def _check_size(model: ModelDescription, storage: str) -> List[Finding]:
    size = sum(part.size for part in model.files)
    if storage != EMBEDDED or size <= _LARGE:
        return []
    return [
        finding(
            "embedding-large",
            f"The model has {size / (1 << 30):.1f} GiB, and Esri's readers load the whole .ecd "
            "into memory, which takes several times as much.",
            hint='Ask for a referenced model (--reference, or "ModelStorage": "referenced" in '
            "the class information).",
            where=Place(file=str(model.primary.location.name)),
        )
    ]


def _check_target(target: Path, inputs: List[Path]) -> List[Finding]:
    try:
        check_target(target, inputs)
    except ConversionRefused as error:
        return list(error.findings)
    return []
