"""Memory that a control group leaves: what a container or a batch system lets a process have.

Where a machine is shared, less than the machine has to give is this process's; who takes more is
ended. The system tells the machine's memory all the same.

https://docs.kernel.org/admin-guide/cgroup-v2.html (memory.max, memory.current, memory.stat),
https://docs.kernel.org/admin-guide/cgroup-v1/memory.html (memory.limit_in_bytes, ...)
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple, Optional, Tuple


class _Names(NamedTuple):
    """What files of a group are called: the limit, what is taken, and what of that can go."""

    limit: str
    taken: str
    cached: str


_SECOND = _Names("memory.max", "memory.current", "inactive_file")
_FIRST = _Names("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def free_memory(
    groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")
) -> Optional[int]:
    """Bytes that this process' groups have left; None where they set no bound.

    Parameters
    ----------
    groups
        The file that names them.
    mounted
        Where the groups of all processes lie.
    """
    left = [
        size
        for folder, names in _folders(_text(groups), mounted)
        for size in [_left(folder, names)]
        if size is not None
    ]
    return min(left, default=None)


def _folders(groups: str, mounted: Path) -> Iterator[Tuple[Path, _Names]]:
    """The groups, and all that they are a part of; of a container, the outermost that it sees."""
    for line in groups.splitlines():
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers and "memory" not in controllers.split(","):
            continue
        top, names = (mounted / "memory", _FIRST) if controllers else (mounted, _SECOND)
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for count in range(len(parts) + 1):
            yield top.joinpath(*parts[:count]), names


def _left(folder: Path, names: _Names) -> Optional[int]:
    limit, taken = (_text(folder / name).strip() for name in (names.limit, names.taken))
    if not limit.isdigit() or not taken.isdigit():
        # There is no such group here, or it sets no bound ("max").
        return None
    stated = (line.split() for line in _text(folder / "memory.stat").splitlines())
    cached = next((int(one[1]) for one in stated if one[0] == names.cached), 0)
    return max(int(limit) - int(taken) + cached, 0)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
