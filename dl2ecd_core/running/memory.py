"""A limit for the memory of the process that runs a model.

A model can ask for any amount of memory. Without a limit the system takes it from everybody, or
ends some process; with one, the runtime is refused it and says so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

#: Addresses that libraries and threads take and hardly use.
_ROOM = 4 << 30
#: Of what is free now, so much may be taken.
_SHARE = 0.9


def limit_memory() -> Optional[int]:
    """Let this process take no more memory than the machine has to give.

    Returns
    -------
    int or None
        The most bytes of addresses that it may have; None where the system has no such limit.
    """
    free, taken = free_memory(), system_size("/proc/self/status", "VmSize")
    if free is None or taken is None:
        return None
    import resource

    most = taken + int(free * _SHARE) + _ROOM
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    return most


def has_limit() -> bool:
    """Whether there is a limit for this process' memory already."""
    try:
        import resource
    except ImportError:
        return False
    return resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY


def free_memory() -> Optional[int]:
    """Bytes that the machine has to give; None where the system does not tell."""
    if sys.platform == "win32":
        from . import windows_memory

        return windows_memory.free_memory()
    return system_size("/proc/meminfo", "MemAvailable")


def system_size(path: str, name: str) -> Optional[int]:
    """A size in bytes that the system tells; None where it does not."""
    try:
        text = Path(path).read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    for line in text.splitlines():
        key, _, value = line.partition(":")
        words = value.split()
        if key == name and words and words[0].isdigit():
            return int(words[0]) * 1024
    return None
