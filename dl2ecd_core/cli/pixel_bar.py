"""How far a run is: one line on the terminal's error stream."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Dict, Iterator, Optional, Tuple

import click

from ..findings.wording import printable
from ..progress import Listener

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.progress import Progress, TaskID

#: Columns that stay free at the line's end, so that the terminal's ^C does not begin another one.
_FREE = 3
#: Columns of a bar.
_SHORTEST, _LONGEST = 10, 40
_BAR, _SHARE, _RATE, _LEFT, _END = "bar", "share", "rate", "left", "end"
_BY_PLACE = (_BAR, _SHARE, _RATE, _LEFT, _END)
_BY_IMPORTANCE = (_SHARE, _END, _BAR, _LEFT, _RATE)


class PixelBar(Listener):
    """A bar on a terminal; in a pipe nothing."""

    def __init__(self, unit: str = "rows") -> None:
        self._unit = unit
        self._bar: Optional[Tuple[Progress, TaskID]] = None
        self._doing = ""

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Start the bar; move it."""
        if self._bar is None:
            # While there is a bar, rich stands in for the terminal, older ones as if it was none.
            if not sys.stderr.isatty():
                return
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


@dataclass(frozen=True)
class BarLine:
    """A line as wide as a terminal at most; what matters less is left out where there is no room.

    Attributes
    ----------
    doing
        As a person reads it.
    done, total
        How much is done: of one thing alone, nobody can tell. When all is, it is not over yet.
    a_second, left
        How much is done in a second, and the seconds that are left; None where nobody knows.
    unit
        What is counted.
    """

    doing: str
    done: float
    total: float
    a_second: Optional[float] = None
    left: Optional[float] = None
    unit: str = "rows"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.cells import cell_len
        from rich.progress_bar import ProgressBar
        from rich.text import Text

        room = max(options.max_width - _FREE, 1)
        doing = _cropped(self.doing, room)
        room -= cell_len(doing)
        texts = self._texts()
        shown = set()
        for name in _BY_IMPORTANCE:
            needed = 1 + (_SHORTEST if name == _BAR else len(texts[name]))
            if 1 < needed <= room:
                shown.add(name)
                room -= needed
        yield Text(doing, end="")
        for name in _BY_PLACE:
            if name not in shown:
                continue
            yield Text(" ", end="")
            if name == _BAR:
                width = min(_SHORTEST + room, _LONGEST)
                yield ProgressBar(self.total if self._measured else None, self.done, width=width)
            else:
                yield Text(texts[name], end="")

    @property
    def _measured(self) -> bool:
        """Whether there is anything left that is counted."""
        return self.total > 1 and self.done < self.total

    def _texts(self) -> Dict[str, str]:
        """What is said beside the bar; nothing of what nobody knows."""
        texts = dict.fromkeys(_BY_PLACE, "")
        if self._measured:
            texts[_SHARE] = f"{int(100 * self.done / self.total)}%".rjust(4)
            if self.a_second:
                # Of few a second, such as windows or scenes, tenths tell.
                digits = 0 if self.a_second >= 10 else 1
                texts[_RATE] = f"{self.a_second:.{digits}f} {self.unit}/s"
            if self.left is not None:
                end = time.localtime(time.time() + self.left)
                texts[_LEFT] = str(timedelta(seconds=int(self.left)))
                texts[_END] = f"done at {time.strftime('%H:%M:%S', end)}"
        elif self.done >= self.total:
            texts[_END] = "finishing"
        return texts


def _cropped(text: str, room: int) -> str:
    """A text that takes so many columns at most."""
    from rich.cells import cell_len, set_cell_size

    if cell_len(text) <= room:
        return text
    return f"{set_cell_size(text, max(room - 3, 0)).rstrip()}..."[:room]


def _started(unit: str) -> Tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import Progress

    class Line(Progress):
        """Of the only task, drawn as it is."""

        def get_renderables(self) -> Iterator[BarLine]:
            for task in self.tasks:
                done, total, left = task.completed, task.total or 1, task.time_remaining
                yield BarLine(task.description, done, total, task.speed, left, unit)

    progress = Line(console=Console(stderr=True), transient=True)
    progress.start()
    return progress, progress.add_task("", total=None)
