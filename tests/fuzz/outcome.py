"""What a run over one file may come to: a result or a domain error, quickly, small, printable."""

from __future__ import annotations

import json
import re
import resource
import signal
import time
import tracemalloc
import unicodedata
from types import FrameType
from typing import Callable, Iterable, Optional

from dl2ecd_core.findings import Finding
from dl2ecd_core.findings.errors import Dl2EcdError

LONGEST_SECONDS = 1.0
MOST_MEMORY = 64 * 1024 * 1024
#: Memory at which a run is stopped, so that a bomb does not take the machine along.
_CEILING = 4 << 30
_HANGS_AFTER = 20.0
_LONGEST_MESSAGE = 4000

_UNPRINTABLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_PLAIN = re.compile(r"[\x20-\x7e…–—×°]*\Z")

#: Takes the bytes of a file; gives what was found, or raises a domain error.
Run = Callable[[bytes], Iterable[Finding]]


class Failure(Exception):
    """A run that came to something else; says what."""


class TooLong(BaseException):
    """Raised inside a run that does not end; no reader catches it."""


def _stop(_: int, __: Optional[FrameType]) -> None:
    raise TooLong


def stop_runaways() -> None:
    """Let the timer that :func:`checked` starts end a run instead of the process."""
    signal.signal(signal.SIGVTALRM, _stop)


def limit_process() -> None:
    """Let runaway runs end: by a timer and, as the last resort, by the limit of address space."""
    stop_runaways()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft == resource.RLIM_INFINITY or soft > _CEILING:
        resource.setrlimit(resource.RLIMIT_AS, (_CEILING, hard))


def checked(run: Run, data: bytes, longest: float = LONGEST_SECONDS) -> str:
    """Run once and name the outcome: its message and rules.

    Parameters
    ----------
    longest
        Seconds of the processor that are allowed.

    Raises
    ------
    Failure
        For another exception than a domain error, for more time than allowed, for
        control characters or endless text in a message, for a result that is no JSON.
    """
    started = time.process_time()
    signal.setitimer(signal.ITIMER_VIRTUAL, _HANGS_AFTER)
    try:
        findings = tuple(run(data))
        outcome = "read"
    except Dl2EcdError as error:
        findings = error.findings
        outcome = str(error)[:200]
    except TooLong:
        raise Failure(f"still running after {_HANGS_AFTER:.0f} s") from None
    except Exception as error:
        raise Failure(f"{type(error).__name__}: {str(error)[:300]}") from error
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    seconds = time.process_time() - started
    if seconds > longest:
        raise Failure(f"took {seconds:.1f} s")
    for item in findings:
        _check_finding(item)
        outcome += "|" + item.rule
    return outcome[:400]


def _check_finding(item: Finding) -> None:
    for text in (item.message, item.hint, item.where.excerpt or ""):
        for letter in "" if _PLAIN.match(text) else text:
            if letter != "\n" and unicodedata.category(letter) in _UNPRINTABLE:
                raise Failure(f"{item.rule} prints U+{ord(letter):04X} as it is: {text[:300]!r}")
        if len(text) > _LONGEST_MESSAGE:
            raise Failure(f"{item.rule} says {len(text)} characters: {text[:300]!r}")
    json.dumps(item.as_dict())


def peak_memory(run: Run, data: bytes) -> int:
    """Most bytes that Python held during a run, beyond what it held before."""
    tracemalloc.start()
    try:
        try:
            tuple(run(data))
        except Exception:
            pass
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def high_water() -> int:
    """Most memory the process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def forget_high_water() -> None:
    """Start measuring anew, where the system can."""
    try:
        with open("/proc/self/clear_refs", "w") as handle:  # noqa: PTH123
            handle.write("5")
    except OSError:
        pass
