"""What to say where a library that running needs is not installed."""

from __future__ import annotations

from ..findings.errors import Dl2EcdError
from ..findings.rules import finding


class RunningRefused(Dl2EcdError):
    """A scene can't be classified so; nothing was written."""


def not_installed(library: str, extra: str, what: str) -> RunningRefused:
    """An error for the caller to raise when importing a library fails.

    Parameters
    ----------
    library
        As people know it: ``ONNX Runtime``.
    extra
        The extra of this package that brings it.
    what
        What it is needed for: ``run this model``.
    """
    return RunningRefused(
        [
            finding(
                "runtime-missing",
                f"{library} is needed to {what}, and is not installed.",
                hint=f"Install it with: pip install 'dl2ecd[{extra}]'",
            )
        ]
    )
