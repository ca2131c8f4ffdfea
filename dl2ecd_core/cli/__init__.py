"""The command line: one file per command, imported when it is called."""

from __future__ import annotations

import signal
import sys
from typing import Dict, List, Optional, Tuple

from ..version import __version__
from .exit_codes import DONE

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


class Terminated(BaseException):
    """The system asked the process to end (SIGTERM); what was begun is tidied away first."""


def _terminate(number: int, frame: object) -> None:
    raise Terminated


def main(arguments: Optional[List[str]] = None) -> None:
    """The entry point of the ``dl2ecd`` command; ends the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A class name must not end the program because the terminal's encoding lacks a letter.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    if (sys.argv[1:] if arguments is None else arguments) == ["--version"]:
        # Programs ask before they call: importing click takes three times as long as all else.
        print(f"dl2ecd {__version__}")
        sys.exit(DONE)
    signal.signal(signal.SIGTERM, _terminate)
    from .group import dl2ecd

    dl2ecd.main(args=arguments, prog_name="dl2ecd")
