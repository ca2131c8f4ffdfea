"""The command ``dl2ecd`` itself: what it says when asked for help, and where its commands are."""

from __future__ import annotations

import traceback
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any, Iterator, List, Optional, Sequence

import click
from click.exceptions import Exit

from ..findings import Finding
from ..findings.errors import Cancelled, Dl2EcdError
from ..findings.rules import finding
from ..findings.wording import printable
from ..version import __version__
from . import COMMANDS, CONTEXT
from .exit_codes import INTERRUPTED, REFUSED, TERMINATED
from .reporting import OutputFormat, output_asked_for, print_findings_as, print_json
from .stopping import Terminated
from .streams import ClosedPipe, pipe_is_closed


class _Commands(click.Group):
    """A group that imports a command's module only when it is called."""

    def list_commands(self, ctx: click.Context) -> List[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> Optional[click.Command]:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        command = getattr(import_module(f".{module}", __package__), f"{module}_command")
        return command if isinstance(command, click.Command) else None

    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _closed_pipes():
            # Help is printed here.
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> object:
        with _closed_pipes():
            return self._invoke(ctx)

    def _invoke(self, ctx: click.Context) -> object:
        output = output_asked_for(ctx.args)
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, Terminated) as stopped:
            # Nobody may be left to hear it: why it ended is told all the same.
            hint = stopped.hint if isinstance(stopped, Terminated) else ""
            with suppress(OSError):
                if output is not OutputFormat.TEXT:
                    say(Cancelled(hint).findings, output)
                text = f"Cancelled; no output was left half-written. {hint}"
                click.echo(text.rstrip(), err=True)
            ctx.exit(INTERRUPTED if isinstance(stopped, KeyboardInterrupt) else TERMINATED)
        except (click.ClickException, click.Abort, Exit):
            raise
        except Dl2EcdError as error:
            # Of what all commands share, before any has begun: standard input and output.
            say(error.findings, output)
            ctx.exit(REFUSED)
        except Exception as error:
            if isinstance(error, OSError) and pipe_is_closed(error):
                raise
            # A fault of this program's own: still a sentence, and still one document of JSON.
            _say_surprise(error, output)
            ctx.exit(REFUSED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@contextmanager
def _closed_pipes() -> Iterator[None]:
    """Give a closed pipe a name of its own: click ends with 1 for it, which means refused."""
    try:
        yield
    except OSError as error:
        if pipe_is_closed(error):
            raise ClosedPipe from error
        raise


def _say_surprise(error: Exception, output: OutputFormat) -> None:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    fault = finding(
        "internal-error",
        f"dl2ecd met something that it did not expect: {type(error).__name__}: "
        f"{printable(str(error), 300)} ({Path(frame.filename).name}, line {frame.lineno}).",
        hint="This is a fault of dl2ecd's, not yours: please report this line, with the file if "
        "you can share it.",
    )
    # Where standard output itself is broken, that is said instead (see main).
    say([fault], output)


def say(findings: Sequence[Finding], output: OutputFormat) -> None:
    """What ends a command, as it was asked for."""
    if output is OutputFormat.TEXT:
        from .terminal import print_findings

        print_findings(findings)
    elif output is OutputFormat.JSON:
        print_json({"ok": False, "findings": [item.as_dict() for item in findings]})
    else:
        print_findings_as(output, [("", item) for item in findings])


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.version_option(__version__, message="dl2ecd %(version)s")
def dl2ecd() -> None:
    """Turn deep-learning models into Esri classifier definitions (.ecd).

    Needs neither ArcGIS nor the deep-learning framework. Reads what the model says about itself,
    checks it against the class information, and says in plain words what does not fit.

    Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage, 130 stopped by Ctrl-C, 143 by
    SIGTERM, 141 the reader of the output has gone.

    A shell completes commands and options after: eval "$(_DL2ECD_COMPLETE=bash_source dl2ecd)"
    (zsh_source and fish_source for others), best in its start-up file.

    \b
    Examples:
      dl2ecd demo
      dl2ecd inspect landcover.onnx
      dl2ecd init landcover.onnx classes.json
      dl2ecd convert landcover.onnx classes.json landcover.ecd
    """
