"""The main job: a model and its class information become an .ecd."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

from .ecd.document import EMBEDDED, REFERENCED, build_document, relative_model_file
from .ecd.earlier import ECD
from .ecd.model_beside import check_model_file
from .ecd.paths import inside_path
from .ecd.writer import write_ecd
from .examination import AnyPath, Examination, examine
from .files.replacing import check_replaceable
from .files.stamps import Stamp, Stamped, changed, check_unchanged, stamp, stamps_before
from .findings import Finding, Place, in_order, refusing
from .findings.errors import Cancelled, ConversionRefused
from .findings.rules import finding
from .findings.wording import listed, printable
from .models import ModelDescription, ModelPart
from .progress import Listener

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
    examination: Examination = field(repr=False)

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
    overwrite: bool = False,
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
        Where to write; an earlier .ecd of this tool's is replaced, whole or not at all.
    storage
        ``"embedded"`` or ``"referenced"``; by default what ModelStorage in the class information
        asks for, else embedded.
    strict
        Refuse for warnings too.
    overwrite
        Replace whatever file is there, unless it is an input.
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
    before = stamps_before([model, class_info])
    examination = examine(model, class_info)
    return write_conversion(
        Inputs(examination, [Path(class_info)], before),
        ecd,
        storage=storage,
        strict=strict,
        overwrite=overwrite,
        listener=messages or Listener(),
    )


@dataclass(frozen=True)
class Inputs:
    """What a conversion is made from.

    Attributes
    ----------
    examination
        Of the model and its class information.
    paths
        Files that were read beside the model's, which the output must not replace.
    stamps
        What the files were before they were examined: the model's primary one and `paths`.
    model_file
        ModelFile, where it is not the path from the .ecd to the model.
    """

    examination: Examination
    paths: Sequence[Path]
    stamps: Stamped = ()
    model_file: Optional[str] = None


def write_conversion(
    inputs: Inputs,
    ecd: AnyPath,
    *,
    storage: Optional[str],
    strict: bool,
    overwrite: bool,
    listener: Listener,
) -> Conversion:
    """Write the .ecd of what was examined, unless a finding refuses that.

    Raises
    ------
    ConversionRefused, Cancelled
        As :func:`convert`.
    """
    target = Path(ecd)
    model, info = inputs.examination.model, inputs.examination.info
    findings = list(inputs.examination.findings)
    findings += _check_storage(storage)
    storage = storage or info.storage or EMBEDDED
    if model is not None:
        findings += _check_names(model)
        findings += _check_size(model, storage)
    used = [*inputs.paths, *(part.location for part in (model.files if model else ()))]
    findings += _check_target(target, used, overwrite)
    model_file = inputs.model_file
    if model is not None:
        model_file = model_file or relative_model_file(model, target)
        if storage == EMBEDDED and not refusing(findings):
            findings += check_model_file(target.parent, model_file, os.fspath(ecd))

    findings = list(in_order(findings))
    for item in findings:
        listener.found(item)
    if refusing(findings, strict=strict) or model is None or model_file is None:
        raise ConversionRefused(findings)
    if listener.cancelled():
        raise Cancelled

    document = build_document(model, info, model_file, storage)
    parts = _stamped(model)
    check_unchanged(inputs.stamps)
    write_ecd(target, document, parts, listener, inputs.stamps)
    return Conversion(os.fspath(ecd), tuple(findings), inputs.examination)


def _stamped(model: ModelDescription) -> List[Tuple[ModelPart, Stamp]]:
    """The model's files with their stamps, refused when one has another size than inspected."""
    stamped = [(part, stamp(part.location)) for part in model.files]
    for part, now in stamped:
        if now.size != part.size:
            raise changed(part.location)
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


def _check_names(model: ModelDescription) -> List[Finding]:
    """Names that an .ecd can't hold because some systems can't."""
    names = [part.path for part in model.files]
    folded = {name.casefold() for name in names}
    odd = [name for name in names if not inside_path(name)]
    if not odd and len(folded) == len(names):
        return []
    return [
        finding(
            "model-file-name",
            f"The model's files {listed(odd or names)} have names that Windows can't tell apart "
            "or can't hold: the .ecd could not be used there.",
            hint="Rename the model's file; leave out the characters < > : \" | ? * and \\.",
            where=Place(file=printable(str(model.primary.location), 400)),
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


def _check_target(target: Path, inputs: List[Path], overwrite: bool) -> List[Finding]:
    try:
        check_replaceable(target, ECD, inputs, overwrite=overwrite)
    except ConversionRefused as error:
        return list(error.findings)
    return []
