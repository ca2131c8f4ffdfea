"""What a scripted call raises, and what is raised for what is not played here."""

from __future__ import annotations


class ExecuteError(Exception):
    """A tool failed; the text is all of its error messages."""


class ExecuteWarning(Exception):
    """A tool gave a warning and ``SetSeverityLevel(1)`` was asked for."""


class NotPlayed(Exception):
    """Something of arcpy that this stand-in does not play; ArcGIS may well have it."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is not played here: dl2ecd_core.headless stands in for the parts of arcpy "
            "that tools for files need; run the tool in ArcGIS."
        )


class NotPlayedAttribute(NotPlayed, AttributeError):
    """The same for a name, so that ``hasattr`` and ``getattr`` answer as they should."""


class NotPlayedValue(NotPlayed, ValueError):
    """The same for a value that a property can't have here."""
