"""What was found out about a model, a class information document or an .ecd.

A finding is one statement for a person: what is wrong, where, and what to do about it.
Every door (pane, script, command line) shows the same findings;
the catalogue of rules they refer to is :mod:`dl2ecd_core.findings.rules`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Dict, Iterable, List, Optional, Tuple, Union

from .wording import harmless


class Severity(str, Enum):
    """How much a finding weighs: errors stop a conversion, warnings do when asked to be strict."""

    ERROR = "error"
    WARNING = "warning"
    INFORMATION = "information"


@dataclass(frozen=True)
class Rule:
    """One kind of finding.

    Attributes
    ----------
    id
        Stable kebab-case name, e.g. ``class-count-mismatch``.
    severity
        The same for every finding of this rule.
    meaning
        One line for the table of rules: what is checked.
    """

    id: str
    severity: Severity
    meaning: str


@dataclass(frozen=True)
class Place:
    """Where something was found; only what applies is set.

    Attributes
    ----------
    file
        The path as the user gave it.
    line, column
        1-based position in a text file.
    path
        JSON path, e.g. ``$.Classes[3].Name``.
    tensor
        Name of an input or output of the model.
    offset
        Byte offset in a binary file.
    excerpt
        The source line with a caret line under it, ready to print; not part of :meth:`as_dict`.
    """

    file: Optional[str] = None
    line: Optional[int] = None
    column: Optional[int] = None
    path: Optional[str] = None
    tensor: Optional[str] = None
    offset: Optional[int] = None
    excerpt: Optional[str] = None

    def as_dict(self) -> Dict[str, Union[str, int]]:
        """The parts that apply, for JSON output."""
        parts = {
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "path": self.path,
            "tensor": self.tensor,
            "offset": self.offset,
        }
        return {name: value for name, value in parts.items() if value is not None}

    def __str__(self) -> str:
        position = ""
        if self.file is not None:
            position = self.file
            if self.line is not None:
                position += f":{self.line}"
                if self.column is not None:
                    position += f":{self.column}"
        details = [position] if position else []
        if self.path is not None:
            details.append(self.path)
        if self.tensor is not None:
            details.append(f"tensor '{self.tensor}'")
        if self.offset is not None:
            details.append(f"byte {self.offset}")
        return harmless(", ".join(details))


@dataclass(frozen=True)
class Finding:
    """One statement about the input, made by a rule.

    Examples
    --------
    >>> from dl2ecd_core.findings.rules import finding
    >>> where = Place(file="a.json", line=9, column=53)
    >>> print(finding("class-name-empty", "Class 2 has no name.", hint="Give one.", where=where))
    error class-name-empty: Class 2 has no name. Give one. (a.json:9:53)
    """

    rule: str
    severity: Severity
    message: str
    hint: str = ""
    where: Place = Place()

    def as_dict(self) -> Dict[str, object]:
        """The finding as the ``--json`` output shows it."""
        return {
            "rule": self.rule,
            "severity": self.severity.value,
            "message": self.message,
            "hint": self.hint,
            "where": self.where.as_dict(),
        }

    def __str__(self) -> str:
        text = f"{self.severity.value} {self.rule}: {self.message}"
        place = str(self.where)
        return text + (f" {self.hint}" if self.hint else "") + (f" ({place})" if place else "")


_WEIGHT = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFORMATION: 2}


def errors_in(findings: Iterable[Finding]) -> Tuple[Finding, ...]:
    """The findings that stop a conversion."""
    return tuple(item for item in findings if item.severity is Severity.ERROR)


def refusing(findings: Iterable[Finding], *, strict: bool = False) -> Tuple[Finding, ...]:
    """The findings that stop a conversion: errors and, when strict, warnings."""
    stops = {Severity.ERROR, Severity.WARNING} if strict else {Severity.ERROR}
    return tuple(item for item in findings if item.severity in stops)


def in_order(findings: Iterable[Finding]) -> Tuple[Finding, ...]:
    """Errors first, then warnings, then information; otherwise as they came, each once."""
    unique: List[Finding] = list(dict.fromkeys(findings))
    return tuple(sorted(unique, key=lambda item: _WEIGHT[item.severity]))
