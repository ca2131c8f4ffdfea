"""Whether an .ecd is still what it was made as."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any, List, Mapping, Optional, Tuple

from ..files.scratch import scratch_folder
from ..findings import Finding, Place, errors_in
from ..findings.errors import Cancelled, EcdFileError, ModelFileError
from ..findings.rules import finding
from ..findings.wording import printable, quoted
from ..models import ModelDescription, inspect_model
from ..progress import Listener
from .agreement import schema_findings
from .content import Ecd, Kind
from .document import model_section
from .model_beside import check_model_beside
from .reader import AnyPath, examine_ecd
from .scan import scan
from .stored import StoredFile


def verify_ecd(
    path: AnyPath, messages: Optional[Listener] = None
) -> Tuple[Optional[Ecd], Tuple[Finding, ...]]:
    """Check an .ecd: schema, vocabularies, every file's size and digest, and the model itself.

    Returns
    -------
    tuple
        The .ecd as far as it could be read, and everything that is wrong with it.
    """
    ecd, found = examine_ecd(path)
    if ecd is None or ecd.kind is not Kind.DEEP_LEARNING:
        return ecd, found
    findings: List[Finding] = list(found)
    findings += schema_findings(scan(Path(path), ecd.name).document, ecd.name)
    if not errors_in(findings):
        findings += _verify_files(ecd, messages or Listener())
        findings += check_model_beside(ecd)
    return ecd, tuple(findings)


def _verify_files(ecd: Ecd, listener: Listener) -> List[Finding]:
    """Read all files once: a copy serves to inspect the model, which may need them together."""
    findings: List[Finding] = []
    total = sum(item.size for item in ecd.files)
    done = 0
    try:
        with scratch_folder(Path(tempfile.gettempdir())) as folder:
            for item in ecd.files:
                try:
                    done = _copy(item, folder, listener, done, total)
                except EcdFileError as error:
                    findings += error.findings
            return findings or _verify_model(ecd, folder / ecd.files[0].path)
    except OSError as error:
        return [*findings, _no_room(ecd, error)]


#: What a reader concludes about a tensor, each version as well as it can.
_CONCLUDED = frozenset({"Axes", "Evidence", "Content"})


def _copy(item: StoredFile, folder: Path, listener: Listener, done: int, total: int) -> int:
    target = folder / item.path
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as copy:
        for piece in item.chunks():
            copy.write(piece)
            done += len(piece)
            listener.progressed(done, total, f"Verifying {printable(item.path)}")
            if listener.cancelled():
                raise Cancelled
    return done


def _no_room(ecd: Ecd, error: OSError) -> Finding:
    reason = printable(error.strerror or str(error))
    # None when the system has no folder for them at all.
    place = tempfile.tempdir
    return finding(
        "output-disk-full",
        f"The model can't be unpacked to look at it: {reason}.",
        hint="Free some space in "
        + ("the folder for temporary files." if place is None else f"{quoted(place, 400)}."),
        where=Place(file=ecd.name),
    )


def _verify_model(ecd: Ecd, primary: Path) -> List[Finding]:
    try:
        description = inspect_model(primary)
    except ModelFileError as error:
        # The copy's place means nothing to anybody.
        said = error.finding.message.replace(str(primary), ecd.files[0].path)
        return [_differs(ecd, f"it can't be read any more ({said})")]
    return [_differs(ecd, what) for what in _differences(ecd.model, description)]


def _differences(stated: Mapping[str, Any], description: ModelDescription) -> List[str]:
    """Where the .ecd and the model contradict each other.

    What only one of them says is no contradiction: readers learn, and an .ecd may be older.
    """
    actual = model_section(description)
    different = []
    for key in ("Format", "Parameters", "Inputs", "Outputs"):
        if not _agree(stated.get(key), actual[key]):
            different.append(f"{key} is {_short(actual[key])}, the .ecd says {_short(stated[key])}")
    return different


def _agree(stated: object, actual: object) -> bool:
    """Whether two statements may both be true; None and nothing at all are no statements."""
    if stated in (None, []) or actual in (None, []):
        return True
    if isinstance(stated, list) and isinstance(actual, list):
        return len(stated) == len(actual) and all(map(_agree, stated, actual))
    if isinstance(stated, Mapping) and isinstance(actual, Mapping):
        return all(_agree(stated.get(key), actual[key]) for key in actual if key not in _CONCLUDED)
    return stated == actual


def _short(value: object) -> str:
    return printable(json.dumps(value, ensure_ascii=False), 160)


def _differs(ecd: Ecd, what: str) -> Finding:
    return finding(
        "ecd-model-differs",
        f"The model does not say what the .ecd says of it: {what}.",
        hint="Convert the model anew if it is the right one.",
        where=Place(file=ecd.name, path="$.Definitions[0].Model"),
    )
