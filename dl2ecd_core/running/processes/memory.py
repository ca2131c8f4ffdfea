"""A limit for the memory of the process that runs a model.

A model can ask for any amount of memory. Without a limit the system takes it from everybody, or
ends some process; with one, the runtime is refused it and says so.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional

from . import control_group

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
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    if soft != resource.RLIM_INFINITY:
        most = min(most, soft)
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
    """Bytes that this process may still take; None where the system does not tell.

    As many as the machine has to give, and no more than is left of what this process is limited to:
    by a container, or by the shell that started it (``ulimit -v``).
    """
    if sys.platform == "win32":
        from . import windows_memory

        return windows_memory.free_memory()
    told = (
        system_size("/proc/meminfo", "MemAvailable"),
        control_group.free_memory(),
        _left_of_the_limit(),
    )
    return min((size for size in told if size is not None), default=None)


def _left_of_the_limit() -> Optional[int]:
    import resource

    taken = system_size("/proc/self/status", "VmSize")
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return None if taken is None or limit == resource.RLIM_INFINITY else max(limit - taken, 0)


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
