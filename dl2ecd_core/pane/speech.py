"""Findings as the pane says them: the rule in brackets, the sentence, what to do, where."""

from __future__ import annotations

from pathlib import PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING, List, Sequence

from ..findings import Finding, Place, Severity
from ..findings.wording import printable, quoted, shape_text

if TYPE_CHECKING:
    from ..models.description import ModelDescription, Tensor

#: Longer lists are cut in a parameter's tooltip, which can't be scrolled.
MOST_LINES = 40

#: Said of a file that takes longer to read than a dialog may wait.
NOT_YET_CHECKED = (
    "Not checked yet: that takes longer now than the dialog waits. The run checks all of "
    "it before anything is written; changing any parameter looks again."
)

#: Said when only the comparison is outstanding.
NOT_YET_COMPARED = (
    "Not yet compared with the model, which takes longer to read than the dialog waits. The run "
    "compares them before anything is written."
)

CANCELLED = "Cancelled. Nothing was written; an output from before is as it was."


def sentence(finding: Finding) -> str:
    """One finding on one line.

    Examples
    --------
    >>> from dl2ecd_core.findings.rules import finding
    >>> place = Place(file="c:/test/classInfo.json", line=3, column=9)
    >>> sentence(finding("class-name-empty", "A class has no name.", where=place))
    '[class-name-empty] A class has no name. (classInfo.json, line 3, column 9)'
    """
    words = [f"[{finding.rule}]", finding.message]
    if finding.hint:
        words.append(finding.hint)
    place = place_text(finding.where)
    if place:
        words.append(f"({place})")
    return " ".join(words)


def place_text(place: Place) -> str:
    """Where something is, with the bare name of the file: the pane shows the path itself."""
    parts: List[str] = []
    if place.file is not None:
        parts.append(printable(_bare_name(place.file)))
    if place.line is not None:
        parts.append(f"line {place.line}")
        if place.column is not None:
            parts.append(f"column {place.column}")
    if place.path not in (None, "$"):
        parts.append(printable(str(place.path)))
    if place.tensor is not None:
        parts.append(f"tensor {quoted(place.tensor)}")
    if place.offset is not None:
        parts.append(f"byte {place.offset}")
    return ", ".join(parts)


def _bare_name(path: str) -> str:
    name = PureWindowsPath(path).name if "\\" in path else PurePosixPath(path).name
    return name or path


def tooltip(findings: Sequence[Finding], more: Sequence[str] = ()) -> str:
    """Errors and warnings for a parameter, one per line; further lines after them."""
    among_errors = any(item.severity is Severity.ERROR for item in findings)
    lines = []
    for item in findings:
        line = sentence(item)
        if among_errors and item.severity is Severity.WARNING:
            line = f"Warning: {line}"
        lines.append(line)
    left = len(lines) - MOST_LINES
    if left > 1:
        lines[MOST_LINES:] = [f"... and {left} more. Mend these first."]
    return "\n".join([*lines, *more])


def model_line(model: ModelDescription) -> str:
    """What the model turned out to be, for the record of a run."""
    sides = [
        _tensors("input", "inputs", model.inputs),
        _tensors("output", "outputs", model.outputs),
    ]
    return f"Model: {model.framework} ({model.format}), {', '.join(sides)}."


def _tensors(one: str, many: str, tensors: Sequence[Tensor]) -> str:
    if not tensors:
        return f"{many} unknown"
    shown = [f"{quoted(item.name)} of {shape_text(item.shape)}" for item in tensors[:4]]
    if len(tensors) > len(shown):
        shown.append(f"{len(tensors) - len(shown)} more")
    return f"{one if len(tensors) == 1 else many} {', '.join(shown)}"


#: What to do in ArcGIS when a part of this package can't be loaded.
_COPY_AGAIN = (
    "Copy the whole download beside DeepLearningTools.pyt again, and check that ArcGIS Pro's "
    "Python environment has jsonschema and lxml."
)


def surprise(error: BaseException, doing: str, when_incomplete: str = _COPY_AGAIN) -> str:
    """What to say of an exception that nobody expected: a sentence, not a traceback.

    Parameters
    ----------
    doing
        What failed, as the start of a sentence.
    when_incomplete
        What to do when it is for a part that could not be loaded.
    """
    detail = printable(str(error), 300)
    kind = type(error).__name__
    if isinstance(error, ImportError):
        return f"{doing} needs a part that could not be loaded ({detail}). {when_incomplete}"
    return (
        f"{doing} failed unexpectedly ({kind}{': ' + detail if detail else ''}). "
        "Please report this together with the files' kind and origin."
    )
