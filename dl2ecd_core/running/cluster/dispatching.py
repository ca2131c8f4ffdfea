"""Tasks to workers and back: a few more at once than there are threads, whatever their number.

No graph of all tasks is ever built. Futures are asked for by threes and dozens, so that neither the
client nor the scheduler holds more than what is being worked on.
"""

from __future__ import annotations

import time
from collections import deque
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as FuturesTimeout
from contextlib import suppress
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count, islice
from queue import Empty, SimpleQueue
from typing import Any, Callable, Deque, Dict, Iterator, List, Optional, Tuple

from ...findings import Finding
from ...findings.errors import Cancelled
from ...findings.rules import finding
from ...findings.wording import printable
from ...progress import Listener
from ..extras import RunningRefused
from .orders import Plain, finding_of
from .worker import failed, perform

#: Tasks that wait at the scheduler for each thread beside the one that runs, and for all together.
_WAITING, _MORE = 2, 8
#: Seconds between looks at the clock, at who cancelled, and at how many threads there are.
_TICK, _COUNTED = 0.25, 5.0
#: Seconds for which outcomes are gathered where there are many threads: talking to the scheduler
#: about several at once costs as much as about one.
_PAUSE, _MANY = 0.03, 64
#: A task is tried so often; in between it rests for longer and longer.
ATTEMPTS = 5
#: What a client raises where the scheduler or a worker is gone.
UNREACHED = (OSError, RuntimeError, ValueError, CancelledError, FuturesTimeout)
#: Before a worker that lacks the model is given up.
_MOST_MISSING = 20


@dataclass
class Task:
    """Something for a worker to do.

    Attributes
    ----------
    what, order
        As :func:`~dl2ecd_core.running.cluster.worker.perform` takes them.
    about
        Whose it is, for whoever hears the outcome.
    wanted
        Asked before each try.
    """

    what: str
    order: Plain
    about: Any = None
    wanted: Callable[[], bool] = lambda: True
    attempts: int = 0
    missing: int = 0
    died: bool = False


@dataclass(frozen=True)
class Outcome:
    """How a task went: its result, or findings.

    Attributes
    ----------
    for_good
        Whether it would go so again, and what was begun is of no use.
    """

    task: Task
    result: Optional[Plain]
    findings: Tuple[Finding, ...] = ()
    for_good: bool = False


@dataclass
class Patience:
    """How long to wait for what may pass by itself.

    Attributes
    ----------
    attempts
        A task is tried so often.
    rest
        Seconds after the first try; twice as many after each.
    reconnect
        Seconds for a scheduler that is gone to come back.
    workers
        Seconds for a first worker to come.
    """

    attempts: int = ATTEMPTS
    rest: float = 1.0
    reconnect: float = 30.0
    workers: float = 60.0


