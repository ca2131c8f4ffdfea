"""The few things of arcpy that are used, as types."""

from __future__ import annotations

from typing import Protocol


class Parameter(Protocol):
    """A file parameter of the tool."""

    value: object

    @property
    def displayName(self) -> str:
        """The label in the pane."""

    @property
    def valueAsText(self) -> object:
        """The path; None when empty."""

    @property
    def altered(self) -> bool:
        """Whether a value was set since the parameter was last empty."""

    @property
    def hasBeenValidated(self) -> bool:
        """Whether the value is the one that the last validation saw."""

    @property
    def message(self) -> str:
        """The text of the parameter's error or warning."""

    def hasError(self) -> bool:
        """Whether the parameter's message is an error."""

    def hasWarning(self) -> bool:
        """Whether the parameter's message is a warning."""

    def setErrorMessage(self, message: str) -> None:
        """Show an error beside the parameter."""

    def setWarningMessage(self, message: str) -> None:
        """Show a warning beside the parameter."""


class Messages(Protocol):
    """What ``execute`` is given to speak through."""

    def addMessage(self, message: str) -> None:
        """Say something."""

    def addWarningMessage(self, message: str) -> None:
        """Say a warning."""

    def addErrorMessage(self, message: str) -> None:
        """Say an error."""

    def addIDMessage(
        self,
        message_type: str,
        message_ID: int,
        add_argument1: object = None,
        add_argument2: object = None,
    ) -> None:
        """Say a message that ArcGIS has a number for."""


class Environment(Protocol):
    """The settings of ``arcpy.env`` that are used."""

    autoCancelling: bool

    @property
    def overwriteOutput(self) -> bool:
        """Whether existing outputs may be replaced."""

    @property
    def isCancelled(self) -> bool:
        """Whether the person pressed Cancel."""


class Arcpy(Protocol):
    """The module."""

    @property
    def env(self) -> Environment:
        """The environment settings."""

    def SetProgressor(
        self, type: str, message: str, min_range: int, max_range: int, step_value: int, /
    ) -> None:
        """Show a progress bar."""

    def SetProgressorLabel(self, label: str, /) -> None:
        """Change the text beside it."""

    def SetProgressorPosition(self, position: int, /) -> None:
        """Move it."""

    def ResetProgressor(self) -> None:
        """Take it away."""


def text_of(parameter: Parameter) -> str:
    """The parameter's path; empty when there is none."""
    text = parameter.valueAsText
    return "" if text is None else str(text)
