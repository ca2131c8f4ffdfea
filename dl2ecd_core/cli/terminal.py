"""What a person sees: findings, tables and swatches on a terminal, plain text in a pipe."""

from __future__ import annotations

import os
import re
import shlex
import sys
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Iterable, List, Mapping, Optional, Sequence, Tuple

import click

from ..color import Color
from ..findings import Finding, Severity, in_order
from ..findings.wording import counted, printable, shape_text
from ..models import Evidence, ModelDescription, Tensor
from ..models.facts import facts_of, names_of
from ..progress import Listener

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PLAIN_WORD = re.compile(r"[\w.:/\\+-]+")
_NO_DIGESTS: Mapping[str, str] = MappingProxyType({})
_STYLES = {
    Severity.ERROR: "bold red",
    Severity.WARNING: "yellow",
    Severity.INFORMATION: "cyan",
}


def console() -> Console:
    """Standard output: styled and wrapped on a terminal, plain lines in a pipe."""
    from rich.console import Console

    class Screen(Console):
        def on_broken_pipe(self) -> None:
            """Rich would end the process with 1; raised on, it gets the exit code of a pipe's."""
            raise

    return Screen(highlight=False, markup=False, emoji=False, soft_wrap=not sys.stdout.isatty())


def print_findings(findings: Iterable[Finding], *, conclude: bool = True) -> None:
    """Every finding with its rule, its place and what to do; then how many there are.

    Parameters
    ----------
    conclude
        Say that nothing is wrong, where that is so; not for commands that end with it themselves.
    """
    from rich.text import Text

    out = console()
    ordered = in_order(findings)
    for item in ordered:
        line = Text()
        line.append(f"{item.severity.value}", style=_STYLES[item.severity])
        line.append(f" {item.rule}", style="dim")
        line.append(f": {item.message}")
        out.print(line)
        place = printable(str(item.where), 500)
        if place:
            out.print(Text(f"    at {place}", style="dim"))
        if item.where.excerpt:
            for row in _excerpt(out, item.where.excerpt).split("\n"):
                out.print(Text(f"    {row}"), soft_wrap=True)
        if item.hint:
            _print_indented(out, item.hint)
    tally = _tally(ordered)
    if ordered and (tally or conclude):
        told = tally or "Nothing wrong was found; the lines above are for information."
        out.print(Text(told, style="bold"))


def _excerpt(out: Console, excerpt: str) -> str:
    """An excerpt; on a terminal no wider than it, beside an indentation of four columns."""
    from .excerpts import narrowed

    return narrowed(excerpt, out.width - 4) if sys.stdout.isatty() else excerpt


def _print_indented(out: Console, text: str) -> None:
    """A paragraph set in; on a terminal its further lines too."""
    from rich.padding import Padding
    from rich.text import Text

    if sys.stdout.isatty():
        out.print(Padding(Text(text), (0, 0, 0, 4), expand=False))
    else:
        out.print(Text(f"    {text}"))


def _tally(findings: Sequence[Finding]) -> str:
    parts = []
    for severity, word in (
        (Severity.ERROR, "error"),
        (Severity.WARNING, "warning"),
    ):
        number = sum(item.severity is severity for item in findings)
        if number:
            parts.append(counted(number, word))
    return ", ".join(parts)


@dataclass(frozen=True)
class Swatch:
    """A class as a row of a table; what is None is left blank, and `more` stands at its end."""

    index: Optional[int]
    value: int
    name: str
    color: Optional[Color]
    more: Tuple[str, ...] = ()


def print_swatches(rows: Iterable[Swatch], more: Sequence[str] = ()) -> None:
    """Classes with the model's output index, the pixel value, a swatch and the name.

    Without any index there is no column for it.

    Parameters
    ----------
    more
        Headings of what the rows have `more`.
    """
    from rich.table import Table
    from rich.text import Text

    listed = tuple(rows)
    indexed = any(row.index is not None for row in listed)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("Index", "Value")[not indexed :]:
        table.add_column(heading, justify="right")
    for heading in ("Color", "Name"):
        table.add_column(heading, overflow="fold")
    for heading in more:
        table.add_column(heading, justify="right")
    for row in listed:
        color = Text()
        if row.color is not None:
            red, green, blue = row.color
            color.append("  ", style=f"on rgb({red},{green},{blue})")
            color.append(f" #{red:02x}{green:02x}{blue:02x}")
        index = "" if row.index is None else str(row.index)
        numbers = (index, str(row.value))[not indexed :]
        table.add_row(*numbers, color, Text(printable(row.name, 80)), *row.more)
    console().print(table)