@dataclass
class Dispatcher:
    """Gives tasks to the workers of a client.

    Attributes
    ----------
    function
        What workers run; with :class:`Task` and its two parts as arguments.
    supply
        Called with the address of a worker that lacks the model.
    """

    client: Any
    supply: Callable[[str], None]
    listener: Listener
    patience: Patience = field(default_factory=Patience)
    function: Callable[[str, Plain], Plain] = perform
    threads: int = 0
    most_running: int = 0
    _counted: float = -1e9
    _source: Iterator[Task] = field(default_factory=lambda: iter(()))
    _added: Deque[Iterator[Task]] = field(default_factory=deque)
    _resting: List[Tuple[float, int, Task]] = field(default_factory=list)
    _running: Dict[Any, Task] = field(default_factory=dict)
    _ended: SimpleQueue[Any] = field(default_factory=SimpleQueue)
    _preparing: List[Any] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)

    def add(self, tasks: Iterator[Task], *, soon: bool = False) -> None:
        """More tasks, before those that come from the source; `soon` before all others."""
        if soon:
            self._added.appendleft(tasks)
        else:
            self._added.append(tasks)

    def prepare(self, order: Plain) -> None:
        """Let the workers that are there make ready, once, while the client does so itself.

        Nobody waits for it: whoever is not ready makes ready with the first task.
        """
        if self._preparing:
            return
        with suppress(*UNREACHED):
            for worker in self.client.nthreads():
                self.supply(worker)
                self._preparing.append(
                    self.client.submit(
                        self.function, "prepare", order, workers=[worker], pure=False, priority=1
                    )
                )

    def outcomes(self, source: Iterator[Task]) -> Iterator[Outcome]:
        """The outcome of each task of the source, and of those that are added, as they come.

        Raises
        ------
        Cancelled
            When the listener says so; then nothing is worked on any more.
        RunningRefused
            ``scheduler-lost``.
        """
        self._source = source
        try:
            while True:
                self._submit()
                if not self._running and not self._resting:
                    return
                yield from self._heard()
        finally:
            self._cancel()

    def _submit(self) -> None:
        room = self._room() - len(self._running)
        fresh = list(islice(self._next(), max(room, 0)))
        if not fresh:
            return
        futures = self.client.map(
            self.function,
            [task.what for task in fresh],
            [task.order for task in fresh],
            key=[f"{task.what}-{id(self):x}-{next(self._numbers)}" for task in fresh],
            pure=False,
            retries=0,
        )
        for task, future in zip(fresh, futures):
            self._running[future] = task
            future.add_done_callback(self._ended.put)
        self.most_running = max(self.most_running, len(self._running))

    def _next(self) -> Iterator[Task]:
        """Those that have rested, then those that were added, the source last."""
        while True:
            if self._resting and self._resting[0][0] <= time.monotonic():
                task: Optional[Task] = heappop(self._resting)[2]
            elif self._added:
                task = next(self._added[0], None)
                if task is None:
                    self._added.popleft()
                    continue
            else:
                task = next(self._source, None)
            if task is None:
                return
            if task.wanted():
                yield task

    def _room(self) -> int:
        """How many may run or wait; workers come and go."""
        now = time.monotonic()
        if now - self._counted >= _COUNTED:
            self._counted = now
            with suppress(*UNREACHED):
                self.threads = sum(self.client.nthreads().values()) or self.threads
        return self.threads * (1 + _WAITING) + _MORE

    def _heard(self) -> Iterator[Outcome]:
        """What has ended by now, or a tick later."""
        if self.listener.cancelled():
            raise Cancelled
        ended: List[Any] = []
        try:
            ended.append(self._ended.get(timeout=_TICK))
            time.sleep(_PAUSE * min(self.threads / _MANY, 1))
            while True:
                ended.append(self._ended.get_nowait())
        except Empty:
            pass
        if self.client.status != "running" or any(one.status == "cancelled" for one in ended):
            self._recover()
            return
        finished = [one for one in ended if one.status == "finished"]
        try:
            results = dict(zip(finished, self.client.gather(finished))) if finished else {}
        except UNREACHED:
            self._recover()
            return
        for future in ended:
            task = self._running.pop(future)
            outcome = self._outcome(task, future, results)
            if outcome is not None:
                yield outcome

    def _outcome(self, task: Task, future: Any, results: Dict[Any, Any]) -> Optional[Outcome]:
        """What to tell of a task that has ended; None where it is done again."""
        task.attempts += 1
        if future not in results:
            error = future.exception()
            if type(error).__name__ != "KilledWorker":
                return Outcome(task, None, (failed(error),))
            if task.died:
                return Outcome(task, None, (_died(error),))
            # It may only have been beside what killed them.
            task.died = True
            self._rest(task, self.patience.rest)
            return None
        told = results[future]
        if "done" in told:
            return Outcome(task, told["done"])
        if "missing" in told and task.missing < _MOST_MISSING:
            task.missing += 1
            task.attempts -= 1
            with suppress(*UNREACHED):
                # Of a worker that has died meanwhile others take the task.
                self.supply(told["missing"])
            self._rest(task, 0.0)
            return None
        findings = tuple(finding_of(item) for item in told.get("findings", ()))
        again = told.get("again", True)
        if again and task.attempts < self.patience.attempts:
            self._rest(task, self.patience.rest * 2 ** (task.attempts - 1))
            return None
        return Outcome(task, None, findings or (_not_shared(),), for_good=not again)

    def _rest(self, task: Task, seconds: float) -> None:
        heappush(self._resting, (time.monotonic() + seconds, next(self._numbers), task))

    def _recover(self) -> None:
        """The scheduler is gone and knows nothing any more: wait for it, and begin anew."""
        begun = list(self._running.values())
        self._running.clear()
        self._ended = SimpleQueue()
        end = time.monotonic() + self.patience.reconnect
        while time.monotonic() < end:
            if self.listener.cancelled():
                raise Cancelled
            if self.client.status == "running" and self._has_workers():
                for task in begun:
                    self._rest(task, 0.0)
                return
            if self.client.status not in ("running", "connecting"):
                break
            time.sleep(_TICK)
        raise RunningRefused([lost()])

    def _has_workers(self) -> bool:
        with suppress(*UNREACHED):
            return bool(self.client.nthreads())
        return False

    def _cancel(self) -> None:
        futures = [*self._running, *self._preparing]
        self._running.clear()
        self._preparing.clear()
        if futures and self.client.status == "running":
            self.client.cancel(futures, force=True)


def _died(error: BaseException) -> Finding:
    return finding(
        "worker-died",
        f"Workers died of this again and again: {printable(str(error), 300)}",
        hint="It may take more memory than a worker has: give workers more, or fewer threads each. "
        "Or the model brings the runtime down. What is done stays done.",
    )


def _not_shared() -> Finding:
    return finding(
        "output-not-shared",
        "A worker does not see the folder of the output as this machine does.",
        hint="Give an output on a disk that all machines share, under the same path.",
    )


def lost() -> Finding:
    """What to say where the scheduler does not come back."""
    return finding(
        "scheduler-lost",
        "The scheduler is gone, and did not come back.",
        hint="Start it and its workers again and give the same command: it goes on with what is "
        "done.",
    )
