"""What a scripted call raises."""

from __future__ import annotations


class ExecuteError(Exception):
    """A tool failed; the text is all of its error messages."""


class ExecuteWarning(Exception):
    """A tool gave a warning and ``SetSeverityLevel(1)`` was asked for."""
