"""The messages of a tool's run, and the object through which a tool adds to them."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ._environment import env
from ._texts import ERROR, INFORMATIVE, WARNING, numbered


class Log:
    """Messages in the order in which they were added, each with its severity (0, 1, 2)."""

    def __init__(self) -> None:
        self.entries: List[Tuple[int, str]] = []

    def add(self, severity: int, text: str) -> None:
        """Add one message; text that is not a string is refused."""
        if not isinstance(text, str):
            raise TypeError(f"a message is a string, not {type(text).__name__}")
        self.entries.append((severity, text))

    def text(self, severity: Optional[int] = None) -> str:
        """All messages, or those of one severity, one below the other."""
        if severity not in (None, INFORMATIVE, WARNING, ERROR):
            raise ValueError(f"severity {severity!r} is none of 0, 1, 2")
        return "\n".join(
            text for weight, text in self.entries if severity is None or weight == severity
        )

    @property
    def max_severity(self) -> int:
        """The heaviest severity so far; 0 when there is no message."""
        return max((severity for severity, _ in self.entries), default=INFORMATIVE)


class _Current:
    """Which log functions of the module mean.

    Attributes
    ----------
    running
        The logs of the tools at work, the innermost last; messages are added to it.
    last
        The log of the tool that was started last; messages are read from it.
    """

    def __init__(self) -> None:
        self.running: List[Log] = []
        self.last = Log()

    @property
    def written(self) -> Log:
        """The log that messages are added to."""
        return self.running[-1] if self.running else self.last


current = _Current()


class Messages:
    """The ``messages`` argument of ``execute``."""

    __slots__ = ("_log",)

    def __init__(self, log: Log) -> None:
        self._log = log

    def addMessage(self, message: str) -> None:
        """Add an informative message."""
        env._checkpoint()
        self._log.add(INFORMATIVE, message)

    def addWarningMessage(self, message: str) -> None:
        """Add a warning."""
        env._checkpoint()
        self._log.add(WARNING, message)

    def addErrorMessage(self, message: str) -> None:
        """Add an error; does not raise."""
        env._checkpoint()
        self._log.add(ERROR, message)

    def addIDMessage(
        self,
        message_type: str,
        message_ID: int,
        add_argument1: object = None,
        add_argument2: object = None,
    ) -> None:
        """Add a message by its number."""
        env._checkpoint()
        self._log.add(*numbered(message_type, message_ID, add_argument1, add_argument2))

    def addGPMessages(self) -> None:
        """Add the messages of the last tool that this one called."""
        env._checkpoint()
        if current.last is not self._log:
            self._log.entries.extend(current.last.entries)

    AddMessage = addMessage
    AddWarningMessage = addWarningMessage
    AddErrorMessage = addErrorMessage
    AddIDMessage = addIDMessage
    AddGPMessages = addGPMessages
