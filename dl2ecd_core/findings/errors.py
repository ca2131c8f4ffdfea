"""The few exceptions of this package, each carrying what it is about."""

from __future__ import annotations

from typing import Iterable, Optional, Tuple

from .finding import Finding, Place
from .rules import finding


class Dl2EcdError(Exception):
    """Base of every error that this package raises on purpose.

    Attributes
    ----------
    findings
        All that was found, the errors first; ``str(error)`` says all of it.
    """

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings: Tuple[Finding, ...] = tuple(findings)
        super().__init__("\n".join(map(str, self.findings)))


class ModelFileError(Dl2EcdError):
    """A model file can't be read: what was recognised, at which byte, what was expected.

    Parameters
    ----------
    rule
        Rule id of an error, e.g. ``model-damaged``.
    message, hint
        For a person.
    file
        The path as the user gave it.
    offset
        Byte at which reading stopped, where one is known.
    further
        Other findings about the same file.
    """

    def __init__(
        self,
        rule: str,
        message: str,
        *,
        hint: str = "",
        file: Optional[str] = None,
        offset: Optional[int] = None,
        further: Iterable[Finding] = (),
    ) -> None:
        self.finding = finding(rule, message, hint=hint, where=Place(file=file, offset=offset))
        super().__init__([self.finding, *further])


class ClassInfoError(Dl2EcdError):
    """A class information document can't be used; carries every problem in it."""


class EcdFileError(Dl2EcdError):
    """An .ecd can't be read."""


class ConversionRefused(Dl2EcdError):
    """The inputs don't fit together (or the output can't be written); nothing was changed."""


class Cancelled(Dl2EcdError):
    """The work was stopped on request; nothing was changed.

    Parameters
    ----------
    hint
        What to do about what is unfinished; empty where nothing is.
    """

    def __init__(self, hint: str = "") -> None:
        text = "The work was stopped before it was done; nothing was written."
        super().__init__([finding("cancelled", text, hint=hint)])
