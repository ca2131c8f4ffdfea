"""The command ``dl2ecd`` itself: what it says when asked for help, and where its commands are."""

from __future__ import annotations

from importlib import import_module
from typing import List, Optional

import click

from ..version import __version__
from . import COMMANDS, CONTEXT
from .exit_codes import REFUSED


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

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Cancelled; no output was left half-written.", err=True)
            ctx.exit(REFUSED)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in COMMANDS.items()])


@click.group(cls=_Commands, context_settings=CONTEXT)
@click.version_option(__version__, message="dl2ecd %(version)s")
def dl2ecd() -> None:
    """Turn deep-learning models into Esri classifier definitions (.ecd).

    Needs neither ArcGIS nor the deep-learning framework. Reads what the model says about itself,
    checks it against the class information, and says in plain words what does not fit.

    Exit codes: 0 done, 1 refused or found wrong, 2 wrong usage.

    \b
    Examples:
      dl2ecd demo
      dl2ecd inspect landcover.onnx
      dl2ecd init landcover.onnx classes.json
      dl2ecd convert landcover.onnx classes.json landcover.ecd
    """
