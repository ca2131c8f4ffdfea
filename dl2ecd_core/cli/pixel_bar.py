"""How far a classification is: a rate and an end, on the terminal's error stream."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Optional, Tuple

import click

from ..findings.wording import printable
from ..progress import Listener

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class PixelBar(Listener):
    """A bar on a terminal; in a pipe nothing."""

    def __init__(self, unit: str = "rows") -> None:
        self._unit = unit
        self._bar: Optional[Tuple[Progress, TaskID]] = None
        self._doing = ""

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Start the bar; move it."""
        if not sys.stderr.isatty():
            return
        if self._bar is None:
            self._bar = _started(self._unit)
        progress, task = self._bar
        if doing != self._doing:
            # The rate is of what is counted now.
            self._doing = doing
            progress.reset(task)
        progress.update(task, completed=done, total=total, description=printable(doing))

    def say(self, text: str) -> None:
        """A line on the error stream, above the bar."""
        if self._bar is None:
            click.echo(text, err=True)
        else:
            self._bar[0].console.print(text, markup=False, highlight=False, soft_wrap=True)

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()


def _started(unit: str) -> Tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        """How many a second, and when it will be done."""

        def render(self, task: Task) -> Text:
            return Text(rate_text(task.speed, task.time_remaining, unit))

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        Rate(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    progress.start()
    return progress, progress.add_task("", total=None)


def rate_text(a_second: Optional[float], left: Optional[float], unit: str = "rows") -> str:
    """A rate, and the clock's time of the end.

    Examples
    --------
    >>> rate_text(None, None), rate_text(12.34, None)
    ('', '12 rows/s')
    """
    if not a_second:
        return ""
    # Of few a second, such as windows or scenes, tenths tell.
    rate = f"{a_second:.0f} {unit}/s" if a_second >= 10 else f"{a_second:.1f} {unit}/s"
    if left is None:
        return rate
    return f"{rate}, done at {time.strftime('%H:%M:%S', time.localtime(time.time() + left))}"
