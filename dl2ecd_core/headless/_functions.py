"""Messages through functions of the module, for tools that use these instead of ``messages``."""

from __future__ import annotations

from typing import Optional

from . import _log
from ._log import Messages
from ._texts import TEXTS


def _messages() -> Messages:
    return Messages(_log.current.written)


def AddMessage(message: str) -> None:
    """Add an informative message."""
    _messages().addMessage(message)


def AddWarning(message: str) -> None:
    """Add a warning."""
    _messages().addWarningMessage(message)


def AddError(message: str) -> None:
    """Add an error; does not raise."""
    _messages().addErrorMessage(message)


def AddIDMessage(
    message_type: str,
    message_ID: int,
    add_argument1: object = None,
    add_argument2: object = None,
) -> None:
    """Add a message by its number."""
    _messages().addIDMessage(message_type, message_ID, add_argument1, add_argument2)


def GetIDMessage(message_ID: int) -> str:
    """The text of a message by its number."""
    if message_ID not in TEXTS:
        raise ValueError(f"the text of message {message_ID:06d} is not known to the headless arcpy")
    return TEXTS[message_ID]


def GetMessages(severity: Optional[int] = None) -> str:
    """The last tool's messages, or those of one severity, one below the other."""
    return _log.current.last.text(severity)


def GetMessageCount() -> int:
    """How many messages the last tool gave."""
    return len(_log.current.last.entries)


def GetMessage(index: int) -> str:
    """One message of the last tool."""
    return _log.current.last.entries[index][1]


def GetSeverity(index: int) -> int:
    """The severity of one message of the last tool."""
    return _log.current.last.entries[index][0]


def GetMaxSeverity() -> int:
    """The heaviest severity of the last tool's messages."""
    return _log.current.last.max_severity
