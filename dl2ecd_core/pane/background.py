"""Work that is waited for only so long: the dialog must not stand still."""

from __future__ import annotations

import threading
import time
from typing import Callable, Dict, Generic, Hashable, Optional, TypeVar

T = TypeVar("T")


class _Job(Generic[T]):
    def __init__(self) -> None:
        self.done = threading.Event()
        self.outcome: Optional[T] = None


class Errand(Generic[T]):
    """Work that was begun.

    Parameters
    ----------
    job
        None when it could not be begun.
    again
        Begins it anew, when the job is an earlier call's.
    """

    def __init__(
        self, job: Optional[_Job[T]], again: Optional[Callable[[], Errand[T]]] = None
    ) -> None:
        self._job = job
        self._again = again

    def outcome(self, deadline: float) -> Optional[T]:
        """What the work gave; None when it is not ready at `deadline` (of time.monotonic).

        Work that an earlier call began may have read a file that changed since. So it is waited
        for and then done once more; the work itself must remember what it has read.
        """
        if self._job is None:
            return None
        if not self._job.done.wait(max(0.0, deadline - time.monotonic())):
            return None
        if self._again is not None:
            return self._again().outcome(deadline)
        return self._job.outcome


class Background(Generic[T]):
    """Runs work in threads, at most one for each key, and collects what is ready in time.

    A thread that hangs (a file on a share that went away) stays behind without holding anything
    up; past `most` of them no further work is begun.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._jobs: Dict[Hashable, _Job[T]] = {}
        self._lock = threading.Lock()

    def begin(self, key: Hashable, work: Callable[[], T]) -> Errand[T]:
        """Start the work, unless work of this key is under way."""
        with self._lock:
            if key in self._jobs:
                earlier = self._jobs[key]
                return Errand(earlier, lambda: self.begin(key, work))
            if len(self._jobs) >= self._most:
                return Errand(None)
            job = self._jobs[key] = _Job()
        thread = threading.Thread(
            target=self._do, args=(key, job, work), name="dl2ecd examination", daemon=True
        )
        try:
            thread.start()
        except RuntimeError:
            # No further thread to be had: what isn't known now, the run will find out.
            with self._lock:
                del self._jobs[key]
            return Errand(None)
        return Errand(job)

    def _do(self, key: Hashable, job: _Job[T], work: Callable[[], T]) -> None:
        try:
            job.outcome = work()
        finally:
            with self._lock:
                del self._jobs[key]
            job.done.set()
