"""Findings as annotations of a GitHub workflow: they show in the diff, at their line.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from typing import Dict

from .finding import Finding, Severity
from .sarif import relative

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
}


def annotation(item: Finding, about: str, *, allowed: bool = False) -> str:
    """The line of a workflow's log that makes an annotation.

    Parameters
    ----------
    about
        The file it was made about, where the finding names none itself.
    allowed
        Whether its rule was let pass: it is a notice then.

    Examples
    --------
    >>> from dl2ecd_core.findings.rules import finding
    >>> annotation(finding("file-not-found", "There is no file 'a.onnx'."), "a.onnx")
    "::error file=a.onnx,title=dl2ecd file-not-found::There is no file 'a.onnx'."
    """
    place = item.where
    parts: Dict[str, str] = {}
    if place.file or about:
        parts["file"] = relative(place.file or about)
    if place.line is not None:
        parts["line"] = str(place.line)
        if place.column is not None:
            parts["col"] = str(place.column)
            parts["endColumn"] = str(place.column + max(1, (place.excerpt or "").count("^")))
    parts["title"] = f"dl2ecd {item.rule}" + (" (allowed)" if allowed else "")
    told = ",".join(f"{name}={_escaped(value, ':,')}" for name, value in parts.items())
    command = "notice" if allowed else _COMMANDS[item.severity]
    return f"::{command} {told}::{_escaped(f'{item.message} {item.hint}'.strip())}"


def _escaped(text: str, further: str = "") -> str:
    for letter in "%\r\n" + further:
        text = text.replace(letter, f"%{ord(letter):02X}")
    return text
