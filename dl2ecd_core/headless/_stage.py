"""When a parameter is held by whom, and what can't be set then."""

from __future__ import annotations

from enum import Enum
from typing import NoReturn


class Stage(Enum):
    """Which of a tool's methods holds the parameter."""

    DEFINING = "getParameterInfo"
    UPDATING = "updateParameters"
    JUDGING = "updateMessages"
    RUNNING = "execute"


def unsupported(name: str, owner: object) -> NoReturn:
    """Raise what arcpy raises when a read-only attribute is set."""
    raise NameError(
        f"The attribute '{name}' is not supported on this instance of {type(owner).__name__}."
    )
