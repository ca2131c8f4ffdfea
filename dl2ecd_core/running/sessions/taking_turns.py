"""A session that takes several cores for one tile: its runs take turns."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Collection, List, Mapping, Optional, Sequence

from ...network.outlook import Outlook
from .base import RuntimeSession

if TYPE_CHECKING:
    from . import Array, Session


class TakingTurns(RuntimeSession):
    """A session whose runtime computes one tile at a time, with many threads.

    Meanwhile others make the next tile ready, and values of the last one.

    Parameters
    ----------
    session
        That takes so many threads for a run.
    """

    def __init__(self, session: Session, threads: int) -> None:
        super().__init__(session.inputs, session.outputs)
        self._session, self._threads = session, threads
        self._turn = Lock()

    @property
    def runtime(self) -> str:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._session.runtime

    @property
    def properties(self) -> Mapping[str, str]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._session.properties

    @property
    def threads(self) -> int:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._threads

    def run(self, arrays: Sequence[Array]) -> List[Array]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        with self._turn:
            return self._session.run(arrays)

    def freed(self) -> Optional[Session]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._session.freed()

    def threaded(self, count: int) -> Session:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._session.threaded(count)

    def outlook(self, assumed: int) -> Optional[Outlook]:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        return self._session.outlook(assumed)

    def stop(self, threads: Collection[int]) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        self._session.stop(threads)

    def close(self) -> None:
        """As :class:`~dl2ecd_core.running.sessions.Session`."""
        self._session.close()
