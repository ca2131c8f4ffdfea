"""Being asked to stop: by a person (SIGINT, as of Ctrl-C) and by the system (SIGTERM)."""

from __future__ import annotations

import math
import signal
import time
from typing import Type

#: Seconds in which the same signal once more is the same request: a terminal and ``timeout`` send
#: it to all processes of a command, and the command passes it on to the one that it started.
_ONE_REQUEST = 1.0


class Terminated(BaseException):
    """The system asked the process to end (SIGTERM); what was begun is tidied away first.

    Parameters
    ----------
    hint
        What the person may do about what is unfinished; empty where nothing is.
    """

    def __init__(self, hint: str = "") -> None:
        super().__init__(hint)
        self.hint = hint


class _Request:
    """A handler that raises what a signal means, once for each request."""

    def __init__(self, meaning: Type[BaseException]) -> None:
        self._meaning, self._heard = meaning, -math.inf

    def __call__(self, number: int, frame: object) -> None:
        before, self._heard = self._heard, time.monotonic()
        if self._heard - before >= _ONE_REQUEST:
            raise self._meaning


def hear_terminations() -> None:
    """Raise :class:`Terminated` where the system asks this process to end."""
    signal.signal(signal.SIGTERM, _Request(Terminated))


def hear_interruptions() -> None:
    """Raise KeyboardInterrupt once, where Ctrl-C comes from the terminal and is passed on, too.

    What was started to ignore it, as shells start what runs in the background, goes on to.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _Request(KeyboardInterrupt))