def print_model(model: ModelDescription, digests: Mapping[str, str] = _NO_DIGESTS) -> None:
    """What a model file says about itself.

    Parameters
    ----------
    digests
        SHA-256 by the files' paths, where they are asked for.
    """
    from rich.table import Table
    from rich.text import Text

    out = console()
    out.print(Text(f"{printable(model.primary.path)}: {model.framework} ({model.format})", "bold"))
    for name, value in facts_of(model):
        out.print(Text(f"  {name}: {value}"))
    tensors = [("input", tensor) for tensor in model.inputs]
    tensors += [("output", tensor) for tensor in model.outputs]
    for signature in model.signatures:
        name = printable(signature.name, 40)
        tensors += [(f"{name}: input", tensor) for tensor in signature.inputs]
        tensors += [(f"{name}: output", tensor) for tensor in signature.outputs]
    if tensors:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for heading in ("", "Name", "Shape", "Axes", "Type", "Known from"):
            table.add_column(heading, overflow="fold")
        for kind, tensor in tensors:
            table.add_row(*(Text(cell) for cell in _tensor_row(kind, tensor)))
        out.print(table)
    else:
        out.print(Text("  The file does not tell its inputs and outputs."))
    for source, names in names_of(model):
        out.print(Text(f"  Class names in the {source}: {names}"))
    if len(model.files) > 1 or model.missing_files or digests:
        out.print(Text("  Files:"))
        for part in model.files:
            digest = f", SHA-256 {digests[part.path]}" if part.path in digests else ""
            out.print(Text(f"    {printable(part.path, 400)} ({part.size:,} bytes{digest})"))
        for path in model.missing_files:
            out.print(Text(f"    {printable(path, 400)} (missing)", style="red"))


def _tensor_row(kind: str, tensor: Tensor) -> List[str]:
    evidence = {
        Evidence.DECLARED: "the file",
        Evidence.INFERRED: "the structure",
        Evidence.GUESSED: "a guess",
        None: "",
    }[tensor.evidence]
    role = "" if tensor.role.value == "data" else f" ({tensor.role.value})"
    return [
        kind + role,
        "" if tensor.name is None else printable(tensor.name, 60),
        shape_text(tensor.shape),
        tensor.axes or "",
        tensor.data_type or "",
        evidence,
    ]


def print_command(*words: str) -> None:
    """A command to type, with its words quoted for the shell where they need it."""
    click.echo(f"  {command_line(*words)}")


def command_line(*words: str) -> str:
    """Words as a shell takes them apart again.

    Examples
    --------
    >>> command_line("dl2ecd", "check", "land cover.onnx")
    "dl2ecd check 'land cover.onnx'"
    """
    quote = _quoted_on_windows if os.name == "nt" else shlex.quote
    return printable(" ".join(map(quote, words)), 1000)


def _quoted_on_windows(word: str) -> str:
    """A word for cmd and PowerShell; no file's name holds a double quote there."""
    return word if _PLAIN_WORD.fullmatch(word) else f'"{word}"'


class ProgressBar(Listener):
    """A bar on the terminal's error stream while bytes are passed on; nothing in a pipe."""

    def __init__(self) -> None:
        self._bar: Optional[Tuple[Progress, TaskID]] = None

    def progressed(self, done: int, total: int, doing: str) -> None:
        """Start the bar when there is something to wait for; move it."""
        if not sys.stderr.isatty() or total < 8 << 20:
            return
        if self._bar is None:
            self._bar = _started_bar(total)
        progress, task = self._bar
        progress.update(task, completed=done, description=printable(doing))

    def stop(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar[0].stop()


def _started_bar(total: int) -> Tuple[Progress, TaskID]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    progress.start()
    return progress, progress.add_task("", total=total)
