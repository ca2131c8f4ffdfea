"""The command line: one file per command, imported when it is called."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Dict, List, Optional, Tuple

import click

from ..version import __version__
from .exit_codes import REFUSED

#: Commands in the order in which a person meets them, with a line each for the overview.
COMMANDS: Dict[str, Tuple[str, str]] = {
    "convert": ("convert", "Turn a model and its class information into an .ecd."),
    "check": ("check", "Say what is wrong with a model and its class information."),
    "inspect": ("inspect", "Show what a model file says about itself."),
    "init": ("init", "Write a class information document to fill in."),
    "show": ("show", "Show what an .ecd says."),
    "verify": ("verify", "Check an .ecd, its bytes and its model."),
    "extract": ("extract", "Get the model's files out of an .ecd."),
    "export": ("export", "Write .emd, .dlpk, STAC, legends, styles, a page."),
    "demo": ("demo", "Do the main job once on a small real model."),
}

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


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
def _dl2ecd() -> None:
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


def main(arguments: Optional[List[str]] = None) -> None:
    """The entry point of the ``dl2ecd`` command; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A class name must not end the program because the terminal's encoding lacks a letter.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    _dl2ecd.main(args=arguments, prog_name="dl2ecd")
