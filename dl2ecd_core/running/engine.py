"""Tiles through a model: reading, inference and writing overlap, and memory is flat in rows.

One thread reads strips of a tile's height ahead, as many workers as there are cores turn tiles into
values, and the caller's thread puts them side by side and writes.
"""

from __future__ import annotations

import threading
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import (
    TYPE_CHECKING,
    Deque,
    Iterator,
    List,
    Optional,
    Set,
    Tuple,
    TypeVar,
    Union,
)

from ..findings.errors import Cancelled
from ..progress import Listener
from .assembling import Blend, Join, Strip
from .classifier import Classifier
from .processes.cores import cores
from .processes.memory import free_memory
from .rasters.raster import Block, RasterReader, RasterWriter, Window
from .tiles.planning import Plan, Span
from .work import Job, Part

if TYPE_CHECKING:
    from .sessions.scores import Scores

_T = TypeVar("_T")

#: What a listener hears while rows of the result are made.
CLASSIFYING = "Classifying"
#: Strips that are read or worked on at once.
_AHEAD = 2
#: Seconds between looks at whether somebody wants to stop: a large tile takes a minute.
_LOOKS = 0.2
#: A tile that all cores share, and the one that comes after it.
_WITH_THE_NEXT = 2
#: Bytes that a network of the usual kinds holds for a pixel of its tile; those with layers as fine
#: as the tile throughout hold the most.
_BYTES_A_PIXEL = 1024
#: Of the memory that is free, so much may be taken for tiles.
_SHARE = 0.5


def _at_once(plan: Plan, scores: Scores, workers: Optional[int]) -> int:
    """Tiles that are worked on at once: as many as there are cores, fewer of large ones.

    Of these the values of as many might not go into memory. Where all cores share one, the next
    is made ready meanwhile. The result is the same.
    """
    most = workers or cores()
    if scores.threads > 1:
        return min(most, _WITH_THE_NEXT)
    free = free_memory()
    if free is None:
        return most
    size = plan.rows[0].size * plan.columns[0].size * _BYTES_A_PIXEL
    return max(min(most, int(free * _SHARE) // size), 1)


def classify_raster(
    reader: RasterReader,
    classifier: Classifier,
    writer: RasterWriter,
    *,
    probabilities: Optional[RasterWriter] = None,
    window: Optional[Window] = None,
    from_row: int = 0,
    workers: Optional[int] = None,
    listener: Optional[Listener] = None,
) -> Plan:
    """Classify a raster from the top to the bottom.

    Parameters
    ----------
    window
        The part of the result that is wanted; what is written begins with its first row.
    from_row
        The first of these rows that is not written yet.
    workers
        Tiles at once, at most; as many as there are cores by default.

    Raises
    ------
    RunningRefused
        When the model does not run.
    Cancelled
        When the listener says so.
    """
    plan = classifier.plan(reader.height, reader.width)
    wanted = window or Window(0, plan.height, 0, plan.width)
    rest = Window(wanted.top + from_row, wanted.bottom, wanted.left, wanted.right)
    for strip in strips(
        reader,
        classifier,
        plan,
        rest,
        with_probabilities=probabilities is not None,
        workers=workers,
        listener=listener,
    ):
        top = strip.top - wanted.top
        writer.write(top, strip.values)
        if probabilities is not None and strip.probabilities is not None:
            probabilities.write(top, strip.probabilities)
    return plan


def strips(
    reader: RasterReader,
    classifier: Classifier,
    plan: Plan,
    window: Window,
    *,
    with_probabilities: bool = False,
    workers: Optional[int] = None,
    listener: Optional[Listener] = None,
) -> Iterator[Strip]:
    """The result of a window of a scene, strip by strip; the same as in one pass over the whole.

    Parameters
    ----------
    plan
        Of the whole scene.
    window
        In pixels of the result.
    """
    rows = plan.rows_touching(window.top, window.bottom)
    columns = plan.columns_touching(window.left, window.right)
    job = Job(reader, classifier, plan, columns, window, with_probabilities)
    heard = listener or Listener()
    batch = classifier.fitted.scores.batch
    groups = [columns[first : first + batch] for first in range(0, len(columns), batch)]
    at_once = _at_once(plan, classifier.fitted.scores, workers)
    with pools(at_once) as (ahead, pool), _stopped(classifier, pool) as running:
        pending: Deque[Tuple[Span, List[Future[List[Part]]]]] = deque()
        reading: Deque[Tuple[Span, Future[Block]]] = deque()
        waiting = deque(rows)
        joined: Union[Blend, Join] = Blend(job) if plan.blended else Join(job)
        while waiting or reading or pending:
            while waiting and len(reading) < _AHEAD:
                span = waiting.popleft()
                reading.append((span, ahead.submit(job.read, span)))
            while reading and len(pending) < _AHEAD:
                span, block = reading.popleft()
                strip = _awaited(block, heard)
                futures = [pool.submit(job.parts, strip, span, group) for group in groups]
                running.update(futures)
                pending.append((span, futures))
            span, futures = pending.popleft()
            top, bottom = max(span.first, window.top), min(span.end, window.bottom)
            parts: List[Part] = []
            for number, future in enumerate(futures, 1):
                found = _awaited(future, heard)
                parts += found
                running.discard(future)
                done = top + (bottom - top) * number // len(futures)
                if number < len(futures):
                    heard.progressed(done - window.top, window.height, CLASSIFYING)
            following = pending[0][0] if pending else reading[0][0] if reading else None
            finished = joined.add(span, parts, following)
            if finished is not None:
                yield finished
            heard.progressed(bottom - window.top, window.height, CLASSIFYING)


def _awaited(future: Future[_T], heard: Listener) -> _T:
    """What comes of it, unless somebody wants to stop meanwhile.

    Raises
    ------
    Cancelled
        Where somebody does.
    """
    while not future.done():
        if heard.cancelled():
            raise Cancelled
        wait([future], _LOOKS)
    result = future.result()
    if heard.cancelled():
        raise Cancelled
    return result


@contextmanager
def _stopped(classifier: Classifier, pool: Pool) -> Iterator[Set[Future[List[Part]]]]:
    """Tiles that a pool runs; what of them still does when something is raised, is ended."""
    running: Set[Future[List[Part]]] = set()
    try:
        yield running
    except BaseException:
        for future in running:
            future.cancel()
        waits = 0.0
        # One that was about to begin is met the next time.
        while wait(running, waits).not_done:
            classifier.fitted.scores.session.stop(pool.threads)
            waits = _LOOKS
        raise


class Pool(ThreadPoolExecutor):
    """Threads that are known by their numbers."""

    def __init__(self, workers: int, name: str) -> None:
        self.threads: Set[int] = set()
        super().__init__(workers, name, lambda: self.threads.add(threading.get_ident()))


@contextmanager
def pools(workers: int) -> Iterator[Tuple[Pool, Pool]]:
    """A thread that reads ahead, and as many as there are workers."""
    ahead, pool = Pool(1, "dl2ecd-read"), Pool(workers, "dl2ecd-run")
    try:
        yield ahead, pool
    finally:
        # What nobody waits for any more is not begun.
        for executor in (ahead, pool):
            executor.shutdown(wait=True, cancel_futures=True)
