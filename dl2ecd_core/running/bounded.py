"""A session within the memory that there is, on a device that is decided before it is made.

On a processor a model takes the machine's memory: where this process was started for the purpose,
it gets a limit; where it is somebody else's, the need is told before. On a graphics card only the
weights go through the machine's memory; CUDA reserves more addresses than any limit leaves.
"""

from __future__ import annotations

from typing import Optional

from .engine import cores
from .estimating import check_memory
from .memory import limit_memory
from .opening import OpenedModel
from .own_process import is_own_process
from .sessions import Session
from .sessions.devices import CPU, CUDA, device_of
from .sessions.opening import ON_CARD, RUNTIMES, open_session


def bounded_session(
    opened: OpenedModel, *, device: str, trusted: bool = False, workers: Optional[int] = None
) -> Session:
    """A session for a model.

    Parameters
    ----------
    device
        ``cpu``, ``cuda``, or ``auto`` for CUDA where it is there.
    trusted
        As for :func:`~dl2ecd_core.running.sessions.opening.open_session`.
    workers
        Tiles at once on a processor; as many as there are cores by default.

    Raises
    ------
    RunningRefused
        ``memory-short``; or as the session is refused.
    """
    decided = device_of(RUNTIMES.get(opened.model.format, ""), device)
    tiles = workers or cores()
    _bound(opened, decided, tiles)
    # A card that is asked for by name is tried: it may be there though nothing showed it.
    asked = CUDA if device == CUDA else decided
    session = open_session(opened.model, opened.primary, device=asked, trusted=trusted)
    if decided == CPU or session.runtime.endswith(ON_CARD):
        return session
    try:
        # The runtime does without the card after all.
        _bound(opened, CPU, tiles)
    except BaseException:
        session.close()
        raise
    return session


def _bound(opened: OpenedModel, device: str, tiles: int) -> None:
    if device == CPU and is_own_process():
        limit_memory()
    check_memory(opened.model, tiles if device == CPU else 0, name=opened.ecd.name)
