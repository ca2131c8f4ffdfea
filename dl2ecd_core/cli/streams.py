"""Standard streams that are closed, or whose reader has gone: the work is done all the same."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress

from ..files.windows import on_windows


class ClosedPipe(BaseException):
    """The program that read the output has gone; named so that click does not end with 1 for it."""


def open_closed_streams() -> None:
    """Put the null device where a standard stream was closed (``2>&-``, or no console).

    Otherwise the next file that is opened gets the stream's number, and whatever is said to the
    stream goes into that file.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            # The lowest free number is taken: this one.
            os.open(os.devnull, os.O_RDWR)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115


def flush() -> None:
    """Write out what was said, now, when a failure can still be told by the exit code."""
    sys.stdout.flush()
    sys.stderr.flush()


def pipe_is_closed(error: OSError) -> bool:
    """Whether a write failed because nobody reads any more; Windows calls that EINVAL."""
    return isinstance(error, BrokenPipeError) or (on_windows() and error.errno == errno.EINVAL)


def give_up_streams() -> None:
    """Let nothing that is still to be written out fail once more when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            # A stream of another kind has no number; ValueError is the same for a closed one.
            with suppress(OSError, ValueError):
                null = os.open(os.devnull, os.O_WRONLY)
                os.dup2(null, stream.fileno())
                os.close(null)
