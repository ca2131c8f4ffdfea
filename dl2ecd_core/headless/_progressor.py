"""The progressor: what the pane's progress bar shows."""

from __future__ import annotations

from typing import List, Optional, Tuple

from ._environment import env


class Progressor:
    """The state of the progress bar and all it has shown since the run began."""

    def __init__(self) -> None:
        self.kind: Optional[str] = None
        self.low, self.high, self.step, self.position = 0, 100, 1, 0
        self.label = ""
        self.shown: List[Tuple[str, int]] = []

    def begin(self) -> None:
        """Forget what an earlier run showed."""
        self.__init__()  # type: ignore[misc]

    def show(self) -> None:
        """Note what is to be seen now."""
        self.shown.append((self.label, self.position))


progressor = Progressor()


def SetProgressor(
    type: str,
    message: str = "",
    min_range: int = 0,
    max_range: int = 100,
    step_value: int = 1,
) -> None:
    """Show a progress bar (``"step"``) or a busy sign (``"default"``)."""
    env._checkpoint()
    if type not in ("default", "step"):
        raise ValueError(f"progressor type {type!r} is neither 'default' nor 'step'")
    _check_text(message)
    for value in (min_range, max_range, step_value):
        _check_integer(value)
    if min_range > max_range or step_value < 1:
        raise ValueError(f"progressor range {min_range} to {max_range} by {step_value}")
    progressor.kind, progressor.label = type, message
    progressor.low, progressor.high, progressor.step = min_range, max_range, step_value
    progressor.position = min_range
    progressor.show()


def SetProgressorLabel(label: str) -> None:
    """Change the text beside the progress bar."""
    env._checkpoint()
    _check_text(label)
    if progressor.kind is None:
        raise RuntimeError("SetProgressorLabel before SetProgressor")
    progressor.label = label
    progressor.show()


def SetProgressorPosition(position: Optional[int] = None) -> None:
    """Move the progress bar to a position, or one step on."""
    env._checkpoint()
    if progressor.kind != "step":
        raise RuntimeError("SetProgressorPosition without a step progressor")
    if position is None:
        position = min(progressor.position + progressor.step, progressor.high)
    _check_integer(position)
    if not progressor.low <= position <= progressor.high:
        raise ValueError(f"progressor position {position} is outside its range")
    progressor.position = position
    progressor.show()


def ResetProgressor() -> None:
    """Take the progress bar away."""
    progressor.kind, progressor.label, progressor.position = None, "", 0


def _check_text(text: str) -> None:
    if not isinstance(text, str):
        raise TypeError(f"a progressor label is a string, not {type(text).__name__}")


def _check_integer(value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"a progressor position is an integer, not {type(value).__name__}")
