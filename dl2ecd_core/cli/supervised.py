"""Commands that run a model do so in a process of their own, with a limit for its memory.

A runtime that falls down takes its process with it; whoever called is still told what happened.
"""

from __future__ import annotations

import os
import signal
from typing import List

from ..findings import Finding
from ..findings.rules import finding
from ..running.processes.child import command_process
from ..running.processes.own_process import MARK
from .exit_codes import INTERRUPTED, REFUSED

#: Signals by which the system ends a process that went wrong.
_CRASHES = frozenset(
    getattr(signal, name)
    for name in ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGKILL")
    if hasattr(signal, name)
)
#: On Windows there are no signals: from here on an exit code is an NTSTATUS of the severity
#: "error", such as 0xC0000005 for an access violation. Elsewhere none is beyond 255.
#: https://learn.microsoft.com/en-us/openspecs/windows_protocols/ms-erref/
_FAULTS_FROM = 0xC0000000
#: The one of them that a person asks for: Ctrl-C before Python listens, or Ctrl-Break.
_CONTROL_C = 0xC000013A


def supervise(arguments: List[str]) -> int:
    """Run a command in a process of its own; its exit code, or 1 when the process fell down."""
    from .group import say
    from .reporting import output_asked_for

    process = command_process(arguments, {MARK: "1"})

    def pass_on(number: int, frame: object) -> None:
        process.send_signal(number)

    # The other one tidies up, and takes for one what reaches both and is passed on as well.
    before = signal.signal(signal.SIGTERM, pass_on), signal.getsignal(signal.SIGINT)
    if before[1] is not signal.SIG_IGN:
        # On Windows Ctrl-C always reaches both, and nothing else could be sent.
        signal.signal(signal.SIGINT, signal.SIG_IGN if os.name == "nt" else pass_on)
    try:
        code = process.wait()
    finally:
        for number, handler in zip((signal.SIGTERM, signal.SIGINT), before):
            signal.signal(number, handler)
    if code == _CONTROL_C:
        return INTERRUPTED
    if 0 <= code < _FAULTS_FROM:
        return code
    if code < 0 and -code not in _CRASHES:
        return 128 - code
    name = signal.Signals(-code).name if code < 0 else f"0x{code:08X}"
    say([_crashed(name)], output_asked_for(arguments))
    return REFUSED


def _crashed(name: str) -> Finding:
    return finding(
        "runtime-crashed",
        f"The process that ran the model was ended by the system ({name}).",
        hint="The model needs more memory than there is, or the runtime has a fault that the model "
        "sets off. Nothing was written; the same command goes on where it stopped.",
    )
