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


class Background(Generic[T]):
    """Runs work in threads, at most one for each key, and collects what is ready in time.

    A thread that hangs (a file on a share that went away) stays behind without holding anything
    up; past `most` of them no further work is begun.
    """

    def __init__(self, most: int = 8) -> None:
        self._most = most
        self._jobs: Dict[Hashable, _Job[T]] = {}
        self._lock = threading.Lock()

    def outcome(self, key: Hashable, work: Callable[[], T], deadline: float) -> Optional[T]:
        """What the work gave; None when it is not ready at `deadline` (of time.monotonic).

        Work that an earlier call began may have read a file that changed since. So it is waited
        for and then done once more; the work itself must remember what it has read.
        """
        with self._lock:
            earlier = self._jobs.get(key)
        if earlier is not None and not _wait(earlier, deadline):
            return None
        job = self._begin(key, work)
        if job is None or not _wait(job, deadline):
            return None
        return job.outcome

    def begin(self, key: Hashable, work: Callable[[], T]) -> None:
        """Start work that nobody waits for, unless it is under way."""
        self._begin(key, work)

    def _begin(self, key: Hashable, work: Callable[[], T]) -> Optional[_Job[T]]:
        with self._lock:
            if key in self._jobs:
                return self._jobs[key]
            if len(self._jobs) >= self._most:
                return None
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
            return None
        return job

    def _do(self, key: Hashable, job: _Job[T], work: Callable[[], T]) -> None:
        try:
            job.outcome = work()
        finally:
            with self._lock:
                del self._jobs[key]
            job.done.set()


def _wait(job: _Job[T], deadline: float) -> bool:
    return job.done.wait(max(0.0, deadline - time.monotonic()))
