"""A session within the memory that there is, on a device that is decided before it is made.

On a processor a model takes the machine's memory: where this process was started for the purpose,
it gets a limit; where it is somebody else's, the need is told before. On a graphics card only the
weights go through the machine's memory; CUDA reserves more addresses than any limit leaves.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from .estimating import check_memory
from .opening import OpenedModel
from .processes.cores import cores
from .processes.memory import limit_memory
from .processes.own_process import is_own_process
from .sessions import Session
from .sessions.devices import CPU, CUDA, device_of
from .sessions.opening import ON_CARD, RUNTIMES, open_session


class Bounded(NamedTuple):
    """A session, and how many tiles may run at once; None where memory sets no bound."""

    session: Session
    workers: Optional[int]


def bounded_session(
    opened: OpenedModel, *, device: str, trusted: bool = False, workers: Optional[int] = None
) -> Bounded:
    """A session for a model.

    Parameters
    ----------
    device
        ``cpu``, ``cuda``, or ``auto`` for CUDA where it is there.
    trusted
        As for :func:`~dl2ecd_core.running.sessions.opening.open_session`.
    workers
        Tiles at once on a processor; by default as many as there are cores, and fewer where there
        is no room for as many.

    Raises
    ------
    RunningRefused
        ``memory-short``; or as the session is refused.
    """
    decided = device_of(RUNTIMES.get(opened.model.format, ""), device)
    room = _bound(opened, decided, workers)
    # A card that is asked for by name is tried: it may be there though nothing showed it.
    asked = CUDA if device == CUDA else decided
    session = open_session(opened.model, opened.primary, device=asked, trusted=trusted)
    if decided == CPU or session.runtime.endswith(ON_CARD):
        return Bounded(session, room)
    try:
        # The runtime does without the card after all.
        return Bounded(session, _bound(opened, CPU, workers))
    except BaseException:
        session.close()
        raise


def _bound(opened: OpenedModel, device: str, workers: Optional[int]) -> Optional[int]:
    """Bound what a model takes, and say how many tiles may run at once."""
    if device != CPU:
        check_memory(opened.model, 0, least=0, name=opened.ecd.name)
        return workers
    if is_own_process():
        limit_memory()
    most = workers or cores()
    room = check_memory(opened.model, most, least=workers or 1, name=opened.ecd.name)
    return workers if room == most else room
