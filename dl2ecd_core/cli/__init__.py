"""The command line: one file per command, imported when it is called."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import Dict, List, Optional, Tuple, Type

from ..running.processes.own_process import is_own_process
from ..version import __version__
from .exit_codes import DONE, INTERRUPTED, PIPE_CLOSED, REFUSED, TERMINATED
from .stopping import Terminated, hear_interruptions, hear_terminations
from .streams import ClosedPipe, flush, give_up_streams, open_closed_streams, pipe_is_closed

#: Commands in the order in which a person meets them, with a line each for the overview.
COMMANDS: Dict[str, Tuple[str, str]] = {
    "convert": ("convert", "Turn a model and its class information into an .ecd."),
    "check": ("check", "Say what is wrong with a model and its class information."),
    "inspect": ("inspect", "Show what a model file says about itself."),
    "init": ("init", "Write a class information document to fill in."),
    "fix": ("fix", "Mend what is certain in a class information document."),
    "show": ("show", "Show what an .ecd says."),
    "verify": ("verify", "Check an .ecd, its bytes and its model."),
    "extract": ("extract", "Get the model's files out of an .ecd."),
    "export": ("export", "Write .emd, .dlpk, STAC, legends, styles, a page."),
    "classify": ("classify", "Classify a scene with an .ecd: a map with its colors."),
    "detect": ("detect", "Find the objects of a scene with an .ecd: a layer with its style."),
    "schema": ("schema", "Print the JSON Schema of a document."),
    "demo": ("demo", "Do the main job once on a small real model."),
}

#: Commands that run models, each in a process of its own (see supervised.py).
RUNNING = frozenset(("classify", "detect"))

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


def main(arguments: Optional[List[str]] = None) -> None:
    """The entry point of the ``dl2ecd`` command; ends the process with its exit code."""
    open_closed_streams()
    try:
        try:
            _run(arguments)
        finally:
            # What stays in a buffer fails when Python ends, where no exit code can tell.
            flush()
    except (ClosedPipe, KeyboardInterrupt, Terminated) as ended:
        give_up_streams()
        sys.exit(_CODES[type(ended)])
    except OSError as error:
        give_up_streams()
        if pipe_is_closed(error):
            sys.exit(PIPE_CLOSED)
        reason = error.strerror or str(error)
        with suppress(OSError):
            print(f"The output can't be shown: {reason}.", file=sys.stderr, flush=True)
        sys.exit(REFUSED)


_CODES: Dict[Type[BaseException], int] = {
    ClosedPipe: PIPE_CLOSED,
    KeyboardInterrupt: INTERRUPTED,
    Terminated: TERMINATED,
}


def _runs_a_model(arguments: List[str]) -> bool:
    """Whether a command is about to run a model: it has its paths, and is not asked for help."""
    paths = [word for word in arguments[1:] if not word.startswith("-")]
    asks = {"-h", "--help"} & set(arguments)
    return arguments[:1] != [] and arguments[0] in RUNNING and len(paths) >= 3 and not asks


def _run(arguments: Optional[List[str]]) -> None:
    for stream in (sys.stdout, sys.stderr):
        # A class name must not end the program because the terminal's encoding lacks a letter.
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    if (sys.argv[1:] if arguments is None else arguments) == ["--version"]:
        # Programs ask before they call: importing click takes three times as long as all else.
        print(f"dl2ecd {__version__}")
        sys.exit(DONE)
    given = sys.argv[1:] if arguments is None else arguments
    if _runs_a_model(given) and not is_own_process():
        from .supervised import supervise

        sys.exit(supervise(given))
    hear_terminations()
    if is_own_process():
        hear_interruptions()
        from ..running.processes.child import end_with_parent

        end_with_parent()
    from .group import dl2ecd

    dl2ecd.main(args=arguments, prog_name="dl2ecd")
