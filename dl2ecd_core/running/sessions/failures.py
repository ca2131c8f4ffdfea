"""What runtimes say when they give up, in a sentence."""

from __future__ import annotations

from pathlib import Path

from ...findings import Place
from ...findings.rules import finding
from ...findings.wording import printable, quoted
from ..extras import RunningRefused

#: Of what a runtime says, the beginning is for people.
_LONGEST = 300


def not_loaded(runtime: str, path: Path, error: Exception) -> RunningRefused:
    """An error for the caller to raise when a runtime does not take a model."""
    return RunningRefused(
        [
            finding(
                "model-not-loaded",
                f"{runtime} does not load {quoted(path.name)}: {_said(error)}",
                hint="A newer runtime may know what this one does not; else export the model "
                "again, for an older set of operations.",
                where=Place(file=path.name),
            )
        ]
    )


def run_failed(runtime: str, error: Exception) -> RunningRefused:
    """An error for the caller to raise when a runtime gives up on a tile."""
    return RunningRefused(
        [
            finding(
                "model-run-failed",
                f"{runtime} could not run the model: {_said(error)}",
                hint="The model may want another size of tile or other types than it says, or "
                "more memory than there is.",
            )
        ]
    )


def _said(error: Exception) -> str:
    # Of want of memory, some say nothing at all.
    return printable(" ".join(str(error).split()) or "it does not say why.", _LONGEST)
